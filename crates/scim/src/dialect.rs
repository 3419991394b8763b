//! Owns the few places where the answer depends on who asks. What is accepted never does: every
//! client's spelling is read on every directory.

/// How many members a group may have for its PATCH to be answered with the whole group. To show more costs more than to change
/// them, and whoever wants to see them names `attributes` or asks.
pub const WHOLE_GROUP: u64 = 100;

/// The client at the other end, as far as it changes an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Dialect {
    /// What the RFC says.
    #[default]
    Standard,
    /// Microsoft Entra ID: 204 on group PATCH is what it documents.
    Entra,
    /// Okta.
    Okta,
}

impl Dialect {
    /// The dialect of a provider, by its key in the list of directory providers.
    pub fn of(provider: &str) -> Self {
        if provider.starts_with("entra") || provider.starts_with("azure") {
            Self::Entra
        } else if provider.starts_with("okta") {
            Self::Okta
        } else {
            Self::Standard
        }
    }

    /// Whether a PATCH of a group with this many members is answered with the group (200) or with
    /// nothing (204). Every client takes either; `asked` tells that the client named attributes.
    pub fn shows_patched_group(self, members: u64, asked: bool) -> bool {
        asked || (self != Self::Entra && members <= WHOLE_GROUP)
    }

    /// The HTTP status of a PATCH of a group, to go with [`Self::shows_patched_group`].
    pub fn group_patch_status(self, members: u64, asked: bool) -> u16 {
        if self.shows_patched_group(members, asked) { 200 } else { 204 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entra_gets_no_body_for_a_group() {
        assert_eq!(Dialect::of("entra-scim").group_patch_status(3, false), 204);
        assert_eq!(Dialect::of("entra-scim").group_patch_status(3, true), 200);
    }

    #[test]
    fn others_get_the_group_unless_it_is_large() {
        assert_eq!(Dialect::of("custom-scim2").group_patch_status(3, false), 200);
        assert_eq!(Dialect::of("okta-scim").group_patch_status(100_000, false), 204);
    }
}
