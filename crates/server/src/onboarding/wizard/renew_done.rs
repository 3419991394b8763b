//! `/s/{token}/certificate/done`: the receipt of a renewal, and the way back to what was in use before.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use model::{Connection, Purpose, Time};
use store::connection_draft::Version;

use super::progress::Replaced;
use super::renew::{certificate, provider};
use super::visit::Visit;
use super::{Form, see_other, when};
use crate::app::App;
use crate::connection::{self, Settings, beside};
use crate::problem::Problem;
use crate::request::Browser;
use web::html::Html;
use web::pages::setup::{ReceiptRow, SetupLive};
use web::parts::Status;

/// The receipt.
pub async fn show(visit: Visit, browser: Browser, State(app): State<App>) -> Result<Response, Problem> {
    visit.require(Purpose::Certificate)?;
    let Some(replaced) = &visit.progress.replaced else { return Ok(see_other(&visit.path("/certificate"))) };
    let id = replaced.connection.parse().map_err(|_| Problem::not_found("connection"))?;
    let mut db = app.read().await?;
    let it = connection::get(&mut db, visit.organization.id, id).await?;
    let before = beside::versions(&mut db, it.id).await?.into_iter().next();
    drop(db);
    let before = before.filter(|version| version.id.to_string() == replaced.version);
    let provider = provider(&it);
    let in_use = before.is_some();
    let name = &visit.organization.name;
    let page = SetupLive {
        page: visit.page(&app, &browser, "The new values are in use", None),
        title: if in_use {
            format!("{name} now signs in with the new values of {provider}")
        } else {
            format!("The values of {provider} were changed once more since")
        },
        lede: format!("Here is the receipt. {} sees the same.", app.brand.vendor_name),
        receipt: format!("Sign-in of {name} through {provider}"),
        status: if in_use { Status::ok("In use") } else { Status::stopped("Replaced since") },
        rows: rows(&it, (replaced, before.as_ref()), app.now()),
        next: Vec::new(),
        primary: ("Look at what is in use today".to_owned(), visit.path("/certificate")),
        waiting: None,
        here: String::new(),
        undo_effect: String::new(),
        undo: in_use.then(|| ("Put the values before back".to_owned(), visit.path("/certificate/restore"))),
    };
    Ok(web::respond(StatusCode::OK, &page))
}

fn rows(it: &Connection, (replaced, before): (&Replaced, Option<&Version>), now: Time) -> Vec<ReceiptRow> {
    let of = |config: &str| Settings::of(&Connection { config: config.to_owned(), ..it.clone() });
    let mut rows = vec![ReceiptRow::when(
        "In use since",
        &when(Time::from_micros(replaced.at)),
        "with a setup link, after a test sign-in",
    )];
    match (before.and_then(|it| of(&it.config)), Settings::of(it)) {
        (Some(Settings::Saml(before)), Some(Settings::Saml(after))) => {
            for it in &after.certificates {
                let old = before.certificates.iter().any(|old| old.fingerprint == it.fingerprint);
                let note = if old { "from before, still trusted" } else { "new" };
                rows.push(line("Signing certificate", certificate(it, now), note));
            }
            for it in &before.certificates {
                if after.certificates.iter().all(|new| new.fingerprint != it.fingerprint) {
                    rows.push(line("Signing certificate", certificate(it, now), "no longer trusted"));
                }
            }
        }
        (_, Some(Settings::Oidc(oidc))) => {
            rows.push(line("Client", Html::text(&oidc.client_id), "with a new secret"));
        }
        _ => {}
    }
    rows.push(ReceiptRow::new("Reference", &format!("``{}``", it.id), ""));
    rows
}

fn line(term: &str, value: Html, note: &str) -> ReceiptRow {
    ReceiptRow { term: term.to_owned(), value, note: note.to_owned() }
}

/// Puts back what was in use before, unless it was changed once more since.
pub async fn restore(visit: Visit, State(app): State<App>, _form: Form) -> Result<Response, Problem> {
    visit.require(Purpose::Certificate)?;
    let mut held = visit.hold(&app).await?;
    let Some(replaced) = held.progress.replaced.clone() else {
        return Ok(see_other(&visit.path("/certificate")));
    };
    let id = replaced.connection.parse().map_err(|_| Problem::not_found("connection"))?;
    let now = connection::get(&mut held.tx, visit.organization.id, id).await?;
    let version = replaced.version.parse().ok();
    beside::revert(&app, &mut held.tx, &now, version, &visit.actor()).await?;
    held.progress.replaced = None;
    held.commit().await?;
    Ok(see_other(&visit.path("/certificate")))
}
