//! What identity providers tell between sign-ins, from the token that is posted to the session that is over.

mod end_session;
mod events;
mod logout;
mod world;
