//! Applications: the vendor's products that sign people in through us.
//!
//! Owns their registration and secrets. Does not own what they were granted. A refresh token is given to an application
//! whose `grant_types` contain `refresh_token` (they do unless the registration says otherwise); the scope
//! `offline_access` is understood and needs no more.

use axum::http::StatusCode;
use model::{ApplicationId, Token};
use oidc::provider::ClientMetadata;
use serde_json::{Map, Value, json};
use store::application::Application;
use store::{Connected, Tx};

use crate::app::App;
use crate::problem::{FieldProblem, Problem};
use crate::receipt;

/// The member of a registration that says whether the application keeps data about people, and so is to confirm that it
/// has erased somebody. True where it is not said.
pub const CONFIRMS: &str = "confirms_erasure";

/// An application with its registration, read.
#[derive(Debug, Clone)]
pub struct Client {
    /// The record.
    pub application: Application,
    /// What it registered.
    pub metadata: ClientMetadata,
}

impl Client {
    /// Whether it is given refresh tokens.
    pub fn may_refresh(&self) -> bool {
        self.metadata.grant_types.iter().any(|one| one == "refresh_token")
    }

    /// Whether its registration allows the scope.
    pub fn may_ask(&self, scope: &str) -> bool {
        let allowed = self.metadata.scope.as_deref();
        allowed.is_none_or(|all| all.split_ascii_whitespace().any(|one| one == scope))
    }
}

/// Registers an application. `metadata` is named as in OpenID Connect Dynamic Client Registration 1.0; `name` becomes its
/// `client_name`. The secret is shown this once; applications with keys, and public ones, have none.
///
/// # Errors
/// 422 with every field that is not as expected.
pub async fn create(
    app: &App,
    tx: &mut Tx,
    name: &str,
    metadata: &Map<String, Value>,
    actor: &str,
) -> Result<(Application, Option<String>), Problem> {
    let name = name.trim();
    check_name(name)?;
    let mut metadata = metadata.clone();
    let confirms_erasure = confirms(metadata.remove(CONFIRMS).as_ref())?.unwrap_or(true);
    let mut metadata = ClientMetadata::from_json(&metadata).map_err(refuse)?;
    metadata.client_name = Some(name.to_owned());
    metadata.validate(app.config.allow_private_network).map_err(refuse)?;
    let secret = metadata.has_secret().then(|| app.token("fd_secret_"));
    let application = Application {
        id: app.id(ApplicationId::new),
        name: name.to_owned(),
        secret_hash: secret.as_ref().map(Token::hash),
        metadata: serde_json::to_string(&metadata).map_err(|e| Problem::internal(&e))?,
        confirms_erasure,
        created_at: app.now(),
    };
    store::application::add(tx, &application).await?;
    let data = json!({ "name": application.name, "redirect_uris": metadata.redirect_uris });
    app.audit(tx, actor, "application.created", None, Some(application.id.to_string()), &data).await?;
    Ok((application, secret.map(|token| token.expose().to_owned())))
}

