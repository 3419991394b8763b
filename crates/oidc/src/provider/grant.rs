//! The token endpoint's requests (OpenID Connect Core 3.1.3.1 and 12, RFC 6749 sections 4.1.3 and 6) and the rotation of
//! refresh tokens.
//!
//! Owns the parameters and the decisions; codes and tokens themselves are in storage, as hashes.

use jiff::{SignedDuration, Timestamp};

use super::error::{ErrorCode, OAuthError};
use super::form::Form;
use crate::pkce;

/// What an application wants to exchange.
#[derive(Clone, PartialEq, Eq)]
pub enum TokenRequest {
    /// `grant_type=authorization_code`.
    Code {
        /// The code: a secret, works once.
        code: String,
        /// Must equal that of the authorization request.
        redirect_uri: String,
        /// PKCE.
        code_verifier: Option<String>,
    },
    /// `grant_type=refresh_token`.
    Refresh {
        /// The refresh token: a secret.
        refresh_token: String,
        /// Fewer scopes than were granted; empty keeps them.
        scopes: Vec<String>,
    },
}

impl TokenRequest {
    /// Reads the form.
    pub fn parse(form: &Form) -> Result<TokenRequest, OAuthError> {
        let needed = |name: &str| match form.get(name) {
            Some(value) if value.len() <= 4096 => Ok(value.to_owned()),
            Some(_) => Err(OAuthError::new(ErrorCode::InvalidGrant, format!("{name} is far too long."))),
            None => {
                Err(OAuthError::new(ErrorCode::InvalidRequest, format!("The parameter {name} is missing.")))
            }
        };
        match needed("grant_type")?.as_str() {
            "authorization_code" => Ok(TokenRequest::Code {
                code: needed("code")?,
                redirect_uri: needed("redirect_uri")?,
                code_verifier: form.get("code_verifier").map(str::to_owned),
            }),
            "refresh_token" => {
                let scopes = form.get("scope").unwrap_or_default().split_ascii_whitespace();
                let scopes = scopes.take(50).map(str::to_owned).collect();
                Ok(TokenRequest::Refresh { refresh_token: needed("refresh_token")?, scopes })
            }
            _ => Err(OAuthError::new(
                ErrorCode::UnsupportedGrantType,
                "grant_type must be authorization_code or refresh_token.",
            )),
        }
    }
}

/// Checks the verifier against the challenge that came with the authorization request (RFC 7636 section 4.6). A verifier
/// without a challenge is refused too, because it shows a stripped challenge (RFC 9700 section 4.8.2).
pub fn check_code_verifier(challenge: Option<&str>, verifier: Option<&str>) -> Result<(), OAuthError> {
    let refuse = |why: &str| Err(OAuthError::new(ErrorCode::InvalidGrant, why));
    match (challenge, verifier) {
        (None, None) => Ok(()),
        (Some(challenge), Some(verifier)) if pkce::verify(challenge, verifier) => Ok(()),
        (Some(_), Some(_)) => {
            refuse("code_verifier does not fit the code_challenge of the authorization request.")
        }
        (Some(_), None) => {
            refuse("code_verifier is missing; the authorization request had a code_challenge.")
        }
        (None, Some(_)) => refuse("code_verifier came, but the authorization request had no code_challenge."),
    }
}

/// The scopes after a refresh: the granted ones, or fewer (RFC 6749 section 6).
pub fn narrow_scopes(granted: &[String], asked: &[String]) -> Result<Vec<String>, OAuthError> {
    if asked.is_empty() {
        return Ok(granted.to_vec());
    }
    match asked.iter().find(|scope| !granted.contains(scope)) {
        Some(scope) => Err(OAuthError::new(
            ErrorCode::InvalidScope,
            format!("The scope {scope} was not granted before."),
        )),
        None => Ok(granted.iter().filter(|scope| asked.contains(scope)).cloned().collect()),
    }
}

/// What storage knows of a presented refresh token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefreshState {
    /// When it was exchanged for its successor, if it was.
    pub used_at: Option<Timestamp>,
    /// Whether it was given up for another one, because the answer that held it was asked for again.
    pub superseded: bool,
    /// Whether its successor was exchanged in turn: then the successor reached the application.
    pub successor_used: bool,
    /// When this token ends.
    pub expires_at: Timestamp,
    /// Whether all tokens of this sign-in were revoked.
    pub family_revoked: bool,
}

/// What to do with a presented refresh token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefreshDecision {
    /// Give a new pair and mark this one used.
    Rotate,
    /// The application lost our answer and asks again: give a new pair, and mark the successor that was lost as
    /// superseded, so that whoever has it after all raises the alarm.
    Repeat,
    /// Somebody uses a token that was replaced: revoke all tokens of this sign-in (RFC 9700 section 4.14.2), answer
    /// `invalid_grant`, and tell it to the operator.
    RevokeFamily,
    /// Answer `invalid_grant`; nothing else changes.
    Refuse,
}

