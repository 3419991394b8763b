//! Changing a live connection: the draft beside it, its test, putting it in use, going back, and its shadow.

mod bad;
mod draft;
mod pages;
mod requests;
mod shadow;
mod world;
