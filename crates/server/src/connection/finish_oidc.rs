//! Believing an OpenID Connect provider's answer.
//!
//! Owns the order of steps: callback, token, ID token, userinfo, person. Does not own the checks (`oidc`), or whether
//! the connection may speak for the address (`login`).

use std::sync::OnceLock;

use jiff::SignedDuration;
use model::{Connection, DomainStatus, Time};
use oidc::relying_party::{
    Callback, CallbackExpected, ClientAuth, ClientAuthMethod, Discovery, Expected, IdTokenClaims,
    TokenResponse, client_assertion, merge_userinfo, token_call, validate_id_token,
};
use oidc::{MAX_DOCUMENT_BYTES, Rejection};
use serde_json::Value;

use super::asserted::{Asserted, Mapped, Refused, acr, amr, read_claims};
use super::begin::{GOOGLE, VERIFIER_PLACE};
use super::config::{OidcConfig, SECRET_PLACE, Settings};
use super::provider_documents::{self, Documents, DocumentsError};
use super::{explain, metadata};
use crate::app::App;
use crate::problem::Problem;
use crate::provider::keys;
use crate::request::Params;

/// How far the two clocks may differ.
const LEEWAY: SignedDuration = SignedDuration::from_secs(120);

/// Issuers that all customers of a provider share: whoever they vouch for must have proven the address.
const SHARED_ISSUERS: [&str; 11] = [
    GOOGLE,
    "https://gitlab.com",
    "https://slack.com",
    "https://appleid.apple.com",
    "https://account.apple.com",
    "https://login.salesforce.com",
    "https://test.salesforce.com",
    "https://www.linkedin.com/oauth",
    "https://api.login.yahoo.com",
    "https://www.facebook.com",
    "https://id.twitch.tv/oauth2",
];

/// Checks the callback, redeems the code and reads the person. `state` is what [`super::begin`] gave.
pub async fn finish_oidc(
    app: &App,
    connection: &Connection,
    state: &Value,
    params: &Params,
) -> Result<Asserted, Refused> {
    finish_oidc_telling(app, connection, state, params, &OnceLock::new()).await
}

/// The same; the ID token that came is put into `seen`, whatever comes of it.
pub async fn finish_oidc_telling(
    app: &App,
    connection: &Connection,
    state: &Value,
    params: &Params,
    seen: &OnceLock<String>,
) -> Result<Asserted, Refused> {
    let Some(Settings::Oidc(config)) = Settings::of(connection) else {
        return Err(explain::not_set_up());
    };
    let sign_in = SignIn { app, connection, config: &config, state, seen: Some(seen) };
    let (claims, id_token) = sign_in.claims(params).await.map_err(|failure| sign_in.explained(failure))?;
    Ok(Asserted { id_token: Some(id_token), ..sign_in.person(claims)? })
}

/// What these settings make of an ID token that others have taken. `claims` is all that was learned of the person, from
/// the userinfo endpoint too. The keys are those that were stored with the settings, or that are known by now of the same
/// issuer: nothing is fetched. How we would prove who we are at the token endpoint cannot be seen by it.
pub async fn judge_oidc(
    app: &App,
    connection: &Connection,
    state: &Value,
    (id_token, claims): (&str, &Value),
) -> Result<Asserted, Refused> {
    let Some(Settings::Oidc(config)) = Settings::of(connection) else {
        return Err(explain::not_set_up());
    };
    let sign_in = SignIn { app, connection, config: &config, state, seen: None };
    let judged = sign_in.judged(id_token, claims).await.map_err(|failure| sign_in.explained(failure))?;
    sign_in.person(judged)
}

enum Failure {
    Rejected(Box<Rejection>),
    Documents(DocumentsError),
    Ours(Box<Problem>),
}

impl From<Rejection> for Failure {
    fn from(rejection: Rejection) -> Self {
        Self::Rejected(Box::new(rejection))
    }
}

impl From<DocumentsError> for Failure {
    fn from(error: DocumentsError) -> Self {
        match error {
            DocumentsError::Rejected(rejection) => Self::Rejected(rejection),
            other => Self::Documents(other),
        }
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Ours(Box::new(problem))
    }
}

struct SignIn<'a> {
    app: &'a App,
    connection: &'a Connection,
    config: &'a OidcConfig,
    state: &'a Value,
    seen: Option<&'a OnceLock<String>>,
}

