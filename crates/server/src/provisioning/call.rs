//! One request of a provider: which directory's token it carries, what it asks for, and its body.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;

use axum::body::{Body, HttpBody};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use model::{Directory, Time, TokenId};
use percent_encoding::percent_decode_str;
use scim::{Dialect, ListQuery, ScimError, etag, limits, query};
use serde_json::Value;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::client_credentials;
use crate::app::App;
use crate::directory;
use crate::problem::Problem;
use crate::rate;
use crate::request::{self, ClientAddress};
use store::directory_token::Opened;

/// Bytes of a body that is too large which are still read before it is refused.
const MOST_READ: usize = 64 * 1024 * 1024;
/// Large bodies are worked on one after the other, two at a time.
static ROOM: Semaphore = Semaphore::const_new(2);

/// An authenticated request.
#[derive(Debug)]
pub struct Call {
    /// The directory whose token it carries and whose address it came to.
    pub directory: Arc<Directory>,
    /// The token it carries.
    pub token: TokenId,
    /// When that was used last.
    pub token_used_at: Option<Time>,
    /// The directory's address, without a slash at the end.
    pub base: String,
    /// Method.
    pub method: Method,
    /// Path below the directory, decoded, in parts.
    pub segments: Vec<String>,
    /// The query as it came.
    pub raw_query: String,
    /// Headers.
    pub headers: HeaderMap,
    /// The body as it came.
    pub body: Vec<u8>,
}

impl Call {
    /// Checks the token. A token of another directory, an unknown one and none at all get the same answer, whether
    /// the directory exists or not.
    pub async fn authenticate(app: &App, parts: &Parts) -> Result<Self, Problem> {
        let refused = || {
            Problem::unauthorized(
                "The bearer token is missing, has ended, was replaced, or belongs to another address. Copy address and token \
                 from the setup page again; a new token can be made there.",
            )
        };
        let token = request::bearer(&parts.headers).ok_or_else(refused)?;
        let found = client_credentials::open(app, &token).await?;
        let below = parts.uri.path().strip_prefix("/scim/v2/").unwrap_or_default();
        let (id, rest) = below.split_once('/').unwrap_or((below, ""));
        let id = without_end(id);
        let found = found.filter(|it| id == it.directory.id.to_string());
        let Some(Opened { directory, token, used_at: token_used_at, .. }) = found else {
            let name = format!("scim:{}", ClientAddress::of(&app.config, parts));
            return Err(rate::failed(app, &name, rate::FAILED_SECRETS, refused()).await);
        };
        rate::check_here(app, &rate_name(&directory), app.config.limits.scim_requests)?;
        let raw_query = parts.uri.query().unwrap_or_default();
        let (segments, raw_query) = match query::embedded_path(raw_query) {
            Some((path, query)) => (segments(&path), query.to_owned()),
            None => divided(rest, raw_query),
        };
        Ok(Self {
            base: directory::base_url(app, directory.id),
            method: parts.method.clone(),
            segments,
            raw_query,
            headers: parts.headers.clone(),
            body: Vec::new(),
            directory,
            token,
            token_used_at,
        })
    }

    /// Counts more requests of the directory, which came inside this one.
    pub fn count(&self, app: &App, more: usize) {
        rate::count_here(app, &rate_name(&self.directory), app.config.limits.scim_requests, more);
    }

