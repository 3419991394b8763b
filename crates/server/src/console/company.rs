//! One company: everything an operator looks after, on one page.

use std::collections::HashMap;
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use model::{Domain, DomainStatus, LeaverPolicy, MemberStatus, Organization as Company, Purpose};
use store::member::Query;
use store::session::Attempts;

use super::logs;
use crate::app::App;
use crate::connection::domains;
use crate::onboarding::domain_panel;
use crate::org::{Desk, directory, links, reading, trust, words};
use crate::organization::{self, Change};
use crate::problem::Problem;
use crate::rate;
use crate::request::{FormParams, OperatorCaller, Params};
use crate::trace;
use web::Html;
use web::pages::console::{Organization, Switch};
use web::pages::org::Act;
use web::pages::setup::DomainAnswer;
use web::parts::{Choice, Field, Figure, Filter, Notice, Opt, Person, Status, Tone, When};

pub(super) type Ids = Path<HashMap<String, String>>;

/// What the share of sign-ins that worked is about.
const WEEK: Duration = Duration::from_hours(24 * 7);

/// `GET /console/organizations/{organization}`.
pub async fn show(State(app): State<App>, desk: Desk, params: Params) -> Result<Response, Problem> {
    let typed = Typed { flash: words::done(params.first("done")), ..Typed::default() };
    page(&app, &desk, typed, StatusCode::OK).await
}

/// What was typed into one of the page's forms, with what is wrong with it.
#[derive(Default)]
struct Typed {
    flash: Option<Notice>,
    domain: Field,
    domain_answers: Vec<DomainAnswer>,
    email: Field,
    lifetime: Option<String>,
    purposes: Option<Vec<String>>,
    policy: Option<LeaverPolicy>,
    grace: Option<Field>,
}

async fn page(app: &App, desk: &Desk, typed: Typed, status: StatusCode) -> Result<Response, Problem> {
    let it = &desk.organization;
    let here = format!("/console/organizations/{}", it.id);
    let mut db = app.read().await?;
    let domains = store::domain::list(&mut db, it.id).await?;
    let counts = store::member::count_by_status(&mut db, it.id).await?;
    let query = Query { status: Some(MemberStatus::Incomplete), limit: 10, ..Query::default() };
    let incomplete = store::member::list(&mut db, it.id, &query).await?.items;
    let connections = store::connection::list(&mut db, it.id).await?;
    let known = reading::Known::of(&mut db, it.id, app.now()).await?;
    let directories = store::directory::list(&mut db, it.id).await?;
    let last = Attempts { organization: Some(it.id), limit: 5, ..Attempts::default() };
    let attempts = store::session::list_attempts(&mut db, &last).await?.items;
    let week = store::session::count_attempts(&mut db, it.id, app.now().before(WEEK)).await?;
    drop(db);
    let total: i64 = counts.iter().map(|(_, n)| n).sum();
    let active = counts.iter().find(|(s, _)| *s == MemberStatus::Active).map_or(0, |(_, n)| *n);
    let heard = directories.iter().filter_map(|d| d.last_request_at).max();
    let through: HashMap<_, _> = connections.iter().map(|c| (c.id, trace::through(c))).collect();
    let mut surroundings = desk.page(app, &it.name, None);
    surroundings.crumbs.truncate(1);
    surroundings.flash = typed.flash;
    let page = Organization {
        page: surroundings,
        company: Person::company(&it.name, &it.id.to_string()),
        summary: format!(
            "{}, here since {}",
            words::shown(usize::try_from(total).unwrap_or(0), "member", "members"),
            words::day(it.created_at)
        ),
        notices: [notices(it, &domains), known.notices(&connections)].concat(),
        figures: vec![
            Figure::count(u64::try_from(active).unwrap_or(0), "active members"),
            Figure::new(worked(week), "sign-ins that worked, 7 days"),
            Figure::new(
                heard.map_or_else(|| "–".to_owned(), |at| words::ago(at, app.now())),
                "last SCIM request",
            ),
        ],
        domains: domains.iter().map(|d| domain_line(d, &here)).collect(),
        domain_answers: typed.domain_answers,
        add_domain: typed.domain,
        domain_action: format!("{here}/domains"),
        links: links::rows(
            app,
            desk,
            &[Purpose::Sso, Purpose::Scim, Purpose::Domains, Purpose::Csv, Purpose::Certificate],
        )
        .await?,
        purposes: purposes(typed.purposes.as_deref()),
        lifetimes: Opt::list(
            &[("86400", "One day"), ("604800", "One week"), ("2592000", "30 days")],
            typed.lifetime.as_deref().unwrap_or("604800"),
        ),
        link_email: typed.email,
        link_action: format!("{here}/setup-links"),
        connections: known.cards(&connections, desk),
        directories: directories.iter().map(|d| directory::card(app, d, desk)).collect(),
        member_counts: counts.iter().map(|(s, n)| by_status(desk, *s, *n)).collect(),
        incomplete: incomplete.iter().map(|m| (words::person(m, &desk.base), words::reason(m))).collect(),
        policies: policies(typed.policy.unwrap_or(it.leaver_policy)),
        grace: typed.grace.unwrap_or_else(|| Field::new(it.erase_grace.as_secs().div_ceil(3600).to_string())),
        policy_action: format!("{here}/policy"),
        switches: switches(it, &here),
        sign_ins: attempts
            .iter()
            .map(|a| {
                let through = a.connection_id.and_then(|id| through.get(&id)).cloned().unwrap_or_default();
                logs::attempt_row(a, &it.name, &through, "/console")
            })
            .collect(),
        all_sign_ins: format!("/console/sign-ins?organization={}", it.id),
        all_requests: format!("/console/scim?organization={}", it.id),
        import: desk.at("import"),
    };
    Ok(web::respond(status, &page))
}

