//! Whether the session that is there answers what the application asks (OpenID Connect Core 3.1.2.1 and 3.1.2.3).
//!
//! Owns `prompt`, `max_age`, `acr_values`, the person that `id_token_hint` or `claims` names, `organization`, `connection`
//! and `domain_hint`. A session that does not answer leads to one
//! sign-in; if that does not answer either, the application is told, so that nobody goes in circles.

use std::time::Duration;

use model::{ConnectionId, DomainStatus, OrganizationId, Time};
use oidc::provider::{AuthorizeRequest, ErrorCode, OAuthError, verify_id_token_hint};

use super::keys;
use super::mark::{Mark, Wishes};
use crate::app::App;
use crate::problem::Problem;
use crate::request::SignedIn;

/// How far the clock of an identity provider may be behind ours.
const SKEW: Duration = Duration::from_mins(1);

/// What the request demands of a session.
#[derive(Debug, Default)]
pub struct Asked {
    organization: Option<OrganizationId>,
    connection: Option<ConnectionId>,
    subject: Option<String>,
    anew: bool,
    max_age: Option<Duration>,
    acr: Vec<String>,
    acr_essential: bool,
    silent: bool,
    /// Whose identity provider the sign-in leads to, by `domain_hint`.
    pub hinted: Option<OrganizationId>,
}

/// What to do.
#[derive(Debug)]
pub enum Verdict<'a> {
    /// The session answers.
    Enough(&'a SignedIn),
    /// A sign-in is needed; `anew` where a session is there and not enough.
    SignIn {
        /// Do not be content with the session that is there.
        anew: bool,
    },
    /// Tell the application.
    Refuse(OAuthError),
}

impl Asked {
    /// Reads what the request demands; an inner error is for the application.
    pub async fn read(app: &App, request: &AuthorizeRequest) -> Result<Result<Self, OAuthError>, Problem> {
        let wrong = |why: &str| Ok(Err(OAuthError::new(ErrorCode::InvalidRequest, why)));
        let mut it = Self {
            anew: request.prompt.login || request.prompt.select_account,
            max_age: request.max_age.map(|seconds| Duration::from_secs(seconds.into())),
            silent: request.prompt.none,
            acr: [request.claims.acr.as_slice(), &request.acr_values].concat(),
            acr_essential: request.claims.acr_essential,
            subject: request.claims.subject.clone(),
            ..Self::default()
        };
        if it.acr_essential {
            it.acr.clone_from(&request.claims.acr);
        }
        if let Some(id) = &request.organization {
            let Ok(id) = id.parse() else { return wrong("organization must be the id of an organization.") };
            if store::organization::lookup(&mut app.read().await?, id).await?.is_none() {
                return wrong("There is no organization with this id.");
            }
            it.organization = Some(id);
        }
        if let Some(id) = &request.connection {
            let Ok(id) = id.parse() else { return wrong("connection must be the id of a connection.") };
            it.connection = Some(id);
        }
        if let Some(hint) = &request.id_token_hint {
            let ring = keys::ring(app).await?;
            match verify_id_token_hint(hint, &ring.public, &app.config.issuer()) {
                Ok(hint) if it.subject.as_ref().is_some_and(|other| *other != hint.subject) => {
                    return wrong("id_token_hint and claims name different people.");
                }
                Ok(hint) => it.subject = Some(hint.subject),
                Err(_) => return wrong("id_token_hint is not an ID token of ours."),
            }
        }
        if let Some(name) = request.domain_hint.as_deref().filter(|_| it.organization.is_none()) {
            let name = name.trim_start_matches('@').to_ascii_lowercase();
            let found = store::domain::lookup_name(&mut app.read().await?, &name).await?;
            it.hinted = found.filter(|d| d.status == DomainStatus::Verified).map(|d| d.organization_id);
        }
        Ok(Ok(it))
    }

    /// What the sign-in is asked for that the session does not answer; `there` where a session is there and too old.
    /// Where none is, `max_age` forces nobody yet: the identity provider may have a session that is young enough.
    pub fn wishes(&self, there: bool) -> Wishes {
        Wishes { anew: self.anew || (there && self.max_age.is_some()), acr_values: self.acr.clone() }
    }

    /// Whether the class of the session is one that was asked for. A voluntary wish is passed on once, and only where
    /// there is an identity provider to hear it.
    fn lacks_class(&self, it: &SignedIn, mark: Option<&Mark>) -> bool {
        let session = &it.session;
        if self.acr.is_empty() || session.acr.as_ref().is_some_and(|acr| self.acr.contains(acr)) {
            return false;
        }
        let asked = self.silent || mark.is_some_and(|mark| session.created_at >= mark.since);
        self.acr_essential || (session.connection_id.is_some() && !asked)
    }

    /// Why the session does not answer, with the error for an application when no sign-in mends it.
    fn lacks(&self, it: &SignedIn, active: bool, mark: Option<&Mark>, now: Time) -> Option<OAuthError> {
        let session = &it.session;
        let denied = |why: &str| Some(OAuthError::new(ErrorCode::AccessDenied, why));
        if !active {
            return denied("The person is not an active member of the organization.");
        }
        if self.organization.is_some() && session.organization_id != self.organization {
            return denied("The person signed in, but not to the organization that was asked for.");
        }
        if self.connection.is_some() && session.connection_id != self.connection {
            return denied("The person signed in, but not through the connection that was asked for.");
        }
        if self.subject.as_ref().is_some_and(|subject| *subject != it.account.id.to_string()) {
            return denied("Another person than the one of id_token_hint signed in.");
        }
        let for_this = mark.is_some_and(|mark| session.auth_at >= mark.since.before(SKEW));
        let young = self.max_age.is_none_or(|age| now.since(session.auth_at) <= age);
        if !for_this && (self.anew || !young) {
            let why = "The identity provider did not ask the person to sign in again.";
            return Some(OAuthError::new(ErrorCode::LoginRequired, why));
        }
        if self.lacks_class(it, mark) {
            let why = "The person did not sign in in one of the ways that acr names as essential.";
            return Some(OAuthError::new(ErrorCode::UnmetAuthenticationRequirements, why));
        }
        None
    }
}

/// Judges the session of the browser. `active` tells whether its person may still use applications.
pub fn judge<'a>(
    asked: &Asked,
    signed_in: Option<&'a SignedIn>,
    active: bool,
    mark: Option<&Mark>,
    now: Time,
) -> Verdict<'a> {
    let login_required = || {
        Verdict::Refuse(OAuthError::new(
            ErrorCode::LoginRequired,
            "A page is needed to sign in, and prompt=none forbids it.",
        ))
    };
    let Some(it) = signed_in else {
        return if asked.silent { login_required() } else { Verdict::SignIn { anew: asked.anew } };
    };
    match asked.lacks(it, active, mark, now) {
        None => Verdict::Enough(it),
        Some(_) if asked.silent => login_required(),
        Some(error) if mark.is_some_and(|mark| it.session.created_at >= mark.since) => {
            // What the identity provider had was too old: now the person is asked to prove it again, once.
            if error.code == ErrorCode::LoginRequired && mark.is_some_and(|mark| !mark.anew) {
                return Verdict::SignIn { anew: true };
            }
            Verdict::Refuse(error)
        }
        Some(_) => Verdict::SignIn { anew: true },
    }
}
