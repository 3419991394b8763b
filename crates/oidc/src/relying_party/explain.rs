//! The identity provider's own errors, explained.
//!
//! Owns the words for the codes of RFC 6749 and OpenID Connect and for the Microsoft codes that administrators meet
//! most. What the provider wrote itself is kept beside them as `received`.

use crate::rejection::{Rejection, RejectionCode};

/// An `error` of the authorization endpoint.
pub(super) fn authorization_error(error: &str, description: Option<&str>) -> Rejection {
    let (code, sentence) = match error {
        "access_denied" => (
            RejectionCode::AccessDenied,
            "The identity provider did not let this person in, or the person cancelled. Is the person, or one of their \
             groups, assigned to this application there?",
        ),
        "login_required" | "interaction_required" | "account_selection_required" => (
            RejectionCode::ProviderError,
            "The identity provider wants the person to sign in there first. Start the sign-in again.",
        ),
        "consent_required" => (
            RejectionCode::ProviderError,
            "The identity provider wants consent for this application. An administrator can grant it for everybody in the \
             provider's console.",
        ),
        "unauthorized_client" | "unsupported_response_type" => (
            RejectionCode::ProviderError,
            "The application at the identity provider may not use the authorization code flow. Switch it on there.",
        ),
        "invalid_scope" => (
            RejectionCode::ProviderError,
            "The identity provider does not know one of the scopes we ask for. Allow openid, email and profile for this \
             application.",
        ),
        "temporarily_unavailable" | "server_error" => (
            RejectionCode::ProviderError,
            "The identity provider has a fault of its own. Try again in a few minutes; if it stays, its status page or log \
             says more.",
        ),
        _ => (
            RejectionCode::ProviderError,
            "The identity provider answered with an error. Its own words stand below; look there for the cause.",
        ),
    };
    refusal(code, sentence, error, description)
}

/// An `error` of the token endpoint.
pub(super) fn token_error(error: &str, description: Option<&str>) -> Rejection {
    let (code, sentence) = match error {
        "invalid_client" => (
            RejectionCode::ClientRefused,
            "The identity provider did not take our client ID and secret. The secret may have expired or been copied \
             incompletely: make a new one there and paste it here.",
        ),
        "unauthorized_client" => (
            RejectionCode::ClientRefused,
            "The application at the identity provider may not use the authorization code flow, or not with this kind of \
             client authentication. Change it there.",
        ),
        "invalid_grant" => (
            RejectionCode::CodeRefused,
            "The identity provider did not take the code it had just given. It works once and for a short time: start the \
             sign-in again. If it repeats, compare the redirect URI there with ours.",
        ),
        _ => (
            RejectionCode::ProviderError,
            "The identity provider did not give us the tokens. Its own words stand below; look there for the cause.",
        ),
    };
    refusal(code, sentence, error, description)
}

fn refusal(code: RejectionCode, sentence: &str, error: &str, description: Option<&str>) -> Rejection {
    let description = description.unwrap_or_default();
    let sentence =
        MICROSOFT.iter().find(|(aadsts, _)| names_code(description, aadsts)).map_or(sentence, |(_, s)| s);
    let received = if description.is_empty() { error.to_owned() } else { format!("{error}: {description}") };
    Rejection::new(code, sentence).received(received)
}

/// Whether the description contains this code and not a longer one that begins with it.
fn names_code(description: &str, code: &str) -> bool {
    description
        .match_indices(code)
        .any(|(at, _)| !description[at + code.len()..].starts_with(|next: char| next.is_ascii_digit()))
}

const MICROSOFT: &[(&str, &str)] = &[
    (
        "AADSTS50105",
        "The person is not assigned to this application in Microsoft Entra. Add the person or a group under Enterprise \
         applications > Users and groups.",
    ),
    (
        "AADSTS50011",
        "Microsoft Entra does not have our redirect URI for this application. Add it under App registrations > \
         Authentication, exactly as shown here.",
    ),
    (
        "AADSTS700016",
        "Microsoft Entra does not know the client ID in this directory. Compare the Application (client) ID and the \
         Directory (tenant) ID with the values here.",
    ),
    (
        "AADSTS7000215",
        "Microsoft Entra did not take the client secret. Paste the Value of the secret, not its Secret ID.",
    ),
    (
        "AADSTS7000222",
        "The client secret has expired in Microsoft Entra. Make a new one under Certificates & secrets and paste its Value \
         here.",
    ),
    (
        "AADSTS65001",
        "Nobody has consented to this application in Microsoft Entra yet. An administrator can grant it under API \
         permissions.",
    ),
    (
        "AADSTS53003",
        "A Conditional Access rule in Microsoft Entra stopped this sign-in. The sign-in log there names the rule.",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn microsoft_codes_win_over_the_general_sentence() {
        let rejection =
            authorization_error("access_denied", Some("AADSTS50105: The signed in user is not assigned…"));
        assert!(rejection.message.contains("not assigned to this application in Microsoft Entra"));
        assert_eq!(rejection.code, RejectionCode::AccessDenied);
        let rejection = token_error("invalid_client", Some("AADSTS7000222: expired"));
        assert!(rejection.message.contains("expired in Microsoft Entra"));
    }

    #[test]
    fn longer_code_is_not_taken_for_a_shorter_one() {
        let rejection = token_error("invalid_client", Some("AADSTS500119 something else"));
        assert!(rejection.message.contains("client ID and secret"));
    }

    #[test]
    fn unknown_errors_keep_the_providers_words() {
        let rejection = authorization_error("x_odd", Some("<b>boom</b>"));
        assert_eq!(rejection.received.as_deref(), Some("x_odd: <b>boom</b>"));
    }
}
