//! `/s/{token}/domains`: naming the company's domains. A link cannot attest them.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use model::{Domain, DomainId, DomainStatus, Purpose};

use super::rail::Step;
use super::visit::Visit;
use super::{Form, see_other, text, when};
use crate::app::App;
use crate::connection::domains;
use crate::onboarding::domain_panel;
use crate::problem::Problem;
use crate::request::Browser;
use web::pages::setup::{DomainAnswer, DomainPanel, SetupDomains};
use web::parts::{Field, When};

/// The list.
pub async fn show(visit: Visit, browser: Browser, State(app): State<App>) -> Result<Response, Problem> {
    require(&visit)?;
    Ok(render(&app, &visit, &browser, StatusCode::OK, (Field::default(), Vec::new())))
}

/// Names another domain.
pub async fn add(
    visit: Visit,
    browser: Browser,
    State(app): State<App>,
    form: Form,
) -> Result<Response, Problem> {
    require(&visit)?;
    let typed = text(&form.0, "domain");
    let mut held = visit.hold(&app).await?;
    let actor = visit.actor();
    match domains::add_many(&app, &mut held.tx, &visit.organization, typed, None, &actor).await {
        Ok(all) => {
            held.commit().await?;
            let Some((field, answers, status)) = domain_panel::refused(&all) else {
                return Ok(see_other(&visit.path("/domains")));
            };
            let visit = visit.again(&app).await?;
            Ok(render(&app, &visit, &browser, status, (field, answers)))
        }
        Err(problem) if problem.status.is_client_error() => {
            drop(held);
            let field = Field::wrong(typed, domain_panel::reason(&problem));
            Ok(render(&app, &visit, &browser, problem.status, (field, Vec::new())))
        }
        Err(problem) => Err(problem),
    }
}

/// Looks at the records of every pending domain now.
pub async fn look(visit: Visit, State(app): State<App>, _form: Form) -> Result<Response, Problem> {
    require(&visit)?;
    visit.hold(&app).await?.commit().await?;
    domains::check_pending(&app, visit.organization.id, &visit.actor()).await?;
    Ok(see_other(&visit.path("/domains")))
}

/// Takes away a domain that is not proven. A proven one routes people's sign-ins, so a link leaves it alone.
pub async fn remove(
    visit: Visit,
    Path((_, id)): Path<(String, String)>,
    State(app): State<App>,
    _form: Form,
) -> Result<Response, Problem> {
    require(&visit)?;
    let id: DomainId = id.parse().map_err(|_| Problem::not_found("domain"))?;
    let mut held = visit.hold(&app).await?;
    let all = store::domain::list(&mut held.tx, visit.organization.id).await?;
    let known = all.iter().find(|it| it.id == id).ok_or_else(|| Problem::not_found("domain"))?;
    if known.status == DomainStatus::Verified {
        return Err(Problem::conflict(
            "domain_verified",
            "This domain is proven already",
            format!("Only {} can take a proven domain away. Write to them.", app.brand.vendor_name),
        ));
    }
    domains::remove(&app, &mut held.tx, &visit.organization, id, &visit.actor()).await?;
    held.commit().await?;
    Ok(see_other(&visit.path("/domains")))
}

fn require(visit: &Visit) -> Result<(), Problem> {
    if visit.allows(Purpose::Domains) { Ok(()) } else { visit.require(Purpose::Sso) }
}

fn render(
    app: &App,
    visit: &Visit,
    browser: &Browser,
    status: StatusCode,
    (add, answers): (Field, Vec<DomainAnswer>),
) -> Response {
    let after = visit.after(Step::Domains);
    let page = SetupDomains {
        page: visit.page(app, browser, "Your domains", Some(Step::Domains)),
        organization: visit.organization.name.clone(),
        domains: visit.domains.iter().map(|domain| panel(app, visit, domain)).collect(),
        answers,
        add,
        add_action: visit.path("/domains"),
        look_action: Some(visit.path("/domains/look")),
        next: visit.path(after.map_or("", Step::path)),
        last: after.is_none(),
    };
    web::respond(status, &page)
}

fn panel(app: &App, visit: &Visit, domain: &Domain) -> DomainPanel {
    if domain.status == DomainStatus::Verified {
        let attested = format!("{} vouches for it. Nothing is to be done.", app.brand.vendor_name);
        return domain_panel::proven(domain, domain.verified_at.map(when).unwrap_or_default(), &attested);
    }
    let looked = domain.looked_at.map(when).map(|at| When::new(at.iso, format!("looked {}", at.text)));
    let mut panel = domain_panel::pending(domain, looked.unwrap_or_default());
    panel.remove = Some(visit.path(&format!("/domains/{}/remove", domain.id)));
    panel
}
