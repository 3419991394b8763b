//! OpenID Connect as pure data: what a relying party must check and what a provider must say.
//!
//! Owns: signed tokens (JWS), key sets (JWK), PKCE, the relying party's checks towards a customer's identity
//! provider ([`relying_party`]), the provider's side towards the vendor's applications ([`provider`]), and a small identity
//! provider made of both for demonstrations and tests ([`simulated`]).
//!
//! Does not own: HTTP, storage, the clock, sessions, or the choice of who may sign in. Time comes in as
//! [`jiff::Timestamp`], randomness as bytes; only signatures and new keys draw randomness of their own, inside
//! aws-lc, because a caller that could choose it could leak the key.
//!
//! Every text of the other side is hostile until its check has passed: sizes are bounded before parsing, a JSON
//! member that stands twice is refused, and no function panics on any input.

mod algorithm;
mod claims;
mod json;
mod jwk;
mod jws;
pub mod pkce;
pub mod provider;
mod rejection;
pub mod relying_party;
pub mod simulated;
pub mod statement;

pub use algorithm::Algorithm;
pub use claims::Claims;
pub use jwk::{Jwk, Jwks, KeyProblem, MAX_DOCUMENT_BYTES, UnusableKey};
pub use jws::{MAX_TOKEN_BYTES, unverified};
pub use rejection::{Rejection, RejectionCode};
