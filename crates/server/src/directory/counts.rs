//! What the setup wizard, the console and the company's administrators see of a directory.

use model::{Directory, DirectoryStatus, DirectoryUserId, Member, Role, Time};
use profile::mapping::Mapped;
use profile::{Field, RequiredFields};
use serde_json::{Map, Value};
use store::{directory_group, directory_user};

use super::DirectoryConfig;
use crate::app::App;
use crate::problem::Problem;

/// How much a directory holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Users that the provider sent.
    pub users: u64,
    /// Of these, marked as inactive.
    pub inactive: u64,
    /// Groups that the provider sent.
    pub groups: u64,
    /// Users that are behind a member by now: the progress of going live.
    pub applied: u64,
    /// Members behind users, for whom a required field is missing.
    pub incomplete: u64,
}

/// A user that arrived, as the mapping reads it.
#[derive(Debug, Clone)]
pub struct Arrived {
    /// The directory user's id.
    pub id: DirectoryUserId,
    /// When it first came.
    pub at: Time,
    /// Whether the provider says that the person may use the product.
    pub active: bool,
    /// The resource as the provider sent it, canonical.
    pub user: Value,
    /// The fields that were read, where each was found, and what could not be read.
    pub mapped: Mapped,
    /// The role, by the groups and then by the resource.
    pub role: Option<Role>,
    /// Required fields that neither the user nor the organization's defaults have.
    pub missing: Vec<Field>,
    /// A sentence for each value that could not be read.
    pub problems: Vec<String>,
    /// The member behind the user, once the directory is live.
    pub member: Option<Member>,
}

/// How much a directory holds.
pub async fn counts(db: &mut impl store::Connected, directory: &Directory) -> Result<Counts, Problem> {
    let (applied, incomplete) = directory_user::count_members(db, directory.id).await?;
    Ok(Counts {
        users: directory_user::count(db, directory.id).await?,
        inactive: directory_user::count_inactive(db, directory.id).await?,
        groups: directory_group::count(db, directory.id).await?,
        applied,
        incomplete,
    })
}

/// The users that came last, newest first, with what the mapping makes of them. `config` may be one that is not stored
/// yet: this is the preview of a mapping.
pub async fn arrivals(
    app: &App,
    directory: &Directory,
    config: &DirectoryConfig,
    limit: usize,
) -> Result<Vec<Arrived>, Problem> {
    let mut db = app.read().await?;
    let org = store::organization::lookup(&mut db, directory.organization_id).await?;
    let defaults = org.map(|org| org.defaults).unwrap_or_default();
    let year = this_year(app);
    let users = directory_user::latest(&mut db, directory.id, limit).await?;
    let ids: Vec<String> = users.iter().map(|user| user.id.to_string()).collect();
    let groups = if config.roles.is_empty() {
        Vec::new()
    } else {
        directory_group::groups_of(&mut db, directory.id, &ids).await?
    };
    // Whoever has left a live directory is nobody's to look at: the account may be a personal one by now.
    let live = matches!(directory.status, DirectoryStatus::Active | DirectoryStatus::Paused);
    let mut arrived = Vec::with_capacity(users.len());
    for user in users {
        let member = store::member::lookup_directory_user(&mut db, user.id).await?;
        if live && !user.active && member.is_none() {
            continue;
        }
        let resource = resource(&user.resource)?;
        let mapped = config.mapping.apply(&Value::Object(resource.clone()), year);
        let id = user.id.to_string();
        let own: Vec<_> = groups.iter().filter(|(member, _)| *member == id).map(|(_, g)| g).collect();
        let mut missing = mapped.profile.missing(&RequiredFields::default());
        missing.retain(|field| *field != Field::Country || defaults.country.is_none());
        arrived.push(Arrived {
            id: user.id,
            at: user.created_at,
            active: user.active,
            role: config.role_of(&own).or(mapped.role),
            missing,
            problems: mapped.unread.iter().map(|unread| unread.problem.to_string()).collect(),
            member,
            user: Value::Object(resource),
            mapped,
        });
    }
    Ok(arrived)
}

/// The year that bounds a year of birth.
pub(super) fn this_year(app: &App) -> u16 {
    u16::try_from(app.now().year()).unwrap_or(0)
}

/// A resource as it is stored.
pub(super) fn text_of(attributes: &Map<String, Value>) -> String {
    serde_json::to_string(attributes).unwrap_or_default()
}

/// Reads a stored resource.
pub(crate) fn resource(text: &str) -> Result<Map<String, Value>, Problem> {
    serde_json::from_str(text)
        .map_err(|e| Problem::internal(&format!("a stored resource cannot be read: {e}")))
}
