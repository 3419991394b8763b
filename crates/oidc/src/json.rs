//! JSON objects read strictly, and the few value shapes that OpenID Connect uses.
//!
//! Owns the rule that a member which stands twice is refused (RFC 7519 section 4 and RFC 8725 section 2.4: two readers
//! must not see two values). Does not know any claim.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// Reads one JSON object. The error is a short technical reason.
pub(crate) fn object(bytes: &[u8]) -> Result<Map<String, Value>, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "it is not UTF-8 text".to_owned())?;
    match serde_json::from_str::<Strict>(text) {
        Ok(Strict(Value::Object(map))) => Ok(map),
        Ok(_) => Err("it is JSON, but not an object".to_owned()),
        Err(error) => Err(format!("it is not the JSON we can read: {error}")),
    }
}

/// A `NumericDate` (RFC 7519 section 2): seconds since 1970, whole or with a fraction. `None` when it is not a number,
/// negative, or so large that it must be milliseconds.
pub(crate) fn numeric_date(value: &Value) -> Option<Timestamp> {
    let Value::Number(number) = value else { return None };
    let time = if let Some(seconds) = number.as_i64() {
        Timestamp::from_second(seconds).ok()?
    } else {
        let since = SignedDuration::try_from_secs_f64(number.as_f64()?).ok()?;
        Timestamp::from_duration(since).ok()?
    };
    (time >= Timestamp::UNIX_EPOCH).then_some(time)
}

/// A string, or an array of strings, as a list (the form of `aud`). `None` for anything else.
pub(crate) fn strings(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::String(one) => Some(vec![one.clone()]),
        Value::Array(many) => many.iter().map(|item| item.as_str().map(str::to_owned)).collect(),
        _ => None,
    }
}

/// A boolean, or the strings `"true"` and `"false"`, which some providers send.
pub(crate) fn boolean(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        Value::String(text) if text == "true" => Some(true),
        Value::String(text) if text == "false" => Some(false),
        _ => None,
    }
}

struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor).map(Strict)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(Strict(item)) = access.next_element()? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(name) = access.next_key::<String>()? {
            let Strict(value) = access.next_value()?;
            if map.insert(name.clone(), value).is_some() {
                return Err(de::Error::custom(format!(
                    "the member \"{}\" stands twice",
                    crate::rejection::shown(&name)
                )));
            }
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn member_twice_is_refused_at_any_depth() {
        for text in [r#"{"a":1,"a":1}"#, r#"{"a":{"b":1,"b":2}}"#, r#"{"a":[{"b":1,"\u0062":2}]}"#] {
            let error = object(text.as_bytes()).unwrap_err();
            assert!(error.contains("stands twice"), "{text}: {error}");
        }
    }

    #[test]
    fn broken_documents_are_refused() {
        let deep = "[".repeat(100_000);
        for bytes in [&b"\xff{}"[..], b"", b"[]", b"{} {}", b"{\"a\":NaN}", b"{a:1}", deep.as_bytes()] {
            assert!(object(bytes).is_err());
        }
    }

    #[test]
    fn values_come_out_as_they_went_in() {
        let text = r#"{"a":[1,-2,1.5,true,null,"x",{"b":{}}],"c":18446744073709551615}"#;
        assert_eq!(
            Value::Object(object(text.as_bytes()).unwrap()),
            serde_json::from_str::<Value>(text).unwrap()
        );
    }

    #[test]
    fn dates_may_have_a_fraction_and_must_be_seconds() {
        let at = |v: Value| numeric_date(&v).map(Timestamp::as_millisecond);
        assert_eq!(at(json!(1_700_000_000)), Some(1_700_000_000_000));
        assert_eq!(at(json!(1_700_000_000.25)), Some(1_700_000_000_250));
        assert_eq!(at(json!(0)), Some(0));
        for wrong in [
            json!(-1),
            json!(-0.5),
            json!(1_700_000_000_000_i64),
            json!(1e300),
            json!("1700000000"),
            json!(null),
            json!(u64::MAX),
        ] {
            assert_eq!(at(wrong.clone()), None, "{wrong}");
        }
    }
}
