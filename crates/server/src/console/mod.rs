//! `/console`: the operators' pages.
//!
//! Owns operators' sessions and what operators see. Does not own the facts they change: those are the other rooms'.

use axum::Router;

use crate::app::App;
use crate::problem::Problem;

/// Setting that holds the hash of the one-time link's token while there is no operator.
const FIRST_OPERATOR: &str = "console.first_operator";

/// Pages of the console.
pub fn pages() -> Router<App> {
    Router::new()
}

/// A fresh one-time link that makes the first operator; none when there is one. Earlier links stop working.
pub async fn first_operator_link(app: &App) -> Result<Option<String>, Problem> {
    if !store::operator::list(&mut app.read().await?).await?.is_empty() {
        return Ok(None);
    }
    let token = app.token("");
    let mut tx = app.write().await?;
    store::setting::set(&mut tx, FIRST_OPERATOR, &token.hash().to_string()).await?;
    tx.commit().await?;
    Ok(Some(app.config.url(&format!("/console/first/{}", token.expose()))))
}
