//! What an address, a method and a body ask for. Reads nothing but the request; the store is not touched before it is
//! known that the request makes sense.

use axum::http::Method;
use model::{DirectoryGroupId, TestResourceId};
use scim::limits::{MAX_BODY_BYTES, MAX_BULK_OPERATIONS, MAX_GROUP_OPERATIONS, MAX_USER_OPERATIONS};
use scim::schema::ResourceType;
use scim::schema::discovery::{self, Capabilities};
use scim::{GroupBody, ListQuery, PatchRequest, ScimError, list, resource};
use serde_json::{Map, Value};

use super::call::Call;
use super::test_resources::TestWrite;
use crate::app::App;

/// What a resource is. Lists of several kinds show them in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// `/Users`
    User,
    /// `/Groups`
    Group,
    /// `/TestResources`, where the operator asks for them.
    Test,
}

impl Kind {
    /// Lists of this kind alone.
    const fn alone(self) -> &'static [Self] {
        match self {
            Self::User => &[Self::User],
            Self::Group => &[Self::Group],
            Self::Test => &[Self::Test],
        }
    }

    /// The kind of a resource with this id.
    pub fn of_id(id: &str) -> Self {
        if id.starts_with(DirectoryGroupId::PREFIX) {
            Self::Group
        } else if id.starts_with(TestResourceId::PREFIX) {
            Self::Test
        } else {
            Self::User
        }
    }
}

/// What a request asks for.
#[derive(Debug)]
pub enum Plan {
    /// It changes nothing.
    Read(Read),
    /// It changes something.
    Write(Write),
    /// It changes a test resource.
    Test(TestWrite),
    /// It holds several requests.
    Bulk,
}

/// A request that changes nothing.
#[derive(Debug)]
pub enum Read {
    /// An answer that needs no look into the store.
    Fixed(String),
    /// One resource, with the parameters of the query.
    One(Kind, String, ListQuery),
    /// Resources of these kinds.
    List(&'static [Kind], ListQuery),
}

/// A request that changes something.
#[derive(Debug)]
pub enum Write {
    /// A new user.
    CreateUser(Map<String, Value>),
    /// A whole user in place of the one with this id.
    ReplaceUser(String, Map<String, Value>),
    /// Changes to the user with this id.
    PatchUser(String, PatchRequest),
    /// No such user any more.
    DeleteUser(String),
    /// A new group.
    CreateGroup(GroupBody),
    /// A whole group in place of the one with this id.
    ReplaceGroup(String, GroupBody),
    /// Changes to the group with this id.
    PatchGroup(String, PatchRequest),
    /// No such group any more.
    DeleteGroup(String),
}

/// What is served beyond what every server must.
const CAPABILITIES: Capabilities<'static> =
    Capabilities { bulk: Some((MAX_BULK_OPERATIONS, MAX_BODY_BYTES)), cursor: true, documentation: None };

/// What this server serves.
pub fn kinds(app: &App) -> &'static [Kind] {
    if app.config.scim_test_resources {
        &[Kind::User, Kind::Group, Kind::Test]
    } else {
        &[Kind::User, Kind::Group]
    }
}

/// Decides what the request asks for.
pub fn plan(call: &Call, kinds: &'static [Kind]) -> Result<Plan, ScimError> {
    let parts: Vec<&str> = call.segments.iter().map(String::as_str).collect();
    let is = |part: &str, name: &str| part.eq_ignore_ascii_case(name);
    let kind_of = |name: &str| {
        let mut all = kinds.iter().copied();
        all.find(|kind| is(name, kind.resource_type().endpoint.trim_start_matches('/')))
    };
    if let [name, rest @ ..] = parts.as_slice()
        && let Some(kind) = kind_of(name)
    {
        return resource_plan(call, kind, rest);
    }
    match parts.as_slice() {
        [] => match call.method {
            Method::GET | Method::HEAD => Ok(Plan::Read(Read::List(kinds, call.query()?))),
            _ => Err(not_here(call, "GET, HEAD")),
        },
        [".search"] => search(call, kinds),
        [name, rest @ ..]
            if ["ServiceProviderConfig", "ResourceTypes", "Schemas"].iter().any(|n| is(name, n)) =>
        {
            discover(call, kinds, name, rest)
        }
        [name, ..] if is(name, "Me") => Err(ScimError::status(
            501,
            "The token belongs to a directory, not to a person, so there is no “Me”. Use /Users.",
        )),
        [name] if is(name, "Bulk") => match call.method {
            Method::POST => Ok(Plan::Bulk),
            _ => Err(not_here(call, "POST")),
        },
        _ => Err(ScimError::status(404, "There is no such endpoint; /Users and /Groups hold the resources.")),
    }
}

