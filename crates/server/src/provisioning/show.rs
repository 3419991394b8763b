//! Resources as answers show them: what was stored, with id, meta and what is kept elsewhere.

use std::collections::HashMap;
use std::fmt::Write as _;

use model::{DirectoryGroupId, Time};
use scim::schema::{GROUP, ResourceType, TEST, USER};
use scim::{Projection, etag};
use serde_json::{Map, Value, json};
use store::directory_group::{self, DirectoryGroup};
use store::directory_user::{DirectoryUser, GroupName};

use super::call::Call;
use super::plan::Kind;
use super::test_resources::TestResource;
use crate::directory::{self, member_ref};
use crate::problem::Problem;

impl Kind {
    /// The resource type of the protocol.
    pub const fn resource_type(self) -> &'static ResourceType {
        match self {
            Self::User => &USER,
            Self::Group => &GROUP,
            Self::Test => &TEST,
        }
    }

    /// The attribute that is kept in rows of its own.
    const fn linked(self) -> Option<&'static str> {
        match self {
            Self::User => Some("groups"),
            Self::Group => Some("members"),
            Self::Test => None,
        }
    }
}

/// A stored resource.
#[derive(Debug, Clone)]
pub enum Stored {
    /// A user.
    User(DirectoryUser),
    /// A group.
    Group(DirectoryGroup),
    /// A test resource.
    Test(TestResource),
}

impl Stored {
    /// Its kind.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::User(_) => Kind::User,
            Self::Group(_) => Kind::Group,
            Self::Test(_) => Kind::Test,
        }
    }

    /// Its id.
    pub fn id(&self) -> String {
        match self {
            Self::User(it) => it.id.to_string(),
            Self::Group(it) => it.id.to_string(),
            Self::Test(it) => it.id.to_string(),
        }
    }

    /// Its version as an `ETag`.
    pub fn etag(&self) -> String {
        match self {
            Self::User(it) => etag::weak(it.version),
            Self::Group(it) => etag::weak(it.version),
            Self::Test(it) => etag::weak(it.version),
        }
    }

    /// Its address.
    pub fn location(&self, call: &Call) -> String {
        format!("{}{}/{}", call.base, self.kind().resource_type().endpoint, self.id())
    }

    /// What is stored of it, as JSON.
    fn resource(&self) -> &str {
        self.facts().0
    }

    /// What people call it.
    pub fn name(&self) -> String {
        match self {
            Self::Test(_) => "a test resource".to_owned(),
            _ => directory::name_in(self.resource()),
        }
    }

    fn facts(&self) -> (&str, Time, Time) {
        match self {
            Self::User(it) => (&it.resource, it.created_at, it.updated_at),
            Self::Group(it) => (&it.resource, it.created_at, it.updated_at),
            Self::Test(it) => (&it.resource, it.created_at, it.updated_at),
        }
    }

    fn meta(&self, call: &Call) -> Value {
        let (_, created, updated) = self.facts();
        json!({
            "resourceType": self.kind().resource_type().name,
            "created": created.to_string(),
            "lastModified": updated.to_string(),
            "location": self.location(call),
            "version": self.etag(),
        })
    }

    /// The resource with id and meta, without groups and members.
    pub fn plain(&self, call: &Call) -> Result<Map<String, Value>, Problem> {
        let mut map = directory::resource(self.resource())?;
        map.insert("id".to_owned(), self.id().into());
        map.insert("meta".to_owned(), self.meta(call));
        Ok(map)
    }

    /// As [`Stored::plain`], with groups or members, as text: what is stored is shown as it is, and not read first.
    fn text(&self, call: &Call, linked: &[Value]) -> Result<String, Problem> {
        let stored = self.resource().trim_end();
        let open = stored.strip_suffix('}').filter(|open| open.starts_with('{'));
        let open = open.ok_or_else(|| Problem::internal(&"a stored resource is no object"))?;
        let mut text = String::with_capacity(stored.len() + 400 + linked.len() * 200);
        text.push_str(open);
        // It is never empty: it has its schemas.
        text.push_str(r#","id":""#);
        text.push_str(&self.id());
        let (_, created, updated) = self.facts();
        let name = self.kind().resource_type().name;
        // Of all this nothing needs to be escaped but the tag.
        let _ = write!(
            text,
            r#"","meta":{{"resourceType":"{name}","created":"{created}","lastModified":"{updated}","location":"{}","version":{}}}"#,
            self.location(call),
            Value::from(self.etag())
        );
        if let Some(name) = self.kind().linked().filter(|_| !linked.is_empty()) {
            text.push_str(",\"");
            text.push_str(name);
            text.push_str("\":[");
            for (at, one) in linked.iter().enumerate() {
                if at > 0 {
                    text.push(',');
                }
                text.push_str(&one.to_string());
            }
            text.push(']');
        }
        text.push('}');
        Ok(text)
    }
}

