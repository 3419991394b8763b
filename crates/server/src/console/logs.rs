//! Every sign-in attempt and every SCIM request, with its outcome explained.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use model::TraceId;
use serde_json::Value;
use store::scim_request::{Of, ScimRequest};
use store::session::Attempt;

use crate::app::App;
use crate::org::words::when;
use crate::organization;
use crate::problem::Problem;
use crate::provisioning;
use crate::request::{Browser, OperatorCaller, Params};
use web::guide;
use web::pages::console::{Attempts, LogRow, Place, ScimRequestPage, ScimRequests, Trace};
use web::parts::{Compare, Pager, Status};
use web::{self, Html};

/// `GET /console/sign-ins?organization=&q=&after=`; `q` is a reference.
pub async fn attempts(
    State(app): State<App>,
    browser: Browser,
    caller: OperatorCaller,
    params: Params,
) -> Result<Response, Problem> {
    if let Some(Ok(id)) = params.first("q").map(|q| q.trim().parse::<TraceId>()) {
        return Ok(Redirect::to(&format!("/console/sign-ins/{id}")).into_response());
    }
    let mut db = app.read().await?;
    let organization = match params.first("organization").filter(|id| !id.is_empty()) {
        Some(id) => Some(organization::require(&mut db, id).await?.id),
        None => None,
    };
    let found = store::session::list_attempts(&mut db, organization, params.first("after"), 50).await?;
    let mut rows = Vec::new();
    for it in &found.items {
        let name = match it.organization_id {
            Some(id) => store::organization::lookup(&mut db, id).await?.map(|o| o.name).unwrap_or_default(),
            None => String::new(),
        };
        rows.push(attempt_row(it, &name));
    }
    drop(db);
    let suffix = organization.map(|id| format!("&organization={id}")).unwrap_or_default();
    let page = Attempts {
        page: super::page(&app, &browser, &caller, "Sign-ins", Place::SignIns).await?,
        here: "/console/sign-ins".to_owned(),
        query: params.first("q").unwrap_or_default().to_owned(),
        filters: Vec::new(),
        pager: Pager {
            summary: format!("{} sign-ins", rows.len()),
            previous: params
                .first("after")
                .map(|_| format!("/console/sign-ins?{}", suffix.trim_start_matches('&'))),
            next: found.next.map(|after| format!("/console/sign-ins?after={after}{suffix}")),
        },
        rows,
    };
    Ok(web::respond(StatusCode::OK, &page))
}

/// One line of the list.
pub fn attempt_row(it: &Attempt, organization: &str) -> LogRow {
    LogRow {
        when: when(it.at),
        who: it.email.clone().unwrap_or_else(|| "unknown".to_owned()),
        organization: organization.to_owned(),
        through: it.connection_id.map(|id| id.to_string()).unwrap_or_default(),
        outcome: if it.accepted { Status::ok("Signed in") } else { Status::bad(it.code.replace('_', " ")) },
        detail: it.id.to_string(),
        href: format!("/console/sign-ins/{}", it.id),
    }
}

/// `GET /console/sign-ins/{reference}`.
pub async fn trace(
    State(app): State<App>,
    browser: Browser,
    caller: OperatorCaller,
    Path(reference): Path<String>,
) -> Result<Response, Problem> {
    let mut db = app.read().await?;
    let found = match reference.parse() {
        Ok(id) => store::session::lookup_attempt(&mut db, id).await?,
        Err(_) => None,
    };
    let it = found.ok_or_else(|| Problem::not_found("sign-in"))?;
    let connection = match it.connection_id {
        Some(id) => store::connection::lookup(&mut db, id).await?,
        None => None,
    };
    drop(db);
    let explanation: Value = serde_json::from_str(&it.explanation).unwrap_or_default();
    let text = |name: &str| explanation[name].as_str().unwrap_or_default().to_owned();
    let compare = match (explanation["expected"].as_str(), explanation["received"].as_str()) {
        (None, None) => None,
        (expected, received) => {
            Some(Compare::new(expected.unwrap_or_default(), received.unwrap_or_default()))
        }
    };
    let steps: Vec<String> = explanation["steps"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|s| s.as_str().map(ToOwned::to_owned))
        .collect();
    let provider = connection.as_ref().and_then(|c| guide::find(&c.provider)).map(|g| g.name.clone());
    let mut facts = vec![
        ("Reference".to_owned(), Html::text(&it.id.to_string())),
        ("Address".to_owned(), Html::text(it.email.as_deref().unwrap_or("unknown"))),
    ];
    if let Some(id) = it.connection_id {
        facts.push(("Connection".to_owned(), Html::text(&id.to_string())));
    }
    for (number, step) in steps.iter().enumerate() {
        facts.push((format!("To do {}", number + 1), Html::marked(step)));
    }
    let page = Trace {
        page: super::page(&app, &browser, &caller, "Sign-in", Place::SignIns).await?,
        outcome: if it.accepted { Status::ok("Signed in") } else { Status::bad("Refused") },
        summary: format!("{}, {}", when(it.at).text, provider.unwrap_or_else(|| "no provider".to_owned())),
        title: if it.accepted { "Signed in".to_owned() } else { "Nobody was signed in".to_owned() },
        subject: String::new(),
        code: if it.accepted { String::new() } else { it.code.clone() },
        compare,
        explanation: Html::text(&text("message")),
        steps: Vec::new(),
        took: String::new(),
        message: String::new(),
        kept: String::new(),
        facts,
        answer: None,
    };
    Ok(web::respond(StatusCode::OK, &page))
}

