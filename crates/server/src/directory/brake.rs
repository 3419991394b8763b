//! The brake: a directory that tells of too many leavers at once is stopped before the first of them, and people decide.
//!
//! Owns the count of leavers, the stop, and what waits for the decision. What is decided is in `brake_decide`, what
//! probably happened in `brake_cause`. See `docs/decisions/0021-the-brake.md` and `0028-what-a-stop-knows.md`.

use std::time::Duration;

use model::{
    DepartureId, DepartureKind, DepartureState, DirectoryId, DirectoryUserId, Job, Member, MemberId,
    MemberStatus, NewEvent, Organization, Time,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::departure::{self, Departure};
use store::{Connected, Tx};

use super::brake_letter;
use super::held::Held;
use crate::app::App;
use crate::job;
use crate::member::{self, Reason};
use crate::problem::Problem;

/// The job that lets people back in, or go, after a stop or a decision: payload `{"directory": id}`.
pub const PASS: &str = "directory.pass";
/// The job that tells of a stop, once its list has had time to grow: payload `{"directory": id}`.
pub const TELL: &str = "directory.tell_of_stop";
/// Leavers within this time are one sync.
pub const WINDOW: Duration = Duration::from_hours(1);
/// How long the list may grow before it is mailed.
const GROWS: Duration = Duration::from_mins(2);
/// How a directory's brake stands.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Brake {
    sync: Option<String>,
    began: i64,
    told: u64,
    members: u64,
    pub(super) stopped: Option<i64>,
    /// Until then whoever leaves belongs to a sync that somebody let go.
    pub(super) free_until: Option<i64>,
    /// When somebody decided last: who went by that does not wait again.
    pub(super) decided: Option<i64>,
    /// How many were on the list that was mailed last.
    mailed: u64,
}

/// Somebody of whom the directory tells that they have left.
#[derive(Debug)]
pub(super) struct Leaver {
    pub member: Member,
    pub user: DirectoryUserId,
    pub how: DepartureKind,
}

/// A stop that waits for a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stop {
    /// The sync that was stopped.
    pub sync: DepartureId,
    /// When its first leaver was told of.
    pub began: Time,
    /// When it was stopped.
    pub at: Time,
    /// How many members there were before it.
    pub members: u64,
}

impl Brake {
    /// As it is stored with the directory.
    pub fn of(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_default()
    }

    /// The stop that waits, if one does.
    pub fn stop(&self) -> Option<Stop> {
        let (sync, at) = (self.sync()?, Time::from_micros(self.stopped?));
        Some(Stop { sync, began: Time::from_micros(self.began), at, members: self.members })
    }

    fn sync(&self) -> Option<DepartureId> {
        self.sync.as_deref().and_then(|id| id.parse().ok())
    }

    /// Whether a leaver of `now` belongs to the sync that is known.
    fn goes_on(&self, now: Time) -> bool {
        self.sync.is_some() && (self.stopped.is_some() || now.since(Time::from_micros(self.began)) < WINDOW)
    }

    /// Whether one leaver more was too many.
    fn is_too_much(&self, now: Time, people: u32, percent: u32) -> bool {
        let free = self.free_until.is_some_and(|until| now.as_micros() < until);
        !free
            && self.told > u64::from(people)
            && self.told.saturating_mul(100) > self.members.saturating_mul(u64::from(percent))
    }

    /// What would become of so many leavers told of now, where `members` are there: how many of how many would have left
    /// within an hour, if that is too much.
    pub(super) fn foresee(
        &self,
        now: Time,
        org: &Organization,
        leavers: u64,
        members: u64,
    ) -> Option<(u64, u64)> {
        let before = if self.goes_on(now) { self.clone() } else { Self { told: 0, members, ..self.clone() } };
        let then = Self { told: before.told + leavers, ..before };
        let stops = then.stopped.is_some() || then.is_too_much(now, org.brake_people, org.brake_percent);
        (leavers > 0 && stops).then_some((then.told, then.members))
    }

    /// Since when leavers count together: an hour, but without those of a sync that was let go.
    fn counts_since(&self, now: Time) -> Time {
        now.before(WINDOW).max(Time::from_micros(self.free_until.unwrap_or_default()))
    }

    /// Since when whoever left is on the list of a stop of `now`.
    fn lists_since(&self, now: Time) -> Time {
        self.counts_since(now).max(Time::from_micros(self.decided.unwrap_or_default()))
    }

    /// Whether a leaving of `now` may yet turn out to be one of too many.
    fn may_stop(&self, now: Time, people: u32, percent: u32) -> bool {
        let free = self.free_until.is_some_and(|until| now.as_micros() < until);
        !free && percent < 100 && self.members > u64::from(people)
    }

    pub(super) async fn read(db: &mut impl Connected, id: DirectoryId) -> Result<Self, Problem> {
        let text = store::directory::brake(db, id).await?;
        Ok(text.as_deref().map(Self::of).unwrap_or_default())
    }

    fn text(&self) -> Result<String, Problem> {
        serde_json::to_string(self).map_err(|e| Problem::internal(&e))
    }

