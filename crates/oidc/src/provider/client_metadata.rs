//! An application's registration, in the names and rules of OpenID Connect Dynamic Client Registration 1.0 (RFC 7591),
//! RP-Initiated, Back-Channel and Front-Channel Logout, and Pushed Authorization Requests (RFC 9126 section 6).
//!
//! Owns reading and checking field by field, so that a form or the API can say everything that is wrong at once. Does not
//! own ids, secrets or storage.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use url::{Host, Url};

use super::key::SigningAlgorithm;
use crate::jwk::Jwks;
use crate::rejection::shown;

/// Most addresses in one list.
const MAX_URIS: usize = 50;

/// Longest address in bytes.
const MAX_URI: usize = 2000;

/// Longest [`ClientMetadata::refresh_token_leeway`].
pub const MAX_LEEWAY: u32 = 60;

/// The registration of an application. Members that are not listed are ignored (RFC 7591 section 2).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a member of the registration that is true or false"
)]
pub struct ClientMetadata {
    /// Name that people see.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_name: Option<String>,
    /// `web` or `native`.
    pub application_type: String,
    /// Where answers may go, character by character.
    pub redirect_uris: Vec<String>,
    /// Where the browser may go after a logout.
    pub post_logout_redirect_uris: Vec<String>,
    /// `client_secret_basic`, `client_secret_post`, `private_key_jwt` or `none`.
    pub token_endpoint_auth_method: String,
    /// Public keys for `private_key_jwt`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwks: Option<Value>,
    /// Where the public keys for `private_key_jwt` are published, instead of [`ClientMetadata::jwks`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwks_uri: Option<String>,
    /// `authorization_code` and `refresh_token`.
    pub grant_types: Vec<String>,
    /// `code`.
    pub response_types: Vec<String>,
    /// `RS256` or `ES256`.
    pub id_token_signed_response_alg: String,
    /// Where logout tokens are posted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backchannel_logout_uri: Option<String>,
    /// Whether a logout token must name the session.
    pub backchannel_logout_session_required: bool,
    /// A page of the application that our page after a logout loads in a frame.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frontchannel_logout_uri: Option<String>,
    /// Whether that address must be called with `iss` and `sid`; it always is.
    pub frontchannel_logout_session_required: bool,
    /// A page of the application where a sign-in starts, for tiles and mails.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub initiate_login_uri: Option<String>,
    /// Scopes the application may ask for, separated by spaces; `None` is all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// Whether PKCE must be used. Registrations may say `false` for applications with a secret or key that cannot.
    pub require_pkce: bool,
    /// Whether only pushed authorization requests are taken (RFC 9126 section 6).
    pub require_pushed_authorization_requests: bool,
    /// For so many seconds an exchanged refresh token may be exchanged once more, because the answer was lost.
    pub refresh_token_leeway: u32,
}

impl Default for ClientMetadata {
    fn default() -> Self {
        ClientMetadata {
            client_name: None,
            application_type: "web".to_owned(),
            redirect_uris: Vec::new(),
            post_logout_redirect_uris: Vec::new(),
            token_endpoint_auth_method: "client_secret_basic".to_owned(),
            jwks: None,
            jwks_uri: None,
            grant_types: vec!["authorization_code".to_owned(), "refresh_token".to_owned()],
            response_types: vec!["code".to_owned()],
            id_token_signed_response_alg: "RS256".to_owned(),
            backchannel_logout_uri: None,
            backchannel_logout_session_required: false,
            frontchannel_logout_uri: None,
            frontchannel_logout_session_required: false,
            initiate_login_uri: None,
            scope: None,
            require_pkce: true,
            require_pushed_authorization_requests: false,
            refresh_token_leeway: 0,
        }
    }
}

/// What is wrong with one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldProblem {
    /// The field's name in the registration.
    pub field: &'static str,
    /// A sentence that says what is wrong and what would be right.
    pub problem: String,
}

impl FieldProblem {
    /// The error code of RFC 7591 section 3.2.2.
    pub fn code(&self) -> &'static str {
        if self.field == "redirect_uris" { "invalid_redirect_uri" } else { "invalid_client_metadata" }
    }
}

