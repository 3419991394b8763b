//! Setup links that a company makes for itself.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::extract::{OriginalUri, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use model::{Purpose, SetupLink, Time};

use super::Desk;
use super::words;
use crate::app::App;
use crate::onboarding::links;
use crate::problem::Problem;
use crate::request::{FormParams, Params};
use web::pages::org::{LinkMade, LinkRow, Place};
use web::parts::{Copy, Field, Status};

/// A company's own links work for a day.
const LIFE: Duration = Duration::from_hours(24);

/// `POST /setup-links` with `purpose` (`sso`, `scim`, …) and perhaps `email`; an operator also chooses
/// `expires_in` seconds.
pub async fn create(
    State(app): State<App>,
    desk: Desk,
    OriginalUri(uri): OriginalUri,
    form: FormParams,
) -> Result<Response, Problem> {
    let query = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned();
    let asked = Params(query.chain(form.0.0.iter().cloned()).collect());
    let purposes = links::purposes(asked.all("purpose"))?;
    let life = match form.first("expires_in").and_then(|seconds| seconds.parse().ok()) {
        Some(seconds) if desk.operator => Duration::from_secs(seconds),
        _ => LIFE,
    };
    let mut tx = app.write().await?;
    let house = if desk.operator { &app.brand.vendor_name } else { &desk.organization.name };
    let sender = format!("{} at {house}", desk.name);
    let by = (sender.as_str(), desk.actor.as_str());
    let new = links::create(&app, &mut tx, &desk.organization, &purposes, Some(life), by).await?;
    let email = form.first("email").map(str::trim).filter(|e| !e.is_empty());
    if let Some(email) = email {
        links::send(&app, &mut tx, &desk.organization, &new, email).await?;
    }
    tx.commit().await?;
    let page = LinkMade {
        page: desk.page(&app, "Setup link", Place::SignOn).await?,
        title: format!("A link to set up {}", links::what(&new.link)),
        url: Copy::new("url", "Setup link", new.url).hint("It is shown this once. Whoever has it can do the setup, so give it only to the person who should."),
        allows: format!("It opens the setup of {} for {}.", links::what(&new.link), desk.organization.name),
        until: words::when(new.link.expires_at),
        sent_to: email.map(ToOwned::to_owned),
        send_action: None,
        email: Field::default(),
        back: desk.at(if purposes.contains(&Purpose::Sso) { "sign-on" } else { "directory" }),
    };
    Ok(web::respond(StatusCode::OK, &page))
}

/// `POST /setup-links/{link}/revoke`.
pub async fn revoke(
    State(app): State<App>,
    desk: Desk,
    Path(params): Path<BTreeMap<String, String>>,
    _form: FormParams,
) -> Result<Response, Problem> {
    let id =
        params.get("link").and_then(|id| id.parse().ok()).ok_or_else(|| Problem::not_found("setup link"))?;
    let mut tx = app.write().await?;
    links::revoke(&app, &mut tx, desk.organization.id, id, &desk.actor).await?;
    tx.commit().await?;
    Ok(Redirect::to(&desk.at("sign-on")).into_response())
}

/// Links of the company with one of these purposes.
pub async fn rows(app: &App, desk: &Desk, purposes: &[Purpose]) -> Result<Vec<LinkRow>, Problem> {
    let all = store::link::list(&mut app.read().await?, desk.organization.id).await?;
    let fits = |link: &&SetupLink| link.purposes.iter().any(|p| purposes.contains(p));
    Ok(all.iter().filter(fits).take(20).map(|link| row(link, desk, app.now())).collect())
}

fn row(link: &SetupLink, desk: &Desk, now: Time) -> LinkRow {
    let works = link.revoked_at.is_none() && link.expires_at > now;
    LinkRow {
        purpose: format!("{}, made by {}", links::what(link), link.created_by),
        sent_to: String::new(),
        opened: used(link),
        status: match (works, link.revoked_at) {
            (true, _) => Status::ok(format!("works until {}", words::when(link.expires_at).text)),
            (false, Some(_)) => Status::stopped("revoked"),
            (false, None) => Status::stopped("ended"),
        },
        revoke: works.then(|| desk.at(&format!("setup-links/{}/revoke", link.id))),
    }
}

/// Who used the link and when, as far as a link can tell: opening it is no use, a first act in it is.
fn used(link: &SetupLink) -> String {
    let (Some(first), Some(last)) = (link.first_used_at, link.last_used_at) else {
        return "not used yet".to_owned();
    };
    let from = link.last_used_from.as_deref().filter(|from| !from.is_empty()).unwrap_or("an unknown address");
    format!("first used {}, last {} from {from}", words::when(first).text, words::when(last).text)
}
