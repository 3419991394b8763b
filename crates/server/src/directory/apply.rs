//! From facts about users to members: the one place where a directory makes people arrive and leave.
//!
//! Nothing here happens unless the directory is live.

use std::collections::BTreeSet;

use model::{DepartureKind, DirectoryId, DirectoryUserId, Job, Member, MemberStatus, Role, Source, TraceId};
use profile::Profile;
use profile::mapping::Mapped;
use serde_json::{Value, json};
use store::directory_user::{self, DirectoryUser};
use store::scim_request::ScimRequest;
use store::{Tx, directory_group};

use super::DirectoryConfig;
use super::brake::{self, Leaver};
use super::counts::{resource, this_year};
use super::held::Held;
use crate::app::App;
use crate::job;
use crate::member::{self, Arrival};
use crate::problem::Problem;

/// The job that applies everything a directory has stored: payload `{"directory": id, "after": user id or null, "before": the
/// settings until now or null}`.
pub const APPLY: &str = "directory.apply";

/// Users applied in one transaction.
const BATCH: usize = 200;

/// What gave a person a role until now, where that may have gone.
#[derive(Debug, Clone, Copy)]
pub(super) enum Until<'a> {
    /// Nothing: the user came just now, so that nobody is behind it and it is in no group.
    Unheard,
    /// What gives one now.
    Now,
    /// The user as it was, as the mapping reads it.
    User(&'a Mapped),
    /// Other settings, read in the user as it is.
    Settings(&'a DirectoryConfig, &'a Value),
}

/// What a new or changed user, as the mapping reads it, means for the member behind it. Answers the end of the sentence about it.
pub(super) async fn user(
    app: &App,
    tx: &mut Tx,
    held: &Held,
    user: &DirectoryUser,
    mapped: Mapped,
    until: Until<'_>,
) -> Result<String, Problem> {
    if !held.live() {
        return Ok(held.stored_only());
    }
    if !user.active {
        let member = behind_inactive(tx, held, user, &mapped).await?;
        return out(app, tx, held, member, (user.id, DepartureKind::Deactivated)).await;
    }
    let role = role_of(app, tx, held, user.id, &mapped, until).await?;
    // The same value may have come in several places.
    let mut problems: Vec<profile::Problem> = Vec::new();
    for unread in mapped.unread {
        if !problems.contains(&unread.problem) {
            problems.push(unread.problem);
        }
    }
    let unread: BTreeSet<String> = problems.iter().map(ToString::to_string).collect();
    let withdrawn = match until {
        Until::User(before) => withdrawn(&before.profile, &mapped.profile, &problems),
        Until::Unheard | Until::Now | Until::Settings(..) => None,
    };
    let arrival = Arrival {
        source: Source::Scim,
        profile: mapped.profile,
        withdrawn,
        role,
        unread: problems,
        directory_user_id: Some(user.id),
        active: true,
        unheard: matches!(until, Until::Unheard),
    };
    let member = member::arrive(app, tx, &held.org, arrival).await?;
    brake::back(app, tx, held, &member).await?;
    let mut effect = match member.status {
        MemberStatus::Incomplete => {
            let missing: Vec<String> =
                member::missing(&member).iter().map(|field| field.label().to_lowercase()).collect();
            format!(": incomplete, {} missing", missing.join(", "))
        }
        status => format!(": {status}"),
    };
    for sentence in unread {
        effect.push_str(". ");
        effect.push_str(sentence.trim_end_matches('.'));
    }
    Ok(effect)
}

/// What the directory told of a person until now and has taken back. What it sends and nobody can read takes nothing back.
fn withdrawn(told: &Profile, now: &Profile, unread: &[profile::Problem]) -> Option<Box<Profile>> {
    let mut gone = told.taken_back(now);
    for field in unread.iter().filter_map(|it| it.field.as_ref()) {
        gone.clear(field);
    }
    (gone != Profile::default()).then(|| Box::new(gone))
}

/// What the removal of a user means for the member behind it.
pub(super) async fn gone(
    app: &App,
    tx: &mut Tx,
    held: &Held,
    user: &DirectoryUser,
) -> Result<String, Problem> {
    if !held.live() {
        return Ok(held.stored_only());
    }
    let member = store::member::lookup_directory_user(tx, user.id).await?;
    out(app, tx, held, member, (user.id, DepartureKind::Deleted)).await
}