fn search(call: &Call, kinds: &'static [Kind]) -> Result<Plan, ScimError> {
    if call.method != Method::POST {
        return Err(not_here(call, "POST"));
    }
    Ok(Plan::Read(Read::List(kinds, ListQuery::from_search(&call.json()?)?)))
}

fn resource_plan(call: &Call, kind: Kind, rest: &[&str]) -> Result<Plan, ScimError> {
    let kinds = kind.alone();
    match rest {
        [] => match call.method {
            Method::GET | Method::HEAD => Ok(Plan::Read(Read::List(kinds, call.query()?))),
            Method::POST => Ok(match kind {
                Kind::User => Plan::Write(Write::CreateUser(resource::user(call.json()?)?)),
                Kind::Group => Plan::Write(Write::CreateGroup(resource::group(call.json()?)?)),
                Kind::Test => Plan::Test(TestWrite::Create(resource::test(call.json()?)?)),
            }),
            _ => Err(not_here(call, "GET, HEAD, POST")),
        },
        [".search"] => search(call, kinds),
        [id] => one(call, kind, (*id).to_owned()),
        _ => Err(ScimError::status(404, "There is nothing below a resource.")),
    }
}

fn one(call: &Call, kind: Kind, id: String) -> Result<Plan, ScimError> {
    let what = match (call.method.as_str(), kind) {
        ("GET" | "HEAD", _) => return Ok(Plan::Read(Read::One(kind, id, call.query()?))),
        ("PUT", Kind::User) => Write::ReplaceUser(id, resource::user(call.json()?)?),
        ("PUT", Kind::Group) => Write::ReplaceGroup(id, resource::group(call.json()?)?),
        ("PATCH", Kind::User) => {
            Write::PatchUser(id, PatchRequest::parse(call.json()?, MAX_USER_OPERATIONS)?)
        }
        ("PATCH", Kind::Group) => {
            Write::PatchGroup(id, PatchRequest::parse(call.json()?, MAX_GROUP_OPERATIONS)?)
        }
        ("DELETE", Kind::User) => Write::DeleteUser(id),
        ("DELETE", Kind::Group) => Write::DeleteGroup(id),
        ("PUT", Kind::Test) => return Ok(Plan::Test(TestWrite::Replace(id, call.json()?))),
        ("PATCH", Kind::Test) => {
            let request = PatchRequest::parse(call.json()?, MAX_USER_OPERATIONS)?;
            return Ok(Plan::Test(TestWrite::Patch(id, request)));
        }
        ("DELETE", Kind::Test) => return Ok(Plan::Test(TestWrite::Delete(id))),
        _ => return Err(not_here(call, "GET, HEAD, PUT, PATCH, DELETE")),
    };
    Ok(Plan::Write(what))
}

/// Discovery (RFC 7644 §4): reading only, and no filters.
fn discover(call: &Call, kinds: &[Kind], name: &str, rest: &[&str]) -> Result<Plan, ScimError> {
    let kinds: Vec<&'static ResourceType> = kinds.iter().map(|kind| kind.resource_type()).collect();
    if !matches!(call.method, Method::GET | Method::HEAD) {
        return Err(not_here(call, "GET, HEAD"));
    }
    if call.query()?.filter.is_some() {
        return Err(ScimError::status(403, "The discovery endpoints take no filter (RFC 7644 4)."));
    }
    let whole = |all: Vec<Value>| {
        let all: Vec<String> = all.iter().map(Value::to_string).collect();
        list::response(&all, all.len() as u64, 1)
    };
    let base = &call.base;
    let body = match (name.to_ascii_lowercase().as_str(), rest) {
        ("serviceproviderconfig", []) => discovery::service_provider_config(base, &CAPABILITIES).to_string(),
        ("resourcetypes", []) => whole(discovery::resource_types(base, &kinds)),
        ("resourcetypes", [id]) => {
            let found = discovery::resource_type(base, &kinds, id);
            found.ok_or_else(|| ScimError::not_found("ResourceType", id))?.to_string()
        }
        ("schemas", []) => whole(discovery::schemas(base, &kinds)),
        ("schemas", [id]) => {
            let found = discovery::schema(base, &kinds, id);
            found.ok_or_else(|| ScimError::not_found("Schema", id))?.to_string()
        }
        _ => return Err(ScimError::status(404, "There is nothing below this address.")),
    };
    Ok(Plan::Read(Read::Fixed(body)))
}

fn not_here(call: &Call, allow: &'static str) -> ScimError {
    ScimError::method_not_allowed(allow, call.method.as_str())
}
