//! Settings of a running server: what the command line, the environment and the configuration file say.

use std::net::IpAddr;
use std::time::Duration;

use url::Url;

use crate::keys::Schedule;
use crate::pull::GoogleAddresses;
use crate::rate;
use web::brand::Brand;

/// A network: `10.0.0.0/8`.
pub type Network = ipnet::IpNet;

/// Settings of a running server. Defaults suit a trial on one machine.
#[derive(Debug, Clone)]
pub struct Config {
    /// The address people's browsers use, without a trailing slash: every link, issuer and ACS address begins so.
    pub public_url: Url,
    /// Customer-given addresses may be private, loopback or plain http. Development only.
    pub allow_private_network: bool,
    /// Directories serve `/TestResources` too. Conformance suites only.
    pub scim_test_resources: bool,
    /// Proxies of the operator's own, which are believed whom they speak for (`X-Forwarded-For`).
    pub trusted_proxies: Vec<Network>,
    /// The vendor's face.
    pub brand: Brand,
    /// How mails leave; without it they stay readable in the console.
    pub smtp: Option<Smtp>,
    /// Lifetimes and limits.
    pub limits: Limits,
    /// How our own signing keys are replaced.
    pub keys: Schedule,
    /// Where Google is.
    pub google: GoogleAddresses,
    /// The OAuth client by which administrators let us read their Google directory; none where the vendor has none.
    pub google_client: Option<GoogleClient>,
}

/// An OAuth client of the vendor's at Google.
#[derive(Clone)]
pub struct GoogleClient {
    /// Its id.
    pub id: String,
    /// Its secret.
    pub secret: String,
}

impl std::fmt::Debug for GoogleClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GoogleClient").field("id", &self.id).finish_non_exhaustive()
    }
}

/// A mail server.
#[derive(Debug, Clone)]
pub struct Smtp {
    /// `smtps://user:password@host:465`, `smtp://host:587?tls=required`, or `smtp://host:25`.
    pub url: String,
    /// Sender of every mail: `Northwind Privacy <hello@northwind.example>`.
    pub from: String,
}

/// Lifetimes and limits.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// How long a browser stays signed in.
    pub session: Duration,
    /// How long a sign-in under way is remembered.
    pub flow: Duration,
    /// How long a setup link works by default.
    pub setup_link: Duration,
    /// How long an invitation works.
    pub invitation: Duration,
    /// How long a leaver may claim the account.
    pub claim: Duration,
    /// How long a mailed sign-in link works.
    pub sign_in_link: Duration,
    /// How long an address that a customer typed may take to answer.
    pub fetch: Duration,
    /// How long the records of sign-ins and of directories’ requests are kept.
    pub traces: Duration,
    /// Requests of one directory.
    pub scim_requests: rate::Limit,
}

impl Default for Limits {
    fn default() -> Self {
        const HOUR: Duration = Duration::from_hours(1);
        Self {
            session: HOUR * 12,
            flow: HOUR,
            setup_link: HOUR * 24 * 7,
            invitation: HOUR * 24 * 14,
            claim: HOUR * 24 * 30,
            sign_in_link: Duration::from_mins(20),
            fetch: Duration::from_secs(10),
            traces: HOUR * 24 * 30,
            scim_requests: rate::SCIM,
        }
    }
}

impl Config {
    /// Defaults for a server at `public_url`.
    pub fn new(public_url: Url) -> Self {
        Self {
            public_url,
            allow_private_network: false,
            scim_test_resources: false,
            trusted_proxies: loopback(),
            brand: Brand::new("Frontdesk", "support@localhost"),
            smtp: None,
            limits: Limits::default(),
            keys: Schedule::default(),
            google: GoogleAddresses::default(),
            google_client: None,
        }
    }

    /// An absolute address: `path` begins with a slash.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.public_url.as_str().trim_end_matches('/'))
    }

    /// The issuer of our own OpenID provider: the public address without a trailing slash.
    pub fn issuer(&self) -> String {
        self.url("")
    }

    /// Whether this address is a proxy of the operator's own.
    pub fn is_proxy(&self, address: IpAddr) -> bool {
        self.trusted_proxies.iter().any(|network| network.contains(&address))
    }

    /// Whether browsers come by TLS, so that cookies can be `Secure`.
    pub fn is_https(&self) -> bool {
        self.public_url.scheme() == "https"
    }
}

/// This machine.
fn loopback() -> Vec<Network> {
    use std::net::{Ipv4Addr, Ipv6Addr};
    let v4 = ipnet::Ipv4Net::new(Ipv4Addr::LOCALHOST, 8).map(Network::from);
    let v6 = ipnet::Ipv6Net::new(Ipv6Addr::LOCALHOST, 128).map(Network::from);
    [v4, v6].into_iter().flatten().collect()
}
