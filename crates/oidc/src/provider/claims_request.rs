//! The `claims` parameter: claims that are asked for by name (OpenID Connect Core 5.5).
//!
//! Owns reading it. Names that the provider does not know are ignored, as section 5.5 wants; so are language tags.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::error::{ErrorCode, OAuthError};
use super::scope::CLAIMS;
use crate::json;

/// Longest parameter in bytes.
const MAX_BYTES: usize = 16 * 1024;

/// What was asked for by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ClaimsRequest {
    /// Claims for the ID token, besides those of the scopes.
    pub id_token: Vec<String>,
    /// Claims for userinfo, besides those of the scopes.
    pub userinfo: Vec<String>,
    /// Wanted authentication classes, one of which is enough.
    pub acr: Vec<String>,
    /// Without one of [`ClaimsRequest::acr`] there must be an error (section 5.5.1.1).
    pub acr_essential: bool,
    /// The one person who may answer.
    pub subject: Option<String>,
}

impl ClaimsRequest {
    /// Reads the parameter.
    pub(super) fn parse(text: &str) -> Result<ClaimsRequest, OAuthError> {
        let wrong = |why: &str| OAuthError::new(ErrorCode::InvalidRequest, format!("claims {why}"));
        if text.len() > MAX_BYTES {
            return Err(wrong("is longer than 16 KiB."));
        }
        let all = json::object(text.as_bytes()).map_err(|why| wrong(&format!("cannot be read: {why}.")))?;
        let member = |name: &str| match all.get(name) {
            None | Some(Value::Null) => Ok(Map::new()),
            Some(Value::Object(map)) => Ok(map.clone()),
            Some(_) => Err(wrong(&format!("must hold an object as {name}."))),
        };
        let (id_token, userinfo) = (member("id_token")?, member("userinfo")?);
        let mut it =
            ClaimsRequest { id_token: known(&id_token), userinfo: known(&userinfo), ..Self::default() };
        if let Some(Value::Object(acr)) = id_token.get("acr") {
            it.acr = values(acr);
            if it.acr.iter().any(|class| class.len() > 256 || class.contains(char::is_whitespace)) {
                return Err(wrong("must name classes of at most 256 characters without spaces for acr."));
            }
            it.acr_essential = !it.acr.is_empty() && acr.get("essential") == Some(&Value::Bool(true));
        }
        for map in [&id_token, &userinfo] {
            let Some(Value::Object(subject)) = map.get("sub") else { continue };
            let mut wanted = values(subject);
            match (wanted.pop(), &it.subject) {
                (Some(one), None) if wanted.is_empty() => it.subject = Some(one),
                (Some(one), Some(other)) if wanted.is_empty() && one == *other => {}
                (None, _) => {}
                _ => return Err(wrong("must name one value for sub.")),
            }
        }
        Ok(it)
    }

    /// Whether nothing was asked for.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

fn known(map: &Map<String, Value>) -> Vec<String> {
    map.keys().filter(|name| CLAIMS.contains(&name.as_str())).cloned().collect()
}

/// `value` or `values`.
fn values(wish: &Map<String, Value>) -> Vec<String> {
    let one = wish.get("value").and_then(Value::as_str).map(str::to_owned);
    let many = wish.get("values").and_then(json::strings).unwrap_or_default();
    one.into_iter().chain(many).take(50).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_are_read_by_name_and_value() {
        let text = r#"{"userinfo":{"name":{"essential":true},"x":null,"email#de":null},
            "id_token":{"email":null,"acr":{"essential":true,"values":["a","b"]},"sub":{"value":"acc_1"}}}"#;
        let it = ClaimsRequest::parse(text).unwrap();
        assert_eq!((it.userinfo, it.acr), (vec!["name".to_owned()], vec!["a".to_owned(), "b".to_owned()]));
        assert_eq!(it.id_token, ["acr", "email", "sub"]);
        assert_eq!((it.acr_essential, it.subject.as_deref()), (true, Some("acc_1")));
        assert!(ClaimsRequest::parse("{}").unwrap().is_empty());
        let wish = r#"{"id_token":{"acr":{"value":"a"}}}"#;
        assert!(!ClaimsRequest::parse(wish).unwrap().acr_essential);
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        let long = format!("{{\"x\":\"{}\"}}", "a".repeat(MAX_BYTES));
        for wrong in [
            "",
            "[]",
            "{",
            r#"{"userinfo":[]}"#,
            r#"{"userinfo":{},"userinfo":{}}"#,
            r#"{"id_token":{"sub":{"values":["a","b"]}}}"#,
            r#"{"id_token":{"acr":{"value":"a b"}}}"#,
            r#"{"id_token":{"sub":{"value":"a"}},"userinfo":{"sub":{"value":"b"}}}"#,
            &long,
        ] {
            assert!(ClaimsRequest::parse(wrong).is_err(), "{wrong:.60}");
        }
    }
}
