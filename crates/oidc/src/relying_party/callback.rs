//! What the identity provider's redirect brings back (RFC 6749 section 4.1.2, OpenID Connect Core 3.1.2.5–6, RFC 9207).
//!
//! Owns reading the parameters and explaining the provider's errors. The caller finds the started login by `state`
//! between [`Callback::parse`] and [`Callback::code`].

use aws_lc_rs::constant_time::verify_slices_are_equal;

use super::explain;
use crate::rejection::{Rejection, RejectionCode};

/// Longest parameter we read, in bytes.
const MAX_PARAMETER: usize = 16 * 1024;

/// The parameters of a callback; nothing in it is believed yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Callback {
    /// Finds the login that this answers.
    pub state: String,
    code: Option<String>,
    issuer: Option<String>,
    error: Option<String>,
    error_description: Option<String>,
}

/// What the started login knows about the answer.
#[derive(Clone, Copy, Debug)]
pub struct CallbackExpected<'a> {
    /// The `state` we sent.
    pub state: &'a str,
    /// The connection's issuer.
    pub issuer: &'a str,
    /// [`super::Discovery::issuer_in_response`]: the provider promised to send `iss`.
    pub issuer_in_response: bool,
}

impl Callback {
    /// Reads the query, or the form of a `form_post`. Unknown parameters are ignored, repeated ones refused.
    pub fn parse<N: AsRef<str>, V: AsRef<str>>(
        pairs: impl IntoIterator<Item = (N, V)>,
    ) -> Result<Self, Rejection> {
        let (mut state, mut code, mut issuer, mut error, mut error_description) =
            (None, None, None, None, None);
        for (name, value) in pairs {
            let (name, value) = (name.as_ref(), value.as_ref());
            let slot = match name {
                "state" => &mut state,
                "code" => &mut code,
                "iss" => &mut issuer,
                "error" => &mut error,
                "error_description" => &mut error_description,
                _ => continue,
            };
            if value.len() > MAX_PARAMETER || slot.replace(value.to_owned()).is_some() {
                return Err(malformed(&format!("\"{name}\" twice, or far too long")));
            }
        }
        let state = state.filter(|state| !state.is_empty()).ok_or_else(|| {
            Rejection::new(
                RejectionCode::CallbackMalformed,
                "The identity provider sent someone here without saying which sign-in it answers. A tile in the provider's \
                 portal must point to our sign-in page, not to the redirect URI.",
            )
            .expected("\"state\" with \"code\" or \"error\"")
            .received("no \"state\"")
        })?;
        Ok(Callback { state, code, issuer, error, error_description })
    }

    /// Checks the parameters against the login that was started, and gives the code to redeem.
    pub fn code(&self, expected: &CallbackExpected<'_>) -> Result<&str, Rejection> {
        if verify_slices_are_equal(self.state.as_bytes(), expected.state.as_bytes()).is_err() {
            return Err(Rejection::new(
                RejectionCode::StateMismatch,
                "This answer belongs to a sign-in that was started in another browser or tab. Start the sign-in again.",
            )
            .expected("the state of this browser's sign-in")
            .received(&self.state));
        }
        self.check_issuer(expected)?;
        if let Some(error) = &self.error {
            return Err(explain::authorization_error(error, self.error_description.as_deref()));
        }
        match &self.code {
            Some(code) if !code.is_empty() => Ok(code),
            _ => Err(malformed("neither \"code\" nor \"error\"")),
        }
    }

    /// RFC 9207 section 2.4: checked for errors too, so that one provider cannot answer for another.
    fn check_issuer(&self, expected: &CallbackExpected<'_>) -> Result<(), Rejection> {
        match self.issuer.as_deref() {
            Some(issuer) if issuer == expected.issuer => Ok(()),
            None if !expected.issuer_in_response => Ok(()),
            received => Err(Rejection::new(
                RejectionCode::ResponseIssuerMismatch,
                "The answer does not come from the identity provider that this sign-in went to. Start the sign-in again; \
                 if it repeats, compare the connection's issuer with the provider's console.",
            )
            .expected(expected.issuer)
            .received(received.unwrap_or("no \"iss\", although the provider announces one"))),
        }
    }
}

fn malformed(received: &str) -> Rejection {
    Rejection::new(
        RejectionCode::CallbackMalformed,
        "The identity provider's answer is incomplete or contradicts itself. Start the sign-in again.",
    )
    .expected("\"state\" with either \"code\" or \"error\", each once")
    .received(received)
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXPECTED: CallbackExpected<'_> =
        CallbackExpected { state: "s1", issuer: "https://idp.test", issuer_in_response: false };

    fn code(query: &str, expected: &CallbackExpected<'_>) -> Result<String, RejectionCode> {
        let callback = Callback::parse(form_urlencoded::parse(query.as_bytes())).map_err(|r| r.code)?;
        callback.code(expected).map(str::to_owned).map_err(|r| r.code)
    }

    #[test]
    fn good_answer_gives_the_code() {
        assert_eq!(code("code=abc&state=s1&session_state=x", &EXPECTED), Ok("abc".to_owned()));
        assert_eq!(code("code=abc&state=s1&iss=https%3A%2F%2Fidp.test", &EXPECTED), Ok("abc".to_owned()));
    }

    #[test]
    fn answers_that_are_refused() {
        let announced = CallbackExpected { issuer_in_response: true, ..EXPECTED };
        let table = [
            ("", &EXPECTED, RejectionCode::CallbackMalformed),
            ("code=abc", &EXPECTED, RejectionCode::CallbackMalformed),
            ("code=abc&state=", &EXPECTED, RejectionCode::CallbackMalformed),
            ("state=s1", &EXPECTED, RejectionCode::CallbackMalformed),
            ("state=s1&code=", &EXPECTED, RejectionCode::CallbackMalformed),
            ("state=s1&code=a&code=b", &EXPECTED, RejectionCode::CallbackMalformed),
            ("state=s1&state=s1&code=a", &EXPECTED, RejectionCode::CallbackMalformed),
            ("state=s2&code=a", &EXPECTED, RejectionCode::StateMismatch),
            ("state=s1&code=a", &announced, RejectionCode::ResponseIssuerMismatch),
            ("state=s1&code=a&iss=https://evil.test", &EXPECTED, RejectionCode::ResponseIssuerMismatch),
            (
                "state=s1&error=access_denied&iss=https://evil.test",
                &EXPECTED,
                RejectionCode::ResponseIssuerMismatch,
            ),
            ("state=s1&error=access_denied", &EXPECTED, RejectionCode::AccessDenied),
            ("state=s1&error=server_error&code=a", &EXPECTED, RejectionCode::ProviderError),
        ];
        for (query, expected, wanted) in table {
            assert_eq!(code(query, expected), Err(wanted), "{query}");
        }
        assert_eq!(
            code(&format!("state=s1&code={}", "a".repeat(20_000)), &EXPECTED),
            Err(RejectionCode::CallbackMalformed)
        );
    }
}
