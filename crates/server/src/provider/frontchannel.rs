//! Telling applications of a sign-out by frames on our page (OpenID Connect Front-Channel Logout 1.0).
//!
//! Owns which applications are told, and the page; the end of the session is in `backchannel`. Each application is told
//! once, of its newest sign-in in this browser.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use axum::response::Response;
use model::{ApplicationId, SessionId};
use oidc::provider::ClientMetadata;
use store::Connected;
use url::Url;

use crate::app::App;
use crate::problem::Problem;
use crate::request::Browser;
use web::pages::sign_out::{Frame, SigningOut};

/// Most frames on one page.
pub const MOST: usize = 20;

/// Where the page goes on to afterwards.
#[derive(Debug, Clone)]
pub struct Onward {
    /// The address.
    pub address: String,
    /// Whose it is, where it is an application's.
    pub application: Option<String>,
    /// The fields of a form to it; empty for a link.
    pub fields: Vec<(String, String)>,
}

impl Onward {
    /// Our page that says that the person is signed out.
    pub fn home() -> Self {
        Self { address: "/logout".to_owned(), application: None, fields: Vec::new() }
    }
}

/// The applications to tell that this session ends, before it does. `except` asked for it and knows.
pub async fn frames(
    app: &App,
    db: &mut impl Connected,
    session: SessionId,
    except: Option<ApplicationId>,
) -> Result<Vec<Frame>, Problem> {
    let mut all = BTreeMap::new();
    for (grant, application, metadata) in store::application::list_grants_of_session(db, session).await? {
        let metadata: ClientMetadata = serde_json::from_str(&metadata).map_err(|e| Problem::internal(&e))?;
        let Some(address) = metadata.frontchannel_logout_uri.filter(|_| Some(application) != except) else {
            continue;
        };
        let Ok(mut address) = Url::parse(&address) else { continue };
        address
            .query_pairs_mut()
            .append_pair("iss", &app.config.issuer())
            .append_pair("sid", &grant.to_string());
        let name = metadata.client_name.unwrap_or_else(|| "an application".to_owned());
        all.insert(application.to_string(), Frame { name, address: address.into() });
    }
    Ok(all.into_values().take(MOST).collect())
}

/// Whether an application was granted something in this session that nobody can tell of its end.
pub async fn has_deaf_applications(db: &mut impl Connected, session: SessionId) -> Result<bool, Problem> {
    for (_, _, metadata) in store::application::list_grants_of_session(db, session).await? {
        let metadata: ClientMetadata = serde_json::from_str(&metadata).map_err(|e| Problem::internal(&e))?;
        if metadata.frontchannel_logout_uri.is_none() && metadata.backchannel_logout_uri.is_none() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The page with the frames; none where nobody is to be told.
pub fn page(app: &App, browser: &Browser, frames: Vec<Frame>, onward: Onward) -> Option<Response> {
    if frames.is_empty() {
        return None;
    }
    let origin =
        |frame: &Frame| Url::parse(&frame.address).ok().map(|url| url.origin().ascii_serialization());
    let mut origins: Vec<String> = frames.iter().filter_map(origin).collect();
    origins.dedup();
    let leaving = !onward.fields.is_empty();
    let page = SigningOut {
        page: browser.page(app, "Signing out"),
        frames,
        onward: onward.address,
        application: onward.application,
        fields: onward.fields,
    };
    Some(web::respond_framing(StatusCode::OK, &page, &origins, leaving))
}
