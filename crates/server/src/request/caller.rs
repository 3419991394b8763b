//! Programs: API tokens, and the address a request came from.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use model::Token;

use crate::app::App;
use crate::config::Config;
use crate::problem::Problem;
use crate::rate;

/// A program with a working API token.
#[derive(Debug, Clone)]
#[expect(clippy::manual_non_exhaustive, reason = "only this module may build it, also within the crate")]
pub struct ApiCaller {
    /// The token's name, for the audit log.
    pub name: String,
    _built_here: (),
}

impl ApiCaller {
    /// Who acts, for the audit log.
    pub fn actor(&self) -> String {
        format!("api:{}", self.name)
    }
}

impl FromRequestParts<App> for ApiCaller {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let token = bearer(&parts.headers).ok_or_else(|| {
            Problem::unauthorized("Send an API token in the header Authorization: Bearer …. `frontdesk token create` makes one.")
        })?;
        let mut db = app.read().await?;
        let found = store::operator::lookup_api_token(&mut db, &token.hash()).await?;
        drop(db);
        let Some(found) = found else {
            let refused = Problem::unauthorized(
                "This API token is unknown or was revoked. `frontdesk token create` makes a new one.",
            );
            let name = format!("api:{}", ClientAddress::of(&app.config, parts));
            return Err(rate::failed(app, &name, rate::FAILED_SECRETS, refused).await);
        };
        let now = app.now();
        // Last use is told to the minute; it is not worth a write for every call.
        if found.last_used_at.is_none_or(|at| now.since(at).as_secs() >= 60) {
            let mut tx = app.write().await?;
            store::operator::touch_api_token(&mut tx, found.id, now).await?;
            tx.commit().await?;
        }
        Ok(Self { name: found.name, _built_here: () })
    }
}

/// The bearer token of a request.
pub fn bearer(headers: &HeaderMap) -> Option<Token> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then(|| Token::presented(token))
}

/// The network address of whoever asks: of whoever opened the connection, or where that is one of the operator's own
/// proxies, the one that the proxy names in `X-Forwarded-For`. None in tests without a socket.
///
/// Shown in the form in which limits count it: of IPv6 the network, because a household has a whole one.
#[derive(Debug, Clone, Default)]
pub struct ClientAddress(pub Option<IpAddr>);

impl ClientAddress {
    /// The address that a request came from.
    pub fn of(config: &Config, parts: &Parts) -> Self {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip().to_canonical());
        Self(peer.map(|peer| behind_proxies(config, peer, &parts.headers)))
    }
}

/// Proxies add the address they see at the end; what stands before the first that is none of ours was written by anybody.
fn behind_proxies(config: &Config, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
    let mut address = peer;
    let named: Vec<&str> = headers
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .collect();
    for name in named.into_iter().rev() {
        if !config.is_proxy(address) {
            break;
        }
        let Some(named) = read_address(name.trim()) else { break };
        address = named;
    }
    address
}

/// `192.0.2.7`, `192.0.2.7:4711`, `2001:db8::7` or `[2001:db8::7]:4711`.
fn read_address(text: &str) -> Option<IpAddr> {
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    let address = bare.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|it| it.ip()));
    address.map(|it: IpAddr| it.to_canonical())
}

impl std::fmt::Display for ClientAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            Some(IpAddr::V6(ip)) => {
                let network = u128::from(ip) & !u128::from(u64::MAX);
                write!(f, "{}/64", Ipv6Addr::from(network))
            }
            Some(ip) => std::fmt::Display::fmt(&ip, f),
            None => Ok(()),
        }
    }
}

impl FromRequestParts<App> for ClientAddress {
    type Rejection = std::convert::Infallible;
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Self::Rejection> {
        Ok(Self::of(&app.config, parts))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_proxies_are_believed_whom_they_speak_for() {
        let mut config = Config::new("https://id.example.com".parse().unwrap());
        config.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap(), "10.1.0.0/16".parse().unwrap()];
        for (peer, forwarded, address) in [
            ("127.0.0.1", &[][..], "127.0.0.1"),
            ("127.0.0.1", &["192.0.2.7"][..], "192.0.2.7"),
            ("127.0.0.1", &["198.51.100.1, 192.0.2.7"], "192.0.2.7"),
            ("127.0.0.1", &["192.0.2.7, 10.1.2.3"], "192.0.2.7"),
            ("127.0.0.1", &["198.51.100.1", "192.0.2.7,10.1.2.3"], "192.0.2.7"),
            ("127.0.0.1", &["192.0.2.7:4711"], "192.0.2.7"),
            ("127.0.0.1", &["[2001:db8:1:2:3::4]:4711"], "2001:db8:1:2::/64"),
            ("127.0.0.1", &["2001:db8:1:2:3::4"], "2001:db8:1:2::/64"),
            ("127.0.0.1", &["unknown"], "127.0.0.1"),
            ("127.0.0.1", &["::ffff:192.0.2.7"], "192.0.2.7"),
            ("203.0.113.9", &["192.0.2.7"], "203.0.113.9"),
            ("10.1.0.9", &["10.1.0.8"], "10.1.0.8"),
        ] {
            let mut headers = HeaderMap::new();
            for value in forwarded {
                headers.append("x-forwarded-for", value.parse().unwrap());
            }
            let found = behind_proxies(&config, peer.parse().unwrap(), &headers);
            assert_eq!(ClientAddress(Some(found)).to_string(), address, "{peer} {forwarded:?}");
        }
    }
}
