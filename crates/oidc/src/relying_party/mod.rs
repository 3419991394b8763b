//! The relying party's side: Frontdesk as a client of a customer's identity provider.
//!
//! Owns reading the provider's discovery document, the authorization request, and the checks of everything that comes
//! back: callback, token answer, ID token, userinfo, logout token. Does not fetch anything, and does not decide whether
//! an e-mail address belongs to the organization: that is the login's matter, after these checks.

mod authorize;
mod callback;
mod discovery;
mod end_session;
mod explain;
mod id_token;
mod logout;
mod security_event;
mod service;
mod token;
mod userinfo;

pub use authorize::AuthorizationUrl;
pub use callback::{Callback, CallbackExpected};
pub use discovery::{
    ClientAuthMethod, Discovery, check_issuer, discovery_url, issuer_from_input, needs_hosted_domain,
};
pub use end_session::end_session_url;
pub use id_token::{Expected, IdTokenClaims, validate_id_token};
pub use logout::{LogoutClaims, validate_logout_token};
pub use security_event::{SecurityEvent, validate_security_event};
pub use service::{GRANT_TYPE as SERVICE_GRANT_TYPE, ServiceAssertion};
pub use token::{ClientAuth, TokenCall, TokenResponse, client_assertion, token_call};
pub use userinfo::merge_userinfo;
