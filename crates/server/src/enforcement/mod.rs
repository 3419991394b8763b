//! Single sign-on that a domain requires, and the ways back in.
//!
//! Owns whether an address may sign in by a way of its own (`own_way`), when a domain may require its company's sign-in,
//! recovery codes, and the times in which the requirement is lifted for somebody. Does not own signing in (`login`), the
//! connections (`connection`), or the pages.
//!
//! The rules stand in `docs/decisions/0011-enforcement-that-cannot-lock-out.md`.

mod fallback;
mod letters;
mod opening;
mod recovery;
mod require;
mod way;

pub use fallback::{HINTS, LOOK, Watch, look_job, look_soon, round};
pub use opening::{END, FALLBACK, MOST_HOURS, NewOpening, Whom, close, end_job, lasts, open, opening_of};
pub use recovery::{CODES, Recovered, make_codes, recover};
pub use require::{Evidence, domain_of, evidence, lift, require};
pub use way::{Beside, How, OwnWay, opened, own_way};

use model::MemberId;

/// The member behind an actor of the audit log, where it is one.
pub fn member_of(actor: &str) -> Option<MemberId> {
    actor.strip_prefix("member:")?.parse().ok()
}
