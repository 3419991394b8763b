//! Leaver drills: whether a leaver is really cut off everywhere, tried with a made-up person and measured.
//!
//! Owns the drill from the wish to the signed report. The person lives in a made-up organization that stands for the real
//! one: it is in no list and no count, no event tells of it, nobody is mailed, and it goes when the drill ends. What
//! happens in between goes the way that a provider's requests go: over HTTP, through the router. Does not own the cut
//! (`member`), telling applications (`provider`), nor the signature (`receipt`).

mod made_up;
mod report;
mod run;

use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use model::{DrillId, Organization, OrganizationId};
use serde_json::json;
use store::Tx;
use store::drill::Drill;

pub use report::{Measured, Told, measured, to_json};
pub use run::{MEASURE, RUN, measure_job, run_job};

use crate::app::App;
use crate::job;
use crate::problem::Problem;

/// How long after the last one the next monthly drill begins.
const MONTH: Duration = Duration::from_hours(24 * 30);
/// So many monthly drills begin in one look.
const AT_ONCE: i64 = 5;

/// The made-up organizations of drills in this process: no event tells of them.
#[derive(Debug, Default)]
pub struct MadeUp(RwLock<Vec<OrganizationId>>);

impl MadeUp {
    /// Whether events of this organization are kept from the stream.
    pub fn holds(&self, id: Option<OrganizationId>) -> bool {
        let all = self.0.read().unwrap_or_else(PoisonError::into_inner);
        !all.is_empty() && id.is_some_and(|id| all.contains(&id))
    }

    fn add(&self, id: OrganizationId) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).push(id);
    }

    fn remove(&self, id: OrganizationId) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).retain(|known| *known != id);
    }
}

/// Asks for a drill.
///
/// # Errors
/// A conflict while one is under way.
pub async fn begin(app: &App, tx: &mut Tx, of: &Organization, actor: &str) -> Result<Drill, Problem> {
    tx.lock(&format!("drill:{}", of.id)).await?;
    let last = store::drill::list(tx, of.id, None, 1).await?.items.pop();
    if last.is_some_and(|it| it.ended_at.is_none()) {
        return Err(Problem::conflict(
            "drill_under_way",
            "A drill is under way",
            "It ends within about a minute, and its report stands here then.",
        ));
    }
    let it = Drill {
        id: app.id(DrillId::new),
        organization_id: of.id,
        asked_by: actor.to_owned(),
        state: "waiting".to_owned(),
        began_at: app.now(),
        ended_at: None,
        work: "{}".to_owned(),
        report: None,
    };
    store::drill::add(tx, &it).await?;
    job::enqueue(app, tx, RUN, &json!({ "drill": it.id.to_string() }), app.now()).await?;
    app.audit(tx, actor, "drill.begun", Some(of.id), Some(it.id.to_string()), &json!({})).await?;
    Ok(it)
}

/// Begins the monthly drills that are due.
pub async fn round(app: &App) -> Result<(), Problem> {
    let then = app.now().before(MONTH);
    for id in store::drill::due(&mut app.read().await?, then, AT_ONCE).await? {
        let mut tx = app.write().await?;
        tx.lock(&format!("drill:{id}")).await?;
        // Another machine may have been first.
        let due = store::drill::due(&mut tx, then, i64::MAX).await?.contains(&id);
        let Some(of) = store::organization::lookup(&mut tx, id).await?.filter(|_| due) else { continue };
        match begin(app, &mut tx, &of, "system").await {
            Ok(_) => tx.commit().await?,
            Err(problem) if problem.code == "drill_under_way" => {}
            Err(problem) => return Err(problem),
        }
    }
    Ok(())
}

/// Sets whether an organization has a drill every month.
pub async fn set_monthly(
    app: &App,
    tx: &mut Tx,
    of: &Organization,
    on: bool,
    actor: &str,
) -> Result<(), Problem> {
    store::drill::set_monthly(tx, of.id, on).await?;
    let target = Some(of.id.to_string());
    app.audit(tx, actor, "drill.scheduled", Some(of.id), target, &json!({ "monthly": on })).await
}

/// The drill of this organization with this id.
///
/// # Errors
/// 404 where there is none.
pub async fn require(db: &mut impl store::Connected, of: OrganizationId, id: &str) -> Result<Drill, Problem> {
    let found = match id.parse() {
        Ok(id) => store::drill::lookup(db, id).await?,
        Err(_) => None,
    };
    found.filter(|it| it.organization_id == of).ok_or_else(|| Problem::not_found("drill"))
}

/// The signed report.
///
/// # Errors
/// A conflict while there is none.
pub fn signed(it: &Drill) -> Result<&str, Problem> {
    it.report.as_deref().ok_or_else(|| {
        Problem::conflict(
            "drill_without_report",
            "There is no report yet",
            "The drill is under way, or was interrupted. A drill that was interrupted is cleaned up and leaves no report; \
             run another one.",
        )
    })
}
