//! Replacing keys: by the schedule, by an operator, and in an emergency.

use model::{KeyId, NewEvent, Time};
use oidc::provider::SigningAlgorithm;
use serde_json::json;
use store::Tx;
use store::key::Key;

use super::{Purpose, Standing, current, retired_since, standing};
use crate::app::App;
use crate::connection;
use crate::problem::Problem;
use crate::provider::keys as signing;

/// A prepared SAML key signs when somebody says so.
const UNTIL_SAID: Time = Time::from_seconds(253_402_300_799);

/// Whether the schedule asks for anything.
pub(super) fn due(app: &App, purpose: Purpose, keys: &[Key]) -> bool {
    !aged(app, keys).is_empty() || !outlived(app, purpose, keys).is_empty()
}

/// The algorithms whose key has signed long enough that its successor is to be published.
fn aged(app: &App, keys: &[Key]) -> Vec<SigningAlgorithm> {
    let (now, schedule) = (app.now(), app.config.keys);
    if schedule.life.is_zero() {
        return Vec::new();
    }
    let aged = |algorithm: &&SigningAlgorithm| {
        let name = algorithm.as_str();
        let next = keys.iter().any(|key| key.algorithm == name && standing(keys, key, now) == Standing::Next);
        let old = current(keys, name, now)
            .is_some_and(|key| now.since(key.start()) + schedule.ahead >= schedule.life);
        old && !next
    };
    SigningAlgorithm::ALL.iter().filter(aged).copied().collect()
}

/// The retired keys whose time is over.
fn outlived(app: &App, purpose: Purpose, keys: &[Key]) -> Vec<KeyId> {
    if purpose == Purpose::Receipt {
        return Vec::new();
    }
    let now = app.now();
    let over = |key: &&Key| {
        standing(keys, key, now) == Standing::Retired
            && retired_since(keys, key, now).is_some_and(|since| now.since(since) >= app.config.keys.overlap)
    };
    keys.iter().filter(over).map(|key| key.id).collect()
}

/// Publishes successors of keys that have signed long enough, and takes away retired ones.
pub(super) async fn keep_schedule(app: &App, purpose: Purpose) -> Result<(), Problem> {
    let known = store::key::list(&mut app.read().await?, purpose.as_str()).await?;
    let from = app.now().after(app.config.keys.ahead);
    let fresh = signing::fresh(app, purpose, aged(app, &known), from).await?;
    let mut tx = app.write().await?;
    tx.lock(purpose.lock()).await?;
    // Another machine may have been first.
    let known = store::key::list(&mut tx, purpose.as_str()).await?;
    let aged = aged(app, &known);
    for key in fresh.iter().filter(|key| aged.iter().any(|it| it.as_str() == key.algorithm)) {
        store::key::add(&mut tx, key).await?;
        record(app, &mut tx, "key.published", "system", key).await?;
    }
    for id in outlived(app, purpose, &known) {
        store::key::remove(&mut tx, id).await?;
        if let Some(key) = known.iter().find(|key| key.id == id) {
            record(app, &mut tx, "key.removed", "system", key).await?;
        }
    }
    tx.commit().await?;
    forget(app, purpose);
    Ok(())
}

/// Replaces the signing keys of any purpose but [`Purpose::Saml`]: successors are published now and sign after
/// the schedule's time. In an `emergency` they sign at once, and every older key goes: what was signed with one is
/// believed by nobody any more.
///
/// # Errors
/// A conflict for the SAML key, which has acts of its own.
pub async fn rotate(app: &App, purpose: Purpose, emergency: bool, actor: &str) -> Result<(), Problem> {
    if purpose == Purpose::Saml {
        return Err(Problem::conflict(
            "key_not_rotated_so",
            "The SAML key is replaced in two steps",
            "Prepare its successor, have it copied where certificates are kept by hand, then let it sign.",
        ));
    }
    let now = app.now();
    let from = if emergency { now } else { now.after(app.config.keys.ahead) };
    let fresh = signing::fresh(app, purpose, purpose.algorithms().to_vec(), from).await?;
    let mut tx = app.write().await?;
    tx.lock(purpose.lock()).await?;
    for old in store::key::list(&mut tx, purpose.as_str()).await? {
        // A second click leaves one successor.
        if emergency || old.start() > now {
            store::key::remove(&mut tx, old.id).await?;
            record(app, &mut tx, "key.removed", actor, &old).await?;
        }
    }
    for key in &fresh {
        store::key::add(&mut tx, key).await?;
        record(app, &mut tx, "key.published", actor, key).await?;
    }
    tx.commit().await?;
    forget(app, purpose);
    Ok(())
}

