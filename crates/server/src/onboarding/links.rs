//! Setup links: made, mailed, revoked. The token is shown once, in the link.

use std::time::Duration;

use axum::http::StatusCode;
use model::{LinkId, NewEvent, Organization, OrganizationId, Purpose, SetupLink, Token};
use serde_json::json;
use store::Tx;

use crate::app::App;
use crate::mail::{self, To};
use crate::problem::Problem;
use web::mail_layout::{Letter, Link};

/// The shortest and the longest life of a link.
const LIFE: std::ops::RangeInclusive<u64> = 60..=60 * 60 * 24 * 90;

/// A link just made. The address is known only now.
#[derive(Debug, Clone)]
pub struct NewLink {
    /// What was stored.
    pub link: SetupLink,
    /// What to give to the customer's IT admin.
    pub url: String,
}

/// Makes a link for an organization. `created_by` is how pages and mails name the sender, whole: "Maren Okafor at
/// Northwind Privacy"; `actor` goes to the log.
///
/// # Errors
/// A field problem when there is no purpose or the life is out of bounds.
pub async fn create(
    app: &App,
    tx: &mut Tx,
    organization: &Organization,
    purposes: &[Purpose],
    life: Option<Duration>,
    (created_by, actor): (&str, &str),
) -> Result<NewLink, Problem> {
    if purposes.is_empty() {
        return Err(Problem::field(
            "purposes",
            "a setup link needs at least one of sso, scim, domains, csv, certificate",
        ));
    }
    let life = life.unwrap_or(app.config.limits.setup_link);
    if !LIFE.contains(&life.as_secs()) {
        return Err(Problem::field(
            "expires_in",
            "expected between 60 seconds and 90 days (7776000 seconds)",
        ));
    }
    let mut purposes = purposes.to_vec();
    purposes.sort_unstable();
    purposes.dedup();
    let token = app.token("");
    let now = app.now();
    let link = SetupLink {
        id: app.id(LinkId::new),
        organization_id: organization.id,
        purposes,
        created_by: created_by.to_owned(),
        progress: "{}".to_owned(),
        created_at: now,
        expires_at: now.after(life),
        revoked_at: None,
        first_used_at: None,
        last_used_at: None,
        last_used_from: None,
        sent_to: None,
    };
    store::link::add(tx, &link, &token.hash()).await?;
    let data = json!({"setup_link_id": link.id.to_string(), "purposes": names(&link), "expires_at": link.expires_at.to_string()});
    app.append(tx, event("setup_link.created", organization.id, &data));
    app.audit(tx, actor, "setup_link.created", Some(organization.id), Some(link.id.to_string()), &data)
        .await?;
    Ok(NewLink { url: url(app, &token), link })
}

/// Ends a link now. Ending it twice is no error.
///
/// # Errors
/// Not found when it is not this organization's.
pub async fn revoke(
    app: &App,
    tx: &mut Tx,
    organization: OrganizationId,
    id: LinkId,
    actor: &str,
) -> Result<(), Problem> {
    let link = store::link::lookup(tx, id).await?.filter(|link| link.organization_id == organization);
    link.ok_or_else(|| Problem::not_found("setup link"))?;
    if store::link::revoke(tx, organization, id, app.now()).await? {
        let data = json!({"setup_link_id": id.to_string()});
        app.append(tx, event("setup_link.revoked", organization, &data));
        app.audit(tx, actor, "setup_link.revoked", Some(organization), Some(id.to_string()), &data).await?;
    }
    Ok(())
}

