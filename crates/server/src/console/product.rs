//! What the vendor's product needs: applications and API tokens.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use model::{Time, TokenId};
use serde_json::{Value, json};
use store::application::Application;
use store::operator::ApiToken;

use crate::app::App;
use crate::org::words::{done, maybe_when, when};
use crate::problem::Problem;
use crate::provider::applications;
use crate::request::{Browser, FormParams, OperatorCaller, Params};
use web::Html;
use web::pages::console::{ApplicationRow, Applications, Place, SecretMade, TokenRow, Tokens};
use web::pages::org::Confirm;
use web::parts::{Copy, Field, Notice, Person};

/// `GET /console/applications`.
pub async fn list(
    State(app): State<App>,
    browser: Browser,
    caller: OperatorCaller,
    params: Params,
) -> Result<Response, Problem> {
    let mut db = app.read().await?;
    let all = applications::list(&mut db).await?;
    let failing = store::event_feed::failing(&mut db).await?;
    drop(db);
    let mut surroundings = super::page(&app, &browser, &caller, "Applications", Place::Applications);
    surroundings.flash = done(params.first("done"));
    let page = Applications {
        page: surroundings,
        rows: all.iter().map(|it| row(it, failing.get(&it.id).copied())).collect(),
        issuer: Copy::new("issuer", "Issuer", app.config.issuer())
            .hint("Any OpenID Connect library finds the rest by discovery."),
        create: "/console/applications/new".to_owned(),
    };
    Ok(web::respond(StatusCode::OK, &page))
}

/// An application; `failing` says since when it has not taken its security events.
fn row(it: &Application, failing: Option<Time>) -> ApplicationRow {
    let metadata: Value = serde_json::from_str(&it.metadata).unwrap_or_default();
    let texts = |name: &str| -> Vec<String> {
        metadata[name]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|v| v.as_str().map(ToOwned::to_owned))
            .collect()
    };
    let text = |name: &str| metadata[name].as_str().unwrap_or("—").to_owned();
    let mut facts = vec![
        ("Proves itself by".to_owned(), Html::text(&text("token_endpoint_auth_method"))),
        ("Back-channel logout".to_owned(), Html::text(&text("backchannel_logout_uri"))),
        ("Since".to_owned(), Html::text(&when(it.created_at).text)),
    ];
    if let Some(since) = failing {
        let words = format!("**Not taken** since {}. Open it to see why.", when(since).text);
        facts.push(("Security events".to_owned(), Html::marked(&words)));
    }
    ApplicationRow {
        name: Person::company(&it.name, &it.id.to_string()),
        redirect_uris: texts("redirect_uris"),
        facts,
        href: format!("/console/applications/{}", it.id),
        secret_action: it.secret_hash.as_ref().map(|_| format!("/console/applications/{}/secret", it.id)),
        remove_action: format!("/console/applications/{}/remove", it.id),
    }
}

pub(super) fn secret_page(
    app: &App,
    browser: &Browser,
    caller: &OperatorCaller,
    it: &Application,
    secret: Option<String>,
    title: String,
) -> Response {
    let mut values = vec![
        Copy::new("issuer", "Issuer", app.config.issuer()),
        Copy::new("client_id", "Client ID", it.id.to_string()),
    ];
    if let Some(secret) = secret {
        values.push(Copy::new("client_secret", "Client secret", secret).hint("It is shown this once."));
    }
    let page = SecretMade {
        page: super::page(app, browser, caller, &title, Place::Applications),
        title,
        text: "Give these values to whoever builds the product.".to_owned(),
        values,
        back: "/console/applications".to_owned(),
    };
    web::respond(StatusCode::OK, &page)
}

pub(super) async fn require(db: &mut impl store::Connected, id: &str) -> Result<Application, Problem> {
    let found = match id.parse() {
        Ok(id) => store::application::lookup(db, id).await?,
        Err(_) => None,
    };
    found.ok_or_else(|| Problem::not_found("application"))
}

/// `POST /console/applications/{application}/secret`: a new secret; the old one ends now.
pub async fn secret(
    State(app): State<App>,
    browser: Browser,
    caller: OperatorCaller,
    Path(id): Path<String>,
    form: FormParams,
) -> Result<Response, Problem> {
    let mut tx = app.write().await?;
    let mut it = require(&mut tx, &id).await?;
    if form.first("sure") != Some("yes") {
        drop(tx);
        let effect = "The secret that the product uses now ends at once: nobody signs in to it until it has the new one.";
        let question = Question {
            title: format!("A new secret for {}", it.name),
            effect,
            label: "Yes, make a new secret".to_owned(),
            action: format!("/console/applications/{}/secret", it.id),
            place: Place::Applications,
            back: "/console/applications",
        };
        return Ok(question.ask(&app, &browser, &caller));
    }
    let secret = app.token("fd_cs_");
    it.secret_hash = Some(secret.hash());
    store::application::update(&mut tx, &it).await?;
    app.audit(&mut tx, &caller.actor(), "application.secret_changed", None, Some(id), &json!({})).await?;
    tx.commit().await?;
    let title = format!("{} has a new secret", it.name);
    Ok(secret_page(&app, &browser, &caller, &it, Some(secret.expose().to_owned()), title))
}

