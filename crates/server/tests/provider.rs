//! Our OpenID provider as an application meets it.

#[path = "provider/world.rs"]
mod world;

#[path = "provider/authorize.rs"]
mod authorize;
#[path = "provider/logout.rs"]
mod logout;
#[path = "provider/tokens.rs"]
mod tokens;