/// Makes the successor of the SAML key: published in our metadata, able to decrypt, and not signing before
/// [`switch_saml`]. Where one is prepared already, nothing changes.
pub async fn prepare_saml(app: &App, actor: &str) -> Result<(), Problem> {
    connection::sp_keys(app).await?;
    let fresh = connection::fresh_saml_key(app, UNTIL_SAID).await?;
    let mut tx = app.write().await?;
    tx.lock(Purpose::Saml.lock()).await?;
    let known = store::key::list(&mut tx, Purpose::Saml.as_str()).await?;
    if known.iter().any(|key| standing(&known, key, app.now()) == Standing::Next) {
        return Ok(());
    }
    store::key::add(&mut tx, &fresh).await?;
    record(app, &mut tx, "key.published", actor, &fresh).await?;
    crate::care::tell_of_saml_key(app, &mut tx).await?;
    tx.commit().await?;
    forget(app, Purpose::Saml);
    Ok(())
}

/// Lets the prepared SAML key sign from now on. The one before goes on decrypting until [`discard`].
///
/// # Errors
/// A conflict when none is prepared.
pub async fn switch_saml(app: &App, actor: &str) -> Result<(), Problem> {
    let now = app.now();
    let mut tx = app.write().await?;
    tx.lock(Purpose::Saml.lock()).await?;
    let known = store::key::list(&mut tx, Purpose::Saml.as_str()).await?;
    let next = known.iter().find(|key| standing(&known, key, now) == Standing::Next);
    let next = next.ok_or_else(|| {
        Problem::conflict(
            "key_not_prepared",
            "There is no successor yet",
            "Prepare one first: it is published in our metadata, and decrypts, before it signs.",
        )
    })?;
    store::key::sign_from(&mut tx, next.id, now).await?;
    record(app, &mut tx, "key.switched", actor, next).await?;
    tx.commit().await?;
    forget(app, Purpose::Saml);
    Ok(())
}

/// Takes a key away that does not sign: a retired one, or a successor that is not wanted after all.
///
/// # Errors
/// Not found when there is no such key, a conflict when it is the one that signs.
pub async fn discard(app: &App, id: &str, actor: &str) -> Result<(), Problem> {
    let now = app.now();
    for purpose in Purpose::ALL {
        let mut tx = app.write().await?;
        tx.lock(purpose.lock()).await?;
        let known = store::key::list(&mut tx, purpose.as_str()).await?;
        let Some(key) = known.iter().find(|key| key.id.to_string() == id) else { continue };
        if standing(&known, key, now) == Standing::Current {
            return Err(Problem::conflict(
                "key_in_use",
                "This key signs",
                "Replace it first; then it can go.",
            ));
        }
        store::key::remove(&mut tx, key.id).await?;
        record(app, &mut tx, "key.removed", actor, key).await?;
        tx.commit().await?;
        forget(app, purpose);
        return Ok(());
    }
    Err(Problem::not_found("key"))
}

fn forget(app: &App, purpose: Purpose) {
    match purpose {
        Purpose::Oidc => app.signing_keys.forget(),
        Purpose::Client => app.own_client_keys.forget(),
        Purpose::Saml => app.connections.forget_saml(),
        Purpose::Receipt => app.receipt_keys.forget(),
    }
}

/// The event and the line in the audit log; both name the key and never hold it.
async fn record(app: &App, tx: &mut Tx, kind: &'static str, actor: &str, key: &Key) -> Result<(), Problem> {
    let data = json!({
        "key_id": key.id.to_string(),
        "purpose": key.purpose,
        "algorithm": key.algorithm,
        "signs_from": if key.start() < UNTIL_SAID { Some(key.start().to_string()) } else { None },
    });
    app.append(tx, NewEvent { kind, organization_id: None, member_id: None, data: data.to_string() });
    app.audit(tx, actor, kind, None, Some(key.id.to_string()), &data).await
}
