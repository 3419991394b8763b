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
    json!({
        "issuer": issuer,
        "authorization_endpoint": at("/oauth2/authorize"),
        "token_endpoint": at("/oauth2/token"),
        "userinfo_endpoint": at("/oauth2/userinfo"),
        "jwks_uri": at("/oauth2/jwks"),
        "end_session_endpoint": at("/oauth2/logout"),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "form_post"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": signing,
        "scopes_supported": SCOPES,
        "claims_supported": CLAIMS,
        "token_endpoint_auth_methods_supported":
            ["client_secret_basic", "client_secret_post", "private_key_jwt", "none"],
        "token_endpoint_auth_signing_alg_values_supported": assertion,
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": true,
        "backchannel_logout_supported": true,
        "backchannel_logout_session_supported": true,
        "claims_parameter_supported": false,
        "request_parameter_supported": false,
        "request_uri_parameter_supported": false,
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
