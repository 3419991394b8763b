//! Says what a pasted value is, when it is not what was asked for.

use super::data::{Guide, Mistake};
use super::values::Values;

/// A wrong value that we know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recognised {
    /// "That is the Issuer, not the Metadata URL".
    pub title: String,
    /// Why it does not help, and where the right one is; in light markup.
    pub text: String,
    /// What the right value looks like; may be empty.
    pub expected: String,
}

/// Looks at what was pasted where metadata was asked for; none when nothing is known to be wrong with it.
pub fn recognise(guide: &Guide, values: &Values, pasted: &str) -> Option<Recognised> {
    let pasted = pasted.trim();
    let back = guide.steps_of().brings_back.as_ref();
    let expected = back.map(|b| b.url_pattern.clone()).unwrap_or_default();
    let known = |title: &str, text: &str| {
        Some(Recognised { title: title.to_owned(), text: text.to_owned(), expected: expected.clone() })
    };
    let label = back.map(|b| b.url_label.as_str()).filter(|l| !l.is_empty()).unwrap_or("metadata URL");
    if let Some(ours) = ours(values, pasted) {
        return known(
            &format!("That is {ours}, which belongs into {}", guide.name),
            &format!(
                "It comes from us. What we need now comes from the other side: the `{label}` of {}.",
                guide.name
            ),
        );
    }
    if let Some(mistake) = back.and_then(|b| b.mistakes.iter().find(|m| m.fits(pasted))) {
        return known(&mistake.title, &mistake.text);
    }
    if pasted.starts_with("-----BEGIN CERTIFICATE-----") {
        return known(
            "That is only the certificate",
            "A certificate says how answers are signed, but not where people sign in. Use the metadata, or type the \
             values by hand and put the certificate there.",
        );
    }
    if pasted.starts_with("-----BEGIN") && pasted.contains("PRIVATE KEY") {
        return known(
            "That is a private key, and it was not saved here",
            "A private key never leaves its owner. Replace it where it is used, because it has now been in a browser. \
             What we need is public: the metadata.",
        );
    }
    let start = pasted.get(..200.min(pasted.len())).unwrap_or(pasted).to_ascii_lowercase();
    if start.starts_with("<!doctype html") || start.starts_with("<html") {
        return known(
            "That is a web page, not metadata",
            "It is often the sign-in page that stands before the metadata. Open the address in a window where nobody \
             is signed in: it must show XML that begins with ``<EntityDescriptor`` or ``<md:EntityDescriptor``.",
        );
    }
    None
}

fn ours(values: &Values, pasted: &str) -> Option<&'static str> {
    [
        (&values.acs_url, "our address for answers"),
        (&values.sp_entity_id, "our entity ID"),
        (&values.sp_metadata_url, "our metadata"),
        (&values.oidc_redirect_uri, "our redirect URI"),
        (&values.login_url, "our sign-in page"),
        (&values.scim_base_url, "our SCIM address"),
    ]
    .into_iter()
    .find(|(value, _)| !value.is_empty() && value.as_str() == pasted)
    .map(|(_, name)| name)
}

impl Mistake {
    fn fits(&self, pasted: &str) -> bool {
        pasted.starts_with(&self.begins)
            && pasted.contains(&self.holds)
            && (self.lacks.is_empty() || !pasted.contains(&self.lacks))
    }
}
