//! Who administers which company, from where. Cannot be built otherwise than by proving it.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::response::Response;
use model::{MemberStatus, Organization, Role, SessionId, Time};

use super::words;
use crate::app::App;
use crate::organization;
use crate::problem::Problem;
use crate::request::{Browser, OperatorCaller, SignedIn};
use web::pages::org::{Place, nav};
use web::parts::{Crumb, Notice, Person, Tone};
use web::{Html, Page};

/// An administrator of a company at `/org`, or an operator who looks after it in the console.
#[derive(Debug, Clone)]
pub struct Desk {
    /// The company.
    pub organization: Organization,
    /// What every address here begins with.
    pub base: String,
    /// Who acts, for the audit log.
    pub actor: String,
    /// The name that a setup link's welcome page shows as its sender.
    pub name: String,
    /// An operator: may attest domains.
    pub operator: bool,
    /// The session in which a member acts; none for an operator.
    pub session: Option<SessionId>,
    person: Person,
    browser: Browser,
}

impl FromRequestParts<App> for Desk {
    type Rejection = Response;
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let browser = <Browser as FromRequestParts<App>>::from_request_parts(parts, app)
            .await
            .map_err(axum::response::IntoResponse::into_response)?;
        // Nested routers see the rest of the path only; the original one says from where.
        let original = axum::extract::OriginalUri::from_request_parts(parts, app).await;
        let path = original.map(|uri| uri.0.path().to_owned()).unwrap_or_default();
        match path.strip_prefix("/console/organizations/").and_then(|rest| rest.split('/').next()) {
            Some(id) => {
                let id = id.to_owned();
                let caller = OperatorCaller::from_request_parts(parts, app).await?;
                of_operator(app, caller, &id, browser)
                    .await
                    .map_err(axum::response::IntoResponse::into_response)
            }
            None => {
                let signed_in = <SignedIn as FromRequestParts<App>>::from_request_parts(parts, app).await?;
                of_member(app, &signed_in, browser).await.map_err(axum::response::IntoResponse::into_response)
            }
        }
    }
}

async fn of_operator(app: &App, caller: OperatorCaller, id: &str, browser: Browser) -> Result<Desk, Problem> {
    let organization = organization::require(&mut app.read().await?, id).await?;
    Ok(Desk {
        base: format!("/console/organizations/{}/desk", organization.id),
        actor: caller.actor(),
        person: Person::new(&caller.operator.name, ""),
        name: caller.operator.name,
        operator: true,
        session: None,
        organization,
        browser,
    })
}

async fn of_member(app: &App, signed_in: &SignedIn, browser: Browser) -> Result<Desk, Problem> {
    let nothing = || {
        Problem::forbidden(
            "These pages are for administrators of a company. Ask an administrator of yours to make you one, or sign in with your work address.",
        )
    };
    let organization = signed_in.session.organization_id.ok_or_else(nothing)?;
    let mut db = app.read().await?;
    let member = store::member::lookup_account(&mut db, organization, signed_in.account.id).await?;
    let member =
        member.filter(|m| m.role == Role::Admin && m.status == MemberStatus::Active).ok_or_else(nothing)?;
    let organization = store::organization::lookup(&mut db, organization).await?.ok_or_else(nothing)?;
    if !organization.self_service {
        return Err(Problem::forbidden(format!(
            "Self-service is not switched on for {}. Ask your contact at {}.",
            organization.name, app.brand.vendor_name
        )));
    }
    let name = format!(
        "{} {}",
        member.first_name.as_deref().unwrap_or_default(),
        member.last_name.as_deref().unwrap_or_default()
    );
    let name = if name.trim().is_empty() { signed_in.account.email.clone() } else { name.trim().to_owned() };
    Ok(Desk {
        organization,
        base: "/org".to_owned(),
        actor: format!("member:{}", member.id),
        person: Person::new(&name, "").linked("/account"),
        name,
        operator: false,
        session: Some(signed_in.session.id),
        browser,
    })
}

impl Desk {
    /// An address here.
    pub fn at(&self, path: &str) -> String {
        format!("{}/{path}", self.base)
    }

    /// While the company's sign-in is not the only way, every page says so.
    fn banner(&self, now: Time) -> Option<Notice> {
        let until = self.organization.opened_until.filter(|until| *until > now)?;
        let title = format!("People may sign in without single sign-on until {}", words::when(until).text);
        let link = Html::link(&self.at("sign-on/required"), "See for whom and why, or end it");
        Some(Notice { text: link, ..Notice::new(Tone::Warn, title, "") })
    }

    /// A page about one of the company's directories, below the page that lists them.
    pub fn directory_page(&self, app: &App, title: &str) -> Page {
        let mut page = self.page(app, title, Place::Directory);
        page.crumbs.push(Crumb::new("Directory", self.at("directory")));
        page
    }

    /// A page about what became of leavers, below the page about them.
    pub fn leavers_page(&self, app: &App, title: &str) -> Page {
        let mut page = self.page(app, title, Place::Leavers);
        page.crumbs.push(Crumb::new("Leavers", self.at("leavers")));
        page
    }

    /// A page here. The navigation counts nothing: it is on every page, and a company may be large.
    pub fn page(&self, app: &App, title: &str, place: impl Into<Option<Place>>) -> Page {
        let title = format!("{title} · {}", self.organization.name);
        let mut page = self.browser.page(app, title).place(&self.organization.name, self.at("members"));
        page.nav = nav(place.into());
        page.banner = self.banner(app.now());
        for item in &mut page.nav {
            item.href = item.href.replacen("/org", &self.base, 1);
        }
        page.user = Some(self.person.clone());
        page.sign_out = Some(if self.operator { "/console/logout" } else { "/logout" }.to_owned());
        if self.operator {
            page.crumbs = vec![
                Crumb::new("Organizations", "/console"),
                Crumb::new(
                    &self.organization.name,
                    format!("/console/organizations/{}", self.organization.id),
                ),
            ];
        }
        page
    }
}
