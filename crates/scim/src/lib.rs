//! SCIM 2.0 (RFC 7643, RFC 7644) as data: schemas, filters, the PATCH engine, and the dialects of
//! the providers that really call. Owns what a message means. Does not own HTTP, storage, the
//! clock, or what a provisioned user does to a member: callers pass JSON in and get JSON,
//! decisions and errors back.
//!
//! The members of a group are never part of the group's JSON here: they arrive and leave as
//! [`MemberRef`]s, so that a change to one member of a large group costs one row.

pub mod bulk;
pub mod dialect;
pub mod error;
pub mod etag;
pub mod filter;
pub mod json;
pub mod limits;
pub mod list;
pub mod patch;
mod path;
pub mod project;
pub mod query;
pub mod resource;
pub mod schema;
mod value;

pub use dialect::Dialect;
pub use error::{ScimError, ScimType};
pub use filter::{Access, Filter, Key, Lookup, Test};
pub use list::Sort;
pub use patch::{GroupPatch, MembershipChange, PatchRequest, UserPatch};
pub use path::AttrPath;
pub use project::Projection;
pub use query::ListQuery;
pub use resource::{Change, EmailRef, GroupBody, GroupIndex, MemberRef, UserIndex};
