//! Refusals as people and administrators read them.
//!
//! Owns which help fits which refusal. Does not own the protocol's checks and sentences (`saml`, `oidc`), or the
//! words of the console (`help`).

use model::{Connection, Time};
use oidc::RejectionCode;
use saml::Code;

use super::asserted::{NameId, Refused};
use super::help::Help;
use super::provider_documents::DocumentsError;
use crate::app::App;
use crate::problem::Problem;
use web::guide::Placeholder;

/// A refused SAML answer.
pub(super) fn saml(app: &App, connection: &Connection, rejection: &saml::Rejection) -> Refused {
    let help = Help::of(app, connection);
    let mut heard = rejection.received.clone().unwrap_or_default();
    if let Some(status) = &rejection.status {
        heard =
            format!("{heard} {} {}", status.codes.join(" "), status.message.as_deref().unwrap_or_default());
    }
    let steps = help.known_error(&heard).unwrap_or_else(|| saml_steps(&help, rejection.code));
    tracing::info!(id = %connection.id, code = rejection.code.as_str(), "a SAML answer was refused");
    Refused {
        code: rejection.code.as_str().to_owned(),
        expected: rejection.expected.clone(),
        received: rejection.received.clone(),
        message: rejection.message.clone(),
        steps,
    }
}

fn saml_steps(help: &Help, code: Code) -> Vec<String> {
    match code {
        Code::AudienceMismatch | Code::AudienceMissing => help.correct(Placeholder::SpEntityId),
        Code::RecipientMismatch
        | Code::RecipientMissing
        | Code::DestinationMismatch
        | Code::DestinationMissing => help.correct(Placeholder::AcsUrl),
        Code::IssuerMismatch | Code::IssuerMissing | Code::SignatureInvalid | Code::NoTrustedKey => {
            help.bring_metadata_again()
        }
        Code::DecryptionKeyMissing | Code::DecryptionFailed => help.load_our_metadata(),
        Code::SignatureMissing
        | Code::SignatureMisplaced
        | Code::Sha1Forbidden
        | Code::AlgorithmForbidden => help.facts(&["sign", "algorithm", "digest", "encrypt"]),
        Code::NameIdMissing => help.facts(&["name id", "nameid", "application username", "name identifier"]),
        Code::StatusNotSuccess => help.assign(),
        Code::Unsolicited | Code::InResponseToMismatch => {
            vec![format!("Start from {}, not from a tile in the provider's portal.", help.values.login_url)]
        }
        Code::Expired | Code::NotYetValid => vec![
            "Start the sign-in again.".to_owned(),
            "If it repeats, compare the clock of the identity provider with the right time.".to_owned(),
        ],
        _ => Vec::new(),
    }
}

/// A refused OpenID Connect answer.
pub(super) fn oidc(app: &App, connection: &Connection, rejection: &oidc::Rejection) -> Refused {
    let help = Help::of(app, connection);
    let heard = rejection.received.clone().unwrap_or_default();
    let steps = help.known_error(&heard).unwrap_or_else(|| oidc_steps(&help, rejection.code));
    tracing::info!(id = %connection.id, code = rejection.code.as_str(), "an OpenID Connect answer was refused");
    Refused {
        code: rejection.code.as_str().to_owned(),
        expected: rejection.expected.clone(),
        received: rejection.received.clone(),
        message: rejection.message.clone(),
        steps,
    }
}

/// The provider's own session, which ours may not outlast, is over already.
pub(super) fn session_over(app: &App, connection: &Connection, end: Time) -> Refused {
    tracing::info!(id = %connection.id, "an OpenID Connect answer names a session that is over");
    Refused {
        code: "session_over".to_owned(),
        expected: Some(format!("session_expiry after {}", app.now())),
        received: Some(end.to_string()),
        message: "The identity provider let the person in, but says that its session is over already."
            .to_owned(),
        steps: vec![
            "Start the sign-in again, so that the identity provider begins a new session.".to_owned(),
            "If it repeats, compare the clock of the identity provider with the right time.".to_owned(),
        ],
    }
}

