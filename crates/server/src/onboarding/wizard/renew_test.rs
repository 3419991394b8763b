//! `/s/{token}/certificate/test`: a real sign-in with the new values, before they take the place of the live ones.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use model::{Connection, FlowId, Purpose};

use super::progress::{Renewal, Replaced};
use super::rail::Step;
use super::renew::{certificate, facts, guide_of, provider};
use super::renew_values::chosen;
use super::visit::Visit;
use super::{Form, see_other, sso_result, text, when};
use crate::app::App;
use crate::connection::compare::Comparison;
use crate::connection::{self, Asserted, Settings, beside};
use crate::login::{self, TestResult};
use crate::org::change::comparison_view;
use crate::problem::Problem;
use crate::request::{Browser, Params};
use web::pages::setup::{SetupRenewTested, SetupTest};
use web::parts::{Check, Notice, Tone};

/// The result of the last test that this browser made, or the invitation to make one.
pub async fn show(
    visit: Visit,
    query: Params,
    State(app): State<App>,
    browser: Browser,
) -> Result<Response, Response> {
    let new = prepared(&visit)?;
    result(&app, visit, &browser, new, query.first("flow")).await.map_err(IntoResponse::into_response)
}

/// The connection with its new values, or the way to the step that asks for them.
fn prepared(visit: &Visit) -> Result<Connection, Response> {
    chosen(visit)?;
    visit.candidate().ok_or_else(|| see_other(&visit.path("/certificate/values")))
}

async fn result(
    app: &App,
    mut visit: Visit,
    browser: &Browser,
    new: Connection,
    came: Option<&str>,
) -> Result<Response, Problem> {
    let last = visit.progress.renewal.as_ref().and_then(|it| it.test.clone());
    let flow = came.or(last.as_deref()).and_then(|id| id.parse::<FlowId>().ok());
    let mut db = app.read().await?;
    let found = match flow {
        Some(id) => login::test_result(&mut db, app, browser, id).await?,
        None => None,
    };
    drop(db);
    // A test of other values says nothing about these.
    let fits = |it: &TestResult| it.connection == new.id && it.settings == new.config;
    let Some((id, found)) = flow.zip(found.filter(fits)) else {
        let notice = came.is_some().then(|| {
            let text = "It began before these values came, or in another browser. Test once more.";
            Notice::new(Tone::Warn, "That test was of other values", text)
        });
        return Ok(start_page(app, &visit, browser, &new, notice));
    };
    let id = id.to_string();
    if last.as_deref() != Some(&id) {
        keep_result(app, &visit, &new, &id, found.outcome.is_ok()).await?;
    }
    // The pages of a result speak of the connection that was tested.
    visit.connection = Some(new.clone());
    match &found.outcome {
        Ok(asserted) => Ok(passed(app, &visit, browser, (&new, found.comparison.as_ref()), asserted)),
        Err(refused) => {
            let mut page = sso_result::failed(app, &visit, browser, refused, found.reference.as_deref());
            page.page = visit.page(app, browser, "The test failed", Some(Step::TryNew));
            page.lede = web::html::Html::text(
                "Your colleagues go on signing in with the values that are in use. Put it right and test again.",
            );
            page.test_action = visit.path("/certificate/test");
            page.back = visit.path("/certificate/values");
            Ok(web::respond_leaving(StatusCode::OK, &page))
        }
    }
}

async fn keep_result(
    app: &App,
    visit: &Visit,
    tested: &Connection,
    id: &str,
    passed: bool,
) -> Result<(), Problem> {
    let mut held = visit.hold(app).await?;
    held.progress.renewal = Some(Renewal { connection: tested.id.to_string(), test: Some(id.to_owned()) });
    if passed {
        beside::mark_draft_tested(&mut held.tx, tested.id, &tested.config, app.now()).await?;
    }
    held.commit().await
}

fn passed(
    app: &App,
    visit: &Visit,
    browser: &Browser,
    (new, comparison): (&Connection, Option<&Comparison>),
    asserted: &Asserted,
) -> Response {
    let page = SetupRenewTested {
        page: visit.page(app, browser, "The test passed", Some(Step::TryNew)),
        provider: provider(new).to_owned(),
        email: asserted.email.clone().unwrap_or_else(|| asserted.subject.clone()),
        differences: comparison.map(comparison_view),
        before: visit.renewing().and_then(Settings::of).map(|it| facts(&it, app.now())).unwrap_or_default(),
        after: Settings::of(new).map(|it| facts(&it, app.now())).unwrap_or_default(),
        draft: visit.draft.as_ref().map(beside::digest).unwrap_or_default(),
        action: visit.path("/certificate/use"),
        test_action: visit.path("/certificate/test"),
        discard: visit.path("/certificate/discard"),
    };
    web::respond_leaving(StatusCode::OK, &page)
}

