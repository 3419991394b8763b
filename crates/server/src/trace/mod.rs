//! The record of sign-ins, explained: what was expected beside what came, what puts it right, and the message.
//!
//! Owns the words of outcomes, what of a message is shown to whom, and links that share an explanation. Does not own
//! what is recorded (`login`, `connection`), or the pages around it (`console`, `org`).

pub(crate) mod masked;
mod outcome;
mod share;
mod told;

use axum::Router;
use axum::routing::get;
use model::{Connection, Protocol};

use crate::app::App;
use web::guide;

pub use masked::{Show, addresses};
pub use outcome::status;
pub use share::{LIFETIMES, lookup, make, revoke};
pub use told::{Explained, explain};

/// The page behind a shared link.
pub fn pages() -> Router<App> {
    Router::new().route("/t/{token}", get(share::show))
}

/// "Okta, SAML"; "Custom SAML 2.0".
pub fn through(it: &Connection) -> String {
    let protocol = match it.protocol {
        Protocol::Saml => "SAML",
        Protocol::Oidc => "OpenID Connect",
    };
    let name = provider(&it.provider);
    // The general guides are named after their protocol.
    if name.contains(protocol) { name } else { format!("{name}, {protocol}") }
}

/// Connections by what people call them; those of one name are counted.
pub fn names(all: &[Connection]) -> Vec<String> {
    let plain: Vec<String> = all.iter().map(through).collect();
    let same = |place: usize, name: &str| plain[..place].iter().filter(|it| *it == name).count();
    let numbered = plain.iter().enumerate().map(|(place, name)| match same(plain.len(), name) {
        1 => name.clone(),
        _ => format!("{name} ({})", same(place, name) + 1),
    });
    numbered.collect()
}

/// A provider's name.
pub fn provider(id: &str) -> String {
    guide::find(id).map_or_else(|| id.to_owned(), |g| g.name.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_general_guide_says_its_protocol_once() {
        let it = |provider: &str, protocol| Connection {
            id: "con_00000000000000000000000001".parse().ok().unwrap(),
            organization_id: "org_00000000000000000000000001".parse().ok().unwrap(),
            protocol,
            provider: provider.to_owned(),
            status: model::ConnectionStatus::Active,
            config: String::new(),
            tested_at: None,
            last_login_at: None,
            created_at: model::Time::from_micros(0),
            updated_at: model::Time::from_micros(0),
        };
        let all = [
            it("okta-saml", Protocol::Saml),
            it("generic-oidc", Protocol::Oidc),
            it("generic-saml", Protocol::Saml),
        ];
        assert_eq!(names(&all), ["Okta, SAML", "Custom OpenID Connect", "Custom SAML 2.0"]);
    }
}
