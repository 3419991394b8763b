//! One company: everything an operator looks after, on one page.

use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use model::{Domain, DomainStatus, LeaverPolicy, MemberStatus, Organization as Company, Purpose};
use store::member::Query;

use super::logs;
use crate::app::App;
use crate::connection::domains;
use crate::onboarding::domain_panel;
use crate::org::{Desk, links, trust, words};
use crate::organization::{self, Change};
use crate::problem::Problem;
use crate::rate;
use crate::request::{FormParams, OperatorCaller};
use web::pages::console::{Organization, Switch};
use web::pages::org::{Act, Place};
use web::parts::{Choice, Field, Figure, Filter, Notice, Opt, Person, Status, Tone, When};

type Ids = Path<std::collections::HashMap<String, String>>;

/// `GET /console/organizations/{organization}`.
pub async fn show(State(app): State<App>, desk: Desk) -> Result<Response, Problem> {
    page(&app, &desk, Field::default(), StatusCode::OK).await
}

async fn page(app: &App, desk: &Desk, add_domain: Field, status: StatusCode) -> Result<Response, Problem> {
    let it = &desk.organization;
    let here = format!("/console/organizations/{}", it.id);
    let mut db = app.read().await?;
    let domains = store::domain::list(&mut db, it.id).await?;
    let counts = store::member::count_by_status(&mut db, it.id).await?;
    let query = Query { status: Some(MemberStatus::Incomplete), limit: 10, ..Query::default() };
    let incomplete = store::member::list(&mut db, it.id, &query).await?.items;
    let connections = store::connection::list(&mut db, it.id).await?;
    let directories = store::directory::list(&mut db, it.id).await?;
    let attempts = store::session::list_attempts(&mut db, Some(it.id), None, 5).await?.items;
    drop(db);
    let total: i64 = counts.iter().map(|(_, n)| n).sum();
    let mut surroundings = desk.page(app, &it.name, Place::Members).await?;
    surroundings.crumbs.truncate(1);
    let page = Organization {
        page: surroundings,
        company: Person::company(&it.name, &it.id.to_string()),
        summary: format!("{total} members, here since {}", words::when(it.created_at).text),
        notices: notices(it, &domains),
        figures: vec![Figure::count(u64::try_from(total).unwrap_or(0), "members")],
        domains: domains.iter().map(|d| domain_line(d, &here)).collect(),
        add_domain,
        domain_action: format!("{here}/domains"),
        links: links::rows(
            app,
            desk,
            &[Purpose::Sso, Purpose::Scim, Purpose::Domains, Purpose::Csv, Purpose::Certificate],
        )
        .await?,
        purposes: vec![
            Opt::new("sso", "Single sign-on", true),
            Opt::new("scim", "Directory sync", true),
            Opt::new("domains", "Domains", false),
            Opt::new("csv", "A file of people", false),
            Opt::new("certificate", "A new certificate", false),
        ],
        lifetimes: Opt::list(
            &[("86400", "One day"), ("604800", "One week"), ("2592000", "30 days")],
            "604800",
        ),
        link_email: Field::default(),
        link_action: desk.at("setup-links"),
        connections: connections.iter().map(|c| trust::connection_card(c, desk)).collect(),
        directories: directories.iter().map(|d| trust::directory_card(app, d, desk)).collect(),
        member_counts: counts
            .iter()
            .map(|(s, n)| {
                Filter::new(
                    words::status_word(*s),
                    u64::try_from(*n).unwrap_or(0),
                    format!("{}?status={s}", desk.at("members")),
                    false,
                )
            })
            .collect(),
        incomplete: incomplete.iter().map(|m| (words::person(m, &desk.base), words::reason(m))).collect(),
        policies: policies(it),
        grace: Field::new(it.erase_grace.as_secs().div_ceil(3600).to_string()),
        policy_action: format!("{here}/policy"),
        switches: switches(it, &here),
        sign_ins: attempts.iter().map(|a| logs::attempt_row(a, &it.name)).collect(),
        all_sign_ins: format!("/console/sign-ins?organization={}", it.id),
        import: desk.at("import"),
    };
    Ok(web::respond(status, &page))
}

fn notices(it: &Company, domains: &[Domain]) -> Vec<Notice> {
    if domains.iter().any(|d| d.status == DomainStatus::Verified) {
        return Vec::new();
    }
    let title = format!("{} has no verified domain yet", it.name);
    vec![Notice::new(
        Tone::Warn,
        title,
        "People sign in through their company by the domain of their address. Add one below, and attest it if you know that it is theirs.",
    )]
}

fn domain_line(it: &Domain, here: &str) -> (String, Status, Vec<Act>) {
    let act = |value: &str, label: &str, effect: &str| Act {
        label: label.to_owned(),
        effect: effect.to_owned(),
        action: format!("{here}/domains"),
        field: (value.to_owned(), it.id.to_string()),
    };
    let remove = act("remove", "Remove", "People with such addresses no longer sign in through the company.");
    match it.status {
        DomainStatus::Verified => (it.name.clone(), Status::ok("Verified"), vec![remove]),
        DomainStatus::Pending => {
            let attest = act("attest", "Attest", "You know that it is theirs, so no DNS record is needed.");
            let check = act("check", "Check now", "Its DNS record is looked for at this moment.");
            let status = domain_panel::pending(it, When::default()).status;
            (it.name.clone(), status, vec![check, attest, remove])
        }
    }
}