/// Decides about a presented refresh token at the time `now`. `grace` is how long a lost answer may be asked for again;
/// zero allows none.
pub fn decide_refresh(state: &RefreshState, now: Timestamp, grace: SignedDuration) -> RefreshDecision {
    if state.family_revoked {
        return RefreshDecision::Refuse;
    }
    match state.used_at {
        Some(used_at) if state.superseded || state.successor_used || now.duration_since(used_at) >= grace => {
            RefreshDecision::RevokeFamily
        }
        _ if now >= state.expires_at => RefreshDecision::Refuse,
        Some(_) => RefreshDecision::Repeat,
        None => RefreshDecision::Rotate,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(form: &str) -> Result<TokenRequest, ErrorCode> {
        let form = Form::parse(form_urlencoded::parse(form.as_bytes())).map_err(|e| e.code)?;
        TokenRequest::parse(&form).map_err(|e| e.code)
    }

    #[test]
    fn requests_are_read_or_refused() {
        use ErrorCode as E;
        assert!(
            parse("grant_type=authorization_code&code=c&redirect_uri=https://a.test/&code_verifier=v")
                .is_ok()
        );
        assert!(parse("grant_type=refresh_token&refresh_token=r&scope=openid+email").is_ok());
        let table = [
            ("", E::InvalidRequest),
            ("grant_type=", E::InvalidRequest),
            ("grant_type=password&username=a&password=b", E::UnsupportedGrantType),
            ("grant_type=client_credentials", E::UnsupportedGrantType),
            ("grant_type=authorization_code&code=c", E::InvalidRequest),
            ("grant_type=authorization_code&redirect_uri=https://a.test/", E::InvalidRequest),
            ("grant_type=refresh_token", E::InvalidRequest),
            ("grant_type=refresh_token&refresh_token=a&refresh_token=b", E::InvalidRequest),
            ("grant_type=refresh_token&refresh_token=&refresh_token=b", E::InvalidRequest),
        ];
        for (form, code) in table {
            assert_eq!(parse(form).err(), Some(code), "{form}");
        }
        assert_eq!(
            parse(&format!("grant_type=refresh_token&refresh_token={}", "a".repeat(5000))).err(),
            Some(E::InvalidGrant)
        );
    }

    #[test]
    fn verifier_must_fit_and_may_not_appear_from_nowhere() {
        let pair = pkce::Pkce::from_random(&[3; 32]);
        let (challenge, verifier) = (Some(pair.challenge.as_str()), Some(pair.verifier.as_str()));
        assert!(check_code_verifier(challenge, verifier).is_ok());
        assert!(check_code_verifier(None, None).is_ok());
        for (challenge, verifier) in
            [(challenge, None), (None, verifier), (challenge, challenge), (verifier, verifier)]
        {
            assert!(check_code_verifier(challenge, verifier).is_err(), "{challenge:?} {verifier:?}");
        }
    }

    #[test]
    fn refresh_cannot_widen_the_scope() {
        let list = |text: &str| text.split_ascii_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let granted = list("openid email");
        assert_eq!(narrow_scopes(&granted, &[]).unwrap(), granted);
        assert_eq!(narrow_scopes(&granted, &list("email")).unwrap(), ["email"]);
        assert_eq!(
            narrow_scopes(&granted, &list("email profile")).unwrap_err().code,
            ErrorCode::InvalidScope
        );
    }

    #[test]
    fn rotation_of_refresh_tokens() {
        use RefreshDecision as D;
        let at = |second| Timestamp::from_second(second).unwrap_or_default();
        let fresh = RefreshState {
            used_at: None,
            superseded: false,
            successor_used: false,
            expires_at: at(1000),
            family_revoked: false,
        };
        let used = RefreshState { used_at: Some(at(500)), ..fresh };
        let grace = SignedDuration::from_secs(30);
        let table = [
            ("first use", fresh, 500, D::Rotate),
            ("at its end", fresh, 1000, D::Refuse),
            ("revoked", RefreshState { family_revoked: true, ..fresh }, 500, D::Refuse),
            ("answer lost", used, 529, D::Repeat),
            ("grace over", used, 530, D::RevokeFamily),
            ("successor in use", RefreshState { successor_used: true, ..used }, 501, D::RevokeFamily),
            ("both answers arrived", RefreshState { superseded: true, ..used }, 501, D::RevokeFamily),
            ("reuse after its end still alarms", used, 2000, D::RevokeFamily),
            ("reuse after revocation", RefreshState { family_revoked: true, ..used }, 600, D::Refuse),
        ];
        for (what, state, now, wanted) in table {
            assert_eq!(decide_refresh(&state, at(now), grace), wanted, "{what}");
        }
        assert_eq!(decide_refresh(&used, at(500), SignedDuration::ZERO), D::RevokeFamily);
    }
}
