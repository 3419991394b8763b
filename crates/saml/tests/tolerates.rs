//! What real messages may look like without being wrong: other spellings of the same XML, more than the
//! profile asks for, clocks that differ a little. Every one must be accepted, with the same person.

use jiff::{SignedDuration, Timestamp};
use saml::idp::{Answer, ContentCipher, EncryptFor, Signed, encrypt_element};
use saml::testing::{ACS, REQUEST, SP, TestKey, answer, expected, now};
use saml::{Assertion, Expected, Rejection, SignatureStyle, SigningKey, sign_element, validate};
use std::path::Path;

/// For whom the samples were made.
const SAMPLE_SP: &str = "https://frontdesk.test/saml/con_1";
/// Where they were sent.
const SAMPLE_ACS: &str = "https://frontdesk.test/saml/con_1/acs";

const RESPONSE_ID: &str = "_resp5b1f0e";
const ASSERTION_ID: &str = "_asrt9c2d44";
const ALL: [Signed; 3] = [Signed::Response, Signed::Assertion, Signed::Both];

fn keys() -> Vec<SigningKey> {
    vec![TestKey::Rsa.signing_key().unwrap()]
}

fn judge_at(xml: &str, at: Timestamp) -> Result<Assertion, Rejection> {
    let decryption = [TestKey::Encryption.decryption_key().unwrap()];
    validate(xml.as_bytes(), &Expected { decryption_keys: &decryption, ..expected(&keys()) }, at)
}

#[track_caller]
fn accepted(xml: &str) -> Assertion {
    let assertion =
        judge_at(xml, now()).unwrap_or_else(|r| panic!("{}: {r} {:?}\n{xml}", r.code, r.received));
    assert_eq!(assertion.name_id.value, "ann@acme.test");
    assertion
}

fn signed(mut xml: String, parts: Signed, style: SignatureStyle<'_>) -> String {
    let signer = TestKey::Rsa.signer().unwrap();
    if parts != Signed::Response {
        xml = sign_element(&xml, ASSERTION_ID, &signer, style).unwrap();
    }
    if parts != Signed::Assertion {
        xml = sign_element(&xml, RESPONSE_ID, &signer, style).unwrap();
    }
    xml
}

/// The answer with one replacement before signing, in every way to sign it.
#[track_caller]
fn with(from: &str, to: &str) -> Vec<Assertion> {
    let plain = answer().response_xml(&answer().assertion_xml());
    assert!(plain.contains(from), "{from} is not in {plain}");
    let changed = plain.replace(from, to);
    ALL.iter().map(|parts| accepted(&signed(changed.clone(), *parts, SignatureStyle::default()))).collect()
}

fn sample(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/samples").join(format!("{name}.xml"));
    std::fs::read_to_string(path).unwrap()
}

fn sample_accepted(xml: &str) {
    let issuer = "https://app.onelogin.com/saml/metadata/0a1b2c3d-4e5f-6789-abcd-ef0123456789";
    let keys = keys();
    let expected =
        Expected { request_id: Some(REQUEST), ..Expected::new(issuer, &keys, SAMPLE_SP, SAMPLE_ACS) };
    validate(xml.as_bytes(), &expected, now()).unwrap_or_else(|r| panic!("{}: {r}\n{xml}", r.code));
}

/// Line breaks and indentation between all tags that have none between them.
fn pretty(xml: &str, line: &str) -> String {
    xml.replace("><", &format!(">{line}<"))
}

#[test]
fn pretty_printed_before_signing() {
    for line in ["\n", "\n    ", "\t", "\n\n  "] {
        let plain = pretty(&answer().response_xml(&answer().assertion_xml()), line);
        let plain = plain
            .replace("ann@acme.test</saml:NameID>", &format!("{line}ann@acme.test{line}</saml:NameID>"))
            .replace(&format!("<saml:Audience>{SP}<"), &format!("<saml:Audience>{line}{SP}{line}<"))
            .replace("/metadata</saml:Issuer>", &format!("/metadata{line}</saml:Issuer>"))
            .replace(">Staff<", &format!(">{line}Staff{line}<"));
        for parts in ALL {
            let assertion = accepted(&signed(plain.clone(), parts, SignatureStyle::default()));
            assert_eq!(assertion.attributes.values("groups"), ["Staff", "Privacy"]);
        }
    }
}

