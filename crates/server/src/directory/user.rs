//! Facts about users: created, replaced, changed, deleted, each with what follows for the member behind it.

use model::{DirectoryUserId, DomainStatus, LossKind, Time};
use profile::email;
use profile::mapping::Mapped;
use scim::resource::changes;
use scim::{PatchRequest, ScimError, UserIndex};
use serde_json::{Map, Value};
use store::directory_user::{self, By, DirectoryUser, Taken};
use store::group_loss::{self, Loss};
use store::{Tx, directory_group, fold};

use super::apply::{self, Until};
use super::counts::{resource, text_of, this_year};
use super::effect::Effect;
use super::held::{Held, name_in, name_of};
use crate::app::App;
use crate::problem::Problem;

/// So many groups of somebody who is removed are remembered.
const GROUPS: usize = 20;

/// A user as it is now, and what happened, in one sentence.
#[derive(Debug, Clone)]
pub struct WrittenUser {
    /// The user.
    pub user: DirectoryUser,
    /// What happened.
    pub outcome: String,
    /// What changed, attribute by attribute.
    pub effect: Effect,
}

/// Keeps a new user. A second one with the same user name or the provider's same id is refused: providers repeat a
/// create that they believe lost.
pub async fn create_user(
    app: &App,
    tx: &mut Tx,
    held: &Held,
    attributes: Map<String, Value>,
) -> Result<WrittenUser, Problem> {
    let index = UserIndex::of(&attributes);
    let (attributes, mapped) = read(app, held, attributes);
    refuse_foreign(tx, held, &mapped).await?;
    let now = app.now();
    let user = record(app.id(DirectoryUserId::new), held, &attributes, &index, (1, now), now);
    match directory_user::add(tx, &user, &addresses(&index)).await? {
        Some(Taken::UserName) => return Err(ScimError::uniqueness("userName", &index.user_name).into()),
        Some(Taken::ExternalId) => {
            let external = index.external_id.as_deref().unwrap_or_default();
            return Err(ScimError::uniqueness("externalId", external).into());
        }
        None => {}
    }
    let told = apply::user(app, tx, held, &user, mapped, Until::Unheard).await?;
    let effect = Effect::between(&Map::new(), &attributes);
    Ok(WrittenUser { outcome: format!("Created {}{told}", name_of(&attributes)), user, effect })
}

/// Puts a whole user in the place of the one that is there. Where it does not say whether the person is active, that
/// stays as it is.
pub async fn replace_user(
    app: &App,
    tx: &mut Tx,
    held: &Held,
    user: DirectoryUser,
    mut attributes: Map<String, Value>,
) -> Result<WrittenUser, Problem> {
    let before = resource(&user.resource)?;
    if let Some(active) = before.get("active").filter(|_| !attributes.contains_key("active")) {
        attributes.insert("active".to_owned(), active.clone());
    }
    change(app, tx, held, user, before, attributes).await
}

/// Applies a PATCH (RFC 7644 §3.5.2): all of it or nothing.
pub async fn patch_user(
    app: &App,
    tx: &mut Tx,
    held: &Held,
    user: DirectoryUser,
    request: PatchRequest,
) -> Result<WrittenUser, Problem> {
    let before = resource(&user.resource)?;
    let after = scim::patch::user(&before, request)?.attributes;
    change(app, tx, held, user, before, after).await
}

/// Removes a user; the member behind it leaves.
pub async fn delete_user(
    app: &App,
    tx: &mut Tx,
    held: &Held,
    user: &DirectoryUser,
) -> Result<String, Problem> {
    let name = name_of(&resource(&user.resource)?);
    let effect = apply::gone(app, tx, held, user).await?;
    lose_groups(app, tx, user).await?;
    directory_user::remove(tx, user.id).await?;
    Ok(format!("Deleted {name}{effect}"))
}

/// Remembers the groups of somebody who goes: many leavers at once often share one.
async fn lose_groups(app: &App, tx: &mut Tx, user: &DirectoryUser) -> Result<(), Problem> {
    let (directory_id, of) = (user.directory_id, [user.id.to_string()]);
    let groups = directory_group::groups_of(tx, directory_id, &of).await?;
    for (_, group) in groups.iter().take(GROUPS) {
        let name = name_in(&group.resource);
        let how = LossKind::PersonRemoved;
        let loss = Loss { directory_id, group_id: group.id, name: &name, how, at: app.now() };
        group_loss::add(tx, loss, &of).await?;
    }
    Ok(())
}