/// Checks a member out, unless the brake holds that back. Every leaver that a directory makes comes through here.
async fn out(
    app: &App,
    tx: &mut Tx,
    held: &Held,
    member: Option<Member>,
    (user, how): (DirectoryUserId, DepartureKind),
) -> Result<String, Problem> {
    let Some(member) = member.filter(|member| member.organization_id == held.org.id) else {
        return Ok(": no member was behind it".to_owned());
    };
    if has_left(&member) {
        return Ok(": had left already".to_owned());
    }
    brake::out(app, tx, held, Leaver { member, user, how }).await
}

fn has_left(member: &Member) -> bool {
    matches!(member.status, MemberStatus::Disconnected | MemberStatus::Erasing)
}

/// The member of a user whom the directory marks as inactive: also one who came in another way before the directory
/// spoke of the person, unless another user of a directory is behind that member.
async fn behind_inactive(
    tx: &mut Tx,
    held: &Held,
    user: &DirectoryUser,
    mapped: &Mapped,
) -> Result<Option<Member>, Problem> {
    if let Some(member) = store::member::lookup_directory_user(tx, user.id).await? {
        return Ok(Some(member));
    }
    let Some(email) = &mapped.profile.email else { return Ok(None) };
    let member = store::member::lookup_email(tx, held.org.id, email).await?;
    Ok(member.filter(|member| member.directory_user_id.is_none()))
}

/// The role that groups give, else the one in the resource. Where groups decide, or the directory gave the role until now,
/// nothing found means the organization's default; otherwise it means nothing.
async fn role_of(
    app: &App,
    tx: &mut Tx,
    held: &Held,
    id: DirectoryUserId,
    mapped: &Mapped,
    until: Until<'_>,
) -> Result<Option<Role>, Problem> {
    let rules = !held.config.roles.is_empty();
    let did = matches!(until, Until::Settings(old, _) if !old.roles.is_empty());
    let grouped = !matches!(until, Until::Unheard);
    let found = if grouped && (rules || did) {
        directory_group::groups_of(tx, held.directory.id, &[id.to_string()]).await?
    } else {
        Vec::new()
    };
    let groups: Vec<_> = found.iter().map(|(_, group)| group).collect();
    if let Some(role) = held.config.role_of(&groups).or(mapped.role) {
        return Ok(Some(role));
    }
    // Where groups decide, whoever is in none of them has the organization's default.
    let lapsed = !rules
        && match until {
            Until::Unheard | Until::Now => false,
            Until::User(before) => before.role.is_some(),
            Until::Settings(old, attributes) => {
                let given = old.role_of(&groups).or_else(|| old.mapping.role(attributes, this_year(app)));
                // Another role is one that a person was given otherwise.
                let member = store::member::lookup_directory_user(tx, id).await?;
                given.is_some() && member.is_some_and(|member| given == Some(member.role))
            }
        };
    Ok((rules || lapsed).then(|| held.org.defaults.role.unwrap_or(Role::Member)))
}

/// Decides the role of these users again: a group that gives one has changed.
pub(super) async fn roles(app: &App, tx: &mut Tx, held: &Held, users: &[String]) -> Result<(), Problem> {
    if !held.live() || users.is_empty() {
        return Ok(());
    }
    if users.len() > BATCH {
        return enqueue(app, tx, held.directory.id, None, None).await;
    }
    for id in users.iter().filter_map(|id| id.parse::<DirectoryUserId>().ok()) {
        let Some(user) = directory_user::lookup(tx, held.directory.id, id).await? else { continue };
        let Some(member) = store::member::lookup_directory_user(tx, id).await? else { continue };
        if has_left(&member) || member.organization_id != held.org.id {
            continue;
        }
        let attributes = Value::Object(resource(&user.resource)?);
        let mapped = held.config.mapping.apply(&attributes, this_year(app));
        if let Some(role) = role_of(app, tx, held, id, &mapped, Until::Now).await? {
            member::set_role(app, tx, &held.org, member, role).await?;
        }
    }
    Ok(())
}

/// Asks for what is stored to be applied, from the user after `after` on; `before` are the settings that gave roles until now.
pub(super) async fn enqueue(
    app: &App,
    tx: &mut Tx,
    directory: DirectoryId,
    after: Option<DirectoryUserId>,
    before: Option<&DirectoryConfig>,
) -> Result<(), Problem> {
    let payload = json!({
        "directory": directory.to_string(),
        "after": after.map(|id| id.to_string()),
        "before": before.map(DirectoryConfig::to_json),
    });
    job::enqueue(app, tx, APPLY, &payload, app.now()).await
}

