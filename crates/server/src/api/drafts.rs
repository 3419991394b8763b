//! Changing a live connection over the API: its draft, replacing, going back, and shadows.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use model::{Connection, ConnectionStatus, Time};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use store::connection_draft::Draft;
use store::shadow::Outcome;

use super::connections::{require, shown, trusted};
use crate::app::App;
use crate::connection::beside::{self, digest};
use crate::connection::requests;
use crate::connection::shadow::{self, Report, Told};
use crate::connection::{self, Edit, Input, OidcConfig, OidcInput, Settings};
use crate::problem::Problem;
use crate::request::{ApiCaller, ApiJson, other_json};

/// The body of a draft: what is to be otherwise than in use. What is left out stays as it is.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Wanted {
    provider: Option<String>,
    metadata_xml: Option<String>,
    metadata_url: Option<String>,
    idp_entity_id: Option<String>,
    sso_url: Option<String>,
    certificate: Option<String>,
    only_new_certificates: bool,
    allow_sha1: Option<bool>,
    want_signed_requests: Option<bool>,
    requests: Option<requests::Wanted>,
    issuer: Option<String>,
    client_id: Option<String>,
    client_secret: Option<String>,
    client_secret_expires_at: Option<String>,
    client_auth: Option<String>,
    attributes: Option<BTreeMap<String, String>>,
}

impl Wanted {
    fn edit(&mut self, now: &Settings) -> Result<Edit, Problem> {
        let (input, certificate) = match now {
            Settings::Saml(_) => {
                Self::refuse(&[
                    ("issuer", self.issuer.is_some()),
                    ("client_id", self.client_id.is_some()),
                    ("client_secret", self.client_secret.is_some()),
                    ("client_secret_expires_at", self.client_secret_expires_at.is_some()),
                    ("client_auth", self.client_auth.is_some()),
                ])?;
                self.saml()?
            }
            Settings::Oidc(oidc) => {
                Self::refuse(&[
                    ("metadata_xml", self.metadata_xml.is_some()),
                    ("metadata_url", self.metadata_url.is_some()),
                    ("idp_entity_id", self.idp_entity_id.is_some()),
                    ("sso_url", self.sso_url.is_some()),
                    ("certificate", self.certificate.is_some()),
                    ("requests", self.requests.is_some()),
                ])?;
                (self.oidc(oidc)?, None)
            }
        };
        Ok(Edit {
            input,
            certificate,
            only_new: self.only_new_certificates,
            same_provider: false,
            attributes: self.attributes.take(),
            allow_sha1: self.allow_sha1,
            want_signed_requests: self.want_signed_requests,
            requests: self.requests.take(),
        })
    }

    /// Values of the other protocol.
    fn refuse(fields: &[(&str, bool)]) -> Result<(), Problem> {
        match fields.iter().find(|(_, given)| *given) {
            None => Ok(()),
            Some((field, _)) => Err(Problem::field(
                *field,
                "the connection speaks the other protocol. Expected the values of its own; for the other one, make a second \
                 connection",
            )),
        }
    }

    /// The metadata, all three values by hand, or a certificate alone.
    fn saml(&mut self) -> Result<(Option<Input>, Option<String>), Problem> {
        let by_hand = (self.idp_entity_id.take(), self.sso_url.take(), self.certificate.take());
        match (self.metadata_xml.take(), self.metadata_url.take(), by_hand) {
            (None, None, (None, None, None)) => Ok((None, None)),
            (None, None, (None, None, certificate)) => Ok((None, certificate)),
            (Some(xml), None, (entity_id, None, None)) => {
                Ok((Some(Input::MetadataXml { xml, entity_id }), None))
            }
            (None, Some(url), (None, None, None)) => Ok((Some(Input::MetadataUrl(url)), None)),
            (None, None, (Some(entity_id), Some(sso_url), Some(certificate))) => {
                Ok((Some(Input::Manual { entity_id, sso_url, certificate }), None))
            }
            _ => Err(Problem::field(
                "metadata_xml",
                "expected one of: metadata_xml (with idp_entity_id where it describes several), metadata_url, certificate \
                 alone, or idp_entity_id with sso_url and certificate",
            )),
        }
    }

    /// What of the client is given, joined with what is there.
    fn oidc(&mut self, now: &OidcConfig) -> Result<Option<Input>, Problem> {
        let given = [&self.issuer, &self.client_id, &self.client_secret, &self.client_auth];
        if given.iter().all(|it| it.is_none()) && self.client_secret_expires_at.is_none() {
            return Ok(None);
        }
        let by_key = match self.client_auth.as_deref() {
            Some("private_key_jwt") => true,
            Some("client_secret") => false,
            None => now.by_key && self.client_secret.is_none(),
            Some(_) => {
                return Err(Problem::field("client_auth", "expected client_secret or private_key_jwt"));
            }
        };
        Ok(Some(Input::Oidc(OidcInput {
            issuer: self.issuer.take().unwrap_or_else(|| now.issuer.clone()),
            client_id: self.client_id.take().unwrap_or_else(|| now.client_id.clone()),
            client_secret: self.client_secret.take().unwrap_or_default(),
            secret_ends: self.client_secret_expires_at.take().unwrap_or_default(),
            by_key,
        })))
    }
}

