//! A service account's grant: a signed assertion is changed for an access token in a person's name (RFC 7523 section 2.1).

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, json};

use crate::provider::{SigningKey, SigningKeyError};

/// The `grant_type`.
pub const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// How long an assertion holds; providers take an hour at most.
const LIFETIME: SignedDuration = SignedDuration::from_mins(10);

/// Who asks, in whose name, whom, and for what.
#[derive(Debug, Clone, Copy)]
pub struct ServiceAssertion<'a> {
    /// The service account (`iss`).
    pub account: &'a str,
    /// The person in whose name it acts (`sub`).
    pub subject: &'a str,
    /// The token endpoint (`aud`).
    pub audience: &'a str,
    /// Scopes, separated by spaces.
    pub scope: &'a str,
    /// The provider's name of the key (`kid`).
    pub key_id: &'a str,
}

impl ServiceAssertion<'_> {
    /// Signs it.
    ///
    /// # Errors
    /// Where the key cannot sign.
    pub fn sign(&self, key: &SigningKey, now: Timestamp) -> Result<String, SigningKeyError> {
        let until = now.checked_add(LIFETIME).unwrap_or(Timestamp::MAX);
        let mut claims = Map::new();
        for (name, value) in [
            ("iss", json!(self.account)),
            ("sub", json!(self.subject)),
            ("aud", json!(self.audience)),
            ("scope", json!(self.scope)),
            ("iat", json!(now.as_second())),
            ("exp", json!(until.as_second())),
        ] {
            claims.insert(name.to_owned(), value);
        }
        key.sign_token_as(self.key_id, "JWT", &claims)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Jwks;
    use crate::provider::SigningAlgorithm;

    #[test]
    fn assertion_names_account_person_and_scope_under_the_providers_key_name() {
        let key = SigningKey::generate(SigningAlgorithm::Rs256).unwrap();
        let it = ServiceAssertion {
            account: "sync@project.example",
            subject: "admin@acme.test",
            audience: "https://provider.example/token",
            scope: "users groups",
            key_id: "key-7",
        };
        let now = Timestamp::from_second(1_790_000_000).unwrap();
        let text = it.sign(&key, now).unwrap();
        let mut named = key.public().to_json();
        named["kid"] = json!("key-7");
        let keys = Jwks::parse(json!({"keys": [named]}).to_string().as_bytes()).unwrap();
        assert_eq!(keys.keys.len(), 1);
        let said = crate::jws::unverified(&text).to_string();
        for part in ["sync@project.example", "admin@acme.test", "users groups", "key-7", "1790000600"] {
            assert!(said.contains(part), "{said}");
        }
    }
}
