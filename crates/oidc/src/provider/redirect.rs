//! Redirect URIs: which are registered, and how an answer travels to one.
//!
//! Owns exact matching (RFC 9700 section 4.1.3) with the one exception for native applications (RFC 8252 section 7.3),
//! and answers by query or by a form that posts itself (OAuth 2.0 Form Post Response Mode), with `iss` (RFC 9207).

use serde::{Deserialize, Serialize};

use super::error::OAuthError;

/// How the answer travels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResponseMode {
    /// In the query of the redirect URI.
    #[default]
    Query,
    /// In a form posted to the redirect URI.
    FormPost,
}

impl ResponseMode {
    /// The name of the parameter's value.
    pub const fn as_str(self) -> &'static str {
        match self {
            ResponseMode::Query => "query",
            ResponseMode::FormPost => "form_post",
        }
    }

    /// The mode of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        [ResponseMode::Query, ResponseMode::FormPost].into_iter().find(|mode| mode.as_str() == name)
    }
}

/// What the browser is answered with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// 303 to this address, with `Referrer-Policy: no-referrer` and `Cache-Control: no-store`.
    Redirect(String),
    /// A page with a form that posts these hidden fields to `action`, and a button for browsers without scripts.
    FormPost {
        /// The redirect URI.
        action: String,
        /// Hidden fields, to be escaped.
        fields: Vec<(&'static str, String)>,
    },
}

/// Whether the requested address is one of the registered ones, character by character. For a native application the
/// port of `http://127.0.0.1` and `http://[::1]` is free; `localhost` is not, because it may resolve to something else.
pub fn is_registered(registered: &[String], requested: &str, native: bool) -> bool {
    registered.iter().any(|one| one == requested)
        || (native
            && split_loopback(requested).is_some_and(|wanted| {
                registered.iter().any(|one| split_loopback(one).is_some_and(|known| known == wanted))
            }))
}

/// Host and the part after the port of a loopback address; `None` for any other address.
fn split_loopback(uri: &str) -> Option<(&'static str, &str)> {
    for host in ["http://127.0.0.1", "http://[::1]"] {
        let Some(rest) = uri.strip_prefix(host) else { continue };
        let rest = match rest.strip_prefix(':') {
            None => rest,
            Some(after) => {
                let digits = after.bytes().take_while(u8::is_ascii_digit).count();
                after[..digits].parse::<u16>().ok()?;
                &after[digits..]
            }
        };
        return (rest.is_empty() || rest.starts_with(['/', '?'])).then_some((host, rest));
    }
    None
}

pub(super) fn code_reply(
    uri: &str,
    mode: ResponseMode,
    code: &str,
    state: Option<&str>,
    issuer: &str,
) -> Reply {
    reply(uri, mode, vec![("code", code.to_owned())], state, issuer)
}

pub(super) fn error_reply(
    uri: &str,
    mode: ResponseMode,
    error: &OAuthError,
    state: Option<&str>,
    issuer: &str,
) -> Reply {
    let fields =
        vec![("error", error.code.as_str().to_owned()), ("error_description", error.description.clone())];
    reply(uri, mode, fields, state, issuer)
}

fn reply(
    uri: &str,
    mode: ResponseMode,
    mut fields: Vec<(&'static str, String)>,
    state: Option<&str>,
    issuer: &str,
) -> Reply {
    if let Some(state) = state {
        fields.push(("state", state.to_owned()));
    }
    fields.push(("iss", issuer.to_owned()));
    match mode {
        ResponseMode::FormPost => Reply::FormPost { action: uri.to_owned(), fields },
        ResponseMode::Query => Reply::Redirect(with_query(uri, &fields)),
    }
}

/// Appends parameters; the address itself stays as it was registered, its own query too.
pub(super) fn with_query(uri: &str, fields: &[(&'static str, String)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in fields {
        query.append_pair(name, value);
    }
    let separator = match uri.split_once('?') {
        None => "?",
        Some((_, "")) => "",
        Some((_, own)) if own.ends_with('&') => "",
        Some(_) => "&",
    };
    format!("{uri}{separator}{}", query.finish())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::ErrorCode;

    #[test]
    fn addresses_match_exactly_or_not_at_all() {
        let registered = ["https://app.test/cb".to_owned(), "https://app.test/cb?tenant=a".to_owned()];
        assert!(is_registered(&registered, "https://app.test/cb", false));
        assert!(is_registered(&registered, "https://app.test/cb?tenant=a", false));
        for other in [
            "https://app.test/cb/",
            "https://app.test/CB",
            "https://APP.test/cb",
            "https://app.test:443/cb",
            "https://app.test/cb?",
            "https://app.test/cb#x",
            "https://app.test/cb/../evil",
            "https://app.test/cb%2f",
            "https://app.test@evil.test/cb",
            "https://app.test.evil.test/cb",
            "http://app.test/cb",
            "",
        ] {
            assert!(!is_registered(&registered, other, false), "{other}");
            assert!(!is_registered(&registered, other, true), "{other}");
        }
    }

    #[test]
    fn loopback_port_is_free_for_native_applications_only() {
        let registered = [
            "http://127.0.0.1/cb".to_owned(),
            "http://[::1]:0/cb".to_owned(),
            "http://localhost/cb".to_owned(),
        ];
        assert!(is_registered(&registered, "http://127.0.0.1:51004/cb", true));
        assert!(is_registered(&registered, "http://[::1]:51004/cb", true));
        assert!(!is_registered(&registered, "http://127.0.0.1:51004/cb", false));
        for other in [
            "http://localhost:51004/cb",
            "http://127.0.0.1:51004/other",
            "http://127.0.0.1:99999/cb",
            "http://127.0.0.1:/cb",
            "http://127.0.0.1:80@evil.test/cb",
            "http://127.0.0.1.evil.test/cb",
            "http://127.0.0.10/cb",
            "https://127.0.0.1:51004/cb",
            "http://127.0.0.1:+80/cb",
        ] {
            assert!(!is_registered(&registered, other, true), "{other}");
        }
    }

    #[test]
    fn answers_keep_the_registered_query_and_escape_the_rest() {
        let reply = code_reply(
            "https://app.test/cb?a=1",
            ResponseMode::Query,
            "c&d",
            Some("s p\r\n"),
            "https://we.test",
        );
        let url = "https://app.test/cb?a=1&code=c%26d&state=s+p%0D%0A&iss=https%3A%2F%2Fwe.test";
        assert_eq!(reply, Reply::Redirect(url.to_owned()));
        let error = OAuthError::new(ErrorCode::LoginRequired, "Sign \"in\"\n");
        let reply =
            error_reply("https://app.test/cb", ResponseMode::FormPost, &error, None, "https://we.test");
        let Reply::FormPost { action, fields } = reply else { panic!("no form") };
        assert_eq!(action, "https://app.test/cb");
        assert_eq!(fields[0], ("error", "login_required".to_owned()));
        assert_eq!(fields[1], ("error_description", "Sign 'in'?".to_owned()));
        assert_eq!(fields[2], ("iss", "https://we.test".to_owned()));
    }
}
