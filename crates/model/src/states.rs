//! The states of things, each with the one spelling that database, API and pages use.

use std::fmt;
use std::str::FromStr;

/// A text that names no state of the kind asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("“{received}” is not one of {}", .expected.join(", "))]
pub struct UnknownState {
    /// What came.
    pub received: String,
    /// The spellings that exist.
    pub expected: &'static [&'static str],
}

macro_rules! states {
    ($($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal),* $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$vdoc])* $variant),* }

        impl $name {
            /// Every state, in the order of life.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The spelling in the database, the API and addresses.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),* }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(self.as_str()) }
        }

        impl FromStr for $name {
            type Err = UnknownState;
            fn from_str(text: &str) -> Result<Self, UnknownState> {
                match text {
                    $($text => Ok(Self::$variant),)*
                    other => Err(UnknownState {
                        received: other.chars().take(60).collect(),
                        expected: &[$($text),*],
                    }),
                }
            }
        }
    )*};
}

states! {
    /// Whether a domain is proven to be the organization's.
    DomainStatus {
        /// Named, not proven.
        Pending = "pending",
        /// Proven by DNS, or attested by an operator or the API.
        Verified = "verified",
    }
    /// Which protocol a connection speaks.
    Protocol {
        /// SAML 2.0.
        Saml = "saml",
        /// OpenID Connect.
        Oidc = "oidc",
    }
    /// Life of a connection.
    ConnectionStatus {
        /// Being set up; signs nobody in but its own tests.
        Draft = "draft",
        /// Signs people in.
        Active = "active",
        /// Switched off.
        Inactive = "inactive",
    }
    /// What came of a leaving that a directory told of.
    DepartureState {
        /// The member was checked out.
        Left = "left",
        /// Was checked out in a sync that was stopped since, and is about to come back in.
        Recalled = "recalled",
        /// Waits for a decision; the member is still there.
        Held = "held",
        /// Somebody decided that the member goes, and that is about to happen.
        Leaving = "leaving",
        /// Somebody decided that the member comes back, and that is about to happen.
        Undoing = "undoing",
        /// Somebody decided that the member stays, or the directory took it back.
        Kept = "kept",
    }
    /// How a directory told that somebody left.
    DepartureKind {
        /// Its user is inactive now.
        Deactivated = "deactivated",
        /// Its user is gone.
        Deleted = "deleted",
    }
    /// How a directory's group came to lose one of its people.
    LossKind {
        /// The person was taken out, others stayed.
        TakenOut = "taken_out",
        /// Nobody was left in the group.
        Emptied = "emptied",
        /// The group itself was removed.
        Removed = "removed",
        /// The person was removed from the directory while in the group.
        PersonRemoved = "person_removed",
    }
    /// What a secret of a directory is.
    DirectorySecret {
        /// Shown with each request (RFC 6750).
        Bearer = "bearer",
        /// Changed for short-lived tokens first (OAuth 2.0 client credentials, RFC 6749 section 4.4).
        Client = "client",
    }

    /// Life of a directory.
    DirectoryStatus {
        /// Being set up: answers and stores, applies nothing.
        Draft = "draft",
        /// Stores and answers everything the provider sends, applies nothing.
        Preview = "preview",
        /// What it sends becomes true for members.
        Active = "active",
        /// Stores and answers, applies nothing until resumed.
        Paused = "paused",
    }
    /// Life of a member.
    MemberStatus {
        /// A required field is missing.
        Incomplete = "incomplete",
        /// Must accept by mail.
        Invited = "invited",
        /// May sign in.
        Active = "active",
        /// May not sign in for now.
        Suspended = "suspended",
        /// Left under the disconnect policy.
        Disconnected = "disconnected",
        /// Left under the delete policy; every record goes when the grace period ends.
        Erasing = "erasing",
    }
    /// Where a member came from.
    Source {
        /// A directory.
        Scim = "scim",
        /// First sign-in.
        Sso = "sso",
        /// A bulk-invite file.
        Csv = "csv",
        /// By hand, in the console, `/org` or the API.
        Manual = "manual",
    }
    /// What a member may do in the organization.
    Role {
        /// Administers the organization at `/org`.
        Admin = "admin",
        /// Uses the product.
        Member = "member",
    }
    /// What happens to the account of a person who leaves.
    LeaverPolicy {
        /// The person may keep it as a personal account.
        Disconnect = "disconnect",
        /// Every record goes after the grace period.
        Delete = "delete",
    }
    /// What a setup link lets its holder do.
    Purpose {
        /// Set up single sign-on.
        Sso = "sso",
        /// Set up directory sync.
        Scim = "scim",
        /// Prove domains.
        Domains = "domains",
        /// Upload a file of people.
        Csv = "csv",
        /// Replace a certificate.
        Certificate = "certificate",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_reads_its_own_spelling() {
        for status in MemberStatus::ALL {
            assert_eq!(status.as_str().parse::<MemberStatus>().as_ref(), Ok(status));
        }
        assert!("Active".parse::<MemberStatus>().is_err());
    }

    #[test]
    fn a_text_that_names_no_state_is_told_those_that_exist() {
        let said = "open".parse::<DomainStatus>().unwrap_err().to_string();
        assert_eq!(said, "“open” is not one of pending, verified");
    }
}
