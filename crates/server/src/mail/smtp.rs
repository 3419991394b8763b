//! The way to the mail server, with lettre.

use lettre::message::header::MessageId;
use lettre::message::{Mailbox, MultiPart};
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};
use model::Mail;

use crate::config::Smtp;

/// Hands a mail to the server.
///
/// # Errors
/// What the server or the network said, for the operator.
pub async fn send(settings: &Smtp, mail: &Mail) -> Result<(), String> {
    let from: Mailbox = settings
        .from
        .parse()
        .map_err(|e| format!("the sender “{}” is not an address: {e}", settings.from))?;
    let to: Mailbox = mail.recipient.parse().map_err(|e| format!("the recipient is not an address: {e}"))?;
    let domain = from.email.domain().to_owned();
    let message = Message::builder()
        .from(from)
        .to(to)
        .subject(&mail.subject)
        // The same mail tried twice keeps its id, so that the receiving side can tell.
        .header(MessageId::from(format!("<{}@{domain}>", mail.id)))
        .multipart(MultiPart::alternative_plain_html(mail.text.clone(), mail.html.clone()))
        .map_err(|e| format!("the mail cannot be put together: {e}"))?;
    let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(&settings.url)
        .map_err(|e| format!("the mail server's address cannot be read: {e}"))?
        .build();
    transport.send(message).await.map(|_| ()).map_err(|e| e.to_string())
}

/// Whether the settings can be used at all, without asking the server.
///
/// # Errors
/// What is wrong with them.
pub fn check(settings: &Smtp) -> Result<(), String> {
    settings
        .from
        .parse::<Mailbox>()
        .map_err(|e| format!("the sender “{}” is not an address ({e})", settings.from))?;
    AsyncSmtpTransport::<Tokio1Executor>::from_url(&settings.url)
        .map_err(|e| format!("the server's address cannot be read ({e})"))?;
    Ok(())
}
