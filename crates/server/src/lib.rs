//! Placeholder.

pub mod guide;
pub mod web;