#[test]
fn line_ends_of_windows() {
    // XML reads CR LF as LF: a message that was signed with LF stays the same with CR LF on the way.
    for line in ["\n", "\n  "] {
        let plain = pretty(&answer().response_xml(&answer().assertion_xml()), line);
        for parts in ALL {
            let xml = signed(plain.clone(), parts, SignatureStyle::default());
            accepted(&xml.replace('\n', "\r\n"));
            accepted(&xml.replace('\n', "\r"));
        }
    }
    let onelogin = sample("onelogin");
    assert!(onelogin.contains('\n'));
    sample_accepted(&onelogin.replace('\n', "\r\n"));
}

#[test]
fn the_same_xml_in_another_spelling() {
    let xml = sample("onelogin");
    sample_accepted(&xml.replace("ann@acme.test", "&#97;nn&#x40;acme.test"));
    sample_accepted(&xml.replace("ann@acme.test", "<![CDATA[ann@acme.test]]>"));
    sample_accepted(&xml.replace('"', "'"));
    sample_accepted(&xml.replace("/>", " />"));
    sample_accepted(&xml.replace("<saml:AttributeValue ", "<saml:AttributeValue\n   "));
    sample_accepted(&xml.replace(" Version=\"2.0\"", "\t\n Version = \"2.0\" "));
    sample_accepted(&format!("\u{feff}{xml}"));
    sample_accepted(&format!("\n\n{}", xml.trim_start_matches("<?xml version=\"1.0\"?>").trim_start()));
    sample_accepted(
        &xml.replace("<?xml version=\"1.0\"?>", "<?xml version='1.0' encoding='utf-8' standalone='yes'?>"),
    );
    sample_accepted(&xml.replace("<saml:Subject>", "<!-- who --><saml:Subject><!-- -->"));
    sample_accepted(&format!("{xml}<!-- made by a product -->\n"));
}

#[test]
fn signature_value_and_certificate_with_references_for_carriage_returns() {
    // Java's XML signatures come with `&#13;` at the line ends.
    for parts in [Signed::Response, Signed::Assertion] {
        let xml = signed(answer().response_xml(&answer().assertion_xml()), parts, SignatureStyle::default());
        let spread = xml
            .replace("<ds:SignatureValue>", "<ds:SignatureValue>\n&#13;\n  ")
            .replace("</ds:SignatureValue>", "&#13;\n</ds:SignatureValue>")
            .replace("<ds:X509Certificate>", "<ds:X509Certificate>&#xD;\n");
        accepted(&spread);
    }
}

#[test]
fn signatures_in_other_styles() {
    let plain = answer().response_xml(&answer().assertion_xml());
    let base = SignatureStyle::default();
    let c14n = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315";
    for style in [
        SignatureStyle { prefix: "", ..base },
        SignatureStyle { prefix: "dsig", ..base },
        SignatureStyle { prefix: "n0", ..base },
        SignatureStyle { with_certificate: false, ..base },
        SignatureStyle { c14n, ..base },
        SignatureStyle { c14n, prefix: "", ..base },
        SignatureStyle { c14n: "http://www.w3.org/2006/12/xml-c14n11", ..base },
        SignatureStyle { digest: "http://www.w3.org/2001/04/xmlenc#sha512", ..base },
        SignatureStyle { digest: "http://www.w3.org/2001/04/xmldsig-more#sha384", ..base },
        SignatureStyle { inclusive_prefixes: Some("xs"), ..base },
        SignatureStyle { inclusive_prefixes: Some("#default saml samlp xs xsi"), ..base },
    ] {
        for parts in ALL {
            accepted(&signed(plain.clone(), parts, style));
        }
    }
}