impl ClientMetadata {
    /// Reads JSON field by field; a field of the wrong type is a problem of that field, `null` is as good as missing.
    pub fn from_json(object: &Map<String, Value>) -> Result<ClientMetadata, Vec<FieldProblem>> {
        let mut problems = Vec::new();
        let default = ClientMetadata::default();
        let mut reader = Reader { object, problems: &mut problems };
        let metadata = ClientMetadata {
            client_name: reader.field("client_name", "a text", default.client_name),
            application_type: reader.field("application_type", "a text", default.application_type),
            redirect_uris: reader.field("redirect_uris", "a list of addresses", default.redirect_uris),
            post_logout_redirect_uris: reader.field(
                "post_logout_redirect_uris",
                "a list of addresses",
                default.post_logout_redirect_uris,
            ),
            token_endpoint_auth_method: reader.field(
                "token_endpoint_auth_method",
                "a text",
                default.token_endpoint_auth_method,
            ),
            jwks: reader.field("jwks", "a key set", default.jwks),
            jwks_uri: reader.field("jwks_uri", "an address", None),
            grant_types: reader.field("grant_types", "a list of texts", default.grant_types),
            response_types: reader.field("response_types", "a list of texts", default.response_types),
            id_token_signed_response_alg: reader.field(
                "id_token_signed_response_alg",
                "a text",
                default.id_token_signed_response_alg,
            ),
            backchannel_logout_uri: reader.field("backchannel_logout_uri", "an address", None),
            backchannel_logout_session_required: reader.field(
                "backchannel_logout_session_required",
                "true or false",
                false,
            ),
            frontchannel_logout_uri: reader.field("frontchannel_logout_uri", "an address", None),
            frontchannel_logout_session_required: reader.field(
                "frontchannel_logout_session_required",
                "true or false",
                false,
            ),
            initiate_login_uri: reader.field("initiate_login_uri", "an address", None),
            scope: reader.field("scope", "a text", None),
            require_pkce: reader.field("require_pkce", "true or false", true),
            require_pushed_authorization_requests: reader.field(
                "require_pushed_authorization_requests",
                "true or false",
                false,
            ),
            refresh_token_leeway: reader.field("refresh_token_leeway", "a number of seconds", 0),
        };
        if problems.is_empty() { Ok(metadata) } else { Err(problems) }
    }

    /// Checks every field and names all problems. `insecure_http` also lets plain http through for other hosts than this
    /// machine, for development.
    pub fn validate(&self, insecure_http: bool) -> Result<(), Vec<FieldProblem>> {
        let mut found = Problems(Vec::new());
        found.name(self.client_name.as_deref());
        found.one_of("application_type", &self.application_type, &["web", "native"]);
        let methods = ["client_secret_basic", "client_secret_post", "private_key_jwt", "none"];
        found.one_of("token_endpoint_auth_method", &self.token_endpoint_auth_method, &methods);
        let algorithms: Vec<&str> =
            SigningAlgorithm::ALL.iter().map(|algorithm| algorithm.as_str()).collect();
        found.one_of("id_token_signed_response_alg", &self.id_token_signed_response_alg, &algorithms);
        for grant in &self.grant_types {
            found.one_of("grant_types", grant, &["authorization_code", "refresh_token"]);
        }
        if !self.grant_types.iter().any(|grant| grant == "authorization_code") {
            found.add("grant_types", "must contain authorization_code.");
        }
        if self.response_types != ["code"] {
            found.add("response_types", "must be exactly [\"code\"].");
        }
        self.validate_keys(&mut found);
        self.validate_uris(&mut found, insecure_http);
        if let Some(scope) = &self.scope {
            for one in scope.split_ascii_whitespace() {
                found.one_of("scope", one, super::scope::SCOPES);
            }
        }
        if !self.require_pkce && self.is_public() {
            found.add("require_pkce", "must stay true for an application without a secret or key.");
        }
        if self.refresh_token_leeway > MAX_LEEWAY {
            found.add("refresh_token_leeway", format!("must be at most {MAX_LEEWAY} seconds."));
        }
        if found.0.is_empty() { Ok(()) } else { Err(found.0) }
    }

    /// Whether the application has neither secret nor key.
    pub fn is_public(&self) -> bool {
        self.token_endpoint_auth_method == "none"
    }

    /// Whether it needs a client secret.
    pub fn has_secret(&self) -> bool {
        self.token_endpoint_auth_method.starts_with("client_secret_")
    }

    /// Whether it is a native application.
    pub fn is_native(&self) -> bool {
        self.application_type == "native"
    }

