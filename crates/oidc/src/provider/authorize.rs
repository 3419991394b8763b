//! The authorization request of an application (OpenID Connect Core 3.1.2.1, RFC 6749 section 4.1.1, RFC 7636).
//!
//! Owns the checks that need no storage, and the question whether an error may go back to the application. The caller
//! looks the application up, then calls [`AuthorizeRequest::check_client`] or [`ErrorTarget::confirm`]: nothing is ever
//! redirected to an address that is not registered.

use serde::{Deserialize, Serialize};

use super::claims_request::ClaimsRequest;
use super::error::{ErrorCode, OAuthError};
use super::form::{self, Form};
use super::redirect::{self, Reply, ResponseMode};
use crate::pkce;

/// What an application may do, for the checks of its requests.
#[derive(Clone, Copy, Debug)]
pub struct ClientRules<'a> {
    /// The registered redirect URIs.
    pub redirect_uris: &'a [String],
    /// `application_type` is `native`: the port of a loopback redirect URI is free (RFC 8252 section 7.3).
    pub native: bool,
    /// Requests without PKCE are taken. Never for an application without a secret or key.
    pub pkce_optional: bool,
}

/// `prompt` (OpenID Connect Core 3.1.2.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is one word of a parameter that is a set of words")]
pub struct Prompt {
    /// Show no page; answer at once, if need be with an error.
    pub none: bool,
    /// Sign in again.
    pub login: bool,
    /// Ask for consent.
    pub consent: bool,
    /// Let the person choose the account.
    pub select_account: bool,
}

/// A well-formed authorization request: code flow with the scope `openid`. It serialises, so that it can wait in storage
/// while the person signs in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorizeRequest {
    /// The application that asks.
    pub client_id: String,
    /// Where the answer goes; registered only after [`AuthorizeRequest::check_client`].
    pub redirect_uri: String,
    /// All requested scopes, unknown ones too, in order.
    pub scopes: Vec<String>,
    /// Repeated in the answer.
    pub state: Option<String>,
    /// Repeated in the ID token.
    pub nonce: Option<String>,
    /// PKCE S256 challenge.
    pub code_challenge: Option<String>,
    /// How the answer travels.
    pub response_mode: ResponseMode,
    /// What may or must be shown.
    pub prompt: Prompt,
    /// Longest time since the sign-in, in seconds.
    pub max_age: Option<u32>,
    /// The person's e-mail address, perhaps.
    pub login_hint: Option<String>,
    /// Verify with [`super::verify_id_token_hint`].
    pub id_token_hint: Option<String>,
    /// Wanted authentication classes.
    pub acr_values: Vec<String>,
    /// Claims asked for by name.
    #[serde(default, skip_serializing_if = "ClaimsRequest::is_empty")]
    pub claims: ClaimsRequest,
    /// Languages the person prefers.
    pub ui_locales: Vec<String>,
    /// Goes straight to the identity provider of the organization that holds this e-mail domain.
    pub domain_hint: Option<String>,
    /// Goes straight to the identity provider of this organization.
    pub organization: Option<String>,
    /// Goes straight to this connection.
    pub connection: Option<String>,
}

/// Where an error would go, if the address turns out to be registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorTarget {
    /// The application that asked.
    pub client_id: String,
    redirect_uri: String,
    state: Option<String>,
    response_mode: ResponseMode,
}

impl ErrorTarget {
    /// The answer that carries `error` to the application, if its redirect URI is registered. Otherwise a page must say
    /// it.
    pub fn confirm(&self, rules: &ClientRules<'_>, error: &OAuthError, issuer: &str) -> Option<Reply> {
        redirect::is_registered(rules.redirect_uris, &self.redirect_uri, rules.native).then(|| {
            redirect::error_reply(
                &self.redirect_uri,
                self.response_mode,
                error,
                self.state.as_deref(),
                issuer,
            )
        })
    }
}

