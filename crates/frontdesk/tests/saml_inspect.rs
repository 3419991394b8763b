//! `frontdesk saml inspect` as a person uses it: files in, verdict and exit code out.

use saml::idp::{ContentCipher, EncryptFor, Signed, metadata_xml};
use saml::testing::{ACS, IDP, REQUEST, SP, TestKey, answer};
use serde_json::Value;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

const NOW: &str = "2026-11-23T19:00:10Z";

struct Outcome {
    code: i32,
    out: String,
    err: String,
}

impl Outcome {
    fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {} {}", self.out, self.err))
    }
}

/// A folder of its own for each test, in the build folder.
fn file(test: &str, name: &str, content: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("saml-inspect").join(test);
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join(name);
    std::fs::write(&path, content).unwrap();
    path
}

fn metadata() -> String {
    metadata_xml(IDP, "https://idp.acme.test/sso", None, &[&TestKey::Rsa.signing_key().unwrap().cert_der])
}

fn message(parts: Signed) -> String {
    answer().to_xml(&TestKey::Rsa.signer().unwrap(), parts, None).unwrap()
}

fn run(test: &str, metadata: &str, response: &str, more: &[&str]) -> Outcome {
    let metadata = file(test, "idp.xml", metadata);
    let response_file = file(test, "response.xml", response);
    let mut command = Command::new(env!("CARGO_BIN_EXE_frontdesk"));
    command.args(["saml", "inspect", "--metadata"]).arg(metadata);
    command.args(["--sp-entity-id", SP, "--acs-url", ACS, "--now", NOW]).args(more);
    let from_stdin = more.contains(&"-");
    if !from_stdin {
        command.arg(response_file);
    }
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    if from_stdin {
        stdin.write_all(response.as_bytes()).unwrap();
    }
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    Outcome {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

#[test]
fn sound_response_names_the_person() {
    for parts in [Signed::Response, Signed::Assertion, Signed::Both] {
        let outcome = run("sound", &metadata(), &message(parts), &["--request-id", REQUEST, "--json"]);
        assert_eq!(outcome.code, 0, "{}", outcome.out);
        let verdict = outcome.json();
        assert_eq!(verdict["accepted"], true);
        assert_eq!(verdict["name_id"], "ann@acme.test");
        assert_eq!(verdict["attributes"]["groups"], serde_json::json!(["Staff", "Privacy"]));
        assert_eq!(verdict["code"], Value::Null);
        assert_eq!(verdict["reason"], Value::Null);
    }
    let words = run("sound-words", &metadata(), &message(Signed::Both), &["--request-id", REQUEST]);
    assert!(words.out.starts_with("Accepted: ann@acme.test would be signed in."), "{}", words.out);
}

#[test]
fn base64_on_standard_input_is_read() {
    let packed = saml::binding::post_value(&message(Signed::Both));
    let outcome = run("stdin", &metadata(), &packed, &["--request-id", REQUEST, "-"]);
    assert_eq!(outcome.code, 0, "{}{}", outcome.out, outcome.err);
}

#[test]
fn form_value_as_a_browser_shows_it_is_read() {
    let packed = saml::binding::post_value(&message(Signed::Both));
    let encoded = packed.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
    for pasted in
        [format!("SAMLResponse={encoded}&RelayState=abc"), format!("SAMLResponse={packed}\n"), encoded]
    {
        let outcome = run("form", &metadata(), &pasted, &["--request-id", REQUEST]);
        assert_eq!(outcome.code, 0, "{}{}", outcome.out, outcome.err);
    }
}

#[test]
fn refused_response_says_why_with_both_values() {
    let forged = message(Signed::Both).replace("ann@acme.test", "bob@acme.test");
    let verdict = run("forged", &metadata(), &forged, &["--request-id", REQUEST, "--json"]);
    assert_eq!(verdict.code, 1);
    assert_eq!(verdict.json()["accepted"], false);
    assert_eq!(verdict.json()["name_id"], Value::Null);
    assert_eq!(verdict.json()["code"], "signature_invalid");
    let other =
        run("other-request", &metadata(), &message(Signed::Both), &["--request-id", "_mine", "--json"]);
    let other = other.json();
    assert_eq!((&other["expected"], &other["received"]), (&"_mine".into(), &REQUEST.into()));
    let words = run("words", &metadata(), &message(Signed::Both), &["--request-id", "_mine"]);
    assert!(words.out.contains("expected  _mine") && words.out.contains(&format!("received  {REQUEST}")));
}

#[test]
fn the_fix_is_in_the_words_of_the_providers_console() {
    let mut elsewhere = answer();
    elsewhere.audience = "https://other.example";
    let elsewhere = elsewhere.to_xml(&TestKey::Rsa.signer().unwrap(), Signed::Both, None).unwrap();
    let args = |more: &[&'static str]| [&["--request-id", REQUEST], more].concat();
    let okta = run("fix", &metadata(), &elsewhere, &args(&["--provider", "okta-saml"]));
    assert!(okta.out.contains("fix 1") && okta.out.contains("Audience URI (SP Entity ID)"), "{}", okta.out);
    let entra =
        run("fix-json", &metadata(), &elsewhere, &args(&["--provider", "entra-saml", "--json"])).json();
    let steps = entra["steps"].to_string();
    assert!(steps.contains("Identifier (Entity ID)") && steps.contains(SP), "{steps}");
    let unknown = run("fix-unknown", &metadata(), &elsewhere, &args(&["--provider", "nobody"]));
    assert_eq!(unknown.code, 2);
    assert!(unknown.err.contains("generic-saml"), "{}", unknown.err);
}

#[test]
fn response_without_a_known_request_is_refused() {
    for more in [&["--json"][..], &["--json", "--allow-unsolicited"]] {
        let outcome = run("unknown-request", &metadata(), &message(Signed::Both), more);
        assert_eq!((outcome.code, &outcome.json()["code"]), (1, &"in_response_to_mismatch".into()));
    }
    let mut alone = answer();
    alone.in_response_to = None;
    let alone = alone.to_xml(&TestKey::Rsa.signer().unwrap(), Signed::Both, None).unwrap();
    let refused = run("unsolicited", &metadata(), &alone, &["--json"]);
    assert_eq!((refused.code, &refused.json()["code"]), (1, &"unsolicited".into()));
    let taken = run("unsolicited-allowed", &metadata(), &alone, &["--json", "--allow-unsolicited"]);
    assert_eq!(taken.code, 0, "{}", taken.out);
}

#[test]
fn encrypted_response_needs_the_key() {
    let cert = TestKey::Encryption.signing_key().unwrap().cert_der;
    let recipient = EncryptFor { cert_der: &cert, cipher: ContentCipher::Aes256Gcm, session_key: &[1; 32] };
    let xml = answer().to_xml(&TestKey::Rsa.signer().unwrap(), Signed::Both, Some(&recipient)).unwrap();
    let without = run("encrypted", &metadata(), &xml, &["--request-id", REQUEST, "--json"]);
    assert_eq!((without.code, &without.json()["code"]), (1, &"decryption_key_missing".into()));
    let key = file("encrypted-key", "key.pem", TestKey::Encryption.key_pem());
    let key = key.to_str().unwrap();
    let with = run("encrypted-key", &metadata(), &xml, &["--request-id", REQUEST, "--decryption-key", key]);
    assert_eq!(with.code, 0, "{}", with.out);
}

#[test]
fn metadata_that_trusts_nobody_accepts_nobody() {
    let keyless = metadata().replace("X509Certificate", "KeyName");
    let outcome = run("keyless", &keyless, &message(Signed::Both), &["--request-id", REQUEST, "--json"]);
    assert_eq!((outcome.code, &outcome.json()["code"]), (1, &"metadata_unusable".into()));
}

#[test]
fn wrong_usage_is_exit_code_two() {
    let missing = Command::new(env!("CARGO_BIN_EXE_frontdesk")).args(["saml", "inspect"]).output().unwrap();
    assert_eq!(missing.status.code(), Some(2));
    let outcome = run("no-file", &metadata(), "", &["--decryption-key", "/nonexistent/key.pem"]);
    assert_eq!(outcome.code, 2);
    assert!(outcome.err.contains("cannot read /nonexistent/key.pem"), "{}", outcome.err);
    let bad_key = file("bad-key", "key.pem", "not a key");
    let outcome = run("bad-key", &metadata(), "", &["--decryption-key", bad_key.to_str().unwrap()]);
    assert_eq!(outcome.code, 2);
    let outcome = run("bad-time", &metadata(), "", &["--now", "yesterday"]);
    assert_eq!(outcome.code, 2);
}

#[test]
fn control_characters_of_a_message_do_not_reach_the_terminal() {
    let xml = message(Signed::Assertion).replace("Destination=\"https", "Destination=\"&#10;\u{9b}31mhttps");
    let outcome = run("terminal", &metadata(), &xml, &["--request-id", REQUEST]);
    assert_eq!(outcome.code, 1);
    assert!(!outcome.out.contains('\u{9b}'), "{:?}", outcome.out);
}
