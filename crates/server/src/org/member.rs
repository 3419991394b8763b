//! One member: profile, acts, and inviting somebody new.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use model::{Member, MemberStatus, Role, Source};
use profile::{Field as Name, Profile};
use serde_json::json;

use super::Desk;
use super::words;
use crate::app::App;
use crate::member::{self, Arrival};
use crate::problem::Problem;
use crate::request::{FormParams, Params};
use web::Html;
use web::pages::account::SessionRow;
use web::pages::login::ProfileField;
use web::pages::org::{Act, OrgInvite, OrgMember, Place};
use web::parts::{Crumb, Field, Notice, Opt, Tone, When};

const FIELDS: [Name; 6] =
    [Name::FirstName, Name::LastName, Name::Country, Name::CurrentCity, Name::CurrentState, Name::BirthYear];

/// `GET /members/{member}`.
pub async fn show(
    State(app): State<App>,
    desk: Desk,
    Path(params): Path<std::collections::HashMap<String, String>>,
    query: Params,
) -> Result<Response, Problem> {
    let it = require(&app, &desk, &params).await?;
    let history = history(&app, &it).await?;
    let sessions = super::sessions::rows(&app, &desk, it.id).await?;
    let shown = Shown { flash: words::done(query.first("done")), history, sessions, ..Shown::default() };
    Ok(page(&app, &desk, &it, shown, StatusCode::OK))
}

/// What stands on the page besides the member.
#[derive(Default)]
struct Shown<'a> {
    flash: Option<Notice>,
    history: Vec<(When, Html)>,
    sessions: Vec<SessionRow>,
    problems: &'a [profile::Problem],
    form: Params,
}

/// What happened to a member, newest first.
async fn history(app: &App, it: &Member) -> Result<Vec<(When, Html)>, Problem> {
    let facts = store::event::list_of_member(&mut app.read().await?, it.id, 20).await?;
    Ok(facts.iter().map(|fact| (words::brief(fact.created_at), Html::text(&words::fact(fact)))).collect())
}

async fn require(
    app: &App,
    desk: &Desk,
    params: &std::collections::HashMap<String, String>,
) -> Result<Member, Problem> {
    let found = match params.get("member").map(|id| id.parse()) {
        Some(Ok(id)) => store::member::lookup(&mut app.read().await?, desk.organization.id, id).await?,
        _ => None,
    };
    found.ok_or_else(|| Problem::not_found("member"))
}

fn page(app: &App, desk: &Desk, it: &Member, shown: Shown<'_>, status: StatusCode) -> Response {
    let Shown { flash, history, sessions, problems, form } = shown;
    let action = desk.at(&format!("members/{}", it.id));
    let known = member::profile_of(it);
    let fields = FIELDS.iter().map(|name| {
        let value = form
            .first(name.api_name())
            .map(ToOwned::to_owned)
            .or_else(|| known.text(name))
            .unwrap_or_default();
        let error = problems.iter().find(|p| p.field.as_ref() == Some(name)).map(ToString::to_string);
        ProfileField {
            name: name.api_name().to_owned(),
            label: name.label().to_owned(),
            autocomplete: "off",
            options: if *name == Name::Country { countries(&value) } else { Vec::new() },
            digits: *name == Name::BirthYear,
            field: Field { value, error },
        }
    });
    let reason = words::reason(it);
    let mut surroundings = desk.page(app, &words::name(it), Place::Members);
    surroundings.crumbs.push(Crumb::new("Members", desk.at("members")));
    surroundings.flash = flash;
    let page = OrgMember {
        page: surroundings,
        person: words::person(it, &desk.base),
        status: words::status(it, app.now()),
        notice: (!reason.is_empty()).then(|| Notice {
            text: Html::text(&reason),
            ..Notice::new(Tone::Warn, "Something is missing or could not be read", "")
        }),
        facts: vec![
            ("Role".to_owned(), Html::text(words::role(it.role))),
            ("Came by".to_owned(), Html::text(words::source(it.source))),
            ("Since".to_owned(), Html::text(&words::when(it.created_at).text)),
            ("Last sign-in".to_owned(), Html::text(&words::maybe_when(it.last_sign_in_at).text)),
        ],
        fields: fields.collect(),
        locked: if it.source == Source::Scim {
            "The directory keeps this profile. What you change here stays until the directory sends it again."
                .to_owned()
        } else {
            String::new()
        },
        acts: acts(it, &action),
        action,
        sessions,
        history,
    };
    web::respond(status, &page)
}

