//! Filling gaps: whoever came before an organization had a default for a missing field gets it when it is set.

use model::{Job, Member, MemberId, MemberStatus, OrganizationId};
use serde_json::json;
use store::member::Query;

use super::arrive::complete;
use super::record::profile_of;
use crate::app::App;
use crate::job;
use crate::organization::{FILL, profile_defaults};
use crate::problem::Problem;

/// Members looked at in one job.
const BATCH: usize = 100;

/// Completes a batch of incomplete members from the defaults as they are now, and asks for the next batch. Payload
/// `{"organization": id, "after": member id or null}`.
pub async fn fill_job(app: &App, job: &Job) -> Result<(), Problem> {
    let payload: serde_json::Value = serde_json::from_str(&job.payload).map_err(|e| Problem::internal(&e))?;
    let organization: OrganizationId =
        payload["organization"].as_str().unwrap_or_default().parse().map_err(|e| Problem::internal(&e))?;
    let query = Query {
        status: Some(MemberStatus::Incomplete),
        cursor: payload["after"].as_str(),
        limit: BATCH,
        ..Query::default()
    };
    let page = store::member::list(&mut app.read().await?, organization, &query).await?;
    for member in &page.items {
        if let Err(problem) = fill(app, organization, member.id).await {
            if problem.status.is_server_error() {
                return Err(problem);
            }
            // One person's trouble must stay one person's trouble.
            tracing::info!(member = %member.id, code = problem.code, "a member could not be completed from the defaults");
        }
    }
    if page.next.is_some() {
        let mut tx = app.write().await?;
        let payload = json!({ "organization": organization.to_string(), "after": page.next });
        job::enqueue(app, &mut tx, FILL, &payload, app.now()).await?;
        tx.commit().await?;
    }
    Ok(())
}

async fn fill(app: &App, organization: OrganizationId, id: MemberId) -> Result<(), Problem> {
    let mut tx = app.write().await?;
    let Some(org) = store::organization::lookup(&mut tx, organization).await? else { return Ok(()) };
    let member = store::member::lookup(&mut tx, organization, id).await?;
    let Some(member) = member.filter(|m: &Member| m.status == MemberStatus::Incomplete) else {
        return Ok(());
    };
    let filled = profile_of(&member).with_defaults(&profile_defaults(&org));
    complete(app, &mut tx, &org, member, filled).await?;
    Ok(tx.commit().await?)
}
