//! Reading again what a provider publishes about itself.
//!
//! Owns what is fetched, and how it is joined with what the connection trusts. Does not own when it is read (`care`), or
//! who is told.
//!
//! A document that comes from the same https address and names the same provider may bring new certificates: they are
//! trusted at once, beside the old ones. It may not bring new addresses by itself: where people are sent, and what the
//! provider is called, changes only when a person says so.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use model::{Connection, Time};
use saml::MetadataError;
use serde::{Deserialize, Serialize};

use super::config::{Certificate, OidcConfig, SamlConfig, SamlEndpoint};
use super::provider_documents;
use super::read::METADATA_LIMIT;
use crate::app::App;
use crate::outbound::Validators;

/// How long a certificate that has gone from the metadata is still trusted: caches and several machines at the provider
/// may sign with it a little longer.
pub const OVERLAP: Duration = Duration::from_hours(48);

/// What came of reading metadata again.
#[derive(Debug)]
pub enum Read {
    /// The server says that nothing has changed.
    Unchanged,
    /// The metadata.
    Document(Box<Document>),
    /// The metadata of other providers, which it names.
    OtherProvider(Vec<String>),
}

/// Metadata that was read again.
#[derive(Debug)]
pub struct Document {
    /// What a connection would keep of it.
    pub config: SamlConfig,
    /// Until when it may be used.
    pub valid_until: Option<Time>,
    /// For how long it may be kept.
    pub keep_for: Option<Duration>,
    /// What its server calls it.
    pub validators: Validators,
}

/// What earlier readings have shown.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// Fingerprints of the certificates that were ever published there. Others were brought by a person, and stay.
    #[serde(default)]
    pub published: BTreeSet<String>,
    /// Since when a certificate that was published is not any more, in microseconds, by fingerprint.
    #[serde(default)]
    pub absent: BTreeMap<String, i64>,
}

/// Addresses that the metadata names and nobody has agreed to yet.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    /// Where people would sign in.
    pub sso: Vec<SamlEndpoint>,
    /// Where they would sign out.
    pub slo: Vec<SamlEndpoint>,
}

/// What a connection trusts after its metadata was read again.
#[derive(Debug)]
pub struct Joined {
    /// The new settings.
    pub config: SamlConfig,
    /// Certificates that came.
    pub added: Vec<Certificate>,
    /// Certificates that went.
    pub removed: Vec<Certificate>,
    /// Addresses that wait for somebody's word.
    pub moved: Option<Moved>,
}

/// Fetches the metadata again. The error is a sentence for the people who look after the connection.
pub async fn read_again(
    app: &App,
    config: &SamlConfig,
    url: &str,
    known: &Validators,
) -> Result<Read, String> {
    let fetched =
        app.outbound.get_if_changed(url, known, METADATA_LIMIT).await.map_err(|e| format!("{e}."))?;
    if fetched.status.as_u16() == 304 {
        return Ok(Read::Unchanged);
    }
    if !fetched.status.is_success() {
        return Err(format!(
            "{url} answered with status {}. Expected the metadata document.",
            fetched.status.as_u16()
        ));
    }
    let text = String::from_utf8(fetched.body).map_err(|_| {
        format!("{url} answered with something that is no text. Expected the metadata document.")
    })?;
    let metadata = match saml::parse_idp_metadata(&text, Some(&config.entity_id), app.now().to_jiff()) {
        Ok(metadata) => metadata,
        Err(MetadataError::NotFound { entity_ids, .. }) => return Ok(Read::OtherProvider(entity_ids)),
        Err(error) => return Err(format!("{url} was read, and the answer cannot be used. {error}")),
    };
    Ok(Read::Document(Box::new(Document {
        config: SamlConfig::from_metadata(&metadata, Some(url.to_owned())),
        valid_until: metadata.valid_until.map(Time::from),
        keep_for: metadata.cache_duration.and_then(|it| Duration::try_from(it).ok()),
        validators: fetched.validators,
    })))
}

/// What the connection trusts from now on.
pub fn join(trusted: &SamlConfig, read: &SamlConfig, seen: &mut Seen, now: Time) -> Joined {
    let added: Vec<Certificate> =
        read.certificates.iter().filter(|it| !has(&trusted.certificates, it)).cloned().collect();
    let mut certificates = read.certificates.clone();
    let mut removed = Vec::new();
    for old in trusted.certificates.iter().filter(|it| !has(&read.certificates, it)) {
        if goes(old, seen, now) { removed.push(old.clone()) } else { certificates.push(old.clone()) }
    }
    for it in &read.certificates {
        seen.absent.remove(&it.fingerprint);
        seen.published.insert(it.fingerprint.clone());
    }
    for it in &removed {
        seen.absent.remove(&it.fingerprint);
        seen.published.remove(&it.fingerprint);
    }
    let moved = (places(&trusted.sso) != places(&read.sso) || places(&trusted.slo) != places(&read.slo))
        .then(|| Moved { sso: read.sso.clone(), slo: read.slo.clone() });
    // In the order that is stored, where nothing came and nothing went.
    if added.is_empty() && removed.is_empty() {
        certificates.clone_from(&trusted.certificates);
    }
    let config = SamlConfig {
        certificates,
        // Signing where it is not asked for does no harm.
        want_signed_requests: trusted.want_signed_requests || read.want_signed_requests,
        ..trusted.clone()
    };
    Joined { config, added, removed, moved }
}