#[test]
fn signature_as_the_last_child() {
    let xml = signed(
        answer().response_xml(&answer().assertion_xml()),
        Signed::Assertion,
        SignatureStyle::default(),
    );
    let start = xml.find("<ds:Signature ").unwrap();
    let end = xml.find("</ds:Signature>").unwrap() + "</ds:Signature>".len();
    let signature = xml[start..end].to_owned();
    accepted(
        &xml.replace(&signature, "").replace("</saml:Assertion>", &format!("{signature}</saml:Assertion>")),
    );
}

#[test]
fn key_info_with_more_than_one_certificate_and_other_things() {
    let xml =
        signed(answer().response_xml(&answer().assertion_xml()), Signed::Response, SignatureStyle::default());
    let more = "<ds:KeyInfo><ds:KeyName>k</ds:KeyName><ds:X509Data><ds:X509SubjectName>CN=x</ds:X509SubjectName>\
                <ds:X509IssuerSerial><ds:X509IssuerName>CN=x</ds:X509IssuerName><ds:X509SerialNumber>1\
                </ds:X509SerialNumber></ds:X509IssuerSerial><ds:X509Certificate>AAAA</ds:X509Certificate></ds:X509Data>";
    accepted(&xml.replace("<ds:KeyInfo>", more));
    accepted(&xml.replace(
        "<ds:X509Certificate>",
        "<ds:X509Certificate>not base64</ds:X509Certificate><ds:X509Certificate>",
    ));
}

#[test]
fn clocks_that_differ() {
    for parts in ALL {
        let xml = signed(answer().response_xml(&answer().assertion_xml()), parts, SignatureStyle::default());
        for seconds in [-119, -60, 0, 60, 299, 300, 360, 419] {
            let at = now() + SignedDuration::from_secs(seconds);
            judge_at(&xml, at).unwrap_or_else(|r| panic!("{seconds}: {r}"));
        }
    }
}

#[test]
fn times_in_other_spellings() {
    with("2026-11-23T19:05:00Z", "2026-11-23T19:05:00.1234567Z");
    with("2026-11-23T19:05:00Z", "2026-11-23T20:05:00+01:00");
    with("2026-11-23T19:00:00Z", "2026-11-23T19:00:00.000Z");
    with("2026-11-23T19:00:00Z", "2026-11-23T14:00:00-05:00");
}

#[test]
fn conditions_without_times_or_with_more() {
    with(" NotBefore=\"2026-11-23T19:00:00Z\" NotOnOrAfter=\"2026-11-23T19:05:00Z\"><saml:Aud", "><saml:Aud");
    with("</saml:Conditions>", "<saml:OneTimeUse/></saml:Conditions>");
    with(
        "</saml:Conditions>",
        "<saml:ProxyRestriction Count=\"0\"><saml:Audience>x</saml:Audience></saml:ProxyRestriction></saml:Conditions>",
    );
    with("<saml:Audience>", "<saml:Audience>https://other.test</saml:Audience><saml:Audience>");
    let restriction =
        format!("<saml:AudienceRestriction><saml:Audience>{SP}</saml:Audience></saml:AudienceRestriction>");
    let wider = format!(
        "<saml:AudienceRestriction><saml:Audience>x</saml:Audience><saml:Audience>{SP}</saml:Audience></saml:AudienceRestriction>"
    );
    with(&restriction, &format!("{wider}{restriction}"));
}

#[test]
fn several_confirmations_of_which_one_holds() {
    let other = |recipient: &str, until: &str, method: &str| {
        format!(
            "<saml:SubjectConfirmation Method=\"urn:oasis:names:tc:SAML:2.0:cm:{method}\"><saml:SubjectConfirmationData \
             InResponseTo=\"{REQUEST}\" NotOnOrAfter=\"{until}\" Recipient=\"{recipient}\"/></saml:SubjectConfirmation>"
        )
    };
    for extra in [
        other("https://other.test/acs", "2026-11-23T19:05:00Z", "bearer"),
        other(ACS, "2026-11-23T18:00:00Z", "bearer"),
        other(ACS, "2026-11-23T19:05:00Z", "holder-of-key"),
    ] {
        with("<saml:SubjectConfirmation ", &format!("{extra}<saml:SubjectConfirmation "));
        with("</saml:Subject>", &format!("{extra}</saml:Subject>"));
    }
    with("<saml:SubjectConfirmationData ", "<saml:SubjectConfirmationData Address=\"192.0.2.7\" ");
}

