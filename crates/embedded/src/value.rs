//! Values on their way in and out.

use std::borrow::Cow;
use std::fmt;

use rusqlite::types::{ToSqlOutput, ValueRef as Raw};
use sqlx_core::encode::{Encode, IsNull};
use sqlx_core::error::BoxDynError;
use sqlx_core::types::Type;

use crate::Sqlite;

/// SQLite's storage classes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// NULL.
    Null,
    /// INTEGER.
    Integer,
    /// REAL.
    Real,
    /// TEXT.
    Text,
    /// BLOB.
    Blob,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(sqlx_core::type_info::TypeInfo::name(self))
    }
}

impl sqlx_core::type_info::TypeInfo for Kind {
    fn is_null(&self) -> bool {
        *self == Self::Null
    }

    fn name(&self) -> &str {
        match self {
            Self::Null => "NULL",
            Self::Integer => "INTEGER",
            Self::Real => "REAL",
            Self::Text => "TEXT",
            Self::Blob => "BLOB",
        }
    }
}

/// A value of a column, or of a parameter.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// NULL.
    Null,
    /// INTEGER.
    Integer(i64),
    /// REAL.
    Real(f64),
    /// TEXT, as UTF-8.
    Text(String),
    /// BLOB.
    Blob(Vec<u8>),
}

impl Value {
    pub(crate) const fn kind(&self) -> Kind {
        match self {
            Self::Null => Kind::Null,
            Self::Integer(_) => Kind::Integer,
            Self::Real(_) => Kind::Real,
            Self::Text(_) => Kind::Text,
            Self::Blob(_) => Kind::Blob,
        }
    }

    /// A copy of what SQLite shows of a column.
    pub(crate) fn copied(raw: Raw<'_>) -> Result<Self, std::str::Utf8Error> {
        Ok(match raw {
            Raw::Null => Self::Null,
            Raw::Integer(value) => Self::Integer(value),
            Raw::Real(value) => Self::Real(value),
            Raw::Text(bytes) => Self::Text(std::str::from_utf8(bytes)?.to_owned()),
            Raw::Blob(bytes) => Self::Blob(bytes.to_vec()),
        })
    }
}

impl rusqlite::ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => Raw::Null,
            Self::Integer(value) => Raw::Integer(*value),
            Self::Real(value) => Raw::Real(*value),
            Self::Text(text) => Raw::Text(text.as_bytes()),
            Self::Blob(bytes) => Raw::Blob(bytes),
        }))
    }
}

impl sqlx_core::value::Value for Value {
    type Database = Sqlite;

    fn as_ref(&self) -> ValueRef<'_> {
        ValueRef(self)
    }

    fn type_info(&self) -> Cow<'_, Kind> {
        Cow::Owned(self.kind())
    }

    fn is_null(&self) -> bool {
        *self == Self::Null
    }
}

/// A value within a row.
#[derive(Debug, Clone, Copy)]
pub struct ValueRef<'r>(pub(crate) &'r Value);

impl<'r> sqlx_core::value::ValueRef<'r> for ValueRef<'r> {
    type Database = Sqlite;

    fn to_owned(&self) -> Value {
        self.0.clone()
    }

    fn type_info(&self) -> Cow<'_, Kind> {
        Cow::Owned(self.0.kind())
    }

    fn is_null(&self) -> bool {
        *self.0 == Value::Null
    }
}

/// Where parameters are encoded to.
pub type ArgumentBuffer = Vec<Value>;

/// The parameters of a statement; `$1` is the first.
#[derive(Debug, Default)]
pub struct Arguments(pub(crate) ArgumentBuffer);

impl sqlx_core::arguments::Arguments for Arguments {
    type Database = Sqlite;

    fn reserve(&mut self, additional: usize, _bytes: usize) {
        self.0.reserve(additional);
    }

    fn add<'t, T>(&mut self, value: T) -> Result<(), BoxDynError>
    where
        T: Encode<'t, Sqlite> + Type<Sqlite>,
    {
        let before = self.0.len();
        match value.encode(&mut self.0) {
            Ok(IsNull::Yes) => self.0.push(Value::Null),
            Ok(IsNull::No) => {}
            Err(error) => {
                self.0.truncate(before);
                return Err(error);
            }
        }
        Ok(())
    }

    fn len(&self) -> usize {
        self.0.len()
    }
}
