//! The discovery document and the key set.

use serde_json::{Value, json};
use testkit::each_database;

#[tokio::test]
async fn discovery_issuer_is_the_address_it_was_asked_at() {
    each_database!(|t| {
        let answer = t.browser().get("/.well-known/openid-configuration").await;
        assert_eq!(
            (answer.status.as_u16(), &answer.headers["content-type"]),
            (200, &"application/json".parse().unwrap())
        );
        assert_eq!(answer.headers["access-control-allow-origin"], "*");
        assert_eq!(answer.json()["issuer"], "http://127.0.0.1:8080");
        let same = t.browser().get("/.well-known/oauth-authorization-server").await;
        assert_eq!(same.json(), answer.json());
    });
}

#[tokio::test]
async fn discovery_endpoint_verification() {
    each_database!(|t| {
        let metadata = t.browser().get("/.well-known/openid-configuration").await.json();
        for (name, path) in [
            ("authorization_endpoint", "/oauth2/authorize"),
            ("token_endpoint", "/oauth2/token"),
            ("userinfo_endpoint", "/oauth2/userinfo"),
            ("jwks_uri", "/oauth2/jwks"),
            ("end_session_endpoint", "/oauth2/logout"),
            ("revocation_endpoint", "/oauth2/revoke"),
            ("introspection_endpoint", "/oauth2/introspect"),
            ("pushed_authorization_request_endpoint", "/oauth2/par"),
        ] {
            assert_eq!(metadata[name], format!("http://127.0.0.1:8080{path}"), "{name}");
            let answer = t.browser().get(path).await;
            assert_ne!(answer.status, 404, "{path} is there");
        }
        assert_eq!(metadata["response_types_supported"], json!(["code"]));
        assert_eq!(metadata["subject_types_supported"], json!(["public"]));
        assert!(
            metadata["id_token_signing_alg_values_supported"].as_array().unwrap().contains(&json!("RS256"))
        );
        assert!(metadata["scopes_supported"].as_array().unwrap().contains(&json!("openid")));
        assert_eq!(metadata["claims_parameter_supported"], true);
        for unsupported in ["request_parameter_supported", "request_uri_parameter_supported"] {
            assert_eq!(metadata[unsupported], false);
        }
        for absent in ["registration_endpoint", "check_session_iframe", "acr_values_supported"] {
            assert!(metadata.get(absent).is_none(), "{absent}");
        }
    });
}

#[tokio::test]
async fn discovery_jwks_uri_holds_public_keys_with_names_of_their_own() {
    each_database!(|t| {
        let answer = t.browser().get("/oauth2/jwks").await;
        assert_eq!(answer.headers["access-control-allow-origin"], "*");
        let answer = answer.json();
        let keys = answer["keys"].as_array().unwrap();
        let mut kids: Vec<&Value> = keys.iter().map(|key| &key["kid"]).collect();
        kids.dedup();
        assert_eq!(kids.len(), keys.len());
        for key in keys {
            assert_eq!(key["use"], "sig");
            for private in ["d", "p", "q", "dp", "dq", "qi", "k"] {
                assert!(key.get(private).is_none(), "{private}");
            }
        }
        assert!(keys.iter().any(|key| key["kty"] == "RSA" && key["alg"] == "RS256"));
    });
}

#[tokio::test]
async fn browsers_of_other_sites_may_call_what_public_applications_need() {
    each_database!(|t| {
        for path in ["/oauth2/token", "/oauth2/userinfo", "/oauth2/revoke", "/oauth2/par"] {
            let request = axum::http::Request::options(path)
                .header("origin", "https://product.example")
                .header("access-control-request-method", "POST")
                .body(axum::body::Body::empty());
            let answer = t.browser().send(request.unwrap()).await;
            assert_eq!(answer.status, 204, "{path}");
            assert_eq!(answer.headers["access-control-allow-origin"], "*", "{path}");
            assert!(!answer.headers.contains_key("access-control-allow-credentials"), "{path}");
        }
    });
}
