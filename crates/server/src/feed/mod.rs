//! What the product can have of our events as security event tokens (RFC 9967 over RFC 8935 and RFC 8936), besides the stream
//! itself.
//!
//! Owns which facts are which SCIM events, feeds and their acknowledgements. Does not own the facts: they are those of the
//! one event stream, in its order. A feed keeps a place in it, and what was acknowledged out of order beyond.

mod ask;
mod poll;
mod push;
mod set;
mod stream;
mod trouble;
mod wait;

pub use ask::{Delivery, POLL, PUSH, subscribe, try_again};
pub use poll::{Answer, Asked, MOST, poll};
pub use push::{LEASE, keep_pushing, round};
pub use set::{SUPPORTED, event_of};
pub use stream::{find, waiting, wanted};
pub use trouble::{Trouble, of as trouble};
pub use wait::{LONGEST, PLACES, Waiters};