/// A request that cannot be served.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{error}")]
pub struct AuthorizeError {
    /// What is wrong.
    pub error: OAuthError,
    /// Where it may be sent; `None`: only a page can say it, because the address or the application is in doubt.
    pub target: Option<ErrorTarget>,
}

impl AuthorizeRequest {
    /// Reads the parameters of the query or the form.
    pub fn parse<N: AsRef<str>, V: AsRef<str>>(
        pairs: impl IntoIterator<Item = (N, V)>,
    ) -> Result<AuthorizeRequest, AuthorizeError> {
        let on_page = |error| AuthorizeError { error, target: None };
        let form = Form::collect(pairs).map_err(on_page)?;
        for name in ["client_id", "redirect_uri"] {
            if form.is_repeated(name) {
                return Err(on_page(form::repeated(name)));
            }
        }
        let needed = |name: &str| {
            form.get(name).ok_or_else(|| {
                on_page(OAuthError::new(
                    ErrorCode::InvalidRequest,
                    format!("The parameter {name} is missing."),
                ))
            })
        };
        let client_id = needed("client_id")?.to_owned();
        let redirect_uri = needed("redirect_uri")?.to_owned();
        let asked_mode = form.get("response_mode").map(ResponseMode::from_name);
        let target = ErrorTarget {
            client_id: client_id.clone(),
            redirect_uri: redirect_uri.clone(),
            state: form.get("state").map(str::to_owned),
            response_mode: asked_mode.flatten().unwrap_or_default(),
        };
        read(&form, client_id, redirect_uri, target.response_mode)
            .map_err(|error| AuthorizeError { error, target: Some(target) })
    }

    /// The checks that need the application's registration: redirect URI, PKCE. An error about the redirect URI has no
    /// target.
    pub fn check_client(&self, rules: &ClientRules<'_>) -> Result<(), AuthorizeError> {
        if !redirect::is_registered(rules.redirect_uris, &self.redirect_uri, rules.native) {
            let error = OAuthError::new(
                ErrorCode::InvalidRequest,
                format!("The redirect_uri {} is not registered for this application.", self.redirect_uri),
            );
            return Err(AuthorizeError { error, target: None });
        }
        if self.code_challenge.is_none() && !rules.pkce_optional {
            let error = OAuthError::new(
                ErrorCode::InvalidRequest,
                "PKCE is missing: send code_challenge and code_challenge_method=S256.",
            );
            return Err(AuthorizeError { error, target: Some(self.target()) });
        }
        Ok(())
    }

    /// Whether the scope was asked for.
    pub fn wants(&self, scope: &str) -> bool {
        self.scopes.iter().any(|one| one == scope)
    }

    /// The answer with a code. Call only after [`AuthorizeRequest::check_client`].
    pub fn code_reply(&self, code: &str, issuer: &str) -> Reply {
        redirect::code_reply(&self.redirect_uri, self.response_mode, code, self.state.as_deref(), issuer)
    }

    /// The answer with an error. Call only after [`AuthorizeRequest::check_client`].
    pub fn error_reply(&self, error: &OAuthError, issuer: &str) -> Reply {
        redirect::error_reply(&self.redirect_uri, self.response_mode, error, self.state.as_deref(), issuer)
    }

    fn target(&self) -> ErrorTarget {
        ErrorTarget {
            client_id: self.client_id.clone(),
            redirect_uri: self.redirect_uri.clone(),
            state: self.state.clone(),
            response_mode: self.response_mode,
        }
    }
}

