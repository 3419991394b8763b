//! What the product can have of our events as security event tokens (RFC 9967 over RFC 8936), besides the stream itself.
//!
//! Owns which facts are which SCIM events, feeds and their acknowledgements. Does not own the facts: they are those of the
//! one event stream, in its order. A feed keeps a place in it, and what was acknowledged out of order beyond.

mod poll;
mod set;
mod wait;

pub use poll::{Answer, Asked, MOST, poll, subscribe};
pub use set::{SUPPORTED, event_of};
pub use wait::{LONGEST, PLACES, Waiters};
