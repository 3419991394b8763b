//! Cookies of our own: host-only, `HttpOnly`, `SameSite=Lax`, `Secure` behind TLS.

use axum::http::{HeaderMap, HeaderValue, header};
use axum_extra::extract::cookie::{Cookie, SameSite};

use crate::config::Config;

/// Behind TLS the browser itself guarantees that no other host of the domain set it.
fn full_name(config: &Config, name: &str) -> String {
    if config.is_https() { format!("__Host-{name}") } else { name.to_owned() }
}

/// The value of one of our cookies.
pub fn read_cookie(config: &Config, headers: &HeaderMap, name: &str) -> Option<String> {
    let wanted = full_name(config, name);
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == wanted)
        .map(|(_, value)| value.to_owned())
}

/// A `Set-Cookie` value. Without `max_age` the cookie ends with the browser.
pub fn set_cookie(
    config: &Config,
    name: &str,
    value: &str,
    max_age: Option<std::time::Duration>,
) -> HeaderValue {
    let mut cookie = Cookie::build((full_name(config, name), value.to_owned()))
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(config.is_https())
        .build();
    if let Some(age) = max_age.and_then(|age| age.try_into().ok()) {
        cookie.set_max_age(Some(age));
    }
    HeaderValue::from_str(&cookie.to_string()).unwrap_or_else(|_| HeaderValue::from_static(""))
}

/// A `Set-Cookie` value that takes the cookie away.
pub fn clear_cookie(config: &Config, name: &str) -> HeaderValue {
    set_cookie(config, name, "", Some(std::time::Duration::ZERO))
}
