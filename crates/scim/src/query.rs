//! Owns the parameters of a list request (RFC 7644 §3.4.2 and §3.4.3): from the query part of the
//! URL as it arrived, with what clients do to it, or from the body of a `.search`.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use serde_json::Value;

use crate::limits::{DEFAULT_RESULTS, MAX_FILTER_BYTES, MAX_RESULTS};
use crate::{ScimError, ScimType};

/// Entra's flag for its RFC-conforming mode.
const ENTRA_FLAG: &str = "aadOptscim062020";

/// What a list request asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListQuery {
    /// The filter, decoded.
    pub filter: Option<String>,
    /// The first result, counted from 1.
    pub start_index: u64,
    /// Results wanted, never more than the server gives; 0 asks for the total alone.
    pub count: u32,
    /// The attribute to sort by.
    pub sort_by: Option<String>,
    /// Whether the greatest comes first.
    pub descending: bool,
    /// `attributes`.
    pub attributes: Vec<String>,
    /// `excludedAttributes`.
    pub excluded_attributes: Vec<String>,
    /// The cursor; empty for the first page (RFC 9865). `None` when paging is by index.
    pub cursor: Option<String>,
    /// Whether Entra's flag was there.
    pub entra_flag: bool,
    /// The filter with each plus in a value as it came, where it was read as a space.
    plus_kept: Option<String>,
}

impl Default for ListQuery {
    fn default() -> Self {
        Self {
            filter: None,
            start_index: 1,
            count: DEFAULT_RESULTS,
            sort_by: None,
            descending: false,
            attributes: Vec::new(),
            excluded_attributes: Vec::new(),
            cursor: None,
            entra_flag: false,
            plus_kept: None,
        }
    }
}

impl ListQuery {
    /// Reads the query part of a URL, without its `?`.
    pub fn from_query(raw: &str) -> Result<Self, ScimError> {
        let mut query = Self::default();
        for part in parts(raw) {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            if is_entra_flag(name) {
                query.entra_flag = true;
                continue;
            }
            let name = name.trim();
            let is = |known: &str| name.eq_ignore_ascii_case(known);
            if is("filter") {
                let filter = again(decode(value)?);
                query.plus_kept = plus_kept(value).filter(|other| *other != filter);
                query.filter = Some(filter).filter(|filter| !filter.trim().is_empty());
            } else if value.is_empty() && (is("startIndex") || is("count")) {
                // Named and not given.
            } else if is("startIndex") {
                query.start_index = start_index(&number("startIndex", &decode(value)?)?);
            } else if is("count") {
                query.count = count(&number("count", &decode(value)?)?);
            } else if is("sortBy") {
                query.sort_by = Some(again(decode(value)?)).filter(|name| !name.is_empty());
            } else if is("sortOrder") {
                query.descending = is_descending(&decode(value)?);
            } else if is("attributes") {
                query.attributes = names(&again(decode(value)?));
            } else if is("excludedAttributes") {
                query.excluded_attributes = names(&again(decode(value)?));
            } else if is("cursor") {
                query.cursor = Some(decode(value)?);
            }
        }
        Ok(query)
    }

    /// Reads the body of a `.search` (RFC 7644 §3.4.3).
    pub fn from_search(body: &Value) -> Result<Self, ScimError> {
        let Value::Object(body) = body else {
            return Err(ScimError::invalid_syntax("The body of a search must be an object."));
        };
        let mut query = Self::default();
        for (name, value) in body.iter().filter(|(_, value)| !value.is_null()) {
            let is = |known: &str| name.eq_ignore_ascii_case(known);
            if is("filter") {
                query.filter = Some(text(name, value)?).filter(|filter| !filter.trim().is_empty());
            } else if is("startIndex") {
                query.start_index = start_index(&json_number(name, value)?);
            } else if is("count") {
                query.count = count(&json_number(name, value)?);
            } else if is("sortBy") {
                query.sort_by = Some(text(name, value)?);
            } else if is("sortOrder") {
                query.descending = is_descending(&text(name, value)?);
            } else if is("attributes") {
                query.attributes = name_list(name, value)?;
            } else if is("excludedAttributes") {
                query.excluded_attributes = name_list(name, value)?;
            } else if is("cursor") {
                query.cursor = Some(text(name, value)?);
            }
        }
        Ok(query)
    }

