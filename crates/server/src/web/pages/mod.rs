//! Pages as view structs: plain words in, HTML out. One file per room.
//!
//! Owns which facts a page shows and in what order. Does not own where the facts come from.

pub mod login;
pub mod problem;

use super::brand::Brand;
use super::layout::Page;
use std::sync::Arc;

/// The surroundings of a sample page.
pub(crate) fn sample_page(title: &str) -> Page {
    Page::new(Arc::new(Brand::sample()), title, "sample-csrf-token")
}
