//! Pages: layouts, parts, assets, the providers' guides, and the security headers every page carries.
//!
//! Owns how things look and which words and markup reach a browser or a mail. Does not own routes, sessions,
//! CSRF secrets or any fact: the rooms fill the view structs of [`pages`] and send them.

pub mod assets;
pub mod brand;
pub mod colour;
pub mod guide;
pub mod html;
pub mod layout;
mod mail_frame;
pub mod mail_layout;

pub mod pages;
pub mod parts;
pub mod words;

pub use html::Html;
pub use layout::Page;

use askama::Template;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// Content security policy of an ordinary page: our own files only, forms only to ourselves.
pub const CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The policy of a page whose form ends at another site: the sign-in, a test sign-in, a SAML or OpenID hand-off.
///
/// Browsers apply `form-action` to the redirect that follows a form too, so an identity provider would be blocked.
pub const CSP_LEAVING: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     connect-src 'self'; form-action *; base-uri 'none'; frame-ancestors 'none'";

/// Headers that every page carries besides the content security policy.
///
/// The referrer policy is `same-origin`, not `no-referrer`: the latter turns the `Origin` header of our own forms
/// into `null`. An address that holds a token reaches no other site in either case.
pub const PAGE_HEADERS: [(&str, &str); 5] = [
    ("referrer-policy", "same-origin"),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("cross-origin-opener-policy", "same-origin"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
];

/// Adds the headers of every page, unless the handler set its own.
pub fn add_page_headers(headers: &mut HeaderMap) {
    for (name, value) in PAGE_HEADERS {
        headers.entry(HeaderName::from_static(name)).or_insert(HeaderValue::from_static(value));
    }
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(CSP));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
}

/// Renders a page and sends it with the security headers of an ordinary page.
pub fn respond(status: StatusCode, page: &impl Template) -> Response {
    send(status, page, CSP)
}

/// The same for a page whose form ends at another site; see [`CSP_LEAVING`].
pub fn respond_leaving(status: StatusCode, page: &impl Template) -> Response {
    send(status, page, CSP_LEAVING)
}

/// The same as [`respond`] for a page with frames of these origins (`https://app.example`), and no others.
/// `leaving` is for a page whose form ends at another site.
pub fn respond_framing(
    status: StatusCode,
    page: &impl Template,
    origins: &[String],
    leaving: bool,
) -> Response {
    let policy = if leaving { CSP_LEAVING } else { CSP };
    send(status, page, &format!("{policy}; frame-src {}", origins.join(" ")))
}

/// The same as [`respond_leaving`] for a page that a site of this origin may show in a frame.
pub fn respond_leaving_in_frame(status: StatusCode, page: &impl Template, origin: &str) -> Response {
    let policy = CSP_LEAVING.replace("frame-ancestors 'none'", &format!("frame-ancestors {origin}"));
    let mut answer = send(status, page, &policy);
    answer.headers_mut().remove(header::X_FRAME_OPTIONS);
    answer
}

/// A file for spreadsheets, as a download.
pub fn csv(name: &str, content: Vec<u8>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    (headers, content).into_response()
}

fn send(status: StatusCode, page: &impl Template, policy: &str) -> Response {
    let mut answer = match page.render() {
        Ok(html) => (status, axum::response::Html(html)).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page cannot be rendered");
            (StatusCode::INTERNAL_SERVER_ERROR, "This page could not be made. Try again in a moment.")
                .into_response()
        }
    };
    let headers = answer.headers_mut();
    // A text that cannot be a header leaves the policy of an ordinary page, which allows less.
    if let Ok(policy) = HeaderValue::from_str(policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    add_page_headers(headers);
    answer
}
