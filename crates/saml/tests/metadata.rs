//! What providers publish must be read, and what people paste instead must be recognised.

use jiff::Timestamp;
use saml::metadata::{IdpMetadata, MetadataError};
use saml::testing::{TestKey, now};
use saml::{KeyError, SpMetadata, binding_uri, from_parts, parse_idp_metadata};
use std::path::Path;

fn body(key: TestKey) -> String {
    key.cert_pem().lines().filter(|line| !line.starts_with("-----")).collect::<Vec<_>>().join("\n")
}

fn sample(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/metadata").join(format!("{name}.xml"));
    let text = std::fs::read_to_string(path).unwrap();
    let line = |key| body(key).replace('\n', "");
    text.replace("{RSA}", &line(TestKey::Rsa))
        .replace("{OTHER}", &line(TestKey::OtherRsa))
        .replace("{P256}", &line(TestKey::P256))
        .replace("{RSA_LINES}", &body(TestKey::Rsa))
        .replace("{OTHER_LINES}", &body(TestKey::OtherRsa))
}

fn parse(text: &str) -> Result<IdpMetadata, MetadataError> {
    parse_idp_metadata(text, None, now())
}

fn fingerprints(idp: &IdpMetadata) -> Vec<String> {
    idp.signing_keys.iter().map(saml::SigningKey::fingerprint).collect()
}

fn of(keys: &[TestKey]) -> Vec<String> {
    keys.iter().map(|key| key.signing_key().unwrap().fingerprint()).collect()
}

