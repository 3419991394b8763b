//! The draft beside a live connection, and the way back.
//!
//! Owns the one way in which the settings of a live connection change: they are saved as a draft, tried by a test
//! sign-in, put in the place of those in use, and taken back. Does not own reading new values (`edit`), the test itself
//! (`login`), or what real sign-ins would have come to (`shadow`).

use aws_lc_rs::digest::{SHA256, digest as sha256};
use model::{Connection, ConnectionId, ConnectionStatus, Time, VersionId};
use store::connection_draft::{self as drafts, Draft, Version};
use store::{Connected, Tx};

use super::config::Settings;
use super::create::{check_provider, record};
use crate::app::App;
use crate::problem::Problem;

/// So many former versions are kept.
const VERSIONS: usize = 10;

/// A name of a draft's values: what was looked at is what is replaced.
pub fn digest(draft: &Draft) -> String {
    let text = format!("{}\n{}", draft.provider, draft.config);
    hex::encode(&sha256(&SHA256, text.as_bytes()).as_ref()[..16])
}

/// The draft of a connection, if there is one.
pub async fn draft_of(db: &mut impl Connected, id: ConnectionId) -> Result<Option<Draft>, Problem> {
    Ok(drafts::lookup(db, id).await?)
}

/// Whether the draft is the one that somebody has looked at; of none, the empty name.
///
/// # Errors
/// A conflict where it is another one by now.
pub fn is_seen(draft: Option<&Draft>, looked_at: &str) -> Result<(), Problem> {
    if draft.map(digest).unwrap_or_default() == looked_at {
        return Ok(());
    }
    Err(Problem::conflict(
        "draft_changed",
        "The draft was changed meanwhile",
        "Somebody else saved, used or discarded it after you opened this form. Look at what is below, and save once more if \
         it is still what you want.",
    ))
}

/// The connection with the settings of its draft.
pub fn with_draft(it: &Connection, draft: &Draft) -> Connection {
    Connection { config: draft.config.clone(), provider: draft.provider.clone(), ..it.clone() }
}

/// What a connection was before, newest first.
pub async fn versions(db: &mut impl Connected, id: ConnectionId) -> Result<Vec<Version>, Problem> {
    Ok(drafts::versions(db, id).await?)
}

/// Keeps new settings beside those in use, in the place of an earlier draft. The same settings again keep their test.
/// What they would have made of real sign-ins begins anew with other settings.
///
/// # Errors
/// A conflict while nothing is live or where other settings are in use than `connection` has, a field's problem where
/// nothing differs.
pub async fn save(
    app: &App,
    tx: &mut Tx,
    connection: &Connection,
    (settings, provider): (&Settings, Option<&str>),
    actor: &str,
) -> Result<Draft, Problem> {
    let it = held(tx, connection.id).await?;
    let provider = provider.unwrap_or(&it.provider);
    check_provider(provider, it.protocol)?;
    if settings.protocol() != it.protocol {
        return Err(Problem::internal(&"a draft of another protocol than its connection"));
    }
    if it.status == ConnectionStatus::Draft {
        return Err(Problem::conflict(
            "connection_not_live",
            "This connection is not live yet",
            "It is still being set up, so its values are changed directly: with its setup link.",
        ));
    }
    if it.config != connection.config {
        return Err(changed());
    }
    let config = settings.to_text();
    if Settings::of(&it).as_ref() == Some(settings) && provider == it.provider {
        return Err(Problem::field(
            "paste",
            "These are the values that are in use already. Expected the new ones.",
        ));
    }
    let before = drafts::lookup(tx, it.id).await?;
    let same = before.as_ref().filter(|old| old.config == config && old.provider == provider);
    let draft = Draft {
        connection_id: it.id,
        base: it.config.clone(),
        config,
        provider: provider.to_owned(),
        tested_at: same.and_then(|old| old.tested_at),
        made_by: actor.to_owned(),
        created_at: before.as_ref().map_or_else(|| app.now(), |old| old.created_at),
        updated_at: same.map_or_else(|| app.now(), |old| old.updated_at),
    };
    drafts::set(tx, &draft).await?;
    if same.is_none() {
        super::shadow::restart(app, tx, it.id).await?;
    }
    record(app, tx, &it, "connection.draft_saved", actor).await?;
    Ok(draft)
}

/// Takes the draft away. What is in use stays. Without a draft nothing is to be done.
pub async fn discard(app: &App, tx: &mut Tx, connection: &Connection, actor: &str) -> Result<bool, Problem> {
    let it = held(tx, connection.id).await?;
    if !drafts::remove(tx, it.id).await? {
        return Ok(false);
    }
    super::shadow::end_of_draft(tx, it.id).await?;
    record(app, tx, &it, "connection.draft_discarded", actor).await?;
    Ok(true)
}

