//! The rooms of Frontdesk behind one HTTP router.
//!
//! Arrows run one way: pages and protocols (`login`, `provider`, `provisioning`, `onboarding`, `console`, `org`,
//! `api`) → `member`, `directory`, `connection`, `account` → `event`, `job`, `mail` → `store`. How pages look is the
//! crate `web`, which knows nothing of the rooms. Nothing here sees sqlx.

pub mod account;
pub mod api;
pub mod app;
pub mod care;
pub mod config;
pub mod connection;
pub mod console;
pub mod directory;
pub mod dns;
pub mod drill;
pub mod enforcement;
pub mod feed;
pub mod job;
pub mod keys;
pub mod login;
pub mod mail;
pub mod member;
pub mod onboarding;
pub mod org;
pub mod organization;
pub mod outbound;
pub mod passkey;
pub mod problem;
pub mod provider;
pub mod provisioning;
pub mod pull;
pub mod rate;
pub mod receipt;
pub mod request;
pub mod signal;
pub mod trace;

mod routes;
mod work;

pub use app::{App, AppParts};
pub use config::Config;
pub use dns::Dns;
pub use problem::Problem;
pub use routes::router;