    /// Reads the body, up to the limit. What goes beyond it is read to its end and thrown away, as far as is bearable: a
    /// client that still writes when we answer and close sees a broken connection and not the answer.
    pub async fn read_body(&mut self, mut body: Body) -> Result<(), ScimError> {
        let limit = self.most_bytes();
        let (mut bytes, mut seen) = (Vec::new(), 0_usize);
        while let Some(piece) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
            let piece = piece.map_err(|_| {
                ScimError::invalid_syntax("The body did not arrive whole. Send the request again.")
            })?;
            let Ok(piece) = piece.into_data() else { continue };
            seen = seen.saturating_add(piece.len());
            if seen > limit {
                bytes = Vec::new();
                if seen > MOST_READ {
                    break;
                }
            } else {
                bytes.extend_from_slice(&piece);
            }
        }
        if seen > limit {
            return Err(ScimError::too_large(limit));
        }
        self.body = bytes;
        Ok(())
    }

    /// How large the body may be. Some clients send a group with all its members, whatever changed.
    fn most_bytes(&self) -> usize {
        let of_group = self.segments.first().is_some_and(|name| name.eq_ignore_ascii_case("Groups"));
        if of_group { limits::MAX_GROUP_BYTES } else { limits::MAX_BODY_BYTES }
    }

    /// Waits until there is room for a large body: few are turned into resources at the same time.
    pub async fn take_room(&self) -> Option<SemaphorePermit<'static>> {
        if self.body.len() <= limits::MAX_BODY_BYTES {
            return None;
        }
        ROOM.acquire().await.ok()
    }

    /// The same request with another body.
    pub fn with_body(&self, body: Vec<u8>) -> Self {
        Self {
            directory: Arc::clone(&self.directory),
            token: self.token,
            token_used_at: self.token_used_at,
            base: self.base.clone(),
            method: self.method.clone(),
            segments: self.segments.clone(),
            raw_query: self.raw_query.clone(),
            headers: self.headers.clone(),
            body,
        }
    }

    /// The body as JSON, for one resource: without NUL.
    pub fn json(&self) -> Result<Value, ScimError> {
        let body = self.parsed()?;
        if memchr::memmem::find(&self.body, br"\u0000").is_some() {
            limits::check_nul(&body)?;
        }
        Ok(body)
    }

    /// The body as JSON, whatever its texts hold.
    pub fn parsed(&self) -> Result<Value, ScimError> {
        if self.body.is_empty() {
            return Err(ScimError::invalid_syntax("The body is empty; a JSON object was expected."));
        }
        // A byte order mark may be ignored (RFC 8259 8.1), and some libraries write one.
        let body = self.body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&self.body);
        if std::str::from_utf8(body).is_err() {
            return Err(ScimError::invalid_syntax(
                "The body is not UTF-8 text; JSON must be (RFC 8259 8.1).",
            ));
        }
        scim::json::parse(body)
    }

    /// The parameters of the query.
    pub fn query(&self) -> Result<ListQuery, ScimError> {
        ListQuery::from_query(&self.raw_query)
    }

    /// A header as text.
    pub fn header(&self, name: header::HeaderName) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Refuses where `If-Match` names another version than this one.
    pub fn expect_version(&self, current: &str) -> Result<(), ScimError> {
        match self.header(header::IF_MATCH) {
            Some(wanted) if !etag::if_match(wanted, current) => Err(ScimError::stale_version()),
            _ => Ok(()),
        }
    }

    /// What the client at the other end expects where clients differ.
    pub fn dialect(&self) -> Dialect {
        Dialect::of(&self.directory.provider)
    }
}

fn rate_name(directory: &Directory) -> String {
    format!("directory:{}", directory.id)
}

/// The path in parts, and the query. Some clients put `?` and `&` where a part of the path ends, or encode the question mark.
fn divided(path: &str, query: &str) -> (Vec<String>, String) {
    let at = [path.find('&'), path.find("%3F"), path.find("%3f")].into_iter().flatten().min();
    let Some(at) = at else { return (segments(path), query.to_owned()) };
    let (path, end) = path.split_at(at);
    let more = end.trim_start_matches(['&', '?']);
    let more = more.get(..3).filter(|it| it.eq_ignore_ascii_case("%3F")).map_or(more, |it| &more[it.len()..]);
    (segments(path), [more, query].into_iter().filter(|it| !it.is_empty()).collect::<Vec<_>>().join("&"))
}

/// A part of a path as it came, without what some clients leave at its end.
fn without_end(part: &str) -> &str {
    let mut part = part;
    for end in ["&", "?", "%26", "%3F", "%3f"] {
        part = part.strip_suffix(end).unwrap_or(part);
    }
    part
}

/// The parts of a path. Some clients leave a `?` or `&` at its end.
pub fn segments(path: &str) -> Vec<String> {
    let decode = |part: &str| percent_decode_str(part).decode_utf8_lossy().into_owned();
    let clean = |part: String| part.trim_end_matches(['?', '&']).to_owned();
    path.split('/').map(decode).map(clean).filter(|part| !part.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_read_as_clients_really_write_it() {
        assert_eq!(segments("Users/abc"), ["Users", "abc"]);
        assert_eq!(segments("/Users/abc%26"), ["Users", "abc"]);
        assert_eq!(segments("Schemas/urn%3Aietf%3Ax"), ["Schemas", "urn:ietf:x"]);
        assert_eq!(segments(""), Vec::<String>::new());
        for (path, query, parts, whole) in [
            ("Users/abc", "a=1", vec!["Users", "abc"], "a=1"),
            ("Users&filter=x%20y", "", vec!["Users"], "filter=x%20y"),
            ("Users%3Ffilter=x", "b=2", vec!["Users"], "filter=x&b=2"),
            ("Users/abc&", "", vec!["Users", "abc"], ""),
        ] {
            let parts = parts.into_iter().map(str::to_owned).collect::<Vec<_>>();
            assert_eq!(divided(path, query), (parts, whole.to_owned()), "{path}");
        }
        assert_eq!(["dir_1", "dir_1&", "dir_1%3F"].map(without_end), ["dir_1"; 3]);
    }
}
