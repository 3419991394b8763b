//! Signing in from the address that is typed to the session, and everything that must not lead there.

mod account;
mod company;
mod enforced;
mod exceptions;
mod explained;
mod fallback;
mod joining;
mod limits;
mod links;
mod own;
mod passkeys;
mod refused;
mod requests;
mod routing;
mod sessions;
mod single_logout;
mod unasked;
mod way;
