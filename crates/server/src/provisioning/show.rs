//! Resources as answers show them: what was stored, with id, meta and what is kept elsewhere.

use scim::schema::{GROUP, ResourceType, USER};
use scim::{Projection, etag};
use serde_json::{Map, Value, json};
use store::directory_group::{self, DirectoryGroup};
use store::directory_user::DirectoryUser;

use super::call::Call;
use super::plan::Kind;
use crate::directory::{self, member_ref};
use crate::problem::Problem;

impl Kind {
    /// The resource type of the protocol.
    pub const fn resource_type(self) -> &'static ResourceType {
        match self {
            Self::User => &USER,
            Self::Group => &GROUP,
        }
    }

    /// The attribute that is kept in rows of its own.
    const fn linked(self) -> &'static str {
        match self {
            Self::User => "groups",
            Self::Group => "members",
        }
    }
}

/// A stored user or group.
#[derive(Debug, Clone)]
pub enum Stored {
    /// A user.
    User(DirectoryUser),
    /// A group.
    Group(DirectoryGroup),
}

impl Stored {
    /// Its kind.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::User(_) => Kind::User,
            Self::Group(_) => Kind::Group,
        }
    }

    /// Its id.
    pub fn id(&self) -> String {
        match self {
            Self::User(it) => it.id.to_string(),
            Self::Group(it) => it.id.to_string(),
        }
    }

    /// Its version as an `ETag`.
    pub fn etag(&self) -> String {
        match self {
            Self::User(it) => etag::weak(it.version),
            Self::Group(it) => etag::weak(it.version),
        }
    }

    /// Its address.
    pub fn location(&self, call: &Call) -> String {
        format!("{}{}/{}", call.base, self.kind().resource_type().endpoint, self.id())
    }

    /// The resource with id and meta, without groups and members.
    pub fn plain(&self, call: &Call) -> Result<Map<String, Value>, Problem> {
        let (text, created, updated) = match self {
            Self::User(it) => (&it.resource, it.created_at, it.updated_at),
            Self::Group(it) => (&it.resource, it.created_at, it.updated_at),
        };
        let mut map = directory::resource(text)?;
        map.insert("id".to_owned(), self.id().into());
        let meta = json!({
            "resourceType": self.kind().resource_type().name,
            "created": created.to_string(),
            "lastModified": updated.to_string(),
            "location": self.location(call),
            "version": self.etag(),
        });
        map.insert("meta".to_owned(), meta);
        Ok(map)
    }
}

/// The resources with id and meta; with groups and members where `linked` says so.
pub async fn complete(
    db: &mut impl store::Connected,
    call: &Call,
    all: &[Stored],
    linked: bool,
) -> Result<Vec<Map<String, Value>>, Problem> {
    let mut shown = all.iter().map(|one| one.plain(call)).collect::<Result<Vec<_>, _>>()?;
    if !linked {
        return Ok(shown);
    }
    let users: Vec<String> = all.iter().filter(|one| one.kind() == Kind::User).map(Stored::id).collect();
    let groups = directory_group::groups_of(db, call.directory.id, &users).await?;
    for (one, map) in all.iter().zip(&mut shown) {
        let id = one.id();
        let list: Vec<Value> = match one {
            Stored::User(_) => {
                let own = groups.iter().filter(|(member, _)| *member == id);
                own.map(|(_, group)| group_of(call, group)).collect::<Result<_, _>>()?
            }
            Stored::Group(group) => {
                let members = directory_group::members(db, group.id).await?;
                let show = |member: &directory_group::GroupMember| {
                    let endpoint = if member.kind == "Group" { "/Groups" } else { "/Users" };
                    let address = format!("{}{endpoint}/{}", call.base, member.member_id);
                    member_ref(member).to_json(Some(&address))
                };
                members.iter().map(show).collect()
            }
        };
        if !list.is_empty() {
            map.insert(one.kind().linked().to_owned(), list.into());
        }
    }
    Ok(shown)
}

/// One resource as the client asked to see it.
pub async fn one(
    db: &mut impl store::Connected,
    call: &Call,
    stored: &Stored,
    projection: &Projection,
) -> Result<Value, Problem> {
    let linked = projection.wants(stored.kind().linked());
    let mut shown = complete(db, call, std::slice::from_ref(stored), linked).await?;
    Ok(Value::Object(projection.apply(shown.pop().unwrap_or_default())))
}

/// Whether an answer in this projection needs groups or members.
pub fn wants_linked(projection: &Projection, kind: Kind) -> bool {
    projection.wants(kind.linked())
}

/// Whether a filter asks about groups or members.
pub fn asks_linked(filter: &scim::Filter, kind: Kind) -> bool {
    filter.mentions(kind.linked())
}

fn group_of(call: &Call, group: &DirectoryGroup) -> Result<Value, Problem> {
    let name = directory::resource(&group.resource)?.remove("displayName").unwrap_or_default();
    Ok(json!({
        "value": group.id.to_string(),
        "$ref": format!("{}/Groups/{}", call.base, group.id),
        "display": name,
        "type": "direct",
    }))
}
