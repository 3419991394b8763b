//! Facts about groups and their members, which are rows: changing one touches none of the others.

use model::{DirectoryGroupId, DirectoryUserId, LossKind, Time};
use scim::resource::changes;
use scim::{GroupBody, GroupIndex, MemberRef, MembershipChange, PatchRequest, ScimError};
use serde_json::{Map, Value};
use store::directory_group::{self, By, DirectoryGroup, GroupMember};
use store::group_loss::{self, Loss};
use store::{Tx, directory_user, fold};

use super::apply;
use super::counts::{resource, text_of};
use super::effect::Effect;
use super::held::{Held, name_of};
use crate::app::App;
use crate::problem::Problem;

/// A group as it is now, and what happened, in one sentence.
#[derive(Debug, Clone)]
pub struct WrittenGroup {
    /// The group.
    pub group: DirectoryGroup,
    /// What happened.
    pub outcome: String,
    /// What changed, attribute by attribute, and who came and went.
    pub effect: Effect,
}

/// So many ids that nobody has are named.
const NAMED: usize = 3;

/// What a change did to the members of a group.
#[derive(Debug, Default)]
struct Moved {
    added: Vec<String>,
    removed: Vec<String>,
    /// Those of `added` whom nobody here knows.
    strangers: Vec<String>,
}

impl Moved {
    fn is_nothing(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty()
    }

    fn sentence(&self) -> String {
        format!("{}{}", self.counted(), self.told_of_strangers())
    }

    /// Nothing is lost by members whom nobody knows, and the provider is not stopped for them; but somebody has to look.
    fn told_of_strangers(&self) -> String {
        let count = self.strangers.len();
        if count == 0 {
            return String::new();
        }
        // Only ids of ours are named: any other text may be somebody's address.
        let ours = self.strangers.iter().filter(|id| is_user(id)).take(NAMED).map(String::as_str);
        let named: Vec<&str> = ours.collect();
        let named = if named.is_empty() { String::new() } else { format!(" ({})", named.join(", ")) };
        let who = if count == 1 { "1 of them is".to_owned() } else { format!("{count} of them are") };
        format!(
            ". {who} nobody in this directory{named}: correct the group at the provider, or provision the people anew"
        )
    }

    fn counted(&self) -> String {
        let people =
            |count: usize| if count == 1 { "1 member".to_owned() } else { format!("{count} members") };
        match (self.added.len(), self.removed.len()) {
            (0, 0) => String::new(),
            (added, 0) => format!(": {} added", people(added)),
            (0, removed) => format!(": {} removed", people(removed)),
            (added, removed) => format!(": {} added, {} removed", people(added), people(removed)),
        }
    }
}

/// Keeps a new group. Names may be equal (RFC 7643 §4.2); the provider's same id is refused.
pub async fn create_group(
    app: &App,
    tx: &mut Tx,
    held: &Held,
    body: GroupBody,
) -> Result<WrittenGroup, Problem> {
    let index = GroupIndex::of(&body.attributes);
    if let Some(external) = &index.external_id
        && !directory_group::find(tx, held.directory.id, By::ExternalId(external)).await?.is_empty()
    {
        return Err(ScimError::uniqueness("externalId", external).into());
    }
    let now = app.now();
    let group = record(app.id(DirectoryGroupId::new), held, &body.attributes, (1, now), now);
    directory_group::add(tx, &group).await?;
    let mut moved = Moved::default();
    move_members(tx, &group, MembershipChange::Add(body.members.unwrap_or_default()), &mut moved).await?;
    moved.strangers = strangers(tx, &group, &moved.added).await?;
    if held.config.roles.iter().any(|rule| rule.is_about(&group)) {
        apply::roles(app, tx, held, &moved.added).await?;
    }
    let name = name_of(&body.attributes);
    let effect = Effect::between(&Map::new(), &body.attributes).with_members(&moved.added, &moved.removed);
    Ok(WrittenGroup { outcome: format!("Created the group {name}{}", moved.sentence()), group, effect })
}

