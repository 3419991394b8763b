//! Who must sign in through the company, recovery codes, and what stands open beside it.

use std::collections::BTreeMap;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use model::{Domain, DomainStatus, Member, Time};
use store::Connected;
use store::enforcement::Opening;

use super::Desk;
use super::links::sentence;
use super::words;
use crate::app::App;
use crate::enforcement::{self, NewOpening, Whom, member_of};
use crate::problem::Problem;
use crate::request::{FormParams, Params};
use web::Html;
use web::pages::org::{CodesLeft, OpeningRow, OrgRequire, OrgRequired, Place, RecoveryCodes, RequiredDomain};
use web::parts::{Crumb, Field, Figure, Notice, Opt, Status, Tone};

/// So many openings are listed.
const LISTED: usize = 20;
/// The choices for how long; any number up to the most is taken.
const HOURS: [(&str, &str); 5] =
    [("1", "One hour"), ("4", "Four hours"), ("8", "Eight hours"), ("24", "One day"), ("72", "Three days")];

type Ids = Path<BTreeMap<String, String>>;

/// What was typed into the form for opening.
#[derive(Default)]
struct Typed {
    whom: Field,
    hours: Option<String>,
    hours_error: Option<String>,
    reason: Field,
    flash: Option<Notice>,
}

/// `GET /sign-on/required`.
pub async fn show(State(app): State<App>, desk: Desk, params: Params) -> Result<Response, Problem> {
    let typed = Typed { flash: words::done(params.first("done")), ..Typed::default() };
    page(&app, &desk, typed, StatusCode::OK).await
}

async fn page(app: &App, desk: &Desk, typed: Typed, status: StatusCode) -> Result<Response, Problem> {
    let (it, now) = (&desk.organization, app.now());
    let mut db = app.read().await?;
    let domains = store::domain::list(&mut db, it.id).await?;
    let openings = store::enforcement::list(&mut db, it.id, LISTED).await?;
    let codes = match administrator(&mut db, desk).await? {
        Some(member) => Some(store::enforcement::codes(&mut db, member.id).await?.len()),
        None => None,
    };
    let mut rows = Vec::new();
    for opening in &openings {
        let by = who(&mut db, desk, &opening.opened_by).await?;
        rows.push(row(opening, &by, desk, now));
    }
    drop(db);
    let mut surroundings = desk.page(app, "Required sign-on", Place::SignOn);
    surroundings.flash = typed.flash;
    let verified = domains.iter().filter(|d| d.status == DomainStatus::Verified);
    let page = OrgRequired {
        page: surroundings,
        organization: it.name.clone(),
        domains: verified.map(|d| domain_row(d, desk)).collect(),
        codes: codes.map(|left| CodesLeft {
            left: u64::try_from(left).unwrap_or(0),
            action: desk.at("sign-on/codes"),
        }),
        openings: rows,
        whom: typed.whom,
        hours: Opt::list(&HOURS, typed.hours.as_deref().unwrap_or("4")),
        hours_error: typed.hours_error,
        reason: typed.reason,
        open_action: desk.at("sign-on/openings"),
    };
    Ok(web::respond(status, &page))
}

/// The administrator in front of the page; none for an operator.
async fn administrator(db: &mut impl Connected, desk: &Desk) -> Result<Option<Member>, Problem> {
    match member_of(&desk.actor) {
        Some(id) => Ok(store::member::lookup(db, desk.organization.id, id).await?),
        None => Ok(None),
    }
}

/// An actor of the audit log by name.
pub(super) async fn who(db: &mut impl Connected, desk: &Desk, actor: &str) -> Result<String, Problem> {
    if let Some(id) = member_of(actor) {
        let member = store::member::lookup(db, desk.organization.id, id).await?;
        return Ok(member.as_ref().map_or_else(|| "somebody who has left".to_owned(), words::name));
    }
    Ok(match actor {
        "system" => "by itself".to_owned(),
        _ => "an operator".to_owned(),
    })
}

fn domain_row(it: &Domain, desk: &Desk) -> RequiredDomain {
    let (status, text) = match it.sso_required_at {
        Some(since) => (
            Status::ok(format!("Required since {}", words::day(since))),
            "Its people sign in through the company alone.",
        ),
        None => (
            Status::pending("Optional"),
            "People are sent to the company’s sign-in; members may also use a password or a link in a mail.",
        ),
    };
    RequiredDomain {
        name: it.name.clone(),
        status,
        text: Html::text(text),
        href: desk.at(&format!("sign-on/required/{}", it.id)),
    }
}

