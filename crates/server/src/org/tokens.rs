//! The tokens and OAuth clients of a directory: a second one is made, given to the provider, and the first one revoked.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use model::{Directory, DirectorySecret, DirectoryStatus, Token, TokenId};
use store::directory_token::DirectoryToken;

use super::Desk;
use super::stop::Ids;
use super::words;
use crate::app::App;
use crate::directory::{self as feed, Held, MOST_TOKENS};
use crate::problem::Problem;
use crate::request::{FormParams, Params};
use crate::trace;
use web::Html;
use web::pages::org::{Confirm, OrgTokens, TokenRow};
use web::parts::{Copy, Status};

/// `GET /directory/{directory}/tokens`.
pub async fn show(
    State(app): State<App>,
    desk: Desk,
    Path(id): Path<Ids>,
    params: Params,
) -> Result<Response, Problem> {
    page(&app, &desk, &id.directory, None, params.first("done")).await
}

/// `POST /directory/{directory}/tokens`: makes one and shows it this once.
pub async fn make(
    State(app): State<App>,
    desk: Desk,
    Path(id): Path<Ids>,
    form: FormParams,
) -> Result<Response, Problem> {
    another(&app, &desk, &id.directory, DirectorySecret::Bearer, &form).await
}

/// `POST /directory/{directory}/clients`: makes an OAuth client and shows its secret this once.
pub async fn make_client(
    State(app): State<App>,
    desk: Desk,
    Path(id): Path<Ids>,
    form: FormParams,
) -> Result<Response, Problem> {
    another(&app, &desk, &id.directory, DirectorySecret::Client, &form).await
}

/// The same form sent twice, as by a page that is loaded again, makes one.
async fn another(
    app: &App,
    desk: &Desk,
    id: &str,
    kind: DirectorySecret,
    form: &FormParams,
) -> Result<Response, Problem> {
    let mut tx = app.write().await?;
    let it = feed::require(&mut tx, &desk.organization, id).await?;
    let held = Held::enter(&mut tx, it.id).await?;
    let newest = newest(&store::directory_token::list(&mut tx, it.id, app.now()).await?);
    if form.first("beside").is_some_and(|seen| seen != newest) {
        let there = format!("directory/{}/tokens?done=token-there", it.id);
        return Ok(Redirect::to(&desk.at(&there)).into_response());
    }
    let made = feed::add_token(app, &mut tx, &held, kind, None, &desk.actor).await?;
    tx.commit().await?;
    page(app, desk, id, Some((kind, made)), None).await
}

fn newest(all: &[DirectoryToken]) -> String {
    all.iter().map(|it| it.id).max().map(|id| id.to_string()).unwrap_or_default()
}

/// What the provider's console asks for, to copy.
fn copies(app: &App, it: &Directory, kind: DirectorySecret, (id, token): (TokenId, Token)) -> Vec<Copy> {
    let hint = "Copy it before you leave this page. Whoever has it can change the company’s people.";
    let base_url = Copy::new("url", "Base URL", feed::base_url(app, it.id));
    match kind {
        DirectorySecret::Bearer => vec![Copy::new("token", "Token", token.expose()).hint(hint), base_url],
        DirectorySecret::Client => vec![
            Copy::new("client", "Client ID", id.to_string()),
            Copy::new("secret", "Client secret", token.expose()).hint(hint),
            Copy::new("token-url", "Token endpoint", feed::token_url(app, it.id)),
            base_url,
        ],
    }
}

async fn page(
    app: &App,
    desk: &Desk,
    id: &str,
    made: Option<(DirectorySecret, (TokenId, Token))>,
    done: Option<&str>,
) -> Result<Response, Problem> {
    let mut db = app.read().await?;
    let it = feed::require(&mut db, &desk.organization, id).await?;
    let all = store::directory_token::list(&mut db, it.id, app.now()).await?;
    drop(db);
    let at = format!("directory/{}/tokens", it.id);
    let mut surroundings = desk.directory_page(app, "Tokens");
    surroundings.flash = words::done(done);
    let page = OrgTokens {
        page: surroundings,
        provider: trace::provider(&it.provider),
        made: made.map(|(kind, made)| copies(app, &it, kind, made)).unwrap_or_default(),
        tokens: all.iter().map(|token| row(desk, &at, token)).collect(),
        action: (all.len() < MOST_TOKENS).then(|| desk.at(&at)),
        client_action: desk.at(&format!("directory/{}/clients", it.id)),
        newest: newest(&all),
        back: desk.at("directory"),
    };
    Ok(web::respond(StatusCode::OK, &page))
}

fn row(desk: &Desk, at: &str, it: &DirectoryToken) -> TokenRow {
    TokenRow {
        client: (it.kind == DirectorySecret::Client).then(|| it.id.to_string()),
        made: words::when(it.created_at),
        used: it.last_used_at.map(words::when),
        status: match it.expires_at {
            Some(end) => Status::ok(format!("Works until {}", words::day(end))),
            None => Status::ok("Works"),
        },
        revoke: desk.at(&format!("{at}/{}/revoke", it.id)),
    }
}

/// The token's id in the address, too.
#[derive(Debug, serde::Deserialize)]
pub struct TokenIds {
    directory: String,
    token: String,
}

/// `POST /directory/{directory}/tokens/{token}/revoke`. The last one of a live directory goes only after a question.
pub async fn revoke(
    State(app): State<App>,
    desk: Desk,
    Path(id): Path<TokenIds>,
    form: FormParams,
) -> Result<Response, Problem> {
    let mut tx = app.write().await?;
    let it = feed::require(&mut tx, &desk.organization, &id.directory).await?;
    let token = id.token.parse().map_err(|_| Problem::not_found("token"))?;
    let held = Held::enter(&mut tx, it.id).await?;
    let all = store::directory_token::list(&mut tx, it.id, app.now()).await?;
    let last =
        it.status == DirectoryStatus::Active && all.len() == 1 && all.iter().any(|one| one.id == token);
    if last && form.first("sure") != Some("yes") {
        drop(tx);
        return Ok(ask_before_the_last(&app, &desk, &it, token));
    }
    feed::revoke_token(&app, &mut tx, &held, token, &desk.actor).await?;
    tx.commit().await?;
    Ok(Redirect::to(&desk.at(&format!("directory/{}/tokens?done=token-revoked", it.id))).into_response())
}

/// What stops when nothing is left that the provider could prove itself with.
fn ask_before_the_last(app: &App, desk: &Desk, it: &Directory, token: TokenId) -> Response {
    let provider = trace::provider(&it.provider);
    let at = format!("directory/{}/tokens", it.id);
    let page = Confirm {
        page: desk.directory_page(app, "Revoke the last token"),
        title: format!("{provider} will not get in any more"),
        effect: Html::text(&format!(
            "This is the last one that works. From its next request on {provider} is refused: nobody new gets a place, \
             changes stop coming, and whoever leaves {} keeps the way in until the directory speaks again. Everybody who \
             is here stays. To replace it without a gap, make another one first.",
            desk.organization.name
        )),
        people: Vec::new(),
        action: desk.at(&format!("{at}/{token}/revoke")),
        fields: vec![("sure".to_owned(), "yes".to_owned())],
        label: "Yes, revoke it".to_owned(),
        danger: true,
        back: desk.at(&at),
    };
    web::respond(StatusCode::OK, &page)
}