    /// The filter with its values read otherwise, where that makes a difference: decoded once more, because some clients
    /// encode values before they encode the URL; or with a plus for a plus. A caller that found nothing may try this one.
    pub fn filter_decoded_again(&self) -> Option<String> {
        if self.plus_kept.is_some() {
            return self.plus_kept.clone();
        }
        let filter = self.filter.as_deref().filter(|filter| has_escape(filter))?;
        let decoded = percent_decode_str(filter).decode_utf8().ok()?;
        // A quote that appears only now would end a value early: it belongs to the value.
        let same_quotes = decoded.matches('"').count() == filter.matches('"').count();
        (same_quotes && decoded != filter && decoded.len() <= MAX_FILTER_BYTES).then(|| decoded.into_owned())
    }
}

/// Where a client appends the resource path behind the query of its base address, such as the flag
/// (`/scim/v2/d?aadOptscim062020/Users?filter=…`), splits it off: the path, and the query that follows it.
pub fn embedded_path(raw: &str) -> Option<(Cow<'_, str>, &str)> {
    let mut rest = raw.trim_start_matches(['?', '&']);
    if is_entra_flag(rest) {
        rest = &rest[ENTRA_FLAG.len()..];
        if rest.starts_with('=') {
            rest = &rest[rest.find(['/', '%', '?', '&']).unwrap_or(rest.len())..];
        }
        rest = rest.trim_start_matches(['?', '&']);
    }
    let encoded = rest.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("%2F"));
    if !encoded && !rest.starts_with('/') {
        return None;
    }
    let end = rest.find(['?', '&']).unwrap_or(rest.len());
    let (path, query) = (&rest[..end], rest[end..].trim_start_matches(['?', '&']));
    let path = if encoded { path.replace("%2F", "/").replace("%2f", "/").into() } else { path.into() };
    Some((path, query))
}

/// The parts between `&`; a `?` separates parts only beside the flag.
fn parts(raw: &str) -> impl Iterator<Item = &str> {
    raw.trim_matches(['?', '&']).split('&').flat_map(beside_flag).filter(|part| !part.is_empty())
}

fn beside_flag(part: &str) -> [&str; 2] {
    let at = if is_entra_flag(part) {
        part.find('?')
    } else {
        part.rfind('?').filter(|at| is_entra_flag(&part[at + 1..]))
    };
    at.map_or([part, ""], |at| [&part[..at], &part[at + 1..]])
}

fn is_entra_flag(name: &str) -> bool {
    name.get(..ENTRA_FLAG.len()).is_some_and(|head| head.eq_ignore_ascii_case(ENTRA_FLAG))
}

/// Percent-decodes a value. A plus is a space unless the value shows that it writes spaces otherwise.
fn decode(raw: &str) -> Result<String, ScimError> {
    let form = raw.contains('+') && !raw.contains("%20") && !raw.contains(' ');
    let raw: Cow<'_, str> = if form { raw.replace('+', " ").into() } else { raw.into() };
    match percent_decode_str(&raw).decode_utf8() {
        Ok(text) => Ok(text.into_owned()),
        Err(_) => Err(ScimError::invalid_value("The query part of the URL is not UTF-8.")),
    }
}

/// Decodes once more what is still encoded as a whole: no space, no quote, but escapes. What then still writes spaces as
/// plus signs has them read as spaces.
fn again(text: String) -> String {
    let text = match text {
        text if text.contains([' ', '"']) || !has_escape(&text) => text,
        text => decode(&text).unwrap_or(text),
    };
    if text.contains(' ') || !text.contains('+') { text } else { spaced(&text) }
}

/// A filter whose spaces came as plus signs, and each plus inside a value as it came; `None` where spaces came otherwise.
fn plus_kept(raw: &str) -> Option<String> {
    if !raw.contains('+') || raw.contains("%20") || raw.contains(' ') {
        return None;
    }
    Some(spaced(&percent_decode_str(raw).decode_utf8().ok()?))
}

