//! Directories: what a provider's feed of users and groups says, and what follows from it.
//!
//! Owns a directory's life (draft, preview, active, paused), its token, its field and role mapping, and every fact
//! about its users and groups: nothing else writes them. Decides which member an arriving, changing or leaving user
//! means, and hands that to `member`. Does not own the protocol they come by (`provisioning`), nor the life of members.

mod apply;
mod brake;
mod brake_cause;
mod brake_decide;
mod brake_letter;
mod config;
mod counts;
mod effect;
mod forecast;
mod group;
mod health;
mod held;
pub mod silence;
mod token;
mod trial;
mod user;

use std::time::Duration;

use model::{Directory, DirectoryId, DirectoryStatus, NewEvent, Organization, Token};
use serde_json::json;
use store::{Connected, Tx};

pub use apply::{APPLY, apply_job};
pub use brake::{Brake, PASS, Stop, TELL, WINDOW, tell_job, waiting};
pub use brake_cause::{Cause, SharedGroup};
pub use brake_decide::{Decided, Decision, Leavers, chosen, decide, pass_job, undo};
pub use config::{DirectoryConfig, RoleRule};
pub(crate) use counts::resource;
pub use counts::{Arrived, Counts, arrivals, counts};
pub use effect::{Effect, Line};
pub use forecast::{Among, Forecast, Foreseen, Lot, forecast, foreseen};
pub use group::{WrittenGroup, create_group, delete_group, member_ref, patch_group, replace_group};
pub use health::{DAYS, Health, Lacking, Refusals, Sent, Unreadable, health};
pub use held::{Held, lock_name, name_in, name_of};
pub use token::{MOST_TOKENS, add_token, revoke_token, rotate_token, token_url};
pub use trial::{Trial, TriedPerson, trial};
pub use user::{WrittenUser, create_user, delete_user, patch_user, replace_user};

use crate::app::App;
use crate::problem::Problem;

/// Makes a directory for an organization, with the token its provider will show. The token is told here and never
/// again. `provider` is the id of its guide, such as `entra-scim`.
pub async fn create(
    app: &App,
    tx: &mut Tx,
    org: &Organization,
    provider: &str,
    status: DirectoryStatus,
) -> Result<(Directory, Token), Problem> {
    let directory = create_without_token(app, tx, org, provider, status).await?;
    let token = token::make(app, tx, directory.id, None).await?;
    Ok((directory, token))
}

/// Makes a directory that nobody sends to: we read it ourselves (`pull`).
pub async fn create_without_token(
    app: &App,
    tx: &mut Tx,
    org: &Organization,
    provider: &str,
    status: DirectoryStatus,
) -> Result<Directory, Problem> {
    let now = app.now();
    let directory = Directory {
        id: app.id(DirectoryId::new),
        organization_id: org.id,
        provider: provider.to_owned(),
        status,
        config: String::new(),
        brake: "{}".to_owned(),
        last_request_at: None,
        longest_gap: Duration::ZERO,
        heard: 0,
        silent_since: None,
        created_at: now,
        updated_at: now,
    };
    store::directory::add(tx, &directory).await?;
    tell(app, tx, "directory.created", &directory);
    if status == DirectoryStatus::Active {
        tell(app, tx, "directory.activated", &directory);
    }
    Ok(directory)
}

/// Goes live: from now on what the provider sends becomes true for members, and what it sent before is applied.
pub async fn activate(app: &App, tx: &mut Tx, directory: Directory) -> Result<Directory, Problem> {
    set_status(app, tx, directory, DirectoryStatus::Active).await
}

/// Changes the status. From active to preview or paused takes nothing back; it only stops applying.
pub async fn set_status(
    app: &App,
    tx: &mut Tx,
    directory: Directory,
    status: DirectoryStatus,
) -> Result<Directory, Problem> {
    let directory = hold(tx, directory).await?;
    if directory.status == status {
        return Ok(directory);
    }
    let (config, applied) = match (directory.status, status) {
        (DirectoryStatus::Active, _) => (config::while_not_live(&directory)?, None),
        (_, DirectoryStatus::Active) => config::live_again(&directory)?,
        _ => (directory.config.clone(), None),
    };
    let directory = Directory { status, config, updated_at: app.now(), ..directory };
    store::directory::update(tx, &directory).await?;
    if status != DirectoryStatus::Active {
        tell(app, tx, "directory.updated", &directory);
        return Ok(directory);
    }
    tell(app, tx, "directory.activated", &directory);
    reapply(app, tx, &directory, applied.as_ref()).await?;
    Ok(directory)
}

/// Applies everything the provider has sent so far to members, in the background; [`Counts::applied`] is the progress.
/// For a directory that is not live nothing happens. `before` are the settings that held until now, where they are others: a
/// role that they gave and nothing gives any more goes back to the organization's default.
pub async fn reapply(
    app: &App,
    tx: &mut Tx,
    directory: &Directory,
    before: Option<&DirectoryConfig>,
) -> Result<(), Problem> {
    let any = !store::directory_user::list(tx, directory.id, None, 1).await?.is_empty();
    if any && directory.status == DirectoryStatus::Active {
        apply::enqueue(app, tx, directory.id, None, before).await?;
    }
    Ok(())
}

/// Writes another mapping. Call [`reapply`] where it should reach the people who are there already.
pub async fn set_config(
    app: &App,
    tx: &mut Tx,
    directory: Directory,
    config: &DirectoryConfig,
) -> Result<Directory, Problem> {
    let directory = hold(tx, directory).await?;
    let text = config::with_settings(&directory, config)?;
    let directory = Directory { config: text, updated_at: app.now(), ..directory };
    store::directory::update(tx, &directory).await?;
    tell(app, tx, "directory.updated", &directory);
    Ok(directory)
}

/// The address that the provider is given, without a slash at the end.
pub fn base_url(app: &App, id: DirectoryId) -> String {
    app.config.url(&format!("/scim/v2/{id}"))
}

/// Another guide for a directory that nobody has reached yet.
pub async fn set_provider(
    app: &App,
    tx: &mut Tx,
    directory: Directory,
    provider: &str,
) -> Result<Directory, Problem> {
    let directory = hold(tx, directory).await?;
    let directory = Directory { provider: provider.to_owned(), updated_at: app.now(), ..directory };
    store::directory::update(tx, &directory).await?;
    tell(app, tx, "directory.updated", &directory);
    Ok(directory)
}

/// The directory of the organization, or 404: another organization's is none.
pub async fn require(
    db: &mut impl Connected,
    organization: &Organization,
    id: &str,
) -> Result<Directory, Problem> {
    let found = match id.parse() {
        Ok(id) => store::directory::lookup(db, id).await?,
        Err(_) => None,
    };
    let found = found.filter(|it| it.organization_id == organization.id);
    found.ok_or_else(|| Problem::not_found("directory"))
}

/// Waits for the directory's lock and reads it again: deciding and writing under the lock is one step.
pub async fn hold(tx: &mut Tx, directory: Directory) -> Result<Directory, Problem> {
    tx.lock(&held::lock_name(directory.id)).await?;
    store::directory::lookup(tx, directory.id).await?.ok_or_else(|| Problem::not_found("directory"))
}

fn tell(app: &App, tx: &mut Tx, kind: &'static str, directory: &Directory) {
    let data = json!({
        "organization_id": directory.organization_id.to_string(),
        "directory_id": directory.id.to_string(),
        "provider": directory.provider,
        "status": directory.status.as_str(),
    });
    app.append(
        tx,
        NewEvent {
            kind,
            organization_id: Some(directory.organization_id),
            member_id: None,
            data: data.to_string(),
        },
    );
}
