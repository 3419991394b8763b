//! Refusals as people and administrators read them.
//!
//! Owns which help fits which refusal. Does not own the protocol's checks and sentences (`saml`, `oidc`), or the
//! words of the console (`help`).

use model::{Connection, Time};
use oidc::RejectionCode;
use saml::Code;

use super::asserted::{NameId, Refused};
use super::general_errors::general_error;
use super::help::Help;
use super::provider_documents::DocumentsError;
use crate::app::App;
use crate::problem::Problem;
use web::guide::{self, Placeholder, Values};

/// What the codes of refused sign-outs begin with, so that nobody counts them as sign-ins.
pub const SIGN_OUT: &str = "sign_out_";

/// A refused SAML answer.
pub(super) fn saml(app: &App, connection: &Connection, rejection: &saml::Rejection) -> Refused {
    tracing::info!(id = %connection.id, code = rejection.code.as_str(), "a SAML answer was refused");
    saml_refused(&Help::of(app, connection), rejection)
}

/// The same words without a connection: for an answer that is looked at from the command line. `provider` is the id of a
/// guide.
pub fn inspected(provider: &str, values: Values, rejection: &saml::Rejection) -> Refused {
    saml_refused(&Help { guide: guide::find(provider), values }, rejection)
}

/// The guide of the provider that calls itself this, as far as its name tells.
pub fn provider_of(entity_id: &str) -> &'static str {
    const NAMES: [(&str, &str); 11] = [
        (".okta.com/", "okta-saml"),
        ("www.okta.com/", "okta-saml"),
        ("sts.windows.net/", "entra-saml"),
        ("accounts.google.com/o/saml2", "google-saml"),
        ("/adfs/services/trust", "adfs-saml"),
        (".onelogin.com/saml", "onelogin-saml"),
        ("/realms/", "keycloak-saml"),
        ("auth.pingone.", "pingone-saml"),
        (".auth0.com", "auth0-saml"),
        ("jumpcloud", "jumpcloud-saml"),
        ("/simplesaml/", "simplesamlphp"),
    ];
    let lower = entity_id.to_ascii_lowercase();
    let found = NAMES.iter().find(|(part, id)| lower.contains(part) && guide::find(id).is_some());
    found.map_or("generic-saml", |(_, id)| id)
}

/// A sign-out message that is not believed.
pub(super) fn saml_sign_out(app: &App, connection: &Connection, rejection: &saml::Rejection) -> Refused {
    let help = Help::of(app, connection);
    let console = help.console();
    let steps = match rejection.code {
        Code::DestinationMismatch | Code::DestinationMissing => help.correct(Placeholder::SloUrl),
        Code::SignatureMissing => {
            vec![format!("In {console} switch on the signing of logout requests and logout responses.")]
        }
        Code::Sha1Forbidden | Code::AlgorithmForbidden => {
            vec![format!("In {console} choose SHA-256 as the signature algorithm.")]
        }
        Code::IssuerMismatch | Code::IssuerMissing | Code::SignatureInvalid | Code::NoTrustedKey => {
            help.bring_metadata_again()
        }
        Code::DecryptionKeyMissing | Code::DecryptionFailed => help.load_our_metadata(),
        Code::Expired | Code::NotYetValid => clocks(),
        _ => vec![format!(
            "If it repeats, give this page to whoever supports {}: what it sent is not the sign-out message that SAML asks \
             for. Something between it and us, such as a proxy, may also have changed it.",
            help.name()
        )],
    };
    of_sign_out(Refused { steps, ..saml_refused(&help, rejection) })
}

/// The same refusal, known as one of a sign-out.
pub(super) fn of_sign_out(refused: Refused) -> Refused {
    Refused { code: format!("{SIGN_OUT}{}", refused.code), ..refused }
}

