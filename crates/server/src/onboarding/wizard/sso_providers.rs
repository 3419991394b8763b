//! `/s/{token}/sso/providers`: the list with search, and choosing.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use model::{Connection, ConnectionStatus, Purpose};

use super::rail::Step;
use super::renew::provider;
use super::sso_steps;
use super::visit::{Visit, connection_of};
use super::{Form, see_other};
use crate::app::App;
use crate::connection::{self, Change};
use crate::problem::Problem;
use crate::request::{Browser, Params};
use web::guide::{self, Guide, Kind, Protocol};
use web::pages::setup::{SetupChoose, SetupProviders};
use web::parts::Person;

/// The list, searched by `?q=`.
pub async fn list(
    visit: Visit,
    query: Params,
    State(app): State<App>,
    browser: Browser,
) -> Result<Response, Problem> {
    visit.require(Purpose::Sso)?;
    let page = visit.page(&app, &browser, "Choose your identity provider", Some(Step::Provider));
    let action = visit.path("/sso/providers");
    let asked = query.first("q").unwrap_or_default();
    let mut view = SetupProviders::new(page, Kind::Sso, &visit.organization.name, &action, asked);
    view.live = visit.live.iter().map(|it| (it.id.to_string(), provider(it).to_owned())).collect();
    view.change = visit.path("/sso/change");
    Ok(web::respond(StatusCode::OK, &view))
}

/// A provider by its address: what choosing it changes, and the button; or what to do instead of it.
pub async fn look(
    visit: Visit,
    Path((_, id)): Path<(String, String)>,
    State(app): State<App>,
    browser: Browser,
) -> Result<Response, Problem> {
    visit.require(Purpose::Sso)?;
    let guide = known(&id)?;
    if protocol(guide).is_none() {
        return Ok(sso_steps::instead(&app, &visit, &browser, guide));
    }
    if visit.connection.as_ref().is_some_and(|it| it.provider == guide.id) {
        return Ok(see_other(&visit.path("/sso/steps")));
    }
    let title = format!("Set up {}", guide.named_with(" with "));
    let replaces = match (&visit.connection, visit.sso_guide()) {
        (Some(it), Some(other)) if is_draft(it) => {
            format!(" It takes the place of {}, which is not live yet.", other.name)
        }
        _ => String::new(),
    };
    let page = SetupChoose {
        page: visit.page(&app, &browser, &title, Some(Step::Provider)),
        provider: Person::thing(&guide.name, guide.protocol.label(), &guide.mark, guide.hue),
        title,
        effect: format!(
            "You get the steps written for {}.{replaces} Nothing changes for your colleagues before the last step.",
            guide.name
        ),
        action: visit.path(&format!("/sso/providers/{id}")),
        label: format!("Choose {}", guide.name),
        back: visit.path("/sso/providers"),
    };
    Ok(web::respond(StatusCode::OK, &page))
}

/// Chooses a provider. The same again changes nothing; another one before going live changes the draft.
pub async fn choose(
    visit: Visit,
    Path((_, id)): Path<(String, String)>,
    State(app): State<App>,
    _form: Form,
) -> Result<Response, Problem> {
    visit.require(Purpose::Sso)?;
    let guide = known(&id)?;
    let Some(protocol) = protocol(guide) else {
        return Ok(see_other(&visit.path(&format!("/sso/providers/{id}"))));
    };
    let mut held = visit.hold(&app).await?;
    let current = connection_of(&mut held.tx, &visit.organization, &held.progress).await?;
    if current.as_ref().is_none_or(|it| it.provider != guide.id) {
        let (tx, actor) = (&mut held.tx, visit.actor());
        let now = match current.filter(is_draft) {
            Some(draft) if draft.protocol == protocol => {
                let change = Change { provider: Some(guide.id.clone()), ..Change::default() };
                connection::change(&app, tx, &draft, change, &actor).await?
            }
            old => {
                if let Some(old) = old {
                    connection::remove(&app, tx, &old, &actor).await?;
                }
                connection::draft(&app, tx, &visit.organization, &guide.id, &actor).await?
            }
        };
        held.progress.connection = Some(now.id.to_string());
        held.progress.ticked.clear();
        held.progress.test = None;
    }
    held.commit().await?;
    Ok(see_other(&visit.path("/sso/steps")))
}

fn known(id: &str) -> Result<&'static Guide, Problem> {
    let found = guide::sso().iter().find(|guide| guide.id == id);
    found.ok_or_else(|| Problem::not_found("provider"))
}

fn is_draft(connection: &Connection) -> bool {
    connection.status == ConnectionStatus::Draft
}

fn protocol(guide: &Guide) -> Option<model::Protocol> {
    match guide.protocol {
        Protocol::Saml => Some(model::Protocol::Saml),
        Protocol::Oidc => Some(model::Protocol::Oidc),
        Protocol::Scim | Protocol::Pull | Protocol::File | Protocol::None => None,
    }
}
