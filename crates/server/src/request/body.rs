//! Reading bodies, with errors that say what was expected.

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Multipart, Request};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use serde::de::DeserializeOwned;

use super::browser::Browser;
use super::pairs::pairs;
use crate::app::App;
use crate::problem::Problem;
use web::layout::CSRF_FIELD;

/// The body of an HTML form, accepted only with the browser's CSRF token in it. Unknown fields are ignored.
#[derive(Debug)]
pub struct CsrfForm<T>(pub T);

impl<T: DeserializeOwned> FromRequest<App> for CsrfForm<T> {
    type Rejection = Problem;
    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let browser = request.extensions().get::<Browser>().cloned();
        let bytes = Bytes::from_request(request, app).await.map_err(|e| too_large(&e))?;
        refuse_nul(&bytes)?;
        let token =
            form_urlencoded::parse(&bytes).find(|(name, _)| name == CSRF_FIELD).map(|(_, value)| value);
        if !token.zip(browser).is_some_and(|(token, browser)| browser.accepts(app, &token)) {
            return Err(stale_form());
        }
        // Repeated names (check boxes) are joined by serde into the last one; rooms that need all read Params.
        from_pairs(&bytes).map(Self)
    }
}

fn from_pairs<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let deserializer = FormDeserializer(pairs(bytes));
    T::deserialize(deserializer.into_value()).map_err(|e| {
        Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "form_not_read",
            "This form came incomplete",
            format!("{e}. Go back, reload the page and send the form again."),
        )
    })
}

/// Form pairs as a JSON object of strings; a repeated name becomes the last value.
struct FormDeserializer(Vec<(String, String)>);

impl FormDeserializer {
    fn into_value(self) -> serde_json::Value {
        let map = self.0.into_iter().map(|(name, value)| (name, serde_json::Value::String(value)));
        serde_json::Value::Object(map.collect())
    }
}

const NO_NUL: &str =
    "A text in it holds the character NUL (U+0000), which is no part of any name or value here.";

/// No form of ours sends NUL, and PostgreSQL keeps none.
fn refuse_nul(bytes: &[u8]) -> Result<(), Problem> {
    if super::pairs::has_nul(bytes) {
        return Err(Problem::bad_request("nul_in_text", NO_NUL).scim("invalidValue"));
    }
    Ok(())
}

fn has_nul(value: &serde_json::Value) -> bool {
    match value {
        serde_json::Value::String(text) => text.contains('\0'),
        serde_json::Value::Array(all) => all.iter().any(has_nul),
        serde_json::Value::Object(all) => all.iter().any(|(name, it)| name.contains('\0') || has_nul(it)),
        _ => false,
    }
}

/// The layer that refuses NUL in an address before anybody looks for it.
pub async fn refuse_nul_in_query(request: Request, next: Next) -> Response {
    match refuse_nul(request.uri().query().unwrap_or_default().as_bytes()) {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

fn stale_form() -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        "form_out_of_date",
        "This page was open for too long",
        "Its form belongs to another visit. Go back, reload the page and send it again. Nothing was changed.",
    )
}

/// All pairs of a query, in order.
#[derive(Debug, Default)]
pub struct Params(pub Vec<(String, String)>);

impl Params {
    /// The first value of a name.
    pub fn first(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// Every value of a name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(n, _)| n == name).map(|(_, v)| v.as_str())
    }
}

/// All pairs of a form, in order, accepted only with the browser's CSRF token among them.
#[derive(Debug, Default)]
pub struct FormParams(pub Params);

impl std::ops::Deref for FormParams {
    type Target = Params;
    fn deref(&self) -> &Params {
        &self.0
    }
}

impl FromRequest<App> for FormParams {
    type Rejection = Problem;
    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let browser = request.extensions().get::<Browser>().cloned();
        let bytes = Bytes::from_request(request, app).await.map_err(|e| too_large(&e))?;
        refuse_nul(&bytes)?;
        let it = Params(pairs(&bytes));
        match (it.first(CSRF_FIELD), browser) {
            (Some(token), Some(browser)) if browser.accepts(app, token) => Ok(Self(it)),
            _ => Err(stale_form()),
        }
    }
}

/// A JSON body of the REST API.
#[derive(Debug)]
pub struct ApiJson<T>(pub T);