/// Mails a link that was just made.
///
/// # Errors
/// A field problem when `to` is no address.
pub async fn send(
    app: &App,
    tx: &mut Tx,
    organization: &Organization,
    new: &NewLink,
    to: &str,
) -> Result<(), Problem> {
    let address = profile::email::parse(to).ok().flatten();
    let address =
        address.ok_or_else(|| Problem::field("email", "expected an address such as it@acme.example"))?;
    store::link::set_sent_to(tx, new.link.id, &address).await?;
    let vendor = &app.brand.vendor_name;
    let letter = Letter {
        subject: format!("Set up {} for {}", what(&new.link), organization.name),
        preview: format!("{} invites you to connect {} with {vendor}.", new.link.created_by, organization.name),
        heading: format!("Set up {} for {}", what(&new.link), organization.name),
        paragraphs: vec![
            format!("{} invites you to connect {} with {vendor}.", new.link.created_by, organization.name),
            "The link below leads you through it step by step. You need no account here, and nothing changes for anybody until your last step.".to_owned(),
        ],
        button: Some(Link::new("Begin the setup", new.url.clone())),
        button_note: format!("The link works until {} (UTC). Whoever has it can do the setup, so pass it on only to the person who should.", day(new.link.expires_at)),
        small: Vec::new(),
        reason: format!("You receive this because {} entered your address at {vendor}.", new.link.created_by),
        opt_out: None,
    };
    mail::write(app, tx, To::new("setup_link", address).of(organization.id), &letter).await
}

/// Reads purposes as the API and forms name them.
///
/// # Errors
/// A field problem that names the one that is not known.
pub fn purposes<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<Vec<Purpose>, Problem> {
    names
        .into_iter()
        .map(|name| name.parse().map_err(|e| Problem::field("purposes", format!("{e}"))))
        .collect()
}

/// The link a token opens, if it still works.
///
/// # Errors
/// 404 for an unknown token, 410 for an ended one, with whom to ask.
pub async fn open(
    app: &App,
    db: &mut impl store::Connected,
    token: &str,
) -> Result<(SetupLink, Organization), Problem> {
    let found = store::link::lookup_token(db, &Token::presented(token).hash()).await?;
    let link = working(app, found)?;
    let organization = store::organization::lookup(db, link.organization_id).await?;
    Ok((link, organization.ok_or_else(|| Problem::not_found("organization"))?))
}

/// The link, if there is one and it still works.
///
/// # Errors
/// 404 for none, 410 for an ended one, with whom to ask.
pub fn working(app: &App, found: Option<SetupLink>) -> Result<SetupLink, Problem> {
    let ended = |code, title: &str| {
        let detail = format!(
            "Ask your contact at {} for a new one. What you had filled in is kept and waits for the next link.",
            app.brand.vendor_name
        );
        Problem::new(StatusCode::GONE, code, title, detail)
    };
    let Some(link) = found else {
        return Err(Problem::new(
            StatusCode::NOT_FOUND,
            "setup_link_unknown",
            "This setup link is not known here",
            format!(
                "Part of the address may be missing. Open it from the mail again, or ask your contact at {} for a new one.",
                app.brand.vendor_name
            ),
        ));
    };
    if link.revoked_at.is_some() {
        return Err(ended("setup_link_revoked", "This setup link was taken back"));
    }
    if link.expires_at <= app.now() {
        return Err(ended("setup_link_expired", "This setup link has ended"));
    }
    Ok(link)
}

fn url(app: &App, token: &Token) -> String {
    app.config.url(&format!("/s/{}", token.expose()))
}

fn names(link: &SetupLink) -> Vec<&'static str> {
    link.purposes.iter().map(|p| p.as_str()).collect()
}

/// What a link sets up, in words.
pub fn what(link: &SetupLink) -> String {
    let names: Vec<&str> = link
        .purposes
        .iter()
        // Proving domains is part of single sign-on.
        .filter(|p| **p != Purpose::Domains || !link.purposes.contains(&Purpose::Sso))
        .map(|p| match p {
            Purpose::Sso => "single sign-on",
            Purpose::Scim => "directory sync",
            Purpose::Domains => "domains",
            Purpose::Csv => "a file of people",
            Purpose::Certificate => "a new certificate",
        })
        .collect();
    match names.as_slice() {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

fn day(time: model::Time) -> String {
    time.to_jiff().strftime("%-d %B %Y, %H:%M").to_string()
}

fn event(kind: &'static str, organization: OrganizationId, data: &serde_json::Value) -> NewEvent {
    NewEvent { kind, organization_id: Some(organization), member_id: None, data: data.to_string() }
}
