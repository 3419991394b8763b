//! An application's registration in the console: a new one, and one that is changed, with how it was told of sign-outs.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use serde_json::{Map, Value};
use store::Reader;
use store::application::{Application, LogoutCall};

use super::event_feed;
use super::product::{require, secret_page};
use crate::app::App;
use crate::org::links::labelled;
use crate::org::words::{done, when};
use crate::problem::Problem;
use crate::provider::applications;
use crate::request::{Browser, FormParams, OperatorCaller, Params};
use web::Html;
use web::pages::console::{ApplicationForm, EventFeed, LogoutCallRow, Place};
use web::parts::{Crumb, Field, Notice, Opt, Tone};

/// So many calls are shown.
const CALLS: i64 = 20;
/// Fields with one value a line.
const LISTS: [&str; 2] = ["redirect_uris", "post_logout_redirect_uris"];
/// Fields with one value.
const TEXTS: [&str; 6] = [
    "token_endpoint_auth_method",
    "id_token_signed_response_alg",
    "jwks_uri",
    "backchannel_logout_uri",
    "frontchannel_logout_uri",
    "initiate_login_uri",
];

/// The labels of the form, by the names of the registration.
const LABELS: [(&str, &str); 13] = [
    ("client_name", "Name"),
    ("redirect_uris", "Redirect URIs"),
    ("post_logout_redirect_uris", "Where people go after signing out"),
    ("token_endpoint_auth_method", "How it proves itself"),
    ("jwks", "Its public keys"),
    ("jwks_uri", "Where it publishes its keys"),
    ("backchannel_logout_uri", "Back-channel logout URI"),
    ("frontchannel_logout_uri", "Front-channel logout URI"),
    ("initiate_login_uri", "Where a sign-in begins in your product"),
    ("id_token_signed_response_alg", "Signature of ID tokens"),
    ("require_pushed_authorization_requests", "Pushed authorization requests"),
    ("refresh_token_leeway", "Leeway for lost answers"),
    ("confirms_erasure", "When a leaver is erased"),
];

/// What a form begins with: where it is posted to, and what was entered.
struct Draft<'a> {
    known: Option<Known<'a>>,
    form: &'a Params,
    problem: Option<&'a Problem>,
}

/// An application that is there.
struct Known<'a> {
    it: &'a Application,
    calls: Vec<LogoutCall>,
    /// How many erasures it has not confirmed.
    waiting: u64,
    feed: Option<EventFeed>,
}

impl<'a> Known<'a> {
    async fn read(db: &mut Reader, it: &'a Application) -> Result<Self, Problem> {
        let calls = store::application::list_logout_calls(db, it.id, CALLS).await?;
        let waiting = store::receipt::count_waiting_for(db, it.id).await?;
        Ok(Self { it, calls, waiting, feed: event_feed::of(db, it).await? })
    }
}

/// `GET /console/applications/new`.
pub async fn new(
    State(app): State<App>,
    browser: Browser,
    caller: OperatorCaller,
) -> Result<Response, Problem> {
    let draft = Draft { known: None, form: &Params::default(), problem: None };
    Ok(draft.page(&app, &browser, &caller, None, StatusCode::OK))
}

/// `POST /console/applications/new`.
pub async fn create(
    State(app): State<App>,
    browser: Browser,
    caller: OperatorCaller,
    form: FormParams,
) -> Result<Response, Problem> {
    let mut tx = app.write().await?;
    let mut metadata = read(&form);
    metadata.retain(|_, value| !value.is_null());
    let name = form.first("name").unwrap_or_default();
    let made = applications::create(&app, &mut tx, name, &metadata, &caller.actor()).await;
    let (it, secret) = match made {
        Ok(made) => made,
        Err(problem) if problem.status.is_server_error() => return Err(problem),
        Err(problem) => {
            drop(tx);
            let draft = Draft { known: None, form: &form, problem: Some(&problem) };
            return Ok(draft.page(&app, &browser, &caller, None, problem.status));
        }
    };
    tx.commit().await?;
    Ok(secret_page(&app, &browser, &caller, &it, secret, format!("{} is ready", it.name)))
}