type Ids = Path<(String, String)>;

/// `GET …/connections/{connection}/draft`.
pub async fn show(
    _caller: ApiCaller,
    State(app): State<App>,
    Path((id, connection)): Ids,
) -> Result<Json<Value>, Problem> {
    let mut db = app.read().await?;
    let (_, it) = require(&mut db, &id, &connection).await?;
    let draft = beside::draft_of(&mut db, it.id).await?.ok_or_else(|| Problem::not_found("draft"))?;
    Ok(Json(to_json(&app, &it, &draft)))
}

/// `PUT …/connections/{connection}/draft`: keeps a draft beside what is in use, in the place of any other.
pub async fn set(
    caller: ApiCaller,
    State(app): State<App>,
    Path((id, connection)): Ids,
    ApiJson(body): ApiJson<Value>,
) -> Result<Json<Value>, Problem> {
    // No transaction stays open while the provider is asked for what it publishes.
    let (_, it) = require(&mut app.read().await?, &id, &connection).await?;
    let mut body: Wanted = read(body)?;
    let edit = body.edit(&Settings::required(&it)?)?;
    let settings = connection::read_edit(&app, &it, &edit).await?;
    let mut tx = app.write().await?;
    let values = (&settings, body.provider.as_deref());
    let draft = beside::save(&app, &mut tx, &it, values, &caller.actor()).await?;
    tx.commit().await?;
    Ok(Json(to_json(&app, &it, &draft)))
}

/// The body, read once it is known that the connection is there: what is not, is 404 whatever is said of it.
fn read<T: DeserializeOwned>(body: Value) -> Result<T, Problem> {
    serde_json::from_value(body).map_err(|e| other_json(&e))
}

/// `DELETE …/connections/{connection}/draft`.
pub async fn remove(
    caller: ApiCaller,
    State(app): State<App>,
    Path((id, connection)): Ids,
) -> Result<StatusCode, Problem> {
    let mut tx = app.write().await?;
    let (_, it) = require(&mut tx, &id, &connection).await?;
    if !beside::discard(&app, &mut tx, &it, &caller.actor()).await? {
        return Err(Problem::not_found("draft"));
    }
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Which draft is meant.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Replace {
    draft: Option<String>,
}

/// `POST …/connections/{connection}/draft/replace`: puts the tested draft in the place of what is in use.
pub async fn replace(
    caller: ApiCaller,
    State(app): State<App>,
    Path((id, connection)): Ids,
    ApiJson(body): ApiJson<Value>,
) -> Result<Json<Value>, Problem> {
    let mut tx = app.write().await?;
    let (_, it) = require(&mut tx, &id, &connection).await?;
    let body: Replace = read(body)?;
    let it = beside::replace(&app, &mut tx, &it, body.draft.as_deref(), &caller.actor()).await?;
    tx.commit().await?;
    Ok(Json(shown(&app, &it).await?))
}

/// Which version is meant.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Revert {
    version: Option<String>,
}

/// `POST …/connections/{connection}/revert`: one step back.
pub async fn revert(
    caller: ApiCaller,
    State(app): State<App>,
    Path((id, connection)): Ids,
    ApiJson(body): ApiJson<Value>,
) -> Result<Json<Value>, Problem> {
    let mut tx = app.write().await?;
    let (_, it) = require(&mut tx, &id, &connection).await?;
    let version = match read::<Revert>(body)?.version.as_deref().map(str::parse) {
        None => None,
        Some(Ok(version)) => Some(version),
        Some(Err(_)) => return Err(Problem::field("version", "expected the id of a former version")),
    };
    let it = beside::revert(&app, &mut tx, &it, version, &caller.actor()).await?;
    tx.commit().await?;
    Ok(Json(shown(&app, &it).await?))
}

/// `GET …/connections/{connection}/versions`: what it was before, newest first.
pub async fn versions(
    _caller: ApiCaller,
    State(app): State<App>,
    Path((id, connection)): Ids,
) -> Result<Json<Value>, Problem> {
    let mut db = app.read().await?;
    let (_, it) = require(&mut db, &id, &connection).await?;
    let all = beside::versions(&mut db, it.id).await?;
    let data: Vec<Value> = all
        .iter()
        .map(|version| {
            let was = Connection {
                config: version.config.clone(),
                provider: version.provider.clone(),
                ..it.clone()
            };
            let mut told = json!({
                "id": version.id.to_string(),
                "provider": version.provider,
                "replaced_at": version.replaced_at.to_string(),
                "replaced_by": version.replaced_by,
                "tested_at": version.tested_at.map(|t| t.to_string()),
            });
            values(&mut told, &was, app.now());
            told
        })
        .collect();
    Ok(Json(json!({ "data": data })))
}

