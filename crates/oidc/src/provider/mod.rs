//! The provider's side: what Frontdesk says and accepts as the OpenID provider of the vendor's applications.
//!
//! Owns keys and tokens ([`SigningKey`], [`mint_id_token`], [`mint_logout_token`]), reading and checking of requests
//! ([`AuthorizeRequest`], [`TokenRequest`], [`LogoutRequest`], client authentication), the claims of each scope, the
//! discovery document and the rules for an application's registration. Does not own codes, sessions, refresh tokens
//! (opaque, in storage) or the pages.

mod authorize;
mod claims_request;
mod client_auth;
mod client_metadata;
mod error;
mod form;
mod grant;
mod key;
mod logout;
mod metadata;
mod redirect;
mod scope;
mod token;

pub use authorize::{AuthorizeError, AuthorizeRequest, ClientRules, ErrorTarget, Prompt};
pub use claims_request::ClaimsRequest;
pub use client_auth::{
    ASSERTION_TYPE, Credentials, PresentedClient, VerifiedAssertion, verify_client_assertion,
};
pub use client_metadata::{ClientMetadata, FieldProblem};
pub use error::{ErrorCode, OAuthError, bearer_token};
pub use form::Form;
pub use grant::{
    RefreshDecision, RefreshState, TokenRequest, check_code_verifier, decide_refresh, narrow_scopes,
};
pub use key::{SigningAlgorithm, SigningKey, SigningKeyError, jwks_json};
pub use logout::{IdTokenHint, LogoutRequest, verify_id_token_hint};
pub use metadata::provider_metadata;
pub use redirect::{Reply, ResponseMode, is_registered};
pub use scope::{CLAIMS, Person, SCOPES, claims_for, granted_scopes, named_claims};
pub(crate) use token::BACKCHANNEL_LOGOUT_EVENT;
pub use token::{
    IdToken, LogoutToken, SecurityEventToken, half_hash, mint_id_token, mint_logout_token,
    mint_security_event,
};