/// `GET /console/applications/{application}`.
pub async fn show(
    State(app): State<App>,
    browser: Browser,
    caller: OperatorCaller,
    Path(id): Path<String>,
    params: Params,
) -> Result<Response, Problem> {
    let mut db = app.read().await?;
    let it = require(&mut db, &id).await?;
    let known = Known::read(&mut db, &it).await?;
    drop(db);
    let form = entered(&it);
    let draft = Draft { known: Some(known), form: &form, problem: None };
    Ok(draft.page(&app, &browser, &caller, params.first("done"), StatusCode::OK))
}

/// `POST /console/applications/{application}`.
pub async fn change(
    State(app): State<App>,
    browser: Browser,
    caller: OperatorCaller,
    Path(id): Path<String>,
    form: FormParams,
) -> Result<Response, Problem> {
    let mut tx = app.write().await?;
    let it = require(&mut tx, &id).await?;
    let mut change = read(&form);
    change.insert("name".to_owned(), form.first("name").unwrap_or_default().into());
    match applications::change(&app, &mut tx, it.id, change, &caller.actor()).await {
        Ok((it, secret)) => {
            tx.commit().await?;
            if secret.is_some() {
                let title = format!("{} has a secret now", it.name);
                return Ok(secret_page(&app, &browser, &caller, &it, secret, title));
            }
            Ok(Redirect::to(&format!("/console/applications/{}?done=saved", it.id)).into_response())
        }
        Err(problem) if problem.status.is_server_error() => Err(problem),
        Err(problem) => {
            drop(tx);
            let known = Known::read(&mut app.read().await?, &it).await?;
            let draft = Draft { known: Some(known), form: &form, problem: Some(&problem) };
            Ok(draft.page(&app, &browser, &caller, None, problem.status))
        }
    }
}

/// The registration as it was entered; what was left empty is `null`.
fn read(form: &Params) -> Map<String, Value> {
    let text = |name: &str| form.first(name).unwrap_or_default().trim();
    let mut all = Map::new();
    for name in LISTS {
        let lines: Vec<&str> = text(name).lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        all.insert(name.to_owned(), lines.into());
    }
    for name in TEXTS {
        let value = text(name);
        all.insert(name.to_owned(), if value.is_empty() { Value::Null } else { value.into() });
    }
    // What is no JSON stays a text, and is refused as one.
    let jwks = text("jwks");
    let keys = serde_json::from_str(jwks).unwrap_or_else(|_| jwks.into());
    all.insert("jwks".to_owned(), if jwks.is_empty() { Value::Null } else { keys });
    let required = text("require_pushed_authorization_requests") == "true";
    all.insert("require_pushed_authorization_requests".to_owned(), required.into());
    // A form from before there was the question says nothing.
    if let Some(said) = form.first(applications::CONFIRMS) {
        all.insert(applications::CONFIRMS.to_owned(), (said == "true").into());
    }
    let leeway = text("refresh_token_leeway");
    let seconds = leeway.parse::<u32>().map_or_else(|_| leeway.into(), Value::from);
    all.insert("refresh_token_leeway".to_owned(), if leeway.is_empty() { Value::Null } else { seconds });
    all
}

/// A registration as the form shows it.
fn entered(it: &Application) -> Params {
    let all: Value = serde_json::from_str(&it.metadata).unwrap_or_default();
    let mut pairs = vec![
        ("name".to_owned(), it.name.clone()),
        (applications::CONFIRMS.to_owned(), it.confirms_erasure.to_string()),
    ];
    for name in LISTS {
        let lines: Vec<&str> = all[name].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        pairs.push((name.to_owned(), lines.join("\n")));
    }
    for name in TEXTS {
        pairs.push((name.to_owned(), all[name].as_str().unwrap_or_default().to_owned()));
    }
    for name in ["jwks", "require_pushed_authorization_requests", "refresh_token_leeway"] {
        if !all[name].is_null() {
            pairs.push((name.to_owned(), all[name].to_string()));
        }
    }
    Params(pairs)
}

