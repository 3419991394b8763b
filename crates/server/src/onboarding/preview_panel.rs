//! What going live would do, person by person: for the wizard and for the company's pages.

use model::{Directory, DirectoryStatus, Organization};

use super::wizard::waiting::person;
use crate::app::App;
use crate::directory::{self, APPLY, Among, Arrived, Forecast, Lot};
use crate::problem::Problem;
use crate::request::Params;
use crate::trace;
use web::html::Html;
use web::pages::scim::{Preview, PreviewGroup, PreviewPeople};
use web::parts::{Notice, Pager, Person, Tone, number};

/// Seconds after which a page that waits is asked for again where there is no script.
pub const REFRESH: u16 = 5;
/// People on one page of a list.
const PAGE: usize = 50;

/// What going live would do. `here` is the address of the page; `limits` of the one where the brake is set, where the
/// reader may go there.
pub async fn of(
    app: &App,
    organization: &Organization,
    it: &Directory,
    here: &str,
    limits: Option<String>,
) -> Result<Preview, Problem> {
    let forecast = directory::forecast(app, it).await?;
    let provider = trace::provider(&it.provider);
    let leaving = forecast.count(Among::Lot(Lot::Leaves));
    Ok(Preview {
        lede: match forecast.people {
            0 => format!("{provider} has sent nobody yet, so nothing would happen."),
            some => format!(
                "{provider} sent {}. Here they are, sorted by what changes. Nothing has happened yet.",
                people(some)
            ),
        },
        notice: forecast.stops.map(|stop| would_stop(organization, &provider, stop, limits)),
        groups: Among::all().map(|among| group(&forecast, among, here)).collect(),
        sure: match (leaving, forecast.stops) {
            (0, _) => String::new(),
            (some, Some(_)) => format!("Yes, go live, and ask before {} leave", people(some)),
            (1, None) => "Yes, 1 person leaves".to_owned(),
            (some, None) => format!("Yes, {} people leave", number(some)),
        },
        label: match forecast.active {
            0 => "Go live".to_owned(),
            some => format!("Go live with {}", people(some)),
        },
        first_step: format!(
            "Assign somebody to {} in {provider}; yourself is fine. Or go live now: whoever comes then gets a place at once.",
            app.brand.vendor_name
        ),
    })
}

/// Whether somebody would leave, and the question about it is to be answered first.
pub async fn asks(app: &App, it: &Directory) -> Result<bool, Problem> {
    Ok(directory::forecast(app, it).await?.count(Among::Lot(Lot::Leaves)) > 0)
}

/// That the brake would stop it, and what to do.
fn would_stop(
    organization: &Organization,
    provider: &str,
    (leavers, members): (u64, u64),
    limits: Option<String>,
) -> Notice {
    let title =
        format!("{} of {} members would leave: more than the limit", number(leavers), number(members));
    let text = format!(
        "The limit is {} people and {} % within an hour. Going live takes everybody else in, and stops before anybody leaves: \
         all {} stay until an administrator of {} has decided. If they should stay, put it right in {provider} first: \
         often a group has lost its assignment there. If they should go, go live and decide then.",
        organization.brake_people,
        organization.brake_percent,
        number(leavers),
        organization.name,
    );
    Notice {
        link: limits.map(|limits| ("Change the limit".to_owned(), limits)),
        ..Notice::new(Tone::Warn, title, &text)
    }
}

/// How far what was sent has been applied: how many of how many; none once nothing is left to do.
pub async fn progress(app: &App, it: &Directory) -> Result<Option<(u64, u64)>, Problem> {
    if it.status != DirectoryStatus::Active {
        return Ok(None);
    }
    let mut db = app.read().await?;
    if store::job::count_about(&mut db, APPLY, &it.id.to_string()).await? == 0 {
        return Ok(None);
    }
    let counts = directory::counts(&mut db, it).await?;
    let all = counts.users.saturating_sub(counts.inactive);
    Ok(Some((counts.applied.min(all), all)))
}

