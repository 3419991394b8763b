//! A receipt as a file, and checking one.

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use oidc::Jwks;
use serde_json::{Map, Value, json};

use crate::app::App;
use crate::problem::Problem;
use crate::provider::keys;

/// `GET /receipts/jwks.json`: the keys of receipts, the present one and every one before it.
pub(super) async fn keys(State(app): State<App>) -> Result<Response, Problem> {
    let ring = keys::receipt_ring(&app).await?;
    let headers =
        [(header::CACHE_CONTROL, "public, max-age=300"), (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*")];
    Ok((headers, Json(ring.published.clone())).into_response())
}

/// The file that is handed out: what is said, to be read, and the signature over the same.
pub fn file(signed: &str) -> Value {
    json!({ "receipt": oidc::unverified(signed)["claims"], "signature": signed })
}

/// A receipt whose signature fits.
#[derive(Debug)]
pub struct Verified {
    /// What it says.
    pub claims: Map<String, Value>,
}

impl Verified {
    /// A text of the receipt; empty where it has none.
    pub fn text(&self, name: &str) -> &str {
        self.claims.get(name).and_then(Value::as_str).unwrap_or_default()
    }
}

/// Checks a receipt: the file as it is handed out, or the signature alone.
///
/// # Errors
/// A sentence that says what does not fit.
pub fn verify(text: &str, keys: &Jwks) -> Result<Verified, String> {
    let (signed, read) = parts(text)?;
    let claims = oidc::statement::open(&signed, keys).map_err(|refused| {
        let mut told = refused.message.clone();
        if let (Some(expected), Some(received)) = (&refused.expected, &refused.received) {
            told = format!("{told} Expected {expected}; received {received}.");
        }
        told
    })?;
    match read {
        Some(read) if read != Value::Object(claims.clone()) => Err(
            "The text of the receipt is not what was signed: somebody changed it after it was handed out. What was signed \
             stands inside the signature."
                .to_owned(),
        ),
        _ => Ok(Verified { claims }),
    }
}

/// The issuer that a receipt names. Nothing proves it yet.
pub fn named_issuer(text: &str) -> Option<String> {
    let (signed, _) = parts(text).ok()?;
    Some(oidc::unverified(&signed)["claims"]["iss"].as_str()?.to_owned())
}

/// The signature, and what the file says beside it.
fn parts(text: &str) -> Result<(String, Option<Value>), String> {
    let text = text.trim();
    if !text.starts_with('{') {
        return Ok((text.to_owned(), None));
    }
    let file: Value = serde_json::from_str(text).map_err(|error| format!("This is no JSON: {error}."))?;
    let signed = file["signature"].as_str().ok_or(
        "This is no receipt of ours. Expected a file with the members \"receipt\" and \"signature\"; received other JSON.",
    )?;
    let read = file.get("receipt").ok_or("The member \"receipt\" is missing; the file is not complete.")?;
    Ok((signed.to_owned(), Some(read.clone())))
}