fn countries(chosen: &str) -> Vec<Opt> {
    let mut all = vec![("", "Not known")];
    all.extend(profile::country::all().into_iter().map(|c| (c.code(), c.name())));
    Opt::list(&all, chosen)
}

fn acts(it: &Member, action: &str) -> Vec<Act> {
    let act = |value: &str, label: &str, effect: &str| Act {
        label: label.to_owned(),
        effect: effect.to_owned(),
        action: action.to_owned(),
        field: ("do".to_owned(), value.to_owned()),
    };
    let leave = act("leave", "Check out…", "Ends the membership.");
    let role = match it.role {
        Role::Member => act("admin", "Make administrator", "Sees and changes these pages."),
        Role::Admin => act("member", "Make member", "Sees these pages no longer."),
    };
    match it.status {
        MemberStatus::Active => vec![
            role,
            act("sign-out", "Sign out everywhere", "Ends every session of the person."),
            act("suspend", "Suspend", "Cannot sign in until you take it back."),
            leave,
        ],
        MemberStatus::Incomplete => vec![role, leave],
        MemberStatus::Invited => {
            vec![act("invite", "Send it again", "A fresh invitation by mail."), role, leave]
        }
        MemberStatus::Suspended => vec![act("resume", "Take suspension back", "May sign in again."), leave],
        MemberStatus::Disconnected | MemberStatus::Erasing => vec![act("undo", "Undo", "As it was before.")],
    }
}

/// `POST /members/{member}`: an act (`do`), or the profile.
pub async fn act(
    State(app): State<App>,
    desk: Desk,
    Path(params): Path<std::collections::HashMap<String, String>>,
    form: FormParams,
) -> Result<Response, Problem> {
    let organization = &desk.organization;
    let it = require(&app, &desk, &params).await?;
    let here = desk.at(&format!("members/{}", it.id));
    let what = form.first("do").unwrap_or("profile").to_owned();
    if what == "leave" {
        return super::members::confirm(&app, &desk, &[it], None).await;
    }
    let mut tx = app.write().await?;
    tx.lock(&organization.id.to_string()).await?;
    let it = store::member::lookup(&mut tx, organization.id, it.id)
        .await?
        .ok_or_else(|| Problem::not_found("member"))?;
    let target = Some(it.id.to_string());
    let guard = super::members::Guard::before(&mut tx, &desk).await?;
    match what.as_str() {
        "profile" => {
            let (typed, problems) = read(&app, &form);
            if !problems.is_empty() {
                drop(tx);
                let shown = Shown { problems: &problems, form: form.0, ..Shown::default() };
                return Ok(page(&app, &desk, &it, shown, StatusCode::UNPROCESSABLE_ENTITY));
            }
            member::complete(&app, &mut tx, organization, it, typed).await?;
        }
        "undo" => drop(member::restore(&app, &mut tx, organization, it).await?),
        "suspend" => drop(member::suspend(&app, &mut tx, organization, it).await?),
        "resume" => drop(member::resume(&app, &mut tx, organization, it).await?),
        "invite" => member::invite(&app, &mut tx, organization, &it).await?,
        "sign-out" => {
            let why = super::sessions::ending(&desk);
            member::sign_out_everywhere(&app, &mut tx, it.id, why).await?;
        }
        "admin" => drop(member::set_role(&app, &mut tx, organization, it, Role::Admin).await?),
        "member" => drop(member::set_role(&app, &mut tx, organization, it, Role::Member).await?),
        _ => return Err(Problem::bad_request("unknown_act", "Expected one of the buttons of the page.")),
    }
    guard.after(&mut tx, &desk).await?;
    app.audit(&mut tx, &desk.actor, &format!("member.{what}"), Some(organization.id), target, &json!({}))
        .await?;
    tx.commit().await?;
    let done = match what.as_str() {
        "profile" => "saved",
        "undo" => "restored",
        "suspend" => "suspended",
        "resume" => "resumed",
        "invite" => "invited",
        "sign-out" => "signed-out",
        role => role,
    };
    Ok(Redirect::to(&format!("{here}?done={done}")).into_response())
}

