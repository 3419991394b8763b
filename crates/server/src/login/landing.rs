//! Where a sign-in leads that began at the identity provider.
//!
//! Its `RelayState` is anybody's text. It counts only where it names the registered start address of an application
//! (`initiate_login_uri`, OpenID Connect Core section 4); the way there is a page of ours, so a sign-in still ends on our
//! own site.

use axum::extract::{Path, State};
use axum::response::Response;
use oidc::provider::ClientMetadata;
use store::Connected;
use url::Url;

use super::return_to;
use super::start::see_other;
use crate::app::App;
use crate::problem::Problem;
use crate::provider::{self, applications};

/// The place on our own site where a sign-in with this `RelayState` ends.
pub async fn of(db: &mut impl Connected, relay_state: Option<&str>) -> Result<String, Problem> {
    let home = return_to::safe(None);
    let Some(named) = relay_state.map(str::trim).filter(|it| !it.is_empty()) else { return Ok(home) };
    let mut found = Vec::new();
    for it in applications::list(db).await? {
        let metadata = serde_json::from_str::<ClientMetadata>(&it.metadata);
        let start = metadata.ok().and_then(|it| it.initiate_login_uri);
        let Some((start, url)) = start.and_then(|it| Url::parse(&it).ok().map(|url| (it, url))) else {
            continue;
        };
        if start == named {
            return Ok(page(&it.id.to_string()));
        }
        // The path alone will do where it can mean only one.
        if url.path() == named && url.path() != "/" {
            found.push(it.id);
        }
    }
    Ok(match found.as_slice() {
        [only] => page(&only.to_string()),
        _ => home,
    })
}

fn page(application: &str) -> String {
    format!("/login/to/{application}")
}

/// `GET /login/to/{application}`: on to where the application begins a sign-in, which finds the session.
pub async fn go(State(app): State<App>, Path(id): Path<String>) -> Result<Response, Problem> {
    let found = applications::find(&mut app.read().await?, &id).await?;
    let start = found.and_then(|it| it.metadata.initiate_login_uri);
    let Some(mut url) = start.and_then(|it| Url::parse(&it).ok()) else {
        return Ok(see_other(&return_to::safe(None)));
    };
    url.query_pairs_mut().append_pair("iss", &app.config.issuer());
    Ok(provider::see_other(url.as_str()))
}
