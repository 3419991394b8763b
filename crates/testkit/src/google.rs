//! A stand-in for Google Workspace: its token endpoint for service accounts and for refresh tokens, and what the Admin SDK's
//! Directory API answers about users, groups and members. It refuses what Google refuses, in Google's words.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use model::Clock as _;
use serde_json::{Map, Value, json};
use server::pull::GoogleAddresses;

use crate::ManualClock;

const ACCOUNT: &str = "sync@acme-project.iam.gserviceaccount.com";
const KEY_ID: &str = "0a1b2c3d4e5f";
const SCOPES: [&str; 2] = [
    "https://www.googleapis.com/auth/admin.directory.user.readonly",
    "https://www.googleapis.com/auth/admin.directory.group.readonly",
];
/// What an administrator's consent gave.
pub const REFRESH_TOKEN: &str = "1//0refresh";

/// What the Workspace holds, and how it behaves.
#[derive(Debug, Default)]
pub struct Workspace {
    /// Users by id, as `users.get` shows them, without `etag`.
    pub users: BTreeMap<String, Value>,
    /// Groups by id: address, name, and members, by the ids of users and groups.
    pub groups: BTreeMap<String, (String, String, BTreeSet<String>)>,
    /// Administrators who may read users and groups.
    pub admins: BTreeSet<String>,
    /// The delegation of the service account is there.
    pub delegated: bool,
    /// The consent holds.
    pub consented: bool,
    /// Answer every call of the API so, in place of what was asked.
    pub failure: Option<(u16, &'static str)>,
    /// Answer a call of this part with this status, once: (path, part by `pageToken`).
    pub cut_at: Option<&'static str>,
    /// People in a part of a list, fewer than asked.
    pub part: usize,
    /// The calls of the API, as `path?query`.
    pub calls: Vec<String>,
}

/// A running stand-in.
#[derive(Clone)]
pub struct GoogleStandIn {
    workspace: Arc<Mutex<Workspace>>,
    clock: Arc<ManualClock>,
    /// Where it answers.
    pub addresses: GoogleAddresses,
}

type Asked = Query<BTreeMap<String, String>>;

impl GoogleStandIn {
    /// Starts one, with one administrator and the delegation in place.
    pub async fn start(clock: Arc<ManualClock>) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let base = format!("http://{}", listener.local_addr().expect("its address"));
        let workspace = Workspace {
            admins: BTreeSet::from(["it@acme.test".to_owned()]),
            delegated: true,
            consented: true,
            part: 500,
            ..Workspace::default()
        };
        let it = Self {
            workspace: Arc::new(Mutex::new(workspace)),
            clock,
            addresses: GoogleAddresses {
                authorize: format!("{base}/o/oauth2/v2/auth"),
                token: format!("{base}/token"),
                api: format!("{base}/admin/directory/v1"),
            },
        };
        let routes = Router::new()
            .route("/token", post(token))
            .route("/admin/directory/v1/users", get(users))
            .route("/admin/directory/v1/users/{key}", get(user))
            .route("/admin/directory/v1/groups", get(groups))
            .route("/admin/directory/v1/groups/{key}/members", get(members))
            .with_state(it.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        it
    }

    /// The Workspace, to look at and to change.
    pub fn workspace(&self) -> MutexGuard<'_, Workspace> {
        self.workspace.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The key file of the service account.
    pub fn key_file(&self) -> Value {
        let der: Pkcs8V1Der<'_> = key().as_der().expect("the key as PKCS#8");
        let body = STANDARD.encode(der.as_ref());
        json!({
            "type": "service_account", "project_id": "acme-project", "private_key_id": KEY_ID,
            "private_key": format!("-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n"),
            "client_email": ACCOUNT, "client_id": "104211111111111111111",
            "token_uri": "https://oauth2.googleapis.com/token",
        })
    }

    /// Adds a user, or changes one.
    pub fn user(&self, id: &str, email: &str, more: Value) {
        let (first, _) = email.split_once('@').expect("an address");
        let mut it = json!({
            "kind": "admin#directory#user", "id": id, "primaryEmail": email, "isAdmin": false,
            "name": {"givenName": first, "familyName": "Smith", "fullName": format!("{first} Smith")},
            "suspended": false, "archived": false, "orgUnitPath": "/",
            "emails": [{"address": email, "primary": true}],
            "addresses": [{"type": "work", "countryCode": "DE", "locality": "Berlin"}],
        });
        if let Value::Object(more) = more {
            it.as_object_mut().expect("an object").extend(more);
        }
        self.workspace().users.insert(id.to_owned(), it);
    }

    /// Adds a group, or changes one.
    pub fn group(&self, id: &str, email: &str, name: &str, members: &[&str]) {
        let members = members.iter().map(|id| (*id).to_owned()).collect();
        self.workspace().groups.insert(id.to_owned(), (email.to_owned(), name.to_owned(), members));
    }

