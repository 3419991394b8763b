//! Writing what was read: each person and group through `directory`, as if a provider had sent it.

use std::collections::HashMap;

use model::{DirectoryGroupId, DirectoryUserId, TraceId};
use scim::{GroupBody, MemberRef};
use store::directory_user::By;
use store::scim_request::ScimRequest;
use store::{Tx, directory_group, directory_user};

use super::Listed;
use super::fault::Fault;
use super::reading::Reading;
use crate::app::App;
use crate::directory::{self, Held};
use crate::problem::Problem;
use crate::provisioning::told;

/// What became of one person or group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Put {
    /// New.
    Created,
    /// Otherwise than before.
    Changed,
    /// As it was.
    Same,
}

/// Writes these people in one transaction; where one of them is refused, each in one of its own, so that one person's
/// trouble stays that person's.
pub async fn people(app: &App, reading: &mut Reading, all: &[Listed]) -> Result<(), Fault> {
    if all.is_empty() {
        return Ok(());
    }
    let mut tx = app.write().await?;
    let held = reading.enter(app, &mut tx).await?;
    let mut done = Vec::with_capacity(all.len());
    for one in all {
        match person(app, &mut tx, &held, reading, one).await {
            Ok(put) => done.push(put),
            Err(problem) if problem.status.is_server_error() => return Err(problem.into()),
            Err(_) => {
                drop(tx);
                return one_by_one(app, reading, all).await;
            }
        }
    }
    tx.commit().await?;
    for put in done {
        reading.count(put);
    }
    Ok(())
}

async fn one_by_one(app: &App, reading: &mut Reading, all: &[Listed]) -> Result<(), Fault> {
    for one in all {
        let mut tx = app.write().await?;
        let held = reading.enter(app, &mut tx).await?;
        match person(app, &mut tx, &held, reading, one).await {
            Ok(put) => {
                tx.commit().await?;
                reading.count(put);
            }
            Err(problem) if problem.status.is_server_error() => return Err(problem.into()),
            Err(problem) => {
                drop(tx);
                let recorded = reading.is_told_of_troubles();
                reading.trouble(&one.id, &problem.detail);
                if recorded {
                    let mut tx = app.write().await?;
                    let outcome = format!("Refused: {}", problem.detail);
                    let status = problem.status.as_u16();
                    let refused = Told::done("/Users".to_owned(), status, outcome, None);
                    let cause = Some(told::cause(&problem).to_owned());
                    record(app, &mut tx, &held, Told { cause, ..refused }).await?;
                    tx.commit().await?;
                }
            }
        }
    }
    Ok(())
}

async fn person(
    app: &App,
    tx: &mut Tx,
    held: &Held,
    reading: &Reading,
    one: &Listed,
) -> Result<Put, Problem> {
    let Some(resource) = one.resource.clone() else {
        return Err(scim::ScimError::invalid_value("There is no address to sign in with.").into());
    };
    let attributes = scim::resource::user(resource)?;
    let known = match reading.user(&one.id) {
        Some(id) => directory_user::lookup(tx, held.directory.id, id).await?,
        None => directory_user::find(tx, held.directory.id, By::ExternalId(&one.id)).await?.pop(),
    };
    let (written, put) = match known {
        None => (directory::create_user(app, tx, held, attributes).await?, Put::Created),
        Some(user) => {
            let version = user.version;
            let written = directory::replace_user(app, tx, held, user, attributes).await?;
            let put = if written.user.version == version { Put::Same } else { Put::Changed };
            (written, put)
        }
    };
    store::pull::mark_user(tx, written.user.id, &one.mark).await?;
    if put != Put::Same {
        let id = written.user.id;
        let status = if put == Put::Created { 201 } else { 200 };
        let told = Told::done(format!("/Users/{id}"), status, written.outcome, Some(id));
        record(app, tx, held, Told { effect: written.effect.to_text(), ..told }).await?;
    }
    Ok(put)
}

