//! Directories that are read by us, against a stand-in of Google's API and files of people.

mod files;
mod google;
mod pages;
mod world;