/// `GET …/connections/{connection}/shadow`: what its draft, or it, would have made of real sign-ins.
pub async fn shadow(
    _caller: ApiCaller,
    State(app): State<App>,
    Path((id, connection)): Ids,
) -> Result<Json<Value>, Problem> {
    let mut db = app.read().await?;
    let (_, it) = require(&mut db, &id, &connection).await?;
    let report = shadow::report(&mut db, it.id).await?.ok_or_else(|| Problem::not_found("shadow"))?;
    Ok(Json(report_json(&report)))
}

/// `PUT …/connections/{connection}/shadow`: begins. Again is no error.
pub async fn start_shadow(
    caller: ApiCaller,
    State(app): State<App>,
    Path((id, connection)): Ids,
) -> Result<Json<Value>, Problem> {
    let mut tx = app.write().await?;
    let (_, it) = require(&mut tx, &id, &connection).await?;
    shadow::start(&app, &mut tx, &it, &caller.actor()).await?;
    let report = shadow::report(&mut tx, it.id).await?.ok_or_else(|| Problem::not_found("shadow"))?;
    tx.commit().await?;
    Ok(Json(report_json(&report)))
}

/// `DELETE …/connections/{connection}/shadow`: ends, and forgets what was found.
pub async fn stop_shadow(
    caller: ApiCaller,
    State(app): State<App>,
    Path((id, connection)): Ids,
) -> Result<StatusCode, Problem> {
    let mut tx = app.write().await?;
    let (_, it) = require(&mut tx, &id, &connection).await?;
    if !shadow::stop(&app, &mut tx, &it, &caller.actor()).await? {
        return Err(Problem::not_found("shadow"));
    }
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

fn to_json(app: &App, it: &Connection, draft: &Draft) -> Value {
    let page = format!("/console/organizations/{}/desk/sign-on/{}", it.organization_id, it.id);
    let mut told = json!({
        "id": digest(draft),
        "connection_id": it.id.to_string(),
        "protocol": it.protocol.as_str(),
        "provider": draft.provider,
        "tested_at": draft.tested_at.map(|t| t.to_string()),
        "made_by": draft.made_by,
        "created_at": draft.created_at.to_string(),
        "updated_at": draft.updated_at.to_string(),
        "can_replace": draft.tested_at.is_some() && draft.base == it.config,
        "in_use_changed": draft.base != it.config,
        "test_urls": {
            "operator": app.config.url(&page),
            "administrator": app.config.url(&format!("/org/sign-on/{}", it.id)),
        },
    });
    if it.status != ConnectionStatus::Active {
        told["connection_status"] = json!(it.status.as_str());
    }
    values(&mut told, &beside::with_draft(it, draft), app.now());
    told
}

/// What settings trust and read.
fn values(told: &mut Value, it: &Connection, now: Time) {
    let Some(settings) = Settings::of(it) else { return };
    trusted(told, &settings, now);
    match &settings {
        Settings::Saml(saml) => {
            told["saml"]["sso_url"] = json!(saml.preferred_sso().map(|it| it.location.as_str()));
            told["saml"]["metadata_url"] = json!(saml.metadata_url);
            told["saml"]["allow_sha1"] = json!(saml.allow_sha1);
            told["saml"]["want_signed_requests"] = json!(saml.want_signed_requests);
            told["saml"]["requests"] = requests::to_json(saml);
        }
        Settings::Oidc(oidc) => {
            told["oidc"]["issuer"] = json!(oidc.issuer);
            told["oidc"]["client_id"] = json!(oidc.client_id);
        }
    }
    told["attributes"] = json!(settings.attributes());
}

fn report_json(report: &Report) -> Value {
    let list: Vec<Value> = report.list.iter().map(|(it, told)| outcome_json(it, told)).collect();
    json!({
        "since": report.shadow.since.to_string(),
        "started_by": report.shadow.started_by,
        "of": if report.shadow.of_draft { "draft" } else { "connection" },
        "judged": report.judged,
        "would_work": report.would_work,
        "would_differ": report.would_differ,
        "would_fail": report.would_fail,
        "would_mend": report.would_mend,
        "data": list,
    })
}

fn outcome_json(it: &Outcome, told: &Told) -> Value {
    let lines: Vec<Value> = told
        .lines
        .iter()
        .map(|line| json!({"what": line.what, "live": line.live, "new": line.new, "meaning": line.meaning()}))
        .collect();
    json!({
        "at": it.at.to_string(),
        "email": it.email,
        "signed_in": it.lets_in,
        "would_sign_in": it.would,
        "code": it.code,
        "refused": told.refused,
        "in_use_refused": told.live_refused,
        "differences": lines,
    })
}