    /// The rules for its authorization requests.
    pub fn rules(&self) -> super::ClientRules<'_> {
        super::ClientRules {
            redirect_uris: &self.redirect_uris,
            native: self.is_native(),
            pkce_optional: !self.require_pkce && !self.is_public(),
        }
    }

    fn validate_keys(&self, found: &mut Problems) {
        let wants_keys = self.token_endpoint_auth_method == "private_key_jwt";
        let Some(jwks) = self.jwks.as_ref().filter(|jwks| !jwks.is_null()) else {
            if wants_keys && self.jwks_uri.is_none() {
                let why = "or jwks_uri is needed for private_key_jwt: give the application's public keys.";
                found.add("jwks", why);
            }
            return;
        };
        if self.jwks_uri.is_some() {
            found.add("jwks_uri", "cannot stand beside jwks: give one of the two.");
        }
        let Some(set) = jwks.as_object().and_then(Jwks::from_map) else {
            return found.add("jwks", "must be an object with a list \"keys\".");
        };
        for bad in &set.unusable {
            let kid = shown(bad.kid.as_deref().unwrap_or("without kid"));
            found.add("jwks", format!("cannot hold the key {kid}: it {}.", bad.problem.in_words()));
        }
        if wants_keys && set.keys.is_empty() && set.unusable.is_empty() {
            found.add("jwks", "holds no key.");
        }
    }

    fn validate_uris(&self, found: &mut Problems, insecure_http: bool) {
        if self.redirect_uris.is_empty() {
            found.add("redirect_uris", "needs at least one address.");
        }
        let lists = [
            ("redirect_uris", &self.redirect_uris),
            ("post_logout_redirect_uris", &self.post_logout_redirect_uris),
        ];
        for (field, uris) in lists {
            if uris.len() > MAX_URIS {
                found.add(field, format!("holds more than {MAX_URIS} addresses."));
            }
            for uri in uris.iter().take(MAX_URIS) {
                if let Err(why) = check_redirect_uri(uri, self.is_native(), insecure_http) {
                    found.add(field, format!("cannot hold {}: {why}", shown(uri)));
                }
            }
        }
        let single = [
            ("jwks_uri", &self.jwks_uri),
            ("backchannel_logout_uri", &self.backchannel_logout_uri),
            ("frontchannel_logout_uri", &self.frontchannel_logout_uri),
            ("initiate_login_uri", &self.initiate_login_uri),
        ];
        for (field, uri) in single {
            if let Some(uri) = uri
                && let Err(why) = check_redirect_uri(uri, false, insecure_http)
            {
                found.add(field, format!("cannot be {}: {why}", shown(uri)));
            }
        }
        if let Some(uri) = &self.frontchannel_logout_uri
            && !self.redirect_uris.iter().any(|known| same_origin(known, uri))
        {
            let why = "must have the scheme, host and port of one of the redirect_uris.";
            found.add("frontchannel_logout_uri", why);
        }
    }
}

/// A web address with https, or with http on this machine; for a native application also a scheme of its own that is a
/// reversed domain name (RFC 8252 section 7.1).
fn check_redirect_uri(uri: &str, native: bool, insecure_http: bool) -> Result<(), &'static str> {
    if uri.len() > MAX_URI {
        return Err("it is far too long.");
    }
    if uri.contains(|c: char| {
        c.is_whitespace() || c.is_control() || !c.is_ascii() || matches!(c, '\\' | '*' | '"' | '<' | '>')
    }) {
        return Err("it holds a space, a wildcard or another character that addresses do not have.");
    }
    let url = Url::parse(uri)
        .map_err(|_| "it is not an absolute address, such as https://app.example.com/callback.")?;
    if uri.contains('#') {
        return Err("it must not have a part after #.");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("it must not hold a user name or password.");
    }
    match url.scheme() {
        "https" => Ok(()),
        "http" if insecure_http || is_this_machine(&url) => Ok(()),
        "http" => Err("it must begin with https://."),
        scheme if native && scheme.contains('.') => Ok(()),
        _ if native => {
            Err("its scheme must be https, or a domain name of yours backwards, such as com.example.app.")
        }
        _ => Err("it must begin with https://."),
    }
}

/// OpenID Connect Front-Channel Logout 1.0 section 2.
fn same_origin(one: &str, other: &str) -> bool {
    match (Url::parse(one), Url::parse(other)) {
        (Ok(one), Ok(other)) => one.origin() == other.origin(),
        _ => false,
    }
}

fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    }
}

struct Problems(Vec<FieldProblem>);

impl Problems {
    fn add(&mut self, field: &'static str, problem: impl Into<String>) {
        self.0.push(FieldProblem { field, problem: format!("{field} {}", problem.into()) });
    }

    fn one_of(&mut self, field: &'static str, value: &str, allowed: &[&str]) {
        if !allowed.contains(&value) {
            self.add(field, format!("cannot be {}; it must be {}.", shown(value), allowed.join(" or ")));
        }
    }

    fn name(&mut self, name: Option<&str>) {
        if name.is_some_and(|name| {
            name.trim().is_empty() || name.chars().count() > 200 || name.chars().any(char::is_control)
        }) {
            self.add("client_name", "must be a name of at most 200 characters.");
        }
    }
}

struct Reader<'a> {
    object: &'a Map<String, Value>,
    problems: &'a mut Vec<FieldProblem>,
}

impl Reader<'_> {
    fn field<T: DeserializeOwned>(&mut self, field: &'static str, expected: &str, missing: T) -> T {
        let Some(value) = self.object.get(field).filter(|value| !value.is_null()) else { return missing };
        serde_json::from_value(value.clone()).unwrap_or_else(|_| {
            let problem = format!("{field} must be {expected}; it was {}.", shown(&value.to_string()));
            self.problems.push(FieldProblem { field, problem });
            missing
        })
    }
}

#[cfg(test)]
#[path = "client_metadata_tests.rs"]
mod tests;
