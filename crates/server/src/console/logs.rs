//! Every sign-in attempt and every SCIM request, with its outcome explained.

use std::collections::HashMap;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use model::{ConnectionId, Organization, OrganizationId, TraceId};
use store::Connected;
use store::scim_request::{Of, ScimRequest};
use store::session::{Attempt, Attempts as Which};

use crate::app::App;
use crate::org::requests;
use crate::org::words::{self, when};
use crate::organization;
use crate::problem::Problem;
use crate::provisioning::{self, told};
use crate::request::{Browser, OperatorCaller, Params};
use crate::trace::{self, Show, through};
use web::Html;
use web::pages::console::{Attempts, LogRow, Place, ScimRequests};
use web::pages::scim::ScimRequestPage;
use web::parts::{Crumb, Field, Filter, Pager};

/// Lines on one page of a log.
pub const PAGE: usize = 50;

/// `GET /console/sign-ins?organization=&q=&only=refused&after=`; `q` is a reference or an email address.
pub async fn attempts(
    State(app): State<App>,
    browser: Browser,
    caller: OperatorCaller,
    params: Params,
) -> Result<Response, Problem> {
    let query = params.first("q").unwrap_or_default().trim();
    if let Ok(id) = query.parse::<TraceId>() {
        return Ok(Redirect::to(&format!("/console/sign-ins/{id}")).into_response());
    }
    let mut db = app.read().await?;
    let here = Here::of(&mut db, "/console/sign-ins", &params).await?;
    let which = Which {
        organization: here.organization.as_ref().map(|o| o.id),
        email: Some(query).filter(|q| !q.is_empty()),
        refused: here.refused,
        cursor: params.first("after"),
        limit: PAGE,
    };
    let found = store::session::list_attempts(&mut db, &which).await?;
    let mut names = Names::default();
    let mut rows = Vec::new();
    for it in &found.items {
        let company = names.company(&mut db, it.organization_id).await?;
        let through = names.through(&mut db, it.connection_id).await?;
        rows.push(attempt_row(it, &company, &through, "/console"));
    }
    drop(db);
    let page = Attempts {
        page: super::page(&app, &browser, &caller, "Sign-ins", Place::SignIns),
        here: "/console/sign-ins".to_owned(),
        query: query.to_owned(),
        company: here.chosen(),
        companies: true,
        filters: here.filters(query),
        pager: here.pager(query, rows.len(), found.next, ("sign-in", "sign-ins")),
        rows,
    };
    Ok(web::respond(StatusCode::OK, &page))
}

/// Which part of a log is shown.
#[derive(Debug)]
pub struct Here {
    path: String,
    organization: Option<Organization>,
    /// Only what was refused.
    pub refused: bool,
    paged: bool,
}

impl Here {
    /// The part of one company's log that its own pages show.
    pub fn at(path: String, params: &Params) -> Self {
        let refused = params.first("only") == Some("refused");
        Self { path, organization: None, refused, paged: params.first("after").is_some() }
    }

    async fn of(db: &mut impl Connected, path: &str, params: &Params) -> Result<Self, Problem> {
        let organization = match params.first("organization").filter(|id| !id.is_empty()) {
            Some(id) => Some(organization::require(db, id).await?),
            None => None,
        };
        Ok(Self { organization, ..Self::at(path.to_owned(), params) })
    }

    fn link(&self, query: &str, refused: bool, after: Option<&str>) -> String {
        let mut pairs = form_urlencoded::Serializer::new(String::new());
        let organization = self.organization.as_ref().map(|o| o.id.to_string());
        for (name, value) in [
            ("organization", organization.as_deref()),
            ("q", Some(query).filter(|q| !q.is_empty())),
            ("only", refused.then_some("refused")),
            ("after", after),
        ] {
            if let Some(value) = value {
                pairs.append_pair(name, value);
            }
        }
        match pairs.finish() {
            query if query.is_empty() => self.path.clone(),
            query => format!("{}?{query}", self.path),
        }
    }

    /// All of them, or those that were refused.
    pub fn filters(&self, query: &str) -> Vec<Filter> {
        let one = |label: &str, refused| Filter {
            label: label.to_owned(),
            count: String::new(),
            href: self.link(query, refused, None),
            current: self.refused == refused,
        };
        vec![one("All", false), one("Refused", true)]
    }

    /// Where one is in the list.
    pub fn pager(&self, query: &str, shown: usize, next: Option<String>, (one, many): (&str, &str)) -> Pager {
        Pager {
            summary: format!("{}, newest first", words::shown(shown, one, many)),
            previous: self.paged.then(|| self.link(query, self.refused, None)),
            next: next.map(|after| self.link(query, self.refused, Some(&after))),
        }
    }