fn oidc_steps(help: &Help, code: RejectionCode) -> Vec<String> {
    match code {
        RejectionCode::ClientRefused => help.bring_client_again(true),
        RejectionCode::AudienceMismatch | RejectionCode::AuthorizedPartyMismatch => {
            help.bring_client_again(false)
        }
        RejectionCode::IssuerMismatch | RejectionCode::DiscoveryIssuerMismatch => help.compare_issuer(),
        RejectionCode::AccessDenied => help.assign(),
        RejectionCode::CodeRefused => help.correct(Placeholder::OidcRedirectUri),
        RejectionCode::CallbackMalformed => {
            vec![format!("Let tiles and bookmarks point to {}.", help.values.login_url)]
        }
        RejectionCode::Expired | RejectionCode::NotYetValid => vec![
            "Start the sign-in again.".to_owned(),
            "If it repeats, compare the clock of the identity provider with the right time.".to_owned(),
        ],
        _ => Vec::new(),
    }
}

/// The provider names the person only by a name that changes each time.
pub(super) fn no_subject(app: &App, connection: &Connection, name_id: &NameId) -> Refused {
    let mut steps = Help::of(app, connection).attributes();
    if steps.is_empty() {
        steps.push(
            "Set the name ID format to persistent, or send an attribute named id that never changes."
                .to_owned(),
        );
    }
    Refused {
        code: "subject_missing".to_owned(),
        expected: Some("an attribute “id”, or a name ID that stays the same".to_owned()),
        received: Some(name_id.format.clone().unwrap_or_else(|| "a name ID without a format".to_owned())),
        message: "The identity provider gives the person another name at every sign-in, so nobody could be recognised."
            .to_owned(),
        steps,
    }
}

/// The provider says, or does not say, that the address is the person's.
pub(super) fn email_not_verified(app: &App, connection: &Connection, received: Option<bool>) -> Refused {
    let console = Help::of(app, connection).console();
    Refused {
        code: "email_not_verified".to_owned(),
        expected: Some("email_verified: true".to_owned()),
        received: Some(received.map_or("no email_verified".to_owned(), |it| format!("email_verified: {it}"))),
        message: "The identity provider says that the person's e-mail address is not verified, so it could be somebody \
                  else's."
            .to_owned(),
        steps: vec![
            format!("Open the person in {console}."),
            "Let them confirm the address, or mark it as verified.".to_owned(),
            "Sign in again.".to_owned(),
        ],
    }
}

/// The provider does not answer.
pub(super) fn unreachable(app: &App, connection: &Connection, error: &DocumentsError) -> Refused {
    tracing::warn!(id = %connection.id, error = error.sentence(), "an identity provider cannot be reached");
    let name = Help::of(app, connection).guide.map_or("The identity provider", |guide| &guide.name);
    Refused {
        code: "provider_unreachable".to_owned(),
        expected: None,
        received: Some(error.sentence()),
        message: format!("{name} did not answer when we asked it to confirm the sign-in."),
        steps: vec!["Start the sign-in again in a minute.".to_owned()],
    }
}

/// The connection is a draft without settings.
pub(super) fn not_set_up() -> Refused {
    Refused {
        code: "connection_not_set_up".to_owned(),
        expected: None,
        received: None,
        message: "This connection is not set up yet: the values of the identity provider are missing."
            .to_owned(),
        steps: vec!["Finish the setup of the connection.".to_owned()],
    }
}

/// Our own fault.
pub(super) fn ours(problem: &Problem) -> Refused {
    tracing::error!(cause = problem.cause.as_deref().unwrap_or_default(), "a sign-in failed on our side");
    Refused {
        code: "internal".to_owned(),
        expected: None,
        received: None,
        message: "Something failed on our side; the identity provider did nothing wrong.".to_owned(),
        steps: vec!["Start the sign-in again in a minute.".to_owned()],
    }
}
