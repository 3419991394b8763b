//! Messages in the shape of each provider, signed and encrypted by xmlsec1 (`testdata/make-samples.py`): every
//! one must be accepted, with the right person and the right attributes.

use saml::testing::{REQUEST, TestKey, now};
use saml::{Assertion, Code, Expected, SigningKey, validate};
use std::path::Path;

/// For whom the samples were made.
const SAMPLE_SP: &str = "https://frontdesk.test/saml/con_1";
/// Where they were sent.
const SAMPLE_ACS: &str = "https://frontdesk.test/saml/con_1/acs";

const OKTA: &str = "http://www.okta.com/exk1abcDEF2ghIJK3x7";
const ENTRA: &str = "https://sts.windows.net/6f1c0a52-3d0e-4d8b-9f61-2b7c7f0e9a11/";
const GOOGLE: &str = "https://accounts.google.com/o/saml2?idpid=C01abc2de";
const ADFS: &str = "http://adfs.acme.test/adfs/services/trust";
const ONELOGIN: &str = "https://app.onelogin.com/saml/metadata/0a1b2c3d-4e5f-6789-abcd-ef0123456789";
const JUMPCLOUD: &str = "https://jumpcloud.acme.test/frontdesk";
const PING: &str = "https://sso.acme.test:9031";
const KEYCLOAK: &str = "https://kc.acme.test/realms/acme";
const SHIBBOLETH: &str = "https://idp.uni.test/idp/shibboleth";
const SIMPLESAMLPHP: &str = "https://ssp.acme.test/saml2/idp/metadata.php";
const AUTH0: &str = "urn:acme.eu.auth0.test";

const PYSAML2: &str = "https://pysaml2.acme.test/idp";
const SAMLP: &str = "urn:samlp.acme.test";

const ANN: &str = "ann@acme.test";

/// File, issuer, name identifier, one attribute and its values.
const SAMPLES: &[(&str, &str, &str, &str, &[&str])] = &[
    ("okta", OKTA, ANN, "groups", &["Everyone", "Privacy"]),
    ("entra", ENTRA, ANN, "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress", &[ANN]),
    (
        "entra-encrypted",
        ENTRA,
        ANN,
        "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/givenname",
        &["Ann"],
    ),
    ("google", GOOGLE, ANN, "department", &[]),
    ("adfs", ADFS, ANN, "http://schemas.xmlsoap.org/claims/Group", &["Domain Users", "Privacy"]),
    (
        "adfs-assertion-only",
        ADFS,
        ANN,
        "http://schemas.xmlsoap.org/claims/Group",
        &["Domain Users", "Privacy"],
    ),
    ("adfs-encrypted", ADFS, ANN, "http://schemas.xmlsoap.org/claims/Group", &["Domain Users", "Privacy"]),
    ("onelogin", ONELOGIN, ANN, "phone", &[""]),
    ("okta-like-encrypted", ONELOGIN, ANN, "email", &[ANN]),
    ("jumpcloud", JUMPCLOUD, ANN, "memberOf", &["Privacy"]),
    ("ping", PING, ANN, "givenName", &["Ann"]),
    ("keycloak", KEYCLOAK, ANN, "Role", &["default-roles-acme", "offline_access", "member"]),
    ("keycloak-encrypted", KEYCLOAK, ANN, "Role", &["default-roles-acme", "offline_access", "member"]),
    ("shibboleth", SHIBBOLETH, "AAdzZWNyZXQxMjM0NTY3ODkw", "urn:oid:0.9.2342.19200300.100.1.3", &[ANN]),
    (
        "shibboleth-gcm",
        SHIBBOLETH,
        "AAdzZWNyZXQxMjM0NTY3ODkw",
        "urn:oid:1.3.6.1.4.1.5923.1.1.1.10",
        &["q9w8e7r6t5y4"],
    ),
    ("simplesamlphp", SIMPLESAMLPHP, ANN, "mail", &[ANN]),
    ("simplesamlphp-encrypted", SIMPLESAMLPHP, ANN, "mail", &[ANN]),
    ("auth0", AUTH0, ANN, "http://schemas.auth0.com/email_verified", &["true"]),
    ("pysaml2-response", PYSAML2, ANN, "urn:oid:2.5.4.42", &["Änn"]),
    (
        "pysaml2-assertion",
        PYSAML2,
        ANN,
        "urn:oid:1.3.6.1.4.1.5923.1.1.1.1",
        &["staff", "<member> & \"more\""],
    ),
    ("pysaml2-both", PYSAML2, ANN, "urn:oid:0.9.2342.19200300.100.1.3", &[ANN]),
    ("samlp-assertion", SAMLP, ANN, "http://schemas.passportjs.com/groups", &["Staff", "Privacy"]),
    (
        "samlp-response",
        SAMLP,
        ANN,
        "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name",
        &["Änn \"A\" <Lee> & more"],
    ),
    ("samlp-both", SAMLP, ANN, "http://schemas.passportjs.com/age", &["7"]),
    ("samlp-encrypted", SAMLP, ANN, "http://schemas.passportjs.com/active", &["true"]),
    ("samlp-encrypted-cbc", SAMLP, ANN, "http://schemas.passportjs.com/groups", &["Staff", "Privacy"]),
    ("ecdsa-p256", ONELOGIN, ANN, "email", &[ANN]),
    ("ecdsa-p384", ONELOGIN, ANN, "email", &[ANN]),
    ("ecdsa-p521", ONELOGIN, ANN, "email", &[ANN]),
    ("ecdsa-p256-sha512", ONELOGIN, ANN, "email", &[ANN]),
    ("ecdsa-p384-sha256", ONELOGIN, ANN, "email", &[ANN]),
    ("rsa-sha384", ONELOGIN, ANN, "email", &[ANN]),
    ("rsa-sha512", ONELOGIN, ANN, "email", &[ANN]),
    ("digest-sha384", ONELOGIN, ANN, "email", &[ANN]),
    ("digest-sha512", ONELOGIN, ANN, "email", &[ANN]),
    ("inclusive-c14n-onelogin", ONELOGIN, ANN, "email", &[ANN]),
    ("inclusive-c14n-keycloak", KEYCLOAK, ANN, "Role", &["default-roles-acme", "offline_access", "member"]),
    (
        "inclusive-c14n-adfs",
        ADFS,
        ANN,
        "http://schemas.xmlsoap.org/claims/Group",
        &["Domain Users", "Privacy"],
    ),
    ("inclusive-c14n11-onelogin", ONELOGIN, ANN, "email", &[ANN]),
    ("inclusive-c14n11-keycloak", KEYCLOAK, ANN, "Role", &["default-roles-acme", "offline_access", "member"]),
    (
        "inclusive-c14n11-adfs",
        ADFS,
        ANN,
        "http://schemas.xmlsoap.org/claims/Group",
        &["Domain Users", "Privacy"],
    ),
];

