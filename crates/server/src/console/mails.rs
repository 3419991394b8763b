//! The outbox, readable.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use model::Mail;

use crate::app::App;
use crate::org::words::when;
use crate::problem::Problem;
use crate::request::{Browser, OperatorCaller, Params};
use web::Html;
use web::pages::console::{MailPage, MailRow, Mails, Place};
use web::parts::{Notice, Pager, Status, Tone};

/// `GET /console/mails?after=`.
pub async fn list(
    State(app): State<App>,
    browser: Browser,
    caller: OperatorCaller,
    params: Params,
) -> Result<Response, Problem> {
    let found = store::mail::list(&mut app.read().await?, None, None, params.first("after"), 50).await?;
    let page = Mails {
        page: super::page(&app, &browser, &caller, "Mails", Place::Mails),
        notice: app.config.smtp.is_none().then(|| {
            Notice::new(Tone::Warn, "No mail server is set up", "Nothing leaves this Frontdesk. Mails stay readable here. Set a mail server in the configuration file and start again.")
        }),
        rows: found.items.iter().map(|m| row(m, &app)).collect(),
        pager: Pager {
            summary: format!("{} mails", found.items.len()),
            previous: params.first("after").map(|_| "/console/mails".to_owned()),
            next: found.next.map(|after| format!("/console/mails?after={after}")),
        },
    };
    Ok(web::respond(StatusCode::OK, &page))
}

fn status(mail: &Mail, app: &App) -> Status {
    match (mail.sent_at, &mail.last_error) {
        (Some(_), _) => Status::ok("Sent"),
        (None, Some(_)) => Status::bad("Failed, will be tried again"),
        (None, None) if app.config.smtp.is_none() => Status::stopped("Stays here"),
        (None, None) => Status::pending("Waiting"),
    }
}

fn row(mail: &Mail, app: &App) -> MailRow {
    MailRow {
        when: when(mail.created_at),
        to: mail.recipient.clone(),
        subject: mail.subject.clone(),
        status: status(mail, app),
        href: format!("/console/mails/{}", mail.id),
    }
}

/// `GET /console/mails/{mail}`.
pub async fn show(
    State(app): State<App>,
    browser: Browser,
    caller: OperatorCaller,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let found = match id.parse() {
        Ok(id) => store::mail::lookup(&mut app.read().await?, id).await?,
        Err(_) => None,
    };
    let mail = found.ok_or_else(|| Problem::not_found("mail"))?;
    let mut facts = vec![
        ("To".to_owned(), Html::text(&mail.recipient)),
        ("Written".to_owned(), Html::text(&when(mail.created_at).text)),
    ];
    if let Some(error) = &mail.last_error {
        facts.push(("Last answer of the mail server".to_owned(), Html::text(error)));
    }
    let page = MailPage {
        page: super::page(&app, &browser, &caller, &mail.subject, Place::Mails),
        subject: mail.subject.clone(),
        status: status(&mail, &app),
        facts,
        text: mail.text,
        again: None,
    };
    Ok(web::respond(StatusCode::OK, &page))
}
