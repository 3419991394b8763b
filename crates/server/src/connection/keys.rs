//! Our own SAML key: it signs our requests and decrypts what providers encrypt for us.
//!
//! Owns making it at first need, sealing, and keeping it in memory. Does not own when it is replaced (`keys`).

use std::sync::Arc;

use model::{KeyId, SealError, Time};
use saml::{DecryptionKey, SignerKey};
use store::key::Key;

use crate::app::App;
use crate::keys::{Purpose, Standing, standing};
use crate::problem::Problem;

const PURPOSE: &str = Purpose::Saml.as_str();
const PLACE: &str = "keys.private_sealed";

/// Our keys.
pub(super) struct SamlKeys {
    /// Signs our requests.
    pub signer: SignerKey,
    /// Decrypt: the one that signs, its successor, and those before it.
    pub decryption: Vec<DecryptionKey>,
    /// The certificates to publish, DER: of the key that signs, then of its successor where one is prepared.
    pub certificates: Vec<Vec<u8>>,
    /// The certificate of the key that signs, in PEM.
    pub cert_pem: String,
    /// The successor's, where one is prepared.
    pub next_pem: Option<String>,
}

/// Our keys; makes the first.
pub(super) async fn ensure(app: &App) -> Result<Arc<SamlKeys>, Problem> {
    if let Some(keys) = existing(app).await? {
        return Ok(keys);
    }
    let key = fresh(app, None).await?;
    let mut tx = app.write().await?;
    tx.lock(Purpose::Saml.lock()).await?;
    // Another process may have been first.
    if store::key::list(&mut tx, PURPOSE).await?.iter().all(|key| key.retired_at.is_some()) {
        store::key::add(&mut tx, &key).await?;
    }
    tx.commit().await?;
    existing(app).await?.ok_or_else(|| Problem::internal(&"our SAML key was written and is not there"))
}

/// A new key, ready to be stored.
pub(super) async fn fresh(app: &App, signs_from: Option<Time>) -> Result<Key, Problem> {
    // RSA keys take a while to find.
    let (host, year) = (app.config.public_url.host_str().unwrap_or("frontdesk").to_owned(), app.now().year());
    let (private, certificate) = tokio::task::spawn_blocking(move || generate(&host, year))
        .await
        .map_err(|e| Problem::internal(&e))?
        .map_err(|e| Problem::internal(&e))?;
    Ok(Key {
        id: app.id(KeyId::new),
        purpose: PURPOSE.to_owned(),
        algorithm: "RS256".to_owned(),
        private_sealed: app.seal_text(PLACE, &private),
        public_text: certificate,
        created_at: app.now(),
        retired_at: None,
        signs_from,
    })
}

/// Reads the keys again where they are in memory: another machine may have changed them.
pub(super) async fn refresh(app: &App) -> Result<(), Problem> {
    if app.connections.saml.read().await.is_some() {
        let keys = stored(app).await?.map(Arc::new);
        *app.connections.saml.write().await = keys;
    }
    Ok(())
}

/// Our keys, if there are any yet.
pub(super) async fn existing(app: &App) -> Result<Option<Arc<SamlKeys>>, Problem> {
    if let Some(keys) = app.connections.saml.read().await.clone() {
        return Ok(Some(keys));
    }
    let Some(keys) = stored(app).await? else { return Ok(None) };
    let keys = Arc::new(keys);
    *app.connections.saml.write().await = Some(Arc::clone(&keys));
    Ok(Some(keys))
}

async fn stored(app: &App) -> Result<Option<SamlKeys>, Problem> {
    let mut stored = store::key::list(&mut app.read().await?, PURPOSE).await?;
    stored.retain(|key| key.retired_at.is_none());
    let all = stored.clone();
    // The one that signs, its successor, then those before it, the newest first.
    stored.sort_by_key(|key| {
        let place = match standing(&all, key, app.now()) {
            Standing::Current => 0,
            Standing::Next => 1,
            Standing::Retired => 2,
        };
        (place, std::cmp::Reverse(key.id))
    });
    open(app, &stored)
}

fn open(app: &App, stored: &[Key]) -> Result<Option<SamlKeys>, Problem> {
    let Some(signing) = stored.first() else { return Ok(None) };
    let private = |key: &Key| -> Result<String, Problem> {
        app.open_text(PLACE, &key.private_sealed).map_err(|problem| problem.because(&SealError))
    };
    let pair = |key: &Key| -> Result<SignerKey, Problem> {
        SignerKey::from_pem(&private(key)?, &key.public_text).map_err(|e| Problem::internal(&e))
    };
    let next = stored.get(1).filter(|key| key.start() > app.now());
    let mut keys = SamlKeys {
        signer: pair(signing)?,
        decryption: Vec::new(),
        certificates: Vec::new(),
        cert_pem: signing.public_text.clone(),
        next_pem: next.map(|key| key.public_text.clone()),
    };
    for key in stored {
        keys.decryption.push(DecryptionKey::from_pem(&private(key)?).map_err(|e| Problem::internal(&e))?);
    }
    for key in std::iter::once(signing).chain(next) {
        keys.certificates.push(pair(key)?.cert_der().to_vec());
    }
    Ok(Some(keys))
}

/// A 2048-bit RSA key with a certificate that it signed itself: PKCS#8 and certificate in PEM. Twenty years, because
/// providers take the certificate for a key, and one that ends only stops sign-ins.
fn generate(host: &str, year: i16) -> Result<(String, String), rcgen::Error> {
    let key = rcgen::KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, rcgen::RsaKeySize::_2048)?;
    let mut params = rcgen::CertificateParams::default();
    let mut name = rcgen::DistinguishedName::new();
    name.push(rcgen::DnType::CommonName, host);
    params.distinguished_name = name;
    params.not_before = rcgen::date_time_ymd(i32::from(year), 1, 1);
    params.not_after = rcgen::date_time_ymd(i32::from(year) + 20, 1, 1);
    let certificate = params.self_signed(&key)?;
    Ok((key.serialize_pem(), certificate.pem()))
}
