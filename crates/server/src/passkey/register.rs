//! Adding a passkey, and taking one away.

use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use model::PasskeyId;
use serde_json::{Value, json};
use store::{Connected, Tx};
use webauthn_rs::prelude::{
    CredentialID, Passkey as PublicKey, PasskeyRegistration, RegisterPublicKeyCredential, Uuid,
};

use super::{Owner, Passkey, Purpose, answer, ask, refused, required};
use crate::app::App;
use crate::problem::Problem;
use crate::request::{Browser, Params};

/// The most passkeys of one owner.
const MOST: usize = 20;
/// The longest name, in characters.
const LONGEST_NAME: usize = 60;

/// Asks the browser for a new passkey that it can find by itself at the next sign-in. `name` and `display` are shown in
/// its own dialogs.
pub async fn begin(
    app: &App,
    browser: &Browser,
    purpose: Purpose,
    owner: Owner,
    (name, display): (&str, &str),
) -> Result<Response, Problem> {
    let webauthn = required(app)?;
    let mut db = app.read().await?;
    let there = store::passkey::list(&mut db, owner).await?;
    drop(db);
    full(&there)?;
    let handle = handle(app, &there)?;
    let known: Vec<CredentialID> =
        there.iter().filter_map(|it| URL_SAFE_NO_PAD.decode(&it.credential_id).ok()).collect();
    let display = if display.trim().is_empty() { name } else { display.trim() };
    let (options, state) = webauthn
        .start_passkey_registration(handle, name, display, Some(known))
        .map_err(|e| Problem::internal(&e))?;
    let mut options = serde_json::to_value(options).map_err(|e| Problem::internal(&e))?;
    // Discoverable, so that nobody has to type an address first. The library asks for none and checks neither.
    options["publicKey"]["authenticatorSelection"]["residentKey"] = json!("required");
    options["publicKey"]["authenticatorSelection"]["requireResidentKey"] = json!(true);
    let state = json!({"handle": handle, "state": state});
    ask(app, browser, purpose, Some(owner), &state, &options).await
}

fn full(there: &[Passkey]) -> Result<(), Problem> {
    if there.len() < MOST {
        return Ok(());
    }
    Err(Problem::conflict(
        "too_many_passkeys",
        "You have as many passkeys as there can be",
        format!("There can be {MOST}. Take one away that you no longer use."),
    ))
}

/// One handle for one owner, drawn at the first passkey: authenticators group by it.
fn handle(app: &App, there: &[Passkey]) -> Result<Uuid, Problem> {
    if let Some(first) = there.first() {
        return first.user_handle.parse().map_err(|e| Problem::internal(&e));
    }
    let mut bytes = [0; 16];
    app.rng.fill(&mut bytes);
    Ok(Uuid::from_bytes(bytes))
}

/// Checks the passkey that the browser made; [`keep`] writes it. Form fields: `challenge`, `credential`, and perhaps
/// `name`.
///
/// # Errors
/// 403 where the challenge is not this browser's and owner's, has ended, or is answered wrongly.
pub async fn finish(
    app: &App,
    browser: &Browser,
    purpose: Purpose,
    owner: Owner,
    (form, otherwise): (&Params, &str),
) -> Result<Passkey, Problem> {
    let webauthn = required(app)?;
    let (kept, made): (Value, RegisterPublicKeyCredential) =
        answer(app, browser, purpose, Some(owner), form).await?;
    let state: PasskeyRegistration =
        serde_json::from_value(kept["state"].clone()).map_err(|e| Problem::internal(&e))?;
    let key = webauthn.finish_passkey_registration(&made, &state).map_err(|e| refused(&e))?;
    Ok(Passkey {
        id: app.id(PasskeyId::new),
        credential_id: URL_SAFE_NO_PAD.encode(key.cred_id()),
        owner,
        user_handle: kept["handle"].as_str().unwrap_or_default().to_owned(),
        name: named(form.first("name").unwrap_or_default(), otherwise),
        credential: to_text(&key)?,
        created_at: app.now(),
        last_used_at: None,
    })
}

/// Writes a passkey that was checked.
///
/// # Errors
/// A conflict where the passkey is somebody's already, or the owner has as many as there can be.
pub async fn keep(tx: &mut Tx, it: &Passkey) -> Result<(), Problem> {
    tx.lock(&it.owner.to_string()).await?;
    full(&store::passkey::list(tx, it.owner).await?)?;
    if store::passkey::lookup_credential(tx, &it.credential_id).await?.is_some() {
        return Err(Problem::conflict(
            "passkey_known",
            "This passkey is known here already",
            "Every passkey belongs to one account. Use another device, or sign in with the passkey that there is.",
        ));
    }
    Ok(store::passkey::add(tx, it).await?)
}

pub(super) fn to_text(key: &PublicKey) -> Result<String, Problem> {
    serde_json::to_string(key).map_err(|e| Problem::internal(&e))
}

/// What was typed, or a name from the browser.
fn named(typed: &str, otherwise: &str) -> String {
    let plain: String = typed.chars().filter(|c| !c.is_control()).take(LONGEST_NAME).collect();
    match plain.trim() {
        "" => otherwise.to_owned(),
        name => name.to_owned(),
    }
}

/// Takes one of the owner's passkeys away; what was taken.
///
/// # Errors
/// 404 where it is not the owner's.
pub async fn remove(tx: &mut Tx, owner: Owner, id: &str) -> Result<Passkey, Problem> {
    let found = find(tx, owner, id).await?;
    store::passkey::remove(tx, found.id).await?;
    Ok(found)
}

async fn find(db: &mut impl Connected, owner: Owner, id: &str) -> Result<Passkey, Problem> {
    let all = store::passkey::list(db, owner).await?;
    all.into_iter().find(|it| it.id.to_string() == id).ok_or_else(|| Problem::not_found("passkey of yours"))
}
