//! Our OpenID provider as an application meets it.

#[path = "provider/world.rs"]
mod world;

#[path = "provider/authorize.rs"]
mod authorize;
