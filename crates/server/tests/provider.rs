//! Our OpenID provider as an application meets it.

#[path = "provider/world.rs"]
mod world;

#[path = "provider/authorize.rs"]
mod authorize;
#[path = "provider/keys.rs"]
mod keys;
#[path = "provider/logout.rs"]
mod logout;
#[path = "provider/pushed.rs"]
mod pushed;
#[path = "provider/refresh.rs"]
mod refresh;
#[path = "provider/step_up.rs"]
mod step_up;
#[path = "provider/tokens.rs"]
mod tokens;