fn policies(it: &Company) -> Vec<Choice> {
    let policy = it.leaver_policy;
    vec![
        Choice::new(
            "policy",
            "disconnect",
            "Disconnect",
            "Signed out everywhere; may keep the account as a personal one.",
            policy == LeaverPolicy::Disconnect,
        )
        .tag("Default"),
        Choice::new(
            "policy",
            "delete",
            "Erase completely",
            "Signed out everywhere; every record goes after the waiting time.",
            policy == LeaverPolicy::Delete,
        ),
    ]
}

fn switches(it: &Company, here: &str) -> Vec<Switch> {
    let switch = |name: &str, label: &str, text: &str, on: bool| Switch {
        label: label.to_owned(),
        text: text.to_owned(),
        on,
        action: format!("{here}/switches/{name}"),
    };
    vec![
        switch(
            "self-service",
            "Self-service",
            "Its administrators make setup links and look after their members at /org.",
            it.self_service,
        ),
        switch("jit", "Members by signing in", "A first sign-in makes the member.", it.jit),
    ]
}

/// `POST …/domains` with `domain` (and `attest=1`), or `attest`, `check` or `remove` with an id.
pub async fn domain(State(app): State<App>, desk: Desk, form: FormParams) -> Result<Response, Problem> {
    let it = &desk.organization;
    if let Some(id) = form.first("check") {
        let id = id.parse().map_err(|_| Problem::not_found("domain"))?;
        rate::check(&app, &format!("look:{}", it.id), rate::LOOKS).await?;
        domains::check(&app, it.id, id, &desk.actor).await?;
        return Ok(Redirect::to(&format!("/console/organizations/{}", it.id)).into_response());
    }
    let mut tx = app.write().await?;
    let outcome = match (form.first("domain"), form.first("attest"), form.first("remove")) {
        (Some(name), attest, _) => {
            let by = attest.is_some().then_some(desk.actor.as_str());
            domains::add(&app, &mut tx, it, name, by, &desk.actor).await.map(|_| ())
        }
        (None, Some(id), _) => {
            let id = id.parse().map_err(|_| Problem::not_found("domain"))?;
            domains::attest(&app, &mut tx, it, id, &desk.actor, &desk.actor).await.map(|_| ())
        }
        (None, None, Some(id)) => {
            let id = id.parse().map_err(|_| Problem::not_found("domain"))?;
            domains::remove(&app, &mut tx, it, id, &desk.actor).await
        }
        (None, None, None) => {
            Err(Problem::bad_request("unknown_act", "Expected one of the buttons of the page."))
        }
    };
    match outcome {
        Ok(()) => {
            tx.commit().await?;
            Ok(Redirect::to(&format!("/console/organizations/{}", it.id)).into_response())
        }
        Err(problem) if problem.status.is_server_error() || form.first("domain").is_none() => Err(problem),
        Err(problem) => {
            drop(tx);
            let words = problem.fields.first().map_or(problem.detail.clone(), |f| f.problem.clone());
            let field = Field::wrong(form.first("domain").unwrap_or_default(), words);
            page(&app, &desk, field, problem.status).await
        }
    }
}

/// `POST …/policy` with `policy` and `grace` in hours.
pub async fn policy(
    State(app): State<App>,
    caller: OperatorCaller,
    Path(ids): Ids,
    form: FormParams,
) -> Result<Response, Problem> {
    let hours = form.first("grace").unwrap_or_default().trim().parse::<u64>().ok().filter(|h| *h <= 720);
    let hours =
        hours.ok_or_else(|| Problem::field("grace", "expected whole hours from 0 to 720 (30 days)"))?;
    let policy = form.first("policy").unwrap_or_default().parse();
    let change = Change {
        leaver_policy: Some(
            policy.map_err(|e: model::UnknownState| Problem::field("policy", e.to_string()))?,
        ),
        erase_grace: Some(Duration::from_hours(hours)),
        ..Change::default()
    };
    save(&app, &caller, &ids, change).await
}

/// `POST …/switches/{self-service|jit}` with `on`.
pub async fn switch(
    State(app): State<App>,
    caller: OperatorCaller,
    Path(ids): Ids,
    form: FormParams,
) -> Result<Response, Problem> {
    let on = Some(form.first("on") == Some("1"));
    let change = match ids.get("switch").map(String::as_str) {
        Some("self-service") => Change { self_service: on, ..Change::default() },
        Some("jit") => Change { jit: on, ..Change::default() },
        _ => return Err(Problem::not_found("switch")),
    };
    save(&app, &caller, &ids, change).await
}

async fn save(
    app: &App,
    caller: &OperatorCaller,
    ids: &std::collections::HashMap<String, String>,
    change: Change,
) -> Result<Response, Problem> {
    let id = ids.get("organization").map(String::as_str).unwrap_or_default();
    let mut tx = app.write().await?;
    let it = organization::require(&mut tx, id).await?;
    let it = organization::update(app, &mut tx, it, change, &caller.actor()).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("/console/organizations/{}", it.id)).into_response())
}
