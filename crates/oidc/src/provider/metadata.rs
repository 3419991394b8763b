//! The provider's own discovery document (OpenID Connect Discovery 1.0, RFC 8414). It says only what is true.

use serde_json::{Value, json};

use super::key::SigningAlgorithm;
use super::scope::{CLAIMS, SCOPES};
use crate::algorithm::Algorithm;

/// The document at `/.well-known/openid-configuration`. `issuer` is the public address, without a slash at the end.
pub fn provider_metadata(issuer: &str) -> Value {
    let at = |path: &str| format!("{}{path}", issuer.trim_end_matches('/'));
    let signing: Vec<_> = SigningAlgorithm::ALL.iter().map(|algorithm| algorithm.as_str()).collect();
    let assertion: Vec<_> = Algorithm::ALL.iter().map(|algorithm| algorithm.as_str()).collect();
    let any = ["client_secret_basic", "client_secret_post", "private_key_jwt", "none"];
    let secret_or_key = ["client_secret_basic", "client_secret_post", "private_key_jwt"];
    json!({
        "issuer": issuer,
        "authorization_endpoint": at("/oauth2/authorize"),
        "pushed_authorization_request_endpoint": at("/oauth2/par"),
        "token_endpoint": at("/oauth2/token"),
        "userinfo_endpoint": at("/oauth2/userinfo"),
        "jwks_uri": at("/oauth2/jwks"),
        "revocation_endpoint": at("/oauth2/revoke"),
        "introspection_endpoint": at("/oauth2/introspect"),
        "end_session_endpoint": at("/oauth2/logout"),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "form_post"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": signing,
        "scopes_supported": SCOPES,
        "claim_types_supported": ["normal"],
        "claims_supported": CLAIMS,
        "claims_parameter_supported": true,
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "token_endpoint_auth_methods_supported": any,
        "token_endpoint_auth_signing_alg_values_supported": assertion,
        "revocation_endpoint_auth_methods_supported": any,
        "revocation_endpoint_auth_signing_alg_values_supported": assertion,
        "introspection_endpoint_auth_methods_supported": secret_or_key,
        "introspection_endpoint_auth_signing_alg_values_supported": assertion,
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": true,
        "require_pushed_authorization_requests": false,
        "request_parameter_supported": false,
        "request_uri_parameter_supported": false,
        "backchannel_logout_supported": true,
        "backchannel_logout_session_supported": true,
        "frontchannel_logout_supported": true,
        "frontchannel_logout_session_supported": true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::relying_party::Discovery;

    #[test]
    fn our_own_document_passes_our_own_check() {
        let document = provider_metadata("https://we.test");
        let discovery = Discovery::parse(document.to_string().as_bytes(), "https://we.test").unwrap();
        assert_eq!(discovery.token_endpoint, "https://we.test/oauth2/token");
        assert!(discovery.issuer_in_response && discovery.backchannel_logout);
    }
}
