#!/usr/bin/env python3
"""Makes samples/*.xml: messages in the shape of each provider, signed and encrypted by xmlsec1.

The shapes follow what each product sends: prefixes, order, white space, extra elements, which part is signed.
Names, keys and addresses are ours. Needs Debian's xmlsec1. Run it in this folder:  ./make-samples.py
"""
import pathlib, subprocess, tempfile

HERE = pathlib.Path(__file__).parent
OUT = HERE / "samples"
SP = "https://frontdesk.test/saml/con_1"
ACS = "https://frontdesk.test/saml/con_1/acs"
REQ = "_req1f0c2b7d4e"
NOW, END = "2026-11-23T19:00:00", "2026-11-23T19:05:00"
SAML = "urn:oasis:names:tc:SAML:2.0:assertion"
SAMLP = "urn:oasis:names:tc:SAML:2.0:protocol"
DS = "http://www.w3.org/2000/09/xmldsig#"
EXC = "http://www.w3.org/2001/10/xml-exc-c14n#"
SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success"
XS = 'xmlns:xs="http://www.w3.org/2001/XMLSchema"'
XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
RSA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
EMAIL = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"
PPT = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"


def sig(id, p="ds:", method=RSA256, digest="http://www.w3.org/2001/04/xmlenc#sha256", prefixes=None, c14n=EXC,
        key_info="<{p}KeyInfo><{p}X509Data><{p}X509Certificate/></{p}X509Data></{p}KeyInfo>", pretty=""):
    """An empty signature template over the element with this id."""
    xmlns = f'xmlns:{p[:-1]}="{DS}"' if p else f'xmlns="{DS}"'
    inclusive = f'<ec:InclusiveNamespaces xmlns:ec="{EXC}" PrefixList="{prefixes}"/>' if prefixes else ""
    n = pretty
    return (f'<{p}Signature {xmlns}>{n}<{p}SignedInfo>{n}<{p}CanonicalizationMethod Algorithm="{c14n}"/>{n}'
            f'<{p}SignatureMethod Algorithm="{method}"/>{n}<{p}Reference URI="#{id}">{n}<{p}Transforms>{n}'
            f'<{p}Transform Algorithm="{DS}enveloped-signature"/>{n}<{p}Transform Algorithm="{EXC}">{inclusive}</{p}Transform>{n}'
            f'</{p}Transforms>{n}<{p}DigestMethod Algorithm="{digest}"/>{n}<{p}DigestValue/>{n}</{p}Reference>{n}</{p}SignedInfo>{n}'
            f'<{p}SignatureValue/>{n}{key_info.format(p=p)}{n}</{p}Signature>')


def xmlsec(args, xml, name):
    with tempfile.NamedTemporaryFile("w", suffix=".xml") as f:
        f.write(xml)
        f.flush()
        run = subprocess.run(["xmlsec1", *args, f.name], capture_output=True, text=True)
    if run.returncode:
        raise SystemExit(f"{name}: {run.stderr}\n{xml}")
    return run.stdout


def sign(xml, ids, key, name):
    for element, id in ids:
        path = f"//*[@ID='{id}']/*[local-name()='Signature']"
        kind = f"{SAML if element == 'Assertion' else SAMLP}:{element}"
        xml = xmlsec(["--sign", "--privkey-pem", f"{HERE}/keys/{key}.key.pem,{HERE}/keys/{key}.cert.pem",
                      "--id-attr:ID", kind, "--node-xpath", path], xml, name)
    return xml


def encrypt(xml, name, cipher, oaep_digest=False):
    """Encrypts the assertion inside EncryptedAssertion, in place."""
    ns = "http://www.w3.org/2001/04/xmlenc#"
    digest = f'<ds:DigestMethod Algorithm="{DS}sha1"/>' if oaep_digest else ""
    template = (
        f'<xenc:EncryptedData xmlns:xenc="{ns}" Id="_enc1" Type="{ns}Element"><xenc:EncryptionMethod Algorithm="{cipher}"/>'
        f'<ds:KeyInfo xmlns:ds="{DS}"><xenc:EncryptedKey Recipient="{SP}">'
        f'<xenc:EncryptionMethod Algorithm="{ns}rsa-oaep-mgf1p">{digest}</xenc:EncryptionMethod>'
        f'<ds:KeyInfo><ds:X509Data><ds:X509Certificate/></ds:X509Data></ds:KeyInfo>'
        f'<xenc:CipherData><xenc:CipherValue/></xenc:CipherData></xenc:EncryptedKey></ds:KeyInfo>'
        f'<xenc:CipherData><xenc:CipherValue/></xenc:CipherData></xenc:EncryptedData>')
    with tempfile.NamedTemporaryFile("w", suffix=".xml") as f:
        f.write(xml)
        f.flush()
        return xmlsec(["--encrypt", "--pubkey-cert-pem", f"{HERE}/keys/encryption.cert.pem",
                       "--session-key", "aes-256" if "256" in cipher else "aes-128", "--xml-data", f.name,
                       "--node-xpath", "//*[local-name()='EncryptedAssertion']/*[local-name()='Assertion']"], template, name)