/// What is kept in rows of its own: for each resource, the groups of a user, or the members of a group.
async fn linked(
    db: &mut impl store::Connected,
    call: &Call,
    all: &[&Stored],
) -> Result<Vec<Vec<Value>>, Problem> {
    let users: Vec<String> = all.iter().filter(|one| one.kind() == Kind::User).map(|it| it.id()).collect();
    let mut groups: HashMap<String, Vec<Value>> = HashMap::new();
    let mut shown: HashMap<DirectoryGroupId, Value> = HashMap::new();
    for (member, group) in directory_group::groups_of(db, call.directory.id, &users).await? {
        let one = match shown.get(&group.id) {
            Some(one) => one.clone(),
            None => shown.entry(group.id).or_insert(group_of(call, &group)?).clone(),
        };
        groups.entry(member).or_default().push(one);
    }
    let mut lists = Vec::with_capacity(all.len());
    for one in all {
        lists.push(match one {
            Stored::User(_) => groups.remove(&one.id()).unwrap_or_default(),
            Stored::Group(group) => {
                let members = directory_group::members(db, group.id).await?;
                let show = |member: &directory_group::GroupMember| {
                    // Of a member whom nobody knows, no address is made up: sent back, it would say what it is.
                    let endpoint = match member.kind.as_str() {
                        "" => None,
                        "Group" => Some("/Groups"),
                        _ => Some("/Users"),
                    };
                    let address = endpoint.map(|at| format!("{}{at}/{}", call.base, member.member_id));
                    member_ref(member).to_json(address.as_deref())
                };
                members.iter().map(show).collect()
            }
            Stored::Test(_) => Vec::new(),
        });
    }
    Ok(lists)
}

/// The resources with id and meta; with groups and members where `with_linked` says so.
pub async fn complete(
    db: &mut impl store::Connected,
    call: &Call,
    all: &[&Stored],
    with_linked: bool,
) -> Result<Vec<Map<String, Value>>, Problem> {
    let mut shown = all.iter().map(|one| one.plain(call)).collect::<Result<Vec<_>, _>>()?;
    if !with_linked {
        return Ok(shown);
    }
    for ((one, map), list) in all.iter().zip(&mut shown).zip(linked(db, call, all).await?) {
        if let Some(name) = one.kind().linked().filter(|_| !list.is_empty()) {
            map.insert(name.to_owned(), list.into());
        }
    }
    Ok(shown)
}

/// Resources of one kind as the client asked to see them, each as the text of a JSON object.
pub async fn all(
    db: &mut impl store::Connected,
    call: &Call,
    all: &[&Stored],
    projection: &Projection,
) -> Result<Vec<String>, Problem> {
    let Some(first) = all.first() else { return Ok(Vec::new()) };
    let with_linked = first.kind().linked().is_some_and(|name| projection.wants(name));
    if projection.is_default() {
        let lists = linked(db, call, all).await?;
        return all.iter().zip(&lists).map(|(one, list)| one.text(call, list)).collect();
    }
    let shown = complete(db, call, all, with_linked).await?;
    Ok(shown.into_iter().map(|map| Value::Object(projection.apply(map)).to_string()).collect())
}

/// One resource as the client asked to see it.
pub async fn one(
    db: &mut impl store::Connected,
    call: &Call,
    stored: &Stored,
    projection: &Projection,
) -> Result<String, Problem> {
    Ok(all(db, call, &[stored], projection).await?.pop().unwrap_or_default())
}

/// As [`one`], a user whose groups are known, or what has none.
pub fn with_groups(
    call: &Call,
    stored: &Stored,
    groups: &[GroupName],
    projection: &Projection,
) -> Result<String, Problem> {
    let groups: Vec<Value> = groups.iter().map(|it| group_ref(call, it.id, &it.name)).collect();
    if projection.is_default() {
        return stored.text(call, &groups);
    }
    let mut map = stored.plain(call)?;
    if !groups.is_empty() {
        map.insert("groups".to_owned(), groups.into());
    }
    Ok(Value::Object(projection.apply(map)).to_string())
}

/// Whether a filter asks about groups or members.
pub fn asks_linked(filter: &scim::Filter, kind: Kind) -> bool {
    kind.linked().is_some_and(|name| filter.mentions(name))
}

fn group_of(call: &Call, group: &DirectoryGroup) -> Result<Value, Problem> {
    let name = directory::resource(&group.resource)?.remove("displayName");
    Ok(group_ref(call, group.id, &name))
}

fn group_ref(call: &Call, id: DirectoryGroupId, name: &impl serde::Serialize) -> Value {
    json!({
        "value": id.to_string(),
        "$ref": format!("{}/Groups/{id}", call.base),
        "display": name,
        "type": "direct",
    })
}
