//! Passkeys: the two ceremonies of `WebAuthn`, for people with an account of their own and for operators.
//!
//! Owns challenges, the stored public keys, and what an authenticator's answer proves. Does not own who may register or
//! sign in (`account`, `login`, `console`), or pages. The rules of the answers are `webauthn-rs`'s: origin and relying
//! party, a challenge of ours, the signature, user verification always, and a counter that only grows.
//!
//! A challenge belongs to one browser and one ceremony, works once, and for five minutes. It is drawn by `webauthn-rs`
//! itself, from the system.

mod register;
mod sign_in;

use std::time::Duration;

use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use model::Token;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use store::passkey::Challenge;
pub use store::passkey::{Owner, Passkey};
use webauthn_rs::prelude::{Webauthn, WebauthnBuilder};

pub use register::{begin as begin_registration, finish as finish_registration, keep, remove};
pub use sign_in::{begin as begin_sign_in, finish as finish_sign_in, note_use};

use crate::app::App;
use crate::problem::Problem;
use crate::request::{Browser, Params};

/// How long a challenge waits.
const WAITS: Duration = Duration::from_mins(5);

/// What a challenge is for; one for another purpose is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A person adds a passkey.
    Register,
    /// A person signs in.
    SignIn,
    /// An operator adds a passkey.
    ConsoleRegister,
    /// An operator signs in.
    ConsoleSignIn,
}

impl Purpose {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Register => "register",
            Self::SignIn => "sign_in",
            Self::ConsoleRegister => "console_register",
            Self::ConsoleSignIn => "console_sign_in",
        }
    }
}

/// Whether browsers can have passkeys for this installation: it has a name, not only an address, and TLS.
pub fn available(app: &App) -> bool {
    webauthn(app).is_some()
}

/// The relying party: the host of our public address, and nothing beside or below it.
fn webauthn(app: &App) -> Option<Webauthn> {
    let url = &app.config.public_url;
    let host = url.domain()?;
    // Browsers offer passkeys to secure contexts only, which this machine itself is.
    if !app.config.is_https() && host != "localhost" {
        return None;
    }
    let name = app.config.brand.vendor_name.as_str();
    WebauthnBuilder::new(host, url).ok()?.rp_name(name).timeout(WAITS).build().ok()
}

fn required(app: &App) -> Result<Webauthn, Problem> {
    webauthn(app).ok_or_else(|| {
        Problem::conflict(
            "passkeys_not_available",
            "Passkeys do not work at this address",
            "Browsers offer them where the address has a name and begins with https://. Use another way to sign in.",
        )
    })
}

/// Keeps a challenge and answers what the page's script needs.
async fn ask(
    app: &App,
    browser: &Browser,
    purpose: Purpose,
    owner: Option<Owner>,
    state: &impl Serialize,
    options: &impl Serialize,
) -> Result<Response, Problem> {
    let token = app.token("");
    let it = Challenge {
        browser: browser.hash(),
        purpose: purpose.as_str().to_owned(),
        owner: owner.map(|owner| owner.to_string()),
        state: serde_json::to_string(state).map_err(|e| Problem::internal(&e))?,
        expires_at: app.now().after(WAITS),
    };
    let mut tx = app.write().await?;
    store::passkey::add_challenge(&mut tx, &token.hash(), &it).await?;
    tx.commit().await?;
    let body = json!({"challenge": token.expose(), "options": options});
    Ok((StatusCode::OK, [(header::CACHE_CONTROL, "no-store")], Json(body)).into_response())
}

/// An answer as the form carries it, with the state of its challenge. The challenge is used up by this, in a transaction
/// of its own, so that it stays used up whatever comes of the answer.
async fn answer<S: DeserializeOwned, A: DeserializeOwned>(
    app: &App,
    browser: &Browser,
    purpose: Purpose,
    owner: Option<Owner>,
    form: &Params,
) -> Result<(S, A), Problem> {
    let shown = Token::presented(form.first("challenge").unwrap_or_default());
    let mut tx = app.write().await?;
    let challenge = store::passkey::take_challenge(&mut tx, &shown.hash(), app.now()).await?;
    tx.commit().await?;
    let fits = |it: &Challenge| {
        it.purpose == purpose.as_str()
            && it.browser == browser.hash()
            && it.owner == owner.map(|owner| owner.to_string())
    };
    let challenge = challenge.filter(fits).ok_or_else(ended)?;
    let state = serde_json::from_str(&challenge.state).map_err(|e| Problem::internal(&e))?;
    let answer = serde_json::from_str(form.first("credential").unwrap_or_default());
    Ok((state, answer.map_err(|e| refused(&e))?))
}

fn ended() -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        "passkey_challenge_ended",
        "This took too long",
        "What your browser was asked has ended: it works once, for five minutes, in the browser that began. Go back, reload the page and try again.",
    )
}

fn refused(why: &dyn std::fmt::Display) -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        "passkey_refused",
        "This passkey was not accepted",
        "What your device answered does not prove that it is yours and for this site. Try again, or use another way to sign in.",
    )
    .because(why)
}
