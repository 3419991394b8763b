//! One look at one connection.

use std::time::Duration;

use model::{Connection, ConnectionStatus, NewEvent, Organization, Time};
use serde_json::json;
use store::Tx;
use store::care::Care;

use super::ends::ending;
use super::letters;
use super::state::{Held, State, digest_of_text};
use super::warning::{self, Warning};
use crate::app::App;
use crate::connection::refresh::{self, Read};
use crate::connection::{self, Certificate, Settings};
use crate::outbound::Validators;
use crate::problem::Problem;

/// How often documents are read where their author names no time, and within which bounds he may name one.
const USUAL: Duration = Duration::from_hours(1);
const SHORTEST: Duration = Duration::from_mins(15);
const DAY: Duration = Duration::from_hours(24);
/// The first wait after a failure; it doubles up to a day.
const FIRST_WAIT: Duration = Duration::from_mins(5);
/// A provider that cannot be read for so long is worth a letter.
const PATIENCE: Duration = DAY;

/// What came of fetching.
enum Fetched {
    Saml(Result<Read, String>),
    Oidc(Result<connection::OidcConfig, String>),
}

/// Looks at a connection: fetches what is due (or, `asked`, whatever there is), then writes what came of it.
pub(super) async fn visit(app: &App, care: Care, asked: bool) -> Result<(), Problem> {
    let found = store::connection::lookup(&mut app.read().await?, care.connection_id).await?;
    // Taken away meanwhile, and its row with it.
    let Some(it) = found else { return Ok(()) };
    let mut state = State::read(&care.state);
    let settings = Settings::of(&it);
    let fetched = match &settings {
        Some(settings) => fetch(app, &it, settings, &mut state, asked).await,
        None => None,
    };
    let mut tx = app.write().await?;
    tx.lock(&it.id.to_string()).await?;
    let now = store::connection::lookup(&mut tx, it.id).await?;
    let Some(now) = now else { return Ok(()) };
    let organization = store::organization::lookup(&mut tx, it.organization_id).await?;
    let (Some(organization), true) = (organization, now.config == it.config && now.status == it.status)
    else {
        // Somebody changed it while the provider was asked: what came is about other settings.
        let again = Care { due_at: app.now().after(FIRST_WAIT), ..care };
        store::care::set(&mut tx, &again).await?;
        return Ok(tx.commit().await?);
    };
    let mut look = Look { app, tx: &mut tx, organization, it: now, state };
    if let (Some(fetched), Some(settings)) = (fetched, settings) {
        look.settle(fetched, settings).await?;
    }
    let due_at = look.warn().await?;
    let care = Care { connection_id: care.connection_id, state: look.state.to_text(), due_at };
    store::care::set(&mut tx, &care).await?;
    Ok(tx.commit().await?)
}

/// Asks the provider, if that is due.
async fn fetch(
    app: &App,
    it: &Connection,
    settings: &Settings,
    state: &mut State,
    asked: bool,
) -> Option<Fetched> {
    let source = match settings {
        Settings::Saml(saml) => saml.metadata_url.clone().unwrap_or_default(),
        Settings::Oidc(oidc) => oidc.issuer.clone(),
    };
    if state.source != source {
        // Warnings are about certificates, which know nothing of addresses.
        let (warned, links) = (std::mem::take(&mut state.warned), std::mem::take(&mut state.links));
        *state = State { source: source.clone(), warned, links, ..State::default() };
    }
    if source.is_empty() {
        return None;
    }
    let due = it.status != ConnectionStatus::Draft && state.next_at().is_none_or(|at| at <= app.now());
    if !due && !asked {
        return None;
    }
    // Other settings than after the last answer may lack what it said.
    let as_read = state.settings == digest_of_text(&it.config) && state.held.is_none();
    let known = if as_read { state.validators.clone() } else { Validators::default() };
    Some(match settings {
        Settings::Saml(saml) => Fetched::Saml(refresh::read_again(app, saml, &source, &known).await),
        Settings::Oidc(oidc) => Fetched::Oidc(refresh::read_openid_again(app, it, oidc).await),
    })
}

