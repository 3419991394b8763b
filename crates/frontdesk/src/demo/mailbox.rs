//! The mailbox of the story: every mail in the outbox, as its receiver would read it.

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use server::App;

use super::Places;
use super::html::{escape, page};

/// The mailbox's routes.
pub fn router(app: App, _places: &Places) -> Router {
    Router::new().route("/", get(list)).route("/mail/{id}", get(show)).with_state(app)
}

async fn list(State(app): State<App>) -> Response {
    let mails = match app.store.read().await {
        Ok(mut db) => store::mail::list(&mut db, None, None, None, 200).await.map(|page| page.items),
        Err(error) => Err(error),
    };
    let mails = match mails {
        Ok(mails) => mails,
        Err(error) => return (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    };
    let rows: String = mails
        .iter()
        .map(|mail| {
            format!(
                "<tr><td>{}</td><td><a href=\"/mail/{}\">{}</a></td></tr>",
                escape(&mail.recipient),
                mail.id,
                escape(&mail.subject)
            )
        })
        .collect();
    let body = format!(
        "<p>Every mail of the demonstration, newest first. <a href=\"/\">Look again</a></p><table><thead><tr><th>To</th>\
         <th>Subject</th></tr></thead><tbody>{rows}</tbody></table>"
    );
    page("Mailbox", &body).into_response()
}

async fn show(State(app): State<App>, Path(id): Path<String>) -> Response {
    let found = async {
        let id = id.parse().ok()?;
        let mut db = app.store.read().await.ok()?;
        store::mail::lookup(&mut db, id).await.ok()?
    };
    match found.await {
        Some(mail) => Html(mail.html).into_response(),
        None => {
            (StatusCode::NOT_FOUND, page("No such mail", "<p><a href=\"/\">Back</a></p>")).into_response()
        }
    }
}
