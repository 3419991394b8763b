//! Errors in the form of the protocols (RFC 6749 sections 4.1.2.1 and 5.2, OpenID Connect Core 3.1.2.6).

use serde_json::{Value, json};

macro_rules! error_codes {
    ($($(#[$doc:meta])* $variant:ident = $text:literal,)+) => {
        /// A registered error code.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ErrorCode { $($(#[$doc])* $variant,)+ }

        impl ErrorCode {
            /// The code on the wire.
            pub const fn as_str(self) -> &'static str {
                match self { $(ErrorCode::$variant => $text,)+ }
            }
        }
    };
}

error_codes! {
    /// A parameter is missing, repeated or wrong.
    InvalidRequest = "invalid_request",
    /// The application could not be authenticated.
    InvalidClient = "invalid_client",
    /// Code or refresh token are unknown, used, expired, or another application's.
    InvalidGrant = "invalid_grant",
    /// The application may not do this.
    UnauthorizedClient = "unauthorized_client",
    /// No such grant type here.
    UnsupportedGrantType = "unsupported_grant_type",
    /// Only `code`.
    UnsupportedResponseType = "unsupported_response_type",
    /// Unknown scope, or more than was granted.
    InvalidScope = "invalid_scope",
    /// The person or a rule said no.
    AccessDenied = "access_denied",
    /// A fault of ours.
    ServerError = "server_error",
    /// Try later.
    TemporarilyUnavailable = "temporarily_unavailable",
    /// `prompt=none`, and nobody is signed in.
    LoginRequired = "login_required",
    /// `prompt=none`, and a page must be shown.
    InteractionRequired = "interaction_required",
    /// `prompt=none`, and an account must be chosen.
    AccountSelectionRequired = "account_selection_required",
    /// `prompt=none`, and consent is missing.
    ConsentRequired = "consent_required",
    /// The `request` parameter is not supported.
    RequestNotSupported = "request_not_supported",
    /// The `request_uri` parameter is not supported.
    RequestUriNotSupported = "request_uri_not_supported",
    /// The `registration` parameter is not supported.
    RegistrationNotSupported = "registration_not_supported",
    /// A requested authentication class cannot be met (OpenID Connect Unmet Authentication Requirements 1.0).
    UnmetAuthenticationRequirements = "unmet_authentication_requirements",
    /// The access token is missing its scope (RFC 6750 section 3.1).
    InsufficientScope = "insufficient_scope",
    /// The access token is unknown, expired or revoked (RFC 6750 section 3.1).
    InvalidToken = "invalid_token",
}

/// An error answer to an application. The description is for its developers.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{description}")]
pub struct OAuthError {
    /// What kind of error.
    pub code: ErrorCode,
    /// Sentences for a developer, in the characters that RFC 6749 allows.
    pub description: String,
}

impl OAuthError {
    /// An error with words for the developer. Characters outside RFC 6749's set are replaced.
    pub fn new(code: ErrorCode, description: impl AsRef<str>) -> Self {
        let plain = |c: char| match c {
            '"' => '\'',
            '\\' => '/',
            ' '..='~' => c,
            _ => '?',
        };
        OAuthError { code, description: description.as_ref().chars().map(plain).take(600).collect() }
    }

    /// The HTTP status at the token endpoint (RFC 6749 section 5.2). With 401 send `WWW-Authenticate: Basic`, when the
    /// application used the `Authorization` header.
    pub const fn status(&self) -> u16 {
        match self.code {
            ErrorCode::InvalidClient | ErrorCode::InvalidToken => 401,
            ErrorCode::InsufficientScope => 403,
            ErrorCode::ServerError => 500,
            ErrorCode::TemporarilyUnavailable => 503,
            _ => 400,
        }
    }

    /// The `WWW-Authenticate` header that goes with the error of an endpoint that takes access tokens (RFC 6750 section 3).
    pub fn www_authenticate(&self) -> String {
        format!("Bearer error=\"{}\", error_description=\"{}\"", self.code.as_str(), self.description)
    }

    /// The body at the token endpoint.
    pub fn to_json(&self) -> Value {
        json!({ "error": self.code.as_str(), "error_description": self.description })
    }
}

/// The access token of an `Authorization: Bearer` header (RFC 6750 section 2.1).
pub fn bearer_token(authorization: Option<&str>) -> Result<&str, OAuthError> {
    let token = authorization.and_then(|header| {
        let (scheme, token) = header.trim().split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
    });
    token
        .filter(|token| {
            !token.is_empty() && token.len() <= 4096 && token.bytes().all(|byte| byte.is_ascii_graphic())
        })
        .ok_or_else(|| {
            OAuthError::new(ErrorCode::InvalidToken, "Send the access token as Authorization: Bearer.")
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bearer_tokens_are_read() {
        assert_eq!(bearer_token(Some("Bearer abc")), Ok("abc"));
        assert_eq!(bearer_token(Some("bearer  abc ")), Ok("abc"));
        for wrong in [
            None,
            Some(""),
            Some("Bearer"),
            Some("Bearer "),
            Some("Basic abc"),
            Some("Bearer a b"),
            Some("Bearer \u{e9}"),
        ] {
            let error = bearer_token(wrong).unwrap_err();
            assert_eq!((error.code, error.status()), (ErrorCode::InvalidToken, 401), "{wrong:?}");
        }
    }

    #[test]
    fn header_cannot_be_broken_out_of() {
        let error = OAuthError::new(ErrorCode::InvalidToken, "a\"b\\c\r\nSet-Cookie: x");
        assert_eq!(
            error.www_authenticate(),
            "Bearer error=\"invalid_token\", error_description=\"a'b/c??Set-Cookie: x\""
        );
    }
}
