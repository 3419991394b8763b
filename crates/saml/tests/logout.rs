//! Single logout: both messages by both bindings, and everything that must not end a session.

use jiff::{SignedDuration, Timestamp};
use saml::idp::{ContentCipher, EncryptFor, encrypt_element};
use saml::logout::{
    Carrier, Expected, Outcome, ReceivedLogoutRequest, Request, Response, Status, validate_request,
    validate_response,
};
use saml::testing::{IDP, SP, TestKey, now};
use saml::{NameId, Rejection, SignatureStyle, SigningKey, binding, name_id_format, sign_element};

const SLO: &str = "https://frontdesk.test/saml/con_1/slo";

fn name_id() -> NameId {
    NameId {
        value: "ann@acme.test".to_owned(),
        format: Some(name_id_format::EMAIL.to_owned()),
        name_qualifier: Some(IDP.to_owned()),
        sp_name_qualifier: None,
    }
}

fn later(minutes: i64) -> Timestamp {
    now().checked_add(SignedDuration::from_mins(minutes)).unwrap()
}

fn request(name_id: &NameId) -> Request<'_> {
    Request {
        id: "_logout1",
        issue_instant: now(),
        not_on_or_after: later(5),
        destination: SLO,
        issuer: IDP,
        name_id,
        session_indexes: &["_session1", "_session2"],
        reason: Some("urn:oasis:names:tc:SAML:2.0:logout:user"),
    }
}

fn response() -> Response<'static> {
    Response {
        id: "_answer1",
        issue_instant: now(),
        destination: SLO,
        issuer: IDP,
        in_response_to: "_ours1",
        status: Status::Success,
    }
}

fn keys(key: TestKey) -> Vec<SigningKey> {
    vec![key.signing_key().unwrap()]
}

fn query(url: &str) -> &str {
    url.split_once('?').unwrap().1
}

fn judge(carrier: Carrier<'_>) -> Result<ReceivedLogoutRequest, Rejection> {
    let keys = keys(TestKey::Rsa);
    validate_request(carrier, &Expected::new(IDP, &keys, SLO), now())
}

fn posted(xml: &str) -> Result<ReceivedLogoutRequest, Rejection> {
    let signed =
        sign_element(xml, "_logout1", &TestKey::Rsa.signer().unwrap(), SignatureStyle::default()).unwrap();
    judge(Carrier::Post(&binding::post_value(&signed)))
}

fn code<T>(verdict: Result<T, Rejection>) -> &'static str {
    verdict.err().map_or("accepted", |rejection| rejection.code.as_str())
}

#[test]
fn request_by_redirect_and_by_post_is_read() {
    let name_id = name_id();
    let signer = TestKey::Rsa.signer().unwrap();
    let url = request(&name_id).redirect_url(Some("state & more"), &signer).unwrap();
    let by_redirect = judge(Carrier::Redirect(query(&url))).unwrap();
    assert_eq!(by_redirect.relay_state.as_deref(), Some("state & more"));
    let by_post = judge(Carrier::Post(&request(&name_id).post_value(&signer).unwrap())).unwrap();
    for received in [&by_redirect, &by_post] {
        assert_eq!(received.id, "_logout1");
        assert_eq!(received.name_id, name_id);
        assert_eq!(received.session_indexes, ["_session1", "_session2"]);
        assert_eq!(received.reason.as_deref(), Some("urn:oasis:names:tc:SAML:2.0:logout:user"));
        assert_eq!(received.until, later(7));
    }
}

#[test]
fn every_signature_algorithm_of_the_list_by_redirect() {
    let name_id = name_id();
    for key in [TestKey::Rsa, TestKey::P256, TestKey::P384, TestKey::P521] {
        let url = request(&name_id).redirect_url(None, &key.signer().unwrap()).unwrap();
        let all = [keys(TestKey::OtherRsa), keys(key)].concat();
        let verdict = validate_request(Carrier::Redirect(query(&url)), &Expected::new(IDP, &all, SLO), now());
        assert_eq!(code(verdict), "accepted", "{key:?}");
    }
}

#[test]
fn encrypted_name_identifier_is_read() {
    let cert = TestKey::Encryption.signing_key().unwrap().cert_der;
    let recipient = EncryptFor { cert_der: &cert, cipher: ContentCipher::Aes256Gcm, session_key: &[7; 32] };
    let plain =
        "<saml:NameID xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\">ann@acme.test</saml:NameID>";
    let data = encrypt_element(plain, &recipient).unwrap();
    let xml = request(&name_id()).to_xml();
    let (before, rest) = xml.split_once("<saml:NameID").unwrap();
    let (_, after) = rest.split_once("</saml:NameID>").unwrap();
    let xml = format!("{before}<saml:EncryptedID>{data}</saml:EncryptedID>{after}");
    let signed =
        sign_element(&xml, "_logout1", &TestKey::Rsa.signer().unwrap(), SignatureStyle::default()).unwrap();
    let (keys, private) = (keys(TestKey::Rsa), [TestKey::Encryption.decryption_key().unwrap()]);
    let expected = Expected { decryption_keys: &private, ..Expected::new(IDP, &keys, SLO) };
    let value = binding::post_value(&signed);
    let received = validate_request(Carrier::Post(&value), &expected, now()).unwrap();
    assert_eq!(received.name_id.value, "ann@acme.test");
    assert_eq!(code(judge(Carrier::Post(&value))), "decryption_key_missing");
}

