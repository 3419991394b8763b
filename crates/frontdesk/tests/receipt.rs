//! `frontdesk receipt verify` with files, as an auditor runs it.

use std::path::Path;
use std::process::{Command, Output};

use oidc::provider::{SigningAlgorithm, SigningKey, jwks_json};
use serde_json::{Map, Value, json};

fn verify(folder: &Path, more: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_frontdesk"));
    command.current_dir(folder).args(["receipt", "verify"]).args(more);
    command.output().expect("the program runs")
}

fn claims() -> Map<String, Value> {
    let all = json!({"iss": "https://id.example", "jti": "era_x", "kind": "erasure", "organization": {"name": "Acme"},
                     "erased_at": "2026-03-01T09:00:00Z"});
    all.as_object().cloned().expect("an object")
}

#[test]
fn a_genuine_receipt_is_told_and_a_changed_one_ends_with_code_1() {
    let folder = std::env::temp_dir().join(format!("frontdesk-receipt-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let write = |name: &str, text: String| std::fs::write(folder.join(name), text).unwrap();
    let key = SigningKey::generate(SigningAlgorithm::Es256).unwrap();
    let other = SigningKey::generate(SigningAlgorithm::Es256).unwrap();
    write("keys.json", jwks_json([key.public()]).to_string());
    write("others.json", jwks_json([other.public()]).to_string());
    let signed = oidc::statement::sign(&claims(), &key).unwrap();
    let file = server::receipt::file(&signed);
    write("receipt.json", file.to_string());
    write("changed.json", file.to_string().replace("Acme", "Akme"));
    write("bare.txt", signed);

    let good = verify(&folder, &["receipt.json", "--keys", "keys.json"]);
    let told = String::from_utf8_lossy(&good.stdout).into_owned();
    assert_eq!(good.status.code(), Some(0), "{}", String::from_utf8_lossy(&good.stderr));
    assert!(told.starts_with("Genuine") && told.contains("Acme") && told.contains("era_x"), "{told}");
    assert_eq!(verify(&folder, &["bare.txt", "--keys", "keys.json"]).status.code(), Some(0));

    let changed = verify(&folder, &["changed.json", "--keys", "keys.json"]);
    let why = String::from_utf8_lossy(&changed.stderr).into_owned();
    assert_eq!(changed.status.code(), Some(1));
    assert!(why.starts_with("Not genuine") && why.contains("changed it after it was handed out"), "{why}");
    let foreign = verify(&folder, &["receipt.json", "--keys", "others.json"]);
    assert_eq!(foreign.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&foreign.stderr).contains("a key that its issuer does not publish"));
    assert_eq!(verify(&folder, &["missing.json", "--keys", "keys.json"]).status.code(), Some(2));
    assert_eq!(verify(&folder, &["receipt.json", "--keys", "k", "--issuer", "u"]).status.code(), Some(2));
    std::fs::remove_dir_all(&folder).unwrap();
}
