//! Typed ids: a prefix that names the kind, then 26 letters and digits that sort by the time of making.
//!
//! 48 bits of milliseconds and 80 random bits (the ULID layout) in Crockford's base 32, lower case.

use std::fmt;
use std::str::FromStr;

use crate::{Clock, Rng};

/// A text that is not an id of the expected kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected an id that begins with {prefix}_ and has 26 letters and digits after it")]
pub struct IdError {
    prefix: &'static str,
}

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

fn make(clock: &dyn Clock, rng: &dyn Rng) -> u128 {
    let mut random = [0_u8; 16];
    rng.fill(&mut random[6..]);
    millis(clock.now()) << 80 | u128::from_be_bytes(random)
}

fn millis(time: crate::Time) -> u128 {
    u128::try_from(time.as_micros() / 1000).unwrap_or(0) & 0xffff_ffff_ffff
}

fn encode(value: u128, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut text = [0_u8; 26];
    for (place, letter) in text.iter_mut().rev().enumerate() {
        let index = usize::try_from((value >> (5 * place)) & 31).unwrap_or(0);
        *letter = ALPHABET[index];
    }
    f.write_str(std::str::from_utf8(&text).unwrap_or_default())
}

fn decode(text: &str) -> Option<u128> {
    let bytes = text.as_bytes();
    if bytes.len() != 26 || bytes[0] > b'7' {
        return None;
    }
    bytes.iter().try_fold(0_u128, |value, byte| {
        let digit = DIGITS[usize::from(*byte)];
        (digit < 32).then_some((value << 5) | u128::from(digit))
    })
}

/// What each letter of the alphabet stands for; 32 for every other byte.
const DIGITS: [u8; 256] = {
    let mut all = [32; 256];
    let mut digit = 0;
    while digit < 32 {
        all[ALPHABET[digit as usize] as usize] = digit;
        digit += 1;
    }
    all
};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u128);

        impl $name {
            /// What every id of this kind begins with, without the underscore.
            pub const PREFIX: &'static str = $prefix;

            /// A fresh id, later than all made before it (to the millisecond).
            pub fn new(clock: &dyn Clock, rng: &dyn Rng) -> Self {
                Self(make(clock, rng))
            }

            /// No id made at `time` or later comes before it, and all made earlier do (to the millisecond).
            pub fn first_of(time: crate::Time) -> Self {
                Self(millis(time) << 80)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!($prefix, "_"))?;
                encode(self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                text.strip_prefix(concat!($prefix, "_"))
                    .and_then(decode)
                    .map(Self)
                    .ok_or(IdError { prefix: $prefix })
            }
        }
    )*};
}

ids! {
    /// A customer company.
    OrganizationId = "org";
    /// An e-mail domain of an organization.
    DomainId = "dom";
    /// One SSO trust of an organization.
    ConnectionId = "con";
    /// One SCIM (or pulled) feed of an organization.
    DirectoryId = "dir";
    /// A user as the directory sent it.
    DirectoryUserId = "usr";
    /// A group as the directory sent it.
    DirectoryGroupId = "grp";
    /// A person who can sign in; `sub` towards applications.
    AccountId = "acc";
    /// An account's place in one organization.
    MemberId = "mem";
    /// A signed-in browser of an account.
    SessionId = "ses";
    /// A sign-in under way.
    FlowId = "flw";
    /// A setup link.
    LinkId = "lnk";
    /// An invitation or a claim link.
    InvitationId = "inv";
    /// An uploaded file of people.
    ImportId = "imp";
    /// An OpenID Connect client; also its `client_id`.
    ApplicationId = "app";
    /// An API token, SCIM token, code or refresh token's record.
    TokenId = "tok";
    /// Vendor staff.
    OperatorId = "opr";
    /// A passkey of an account or an operator.
    PasskeyId = "pky";
    /// A fact in the event stream.
    EventId = "evt";
    /// A unit of background work.
    JobId = "job";
    /// A mail in the outbox.
    MailId = "mai";
    /// A signing key.
    KeyId = "key";
    /// The record of one sign-in attempt or request: the reference that people are shown.
    TraceId = "ref";
    /// A leaving that a directory told of.
    DepartureId = "dep";
    /// A time in which people may sign in beside a required single sign-on.
    OpeningId = "opn";
    /// A rule of a domain: who signs in through which connection.
    RuleId = "rul";
    /// A single address outside the verified domains that a company's connections may vouch for.
    ExceptionId = "exc";
    /// A link to the explanation of one sign-in.
    ShareId = "shr";
    /// A SCIM resource for conformance suites.
    TestResourceId = "tst";
    /// What a connection was before it was replaced.
    VersionId = "ver";
    /// What a draft of a connection would have made of one sign-in.
    ShadowId = "shd";
    /// That somebody was erased; nothing of the person is in it.
    ErasureId = "era";
    /// A leaver drill.
    DrillId = "drl";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{SystemClock, SystemRng};

    #[test]
    fn an_id_survives_the_way_to_text_and_back() {
        let id = OrganizationId::new(&SystemClock, &SystemRng::default());
        assert_eq!(id.to_string().parse::<OrganizationId>(), Ok(id));
        assert_eq!(id.to_string().len(), 30);
    }

    #[test]
    fn an_id_of_another_kind_is_refused() {
        let id = OrganizationId::new(&SystemClock, &SystemRng::default()).to_string();
        assert!(id.parse::<MemberId>().is_err());
        assert!("org_zzzzzzzzzzzzzzzzzzzzzzzzzz".parse::<OrganizationId>().is_err());
        assert!("org_".parse::<OrganizationId>().is_err());
    }

    #[test]
    fn ids_sort_by_the_time_they_were_made_at() {
        let id = OrganizationId::new(&SystemClock, &SystemRng::default());
        let now = SystemClock.now();
        let earlier = crate::Time::from_micros(now.as_micros() - 60_000_000);
        let later = crate::Time::from_micros(now.as_micros() + 60_000_000);
        assert!(OrganizationId::first_of(earlier) < id && id < OrganizationId::first_of(later));
        assert!(OrganizationId::first_of(earlier).to_string() < id.to_string());
    }
}