#[test]
fn every_provider_is_read() {
    let one = &[TestKey::Rsa][..];
    for (name, entity_id, keys, preferred, slo) in [
        ("okta", "http://www.okta.com/exk1abcDEF2ghIJK3x7", one, binding_uri::REDIRECT, 0),
        (
            "entra",
            "https://sts.windows.net/6f1c0a52-3d0e-4d8b-9f61-2b7c7f0e9a11/",
            one,
            binding_uri::REDIRECT,
            1,
        ),
        ("google", "https://accounts.google.com/o/saml2?idpid=C01abc2de", one, binding_uri::REDIRECT, 0),
        (
            "adfs",
            "http://adfs.acme.test/adfs/services/trust",
            &[TestKey::Rsa, TestKey::P256],
            binding_uri::REDIRECT,
            2,
        ),
        (
            "shibboleth",
            "https://idp.uni.test/idp/shibboleth",
            &[TestKey::OtherRsa, TestKey::Rsa],
            binding_uri::REDIRECT,
            1,
        ),
        ("keycloak", "https://kc.acme.test/realms/acme", one, binding_uri::REDIRECT, 2),
        ("simplesamlphp", "https://ssp.acme.test/saml2/idp/metadata.php", one, binding_uri::REDIRECT, 1),
        ("no-use", "https://ping.acme.test", &[TestKey::Rsa, TestKey::OtherRsa], binding_uri::POST, 0),
    ] {
        let idp = parse(&sample(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(idp.entity_id, entity_id, "{name}");
        assert_eq!(fingerprints(&idp), of(keys), "{name}");
        assert_eq!(idp.preferred_sso().unwrap().binding, preferred, "{name}");
        assert_eq!(idp.slo.len(), slo, "{name}");
        assert_eq!(idp.want_authn_requests_signed, name == "keycloak", "{name}");
        assert!(!idp.all_keys_expired(), "{name}");
    }
}

#[test]
fn response_location_and_validity_are_kept() {
    let adfs = parse(&sample("adfs")).unwrap();
    assert_eq!(adfs.slo[1].response_location.as_deref(), Some("https://adfs.acme.test/adfs/ls/done"));
    let google = parse(&sample("google")).unwrap();
    assert_eq!(google.valid_until, Some("2031-08-02T10:11:12Z".parse().unwrap()));
    assert_eq!(
        google.sso_location(binding_uri::POST),
        Some("https://accounts.google.test/o/saml2/idp?idpid=C01abc2de")
    );
    let later = "2031-08-03T00:00:00Z".parse().unwrap();
    assert!(matches!(parse_idp_metadata(&sample("google"), None, later), Err(MetadataError::Ended { .. })));
}

#[test]
fn byte_order_mark_and_white_space_around_do_not_matter() {
    assert!(
        parse(&format!(
            "\u{feff}\n  {}\n\n",
            sample("okta").trim_start_matches("<?xml version=\"1.0\" encoding=\"UTF-8\"?>")
        ))
        .is_ok()
    );
    assert!(parse(&format!("\u{feff}{}", sample("okta"))).is_ok());
}

fn bare(name: &str) -> String {
    let text = sample(name);
    let start = text.find("EntityDescriptor").unwrap();
    let start = text[..start].rfind('<').unwrap();
    text[start..].to_owned()
}

fn aggregate(names: &[&str]) -> String {
    let inner: String = names.iter().map(|name| bare(name)).collect();
    format!(
        "<x:EntitiesDescriptor xmlns:x=\"urn:oasis:names:tc:SAML:2.0:metadata\" Name=\"f\"><x:EntitiesDescriptor>{inner}</x:EntitiesDescriptor></x:EntitiesDescriptor>"
    )
}

#[test]
fn aggregate_asks_which_and_takes_the_choice() {
    let two = aggregate(&["okta", "keycloak"]);
    let Err(MetadataError::Several { entity_ids }) = parse(&two) else { panic!() };
    assert_eq!(entity_ids, ["http://www.okta.com/exk1abcDEF2ghIJK3x7", "https://kc.acme.test/realms/acme"]);
    let chosen = parse_idp_metadata(&two, Some(" https://kc.acme.test/realms/acme "), now()).unwrap();
    assert_eq!(chosen.entity_id, "https://kc.acme.test/realms/acme");
    let missing = parse_idp_metadata(&two, Some("https://nobody.test"), now());
    assert!(matches!(missing, Err(MetadataError::NotFound { entity_ids, .. }) if entity_ids.len() == 2));
    assert_eq!(parse(&aggregate(&["okta"])).unwrap().entity_id, "http://www.okta.com/exk1abcDEF2ghIJK3x7");
    assert!(matches!(parse(&aggregate(&[])), Err(MetadataError::NotMetadata { .. })));
    // The same id twice: which one is meant cannot be told.
    let twice = aggregate(&["okta", "okta"]);
    let chosen = parse_idp_metadata(&twice, Some("http://www.okta.com/exk1abcDEF2ghIJK3x7"), now());
    assert!(matches!(chosen, Err(MetadataError::NotFound { .. })));
}

#[test]
fn aggregate_with_one_provider_among_service_providers() {
    let sp = SpMetadata {
        entity_id: "https://sp.test".to_owned(),
        acs_url: "https://sp.test/acs".to_owned(),
        slo_url: None,
        signing_certs: Vec::new(),
        encryption_certs: Vec::new(),
        name_id_formats: Vec::new(),
        authn_requests_signed: false,
        want_assertions_signed: true,
    };
    let xml = sp.to_xml();
    let sp_bare = &xml[xml.find("<md:").unwrap()..];
    let file =
        aggregate(&["okta"]).replacen("<md:EntityDescriptor", &format!("{sp_bare}<md:EntityDescriptor"), 1);
    assert_eq!(parse(&file).unwrap().entity_id, "http://www.okta.com/exk1abcDEF2ghIJK3x7");
    assert!(
        matches!(parse(&xml), Err(MetadataError::ServiceProvider { entity_id }) if entity_id == "https://sp.test")
    );
}

#[test]
fn what_people_paste_instead() {
    let okta = sample("okta");
    let cut = &okta[..okta.len() / 2];
    let response = saml::testing::answer().response_xml("");
    let cases: &[(&str, &str)] = &[
        ("", "There is nothing here yet"),
        ("  \n ", "There is nothing here yet"),
        ("<!DOCTYPE html><html><body>Sign in</body></html>", "web page"),
        ("<html lang=\"en\">", "web page"),
        ("http://www.okta.com/exk1abcDEF2ghIJK3x7", "That is the Issuer, not the Metadata URL"),
        ("https://acme.okta.test/app/x/sso/saml/metadata", "Enter it as the metadata URL"),
        (TestKey::Rsa.cert_pem(), "only the certificate"),
        (TestKey::Rsa.key_pem(), "private key"),
        (&response, "SAML Response, not metadata"),
        (cut, "not complete XML"),
        ("some words", "not complete XML"),
        ("<a/>", "begins with a,"),
        ("<!DOCTYPE x [<!ENTITY a \"b\">]><EntityDescriptor/>", "DOCTYPE"),
    ];
    for (text, words) in cases {
        let error = parse(text).unwrap_err().to_string();
        assert!(error.contains(words), "{text:.60}: {error}");
    }
    let body = body(TestKey::Rsa);
    assert_eq!(parse(&body), Err(MetadataError::LoneCertificate));
    assert!(matches!(parse(&" ".repeat(11 * 1024 * 1024)), Err(MetadataError::TooLarge { .. })));
}

#[test]
fn what_is_missing_is_named() {
    let okta = sample("okta");
    let swap = |from: &str, to: &str| {
        assert!(okta.contains(from), "{from}");
        parse(&okta.replace(from, to)).unwrap_err()
    };
    assert_eq!(swap("entityID=\"http://www.okta.com/exk1abcDEF2ghIJK3x7\"", ""), MetadataError::NoEntityId);
    assert_eq!(swap("use=\"signing\"", "use=\"encryption\""), MetadataError::EncryptionKeyOnly);
    assert_eq!(swap("X509Certificate", "KeyName"), MetadataError::NoSigningKey);
    assert!(matches!(swap("MII", "MIJ"), MetadataError::UnusableKeys { .. }));
    assert!(matches!(swap("SAML:2.0:protocol", "SAML:1.1:protocol"), MetadataError::NoIdpRole { .. }));
    assert!(matches!(swap("IDPSSODescriptor", "PDPDescriptor"), MetadataError::NoIdpRole { .. }));
    assert_eq!(swap("SingleSignOnService", "SingleSignOffService"), MetadataError::NoSsoEndpoint);
    assert!(matches!(
        swap("https://acme.okta.test", "javascript:alert(1)//"),
        MetadataError::BadLocation { .. }
    ));
    assert!(matches!(swap("https://acme.okta.test", "file://x"), MetadataError::BadLocation { .. }));
    assert!(matches!(swap("SAML:2.0:metadata", "SAML:2.1:metadata"), MetadataError::NotMetadata { .. }));
}

#[test]
fn unusable_certificate_beside_a_usable_one_is_passed_over() {
    let two = sample("no-use").replacen(
        "<X509Certificate>",
        "<X509Certificate>AAAA</X509Certificate><X509Certificate>",
        1,
    );
    assert_eq!(fingerprints(&parse(&two).unwrap()), of(&[TestKey::Rsa, TestKey::OtherRsa]));
}

#[test]
fn expired_certificate_is_kept_and_flagged() {
    let later: Timestamp = "2060-01-01T00:00:00Z".parse().unwrap();
    let idp = parse_idp_metadata(&sample("okta"), None, later).unwrap();
    assert!(idp.signing_keys[0].expired && idp.all_keys_expired());
}

#[test]
fn by_hand_with_every_way_to_paste_a_certificate() {
    let pem = TestKey::Rsa.cert_pem();
    let lines = body(TestKey::Rsa);
    let one_line = lines.replace('\n', "");
    let indented = pem.replace('\n', "\r\n    ");
    for text in
        [pem, &lines, &one_line, &indented, &format!("\u{feff}{pem}"), &format!("Bag Attributes\n{pem}{pem}")]
    {
        let idp = from_parts(" https://idp.test ", " https://idp.test/sso ", text, now()).unwrap();
        assert_eq!(idp.entity_id, "https://idp.test");
        assert_eq!(idp.preferred_sso().unwrap().location, "https://idp.test/sso");
        assert_eq!(fingerprints(&idp), of(&[TestKey::Rsa]));
    }
    let refuse = |cert: &str| from_parts("x", "https://idp.test/sso", cert, now()).unwrap_err();
    assert_eq!(refuse(""), MetadataError::Key(KeyError::NotACertificate));
    assert_eq!(refuse("hello"), MetadataError::Key(KeyError::NotACertificate));
    assert_eq!(refuse(TestKey::Rsa.key_pem()), MetadataError::Key(KeyError::PrivateKeyPasted));
    assert_eq!(from_parts("", "https://x.test", pem, now()), Err(MetadataError::NoEntityId));
    assert!(matches!(from_parts("x", "idp.test/sso", pem, now()), Err(MetadataError::BadLocation { .. })));
}

#[test]
fn own_metadata_names_everything_and_is_xml() {
    let cert = TestKey::Encryption.signing_key().unwrap().cert_der;
    let xml = SpMetadata {
        entity_id: "https://frontdesk.test/saml/con_1?a=1&b=2".to_owned(),
        acs_url: "https://frontdesk.test/saml/con_1/acs".to_owned(),
        slo_url: Some("https://frontdesk.test/saml/con_1/slo".to_owned()),
        signing_certs: vec![cert.clone()],
        encryption_certs: vec![cert],
        name_id_formats: vec![saml::name_id_format::EMAIL.to_owned()],
        authn_requests_signed: true,
        want_assertions_signed: true,
    }
    .to_xml();
    let doc = uppsala::parse(&xml).unwrap();
    let root = doc.document_element().unwrap();
    assert_eq!(doc.get_attribute(root, "entityID"), Some("https://frontdesk.test/saml/con_1?a=1&b=2"));
    for part in [
        "use=\"signing\"",
        "use=\"encryption\"",
        "SingleLogoutService",
        "AssertionConsumerService",
        "NameIDFormat",
    ] {
        assert!(xml.contains(part), "{part}");
    }
}

#[test]
fn metadata_of_the_own_provider_module_is_read_back() {
    let key = TestKey::Rsa.signing_key().unwrap();
    let xml = saml::idp::metadata_xml(
        "https://idp.test/m",
        "https://idp.test/sso",
        Some("https://idp.test/slo"),
        &[&key.cert_der],
    );
    let idp = parse(&xml).unwrap();
    assert_eq!((idp.sso.len(), idp.slo.len(), idp.signing_keys.len()), (2, 2, 1));
}