struct Look<'a> {
    app: &'a App,
    tx: &'a mut Tx,
    organization: Organization,
    it: Connection,
    state: State,
}

impl Look<'_> {
    async fn settle(&mut self, fetched: Fetched, settings: Settings) -> Result<(), Problem> {
        self.state.tried_at = Some(self.app.now().as_micros());
        match (fetched, settings) {
            (Fetched::Saml(Ok(Read::Unchanged)), _) => self.read_well(USUAL).await?,
            (Fetched::Saml(Ok(Read::Document(document))), Settings::Saml(saml)) => {
                let joined = refresh::join(&saml, &document.config, &mut self.state.seen, self.app.now());
                // What has to go after its time is not forgotten because the server says that nothing has changed.
                self.state.validators = if self.state.seen.absent.is_empty() {
                    document.validators
                } else {
                    Validators::default()
                };
                if joined.config != saml {
                    self.keep(&Settings::Saml(joined.config)).await?;
                    self.tell_of_certificates(&joined.added, &joined.removed).await?;
                }
                self.hold(joined.moved.map(Held::Addresses), saml.entity_id).await?;
                let mut wait = document.keep_for.unwrap_or(USUAL).clamp(SHORTEST, DAY);
                if let Some(until) = document.valid_until {
                    wait = wait.min((until.since(self.app.now()) / 2).max(SHORTEST));
                }
                self.read_well(wait).await?;
            }
            (Fetched::Saml(Ok(Read::OtherProvider(found))), Settings::Saml(saml)) => {
                let named = if found.is_empty() { "none".to_owned() } else { found.join(", ") };
                let words = format!(
                    "The metadata now describes another provider. Expected: {}. Received: {named}. Nothing was changed.",
                    saml.entity_id
                );
                self.hold(Some(Held::Provider(found)), saml.entity_id).await?;
                self.failed(words).await?;
            }
            (Fetched::Oidc(Ok(new)), Settings::Oidc(old)) => {
                if new != old {
                    self.keep(&Settings::Oidc(new)).await?;
                }
                self.read_well(USUAL).await?;
            }
            (Fetched::Saml(Err(words)) | Fetched::Oidc(Err(words)), _) => self.failed(words).await?,
            _ => return Err(Problem::internal(&"documents of another protocol than the settings")),
        }
        self.state.settings = digest_of_text(&self.it.config);
        Ok(())
    }

    /// Stores new settings. A test sign-in is still a proof: nothing that it tried has changed but keys.
    async fn keep(&mut self, settings: &Settings) -> Result<(), Problem> {
        let new = settings.to_text();
        store::connection_draft::rebase(self.tx, self.it.id, &self.it.config, &new).await?;
        self.it.config = new;
        self.it.updated_at = self.app.now();
        Ok(store::connection::update(self.tx, &self.it).await?)
    }

    async fn read_well(&mut self, wait: Duration) -> Result<(), Problem> {
        if self.state.failures > 0 {
            self.event("connection.refresh_recovered", json!({ "failures": self.state.failures })).await?;
        }
        let now = self.app.now();
        self.state.read_at = Some(now.as_micros());
        (self.state.error, self.state.failures) = (None, 0);
        (self.state.failing_since, self.state.told_failing) = (None, false);
        // Nobody signs in through one that is off.
        let wait = if self.it.status == ConnectionStatus::Active { wait } else { DAY };
        self.state.next_at = Some(now.after(self.jitter(wait)).as_micros());
        Ok(())
    }

    async fn failed(&mut self, words: String) -> Result<(), Problem> {
        let now = self.app.now();
        self.state.failures = self.state.failures.saturating_add(1);
        let since = Time::from_micros(*self.state.failing_since.get_or_insert(now.as_micros()));
        if self.state.failures == 1 {
            self.event("connection.refresh_failed", json!({ "error": words })).await?;
        }
        self.state.error = Some(words);
        let doubled = 2_u32.saturating_pow(self.state.failures.min(12) - 1);
        let wait = FIRST_WAIT.saturating_mul(doubled).min(DAY);
        self.state.next_at = Some(now.after(self.jitter(wait)).as_micros());
        let active = self.it.status == ConnectionStatus::Active;
        if active && !self.state.told_failing && now.since(since) >= PATIENCE {
            self.state.told_failing = true;
            let words = self.state.error.clone().unwrap_or_default();
            letters::unreadable(self.app, self.tx, &self.organization, &self.it, (since, &words)).await?;
        }
        Ok(())
    }

    /// Remembers what waits for somebody's word, and tells of it once.
    async fn hold(&mut self, held: Option<Held>, entity_id: String) -> Result<(), Problem> {
        self.state.held = held;
        let digest = self.state.held_digest();
        let Some(held) = self.state.held.clone() else {
            self.state.told = None;
            return Ok(());
        };
        if self.state.told.as_ref() == Some(&digest) {
            return Ok(());
        }
        self.state.told = Some(digest);
        let received = match &held {
            Held::Addresses(moved) => {
                json!({ "sso": moved.sso.iter().map(|it| it.location.as_str()).collect::<Vec<_>>() })
            }
            Held::Provider(found) => json!({ "entity_ids": found }),
        };
        let data = json!({ "entity_id": entity_id, "received": received });
        self.event("connection.metadata_changed", data).await?;
        letters::changed(self.app, self.tx, &self.organization, &self.it, &held).await
    }

    async fn tell_of_certificates(
        &mut self,
        added: &[Certificate],
        removed: &[Certificate],
    ) -> Result<(), Problem> {
        let sides = [("connection.certificate_added", added), ("connection.certificate_removed", removed)];
        for (kind, certificates) in sides {
            for it in certificates {
                let data = json!({ "fingerprint": it.fingerprint, "not_after": it.not_after.to_string() });
                self.event(kind, data).await?;
            }
        }
        Ok(())
    }

    /// Warns of what ends soon, and gives the time of the next look.
    async fn warn(&mut self) -> Result<Time, Problem> {
        let now = self.app.now();
        let mut due = now.after(DAY);
        if self.it.status != ConnectionStatus::Draft
            && let Some(at) = self.state.next_at()
        {
            due = due.min(at);
        }
        let ending = Settings::of(&self.it).and_then(|settings| ending(&settings));
        let Some(ending) = ending.filter(|_| self.it.status == ConnectionStatus::Active) else {
            return Ok(due);
        };
        let key = ending.key();
        if let Some(days) = ending.due(now, self.state.warned.get(&key).copied()) {
            let links = std::mem::take(&mut self.state.links);
            let letter = Warning { organization: &self.organization, it: &self.it, ending, days };
            self.state.links = warning::ending(self.app, self.tx, &letter, &links).await?;
            let kind =
                if days == 0 { "connection.certificate_expired" } else { "connection.certificate_expiring" };
            let data = json!({
                "days": ending.days(now),
                "not_after": ending.at.to_string(),
                "what": if ending.secret { "client_secret" } else { "certificate" },
            });
            self.event(kind, data).await?;
            // What ended before is nobody's concern any more.
            self.state.warned = [(key, days)].into();
        }
        Ok(ending.next(now).map_or(due, |at| due.min(at)))
    }

    /// The event and the line in the audit log.
    async fn event(&mut self, kind: &'static str, mut data: serde_json::Value) -> Result<(), Problem> {
        data["organization_id"] = json!(self.it.organization_id.to_string());
        data["connection_id"] = json!(self.it.id.to_string());
        let organization_id = Some(self.it.organization_id);
        self.app.append(self.tx, NewEvent { kind, organization_id, member_id: None, data: data.to_string() });
        self.app.audit(self.tx, "system", kind, organization_id, Some(self.it.id.to_string()), &data).await
    }

    /// A tenth more or less, so that many connections do not ask in step.
    fn jitter(&self, wait: Duration) -> Duration {
        let mut byte = [0_u8];
        self.app.rng.fill(&mut byte);
        let tenth = wait / 10;
        wait.saturating_sub(tenth) + tenth * 2 * u32::from(byte[0]) / 255
    }
}
