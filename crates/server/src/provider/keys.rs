//! The keys that sign ID tokens and logout tokens: one RS256 and one ES256, made when first needed.
//!
//! Owns making, sealing and caching them. Several machines on one database agree on the same keys.

use std::sync::Arc;

use model::KeyId;
use oidc::Jwks;
use oidc::provider::{SigningAlgorithm, SigningKey, jwks_json};
use serde_json::Value;
use store::key::Key;
use tokio::sync::OnceCell;

use crate::app::App;
use crate::problem::Problem;

const PURPOSE: &str = "oidc";
const PLACE: &str = "keys.private_sealed";

/// The place in [`App`] that keeps the opened keys.
pub type Cache = OnceCell<Arc<Ring>>;

/// The installation's signing keys, opened.
#[derive(Debug)]
pub struct Ring {
    signing: Vec<SigningKey>,
    /// The document at `/oauth2/jwks`: every key, the default's first, retired ones too.
    pub published: Value,
    /// The same, for verifying our own tokens.
    pub public: Jwks,
}

impl Ring {
    /// The key for an application that registered this `id_token_signed_response_alg`.
    ///
    /// # Errors
    /// Only when the registration names an algorithm that no check lets through.
    pub fn key(&self, algorithm: &str) -> Result<&SigningKey, Problem> {
        self.signing
            .iter()
            .find(|key| key.algorithm().as_str() == algorithm)
            .ok_or_else(|| Problem::internal(&format!("there is no signing key for {algorithm}")))
    }
}

/// The keys, from the cache or the database; made where there are none yet.
pub async fn ring(app: &App) -> Result<Arc<Ring>, Problem> {
    app.signing_keys.get_or_try_init(|| load(app)).await.cloned()
}

async fn load(app: &App) -> Result<Arc<Ring>, Problem> {
    let mut known = store::key::list(&mut app.read().await?, PURPOSE).await?;
    let missing = missing(&known);
    if !missing.is_empty() {
        let fresh = generate(missing).await?;
        let mut tx = app.write().await?;
        tx.lock("keys.oidc").await?;
        known = store::key::list(&mut tx, PURPOSE).await?;
        for key in fresh {
            if !has(&known, key.algorithm()) {
                let record = sealed(app, &key)?;
                store::key::add(&mut tx, &record).await?;
                known.push(record);
            }
        }
        tx.commit().await?;
    }
    open(app, &known).map(Arc::new)
}

fn has(known: &[Key], algorithm: SigningAlgorithm) -> bool {
    known.iter().any(|key| key.retired_at.is_none() && key.algorithm == algorithm.as_str())
}

fn missing(known: &[Key]) -> Vec<SigningAlgorithm> {
    SigningAlgorithm::ALL.iter().copied().filter(|algorithm| !has(known, *algorithm)).collect()
}

/// An RSA key takes long enough to be made away from the threads that answer requests.
async fn generate(algorithms: Vec<SigningAlgorithm>) -> Result<Vec<SigningKey>, Problem> {
    let work = move || algorithms.into_iter().map(SigningKey::generate).collect::<Result<Vec<_>, _>>();
    let made = tokio::task::spawn_blocking(work).await.map_err(|e| Problem::internal(&e))?;
    made.map_err(|e| Problem::internal(&e))
}

fn sealed(app: &App, key: &SigningKey) -> Result<Key, Problem> {
    let der = key.to_pkcs8().map_err(|e| Problem::internal(&e))?;
    Ok(Key {
        id: app.id(KeyId::new),
        purpose: PURPOSE.to_owned(),
        algorithm: key.algorithm().as_str().to_owned(),
        private_sealed: app.seal.seal(&*app.rng, PLACE, &der),
        public_text: key.public().to_json().to_string(),
        created_at: app.now(),
        retired_at: None,
    })
}

fn open(app: &App, known: &[Key]) -> Result<Ring, Problem> {
    let (mut signing, mut retired) = (Vec::new(), Vec::new());
    let mut known: Vec<&Key> = known.iter().collect();
    known.sort_by_key(|key| (key.algorithm != SigningAlgorithm::default().as_str(), key.id));
    for record in known {
        let algorithm = SigningAlgorithm::from_name(&record.algorithm);
        let algorithm =
            algorithm.ok_or_else(|| Problem::internal(&"a signing key of an unknown algorithm"))?;
        let der = app.seal.open(PLACE, &record.private_sealed).map_err(|e| Problem::internal(&e))?;
        let key = SigningKey::from_pkcs8(algorithm, &der).map_err(|e| Problem::internal(&e))?;
        if record.retired_at.is_none() { &mut signing } else { &mut retired }.push(key);
    }
    let published = jwks_json(signing.iter().chain(&retired).map(SigningKey::public));
    let public = Jwks::parse(published.to_string().as_bytes()).map_err(|e| Problem::internal(&e))?;
    Ok(Ring { signing, published, public })
}