def okta():
    return (f'''<?xml version="1.0" encoding="UTF-8"?><saml2p:Response Destination="{ACS}" ID="id1234567890123456789012345" InResponseTo="{REQ}" IssueInstant="{NOW}.103Z" Version="2.0" xmlns:saml2p="{SAMLP}" {XS}><saml2:Issuer Format="urn:oasis:names:tc:SAML:2.0:nameid-format:entity" xmlns:saml2="{SAML}">http://www.okta.com/exk1abcDEF2ghIJK3x7</saml2:Issuer>{sig("id1234567890123456789012345", prefixes="xs")}<saml2p:Status xmlns:saml2p="{SAMLP}"><saml2p:StatusCode Value="{SUCCESS}"/></saml2p:Status><saml2:Assertion ID="id9876543210987654321098765" IssueInstant="{NOW}.103Z" Version="2.0" xmlns:saml2="{SAML}" {XS}><saml2:Issuer Format="urn:oasis:names:tc:SAML:2.0:nameid-format:entity" xmlns:saml2="{SAML}">http://www.okta.com/exk1abcDEF2ghIJK3x7</saml2:Issuer>{sig("id9876543210987654321098765", prefixes="xs")}<saml2:Subject xmlns:saml2="{SAML}"><saml2:NameID Format="{EMAIL}">ann@acme.test</saml2:NameID><saml2:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml2:SubjectConfirmationData InResponseTo="{REQ}" NotOnOrAfter="{END}.103Z" Recipient="{ACS}"/></saml2:SubjectConfirmation></saml2:Subject><saml2:Conditions NotBefore="2026-11-23T18:55:00.103Z" NotOnOrAfter="{END}.103Z" xmlns:saml2="{SAML}"><saml2:AudienceRestriction><saml2:Audience>{SP}</saml2:Audience></saml2:AudienceRestriction></saml2:Conditions><saml2:AuthnStatement AuthnInstant="2026-11-23T18:59:58.910Z" SessionIndex="{REQ}" xmlns:saml2="{SAML}"><saml2:AuthnContext><saml2:AuthnContextClassRef>{PPT}</saml2:AuthnContextClassRef></saml2:AuthnContext></saml2:AuthnStatement><saml2:AttributeStatement xmlns:saml2="{SAML}"><saml2:Attribute Name="email" NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:unspecified"><saml2:AttributeValue {XS} {XSI} xsi:type="xs:string">ann@acme.test</saml2:AttributeValue></saml2:Attribute><saml2:Attribute Name="groups" NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:unspecified"><saml2:AttributeValue {XS} {XSI} xsi:type="xs:string">Everyone</saml2:AttributeValue><saml2:AttributeValue {XS} {XSI} xsi:type="xs:string">Privacy</saml2:AttributeValue></saml2:Attribute></saml2:AttributeStatement></saml2:Assertion></saml2p:Response>''',
            [("Assertion", "id9876543210987654321098765"), ("Response", "id1234567890123456789012345")])


