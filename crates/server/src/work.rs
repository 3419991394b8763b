//! The table of background work: which room does which kind of job.

use model::Job;

use crate::app::App;
use crate::problem::Problem;
use crate::{connection, directory, drill, enforcement, mail, member, organization, provider, receipt};

/// Does a job.
pub async fn run(app: &App, job: &Job) -> Result<(), Problem> {
    match job.kind.as_str() {
        mail::SEND => mail::send_job(app, job).await,
        provider::BACKCHANNEL_LOGOUT => provider::backchannel_logout_job(app, job).await,
        drill::RUN => drill::run_job(app, job).await,
        drill::MEASURE => drill::measure_job(app, job).await,
        receipt::SEAL => receipt::seal_job(app, job).await,
        receipt::REMIND => receipt::remind_job(app, job).await,
        member::ERASE => member::erase_job(app, job).await,
        member::CLAIM_REMINDER => member::claim_reminder_job(app, job).await,
        member::SCRUB => member::scrub_job(app).await,
        organization::FILL => member::fill_job(app, job).await,
        connection::domains::LOOK => connection::domains::look_job(app, job).await,
        enforcement::LOOK => enforcement::look_job(app, job).await,
        enforcement::END => enforcement::end_job(app, job).await,
        directory::APPLY => directory::apply_job(app, job).await,
        directory::PASS => directory::pass_job(app, job).await,
        directory::TELL => directory::tell_job(app, job).await,
        other => Err(Problem::internal(&format!("nobody knows how to do the job “{other}”"))),
    }
}
