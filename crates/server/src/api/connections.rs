//! Connections over the API.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use model::{Connection, ConnectionStatus, Organization, Protocol, Time};
use serde::Deserialize;
use serde_json::{Value, json};
use store::Connected;

use crate::app::App;
use crate::care::{self, Held, State as Known};
use crate::connection::{self, Input, OidcInput, Settings};
use crate::organization;
use crate::problem::Problem;
use crate::rate;
use crate::request::{ApiCaller, ApiJson};
use web::guide;

/// The body of a creation: one of the ways to describe a SAML provider, or an OpenID issuer with its client.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewConnection {
    protocol: String,
    provider: Option<String>,
    status: Option<String>,
    metadata_xml: Option<String>,
    metadata_url: Option<String>,
    idp_entity_id: Option<String>,
    sso_url: Option<String>,
    certificate: Option<String>,
    issuer: Option<String>,
    client_id: Option<String>,
    client_secret: Option<String>,
    client_secret_expires_at: Option<String>,
    client_auth: Option<String>,
}

impl NewConnection {
    fn protocol(&self) -> Result<Protocol, Problem> {
        self.protocol.parse().map_err(|e: model::UnknownState| Problem::field("protocol", e.to_string()))
    }

    /// The guide's id: what was named, or the general one of the protocol.
    fn provider(&self, protocol: Protocol) -> Result<String, Problem> {
        let general = match protocol {
            Protocol::Saml => "generic-saml",
            Protocol::Oidc => "generic-oidc",
        };
        let id = self.provider.as_deref().unwrap_or(general);
        match guide::find(id) {
            Some(_) => Ok(id.to_owned()),
            None => Err(Problem::field(
                "provider",
                format!(
                    "“{id}” is not a provider we know. Use {general} for any provider without a guide of its own"
                ),
            )),
        }
    }

    fn input(self, protocol: Protocol) -> Result<Input, Problem> {
        match protocol {
            Protocol::Oidc => {
                let needed = |field: &'static str, value: Option<String>| {
                    value
                        .filter(|v| !v.trim().is_empty())
                        .ok_or_else(|| Problem::field(field, "expected for an OpenID Connect connection"))
                };
                let by_key = match self.client_auth.as_deref() {
                    Some("private_key_jwt") => true,
                    None | Some("client_secret") => false,
                    Some(_) => {
                        return Err(Problem::field(
                            "client_auth",
                            "expected client_secret or private_key_jwt",
                        ));
                    }
                };
                Ok(Input::Oidc(OidcInput {
                    issuer: needed("issuer", self.issuer)?,
                    client_id: needed("client_id", self.client_id)?,
                    client_secret: self.client_secret.unwrap_or_default(),
                    secret_ends: self.client_secret_expires_at.unwrap_or_default(),
                    by_key,
                }))
            }
            Protocol::Saml => match (self.metadata_xml, self.metadata_url, self.idp_entity_id) {
                (Some(xml), None, entity_id) => Ok(Input::MetadataXml { xml, entity_id }),
                (None, Some(url), None) => Ok(Input::MetadataUrl(url)),
                (None, Some(url), Some(entity_id)) => Ok(Input::MetadataUrlOf { url, entity_id }),
                (None, None, Some(entity_id)) => Ok(Input::Manual {
                    entity_id,
                    sso_url: self
                        .sso_url
                        .ok_or_else(|| Problem::field("sso_url", "expected beside idp_entity_id"))?,
                    certificate: self
                        .certificate
                        .ok_or_else(|| Problem::field("certificate", "expected beside idp_entity_id"))?,
                }),
                (Some(_), Some(_), _) => {
                    Err(Problem::field("metadata_url", "expected either metadata_xml or metadata_url"))
                }
                (None, None, None) => Err(Problem::field(
                    "metadata_xml",
                    "expected metadata_xml, metadata_url, or idp_entity_id with sso_url and certificate",
                )),
            },
        }
    }
}

