//! Which name servers a domain has, and what each of them holds where the proof should be.
//!
//! For the diagnosis alone: a resolver keeps an old answer for a while, and a record may have been added where nobody looks.
//! Whether a domain is proven is decided by what the resolver says (`proof`).

use model::Domain;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::task::JoinSet;

use super::domains::dns_record;
use crate::app::App;
use crate::dns::{Kind, Reply};

/// So many are asked.
const MOST: usize = 4;
/// So many labels up a zone may begin.
const DEEPEST: usize = 6;

/// A name server, and what it said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Server {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub holds: Holds,
}

/// What a name server holds where the proof should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Holds {
    /// The record.
    Proof,
    /// Another record.
    Other,
    /// Nothing.
    Nothing,
    /// It did not answer, or cannot be reached.
    Silent,
}

impl Server {
    /// Those that were asked at the last look at a domain.
    pub fn of(domain: &Domain) -> Vec<Self> {
        let kept: Option<Value> = domain.found.as_deref().and_then(|text| serde_json::from_str(text).ok());
        let servers = kept.and_then(|mut kept| kept.get_mut("servers").map(Value::take));
        servers.and_then(|servers| serde_json::from_value(servers).ok()).unwrap_or_default()
    }
}

/// Asks each of the domain's name servers by itself.
pub(super) async fn ask(app: &App, domain: &Domain) -> Vec<Server> {
    let record = dns_record(domain);
    let mut asked = JoinSet::new();
    for name in of_zone(app, &domain.name).await {
        let (app, record) = (app.clone(), record.clone());
        asked.spawn(async move {
            let private = app.config.allow_private_network;
            let holds = match app.dns.ask_at(&name, &record.name, Kind::Txt, private).await {
                Reply::Records(all) if all.contains(&record.value) => Holds::Proof,
                Reply::Records(_) => Holds::Other,
                Reply::NoRecord | Reply::NoName => Holds::Nothing,
                Reply::Silent => Holds::Silent,
            };
            Server { name, holds }
        });
    }
    let mut all: Vec<Server> = Vec::new();
    while let Some(one) = asked.join_next().await {
        all.extend(one.ok());
    }
    all.sort_by(|one, other| one.name.cmp(&other.name));
    all
}

/// The name servers of the zone that a name lies in: its own, or those of the nearest name above it that has some.
async fn of_zone(app: &App, name: &str) -> Vec<String> {
    let mut zone = name;
    for _ in 0..DEEPEST {
        match app.dns.ask(zone, Kind::Ns).await {
            Reply::Records(mut all) => {
                all.sort();
                all.dedup();
                all.truncate(MOST);
                return all;
            }
            Reply::Silent => break,
            Reply::NoRecord | Reply::NoName => {}
        }
        match zone.split_once('.') {
            // The servers of a whole country know nothing of it.
            Some((_, above)) if above.contains('.') => zone = above,
            _ => break,
        }
    }
    Vec::new()
}
