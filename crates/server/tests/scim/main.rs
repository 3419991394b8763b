//! SCIM as providers speak it, and the effect it has on members.

mod at_once;
mod brake;
mod bulk;
mod clients;
mod corpora;
mod effects;
mod feed;
mod health;
mod life;
mod mapping;
mod odd;
mod preview;
mod profiles;
mod records;
mod refusals;
mod same;
mod silence;
mod stops;
mod test_resources;
mod tokens;
