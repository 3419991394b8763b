//! Telling what was pasted where a provider's metadata was asked for.
//!
//! Owns finding the document or its address in a longer text, such as a mail. Does not own reading either.

use crate::problem::Problem;

const FIELD: &str = "metadata";

/// What a pasted text is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Pasted {
    /// A document.
    Document(String),
    /// An address to fetch.
    Address(String),
}

/// Finds the metadata, or its address, in what was pasted.
pub(super) fn read(text: &str) -> Result<Pasted, Problem> {
    let text = text.trim_start_matches('\u{feff}').trim();
    let field = |words: &str| Err(Problem::field(FIELD, words));
    if text.is_empty() {
        return field("There is nothing here yet. Paste the metadata, or its address.");
    }
    if text.starts_with('<') && !text.starts_with("<http") {
        return Ok(Pasted::Document(text.to_owned()));
    }
    if text.contains("PRIVATE KEY-----") {
        return field(
            "That is a private key, and it was not saved. Never send it to anybody, and replace it, because it has now \
             been in a browser. Expected the metadata, which is public.",
        );
    }
    if let Some(document) = document_inside(text) {
        return Ok(Pasted::Document(document.to_owned()));
    }
    if text.contains("-----BEGIN CERTIFICATE-----") {
        return field(
            "That is only the certificate. It says how answers are signed, but not where people sign in. Paste the \
             metadata; or enter the values by hand, with this certificate.",
        );
    }
    if text.starts_with('{') && text.contains("\"issuer\"") {
        return field(
            "That is a discovery document of OpenID Connect, not SAML metadata. Choose the provider's OpenID Connect \
             entry in the list and enter the issuer, the client ID and the client secret.",
        );
    }
    let addresses = addresses(text);
    let likely: Vec<&String> = addresses.iter().filter(|url| looks_like_metadata(url)).collect();
    match (likely.as_slice(), addresses.as_slice()) {
        ([one], _) => Ok(Pasted::Address((*one).clone())),
        ([], [one]) => Ok(Pasted::Address(one.clone())),
        ([], []) => nothing_inside(text),
        _ => field(&format!(
            "There are several addresses in this text: {}. Paste only the one that the provider calls its metadata \
             address.",
            addresses.join(", ")
        )),
    }
}

/// The words of a refusal of the `oidc` crate, with what was expected and received.
pub(super) fn words_of(rejection: &oidc::Rejection) -> String {
    let parts = [("Expected", &rejection.expected), ("Received", &rejection.received)];
    let values =
        parts.into_iter().filter_map(|(label, value)| Some(format!("{label}: {}.", value.as_ref()?)));
    std::iter::once(rejection.message.clone()).chain(values).collect::<Vec<_>>().join(" ")
}

/// Light markup without its marks.
pub(super) fn plain(text: &str) -> String {
    text.chars().filter(|c| *c != '`').collect()
}

/// Metadata inside a longer text, from its first to its last angle bracket.
fn document_inside(text: &str) -> Option<&str> {
    if !text.contains("EntityDescriptor") && !text.contains("EntitiesDescriptor") {
        return None;
    }
    let names = [
        "<?xml",
        "<EntityDescriptor",
        "<md:EntityDescriptor",
        "<EntitiesDescriptor",
        "<md:EntitiesDescriptor",
    ];
    let start = names.iter().filter_map(|name| text.find(name)).min().or_else(|| text.find('<'))?;
    let end = text.rfind('>')?;
    text.get(start..=end)
}

/// Every web address in the text, once each, without the punctuation that ends sentences.
fn addresses(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for word in
        text.split(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"' | '\'' | '“' | '”' | '|'))
    {
        let Some(start) = word.find("https://").or_else(|| word.find("http://")) else { continue };
        let url = word[start..].trim_end_matches(['.', ',', ';', ':', ')', ']', '!', '?', '*']);
        if url.len() > "https://".len() && !found.iter().any(|known| known == url) {
            found.push(url.to_owned());
        }
    }
    found
}

fn looks_like_metadata(url: &str) -> bool {
    let lower = url.to_ascii_lowercase();
    lower.contains("metadata") || lower.contains("/saml/descriptor") || lower.contains(".xml")
}

fn nothing_inside(text: &str) -> Result<Pasted, Problem> {
    let compact: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let words = if compact.len() > 400 && compact.starts_with("MII") {
        "That is only the certificate, without the lines around it. Paste the metadata; or enter the values by hand, \
         with this certificate."
            .to_owned()
    } else if !text.contains(char::is_whitespace) && text.contains('.') {
        let shown: String = text.chars().take(100).collect();
        format!(
            "“{shown}” is not a whole address. Expected one that begins with https://, or the metadata itself."
        )
    } else {
        "There is no metadata in this text, and no address of it. Expected XML that begins with <EntityDescriptor or \
         <md:EntityDescriptor, or an address that begins with https://."
            .to_owned()
    };
    Err(Problem::field(FIELD, words))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> String {
        read(text).unwrap_err().detail
    }

    fn address(text: &str) -> Pasted {
        read(text).unwrap()
    }

    #[test]
    fn an_address_is_found_in_a_whole_mail() {
        let url = "https://acme.okta.com/app/exk9/sso/saml/metadata";
        let mail = format!(
            "Hi Maren,\n\nhere is the link (from https://acme-admin.okta.com):\n<{url}>.\n\nRegards, Bo\nhttps://acme.com"
        );
        assert_eq!(address(&mail), Pasted::Address(url.to_owned()));
        assert_eq!(address(&format!("Metadata URL: {url}.")), Pasted::Address(url.to_owned()));
        assert_eq!(address(url), Pasted::Address(url.to_owned()));
        assert_eq!(
            address("http://www.okta.com/exk9"),
            Pasted::Address("http://www.okta.com/exk9".to_owned())
        );
    }

    #[test]
    fn a_document_is_found_in_a_whole_mail() {
        let xml = "<md:EntityDescriptor entityID=\"x\"></md:EntityDescriptor>";
        let found = address(&format!("Hello,\n{xml}\nBye https://acme.com"));
        assert_eq!(found, Pasted::Document(xml.to_owned()));
        assert!(matches!(address("<!DOCTYPE html><html>"), Pasted::Document(_)));
    }

    #[test]
    fn what_does_not_help_is_named() {
        assert!(words("  ").contains("nothing here yet"));
        assert!(
            words("-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----")
                .contains("only the certificate")
        );
        assert!(words(&format!("MII{}", "A".repeat(800))).contains("only the certificate"));
        assert!(words("-----BEGIN PRIVATE KEY-----").contains("private key, and it was not saved"));
        assert!(words("{\"issuer\":\"https://x\"}").contains("discovery document"));
        assert!(words("acme.okta.com").contains("not a whole address"));
        assert!(words("please call me").contains("no metadata in this text"));
        let two = words("https://a.test/metadata https://b.test/metadata");
        assert!(two.contains("several addresses") && two.contains("https://b.test/metadata"), "{two}");
    }
}
