//! Provider guides as data: which identity and directory providers exist, the steps a customer's administrator
//! follows in each one's console, and what comes back from there.
//!
//! Owns the files under `guides/`, their shape and how a guide is rendered with our values. Does not own
//! connections or directories, and takes no part in the protocols. A new provider needs a file, not code.

mod data;
mod list;
mod recognise;
mod render;
mod sync;
mod values;

pub use data::{
    Attributes, BringsBack, Confidence, CopyField, ErrorHint, Exchange, Fact, Fix, Guide, Missing, Mistake,
    Protocol, Step, SyncFix, Way,
};
pub use list::{Family, Kind, directories, families, find, search, sso};
pub use recognise::{Recognised, recognise};
pub use render::{RenderedError, RenderedGuide, RenderedStep};
pub use sync::{SyncWords, sync_words};
pub use values::{Placeholder, Values};

#[cfg(test)]
mod tests;
