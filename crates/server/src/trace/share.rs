//! Links that share the explanation of one sign-in: for the provider's support, say, without an account here.
//!
//! Owns how long they last, what they show and the page behind them.

use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use model::{Organization, ShareId, Token, TraceId};
use serde_json::json;
use store::share::Share;
use store::{Connected, Tx};

use super::{Explained, Show, explain};
use crate::app::App;
use crate::org::words;
use crate::problem::Problem;
use crate::rate;
use crate::request::{Browser, ClientAddress};
use web::Html;
use web::pages::person::LinkEnded;
use web::pages::trace::SharedTrace;

/// How long a link may work: hours, and in words.
pub const LIFETIMES: [(&str, &str); 4] =
    [("1", "One hour"), ("24", "One day"), ("72", "Three days"), ("168", "Seven days")];
/// The longest, in hours.
const MOST_HOURS: u64 = 168;

/// The sign-in with this reference, of this organization; anybody else's is not found.
pub async fn lookup(
    db: &mut impl Connected,
    organization: &Organization,
    reference: &str,
) -> Result<Explained, Problem> {
    let found = match reference.parse::<TraceId>() {
        Ok(id) => store::session::lookup_attempt(db, id).await?,
        Err(_) => None,
    };
    let found = found.filter(|it| it.organization_id == Some(organization.id));
    explain(db, found.ok_or_else(|| Problem::not_found("sign-in"))?).await
}

/// Makes a link; it is shown this once. Where it shows personal data, the audit log says so.
///
/// # Errors
/// A field problem for `hours`.
pub async fn make(
    app: &App,
    tx: &mut Tx,
    organization: &Organization,
    trace: TraceId,
    (hours, unmasked): (u64, bool),
    actor: &str,
) -> Result<String, Problem> {
    if !(1..=MOST_HOURS).contains(&hours) {
        return Err(Problem::field("hours", format!("expected a number from 1 to {MOST_HOURS}")));
    }
    let now = app.now();
    let it = Share {
        id: app.id(ShareId::new),
        trace_id: trace,
        organization_id: organization.id,
        unmasked,
        created_by: actor.to_owned(),
        created_at: now,
        expires_at: now.after(Duration::from_hours(hours)),
        revoked_at: None,
        opened: 0,
        last_opened_at: None,
    };
    let token = app.token("");
    store::share::add(tx, &it, &token.hash()).await?;
    let data = json!({"share_id": it.id.to_string(), "hours": hours, "unmasked": unmasked});
    app.audit(tx, actor, "sign_in.shared", Some(organization.id), Some(trace.to_string()), &data).await?;
    Ok(app.config.url(&format!("/t/{}", token.expose())))
}

/// Ends a link. One that has ended stays as it is; one of another sign-in is not found.
pub async fn revoke(
    app: &App,
    tx: &mut Tx,
    organization: &Organization,
    trace: TraceId,
    share: &str,
    actor: &str,
) -> Result<(), Problem> {
    let not_found = || Problem::not_found("shared link");
    let id: ShareId = share.parse().map_err(|_| not_found())?;
    let all = store::share::list(tx, trace).await?;
    if !all.iter().any(|it| it.id == id && it.organization_id == organization.id) {
        return Err(not_found());
    }
    if store::share::revoke(tx, trace, id, app.now()).await? {
        let data = json!({"share_id": id.to_string()});
        app.audit(tx, actor, "sign_in.unshared", Some(organization.id), Some(trace.to_string()), &data)
            .await?;
    }
    Ok(())
}

/// `GET /t/{token}`: the explanation, for whoever has the link.
pub async fn show(
    State(app): State<App>,
    browser: Browser,
    address: ClientAddress,
    Path(token): Path<String>,
) -> Result<Response, Problem> {
    rate::check(&app, &format!("shared:{address}"), rate::PER_ADDRESS).await?;
    let now = app.now();
    let hash = Token::presented(&token).hash();
    let mut db = app.read().await?;
    let share = store::share::lookup_token(&mut db, &hash).await?;
    let share = share.filter(|it| it.revoked_at.is_none() && it.expires_at > now);
    let attempt = match &share {
        Some(share) => store::session::lookup_attempt(&mut db, share.trace_id).await?,
        None => None,
    };
    let (Some(share), Some(attempt)) = (share, attempt) else { return Ok(ended(&app, &browser)) };
    let explained = explain(&mut db, attempt).await?;
    drop(db);
    let mut tx = app.write().await?;
    store::share::touch(&mut tx, share.id, now).await?;
    tx.commit().await?;
    let show = if share.unmasked { Show::All } else { Show::Masked };
    let page = SharedTrace {
        page: browser.page(&app, "A sign-in, explained"),
        it: explained.view(&app, show, show).await,
        until: words::when(share.expires_at),
    };
    Ok(unlisted(web::respond(StatusCode::OK, &page)))
}

fn ended(app: &App, browser: &Browser) -> Response {
    let title = "This link has ended";
    let page = LinkEnded {
        page: browser.page(app, title),
        title: title.to_owned(),
        text: Html::text(
            "It showed why a sign-in was refused, for a limited time. Ask whoever sent it to you for a new one.",
        ),
        renew: None,
    };
    unlisted(web::respond(StatusCode::GONE, &page))
}

/// No search engine keeps it.
fn unlisted(mut response: Response) -> Response {
    let none = HeaderValue::from_static("noindex, nofollow, noarchive");
    response.headers_mut().insert(HeaderName::from_static("x-robots-tag"), none);
    response
}