/// What a new link may be for: as asked before, or what most are for.
fn purposes(asked: Option<&[String]>) -> Vec<Opt> {
    let chosen = |name: &str, usual: bool| asked.map_or(usual, |all| all.iter().any(|p| p == name));
    vec![
        Opt::new("sso", "Single sign-on", chosen("sso", true)),
        Opt::new("scim", "Directory sync", chosen("scim", true)),
        Opt::new("domains", "Domains", chosen("domains", false)),
        Opt::new("csv", "A file of people", chosen("csv", false)),
        Opt::new("certificate", "A new certificate", chosen("certificate", false)),
    ]
}

fn by_status(desk: &Desk, status: MemberStatus, count: i64) -> Filter {
    let href = format!("{}?status={status}", desk.at("members"));
    Filter::new(words::status_word(status), u64::try_from(count).unwrap_or(0), href, false)
}

/// The share of sign-ins that worked: "99.2 %".
fn worked((accepted, refused): (u64, u64)) -> String {
    match accepted + refused {
        0 => "–".to_owned(),
        all => {
            let tenths = accepted * 1000 / all;
            if tenths.is_multiple_of(10) {
                format!("{} %", tenths / 10)
            } else {
                format!("{}.{} %", tenths / 10, tenths % 10)
            }
        }
    }
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
        DomainStatus::Verified if it.proof_missing_at.is_some() => {
            (it.name.clone(), Status::warn("Verified, record gone"), vec![remove])
        }
        DomainStatus::Verified => (it.name.clone(), Status::ok("Verified"), vec![remove]),
        DomainStatus::Pending => {
            let attest = act("attest", "Attest", "You know that it is theirs, so no DNS record is needed.");
            let check = act("check", "Check now", "Its DNS record is looked for at this moment.");
            let status = domain_panel::pending(it, When::default()).status;
            (it.name.clone(), status, vec![check, attest, remove])
        }
    }
}