/// `GET /console/scim?organization=&only=refused&after=`.
pub async fn requests(
    State(app): State<App>,
    browser: Browser,
    caller: OperatorCaller,
    params: Params,
) -> Result<Response, Problem> {
    provisioning::flush(&app).await?;
    let mut db = app.read().await?;
    let of = match params.first("organization").filter(|id| !id.is_empty()) {
        Some(id) => Of::Organization(organization::require(&mut db, id).await?.id),
        None => Of::Everything,
    };
    let refused = params.first("only") == Some("refused");
    let found = store::scim_request::list(&mut db, of, refused, params.first("after"), 50).await?;
    let mut rows = Vec::new();
    for it in &found.items {
        let name = store::organization::lookup(&mut db, it.organization_id).await?.map(|o| o.name);
        rows.push(request_row(it, &name.unwrap_or_default()));
    }
    drop(db);
    let page = ScimRequests {
        page: super::page(&app, &browser, &caller, "SCIM requests", Place::Scim).await?,
        here: "/console/scim".to_owned(),
        query: String::new(),
        filters: Vec::new(),
        pager: Pager {
            summary: format!("{} requests", rows.len()),
            previous: params.first("after").map(|_| "/console/scim".to_owned()),
            next: found.next.map(|after| format!("/console/scim?after={after}")),
        },
        rows,
    };
    Ok(web::respond(StatusCode::OK, &page))
}

fn status(it: &ScimRequest) -> Status {
    if it.status < 400 { Status::ok(it.status.to_string()) } else { Status::bad(it.status.to_string()) }
}

fn request_row(it: &ScimRequest, organization: &str) -> LogRow {
    LogRow {
        when: when(it.at),
        who: format!("{} {}", it.method, it.path),
        organization: organization.to_owned(),
        through: it.outcome.clone(),
        outcome: status(it),
        detail: it.id.to_string(),
        href: format!("/console/scim/{}?organization={}", it.id, it.organization_id),
    }
}

/// `GET /console/scim/{reference}?organization=`.
pub async fn request(
    State(app): State<App>,
    browser: Browser,
    caller: OperatorCaller,
    Path(reference): Path<String>,
    params: Params,
) -> Result<Response, Problem> {
    let mut db = app.read().await?;
    let organization =
        organization::require(&mut db, params.first("organization").unwrap_or_default()).await?;
    let found = match reference.parse() {
        Ok(id) => store::scim_request::lookup(&mut db, organization.id, id).await?,
        Err(_) => None,
    };
    let it = found.ok_or_else(|| Problem::not_found("SCIM request"))?;
    drop(db);
    let pretty = it.body.as_deref().and_then(|b| serde_json::from_str::<Value>(b).ok());
    let request = match (pretty.and_then(|v| serde_json::to_string_pretty(&v).ok()), it.body.clone()) {
        (Some(pretty), _) => pretty,
        (None, Some(body)) => body,
        (None, None) => String::new(),
    };
    let page = ScimRequestPage {
        page: super::page(&app, &browser, &caller, "SCIM request", Place::Scim).await?,
        outcome: status(&it),
        title: format!("{} {}", it.method, it.path),
        explanation: Html::text(&it.outcome),
        facts: vec![
            ("Company".to_owned(), Html::text(&organization.name)),
            ("When".to_owned(), Html::text(&when(it.at).text)),
            ("Reference".to_owned(), Html::text(&it.id.to_string())),
            ("Directory".to_owned(), Html::text(&it.directory_id.to_string())),
        ],
        request,
        response: String::new(),
    };
    Ok(web::respond(StatusCode::OK, &page))
}