/// Sends the browser to the identity provider, with the new values.
pub async fn start(
    visit: Visit,
    browser: Browser,
    State(app): State<App>,
    _form: Form,
) -> Result<Response, Response> {
    let new = prepared(&visit)?;
    let begun = async {
        visit.hold(&app).await?.commit().await?;
        login::begin_test(&app, &browser, &new, visit.path("/certificate/test")).await
    };
    begun.await.map_err(IntoResponse::into_response)
}

/// Puts the tested values in the place of the live ones, which are kept. Twice is no error.
pub async fn replace(visit: Visit, State(app): State<App>, form: Form) -> Result<Response, Problem> {
    visit.require(Purpose::Certificate)?;
    let mut held = visit.hold(&app).await?;
    let chosen = held.progress.renewal.as_ref().and_then(|it| it.connection.parse().ok());
    let Some(id) = chosen.or_else(|| visit.renewing().map(|it| it.id)) else {
        return Ok(see_other(&visit.path("/certificate")));
    };
    let now = connection::get(&mut held.tx, visit.organization.id, id).await?;
    if beside::draft_of(&mut held.tx, id).await?.is_some() || held.progress.replaced.is_none() {
        let draft = Some(text(&form.0, "draft")).filter(|it| !it.is_empty());
        beside::replace(&app, &mut held.tx, &now, draft, &visit.actor()).await?;
        let version = beside::versions(&mut held.tx, id).await?.into_iter().next();
        held.progress.renewal = None;
        held.progress.replaced = Some(Replaced {
            connection: id.to_string(),
            version: version.map(|it| it.id.to_string()).unwrap_or_default(),
            at: app.now().as_micros(),
        });
    }
    held.commit().await?;
    Ok(see_other(&visit.path("/certificate/done")))
}

/// Forgets the new values. What is in use stays.
pub async fn discard(visit: Visit, State(app): State<App>, _form: Form) -> Result<Response, Problem> {
    visit.require(Purpose::Certificate)?;
    let mut held = visit.hold(&app).await?;
    if let Some(it) = visit.renewing() {
        beside::discard(&app, &mut held.tx, it, &visit.actor()).await?;
    }
    held.progress.renewal = None;
    held.commit().await?;
    Ok(see_other(&visit.path("/certificate")))
}

fn start_page(
    app: &App,
    visit: &Visit,
    browser: &Browser,
    new: &Connection,
    notice: Option<Notice>,
) -> Response {
    let provider = provider(new);
    let page = SetupTest {
        page: visit.page(app, browser, "Test the new values", Some(Step::TryNew)),
        provider: provider.to_owned(),
        lede: format!(
            "You go to {provider} and come straight back. We judge its answer by the new values; your colleagues go on \
             signing in with the ones in use."
        ),
        notice: notice.or_else(|| ended(app, new)),
        checks: checks(app, visit, new),
        action: visit.path("/certificate/test"),
        back: visit.path("/certificate/values"),
        errors: guide_of(new)
            .map(|guide| guide.render(&connection::guide_values(app, new)).errors)
            .unwrap_or_default(),
    };
    web::respond_leaving(StatusCode::OK, &page)
}

/// A certificate that has ended still signs; it is only likely to be the wrong one.
fn ended(app: &App, new: &Connection) -> Option<Notice> {
    let Some(Settings::Saml(saml)) = Settings::of(new) else { return None };
    let newest = saml.certificates.first()?;
    (newest.not_after <= app.now()).then(|| {
        let text = format!("It ended {}. Perhaps the new one is another.", when(newest.not_after).text);
        Notice::new(Tone::Warn, "This certificate has ended already", &text)
    })
}

/// What would change.
fn checks(app: &App, visit: &Visit, new: &Connection) -> Vec<Check> {
    let old = visit.renewing().and_then(Settings::of);
    match (old, Settings::of(new)) {
        (Some(Settings::Saml(old)), Some(Settings::Saml(new))) => {
            let mut checks = Vec::new();
            for it in &new.certificates {
                let known = old.certificates.iter().any(|old| old.fingerprint == it.fingerprint);
                let (tone, end) = if known { (Tone::None, "stays") } else { (Tone::Ok, "new") };
                checks.push(Check::new(tone, &certificate(it, app.now()).to_string(), end));
            }
            for it in &old.certificates {
                if new.certificates.iter().all(|new| new.fingerprint != it.fingerprint) {
                    checks.push(Check::new(Tone::Warn, &certificate(it, app.now()).to_string(), "goes"));
                }
            }
            if old.sso != new.sso {
                checks.push(Check::new(Tone::Warn, "Where people sign in", "changes"));
            }
            checks
        }
        (_, Some(Settings::Oidc(oidc))) => vec![
            Check::new(Tone::Ok, "Issuer", &format!("``{}``", oidc.issuer)),
            Check::new(Tone::None, "The new secret", "the test shows whether it is right"),
        ],
        _ => Vec::new(),
    }
}
