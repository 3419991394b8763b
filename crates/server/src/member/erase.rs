//! Erasing a person: after the grace, every record goes. The list of what goes is `store::erasure`.

use std::time::Duration;

use serde_json::{Value, json};

use model::{DepartureState, ErasureId, Job, Member, MemberId, MemberStatus};
use store::erasure::Person;
use store::{Connected, Tx};

use super::farewell;
use super::record::{name_of, tell_erased};
use crate::app::App;
use crate::job;
use crate::problem::Problem;
use crate::provider::Ending;
use crate::receipt::{self, Asked};

/// The kind of job that erases a member whose grace has ended; payload `{"member": id}`.
pub const ERASE: &str = "member.erase";
/// The kind of job that removes what was erased from the disk too.
pub const SCRUB: &str = "store.scrub";
/// So many events of a person are read for earlier addresses.
const EVENTS: usize = 1000;
/// When to look again at somebody who is about to be let back in.
const AGAIN: Duration = Duration::from_hours(1);

/// Erases the member whose grace has ended. A member who was restored meanwhile, or is gone, is left alone.
pub async fn erase_job(app: &App, job: &Job) -> Result<(), Problem> {
    let payload: serde_json::Value = serde_json::from_str(&job.payload).map_err(|e| Problem::internal(&e))?;
    let id: MemberId =
        payload["member"].as_str().unwrap_or_default().parse().map_err(|e| Problem::internal(&e))?;
    settle(app).await?;
    let mut tx = app.write().await?;
    let member = store::member::lookup_any(&mut tx, id).await?;
    let due = |m: &Member| m.status == MemberStatus::Erasing && m.erase_at.is_some_and(|at| at <= app.now());
    if let Some(member) = member.filter(due) {
        if comes_back(&mut tx, id).await? {
            let payload = json!({ "member": id.to_string() });
            job::enqueue(app, &mut tx, ERASE, &payload, app.now().after(AGAIN)).await?;
        } else {
            erase_now(app, &mut tx, &member, Asked::Company).await?;
        }
    }
    Ok(tx.commit().await?)
}

/// Whether the member is about to be let back in, because the leaving is void or waits for a decision.
async fn comes_back(db: &mut impl Connected, member: MemberId) -> Result<bool, Problem> {
    let last = store::departure::last_of(db, member).await?;
    Ok(last.is_some_and(|it| matches!(it.state, DepartureState::Recalled | DepartureState::Undoing)))
}

/// Writes the records that wait in memory, so that an erasure finds them.
pub(super) async fn settle(app: &App) -> Result<(), Problem> {
    crate::provisioning::flush(app).await?;
    crate::connection::shadow::flush(app).await
}

/// Erases every record of a member at once, and of the account too unless it has a place elsewhere. What stays is one
/// event with ids and nobody's name, and the record that becomes a receipt.
pub async fn erase_now(app: &App, tx: &mut Tx, member: &Member, asked: Asked) -> Result<(), Problem> {
    super::sign_out_everywhere(app, tx, member.id, Ending::Membership).await?;
    let person = person(tx, member).await?;
    let removed = store::erasure::erase(tx, &person).await?;
    farewell::over(tx, member.id).await?;
    let id = app.id(ErasureId::new);
    tell_erased(app, tx, member, id, person.account_goes);
    receipt::begin(app, tx, (id, member.organization_id), asked, &removed).await?;
    job::enqueue(app, tx, SCRUB, &json!({}), app.now()).await?;
    Ok(())
}

/// Removes what was erased from the disk, once the erasure is committed.
pub async fn scrub_job(app: &App) -> Result<(), Problem> {
    Ok(app.store.scrub().await?)
}

/// Whose data goes, and whether the account goes with the place.
pub(super) async fn person(db: &mut impl Connected, member: &Member) -> Result<Person, Problem> {
    let mut emails: Vec<String> = member.email.iter().map(|email| store::fold(email)).collect();
    let mut account_goes = false;
    if let Some(id) = member.account_id {
        let places = store::member::list_of_account(db, id).await?;
        account_goes = places.iter().all(|place| place.id == member.id);
        let account = store::account::lookup(db, id).await?;
        if let Some(account) = account.filter(|_| account_goes) {
            emails.push(store::fold(&account.email));
            emails.extend(account.personal_email.map(|email| store::fold(&email)));
        }
    }
    emails.extend(earlier(db, member).await?);
    let account = member.account_id.filter(|_| account_goes);
    let mailed = store::invitation::addresses(db, member.id, account).await?;
    emails.extend(mailed.iter().map(|email| store::fold(email)));
    emails.sort();
    emails.dedup();
    Ok(Person {
        member: member.id,
        organization: member.organization_id,
        account: member.account_id,
        account_goes,
        directory_user: member.directory_user_id,
        emails,
        name: name_of(member),
        first_name: member.first_name.clone().unwrap_or_default(),
        last_name: member.last_name.clone().unwrap_or_default(),
    })
}

/// Addresses that the person had before, as events told, and those that the directory knows.
async fn earlier(db: &mut impl Connected, member: &Member) -> Result<Vec<String>, Problem> {
    let mut found = Vec::new();
    for event in store::event::list_of_member(db, member.id, EVENTS).await? {
        let data: Value = serde_json::from_str(&event.data).unwrap_or_default();
        found.extend(data["member"]["profile"]["email"].as_str().map(ToOwned::to_owned));
    }
    if let Some(user) = member.directory_user_id {
        let resource = store::member::directory_resource(db, user).await?.unwrap_or_default();
        let resource: Value = serde_json::from_str(&resource).unwrap_or_default();
        found.extend(resource["userName"].as_str().map(ToOwned::to_owned));
        let all = resource["emails"].as_array().into_iter().flatten();
        found.extend(all.filter_map(|one| Some(one["value"].as_str()?.to_owned())));
    }
    Ok(found.iter().filter_map(|text| profile::email::parse(text).ok().flatten()).collect())
}
