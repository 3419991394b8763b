//! The service-provider side of SAML 2.0: metadata, requests, and [`validate`].
//!
//! Owns: reading an identity provider's metadata, writing ours, building `AuthnRequest` messages, and
//! deciding whether a `Response` signs somebody in. Everything is a pure function of its arguments: the
//! time and every random value come from the caller.
//!
//! Does not own: HTTP, storage, replay protection (the caller keeps [`Assertion::assertion_id`] until
//! [`Assertion::not_on_or_after`]), the choice of the connection, or what becomes of the claims.
//!
//! The rule behind the layout: one parse, one tree. [`uppsala`] parses the message once, a guard refuses
//! every shape that the profile does not need, the signatures are verified on that tree, and the
//! claims are read from the verified element of the same tree. Nothing else of the document exists.

pub mod binding;
mod canonical;
mod encryption;
mod guard;
pub mod idp;
mod keys;
pub mod logout;
pub mod metadata;
mod names;
mod oaep;
mod rejection;
mod request;
mod signature;
mod signing;
mod text;
mod time;
mod validate;
mod write;
mod xml;

#[cfg(feature = "testing")]
pub mod testing;

pub use keys::{DecryptionKey, KeyError, SignatureAlgorithm, SignerKey, SigningKey};
pub use metadata::{Endpoint, IdpMetadata, MetadataError, SpMetadata, from_parts, parse_idp_metadata};
pub use names::{attribute, binding_uri, name_id_format};
pub use rejection::{Code, Rejection, Status};
pub use request::{AuthnRequest, Comparison, RequestError};
pub use signing::{SignError, Style as SignatureStyle, sign_element};
pub use validate::{Assertion, Attribute, Attributes, Expected, NameId, decode_message, opened, validate};

/// The largest message that is read, in bytes of XML.
pub const MAX_MESSAGE_BYTES: usize = 1024 * 1024;