def entra(ids=None):
    a = "_1f4e9c62-7b0a-4c66-9d5c-0a7e5c1d2e00"
    issuer = "https://sts.windows.net/6f1c0a52-3d0e-4d8b-9f61-2b7c7f0e9a11/"
    def claim(name, *values):
        return f'<Attribute Name="{name}">' + "".join(f"<AttributeValue>{v}</AttributeValue>" for v in values) + "</Attribute>"
    claims = (claim("http://schemas.microsoft.com/identity/claims/tenantid", "6f1c0a52-3d0e-4d8b-9f61-2b7c7f0e9a11")
              + claim("http://schemas.microsoft.com/identity/claims/objectidentifier", "0d6d3c1c-5b7f-4f14-9f0a-4b7a0e6f5b21")
              + claim("http://schemas.microsoft.com/identity/claims/displayname", "Ann Example")
              + claim("http://schemas.microsoft.com/ws/2008/06/identity/claims/groups", "5a1a6c0e-1111-4a4a-8a8a-000000000001", "5a1a6c0e-1111-4a4a-8a8a-000000000002")
              + claim("http://schemas.microsoft.com/identity/claims/identityprovider", issuer)
              + claim("http://schemas.microsoft.com/claims/authnmethodsreferences", "http://schemas.microsoft.com/ws/2008/06/identity/authenticationmethod/password")
              + claim("http://schemas.xmlsoap.org/ws/2005/05/identity/claims/givenname", "Ann")
              + claim("http://schemas.xmlsoap.org/ws/2005/05/identity/claims/surname", "Example")
              + claim("http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress", "ann@acme.test")
              + claim("http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name", "ann@acme.test"))
    return (f'''<samlp:Response ID="_8b7d6f5e-2c1a-4f3b-8e9d-1a2b3c4d5e6f" Version="2.0" IssueInstant="{NOW}.611Z" Destination="{ACS}" InResponseTo="{REQ}" xmlns:samlp="{SAMLP}"><Issuer xmlns="{SAML}">{issuer}</Issuer><samlp:Status><samlp:StatusCode Value="{SUCCESS}"/></samlp:Status><Assertion ID="{a}" IssueInstant="{NOW}.605Z" Version="2.0" xmlns="{SAML}"><Issuer>{issuer}</Issuer>{sig(a, p="", key_info="<KeyInfo><X509Data><X509Certificate/></X509Data></KeyInfo>")}<Subject><NameID Format="{EMAIL}">ann@acme.test</NameID><SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><SubjectConfirmationData InResponseTo="{REQ}" NotOnOrAfter="2026-11-23T20:00:00.605Z" Recipient="{ACS}"/></SubjectConfirmation></Subject><Conditions NotBefore="2026-11-23T18:55:00.605Z" NotOnOrAfter="2026-11-23T20:00:00.605Z"><AudienceRestriction><Audience>{SP}</Audience></AudienceRestriction></Conditions><AttributeStatement>{claims}</AttributeStatement><AuthnStatement AuthnInstant="2026-11-23T08:12:44.000Z" SessionIndex="{a}"><AuthnContext><AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:Password</AuthnContextClassRef></AuthnContext></AuthnStatement></Assertion></samlp:Response>''',
            [("Assertion", a)])


def google():
    r = "_0e9c54f2a3b14d7f8c6b5a4938271605"
    return (f'''<?xml version="1.0" encoding="UTF-8" standalone="no"?><saml2p:Response xmlns:saml2p="{SAMLP}" Destination="{ACS}" ID="{r}" InResponseTo="{REQ}" IssueInstant="{NOW}.214Z" Version="2.0"><saml2:Issuer xmlns:saml2="{SAML}">https://accounts.google.com/o/saml2?idpid=C01abc2de</saml2:Issuer>{sig(r, key_info="<{p}KeyInfo><{p}X509Data><{p}X509SubjectName>ST=California,C=US,OU=Google For Work,CN=Google,L=Mountain View,O=Google Inc.</{p}X509SubjectName><{p}X509Certificate/></{p}X509Data></{p}KeyInfo>")}<saml2p:Status><saml2p:StatusCode Value="{SUCCESS}"/></saml2p:Status><saml2:Assertion xmlns:saml2="{SAML}" ID="_41a0c9d8e7f64b5a9c3d2e1f00112233" IssueInstant="{NOW}.214Z" Version="2.0"><saml2:Issuer>https://accounts.google.com/o/saml2?idpid=C01abc2de</saml2:Issuer><saml2:Subject><saml2:NameID Format="{EMAIL}">ann@acme.test</saml2:NameID><saml2:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml2:SubjectConfirmationData InResponseTo="{REQ}" NotOnOrAfter="{END}.214Z" Recipient="{ACS}"/></saml2:SubjectConfirmation></saml2:Subject><saml2:Conditions NotBefore="2026-11-23T18:55:00.214Z" NotOnOrAfter="{END}.214Z"><saml2:AudienceRestriction><saml2:Audience>{SP}</saml2:Audience></saml2:AudienceRestriction></saml2:Conditions><saml2:AttributeStatement><saml2:Attribute Name="email"><saml2:AttributeValue {XS} {XSI} xsi:type="xs:anyType">ann@acme.test</saml2:AttributeValue></saml2:Attribute><saml2:Attribute Name="department"/></saml2:AttributeStatement><saml2:AuthnStatement AuthnInstant="2026-11-23T07:00:00.000Z" SessionIndex="_41a0c9d8e7f64b5a9c3d2e1f00112233"><saml2:AuthnContext><saml2:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified</saml2:AuthnContextClassRef></saml2:AuthnContext></saml2:AuthnStatement></saml2:Assertion></saml2p:Response>''',
            [("Response", r)])


