//! The list of companies, and a new one.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use model::{ConnectionStatus, DirectoryStatus, DomainStatus, Organization};
use store::Connected;

use crate::app::App;
use crate::connection::domains;
use crate::organization;
use crate::problem::Problem;
use crate::request::{Browser, FormParams, OperatorCaller, Params};
use web::guide;
use web::pages::console::{NewOrganization, OrganizationRow, Organizations, Place};
use web::parts::{Field, Pager, Person, Status};

/// `GET /console?q=&after=`.
pub async fn list(
    State(app): State<App>,
    browser: Browser,
    caller: OperatorCaller,
    params: Params,
) -> Result<Response, Problem> {
    let query = params.first("q").unwrap_or_default().trim().to_owned();
    let mut db = app.read().await?;
    let found = store::organization::list(&mut db, &query, params.first("after"), 50).await?;
    let mut companies = found.items;
    if !query.is_empty()
        && let Some(domain) = store::domain::lookup_name(&mut db, &query.to_lowercase()).await?
        && let Some(it) = store::organization::lookup(&mut db, domain.organization_id).await?
        && !companies.iter().any(|c| c.id == it.id)
    {
        companies.insert(0, it);
    }
    let mut rows = Vec::new();
    for it in &companies {
        rows.push(row(&mut db, it).await?);
    }
    drop(db);
    let next = found.next.map(|after| {
        let query: String = form_urlencoded::Serializer::new(String::new())
            .append_pair("after", &after)
            .append_pair("q", &query)
            .finish();
        format!("/console?{query}")
    });
    let page = Organizations {
        page: super::page(&app, &browser, &caller, "Organizations", Place::Organizations),
        here: "/console".to_owned(),
        pager: Pager {
            summary: format!("{} companies", rows.len()),
            previous: params.first("after").map(|_| "/console".to_owned()),
            next,
        },
        query,
        rows,
        create: "/console/organizations/new".to_owned(),
    };
    Ok(web::respond(StatusCode::OK, &page))
}

async fn row(db: &mut impl Connected, it: &Organization) -> Result<OrganizationRow, Problem> {
    let domains = store::domain::list(db, it.id).await?;
    let connections = store::connection::list(db, it.id).await?;
    let directories = store::directory::list(db, it.id).await?;
    let members: i64 = store::member::count_by_status(db, it.id).await?.iter().map(|(_, n)| n).sum();
    let provider = |id: &str| guide::find(id).map_or_else(|| id.to_owned(), |g| g.name.clone());
    let active = connections.iter().rev().find(|c| c.status == ConnectionStatus::Active);
    let sign_on = match (active, connections.last()) {
        (Some(c), _) => Status::ok(provider(&c.provider)),
        (None, Some(c)) => Status::pending(format!("{}, not live", provider(&c.provider))),
        (None, None) => Status::pending("Not set up"),
    };
    let directory = match directories.last() {
        Some(d) if d.status == DirectoryStatus::Active => Status::ok(provider(&d.provider)),
        Some(d) => Status::pending(format!("{}, not live", provider(&d.provider))),
        None => Status::pending("None"),
    };
    let pending = domains.iter().filter(|d| d.status == DomainStatus::Pending).count();
    let first = domains.first().map(|d| d.name.clone()).unwrap_or_default();
    Ok(OrganizationRow {
        company: Person::company(&it.name, &first).linked(format!("/console/organizations/{}", it.id)),
        sign_on,
        directory,
        members: members.to_string(),
        waits: match pending {
            0 => String::new(),
            1 => "a domain to verify".to_owned(),
            n => format!("{n} domains to verify"),
        },
    })
}

/// `GET /console/organizations/new`.
pub async fn new(
    State(app): State<App>,
    browser: Browser,
    caller: OperatorCaller,
) -> Result<Response, Problem> {
    Ok(new_page(&app, &browser, &caller, Field::default(), Field::default(), StatusCode::OK))
}

fn new_page(
    app: &App,
    browser: &Browser,
    caller: &OperatorCaller,
    name: Field,
    domains: Field,
    status: StatusCode,
) -> Response {
    let page = NewOrganization {
        page: super::page(app, browser, caller, "New organization", Place::Organizations),
        name,
        domains,
        action: "/console/organizations/new".to_owned(),
        back: "/console".to_owned(),
    };
    web::respond(status, &page)
}

/// `POST /console/organizations/new`: all of it, or nothing and what is wrong.
pub async fn create(
    State(app): State<App>,
    browser: Browser,
    caller: OperatorCaller,
    form: FormParams,
) -> Result<Response, Problem> {
    let (name, names) = (form.first("name").unwrap_or_default(), form.first("domains").unwrap_or_default());
    let actor = caller.actor();
    let attested = (form.first("attest") == Some("1")).then_some(actor.as_str());
    let mut tx = app.write().await?;
    let made = async {
        let it = organization::create(&app, &mut tx, name, &actor).await?;
        for domain in names.split([',', '\n', ' ']).map(str::trim).filter(|d| !d.is_empty()) {
            domains::add(&app, &mut tx, &it, domain, attested, &actor).await?;
        }
        Ok::<_, Problem>(it)
    };
    let made = made.await;
    match made {
        Ok(it) => {
            tx.commit().await?;
            Ok(Redirect::to(&format!("/console/organizations/{}", it.id)).into_response())
        }
        Err(problem) if problem.status.is_server_error() => Err(problem),
        Err(problem) => {
            drop(tx);
            let words = problem.fields.first().map_or(problem.detail.clone(), |f| f.problem.clone());
            let of_name = problem.fields.first().is_some_and(|f| f.field == "name");
            let (name, names) = if of_name {
                (Field::wrong(name, words), Field::new(names))
            } else {
                (Field::new(name), Field::wrong(names, words))
            };
            Ok(new_page(&app, &browser, &caller, name, names, problem.status))
        }
    }
}
