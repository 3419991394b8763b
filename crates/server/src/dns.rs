//! Questions about DNS records: the machine's resolver, or a table in tests and demonstrations.
//!
//! Owns how DNS is asked. What an answer means is for who asked.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{NameServerConfig, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::{RData, RecordType};
use tokio::sync::OnceCell;

use crate::outbound::is_public;

/// How long one server may think, how often it is asked, and how long a question may take in all.
const TIMEOUT: Duration = Duration::from_secs(2);
const ATTEMPTS: usize = 2;
const LONGEST: Duration = Duration::from_secs(8);
/// How long one of a domain's own name servers may take, its address included.
const LONGEST_AT: Duration = Duration::from_secs(4);
/// Where name servers listen.
const PORT: u16 = 53;

/// Who answers.
#[derive(Clone)]
pub enum Dns {
    /// A resolver, set up when first asked: with these name servers, or without any with those that this machine is set
    /// to.
    Resolver(Arc<OnceCell<TokioResolver>>, Arc<[SocketAddr]>),
    /// A table; a name that is not in it does not exist. `name at server` is what one name server says otherwise.
    Fixed(Arc<Mutex<HashMap<(String, Kind), Reply>>>),
}

/// The kinds of record that are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Text.
    Txt,
    /// Another name for the same thing.
    Cname,
    /// The names of the name servers.
    Ns,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// The records' values; at least one.
    Records(Vec<String>),
    /// The name exists and has no such record.
    NoRecord,
    /// The name does not exist.
    NoName,
    /// Nobody answered, or not in time.
    Silent,
}

impl Dns {
    /// The resolver of this machine.
    pub fn system() -> Self {
        Self::servers(&[])
    }

    /// These name servers; those of this machine where there are none.
    pub fn servers(servers: &[SocketAddr]) -> Self {
        Self::Resolver(Arc::default(), servers.into())
    }

    /// An empty table.
    pub fn fixed() -> Self {
        Self::Fixed(Arc::default())
    }

    /// Writes into a table what is to be answered. The machine's resolver takes nothing.
    pub fn set(&self, name: &str, kind: Kind, reply: Reply) {
        if let Self::Fixed(table) = self {
            table.lock().unwrap_or_else(PoisonError::into_inner).insert((name.to_owned(), kind), reply);
        }
    }

    /// Asks for the records of this kind at this name, which is in ASCII and without a dot at its end.
    pub async fn ask(&self, name: &str, kind: Kind) -> Reply {
        match self {
            Self::Fixed(table) => {
                let table = table.lock().unwrap_or_else(PoisonError::into_inner);
                table.get(&(name.to_owned(), kind)).cloned().unwrap_or(Reply::NoName)
            }
            Self::Resolver(cell, servers) => match cell.get_or_try_init(async || resolver(servers)).await {
                Ok(resolver) => ask(resolver, name, kind).await,
                Err(error) => {
                    tracing::error!(%error, "this machine's DNS settings cannot be used; expected name servers in /etc/resolv.conf");
                    Reply::Silent
                }
            },
        }
    }

    /// Asks one name server by its name, and nobody else. `private` lets it have a private address, for development; it
    /// then listens where the name servers do that were given.
    pub async fn ask_at(&self, server: &str, name: &str, kind: Kind, private: bool) -> Reply {
        match self {
            Self::Fixed(table) => {
                let own = (format!("{name} at {server}"), kind);
                let said = table.lock().unwrap_or_else(PoisonError::into_inner).get(&own).cloned();
                match said {
                    Some(said) => said,
                    None => self.ask(name, kind).await,
                }
            }
            Self::Resolver(cell, servers) => {
                let Ok(known) = cell.get_or_try_init(async || resolver(servers)).await else {
                    return Reply::Silent;
                };
                let given = servers.first().filter(|_| private).map_or(PORT, SocketAddr::port);
                let asked = at(known, (server, given), (name, kind), private);
                tokio::time::timeout(LONGEST_AT, asked).await.unwrap_or(Reply::Silent)
            }
        }
    }
}

