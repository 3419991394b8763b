//! Reading what somebody wants otherwise of a connection that is set up.
//!
//! Owns how new values join those that are there. Does not own reading a provider's values (`read`), nor where the result
//! is kept (`beside`). Nothing comes out unless all of it can be used.

use std::collections::BTreeMap;

use model::Connection;
use profile::Field;
use profile::mapping::Wanted;

use super::config::{SamlConfig, Settings};
use super::read::{Input, read_input};
use super::requests;
use super::update::{Change, apply_switches, carry_over};
use crate::app::App;
use crate::problem::Problem;

/// What can be looked for under a name of its own, in the order in which pages show it.
pub const WANTED: [&str; 10] = [
    "id",
    "email",
    "firstName",
    "lastName",
    "country",
    "currentCity",
    "currentState",
    "birthYear",
    "role",
    "groups",
];

/// The longest name of an attribute.
const LONGEST: usize = 256;

/// What is wanted otherwise; none keeps what is there.
#[derive(Clone, Default)]
pub struct Edit {
    /// The provider's values.
    pub input: Option<Input>,
    /// SAML: a certificate alone, in PEM; every other value stays.
    pub certificate: Option<String>,
    /// SAML: keys that are trusted now go. Else they stay beside the new ones of the same provider.
    pub only_new: bool,
    /// SAML: the provider must stay the same.
    pub same_provider: bool,
    /// The name that is looked at first for each thing that is wanted; an empty name chooses none.
    pub attributes: Option<BTreeMap<String, String>>,
    /// SAML: the exception for SHA-1.
    pub allow_sha1: Option<bool>,
    /// SAML: whether our requests are signed.
    pub want_signed_requests: Option<bool>,
    /// SAML: what they ask for, as a whole.
    pub requests: Option<requests::Wanted>,
}

/// What is wanted under this name.
pub(super) fn wanted(name: &str) -> Option<Wanted> {
    match name {
        "id" => Some(Wanted::Id),
        "groups" => Some(Wanted::Groups),
        _ if WANTED.contains(&name) => Field::from_api_name(name).map(Wanted::Field),
        _ => None,
    }
}

/// The label of something wanted.
pub fn label(wanted: &str) -> String {
    match wanted {
        "id" => "Stable id".to_owned(),
        "groups" => "Groups".to_owned(),
        other => Field::from_api_name(other).map_or_else(|| other.to_owned(), |f| f.label().to_owned()),
    }
}

/// Joins an edit with the settings of `from`, fetching what it names. Nothing is stored; call it before the transaction.
///
/// # Errors
/// A field's problem, or a conflict where nothing is set up yet.
pub async fn read_edit(app: &App, from: &Connection, edit: &Edit) -> Result<Settings, Problem> {
    let now = Settings::required(from)?;
    let mut new = match (&now, &edit.certificate, &edit.input) {
        (Settings::Saml(saml), Some(certificate), _) => {
            let input = Input::Manual {
                entity_id: saml.entity_id.clone(),
                sso_url: saml.preferred_sso().map(|it| it.location.clone()).unwrap_or_default(),
                certificate: certificate.clone(),
            };
            match read_input(app, &from.provider, Some(from), &input).await? {
                Settings::Saml(read) => {
                    let certificates = joined(&read, saml, edit.only_new);
                    Settings::Saml(SamlConfig { certificates, ..saml.clone() })
                }
                Settings::Oidc(_) => return Err(other_protocol()),
            }
        }
        (_, None, Some(input)) => {
            let mut read = read_input(app, &from.provider, Some(from), input).await?;
            carry_over(&mut read, &now);
            join(&mut read, &now, edit)?;
            read
        }
        _ => now.clone(),
    };
    if let Some(attributes) = &edit.attributes {
        new = new.reading(chosen(attributes)?);
    }
    let switches = Change {
        allow_sha1: edit.allow_sha1,
        want_signed_requests: edit.want_signed_requests,
        ..Change::default()
    };
    let mut new = Some(new);
    apply_switches(&mut new, &switches)?;
    let new = new.unwrap_or(now);
    Ok(match (new, &edit.requests) {
        (Settings::Saml(saml), Some(wanted)) => Settings::Saml(saml.asking(wanted.clone())?),
        (new, _) => new,
    })
}

/// Values of the same protocol; of the same provider, with the keys that are in use.
fn join(read: &mut Settings, now: &Settings, edit: &Edit) -> Result<(), Problem> {
    match (read, now) {
        (Settings::Saml(read), Settings::Saml(now)) if read.entity_id == now.entity_id => {
            read.certificates = joined(read, now, edit.only_new);
            Ok(())
        }
        (Settings::Saml(read), Settings::Saml(now)) if edit.same_provider => Err(Problem::field(
            "paste",
            format!(
                "This is the metadata of another provider. Expected: {}. Received: {}. To change to another provider, \
                 change the connection under Sign-on, or ask for a setup link for single sign-on.",
                now.entity_id, read.entity_id
            ),
        )),
        (Settings::Saml(_), Settings::Saml(_)) | (Settings::Oidc(_), Settings::Oidc(_)) => Ok(()),
        _ => Err(other_protocol()),
    }
}

fn other_protocol() -> Problem {
    Problem::field(
        "protocol",
        "These are the values of another protocol. Expected those of the protocol that the connection speaks: its addresses \
         at your provider are made for it. For the other one, set up a second connection.",
    )
}

/// The certificates that came, and those in use behind them unless they are to go.
fn joined(read: &SamlConfig, now: &SamlConfig, only_new: bool) -> Vec<super::Certificate> {
    let mut all = read.certificates.clone();
    if !only_new {
        let new = |old: &&super::Certificate| all.iter().all(|it| it.fingerprint != old.fingerprint);
        let kept: Vec<_> = now.certificates.iter().filter(new).cloned().collect();
        all.extend(kept);
    }
    all
}

/// The names that were chosen, checked.
fn chosen(attributes: &BTreeMap<String, String>) -> Result<BTreeMap<String, String>, Problem> {
    let mut all = BTreeMap::new();
    for (wanted, name) in attributes {
        let (field, name) = (format!("attributes.{wanted}"), name.trim());
        if self::wanted(wanted).is_none() {
            let shown: String = wanted.chars().take(40).collect();
            return Err(Problem::field(
                "attributes",
                format!("“{shown}” is nothing that is read. Expected: {}.", WANTED.join(", ")),
            ));
        }
        if name.chars().count() > LONGEST || name.chars().any(char::is_control) {
            return Err(Problem::field(
                field,
                format!(
                    "Expected the name of an attribute as your provider sends it, at most {LONGEST} characters in one line."
                ),
            ));
        }
        if !name.is_empty() {
            all.insert(wanted.clone(), name.to_owned());
        }
    }
    Ok(all)
}
