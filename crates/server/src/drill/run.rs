//! The drill itself, in two pieces of background work: the person comes and goes, then it is seen who heard.

use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use model::{AccountId, ApplicationId, Job, Member, SessionId, Time, Token, TokenId};
use serde_json::{Value, json};
use store::application::Grant;
use store::drill::Drill;
use store::session::Session;
use tower::ServiceExt as _;

use super::made_up::{self, Stage};
use super::report;
use crate::app::App;
use crate::job;
use crate::problem::Problem;
use crate::provider::applications;
use crate::receipt;
use crate::request::SESSION_COOKIE;

/// Kind of the job in which the person comes and goes; payload `{"drill": id}`.
pub const RUN: &str = "drill.run";
/// Kind of the job that sees who heard; the same payload.
pub const MEASURE: &str = "drill.measure";

/// How often it is looked whether all applications have answered.
const LOOK: Duration = Duration::from_secs(1);
/// After so long a drill waits for no application any more.
const PATIENCE: Duration = Duration::from_secs(30);
/// Longest answer that is read.
const ANSWER: usize = 1024 * 1024;

/// Provisions the person, signs in, and takes the person out. A drill that a machine died in is cleaned up instead.
pub async fn run_job(app: &App, job: &Job) -> Result<(), Problem> {
    let Some(mut drill) = of_job(app, &job.payload).await? else { return Ok(()) };
    if drill.ended_at.is_some() {
        return Ok(());
    }
    let work: Value = serde_json::from_str(&drill.work).unwrap_or_default();
    if work.get("began").is_some() {
        return Ok(()); // The second piece does the rest.
    }
    if work.get("organization").is_some() {
        return end(app, &mut drill, "It was interrupted, and everything it had made was taken away.").await;
    }
    match through(app, &mut drill).await {
        Ok(()) => Ok(()),
        Err(problem) => {
            tracing::error!(drill = %drill.id, cause = problem.cause, detail = problem.detail, "a drill failed");
            let why = format!("It could not be carried out: {}", problem.detail);
            end(app, &mut drill, &why).await
        }
    }
}

/// The person comes, signs in and goes.
async fn through(app: &App, drill: &mut Drill) -> Result<(), Problem> {
    let mut tx = app.write().await?;
    let stage = made_up::make(app, &mut tx, drill).await?;
    tx.commit().await?;
    let began = app.now();
    let path = format!("/scim/v2/{}/Users", stage.directory);
    let made = call(app, "POST", &path, &stage, Some(person(&stage.email))).await?;
    let user = made["id"].as_str().unwrap_or_default().to_owned();
    let provisioned = app.now();
    let signed_in = sign_in(app, drill, &user).await?;
    if look(app, &signed_in.cookie).await? != StatusCode::OK {
        return Err(Problem::internal(&"the session of a drill did not begin"));
    }
    let off = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{ "op": "replace", "path": "active", "value": false }],
    });
    let told = app.now();
    call(app, "PATCH", &format!("{path}/{user}"), &stage, Some(off)).await?;
    let answered = app.now();
    let refused = look(app, &signed_in.cookie).await? != StatusCode::OK;
    let looked = app.now();

    let mut work: Value = serde_json::from_str(&drill.work).unwrap_or_default();
    work["began"] = micros(began);
    work["provisioned"] = micros(provisioned);
    work["told"] = micros(told);
    work["answered"] = micros(answered);
    work["looked"] = micros(looked);
    work["session_refused"] = refused.into();
    work["grants"] =
        signed_in.grants.iter().map(|(application, grant)| json!([application, grant])).collect();
    drill.work = work.to_string();
    let mut tx = app.write().await?;
    store::drill::update(&mut tx, drill).await?;
    job::enqueue(app, &mut tx, MEASURE, &json!({ "drill": drill.id.to_string() }), app.now().after(LOOK))
        .await?;
    Ok(tx.commit().await?)
}

/// What a sign-in of the person left.
struct SignedIn {
    cookie: Token,
    /// Application and grant.
    grants: Vec<(String, String)>,
}

/// A session, and in it a grant for every application that can be told of its end.
async fn sign_in(app: &App, drill: &mut Drill, user: &str) -> Result<SignedIn, Problem> {
    let missing = || Problem::internal(&"the person of a drill was not provisioned");
    let mut tx = app.write().await?;
    let user = user.parse().map_err(|e| Problem::internal(&e))?;
    let member = store::member::lookup_directory_user(&mut tx, user).await?.ok_or_else(missing)?;
    let account = member.account_id.ok_or_else(missing)?;
    let session = session(app, &member, account);
    let cookie = app.token("");
    store::session::add(&mut tx, &session, &cookie.hash()).await?;
    let mut grants = Vec::new();
    let mut ids = vec![member.id.to_string()];
    for application in store::application::list(&mut tx).await? {
        let client = applications::find(&mut tx, &application.id.to_string()).await?;
        if client.is_none_or(|it| it.metadata.backchannel_logout_uri.is_none()) {
            continue;
        }
        let grant = grant(app, &session, application.id);
        store::application::add_grant(&mut tx, &grant).await?;
        ids.push(grant.id.to_string());
        grants.push((application.id.to_string(), grant.id.to_string()));
    }
    let mut work: Value = serde_json::from_str(&drill.work).unwrap_or_default();
    work["ids"] = ids.into();
    drill.work = work.to_string();
    store::drill::update(&mut tx, drill).await?;
    tx.commit().await?;
    Ok(SignedIn { cookie, grants })
}