async fn change(
    app: &App,
    tx: &mut Tx,
    held: &Held,
    user: DirectoryUser,
    before: Map<String, Value>,
    after: Map<String, Value>,
) -> Result<WrittenUser, Problem> {
    let changed = changes(&before, &after);
    let name = name_of(&after);
    if changed.is_empty() {
        let outcome = format!("Nothing to change: {name} is like that already");
        return Ok(WrittenUser { user, outcome, effect: Effect::default() });
    }
    let (index, old) = (UserIndex::of(&after), UserIndex::of(&before));
    if fold(&index.user_name) != user.user_name_folded {
        refuse_twin(tx, held, &index.user_name, Some(user.id)).await?;
    }
    let (after, mapped) = read(app, held, after);
    refuse_foreign(tx, held, &mapped).await?;
    let was = user;
    let version = (was.version + 1, was.created_at);
    let user = record(was.id, held, &after, &index, version, app.now());
    // Whoever the directory calls active is the company's to see again.
    let user = DirectoryUser { claimed: was.claimed && !user.active, ..user };
    let (addresses, old_addresses) = (addresses(&index), addresses(&old));
    let others = (addresses != old_addresses).then_some(addresses.as_slice());
    directory_user::update(tx, &was, &user, others).await?;
    let (_, mapped_before) = read(app, held, before);
    let told = apply::user(app, tx, held, &user, mapped, Until::User(&mapped_before)).await?;
    let outcome = match (was.active, user.active) {
        (true, false) => format!("Deactivated {name}{told}"),
        (false, true) => format!("Reactivated {name}{told}"),
        _ => {
            let paths: Vec<&str> = changed.iter().map(|change| short(&change.path)).take(8).collect();
            format!("Changed {name} ({}){told}", paths.join(", "))
        }
    };
    Ok(WrittenUser { user, outcome, effect: Effect::of(&changed) })
}

/// The last part of a path that begins with a schema's URN.
fn short(path: &str) -> &str {
    if path.starts_with("urn:") { path.rsplit(':').next().unwrap_or(path) } else { path }
}

fn record(
    id: DirectoryUserId,
    held: &Held,
    attributes: &Map<String, Value>,
    index: &UserIndex,
    (version, created_at): (i64, Time),
    updated_at: Time,
) -> DirectoryUser {
    DirectoryUser {
        id,
        directory_id: held.directory.id,
        user_name_folded: fold(&index.user_name),
        external_id: index.external_id.clone(),
        email_folded: index.email().map(fold),
        display_name_folded: Some(fold(
            attributes.get("displayName").and_then(Value::as_str).unwrap_or_default(),
        )),
        active: index.active,
        claimed: false,
        resource: text_of(attributes),
        version,
        created_at,
        updated_at,
    }
}

fn addresses(index: &UserIndex) -> Vec<&str> {
    index.emails.iter().map(|email| email.value.as_str()).collect()
}

async fn refuse_twin(
    tx: &mut Tx,
    held: &Held,
    user_name: &str,
    own: Option<DirectoryUserId>,
) -> Result<(), Problem> {
    let found = directory_user::find(tx, held.directory.id, By::UserName(user_name)).await?;
    if found.iter().any(|other| Some(other.id) != own) {
        return Err(ScimError::uniqueness("userName", user_name).into());
    }
    Ok(())
}

/// What the directory's mapping reads in a resource.
fn read(app: &App, held: &Held, attributes: Map<String, Value>) -> (Map<String, Value>, Mapped) {
    let whole = Value::Object(attributes);
    let mapped = held.config.mapping.apply(&whole, this_year(app));
    match whole {
        Value::Object(attributes) => (attributes, mapped),
        _ => (Map::new(), mapped),
    }
}

/// A company's directory cannot speak for the people of another company: 400 `invalidValue`, for this user alone.
async fn refuse_foreign(tx: &mut Tx, held: &Held, mapped: &Mapped) -> Result<(), Problem> {
    let Some(address) = &mapped.profile.email else { return Ok(()) };
    let Some(name) = email::domain_of(address).and_then(email::fold_domain) else { return Ok(()) };
    let domain = store::known::domain_owner(tx, &name).await?;
    let foreign = domain.is_some_and(|domain| {
        domain.status == DomainStatus::Verified && domain.organization_id != held.org.id
    });
    if foreign {
        let problem = ScimError::invalid_value(format!(
            "The address {address} lies in {name}, a domain that another company has proven to be its own. Send this \
             person with an address of your own company, or take the person out of the provisioning."
        ));
        return Err(Problem { code: "foreign_domain", ..problem.into() });
    }
    Ok(())
}
