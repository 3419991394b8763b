//! People who leave, to the last case: what is removed, who hears of it, and what is left to show.

mod claims;
mod cut;
mod drill;
mod receipts;
mod traces;
mod world;