/// A plus outside quotes is a space.
fn spaced(text: &str) -> String {
    let (mut quoted, mut escaped) = (false, false);
    let read = |c: char| {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => quoted = !quoted,
            '+' if !quoted => return ' ',
            _ => {}
        }
        c
    };
    text.chars().map(read).collect()
}

fn has_escape(text: &str) -> bool {
    text.as_bytes()
        .windows(3)
        .any(|part| part[0] == b'%' && part[1].is_ascii_hexdigit() && part[2].is_ascii_hexdigit())
}

fn number(name: &str, value: &str) -> Result<i128, ScimError> {
    value.trim().parse::<i128>().map_err(|_| not_a_number(name, value))
}

fn json_number(name: &str, value: &Value) -> Result<i128, ScimError> {
    match value {
        Value::Number(number) => number.as_i128().ok_or_else(|| not_a_number(name, &number.to_string())),
        Value::String(text) => number(name, text),
        other => Err(not_a_number(name, &other.to_string())),
    }
}

fn not_a_number(name: &str, received: &str) -> ScimError {
    let received: String = received.chars().take(40).collect();
    ScimError::new(ScimType::InvalidValue, format!("“{name}” must be a whole number; received “{received}”."))
}

/// Below 1 is 1 (RFC 7644 §3.4.2.4).
fn start_index(number: &i128) -> u64 {
    u64::try_from((*number).clamp(1, i128::from(i64::MAX))).unwrap_or(1)
}

/// Below 0 is 0 (RFC 7644 §3.4.2.4); never more than the server gives.
fn count(number: &i128) -> u32 {
    u32::try_from((*number).clamp(0, i128::from(MAX_RESULTS))).unwrap_or(MAX_RESULTS)
}

fn is_descending(order: &str) -> bool {
    order.trim().eq_ignore_ascii_case("descending")
}