impl<T: DeserializeOwned> FromRequest<App> for ApiJson<T> {
    type Rejection = Problem;
    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let json = request
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|v| v.to_str().ok())
            .is_some_and(|v| v.split(';').next().is_some_and(|t| t.trim().ends_with("json")));
        if !json {
            return Err(Problem::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "json_expected",
                "This request is not JSON",
                "Send the body as JSON with the header Content-Type: application/json.",
            ));
        }
        let bytes = Bytes::from_request(request, app).await.map_err(|e| too_large(&e))?;
        let value: serde_json::Value = serde_json::from_slice(&bytes)
            .map_err(|e| json_not_read(StatusCode::BAD_REQUEST, e.to_string()))?;
        if !value.is_object() {
            let received = match value {
                serde_json::Value::Array(_) => "a list",
                serde_json::Value::String(_) => "a text",
                serde_json::Value::Null => "null",
                _ => "a single value",
            };
            let detail =
                format!("Expected a JSON object such as {{\"name\":\"Acme\"}}, received {received}.");
            return Err(json_not_read(StatusCode::UNPROCESSABLE_ENTITY, detail));
        }
        if has_nul(&value) {
            return Err(json_not_read(StatusCode::UNPROCESSABLE_ENTITY, NO_NUL.to_owned()));
        }
        // Once more from the text, so that the sentence says where it is wrong.
        serde_json::from_slice(&bytes).map(Self).map_err(|e| other_json(&e))
    }
}

fn json_not_read(status: StatusCode, detail: String) -> Problem {
    Problem::new(status, "json_not_read", "This request’s JSON is not as expected", detail)
}

/// The refusal of an object that can be read and is not the one expected.
pub fn other_json(error: &serde_json::Error) -> Problem {
    json_not_read(StatusCode::UNPROCESSABLE_ENTITY, format!("{error}. See the API’s description."))
}

/// A file that came with a form or an API call.
#[derive(Debug)]
pub struct UploadedFile {
    /// What it was called.
    pub name: String,
    /// What was in it.
    pub content: Bytes,
}

/// A multipart body: text fields and at most one file. `trusted` tells that a CSRF token of this browser was in it.
#[derive(Debug, Default)]
pub struct Upload {
    /// Text fields.
    pub fields: Params,
    /// The file, if one came.
    pub file: Option<UploadedFile>,
    /// The CSRF token was right. Pages must check it; the API, which has no cookies, need not.
    pub trusted: bool,
}

impl Upload {
    /// Refuses a form without this browser's CSRF token.
    pub fn require_trusted(self) -> Result<Self, Problem> {
        if self.trusted { Ok(self) } else { Err(stale_form()) }
    }
}

impl FromRequest<App> for Upload {
    type Rejection = Problem;
    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let browser = request.extensions().get::<Browser>().cloned();
        let mut parts = Multipart::from_request(request, app).await.map_err(|e| {
            Problem::bad_request(
                "multipart_expected",
                format!("{}. Send the file as multipart/form-data in a part named “file”.", e.body_text()),
            )
        })?;
        let mut it = Self::default();
        loop {
            let part = parts.next_field().await.map_err(|e| multipart(&e))?;
            let Some(part) = part else { break };
            let name = part.name().unwrap_or_default().to_owned();
            if let Some(file_name) = part.file_name().map(ToOwned::to_owned) {
                let content = part.bytes().await.map_err(|e| multipart(&e))?;
                if !(file_name.is_empty() && content.is_empty()) {
                    it.file = Some(UploadedFile { name: file_name, content });
                }
            } else {
                let text = part.text().await.map_err(|e| multipart(&e))?;
                it.fields.0.push((name, text));
            }
        }
        let token = it.fields.first(CSRF_FIELD).unwrap_or_default();
        it.trusted = browser.is_some_and(|b| b.accepts(app, token));
        Ok(it)
    }
}

/// The way out for what is most often too large.
const OF_AGGREGATES: &str = "If it is the metadata of a whole federation, cut out the part of your own provider, from \
                             <EntityDescriptor to </EntityDescriptor>, or give the address where it publishes its own.";

fn multipart(error: &axum::extract::multipart::MultipartError) -> Problem {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        let detail = format!("Files may have up to 10 MB. {OF_AGGREGATES} Nothing was changed.");
        return Problem::new(error.status(), "file_too_large", "This file is too large", detail);
    }
    Problem::new(
        error.status(),
        "upload_not_read",
        "This file did not arrive whole",
        format!("{}. Go back, choose it again and send the form once more.", error.body_text()),
    )
}

fn too_large(error: &axum::extract::rejection::BytesRejection) -> Problem {
    let detail = format!(
        "{}. A body may have up to 2 MB; a file of people up to 10 MB. {OF_AGGREGATES}",
        error.body_text()
    );
    Problem::new(error.status(), "body_too_large", "This request is too large", detail)
}

impl<S: Send + Sync> FromRequestParts<S> for Params {
    type Rejection = std::convert::Infallible;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let query = parts.uri.query().unwrap_or_default();
        Ok(Self(pairs(query.as_bytes())))
    }
}