fn saml_refused(help: &Help, rejection: &saml::Rejection) -> Refused {
    let mut heard = rejection.received.clone().unwrap_or_default();
    if let Some(status) = &rejection.status {
        heard =
            format!("{heard} {} {}", status.codes.join(" "), status.message.as_deref().unwrap_or_default());
    }
    let refused_there = rejection.code == Code::StatusNotSuccess;
    let known = help.known_error(&heard).or_else(|| refused_there.then(|| general_error(&heard)).flatten());
    Refused {
        code: rejection.code.as_str().to_owned(),
        expected: rejection.expected.clone(),
        received: rejection.received.clone(),
        message: rejection.message.clone(),
        steps: known.unwrap_or_else(|| saml_steps(help, rejection.code)),
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
        | Code::SignatureMalformed
        | Code::Sha1Forbidden
        | Code::AlgorithmForbidden => {
            help.or_signing(help.facts(&["sign", "algorithm", "digest", "encrypt"]))
        }
        Code::NameIdMissing => {
            help.or_name_id(help.facts(&["name id", "nameid", "application username", "name identifier"]))
        }
        Code::StatusNotSuccess => help.or_assign(help.assign()),
        Code::Unsolicited | Code::InResponseToMismatch => {
            vec![format!("Start from {}, not from a tile in the provider's portal.", help.values.login_url)]
        }
        Code::Expired | Code::NotYetValid => clocks(),
        Code::AuthnTooOld | Code::SessionExpired => {
            vec!["Sign out at the identity provider, and start the sign-in again.".to_owned()]
        }
        // What is left breaks the form of SAML itself: nobody configures that.
        _ => vec![
            "Start the sign-in again.".to_owned(),
            format!(
                "If it repeats, give this page to whoever supports {}: what it sent is not the SAML that its metadata \
                 promises. Something between it and us, such as a proxy, may also have changed it.",
                help.name()
            ),
        ],
    }
}

fn clocks() -> Vec<String> {
    vec![
        "Start the sign-in again.".to_owned(),
        "If it repeats, compare the clock of the identity provider with the right time.".to_owned(),
    ]
}

