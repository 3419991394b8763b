//! How ids, states and times travel in columns, and the small helpers that statements share.

use std::error::Error;
use std::fmt::Display;
use std::str::FromStr;

use model::Time;
use sqlx::encode::IsNull;
use sqlx::{Database, Decode, Encode, Type};

/// A value that is stored as the text it shows and reads: ids, states, hashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Text<T>(pub T);

impl<T, D: Database> Type<D> for Text<T>
where
    String: Type<D>,
{
    fn type_info() -> D::TypeInfo {
        <String as Type<D>>::type_info()
    }
    fn compatible(ty: &D::TypeInfo) -> bool {
        <String as Type<D>>::compatible(ty)
    }
}

impl<'q, T: Display, D: Database> Encode<'q, D> for Text<T>
where
    String: Encode<'q, D>,
{
    fn encode_by_ref(&self, buf: &mut D::ArgumentBuffer) -> Result<IsNull, Box<dyn Error + Send + Sync>> {
        self.0.to_string().encode(buf)
    }
}

impl<'r, T, D: Database> Decode<'r, D> for Text<T>
where
    T: FromStr,
    T::Err: Error + Send + Sync + 'static,
    &'r str: Decode<'r, D>,
{
    fn decode(value: D::ValueRef<'r>) -> Result<Self, Box<dyn Error + Send + Sync>> {
        Ok(Self(<&str as Decode<'r, D>>::decode(value)?.parse()?))
    }
}

/// A [`Time`] as BIGINT microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct At(pub Time);

impl<D: Database> Type<D> for At
where
    i64: Type<D>,
{
    fn type_info() -> D::TypeInfo {
        <i64 as Type<D>>::type_info()
    }
    fn compatible(ty: &D::TypeInfo) -> bool {
        <i64 as Type<D>>::compatible(ty)
    }
}

impl<'q, D: Database> Encode<'q, D> for At
where
    i64: Encode<'q, D>,
{
    fn encode_by_ref(&self, buf: &mut D::ArgumentBuffer) -> Result<IsNull, Box<dyn Error + Send + Sync>> {
        self.0.as_micros().encode(buf)
    }
}

impl<'r, D: Database> Decode<'r, D> for At
where
    i64: Decode<'r, D>,
{
    fn decode(value: D::ValueRef<'r>) -> Result<Self, Box<dyn Error + Send + Sync>> {
        Ok(Self(Time::from_micros(<i64 as Decode<'r, D>>::decode(value)?)))
    }
}

/// The form in which names and addresses are compared: trimmed, lower case by Unicode's rules.
pub fn fold(text: &str) -> String {
    text.trim().to_lowercase()
}

/// Values in the list of a statement. Always as many: a statement of its own for each length would be new each time.
pub(crate) const LISTED: usize = 100;

/// The parameters of a list, the first with this number.
pub(crate) fn list_from(first: usize) -> String {
    let all: Vec<String> = (first..first + LISTED).map(|number| format!("${number}")).collect();
    all.join(", ")
}

/// These values, of which there are at most [`LISTED`] and at least one, and what is left of the list with the last one.
pub(crate) fn listed<T: ToString>(some: &[T]) -> impl Iterator<Item = Option<String>> {
    (0..LISTED).map(|at| some.get(at).or(some.last()).map(ToString::to_string))
}

/// One page of a list that is read by following a cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The rows.
    pub items: Vec<T>,
    /// Pass it back to read on; none at the end.
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// Makes a page out of up to `limit + 1` rows: the extra row tells that there is more.
    pub(crate) fn from_rows(mut items: Vec<T>, limit: usize, cursor: impl Fn(&T) -> String) -> Self {
        let more = items.len() > limit;
        items.truncate(limit);
        let next = if more { items.last().map(cursor) } else { None };
        Self { items, next }
    }
}
