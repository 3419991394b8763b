//! The userinfo answer and how it joins the ID token (OpenID Connect Core 5.3.2).

use serde_json::Value;

use super::id_token::IdTokenClaims;
use crate::claims::Claims;
use crate::json;
use crate::jwk::MAX_DOCUMENT_BYTES;
use crate::rejection::{Rejection, RejectionCode, shown};

/// Adds what the userinfo endpoint says to a validated ID token.
///
/// `sub` must be the same. What the ID token says stays, because it is signed; userinfo fills gaps only. `email` and
/// `email_verified` are a pair and come from one source.
pub fn merge_userinfo(mut token: IdTokenClaims, answer: &[u8]) -> Result<IdTokenClaims, Rejection> {
    let userinfo = read(answer)?;
    let subject = userinfo.required_text("The userinfo answer", "sub")?;
    if subject != token.subject {
        return Err(Rejection::new(
            RejectionCode::UserinfoSubjectMismatch,
            "The provider's userinfo endpoint spoke about another person than its ID token did, so nobody was signed in. \
             Tell the provider's support.",
        )
        .expected(&token.subject)
        .received(subject));
    }
    let own_email = token.claims.text("email").is_some();
    for (name, value) in userinfo.as_map() {
        let gap = token.claims.value(name).is_none_or(is_blank);
        if gap && !(own_email && name == "email_verified") && !is_blank(value) {
            token.claims.map_mut().insert(name.clone(), value.clone());
        }
    }
    if !own_email && token.claims.value("email").is_some() {
        match userinfo.value("email_verified") {
            Some(verified) => token.claims.map_mut().insert("email_verified".to_owned(), verified.clone()),
            None => token.claims.map_mut().remove("email_verified"),
        };
    }
    token.email = token.claims.text("email").map(str::to_owned);
    token.email_verified = token.claims.boolean("email_verified");
    Ok(token)
}

fn read(answer: &[u8]) -> Result<Claims, Rejection> {
    let malformed = |received: String| {
        Rejection::new(
            RejectionCode::UserinfoMalformed,
            "The provider's userinfo endpoint did not answer with plain JSON. If it is set to sign or encrypt that answer \
             for this application, turn this off.",
        )
        .expected("a JSON object with \"sub\"")
        .received(received)
    };
    if answer.len() > MAX_DOCUMENT_BYTES {
        return Err(malformed(format!("{} bytes", answer.len())));
    }
    json::object(answer).map(Claims::new).map_err(|why| malformed(shown(&why)))
}

fn is_blank(value: &Value) -> bool {
    value.is_null() || value.as_str().is_some_and(str::is_empty)
}