def adfs(both=True):
    a, r = "_d0a7cbe4-02f1-4a51-8a38-8b4d9d9ba6aa", "_0a8c2f31-9f5d-4e0c-b9a4-5d0e6c7f8a90"
    issuer = "http://adfs.acme.test/adfs/services/trust"
    ki = f'<KeyInfo xmlns="{DS}"><ds:X509Data><ds:X509Certificate/></ds:X509Data></KeyInfo>'
    return (f'''<samlp:Response ID="{r}" Version="2.0" IssueInstant="{NOW}.487Z" Destination="{ACS}" Consent="urn:oasis:names:tc:SAML:2.0:consent:unspecified" InResponseTo="{REQ}" xmlns:samlp="{SAMLP}"><Issuer xmlns="{SAML}">{issuer}</Issuer>{sig(r, key_info=ki) if both else ""}<samlp:Status><samlp:StatusCode Value="{SUCCESS}" /></samlp:Status><Assertion ID="{a}" IssueInstant="{NOW}.487Z" Version="2.0" xmlns="{SAML}"><Issuer>{issuer}</Issuer>{sig(a, key_info=ki)}<Subject><NameID Format="{EMAIL}">ann@acme.test</NameID><SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><SubjectConfirmationData InResponseTo="{REQ}" NotOnOrAfter="{END}.487Z" Recipient="{ACS}" /></SubjectConfirmation></Subject><Conditions NotBefore="{NOW}.471Z" NotOnOrAfter="2026-11-23T20:00:00.471Z"><AudienceRestriction><Audience>{SP}</Audience></AudienceRestriction></Conditions><AttributeStatement><Attribute Name="http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress"><AttributeValue>ann@acme.test</AttributeValue></Attribute><Attribute Name="http://schemas.xmlsoap.org/claims/Group" a:OriginalIssuer="{issuer}" xmlns:a="http://schemas.xmlsoap.org/ws/2009/09/identity/claims"><AttributeValue>Domain Users</AttributeValue><AttributeValue>Privacy</AttributeValue></Attribute></AttributeStatement><AuthnStatement AuthnInstant="2026-11-23T18:59:59.862Z" SessionIndex="{a}"><AuthnContext><AuthnContextClassRef>urn:federation:authentication:windows</AuthnContextClassRef></AuthnContext></AuthnStatement></Assertion></samlp:Response>''',
            [("Assertion", a)] + ([("Response", r)] if both else []))


def onelogin():
    r, a = "R3f1a0e8c7b6d5f4e3d2c1b0a9f8e7d6c5b4a3928", "A9b8c7d6e5f4a3b2c1d0e9f8a7b6c5d4e3f2a1b0c"
    issuer = "https://app.onelogin.com/saml/metadata/0a1b2c3d-4e5f-6789-abcd-ef0123456789"
    return (f'''<samlp:Response xmlns:saml="{SAML}" xmlns:samlp="{SAMLP}" ID="{r}" Version="2.0" IssueInstant="{NOW}Z" Destination="{ACS}" InResponseTo="{REQ}"><saml:Issuer>{issuer}</saml:Issuer>{sig(r)}<samlp:Status><samlp:StatusCode Value="{SUCCESS}"/></samlp:Status><saml:Assertion xmlns:saml="{SAML}" {XS} {XSI} Version="2.0" ID="{a}" IssueInstant="{NOW}Z"><saml:Issuer>{issuer}</saml:Issuer>{sig(a)}<saml:Subject><saml:NameID Format="{EMAIL}">ann@acme.test</saml:NameID><saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData NotOnOrAfter="2026-11-23T19:03:00Z" Recipient="{ACS}" InResponseTo="{REQ}"/></saml:SubjectConfirmation></saml:Subject><saml:Conditions NotBefore="2026-11-23T18:57:00Z" NotOnOrAfter="2026-11-23T19:03:00Z"><saml:AudienceRestriction><saml:Audience>{SP}</saml:Audience></saml:AudienceRestriction></saml:Conditions><saml:AuthnStatement AuthnInstant="2026-11-23T18:59:59Z" SessionNotOnOrAfter="2026-11-24T19:00:00Z" SessionIndex="_2c4e6a80-1357-9bdf-0246-8ace13579bdf"><saml:AuthnContext><saml:AuthnContextClassRef>{PPT}</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement><saml:AttributeStatement><saml:Attribute NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:basic" Name="email"><saml:AttributeValue {XSI} xsi:type="xs:string">ann@acme.test</saml:AttributeValue></saml:Attribute><saml:Attribute NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:basic" Name="phone"><saml:AttributeValue {XSI} xsi:type="xs:string"></saml:AttributeValue></saml:Attribute></saml:AttributeStatement></saml:Assertion></samlp:Response>''',
            [("Assertion", a), ("Response", r)])


