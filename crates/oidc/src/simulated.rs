//! A small OpenID provider without storage, HTTP or clock: for the demonstration's simulated identity provider and for
//! tests.
//!
//! Owns one signing key, the clients it knows and the codes it has given. It speaks through the same code as the real
//! provider, so that what it says is what an identity provider says. Anybody it is told about may sign in without a
//! password: never let it stand where real people sign in.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use crate::provider::{
    AuthorizeRequest, ClientRules, ErrorCode, Form, IdToken, OAuthError, PresentedClient, Reply,
    SigningAlgorithm, SigningKey, SigningKeyError, TokenRequest, check_code_verifier, jwks_json,
    mint_id_token,
};

/// How long a code lives.
const CODE_LIFETIME: SignedDuration = SignedDuration::from_mins(1);

/// How long its tokens live.
const TOKEN_LIFETIME: SignedDuration = SignedDuration::from_mins(10);

/// Most codes and access tokens kept; the oldest go first.
const MAX_GRANTS: usize = 1000;

/// A client of the simulated provider.
#[derive(Clone)]
pub struct SimulatedClient {
    /// Its secret, in the clear: this is a simulation.
    pub secret: String,
    /// Where answers may go.
    pub redirect_uris: Vec<String>,
}

/// The simulated provider.
pub struct SimulatedProvider {
    issuer: String,
    keys: Vec<SigningKey>,
    clients: BTreeMap<String, SimulatedClient>,
    /// Codes, and access tokens with what userinfo says, each with its end.
    codes: Vec<(String, Timestamp, Code)>,
    tokens: Vec<(String, Timestamp, Map<String, Value>)>,
}

struct Code {
    request: AuthorizeRequest,
    claims: Map<String, Value>,
}

impl SimulatedProvider {
    /// A provider with a new key. `issuer` is its address without a slash at the end.
    pub fn new(issuer: &str, algorithm: SigningAlgorithm) -> Result<Self, SigningKeyError> {
        Ok(SimulatedProvider {
            issuer: issuer.to_owned(),
            keys: vec![SigningKey::generate(algorithm)?],
            clients: BTreeMap::new(),
            codes: Vec::new(),
            tokens: Vec::new(),
        })
    }

    /// Makes a client known, or replaces it.
    pub fn register(&mut self, client_id: &str, client: SimulatedClient) {
        self.clients.insert(client_id.to_owned(), client);
    }

    /// Signs with a new key from now on and forgets the old ones, as a provider that rotates without notice does.
    pub fn rotate_key(&mut self, algorithm: SigningAlgorithm) -> Result<(), SigningKeyError> {
        self.keys = vec![SigningKey::generate(algorithm)?];
        Ok(())
    }

