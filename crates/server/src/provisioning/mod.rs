//! SCIM 2.0 (RFC 7644) at `/scim/v2/{directory_id}`: the door that a company's provider comes through.
//!
//! Owns HTTP: the token, bodies, what an address asks for, answers, and the record of each request. What a message
//! means is in the crate `scim`; facts and what follows from them are in `directory`.

mod bulk;
mod call;
mod candidates;
mod client_credentials;
mod list;
mod plan;
mod read;
mod record;
mod show;
mod test_resources;
pub mod told;
mod waiting;
mod write;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, post};
use model::DirectoryUserId;

use crate::app::App;
use crate::directory::Effect;
use crate::problem::Problem;
use call::Call;
use plan::Plan;
pub use test_resources::TestResources;
pub use waiting::{Waiting, flush, keep_writing};

/// The addresses of SCIM. One handler takes them all: the token comes before everything else.
pub fn machine() -> Router<App> {
    Router::new()
        .route("/scim/v2/{directory_id}", any(serve))
        .route("/scim/v2/{directory_id}/", any(serve))
        .route("/scim/v2/{directory_id}/oauth2/token", post(client_credentials::token))
        .route("/scim/v2/{directory_id}/{*rest}", any(serve))
}

/// What was done, for the answer and for the record.
#[derive(Debug)]
struct Done {
    status: StatusCode,
    /// JSON.
    body: Option<String>,
    location: Option<String>,
    etag: Option<String>,
    /// One sentence.
    outcome: String,
    /// The user it was about.
    subject: Option<DirectoryUserId>,
    /// What changed.
    effect: Effect,
    /// The user's person left and keeps the account: the company reads nothing of it in the record.
    private: bool,
}

impl Done {
    fn ok(body: String, outcome: impl Into<String>) -> Self {
        Self {
            status: StatusCode::OK,
            body: Some(body),
            location: None,
            etag: None,
            outcome: outcome.into(),
            subject: None,
            effect: Effect::default(),
            private: false,
        }
    }
}

impl IntoResponse for Done {
    fn into_response(self) -> Response {
        let mut response = match self.body {
            Some(body) => ([(header::CONTENT_TYPE, "application/scim+json")], body).into_response(),
            None => StatusCode::NO_CONTENT.into_response(),
        };
        *response.status_mut() = self.status;
        let headers = [(header::LOCATION, self.location), (header::ETAG, self.etag)];
        for (name, value) in headers {
            if let Some(value) = value.and_then(|value| HeaderValue::try_from(value).ok()) {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }
}

async fn serve(State(app): State<App>, request: Request) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let mut call = Call::authenticate(&app, &parts).await?;
    let done = match call.read_body(body).await {
        Ok(()) => {
            let _room = call.take_room().await;
            answer(&app, &call).await
        }
        Err(error) => Err(error.into()),
    };
    match done {
        Ok(done) => Ok(done.into_response()),
        Err(problem) => {
            let problem = in_scim_words(problem);
            let reference = record::refused(&app, &call, &problem).await?;
            Err(problem.reference(reference))
        }
    }
}

async fn answer(app: &App, call: &Call) -> Result<Done, Problem> {
    match plan::plan(call, plan::kinds(app))? {
        Plan::Write(what) => write::write(app, call, what).await,
        Plan::Test(what) => {
            let done = test_resources::write(app, call, what)?;
            record::read(app, call, &done).await?;
            Ok(done)
        }
        // Its operations are answered by this very function.
        Plan::Bulk => Box::pin(bulk::serve(app, call)).await,
        Plan::Read(what) => {
            let done = read::read(app, call, what).await?;
            record::read(app, call, &done).await?;
            Ok(done)
        }
    }
}

/// Gives a problem of another room the status and keyword that RFC 7644 §3.12 has for it.
fn in_scim_words(mut problem: Problem) -> Problem {
    match problem.status {
        StatusCode::UNPROCESSABLE_ENTITY => {
            problem.status = StatusCode::BAD_REQUEST;
            problem.scim_type.get_or_insert("invalidValue");
        }
        StatusCode::CONFLICT => {
            problem.scim_type.get_or_insert("uniqueness");
        }
        _ => {}
    }
    problem
}
