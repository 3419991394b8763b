//! The domain's nouns.

use std::time::Duration;

use crate::{
    AccountId, ConnectionId, ConnectionStatus, DirectoryId, DirectoryStatus, DirectoryUserId, DomainId,
    DomainStatus, JobId, LeaverPolicy, LinkId, MailId, MemberId, MemberStatus, OrganizationId, Protocol,
    Purpose, Role, Source, Time,
};

/// What an organization fills in for a member whose source does not say.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Defaults {
    /// ISO 3166-1 alpha-2.
    pub country: Option<String>,
    /// The role of a member for whom nothing else names one; `member` when unset.
    pub role: Option<Role>,
    /// The city of everybody who has none.
    pub current_city: Option<String>,
    /// The state, province or region of everybody who has none.
    pub current_state: Option<String>,
}

/// A customer company.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organization {
    /// Its id.
    pub id: OrganizationId,
    /// What people call it.
    pub name: String,
    /// What happens to leavers.
    pub leaver_policy: LeaverPolicy,
    /// How long a deletion can be undone.
    pub erase_grace: Duration,
    /// More leavers than this within an hour stop a directory, where they are more than `brake_percent` too.
    pub brake_people: u32,
    /// The share of the members, in hundredths, that may leave within an hour; 100 stops nothing.
    pub brake_percent: u32,
    /// Whether a first sign-in makes a member.
    pub jit: bool,
    /// Whether its administrators may use `/org`.
    pub self_service: bool,
    /// The longest session of its people; the installation's where there is none.
    pub session_max: Option<Duration>,
    /// Whether a sign-out here ends the session at a SAML identity provider too.
    pub end_provider_session: bool,
    /// Defaults for missing fields.
    pub defaults: Defaults,
    /// No later than this somebody may sign in beside a required single sign-on; none where nobody may.
    pub opened_until: Option<Time>,
    /// When it was created.
    pub created_at: Time,
}

/// An e-mail domain of an organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Domain {
    /// Its id.
    pub id: DomainId,
    /// Whose it is.
    pub organization_id: OrganizationId,
    /// Lower-case ASCII (punycode) name.
    pub name: String,
    /// Proven or not.
    pub status: DomainStatus,
    /// The value of the DNS TXT record that proves it. Never changes.
    pub dns_token: String,
    /// When it was proven.
    pub verified_at: Option<Time>,
    /// Who proved it: `dns`, `api`, or an operator's id.
    pub verified_by: Option<String>,
    /// When it was named.
    pub created_at: Time,
    /// When its DNS was last looked at.
    pub looked_at: Option<Time>,
    /// What was found there, where that was no proof; opaque here, the `connection` room reads and writes it.
    pub found: Option<String>,
    /// When it is looked at next without being asked; none where nobody looks any more.
    pub next_look: Option<Time>,
    /// Since when its addresses sign in through the company alone; none where they may also do otherwise.
    pub sso_required_at: Option<Time>,
    /// Which of several connections its addresses sign in through; opaque here, the `connection` room reads and writes it.
    pub routing: Option<String>,
    /// Since when the record that proved it is missing.
    pub proof_missing_at: Option<Time>,
    /// When the company was told of that.
    pub proof_told_at: Option<Time>,
}

/// One SSO trust. `config` is opaque here; the `connection` room reads and writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    /// Its id.
    pub id: ConnectionId,
    /// Whose it is.
    pub organization_id: OrganizationId,
    /// SAML or OIDC.
    pub protocol: Protocol,
    /// The id of its provider guide, such as `okta-saml`.
    pub provider: String,
    /// Draft, active or inactive.
    pub status: ConnectionStatus,
    /// Protocol settings as JSON, secrets in it sealed.
    pub config: String,
    /// When a test sign-in last succeeded.
    pub tested_at: Option<Time>,
    /// When somebody last signed in through it.
    pub last_login_at: Option<Time>,
    /// When it was created.
    pub created_at: Time,
    /// When it was last changed.
    pub updated_at: Time,
}

/// One SCIM feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directory {
    /// Its id.
    pub id: DirectoryId,
    /// Whose it is.
    pub organization_id: OrganizationId,
    /// The id of its provider guide, such as `entra-scim`.
    pub provider: String,
    /// Draft, preview, active or paused.
    pub status: DirectoryStatus,
    /// Field mapping and role mapping as JSON; empty for the default.
    pub config: String,
    /// The leavers of the sync that is under way, and whether it was stopped: JSON of the `directory` room.
    pub brake: String,
    /// When the provider last asked anything.
    pub last_request_at: Option<Time>,
    /// The longest pause between two requests so far.
    pub longest_gap: Duration,
    /// How often it was heard, at different times.
    pub heard: i64,
    /// The last request before a silence that people were told of.
    pub silent_since: Option<Time>,
    /// When it was created.
    pub created_at: Time,
    /// When it was last changed.
    pub updated_at: Time,
}

