//! The decisions in a member's life, as functions of facts. Reads and writes nothing.

use std::time::Duration;

use model::{LeaverPolicy, MemberStatus, Time};

/// What decides where a member stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Facts {
    /// A required field has no value.
    pub missing: bool,
    /// The person has an account.
    pub account: bool,
    /// The address is in a verified domain of the organization, and the organization has an active connection: the
    /// person can simply sign in.
    pub covered: bool,
}

/// Where a member stands who is neither suspended nor gone.
pub(super) const fn standing(facts: Facts) -> MemberStatus {
    match facts {
        Facts { missing: true, .. } => MemberStatus::Incomplete,
        Facts { account: true, .. } | Facts { covered: true, .. } => MemberStatus::Active,
        _ => MemberStatus::Invited,
    }
}

/// Where a member stands next, who stands at `now`. Whoever is in, stays in: only an administrator or the source
/// takes a place away. A suspended member stays so until an administrator resumes it.
pub(super) const fn next(now: MemberStatus, facts: Facts) -> MemberStatus {
    match now {
        MemberStatus::Active => MemberStatus::Active,
        MemberStatus::Suspended => MemberStatus::Suspended,
        MemberStatus::Disconnected => MemberStatus::Disconnected,
        MemberStatus::Erasing => MemberStatus::Erasing,
        MemberStatus::Incomplete | MemberStatus::Invited => standing(facts),
    }
}

/// Whether a member with this status has left.
pub(super) const fn has_left(status: MemberStatus) -> bool {
    matches!(status, MemberStatus::Disconnected | MemberStatus::Erasing)
}

/// What leaving means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Leaving {
    /// `disconnected` or `erasing`.
    pub status: MemberStatus,
    /// When every record goes.
    pub erase_at: Option<Time>,
}

/// What leaving now means under this policy. Nothing is erased before `until`, even without a grace.
pub(super) fn leaving(policy: LeaverPolicy, grace: Duration, now: Time, until: Time) -> Leaving {
    match policy {
        LeaverPolicy::Disconnect => Leaving { status: MemberStatus::Disconnected, erase_at: None },
        LeaverPolicy::Delete => {
            Leaving { status: MemberStatus::Erasing, erase_at: Some(now.after(grace).max(until)) }
        }
    }
}

/// Whether the person can keep the account: they came in once, and the organization lets go of it.
pub(super) const fn may_claim(status: MemberStatus, account: bool) -> bool {
    account && matches!(status, MemberStatus::Disconnected)
}

#[cfg(test)]
mod tests {
    use super::*;
    use MemberStatus::{Active, Disconnected, Erasing, Incomplete, Invited, Suspended};

    const NOBODY: Facts = Facts { missing: false, account: false, covered: false };

    #[test]
    fn a_missing_field_comes_before_everything_else() {
        assert_eq!(standing(Facts { missing: true, account: true, covered: true }), Incomplete);
        assert_eq!(standing(NOBODY), Invited);
        assert_eq!(standing(Facts { account: true, ..NOBODY }), Active);
        assert_eq!(standing(Facts { covered: true, ..NOBODY }), Active);
    }

    #[test]
    fn news_of_a_person_takes_nobodys_place_away() {
        for status in [Active, Suspended, Disconnected, Erasing] {
            assert_eq!(next(status, Facts { missing: true, ..NOBODY }), status);
        }
        assert_eq!(next(Incomplete, Facts { covered: true, ..NOBODY }), Active);
        assert_eq!(next(Invited, Facts { missing: true, ..NOBODY }), Incomplete);
    }

    #[test]
    fn leaving_follows_the_policy_and_its_grace() {
        let now = Time::from_seconds(1000);
        let day = Duration::from_hours(24);
        let kept = leaving(LeaverPolicy::Disconnect, day, now, now);
        assert_eq!(kept, Leaving { status: Disconnected, erase_at: None });
        let gone = leaving(LeaverPolicy::Delete, Duration::ZERO, now, now);
        assert_eq!(gone, Leaving { status: Erasing, erase_at: Some(now) });
        assert!(
            may_claim(Disconnected, true) && !may_claim(Disconnected, false) && !may_claim(Erasing, true)
        );
    }
}
