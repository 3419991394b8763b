//! The list of members, and acts on several of them.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use model::{Member, MemberId, MemberStatus};
use serde_json::json;
use store::Tx;
use store::member::Query;

use super::Desk;
use super::words;
use crate::app::App;
use crate::member::{self, Reason};
use crate::problem::Problem;
use crate::request::{FormParams, Params};
use web::pages::org::{Confirm, MemberRow, OrgMembers, Place};
use web::parts::{Filter, Notice, Pager, Tone};

const PAGE: usize = 50;

/// `GET /members?q=&status=&after=`.
pub async fn list(State(app): State<App>, desk: Desk, params: Params) -> Result<Response, Problem> {
    let search = params.first("q").filter(|q| !q.trim().is_empty());
    let status: Option<MemberStatus> = params.first("status").and_then(|s| s.parse().ok());
    let mut db = app.read().await?;
    let counts = store::member::count_by_status(&mut db, desk.organization.id).await?;
    let query = Query { search, status, cursor: params.first("after"), limit: PAGE, ..Query::default() };
    let found = store::member::list(&mut db, desk.organization.id, &query).await?;
    drop(db);
    let total: i64 = counts.iter().map(|(_, n)| n).sum();
    let here = desk.at("members");
    let count_of = |wanted| counts.iter().find(|(s, _)| *s == wanted).map_or(0, |(_, n)| *n);
    let mut filters =
        vec![Filter::new("All", u64::try_from(total).unwrap_or(0), here.clone(), status.is_none())];
    filters.extend(MemberStatus::ALL.iter().filter(|s| count_of(**s) > 0).map(|s| {
        let count = u64::try_from(count_of(*s)).unwrap_or(0);
        Filter::new(words::status_word(*s), count, format!("{here}?status={s}"), status == Some(*s))
    }));
    let next = found.next.map(|after| {
        let mut pairs = form_urlencoded::Serializer::new(String::new());
        pairs.append_pair("after", &after);
        if let Some(q) = search {
            pairs.append_pair("q", q);
        }
        if let Some(status) = status {
            pairs.append_pair("status", status.as_str());
        }
        format!("{here}?{}", pairs.finish())
    });
    let mut surroundings = desk.page(&app, "Members", Place::Members);
    surroundings.flash = words::done(params.first("done"));
    let page = OrgMembers {
        page: surroundings,
        summary: match total {
            1 => "One person.".to_owned(),
            n => format!("{n} people."),
        },
        notices: notices(count_of(MemberStatus::Incomplete)),
        here: here.clone(),
        query: search.unwrap_or_default().to_owned(),
        status: status.map(|s| s.as_str().to_owned()).unwrap_or_default(),
        filters,
        rows: found.items.iter().map(|m| row(m, &desk, &app)).collect(),
        pager: Pager {
            summary: match (search, status) {
                (Some(_), _) => words::shown(found.items.len(), "person", "people"),
                (None, status) => {
                    let all = status.map_or(total, count_of);
                    format!("{} of {all}", found.items.len())
                }
            },
            previous: params.first("after").map(|_| here.clone()),
            next,
        },
        action: here,
        import: desk.at("import"),
        export: desk.at("members/export"),
        invite: desk.at("members/invite"),
    };
    Ok(web::respond(StatusCode::OK, &page))
}

fn notices(incomplete: i64) -> Vec<Notice> {
    if incomplete == 0 {
        return Vec::new();
    }
    let title = if incomplete == 1 {
        "One person cannot sign in yet".to_owned()
    } else {
        format!("{incomplete} people cannot sign in yet")
    };
    vec![Notice::new(
        Tone::Warn,
        title,
        "Something required is missing for them. Send it from your directory, set a default under Settings, or they answer one question at their first sign-in.",
    )]
}

fn row(member: &Member, desk: &Desk, app: &App) -> MemberRow {
    MemberRow {
        id: member.id.to_string(),
        person: words::person(member, &desk.base),
        status: words::status(member, app.now()),
        reason: words::reason(member),
        role: words::role(member.role).to_owned(),
        source: words::source(member.source).to_owned(),
        country: words::country(member.country.as_deref()),
        seen: words::maybe_when(member.last_sign_in_at),
        undo: matches!(member.status, MemberStatus::Disconnected | MemberStatus::Erasing),
    }
}

/// `POST /members`: `undo` with one id, or `do` with several. Checking people out asks once more.
pub async fn act(State(app): State<App>, desk: Desk, form: FormParams) -> Result<Response, Problem> {
    let organization = &desk.organization;
    let mut tx = app.write().await?;
    tx.lock(&organization.id.to_string()).await?;
    let (what, ids): (&str, Vec<MemberId>) = match form.first("undo") {
        Some(id) => ("undo", id.parse().into_iter().collect()),
        None => {
            (form.first("do").unwrap_or_default(), form.all("id").filter_map(|id| id.parse().ok()).collect())
        }
    };
    let mut members = Vec::new();
    for id in ids {
        let found = store::member::lookup(&mut tx, organization.id, id).await?;
        members.push(found.ok_or_else(|| Problem::not_found("member"))?);
    }
    if members.is_empty() {
        return Ok(Redirect::to(&desk.at("members")).into_response());
    }
    if what == "leave" && form.first("sure") != Some("yes") {
        drop(tx);
        return confirm(&app, &desk, &members, None).await;
    }
    let guard = Guard::before(&mut tx, &desk).await?;
    for it in members {
        let target = Some(it.id.to_string());
        match what {
            "undo" => drop(member::restore(&app, &mut tx, organization, it).await?),
            "suspend" => drop(member::suspend(&app, &mut tx, organization, it).await?),
            "resume" => drop(member::resume(&app, &mut tx, organization, it).await?),
            "leave" => drop(member::leave(&app, &mut tx, organization, it, Reason::Administrator).await?),
            _ => return Err(Problem::bad_request("unknown_act", "Expected one of the buttons of the page.")),
        }
        let action = format!("member.{what}");
        app.audit(&mut tx, &desk.actor, &action, Some(organization.id), target, &json!({})).await?;
    }
    // Whoever looks after the company was asked, and has answered on the page that says so.
    if !(desk.operator && what == "leave") {
        guard.after(&mut tx, &desk).await?;
    }
    tx.commit().await?;
    let done = match what {
        "undo" => "restored",
        "suspend" => "suspended",
        "resume" => "resumed",
        _ => "left",
    };
    Ok(Redirect::to(&desk.at(&format!("members?done={done}"))).into_response())
}

