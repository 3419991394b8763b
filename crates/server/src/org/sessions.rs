//! The browsers in which a member is signed in through the company: shown and ended.
//!
//! A person with places in two companies has sessions of each; these pages know only those of their own.

use std::collections::HashMap;

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use model::MemberId;
use serde_json::json;

use super::Desk;
use super::words;
use crate::account;
use crate::app::App;
use crate::problem::Problem;
use crate::provider::{self, Ending};
use crate::request::FormParams;
use web::pages::account::SessionRow;

/// Who ends it, for the event.
pub(super) const fn ending(desk: &Desk) -> Ending {
    if desk.operator { Ending::Operator } else { Ending::Administrator }
}

/// The member's sessions as the page shows them.
pub(super) async fn rows(app: &App, desk: &Desk, member: MemberId) -> Result<Vec<SessionRow>, Problem> {
    let all = store::session::list_of_member(&mut app.read().await?, member, app.now()).await?;
    let row = |session: &store::session::Session| SessionRow {
        device: account::device(&session.user_agent),
        detail: format!(
            "{}, since {}, until {} at the latest",
            account::way(&session.method),
            words::when(session.created_at).text,
            words::when(session.expires_at).text
        ),
        current: false,
        action: desk.at(&format!("members/{member}/sessions/{}/end", session.id)),
    };
    Ok(all.iter().map(row).collect())
}

/// `POST /members/{member}/sessions/{session}/end`.
pub async fn end(
    State(app): State<App>,
    desk: Desk,
    Path(params): Path<HashMap<String, String>>,
    _form: FormParams,
) -> Result<Response, Problem> {
    let text = |name: &str| params.get(name).map(String::as_str).unwrap_or_default();
    let not_found = || Problem::not_found("session of this member");
    let id: MemberId = text("member").parse().map_err(|_| not_found())?;
    let mut tx = app.write().await?;
    let member = store::member::lookup(&mut tx, desk.organization.id, id).await?.ok_or_else(not_found)?;
    let all = store::session::list_of_member(&mut tx, member.id, app.now()).await?;
    let session = all.iter().find(|s| s.id.to_string() == text("session")).ok_or_else(not_found)?;
    provider::revoke_session(&app, &mut tx, session, ending(&desk), None).await?;
    let about = json!({"member_id": member.id.to_string()});
    let target = Some(session.id.to_string());
    app.audit(&mut tx, &desk.actor, "session.revoked", Some(desk.organization.id), target, &about).await?;
    tx.commit().await?;
    Ok(Redirect::to(&desk.at(&format!("members/{}?done=session-ended", member.id))).into_response())
}
