//! Setup links that a company makes for itself.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::extract::{OriginalUri, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use model::{Purpose, SetupLink, Time, Token};
use serde_json::json;

use super::Desk;
use super::words;
use crate::app::App;
use crate::onboarding::links::{self, NewLink};
use crate::problem::Problem;
use crate::request::{FormParams, Params};
use web::pages::org::{LinkMade, LinkRow, Place};
use web::parts::{Copy, Field, Status};

/// A company's own links work for a day.
const LIFE: Duration = Duration::from_hours(24);
/// What stands on the page about single sign-on.
pub const SIGN_ON: [Purpose; 3] = [Purpose::Sso, Purpose::Domains, Purpose::Certificate];

/// `POST /setup-links` with `purpose` (`sso`, `scim`, …) and perhaps `email`.
pub async fn create(
    State(app): State<App>,
    desk: Desk,
    OriginalUri(uri): OriginalUri,
    form: FormParams,
) -> Result<Response, Problem> {
    let query = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned();
    let asked = Params(query.chain(form.0.0.iter().cloned()).collect());
    make(&app, &desk, &asked).await
}

/// Makes a link, mails it where `email` is given, and shows it this once. An operator also chooses `expires_in`
/// seconds.
///
/// # Errors
/// A field problem for `purposes`, `expires_in` or `email`; nothing was made then.
pub async fn make(app: &App, desk: &Desk, asked: &Params) -> Result<Response, Problem> {
    let purposes = links::purposes(asked.all("purpose"))?;
    let life = match asked.first("expires_in").filter(|_| desk.operator) {
        Some(seconds) => Duration::from_secs(
            seconds.parse().map_err(|_| Problem::field("expires_in", "expected a number of seconds"))?,
        ),
        None => LIFE,
    };
    let mut tx = app.write().await?;
    let house = if desk.operator { &app.brand.vendor_name } else { &desk.organization.name };
    let sender = format!("{} at {house}", desk.name);
    let by = (sender.as_str(), desk.actor.as_str());
    let new = links::create(app, &mut tx, &desk.organization, &purposes, Some(life), by).await?;
    let email = asked.first("email").map(str::trim).filter(|e| !e.is_empty());
    if let Some(email) = email {
        links::send(app, &mut tx, &desk.organization, &new, email).await?;
    }
    tx.commit().await?;
    Ok(made(app, desk, &new, email.map(ToOwned::to_owned), Field::default(), StatusCode::OK))
}

/// `POST /setup-links/{link}/send` with `email` and the link itself as `url`: only who still has it can mail it.
pub async fn send(
    State(app): State<App>,
    desk: Desk,
    Path(params): Path<BTreeMap<String, String>>,
    form: FormParams,
) -> Result<Response, Problem> {
    let not_found = || Problem::not_found("setup link");
    let url = form.first("url").unwrap_or_default();
    let token = url.rsplit_once("/s/").map_or("", |(_, token)| token);
    let mut tx = app.write().await?;
    let found = store::link::lookup_token(&mut tx, &Token::presented(token).hash()).await?;
    let link = found
        .filter(|link| link.organization_id == desk.organization.id)
        .filter(|link| params.get("link").is_some_and(|id| *id == link.id.to_string()))
        .filter(|link| works(link, app.now()))
        .ok_or_else(not_found)?;
    let new = NewLink { url: app.config.url(&format!("/s/{token}")), link };
    let email = form.first("email").map(str::trim).unwrap_or_default();
    match links::send(&app, &mut tx, &desk.organization, &new, email).await {
        Ok(()) => {
            let target = Some(new.link.id.to_string());
            let organization = Some(desk.organization.id);
            app.audit(&mut tx, &desk.actor, "setup_link.sent", organization, target, &json!({"to": email}))
                .await?;
            tx.commit().await?;
            Ok(made(&app, &desk, &new, Some(email.to_owned()), Field::default(), StatusCode::OK))
        }
        Err(problem) if problem.status.is_server_error() => Err(problem),
        Err(problem) => {
            drop(tx);
            let words = problem.fields.first().map_or(problem.detail.clone(), |f| sentence(&f.problem));
            Ok(made(&app, &desk, &new, None, Field::wrong(email, words), problem.status))
        }
    }
}