/// Sees that an act does not leave a company without anybody who could undo it.
pub struct Guard {
    had: bool,
}

impl Guard {
    /// Before the act.
    pub async fn before(tx: &mut Tx, desk: &Desk) -> Result<Self, Problem> {
        Ok(Self { had: !store::member::admins(tx, desk.organization.id, 1).await?.is_empty() })
    }

    /// After it, in the same transaction.
    ///
    /// # Errors
    /// A conflict where the last active administrator would be gone; the caller drops the transaction.
    pub async fn after(self, tx: &mut Tx, desk: &Desk) -> Result<(), Problem> {
        if !self.had || !store::member::admins(tx, desk.organization.id, 1).await?.is_empty() {
            return Ok(());
        }
        let name = &desk.organization.name;
        Err(Problem::conflict(
            "last_administrator",
            format!("{name} would have no administrator"),
            format!(
                "Nobody could look after {name} here any more, so nothing was changed. Make somebody else an \
                 administrator first, then try again."
            ),
        ))
    }
}

/// The effect in numbers and names, before it happens. `notice` says what else is to know.
pub async fn confirm(
    app: &App,
    desk: &Desk,
    members: &[Member],
    notice: Option<Notice>,
) -> Result<Response, Problem> {
    let names: Vec<String> = members.iter().map(words::name).collect();
    let many = members.len() > 1;
    let mut db = app.read().await?;
    let admins = store::member::admins(&mut db, desk.organization.id, members.len() + 1).await?;
    drop(db);
    let nobody_left = !admins.is_empty() && admins.iter().all(|a| members.iter().any(|m| m.id == a.id));
    let mut effect = match desk.organization.leaver_policy {
        model::LeaverPolicy::Disconnect => "They are signed out everywhere at once and get a mail that offers to keep the account as a personal one. You can undo it.".to_owned(),
        model::LeaverPolicy::Delete => format!("They are signed out everywhere at once, and every record of them is erased after {} hours. Until then you can undo it.", desk.organization.erase_grace.as_secs().div_ceil(3600)),
    };
    if nobody_left {
        let name = &desk.organization.name;
        effect = format!("{effect} {name} has no administrator then.");
    }
    let mut fields = vec![("do".to_owned(), "leave".to_owned()), ("sure".to_owned(), "yes".to_owned())];
    fields.extend(members.iter().map(|m| ("id".to_owned(), m.id.to_string())));
    let mut surroundings = desk.page(app, "Check out", Place::Members);
    surroundings.flash = notice;
    let page = Confirm {
        page: surroundings,
        title: if many {
            format!("{} people leave {}", members.len(), desk.organization.name)
        } else {
            format!("{} leaves {}", names[0], desk.organization.name)
        },
        effect: web::Html::text(&effect),
        people: members.iter().map(|m| words::person(m, &desk.base)).collect(),
        action: desk.at("members"),
        fields,
        label: if many {
            format!("Yes, these {} leave", members.len())
        } else {
            format!("Yes, {} leaves", names[0])
        },
        danger: desk.organization.leaver_policy == model::LeaverPolicy::Delete,
        back: desk.at("members"),
    };
    Ok(web::respond(StatusCode::OK, &page))
}

/// `GET /members/export`: every member as a file for spreadsheets.
pub async fn export(State(app): State<App>, desk: Desk) -> Result<Response, Problem> {
    let mut rows: Vec<Vec<String>> = vec![
        [
            "First name",
            "Last name",
            "Email",
            "Country",
            "City",
            "State",
            "Year of birth",
            "Role",
            "Status",
            "Last sign-in",
        ]
        .map(str::to_owned)
        .to_vec(),
    ];
    let mut db = app.read().await?;
    let mut cursor: Option<String> = None;
    loop {
        let query = Query { cursor: cursor.as_deref(), limit: 500, ..Query::default() };
        let page = store::member::list(&mut db, desk.organization.id, &query).await?;
        rows.extend(page.items.into_iter().map(|m| {
            vec![
                m.first_name.unwrap_or_default(),
                m.last_name.unwrap_or_default(),
                m.email.unwrap_or_default(),
                m.country.unwrap_or_default(),
                m.current_city.unwrap_or_default(),
                m.current_state.unwrap_or_default(),
                m.birth_year.map(|y| y.to_string()).unwrap_or_default(),
                m.role.to_string(),
                m.status.to_string(),
                m.last_sign_in_at.map(|t| t.to_string()).unwrap_or_default(),
            ]
        }));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    Ok(web::csv("members.csv", profile::roster::csv(rows.iter().map(|row| row.iter().map(String::as_str)))))
}
