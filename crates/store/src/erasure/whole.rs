//! Whether a text mentions an address or a name as a whole: `da@acme.test` is not in `ada@acme.test`.
//!
//! In doubt it does: what is left behind of somebody who was erased is worse than a record of somebody else that goes.

/// What is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Needle {
    /// An address, folded; also as it stands in a URL.
    Address(String),
    /// A word of a name, folded.
    Word(String),
}

impl Needle {
    /// Whether the text mentions it.
    pub(super) fn is_in(&self, text: &str) -> bool {
        // The database may have folded less than we do.
        self.is_in_folded(&text.to_lowercase()) || self.is_in_folded(&text.to_ascii_lowercase())
    }

    fn is_in_folded(&self, text: &str) -> bool {
        let (Self::Address(needle) | Self::Word(needle)) = self;
        !needle.is_empty()
            && text.match_indices(needle.as_str()).any(|(at, found)| {
                let (before, after) = (&text[..at], &text[at + found.len()..]);
                !self.goes_on_before(before) && !self.goes_on_after(after)
            })
    }

    fn goes_on_before(&self, before: &str) -> bool {
        let mut back = before.chars().rev();
        match (self, back.next()) {
            (_, Some(last)) if last.is_alphanumeric() => !ends_in_escape(before),
            (Self::Address(_), Some('.' | '_' | '+' | '-')) => back.next().is_some_and(char::is_alphanumeric),
            _ => false,
        }
    }

    fn goes_on_after(&self, after: &str) -> bool {
        let mut ahead = after.chars();
        match (self, ahead.next()) {
            (_, Some(next)) if next.is_alphanumeric() => true,
            (Self::Address(_), Some('.' | '-')) => ahead.next().is_some_and(char::is_alphanumeric),
            _ => false,
        }
    }
}

/// Whether a text ends in an escaped character, of a URL (`%22`) or of JSON (`\n`, `\u003c`).
fn ends_in_escape(text: &str) -> bool {
    let bytes = text.as_bytes();
    let ends = |lead: &[u8], digits: usize| {
        let Some(at) = bytes.len().checked_sub(lead.len() + digits) else { return false };
        bytes[at..].starts_with(lead) && bytes[at + lead.len()..].iter().all(u8::is_ascii_hexdigit)
    };
    ends(b"%", 2) || ends(b"\\u", 4) || matches!(bytes, [.., b'\\', b'n' | b'r' | b't' | b'b' | b'f'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_found_as_a_whole_and_not_in_a_longer_one() {
        let da = Needle::Address("da@acme.test".to_owned());
        for whole in [
            "da@acme.test",
            "to DA@Acme.test.",
            "<da@acme.test>",
            "\"da@acme.test\"",
            "mailto:da@acme.test?x",
            "a\\nda@acme.test\\n",
            "\\u003cda@acme.test\\u003e",
            "login_hint=da@acme.test&x",
            "password:da@acme.test",
            "so ...da@acme.test, - -da@acme.test -",
            "ada@acme.test and da@acme.test",
        ] {
            assert!(da.is_in(whole), "{whole}");
        }
        for longer in [
            "ada@acme.test",
            "x.da@acme.test",
            "x-da@acme.test",
            "x+da@acme.test",
            "x_da@acme.test",
            "éda@acme.test",
            "da@acme.testing",
            "da@acme.test.example",
            "da@acme.test-x.example",
            "",
        ] {
            assert!(!da.is_in(longer), "{longer}");
        }
        let encoded = Needle::Address("da%40acme.test".to_owned());
        assert!(encoded.is_in("/Users?filter=userName%20eq%20%22da%40acme.test%22"));
        assert!(!encoded.is_in("/Users?filter=userName%20eq%20%22ada%40acme.test%22"));
    }

    #[test]
    fn a_name_is_found_as_a_word() {
        let name = Needle::Word("al".to_owned());
        assert!(name.is_in("would leave: Al Li,\nand") && name.is_in("(AL)") && name.is_in("\\tAl"));
        assert!(!name.is_in("Alice") && !name.is_in("final") && !name.is_in("Valentin"));
    }
}
