use serde_json::json;

use super::*;

fn read(value: &Value) -> Result<ClientMetadata, Vec<&'static str>> {
    let fields = |problems: Vec<FieldProblem>| problems.into_iter().map(|p| p.field).collect::<Vec<_>>();
    let metadata = ClientMetadata::from_json(value.as_object().expect("object")).map_err(fields)?;
    metadata.validate(false).map_err(fields)?;
    Ok(metadata)
}

fn with(name: &str, value: Value) -> Value {
    let mut metadata = json!({"client_name": "Product", "redirect_uris": ["https://app.test/cb"]});
    metadata[name] = value;
    metadata
}

#[test]
fn short_registration_gets_the_standards_defaults() {
    let metadata = read(&json!({"redirect_uris": ["https://app.test/cb"], "logo_uri": "ignored"})).unwrap();
    assert_eq!(metadata.token_endpoint_auth_method, "client_secret_basic");
    assert_eq!(metadata.id_token_signed_response_alg, "RS256");
    assert!(metadata.require_pkce && metadata.has_secret() && !metadata.is_native());
    assert!(!metadata.rules().pkce_optional);
}

#[test]
fn registration_survives_storage() {
    let metadata = read(&with("backchannel_logout_uri", json!("https://app.test/logout"))).unwrap();
    let stored = serde_json::to_value(&metadata).unwrap();
    assert_eq!(serde_json::from_value::<ClientMetadata>(stored).unwrap(), metadata);
}

#[test]
fn wrong_fields_are_named() {
    let key = json!({"kty": "RSA", "n": "AQAB", "e": "AQAB"});
    let table = [
        ("redirect_uris", json!([])),
        ("redirect_uris", json!("https://app.test/cb")),
        ("redirect_uris", json!([5])),
        ("redirect_uris", json!(["/cb"])),
        ("redirect_uris", json!(["http://app.test/cb"])),
        ("redirect_uris", json!(["https://app.test/cb#x"])),
        ("redirect_uris", json!(["https://u:p@app.test/cb"])),
        ("redirect_uris", json!(["https://*.app.test/cb"])),
        ("redirect_uris", json!(["javascript:alert(1)"])),
        ("redirect_uris", json!(["data:text/html,x"])),
        ("redirect_uris", json!(["com.example.app:/cb"])),
        ("redirect_uris", json!(["https://app.test/\u{202e}"])),
        ("redirect_uris", json!([" https://app.test/cb"])),
        ("redirect_uris", json!(vec!["https://app.test/cb"; 51])),
        ("redirect_uris", json!([format!("https://app.test/{}", "a".repeat(2000))])),
        ("post_logout_redirect_uris", json!(["http://app.test"])),
        ("backchannel_logout_uri", json!("http://app.test/logout")),
        ("backchannel_logout_uri", json!("https://app.test/logout#x")),
        ("initiate_login_uri", json!(["https://app.test"])),
        ("client_name", json!("")),
        ("client_name", json!(5)),
        ("client_name", json!("a\nb")),
        ("application_type", json!("desktop")),
        ("token_endpoint_auth_method", json!("tls_client_auth")),
        ("id_token_signed_response_alg", json!("none")),
        ("id_token_signed_response_alg", json!("HS256")),
        ("grant_types", json!(["authorization_code", "password"])),
        ("grant_types", json!(["refresh_token"])),
        ("response_types", json!(["code", "token"])),
        ("backchannel_logout_session_required", json!("yes")),
        ("scope", json!("openid admin")),
        ("require_pkce", json!("no")),
        ("jwks", json!({"keys": [key]})),
        ("jwks", json!([])),
    ];
    for (field, value) in table {
        assert_eq!(read(&with(field, value.clone())).err(), Some(vec![field]), "{value:.100}");
    }
}

#[test]
fn all_problems_are_told_at_once() {
    let metadata = json!({"redirect_uris": ["http://app.test", "/x"], "application_type": "x", "scope": "y"});
    assert_eq!(read(&metadata).unwrap_err(), ["application_type", "redirect_uris", "redirect_uris", "scope"]);
}

#[test]
fn key_applications_need_usable_public_keys() {
    let with_keys = |jwks: Value| {
        let mut metadata = with("token_endpoint_auth_method", json!("private_key_jwt"));
        metadata["jwks"] = jwks;
        read(&metadata).err()
    };
    let key = crate::provider::SigningKey::generate(SigningAlgorithm::Es256).unwrap();
    assert_eq!(with_keys(json!({"keys": [key.public().to_json()]})), None);
    assert_eq!(with_keys(json!({"keys": []})), Some(vec!["jwks"]));
    assert_eq!(with_keys(Value::Null), Some(vec!["jwks"]));
    let mut private = key.public().to_json();
    private["d"] = json!("AQAB");
    assert_eq!(with_keys(json!({"keys": [private]})), Some(vec!["jwks"]));
}

#[test]
fn native_applications_may_use_loopback_and_their_own_scheme() {
    let native = |uri: &str| {
        let mut metadata = with("application_type", json!("native"));
        metadata["redirect_uris"] = json!([uri]);
        read(&metadata).err()
    };
    for good in ["com.example.app:/cb", "http://127.0.0.1/cb", "http://[::1]/cb", "https://app.test/cb"] {
        assert_eq!(native(good), None, "{good}");
    }
    for bad in ["myapp:/cb", "javascript:alert(1)", "http://app.test/cb", "file:///etc/passwd"] {
        assert_eq!(native(bad), Some(vec!["redirect_uris"]), "{bad}");
    }
}

#[test]
fn public_applications_cannot_opt_out_of_pkce() {
    let mut metadata = with("require_pkce", json!(false));
    assert!(read(&metadata).unwrap().rules().pkce_optional);
    metadata["token_endpoint_auth_method"] = json!("none");
    assert_eq!(read(&metadata).err(), Some(vec!["require_pkce"]));
}

#[test]
fn plain_http_is_for_this_machine_or_for_development() {
    let uris =
        |uri: &str| ClientMetadata { redirect_uris: vec![uri.to_owned()], ..ClientMetadata::default() };
    for uri in ["http://localhost:3000/cb", "http://127.0.0.3:3000/cb", "http://app.localhost/cb"] {
        assert!(uris(uri).validate(false).is_ok(), "{uri}");
    }
    assert!(uris("http://10.0.0.7/cb").validate(false).is_err());
    assert!(uris("http://10.0.0.7/cb").validate(true).is_ok());
}
