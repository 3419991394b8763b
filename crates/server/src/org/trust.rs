//! Domains and connections of a company, as its administrators see them.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use model::{Connection, ConnectionStatus, DomainStatus, Protocol, Time};

use super::Desk;
use super::links;
use super::reading::{Known, reading_act, reading_acts, requests_fact};
use super::words;
use crate::app::App;
use crate::care::{self, State as Care};
use crate::connection::{self, Settings, domains as room};
use crate::onboarding::domain_panel;
use crate::problem::Problem;
use crate::request::{FormParams, Params, pairs};
use web::Html;
use web::guide;
use web::pages::org::{Act, Confirm, ConnectionCard, OrgDomains, OrgSignOn, Place};
use web::pages::setup::DomainAnswer;
use web::parts::{Field, Notice, Person, Status, When};

/// `GET /domains`.
pub async fn domains(State(app): State<App>, desk: Desk, params: Params) -> Result<Response, Problem> {
    let flash = words::done(params.first("done"));
    domains_page(&app, &desk, (Field::default(), Vec::new()), flash, StatusCode::OK).await
}

async fn domains_page(
    app: &App,
    desk: &Desk,
    (add, answers): (Field, Vec<DomainAnswer>),
    flash: Option<Notice>,
    status: StatusCode,
) -> Result<Response, Problem> {
    let all = store::domain::list(&mut app.read().await?, desk.organization.id).await?;
    let panels = all.iter().map(|d| {
        let mut panel = match d.status {
            DomainStatus::Verified => {
                let attested = "Your contact has confirmed that this domain is yours.";
                let mut panel = domain_panel::proven(d, words::maybe_when(d.verified_at), attested);
                panel.routing = Some(desk.at(&format!("domains/{}/routing", d.id)));
                panel
            }
            DomainStatus::Pending => domain_panel::pending(d, looked(d.looked_at)),
        };
        panel.remove = Some(format!("{}?remove={}", desk.at("domains"), d.id));
        panel
    });
    let mut surroundings = desk.page(app, "Domains", Place::Domains);
    surroundings.flash = flash;
    let page = OrgDomains {
        page: surroundings,
        organization: desk.organization.name.clone(),
        domains: panels.collect(),
        answers,
        add,
        add_action: desk.at("domains"),
        look_action: format!("{}?look=again", desk.at("domains")),
        exceptions: desk.at("domains/exceptions"),
    };
    Ok(web::respond(status, &page))
}

/// When a domain's DNS was looked at.
fn looked(time: Option<Time>) -> When {
    let Some(time) = time else { return When::words("not looked at yet") };
    let when = words::when(time);
    When::new(when.iso, format!("looked {}", when.text))
}

/// `POST /domains` with `domain`: adds one. With `?remove=` it takes one away, with `?look=again` it looks again.
pub async fn domain(
    State(app): State<App>,
    desk: Desk,
    axum::extract::OriginalUri(uri): axum::extract::OriginalUri,
    form: FormParams,
) -> Result<Response, Problem> {
    let query = Params(pairs(uri.query().unwrap_or_default().as_bytes()));
    let asked = |name: &str| query.first(name);
    if asked("look").is_some() {
        room::check_pending(&app, desk.organization.id, &desk.actor).await?;
        return Ok(Redirect::to(&desk.at("domains")).into_response());
    }
    if let (Some(id), None) = (asked("remove"), form.first("sure")) {
        let action = format!("{}?remove={id}", desk.at("domains"));
        if let Some(question) = ask_before_removing(&app, &desk, id, action, desk.at("domains")).await? {
            return Ok(question);
        }
    }
    let mut tx = app.write().await?;
    if let Some(id) = asked("remove") {
        let id = id.parse().map_err(|_| Problem::not_found("domain"))?;
        room::remove(&app, &mut tx, &desk.organization, id, &desk.actor).await?;
    } else {
        let name = form.first("domain").unwrap_or_default();
        // An operator attests; a company's own administrator has to prove it.
        let by = desk.operator.then_some(desk.actor.as_str());
        let (company, actor) = (&desk.organization, &desk.actor);
        let refused = match room::add_many(&app, &mut tx, company, name, by, actor).await {
            Ok(all) => domain_panel::refused(&all),
            Err(problem) if problem.fields.is_empty() => return Err(problem),
            Err(problem) => {
                let field = Field::wrong(name, domain_panel::reason(&problem));
                Some((field, Vec::new(), problem.status))
            }
        };
        if let Some((field, answers, status)) = refused {
            tx.commit().await?;
            return domains_page(&app, &desk, (field, answers), None, status).await;
        }
    }
    tx.commit().await?;
    Ok(Redirect::to(&desk.at("domains")).into_response())
}