def jumpcloud():
    r, a = "_7F2JX0Y1Q9ZC4W8B6M3K", "_TV5H8N2R0D7L1P4S9G6E"
    return (f'''<?xml version="1.0"?>
<saml2p:Response xmlns:saml2p="{SAMLP}" Destination="{ACS}" ID="{r}" InResponseTo="{REQ}" IssueInstant="{NOW}.000Z" Version="2.0"><saml2:Issuer xmlns:saml2="{SAML}">https://jumpcloud.acme.test/frontdesk</saml2:Issuer><saml2p:Status><saml2p:StatusCode Value="{SUCCESS}"/></saml2p:Status><saml2:Assertion xmlns:saml2="{SAML}" ID="{a}" IssueInstant="{NOW}.000Z" Version="2.0"><saml2:Issuer>https://jumpcloud.acme.test/frontdesk</saml2:Issuer>{sig(a, key_info="")}<saml2:Subject><saml2:NameID Format="urn:oasis:names:tc:SAML:1.0:nameid-format:unspecified">ann@acme.test</saml2:NameID><saml2:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml2:SubjectConfirmationData InResponseTo="{REQ}" NotOnOrAfter="2026-11-23T19:10:00.000Z" Recipient="{ACS}"/></saml2:SubjectConfirmation></saml2:Subject><saml2:Conditions NotBefore="2026-11-23T18:50:00.000Z" NotOnOrAfter="2026-11-23T19:10:00.000Z"><saml2:AudienceRestriction><saml2:Audience>{SP}</saml2:Audience></saml2:AudienceRestriction></saml2:Conditions><saml2:AuthnStatement AuthnInstant="{NOW}.000Z" SessionIndex="1c5a0f6e-2b7d-4e8a-9c3f-6d1e0b2a4c58"><saml2:AuthnContext><saml2:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport</saml2:AuthnContextClassRef></saml2:AuthnContext></saml2:AuthnStatement><saml2:AttributeStatement><saml2:Attribute Name="memberOf" NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:unspecified"><saml2:AttributeValue {XS} {XSI} xsi:type="xs:string">Privacy</saml2:AttributeValue></saml2:Attribute></saml2:AttributeStatement></saml2:Assertion></saml2p:Response>''',
            [("Assertion", a)])


def ping():
    a = "CT1hQ0vX9sR8mW7kE6bY5uJ4nL3p"
    return (f'''<samlp:Response Version="2.0" ID="DZ2gP8oU7tT6lV5jD4aX3wI2mK1q" IssueInstant="{NOW}.918Z" InResponseTo="{REQ}" xmlns:samlp="{SAMLP}"><saml:Issuer xmlns:saml="{SAML}">https://sso.acme.test:9031</saml:Issuer><samlp:Status><samlp:StatusCode Value="{SUCCESS}"/></samlp:Status><saml:Assertion ID="{a}" IssueInstant="{NOW}.959Z" Version="2.0" xmlns:saml="{SAML}"><saml:Issuer>https://sso.acme.test:9031</saml:Issuer>{sig(a, pretty=chr(10))}<saml:Subject><saml:NameID Format="urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified">ann@acme.test</saml:NameID><saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData Recipient="{ACS}" NotOnOrAfter="{END}.959Z" InResponseTo="{REQ}"/></saml:SubjectConfirmation></saml:Subject><saml:Conditions NotBefore="2026-11-23T18:55:00.959Z" NotOnOrAfter="{END}.959Z"><saml:AudienceRestriction><saml:Audience>{SP}</saml:Audience></saml:AudienceRestriction></saml:Conditions><saml:AuthnStatement SessionIndex="{a}" AuthnInstant="{NOW}.957Z"><saml:AuthnContext><saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement><saml:AttributeStatement {XS}><saml:Attribute Name="givenName" NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:basic"><saml:AttributeValue xsi:type="xs:string" {XSI}>Ann</saml:AttributeValue></saml:Attribute></saml:AttributeStatement></saml:Assertion></samlp:Response>''',
            [("Assertion", a)])


