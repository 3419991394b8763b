//! Applications that prove themselves with a key (RFC 7523): where the keys come from, and what is no proof.

use std::sync::{Arc, Mutex};

use axum::routing::get;
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use oidc::provider::{ASSERTION_TYPE, SigningAlgorithm, SigningKey};
use serde_json::{Value, json};
use testkit::{Answer, TestApp, each_database};

use crate::world::{Client, client, post};

const ISSUER: &str = "http://127.0.0.1:8080";

fn key() -> SigningKey {
    SigningKey::generate(SigningAlgorithm::Es256).unwrap()
}

/// The assertion of `client_id` with some claims replaced; `null` takes one away.
fn signed(t: &TestApp, key: &SigningKey, client_id: &str, more: &Value) -> String {
    let mut claims = json!({
        "iss": client_id, "sub": client_id, "aud": ISSUER, "jti": t.app.token("").expose(),
        "exp": t.app.now().as_seconds() + 60,
    });
    for (name, value) in more.as_object().unwrap() {
        claims[name] = value.clone();
    }
    let header = jsonwebtoken::Header {
        kid: Some(key.kid().to_owned()),
        ..jsonwebtoken::Header::new(jsonwebtoken::Algorithm::ES256)
    };
    let der = key.to_pkcs8().unwrap();
    jsonwebtoken::encode(&header, &claims, &jsonwebtoken::EncodingKey::from_ec_der(&der)).unwrap()
}

/// What an endpoint says to the assertion; a refused proof is 401, anything else came through.
async fn shows(t: &TestApp, assertion: &str, path: &str) -> Answer {
    let nobody = Client { id: String::new(), secret: String::new() };
    let form = [("client_assertion_type", ASSERTION_TYPE), ("client_assertion", assertion), ("token", "x")];
    post(t, &nobody, path, &form).await
}

async fn serve(keys: Arc<Mutex<Value>>) -> String {
    let asked = Router::new().route("/jwks", get(move || async move { Json(keys.lock().unwrap().clone()) }));
    let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/jwks", socket.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(socket, asked).await });
    address
}

#[tokio::test]
async fn keys_are_fetched_from_the_applications_address_and_again_for_a_new_one() {
    each_database!(|t| {
        let (old, new) = (key(), key());
        let published = Arc::new(Mutex::new(json!({"keys": [old.public().to_json()]})));
        let uri = serve(Arc::clone(&published)).await;
        let product =
            client(&t, json!({"token_endpoint_auth_method": "private_key_jwt", "jwks_uri": uri})).await;
        let by = |key: &SigningKey| signed(&t, key, &product.id, &json!({}));
        assert_eq!(shows(&t, &by(&old), "/oauth2/introspect").await.json(), json!({"active": false}));
        assert_eq!(shows(&t, &by(&new), "/oauth2/introspect").await.status, 401);
        *published.lock().unwrap() = json!({"keys": [new.public().to_json()]});
        assert_eq!(shows(&t, &by(&new), "/oauth2/introspect").await.status, 401, "not asked again so soon");
        t.clock.advance(std::time::Duration::from_mins(1));
        assert_eq!(shows(&t, &by(&new), "/oauth2/introspect").await.status, 200);
        assert_eq!(shows(&t, &by(&old), "/oauth2/introspect").await.status, 401);
    });
}

#[tokio::test]
async fn assertion_is_a_proof_for_us_at_the_endpoint_that_is_called_and_once() {
    each_database!(|t| {
        let key = key();
        let keys = json!({"keys": [key.public().to_json()]});
        let product =
            client(&t, json!({"token_endpoint_auth_method": "private_key_jwt", "jwks": keys})).await;
        for aud in [
            json!(ISSUER),
            json!(format!("{ISSUER}/oauth2/token")),
            json!([format!("{ISSUER}/oauth2/introspect")]),
        ] {
            let proof = signed(&t, &key, &product.id, &json!({"aud": aud}));
            assert_eq!(shows(&t, &proof, "/oauth2/introspect").await.status, 200, "{aud}");
            assert_eq!(shows(&t, &proof, "/oauth2/introspect").await.status, 401, "{aud} again");
            assert_eq!(shows(&t, &proof, "/oauth2/revoke").await.status, 401, "{aud} elsewhere");
        }
        let other = client(&t, json!({})).await;
        let far = t.app.now().as_seconds() + 7200;
        for wrong in [
            json!({"aud": "https://other.example"}),
            json!({"aud": [ISSUER, "https://other.example"]}),
            json!({"aud": format!("{ISSUER}/oauth2/revoke")}),
            json!({"aud": null}),
            json!({"sub": other.id}),
            json!({"iss": other.id}),
            json!({"jti": null}),
            json!({"jti": "j".repeat(5000)}),
            json!({"exp": null}),
            json!({"exp": t.app.now().as_seconds() - 61}),
            json!({"exp": far}),
            json!({"nbf": far}),
        ] {
            let proof = signed(&t, &key, &product.id, &wrong);
            let answer = shows(&t, &proof, "/oauth2/introspect").await;
            assert_eq!(
                (answer.status.as_u16(), answer.json()["error"].as_str()),
                (401, Some("invalid_client")),
                "{wrong}"
            );
        }
    });
}

