//! Our own SAML key: it signs our requests and decrypts what providers encrypt for us.
//!
//! Owns making it at first need, sealing, and keeping it in memory. Does not own when it is replaced.

use std::sync::Arc;

use model::{KeyId, SealError};
use saml::{DecryptionKey, SignerKey};
use store::key::Key;

use crate::app::App;
use crate::problem::Problem;

const PURPOSE: &str = "saml";
const PLACE: &str = "keys.private_sealed";

/// Our keys, the newest first.
pub(super) struct SamlKeys {
    /// Signs our requests: the newest.
    pub signer: SignerKey,
    /// Decrypt: all that are not retired.
    pub decryption: Vec<DecryptionKey>,
    /// The certificates, DER, in the same order.
    pub certificates: Vec<Vec<u8>>,
    /// The newest certificate in PEM.
    pub cert_pem: String,
}

/// Our keys; makes the first.
pub(super) async fn ensure(app: &App) -> Result<Arc<SamlKeys>, Problem> {
    if let Some(keys) = existing(app).await? {
        return Ok(keys);
    }
    // RSA keys take a while to find.
    let (host, year) = (app.config.public_url.host_str().unwrap_or("frontdesk").to_owned(), app.now().year());
    let (private, certificate) = tokio::task::spawn_blocking(move || generate(&host, year))
        .await
        .map_err(|e| Problem::internal(&e))?
        .map_err(|e| Problem::internal(&e))?;
    let mut tx = app.write().await?;
    tx.lock("keys.saml").await?;
    // Another process may have been first.
    if store::key::list(&mut tx, PURPOSE).await?.iter().all(|key| key.retired_at.is_some()) {
        let key = Key {
            id: app.id(KeyId::new),
            purpose: PURPOSE.to_owned(),
            algorithm: "RS256".to_owned(),
            private_sealed: app.seal_text(PLACE, &private),
            public_text: certificate,
            created_at: app.now(),
            retired_at: None,
        };
        store::key::add(&mut tx, &key).await?;
    }
    tx.commit().await?;
    existing(app).await?.ok_or_else(|| Problem::internal(&"our SAML key was written and is not there"))
}

/// Our keys, if there are any yet.
pub(super) async fn existing(app: &App) -> Result<Option<Arc<SamlKeys>>, Problem> {
    if let Some(keys) = app.connections.saml.read().await.clone() {
        return Ok(Some(keys));
    }
    let mut stored = store::key::list(&mut app.read().await?, PURPOSE).await?;
    stored.retain(|key| key.retired_at.is_none());
    stored.reverse();
    let Some(keys) = open(app, &stored)? else { return Ok(None) };
    let keys = Arc::new(keys);
    *app.connections.saml.write().await = Some(Arc::clone(&keys));
    Ok(Some(keys))
}

fn open(app: &App, stored: &[Key]) -> Result<Option<SamlKeys>, Problem> {
    let Some(newest) = stored.first() else { return Ok(None) };
    let private = |key: &Key| -> Result<String, Problem> {
        app.open_text(PLACE, &key.private_sealed).map_err(|problem| problem.because(&SealError))
    };
    let signer =
        SignerKey::from_pem(&private(newest)?, &newest.public_text).map_err(|e| Problem::internal(&e))?;
    let mut keys = SamlKeys {
        signer,
        decryption: Vec::new(),
        certificates: Vec::new(),
        cert_pem: newest.public_text.clone(),
    };
    for key in stored {
        let private = private(key)?;
        keys.decryption.push(DecryptionKey::from_pem(&private).map_err(|e| Problem::internal(&e))?);
        let with_certificate =
            SignerKey::from_pem(&private, &key.public_text).map_err(|e| Problem::internal(&e))?;
        keys.certificates.push(with_certificate.cert_der().to_vec());
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
