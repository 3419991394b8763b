//! Where a person came from, accepted only as a place on our own site.

/// A request of an application may carry an ID token as a hint.
const LONGEST: usize = 16 * 1024;

/// The path if it is one of ours, `/account` otherwise. Nothing that a browser could read as another site passes.
pub fn safe(text: Option<&str>) -> String {
    text.filter(|t| is_ours(t)).unwrap_or("/account").to_owned()
}

/// Where the person came from, as the address of a page or form says.
pub fn of(uri: &axum::http::Uri) -> String {
    let query = uri.query().unwrap_or_default();
    let found = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "return_to");
    safe(found.as_ref().map(|(_, value)| value.as_ref()))
}

fn is_ours(text: &str) -> bool {
    let plain = !text.chars().any(|c| c.is_control() || c == '\\' || c.is_whitespace());
    plain && text.len() <= LONGEST && text.starts_with('/') && !text.starts_with("//")
}

/// An address of the sign-in pages with the way back in it.
pub fn with(path: &str, return_to: &str) -> String {
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("return_to", return_to).finish();
    format!("{path}?{query}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_back_to_another_site_is_dropped() {
        for bad in [
            "https://evil.example/",
            "//evil.example",
            "/\\evil.example",
            "/\t/evil.example",
            "javascript:alert(1)",
            "",
            "evil",
            "/\u{0}x",
            "\n//evil",
        ] {
            assert_eq!(safe(Some(bad)), "/account", "{bad:?}");
        }
        assert_eq!(
            safe(Some("/oauth2/authorize?client_id=app&scope=openid%20email")),
            "/oauth2/authorize?client_id=app&scope=openid%20email"
        );
        assert_eq!(safe(None), "/account");
    }
}
