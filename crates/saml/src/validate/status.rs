//! What the provider says of its own work.
//!
//! Owns: `Status` (SAML core 3.2.2) and what a person can do about it. Does not own: the rest of the response.

use super::envelope::malformed;
use crate::names::{SAMLP, STATUS_SUCCESS};
use crate::rejection::{Code, Rejection, Status};
use crate::xml::Tree;
use uppsala::NodeId;

/// Refuses everything but success, with the provider's own codes and words.
pub(crate) fn check(tree: &Tree<'_>, response: NodeId) -> Result<(), Rejection> {
    let Ok(Some(status)) = tree.one(response, SAMLP, "Status") else {
        return Err(malformed("the Response must have one Status"));
    };
    let mut codes = Vec::new();
    let mut at = status;
    loop {
        match tree.one(at, SAMLP, "StatusCode") {
            Ok(Some(code)) => {
                codes.push(tree.attr(code, "Value").unwrap_or("").to_owned());
                at = code;
            }
            Ok(None) => break,
            Err(_) => return Err(malformed("StatusCode stands twice")),
        }
    }
    // A code below success says what did not succeed: no provider signs anybody in that way.
    match codes.as_slice() {
        [only] if only == STATUS_SUCCESS => return Ok(()),
        [] => return Err(malformed("Status has no StatusCode")),
        _ => {}
    }
    let message = tree
        .one(status, SAMLP, "StatusMessage")
        .ok()
        .flatten()
        .map(|node| tree.deep_text(node))
        .filter(|text| !text.is_empty());
    let received = codes.join(" ");
    let sentence = format!(
        "The identity provider did not sign the person in{}. {}",
        message.as_deref().map_or_else(String::new, |m| format!(
            " and says: “{}”",
            m.chars().take(300).collect::<String>()
        )),
        advice(&codes),
    );
    Err(Rejection::new(Code::StatusNotSuccess, sentence)
        .expected(STATUS_SUCCESS)
        .received(received)
        .status(Status { codes, message }))
}

/// What to do about a status (SAML core 3.2.2.2).
fn advice(codes: &[String]) -> &'static str {
    let has = |name: &str| codes.iter().any(|code| code.rsplit(':').next() == Some(name));
    if has("AuthnFailed") {
        "Sign in there again."
    } else if has("RequestDenied") {
        "Ask the administrator whether the person is assigned to this application there."
    } else if has("InvalidNameIDPolicy") {
        "Change the name ID format of this application there to e-mail address or unspecified."
    } else if has("NoAuthnContext") {
        "The provider cannot sign the person in the way that was asked for; ask for less in the connection."
    } else if has("NoPassive") {
        "The person has no session there; sign in again."
    } else if has("Requester") {
        "The provider found our request wrong: compare the entity ID and the ACS URL there with ours."
    } else {
        "Its own log says why; the administrator there can look it up."
    }
}
