//! Reminding of applications that have not confirmed an erasure.

use std::time::Duration;

use model::Job;
use serde_json::json;
use store::Tx;
use store::receipt::Erasure;
use web::html::unmarked;
use web::mail_layout::Letter;

use super::{of_job, tell};
use crate::app::App;
use crate::job;
use crate::mail;
use crate::org::words::day;
use crate::problem::Problem;

/// Kind of the job that reminds; payload `{"erasure": id, "step": n}`.
pub const REMIND: &str = "erasure.remind";

const DAY: Duration = Duration::from_hours(24);
/// How long after the erasure each reminder is sent.
const STEPS: [Duration; 2] = [DAY.saturating_mul(3), DAY.saturating_mul(7)];

/// Asks for reminder number `step`; nothing after the last.
pub(super) async fn later(app: &App, tx: &mut Tx, it: &Erasure, step: usize) -> Result<(), Problem> {
    let Some(wait) = STEPS.get(step.saturating_sub(1)) else { return Ok(()) };
    let payload = json!({ "erasure": it.id.to_string(), "step": step });
    job::enqueue(app, tx, REMIND, &payload, it.erased_at.after(*wait)).await
}

/// Tells the operators, and the stream, which applications are waited for; each step once.
pub async fn remind_job(app: &App, job: &Job) -> Result<(), Problem> {
    let (found, payload) = of_job(app, &job.payload).await?;
    let Some(it) = found.filter(|it| it.completed_at.is_none()) else { return Ok(()) };
    let step = usize::try_from(payload["step"].as_u64().unwrap_or(1)).unwrap_or(1);
    let mut tx = app.write().await?;
    let all = store::receipt::confirmations(&mut tx, it.id).await?;
    let waiting: Vec<_> = all.into_iter().filter(|one| one.state == "waiting").collect();
    let number = i64::try_from(step).unwrap_or(i64::MAX);
    if waiting.is_empty() || !store::receipt::remind(&mut tx, it.id, number).await? {
        return Ok(());
    }
    let ids: Vec<String> = waiting.iter().map(|one| one.application_id.to_string()).collect();
    tell(app, &mut tx, "member.erasure_pending", &it, json!({ "client_ids": ids, "reminder": step }));
    if let Some(organization) = store::organization::lookup(&mut tx, it.organization_id).await? {
        let names: Vec<&str> = waiting.iter().map(|one| one.application_name.as_str()).collect();
        let letter = letter(&it, &organization.name, &names.join(", "), step == STEPS.len());
        mail::to_operators(app, &mut tx, "erasure_pending", Some(&organization), letter).await?;
    }
    later(app, &mut tx, &it, step + 1).await?;
    Ok(tx.commit().await?)
}

fn letter(it: &Erasure, company: &str, names: &str, last: bool) -> Letter {
    let names = unmarked(names);
    let end = if last { "This is the last reminder." } else { "We write once more, in four days." };
    Letter {
        subject: format!("{names} has not confirmed an erasure"),
        preview: format!("A leaver of {company} was erased here on {}.", day(it.erased_at)),
        heading: "An erasure waits for an application".to_owned(),
        paragraphs: vec![
            format!(
                "On {} a leaver of {company} was erased here. **{names}** heard of it as the event member.erased and has \
                 not confirmed that the person’s data is gone there too.",
                day(it.erased_at)
            ),
            format!(
                "Expected: POST /api/v1/erasures/{}/acknowledgements with the application’s client_id. Received: nothing \
                 yet. {company} gets no receipt before.",
                it.id
            ),
            format!(
                "If the application keeps no data about people, say so on its page in the console: then nobody waits for \
                 it. {end}"
            ),
        ],
        button: None,
        button_note: String::new(),
        small: Vec::new(),
        reason: String::new(),
        opt_out: None,
    }
}
