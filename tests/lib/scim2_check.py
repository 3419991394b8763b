"""Runs every check of scim2-tester against BASE_URL with TOKEN and prints the results as JSON."""

import json
import sys

from httpx2 import Client
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_tester import check_server

base_url, token = sys.argv[1:]
client = SyncSCIMClient(Client(base_url=base_url, headers={"Authorization": f"Bearer {token}"}, timeout=30))
results = [
    {
        "status": result.status.name,
        "title": result.title,
        "resource": getattr(result, "resource_type", None),
        "reason": result.reason,
    }
    for result in check_server(client)
]
json.dump(results, sys.stdout)
