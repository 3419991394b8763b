//! Signing in by passkey: the browser finds it, and it says whose it is.

use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use store::Tx;
use webauthn_rs::prelude::{
    DiscoverableAuthentication, Passkey as PublicKey, PublicKeyCredential, WebauthnError,
};

use super::register::to_text;
use super::{Owner, Passkey, Purpose, answer, ask, refused, required};
use crate::app::App;
use crate::problem::Problem;
use crate::request::{Browser, Params};

/// Asks the browser for any passkey of this site.
pub async fn begin(app: &App, browser: &Browser, purpose: Purpose) -> Result<Response, Problem> {
    let webauthn = required(app)?;
    let (options, state) = webauthn.start_discoverable_authentication().map_err(|e| Problem::internal(&e))?;
    // The page's script decides whether to wait in the field's suggestions or to ask at once.
    let options = json!({"publicKey": options.public_key});
    ask(app, browser, purpose, None, &state, &options).await
}

/// The passkey that answered, after every check; [`note_use`] writes that it was used. Form fields: `challenge` and
/// `credential`.
///
/// # Errors
/// 403 where the challenge is not this browser's or has ended, and where the answer proves nothing: the same for an
/// unknown passkey and a wrong signature. An authenticator whose counter went back may have been copied: its passkey is
/// taken away.
pub async fn finish(
    app: &App,
    browser: &Browser,
    purpose: Purpose,
    form: &Params,
) -> Result<Passkey, Problem> {
    let webauthn = required(app)?;
    let (state, shown): (DiscoverableAuthentication, PublicKeyCredential) =
        answer(app, browser, purpose, None, form).await?;
    let (handle, credential) =
        webauthn.identify_discoverable_authentication(&shown).map_err(|e| refused(&e))?;
    let credential = URL_SAFE_NO_PAD.encode(credential);
    let found = store::passkey::lookup_credential(&mut app.read().await?, &credential).await?;
    let console = purpose == Purpose::ConsoleSignIn;
    let found = found.filter(|it| {
        it.user_handle == handle.to_string() && matches!(it.owner, Owner::Operator(_)) == console
    });
    let mut found = found.ok_or_else(|| refused(&"no such passkey"))?;
    let mut key: PublicKey = serde_json::from_str(&found.credential).map_err(|e| Problem::internal(&e))?;
    let result = match webauthn.finish_discoverable_authentication_v2(&shown, state, &key) {
        Ok(result) if result.user_verified() => result,
        Ok(_) => return Err(refused(&"the user was not verified")),
        Err(WebauthnError::CredentialPossibleCompromise) => {
            let mut tx = app.write().await?;
            store::passkey::remove(&mut tx, found.id).await?;
            let about = json!({"owner": found.owner.to_string()});
            let target = Some(found.id.to_string());
            app.audit(&mut tx, "system", "passkey.copied", None, target, &about).await?;
            tx.commit().await?;
            tracing::warn!(id = %found.id, "the counter of a passkey went back, and the passkey is taken away");
            return Err(refused(&"the counter went back"));
        }
        Err(error) => return Err(refused(&error)),
    };
    key.update_credential(&result);
    found.credential = to_text(&key)?;
    found.last_used_at = Some(app.now());
    Ok(found)
}

/// Writes the use of a passkey, with the counter of its authenticator.
///
/// # Errors
/// 403 where the passkey was taken away meanwhile.
pub async fn note_use(tx: &mut Tx, it: &Passkey) -> Result<(), Problem> {
    let at = it.last_used_at.unwrap_or(it.created_at);
    if store::passkey::used(tx, it.id, &it.credential, at).await? {
        return Ok(());
    }
    Err(refused(&"the passkey was taken away meanwhile"))
}
