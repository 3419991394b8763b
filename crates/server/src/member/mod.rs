//! The life of a member: arriving, being completed, invited, suspended, leaving, coming back, being erased.
//!
//! Owns every change of a member's status, the mails and events that go with it, the pages of an invitation and of a
//! claim link, and the list of what is erased with a person. Does not own where a member comes from (`directory`,
//! `login`, `onboarding`, `api`), nor the record of who did it: callers write the audit log.
//!
//! Everything here works in the caller's transaction: facts, events, mails and jobs become true together.

mod account;
mod arrive;
mod claim;
mod decide;
mod erase;
mod farewell;
mod fill;
mod find;
mod form;
mod gate;
mod invite;
mod keep;
mod leave;
mod letters;
mod link;
mod record;

use axum::Router;
use model::{DirectoryUserId, Role, Source};

pub use account::{adopt, readdress};
pub use arrive::{Met, arrive, complete, lock_name, meet, set_role};
pub use erase::{ERASE, SCRUB, erase_job, erase_now, scrub_job};
pub use farewell::{CLAIM_REMINDER, claim_reminder_job, void};
pub use fill::fill_job;
pub use form::{profile_field, read_fields};
pub use gate::{Footing, gate};
pub use invite::invite;
pub use leave::{leave, leave_for_now, recall, restore, resume, sign_out_everywhere, suspend};
pub use record::{missing, profile_of, to_json, unread_of};

use crate::app::App;

/// Somebody of whom a directory, a sign-in, a file or an administrator tells.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// Who tells.
    pub source: Source,
    /// What is known of the person. Fields without a value leave what is known already.
    pub profile: profile::Profile,
    /// What the source told until now and has taken back: the member has it no more, unless it is another value by now.
    pub withdrawn: Option<Box<profile::Profile>>,
    /// The role, where the source names one.
    pub role: Option<Role>,
    /// Values that came and could not be read.
    pub unread: Vec<profile::Problem>,
    /// The directory's user, where a directory tells.
    pub directory_user_id: Option<DirectoryUserId>,
    /// False where the source says that the person is not, or no longer, with the organization.
    pub active: bool,
    /// The directory's user was made in this very transaction, so that no member is behind it.
    pub unheard: bool,
}

/// What made a member leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The directory took the person out.
    Directory,
    /// An administrator's click.
    Administrator,
    /// A row of an off-boarding file.
    File,
    /// A call of the API.
    Api,
}

impl Reason {
    /// The spelling in events.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Directory => "directory",
            Self::Administrator => "administrator",
            Self::File => "file",
            Self::Api => "api",
        }
    }
}

/// Pages of people with a link: `/invite/{token}` and `/claim/{token}`.
pub fn pages() -> Router<App> {
    invite::pages().merge(claim::pages())
}
