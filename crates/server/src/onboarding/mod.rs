//! How organizations and their people come aboard: setup links, the setup wizard, and files of people.
//!
//! Owns setup links and where a wizard stands. Does not own connections, directories or members: it asks their rooms.

pub mod domain_panel;
pub mod import;
pub mod joining_panel;
pub mod links;
pub mod mapping_panel;
mod mapping_view;
pub mod people;
pub mod preview_panel;
pub mod source;
pub mod wizard;

pub use wizard::brought;
