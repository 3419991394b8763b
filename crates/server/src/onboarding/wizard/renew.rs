//! `/s/{token}/certificate`: what the live connections trust today, and which of them is renewed.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use model::{Connection, ConnectionId, ConnectionStatus, Purpose, Time};

use super::progress::Renewal;
use super::rail::Step;
use super::visit::Visit;
use super::{Form, see_other, text, when};
use crate::app::App;
use crate::connection::{self, Certificate, Settings};
use crate::problem::Problem;
use crate::request::Browser;
use web::guide::{self, Guide};
use web::html::Html;
use web::pages::setup::{SetupTrust, Trusted};
use web::parts::{Person, Status};

/// A certificate that ends within so many days wants attention.
const SOON: u64 = 30;

/// What is there now.
pub async fn list(visit: Visit, browser: Browser, State(app): State<App>) -> Result<Response, Problem> {
    visit.require(Purpose::Certificate)?;
    let page = SetupTrust {
        page: visit.page(&app, &browser, "In use today", Some(Step::Trust)),
        organization: visit.organization.name.clone(),
        connections: visit.live.iter().map(|it| trusted(it, app.now())).collect(),
        action: visit.path("/certificate"),
        done: visit.progress.replaced.is_some().then(|| visit.path("/certificate/done")),
    };
    Ok(web::respond(StatusCode::OK, &page))
}

/// Chooses one. The same again keeps the values that came for it.
pub async fn choose(visit: Visit, State(app): State<App>, form: Form) -> Result<Response, Problem> {
    visit.require(Purpose::Certificate)?;
    let missing = || Problem::not_found("live connection");
    let id: ConnectionId = text(&form.0, "connection").parse().map_err(|_| missing())?;
    let mut held = visit.hold(&app).await?;
    let it = connection::get(&mut held.tx, visit.organization.id, id).await?;
    if it.status != ConnectionStatus::Active {
        return Err(missing());
    }
    let chosen = id.to_string();
    if held.progress.renewal.as_ref().is_none_or(|renewal| renewal.connection != chosen) {
        held.progress.renewal = Some(Renewal { connection: chosen, ..Renewal::default() });
    }
    held.commit().await?;
    Ok(see_other(&visit.path("/certificate/values")))
}

/// The guide of a connection, or the general one of its protocol.
pub fn guide_of(it: &Connection) -> Option<&'static Guide> {
    let general = match it.protocol {
        model::Protocol::Saml => "generic-saml",
        model::Protocol::Oidc => "generic-oidc",
    };
    guide::find(&it.provider).or_else(|| guide::find(general))
}

/// The provider's name.
pub fn provider(it: &Connection) -> &'static str {
    guide_of(it).map_or("your provider", |guide| guide.name.as_str())
}

fn trusted(it: &Connection, now: Time) -> Trusted {
    let person = match guide_of(it) {
        Some(guide) => Person::thing(&guide.name, guide.protocol.label(), &guide.mark, guide.hue),
        None => Person::company(&it.provider, ""),
    };
    let settings = Settings::of(it);
    Trusted {
        id: it.id.to_string(),
        provider: person,
        name: provider(it).to_owned(),
        status: settings.as_ref().map_or_else(|| Status::ok("Live"), |settings| standing(settings, now)),
        facts: settings.as_ref().map(|settings| facts(settings, now)).unwrap_or_default(),
    }
}

fn standing(settings: &Settings, now: Time) -> Status {
    let (what, end) = match settings {
        Settings::Saml(saml) => ("certificate", saml.certificates.iter().map(|it| it.not_after).max()),
        Settings::Oidc(oidc) => ("client secret", oidc.secret_ends_at),
    };
    match end {
        Some(end) if end <= now => Status::bad(format!("The {what} has ended")),
        Some(end) if days(end, now) < SOON => Status::warn(format!("Ends in {} days", days(end, now))),
        _ => Status::ok("Live"),
    }
}

fn days(end: Time, now: Time) -> u64 {
    end.since(now).as_secs() / 86_400
}

/// What settings trust, as term and value.
pub fn facts(settings: &Settings, now: Time) -> Vec<(String, Html)> {
    let mut facts = Vec::new();
    let mut add = |term: &str, value: Html| facts.push((term.to_owned(), value));
    match settings {
        Settings::Saml(saml) => {
            add("Issuer", Html::text(&saml.entity_id));
            if let Some(sso) = saml.preferred_sso() {
                add("People sign in at", Html::text(&sso.location));
            }
            for it in &saml.certificates {
                add("Signing certificate", certificate(it, now));
            }
            match &saml.metadata_url {
                Some(url) => add("Metadata", Html::text(url)),
                None => add("Metadata", Html::text("came as a file, a text or by hand")),
            }
        }
        Settings::Oidc(oidc) => {
            add("Issuer", Html::text(&oidc.issuer));
            add("Client", Html::text(&oidc.client_id));
            let secret = match (oidc.client_secret_sealed.as_str(), oidc.secret_ends_at) {
                (_, _) if oidc.by_key => "none: our own key proves who we are".to_owned(),
                ("", _) => "none: a public client".to_owned(),
                (_, None) => "kept sealed; only your provider knows when it ends".to_owned(),
                (_, Some(end)) if end <= now => format!("kept sealed, ended {}", when(end).text),
                (_, Some(end)) => format!("kept sealed, ends {}", when(end).text),
            };
            add("Secret", Html::text(&secret));
        }
    }
    facts
}

/// "9C:1F:…, ends 3 March 2027".
pub fn certificate(it: &Certificate, now: Time) -> Html {
    let ended = if it.not_after <= now { "ended" } else { "ends" };
    Html::marked(&format!("``{}``, {ended} {}", it.fingerprint, when(it.not_after).text))
}
