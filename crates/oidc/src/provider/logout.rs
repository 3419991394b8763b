//! RP-initiated logout (OpenID Connect RP-Initiated Logout 1.0) and the ID token as a hint.
//!
//! Owns reading the request and finding out which application asks. Ending the session, and asking the person where no
//! hint proves the wish, is the caller's.

use jiff::Timestamp;

use super::error::{ErrorCode, OAuthError};
use super::form::Form;
use crate::algorithm::Algorithm;
use crate::jwk::Jwks;
use crate::jws;
use crate::rejection::{Rejection, RejectionCode};

/// A logout request; nothing in it is believed yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogoutRequest {
    /// An ID token of ours, for [`verify_id_token_hint`].
    pub id_token_hint: Option<String>,
    /// The application that asks.
    pub client_id: Option<String>,
    /// Where to go afterwards: only if registered for the application, character by character.
    pub post_logout_redirect_uri: Option<String>,
    /// Repeated there.
    pub state: Option<String>,
    /// Who is to be signed out, perhaps.
    pub logout_hint: Option<String>,
}

/// An ID token of ours that came back, perhaps long after its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdTokenHint {
    /// `sub`.
    pub subject: String,
    /// `aud`: the application it was made for.
    pub client_id: String,
    /// `sid`.
    pub session_id: Option<String>,
    /// `iat`.
    pub issued_at: Timestamp,
}

impl LogoutRequest {
    /// Reads the query or the form.
    pub fn parse<N: AsRef<str>, V: AsRef<str>>(
        pairs: impl IntoIterator<Item = (N, V)>,
    ) -> Result<LogoutRequest, OAuthError> {
        let form = Form::parse(pairs)?;
        let text = |name: &str| form.get(name).map(str::to_owned);
        Ok(LogoutRequest {
            id_token_hint: text("id_token_hint"),
            client_id: text("client_id"),
            post_logout_redirect_uri: text("post_logout_redirect_uri"),
            state: text("state"),
            logout_hint: text("logout_hint"),
        })
    }

    /// The application that asks: that of the hint, which `client_id` must not contradict, else `client_id`.
    pub fn client<'a>(&'a self, hint: Option<&'a IdTokenHint>) -> Result<Option<&'a str>, OAuthError> {
        match (hint, self.client_id.as_deref()) {
            (Some(hint), Some(id)) if hint.client_id != id => Err(OAuthError::new(
                ErrorCode::InvalidRequest,
                "client_id and id_token_hint belong to different applications.",
            )),
            (Some(hint), _) => Ok(Some(&hint.client_id)),
            (None, id) => Ok(id),
        }
    }

    /// Where the browser goes after the logout: the asked address with `state`, if it is one of `registered`, else
    /// nowhere.
    pub fn redirect(&self, registered: &[String]) -> Option<String> {
        let uri = self.post_logout_redirect_uri.as_deref()?;
        let known = registered.iter().any(|one| one == uri);
        known.then(|| match &self.state {
            Some(state) => super::redirect::with_query(uri, &[("state", state.clone())]),
            None => uri.to_owned(),
        })
    }
}

/// Verifies that a hint is an ID token of ours: signature by one of our keys (retired ones too) and issuer. Its end is
/// not looked at, as RP-Initiated Logout section 2 wants.
pub fn verify_id_token_hint(token: &str, our_keys: &Jwks, issuer: &str) -> Result<IdTokenHint, Rejection> {
    const WHAT: &str = jws::ID_TOKEN.name;
    let claims = jws::open(token, jws::ID_TOKEN, our_keys, &[Algorithm::Rs256, Algorithm::Es256])?.claims;
    let received = claims.required_text(WHAT, "iss")?;
    if received != issuer {
        return Err(Rejection::new(RejectionCode::IssuerMismatch, "The ID token hint is not one of ours.")
            .expected(issuer)
            .received(received));
    }
    let mut audience = claims.audience(WHAT)?;
    let (Some(client_id), true) = (audience.pop(), audience.is_empty()) else {
        return Err(Rejection::new(
            RejectionCode::AudienceMismatch,
            "The ID token hint is for several applications.",
        )
        .expected("one audience")
        .received("several"));
    };
    Ok(IdTokenHint {
        subject: claims.required_text(WHAT, "sub")?.to_owned(),
        client_id,
        session_id: claims.text("sid").map(str::to_owned),
        issued_at: claims.required_time(WHAT, "iat")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(query: &str) -> Result<LogoutRequest, OAuthError> {
        LogoutRequest::parse(form_urlencoded::parse(query.as_bytes()))
    }

    fn hint(client_id: &str) -> IdTokenHint {
        IdTokenHint {
            subject: "u".to_owned(),
            client_id: client_id.to_owned(),
            session_id: None,
            issued_at: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn application_is_that_of_the_hint_or_the_named_one() {
        let named = parse("client_id=app").unwrap();
        assert_eq!(named.client(None).unwrap(), Some("app"));
        assert_eq!(named.client(Some(&hint("app"))).unwrap(), Some("app"));
        assert!(named.client(Some(&hint("other"))).is_err());
        assert_eq!(parse("").unwrap().client(Some(&hint("other"))).unwrap(), Some("other"));
        assert_eq!(parse("").unwrap().client(None).unwrap(), None);
        assert!(parse("client_id=a&client_id=b").is_err());
    }

    #[test]
    fn browser_goes_only_to_registered_addresses() {
        let registered = ["https://app.test/bye".to_owned()];
        let to = |query: &str| parse(query).unwrap().redirect(&registered);
        assert_eq!(
            to("post_logout_redirect_uri=https://app.test/bye&state=a+b").as_deref(),
            Some("https://app.test/bye?state=a+b")
        );
        assert_eq!(
            to("post_logout_redirect_uri=https://app.test/bye").as_deref(),
            Some("https://app.test/bye")
        );
        for other in [
            "https://app.test/bye/",
            "https://app.test/bye?x",
            "https://evil.test",
            "javascript:alert(1)",
            "",
        ] {
            assert_eq!(to(&format!("post_logout_redirect_uri={other}")), None, "{other}");
        }
    }
}