def keycloak():
    r, a = "ID_8c0f6a1e-5b7d-4d2c-9e3f-2a1b0c9d8e7f", "ID_3e2d1c0b-9a8f-4e7d-8c6b-5a4f3e2d1c0b"
    issuer = "https://kc.acme.test/realms/acme"
    ki = "<{p}KeyInfo><{p}KeyName>y6Jm2Fq0sX9wV3pB8tR1cL5nZ7aH4dK</{p}KeyName><{p}X509Data><{p}X509Certificate/></{p}X509Data><{p}KeyValue/></{p}KeyInfo>"
    roles = "".join(f'<saml:Attribute Name="Role" NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:basic"><saml:AttributeValue {XS} {XSI} xsi:type="xs:string">{v}</saml:AttributeValue></saml:Attribute>' for v in ("default-roles-acme", "offline_access", "member"))
    return (f'''<samlp:Response xmlns:samlp="{SAMLP}" xmlns:saml="{SAML}" Destination="{ACS}" ID="{r}" InResponseTo="{REQ}" IssueInstant="{NOW}.332Z" Version="2.0"><saml:Issuer>{issuer}</saml:Issuer>{sig(r, p="dsig:", key_info=ki)}<samlp:Status><samlp:StatusCode Value="{SUCCESS}"/></samlp:Status><saml:Assertion xmlns="{SAML}" ID="{a}" IssueInstant="{NOW}.332Z" Version="2.0"><saml:Issuer>{issuer}</saml:Issuer>{sig(a, p="dsig:", key_info=ki)}<saml:Subject><saml:NameID Format="{EMAIL}">ann@acme.test</saml:NameID><saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData InResponseTo="{REQ}" NotOnOrAfter="{END}.332Z" Recipient="{ACS}"/></saml:SubjectConfirmation></saml:Subject><saml:Conditions NotBefore="2026-11-23T18:59:58.332Z" NotOnOrAfter="2026-11-23T19:00:58.332Z"><saml:AudienceRestriction><saml:Audience>{SP}</saml:Audience></saml:AudienceRestriction><saml:OneTimeUse/></saml:Conditions><saml:AuthnStatement AuthnInstant="{NOW}.332Z" SessionIndex="0f9e8d7c-6b5a-4938-2716-05f4e3d2c1b0::1a2b3c4d-5e6f-7081-92a3-b4c5d6e7f809" SessionNotOnOrAfter="2026-11-24T05:00:00.332Z"><saml:AuthnContext><saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement><saml:AttributeStatement>{roles}</saml:AttributeStatement></saml:Assertion></samlp:Response>''',
            [("Assertion", a), ("Response", r)])


def shibboleth():
    r, a = "_4f9b1c2d8e7a6f5b4c3d2e1f0a9b8c7d", "_a1b2c3d4e5f60718293a4b5c6d7e8f90"
    issuer = "https://idp.uni.test/idp/shibboleth"
    def attr(oid, friendly, *values):
        return f'\n        <saml2:Attribute FriendlyName="{friendly}" Name="urn:oid:{oid}" NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:uri">' + "".join(f"\n          <saml2:AttributeValue>{v}</saml2:AttributeValue>" for v in values) + "\n        </saml2:Attribute>"
    targeted = f'<saml2:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent" NameQualifier="{issuer}" SPNameQualifier="{SP}">q9w8e7r6t5y4</saml2:NameID>'
    return (f'''<?xml version="1.0" encoding="UTF-8"?>
<saml2p:Response xmlns:saml2p="{SAMLP}" Destination="{ACS}" ID="{r}" InResponseTo="{REQ}" IssueInstant="{NOW}.771Z" Version="2.0">
  <saml2:Issuer xmlns:saml2="{SAML}">{issuer}</saml2:Issuer>{sig(r)}
  <saml2p:Status>
    <saml2p:StatusCode Value="{SUCCESS}"/>
  </saml2p:Status>
  <saml2:EncryptedAssertion xmlns:saml2="{SAML}"><saml2:Assertion ID="{a}" IssueInstant="{NOW}.771Z" Version="2.0">
      <saml2:Issuer>{issuer}</saml2:Issuer>
      <saml2:Subject>
        <saml2:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:transient" NameQualifier="{issuer}" SPNameQualifier="{SP}">AAdzZWNyZXQxMjM0NTY3ODkw</saml2:NameID>
        <saml2:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">
          <saml2:SubjectConfirmationData Address="192.0.2.44" InResponseTo="{REQ}" NotOnOrAfter="{END}.791Z" Recipient="{ACS}"/>
        </saml2:SubjectConfirmation>
      </saml2:Subject>
      <saml2:Conditions NotBefore="{NOW}.771Z" NotOnOrAfter="{END}.771Z">
        <saml2:AudienceRestriction>
          <saml2:Audience>{SP}</saml2:Audience>
        </saml2:AudienceRestriction>
      </saml2:Conditions>
      <saml2:AuthnStatement AuthnInstant="2026-11-23T18:59:59.331Z" SessionIndex="_5d4c3b2a1f0e9d8c7b6a5f4e3d2c1b0a">
        <saml2:SubjectLocality Address="192.0.2.44"/>
        <saml2:AuthnContext>
          <saml2:AuthnContextClassRef>{PPT}</saml2:AuthnContextClassRef>
        </saml2:AuthnContext>
      </saml2:AuthnStatement>
      <saml2:AttributeStatement>{attr("0.9.2342.19200300.100.1.3", "mail", "ann@acme.test")}{attr("1.3.6.1.4.1.5923.1.1.1.9", "eduPersonScopedAffiliation", "staff@uni.test", "member@uni.test")}{attr("1.3.6.1.4.1.5923.1.1.1.10", "eduPersonTargetedID", targeted)}
      </saml2:AttributeStatement>
    </saml2:Assertion></saml2:EncryptedAssertion>
</saml2p:Response>''', [("Response", r)])