#[test]
fn request_without_a_signature_ends_nothing() {
    let xml = request(&name_id()).to_xml();
    assert_eq!(code(judge(Carrier::Post(&binding::post_value(&xml)))), "signature_missing");
    let url = binding::redirect_url(SLO, "SAMLRequest", &xml, None, None).unwrap();
    assert_eq!(code(judge(Carrier::Redirect(query(&url)))), "signature_missing");
}

#[test]
fn forged_and_changed_queries_end_nothing() {
    let name_id = name_id();
    let signer = TestKey::Rsa.signer().unwrap();
    let forged = request(&name_id).redirect_url(None, &TestKey::OtherRsa.signer().unwrap()).unwrap();
    assert_eq!(code(judge(Carrier::Redirect(query(&forged)))), "signature_invalid");
    let url = request(&name_id).redirect_url(Some("abc"), &signer).unwrap();
    let good = query(&url);
    let eve = NameId { value: "eve@acme.test".to_owned(), ..name_id.clone() };
    let other = request(&eve).redirect_url(Some("abc"), &signer).unwrap();
    let message = |query: &str| query.split('&').next().unwrap().to_owned();
    for (changed, why) in [
        (good.replacen(&message(good), &message(query(&other)), 1), "signature_invalid"),
        (good.replacen("RelayState=abc", "RelayState=abd", 1), "signature_invalid"),
        (good.replacen("RelayState=abc&", "", 1), "signature_invalid"),
        (good.replacen("RelayState=abc", "RelayState=%61bc", 1), "signature_invalid"),
        (good.replacen("rsa-sha256", "rsa-sha512", 1), "signature_invalid"),
        (good.replacen("rsa-sha256", "ecdsa-sha256", 1), "signature_invalid"),
        (good.replacen("rsa-sha256", "hmac-sha256", 1), "algorithm_forbidden"),
        (good.replacen("xmldsig-more%23rsa-sha256", "xmldsig%23rsa-sha1", 1), "algorithm_forbidden"),
        (format!("{good}&{}", message(query(&other))), "malformed_message"),
        (format!("{good}&SAML%52equest=x"), "malformed_message"),
        (format!("{good}&SigAlg=x"), "malformed_message"),
        (format!("{good}&Signature=x"), "malformed_message"),
        (format!("{good}&RelayState=x"), "malformed_message"),
        (format!("{good}&SAMLResponse=x"), "malformed_message"),
        (format!("{good}&SAMLEncoding=urn:other"), "malformed_message"),
        (good.split_once("&Signature").unwrap().0.to_owned(), "signature_missing"),
        (String::new(), "malformed_message"),
    ] {
        assert_eq!(code(judge(Carrier::Redirect(&changed))), why, "{changed}");
    }
    assert_eq!(code(judge(Carrier::Redirect(good))), "accepted");
    assert_eq!(code(judge(Carrier::Redirect(&format!("extra=1&{good}")))), "accepted");
}

#[test]
fn query_with_sha1_needs_the_exception() {
    let xml = request(&name_id()).to_xml();
    let url = binding::redirect_url(SLO, "SAMLRequest", &xml, None, None).unwrap();
    let query = format!(
        "{}&SigAlg=http%3A%2F%2Fwww.w3.org%2F2000%2F09%2Fxmldsig%23rsa-sha1&Signature=AAAA",
        query(&url)
    );
    assert_eq!(code(judge(Carrier::Redirect(&query))), "sha1_forbidden");
}

#[test]
fn changed_and_wrapped_posts_end_nothing() {
    let name_id = name_id();
    let key = TestKey::Rsa.signer().unwrap();
    let signed =
        sign_element(&request(&name_id).to_xml(), "_logout1", &key, SignatureStyle::default()).unwrap();
    let wrapped = format!(
        "<samlp:LogoutRequest xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\" ID=\"_evil\" Version=\"2.0\">\
         <samlp:Extensions>{signed}</samlp:Extensions></samlp:LogoutRequest>"
    );
    for (xml, why) in [
        (signed.replace("ann@acme.test", "eve@acme.test"), "signature_invalid"),
        (signed.replace("_session2", "_session3"), "signature_invalid"),
        (signed.replace("ann@", "ann<!-- -->@"), "accepted"),
        (wrapped, "signature_misplaced"),
        (signed.replacen("<samlp:LogoutRequest", "<!DOCTYPE a><samlp:LogoutRequest", 1), "dtd_forbidden"),
        (format!("{signed}{signed}"), "malformed_xml"),
    ] {
        assert_eq!(code(judge(Carrier::Post(&binding::post_value(&xml)))), why, "{xml}");
    }
    let query = binding::redirect_url(SLO, "SAMLRequest", &signed, None, Some(&key)).unwrap();
    assert_eq!(code(judge(Carrier::Redirect(query.split_once('?').unwrap().1))), "signature_misplaced");
}

