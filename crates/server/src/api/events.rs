//! The event stream over the API.

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use crate::app::App;
use crate::problem::Problem;
use crate::request::{ApiCaller, Params};

/// `GET /api/v1/events?after={cursor}&limit=`. The cursor is opaque; it stays where it is when nothing is new.
pub async fn list(
    _caller: ApiCaller,
    State(app): State<App>,
    params: Params,
) -> Result<Json<Value>, Problem> {
    let after = match params.first("after").filter(|text| !text.is_empty()) {
        None => 0,
        Some(text) => text
            .parse::<i64>()
            .ok()
            .filter(|n| *n >= 0)
            .ok_or_else(|| Problem::field("after", "expected the next_cursor of an earlier answer"))?,
    };
    let events = store::event::list_after(&mut app.read().await?, after, super::limit(&params)?).await?;
    let next = events.last().map_or(after, |e| e.position);
    let data: Vec<Value> = events
        .into_iter()
        .map(|e| {
            json!({
                "id": e.id.to_string(),
                "type": e.kind,
                "created_at": e.created_at.to_string(),
                "organization_id": e.organization_id.map(|id| id.to_string()),
                "data": serde_json::from_str::<Value>(&e.data).unwrap_or(Value::Null),
            })
        })
        .collect();
    Ok(Json(json!({"data": data, "next_cursor": next.to_string()})))
}