#[test]
fn more_in_the_response_than_needed() {
    with(
        " Version=\"2.0\" IssueInstant",
        " Consent=\"urn:oasis:names:tc:SAML:2.0:consent:unspecified\" Version=\"2.0\" IssueInstant",
    );
    with(
        "<samlp:Status>",
        "<samlp:Extensions><x:y xmlns:x=\"urn:x\" z=\"1\">a</x:y></samlp:Extensions><samlp:Status>",
    );
    with(
        "</samlp:Status>",
        "<samlp:StatusMessage>Welcome</samlp:StatusMessage><samlp:StatusDetail><x/></samlp:StatusDetail></samlp:Status>",
    );
    with("<samlp:Status>", "<samlp:Status xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\">");
    with("status:Success\"/>", "status:Success\"></samlp:StatusCode>");
}

#[test]
fn more_in_the_assertion_than_needed() {
    with(
        "<saml:AuthnStatement ",
        "<saml:Advice><saml:AssertionIDRef>_x</saml:AssertionIDRef></saml:Advice><saml:AuthnStatement ",
    );
    with(
        "<saml:AuthnContext>",
        "<saml:SubjectLocality Address=\"192.0.2.7\" DNSName=\"x\"/><saml:AuthnContext>",
    );
    with(
        "</saml:AuthnContext>",
        "<saml:AuthenticatingAuthority>https://up.test</saml:AuthenticatingAuthority></saml:AuthnContext>",
    );
    with("SessionIndex=", "SessionNotOnOrAfter=\"2026-11-24T03:00:00.000Z\" SessionIndex=");
    with(" SessionIndex=\"_session1\"", "");
    let second = "<saml:AuthnStatement AuthnInstant=\"2026-11-23T18:00:00Z\"><saml:AuthnContext/></saml:AuthnStatement>";
    let read = with("</saml:AuthnStatement>", &format!("</saml:AuthnStatement>{second}"));
    assert!(read.iter().all(|a| a.authn_instant == now()));
    with(
        "<saml:AuthnStatement ",
        "<saml:AuthzDecisionStatement Resource=\"x\" Decision=\"Permit\"><saml:Action>a</saml:Action></saml:AuthzDecisionStatement><saml:AuthnStatement ",
    );
}

#[test]
fn name_ids_of_every_format() {
    let from = format!("Format=\"{}\"", saml::name_id_format::EMAIL);
    for format in ["", "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent", "urn:x"] {
        let read = with(
            &from,
            &format!("Format=\"{format}\" NameQualifier=\"q\" SPNameQualifier=\"{SP}\" SPProvidedID=\"7\""),
        );
        assert!(read.iter().all(|a| a.name_id.sp_name_qualifier.as_deref() == Some(SP)));
    }
    let read = with(&format!(" {from}"), "");
    assert!(read.iter().all(|a| a.name_id.format.is_none()));
}

