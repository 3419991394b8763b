//! Forged, replayed and misdirected messages. Every one must be refused.
//!
//! Grouped by the rule that stops them. Attacks on signed content are made in two ways: messages that the
//! provider really signed and somebody changed afterwards, and messages that the provider signed although they
//! break a rule.

mod encrypted;
mod kit;
mod misdirected;
mod mutations;
mod signatures;
mod transforms;
mod values;
mod wrapping;
mod xml;
