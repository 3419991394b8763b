//! What the benches share: the processes that are measured, how they are, and the companies' identity provider.

#![expect(clippy::disallowed_methods, reason = "it measures the time of the machine")]

pub mod idp;
pub mod server;
pub mod work;

/// What fails here is told and ends the run.
pub type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;
