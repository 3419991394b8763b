//! What puts a directory's trouble right, in the words of its provider's console.

use super::data::{Guide, SyncFix};
use super::list::find;
use super::render::text;
use super::values::Values;
use crate::Html;

/// The guide whose words hold where a provider has none of its own.
const GENERAL: &str = "custom-scim2";
/// The words for a cause that has none.
const OTHER: &str = "other";

/// A cause in words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SyncWords {
    /// What happened: "The same person was sent twice".
    pub means: String,
    /// What to do there.
    pub remedy: Html,
    /// The same without markup, for programs.
    pub plain: String,
}

/// What a trouble is and what puts it right, at the provider with this id. Never empty.
pub fn sync_words(provider: &str, cause: &str, values: &Values) -> SyncWords {
    let own = find(provider);
    let base = own.and_then(|guide| guide.base.as_deref()).and_then(find);
    let general = find(GENERAL);
    let of = |cause: &str| {
        let in_guide = |guide: Option<&'static Guide>| {
            guide.and_then(|guide| guide.sync.iter().find(|fix| fix.cause == cause))
        };
        let fix: Option<&SyncFix> = in_guide(own).or_else(|| in_guide(base)).or_else(|| in_guide(general));
        fix.map(|fix| (fix, in_guide(general).map_or("", |it| it.means.as_str())))
    };
    let Some((fix, means)) = of(cause).or_else(|| of(OTHER)) else { return SyncWords::default() };
    let means = if fix.means.is_empty() { means } else { &fix.means };
    SyncWords {
        means: values.fill(means),
        remedy: text(&fix.remedy, values),
        plain: values.fill(&fix.remedy).replace(['`', '*'], ""),
    }
}
