//! Signing the receipt of an erasure that is complete.

use model::Job;

use super::{of_job, sign, statement};
use crate::app::App;
use crate::problem::Problem;

/// Kind of the job that signs a receipt; payload `{"erasure": id}`. A job, because a key may have to be made first.
pub const SEAL: &str = "erasure.seal";

/// Signs the receipt, once.
pub async fn seal_job(app: &App, job: &Job) -> Result<(), Problem> {
    let (found, _) = of_job(app, &job.payload).await?;
    let Some(it) = found.filter(|it| it.completed_at.is_some() && it.receipt.is_none()) else {
        return Ok(());
    };
    let mut db = app.read().await?;
    let organization = store::organization::lookup(&mut db, it.organization_id).await?;
    let applications = store::receipt::confirmations(&mut db, it.id).await?;
    drop(db);
    let Some(organization) = organization else { return Ok(()) };
    let claims = statement::claims(&app.config.issuer(), &organization, &it, &applications);
    let signed = sign(app, &claims).await?;
    let mut tx = app.write().await?;
    store::receipt::keep(&mut tx, it.id, &signed).await?;
    Ok(tx.commit().await?)
}