fn row(it: &Opening, by: &str, desk: &Desk, now: Time) -> OpeningRow {
    let open = it.ended_at.is_none() && it.ends_at > now;
    OpeningRow {
        whom: it.domain.clone().or_else(|| it.email.clone()).unwrap_or_default(),
        reason: it.reason.clone(),
        made: format!("{by}, {}", words::when(it.opened_at).text),
        status: if open {
            Status::warn(format!("Open until {}", words::when(it.ends_at).text))
        } else {
            Status::stopped(format!("Ended {}", words::when(it.ended_at.unwrap_or(it.ends_at)).text))
        },
        end: open.then(|| desk.at(&format!("sign-on/openings/{}/end", it.id))),
    }
}

/// `GET /sign-on/required/{domain}`: who has signed in, and the switch.
pub async fn ask(State(app): State<App>, desk: Desk, Path(ids): Ids) -> Result<Response, Problem> {
    let domain = verified(&app, &desk, &ids).await?;
    question(&app, &desk, &domain, StatusCode::OK).await
}

async fn verified(app: &App, desk: &Desk, ids: &BTreeMap<String, String>) -> Result<Domain, Problem> {
    let named = ids.get("domain").map(String::as_str).unwrap_or_default();
    let domain = enforcement::domain_of(&mut app.read().await?, &desk.organization, named).await?;
    if domain.status == DomainStatus::Verified { Ok(domain) } else { Err(Problem::not_found("domain")) }
}

async fn question(app: &App, desk: &Desk, domain: &Domain, status: StatusCode) -> Result<Response, Problem> {
    let it = &desk.organization;
    let evidence = enforcement::evidence(app, &mut app.read().await?, it, domain, &desk.actor).await?;
    let numbers = evidence.standing;
    let required = domain.sso_required_at.is_some();
    let missing = evidence.missing.filter(|_| !required);
    let mut surroundings = desk.page(app, &domain.name, Place::SignOn);
    surroundings.crumbs.push(Crumb::new("Required sign-on", desk.at("sign-on/required")));
    let named = u64::try_from(evidence.waiting.len()).unwrap_or(0);
    let ending = u64::try_from(evidence.own_sessions.len()).unwrap_or(0);
    let own = desk.session.is_some_and(|id| evidence.own_sessions.contains(&id));
    let page = OrgRequire {
        page: surroundings,
        organization: it.name.clone(),
        domain: domain.name.clone(),
        required,
        missing: missing.map(|text| Notice {
            text: Html::text(&text),
            ..Notice::new(Tone::Warn, "Single sign-on cannot be required yet", "")
        }),
        figures: vec![
            Figure::count(numbers.members, "active members"),
            Figure::count(numbers.signed_in, "signed in through the company"),
            Figure::count(numbers.with_password, "have a password"),
        ],
        ending: (!required && ending > 0).then(|| ends(ending, own)),
        since: words::when(evidence.since),
        signed_in: evidence.signed_in.iter().map(|m| words::person(m, &desk.base)).collect(),
        waiting: evidence.waiting.iter().map(|m| words::person(m, &desk.base)).collect(),
        more: numbers.members.saturating_sub(numbers.signed_in).saturating_sub(named),
        action: desk.at(&format!("sign-on/required/{}", domain.id)),
        back: desk.at("sign-on/required"),
    };
    Ok(web::respond(status, &page))
}

/// What ends with the switch, before it is pressed.
fn ends(sessions: u64, own: bool) -> Notice {
    let title = match (sessions, own) {
        (1, true) => "You will be signed out".to_owned(),
        (1, false) => "One person will be signed out".to_owned(),
        (n, _) => format!("{n} sign-ins end"),
    };
    let all =
        "Who came in with a password, a passkey or a mailed link signs in once more, through the provider.";
    let you =
        "You are one of them: after the switch you go through your company’s sign-in, and come back here.";
    let text = if own { format!("{all} {you}") } else { all.to_owned() };
    Notice::new(Tone::Warn, title, &text)
}

/// `POST /sign-on/required/{domain}` with `required`, `yes` or `no`. An administrator who has no recovery codes gets
/// them with it.
pub async fn switch(
    State(app): State<App>,
    desk: Desk,
    Path(ids): Ids,
    form: FormParams,
) -> Result<Response, Problem> {
    let domain = verified(&app, &desk, &ids).await?;
    let mut tx = app.write().await?;
    match form.first("required") {
        Some("yes") => {
            let done = enforcement::require(&app, &mut tx, &desk.organization, &domain, &desk.actor).await;
            match done {
                Err(problem) if problem.code == "sso_not_proven" => {
                    drop(tx);
                    return question(&app, &desk, &domain, problem.status).await;
                }
                other => other?,
            }
            if let Some(member) = administrator(&mut tx, &desk).await?
                && store::enforcement::codes(&mut tx, member.id).await?.is_empty()
            {
                let codes = enforcement::make_codes(&app, &mut tx, &member, &desk.actor).await?;
                let back = onward(&app, &mut tx, &desk, "sign-on/required").await?;
                tx.commit().await?;
                let lede = format!("Single sign-on is required for {} from now on.", domain.name);
                return Ok(show_codes(&app, &desk, &member, (&lede, back), &codes));
            }
        }
        Some("no") => enforcement::lift(&app, &mut tx, &desk.organization, &domain, &desk.actor).await?,
        _ => return Err(Problem::bad_request("unknown_act", "Expected one of the buttons of the page.")),
    }
    let to = onward(&app, &mut tx, &desk, "sign-on/required?done=saved").await?;
    tx.commit().await?;
    Ok(Redirect::to(&to).into_response())
}

