//! What every room is handed: the store, time and chance, secrets, settings and the way out.

use std::ops::Deref;
use std::sync::Arc;

use model::{Clock, NewEvent, Rng, Seal, Time, Token};
use store::{Reader, Store, Tx};

use crate::config::Config;
use crate::dns::Dns;
use crate::outbound::Outbound;
use crate::problem::Problem;

/// The parts an [`App`] is put together from.
pub struct AppParts {
    /// All data.
    pub store: Store,
    /// Where "now" comes from.
    pub clock: Arc<dyn Clock>,
    /// Where randomness comes from.
    pub rng: Arc<dyn Rng>,
    /// Seals secrets at rest.
    pub seal: Seal,
    /// Settings.
    pub config: Config,
    /// Who answers questions about DNS records.
    pub dns: Dns,
}

/// The running application. Cheap to clone; the state of every handler.
#[derive(Clone)]
pub struct App(Arc<Inner>);

/// What an [`App`] gives access to.
pub struct Inner {
    /// All data.
    pub store: Store,
    /// Where "now" comes from.
    pub clock: Arc<dyn Clock>,
    /// Where randomness comes from.
    pub rng: Arc<dyn Rng>,
    /// Seals secrets at rest.
    pub seal: Seal,
    /// Settings.
    pub config: Config,
    /// Who answers questions about DNS records.
    pub dns: Dns,
    /// The only way to fetch an address that a customer typed.
    pub outbound: Outbound,
    /// The vendor's face, shared by every page.
    pub brand: Arc<web::brand::Brand>,
    /// What the `connection` room keeps in memory.
    pub connections: crate::connection::Memory,
    /// What the rate limits have counted in this process.
    pub rates: crate::rate::Counters,
    /// Sign-ins that began and were not answered.
    pub watch: crate::enforcement::Watch,
    /// Answers of identity providers that wait to be judged by shadows.
    pub shadows: crate::connection::shadow::Waiting,
    /// Records of SCIM requests that wait to be written together.
    pub scim_records: crate::provisioning::Waiting,
    /// SCIM resources for conformance suites.
    pub scim_tests: crate::provisioning::TestResources,
    /// The keys of our OpenID provider, once opened.
    pub signing_keys: crate::provider::keys::Cache,
    /// The keys that applications publish.
    pub client_keys: crate::provider::ClientKeys,
    /// The keys that prove to customers' OpenID providers who we are, once opened.
    pub own_client_keys: crate::provider::keys::Cache,
    /// Applications whose polls wait for events.
    pub feeds: crate::feed::Waiters,
    /// The made-up organizations of drills, of which no event tells.
    pub made_up: crate::drill::MadeUp,
    /// The keys that sign receipts, once opened.
    pub receipt_keys: crate::provider::keys::Cache,
}

impl Deref for App {
    type Target = Inner;
    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl App {
    /// Puts the application together.
    pub fn new(parts: AppParts) -> Self {
        let outbound = Outbound::new(parts.config.allow_private_network, parts.config.limits.fetch);
        let brand = Arc::new(parts.config.brand.clone());
        Self(Arc::new(Inner {
            store: parts.store,
            clock: parts.clock,
            rng: parts.rng,
            seal: parts.seal,
            config: parts.config,
            dns: parts.dns,
            outbound,
            brand,
            connections: crate::connection::Memory::default(),
            rates: crate::rate::Counters::default(),
            watch: crate::enforcement::Watch::default(),
            shadows: crate::connection::shadow::Waiting::default(),
            scim_records: crate::provisioning::Waiting::default(),
            scim_tests: crate::provisioning::TestResources::default(),
            signing_keys: crate::provider::keys::Cache::new(crate::keys::Purpose::Oidc),
            client_keys: crate::provider::ClientKeys::default(),
            own_client_keys: crate::provider::keys::Cache::new(crate::keys::Purpose::Client),
            feeds: crate::feed::Waiters::default(),
            made_up: crate::drill::MadeUp::default(),
            receipt_keys: crate::provider::keys::Cache::new(crate::keys::Purpose::Receipt),
        }))
    }

    /// The present moment.
    pub fn now(&self) -> Time {
        self.clock.now()
    }

    /// A fresh id of any kind: `app.id(MemberId::new)`.
    pub fn id<T>(&self, new: impl Fn(&dyn Clock, &dyn Rng) -> T) -> T {
        new(&*self.clock, &*self.rng)
    }

    /// A fresh capability. `prefix` names its kind, or is empty.
    pub fn token(&self, prefix: &str) -> Token {
        Token::new(&*self.rng, prefix)
    }

    /// Adds a fact to the stream of the transaction; what happens in a drill is none.
    pub fn append(&self, tx: &mut Tx, event: NewEvent) {
        if self.made_up.holds(event.organization_id) {
            return;
        }
        tx.append(&*self.clock, &*self.rng, event);
    }

    /// Records an administrative act. `actor` is `operator:…`, `member:…`, `api:…`, `link:…` or `system`.
    pub async fn audit(
        &self,
        tx: &mut Tx,
        actor: &str,
        action: &str,
        organization: Option<model::OrganizationId>,
        target: Option<String>,
        data: &serde_json::Value,
    ) -> Result<(), Problem> {
        let chance = (&*self.clock, &*self.rng);
        Ok(store::audit::record(tx, chance, actor, action, organization, target, &data.to_string()).await?)
    }

    /// A connection for reading.
    pub async fn read(&self) -> Result<Reader, Problem> {
        Ok(self.store.read().await?)
    }

    /// A write transaction.
    pub async fn write(&self) -> Result<Tx, Problem> {
        Ok(self.store.write().await?)
    }

    /// A write transaction for what lives for minutes and can be begun again: a power cut may lose it.
    pub async fn write_transient(&self) -> Result<Tx, Problem> {
        Ok(self.store.write_transient().await?)
    }

    /// Seals a secret for `place` (`table.column`).
    pub fn seal_text(&self, place: &str, plain: &str) -> String {
        self.seal.seal(&*self.rng, place, plain.as_bytes())
    }

    /// Opens a secret that [`App::seal_text`] sealed.
    pub fn open_text(&self, place: &str, sealed: &str) -> Result<String, Problem> {
        let plain = self.seal.open(place, sealed).map_err(|e| Problem::internal(&e))?;
        String::from_utf8(plain).map_err(|e| Problem::internal(&e))
    }
}