fn read(
    form: &Form,
    client_id: String,
    redirect_uri: String,
    response_mode: ResponseMode,
) -> Result<AuthorizeRequest, OAuthError> {
    check_unsupported(form)?;
    let text = |name: &str, longest: usize| match form.get(name) {
        Some(value) if value.len() > longest => Err(wrong(format!("{name} is longer than {longest} bytes."))),
        value => Ok(value.map(str::to_owned)),
    };
    let words = |name: &str| -> Vec<String> {
        form.get(name).unwrap_or_default().split_ascii_whitespace().take(50).map(str::to_owned).collect()
    };
    let scopes = words("scope");
    if !scopes.iter().any(|scope| scope == "openid") {
        return Err(OAuthError::new(ErrorCode::InvalidScope, "The scope must contain openid."));
    }
    let request = AuthorizeRequest {
        client_id,
        redirect_uri,
        scopes,
        state: text("state", 8192)?,
        nonce: text("nonce", 1024)?,
        code_challenge: code_challenge(form)?,
        response_mode,
        prompt: prompt(&words("prompt"))?,
        max_age: max_age(form)?,
        login_hint: text("login_hint", 1024)?,
        id_token_hint: text("id_token_hint", crate::MAX_TOKEN_BYTES)?,
        acr_values: text("acr_values", 2048).map(|_| words("acr_values"))?,
        claims: form.get("claims").map(ClaimsRequest::parse).transpose()?.unwrap_or_default(),
        domain_hint: text("domain_hint", 256)?,
        ui_locales: words("ui_locales"),
        organization: text("organization", 256)?,
        connection: text("connection", 256)?,
    };
    Ok(request)
}

fn check_unsupported(form: &Form) -> Result<(), OAuthError> {
    // RFC 8707 lets `resource` stand more than once; we ignore it.
    if let Some(name) = form.first_repeated().filter(|name| *name != "resource") {
        return Err(form::repeated(name));
    }
    for (name, code) in [
        ("request", ErrorCode::RequestNotSupported),
        ("request_uri", ErrorCode::RequestUriNotSupported),
        ("registration", ErrorCode::RegistrationNotSupported),
    ] {
        if form.get(name).is_some() {
            return Err(OAuthError::new(code, format!("The parameter {name} is not supported.")));
        }
    }
    match form.get("response_type") {
        Some("code") => {}
        None => return Err(wrong("The parameter response_type is missing; it must be code.")),
        Some(_) => {
            return Err(OAuthError::new(
                ErrorCode::UnsupportedResponseType,
                "Only response_type=code is supported.",
            ));
        }
    }
    match form.get("response_mode").map(ResponseMode::from_name) {
        Some(None) => Err(wrong("response_mode must be query or form_post.")),
        _ => Ok(()),
    }
}

fn code_challenge(form: &Form) -> Result<Option<String>, OAuthError> {
    match (form.get("code_challenge"), form.get("code_challenge_method")) {
        (None, None) => Ok(None),
        (None, Some(_)) => Err(wrong("code_challenge_method came without code_challenge.")),
        (Some(challenge), Some("S256")) if pkce::is_challenge(challenge) => Ok(Some(challenge.to_owned())),
        (Some(_), Some("S256")) => Err(wrong("code_challenge must be 43 characters of base64url.")),
        (Some(_), _) => Err(wrong("code_challenge_method must be S256.")),
    }
}

fn prompt(words: &[String]) -> Result<Prompt, OAuthError> {
    let mut prompt = Prompt::default();
    for word in words {
        let flag = match word.as_str() {
            "none" => &mut prompt.none,
            "login" => &mut prompt.login,
            "consent" => &mut prompt.consent,
            "select_account" => &mut prompt.select_account,
            _ => return Err(wrong("prompt must be none, login, consent or select_account.")),
        };
        *flag = true;
    }
    if prompt.none && words.len() > 1 {
        return Err(wrong("prompt=none stands alone."));
    }
    Ok(prompt)
}

fn max_age(form: &Form) -> Result<Option<u32>, OAuthError> {
    let Some(text) = form.get("max_age") else { return Ok(None) };
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let age = digits.then(|| text.parse().ok()).flatten();
    age.map(Some).ok_or_else(|| wrong("max_age must be a whole number of seconds."))
}

fn wrong(description: impl AsRef<str>) -> OAuthError {
    OAuthError::new(ErrorCode::InvalidRequest, description)
}

#[cfg(test)]
#[path = "authorize_tests.rs"]
mod tests;
