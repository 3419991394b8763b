//! The authorization request that sends a person to the identity provider (OpenID Connect Core 3.1.2.1 with RFC 7636).

use url::Url;

use crate::rejection::{Rejection, RejectionCode};

/// Parameters that only this module sets.
const OWN: &[&str] = &[
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
    "response_mode",
    "request",
    "request_uri",
];

/// An authorization request: code flow with PKCE S256, state and nonce.
#[derive(Clone, Copy, Debug)]
pub struct AuthorizationUrl<'a> {
    /// The provider's authorization endpoint; its own query is kept.
    pub endpoint: &'a str,
    /// Our client id there.
    pub client_id: &'a str,
    /// Our callback.
    pub redirect_uri: &'a str,
    /// Scopes; `openid` is added when missing.
    pub scopes: &'a [&'a str],
    /// Random, bound to the browser.
    pub state: &'a str,
    /// Random, to come back in the ID token.
    pub nonce: &'a str,
    /// [`crate::pkce::Pkce::challenge`].
    pub code_challenge: &'a str,
    /// The e-mail address the person typed.
    pub login_hint: Option<&'a str>,
    /// `login`, `select_account`, …
    pub prompt: Option<&'a str>,
    /// Longest time since the last sign-in there, in seconds.
    pub max_age: Option<u64>,
    /// Wanted authentication classes, in order of preference.
    pub acr_values: &'a [&'a str],
    /// Further parameters, such as `hd` for Google; those named above cannot be overridden.
    pub extra: &'a [(&'a str, &'a str)],
}

impl<'a> AuthorizationUrl<'a> {
    /// A request with what must be there and the scopes `openid email profile`.
    pub const fn new(
        endpoint: &'a str,
        client_id: &'a str,
        redirect_uri: &'a str,
        (state, nonce, code_challenge): (&'a str, &'a str, &'a str),
    ) -> Self {
        AuthorizationUrl {
            endpoint,
            client_id,
            redirect_uri,
            scopes: &["openid", "email", "profile"],
            state,
            nonce,
            code_challenge,
            login_hint: None,
            prompt: None,
            max_age: None,
            acr_values: &[],
            extra: &[],
        }
    }

    /// The URL to send the browser to.
    pub fn build(&self) -> Result<String, Rejection> {
        let mut url = Url::parse(self.endpoint).map_err(|_| {
            Rejection::new(
                RejectionCode::EndpointMissing,
                "The provider's authorization endpoint is not a web address. Check the connection's settings.",
            )
            .expected("an absolute URL")
            .received(self.endpoint)
        })?;
        let mut scopes: Vec<&str> = self.scopes.to_vec();
        if !scopes.contains(&"openid") {
            scopes.insert(0, "openid");
        }
        let kept: Vec<(String, String)> = url
            .query_pairs()
            .filter(|(name, _)| !OWN.contains(&name.as_ref()))
            .map(|(n, v)| (n.into(), v.into()))
            .collect();
        {
            let mut query = url.query_pairs_mut();
            query.clear().extend_pairs(kept);
            query.append_pair("response_type", "code");
            query.append_pair("client_id", self.client_id);
            query.append_pair("redirect_uri", self.redirect_uri);
            query.append_pair("scope", &scopes.join(" "));
            query.append_pair("state", self.state);
            query.append_pair("nonce", self.nonce);
            query.append_pair("code_challenge", self.code_challenge);
            query.append_pair("code_challenge_method", "S256");
            let max_age = self.max_age.map(|seconds| seconds.to_string());
            let acr_values = (!self.acr_values.is_empty()).then(|| self.acr_values.join(" "));
            let optional = [
                ("login_hint", self.login_hint),
                ("prompt", self.prompt),
                ("max_age", max_age.as_deref()),
                ("acr_values", acr_values.as_deref()),
            ];
            for (name, value) in optional {
                if let Some(value) = value {
                    query.append_pair(name, value);
                }
            }
            for (name, value) in self.extra.iter().filter(|(name, _)| !OWN.contains(name)) {
                query.append_pair(name, value);
            }
        }
        url.set_fragment(None);
        Ok(url.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn request_has_every_parameter_once_and_keeps_the_endpoints_query() {
        let request = AuthorizationUrl {
            login_hint: Some("ann+x@acme.test"),
            max_age: Some(0),
            extra: &[("hd", "acme.test"), ("state", "evil")],
            ..AuthorizationUrl::new(
                "https://idp.test/auth?p=b2c&nonce=old",
                "c 1",
                "https://we.test/cb",
                ("s", "n", "ch"),
            )
        };
        assert_eq!(
            request.build().unwrap(),
            "https://idp.test/auth?p=b2c&response_type=code&client_id=c+1&redirect_uri=https%3A%2F%2Fwe.test%2Fcb\
             &scope=openid+email+profile&state=s&nonce=n&code_challenge=ch&code_challenge_method=S256\
             &login_hint=ann%2Bx%40acme.test&max_age=0&hd=acme.test"
        );
    }

    #[test]
    fn endpoint_that_is_no_address_is_refused() {
        let request = AuthorizationUrl::new("idp/auth", "c", "https://we.test/cb", ("s", "n", "ch"));
        assert_eq!(request.build().unwrap_err().code, RejectionCode::EndpointMissing);
    }
}
