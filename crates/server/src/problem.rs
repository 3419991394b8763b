//! What went wrong, once for every protocol: a layer renders it as a page, as JSON (RFC 9457) or as a SCIM error.
//!
//! Owns the words and codes of failures that any room may have. A room with failures of its own builds a `Problem`
//! from them. The reference shown to people is the one in the log.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use model::TraceId;
use serde_json::{Value, json};

use crate::app::App;
use crate::request::Browser;
use web::pages::problem::ProblemPage;

/// One field that was not as expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldProblem {
    /// The field's name in the request.
    pub field: String,
    /// What is wrong and what was expected.
    pub problem: String,
}

/// A failure with words that may be shown to whoever asked.
#[derive(Debug, Clone)]
pub struct Problem {
    /// HTTP status.
    pub status: StatusCode,
    /// Stable code, snake case.
    pub code: &'static str,
    /// What happened, in one sentence: the heading of a page.
    pub title: String,
    /// What was expected, what was received and what to do next.
    pub detail: String,
    /// SCIM's `scimType`, where there is one.
    pub scim_type: Option<&'static str>,
    /// Fields that were not as expected.
    pub fields: Vec<FieldProblem>,
    /// Extra headers, such as `WWW-Authenticate`.
    pub headers: Vec<(header::HeaderName, HeaderValue)>,
    /// Reference to a trace already recorded; a fresh one is made otherwise.
    pub reference: Option<TraceId>,
    /// Further members of the JSON form, such as the rows of a file.
    pub extra: Option<Value>,
    /// For the log only.
    pub cause: Option<String>,
}

impl Problem {
    /// A failure with these words.
    pub fn new(
        status: StatusCode,
        code: &'static str,
        title: impl Into<String>,
        detail: impl Into<String>,
    ) -> Self {
        Self {
            status,
            code,
            title: title.into(),
            detail: detail.into(),
            scim_type: None,
            fields: Vec::new(),
            headers: Vec::new(),
            reference: None,
            extra: None,
            cause: None,
        }
    }

    /// 400: the request cannot be read.
    pub fn bad_request(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, "This request cannot be read", detail)
    }

    /// 422: the request can be read, and a field in it is not as expected.
    pub fn field(field: impl Into<String>, problem: impl Into<String>) -> Self {
        let (field, problem) = (field.into(), problem.into());
        let mut it = Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "field_not_accepted",
            "Something in this form needs another look",
            format!("{field}: {problem}"),
        );
        it.fields.push(FieldProblem { field, problem });
        it
    }

    /// 404: there is no such thing, or it is somebody else's.
    pub fn not_found(what: &str) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "not_found",
            "There is nothing here",
            format!(
                "There is no {what} with this address. It may have been removed, or the address has a slip."
            ),
        )
    }

    /// 409: the thing exists already or has moved on.
    pub fn conflict(code: &'static str, title: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, title, detail)
    }

    /// 403: known, and not allowed.
    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", "This is not yours to do", detail)
    }

    /// 401 with a bearer challenge.
    pub fn unauthorized(detail: impl Into<String>) -> Self {
        let mut it = Self::new(StatusCode::UNAUTHORIZED, "unauthorized", "Sign in first", detail);
        it.headers.push((header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"frontdesk\"")));
        it
    }

    /// 500: our own fault. `cause` goes to the log only.
    pub fn internal(cause: &dyn std::fmt::Display) -> Self {
        let mut it = Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "Something failed on our side",
            "Nothing was changed. Try again in a minute; if it stays, tell us the reference below.",
        );
        it.cause = Some(cause.to_string());
        it
    }

    /// Adds what only the log sees.
    #[must_use]
    pub fn because(mut self, cause: &dyn std::fmt::Display) -> Self {
        self.cause = Some(cause.to_string());
        self
    }

    /// Sets SCIM's `scimType`.
    #[must_use]
    pub const fn scim(mut self, scim_type: &'static str) -> Self {
        self.scim_type = Some(scim_type);
        self
    }

    /// Points at a trace that was recorded.
    #[must_use]
    pub const fn reference(mut self, id: TraceId) -> Self {
        self.reference = Some(id);
        self
    }
}

impl From<store::StoreError> for Problem {
    fn from(error: store::StoreError) -> Self {
        Self::internal(&error)
    }
}

impl From<scim::ScimError> for Problem {
    fn from(error: scim::ScimError) -> Self {
        let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::BAD_REQUEST);
        let mut it = Self::new(status, "scim_refused", "This request cannot be done", error.detail);
        it.scim_type = error.scim_type.map(scim::ScimType::as_str);
        it.headers.extend(error.allow.map(|methods| (header::ALLOW, HeaderValue::from_static(methods))));
        it
    }
}