/// A refused OpenID Connect answer.
pub(super) fn oidc(app: &App, connection: &Connection, rejection: &oidc::Rejection) -> Refused {
    let help = Help::of(app, connection);
    let heard = rejection.received.clone().unwrap_or_default();
    let said_no = rejection.code == RejectionCode::ProviderError;
    let known = help.known_error(&heard).or_else(|| said_no.then(|| general_error(&heard)).flatten());
    let steps = known.unwrap_or_else(|| oidc_steps(&help, rejection.code));
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
        RejectionCode::AccessDenied => help.or_assign(help.assign()),
        RejectionCode::CodeRefused => help.correct(Placeholder::OidcRedirectUri),
        RejectionCode::CallbackMalformed => {
            vec![format!("Let tiles and bookmarks point to {}.", help.values.login_url)]
        }
        RejectionCode::Expired | RejectionCode::NotYetValid => clocks(),
        RejectionCode::ProviderError => vec![format!(
            "Look into the log of {} at the time of the sign-in; it says what it minded.",
            help.name()
        )],
        RejectionCode::HostedDomainMismatch => vec![
            "Sign out at the identity provider, or use a private window.".to_owned(),
            "Sign in with the work account, not with a personal one.".to_owned(),
        ],
        RejectionCode::AcrMismatch | RejectionCode::SignInTooOld => {
            vec!["Sign out at the identity provider, and start the sign-in again.".to_owned()]
        }
        RejectionCode::StateMismatch | RejectionCode::NonceMismatch => vec![
            "Start the sign-in again, in one window.".to_owned(),
            format!("Let tiles and bookmarks point to {}.", help.values.login_url),
        ],
        RejectionCode::UnknownKey | RejectionCode::KeyUnusable | RejectionCode::KeyMismatch => {
            let issuer = help.compare_issuer();
            std::iter::once(
                "Start the sign-in again in a minute: the provider may just change its keys.".to_owned(),
            )
            .chain(issuer)
            .collect()
        }
        _ => vec![
            "Start the sign-in again.".to_owned(),
            format!(
                "If it repeats, give this page to whoever supports {}: what it sent is not what OpenID Connect asks for.",
                help.name()
            ),
        ],
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

/// The person signed in in another way than the connection demands.
pub(super) fn other_class(
    app: &App,
    connection: &Connection,
    expected: &[&str],
    received: Option<&str>,
) -> Refused {
    let console = Help::of(app, connection).console();
    Refused {
        code: "authn_context_mismatch".to_owned(),
        expected: Some(expected.join(" or ")),
        received: Some(received.unwrap_or("no AuthnContextClassRef").to_owned()),
        message: "The person signed in at the identity provider in another way than this connection demands."
            .to_owned(),
        steps: vec![
            format!(
                "In {console} let this application demand that way of signing in, and name it in the answer."
            ),
            "Or let an operator change what the requests of the connection ask for.".to_owned(),
        ],
    }
}

/// An answer that nobody asked for, where the connection takes none.
pub fn refuse_unasked(app: &App, connection: &Connection) -> Refused {
    let help = Help::of(app, connection);
    Refused {
        code: "idp_initiated_off".to_owned(),
        expected: Some("an answer to a request of ours".to_owned()),
        received: Some("an answer that nobody asked for".to_owned()),
        message: "Your company allows only sign-ins that begin with us, and this one began in the portal of its identity \
                  provider. Open the application itself, or our sign-in page, and enter your work address."
            .to_owned(),
        steps: vec![
            format!("In {} let the tile or bookmark lead to {}.", help.console(), help.values.login_url),
            "Or let an operator allow sign-ins that begin at the provider, among the sign-in requests of the connection."
                .to_owned(),
        ],
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

#[cfg(test)]
mod tests {
    use super::*;

    fn help(provider: &str) -> Help {
        Help { guide: guide::find(provider), values: Values::sample() }
    }

    /// One of each kind; the words are the provider's own, where its guide has them.
    #[test]
    fn every_failure_says_what_to_do_in_the_words_of_the_providers_console() {
        for (provider, code, words) in [
            ("okta-saml", Code::AudienceMismatch, "Audience URI (SP Entity ID)"),
            ("okta-saml", Code::RecipientMismatch, "Single sign-on URL"),
            ("entra-saml", Code::AudienceMismatch, "Identifier (Entity ID)"),
            ("entra-saml", Code::RecipientMismatch, "Reply URL (Assertion Consumer Service URL)"),
            ("google-saml", Code::AudienceMismatch, "Entity ID"),
            ("google-saml", Code::RecipientMismatch, "ACS URL"),
            ("keycloak-saml", Code::AudienceMismatch, "Client ID"),
            ("onelogin-saml", Code::AudienceMismatch, "Audience"),
            ("jumpcloud-saml", Code::AudienceMismatch, "SP Entity ID"),
            ("pingone-saml", Code::AudienceMismatch, "Entity ID"),
        ] {
            let steps = saml_steps(&help(provider), code).join("\n");
            assert!(steps.contains(words), "{provider} {code:?}: expected “{words}” in {steps}");
        }
        let providers =
            ["okta-saml", "entra-saml", "adfs-saml", "generic-saml", "no-such-guide", "shibboleth-saml"];
        for provider in providers {
            for code in [
                Code::TooLarge,
                Code::MalformedXml,
                Code::StatusNotSuccess,
                Code::NoTrustedKey,
                Code::SignatureMissing,
                Code::SignatureMalformed,
                Code::Sha1Forbidden,
                Code::AlgorithmForbidden,
                Code::SignatureInvalid,
                Code::DecryptionFailed,
                Code::IssuerMismatch,
                Code::DestinationMissing,
                Code::AudienceMissing,
                Code::Expired,
                Code::Unsolicited,
                Code::AuthnTooOld,
                Code::NameIdMissing,
            ] {
                assert!(!saml_steps(&help(provider), code).is_empty(), "{provider} {code:?}");
            }
            for code in RejectionCode::ALL {
                assert!(!oidc_steps(&help(provider), *code).is_empty(), "{provider} {code:?}");
            }
        }
    }

    #[test]
    fn where_addresses_differ_only_the_line_about_the_address_is_told() {
        for (provider, words) in [
            ("okta-saml", "email: user.email"),
            ("entra-saml", "emailaddress: user.mail"),
            ("adfs-saml", "E-Mail-Addresses: E-Mail Address"),
            ("pingone-saml", "email: Email Address"),
        ] {
            let steps = help(provider).address();
            assert!(steps.len() == 3 && steps[2].ends_with(words), "{provider}: {steps:?}");
        }
        assert!(help("okta-oidc").address().is_empty(), "no table, no line of it");
    }

    #[test]
    fn a_provider_is_known_by_what_it_calls_itself() {
        for (entity_id, provider) in [
            ("http://www.okta.com/exk1fcia6d6EMsf331d8", "okta-saml"),
            ("https://sts.windows.net/8e7c1a2b/", "entra-saml"),
            ("https://accounts.google.com/o/saml2?idpid=C01", "google-saml"),
            ("http://adfs.acme.test/adfs/services/trust", "adfs-saml"),
            ("https://sso.acme.test/realms/acme", "keycloak-saml"),
            ("https://idp.acme.test", "generic-saml"),
            ("", "generic-saml"),
        ] {
            assert_eq!(provider_of(entity_id), provider, "{entity_id}");
        }
    }
}
