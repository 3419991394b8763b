//! The parameters of a request: each once, empty ones as if they were not there (RFC 6749 section 3.1).

use std::collections::{BTreeMap, BTreeSet};

use super::error::{ErrorCode, OAuthError};

/// Most parameters of one request.
const MAX_PARAMETERS: usize = 100;

/// Longest parameter in bytes; an ID token hint or a client assertion may be this long.
const MAX_VALUE: usize = crate::MAX_TOKEN_BYTES;

/// The parameters of a query or a form.
#[derive(Clone, Default)]
pub struct Form {
    values: BTreeMap<String, String>,
    repeated: BTreeSet<String>,
}

impl Form {
    /// Reads name and value pairs, and refuses a request in which one stands twice.
    pub fn parse<N: AsRef<str>, V: AsRef<str>>(
        pairs: impl IntoIterator<Item = (N, V)>,
    ) -> Result<Form, OAuthError> {
        let form = Form::collect(pairs)?;
        match form.repeated.first() {
            None => Ok(form),
            Some(name) => Err(repeated(name)),
        }
    }

    /// Reads name and value pairs, and only remembers which stand twice; those have no value.
    pub(crate) fn collect<N: AsRef<str>, V: AsRef<str>>(
        pairs: impl IntoIterator<Item = (N, V)>,
    ) -> Result<Form, OAuthError> {
        let mut form = Form::default();
        for (count, (name, value)) in pairs.into_iter().enumerate() {
            let (name, value) = (name.as_ref(), value.as_ref());
            if count >= MAX_PARAMETERS || name.len() > 200 || value.len() > MAX_VALUE {
                return Err(OAuthError::new(
                    ErrorCode::InvalidRequest,
                    "The request has too many or too long parameters.",
                ));
            }
            if form.repeated.contains(name) {
                continue;
            }
            if form.values.contains_key(name) {
                form.values.remove(name);
                form.repeated.insert(name.to_owned());
            } else {
                form.values.insert(name.to_owned(), value.to_owned());
            }
        }
        Ok(form)
    }

    /// The value, if it is there and not empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    pub(crate) fn is_repeated(&self, name: &str) -> bool {
        self.repeated.contains(name)
    }

    pub(crate) fn first_repeated(&self) -> Option<&str> {
        self.repeated.first().map(String::as_str)
    }
}

pub(crate) fn repeated(name: &str) -> OAuthError {
    OAuthError::new(ErrorCode::InvalidRequest, format!("The parameter {name} stands twice; send it once."))
}