def simplesamlphp():
    r, a = "_" + "c3" * 20, "_" + "7d" * 20
    issuer = "https://ssp.acme.test/saml2/idp/metadata.php"
    return (f'''<samlp:Response xmlns:samlp="{SAMLP}" xmlns:saml="{SAML}" ID="{r}" Version="2.0" IssueInstant="{NOW}Z" Destination="{ACS}" InResponseTo="{REQ}"><saml:Issuer>{issuer}</saml:Issuer>{sig(r)}<samlp:Status><samlp:StatusCode Value="{SUCCESS}"/></samlp:Status><saml:Assertion {XSI} {XS} ID="{a}" Version="2.0" IssueInstant="{NOW}Z"><saml:Issuer>{issuer}</saml:Issuer>{sig(a)}<saml:Subject><saml:NameID SPNameQualifier="{SP}" Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">ann@acme.test</saml:NameID><saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData NotOnOrAfter="{END}Z" Recipient="{ACS}" InResponseTo="{REQ}"/></saml:SubjectConfirmation></saml:Subject><saml:Conditions NotBefore="2026-11-23T18:59:30Z" NotOnOrAfter="{END}Z"><saml:AudienceRestriction><saml:Audience>{SP}</saml:Audience></saml:AudienceRestriction></saml:Conditions><saml:AuthnStatement AuthnInstant="{NOW}Z" SessionNotOnOrAfter="2026-11-24T03:00:00Z" SessionIndex="_3b1e5d7f9a0c2e4f6a8b0d1c3e5f7a9b"><saml:AuthnContext><saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:Password</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement><saml:AttributeStatement><saml:Attribute Name="mail" NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:basic"><saml:AttributeValue xsi:type="xs:string">ann@acme.test</saml:AttributeValue></saml:Attribute></saml:AttributeStatement></saml:Assertion></samlp:Response>''',
            [("Assertion", a), ("Response", r)])


def auth0():
    r, a = "_7b2e4f6a8c0d1e3f5a79", "_Xw3Kd9QmZt5Lr8Vb2Nc6Hs0Fj4Gy7Pu1"
    return (f'''<samlp:Response xmlns:samlp="{SAMLP}" ID="{r}" InResponseTo="{REQ}" Version="2.0" IssueInstant="{NOW}.020Z" Destination="{ACS}"><saml:Issuer xmlns:saml="{SAML}">urn:acme.eu.auth0.test</saml:Issuer><samlp:Status><samlp:StatusCode Value="{SUCCESS}"/></samlp:Status><saml:Assertion xmlns:saml="{SAML}" Version="2.0" ID="{a}" IssueInstant="{NOW}.016Z"><saml:Issuer>urn:acme.eu.auth0.test</saml:Issuer><saml:Subject><saml:NameID Format="urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified">ann@acme.test</saml:NameID><saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData NotOnOrAfter="2026-11-23T20:00:00.016Z" Recipient="{ACS}" InResponseTo="{REQ}"/></saml:SubjectConfirmation></saml:Subject><saml:Conditions NotBefore="{NOW}.016Z" NotOnOrAfter="2026-11-23T20:00:00.016Z"><saml:AudienceRestriction><saml:Audience>{SP}</saml:Audience></saml:AudienceRestriction></saml:Conditions><saml:AuthnStatement AuthnInstant="{NOW}.016Z" SessionIndex="_aQ1bW2cE3dR4eT5fY6gU7hI8iO9jP0k"><saml:AuthnContext><saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement><saml:AttributeStatement {XS} {XSI}><saml:Attribute Name="http://schemas.auth0.com/email_verified" NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:uri"><saml:AttributeValue xsi:type="xs:boolean">true</saml:AttributeValue></saml:Attribute><saml:Attribute Name="http://schemas.auth0.com/created_at"><saml:AttributeValue xsi:type="xs:anyType">Mon Nov 23 2026</saml:AttributeValue></saml:Attribute></saml:AttributeStatement>{sig(a, p="")}</saml:Assertion></samlp:Response>''',
            [("Assertion", a)])