fn policies(policy: LeaverPolicy) -> Vec<Choice> {
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
        switch(
            "end-provider-session",
            "Sign-out reaches the provider",
            "Whoever signs out here is signed out at the provider too, where it takes that, and so perhaps of everything else \
             it opens.",
            it.end_provider_session,
        ),
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
    if let (Some(id), None) = (form.first("remove"), form.first("sure")) {
        let action = format!("/console/organizations/{}/domains", it.id);
        let back = format!("/console/organizations/{}", it.id);
        if let Some(question) = trust::ask_before_removing(&app, &desk, id, action, back).await? {
            return Ok(question);
        }
    }
    let mut tx = app.write().await?;
    let outcome = match (form.first("domain"), form.first("attest"), form.first("remove")) {
        (Some(name), attest, _) => {
            let by = attest.is_some().then_some(desk.actor.as_str());
            let all = domains::add_many(&app, &mut tx, it, name, by, &desk.actor).await;
            if let Ok(all) = &all
                && let Some((domain, domain_answers, status)) = domain_panel::refused(all)
            {
                tx.commit().await?;
                return page(&app, &desk, Typed { domain, domain_answers, ..Typed::default() }, status).await;
            }
            all.map(|_| ())
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
            let words = domain_panel::reason(&problem);
            let field = Field::wrong(form.first("domain").unwrap_or_default(), words);
            page(&app, &desk, Typed { domain: field, ..Typed::default() }, problem.status).await
        }
    }
}

/// `POST …/setup-links` with `purpose` (several), `expires_in` seconds and perhaps `email`.
pub async fn link(State(app): State<App>, desk: Desk, form: FormParams) -> Result<Response, Problem> {
    let problem = match links::make(&app, &desk, &form.0).await {
        Ok(made) => return Ok(made),
        Err(problem) if problem.fields.is_empty() => return Err(problem),
        Err(problem) => problem,
    };
    let fault =
        |name: &str| problem.fields.iter().find(|f| f.field == name).map(|f| links::sentence(&f.problem));
    let flash = fault("purposes").or_else(|| fault("expires_in")).map(|words| Notice {
        text: Html::text(&words),
        ..Notice::new(Tone::Bad, "No link was made", "").alert()
    });
    let typed = Typed {
        flash,
        email: Field { value: form.first("email").unwrap_or_default().to_owned(), error: fault("email") },
        lifetime: form.first("expires_in").map(ToOwned::to_owned),
        purposes: Some(form.all("purpose").map(ToOwned::to_owned).collect()),
        ..Typed::default()
    };
    page(&app, &desk, typed, problem.status).await
}

/// `POST …/policy` with `policy` and `grace` in hours.
pub async fn policy(
    State(app): State<App>,
    caller: OperatorCaller,
    desk: Desk,
    Path(ids): Ids,
    form: FormParams,
) -> Result<Response, Problem> {
    let text = form.first("grace").unwrap_or_default().trim();
    let policy = form.first("policy").unwrap_or_default().parse();
    let policy = policy.map_err(|e: model::UnknownState| Problem::field("policy", e.to_string()))?;
    let Some(hours) = text.parse::<u64>().ok().filter(|h| *h <= 720) else {
        let grace = Some(Field::wrong(text, "Expected whole hours from 0 to 720 (30 days)."));
        let typed = Typed { policy: Some(policy), grace, ..Typed::default() };
        return page(&app, &desk, typed, StatusCode::UNPROCESSABLE_ENTITY).await;
    };
    let change = Change {
        leaver_policy: Some(policy),
        erase_grace: Some(Duration::from_hours(hours)),
        ..Change::default()
    };
    save(&app, &caller, &ids, change).await
}

/// `POST …/switches/{self-service|jit|end-provider-session}` with `on`.
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
        Some("end-provider-session") => Change { end_provider_session: on, ..Change::default() },
        _ => return Err(Problem::not_found("switch")),
    };
    save(&app, &caller, &ids, change).await
}

async fn save(
    app: &App,
    caller: &OperatorCaller,
    ids: &HashMap<String, String>,
    change: Change,
) -> Result<Response, Problem> {
    let id = ids.get("organization").map(String::as_str).unwrap_or_default();
    let mut tx = app.write().await?;
    let it = organization::require(&mut tx, id).await?;
    let it = organization::update(app, &mut tx, it, change, &caller.actor()).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("/console/organizations/{}?done=saved", it.id)).into_response())
}