    pub(super) async fn write(&self, tx: &mut Tx, id: DirectoryId) -> Result<(), Problem> {
        Ok(store::directory::set_brake(tx, id, &self.text()?).await?)
    }

    /// As [`Brake::write`], where there was no stop and is none.
    async fn count(&self, tx: &mut Tx, id: DirectoryId) -> Result<(), Problem> {
        Ok(store::directory::count_brake(tx, id, &self.text()?).await?)
    }
}

/// Takes a leaver that the directory tells of: checks the member out, or holds the leaving back where too many would go.
/// Answers the end of the sentence about it. The directory's lock is held.
pub(super) async fn out(app: &App, tx: &mut Tx, held: &Held, leaver: Leaver) -> Result<String, Problem> {
    let (id, now, member) = (held.directory.id, app.now(), leaver.member);
    let mut brake = Brake::read(tx, id).await?;
    if brake.stopped.is_some() && waits(tx, &member).await? {
        return Ok(held_back(&brake));
    }
    // Whoever leaves now has come back from wherever they went before.
    departure::remove_past(tx, member.id).await?;
    let departure = app.id(DepartureId::new);
    if !brake.goes_on(now) {
        let (told, out) = departure::count_since(tx, id, brake.counts_since(now)).await?;
        let members = present(tx, &held.org).await? + out;
        let sync = Some(departure.to_string());
        brake = Brake { sync, began: now.as_micros(), told, members, stopped: None, mailed: 0, ..brake };
    }
    brake.told += 1;
    let sync = brake.sync().unwrap_or(departure);
    let limits = (held.org.brake_people, held.org.brake_percent);
    if brake.stopped.is_none() && brake.is_too_much(now, limits.0, limits.1) {
        // The count of a sync runs on; whether it was within an hour is asked where that matters.
        brake.told = departure::count_since(tx, id, brake.counts_since(now)).await?.0 + 1;
        if brake.is_too_much(now, limits.0, limits.1) {
            stop(app, tx, held, &mut brake, sync).await?;
        }
    }
    let state = if brake.stopped.is_some() { DepartureState::Held } else { DepartureState::Left };
    let row = Departure {
        id: departure,
        directory_id: id,
        sync_id: sync,
        member_id: member.id,
        state,
        at: now,
        how: leaver.how,
        user_id: Some(leaver.user),
    };
    departure::add(tx, &row).await?;
    if brake.stopped.is_some() {
        brake.write(tx, id).await?;
        return Ok(held_back(&brake));
    }
    brake.count(tx, id).await?;
    let until = if brake.may_stop(now, limits.0, limits.1) { now.after(WINDOW) } else { now };
    let member = member::leave_for_now(app, tx, &held.org, member, Reason::Directory, until).await?;
    Ok(match member.status {
        MemberStatus::Erasing => {
            ": signed out everywhere, every record goes when the grace period ends".to_owned()
        }
        _ => ": signed out everywhere".to_owned(),
    })
}

/// Stops a directory before the leaver that was one too many.
async fn stop(
    app: &App,
    tx: &mut Tx,
    held: &Held,
    brake: &mut Brake,
    sync: DepartureId,
) -> Result<(), Problem> {
    let (id, now) = (held.directory.id, app.now());
    (brake.stopped, brake.mailed) = (Some(now.as_micros()), 0);
    // Whoever has left within the hour already comes back in, and is on the list.
    departure::recall(tx, id, sync, brake.lists_since(now)).await?;
    job::enqueue(app, tx, PASS, &json!({ "directory": id.to_string() }), now).await?;
    let told = json!({ "directory": id.to_string(), "sync": sync.to_string() });
    job::enqueue(app, tx, TELL, &told, now.after(GROWS)).await?;
    tell(app, tx, held, "directory.stopped", json!({ "leavers": brake.told, "members": brake.members }));
    Ok(())
}

fn held_back(brake: &Brake) -> String {
    format!(
        ": held back, because {} of {} members would have left within an hour. An administrator decides",
        brake.told, brake.members
    )
}

/// Whether the member's leaving waits for a decision.
async fn waits(tx: &mut Tx, member: &Member) -> Result<bool, Problem> {
    let last = departure::last_of(tx, member.id).await?;
    Ok(last.is_some_and(|it| matches!(it.state, DepartureState::Held | DepartureState::Recalled)))
}

/// How many members are there.
pub(super) async fn present(db: &mut impl Connected, org: &Organization) -> Result<u64, Problem> {
    let counts = store::member::count_by_status(db, org.id).await?;
    let here = counts
        .into_iter()
        .filter(|(status, _)| !matches!(status, MemberStatus::Disconnected | MemberStatus::Erasing));
    Ok(here.map(|(_, n)| u64::try_from(n).unwrap_or(0)).sum())
}

