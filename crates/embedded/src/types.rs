//! Which Rust types travel as which storage class. `Option` of any of them is NULL when there is none.

use sqlx_core::decode::Decode;
use sqlx_core::encode::{Encode, IsNull};
use sqlx_core::error::BoxDynError;
use sqlx_core::types::Type;

use crate::Sqlite;
use crate::value::{ArgumentBuffer, Kind, Value, ValueRef};

fn mismatch(wanted: &str, value: ValueRef<'_>) -> BoxDynError {
    format!("{wanted} was expected, the column holds {}", value.0.kind()).into()
}

fn integer(value: ValueRef<'_>) -> Result<i64, BoxDynError> {
    match value.0 {
        Value::Integer(number) => Ok(*number),
        _ => Err(mismatch("an integer", value)),
    }
}

macro_rules! kind {
    ($($ty:ty => $kind:ident),* $(,)?) => {$(
        impl Type<Sqlite> for $ty {
            fn type_info() -> Kind {
                Kind::$kind
            }
        }
    )*};
}
kind!(bool => Integer, i16 => Integer, i32 => Integer, i64 => Integer, f64 => Real, str => Text, String => Text, [u8] => Blob, Vec<u8> => Blob);

macro_rules! integers {
    ($($ty:ty),*) => {$(
        impl Encode<'_, Sqlite> for $ty {
            fn encode_by_ref(&self, buffer: &mut ArgumentBuffer) -> Result<IsNull, BoxDynError> {
                buffer.push(Value::Integer(i64::from(*self)));
                Ok(IsNull::No)
            }
        }
    )*};
}
integers!(bool, i16, i32, i64);

impl Decode<'_, Sqlite> for bool {
    fn decode(value: ValueRef<'_>) -> Result<Self, BoxDynError> {
        Ok(integer(value)? != 0)
    }
}

impl Decode<'_, Sqlite> for i64 {
    fn decode(value: ValueRef<'_>) -> Result<Self, BoxDynError> {
        integer(value)
    }
}

impl Decode<'_, Sqlite> for i32 {
    fn decode(value: ValueRef<'_>) -> Result<Self, BoxDynError> {
        Ok(integer(value)?.try_into()?)
    }
}

impl Decode<'_, Sqlite> for i16 {
    fn decode(value: ValueRef<'_>) -> Result<Self, BoxDynError> {
        Ok(integer(value)?.try_into()?)
    }
}

impl Encode<'_, Sqlite> for f64 {
    fn encode_by_ref(&self, buffer: &mut ArgumentBuffer) -> Result<IsNull, BoxDynError> {
        buffer.push(Value::Real(*self));
        Ok(IsNull::No)
    }
}

impl Decode<'_, Sqlite> for f64 {
    fn decode(value: ValueRef<'_>) -> Result<Self, BoxDynError> {
        match value.0 {
            Value::Real(number) => Ok(*number),
            _ => Err(mismatch("a number", value)),
        }
    }
}

impl Encode<'_, Sqlite> for &'_ str {
    fn encode_by_ref(&self, buffer: &mut ArgumentBuffer) -> Result<IsNull, BoxDynError> {
        buffer.push(Value::Text((*self).to_owned()));
        Ok(IsNull::No)
    }
}

impl Encode<'_, Sqlite> for String {
    fn encode(self, buffer: &mut ArgumentBuffer) -> Result<IsNull, BoxDynError> {
        buffer.push(Value::Text(self));
        Ok(IsNull::No)
    }

    fn encode_by_ref(&self, buffer: &mut ArgumentBuffer) -> Result<IsNull, BoxDynError> {
        buffer.push(Value::Text(self.clone()));
        Ok(IsNull::No)
    }
}

impl<'r> Decode<'r, Sqlite> for &'r str {
    fn decode(value: ValueRef<'r>) -> Result<Self, BoxDynError> {
        match value.0 {
            Value::Text(text) => Ok(text),
            _ => Err(mismatch("a text", value)),
        }
    }
}

impl Decode<'_, Sqlite> for String {
    fn decode(value: ValueRef<'_>) -> Result<Self, BoxDynError> {
        <&str as Decode<Sqlite>>::decode(value).map(ToOwned::to_owned)
    }
}

impl Encode<'_, Sqlite> for &'_ [u8] {
    fn encode_by_ref(&self, buffer: &mut ArgumentBuffer) -> Result<IsNull, BoxDynError> {
        buffer.push(Value::Blob(self.to_vec()));
        Ok(IsNull::No)
    }
}

impl Encode<'_, Sqlite> for Vec<u8> {
    fn encode(self, buffer: &mut ArgumentBuffer) -> Result<IsNull, BoxDynError> {
        buffer.push(Value::Blob(self));
        Ok(IsNull::No)
    }

    fn encode_by_ref(&self, buffer: &mut ArgumentBuffer) -> Result<IsNull, BoxDynError> {
        buffer.push(Value::Blob(self.clone()));
        Ok(IsNull::No)
    }
}

impl<'r> Decode<'r, Sqlite> for &'r [u8] {
    fn decode(value: ValueRef<'r>) -> Result<Self, BoxDynError> {
        match value.0 {
            Value::Blob(bytes) => Ok(bytes),
            _ => Err(mismatch("bytes", value)),
        }
    }
}

impl Decode<'_, Sqlite> for Vec<u8> {
    fn decode(value: ValueRef<'_>) -> Result<Self, BoxDynError> {
        <&[u8] as Decode<Sqlite>>::decode(value).map(<[u8]>::to_vec)
    }
}
