"""scim2-server (PyPI) for the bench of syncs: it serves from memory, one process. Prints where it listens and its token."""

import json
import socket
import sys
import threading
import time

from scim2_server.testserver import cli

with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]


def tell():
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            break
        except OSError:
            time.sleep(0.05)
    print(json.dumps({"scim": f"http://127.0.0.1:{port}/v2", "token": "bench"}), file=out, flush=True)


out, sys.stdout = sys.stdout, open("/dev/null", "w")
sys.stderr = sys.stdout
threading.Thread(target=tell).start()
sys.argv = ["scim2-server", "--bearer-token", "bench", "--port", str(port)]
cli.main()
