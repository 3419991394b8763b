//! What people decide about a stop, and the undoing of a sync as a whole.

use std::collections::BTreeSet;

use model::{DepartureId, DepartureState, DirectoryGroupId, DirectoryId, Job, MemberId};
use serde_json::json;
use store::departure::{self, Departure};
use store::{Connected, Tx};

use super::brake::{Brake, PASS, Stop, WINDOW, enter, tell};
use super::held::Held;
use crate::app::App;
use crate::job;
use crate::member::{self, Reason};
use crate::problem::Problem;

/// People let in or out in one transaction.
const BATCH: i64 = 100;

/// What an administrator decides about a stop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Everybody goes, and for an hour whoever else the directory tells of.
    LetGo,
    /// These go, everybody else on the list stays.
    LetSomeGo(Leavers),
    /// Everybody stays, until the directory speaks of them anew.
    Keep,
}

/// Who goes: people by themselves, and everybody of a group.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Leavers {
    /// By themselves.
    pub people: Vec<MemberId>,
    /// Everybody on the list who is in one of these groups, or was until it lost them.
    pub groups: Vec<DirectoryGroupId>,
}

/// What a decision came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decided {
    /// How many go.
    pub go: u64,
    /// How many stay.
    pub stay: u64,
}

impl Decision {
    /// The spelling in the API and in events.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::LetGo => "let_go",
            Self::LetSomeGo(_) => "let_some_go",
            Self::Keep => "keep",
        }
    }
}

const GO: [(DepartureState, DepartureState); 2] =
    [(DepartureState::Held, DepartureState::Leaving), (DepartureState::Recalled, DepartureState::Left)];
// Also whoever is in again already: one who was written to is told that the mail is void.
const STAY: [(DepartureState, DepartureState); 2] =
    [(DepartureState::Held, DepartureState::Undoing), (DepartureState::Recalled, DepartureState::Undoing)];

/// Ends a stop by a decision.
///
/// # Errors
/// A conflict where nothing waits: somebody else has decided, or everybody came back. A field's error where nobody on the
/// list was chosen, or somebody who is not on it.
pub async fn decide(
    app: &App,
    tx: &mut Tx,
    held: &Held,
    decision: &Decision,
    actor: &str,
) -> Result<Decided, Problem> {
    let id = held.directory.id;
    let mut brake = Brake::read(tx, id).await?;
    let stop = brake.stop().ok_or_else(nothing_waits)?;
    let (mut go, mut stay) = (0, 0);
    match decision {
        Decision::LetGo => {
            for states in GO {
                go += departure::move_all(tx, id, stop.sync, states).await?;
            }
            brake.free_until = Some(app.now().after(WINDOW).as_micros());
        }
        Decision::LetSomeGo(leavers) => go = let_go(tx, held, &stop, leavers).await?,
        Decision::Keep => {}
    }
    for states in STAY {
        stay += departure::move_all(tx, id, stop.sync, states).await?;
    }
    brake.stopped = None;
    brake.decided = Some(app.now().as_micros());
    brake.write(tx, id).await?;
    job::enqueue(app, tx, PASS, &json!({ "directory": id.to_string() }), app.now()).await?;
    let data = json!({ "decision": decision.as_str(), "people": go + stay, "go": go, "stay": stay });
    tell(app, tx, held, "directory.resumed", data.clone());
    app.audit(tx, actor, "directory.stop_decided", Some(held.org.id), Some(id.to_string()), &data).await?;
    Ok(Decided { go, stay })
}

async fn let_go(tx: &mut Tx, held: &Held, stop: &Stop, leavers: &Leavers) -> Result<u64, Problem> {
    let chosen: Vec<MemberId> = chosen(tx, held.directory.id, stop, leavers).await?.into_iter().collect();
    let mut go = 0;
    for states in GO {
        go += departure::move_members(tx, (held.directory.id, stop.sync), states, &chosen).await?;
    }
    Ok(go)
}

/// Who on the list goes where these are let go.
///
/// # Errors
/// A field's error where nobody on the list was chosen, or somebody who is not on it.
pub async fn chosen(
    db: &mut impl Connected,
    directory: DirectoryId,
    stop: &Stop,
    leavers: &Leavers,
) -> Result<BTreeSet<MemberId>, Problem> {
    let mut all = BTreeSet::new();
    for id in &leavers.people {
        let last = departure::last_of(db, *id).await?;
        let listed = last.is_some_and(|it| {
            it.sync_id == stop.sync && matches!(it.state, DepartureState::Held | DepartureState::Recalled)
        });
        if !listed {
            return Err(Problem::field(
                "people",
                format!("{id} is not on the list of people who would leave"),
            ));
        }
        all.insert(*id);
    }
    for id in &leavers.groups {
        all.extend(departure::of_group(db, (directory, stop.sync), *id).await?);
    }
    if all.is_empty() {
        let none = "nobody on the list was chosen: name people or groups of it, or keep everybody";
        return Err(Problem::field("people", none));
    }
    Ok(all)
}

/// Lets everybody back in who left in a sync and is still there to come back.
///
/// # Errors
/// 404 where nobody left in it, or all are back.
pub async fn undo(
    app: &App,
    tx: &mut Tx,
    held: &Held,
    sync: DepartureId,
    actor: &str,
) -> Result<u64, Problem> {
    let id = held.directory.id;
    let people = departure::move_all(tx, id, sync, (DepartureState::Left, DepartureState::Undoing)).await?;
    if people == 0 {
        return Err(Problem::not_found("sync"));
    }
    job::enqueue(app, tx, PASS, &json!({ "directory": id.to_string() }), app.now()).await?;
    let data = json!({ "sync": sync.to_string(), "people": people });
    tell(app, tx, held, "directory.sync_undone", data.clone());
    app.audit(tx, actor, "directory.sync_undone", Some(held.org.id), Some(id.to_string()), &data).await?;
    Ok(people)
}

fn nothing_waits() -> Problem {
    Problem::conflict(
        "nothing_waits",
        "Nothing waits for a decision here",
        "Somebody else has decided meanwhile, or the directory has told that everybody is still there.",
    )
}

/// Lets a batch of people in or out, and asks for the next one.
pub async fn pass_job(app: &App, job: &Job) -> Result<(), Problem> {
    let mut tx = app.write().await?;
    let Some(held) = enter(&mut tx, job).await? else { return Ok(()) };
    let pending = departure::list_pending(&mut tx, held.directory.id, BATCH).await?;
    for it in &pending {
        pass(app, &mut tx, &held, it).await?;
    }
    if i64::try_from(pending.len()).unwrap_or(BATCH) == BATCH {
        let payload = json!({ "directory": held.directory.id.to_string() });
        job::enqueue(app, &mut tx, PASS, &payload, app.now()).await?;
    }
    Ok(tx.commit().await?)
}

async fn pass(app: &App, tx: &mut Tx, held: &Held, it: &Departure) -> Result<(), Problem> {
    let to = match it.state {
        DepartureState::Recalled => DepartureState::Held,
        DepartureState::Undoing => DepartureState::Kept,
        _ => DepartureState::Left,
    };
    if let Some(member) = store::member::lookup_any(tx, it.member_id).await? {
        match to {
            DepartureState::Left => drop(member::leave(app, tx, &held.org, member, Reason::Directory).await?),
            DepartureState::Held => drop(member::recall(app, tx, &held.org, member).await?),
            _ => {
                let member = member::recall(app, tx, &held.org, member).await?;
                member::void(app, tx, &held.org, &member, it.at).await?;
            }
        }
    }
    Ok(departure::set_state(tx, it.id, to).await?)
}
