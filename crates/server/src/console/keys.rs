//! `/console/keys`: our own keys, and replacing them.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use model::Time;
use store::key::Key;
use web::Html;
use web::pages::console::{KeyGroup, KeyRow, Keys, Place};
use web::pages::org::{Act, Confirm};
use web::parts::{Person, Status};

use crate::app::App;
use crate::care;
use crate::keys::{self, Purpose, Standing};
use crate::org::words::{day, done, when};
use crate::problem::Problem;
use crate::request::{Browser, FormParams, OperatorCaller, Params};

/// `GET /console/keys`.
pub async fn list(
    State(app): State<App>,
    browser: Browser,
    caller: OperatorCaller,
    params: Params,
) -> Result<Response, Problem> {
    let mut db = app.read().await?;
    let mut groups = Vec::new();
    for purpose in Purpose::ALL {
        let all = store::key::list(&mut db, purpose.as_str()).await?;
        groups.push(group(&app, purpose, &all));
    }
    let concerned = care::concerned_by_saml_key(&mut db).await?;
    let mut rows = Vec::new();
    for it in concerned {
        let company = store::organization::lookup(&mut db, it.organization_id).await?;
        let name = company.map_or_else(|| it.organization_id.to_string(), |company| company.name);
        rows.push(Person::company(&name, &format!("{} · {}", care::provider(&it), it.id)));
    }
    drop(db);
    let mut surroundings = super::page(&app, &browser, &caller, "Keys", Place::Keys);
    surroundings.flash = done(params.first("done"));
    Ok(web::respond(StatusCode::OK, &Keys { page: surroundings, groups, concerned: rows }))
}

fn group(app: &App, purpose: Purpose, all: &[Key]) -> KeyGroup {
    let act = |name: &str, value: &str, label: &str, effect: &str| Act {
        label: label.to_owned(),
        effect: effect.to_owned(),
        action: "/console/keys".to_owned(),
        field: (name.to_owned(), value.to_owned()),
    };
    let schedule = app.config.keys;
    let days = |time: std::time::Duration| time.as_secs() / 86_400;
    let life = match days(schedule.life) {
        0 => "They are replaced when you say so.".to_owned(),
        life => format!("They are replaced by themselves every {life} days."),
    };
    let (id, title, text, acts) = match purpose {
        Purpose::Oidc => ("oidc", "ID tokens", format!("Applications read them at /oauth2/jwks. {life}"), true),
        Purpose::Client => (
            "client",
            "Proof towards OpenID providers",
            format!("Providers that take our key instead of a client secret read them by address. {life}"),
            true,
        ),
        Purpose::Receipt => (
            "receipt",
            "Receipts",
            format!("Whoever holds a receipt checks it with the keys at /receipts/jwks.json. Retired ones stay there. {life}"),
            true,
        ),
        Purpose::Saml => (
            "saml",
            "SAML",
            "It signs our requests and decrypts what providers encrypt for us. Some providers keep a copy of its \
             certificate, so it is replaced only when you say so: first prepare its successor, then let that sign."
                .to_owned(),
            false,
        ),
    };
    let now = app.now();
    let prepared = all.iter().any(|key| keys::standing(all, key, now) == Standing::Next);
    let acts = match (acts, prepared) {
        (true, _) => vec![
            act(
                "rotate",
                purpose.as_str(),
                "Replace",
                &format!("New keys are published now and sign in {} days.", days(schedule.ahead)),
            ),
            act(
                "emergency",
                purpose.as_str(),
                "Replace at once…",
                "For a key that somebody else may have: new ones sign now, and the old ones are believed by nobody.",
            ),
        ],
        (false, false) => vec![act(
            "saml",
            "prepare",
            "Prepare a successor",
            "It stands in our metadata beside the one that signs, and their administrators are written to.",
        )],
        (false, true) => vec![act(
            "saml",
            "switch",
            "Let the successor sign…",
            "From then on our requests are signed with it. The old one goes on decrypting.",
        )],
    };
    let mut rows: Vec<&Key> = all.iter().collect();
    rows.sort_by_key(|key| match keys::standing(all, key, now) {
        Standing::Current => 0,
        Standing::Next => 1,
        Standing::Retired => 2,
    });
    let rows = rows.into_iter().map(|key| row(all, key, purpose, now)).collect();
    KeyGroup { id, title, text, rows, acts }
}