/// `POST /api/v1/organizations/{id}/connections`.
pub async fn create(
    caller: ApiCaller,
    State(app): State<App>,
    Path(id): Path<String>,
    ApiJson(body): ApiJson<NewConnection>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let protocol = body.protocol()?;
    let provider = body.provider(protocol)?;
    let status = status(body.status.as_deref().unwrap_or("draft"))?;
    // No transaction stays open while the provider is asked for its metadata.
    organization::require(&mut app.read().await?, &id).await?;
    let settings = connection::read_input(&app, &provider, None, &body.input(protocol)?).await?;
    let mut tx = app.write().await?;
    let organization = organization::require(&mut tx, &id).await?;
    let it = connection::create(&app, &mut tx, &organization, &provider, settings, &caller.actor()).await?;
    let it = if status == ConnectionStatus::Active {
        connection::activate(&app, &mut tx, &it, &caller.actor()).await?
    } else {
        it
    };
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(to_json(&app, &it, &Known::default()).await?)))
}

/// `GET /api/v1/organizations/{id}/connections`.
pub async fn list(
    _caller: ApiCaller,
    State(app): State<App>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    let mut db = app.read().await?;
    let organization = organization::require(&mut db, &id).await?;
    let all = store::connection::list(&mut db, organization.id).await?;
    let known = care::all_of(&mut db, organization.id).await?;
    drop(db);
    let mut data = Vec::new();
    for it in &all {
        data.push(to_json(&app, it, known.get(&it.id).unwrap_or(&Known::default())).await?);
    }
    Ok(Json(json!({"data": data})))
}

/// `GET /api/v1/organizations/{id}/connections/{connection}`.
pub async fn show(
    _caller: ApiCaller,
    State(app): State<App>,
    Path((id, connection)): Path<(String, String)>,
) -> Result<Json<Value>, Problem> {
    let mut db = app.read().await?;
    let (_, it) = require(&mut db, &id, &connection).await?;
    let state = care::of(&mut db, it.id).await?;
    drop(db);
    Ok(Json(to_json(&app, &it, &state).await?))
}

/// What to do after reading a connection's documents again.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refresh {
    /// `changes` of an earlier answer, by its `id`: the new addresses are taken over.
    accept: Option<String>,
}

/// `POST /api/v1/organizations/{id}/connections/{connection}/refresh`: reads what the provider publishes now.
pub async fn refresh(
    caller: ApiCaller,
    State(app): State<App>,
    Path((id, connection)): Path<(String, String)>,
    ApiJson(body): ApiJson<Value>,
) -> Result<Json<Value>, Problem> {
    let (organization, it) = require(&mut app.read().await?, &id, &connection).await?;
    let body: Refresh = serde_json::from_value(body).map_err(|e| Problem::field("accept", e.to_string()))?;
    rate::check(&app, &format!("refresh:{}", organization.id), rate::LOOKS).await?;
    if let Some(changes) = &body.accept {
        care::accept(&app, &it, changes, &caller.actor()).await?;
    } else {
        care::look_now(&app, &it).await?;
    }
    let mut db = app.read().await?;
    let (_, it) = require(&mut db, &id, &connection).await?;
    let state = care::of(&mut db, it.id).await?;
    drop(db);
    Ok(Json(to_json(&app, &it, &state).await?))
}

/// The body of a change.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangedConnection {
    status: String,
}

/// `PATCH /api/v1/organizations/{id}/connections/{connection}`: switches it on or off.
pub async fn update(
    caller: ApiCaller,
    State(app): State<App>,
    Path((id, connection)): Path<(String, String)>,
    ApiJson(body): ApiJson<ChangedConnection>,
) -> Result<Json<Value>, Problem> {
    let wanted = status(&body.status)?;
    let mut tx = app.write().await?;
    let (_, it) = require(&mut tx, &id, &connection).await?;
    let state = care::of(&mut tx, it.id).await?;
    let it = match wanted {
        ConnectionStatus::Active => connection::activate(&app, &mut tx, &it, &caller.actor()).await?,
        ConnectionStatus::Inactive => connection::deactivate(&app, &mut tx, &it, &caller.actor()).await?,
        ConnectionStatus::Draft => return Err(Problem::field("status", "expected active or inactive")),
    };
    tx.commit().await?;
    Ok(Json(to_json(&app, &it, &state).await?))
}

