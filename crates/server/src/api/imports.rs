//! Files of people over the API.

use axum::Json;
use axum::extract::{Path, State};
use serde_json::Value;

use crate::app::App;
use crate::onboarding::import::{self, Mode};
use crate::organization;
use crate::problem::Problem;
use crate::request::{ApiCaller, Params, Upload};

/// `POST /api/v1/organizations/{id}/imports?dry_run=true&mode=all|valid`, multipart with the part `file`.
pub async fn create(
    caller: ApiCaller,
    State(app): State<App>,
    Path(id): Path<String>,
    params: Params,
    upload: Upload,
) -> Result<Json<Value>, Problem> {
    let dry_run = match params.first("dry_run") {
        None | Some("" | "false" | "0") => false,
        Some("true" | "1") => true,
        Some(_) => return Err(Problem::field("dry_run", "expected true or false")),
    };
    let mode = match params.first("mode") {
        None | Some("" | "all") => Mode::All,
        Some("valid") => Mode::Valid,
        Some(_) => return Err(Problem::field("mode", "expected all or valid")),
    };
    let file = upload.file.ok_or_else(|| {
        Problem::field("file", "expected the file in a part of this name, sent as multipart/form-data")
    })?;
    let mut tx = app.write().await?;
    let organization = organization::require(&mut tx, &id).await?;
    let preview = import::preview(&app, &mut tx, &organization, &file.content).await?;
    let mut answer = preview.to_json();
    answer["invited"] = 0.into();
    answer["skipped"] = preview.known.len().into();
    if dry_run {
        return Ok(Json(answer));
    }
    let outcome = import::apply(&app, &mut tx, &organization, &preview, mode, &caller.actor()).await;
    let outcome = outcome.map_err(|mut problem| {
        // The rows are told beside the sentence, so that one call is enough to mend the file.
        problem.extra = Some(answer.clone());
        problem
    })?;
    tx.commit().await?;
    answer["invited"] = outcome.invited.into();
    answer["skipped"] = outcome.skipped.into();
    Ok(Json(answer))
}
