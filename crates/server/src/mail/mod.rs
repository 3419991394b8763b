//! Mails: written into the outbox in the transaction that makes them necessary, sent afterwards.
//!
//! Owns the outbox and the SMTP connection. Does not own what a mail says: rooms write that.

mod smtp;

pub use smtp::check;

use model::{Job, Mail, MailId, MemberId, OrganizationId};
use serde_json::json;
use store::Tx;

use crate::app::App;
use crate::job;
use crate::problem::Problem;

/// The kind of job that sends one mail.
pub const SEND: &str = "mail.send";

/// A mail as a room writes it.
#[derive(Debug, Clone)]
pub struct Letter {
    /// `invitation`, `offboarding`, `setup_link`, `sign_in_link`, …
    pub kind: &'static str,
    /// To which address.
    pub to: String,
    /// About whom, so that erasure finds it.
    pub member_id: Option<MemberId>,
    /// For which organization.
    pub organization_id: Option<OrganizationId>,
    /// Subject line.
    pub subject: String,
    /// HTML part.
    pub html: String,
    /// Text part.
    pub text: String,
}

/// Puts a letter into the outbox; it leaves after the commit.
pub async fn post(app: &App, tx: &mut Tx, letter: Letter) -> Result<MailId, Problem> {
    let id = app.id(MailId::new);
    let mail = Mail {
        id,
        kind: letter.kind.to_owned(),
        member_id: letter.member_id,
        organization_id: letter.organization_id,
        recipient: letter.to,
        subject: letter.subject,
        html: letter.html,
        text: letter.text,
        created_at: app.now(),
        sent_at: None,
        last_error: None,
    };
    store::mail::add(tx, &mail).await?;
    if app.config.smtp.is_some() {
        job::enqueue(app, tx, SEND, &json!({"mail": id.to_string()}), app.now()).await?;
    }
    Ok(id)
}

/// Sends one mail from the outbox. A mail that was erased meanwhile is done.
pub async fn send_job(app: &App, job: &Job) -> Result<(), Problem> {
    let payload: serde_json::Value = serde_json::from_str(&job.payload).map_err(|e| Problem::internal(&e))?;
    let id: MailId =
        payload["mail"].as_str().unwrap_or_default().parse().map_err(|e| Problem::internal(&e))?;
    let mail = store::mail::lookup(&mut app.read().await?, id).await?;
    let (Some(mail), Some(settings)) = (mail, &app.config.smtp) else { return Ok(()) };
    if mail.sent_at.is_some() {
        return Ok(());
    }
    let outcome = smtp::send(settings, &mail).await;
    let mut tx = app.write().await?;
    match &outcome {
        Ok(()) => store::mail::set_sent(&mut tx, id, app.now()).await?,
        Err(error) => store::mail::set_failed(&mut tx, id, error).await?,
    }
    tx.commit().await?;
    outcome.map_err(|error| Problem::internal(&error))
}