fn row(all: &[Key], key: &Key, purpose: Purpose, now: Time) -> KeyRow {
    let standing = keys::standing(all, key, now);
    KeyRow {
        id: key.id.to_string(),
        algorithm: key.algorithm.clone(),
        made: when(key.created_at),
        status: match (standing, purpose) {
            (Standing::Current, _) => Status::ok("Signs"),
            (Standing::Next, Purpose::Saml) => Status::pending("Prepared"),
            (Standing::Next, _) => Status::pending(format!("Signs from {}", day(key.start()))),
            (Standing::Retired, Purpose::Saml) => Status::stopped("Decrypts"),
            (Standing::Retired, _) => Status::stopped("Still known"),
        },
        discard: (standing != Standing::Current).then(|| format!("/console/keys/{}/discard", key.id)),
    }
}

/// `POST /console/keys` with `rotate` or `emergency` and a purpose, or `saml` with `prepare` or `switch`.
pub async fn act(
    State(app): State<App>,
    browser: Browser,
    caller: OperatorCaller,
    form: FormParams,
) -> Result<Response, Problem> {
    let (name, value) = ["rotate", "emergency", "saml"]
        .into_iter()
        .find_map(|name| Some((name, form.first(name)?.to_owned())))
        .ok_or_else(unknown)?;
    let actor = caller.actor();
    let sure = form.first("sure").is_some();
    match (name, value.as_str()) {
        ("emergency", _) if !sure => {
            let effect = "Until your applications have read the new keys, which most do at the first token that they do \
                          not know, sign-ins through them fail. Everything that was signed before is refused.";
            return Ok(question(
                &app,
                &browser,
                &caller,
                (name, &value),
                ("Replace these keys at once?", effect),
            ));
        }
        ("saml", "switch") if !sure => {
            let effect = "Providers that check the signature of our requests with a copy of the old certificate refuse \
                          them from then on. The page before lists which those may be.";
            return Ok(question(
                &app,
                &browser,
                &caller,
                (name, &value),
                ("Let the new SAML key sign?", effect),
            ));
        }
        ("saml", "switch") => keys::switch_saml(&app, &actor).await?,
        ("saml", "prepare") => keys::prepare_saml(&app, &actor).await?,
        (name, purpose) => {
            let purpose = Purpose::from_name(purpose).ok_or_else(unknown)?;
            keys::rotate(&app, purpose, name == "emergency", &actor).await?;
        }
    }
    Ok(Redirect::to("/console/keys?done=saved").into_response())
}

/// `POST /console/keys/{key}/discard`.
pub async fn discard(
    State(app): State<App>,
    browser: Browser,
    caller: OperatorCaller,
    Path(id): Path<String>,
    form: FormParams,
) -> Result<Response, Problem> {
    if form.first("sure").is_none() {
        let page = confirm(
            &app,
            &browser,
            &caller,
            (
                "Take this key away?",
                "What it signed is refused, and what was encrypted for it cannot be read any more.",
            ),
            (format!("/console/keys/{id}/discard"), Vec::new()),
        );
        return Ok(web::respond(StatusCode::OK, &page));
    }
    keys::discard(&app, &id, &caller.actor()).await?;
    Ok(Redirect::to("/console/keys?done=removed").into_response())
}

fn question(
    app: &App,
    browser: &Browser,
    caller: &OperatorCaller,
    (name, value): (&str, &str),
    words: (&str, &str),
) -> Response {
    let fields = vec![(name.to_owned(), value.to_owned())];
    let page = confirm(app, browser, caller, words, ("/console/keys".to_owned(), fields));
    web::respond(StatusCode::OK, &page)
}

fn confirm(
    app: &App,
    browser: &Browser,
    caller: &OperatorCaller,
    (title, effect): (&str, &str),
    (action, mut fields): (String, Vec<(String, String)>),
) -> Confirm {
    fields.push(("sure".to_owned(), "yes".to_owned()));
    Confirm {
        page: super::page(app, browser, caller, title, Place::Keys),
        title: title.to_owned(),
        effect: Html::text(effect),
        people: Vec::new(),
        action,
        fields,
        label: "Yes, do it".to_owned(),
        danger: true,
        back: "/console/keys".to_owned(),
    }
}

fn unknown() -> Problem {
    Problem::bad_request("unknown_act", "Expected one of the buttons of the page.")
}
