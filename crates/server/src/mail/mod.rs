//! Mails: written into the outbox in the transaction that makes them necessary, sent afterwards.
//!
//! Owns the outbox, the SMTP connection, and who the people of a company and the operators are to whom rooms write. Does not
//! own what a mail says: rooms write that.

mod people;
mod smtp;

pub use people::{ADMINISTRATORS, company_page, to_administrators, to_everybody, to_operators};
pub use smtp::check;

use model::{Job, Mail, MailId, MemberId, OrganizationId};
use serde_json::json;
use store::Tx;
use web::mail_layout::{self, Letter, Rendered};

use crate::app::App;
use crate::job;
use crate::problem::Problem;

/// The kind of job that sends one mail.
pub const SEND: &str = "mail.send";

/// To whom a mail goes, and what it is about.
#[derive(Debug, Clone)]
pub struct To {
    /// `invitation`, `offboarding`, `setup_link`, `sign_in_link`, …
    kind: &'static str,
    /// To which address.
    address: String,
    /// About whom, so that erasure finds it.
    member_id: Option<MemberId>,
    /// For which organization.
    organization_id: Option<OrganizationId>,
}

impl To {
    /// A mail of a kind to an address, about nobody.
    pub fn new(kind: &'static str, address: impl Into<String>) -> Self {
        Self { kind, address: address.into(), member_id: None, organization_id: None }
    }

    /// So that whoever erases the member finds it.
    #[must_use]
    pub fn about(self, member: impl Into<Option<MemberId>>) -> Self {
        Self { member_id: member.into(), ..self }
    }

    /// So that the organization's mails have it among them.
    #[must_use]
    pub fn of(self, organization: impl Into<Option<OrganizationId>>) -> Self {
        Self { organization_id: organization.into(), ..self }
    }
}

/// Lays a letter out and puts it into the outbox; it leaves after the commit.
pub async fn write(app: &App, tx: &mut Tx, to: To, letter: &Letter) -> Result<(), Problem> {
    let ready = mail_layout::render(&app.brand, letter).map_err(|e| Problem::internal(&e))?;
    post(app, tx, to, ready).await
}

/// Puts what is laid out already into the outbox.
pub async fn post(app: &App, tx: &mut Tx, to: To, ready: Rendered) -> Result<(), Problem> {
    let id = app.id(MailId::new);
    let mail = Mail {
        id,
        kind: to.kind.to_owned(),
        member_id: to.member_id,
        organization_id: to.organization_id,
        recipient: to.address,
        subject: ready.subject,
        html: ready.html,
        text: ready.text,
        created_at: app.now(),
        sent_at: None,
        last_error: None,
    };
    store::mail::add(tx, &mail).await?;
    if app.config.smtp.is_some() {
        job::enqueue(app, tx, SEND, &json!({"mail": id.to_string()}), app.now()).await?;
    }
    Ok(())
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
