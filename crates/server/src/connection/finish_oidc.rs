//! Believing an OpenID Connect provider's answer.

use model::Connection;
use serde_json::Value;

use super::asserted::{Asserted, Refused};
use crate::app::App;
use crate::request::Params;

/// Checks the callback, redeems the code and reads the person. `state` is what [`super::begin`] gave.
pub async fn finish_oidc(
    app: &App,
    connection: &Connection,
    state: &Value,
    params: &Params,
) -> Result<Asserted, Refused> {
    let _ = (app, connection, state, params);
    Err(Refused {
        code: "not_there_yet".to_owned(),
        expected: None,
        received: None,
        message: String::new(),
        steps: Vec::new(),
    })
}
