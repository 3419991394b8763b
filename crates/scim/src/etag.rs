//! Owns entity tags (RFC 7644 §3.14, RFC 9110 §13): always weak, made from the version of a row.

use std::fmt::Display;

/// The tag of a version, as in `ETag` and `meta.version`.
pub fn weak(version: impl Display) -> String {
    format!("W/\"{version}\"")
}

/// Whether `If-Match` allows the change: `*`, or one of the tags is the current one.
pub fn if_match(header: &str, current: &str) -> bool {
    names(header, current)
}

/// Whether `If-None-Match` wants the answer: false means 304 for a read, 412 for a write.
pub fn if_none_match(header: &str, current: &str) -> bool {
    !names(header, current)
}

/// Tags are compared without their weakness; quotes may be missing, as some clients leave them out.
fn names(header: &str, current: &str) -> bool {
    let current = opaque(current);
    header.trim() == "*" || header.split(',').any(|tag| opaque(tag) == current)
}

fn opaque(tag: &str) -> &str {
    let tag = tag.trim();
    let tag = tag.strip_prefix("W/").or_else(|| tag.strip_prefix("w/")).unwrap_or(tag);
    tag.trim_matches('"')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stale_tag_does_not_match() {
        let current = weak(7);
        assert_eq!(current, "W/\"7\"");
        assert!(if_match("W/\"7\"", &current) && if_match("*", &current) && if_match("\"7\"", &current));
        assert!(if_match("W/\"6\", W/\"7\"", &current) && if_match("7", &current));
        assert!(!if_match("W/\"6\"", &current) && !if_match("", &current));
    }

    #[test]
    fn known_tag_needs_no_body() {
        let current = weak("abc");
        assert!(!if_none_match("W/\"abc\"", &current) && !if_none_match("*", &current));
        assert!(if_none_match("W/\"abd\"", &current));
    }
}