/// Everybody of one kind, page by page: `?who=leave&after=…`; none where the address asks for no list.
pub async fn list(
    app: &App,
    it: &Directory,
    here: &str,
    params: &Params,
) -> Result<Option<PreviewPeople>, Problem> {
    let among = params.first("who").and_then(Among::read);
    let Some(among) = among.filter(|_| it.status != DirectoryStatus::Active) else { return Ok(None) };
    let after = params.first("after").and_then(|id| id.parse().ok());
    let (found, more) = directory::foreseen(app, it, among, after, PAGE).await?;
    let at = |more: &str| format!("{here}?who={}{more}", among.as_str());
    let (_, (_, words), text) = words(among);
    let last = found.last().map(|one| one.arrived.id);
    let shown = u64::try_from(found.len()).unwrap_or(0);
    Ok(Some(PreviewPeople {
        title: format!("Who would {words}"),
        text: text.to_owned(),
        pager: Pager {
            summary: format!("{}, in the order in which they came", people(shown)),
            previous: after.map(|_| at("")),
            next: last.filter(|_| more).map(|id| at(&format!("&after={id}"))),
        },
        people: found.iter().map(|one| (person(&one.arrived), remark(&one.arrived))).collect(),
        back: here.to_owned(),
    }))
}

/// "1 person", "225 people".
pub fn people(count: u64) -> String {
    if count == 1 { "1 person".to_owned() } else { format!("{} people", number(count)) }
}

/// The colour of a kind, what one and what several of them do, and what it means for them.
const fn words(among: Among) -> (Tone, (&'static str, &'static str), &'static str) {
    match among {
        Among::Lot(Lot::Leaves) => (
            Tone::Bad,
            ("leaves", "leave"),
            "They have a place today and are inactive over there. They are signed out at once; what follows is said by the \
             company’s policy for leavers.",
        ),
        Among::Lot(Lot::Comes) => (
            Tone::Brand,
            ("gets a place", "get a place"),
            "They are invited, or join the account with their verified address.",
        ),
        Among::Lot(Lot::Joins) => (
            Tone::Ok,
            ("joins the place they have", "join the place they have"),
            "Same address, same person: they keep what they have, and follow the directory from now on.",
        ),
        Among::Lot(Lot::Returns) => (
            Tone::Ok,
            ("comes back", "come back"),
            "They had left, and are active over there: they get back what they had.",
        ),
        Among::Lot(Lot::Stays) => {
            (Tone::Ok, ("stays as they are", "stay as they are"), "They came from this directory before.")
        }
        Among::Lot(Lot::Incomplete) => (
            Tone::Warn,
            ("stays incomplete", "stay incomplete"),
            "A required field is missing. They are asked for it once, when they sign in; or you say where it comes from before.",
        ),
        Among::Lot(Lot::Kept) => (
            Tone::Ok,
            ("stays, though inactive over there", "stay, though inactive over there"),
            "An administrator decided to keep them. That holds until the directory speaks of them anew.",
        ),
        Among::Lot(Lot::Nothing) => {
            (Tone::None, ("gets no place", "get no place"), "They are marked as inactive over there.")
        }
        Among::Admins => (
            Tone::None,
            ("becomes an administrator", "become administrators"),
            "A group or their own role says so. They are among the people above, and see the company’s pages.",
        ),
    }
}

fn group(forecast: &Forecast, among: Among, here: &str) -> PreviewGroup {
    let (tone, (one, several), text) = words(among);
    let words = if forecast.count(among) == 1 { one } else { several };
    let named = forecast.groups.get(&among).map(|(_, named)| named.as_slice()).unwrap_or_default();
    let people: Vec<(Person, String)> =
        named.iter().map(|it| (person(&it.arrived), remark(&it.arrived))).collect();
    PreviewGroup {
        tone,
        count: forecast.count(among),
        words: words.to_owned(),
        text: Html::text(text),
        people,
        open: matches!(among, Among::Lot(Lot::Leaves | Lot::Incomplete) | Among::Admins),
        counted: among != Among::Admins,
        all: format!("{here}?who={}", among.as_str()),
    }
}

fn remark(it: &Arrived) -> String {
    let missing: Vec<String> = it.missing.iter().map(|field| field.label().to_lowercase()).collect();
    match (it.problems.first(), missing.as_slice()) {
        (Some(problem), _) => problem.clone(),
        (None, []) => String::new(),
        (None, some) => format!("{}: nothing sent", some.join(", ")),
    }
}
