//! The keys that sign in our name where OpenID Connect is spoken: ID tokens and logout tokens towards applications, and
//! the assertions by which we prove to a customer's provider that we are its client (one RS256 and one ES256 each), and
//! receipts (one ES256). Made when first needed.
//!
//! Owns making, sealing and opening them, and which of them signs at a moment. Several machines on one database agree on
//! the same keys. Does not own when they are replaced (`keys`).

use std::sync::{Arc, PoisonError, RwLock};

use model::{KeyId, Time};
use oidc::Jwks;
use oidc::provider::{SigningAlgorithm, SigningKey, jwks_json};
use serde_json::Value;
use store::key::Key;

use crate::app::App;
use crate::keys::{self, Purpose};
use crate::problem::Problem;

const PLACE: &str = "keys.private_sealed";

/// The place in [`App`] that keeps the opened keys of one purpose.
#[derive(Debug)]
pub struct Cache {
    purpose: Purpose,
    ring: RwLock<Option<Arc<Ring>>>,
}

impl Cache {
    /// An empty place.
    pub const fn new(purpose: Purpose) -> Self {
        Self { purpose, ring: RwLock::new(None) }
    }

    fn get(&self, now: Time) -> Option<Arc<Ring>> {
        let ring = self.ring.read().unwrap_or_else(PoisonError::into_inner).clone();
        ring.filter(|ring| ring.until.is_none_or(|until| now < until))
    }

    fn put(&self, ring: Option<Arc<Ring>>) {
        *self.ring.write().unwrap_or_else(PoisonError::into_inner) = ring;
    }

    /// Lets the next who needs a key read the database again.
    pub(crate) fn forget(&self) {
        self.put(None);
    }
}

/// The installation's signing keys, opened, as they stand until the next of them begins to sign.
#[derive(Debug)]
pub struct Ring {
    /// One for each algorithm.
    signing: Vec<SigningKey>,
    /// When the next key begins to sign.
    until: Option<Time>,
    /// The published document: the keys that sign, the default's first, then those to come, then retired ones.
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

/// The keys of our own provider, from memory or the database; made where there are none yet.
pub async fn ring(app: &App) -> Result<Arc<Ring>, Problem> {
    open_ring(app, &app.signing_keys).await
}

/// The keys that prove to customers' providers who we are.
pub async fn client_ring(app: &App) -> Result<Arc<Ring>, Problem> {
    open_ring(app, &app.own_client_keys).await
}

/// The keys that sign receipts.
pub async fn receipt_ring(app: &App) -> Result<Arc<Ring>, Problem> {
    open_ring(app, &app.receipt_keys).await
}

async fn open_ring(app: &App, cache: &Cache) -> Result<Arc<Ring>, Problem> {
    if let Some(ring) = cache.get(app.now()) {
        return Ok(ring);
    }
    let ring = Arc::new(load(app, cache.purpose).await?);
    cache.put(Some(Arc::clone(&ring)));
    Ok(ring)
}

/// Reads the keys again where they are in memory: other machines may have changed them.
pub(crate) async fn refresh(app: &App) -> Result<(), Problem> {
    for cache in [&app.signing_keys, &app.own_client_keys, &app.receipt_keys] {
        if cache.get(app.now()).is_some() {
            cache.put(Some(Arc::new(load(app, cache.purpose).await?)));
        }
    }
    Ok(())
}

async fn load(app: &App, purpose: Purpose) -> Result<Ring, Problem> {
    let mut known = store::key::list(&mut app.read().await?, purpose.as_str()).await?;
    let missing = missing(purpose, &known, app.now());
    if !missing.is_empty() {
        let fresh = generate(missing).await?;
        let mut tx = app.write().await?;
        tx.lock(purpose.lock()).await?;
        known = store::key::list(&mut tx, purpose.as_str()).await?;
        for key in fresh {
            if !has(&known, key.algorithm(), app.now()) {
                let record = sealed(app, purpose, &key, None)?;
                store::key::add(&mut tx, &record).await?;
                known.push(record);
            }
        }
        tx.commit().await?;
    }
    open(app, &known)
}

fn has(known: &[Key], algorithm: SigningAlgorithm, now: Time) -> bool {
    keys::current(known, algorithm.as_str(), now).is_some()
}

fn missing(purpose: Purpose, known: &[Key], now: Time) -> Vec<SigningAlgorithm> {
    purpose.algorithms().iter().copied().filter(|algorithm| !has(known, *algorithm, now)).collect()
}

/// An RSA key takes long enough to be made away from the threads that answer requests.
async fn generate(algorithms: Vec<SigningAlgorithm>) -> Result<Vec<SigningKey>, Problem> {
    let work = move || algorithms.into_iter().map(SigningKey::generate).collect::<Result<Vec<_>, _>>();
    let made = tokio::task::spawn_blocking(work).await.map_err(|e| Problem::internal(&e))?;
    made.map_err(|e| Problem::internal(&e))
}

/// A new key of each of these algorithms, ready to be stored.
pub(crate) async fn fresh(
    app: &App,
    purpose: Purpose,
    algorithms: Vec<SigningAlgorithm>,
    signs_from: Time,
) -> Result<Vec<Key>, Problem> {
    let made = generate(algorithms).await?;
    made.iter().map(|key| sealed(app, purpose, key, Some(signs_from))).collect()
}

fn sealed(app: &App, purpose: Purpose, key: &SigningKey, signs_from: Option<Time>) -> Result<Key, Problem> {
    let der = key.to_pkcs8().map_err(|e| Problem::internal(&e))?;
    Ok(Key {
        id: app.id(KeyId::new),
        purpose: purpose.as_str().to_owned(),
        algorithm: key.algorithm().as_str().to_owned(),
        private_sealed: app.seal.seal(&*app.rng, PLACE, &der),
        public_text: key.public().to_json().to_string(),
        created_at: app.now(),
        retired_at: None,
        signs_from,
    })
}

fn open(app: &App, known: &[Key]) -> Result<Ring, Problem> {
    let now = app.now();
    let (mut signing, mut others) = (Vec::new(), Vec::new());
    let mut known: Vec<&Key> = known.iter().collect();
    known.sort_by_key(|key| (key.algorithm != SigningAlgorithm::default().as_str(), key.id));
    let all: Vec<Key> = known.iter().copied().cloned().collect();
    for record in known {
        let algorithm = SigningAlgorithm::from_name(&record.algorithm);
        let algorithm =
            algorithm.ok_or_else(|| Problem::internal(&"a signing key of an unknown algorithm"))?;
        let der = app.seal.open(PLACE, &record.private_sealed).map_err(|e| Problem::internal(&e))?;
        let key = SigningKey::from_pkcs8(algorithm, &der).map_err(|e| Problem::internal(&e))?;
        let signs = keys::current(&all, &record.algorithm, now).is_some_and(|it| it.id == record.id);
        if signs { &mut signing } else { &mut others }.push(key);
    }
    let published = jwks_json(signing.iter().chain(&others).map(SigningKey::public));
    let public = Jwks::parse(published.to_string().as_bytes()).map_err(|e| Problem::internal(&e))?;
    let until = all.iter().map(Key::start).filter(|start| *start > now).min();
    Ok(Ring { signing, until, published, public })
}