/// Puts a whole group in the place of the one that is there; members it does not speak of stay.
pub async fn replace_group(
    app: &App,
    tx: &mut Tx,
    held: &Held,
    group: DirectoryGroup,
    body: GroupBody,
) -> Result<WrittenGroup, Problem> {
    let members = body.members.map(MembershipChange::ReplaceAll);
    change(app, tx, held, group, body.attributes, members.into_iter().collect()).await
}

/// Applies a PATCH (RFC 7644 §3.5.2): all of it or nothing.
pub async fn patch_group(
    app: &App,
    tx: &mut Tx,
    held: &Held,
    group: DirectoryGroup,
    request: PatchRequest,
) -> Result<WrittenGroup, Problem> {
    let patch = scim::patch::group(&resource(&group.resource)?, request)?;
    change(app, tx, held, group, patch.attributes, patch.members).await
}

/// Removes a group; whoever had a role by it has the role that is left.
pub async fn delete_group(
    app: &App,
    tx: &mut Tx,
    held: &Held,
    group: &DirectoryGroup,
) -> Result<String, Problem> {
    let name = name_of(&resource(&group.resource)?);
    let gave_role = held.config.roles.iter().any(|rule| rule.is_about(group));
    let members = if gave_role { ids(tx, group).await? } else { Vec::new() };
    group_loss::add_all(tx, loss(app, group, &name, LossKind::Removed)).await?;
    directory_group::remove(tx, group.id).await?;
    apply::roles(app, tx, held, &members).await?;
    Ok(format!("Deleted the group {name}"))
}

async fn change(
    app: &App,
    tx: &mut Tx,
    held: &Held,
    before: DirectoryGroup,
    attributes: Map<String, Value>,
    members: Vec<MembershipChange>,
) -> Result<WrittenGroup, Problem> {
    let changed = changes(&resource(&before.resource)?, &attributes);
    let mut moved = Moved::default();
    for change in members {
        move_members(tx, &before, change, &mut moved).await?;
    }
    moved.strangers = strangers(tx, &before, &moved.added).await?;
    let name = name_of(&attributes);
    if changed.is_empty() && moved.is_nothing() {
        let outcome = format!("Nothing to change: the group {name} is like that already");
        return Ok(WrittenGroup { group: before, outcome, effect: Effect::default() });
    }
    let version = (before.version + 1, before.created_at);
    let group = record(before.id, held, &attributes, version, app.now());
    directory_group::update(tx, &before, &group).await?;
    lose(app, tx, &group, &name, &moved.removed).await?;
    let gives = |group: &DirectoryGroup| held.config.roles.iter().any(|rule| rule.is_about(group));
    match (gives(&before), gives(&group)) {
        (false, false) => {}
        (true, true) if before.display_name_folded == group.display_name_folded => {
            let touched = [moved.added.as_slice(), moved.removed.as_slice()].concat();
            apply::roles(app, tx, held, &touched).await?;
        }
        _ => {
            let everybody = [ids(tx, &group).await?, moved.removed.clone()].concat();
            apply::roles(app, tx, held, &everybody).await?;
        }
    }
    let effect = Effect::of(&changed).with_members(&moved.added, &moved.removed);
    Ok(WrittenGroup { outcome: format!("Changed the group {name}{}", moved.sentence()), group, effect })
}

/// Remembers whom a group has lost: many leavers at once have often lost one group.
async fn lose(
    app: &App,
    tx: &mut Tx,
    group: &DirectoryGroup,
    name: &str,
    gone: &[String],
) -> Result<(), Problem> {
    if gone.is_empty() {
        return Ok(());
    }
    let empty = directory_group::count_members(tx, group.id, 1).await? == 0;
    let how = if empty { LossKind::Emptied } else { LossKind::TakenOut };
    Ok(group_loss::add(tx, loss(app, group, name, how), gone).await?)
}

fn loss<'a>(app: &App, group: &DirectoryGroup, name: &'a str, how: LossKind) -> Loss<'a> {
    Loss { directory_id: group.directory_id, group_id: group.id, name, how, at: app.now() }
}

