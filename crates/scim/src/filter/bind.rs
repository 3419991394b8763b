//! Owns the types in comparisons: a literal becomes one of the attribute's type, and comparisons
//! that RFC 7644 §3.4.2.2 refuses are refused.

use super::{CompareOp, Filter, Literal, parse_time};
use crate::path::AttrPath;
use crate::schema::Kind;

/// Builds a comparison, or says what about it makes no sense.
pub(super) fn compare(mut path: AttrPath, op: CompareOp, literal: Literal) -> Result<Filter, String> {
    path.default_to_value();
    if path.name.is_empty() {
        return Err(format!("“{path}” is a whole extension and can only be tested with pr"));
    }
    let ordering = matches!(op, CompareOp::Gt | CompareOp::Ge | CompareOp::Lt | CompareOp::Le);
    let substring = matches!(op, CompareOp::Co | CompareOp::Sw | CompareOp::Ew);
    let shown = literal.to_string();
    let refuse = |type_name: &str| {
        Err(format!("“{path}” is {type_name}, which “{}” cannot compare with {shown}", op.as_str()))
    };
    if literal == Literal::Null {
        return if ordering || substring {
            refuse("an attribute")
        } else {
            Ok(Filter::Compare(path, op, literal))
        };
    }
    let kind = path.leaf().map(|leaf| leaf.kind);
    let literal = match (kind, literal) {
        (Some(Kind::Complex), _) => {
            return Err(format!("“{path}” is complex; name one of its sub-attributes"));
        }
        (Some(Kind::Boolean), ref literal) => match (boolean(literal), ordering || substring) {
            (Some(value), false) => Literal::Bool(value),
            _ => return refuse("a boolean"),
        },
        (Some(Kind::Integer | Kind::Decimal), ref literal) => match (number(literal), substring) {
            (Some(value), false) => value,
            _ => return refuse("a number"),
        },
        (Some(Kind::DateTime), Literal::Number(_) | Literal::Bool(_)) => return refuse("a date and time"),
        (Some(Kind::DateTime), Literal::Text(text)) if !substring => match parse_time(&text) {
            Some(time) => Literal::Time(text, time),
            None => return Err(format!("“{text}” is not a date and time as in 2011-05-13T04:42:34Z")),
        },
        (Some(Kind::Binary), _) if ordering => return refuse("binary"),
        (None, Literal::Bool(_)) if ordering || substring => return refuse("unknown to the schema"),
        (None, Literal::Number(_)) if substring => return refuse("unknown to the schema"),
        (Some(_), Literal::Number(value)) => Literal::Text(value.to_string()),
        (Some(_), Literal::Bool(value)) => Literal::Text(value.to_string()),
        (_, literal) => literal,
    };
    Ok(Filter::Compare(path, op, literal))
}

fn boolean(literal: &Literal) -> Option<bool> {
    match literal {
        Literal::Bool(value) => Some(*value),
        Literal::Text(text) => crate::value::boolean(text),
        _ => None,
    }
}

fn number(literal: &Literal) -> Option<Literal> {
    match literal {
        Literal::Number(value) => Some(Literal::Number(value.clone())),
        Literal::Text(text) => super::parser::number(text.trim()).map(Literal::Number),
        _ => None,
    }
}