impl IntoResponse for Problem {
    /// A bare response that carries the problem; [`render`] gives it the form its reader expects.
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// The layer that gives every [`Problem`] its form, a reference, and its line in the log.
pub async fn render(State(app): State<App>, request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let method = request.method().clone();
    let browser = request.extensions().get::<Browser>().cloned();
    let mut response = next.run(request).await;
    let Some(problem) = response.extensions_mut().remove::<Problem>() else { return response };
    let reference = problem.reference.unwrap_or_else(|| app.id(TraceId::new));
    let cause = without_addresses(problem.cause.as_deref().unwrap_or_default());
    // What SCIM asks for and nobody offers is no failure of ours.
    if problem.status.is_server_error() && problem.status != StatusCode::NOT_IMPLEMENTED {
        tracing::error!(%reference, %method, path = loggable(&path), status = problem.status.as_u16(), code = problem.code, cause, "request failed");
    } else {
        let detail = without_addresses(&problem.detail);
        tracing::info!(%reference, %method, path = loggable(&path), status = problem.status.as_u16(), code = problem.code, detail, cause, "request refused");
    }
    let mut out = if path.starts_with("/scim/") {
        scim(&problem, &reference)
    } else if path.starts_with("/api/") {
        json_problem(&problem, &reference)
    } else {
        let csrf = browser.map(|b| b.csrf(&app)).unwrap_or_default();
        let mut page =
            ProblemPage::of(&app.brand, &csrf, (&problem.title, &problem.detail), &reference.to_string())
                .into_response();
        web::add_page_headers(page.headers_mut());
        page
    };
    *out.status_mut() = problem.status;
    for (name, value) in problem.headers {
        out.headers_mut().append(name, value);
    }
    out
}

/// A path without the capability in it: tokens never reach a log.
fn loggable(path: &str) -> String {
    let secret = ["/s/", "/invite/", "/claim/", "/signin/", "/verify/", "/console/first/", "/console/join/"];
    match secret.iter().find(|prefix| path.starts_with(**prefix)) {
        Some(prefix) => {
            let rest = path[prefix.len()..].split_once('/').map_or("", |(_, rest)| rest);
            format!("{prefix}…/{rest}")
        }
        None => path.to_owned(),
    }
}

fn json_problem(problem: &Problem, reference: &TraceId) -> Response {
    let mut body = json!({
        "type": format!("urn:frontdesk:problem:{}", problem.code),
        "title": problem.title,
        "status": problem.status.as_u16(),
        "detail": problem.detail,
        "code": problem.code,
        "instance": reference.to_string(),
    });
    if !problem.fields.is_empty() {
        body["errors"] =
            problem.fields.iter().map(|f| json!({"field": f.field, "problem": f.problem})).collect::<Value>();
    }
    if let Some(Value::Object(extra)) = &problem.extra {
        for (name, value) in extra {
            body[name] = value.clone();
        }
    }
    ([(header::CONTENT_TYPE, "application/problem+json")], Json(body).into_response().into_body())
        .into_response()
}

/// The body of a SCIM error (RFC 7644 §3.12).
pub fn scim_body(problem: &Problem, reference: &TraceId) -> serde_json::Value {
    let mut body = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
        "status": problem.status.as_u16().to_string(),
        "detail": format!("{} (reference {reference})", problem.detail),
    });
    if let Some(scim_type) = problem.scim_type {
        body["scimType"] = scim_type.into();
    }
    body
}

fn scim(problem: &Problem, reference: &TraceId) -> Response {
    let body = scim_body(problem, reference);
    ([(header::CONTENT_TYPE, "application/scim+json")], body.to_string()).into_response()
}

/// The log outlives a person: what it tells names nobody’s address.
pub(crate) fn without_addresses(text: &str) -> String {
    let word = |word| if str::contains(word, '@') { "(an address)" } else { word };
    text.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_mail_server_says_is_logged_without_its_recipient() {
        let said = without_addresses("550 5.1.1 <ada@acme.test>: user unknown");
        assert_eq!(said, "550 5.1.1 (an address) user unknown");
    }

    #[test]
    fn a_capability_in_a_path_never_reaches_the_log() {
        assert_eq!(loggable("/s/secret/providers"), "/s/…/providers");
        assert_eq!(loggable("/claim/secret"), "/claim/…/");
        assert_eq!(loggable("/api/v1/organizations"), "/api/v1/organizations");
    }
}