/// The directory tells that somebody is there: a leaving of theirs that waits is void, and with the last of them the stop.
pub(super) async fn back(app: &App, tx: &mut Tx, held: &Held, member: &Member) -> Result<(), Problem> {
    let brake = Brake::of(&held.directory.brake);
    let Some(stop) = brake.stop() else { return Ok(()) };
    let Some(it) = departure::last_of(tx, member.id).await?.filter(|it| it.sync_id == stop.sync) else {
        return Ok(());
    };
    if !matches!(it.state, DepartureState::Held | DepartureState::Recalled) {
        return Ok(());
    }
    departure::remove(tx, it.id).await?;
    member::void(app, tx, &held.org, member, it.at).await?;
    let of = (held.directory.id, stop.sync);
    for state in [DepartureState::Held, DepartureState::Recalled] {
        if departure::count(tx, of, state).await? > 0 {
            return Ok(());
        }
    }
    let Brake { free_until, decided, .. } = brake;
    Brake { free_until, decided, ..Brake::default() }.write(tx, held.directory.id).await?;
    tell(app, tx, held, "directory.resumed", json!({ "decision": "everybody came back" }));
    Ok(())
}

/// Whether somebody stays though the directory's user is inactive, because an administrator said so since.
pub(super) async fn is_kept(db: &mut impl Connected, member: MemberId) -> Result<bool, Problem> {
    let last = departure::last_of(db, member).await?;
    Ok(last.is_some_and(|it| matches!(it.state, DepartureState::Kept | DepartureState::Undoing)))
}

fn directory_of(job: &Job) -> Result<DirectoryId, Problem> {
    let payload: Value = serde_json::from_str(&job.payload).map_err(|e| Problem::internal(&e))?;
    let id = payload["directory"].as_str().and_then(|id| id.parse().ok());
    id.ok_or_else(|| Problem::internal(&"a job without a directory"))
}

/// Enters a directory for a job; none where it is gone.
pub(super) async fn enter(tx: &mut Tx, job: &Job) -> Result<Option<Held>, Problem> {
    match Held::enter(tx, directory_of(job)?).await {
        Ok(held) => Ok(Some(held)),
        Err(problem) if problem.status == axum::http::StatusCode::NOT_FOUND => Ok(None),
        Err(problem) => Err(problem),
    }
}

/// Tells the company's administrators and the operators of a stop that nobody has decided about yet, and once more at the
/// end of its hour, where the list has grown since.
pub async fn tell_job(app: &App, job: &Job) -> Result<(), Problem> {
    let mut tx = app.write().await?;
    let Some(held) = enter(&mut tx, job).await? else { return Ok(()) };
    let payload: Value = serde_json::from_str(&job.payload).map_err(|e| Problem::internal(&e))?;
    let mut brake = Brake::of(&held.directory.brake);
    let stop = brake.stop().filter(|it| payload["sync"] == it.sync.to_string());
    let Some(stop) = stop else { return Ok(()) };
    let (_, all) = waiting(&mut tx, held.directory.id, &stop, 0).await?;
    if all <= brake.mailed {
        return Ok(());
    }
    let grown = brake.mailed > 0;
    brake_letter::stopped(app, &mut tx, &held, &stop, grown).await?;
    brake.mailed = all;
    brake.write(&mut tx, held.directory.id).await?;
    if !grown {
        job::enqueue(app, &mut tx, TELL, &payload, stop.at.after(WINDOW)).await?;
    }
    Ok(tx.commit().await?)
}

/// The people whose leaving waits, the first ones, and how many there are.
pub async fn waiting(
    db: &mut impl Connected,
    directory: DirectoryId,
    stop: &Stop,
    most: i64,
) -> Result<(Vec<Member>, u64), Problem> {
    let (mut people, mut all) = (Vec::new(), 0);
    for state in [DepartureState::Recalled, DepartureState::Held] {
        all += departure::count(db, (directory, stop.sync), state).await?;
        let left = most - i64::try_from(people.len()).unwrap_or(most);
        for it in departure::list(db, (directory, stop.sync), state, None, left).await? {
            people.extend(store::member::lookup_any(db, it.member_id).await?);
        }
    }
    Ok((people, all))
}

pub(super) fn tell(app: &App, tx: &mut Tx, held: &Held, kind: &'static str, mut data: Value) {
    data["organization_id"] = json!(held.org.id.to_string());
    data["directory_id"] = json!(held.directory.id.to_string());
    let organization_id = Some(held.org.id);
    app.append(tx, NewEvent { kind, organization_id, member_id: None, data: data.to_string() });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_limits_must_be_passed() {
        let now = Time::from_micros(1);
        let told = |told, members| Brake { told, members, ..Brake::default() };
        for (told, yes) in [
            (told(10, 12), false),
            (told(11, 12), true),
            (told(20, 100), false),
            (told(21, 100), true),
            (told(11, 1000), false),
        ] {
            assert_eq!(told.is_too_much(now, 10, 20), yes, "{told:?}");
        }
        assert!(!told(50, 50).is_too_much(now, 10, 100), "a hundred per cent stops nothing");
        let free = Brake { free_until: Some(2), ..told(50, 50) };
        assert!(!free.is_too_much(now, 10, 20));
        assert!(free.is_too_much(Time::from_micros(2), 10, 20));
    }
}