    /// The calls since the last look.
    pub fn take_calls(&self) -> Vec<String> {
        std::mem::take(&mut self.workspace().calls)
    }
}

fn key() -> &'static KeyPair {
    static KEY: OnceLock<KeyPair> = OnceLock::new();
    KEY.get_or_init(|| KeyPair::generate(KeySize::Rsa2048).expect("a key"))
}

fn oauth(error: &str, description: &str) -> Response {
    let body = json!({"error": error, "error_description": description});
    (StatusCode::BAD_REQUEST, Json(body)).into_response()
}

async fn token(State(it): State<GoogleStandIn>, body: String) -> Response {
    let form: BTreeMap<String, String> = form_urlencoded::parse(body.as_bytes()).into_owned().collect();
    let says = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    let granted = match says("grant_type") {
        "urn:ietf:params:oauth:grant-type:jwt-bearer" => it.delegated(says("assertion")),
        "authorization_code" if says("code") == "consented" && says("code_verifier").len() >= 43 => {
            let tokens = json!({"access_token": "ya29.it@acme.test", "refresh_token": REFRESH_TOKEN, "expires_in": 3599});
            return Json(tokens).into_response();
        }
        "refresh_token" if says("refresh_token") == REFRESH_TOKEN && it.workspace().consented => {
            if says("client_id") == "vendor-client" && says("client_secret") == "vendor-secret" {
                Ok("it@acme.test".to_owned())
            } else {
                Err(oauth("invalid_client", "The OAuth client was not found."))
            }
        }
        "refresh_token" => Err(oauth("invalid_grant", "Token has been expired or revoked.")),
        _ => Err(oauth("unsupported_grant_type", "Invalid grant_type")),
    };
    match granted {
        Ok(admin) => {
            Json(json!({"access_token": format!("ya29.{admin}"), "expires_in": 3599, "token_type": "Bearer"}))
                .into_response()
        }
        Err(refused) => refused,
    }
}

impl GoogleStandIn {
    /// In whose name an assertion of the service account may act.
    fn delegated(&self, assertion: &str) -> Result<String, Response> {
        let signature = || oauth("invalid_grant", "Invalid JWT Signature.");
        let (input, mac) = assertion.rsplit_once('.').ok_or_else(signature)?;
        let (head, claims) = input.split_once('.').ok_or_else(signature)?;
        let read = |part: &str| -> Option<Value> {
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
        };
        let (head, claims) = (read(head).ok_or_else(signature)?, read(claims).ok_or_else(signature)?);
        let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key().public_key().as_ref());
        let mac = URL_SAFE_NO_PAD.decode(mac).map_err(|_| signature())?;
        if head["kid"] != KEY_ID || head["alg"] != "RS256" || public.verify(input.as_bytes(), &mac).is_err() {
            return Err(signature());
        }
        let now = self.clock.now().to_jiff().as_second();
        let (from, until) =
            (claims["iat"].as_i64().unwrap_or_default(), claims["exp"].as_i64().unwrap_or_default());
        if claims["aud"] != self.addresses.token || from > now || until <= now || until - from > 3600 {
            return Err(oauth(
                "invalid_grant",
                "Invalid JWT: Token must be a short-lived token (60 minutes)",
            ));
        }
        let asked: Vec<&str> = claims["scope"].as_str().unwrap_or_default().split_whitespace().collect();
        let workspace = self.workspace();
        if !workspace.delegated || claims["iss"] != ACCOUNT || asked.iter().any(|s| !SCOPES.contains(s)) {
            let why = "Client is unauthorized to retrieve access tokens using this method, or client not authorized for \
                       any of the scopes requested.";
            return Err(oauth("unauthorized_client", why));
        }
        let admin = claims["sub"].as_str().unwrap_or_default();
        let known = workspace.admins.contains(admin)
            || workspace.users.values().any(|user| user["primaryEmail"] == admin);
        if !known {
            return Err(oauth("invalid_grant", "Invalid email or User ID"));
        }
        Ok(admin.to_owned())
    }

    /// Refuses whoever may not read; otherwise remembers the call.
    fn enter(
        &self,
        headers: &HeaderMap,
        path: &str,
        query: &BTreeMap<String, String>,
    ) -> Result<(), Response> {
        let said: Vec<String> = query.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut workspace = self.workspace();
        workspace.calls.push(format!("{path}?{}", said.join("&")));
        if let Some((status, reason)) = workspace.failure {
            return Err(failure(status, reason, "Not Authorized to access this resource/api"));
        }
        let token =
            headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let Some(admin) = token.strip_prefix("Bearer ya29.") else {
            return Err(failure(401, "authError", "Invalid Credentials"));
        };
        if !workspace.admins.contains(admin) {
            return Err(failure(403, "forbidden", "Not Authorized to access this resource/api"));
        }
        let part = query.get("pageToken").map(String::as_str);
        if workspace.cut_at.is_some() && part == workspace.cut_at {
            return Err(failure(503, "backendError", "Service unavailable. Please try again"));
        }
        Ok(())
    }
}