/// Records that a test sign-in with `settings` (the stored text) came through whole. Whether they are still the draft's:
/// a test of others says nothing about these.
pub async fn mark_draft_tested(
    tx: &mut Tx,
    id: ConnectionId,
    settings: &str,
    at: Time,
) -> Result<bool, Problem> {
    held(tx, id).await?;
    let Some(draft) = drafts::lookup(tx, id).await?.filter(|it| it.config == settings) else {
        return Ok(false);
    };
    drafts::set(tx, &Draft { tested_at: Some(at), ..draft }).await?;
    Ok(true)
}

/// Puts the tested draft in the place of what is in use, which is kept. `looked_at` names the values that whoever asks
/// has seen.
///
/// # Errors
/// A conflict where there is no draft, other values than were looked at, no test of them, or other settings in use than
/// the draft was made beside.
pub async fn replace(
    app: &App,
    tx: &mut Tx,
    connection: &Connection,
    looked_at: Option<&str>,
    actor: &str,
) -> Result<Connection, Problem> {
    let mut it = held(tx, connection.id).await?;
    let draft = drafts::lookup(tx, it.id).await?.ok_or_else(no_draft)?;
    if looked_at.is_some_and(|seen| seen != digest(&draft)) {
        return Err(Problem::conflict(
            "draft_changed",
            "The draft was changed meanwhile",
            "It holds other values than those you looked at, so nothing was replaced. Look at them, test them, and replace \
             then.",
        ));
    }
    if it.config != draft.base {
        return Err(changed());
    }
    if draft.tested_at.is_none() {
        return Err(Problem::conflict(
            "connection_untested",
            "A test comes first",
            "Sign in once with the new values before they take the place of the ones in use.",
        ));
    }
    keep_version(app, tx, &it, actor).await?;
    (it.config, it.provider, it.tested_at) = (draft.config, draft.provider, draft.tested_at);
    it.updated_at = app.now();
    store::connection::update(tx, &it).await?;
    drafts::remove(tx, it.id).await?;
    super::shadow::end_of_draft(tx, it.id).await?;
    record(app, tx, &it, "connection.replaced", actor).await?;
    Ok(it)
}

/// Goes one step back: what was in use before is in use again, and what is in use now becomes the draft, so that nothing
/// is lost, unless there is one. `version` is the one that whoever asks has looked at.
///
/// # Errors
/// A conflict where there is nothing to go back to, or another version than was looked at.
pub async fn revert(
    app: &App,
    tx: &mut Tx,
    connection: &Connection,
    version: Option<VersionId>,
    actor: &str,
) -> Result<Connection, Problem> {
    let mut it = held(tx, connection.id).await?;
    let Some(before) = drafts::versions(tx, it.id).await?.into_iter().next() else {
        return Err(Problem::conflict(
            "no_version_before",
            "There is nothing to go back to",
            "These values have not taken the place of others, or somebody has gone back already. Look at what is in use now.",
        ));
    };
    if version.is_some_and(|seen| seen != before.id) {
        return Err(changed());
    }
    if drafts::lookup(tx, it.id).await?.is_none() && it.config != before.config {
        let draft = Draft {
            connection_id: it.id,
            base: before.config.clone(),
            config: it.config.clone(),
            provider: it.provider.clone(),
            tested_at: None,
            made_by: actor.to_owned(),
            created_at: app.now(),
            updated_at: app.now(),
        };
        drafts::set(tx, &draft).await?;
    }
    // A draft that stood beside what was in use stands beside what is in use now.
    drafts::rebase(tx, it.id, &it.config, &before.config).await?;
    (it.config, it.provider, it.tested_at) = (before.config, before.provider, before.tested_at);
    it.updated_at = app.now();
    store::connection::update(tx, &it).await?;
    drafts::remove_version(tx, before.id).await?;
    record(app, tx, &it, "connection.reverted", actor).await?;
    Ok(it)
}

async fn keep_version(app: &App, tx: &mut Tx, it: &Connection, actor: &str) -> Result<(), Problem> {
    let version = Version {
        id: app.id(VersionId::new),
        connection_id: it.id,
        config: it.config.clone(),
        provider: it.provider.clone(),
        tested_at: it.tested_at,
        replaced_by: actor.to_owned(),
        replaced_at: app.now(),
    };
    Ok(drafts::add_version(tx, &version, VERSIONS).await?)
}

/// The connection as it is now, held until the transaction ends.
pub(super) async fn held(tx: &mut Tx, id: ConnectionId) -> Result<Connection, Problem> {
    tx.lock(&id.to_string()).await?;
    let found = store::connection::lookup(tx, id).await?;
    found.ok_or_else(|| Problem::not_found("connection"))
}

/// There is no draft to do this with.
pub fn no_draft() -> Problem {
    Problem::conflict(
        "no_draft",
        "There is no draft beside this connection",
        "It was put in place or discarded meanwhile, or never made. Look at what is in use now.",
    )
}

fn changed() -> Problem {
    Problem::conflict(
        "connection_changed",
        "The values in use changed meanwhile",
        "Somebody else changed this sign-in after you looked at it, so nothing was replaced. Look at what is in use now, and \
         save your changes once more if they are still wanted.",
    )
}