impl SignIn<'_> {
    fn explained(&self, failure: Failure) -> Refused {
        let (app, connection) = (self.app, self.connection);
        match failure {
            Failure::Rejected(rejection) => explain::oidc(app, connection, &rejection),
            Failure::Documents(error) => explain::unreachable(app, connection, &error),
            Failure::Ours(problem) => explain::ours(&problem),
        }
    }

    async fn judged(&self, id_token: &str, learned: &Value) -> Result<IdTokenClaims, Failure> {
        let documents = provider_documents::known_now(self.app, self.connection, self.config)?;
        let hosted = self.hosted_domains().await?;
        let hosted: Vec<&str> = hosted.iter().map(String::as_str).collect();
        let expected = Expected {
            algorithms: &documents.discovery.id_token_algorithms,
            hosted_domains: &hosted,
            ..Expected::new(&self.config.issuer, &self.config.client_id, self.text("nonce"))
        };
        let now = self.app.now().to_jiff();
        let claims = validate_id_token(id_token, &documents.jwks, &expected, now, LEEWAY)?;
        Ok(merge_userinfo(claims, learned.to_string().as_bytes())?)
    }

    async fn claims(&self, params: &Params) -> Result<(IdTokenClaims, String), Failure> {
        let (app, config) = (self.app, self.config);
        let documents = provider_documents::current(app, self.connection, config).await?;
        let callback = Callback::parse(params.0.iter().map(|(name, value)| (name, value)))?;
        let code = callback.code(&CallbackExpected {
            state: self.text("state"),
            issuer: &config.issuer,
            issuer_in_response: documents.discovery.issuer_in_response,
        })?;
        let tokens = self.redeem(&documents.discovery, code).await?;
        if let Some(seen) = self.seen {
            let _ = seen.set(tokens.id_token.clone());
        }
        let hosted = self.hosted_domains().await?;
        let hosted: Vec<&str> = hosted.iter().map(String::as_str).collect();
        let now = app.now().to_jiff();
        let validate = |published: &Documents| {
            let expected = Expected {
                algorithms: &published.discovery.id_token_algorithms,
                access_token: tokens.access_token.as_deref(),
                code: Some(code),
                hosted_domains: &hosted,
                ..Expected::new(&config.issuer, &config.client_id, self.text("nonce"))
            };
            validate_id_token(&tokens.id_token, &published.jwks, &expected, now, LEEWAY)
        };
        let claims = match validate(&documents) {
            Err(rejection) if rejection.wants_fresh_keys() => {
                let fresh = provider_documents::after_unknown_key(app, self.connection, config).await;
                let fresh = fresh.ok_or(rejection)?;
                validate(&fresh)?
            }
            other => other?,
        };
        self.check_new_sign_in(&claims)?;
        let claims = self.with_userinfo(&documents.discovery, &tokens, claims).await?;
        Ok((claims, tokens.id_token))
    }

    /// Where a new sign-in was asked for (`max_age=0`), the provider must say when it was (OpenID Connect Core 2 and
    /// 3.1.2.1); whether that is recent is for whoever asked.
    fn check_new_sign_in(&self, claims: &IdTokenClaims) -> Result<(), Failure> {
        if claims.auth_time.is_some() || self.state.get("anew") != Some(&Value::Bool(true)) {
            return Ok(());
        }
        Err(Failure::from(
            Rejection::new(
                oidc::RejectionCode::ClaimMissing,
                "The application wants the person to sign in again, and the provider does not say when the person did. \
                 Have it send auth_time, which max_age asks for, or sign in without prompt=login and max_age.",
            )
            .expected("\"auth_time\"")
            .received("nothing"),
        ))
    }

    async fn redeem(&self, discovery: &Discovery, code: &str) -> Result<TokenResponse, Failure> {
        let (app, config) = (self.app, self.config);
        let verifier = app.open_text(VERIFIER_PLACE, self.text("verifier"))?;
        let secret = match config.client_secret_sealed.as_str() {
            "" => String::new(),
            sealed => app.open_text(SECRET_PLACE, sealed)?,
        };
        let assertion = if config.by_key { Some(self.assertion(discovery).await?) } else { None };
        let auth = if let Some(assertion) = &assertion {
            ClientAuth::Assertion { assertion }
        } else if secret.is_empty() {
            ClientAuth::Public
        } else if discovery.client_auth_methods.contains(&ClientAuthMethod::Basic) {
            ClientAuth::Basic { secret: &secret }
        } else {
            ClientAuth::Post { secret: &secret }
        };
        let redirect_uri = metadata::redirect_uri(app, self.connection.id);
        let call = token_call(&config.client_id, auth, code, &redirect_uri, &verifier);
        let form: Vec<(String, String)> =
            call.form.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let mut headers = vec![("accept", "application/json".to_owned())];
        headers.extend(call.authorization.map(|value| ("authorization", value)));
        let answer = app
            .outbound
            .post_form(&discovery.token_endpoint, &form, &headers, MAX_DOCUMENT_BYTES)
            .await
            .map_err(DocumentsError::Fetch)?;
        Ok(TokenResponse::parse(answer.status.as_u16(), &answer.body)?)
    }

    /// RFC 7523: we are its client, signed with our own key. Providers have always taken their token endpoint as the
    /// audience; where that lies on another host than the issuer, the issuer is named, so that no provider can have us
    /// sign for another's endpoint.
    async fn assertion(&self, discovery: &Discovery) -> Result<String, Failure> {
        let ring = keys::client_ring(self.app).await?;
        let key = ring.key(discovery.client_assertion_algorithm())?;
        let mut id = [0; 16];
        self.app.rng.fill(&mut id);
        let host = |address: &str| url::Url::parse(address).ok().map(|url| url.origin());
        let at_home = host(&discovery.token_endpoint) == host(&discovery.issuer);
        let audience = if at_home { &discovery.token_endpoint } else { &discovery.issuer };
        let now = self.app.now().to_jiff();
        let made = client_assertion(&self.config.client_id, audience, &hex::encode(id), key, now);
        Ok(made.map_err(|error| Problem::internal(&error))?)
    }

    /// Whether the ID token says what is wanted of the person, so that nothing is left to ask for.
    fn is_whole(&self, claims: &IdTokenClaims) -> bool {
        let names = ["email", "given_name", "family_name"];
        if !names.iter().all(|name| claims.claims.text(name).is_some()) {
            return false;
        }
        let chosen = &self.config.attributes;
        if chosen.is_empty() {
            return true;
        }
        let said = Value::Object(claims.claims.as_map().clone());
        let findings = Mapped::of(read_claims(&said, chosen, self.app.now())).findings;
        let found = |(wanted, name): (&String, &String)| {
            findings.iter().any(|it| it.wanted == *wanted && it.source.as_ref() == Some(name))
        };
        chosen.iter().all(found)
    }

    /// OpenID Connect Core 5.3, asked only where the ID token leaves something out.
    async fn with_userinfo(
        &self,
        discovery: &Discovery,
        tokens: &TokenResponse,
        claims: IdTokenClaims,
    ) -> Result<IdTokenClaims, Failure> {
        let (Some(endpoint), Some(token), false) =
            (&discovery.userinfo_endpoint, &tokens.access_token, self.is_whole(&claims))
        else {
            return Ok(claims);
        };
        let headers =
            [("authorization", format!("Bearer {token}")), ("accept", "application/json".to_owned())];
        match self.app.outbound.get_with(endpoint, &headers, MAX_DOCUMENT_BYTES).await {
            Ok(answer) if answer.status.is_success() => Ok(merge_userinfo(claims, &answer.body)?),
            // What is missing then shows itself as missing.
            Ok(answer) => {
                tracing::warn!(id = %self.connection.id, status = answer.status.as_u16(), "the userinfo endpoint refused");
                Ok(claims)
            }
            Err(error) => {
                tracing::warn!(id = %self.connection.id, %error, "the userinfo endpoint cannot be reached");
                Ok(claims)
            }
        }
    }

    /// For Google, whose issuer all its customers share: the organization's verified domains, one of which `hd` must
    /// name. Without any, nobody is let in.
    async fn hosted_domains(&self) -> Result<Vec<String>, Failure> {
        if self.config.issuer != GOOGLE {
            return Ok(Vec::new());
        }
        let mut db = self.app.read().await?;
        let all =
            store::domain::list(&mut db, self.connection.organization_id).await.map_err(Problem::from)?;
        let verified: Vec<String> =
            all.into_iter().filter(|d| d.status == DomainStatus::Verified).map(|d| d.name).collect();
        if verified.is_empty() {
            return Err(Failure::from(
                Rejection::new(
                    oidc::RejectionCode::HostedDomainMismatch,
                    "The organization has no verified domain yet, so nobody can be told apart from other customers of \
                     Google. Verify a domain first.",
                )
                .expected("a verified domain"),
            ));
        }
        Ok(verified)
    }

    fn person(&self, token: IdTokenClaims) -> Result<Asserted, Refused> {
        let shared = SHARED_ISSUERS.contains(&self.config.issuer.as_str());
        if token.email_verified == Some(false) || (shared && token.email_verified != Some(true)) {
            return Err(explain::email_not_verified(self.app, self.connection, token.email_verified));
        }
        let now = self.app.now();
        let claims = Value::Object(token.claims.as_map().clone());
        let session_end = session_end(&token);
        if let Some(end) = session_end.filter(|end| *end <= now) {
            return Err(explain::session_over(self.app, self.connection, end));
        }
        let sign_in = read_claims(&claims, &self.config.attributes, now);
        let attributes = token.claims.as_map().iter().map(|(name, value)| (name.clone(), texts(value)));
        Ok(Asserted {
            subject: token.subject,
            email: sign_in.mapped.profile.email.clone(),
            mapped: Mapped::of(sign_in),
            attributes: attributes.collect(),
            name_id: None,
            session_index: token.session_id,
            session_not_on_or_after: session_end,
            assertion: None,
            method: "oidc",
            auth_at: token.auth_time.map_or(now, Into::into),
            acr: acr(token.claims.text("acr")),
            amr: amr(token.claims.texts("amr").iter().map(String::as_str)),
            claims: Some(claims),
            reads: self.config.attributes.clone(),
            id_token: None,
        })
    }

    fn text(&self, name: &str) -> &str {
        self.state.get(name).and_then(Value::as_str).unwrap_or_default()
    }
}

/// When the provider wants our session to end: `session_expiry`, in seconds (IPSIE OpenID Connect SL1).
fn session_end(token: &IdTokenClaims) -> Option<Time> {
    token.claims.time("session_expiry").map(Time::from)
}

/// A claim as texts to show.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Null => Vec::new(),
        Value::String(text) => vec![text.clone()],
        Value::Array(all) => all.iter().flat_map(texts).collect(),
        other => vec![other.to_string()],
    }
}
