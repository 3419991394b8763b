//! What going live would do, person by person: for the wizard and for the company's pages.

use model::{Directory, DirectoryStatus, Member, MemberStatus, Role};

use super::wizard::waiting::person;
use crate::app::App;
use crate::directory::{self, APPLY, Arrived, DirectoryConfig};
use crate::problem::Problem;
use crate::trace;
use web::html::Html;
use web::pages::scim::{Preview, PreviewGroup};
use web::parts::{Person, Tone, number};

/// How many people are sorted; the newest of a larger directory.
const SORTED: usize = 1000;
/// How many are named in each group.
const NAMED: usize = 8;

/// One person, and whom going live would meet.
struct Sorted {
    it: Arrived,
    /// The member that is behind the user, or has the address.
    member: Option<Member>,
}

/// What going live would do.
pub async fn of(app: &App, it: &Directory) -> Result<Preview, Problem> {
    let arrived = directory::arrivals(app, it, &DirectoryConfig::of(it)?, SORTED).await?;
    let sorted = u64::try_from(arrived.len()).unwrap_or(0);
    let mut db = app.read().await?;
    let counts = directory::counts(&mut db, it).await?;
    let mut all = Vec::with_capacity(arrived.len());
    for it_arrived in arrived {
        let mut member = it_arrived.member.clone();
        if let (None, Some(email)) = (&member, &it_arrived.mapped.profile.email) {
            // Whoever came in another way before is met by address, unless another user is behind them.
            let found = store::member::lookup_email(&mut db, it.organization_id, email).await?;
            member = found.filter(|member| member.directory_user_id.is_none());
        }
        all.push(Sorted { it: it_arrived, member });
    }
    drop(db);
    let active = counts.users.saturating_sub(counts.inactive);
    let provider = trace::provider(&it.provider);
    let newest = if sorted < counts.users {
        format!(" The numbers below are of the {} who came last.", number(sorted))
    } else {
        String::new()
    };
    let lede = format!(
        "{provider} sent {}. Here they are, sorted by what changes. Nothing has happened yet.{newest}",
        people(counts.users)
    );
    let groups = groups(&all);
    let leaving = groups.iter().find(|group| group.tone == Tone::Bad).map_or(0, |group| group.count);
    Ok(Preview {
        lede,
        groups,
        sure: match leaving {
            0 => String::new(),
            1 => "Yes, 1 person leaves".to_owned(),
            some => format!("Yes, {} people leave", number(some)),
        },
        label: format!("Go live with {}", people(active)),
    })
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

/// "1 person", "225 people".
pub fn people(count: u64) -> String {
    if count == 1 { "1 person".to_owned() } else { format!("{} people", number(count)) }
}

fn is_here(member: &Member) -> bool {
    !matches!(member.status, MemberStatus::Disconnected | MemberStatus::Erasing)
}

fn groups(all: &[Sorted]) -> Vec<PreviewGroup> {
    let group = |tone, words: &str, text: &str, open, is: &dyn Fn(&Sorted) -> bool| {
        let of: Vec<&Sorted> = all.iter().filter(|it| is(it)).collect();
        let named: Vec<(Person, String)> =
            of.iter().take(NAMED).map(|it| (person(&it.it), remark(&it.it))).collect();
        PreviewGroup {
            tone,
            count: u64::try_from(of.len()).unwrap_or(0),
            words: words.to_owned(),
            text: Html::text(text),
            people: named,
            open,
            counted: tone != Tone::None || words != "become administrators",
        }
    };
    let here = |it: &Sorted| it.member.as_ref().is_some_and(is_here);
    let complete = |it: &Sorted| it.it.active && it.it.missing.is_empty();
    let joined = |it: &Sorted| it.it.member.is_none() && it.member.is_some();
    vec![
        group(
            Tone::Bad,
            "leave",
            "They have a place today and are inactive over there. They are signed out at once; what follows is said by the \
             company’s policy for leavers.",
            true,
            &|it| !it.it.active && here(it),
        ),
        group(
            Tone::Brand,
            "get a place",
            "They are invited, or join the account with their verified address.",
            false,
            &|it| complete(it) && it.member.is_none(),
        ),
        group(
            Tone::Ok,
            "join the place they have",
            "Same address, same person: they keep what they have, and follow the directory from now on.",
            false,
            &|it| complete(it) && joined(it),
        ),
        group(
            Tone::Ok,
            "are here already",
            "They came from this directory before, and stay.",
            false,
            &|it| complete(it) && !joined(it) && it.member.is_some(),
        ),
        group(
            Tone::Warn,
            "stay incomplete",
            "A required field is missing. They are asked for it once, or you settle it under “Match the fields”.",
            true,
            &|it| it.it.active && !it.it.missing.is_empty(),
        ),
        group(Tone::None, "get no place", "They are marked as inactive over there.", false, &|it| {
            !it.it.active && !here(it)
        }),
        group(
            Tone::None,
            "become administrators",
            "A group or their own role says so. They are among the people above, and see the company’s pages.",
            true,
            &|it| {
                let admin = it.member.as_ref().is_some_and(|member| member.role == Role::Admin);
                it.it.active && it.it.role == Some(Role::Admin) && !admin
            },
        ),
    ]
}

fn remark(it: &Arrived) -> String {
    let missing: Vec<String> = it.missing.iter().map(|field| field.label().to_lowercase()).collect();
    match (it.problems.first(), missing.as_slice()) {
        (Some(problem), _) => problem.clone(),
        (None, []) => String::new(),
        (None, some) => format!("{}: nothing sent", some.join(", ")),
    }
}
