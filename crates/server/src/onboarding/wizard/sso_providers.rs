//! `/s/{token}/sso/providers`: the list with search, and choosing.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use model::{Connection, ConnectionStatus, Purpose};

use super::rail::Step;
use super::see_other;
use super::sso_steps;
use super::visit::Visit;
use crate::app::App;
use crate::connection::{self, Change};
use crate::problem::Problem;
use crate::request::{Browser, Params};
use web::guide::{self, Guide, Kind, Protocol};
use web::pages::setup::SetupProviders;

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
    let view = SetupProviders::new(page, Kind::Sso, &visit.organization.name, &action, asked);
    Ok(web::respond(StatusCode::OK, &view))
}

/// Chooses a provider. The same again changes nothing; another one before going live changes the draft.
pub async fn choose(
    visit: Visit,
    Path((_, id)): Path<(String, String)>,
    State(app): State<App>,
    browser: Browser,
) -> Result<Response, Problem> {
    visit.require(Purpose::Sso)?;
    let guide = guide::sso().iter().find(|guide| guide.id == id);
    let guide = guide.ok_or_else(|| Problem::not_found("provider"))?;
    let Some(protocol) = protocol(guide) else {
        return Ok(sso_steps::instead(&app, &visit, &browser, guide));
    };
    if visit.connection.as_ref().is_some_and(|it| it.provider == guide.id) {
        return Ok(see_other(&visit.path("/sso/steps")));
    }
    let mut tx = app.write().await?;
    let kept = visit.connection.clone().filter(|it| is_draft(it) && it.protocol == protocol);
    let now = match kept {
        Some(draft) => {
            let change = Change { provider: Some(guide.id.clone()), ..Change::default() };
            connection::change(&app, &mut tx, &draft, change, &visit.actor()).await?
        }
        None => {
            if let Some(old) = visit.connection.as_ref().filter(|it| is_draft(it)) {
                connection::remove(&app, &mut tx, old, &visit.actor()).await?;
            }
            connection::draft(&app, &mut tx, &visit.organization, &guide.id, &visit.actor()).await?
        }
    };
    visit
        .keep(&mut tx, |progress| {
            progress.connection = Some(now.id.to_string());
            progress.ticked.clear();
            progress.test = None;
        })
        .await?;
    tx.commit().await?;
    Ok(see_other(&visit.path("/sso/steps")))
}

fn is_draft(connection: &Connection) -> bool {
    connection.status == ConnectionStatus::Draft
}

fn protocol(guide: &Guide) -> Option<model::Protocol> {
    match guide.protocol {
        Protocol::Saml => Some(model::Protocol::Saml),
        Protocol::Oidc => Some(model::Protocol::Oidc),
        Protocol::Scim | Protocol::File | Protocol::None => None,
    }
}