#[test]
fn attributes_of_every_kind() {
    let xsi = "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xmlns:xs=\"http://www.w3.org/2001/XMLSchema\"";
    let statement = format!(
        "<saml:AttributeStatement {xsi}>\
         <saml:Attribute Name=\"n\"><saml:AttributeValue xsi:type=\"xs:integer\">7</saml:AttributeValue></saml:Attribute>\
         <saml:Attribute Name=\"none\"/>\
         <saml:Attribute Name=\"empty\"><saml:AttributeValue/><saml:AttributeValue></saml:AttributeValue></saml:Attribute>\
         <saml:Attribute Name=\"nil\"><saml:AttributeValue xsi:nil=\"true\"/></saml:Attribute>\
         <saml:Attribute Name=\"deep\"><saml:AttributeValue><x:a xmlns:x=\"urn:x\">o<x:b>n</x:b>e</x:a></saml:AttributeValue></saml:Attribute>\
         <saml:Attribute Name=\"groups\" FriendlyName=\"Groups\"><saml:AttributeValue>Ünïcode 🎈 &amp; more</saml:AttributeValue></saml:Attribute>\
         <saml:EncryptedAttribute><x/></saml:EncryptedAttribute>\
         </saml:AttributeStatement></saml:Assertion>"
    );
    for assertion in with("</saml:Assertion>", &statement) {
        let a = &assertion.attributes;
        assert_eq!(a.values("n"), ["7"]);
        assert!(a.values("none").is_empty());
        assert_eq!(a.values("empty"), ["", ""]);
        assert!(a.values("nil").is_empty());
        assert_eq!(a.values("deep"), ["one"]);
        assert_eq!(a.values("groups"), ["Staff", "Privacy", "Ünïcode 🎈 & more"]);
        assert_eq!(a.first("empty"), None);
        let names: Vec<&str> = a.iter().map(|x| x.name.as_str()).collect();
        assert_eq!(names, ["email", "groups", "n", "none", "empty", "nil", "deep"]);
    }
    let none = Answer { attributes: &[], ..answer() };
    let xml = signed(none.response_xml(&none.assertion_xml()), Signed::Both, SignatureStyle::default());
    assert!(accepted(&xml).attributes.is_empty());
}

#[test]
fn hundreds_and_thousands_of_groups() {
    for count in [500, 5000] {
        let names: Vec<String> =
            (0..count).map(|i| format!("CN=Group {i:05},OU=Groups,DC=acme,DC=test")).collect();
        let groups: Vec<&str> = names.iter().map(String::as_str).collect();
        let attributes: [(&str, &[&str]); 1] = [("groups", &groups)];
        let many = Answer { attributes: &attributes, ..answer() };
        let plain = many.response_xml(&many.assertion_xml()).replace(" xmlns:xs=\"http://www.w3.org/2001/XMLSchema\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"xs:string\"", "");
        let xml = signed(plain, Signed::Both, SignatureStyle::default());
        assert_eq!(accepted(&xml).attributes.values("groups").len(), count);
    }
}

#[test]
fn response_without_issuer_around_a_signed_assertion() {
    // Profiles 4.1.4.2 with erratum 26: only a signed response or an encrypted assertion asks for it.
    let plain = answer().response_xml(&answer().assertion_xml());
    let start = plain.find("<saml:Issuer").unwrap();
    let end = plain.find("</saml:Issuer>").unwrap() + "</saml:Issuer>".len();
    let without = format!("{}{}", &plain[..start], &plain[end..]);
    accepted(&signed(without, Signed::Assertion, SignatureStyle::default()));
}

fn sealed(plain: &str) -> String {
    let cert = TestKey::Encryption.signing_key().unwrap().cert_der;
    let recipient = EncryptFor { cert_der: &cert, cipher: ContentCipher::Aes256Gcm, session_key: &[5; 32] };
    encrypt_element(plain, &recipient).unwrap()
}

fn around(holder: &str) -> String {
    let open = "<saml:EncryptedAssertion xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\">";
    let xml = answer().response_xml(&format!("{open}{holder}</saml:EncryptedAssertion>"));
    sign_element(&xml, RESPONSE_ID, &TestKey::Rsa.signer().unwrap(), SignatureStyle::default()).unwrap()
}