async fn move_members(
    tx: &mut Tx,
    group: &DirectoryGroup,
    change: MembershipChange,
    moved: &mut Moved,
) -> Result<(), Problem> {
    let leaving: Vec<String> = match change {
        MembershipChange::Add(new) => {
            moved.added.extend(put_all(tx, group, new).await?);
            return Ok(());
        }
        MembershipChange::Remove(ids) => ids,
        MembershipChange::RemoveWhere(filter) => {
            let members = directory_group::members(tx, group.id).await?;
            let selected = members.into_iter().filter(|member| member_ref(member).matches(&filter));
            selected.map(|member| member.member_id).collect()
        }
        MembershipChange::RemoveAll => ids(tx, group).await?,
        MembershipChange::ReplaceAll(new) => {
            let mut old = ids(tx, group).await?;
            let stays: std::collections::HashSet<&str> = new.iter().map(|m| m.value.as_str()).collect();
            old.retain(|id| !stays.contains(id.as_str()));
            drop(stays);
            moved.added.extend(put_all(tx, group, new).await?);
            old
        }
    };
    moved.removed.extend(directory_group::remove_members(tx, group.id, &leaving).await?);
    Ok(())
}

/// The ids among these that are nobody's: no user's and no group's of the directory.
async fn strangers(tx: &mut Tx, group: &DirectoryGroup, ids: &[String]) -> Result<Vec<String>, Problem> {
    let users: Vec<&str> = ids.iter().map(String::as_str).filter(|id| is_user(id)).collect();
    let known = directory_user::known(tx, group.directory_id, &users).await?;
    let mut strangers = Vec::new();
    for id in ids.iter().filter(|id| !known.contains(*id)) {
        let known = match id.parse::<DirectoryGroupId>() {
            Ok(other) => directory_group::lookup(tx, group.directory_id, other).await?.is_some(),
            Err(_) => false,
        };
        if !known {
            strangers.push(id.clone());
        }
    }
    Ok(strangers)
}

/// Whether this is the form of a user's id.
fn is_user(id: &str) -> bool {
    id.parse::<DirectoryUserId>().is_ok()
}

/// Who of them was not there before.
async fn put_all(
    tx: &mut Tx,
    group: &DirectoryGroup,
    members: Vec<MemberRef>,
) -> Result<Vec<String>, Problem> {
    let mut rows = Vec::with_capacity(members.len());
    for member in members {
        // An id of ours tells by itself what it is of; of any other the provider's word is kept.
        let kind = if is_user(&member.value) {
            "User".to_owned()
        } else if member.value.parse::<DirectoryGroupId>().is_ok() {
            "Group".to_owned()
        } else {
            member.kind.unwrap_or_default()
        };
        rows.push(GroupMember { member_id: member.value, kind, display: member.display });
    }
    Ok(directory_group::put_members(tx, group.id, &rows).await?)
}

async fn ids(tx: &mut Tx, group: &DirectoryGroup) -> Result<Vec<String>, Problem> {
    let members = directory_group::members(tx, group.id).await?;
    Ok(members.into_iter().map(|member| member.member_id).collect())
}

/// A stored member as the protocol names it.
pub fn member_ref(member: &GroupMember) -> MemberRef {
    MemberRef {
        value: member.member_id.clone(),
        kind: Some(member.kind.clone()).filter(|kind| !kind.is_empty()),
        display: member.display.clone(),
    }
}

fn record(
    id: DirectoryGroupId,
    held: &Held,
    attributes: &Map<String, Value>,
    (version, created_at): (i64, Time),
    updated_at: Time,
) -> DirectoryGroup {
    let index = GroupIndex::of(attributes);
    DirectoryGroup {
        id,
        directory_id: held.directory.id,
        display_name_folded: fold(&index.display_name),
        external_id: index.external_id,
        resource: text_of(attributes),
        version,
        created_at,
        updated_at,
    }
}