def wrap_encrypted(xml):
    start = xml.index("<Assertion " if "<Assertion " in xml else "<saml:Assertion ")
    end = xml.index("</Assertion>" if "</Assertion>" in xml else "</saml:Assertion>")
    end = xml.index(">", end) + 1
    return f'{xml[:start]}<EncryptedAssertion xmlns="{SAML}">{xml[start:end]}</EncryptedAssertion>{xml[end:]}'


AES = {"cbc": "http://www.w3.org/2001/04/xmlenc#aes256-cbc", "cbc128": "http://www.w3.org/2001/04/xmlenc#aes128-cbc",
       "gcm": "http://www.w3.org/2009/xmlenc11#aes256-gcm", "gcm128": "http://www.w3.org/2009/xmlenc11#aes128-gcm"}


def main():
    plain = {f.__name__: f() for f in (okta, entra, google, adfs, onelogin, jumpcloud, ping, keycloak, simplesamlphp, auth0)}
    plain["adfs-assertion-only"] = adfs(both=False)
    for name, (xml, ids) in plain.items():
        (OUT / f"{name}.xml").write_text(sign(xml, ids, "rsa", name))
    # Encrypted after signing; then the response is signed, where it is.
    for name, source, cipher, how in (("entra-encrypted", entra(), "cbc", {}), ("adfs-encrypted", adfs(), "cbc", {}),
                                      ("keycloak-encrypted", keycloak(), "gcm", {}), ("simplesamlphp-encrypted", simplesamlphp(), "cbc128", {}),
                                      ("okta-like-encrypted", onelogin(), "gcm128", dict(oaep_digest=True))):
        xml, ids = source
        xml = sign(xml, ids[:1], "rsa", name)
        xml = encrypt(wrap_encrypted(xml), name, cipher=AES[cipher], **how)
        (OUT / f"{name}.xml").write_text(sign(xml, ids[1:], "rsa", name))
    xml, ids = shibboleth()
    for name, cipher in (("shibboleth", "cbc128"), ("shibboleth-gcm", "gcm128")):
        sealed = encrypt(xml, name, cipher=AES[cipher], oaep_digest=True)
        (OUT / f"{name}.xml").write_text(sign(sealed, ids, "rsa", name))
    # Algorithms, as xmlsec1 makes them.
    for name, key, method in (
            ("ecdsa-p256", "p256", "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"),
            ("ecdsa-p384", "p384", "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384"),
            ("ecdsa-p521", "p521", "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512"),
            ("ecdsa-p256-sha512", "p256", "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512"),
            ("ecdsa-p384-sha256", "p384", "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"),
            ("rsa-sha384", "rsa", "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384"),
            ("rsa-sha512", "rsa", "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512"),
            ("rsa-sha1", "rsa", "http://www.w3.org/2000/09/xmldsig#rsa-sha1")):
        xml, ids = onelogin()
        (OUT / f"{name}.xml").write_text(sign(xml.replace(RSA256, method), ids, key, name))
    for name, digest in (("digest-sha384", "http://www.w3.org/2001/04/xmldsig-more#sha384"), ("digest-sha512", "http://www.w3.org/2001/04/xmlenc#sha512")):
        xml, ids = onelogin()
        (OUT / f"{name}.xml").write_text(sign(xml.replace("http://www.w3.org/2001/04/xmlenc#sha256", digest), ids, "rsa", name))
    for name, c14n in (("inclusive-c14n", "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"), ("inclusive-c14n11", "http://www.w3.org/2006/12/xml-c14n11")):
        for base in (onelogin, keycloak, adfs):
            xml, ids = base()
            xml = xml.replace(f'CanonicalizationMethod Algorithm="{EXC}"', f'CanonicalizationMethod Algorithm="{c14n}"')
            (OUT / f"{name}-{base.__name__}.xml").write_text(sign(xml, ids, "rsa", name))
    print(len(list(OUT.iterdir())), "samples")


main()
