//! `/s/{token}/certificate/test`: a real sign-in with the new values, before they take the place of the live ones.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use model::{Connection, ConnectionStatus, FlowId, Purpose};

use super::progress::{Renewal, Replaced};
use super::rail::Step;
use super::renew::{certificate, facts, guide_of, provider};
use super::renew_values::chosen;
use super::visit::{Held, Visit};
use super::{Form, see_other, sso_result, when};
use crate::app::App;
use crate::connection::{self, Asserted, Change, Settings};
use crate::login::{self, TestResult};
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
    let Some(renewal) = visit.progress.renewal.clone() else { return Err(Problem::not_found("renewal")) };
    let flow = came.or(renewal.test.as_deref()).and_then(|id| id.parse::<FlowId>().ok());
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
    if renewal.test.as_deref() != Some(&id) {
        keep_result(app, &visit, &renewal, &id, found.outcome.is_ok()).await?;
    }
    let old = visit.renewing().and_then(Settings::of);
    // The pages of a result speak of the connection that was tested.
    visit.connection = Some(new.clone());
    match &found.outcome {
        Ok(asserted) => Ok(passed(app, &visit, browser, (old, &new), asserted)),
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
    tested: &Renewal,
    id: &str,
    passed: bool,
) -> Result<(), Problem> {
    let mut held = visit.hold(app).await?;
    if let Some(renewal) = held.progress.renewal.as_mut().filter(|it| it.to == tested.to) {
        renewal.test = Some(id.to_owned());
        if passed {
            renewal.tested_at = Some(app.now().as_micros());
        }
    }
    held.commit().await
}

fn passed(
    app: &App,
    visit: &Visit,
    browser: &Browser,
    (old, new): (Option<Settings>, &Connection),
    asserted: &Asserted,
) -> Response {
    let facts =
        |settings: Option<Settings>| settings.map(|settings| facts(&settings, app.now())).unwrap_or_default();
    let page = SetupRenewTested {
        page: visit.page(app, browser, "The test passed", Some(Step::TryNew)),
        provider: provider(new).to_owned(),
        email: asserted.email.clone().unwrap_or_else(|| asserted.subject.clone()),
        before: facts(old),
        after: facts(Settings::of(new)),
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
pub async fn replace(visit: Visit, State(app): State<App>, _form: Form) -> Result<Response, Problem> {
    visit.require(Purpose::Certificate)?;
    let mut held = visit.hold(&app).await?;
    match held.progress.renewal.clone() {
        None if held.progress.replaced.is_some() => {}
        None => return Ok(see_other(&visit.path("/certificate"))),
        Some(renewal) => {
            put(&app, &visit, &mut held, &renewal).await?;
            held.progress.renewal = None;
        }
    }
    held.commit().await?;
    Ok(see_other(&visit.path("/certificate/done")))
}

async fn put(app: &App, visit: &Visit, held: &mut Held, renewal: &Renewal) -> Result<(), Problem> {
    let changed = || {
        Problem::conflict(
            "connection_changed",
            "The values in use changed meanwhile",
            "Somebody else changed this sign-in after you brought the new values, so nothing was replaced. Look at what is \
             in use today, and bring the new values once more if they are still wanted.",
        )
    };
    let id = renewal.connection.parse().map_err(|_| changed())?;
    held.tx.lock(&renewal.connection).await?;
    let now = connection::get(&mut held.tx, visit.organization.id, id).await?;
    if now.status != ConnectionStatus::Active || now.config != renewal.from {
        return Err(changed());
    }
    let (Some(_), Some(new)) =
        (renewal.tested_at, Settings::of(&Connection { config: renewal.to.clone(), ..now.clone() }))
    else {
        return Err(Problem::conflict(
            "connection_untested",
            "A test comes first",
            "Sign in once with the new values before they take the place of the ones in use.",
        ));
    };
    let change = Change { settings: Some(new), ..Change::default() };
    let after = connection::change(app, &mut held.tx, &now, change, &visit.actor()).await?;
    connection::mark_tested(&mut held.tx, &after, &renewal.to, app.now()).await?;
    held.progress.replaced = Some(Replaced {
        connection: renewal.connection.clone(),
        before: renewal.from.clone(),
        after: after.config,
        at: app.now().as_micros(),
    });
    Ok(())
}

/// Forgets the new values. What is in use stays.
pub async fn discard(visit: Visit, State(app): State<App>, _form: Form) -> Result<Response, Problem> {
    visit.require(Purpose::Certificate)?;
    let mut held = visit.hold(&app).await?;
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