/// Applies a batch of what a directory has stored and asks for the next one.
pub async fn apply_job(app: &App, job: &Job) -> Result<(), Problem> {
    let payload: Value = serde_json::from_str(&job.payload).map_err(|e| Problem::internal(&e))?;
    let Some(directory) = payload["directory"].as_str().and_then(|id| id.parse().ok()) else {
        return Err(Problem::internal(&"a job without a directory"));
    };
    let after = payload["after"].as_str().and_then(|id| id.parse().ok());
    let before = payload.get("before").filter(|before| !before.is_null());
    let before = before.map(DirectoryConfig::from_json).transpose().map_err(|e| Problem::internal(&e))?;
    let before = before.as_ref();
    let mut tx = app.write().await?;
    let held = match Held::enter(&mut tx, directory).await {
        Ok(held) if held.live() => held,
        Ok(_) => return Ok(()),
        Err(problem) if problem.status == axum::http::StatusCode::NOT_FOUND => return Ok(()),
        Err(problem) => return Err(problem),
    };
    let users = directory_user::list(&mut tx, directory, after, BATCH).await?;
    if users.len() == BATCH
        && let Some(last) = users.last()
    {
        enqueue(app, &mut tx, directory, Some(last.id), before).await?;
    }
    for one in &users {
        if let Err(problem) = again(app, &mut tx, &held, one, before).await {
            // One person's trouble must stay one person's trouble: the others are applied without it.
            tracing::debug!(cause = problem.cause, detail = problem.detail, "a batch is applied one by one");
            drop(tx);
            return one_by_one(app, &held, &users, before).await;
        }
    }
    Ok(tx.commit().await?)
}

async fn again(
    app: &App,
    tx: &mut Tx,
    held: &Held,
    one: &DirectoryUser,
    before: Option<&DirectoryConfig>,
) -> Result<(), Problem> {
    // What was said before the person left and kept the account is no news, nor is it after a decision to keep somebody.
    if one.claimed {
        return Ok(());
    }
    let attributes = Value::Object(resource(&one.resource)?);
    let mapped = held.config.mapping.apply(&attributes, this_year(app));
    if !one.active
        && let Some(member) = behind_inactive(tx, held, one, &mapped).await?
        && brake::is_kept(tx, member.id).await?
    {
        return Ok(());
    }
    let until = before.map_or(Until::Now, |before| Until::Settings(before, &attributes));
    user(app, tx, held, one, mapped, until).await.map(|_| ())
}

async fn one_by_one(
    app: &App,
    held: &Held,
    users: &[DirectoryUser],
    before: Option<&DirectoryConfig>,
) -> Result<(), Problem> {
    let directory = held.directory.id;
    for one in users {
        let mut tx = app.write().await?;
        let held = Held::enter(&mut tx, directory).await?;
        let Some(one) = directory_user::lookup(&mut tx, directory, one.id).await? else { continue };
        match again(app, &mut tx, &held, &one, before).await {
            Ok(()) => tx.commit().await?,
            Err(problem) if problem.status.is_server_error() => return Err(problem),
            Err(problem) => {
                drop(tx);
                let mut tx = app.write().await?;
                refused(app, &mut tx, &held, &one, &problem).await?;
                tx.commit().await?;
            }
        }
    }
    if users.len() == BATCH
        && let Some(last) = users.last()
    {
        let mut tx = app.write().await?;
        enqueue(app, &mut tx, directory, Some(last.id), before).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// Leaves a line that an administrator can act on.
async fn refused(
    app: &App,
    tx: &mut Tx,
    held: &Held,
    one: &DirectoryUser,
    problem: &Problem,
) -> Result<(), Problem> {
    let record = ScimRequest {
        id: app.id(TraceId::new),
        directory_id: held.directory.id,
        organization_id: held.org.id,
        at: app.now(),
        method: "APPLY".to_owned(),
        path: format!("/Users/{}", one.id),
        status: problem.status.as_u16(),
        outcome: format!("Not applied: {}", problem.detail),
        body: None,
        subject_id: Some(one.id.to_string()),
        effect: None,
        cause: Some(problem.code.to_owned()),
    };
    Ok(store::scim_request::add(tx, &record).await?)
}