/// A page here; through the company's sign-in where the session in which the administrator acts has just ended.
async fn onward(app: &App, db: &mut impl Connected, desk: &Desk, to: &str) -> Result<String, Problem> {
    let here = desk.at(to);
    let Some(session) = desk.session else { return Ok(here) };
    if store::session::lookup(db, session, app.now()).await?.is_some() {
        return Ok(here);
    }
    let email = administrator(db, desk).await?.and_then(|it| it.email).unwrap_or_default();
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("login_hint", &email)
        .append_pair("return_to", &here)
        .finish();
    Ok(format!("/login?{query}"))
}

/// `POST /sign-on/codes`: ten fresh recovery codes for the administrator who asks.
pub async fn codes(State(app): State<App>, desk: Desk, _form: FormParams) -> Result<Response, Problem> {
    let mut tx = app.write().await?;
    let Some(member) = administrator(&mut tx, &desk).await? else {
        return Err(Problem::forbidden(
            "Recovery codes belong to an administrator of the company, who makes them at /org. As an operator, open \
             another way for a time instead.",
        ));
    };
    let codes = enforcement::make_codes(&app, &mut tx, &member, &desk.actor).await?;
    tx.commit().await?;
    let back = desk.at("sign-on/required");
    Ok(show_codes(&app, &desk, &member, ("", back), &codes))
}

fn show_codes(
    app: &App,
    desk: &Desk,
    member: &Member,
    (lede, back): (&str, String),
    codes: &[String],
) -> Response {
    let surroundings = desk.page(app, "Recovery codes", Place::SignOn);
    let email = member.email.as_deref().unwrap_or(&desk.name);
    let page = RecoveryCodes::of(surroundings, lede, codes, email, back);
    web::respond(StatusCode::OK, &page)
}

/// `POST /sign-on/openings` with `whom` (a domain or an address), `hours` and `reason`.
pub async fn open(State(app): State<App>, desk: Desk, form: FormParams) -> Result<Response, Problem> {
    let text = |name: &str| form.first(name).unwrap_or_default().trim().to_owned();
    let whom = text("whom");
    let new = NewOpening {
        whom: if whom.contains('@') { Whom::Person(whom.clone()) } else { Whom::Domain(whom.to_lowercase()) },
        hours: text("hours").parse().unwrap_or(0),
        reason: text("reason"),
    };
    let mut tx = app.write().await?;
    match enforcement::open(&app, &mut tx, &desk.organization, &new, &desk.actor).await {
        Ok(_) => {
            tx.commit().await?;
            Ok(Redirect::to(&desk.at("sign-on/required?done=opened")).into_response())
        }
        Err(problem) if problem.status.is_server_error() => Err(problem),
        Err(problem) => {
            drop(tx);
            let fault = |names: &[&str]| {
                let found = problem.fields.iter().find(|f| names.contains(&f.field.as_str()));
                found.map(|f| sentence(&f.problem))
            };
            let typed = Typed {
                whom: Field { value: whom, error: fault(&["domain", "email"]) },
                hours: Some(text("hours")),
                hours_error: fault(&["hours"]),
                reason: Field { value: new.reason.clone(), error: fault(&["reason"]) },
                flash: None,
            };
            page(&app, &desk, typed, problem.status).await
        }
    }
}

/// `POST /sign-on/openings/{opening}/end`.
pub async fn end(
    State(app): State<App>,
    desk: Desk,
    Path(ids): Ids,
    _form: FormParams,
) -> Result<Response, Problem> {
    let id = ids.get("opening").map(String::as_str).unwrap_or_default();
    let mut tx = app.write().await?;
    tx.lock(&desk.organization.id.to_string()).await?;
    let it = enforcement::opening_of(&mut tx, &desk.organization, id).await?;
    enforcement::close(&app, &mut tx, &it, &desk.actor).await?;
    tx.commit().await?;
    Ok(Redirect::to(&desk.at("sign-on/required?done=closed")).into_response())
}