fn session(app: &App, member: &Member, account: AccountId) -> Session {
    let now = app.now();
    Session {
        id: app.id(SessionId::new),
        account_id: account,
        member_id: Some(member.id),
        organization_id: Some(member.organization_id),
        connection_id: None,
        name_id: None,
        name_id_form: None,
        id_token_sealed: None,
        session_index: None,
        auth_at: now,
        method: "saml".to_owned(),
        acr: None,
        amr: None,
        user_agent: "leaver drill".to_owned(),
        created_at: now,
        expires_at: now.after(Duration::from_mins(10)),
    }
}

fn grant(app: &App, session: &Session, application: ApplicationId) -> Grant {
    Grant {
        id: app.id(TokenId::new),
        application_id: application,
        account_id: session.account_id,
        member_id: session.member_id,
        organization_id: session.organization_id,
        session_id: Some(session.id),
        scope: "openid".to_owned(),
        auth_at: session.auth_at,
        method: session.method.clone(),
        acr: None,
        amr: None,
        ends_at: Some(session.expires_at),
        claims: None,
        created_at: session.created_at,
        revoked_at: None,
    }
}

fn person(email: &str) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": email,
        "active": true,
        "name": { "givenName": "Leaver", "familyName": "Drill" },
        "emails": [{ "type": "work", "value": email, "primary": true }],
        "addresses": [{ "type": "work", "country": "US" }],
    })
}

/// One request of a provider, through the router.
async fn call(
    app: &App,
    method: &str,
    path: &str,
    stage: &Stage,
    body: Option<Value>,
) -> Result<Value, Problem> {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::AUTHORIZATION, format!("Bearer {}", stage.token.expose()))
        .header(header::CONTENT_TYPE, "application/scim+json")
        .body(Body::from(body.map(|it| it.to_string()).unwrap_or_default()))
        .map_err(|e| Problem::internal(&e))?;
    let answer = crate::routes::router(app.clone()).oneshot(request).await;
    let answer = answer.unwrap_or_else(|never| match never {});
    let status = answer.status();
    let bytes = to_bytes(answer.into_body(), ANSWER).await.map_err(|e| Problem::internal(&e))?;
    if !status.is_success() {
        let said = String::from_utf8_lossy(&bytes).into_owned();
        return Err(Problem::internal(&format!("{method} {path} of a drill answered {status}: {said}")));
    }
    serde_json::from_slice(&bytes).map_err(|e| Problem::internal(&e))
}

/// Opens a page that only who is signed in sees.
async fn look(app: &App, cookie: &Token) -> Result<StatusCode, Problem> {
    let request = Request::get("/account")
        .header(header::COOKIE, format!("{SESSION_COOKIE}={}", cookie.expose()))
        .body(Body::empty())
        .map_err(|e| Problem::internal(&e))?;
    let answer = crate::routes::router(app.clone()).oneshot(request).await;
    Ok(answer.unwrap_or_else(|never| match never {}).status())
}

/// Sees who heard; when all have, or patience ends, the report is signed and everything made up goes.
pub async fn measure_job(app: &App, job: &Job) -> Result<(), Problem> {
    let Some(mut drill) = of_job(app, &job.payload).await?.filter(|it| it.ended_at.is_none()) else {
        return Ok(());
    };
    let mut db = app.read().await?;
    let found = report::measured(&mut db, &drill).await?;
    let organization = store::organization::lookup(&mut db, drill.organization_id).await?;
    let facts = report::directories(&mut db, drill.organization_id, app.now()).await?;
    drop(db);
    let Some(organization) = organization else { return Ok(()) };
    let waits = found.applications.iter().any(|it| it.cut_after.is_none());
    if waits && app.now() < found.told_at.after(PATIENCE) {
        let mut tx = app.write().await?;
        job::enqueue(app, &mut tx, MEASURE, &json!({ "drill": drill.id.to_string() }), app.now().after(LOOK))
            .await?;
        return Ok(tx.commit().await?);
    }
    drill.ended_at = Some(app.now());
    "done".clone_into(&mut drill.state);
    let claims = report::claims(&app.config.issuer(), &organization, &drill, &found, facts);
    drill.report = Some(receipt::sign(app, &claims).await?);
    let mut tx = app.write().await?;
    made_up::take_away(app, &mut tx, &drill).await?;
    drill.work = found.to_json().to_string();
    store::drill::update(&mut tx, &drill).await?;
    let target = Some(drill.id.to_string());
    let data = json!({ "passed": found.passed() });
    app.audit(&mut tx, "system", "drill.ended", Some(organization.id), target, &data).await?;
    Ok(tx.commit().await?)
}

/// Ends a drill without a report, and takes away what it made.
async fn end(app: &App, drill: &mut Drill, why: &str) -> Result<(), Problem> {
    let mut tx = app.write().await?;
    made_up::take_away(app, &mut tx, drill).await?;
    "failed".clone_into(&mut drill.state);
    drill.ended_at = Some(app.now());
    drill.work = json!({ "why": why }).to_string();
    store::drill::update(&mut tx, drill).await?;
    Ok(tx.commit().await?)
}

async fn of_job(app: &App, payload: &str) -> Result<Option<Drill>, Problem> {
    let payload: Value = serde_json::from_str(payload).map_err(|e| Problem::internal(&e))?;
    let id = payload["drill"].as_str().unwrap_or_default().parse().map_err(|e| Problem::internal(&e))?;
    Ok(store::drill::lookup(&mut app.read().await?, id).await?)
}

fn micros(time: Time) -> Value {
    time.as_micros().into()
}
