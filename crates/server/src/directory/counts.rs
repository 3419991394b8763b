//! What the setup wizard, the console and the company's administrators see of a directory.

use std::collections::HashMap;

use model::{Defaults, Directory, DirectoryId, DirectoryStatus, DirectoryUserId, Member, Role, Time};
use profile::mapping::Mapped;
use profile::{Field, Profile, RequiredFields};
use serde_json::{Map, Value};
use store::directory_group::DirectoryGroup;
use store::directory_user::DirectoryUser;
use store::{directory_group, directory_member, directory_user};

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
    let reader = Reader::new(app, &mut db, directory).await?;
    let users = directory_user::latest(&mut db, directory.id, limit).await?;
    reader.read(&mut db, config, users).await
}

/// What the users of a directory are read with, beside its settings.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    directory: &'a Directory,
    pub(super) defaults: Defaults,
    pub(super) year: u16,
}

impl<'a> Reader<'a> {
    pub(super) async fn new(
        app: &App,
        db: &mut impl store::Connected,
        directory: &'a Directory,
    ) -> Result<Self, Problem> {
        let org = store::organization::lookup(db, directory.organization_id).await?;
        let defaults = org.map(|org| org.defaults).unwrap_or_default();
        Ok(Self { directory, defaults, year: this_year(app) })
    }

    /// The groups of each of these users, where somebody's role is decided by them.
    pub(super) async fn groups(
        &self,
        db: &mut impl store::Connected,
        configs: &[&DirectoryConfig],
        users: &[DirectoryUser],
    ) -> Result<HashMap<String, Vec<DirectoryGroup>>, Problem> {
        let mut by_user: HashMap<String, Vec<DirectoryGroup>> = HashMap::new();
        if configs.iter().all(|config| config.roles.is_empty()) || users.is_empty() {
            return Ok(by_user);
        }
        let ids: Vec<String> = users.iter().map(|user| user.id.to_string()).collect();
        for (user, group) in directory_group::groups_of(db, self.directory.id, &ids).await? {
            by_user.entry(user).or_default().push(group);
        }
        Ok(by_user)
    }

    /// Required fields that neither the user nor the organization's defaults have.
    pub(super) fn missing(&self, profile: &Profile) -> Vec<Field> {
        let mut missing = profile.missing(&RequiredFields::default());
        missing.retain(|field| *field != Field::Country || self.defaults.country.is_none());
        missing
    }

    /// What the mapping makes of these users.
    pub(super) async fn read(
        &self,
        db: &mut impl store::Connected,
        config: &DirectoryConfig,
        users: Vec<DirectoryUser>,
    ) -> Result<Vec<Arrived>, Problem> {
        let groups = self.groups(db, &[config], &users).await?;
        let ids: Vec<DirectoryUserId> = users.iter().map(|user| user.id).collect();
        let mut members: HashMap<DirectoryUserId, Member> = HashMap::new();
        for member in directory_member::behind(db, &ids).await? {
            members.extend(member.directory_user_id.map(|id| (id, member)));
        }
        // Whoever has left a live directory is nobody's to look at.
        let live = matches!(self.directory.status, DirectoryStatus::Active | DirectoryStatus::Paused);
        let mut arrived = Vec::with_capacity(users.len());
        for user in users {
            let member = members.remove(&user.id);
            if live && !user.active && member.is_none() {
                continue;
            }
            let resource = Value::Object(resource(&user.resource)?);
            let mapped = config.mapping.apply(&resource, self.year);
            let own: Vec<_> = groups.get(&user.id.to_string()).into_iter().flatten().collect();
            arrived.push(Arrived {
                id: user.id,
                at: user.created_at,
                active: user.active,
                role: config.role_of(&own).or(mapped.role),
                missing: self.missing(&mapped.profile),
                problems: mapped.unread.iter().map(|unread| unread.problem.to_string()).collect(),
                member,
                user: resource,
                mapped,
            });
        }
        Ok(arrived)
    }
}

/// Users read in one go.
const BATCH: usize = 500;

/// All users of a directory that may be shown, batch by batch: whoever counts them counts all, however many they are.
#[derive(Debug)]
pub(super) struct Walk {
    directory: DirectoryId,
    after: Option<DirectoryUserId>,
    ended: bool,
}

impl Walk {
    /// Begins behind this user, or at the first.
    pub(super) const fn after(directory: DirectoryId, after: Option<DirectoryUserId>) -> Self {
        Self { directory, after, ended: false }
    }

    /// The next ones; nobody at the end.
    pub(super) async fn next(
        &mut self,
        db: &mut impl store::Connected,
    ) -> Result<Vec<DirectoryUser>, Problem> {
        if self.ended {
            return Ok(Vec::new());
        }
        // Reading so many people is work: others get their turn in between.
        tokio::task::yield_now().await;
        let users = directory_user::list_shown(db, self.directory, self.after, BATCH).await?;
        self.ended = users.len() < BATCH;
        self.after = users.last().map(|user| user.id).or(self.after);
        Ok(users)
    }
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