/// Changes an application: `change` replaces the members it names, and `null` takes one away. A secret is made where it
/// needs one now, and shown this once; one that it needs no more ends.
///
/// # Errors
/// 404 when there is none with this id; 422 with every field that is not as expected.
pub async fn change(
    app: &App,
    tx: &mut Tx,
    id: ApplicationId,
    mut change: Map<String, Value>,
    actor: &str,
) -> Result<(Application, Option<String>), Problem> {
    let application = store::application::lookup(tx, id).await?;
    let mut application = application.ok_or_else(|| Problem::not_found("application"))?;
    let mut all: Map<String, Value> =
        serde_json::from_str(&application.metadata).map_err(|e| Problem::internal(&e))?;
    let changed: Vec<String> = change.keys().cloned().collect();
    if let Some(confirms) = confirms(change.remove(CONFIRMS).as_ref())? {
        application.confirms_erasure = confirms;
    }
    for (name, value) in change {
        match (name.as_str(), value) {
            ("name" | "client_name", Value::String(text)) => text.trim().clone_into(&mut application.name),
            ("name" | "client_name", _) => return Err(Problem::field("name", "must be a text.")),
            (_, Value::Null) => {
                all.remove(&name);
            }
            (_, value) => {
                all.insert(name, value);
            }
        }
    }
    check_name(&application.name)?;
    let mut metadata = ClientMetadata::from_json(&all).map_err(refuse)?;
    metadata.client_name = Some(application.name.clone());
    metadata.validate(app.config.allow_private_network).map_err(refuse)?;
    let secret =
        (metadata.has_secret() && application.secret_hash.is_none()).then(|| app.token("fd_secret_"));
    if let Some(secret) = &secret {
        application.secret_hash = Some(secret.hash());
    } else if !metadata.has_secret() {
        application.secret_hash = None;
    }
    application.metadata = serde_json::to_string(&metadata).map_err(|e| Problem::internal(&e))?;
    store::application::update(tx, &application).await?;
    if !application.confirms_erasure {
        receipt::excuse(app, tx, id).await?;
    }
    let data = json!({ "name": application.name, "changed": changed });
    app.audit(tx, actor, "application.changed", None, Some(id.to_string()), &data).await?;
    Ok((application, secret.map(|token| token.expose().to_owned())))
}

/// Whether an application confirms erasures, where that is said.
fn confirms(said: Option<&Value>) -> Result<Option<bool>, Problem> {
    match said {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Bool(yes)) => Ok(Some(*yes)),
        Some(_) => Err(Problem::field(CONFIRMS, "must be true or false.")),
    }
}

fn check_name(name: &str) -> Result<(), Problem> {
    if name.is_empty() || name.chars().count() > 200 || name.chars().any(char::is_control) {
        return Err(Problem::field("name", "must be a name of 1 to 200 characters."));
    }
    Ok(())
}

/// Every application, oldest first.
pub async fn list(db: &mut impl Connected) -> Result<Vec<Application>, Problem> {
    Ok(store::application::list(db).await?)
}

/// Takes an application away. Its codes, grants and tokens end with it.
///
/// # Errors
/// 404 when there is none with this id.
pub async fn remove(app: &App, tx: &mut Tx, id: ApplicationId, actor: &str) -> Result<(), Problem> {
    let application = store::application::lookup(tx, id).await?;
    let application = application.ok_or_else(|| Problem::not_found("application"))?;
    receipt::excuse(app, tx, id).await?;
    store::application::remove(tx, id).await?;
    let data = json!({ "name": application.name });
    app.audit(tx, actor, "application.removed", None, Some(id.to_string()), &data).await
}

/// Its registration as programs see it: `client_id`, `name` and the members of the registration.
pub fn to_json(application: &Application) -> Value {
    let mut all: Map<String, Value> = serde_json::from_str(&application.metadata).unwrap_or_default();
    all.insert("client_id".to_owned(), json!(application.id.to_string()));
    all.insert("name".to_owned(), json!(application.name));
    all.insert(CONFIRMS.to_owned(), json!(application.confirms_erasure));
    all.insert("created_at".to_owned(), json!(application.created_at.to_string()));
    Value::Object(all)
}

/// The application that a `client_id` names.
pub async fn find(db: &mut impl Connected, client_id: &str) -> Result<Option<Client>, Problem> {
    let Ok(id) = client_id.parse() else { return Ok(None) };
    let Some(application) = store::application::lookup(db, id).await? else { return Ok(None) };
    let metadata = serde_json::from_str(&application.metadata).map_err(|e| Problem::internal(&e))?;
    Ok(Some(Client { application, metadata }))
}

fn refuse(problems: Vec<oidc::provider::FieldProblem>) -> Problem {
    let fields: Vec<FieldProblem> = problems
        .into_iter()
        .map(|one| FieldProblem { field: one.field.to_owned(), problem: one.problem })
        .collect();
    let detail = fields.iter().map(|one| one.problem.as_str()).collect::<Vec<_>>().join(" ");
    let mut problem = Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "field_not_accepted",
        "Something in this registration needs another look",
        detail,
    );
    problem.fields = fields;
    problem
}
