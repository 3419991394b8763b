//! Requests that change something: one transaction with the facts, what follows from them, and the record.

use axum::http::StatusCode;
use model::{DirectoryStatus, DirectoryUserId};
use scim::{Projection, ScimError, etag};
use store::directory_user::{DirectoryUser, GroupName};
use store::{Tx, directory_group};

use super::call::Call;
use super::plan::{Kind, Write};
use super::read::{find, find_user};
use super::show::{self, Stored};
use super::{Done, record};
use crate::app::App;
use crate::directory::{self, Effect, Held, WrittenGroup, WrittenUser};
use crate::member;
use crate::problem::Problem;

/// Does it, and records it in the same transaction.
pub async fn write(app: &App, call: &Call, what: Write) -> Result<Done, Problem> {
    let mut tx = app.store.write_holding(&locks(call, &what)).await?;
    let held = Held::enter_often(&mut tx, call.directory.id).await?;
    // First, so that records of a person go with the person.
    let waiting = app.scim_records.take();
    waiting.write(&mut tx).await?;
    let done = run(app, &mut tx, call, &held, what).await?;
    record::done(app, &mut tx, call, &done).await?;
    tx.commit().await?;
    waiting.written();
    Ok(done)
}

/// What will be held: the directory, and its organization's members where people arrive or leave. In this order everywhere.
fn locks(call: &Call, what: &Write) -> Vec<String> {
    let mut locks = vec![directory::lock_name(call.directory.id)];
    let about_people = matches!(
        what,
        Write::CreateUser(_) | Write::ReplaceUser(..) | Write::PatchUser(..) | Write::DeleteUser(_)
    );
    if about_people && call.directory.status == DirectoryStatus::Active {
        locks.push(member::lock_name(call.directory.organization_id));
    }
    locks
}

async fn run(app: &App, tx: &mut Tx, call: &Call, held: &Held, what: Write) -> Result<Done, Problem> {
    match what {
        Write::CreateUser(attributes) => {
            let written = directory::create_user(app, tx, held, attributes).await?;
            // Made just now, it is in no group yet.
            user_answer(call, written, &[], StatusCode::CREATED)
        }
        Write::ReplaceUser(id, attributes) => {
            let (user, groups) = user(tx, call, &id).await?;
            let written = directory::replace_user(app, tx, held, user, attributes).await?;
            user_answer(call, written, &groups, StatusCode::OK)
        }
        Write::PatchUser(id, request) => {
            let (user, groups) = user(tx, call, &id).await?;
            let written = directory::patch_user(app, tx, held, user, request).await?;
            user_answer(call, written, &groups, StatusCode::OK)
        }
        Write::DeleteUser(id) => {
            let (user, _) = user(tx, call, &id).await?;
            let outcome = directory::delete_user(app, tx, held, &user).await?;
            Ok(Done { private: user.claimed, ..nothing_to_show(outcome, Some(user.id)) })
        }
        Write::CreateGroup(body) => {
            let written = directory::create_group(app, tx, held, body).await?;
            group_answer(tx, call, written, StatusCode::CREATED).await
        }
        Write::ReplaceGroup(id, body) => {
            let group = group(app, tx, call, &id).await?;
            let written = directory::replace_group(app, tx, held, group, body).await?;
            group_answer(tx, call, written, StatusCode::OK).await
        }
        Write::PatchGroup(id, request) => {
            let group = group(app, tx, call, &id).await?;
            let written = directory::patch_group(app, tx, held, group, request).await?;
            patched_group(tx, call, written).await
        }
        Write::DeleteGroup(id) => {
            let group = group(app, tx, call, &id).await?;
            let outcome = directory::delete_group(app, tx, held, &group).await?;
            Ok(nothing_to_show(outcome, None))
        }
    }
}

/// The user with this id, in the version that `If-Match` names, and its groups, which no request about a user changes.
async fn user(tx: &mut Tx, call: &Call, id: &str) -> Result<(DirectoryUser, Vec<GroupName>), Problem> {
    let (user, groups) = find_user(tx, call, id).await?;
    call.expect_version(&etag::weak(user.version))?;
    Ok((user, groups))
}

/// The group with this id, in the version that `If-Match` names.
async fn group(
    app: &App,
    tx: &mut Tx,
    call: &Call,
    id: &str,
) -> Result<directory_group::DirectoryGroup, Problem> {
    let stored = find(app, tx, call, Kind::Group, id).await?;
    call.expect_version(&stored.etag())?;
    match stored {
        Stored::Group(group) => Ok(group),
        _ => Err(ScimError::not_found("Group", id).into()),
    }
}

fn user_answer(
    call: &Call,
    written: WrittenUser,
    groups: &[GroupName],
    status: StatusCode,
) -> Result<Done, Problem> {
    let (subject, private) = (Some(written.user.id), written.user.claimed);
    let stored = Stored::User(written.user);
    let body = show::with_groups(call, &stored, groups, &projection(call, &stored)?)?;
    let done = answer(call, &stored, body, written.outcome, status);
    Ok(Done { subject, private, effect: written.effect, ..done })
}

async fn group_answer(
    tx: &mut Tx,
    call: &Call,
    written: WrittenGroup,
    status: StatusCode,
) -> Result<Done, Problem> {
    let stored = Stored::Group(written.group);
    let body = show::one(tx, call, &stored, &projection(call, &stored)?).await?;
    Ok(Done { effect: written.effect, ..answer(call, &stored, body, written.outcome, status) })
}

/// Whether the whole group is shown after a PATCH differs by client, and by how large the group is.
async fn patched_group(tx: &mut Tx, call: &Call, written: WrittenGroup) -> Result<Done, Problem> {
    let query = call.query()?;
    let asked = !query.attributes.is_empty() || !query.excluded_attributes.is_empty();
    let members =
        directory_group::count_members(tx, written.group.id, scim::dialect::WHOLE_GROUP + 1).await?;
    if call.dialect().shows_patched_group(members, asked) {
        return group_answer(tx, call, written, StatusCode::OK).await;
    }
    let etag = Some(Stored::Group(written.group).etag());
    Ok(Done { etag, effect: written.effect, ..nothing_to_show(written.outcome, None) })
}

fn projection(call: &Call, stored: &Stored) -> Result<Projection, Problem> {
    let query = call.query()?;
    let kind = stored.kind().resource_type();
    Ok(Projection::new(&query.attributes, &query.excluded_attributes, kind))
}

fn answer(call: &Call, stored: &Stored, body: String, outcome: String, status: StatusCode) -> Done {
    Done {
        status,
        body: Some(body),
        location: Some(stored.location(call)),
        etag: Some(stored.etag()),
        outcome,
        subject: None,
        effect: Effect::default(),
        private: false,
    }
}

fn nothing_to_show(outcome: String, subject: Option<DirectoryUserId>) -> Done {
    Done { status: StatusCode::NO_CONTENT, body: None, subject, ..Done::ok(String::new(), outcome) }
}