fn made(
    app: &App,
    desk: &Desk,
    new: &NewLink,
    sent_to: Option<String>,
    email: Field,
    status: StatusCode,
) -> Response {
    let (what, company) = (links::what(&new.link), &desk.organization.name);
    let place = if new.link.purposes.contains(&Purpose::Sso) { Place::SignOn } else { Place::Directory };
    let page = LinkMade {
        page: desk.page(app, "Setup link", place),
        title: format!("A link to set up {what}"),
        url: Copy::new("url", "Setup link", new.url.clone()),
        allows: format!("set up {what} for {company}, and nothing else"),
        until: words::when(new.link.expires_at),
        sent_to,
        send_action: Some(desk.at(&format!("setup-links/{}/send", new.link.id))),
        email,
        back: back(desk, &new.link),
    };
    web::respond(status, &page)
}

/// The page that lists this link.
fn back(desk: &Desk, link: &SetupLink) -> String {
    if desk.operator {
        format!("/console/organizations/{}", desk.organization.id)
    } else if link.purposes.iter().any(|p| SIGN_ON.contains(p)) {
        desk.at("sign-on")
    } else {
        desk.at("directory")
    }
}

/// A problem of a field as a sentence.
pub fn sentence(problem: &str) -> String {
    let mut letters = problem.chars();
    let first = letters.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    let end = if problem.ends_with(['.', '?']) { "" } else { "." };
    format!("{first}{}{end}", letters.as_str())
}

/// The same with the names of the API as the labels that people see, quoted.
pub fn labelled(problem: &str, labels: &[(&str, &str)]) -> String {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut out = String::new();
    let mut rest = problem;
    while let Some(at) = rest.find(is_name) {
        let (before, from) = rest.split_at(at);
        let (word, after) = from.split_at(from.find(|c| !is_name(c)).unwrap_or(from.len()));
        out.push_str(before);
        // What stands in quotes is what was typed.
        match labels.iter().find(|(name, _)| *name == word).filter(|_| !before.ends_with(['“', '"'])) {
            Some((_, label)) => out.extend(["“", label, "”"]),
            None => out.push_str(word),
        }
        rest = after;
    }
    out.push_str(rest);
    sentence(&out)
}

/// `POST /setup-links/{link}/revoke`.
pub async fn revoke(
    State(app): State<App>,
    desk: Desk,
    Path(params): Path<BTreeMap<String, String>>,
    _form: FormParams,
) -> Result<Response, Problem> {
    let not_found = || Problem::not_found("setup link");
    let id = params.get("link").and_then(|id| id.parse().ok()).ok_or_else(not_found)?;
    let mut tx = app.write().await?;
    links::revoke(&app, &mut tx, desk.organization.id, id, &desk.actor).await?;
    let link = store::link::lookup(&mut tx, id).await?.ok_or_else(not_found)?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("{}?done=revoked", back(&desk, &link))).into_response())
}

/// Links of the company with one of these purposes.
pub async fn rows(app: &App, desk: &Desk, purposes: &[Purpose]) -> Result<Vec<LinkRow>, Problem> {
    let all = store::link::list(&mut app.read().await?, desk.organization.id).await?;
    let fits = |link: &&SetupLink| link.purposes.iter().any(|p| purposes.contains(p));
    Ok(all.iter().filter(fits).take(20).map(|link| row(link, desk, app.now())).collect())
}

/// Whether the link still opens the wizard.
fn works(link: &SetupLink, now: Time) -> bool {
    link.revoked_at.is_none() && link.expires_at > now
}

fn row(link: &SetupLink, desk: &Desk, now: Time) -> LinkRow {
    let works = works(link, now);
    LinkRow {
        purpose: sentence(&links::what(link)).trim_end_matches('.').to_owned(),
        made: format!("{}, {}", link.created_by, words::when(link.created_at).text),
        sent_to: link.sent_to.clone().unwrap_or_default(),
        opened: used(link),
        status: match (link.revoked_at, works) {
            (_, true) => Status::ok(format!("Works until {}", words::when(link.expires_at).text)),
            (Some(at), false) => Status::stopped(format!("Revoked {}", words::when(at).text)),
            (None, false) => Status::stopped(format!("Ended {}", words::when(link.expires_at).text)),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_is_told_by_the_labels_that_people_see() {
        let labels =
            [("jwks", "Its public keys"), ("jwks_uri", "Where it publishes its keys"), ("off", "Never")];
        for (problem, told) in [
            (
                "jwks_uri cannot stand beside jwks",
                "“Where it publishes its keys” cannot stand beside “Its public keys”.",
            ),
            (
                "expected off, received “off” of jwks.",
                "Expected “Never”, received “off” of “Its public keys”.",
            ),
            ("offset", "Offset."),
            ("", "."),
        ] {
            assert_eq!(labelled(problem, &labels), told);
        }
    }
}
