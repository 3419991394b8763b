//! Connections over the API.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use model::{Connection, ConnectionStatus, Organization, Protocol};
use serde::Deserialize;
use serde_json::{Value, json};
use store::Connected;

use crate::app::App;
use crate::connection::{self, Input};
use crate::organization;
use crate::problem::Problem;
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
                Ok(Input::Oidc {
                    issuer: needed("issuer", self.issuer)?,
                    client_id: needed("client_id", self.client_id)?,
                    client_secret: self.client_secret.unwrap_or_default(),
                })
            }
            Protocol::Saml => match (self.metadata_xml, self.metadata_url, self.idp_entity_id) {
                (Some(xml), None, entity_id) => Ok(Input::MetadataXml { xml, entity_id }),
                (None, Some(url), _) => Ok(Input::MetadataUrl(url)),
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
    Ok((StatusCode::CREATED, Json(to_json(&app, &it).await?)))
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
    drop(db);
    let mut data = Vec::new();
    for it in &all {
        data.push(to_json(&app, it).await?);
    }
    Ok(Json(json!({"data": data})))
}

/// `GET /api/v1/organizations/{id}/connections/{connection}`.
pub async fn show(
    _caller: ApiCaller,
    State(app): State<App>,
    Path((id, connection)): Path<(String, String)>,
) -> Result<Json<Value>, Problem> {
    let (_, it) = require(&mut app.read().await?, &id, &connection).await?;
    Ok(Json(to_json(&app, &it).await?))
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
    let it = match wanted {
        ConnectionStatus::Active => connection::activate(&app, &mut tx, &it, &caller.actor()).await?,
        ConnectionStatus::Inactive => connection::deactivate(&app, &mut tx, &it, &caller.actor()).await?,
        ConnectionStatus::Draft => return Err(Problem::field("status", "expected active or inactive")),
    };
    tx.commit().await?;
    Ok(Json(to_json(&app, &it).await?))
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

async fn to_json(app: &App, it: &Connection) -> Result<Value, Problem> {
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
            answer["saml"] = json!({"acs_url": ours.acs_url, "entity_id": ours.entity_id, "metadata_url": ours.metadata_url});
        }
        Protocol::Oidc => {
            answer["oidc"] = json!({
                "redirect_uri": ours.redirect_uri,
                "backchannel_logout_uri": connection::backchannel_logout_url(app, it.id),
            });
        }
    }
    Ok(answer)
}
