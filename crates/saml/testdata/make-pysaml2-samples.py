#!/usr/bin/env python3
"""Makes samples/pysaml2-*.xml: what a SimpleSAMLphp-like provider on PyPI's pysaml2 answers, made by its own code.

Needs pysaml2, freezegun and Debian's xmlsec1. Run it in this folder:  ./make-pysaml2-samples.py
"""
import pathlib

from freezegun import freeze_time
from saml2 import BINDING_HTTP_POST, BINDING_HTTP_REDIRECT
from saml2.authn_context import PASSWORDPROTECTEDTRANSPORT
from saml2.config import IdPConfig
from saml2.saml import NAMEID_FORMAT_EMAILADDRESS, NAMEID_FORMAT_PERSISTENT, NameID
from saml2.server import Server

HERE = pathlib.Path(__file__).parent
SP, ACS, REQ = "https://frontdesk.test/saml/con_1", "https://frontdesk.test/saml/con_1/acs", "_req1f0c2b7d4e"
IDP = "https://pysaml2.acme.test/idp"
METADATA = f"""<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{SP}">
<md:SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
<md:AssertionConsumerService Binding="{BINDING_HTTP_POST}" Location="{ACS}" index="0"/></md:SPSSODescriptor>
</md:EntityDescriptor>"""


def server():
    return Server(config=IdPConfig().load({
        "entityid": IDP,
        "key_file": str(HERE / "keys/rsa.key.pem"),
        "cert_file": str(HERE / "keys/rsa.cert.pem"),
        "xmlsec_binary": "/usr/bin/xmlsec1",
        "metadata": {"inline": [METADATA]},
        "service": {"idp": {
            "endpoints": {"single_sign_on_service": [(f"{IDP}/sso", BINDING_HTTP_REDIRECT)]},
            "policy": {"default": {"lifetime": {"minutes": 5}, "name_form": "urn:oasis:names:tc:SAML:2.0:attrname-format:uri"}},
        }},
    }))


def main():
    idp = server()
    sha256 = "http://www.w3.org/2001/04/xmlenc#sha256"
    rsa = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
    for name, response, assertion, kind in [
        ("response", True, False, NAMEID_FORMAT_EMAILADDRESS),
        ("assertion", False, True, NAMEID_FORMAT_EMAILADDRESS),
        ("both", True, True, NAMEID_FORMAT_PERSISTENT),
    ]:
        made = idp.create_authn_response(
            identity={"mail": ["ann@acme.test"], "givenName": ["Änn"], "eduPersonAffiliation": ["staff", "<member> & \"more\""]},
            in_response_to=REQ, destination=ACS, sp_entity_id=SP, issuer=IDP,
            name_id=NameID(format=kind, sp_name_qualifier=SP, text="ann@acme.test"),
            authn={"class_ref": PASSWORDPROTECTEDTRANSPORT, "authn_auth": f"{IDP}/password"},
            sign_response=response, sign_assertion=assertion, sign_alg=rsa, digest_alg=sha256,
        )
        (HERE / f"samples/pysaml2-{name}.xml").write_text(str(made))


with freeze_time("2026-11-23T19:00:00"):
    main()