#[test]
fn encrypted_with_white_space_declaration_or_inherited_prefixes() {
    let assertion = answer().assertion_xml();
    accepted(&around(&sealed(&format!("\n  {assertion}\n"))));
    accepted(&around(&sealed(&format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{assertion}"))));
    accepted(&around(&sealed(&format!("\u{feff}{assertion}"))));
    // The prefix `saml` is declared outside of what was encrypted.
    accepted(&around(&sealed(
        &assertion.replace(" xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\"", ""),
    )));
}

#[test]
fn encrypted_key_beside_the_data_or_for_several_recipients() {
    let data = sealed(&answer().assertion_xml());
    let start = data.find("<xenc:EncryptedKey>").unwrap();
    let end = data.find("</xenc:EncryptedKey>").unwrap() + "</xenc:EncryptedKey>".len();
    let key = data[start..end].to_owned();
    let own = key.replace("<xenc:EncryptedKey>", "<xenc:EncryptedKey xmlns:xenc=\"http://www.w3.org/2001/04/xmlenc#\" Id=\"_ek\" Recipient=\"https://frontdesk.test\">");
    let pointer = "<ds:RetrievalMethod Type=\"http://www.w3.org/2001/04/xmlenc#EncryptedKey\" URI=\"#_ek\"/>";
    accepted(&around(&format!("{}{own}", data.replace(&key, pointer))));
    accepted(&around(&format!("\n  {}\n  {own}\n", data.replace(&key, ""))));
    // The first wrapped key is for somebody else.
    let cert = TestKey::OtherRsa.signing_key().unwrap().cert_der;
    let other = EncryptFor { cert_der: &cert, cipher: ContentCipher::Aes256Gcm, session_key: &[5; 32] };
    let other = encrypt_element("<x/>", &other).unwrap();
    let start = other.find("<xenc:EncryptedKey>").unwrap();
    let end = other.find("</xenc:EncryptedKey>").unwrap() + "</xenc:EncryptedKey>".len();
    accepted(&around(&data.replace(&key, &format!("{}{key}", &other[start..end]))));
}

#[test]
fn white_space_in_attribute_values_and_line_ends_in_cdata() {
    // XML reads a line end or a tab in an attribute value as a space.
    let plain =
        answer().response_xml(&answer().assertion_xml()).replace("Name=\"email\"", "Name=\"e m a il\"");
    let plain = plain.replace(">Staff<", "><![CDATA[St\naff]]><");
    for parts in ALL {
        let xml = signed(plain.clone(), parts, SignatureStyle::default());
        for (line, tab) in [("\n", "\t"), ("\r\n", "\r"), ("\r", "\n")] {
            let spread = xml
                .replace("e m a il", &format!("e{line}m{tab}a{line}il"))
                .replace("St\naff", &format!("St{line}aff"));
            let assertion = accepted(&spread);
            assert_eq!(assertion.attributes.values("e m a il"), ["ann@acme.test"]);
            assert_eq!(assertion.attributes.values("groups"), ["St\naff", "Privacy"]);
        }
    }
}

#[test]
fn name_that_is_encrypted_by_itself() {
    // SimpleSAMLphp (`nameid.encryption`) and Shibboleth (`encryptNameIDs`) send it.
    let plain = answer().response_xml(&answer().assertion_xml());
    let start = plain.find("<saml:NameID").unwrap();
    let end = plain.find("</saml:NameID>").unwrap() + "</saml:NameID>".len();
    let name = &plain[start..end];
    let declared = name.replacen(' ', " xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\" ", 1);
    for name_inside in [name, &declared] {
        let holder = format!("<saml:EncryptedID>{}</saml:EncryptedID>", sealed(name_inside));
        for assertion in with(name, &holder) {
            assert_eq!(assertion.name_id.format.as_deref(), Some(saml::name_id_format::EMAIL));
        }
    }
    // Inside an assertion that is encrypted as well.
    let holder = format!("<saml:EncryptedID>{}</saml:EncryptedID>", sealed(&declared));
    accepted(&around(&sealed(&answer().assertion_xml().replace(name, &holder))));
}

#[test]
fn advice_with_another_assertion_is_passed_over() {
    let inner =
        answer().assertion_xml().replace(ASSERTION_ID, "_advice").replace("ann@acme.test", "bob@acme.test");
    let advice = format!("<saml:Advice>{inner}</saml:Advice><saml:AuthnStatement ");
    for assertion in with("<saml:AuthnStatement ", &advice) {
        assert_eq!(assertion.attributes.values("email"), ["ann@acme.test"]);
    }
    let whole = answer().assertion_xml().replace("<saml:AuthnStatement ", &advice);
    accepted(&around(&sealed(&whole)));
    // A signed one, as it came from somebody else: neither read nor verified.
    let stranger = TestKey::OtherRsa.signer().unwrap();
    let vouched = sign_element(&inner, "_advice", &stranger, SignatureStyle::default()).unwrap();
    let advice = format!("<saml:Advice>{vouched}</saml:Advice><saml:AuthnStatement ");
    let whole = answer().assertion_xml().replace("<saml:AuthnStatement ", &advice);
    accepted(&around(&sealed(&whole)));
    let whole = answer().response_xml(&answer().assertion_xml().replace("<saml:AuthnStatement ", &advice));
    let signer = TestKey::Rsa.signer().unwrap();
    accepted(&sign_element(&whole, RESPONSE_ID, &signer, SignatureStyle::default()).unwrap());
    accepted(&sign_element(&whole, ASSERTION_ID, &signer, SignatureStyle::default()).unwrap());
}

/// The answer with other prefixes: of assertions, and of the protocol.
fn prefixed(assertion: &str, protocol: &str) -> String {
    let plain = answer().response_xml(&answer().assertion_xml());
    let rename = |text: String, from: &str, to: &str| match to {
        "" => text.replace(&format!("xmlns:{from}="), "xmlns=").replace(&format!("{from}:"), ""),
        to => text
            .replace(&format!("xmlns:{from}="), &format!("xmlns:{to}="))
            .replace(&format!("{from}:"), &format!("{to}:")),
    };
    // By way of names that are in neither, so that the two can change places.
    let (a, p) = ("zza", "zzp");
    let apart = rename(rename(plain, "samlp", p), "saml", a);
    rename(rename(apart, p, protocol), a, assertion)
}

#[test]
fn prefixes_declarations_and_default_namespaces_of_every_kind() {
    let base = SignatureStyle::default();
    let styles = [
        base,
        SignatureStyle { prefix: "", ..base },
        SignatureStyle { inclusive_prefixes: Some("xs"), ..base },
        SignatureStyle { inclusive_prefixes: Some("#default xs xsi saml2 ns2 ds"), ..base },
        SignatureStyle { c14n: "http://www.w3.org/TR/2001/REC-xml-c14n-20010315", ..base },
    ];
    let xs = "xmlns:xs=\"http://www.w3.org/2001/XMLSchema\"";
    let xsi = "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"";
    for (assertion, protocol) in [
        ("saml2", "saml2p"),
        ("ns2", "ns0"),
        ("a.b-c_1", "_"),
        ("samlp", "saml"),
        ("Assertion", "Response"),
        ("", "samlp"),
        ("saml", ""),
        ("ä", "p"),
    ] {
        let plain = prefixed(assertion, protocol);
        let own = if assertion.is_empty() { "xmlns=".to_owned() } else { format!("xmlns:{assertion}=") };
        let declared = format!(" {own}\"urn:oasis:names:tc:SAML:2.0:assertion\"");
        assert!(plain.matches(&declared).count() >= 1, "{plain}");
        let start = plain.find('>').unwrap();
        let mut shapes = vec![plain.clone()];
        // What is declared once, at the top, and what is declared again although it is in scope.
        let at_top = plain.replace(&format!(" {xs} {xsi}"), "");
        shapes.push(format!("{} {xs} {xsi}{}", &at_top[..start], &at_top[start..]));
        shapes.push(plain.replacen(
            "Subject>",
            &format!("Subject{declared} xmlns:unused=\"urn:unused\">"),
            1,
        ));
        for shape in shapes {
            for style in styles {
                for parts in ALL {
                    accepted(&signed(shape.clone(), parts, style));
                }
            }
        }
    }
}

#[test]
fn unsigned_response_without_destination() {
    let plain = answer().response_xml(&answer().assertion_xml());
    let without = plain.replacen(&format!(" Destination=\"{ACS}\""), "", 1);
    assert_ne!(without, plain);
    accepted(&signed(without, Signed::Assertion, SignatureStyle::default()));
}

#[test]
fn issuers_that_say_what_kind_of_name_they_are() {
    for more in [
        "Format=\"urn:oasis:names:tc:SAML:2.0:nameid-format:entity\"",
        "Format=\"urn:oasis:names:tc:SAML:2.0:nameid-format:entity\" NameQualifier=\"q\"",
        "xml:lang=\"de\"",
    ] {
        with("<saml:Issuer>", &format!("<saml:Issuer {more}>"));
    }
}