/// The effect of taking a verified domain away, before it happens. None for one that is not verified: nobody needs it
/// yet.
pub async fn ask_before_removing(
    app: &App,
    desk: &Desk,
    id: &str,
    action: String,
    back: String,
) -> Result<Option<Response>, Problem> {
    let all = store::domain::list(&mut app.read().await?, desk.organization.id).await?;
    let it = all.into_iter().find(|d| d.id.to_string() == id).ok_or_else(|| Problem::not_found("domain"))?;
    if it.status != DomainStatus::Verified {
        return Ok(None);
    }
    let company = &desk.organization.name;
    let page = Confirm {
        page: desk.page(app, "Remove a domain", Place::Domains),
        title: format!("{} is no longer {company}’s", it.name),
        effect: Html::text(&format!(
            "Nobody with an address in {} signs in through {company} any more. Members stay as they are. Added again, the domain has to be proven again.",
            it.name
        )),
        people: Vec::new(),
        action,
        fields: vec![("remove".to_owned(), id.to_owned()), ("sure".to_owned(), "yes".to_owned())],
        label: format!("Yes, remove {}", it.name),
        danger: true,
        back,
    };
    Ok(Some(web::respond(StatusCode::OK, &page)))
}

/// `GET /sign-on`.
pub async fn sign_on(State(app): State<App>, desk: Desk, params: Params) -> Result<Response, Problem> {
    let mut db = app.read().await?;
    let all = store::connection::list(&mut db, desk.organization.id).await?;
    let known = Known::of(&mut db, desk.organization.id, app.now()).await?;
    drop(db);
    let active = all.iter().filter(|c| c.status == ConnectionStatus::Active).count();
    let mut surroundings = desk.page(&app, "Sign-on", Place::SignOn);
    surroundings.flash = words::done(params.first("done"));
    let page = OrgSignOn {
        page: surroundings,
        summary: match active {
            0 => format!("Nobody signs in through {} yet.", desk.organization.name),
            1 => format!("{} signs its people in through one provider.", desk.organization.name),
            n => format!("{} signs its people in through {n} providers.", desk.organization.name),
        },
        notices: known.notices(&all),
        connections: known.cards(&all, &desk),
        links: links::rows(&app, &desk, &links::SIGN_ON).await?,
        link_action: Some(desk.at("setup-links?purpose=sso")),
        required: desk.at("sign-on/required"),
        joining: desk.at("sign-on/joining"),
    };
    Ok(web::respond(StatusCode::OK, &page))
}

/// The provider with its mark.
pub(super) fn provider(id: &str, detail: &str) -> Person {
    let name = guide::find(id).map_or_else(|| id.to_owned(), |g| g.name.clone());
    Person::company(&name, detail)
}

/// A connection on a page.
pub(super) fn connection_card(
    it: &Connection,
    known: Option<&Care>,
    desk: &Desk,
    now: Time,
) -> ConnectionCard {
    let protocol = match it.protocol {
        Protocol::Saml => "SAML 2.0",
        Protocol::Oidc => "OpenID Connect",
    };
    let act = |value: &str, label: &str, effect: &str| Act {
        label: label.to_owned(),
        effect: effect.to_owned(),
        action: desk.at("sign-on"),
        field: (value.to_owned(), it.id.to_string()),
    };
    ConnectionCard {
        provider: provider(&it.provider, &format!("{protocol} · {}", it.id)),
        status: match it.status {
            ConnectionStatus::Draft => Status::pending("Being set up"),
            ConnectionStatus::Active => Status::ok("Active"),
            ConnectionStatus::Inactive => Status::stopped("Switched off"),
        },
        facts: [
            ("Last test".to_owned(), Html::text(&words::maybe_when(it.tested_at).text)),
            ("Last sign-in".to_owned(), Html::text(&words::maybe_when(it.last_login_at).text)),
        ]
        .into_iter()
        .chain(requests_fact(it, desk))
        .chain(care::reading(it, known.unwrap_or(&Care::default()), now))
        .collect(),
        open: (Settings::of(it).is_some())
            .then(|| ("Change, test and compare".to_owned(), desk.at(&format!("sign-on/{}", it.id))))
            .into_iter()
            .collect(),
        acts: reading_acts(it, known, &act)
            .into_iter()
            .chain(match it.status {
                ConnectionStatus::Draft => None,
                ConnectionStatus::Active => {
                    let effect = "Nobody signs in through it until it is switched on again.";
                    Some(act("deactivate", "Switch off", effect))
                }
                ConnectionStatus::Inactive => {
                    Some(act("activate", "Switch on", "People sign in through it again."))
                }
            })
            .collect(),
    }
}

/// `POST /sign-on` with `activate` or `deactivate` and a connection's id.
pub async fn connection(State(app): State<App>, desk: Desk, form: FormParams) -> Result<Response, Problem> {
    if let Some(done) = reading_act(&app, &desk, &form).await? {
        return Ok(Redirect::to(&desk.at(&format!("sign-on?done={done}"))).into_response());
    }
    let (on, id) = match (form.first("activate"), form.first("deactivate")) {
        (Some(id), _) => (true, id),
        (None, Some(id)) => (false, id),
        (None, None) => {
            return Err(Problem::bad_request("unknown_act", "Expected one of the buttons of the page."));
        }
    };
    let id = id.parse().map_err(|_| Problem::not_found("connection"))?;
    let mut tx = app.write().await?;
    let it = connection::get(&mut tx, desk.organization.id, id).await?;
    if on {
        connection::activate(&app, &mut tx, &it, &desk.actor).await?;
    } else {
        connection::deactivate(&app, &mut tx, &it, &desk.actor).await?;
    }
    tx.commit().await?;
    Ok(Redirect::to(&desk.at("sign-on")).into_response())
}