/// `DELETE /api/v1/organizations/{id}/connections/{connection}`.
pub async fn remove(
    caller: ApiCaller,
    State(app): State<App>,
    Path((id, connection)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let mut tx = app.write().await?;
    let (_, it) = require(&mut tx, &id, &connection).await?;
    connection::remove(&app, &mut tx, &it, &caller.actor()).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

fn status(text: &str) -> Result<ConnectionStatus, Problem> {
    text.parse().map_err(|e: model::UnknownState| Problem::field("status", e.to_string()))
}

/// The organization and its connection, or 404.
pub(super) async fn require(
    db: &mut impl Connected,
    organization: &str,
    connection: &str,
) -> Result<(Organization, Connection), Problem> {
    let organization = organization::require(db, organization).await?;
    let found = match connection.parse() {
        Ok(id) => store::connection::lookup(db, id).await?.filter(|c| c.organization_id == organization.id),
        Err(_) => None,
    };
    Ok((organization, found.ok_or_else(|| Problem::not_found("connection"))?))
}

/// A connection as it goes out.
pub(super) async fn shown(app: &App, it: &Connection) -> Result<Value, Problem> {
    let state = care::of(&mut app.read().await?, it.id).await?;
    to_json(app, it, &state).await
}

async fn to_json(app: &App, it: &Connection, state: &Known) -> Result<Value, Problem> {
    let ours = connection::sp_values(app, it).await?;
    let mut answer = json!({
        "id": it.id.to_string(),
        "organization_id": it.organization_id.to_string(),
        "protocol": it.protocol.as_str(),
        "provider": it.provider,
        "status": it.status.as_str(),
        "tested_at": it.tested_at.map(|t| t.to_string()),
        "last_login_at": it.last_login_at.map(|t| t.to_string()),
        "created_at": it.created_at.to_string(),
    });
    match it.protocol {
        Protocol::Saml => {
            answer["saml"] = json!({"acs_url": ours.acs_url, "entity_id": ours.entity_id, "metadata_url": ours.metadata_url, "slo_url": ours.slo_url});
        }
        Protocol::Oidc => {
            answer["oidc"] = json!({
                "redirect_uri": ours.redirect_uri,
                "post_logout_redirect_uri": connection::signed_out_url(app, it.id),
                "backchannel_logout_uri": connection::backchannel_logout_url(app, it.id),
                "jwks_uri": connection::client_jwks_url(app, it.id),
            });
        }
    }
    if let Some(settings) = Settings::of(it) {
        answer["provider_documents"] = documents(&settings, state);
        trusted(&mut answer, &settings, app.now());
    }
    Ok(answer)
}

/// How the provider's documents are read.
fn documents(settings: &Settings, state: &Known) -> Value {
    let source = match settings {
        Settings::Saml(saml) => saml.metadata_url.clone(),
        Settings::Oidc(oidc) => Some(oidc.issuer.clone()),
    };
    let changes = state.held.as_ref().map(|held| match held {
        Held::Addresses(moved) => json!({
            "id": state.held_digest(),
            "sso_urls": moved.sso.iter().map(|it| it.location.as_str()).collect::<Vec<_>>(),
            "slo_urls": moved.slo.iter().map(|it| it.location.as_str()).collect::<Vec<_>>(),
        }),
        Held::Provider(found) => json!({"id": null, "entity_ids": found}),
    });
    json!({
        "source": source,
        "last_read_at": state.read_at().map(|t| t.to_string()),
        "last_tried_at": state.tried_at().map(|t| t.to_string()),
        "next_at": state.next_at().map(|t| t.to_string()),
        "last_error": state.error,
        "changes": changes,
    })
}

/// What is trusted, and when it ends.
pub(super) fn trusted(answer: &mut Value, settings: &Settings, now: Time) {
    match settings {
        Settings::Saml(saml) => {
            let certificates = saml.certificates.iter().map(|it| {
                json!({
                    "fingerprint": it.fingerprint,
                    "subject": it.subject,
                    "not_after": it.not_after.to_string(),
                    "expired": it.not_after <= now,
                })
            });
            answer["saml"]["idp_entity_id"] = json!(saml.entity_id);
            answer["saml"]["certificates"] = certificates.collect();
        }
        Settings::Oidc(oidc) => {
            answer["oidc"]["client_auth"] = json!(match oidc.client_secret_sealed.as_str() {
                _ if oidc.by_key => "private_key_jwt",
                "" => "none",
                _ => "client_secret",
            });
            answer["oidc"]["client_secret_expires_at"] = json!(oidc.secret_ends_at.map(|t| t.to_string()));
        }
    }
}