    /// The one company shown: its name and id, and a link to everybody's.
    fn chosen(&self) -> Option<(String, String)> {
        self.organization.as_ref().map(|o| (o.name.clone(), o.id.to_string()))
    }
}

/// Names that a list repeats, looked up once.
#[derive(Debug, Default)]
pub struct Names {
    companies: HashMap<OrganizationId, String>,
    connections: HashMap<ConnectionId, String>,
}

impl Names {
    async fn company(
        &mut self,
        db: &mut impl Connected,
        id: Option<OrganizationId>,
    ) -> Result<String, Problem> {
        let Some(id) = id else { return Ok(String::new()) };
        if let Some(known) = self.companies.get(&id) {
            return Ok(known.clone());
        }
        let name = store::organization::lookup(db, id).await?.map(|o| o.name).unwrap_or_default();
        self.companies.insert(id, name.clone());
        Ok(name)
    }

    /// The provider and protocol of a connection.
    pub async fn through(
        &mut self,
        db: &mut impl Connected,
        id: Option<ConnectionId>,
    ) -> Result<String, Problem> {
        let Some(id) = id else { return Ok(String::new()) };
        if let Some(known) = self.connections.get(&id) {
            return Ok(known.clone());
        }
        let found = store::connection::lookup(db, id).await?;
        let name = found.map_or_else(|| "a connection that is gone".to_owned(), |it| through(&it));
        self.connections.insert(id, name.clone());
        Ok(name)
    }
}

/// One line of the list.
pub fn attempt_row(it: &Attempt, organization: &str, through: &str, base: &str) -> LogRow {
    LogRow {
        when: when(it.at),
        who: it.email.clone().unwrap_or_else(|| "unknown".to_owned()),
        organization: organization.to_owned(),
        through: through.to_owned(),
        outcome: trace::status(it),
        detail: it.id.to_string(),
        href: format!("{base}/sign-ins/{}", it.id),
    }
}

/// `GET /console/scim?organization=&q=&only=refused&after=`; `q` is a reference.
pub async fn requests(
    State(app): State<App>,
    browser: Browser,
    caller: OperatorCaller,
    params: Params,
) -> Result<Response, Problem> {
    provisioning::flush(&app).await?;
    let query = params.first("q").unwrap_or_default().trim();
    let mut db = app.read().await?;
    if let Ok(id) = query.parse::<TraceId>()
        && let Some(it) = store::scim_request::lookup_any(&mut db, id).await?
    {
        return Ok(Redirect::to(&request_row(&it, "").href).into_response());
    }
    let here = Here::of(&mut db, "/console/scim", &params).await?;
    // What was looked for is a reference that nobody knows: then nothing fits.
    let found = if query.is_empty() {
        let of = here.organization.as_ref().map_or(Of::Everything, |o| Of::Organization(o.id));
        store::scim_request::list(&mut db, of, here.refused, params.first("after"), PAGE).await?
    } else {
        store::Page { items: Vec::new(), next: None }
    };
    let mut names = Names::default();
    let mut rows = Vec::new();
    for it in &found.items {
        rows.push(request_row(it, &names.company(&mut db, Some(it.organization_id)).await?));
    }
    drop(db);
    let page = ScimRequests {
        page: super::page(&app, &browser, &caller, "SCIM requests", Place::Scim),
        here: "/console/scim".to_owned(),
        query: query.to_owned(),
        company: here.chosen(),
        filters: here.filters(query),
        pager: here.pager(query, rows.len(), found.next, ("request", "requests")),
        rows,
    };
    Ok(web::respond(StatusCode::OK, &page))
}

fn request_row(it: &ScimRequest, organization: &str) -> LogRow {
    LogRow {
        when: when(it.at),
        who: told::request_line(it, Show::Masked),
        organization: organization.to_owned(),
        through: told::title(it, Show::Masked),
        outcome: told::status(it),
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
    let directory = store::directory::lookup(&mut db, it.directory_id).await?;
    drop(db);
    let mut surroundings = super::page(&app, &browser, &caller, &it.id.to_string(), Place::Scim);
    surroundings.crumbs = vec![Crumb::new("SCIM requests", "/console/scim")];
    let here = format!("/console/organizations/{}", organization.id);
    let mut told = told::told(&app, &it, (&organization, directory.as_ref()), Show::Masked);
    told.facts[0].1 = Html::link(&here, &organization.name);
    let page = ScimRequestPage {
        page: surroundings,
        it: told,
        // Without its directory there is no page of the company that shows it.
        unmask: directory.is_some().then(|| requests::unmask_at(&format!("{here}/desk"), &it)),
        reason: Field::default(),
        fix: directory.as_ref().map(|d| requests::fix(&app, &it, d)).unwrap_or_default(),
    };
    Ok(web::respond(StatusCode::OK, &page))
}
