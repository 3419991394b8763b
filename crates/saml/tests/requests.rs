//! What we send: requests by redirect and by form, signed or not, read back as a provider reads them.

use saml::binding::{BindingError, inflate};
use saml::idp::{IdpError, receive_post, receive_redirect};
use saml::testing::{ACS, SP, TestKey, now};
use saml::{AuthnRequest, name_id_format};
use std::collections::HashMap;
use url::Url;

const SSO: &str = "https://idp.acme.test/sso";

fn request() -> AuthnRequest<'static> {
    AuthnRequest::new("_0123456789abcdef", now(), SSO, SP, ACS)
}

fn query(url: &str) -> Vec<(String, String)> {
    Url::parse(url).unwrap().query_pairs().map(|(k, v)| (k.into_owned(), v.into_owned())).collect()
}

#[test]
fn redirect_is_read_back() {
    let request = AuthnRequest {
        name_id_format: Some(name_id_format::EMAIL),
        force_authn: true,
        authn_context: &["urn:oasis:names:tc:SAML:2.0:ac:classes:TimeSyncToken"],
        comparison: saml::Comparison::Minimum,
        ..request()
    };
    let url = request.redirect_url(Some("state&1"), None).unwrap();
    let query: HashMap<_, _> = query(&url).into_iter().collect();
    assert_eq!(query["RelayState"], "state&1");
    let received = receive_redirect(&query["SAMLRequest"]).unwrap();
    assert_eq!(received.id, "_0123456789abcdef");
    assert_eq!(received.issuer, SP);
    assert_eq!(received.acs_url.as_deref(), Some(ACS));
    assert_eq!(received.name_id_format.as_deref(), Some(name_id_format::EMAIL));
    assert!(received.force_authn);
    let xml = inflate(&query["SAMLRequest"]).unwrap();
    assert!(xml.contains("Comparison=\"minimum\"><saml:AuthnContextClassRef>"));
    assert!(xml.contains("TimeSyncToken") && xml.contains("IssueInstant=\"2026-11-23T19:00:00Z\""));
}

#[test]
fn signed_redirect_has_its_parameters_in_order_and_verifies() {
    for key in [TestKey::Rsa, TestKey::P256] {
        let signer = key.signer().unwrap();
        let url = request().redirect_url(Some("abc"), Some(&signer)).unwrap();
        let names: Vec<String> = query(&url).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["SAMLRequest", "RelayState", "SigAlg", "Signature"]);
        // Bindings 3.4.4.1: the signature is over the query as it was sent, up to `Signature`.
        let raw = url.split_once('?').unwrap().1;
        let (covered, _) = raw.split_once("&Signature=").unwrap();
        let signature = &query(&url)[3].1;
        let signature =
            base64::Engine::decode(&base64::engine::general_purpose::STANDARD, signature).unwrap();
        let public = bergshamra::keys::loader::load_x509_cert_pem(key.cert_pem().as_bytes()).unwrap();
        let algorithm = bergshamra::crypto::sign::from_uri(signer.algorithm().uri()).unwrap();
        let public = public.to_signing_key().unwrap().unwrap();
        assert!(algorithm.verify(&public, covered.as_bytes(), &signature).unwrap());
    }
}

#[test]
fn redirect_to_an_address_with_a_query_keeps_it() {
    for (location, start) in [
        ("https://idp.test/sso?idpid=C01", "https://idp.test/sso?idpid=C01&SAMLRequest="),
        ("https://idp.test/sso?", "https://idp.test/sso?SAMLRequest="),
        ("https://idp.test/sso?a=b&", "https://idp.test/sso?a=b&SAMLRequest="),
    ] {
        let url = AuthnRequest { destination: location, ..request() }.redirect_url(None, None).unwrap();
        assert!(url.starts_with(start), "{url}");
    }
    let url = AuthnRequest { destination: "https://idp.test/sso#top", ..request() }
        .redirect_url(None, None)
        .unwrap();
    assert!(url.starts_with("https://idp.test/sso?SAMLRequest=") && url.ends_with("#top"));
}

#[test]
fn redirect_refuses_other_schemes_and_long_relay_states() {
    for destination in ["javascript:alert(1)", "/sso", "ftp://idp.test", "data:text/html,x"] {
        assert!(AuthnRequest { destination, ..request() }.redirect_url(None, None).is_err(), "{destination}");
    }
    assert!(request().redirect_url(Some(&"x".repeat(81)), None).is_err());
}

#[test]
fn form_value_is_read_back_and_its_signature_verifies() {
    let received = receive_post(&request().post_value(None).unwrap()).unwrap();
    assert_eq!(received.issuer, SP);
    for key in [TestKey::Rsa, TestKey::P384] {
        let value = request().post_value(Some(&key.signer().unwrap())).unwrap();
        let xml = saml::decode_message(value.as_bytes()).unwrap();
        let mut keys = bergshamra::KeysManager::new();
        keys.add_key(bergshamra::keys::loader::load_x509_cert_pem(key.cert_pem().as_bytes()).unwrap());
        assert!(bergshamra::verify(&bergshamra::DsigContext::new(keys), &xml).unwrap().is_valid());
        assert!(xml.find("Signature").unwrap() > xml.find("</saml:Issuer>").unwrap());
        assert_eq!(receive_post(&value).unwrap().id, "_0123456789abcdef");
    }
}

#[test]
fn values_with_markup_stay_values() {
    let request = AuthnRequest { issuer: "a\"><b&c>'", acs_url: "https://x.test/?a=1&b=\"2\"", ..request() };
    let received = receive_post(&request.post_value(None).unwrap()).unwrap();
    assert_eq!(received.issuer, "a\"><b&c>'");
    assert_eq!(received.acs_url.as_deref(), Some("https://x.test/?a=1&b=\"2\""));
}

#[test]
fn inflate_is_bounded() {
    use std::io::Write as _;
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
    for _ in 0..200 {
        encoder.write_all(&vec![b' '; 1024 * 1024]).unwrap();
    }
    let bomb = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, encoder.finish().unwrap());
    assert!(bomb.len() < 400_000);
    assert_eq!(inflate(&bomb), Err(BindingError::TooLarge));
    assert_eq!(inflate("!!!"), Err(BindingError::NotBase64));
    assert_eq!(inflate("AAAA"), Err(BindingError::NotDeflate));
}

#[test]
fn provider_refuses_what_is_not_a_request() {
    let response = saml::binding::post_value(&saml::testing::answer().response_xml(""));
    assert!(matches!(receive_post(&response), Err(IdpError::NotARequest(_))));
    assert!(receive_post("AAAA").is_err());
    assert!(receive_redirect("").is_err());
}