fn read(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/samples").join(format!("{name}.xml"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Judges a sample with all keys of a provider that has rolled over many times.
fn judge(xml: &str, issuer: &str, allow_sha1: bool) -> Result<Assertion, saml::Rejection> {
    let keys: Vec<SigningKey> =
        [TestKey::OtherRsa, TestKey::P384, TestKey::P256, TestKey::P521, TestKey::Rsa]
            .iter()
            .map(|key| key.signing_key().unwrap())
            .collect();
    let decryption =
        [TestKey::OtherRsa.decryption_key().unwrap(), TestKey::Encryption.decryption_key().unwrap()];
    let expected = Expected {
        request_id: Some(REQUEST),
        decryption_keys: &decryption,
        allow_sha1,
        ..Expected::new(issuer, &keys, SAMPLE_SP, SAMPLE_ACS)
    };
    validate(xml.as_bytes(), &expected, now())
}

#[test]
fn every_sample_is_accepted() {
    for (name, issuer, name_id, attribute, values) in SAMPLES {
        let assertion =
            judge(&read(name), issuer, false).unwrap_or_else(|r| panic!("{name}: {}: {r} {r:?}", r.code));
        assert_eq!(assertion.name_id.value, *name_id, "{name}");
        assert_eq!(assertion.attributes.values(attribute), *values, "{name}");
        assert_eq!(assertion.issuer, *issuer, "{name}");
        assert_eq!(assertion.in_response_to.as_deref(), Some(REQUEST), "{name}");
    }
}

#[test]
fn every_sample_in_base64_with_line_breaks_is_accepted() {
    use base64::Engine as _;
    for (name, issuer, ..) in SAMPLES {
        let packed = base64::engine::general_purpose::STANDARD.encode(read(name));
        let lines: Vec<&str> =
            packed.as_bytes().chunks(76).map(|c| std::str::from_utf8(c).unwrap()).collect();
        assert!(judge(&lines.join("\r\n"), issuer, false).is_ok(), "{name}");
    }
}

#[test]
fn sha1_sample_needs_the_exception() {
    let xml = read("rsa-sha1");
    assert_eq!(judge(&xml, ONELOGIN, false).unwrap_err().code, Code::Sha1Forbidden);
    assert!(judge(&xml, ONELOGIN, true).is_ok());
}

#[test]
fn no_sample_survives_a_changed_character() {
    // Changes one letter of content at many places; whatever is signed or encrypted must notice. The unsigned
    // part of a message with only the assertion signed may change where nothing is read from it.
    for (name, issuer, name_id, ..) in SAMPLES {
        let xml = read(name);
        for (at, c) in xml.char_indices().step_by(131) {
            if !c.is_ascii_alphanumeric() {
                continue;
            }
            let other = if c == 'x' { 'y' } else { 'x' };
            let changed = format!("{}{other}{}", &xml[..at], &xml[at + 1..]);
            if let Ok(assertion) = judge(&changed, issuer, false) {
                assert_eq!(assertion.name_id.value, *name_id, "{name} at {at}");
                let original = judge(&xml, issuer, false).unwrap();
                assert_eq!(assertion, original, "{name} at {at}: {}", &xml[at.saturating_sub(30)..at + 10]);
            }
        }
    }
}

#[test]
fn every_file_of_samples_is_tested() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/samples");
    for entry in std::fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let name = name.trim_end_matches(".xml");
        assert!(
            name == "rsa-sha1" || SAMPLES.iter().any(|(known, ..)| *known == name),
            "{name} is not tested"
        );
    }
}