/// Asks the name server of this name at its own address, which strangers chose: a private one is not asked.
async fn at(
    known: &TokioResolver,
    (server, port): (&str, u16),
    (name, kind): (&str, Kind),
    private: bool,
) -> Reply {
    let Ok(found) = known.lookup_ip(format!("{server}.")).await else { return Reply::Silent };
    let reachable = found.iter().filter(|it| private || is_public(*it));
    let address: Option<IpAddr> = reachable.min_by_key(IpAddr::is_ipv6);
    let Some(address) = address else { return Reply::Silent };
    match direct(SocketAddr::new(address, port)) {
        Ok(direct) => ask(&direct, name, kind).await,
        Err(_) => Reply::Silent,
    }
}

/// A resolver that asks one name server for what it holds itself.
fn direct(server: SocketAddr) -> Result<TokioResolver, NetError> {
    let config = ResolverConfig::from_parts(None, Vec::new(), vec![name_server(&server)]);
    let mut builder = TokioResolver::builder_with_config(config, TokioRuntimeProvider::default());
    let options = builder.options_mut();
    (options.timeout, options.attempts, options.cache_size) = (TIMEOUT, 1, 0);
    options.recursion_desired = false;
    builder.build()
}

fn resolver(servers: &[SocketAddr]) -> Result<TokioResolver, NetError> {
    let mut builder = if servers.is_empty() {
        TokioResolver::builder_tokio()?
    } else {
        let config = ResolverConfig::from_parts(None, Vec::new(), servers.iter().map(name_server).collect());
        TokioResolver::builder_with_config(config, TokioRuntimeProvider::default())
    };
    let options = builder.options_mut();
    options.timeout = TIMEOUT;
    options.attempts = ATTEMPTS;
    // Who has just mended a record must not be told what was there before.
    options.cache_size = 0;
    builder.build()
}

fn name_server(address: &SocketAddr) -> NameServerConfig {
    let mut it = NameServerConfig::udp_and_tcp(address.ip());
    for connection in &mut it.connections {
        connection.port = address.port();
    }
    it
}

async fn ask(resolver: &TokioResolver, name: &str, kind: Kind) -> Reply {
    let record_type = match kind {
        Kind::Txt => RecordType::TXT,
        Kind::Cname => RecordType::CNAME,
        Kind::Ns => RecordType::NS,
    };
    // The dot keeps this machine's search domains out of it.
    let question = resolver.lookup(format!("{name}."), record_type);
    let answer = match tokio::time::timeout(LONGEST, question).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(error)) => return reply_of(name, &error),
        Err(_) => return Reply::Silent,
    };
    let values: Vec<String> =
        answer.answers().iter().filter_map(|record| value(&record.data, kind)).collect();
    if values.is_empty() { Reply::NoRecord } else { Reply::Records(values) }
}

fn value(data: &RData, kind: Kind) -> Option<String> {
    match (data, kind) {
        // A long value is kept in pieces that belong together.
        (RData::TXT(txt), Kind::Txt) => Some(String::from_utf8_lossy(&txt.txt_data.concat()).into_owned()),
        (RData::CNAME(target), Kind::Cname) => {
            Some(target.0.to_ascii().trim_end_matches('.').to_ascii_lowercase())
        }
        (RData::NS(server), Kind::Ns) => Some(server.0.to_ascii().trim_end_matches('.').to_ascii_lowercase()),
        _ => None,
    }
}

fn reply_of(name: &str, error: &NetError) -> Reply {
    match error {
        NetError::Dns(DnsError::NoRecordsFound(none)) if none.response_code == ResponseCode::NXDomain => {
            Reply::NoName
        }
        NetError::Dns(DnsError::NoRecordsFound(none)) if none.response_code == ResponseCode::NoError => {
            Reply::NoRecord
        }
        _ => {
            tracing::warn!(name, %error, "a DNS question was not answered");
            Reply::Silent
        }
    }
}
