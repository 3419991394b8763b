//! What we state under our signature for people outside, such as auditors: signed JSON that is checked long after.
//!
//! Owns the form (RFC 7515 with a `typ` of its own, so that no other token passes for one). Does not know what is stated,
//! nor when: a statement does not end.

use serde_json::{Map, Value};

use crate::algorithm::Algorithm;
use crate::jwk::Jwks;
use crate::jws;
use crate::provider::{SigningKey, SigningKeyError};
use crate::rejection::Rejection;

/// The `typ` of a statement.
const TYPE: &str = "frontdesk-receipt+jwt";

/// Signs a statement.
pub fn sign(claims: &Map<String, Value>, key: &SigningKey) -> Result<String, SigningKeyError> {
    key.sign_token(TYPE, claims)
}

/// What a statement says, where one of the keys signed it.
pub fn open(text: &str, keys: &Jwks) -> Result<Map<String, Value>, Rejection> {
    let opened = jws::open(text, jws::STATEMENT, keys, Algorithm::ALL)?;
    Ok(opened.claims.as_map().clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::{SigningAlgorithm, jwks_json};
    use crate::rejection::RejectionCode;

    #[test]
    fn a_statement_is_read_with_its_key_and_with_no_other() {
        let key = SigningKey::generate(SigningAlgorithm::Es256).unwrap();
        let other = SigningKey::generate(SigningAlgorithm::Es256).unwrap();
        let claims = Map::from_iter([("kind".to_owned(), Value::from("x"))]);
        let text = sign(&claims, &key).unwrap();
        let set = |key: &SigningKey| Jwks::parse(jwks_json([key.public()]).to_string().as_bytes()).unwrap();
        assert_eq!(open(&text, &set(&key)).unwrap(), claims);
        assert_eq!(open(&text, &set(&other)).unwrap_err().code, RejectionCode::UnknownKey);
        let parts: Vec<&str> = text.split('.').collect();
        let changed = format!("{}.{}.{}", parts[0], "eyJraW5kIjoieSJ9", parts[2]);
        assert_eq!(open(&changed, &set(&key)).unwrap_err().code, RejectionCode::SignatureMismatch);
    }
}