fn names(list: &str) -> Vec<String> {
    list.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

fn name_list(name: &str, value: &Value) -> Result<Vec<String>, ScimError> {
    match value {
        Value::Array(items) => items.iter().map(|item| text(name, item)).collect(),
        value => Ok(names(&text(name, value)?)),
    }
}

fn text(name: &str, value: &Value) -> Result<String, ScimError> {
    match value {
        Value::String(text) => Ok(text.clone()),
        other => {
            let received: String = other.to_string().chars().take(40).collect();
            Err(ScimError::invalid_value(format!("“{name}” must be text; received {received}.")))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn query(raw: &str) -> ListQuery {
        ListQuery::from_query(raw).unwrap()
    }

    #[test]
    fn empty_query_asks_for_the_first_page() {
        for raw in ["", "?", "&", "?&"] {
            assert_eq!(query(raw), ListQuery::default(), "{raw}");
        }
    }

    #[test]
    fn numbers_outside_the_range_are_moved_into_it() {
        let asked = query("startIndex=-5&count=-1");
        assert_eq!((asked.start_index, asked.count), (1, 0));
        let asked = query("STARTINDEX=3&Count=99999999999999999999&");
        assert_eq!((asked.start_index, asked.count), (3, MAX_RESULTS));
        let error = ListQuery::from_query("count=many").unwrap_err();
        assert_eq!(error.scim_type, Some(ScimType::InvalidValue));
    }

    #[test]
    fn filter_encoded_twice_is_decoded_twice() {
        let wanted = Some("userName eq \"a@b.example\"".to_owned());
        assert_eq!(query("filter=userName%20eq%20%22a%40b.example%22").filter, wanted);
        assert_eq!(query("filter=userName%2520eq%2520%2522a%2540b.example%2522").filter, wanted);
        assert_eq!(query("filter=userName+eq+%22a@b.example%22").filter, wanted);
    }

    #[test]
    fn value_encoded_twice_is_offered_as_a_second_try() {
        let asked = query("filter=userName%20eq%20%22a%2540b.example%22");
        assert_eq!(asked.filter.as_deref(), Some("userName eq \"a%40b.example\""));
        assert_eq!(asked.filter_decoded_again().as_deref(), Some("userName eq \"a@b.example\""));
        assert_eq!(query("filter=userName%20eq%20%22a%2522b%22").filter_decoded_again(), None);
        assert_eq!(query("filter=userName%20eq%20%22a%22").filter_decoded_again(), None);
    }

    #[test]
    fn plus_stays_a_plus_where_spaces_are_encoded_otherwise() {
        let asked = query("filter=userName%20eq%20%22a+b@c.example%22");
        assert_eq!(asked.filter.as_deref(), Some("userName eq \"a+b@c.example\""));
    }

    #[test]
    fn plus_in_a_value_is_offered_as_a_second_try_where_spaces_are_plus_signs() {
        let asked = query("filter=userName+eq+%22a+b%40c.example%22");
        assert_eq!(asked.filter.as_deref(), Some("userName eq \"a b@c.example\""));
        assert_eq!(asked.filter_decoded_again().as_deref(), Some("userName eq \"a+b@c.example\""));
        let asked = query("filter=userName+eq+%22a%2Bb%40c.example%22");
        assert_eq!(
            (asked.filter.as_deref(), asked.plus_kept.as_deref()),
            (Some("userName eq \"a+b@c.example\""), None)
        );
    }

    #[test]
    fn plus_signs_that_were_encoded_again_are_spaces() {
        for raw in ["filter=userName%2Beq%2B%2522a%2522", "filter=userName%2Beq%2B%22a%22"] {
            assert_eq!(query(raw).filter.as_deref(), Some("userName eq \"a\""), "{raw}");
        }
    }

    #[test]
    fn number_that_is_named_and_not_given_is_the_default() {
        assert_eq!(query("startIndex=&count=&filter="), ListQuery::default());
    }

    #[test]
    fn entra_flag_may_stand_anywhere() {
        for raw in [
            "aadOptscim062020&filter=id%20pr",
            "filter=id%20pr&aadOptscim062020",
            "aadoptscim062020=?filter=id pr",
            "filter=id pr?aadOptscim062020",
        ] {
            let asked = query(raw);
            assert!(asked.entra_flag, "{raw}");
            assert_eq!(asked.filter.as_deref(), Some("id pr"), "{raw}");
        }
    }

    #[test]
    fn path_behind_the_entra_flag_is_split_off() {
        for raw in [
            "aadOptscim062020/Users?filter=x",
            "?aadOptscim062020=/Users&filter=x",
            "aadOptscim062020=true/Users?filter=x",
            "aadOptscim062020&/Users?filter=x",
            "aadOptscim062020%2FUsers?filter=x",
            "/Users?filter=x",
        ] {
            assert_eq!(embedded_path(raw), Some(("/Users".into(), "filter=x")), "{raw}");
        }
        assert_eq!(embedded_path("aadOptscim062020/Users/1"), Some(("/Users/1".into(), "")));
        assert_eq!(embedded_path("aadOptscim062020&filter=/x"), None);
        assert_eq!(embedded_path("filter=x"), None);
        assert_eq!(embedded_path(""), None);
    }

    #[test]
    fn names_are_split_at_commas() {
        let asked = query(
            "attributes=userName,%20emails&excludedAttributes=members&sortBy=userName&sortOrder=Descending",
        );
        assert_eq!(asked.attributes, ["userName", "emails"]);
        assert_eq!(asked.excluded_attributes, ["members"]);
        assert!(asked.descending && asked.sort_by.as_deref() == Some("userName"));
    }

    #[test]
    fn cursor_may_be_empty() {
        assert_eq!(query("cursor&count=2").cursor.as_deref(), Some(""));
        assert_eq!(query("count=2").cursor, None);
    }

    #[test]
    fn search_body_says_the_same_as_a_query() {
        let asked = ListQuery::from_search(&json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],
            "attributes": ["userName"], "filter": "id pr", "startIndex": 0, "count": "5", "sortOrder": null,
        }))
        .unwrap();
        assert_eq!((asked.start_index, asked.count, asked.attributes.len()), (1, 5, 1));
        assert!(ListQuery::from_search(&json!([])).is_err());
        assert!(ListQuery::from_search(&json!({ "filter": 1 })).is_err());
    }

    #[test]
    fn question_mark_in_a_value_stays_there() {
        assert_eq!(query("filter=title eq \"what?\"&count=1").filter.as_deref(), Some("title eq \"what?\""));
    }

    #[test]
    fn broken_utf8_is_refused() {
        assert!(ListQuery::from_query("filter=%ff").is_err());
    }
}
