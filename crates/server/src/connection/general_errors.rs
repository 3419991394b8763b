//! What codes of the protocols themselves mean, for providers whose guide does not say it in their own words.
//!
//! Owns this table. Does not own which error of a provider's own is known (`web::guide`).

/// Part of what the provider said, what it means, and what to do. SAML core 3.2.2.2, RFC 6749 4.1.2.1 and 5.2, OpenID
/// Connect Core 3.1.2.6.
const KNOWN: &[(&str, &str, &str)] = &[
    (
        "status:RequestDenied",
        "The identity provider understood the request and does not want to answer it. Most often the person may not use \
         this application there.",
        "Check there that the person, or one of their groups, may use the application.",
    ),
    (
        "status:NoAuthnContext",
        "The identity provider cannot sign people in by the method that was asked for.",
        "Let the connection ask for no particular method, or allow that method there.",
    ),
    (
        "status:InvalidNameIDPolicy",
        "The identity provider sends no name ID of the kind that was asked for.",
        "Set the name ID format there to persistent or to email address.",
    ),
    (
        "status:AuthnFailed",
        "The identity provider could not make sure who the person is.",
        "Let the person try again; the sign-in log there says what failed.",
    ),
    (
        "status:NoPassive",
        "The identity provider would have had to ask the person something, and was told not to.",
        "Start the sign-in again.",
    ),
    (
        "status:RequestUnsupported",
        "The identity provider does not support this kind of request.",
        "Check there that the application is set up for SAML 2.0 Web SSO.",
    ),
    (
        "status:UnknownPrincipal",
        "The identity provider does not know the person.",
        "Check there that the person has an account.",
    ),
    (
        "status:Requester",
        "The identity provider found a fault in our request, or does not know us.",
        "Compare our entity ID and our addresses there with the values here, and whether it asks for signed requests.",
    ),
    (
        "status:Responder",
        "Something failed at the identity provider.",
        "Look into its own log at the time of the sign-in; it names the cause.",
    ),
    (
        "unauthorized_client",
        "The identity provider does not let this client use the authorization code flow.",
        "Allow the authorization code grant for the application there.",
    ),
    (
        "invalid_scope",
        "The identity provider does not give this client one of the scopes openid, email and profile.",
        "Allow these three scopes for the application there.",
    ),
    (
        "redirect_uri_mismatch",
        "The redirect URI there is not ours, to the letter.",
        "Copy our redirect URI there, without a slash at the end.",
    ),
    (
        "consent_required",
        "Nobody has agreed there that the application may see who signs in.",
        "Let an administrator grant it for everybody.",
    ),
    (
        "interaction_required",
        "The identity provider would have had to ask the person something, and was told not to.",
        "Start the sign-in again.",
    ),
    (
        "login_required",
        "The person is not signed in at the identity provider, and it was told not to ask.",
        "Start the sign-in again.",
    ),
    (
        "temporarily_unavailable",
        "The identity provider is overloaded or being worked on.",
        "Start the sign-in again in some minutes.",
    ),
    (
        "server_error",
        "Something failed at the identity provider.",
        "Look into its own log at the time of the sign-in; it names the cause.",
    ),
];

/// What is known about a code in these words.
pub(super) fn general_error(heard: &str) -> Option<Vec<String>> {
    let known = KNOWN.iter().find(|(code, ..)| heard.contains(code))?;
    Some(vec![known.1.to_owned(), known.2.to_owned()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_inside_another_is_the_one_that_counts() {
        let heard =
            "urn:oasis:names:tc:SAML:2.0:status:Responder urn:oasis:names:tc:SAML:2.0:status:AuthnFailed";
        assert!(general_error(heard).unwrap()[0].contains("make sure who the person is"));
        assert!(
            general_error("urn:oasis:names:tc:SAML:2.0:status:Responder").unwrap()[0].contains("failed at")
        );
        assert_eq!(general_error("x_odd"), None);
    }
}