impl Draft<'_> {
    fn field(&self, name: &str) -> Field {
        let problems = self.problem.map(|p| p.fields.as_slice()).unwrap_or_default();
        Field {
            value: self.form.first(name).unwrap_or_default().to_owned(),
            error: problems.iter().find(|f| f.field == name).map(|f| labelled(&f.problem, &LABELS)),
        }
    }

    fn chosen<'a>(&'a self, name: &str, usual: &'a str) -> &'a str {
        self.form.first(name).filter(|value| !value.is_empty()).unwrap_or(usual)
    }

    fn page(
        &self,
        app: &App,
        browser: &Browser,
        caller: &OperatorCaller,
        saved: Option<&str>,
        status: StatusCode,
    ) -> Response {
        let title = self.known.as_ref().map_or("New application", |known| &known.it.name);
        let mut surroundings = super::page(app, browser, caller, title, Place::Applications);
        surroundings.crumbs = vec![Crumb::new("Applications", "/console/applications")];
        surroundings.flash = match self.problem.and_then(elsewhere) {
            Some(text) => {
                Some(Notice { text: Html::text(&text), ..Notice::new(Tone::Bad, "It was not saved", "") })
            }
            None => done(saved),
        };
        let known = self.known.is_some();
        let intro = if known {
            "What you change here holds at once, for people who sign in from now on."
        } else {
            "After this page you get a client ID, and a secret where the application needs one."
        };
        let page = ApplicationForm {
            page: surroundings,
            title: title.to_owned(),
            intro: intro.to_owned(),
            name: self.field("name"),
            redirect_uris: self.field("redirect_uris"),
            post_logout_redirect_uris: self.field("post_logout_redirect_uris"),
            methods: Opt::list(
                &[
                    ("client_secret_basic", "By a client secret"),
                    ("client_secret_post", "By a client secret, sent in the form"),
                    ("private_key_jwt", "By a key of its own (private_key_jwt)"),
                    ("none", "Not at all: an app in the browser or on a phone"),
                ],
                self.chosen("token_endpoint_auth_method", "client_secret_basic"),
            ),
            jwks: self.field("jwks"),
            jwks_uri: self.field("jwks_uri"),
            backchannel_logout_uri: self.field("backchannel_logout_uri"),
            frontchannel_logout_uri: self.field("frontchannel_logout_uri"),
            initiate_login_uri: self.field("initiate_login_uri"),
            algorithms: Opt::list(
                &[("RS256", "RS256, which every library knows"), ("ES256", "ES256, which is shorter")],
                self.chosen("id_token_signed_response_alg", "RS256"),
            ),
            pushed: Opt::list(
                &[
                    ("false", "Taken, not required"),
                    ("true", "Required: nothing is asked by the browser alone"),
                ],
                self.chosen("require_pushed_authorization_requests", "false"),
            ),
            confirms_erasure: Opt::list(
                &[
                    ("true", "It confirms: it keeps data about people"),
                    ("false", "It is not waited for: it keeps none"),
                ],
                self.chosen(applications::CONFIRMS, "true"),
            ),
            waiting: self.known.as_ref().map_or(0, |known| known.waiting),
            refresh_token_leeway: Field {
                value: self.chosen("refresh_token_leeway", "0").to_owned(),
                ..self.field("refresh_token_leeway")
            },
            submit: if known { "Save" } else { "Create the application" }.to_owned(),
            calls: self.known.as_ref().map(|known| known.calls.iter().map(call).collect()),
            feed: self.known.as_ref().and_then(|known| known.feed.clone()),
            action: self.known.as_ref().map_or("/console/applications/new".to_owned(), |known| {
                format!("/console/applications/{}", known.it.id)
            }),
            back: "/console/applications".to_owned(),
        };
        web::respond(status, &page)
    }
}

/// What is wrong with a field that the form does not have.
fn elsewhere(problem: &Problem) -> Option<String> {
    let shown = |name: &str| {
        LISTS.contains(&name)
            || TEXTS[2..].contains(&name)
            || ["name", "jwks", "refresh_token_leeway"].contains(&name)
    };
    problem.fields.iter().find(|f| !shown(&f.field)).map(|f| labelled(&f.problem, &LABELS))
}

fn call(it: &LogoutCall) -> LogoutCallRow {
    let status = match it.status.as_str() {
        "told" => "Told".to_owned(),
        "given_up" => format!("Given up after {} tries", it.attempts),
        _ => format!("Not told yet, tried {} times", it.attempts),
    };
    LogoutCallRow { at: when(it.tried_at), sid: it.sid.clone(), status, outcome: it.outcome.clone() }
}