    /// The issuer.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The document at `/.well-known/openid-configuration`; the endpoints are `/authorize`, `/token`, `/userinfo` and
    /// `/jwks` below the issuer.
    pub fn discovery(&self) -> Value {
        let at = |path: &str| format!("{}/{path}", self.issuer.trim_end_matches('/'));
        let algorithms: Vec<&str> = self.keys.iter().map(|key| key.algorithm().as_str()).collect();
        json!({
            "issuer": self.issuer,
            "authorization_endpoint": at("authorize"),
            "token_endpoint": at("token"),
            "userinfo_endpoint": at("userinfo"),
            "jwks_uri": at("jwks"),
            "response_types_supported": ["code"],
            "response_modes_supported": ["query", "form_post"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": algorithms,
            "scopes_supported": ["openid", "email", "profile"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": true,
        })
    }

    /// The document at `/jwks`.
    pub fn jwks(&self) -> Value {
        jwks_json(self.keys.iter().map(SigningKey::public))
    }

    /// Reads an authorization request and checks its client and redirect URI, so that a page can ask who signs in.
    pub fn authorize<N: AsRef<str>, V: AsRef<str>>(
        &self,
        pairs: impl IntoIterator<Item = (N, V)>,
    ) -> Result<AuthorizeRequest, OAuthError> {
        let request = AuthorizeRequest::parse(pairs).map_err(|refused| refused.error)?;
        let client = self.client(&request.client_id)?;
        let rules = ClientRules { redirect_uris: &client.redirect_uris, native: false, pkce_optional: true };
        request.check_client(&rules).map_err(|refused| refused.error)?;
        Ok(request)
    }

    /// Lets the person in: `claims` needs `sub`, and goes whole into the ID token and userinfo. `code` is random.
    pub fn allow(
        &mut self,
        request: AuthorizeRequest,
        claims: Map<String, Value>,
        code: &str,
        now: Timestamp,
    ) -> Reply {
        let reply = request.code_reply(code, &self.issuer);
        keep(&mut self.codes, (code.to_owned(), after(now, CODE_LIFETIME), Code { request, claims }));
        reply
    }

    /// Turns the person away, as a provider does whose administrator has not assigned the person.
    pub fn deny(&self, request: &AuthorizeRequest) -> Reply {
        let error =
            OAuthError::new(ErrorCode::AccessDenied, "The person is not assigned to this application.");
        request.error_reply(&error, &self.issuer)
    }

    /// Answers `/token`; `access_token` is random. The error gives its own status and body.
    pub fn token<N: AsRef<str>, V: AsRef<str>>(
        &mut self,
        authorization: Option<&str>,
        pairs: impl IntoIterator<Item = (N, V)>,
        access_token: &str,
        now: Timestamp,
    ) -> Result<Value, OAuthError> {
        let form = Form::parse(pairs)?;
        let client_id = self.authenticate(&PresentedClient::parse(authorization, &form)?)?;
        let TokenRequest::Code { code, redirect_uri, code_verifier } = TokenRequest::parse(&form)? else {
            return Err(OAuthError::new(
                ErrorCode::UnsupportedGrantType,
                "Only authorization_code is offered here.",
            ));
        };
        // A code works once, whatever comes of it.
        let found =
            self.codes.iter().position(|(known, _, _)| *known == code).map(|at| self.codes.remove(at));
        let Some((_, _, grant)) = found.filter(|(_, end, grant)| {
            *end > now && grant.request.client_id == client_id && grant.request.redirect_uri == redirect_uri
        }) else {
            return Err(OAuthError::new(
                ErrorCode::InvalidGrant,
                "The code is unknown, used, or another client's.",
            ));
        };
        check_code_verifier(grant.request.code_challenge.as_deref(), code_verifier.as_deref())?;
        let id_token = self.id_token(&grant, access_token, now)?;
        keep(&mut self.tokens, (access_token.to_owned(), after(now, TOKEN_LIFETIME), grant.claims));
        Ok(json!({
            "access_token": access_token,
            "token_type": "Bearer",
            "expires_in": TOKEN_LIFETIME.as_secs(),
            "scope": grant.request.scopes.join(" "),
            "id_token": id_token,
        }))
    }

    /// Answers `/userinfo` for the token of the `Authorization: Bearer` header.
    pub fn userinfo(&self, access_token: &str, now: Timestamp) -> Option<Value> {
        let known = self.tokens.iter().find(|(token, end, _)| token == access_token && *end > now);
        known.map(|(_, _, claims)| Value::Object(claims.clone()))
    }

    fn client(&self, client_id: &str) -> Result<&SimulatedClient, OAuthError> {
        self.clients
            .get(client_id)
            .ok_or_else(|| OAuthError::new(ErrorCode::InvalidClient, "The client_id is not known here."))
    }

    fn authenticate(&self, presented: &PresentedClient) -> Result<String, OAuthError> {
        let readings = match presented {
            PresentedClient::Basic(readings) => readings.as_slice(),
            PresentedClient::Post(one) => std::slice::from_ref(one),
            _ => &[],
        };
        let fits =
            |id: &str, secret: &str| self.clients.get(id).is_some_and(|client| client.secret == secret);
        readings
            .iter()
            .find(|reading| fits(&reading.client_id, &reading.client_secret))
            .map(|reading| reading.client_id.clone())
            .ok_or_else(|| {
                OAuthError::new(ErrorCode::InvalidClient, "The client secret does not fit the client_id.")
            })
    }

    fn id_token(&self, grant: &Code, access_token: &str, now: Timestamp) -> Result<String, OAuthError> {
        let broken = |why: &str| OAuthError::new(ErrorCode::ServerError, why);
        let subject = grant
            .claims
            .get("sub")
            .and_then(Value::as_str)
            .ok_or_else(|| broken("The person has no sub."))?;
        let key = self.keys.first().ok_or_else(|| broken("There is no signing key."))?;
        let amr: Vec<&str> = grant
            .claims
            .get("amr")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let token = IdToken {
            issuer: &self.issuer,
            subject,
            client_id: &grant.request.client_id,
            issued_at: now,
            expires_at: after(now, TOKEN_LIFETIME),
            auth_time: Some(now),
            nonce: grant.request.nonce.as_deref(),
            acr: grant.claims.get("acr").and_then(Value::as_str),
            amr: &amr,
            session_id: None,
            access_token: Some(access_token),
            code: None,
            claims: grant.claims.clone(),
        };
        mint_id_token(&token, key).map_err(|error| broken(&error.to_string()))
    }
}

fn after(now: Timestamp, lifetime: SignedDuration) -> Timestamp {
    now.checked_add(lifetime).unwrap_or(Timestamp::MAX)
}

fn keep<T>(list: &mut Vec<T>, item: T) {
    if list.len() >= MAX_GRANTS {
        list.remove(0);
    }
    list.push(item);
}
