//! Single logout (SAML core 3.7, profiles 4.4): asking the other side to end a session, and being asked.
//!
//! Owns: both messages, made and judged, by the redirect and the POST binding. Does not own: sessions, or remembering
//! the ids of requests; the caller refuses a [`ReceivedLogoutRequest::id`] that it has seen until
//! [`ReceivedLogoutRequest::until`].
//!
//! A message by POST is judged like a response: one parse, the guard, the signature over the root, and only then
//! anything is read. By redirect the signature is over the query as it came, octet by octet (bindings 3.4.4.1).

mod query;
mod read;
mod write;

pub use read::{Carrier, Expected, Outcome, ReceivedLogoutRequest, validate_request, validate_response};
pub use write::{Request, Response, Status};
