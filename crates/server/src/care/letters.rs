//! What people are told of a provider: that it cannot be read, and that it wants to change.

use model::{Connection, ConnectionStatus, Organization, Protocol, Time};
use store::{Connected, Tx};
use web::guide;
use web::mail_layout::{Letter, Link};

use super::state::Held;
use crate::app::App;
use crate::connection::{self, Settings};
use crate::mail::{to_administrators, to_everybody};
use crate::problem::Problem;

/// Who does it.
pub(super) const ACTOR: &str = "system";

/// Tells that a provider cannot be read any more.
pub(super) async fn unreadable(
    app: &App,
    tx: &mut Tx,
    organization: &Organization,
    it: &Connection,
    (since, words): (Time, &str),
) -> Result<(), Problem> {
    let (name, what) = (provider(it), document(it));
    let title = format!("We cannot read {name}’s {what} any more");
    let letter = Letter {
        subject: title.clone(),
        preview: "Sign-ins go on with what was known before.".to_owned(),
        heading: title,
        paragraphs: vec![
            format!("Since {} we have tried and failed. {words}", moment(since)),
            format!(
                "People of {} sign in as before, with what was known then. A new certificate or key of {name} would not \
                 reach us, though. Please see whether the address still answers.",
                organization.name
            ),
        ],
        small: vec!["**We go on trying** by ourselves, at least once a day.".to_owned()],
        ..Letter::default()
    };
    to_everybody(app, tx, "connection_unreadable", organization, letter).await
}

/// Tells that a provider's metadata wants to change what only a person may change.
pub(super) async fn changed(
    app: &App,
    tx: &mut Tx,
    organization: &Organization,
    it: &Connection,
    held: &Held,
) -> Result<(), Problem> {
    let name = provider(it);
    let trusted = match Settings::of(it) {
        Some(Settings::Saml(saml)) => saml,
        _ => connection::SamlConfig::default(),
    };
    let (now, new, next) = match held {
        Held::Addresses(moved) => (
            format!("Now people sign in at ``{}``", places(&trusted.sso)),
            format!("The metadata says ``{}``", places(&moved.sso)),
            "Nothing was changed. If this is meant, take the new addresses over on the Sign-on page; if nobody of you \
             changed anything, ask your provider before you do."
                .to_owned(),
        ),
        Held::Provider(found) => (
            format!("Now the provider is ``{}``", trusted.entity_id),
            format!("The metadata describes ``{}``", if found.is_empty() { "none".to_owned() } else { found.join(", ") }),
            "Nothing was changed, and sign-ins go on as before. To move to another provider, ask for a setup link for \
             single sign-on; otherwise put the old metadata back."
                .to_owned(),
        ),
    };
    let title = format!("{name}’s metadata has changed, and waits for your word");
    let letter = Letter {
        subject: title.clone(),
        preview: "Nothing was changed by itself.".to_owned(),
        heading: title,
        paragraphs: vec![
            format!("We read the metadata of {name} for {} again. {now}.", organization.name),
            format!("{new}."),
            next,
        ],
        ..Letter::default()
    };
    to_everybody(app, tx, "connection_changed", organization, letter).await
}

/// Tells every company whose requests are signed that our SAML key gets a successor.
pub(crate) async fn tell_of_saml_key(app: &App, tx: &mut Tx) -> Result<(), Problem> {
    for it in concerned_by_saml_key(tx).await? {
        let Some(organization) = store::organization::lookup(tx, it.organization_id).await? else { continue };
        let (name, vendor) = (provider(&it), &app.brand.vendor_name);
        let values = connection::guide_values(app, &it);
        let title = format!("{vendor} gets a new SAML certificate");
        let letter = Letter {
            subject: title.clone(),
            preview: format!("Where {name} keeps a copy of it, add the new one."),
            heading: title,
            paragraphs: vec![
                format!(
                    "{vendor} signs its sign-in requests to {name}. It will soon sign with a new key, whose certificate \
                     stands in our metadata beside the old one."
                ),
                format!(
                    "If {name} reads our metadata by its address, ``{}``, there is nothing to do. If somebody copied our \
                     certificate into {name}, add the new one there now, beside the old one.",
                    values.sp_metadata_url
                ),
            ],
            button: Some(Link::new("Get the new certificate", format!("{}?next=1", values.sp_cert_url))),
            button_note: "We begin to sign with it when our operators say so, and not before.".to_owned(),
            ..Letter::default()
        };
        to_administrators(app, tx, "saml_key", &organization, letter).await?;
    }
    Ok(())
}

/// The live connections whose requests are signed: their providers may keep a copy of our certificate.
pub(crate) async fn concerned_by_saml_key(db: &mut impl Connected) -> Result<Vec<Connection>, Problem> {
    let all = store::connection::active(db, Protocol::Saml).await?;
    let signed = |it: &Connection| {
        it.status == ConnectionStatus::Active
            && matches!(Settings::of(it), Some(Settings::Saml(saml)) if saml.want_signed_requests)
    };
    Ok(all.into_iter().filter(signed).collect())
}

fn places(all: &[connection::SamlEndpoint]) -> String {
    let mut found: Vec<&str> = all.iter().map(|it| it.location.as_str()).collect();
    found.dedup();
    found.join(", ")
}

/// The provider's name.
pub(crate) fn provider(it: &Connection) -> &'static str {
    guide::find(&it.provider).map_or("The identity provider", |guide| guide.name.as_str())
}

/// What a provider publishes.
pub(super) fn document(it: &Connection) -> &'static str {
    match it.protocol {
        Protocol::Saml => "metadata",
        Protocol::Oidc => "discovery document",
    }
}

/// "7 December 2026".
pub(super) fn day(time: Time) -> String {
    time.to_jiff().strftime("%-d %B %Y").to_string()
}

/// "24 November 2026, at 10:05 UTC".
fn moment(time: Time) -> String {
    time.to_jiff().strftime("%-d %B %Y, at %H:%M UTC").to_string()
}
