//! Redeeming the code at the identity provider's token endpoint (OpenID Connect Core 3.1.3, RFC 6749 sections 2.3 and 5).
//!
//! Owns the form, our authentication and the reading of the answer. Sending it is the caller's.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::explain;
use crate::json;
use crate::jwk::MAX_DOCUMENT_BYTES;
use crate::provider::{SigningKey, SigningKeyError};
use crate::rejection::{Rejection, RejectionCode, shown};

/// How long a client assertion lives.
const ASSERTION_LIFETIME: SignedDuration = SignedDuration::from_mins(1);

/// How we authenticate at the token endpoint.
#[derive(Clone, Copy)]
pub enum ClientAuth<'a> {
    /// `client_secret_basic`: both parts form-encoded first (RFC 6749 section 2.3.1).
    Basic {
        /// The client secret.
        secret: &'a str,
    },
    /// `client_secret_post`.
    Post {
        /// The client secret.
        secret: &'a str,
    },
    /// `private_key_jwt`.
    Assertion {
        /// From [`client_assertion`].
        assertion: &'a str,
    },
    /// `none`.
    Public,
}

/// A request to post to the token endpoint as `application/x-www-form-urlencoded`.
#[derive(Clone, PartialEq, Eq)]
pub struct TokenCall {
    /// The `Authorization` header, if any: a secret.
    pub authorization: Option<String>,
    /// The form's fields; holds secrets.
    pub form: Vec<(&'static str, String)>,
}

/// The request that redeems `code`.
pub fn token_call(
    client_id: &str,
    auth: ClientAuth<'_>,
    code: &str,
    redirect_uri: &str,
    code_verifier: &str,
) -> TokenCall {
    let mut form = vec![
        ("grant_type", "authorization_code".to_owned()),
        ("code", code.to_owned()),
        ("redirect_uri", redirect_uri.to_owned()),
        ("code_verifier", code_verifier.to_owned()),
    ];
    let mut authorization = None;
    match auth {
        ClientAuth::Basic { secret } => {
            let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
            let pair = format!("{}:{}", encode(client_id), encode(secret));
            authorization = Some(format!("Basic {}", STANDARD.encode(pair)));
        }
        ClientAuth::Post { secret } => {
            form.push(("client_id", client_id.to_owned()));
            form.push(("client_secret", secret.to_owned()));
        }
        ClientAuth::Assertion { assertion } => {
            form.push(("client_id", client_id.to_owned()));
            form.push(("client_assertion_type", crate::provider::ASSERTION_TYPE.to_owned()));
            form.push(("client_assertion", assertion.to_owned()));
        }
        ClientAuth::Public => form.push(("client_id", client_id.to_owned())),
    }
    TokenCall { authorization, form }
}

/// A signed client assertion for `private_key_jwt` (RFC 7523 section 3). `audience` is the provider's issuer, or its
/// token endpoint where the provider insists on that; `id` is random.
pub fn client_assertion(
    client_id: &str,
    audience: &str,
    id: &str,
    key: &SigningKey,
    now: Timestamp,
) -> Result<String, SigningKeyError> {
    let expires_at = now.checked_add(ASSERTION_LIFETIME).unwrap_or(Timestamp::MAX);
    let mut claims = Map::new();
    for (name, value) in [
        ("iss", json!(client_id)),
        ("sub", json!(client_id)),
        ("aud", json!(audience)),
        ("jti", json!(id)),
        ("iat", json!(now.as_second())),
        ("exp", json!(expires_at.as_second())),
    ] {
        claims.insert(name.to_owned(), value);
    }
    key.sign_token("JWT", &claims)
}

/// The answer of the token endpoint.
#[derive(Clone, PartialEq, Eq)]
pub struct TokenResponse {
    /// Still to be validated.
    pub id_token: String,
    /// For the userinfo endpoint: a secret.
    pub access_token: Option<String>,
    /// A secret.
    pub refresh_token: Option<String>,
}

impl TokenResponse {
    /// Reads the answer. `status` is the HTTP status; an OAuth error is recognised by its body, whatever the status.
    pub fn parse(status: u16, body: &[u8]) -> Result<TokenResponse, Rejection> {
        let malformed = |received: String| {
            Rejection::new(
                RejectionCode::TokenResponseMalformed,
                "The identity provider's token endpoint answered with something we cannot read. Try again; if it repeats, \
                 its status page or log says more.",
            )
            .expected("status 200 and a JSON object with \"id_token\"")
            .received(format!("status {status}, {received}"))
        };
        if body.len() > MAX_DOCUMENT_BYTES {
            return Err(malformed(format!("{} bytes", body.len())));
        }
        let map = json::object(body).map_err(|why| malformed(shown(&why)))?;
        let text = |name: &str| map.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        if let Some(error) = text("error") {
            return Err(explain::token_error(error, text("error_description")));
        }
        if !(200..300).contains(&status) {
            return Err(malformed("an answer without \"error\"".to_owned()));
        }
        if let Some(kind) = text("token_type")
            && !kind.eq_ignore_ascii_case("bearer")
        {
            return Err(malformed(format!("token_type {}", shown(kind))));
        }
        let id_token = text("id_token").ok_or_else(|| {
            Rejection::new(
                RejectionCode::IdTokenMissing,
                "The identity provider gave tokens, but no ID token. Allow the scope openid for this application.",
            )
            .expected("\"id_token\"")
            .received(map.keys().map(String::as_str).collect::<Vec<_>>().join(", "))
        })?;
        Ok(TokenResponse {
            id_token: id_token.to_owned(),
            access_token: text("access_token").map(str::to_owned),
            refresh_token: text("refresh_token").map(str::to_owned),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn basic_authentication_encodes_both_parts() {
        let call =
            token_call("a:b c", ClientAuth::Basic { secret: "p+/%é" }, "code", "https://we.test/cb", "v");
        let header = call.authorization.unwrap_or_default();
        let decoded = STANDARD.decode(header.strip_prefix("Basic ").unwrap_or_default()).unwrap();
        assert_eq!(decoded, b"a%3Ab+c:p%2B%2F%25%C3%A9");
        assert!(!call.form.iter().any(|(name, _)| *name == "client_id" || *name == "client_secret"));
    }

    #[test]
    fn other_authentications_stand_in_the_form() {
        let fields = |auth| {
            let call = token_call("c", auth, "code", "https://we.test/cb", "v");
            assert_eq!(call.authorization, None);
            call.form.into_iter().map(|(name, _)| name).skip(4).collect::<Vec<_>>()
        };
        assert_eq!(fields(ClientAuth::Post { secret: "s" }), ["client_id", "client_secret"]);
        assert_eq!(
            fields(ClientAuth::Assertion { assertion: "j" }),
            ["client_id", "client_assertion_type", "client_assertion"]
        );
        assert_eq!(fields(ClientAuth::Public), ["client_id"]);
    }

    #[test]
    fn answers_of_the_token_endpoint() {
        use RejectionCode as C;
        let code = |status, body: &str| {
            TokenResponse::parse(status, body.as_bytes()).map(|_| ()).map_err(|r| r.code)
        };
        assert_eq!(code(200, r#"{"id_token":"x","token_type":"bearer","expires_in":"3600"}"#), Ok(()));
        assert_eq!(code(200, r#"{"access_token":"x"}"#), Err(C::IdTokenMissing));
        assert_eq!(code(200, r#"{"error":"invalid_grant"}"#), Err(C::CodeRefused));
        assert_eq!(code(401, r#"{"error":"invalid_client"}"#), Err(C::ClientRefused));
        assert_eq!(code(502, "<html>"), Err(C::TokenResponseMalformed));
        assert_eq!(code(500, r#"{"id_token":"x"}"#), Err(C::TokenResponseMalformed));
        assert_eq!(code(200, r#"{"id_token":"x","token_type":"DPoP"}"#), Err(C::TokenResponseMalformed));
        assert_eq!(code(200, r#"{"id_token":"x","id_token":"y"}"#), Err(C::TokenResponseMalformed));
    }
}