#[test]
fn signed_requests_that_break_a_rule_end_nothing() {
    let name_id = name_id();
    let good = request(&name_id);
    let xml = good.to_xml();
    let (before, rest) = xml.split_once("<saml:NameID").unwrap();
    let without_name = format!("{before}{}", rest.split_once("</saml:NameID>").unwrap().1);
    for (xml, why) in [
        (Request { issuer: "https://other.test", ..good.clone() }.to_xml(), "issuer_mismatch"),
        (Request { destination: "https://other.test/slo", ..good.clone() }.to_xml(), "destination_mismatch"),
        (xml.replacen(&format!(" Destination=\"{SLO}\""), "", 1), "destination_missing"),
        (Request { not_on_or_after: later(-3), ..good.clone() }.to_xml(), "expired"),
        (Request { issue_instant: later(3), ..good.clone() }.to_xml(), "not_yet_valid"),
        (xml.replacen("Version=\"2.0\"", "Version=\"1.1\"", 1), "version_unsupported"),
        (
            xml.replacen("LogoutRequest", "AuthnRequest", 2).replace("LogoutRequest", "AuthnRequest"),
            "not_a_logout_message",
        ),
        (without_name, "name_id_missing"),
        (xml.replacen("ann@acme.test", " ", 1), "name_id_missing"),
        (xml.replacen("<samlp:SessionIndex>", "<samlp:SessionIndex><a/>", 1), "malformed_message"),
    ] {
        assert_eq!(code(posted(&xml)), why, "{xml}");
    }
    let open_ended = xml.replacen(" NotOnOrAfter=\"2026-11-23T19:05:00Z\"", "", 1);
    assert_ne!(open_ended, xml);
    assert_eq!(posted(&open_ended).unwrap().until, later(7));
}

#[test]
fn no_key_means_no() {
    let name_id = name_id();
    let signer = TestKey::Rsa.signer().unwrap();
    let url = request(&name_id).redirect_url(None, &signer).unwrap();
    let value = request(&name_id).post_value(&signer).unwrap();
    for carrier in [Carrier::Redirect(query(&url)), Carrier::Post(&value)] {
        assert_eq!(code(validate_request(carrier, &Expected::new(IDP, &[], SLO), now())), "no_trusted_key");
    }
}

#[test]
fn responses_say_what_became_of_it() {
    let signer = TestKey::Rsa.signer().unwrap();
    let keys = keys(TestKey::Rsa);
    let expected = Expected::new(IDP, &keys, SLO);
    for status in [Status::Success, Status::Partial, Status::Failed] {
        let response = Response { status, ..response() };
        let url = response.redirect_url(Some("flow"), &signer).unwrap();
        let value = response.post_value(&signer).unwrap();
        for carrier in [Carrier::Redirect(query(&url)), Carrier::Post(&value)] {
            let outcome = validate_response(carrier, &expected, "_ours1", now()).unwrap();
            assert_eq!(outcome, Outcome { status, message: None });
        }
    }
}

#[test]
fn responses_to_another_request_or_from_somebody_else_are_refused() {
    let signer = TestKey::Rsa.signer().unwrap();
    let keys = keys(TestKey::Rsa);
    let expected = Expected::new(IDP, &keys, SLO);
    let value = response().post_value(&signer).unwrap();
    let judge = |value: &str, id: &str| code(validate_response(Carrier::Post(value), &expected, id, now()));
    assert_eq!(judge(&value, "_ours2"), "in_response_to_mismatch");
    assert_eq!(judge(&value, ""), "in_response_to_mismatch");
    let forged = response().post_value(&TestKey::OtherRsa.signer().unwrap()).unwrap();
    assert_eq!(judge(&forged, "_ours1"), "signature_invalid");
    assert_eq!(judge(&binding::post_value(&response().to_xml()), "_ours1"), "signature_missing");
    let request = request(&name_id()).post_value(&signer).unwrap();
    assert_eq!(judge(&request, "_ours1"), "not_a_logout_message");
    let ours = Response { issuer: SP, ..response() }.post_value(&signer).unwrap();
    assert_eq!(judge(&ours, "_ours1"), "issuer_mismatch");
}
