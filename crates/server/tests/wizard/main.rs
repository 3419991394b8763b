//! The setup wizard as a person walks through it, with a link and a browser, and the ways it must not be walked.

mod bad_values;
mod certificate;
mod change;
mod directory;
mod links;
mod people;
mod sign_on;
mod world;