fn failure(status: u16, reason: &str, message: &str) -> Response {
    let body = json!({"error": {
        "code": status, "message": message,
        "errors": [{"domain": "global", "reason": reason, "message": message}],
    }});
    (StatusCode::from_u16(status).expect("a status"), Json(body)).into_response()
}

fn etag(it: &Value) -> Value {
    json!(format!("\"{}\"", model::Token::presented(&it.to_string()).hash()))
}

fn tagged(it: &Value) -> Value {
    let mut whole = it.clone();
    whole["etag"] = etag(it);
    whole
}

/// A part of a list: `nextPageToken` leads on. `fields` cuts each entry down to what it names.
fn part(all: Vec<Value>, name: &str, most: usize, query: &BTreeMap<String, String>) -> Value {
    let number =
        |key: &str, otherwise: usize| query.get(key).and_then(|n| n.parse().ok()).unwrap_or(otherwise);
    let size = number("maxResults", 100).min(500).min(most).max(1);
    let from = query.get("pageToken").and_then(|t| t.strip_prefix("part")?.parse().ok()).unwrap_or(0_usize);
    let total = all.len();
    let wanted = query.get("fields").and_then(|text| {
        let (_, inner) = text.split_once(&format!("{name}("))?;
        Some(inner.split(')').next()?.split(',').map(str::to_owned).collect::<Vec<_>>())
    });
    let cut = |it: Value| match (&wanted, it) {
        (Some(names), Value::Object(map)) => {
            Value::Object(map.into_iter().filter(|(key, _)| names.contains(key)).collect::<Map<_, _>>())
        }
        (_, it) => it,
    };
    let items: Vec<Value> = all.into_iter().skip(from).take(size).map(cut).collect();
    // Google leaves an empty list out.
    let mut answer = if items.is_empty() { json!({}) } else { json!({ name: items }) };
    if from + size < total {
        answer["nextPageToken"] = json!(format!("part{}", from + size));
    }
    answer
}

async fn users(State(it): State<GoogleStandIn>, headers: HeaderMap, Query(query): Asked) -> Response {
    if let Err(refused) = it.enter(&headers, "users", &query) {
        return refused;
    }
    if query.get("customer").is_none_or(|customer| customer != "my_customer") {
        return failure(400, "invalid", "Bad Request");
    }
    let workspace = it.workspace();
    let mut all: Vec<Value> = workspace.users.values().map(tagged).collect();
    all.sort_by_key(|user| user["primaryEmail"].to_string());
    Json(part(all, "users", workspace.part, &query)).into_response()
}

async fn user(
    State(it): State<GoogleStandIn>,
    Path(key): Path<String>,
    headers: HeaderMap,
    Query(query): Asked,
) -> Response {
    if let Err(refused) = it.enter(&headers, &format!("users/{key}"), &query) {
        return refused;
    }
    match it.workspace().users.get(&key) {
        Some(user) => Json(tagged(user)).into_response(),
        None => failure(404, "notFound", "Resource Not Found: userKey"),
    }
}

async fn groups(State(it): State<GoogleStandIn>, headers: HeaderMap, Query(query): Asked) -> Response {
    if let Err(refused) = it.enter(&headers, "groups", &query) {
        return refused;
    }
    let workspace = it.workspace();
    let all = workspace.groups.iter().map(|(id, (email, name, members))| {
        json!({"id": id, "email": email, "name": name, "directMembersCount": members.len().to_string()})
    });
    Json(part(all.collect(), "groups", workspace.part, &query)).into_response()
}

async fn members(
    State(it): State<GoogleStandIn>,
    Path(key): Path<String>,
    headers: HeaderMap,
    Query(query): Asked,
) -> Response {
    if let Err(refused) = it.enter(&headers, &format!("groups/{key}/members"), &query) {
        return refused;
    }
    let workspace = it.workspace();
    let found = workspace.groups.iter().find(|(id, (email, ..))| **id == key || *email == key);
    let Some((id, _)) = found else { return failure(404, "notFound", "Resource Not Found: groupKey") };
    let mut all = BTreeSet::new();
    collect(&workspace, id, query.get("includeDerivedMembership").is_some_and(|it| it == "true"), &mut all);
    let all: Vec<Value> = all
        .iter()
        .map(|id| {
            let kind = if workspace.groups.contains_key(id) { "GROUP" } else { "USER" };
            json!({"id": id, "type": kind, "role": "MEMBER"})
        })
        .collect();
    let tag = etag(&json!(all));
    if headers.get(header::IF_NONE_MATCH).is_some_and(|known| tag == known.to_str().unwrap_or_default()) {
        return StatusCode::NOT_MODIFIED.into_response();
    }
    let mut answer = part(all, "members", workspace.part, &query);
    answer["etag"] = tag;
    Json(answer).into_response()
}

/// The members of a group, with those of groups within it.
fn collect(workspace: &Workspace, id: &str, derived: bool, into: &mut BTreeSet<String>) {
    let Some((.., members)) = workspace.groups.get(id) else { return };
    for member in members {
        if into.insert(member.clone()) && derived {
            collect(workspace, member, derived, into);
        }
    }
}