/// Whether a certificate that is not in the metadata goes: one that was there once, after a while, or at once where it
/// has ended. What a person brought stays.
fn goes(old: &Certificate, seen: &mut Seen, now: Time) -> bool {
    if !seen.published.contains(&old.fingerprint) {
        return false;
    }
    let since = *seen.absent.entry(old.fingerprint.clone()).or_insert(now.as_micros());
    old.not_after <= now || now.since(Time::from_micros(since)) >= OVERLAP
}

fn has(all: &[Certificate], it: &Certificate) -> bool {
    all.iter().any(|known| known.fingerprint == it.fingerprint)
}

fn places(all: &[SamlEndpoint]) -> BTreeSet<(&str, &str, Option<&str>)> {
    all.iter()
        .map(|it| (it.binding.as_str(), it.location.as_str(), it.response_location.as_deref()))
        .collect()
}

/// Fetches what an OpenID provider publishes. The settings with it, or a sentence why it cannot be used.
pub async fn read_openid_again(
    app: &App,
    connection: &Connection,
    config: &OidcConfig,
) -> Result<OidcConfig, String> {
    let fetched = provider_documents::fetch_again(app, connection, config).await;
    let fetched = fetched.map_err(|error| error.sentence())?;
    if fetched.discovery == config.discovery && fetched.jwks == config.jwks {
        return Ok(config.clone());
    }
    Ok(OidcConfig {
        discovery: fetched.discovery,
        jwks: fetched.jwks,
        fetched_at: app.now(),
        ..config.clone()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_hours(24);

    fn certificate(name: &str, not_after: Time) -> Certificate {
        Certificate {
            pem: name.to_owned(),
            subject: name.to_owned(),
            fingerprint: name.to_owned(),
            not_after,
        }
    }

    fn config(names: &[&str]) -> SamlConfig {
        let end = Time::from_seconds(4_000_000_000);
        let sso = SamlEndpoint {
            binding: "redirect".to_owned(),
            location: "https://idp.test/sso".to_owned(),
            ..SamlEndpoint::default()
        };
        SamlConfig {
            entity_id: "idp".to_owned(),
            sso: vec![sso],
            certificates: names.iter().map(|name| certificate(name, end)).collect(),
            ..SamlConfig::default()
        }
    }

    fn names(all: &[Certificate]) -> Vec<&str> {
        all.iter().map(|it| it.fingerprint.as_str()).collect()
    }

    #[test]
    fn a_new_certificate_is_trusted_at_once_and_an_old_one_for_two_days_more() {
        let (mut seen, start) = (Seen::default(), Time::from_seconds(1_800_000_000));
        let first = join(&config(&["old"]), &config(&["old"]), &mut seen, start);
        assert_eq!((names(&first.config.certificates), first.added.len()), (vec!["old"], 0));
        let both = join(&first.config, &config(&["old", "new"]), &mut seen, start.after(DAY));
        assert_eq!((names(&both.config.certificates), names(&both.added)), (vec!["old", "new"], vec!["new"]));
        let gone = join(&both.config, &config(&["new"]), &mut seen, start.after(DAY * 2));
        assert_eq!(names(&gone.config.certificates), ["old", "new"]);
        let back = join(&gone.config, &config(&["old", "new"]), &mut seen, start.after(DAY * 3));
        assert!(back.removed.is_empty() && seen.absent.is_empty(), "it came back, so its time begins anew");
        for (day, expected) in [(4, vec!["old", "new"]), (5, vec!["old", "new"]), (6, vec!["new"])] {
            let it = join(&gone.config, &config(&["new"]), &mut seen, start.after(DAY * day));
            assert_eq!(names(&it.config.certificates), expected, "day {day}");
        }
    }

    #[test]
    fn a_certificate_that_a_person_brought_stays_and_one_that_ended_does_not_wait() {
        let (mut seen, now) = (Seen::default(), Time::from_seconds(1_800_000_000));
        let mut trusted = config(&["by hand", "ended"]);
        trusted.certificates[1].not_after = now.before(DAY);
        seen.published.insert("ended".to_owned());
        let it = join(&trusted, &config(&["new"]), &mut seen, now.after(DAY * 100));
        assert_eq!(
            (names(&it.config.certificates), names(&it.removed)),
            (vec!["new", "by hand"], vec!["ended"])
        );
    }

    #[test]
    fn new_addresses_wait_and_nothing_else_does() {
        let (mut seen, now) = (Seen::default(), Time::from_seconds(1_800_000_000));
        let mut read = config(&["old", "new"]);
        read.sso[0].location = "https://elsewhere.test/sso".to_owned();
        read.want_signed_requests = true;
        let it = join(&config(&["old"]), &read, &mut seen, now);
        assert_eq!(it.config.sso[0].location, "https://idp.test/sso");
        assert_eq!(it.moved.map(|moved| moved.sso), Some(read.sso));
        assert!(it.config.want_signed_requests);
        assert_eq!(it.added.len(), 1);
    }
}