/// Removes people whom the source no longer lists. The brake of the directory holds them back where they are too many.
pub async fn gone(app: &App, reading: &mut Reading, all: &[DirectoryUserId]) -> Result<(), Fault> {
    let mut tx = app.write().await?;
    let held = reading.enter(app, &mut tx).await?;
    for id in all {
        let Some(user) = directory_user::lookup(&mut tx, held.directory.id, *id).await? else { continue };
        let outcome = directory::delete_user(app, &mut tx, &held, &user).await?;
        let told = Told::done(format!("/Users/{id}"), 204, outcome, Some(*id));
        record(app, &mut tx, &held, told).await?;
    }
    Ok(tx.commit().await?)
}

/// Writes a group with its people; `members` is none where they are as before.
pub async fn group(
    app: &App,
    reading: &mut Reading,
    one: &Listed,
    members: Option<&[String]>,
    mark: &str,
) -> Result<(), Fault> {
    let mut tx = app.write().await?;
    let held = reading.enter(app, &mut tx).await?;
    let body = scim::resource::group(one.resource.clone().unwrap_or_default()).map_err(Problem::from)?;
    let members = members.map(|ids| ids.iter().filter_map(|id| reading.user(id)).map(member).collect());
    let body = GroupBody { members, ..body };
    let known = match reading.group(&one.id) {
        Some(id) => directory_group::lookup(&mut tx, held.directory.id, id).await?,
        None => None,
    };
    let before = known.as_ref().map(|group| group.version);
    let written = match known {
        None => directory::create_group(app, &mut tx, &held, body).await?,
        Some(group) => directory::replace_group(app, &mut tx, &held, group, body).await?,
    };
    let id = written.group.id;
    store::pull::mark_group(&mut tx, id, mark).await?;
    if before != Some(written.group.version) {
        let status = if before.is_none() { 201 } else { 200 };
        let told = Told::done(format!("/Groups/{id}"), status, written.outcome, None);
        record(app, &mut tx, &held, Told { effect: written.effect.to_text(), ..told }).await?;
    }
    tx.commit().await?;
    reading.saw_group(&one.id, id, mark);
    Ok(())
}

fn member(id: DirectoryUserId) -> MemberRef {
    MemberRef::new(id.to_string())
}

/// Removes a group that the source no longer lists.
pub async fn group_gone(app: &App, reading: &mut Reading, id: DirectoryGroupId) -> Result<(), Fault> {
    let mut tx = app.write().await?;
    let held = reading.enter(app, &mut tx).await?;
    let Some(group) = directory_group::lookup(&mut tx, held.directory.id, id).await? else { return Ok(()) };
    let outcome = directory::delete_group(app, &mut tx, &held, &group).await?;
    record(app, &mut tx, &held, Told::done(format!("/Groups/{id}"), 204, outcome, None)).await?;
    Ok(tx.commit().await?)
}

/// What the source holds of a person or group by its id, and what was seen of it.
pub type Known<I> = HashMap<String, (I, Option<String>)>;

/// What is told of one thing that was written or refused.
struct Told {
    path: String,
    status: u16,
    outcome: String,
    subject: Option<DirectoryUserId>,
    effect: Option<String>,
    cause: Option<String>,
}

impl Told {
    fn done(path: String, status: u16, outcome: String, subject: Option<DirectoryUserId>) -> Self {
        Self { path, status, outcome, subject, effect: None, cause: None }
    }
}

async fn record(app: &App, tx: &mut Tx, held: &Held, told: Told) -> Result<(), Problem> {
    let record = ScimRequest {
        id: app.id(TraceId::new),
        directory_id: held.directory.id,
        organization_id: held.org.id,
        at: app.now(),
        method: "READ".to_owned(),
        path: told.path,
        status: told.status,
        outcome: told.outcome,
        body: None,
        subject_id: told.subject.map(|id| id.to_string()),
        effect: told.effect,
        cause: told.cause,
    };
    Ok(store::scim_request::add(tx, &record).await?)
}