/// `POST /console/applications/{application}/remove`.
pub async fn remove(
    State(app): State<App>,
    browser: Browser,
    caller: OperatorCaller,
    Path(id): Path<String>,
    form: FormParams,
) -> Result<Response, Problem> {
    let mut tx = app.write().await?;
    let it = require(&mut tx, &id).await?;
    if form.first("sure") != Some("yes") {
        drop(tx);
        let effect =
            "Nobody signs in to it any more, and the tokens it holds end at once. This cannot be undone.";
        let question = Question {
            title: format!("Remove {}", it.name),
            effect,
            label: format!("Yes, remove {}", it.name),
            action: format!("/console/applications/{}/remove", it.id),
            place: Place::Applications,
            back: "/console/applications",
        };
        return Ok(question.ask(&app, &browser, &caller));
    }
    applications::remove(&app, &mut tx, it.id, &caller.actor()).await?;
    tx.commit().await?;
    Ok(Redirect::to("/console/applications?done=removed").into_response())
}

/// The last question before something that cannot be undone.
struct Question {
    title: String,
    effect: &'static str,
    label: String,
    action: String,
    place: Place,
    back: &'static str,
}

impl Question {
    fn ask(self, app: &App, browser: &Browser, caller: &OperatorCaller) -> Response {
        let page = Confirm {
            page: super::page(app, browser, caller, &self.title, self.place),
            title: self.title,
            effect: Html::text(self.effect),
            people: Vec::new(),
            action: self.action,
            fields: vec![("sure".to_owned(), "yes".to_owned())],
            label: self.label,
            danger: true,
            back: self.back.to_owned(),
        };
        web::respond(StatusCode::OK, &page)
    }
}

/// `GET /console/tokens`.
pub async fn tokens(
    State(app): State<App>,
    browser: Browser,
    caller: OperatorCaller,
    params: Params,
) -> Result<Response, Problem> {
    tokens_page(&app, &browser, &caller, Field::default(), done(params.first("done")), StatusCode::OK).await
}

async fn tokens_page(
    app: &App,
    browser: &Browser,
    caller: &OperatorCaller,
    name: Field,
    flash: Option<Notice>,
    status: StatusCode,
) -> Result<Response, Problem> {
    let all = store::operator::list_api_tokens(&mut app.read().await?).await?;
    let row = |t: &ApiToken| TokenRow {
        name: t.name.clone(),
        made: when(t.created_at),
        used: maybe_when(t.last_used_at),
        revoke: format!("/console/tokens/{}/revoke", t.id),
    };
    let mut surroundings = super::page(app, browser, caller, "API tokens", Place::Tokens);
    surroundings.flash = flash;
    let page = Tokens {
        page: surroundings,
        rows: all.iter().filter(|t| t.revoked_at.is_none()).map(row).collect(),
        name,
        action: "/console/tokens".to_owned(),
    };
    Ok(web::respond(status, &page))
}

/// `POST /console/tokens` with `name`.
pub async fn make_token(
    State(app): State<App>,
    browser: Browser,
    caller: OperatorCaller,
    form: FormParams,
) -> Result<Response, Problem> {
    let name = form.first("name").unwrap_or_default().trim();
    if !(1..=200).contains(&name.chars().count()) {
        let field = Field::wrong(name, "Say what it is for, so that you know later which one to revoke.");
        return tokens_page(&app, &browser, &caller, field, None, StatusCode::UNPROCESSABLE_ENTITY).await;
    }
    let token = app.token("fd_api_");
    let it = ApiToken {
        id: app.id(TokenId::new),
        name: name.to_owned(),
        created_at: app.now(),
        last_used_at: None,
        revoked_at: None,
    };
    let mut tx = app.write().await?;
    store::operator::add_api_token(&mut tx, &it, &token.hash()).await?;
    app.audit(
        &mut tx,
        &caller.actor(),
        "api_token.created",
        None,
        Some(it.id.to_string()),
        &json!({"name": name}),
    )
    .await?;
    tx.commit().await?;
    let title = format!("A token for {name}");
    let page = SecretMade {
        page: super::page(&app, &browser, &caller, &title, Place::Tokens),
        title,
        text: "Send it as Authorization: Bearer with every call.".to_owned(),
        values: vec![Copy::new("token", "API token", token.expose()).hint("It is shown this once.")],
        back: "/console/tokens".to_owned(),
    };
    Ok(web::respond(StatusCode::OK, &page))
}

/// `POST /console/tokens/{token}/revoke`.
pub async fn revoke_token(
    State(app): State<App>,
    browser: Browser,
    caller: OperatorCaller,
    Path(id): Path<String>,
    form: FormParams,
) -> Result<Response, Problem> {
    let not_found = || Problem::not_found("API token");
    let token: TokenId = id.parse().map_err(|_| not_found())?;
    let all = store::operator::list_api_tokens(&mut app.read().await?).await?;
    let it = all.into_iter().find(|t| t.id == token).ok_or_else(not_found)?;
    if form.first("sure") != Some("yes") {
        let question = Question {
            title: format!("Revoke the token “{}”", it.name),
            effect: "Every program that uses it is refused from its next call on. This cannot be undone; a new token can be made.",
            label: "Yes, revoke it".to_owned(),
            action: format!("/console/tokens/{id}/revoke"),
            place: Place::Tokens,
            back: "/console/tokens",
        };
        return Ok(question.ask(&app, &browser, &caller));
    }
    let mut tx = app.write().await?;
    if store::operator::revoke_api_token(&mut tx, token, app.now()).await? {
        app.audit(&mut tx, &caller.actor(), "api_token.revoked", None, Some(id), &json!({})).await?;
    }
    tx.commit().await?;
    Ok(Redirect::to("/console/tokens?done=removed").into_response())
}
