"""What python3-saml (on xmlsec in C) takes to validate the messages that `cargo bench -p saml --bench cpu` has written.

    FRONTDESK_BENCH_MESSAGES=DIR cargo bench -p saml --bench cpu
    python python3_saml.py DIR [NUMBER ...]

Prints the CPU time of one validation. Its clock is set to the time of the messages; nothing else is replaced.
"""

import base64
import sys
import time
from pathlib import Path

from onelogin.saml2.response import OneLogin_Saml2_Response
from onelogin.saml2.settings import OneLogin_Saml2_Settings
from onelogin.saml2.utils import OneLogin_Saml2_Utils

IDP = "https://idp.acme.test/metadata"
SP = "https://frontdesk.test/saml/con_00000000000000000000000001"
NOW = 1_795_460_400
REQUEST = "_req1f0c2b7d4e"
ENOUGH = 2.0  # seconds of CPU time for each message


def settings(certificate):
    return OneLogin_Saml2_Settings({
        "strict": True,
        "sp": {"entityId": SP, "assertionConsumerService": {"url": f"{SP}/acs"}},
        "idp": {
            "entityId": IDP,
            "singleSignOnService": {"url": "https://idp.acme.test/sso"},
            "x509cert": certificate,
        },
    })


def measure(value, config, request):
    rounds, start = 0, time.process_time()
    while time.process_time() - start < ENOUGH:
        response = OneLogin_Saml2_Response(config, value)
        if not response.is_valid(request, REQUEST):
            sys.exit(f"refused: {response.get_error()}")
        assert response.get_nameid() == "ann@acme.test" and response.get_attributes()
        rounds += 1
    return (time.process_time() - start) / rounds


def main(directory, *numbers):
    OneLogin_Saml2_Utils.now = staticmethod(lambda: NOW)
    config = settings(Path(directory, "rsa.cert.pem").read_text())
    request = {"https": "on", "http_host": "frontdesk.test", "script_name": SP.removeprefix("https://frontdesk.test") + "/acs"}
    for number in numbers or ("0", "1", "2", "3", "4", "5"):
        xml = Path(directory, f"{number}.xml").read_bytes()
        each = measure(base64.b64encode(xml).decode(), config, request)
        print(f"{each * 1e6:8.1f} µs  message {number}, {len(xml)} bytes")


main(*sys.argv[1:])