fn read(app: &App, form: &Params) -> (Profile, Vec<profile::Problem>) {
    let this_year = u16::try_from(app.now().year()).unwrap_or(u16::MAX);
    let mut typed = Profile::default();
    let mut problems = Vec::new();
    for name in &FIELDS {
        if let Some(text) = form.first(name.api_name())
            && let Err(problem) = typed.set(name, text, this_year)
        {
            problems.push(problem);
        }
    }
    (typed, problems)
}

/// `GET /members/invite`.
pub async fn invite_form(State(app): State<App>, desk: Desk) -> Result<Response, Problem> {
    Ok(invite_page(&app, &desk, &Params::default(), &[], StatusCode::OK))
}

fn invite_page(
    app: &App,
    desk: &Desk,
    form: &Params,
    problems: &[profile::Problem],
    status: StatusCode,
) -> Response {
    let wrong =
        |name: &Name| problems.iter().find(|p| p.field.as_ref() == Some(name)).map(ToString::to_string);
    let field = |name: Name| Field {
        value: form.first(name.api_name()).unwrap_or_default().to_owned(),
        error: wrong(&name),
    };
    let default = desk.organization.defaults.country.as_deref().unwrap_or_default();
    let page = OrgInvite {
        page: desk.page(app, "Invite someone", Place::Members),
        first_name: field(Name::FirstName),
        last_name: field(Name::LastName),
        email: field(Name::Email),
        countries: countries(form.first("country").unwrap_or(default)),
        country_error: wrong(&Name::Country),
        roles: Opt::list(
            &[("member", "Member"), ("admin", "Administrator")],
            form.first("role").unwrap_or("member"),
        ),
        action: desk.at("members/invite"),
        back: desk.at("members"),
    };
    web::respond(status, &page)
}

/// `POST /members/invite`.
pub async fn invite(State(app): State<App>, desk: Desk, form: FormParams) -> Result<Response, Problem> {
    let wrong = |problems: &[profile::Problem]| {
        Ok(invite_page(&app, &desk, &form, problems, StatusCode::UNPROCESSABLE_ENTITY))
    };
    let (mut typed, mut problems) = read(&app, &form);
    let this_year = u16::try_from(app.now().year()).unwrap_or(u16::MAX);
    if let Err(problem) = typed.set(&Name::Email, form.first("email").unwrap_or_default(), this_year) {
        problems.push(problem);
    }
    for needed in [Name::FirstName, Name::LastName, Name::Email] {
        if !typed.has(&needed) && !problems.iter().any(|p| p.field.as_ref() == Some(&needed)) {
            problems.push(profile::Problem::new(needed, "", profile::Reason::Missing));
        }
    }
    if !problems.is_empty() {
        return wrong(&problems);
    }
    let email = typed.email.clone().unwrap_or_default();
    let of_email = |sentence: String| {
        [profile::Problem::new(Name::Email, email.as_str(), profile::Reason::Other(sentence))]
    };
    let arrival = Arrival {
        source: Source::Manual,
        profile: typed,
        withdrawn: None,
        role: form.first("role").and_then(|r| r.parse().ok()),
        unread: Vec::new(),
        directory_user_id: None,
        active: true,
        unheard: false,
    };
    let organization = &desk.organization;
    let mut tx = app.write().await?;
    tx.lock(&organization.id.to_string()).await?;
    if let Some(there) = store::member::lookup_email(&mut tx, organization.id, &email).await? {
        drop(tx);
        let status = words::status_word(there.status).to_lowercase();
        let name = words::name(&there);
        return wrong(&of_email(format!("{name} has this address and is here already ({status}).")));
    }
    let it = match member::arrive(&app, &mut tx, organization, arrival).await {
        Ok(it) => it,
        Err(problem) if problem.fields.iter().any(|f| f.field == "email") => {
            drop(tx);
            return wrong(&of_email(problem.detail));
        }
        Err(problem) => return Err(problem),
    };
    app.audit(
        &mut tx,
        &desk.actor,
        "member.invited",
        Some(organization.id),
        Some(it.id.to_string()),
        &json!({}),
    )
    .await?;
    tx.commit().await?;
    Ok(Redirect::to(&desk.at(&format!("members/{}", it.id))).into_response())
}
