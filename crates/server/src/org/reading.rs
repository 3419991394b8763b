//! How what providers publish is read, on the page about single sign-on.

use std::collections::HashMap;

use model::{Connection, ConnectionId, ConnectionStatus, OrganizationId, Protocol, Time};
use web::Html;
use web::pages::org::{Act, ConnectionCard};
use web::parts::{Notice, Tone};

use super::Desk;
use super::trust::connection_card;
use crate::app::App;
use crate::care::{self, Held, State as Care};
use crate::connection::{self, Settings};
use crate::problem::Problem;
use crate::rate;
use crate::request::FormParams;
use crate::trace::provider;

/// What is known of a company's connections, at a moment.
pub struct Known {
    states: HashMap<ConnectionId, Care>,
    now: Time,
}

impl Known {
    /// Reads it.
    pub async fn of(
        db: &mut impl store::Connected,
        organization: OrganizationId,
        now: Time,
    ) -> Result<Self, Problem> {
        Ok(Self { states: care::all_of(db, organization).await?, now })
    }

    /// What needs attention.
    pub fn notices(&self, all: &[Connection]) -> Vec<Notice> {
        let of_care = all.iter().filter_map(|it| care::notice(it, self.states.get(&it.id)?, self.now));
        all.iter().filter_map(forgeable).chain(of_care).collect()
    }

    /// The connections on a page.
    pub fn cards(&self, all: &[Connection], desk: &Desk) -> Vec<ConnectionCard> {
        all.iter().map(|it| connection_card(it, self.states.get(&it.id), desk, self.now)).collect()
    }
}

/// A connection whose answers can be forged.
fn forgeable(it: &Connection) -> Option<Notice> {
    if !matches!(Settings::of(it), Some(Settings::Saml(saml)) if saml.allow_sha1) {
        return None;
    }
    let title = format!("Answers of {} may be signed with SHA-1", provider(&it.provider));
    let text = "Such a signature can be forged, so that a stranger could sign in as anybody. Switch the provider to \
                SHA-256, and take the exception back.";
    Some(Notice::new(Tone::Bad, title, text))
}

/// What our requests ask for, with the operators' page about it.
pub(super) fn requests_fact(it: &Connection, desk: &Desk) -> Option<(String, Html)> {
    let Some(Settings::Saml(saml)) = Settings::of(it).filter(|_| desk.operator) else { return None };
    let how = if saml.want_signed_requests { "Signed" } else { "Not signed" };
    let by = saml.sign_in_endpoint().map_or("", |to| connection::requests::binding_name(&to.binding));
    let at = requests_at(it, desk)?;
    Some(("Sign-in requests".to_owned(), Html::link(&at, &format!("{how}, by {by}"))))
}

/// The operators' page about what our requests ask for, where there are such settings.
pub(super) fn requests_at(it: &Connection, desk: &Desk) -> Option<String> {
    let has = desk.operator && it.protocol == Protocol::Saml && Settings::of(it).is_some();
    has.then(|| format!("/console/organizations/{}/connections/{}/requests", it.organization_id, it.id))
}

/// What can be done about the provider's documents.
pub(super) fn reading_acts(
    it: &Connection,
    known: Option<&Care>,
    act: &dyn Fn(&str, &str, &str) -> Act,
) -> Vec<Act> {
    let readable = match Settings::of(it) {
        Some(Settings::Saml(saml)) => saml.metadata_url.is_some(),
        Some(Settings::Oidc(_)) => true,
        None => false,
    };
    let mut acts = Vec::new();
    if let Some((Held::Addresses(moved), digest)) =
        known.and_then(|s| Some((s.held.as_ref()?, s.held_digest())))
    {
        let at: Vec<&str> = moved.sso.iter().map(|it| it.location.as_str()).collect();
        let effect = format!("From then on people sign in at {}.", at.join(", "));
        let mut take = act("accept", "Take the new addresses over", &effect);
        take.field.1 = format!("{}:{digest}", it.id);
        acts.push(take);
    }
    if readable && it.status != ConnectionStatus::Draft {
        acts.push(act("refresh", "Read again now", "What the provider publishes is read at this moment."));
    }
    acts
}

/// `refresh` with a connection's id, or `accept` with the id and the name of the changes that were looked at.
pub(super) async fn reading_act(
    app: &App,
    desk: &Desk,
    form: &FormParams,
) -> Result<Option<&'static str>, Problem> {
    let (id, changes) = match (form.first("refresh"), form.first("accept")) {
        (Some(id), _) => (id, None),
        (None, Some(both)) => both.split_once(':').map_or((both, Some("")), |(id, it)| (id, Some(it))),
        (None, None) => return Ok(None),
    };
    let id = id.parse().map_err(|_| Problem::not_found("connection"))?;
    let it = connection::get(&mut app.read().await?, desk.organization.id, id).await?;
    if let Some(changes) = changes {
        care::accept(app, &it, changes, &desk.actor).await?;
        return Ok(Some("accepted"));
    }
    rate::check(app, &format!("refresh:{}", desk.organization.id), rate::LOOKS).await?;
    let state = care::look_now(app, &it).await?;
    Ok(Some(if state.error.is_none() { "read" } else { "unread" }))
}