#[tokio::test]
async fn forged_assertions_prove_nothing() {
    each_database!(|t| {
        let own = key();
        let keys = json!({"keys": [own.public().to_json()]});
        let product =
            client(&t, json!({"token_endpoint_auth_method": "private_key_jwt", "jwks": keys})).await;
        let good = signed(&t, &own, &product.id, &json!({}));
        let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let body = good.split('.').nth(1).unwrap();
        let none = format!("{}.{body}.", part(json!({"alg": "none"})));
        let header =
            jsonwebtoken::Header { kid: Some(own.kid().to_owned()), ..jsonwebtoken::Header::default() };
        let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(body).unwrap()).unwrap();
        let public = own.public().to_json().to_string();
        let hmac = jsonwebtoken::encode(
            &header,
            &claims,
            &jsonwebtoken::EncodingKey::from_secret(public.as_bytes()),
        )
        .unwrap();
        let brought = key();
        let jwk = part(json!({"alg": "ES256", "jwk": brought.public().to_json()}));
        let signature = signed(&t, &brought, &product.id, &json!({}));
        let brought = format!("{jwk}.{}", signature.split_once('.').unwrap().1);
        let stripped = good.rsplit_once('.').unwrap().0.to_owned() + ".";
        let huge = "a".repeat(70_000);
        for forged in [&none, &hmac, &brought, &stripped, &huge, &"a.b".to_owned(), &"....".to_owned()] {
            let answer = shows(&t, forged, "/oauth2/introspect").await;
            assert!(matches!(answer.status.as_u16(), 400 | 401), "{forged:.40}: {}", answer.status);
            assert!(answer.json()["error"].is_string());
        }
        assert_eq!(shows(&t, &good, "/oauth2/introspect").await.status, 200);
        // A key does not make a secret unnecessary, nor the other way round.
        let secret = client(&t, json!({})).await;
        let foreign = signed(&t, &own, &secret.id, &json!({}));
        assert_eq!(shows(&t, &foreign, "/oauth2/introspect").await.status, 401);
        let as_secret = Client { id: product.id.clone(), secret: own.kid().to_owned() };
        assert_eq!(post(&t, &as_secret, "/oauth2/introspect", &[("token", "x")]).await.status, 401);
    });
}

#[tokio::test]
async fn registration_names_one_place_for_keys() {
    each_database!(|t| {
        let keys = json!({"keys": [key().public().to_json()]});
        for (wrong, field) in [
            (json!({"token_endpoint_auth_method": "private_key_jwt"}), "jwks"),
            (
                json!({"token_endpoint_auth_method": "private_key_jwt", "jwks": keys, "jwks_uri": "https://a.example/jwks"}),
                "jwks_uri",
            ),
            (
                json!({"token_endpoint_auth_method": "private_key_jwt", "jwks_uri": "ftp://a.example/jwks"}),
                "jwks_uri",
            ),
            (json!({"frontchannel_logout_uri": "https://other.example/out"}), "frontchannel_logout_uri"),
            (json!({"refresh_token_leeway": 61}), "refresh_token_leeway"),
        ] {
            let mut metadata = wrong.as_object().unwrap().clone();
            metadata.insert("redirect_uris".to_owned(), json!([crate::world::CALLBACK]));
            let mut tx = t.app.write().await.unwrap();
            let made =
                server::provider::applications::create(&t.app, &mut tx, "Product", &metadata, "system").await;
            let problem = made.unwrap_err();
            assert_eq!(problem.fields.first().map(|f| f.field.as_str()), Some(field), "{wrong}");
        }
    });
}