/// A person who can sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its id, `sub` towards applications.
    pub id: AccountId,
    /// The address it is known by.
    pub email: String,
    /// When that address was proven to be the person's.
    pub email_verified_at: Option<Time>,
    /// Given name, may be empty.
    pub first_name: String,
    /// Family name, may be empty.
    pub last_name: String,
    /// Argon2 hash in PHC format, for accounts that sign in by password.
    pub password_hash: Option<String>,
    /// A private address that the person gave, never shown to an organization.
    pub personal_email: Option<String>,
    /// BCP 47 language of mails to the person.
    pub locale: Option<String>,
    /// When it was created.
    pub created_at: Time,
}

/// An account's place in one organization, with its profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its id.
    pub id: MemberId,
    /// Where.
    pub organization_id: OrganizationId,
    /// Who; none until the person first signs in or accepts.
    pub account_id: Option<AccountId>,
    /// The directory's user behind it.
    pub directory_user_id: Option<DirectoryUserId>,
    /// Where in life.
    pub status: MemberStatus,
    /// Where from.
    pub source: Source,
    /// What they may do.
    pub role: Role,
    /// Work address as written; none while the source sends none.
    pub email: Option<String>,
    /// Given name.
    pub first_name: Option<String>,
    /// Family name.
    pub last_name: Option<String>,
    /// ISO 3166-1 alpha-2.
    pub country: Option<String>,
    /// Where they live or work now.
    pub current_city: Option<String>,
    /// State, province or region.
    pub current_state: Option<String>,
    /// Four digits.
    pub birth_year: Option<i64>,
    /// The vendor's own fields as a JSON object.
    pub extra: String,
    /// Values that the source sent and nobody could read: a JSON array of field, received, problem.
    pub unread: String,
    /// The status to restore on coming back, while suspended, disconnected or erasing.
    pub status_before: Option<MemberStatus>,
    /// When erasing ends in removal.
    pub erase_at: Option<Time>,
    /// When they left.
    pub left_at: Option<Time>,
    /// Last sign-in through the organization.
    pub last_sign_in_at: Option<Time>,
    /// When the member was made.
    pub created_at: Time,
    /// When it last changed.
    pub updated_at: Time,
}

/// A capability to set something up for one organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetupLink {
    /// Its id.
    pub id: LinkId,
    /// For whom.
    pub organization_id: OrganizationId,
    /// What it lets its holder do.
    pub purposes: Vec<Purpose>,
    /// Who made it: an operator's name, a member's name, or an API token's name.
    pub created_by: String,
    /// Where the wizard stands: a JSON object of the `onboarding` room.
    pub progress: String,
    /// When it was made.
    pub created_at: Time,
    /// When it ends.
    pub expires_at: Time,
    /// When it was revoked.
    pub revoked_at: Option<Time>,
    /// When it was first opened.
    pub first_used_at: Option<Time>,
    /// When it was last opened.
    pub last_used_at: Option<Time>,
    /// From which address it was last opened.
    pub last_used_from: Option<String>,
    /// The address it was mailed to last; none where it was handed over otherwise.
    pub sent_to: Option<String>,
}

/// A fact to append to the event stream, in the transaction that makes it true.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEvent {
    /// Dotted name, such as `member.activated`.
    pub kind: &'static str,
    /// Whose fact.
    pub organization_id: Option<OrganizationId>,
    /// Whose personal data `data` may hold, so that erasure finds it.
    pub member_id: Option<MemberId>,
    /// JSON object.
    pub data: String,
}

/// Work to be done after the transaction that asked for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// What to do.
    pub kind: String,
    /// With what: ids as JSON, never personal data.
    pub payload: String,
    /// Not before.
    pub run_at: Time,
    /// How often it was tried.
    pub attempts: i64,
}

/// A mail in the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// Its id.
    pub id: MailId,
    /// What kind of mail, such as `invitation`.
    pub kind: String,
    /// Whose mail, so that erasure finds it.
    pub member_id: Option<MemberId>,
    /// For which organization.
    pub organization_id: Option<OrganizationId>,
    /// To which address.
    pub recipient: String,
    /// Subject line.
    pub subject: String,
    /// HTML part.
    pub html: String,
    /// Text part.
    pub text: String,
    /// When it was written.
    pub created_at: Time,
    /// When a server took it.
    pub sent_at: Option<Time>,
    /// Why it could not be sent, last time.
    pub last_error: Option<String>,
}
