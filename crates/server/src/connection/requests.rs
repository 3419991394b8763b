//! What our requests to a SAML provider ask for, and what becomes of answers that nobody asked for.
//!
//! Owns these settings of a connection and the sentences of values that cannot be. Does not own the request itself
//! (`begin`), the provider's own settings (`config`), or where they are kept while nobody uses them yet (`beside`).

use model::{Connection, ConnectionStatus};
use saml::{binding_uri, name_id_format};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::Tx;
use store::connection_draft::Draft;

use super::beside;
use super::config::{SamlConfig, SamlEndpoint, Settings};
use super::create::record;
use super::update::fresh;
use crate::app::App;
use crate::problem::Problem;

/// The most classes in one request.
const MOST_CLASSES: usize = 10;
/// The longest URI of a class or a format.
const LONGEST_URI: usize = 256;

/// The names of the formats that have one; others are asked for by their URI.
pub const FORMATS: [(&str, &str); 4] = [
    ("email", name_id_format::EMAIL),
    ("persistent", name_id_format::PERSISTENT),
    ("transient", name_id_format::TRANSIENT),
    ("unspecified", name_id_format::UNSPECIFIED),
];

/// How a provider compares ways of signing in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Comparison {
    /// One of those that are named.
    #[default]
    Exact,
    /// At least as strong as one of them.
    Minimum,
}

/// What becomes of an answer that nobody asked for: a person started at the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdpInitiated {
    /// It is not used: the person is sent to the provider once more, by a request of ours.
    #[default]
    RoundTrip,
    /// The person is told to start here.
    Off,
    /// It is taken as it is. Nothing ties it to the browser that brings it (login CSRF).
    Direct,
}

impl IdpInitiated {
    /// What becomes of the person, as the value of a setting.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::RoundTrip => "comes in by one more request of ours",
            Self::Off => "is told to start here",
            Self::Direct => "is let in by the answer that nobody asked for",
        }
    }
}

/// What the requests of a connection ask for. By default everything is left to the provider.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Requests {
    /// The binding to send by, where the metadata names several; by redirect where it is left open.
    pub binding: Option<String>,
    /// Whether people must prove themselves at each sign-in, whatever session they have at the provider.
    pub force_authn: bool,
    /// How people must sign in (`AuthnContextClassRef`); empty leaves it open.
    pub authn_context: Vec<String>,
    /// How the provider compares its own way with those.
    pub comparison: Comparison,
    /// The name identifier format to ask for.
    pub name_id_format: Option<String>,
    /// What becomes of people who start at the provider.
    pub idp_initiated: IdpInitiated,
}

impl Requests {
    /// Whether nothing was set.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// The classes of which an answer must name one.
    pub fn demanded(&self) -> Option<&[String]> {
        let exact = self.comparison == Comparison::Exact && !self.authn_context.is_empty();
        exact.then_some(&self.authn_context)
    }
}

/// What somebody wants of the requests: the whole of it, but for the signature and the exception for SHA-1, which stay
/// where they are not named.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Wanted {
    signed: Option<bool>,
    allow_sha1: Option<bool>,
    binding: Option<String>,
    force_authn: bool,
    authn_context: Vec<String>,
    comparison: Option<String>,
    name_id_format: Option<String>,
    idp_initiated: Option<String>,
}

impl Wanted {
    /// What a form says; the classes stand one a line.
    pub fn of_form(first: impl Fn(&str) -> Option<String>) -> Self {
        let text = |name: &str| first(name).map(|it| it.trim().to_owned()).filter(|it| !it.is_empty());
        Self {
            signed: first("signed").map(|it| it == "yes"),
            allow_sha1: Some(first("allow_sha1").is_some()),
            binding: text("binding"),
            force_authn: first("force_authn").is_some(),
            authn_context: text("authn_context")
                .map(|all| all.split_whitespace().map(str::to_owned).collect())
                .unwrap_or_default(),
            comparison: text("comparison"),
            name_id_format: text("name_id_format"),
            idp_initiated: text("idp_initiated"),
        }
    }

    /// The settings, or which value cannot be and why.
    fn read(self, config: &SamlConfig) -> Result<Requests, Problem> {
        let comparison = match self.comparison.as_deref() {
            None | Some("exact") => Comparison::Exact,
            Some("minimum") => Comparison::Minimum,
            Some(other) => return Err(wrong("comparison", "exact or minimum", other)),
        };
        if comparison == Comparison::Minimum && self.authn_context.is_empty() {
            return Err(Problem::field(
                "comparison",
                "minimum compares with the classes in authn_context, and there are none. Expected a class, or exact.",
            ));
        }
        let idp_initiated = match self.idp_initiated.as_deref() {
            None | Some("round_trip") => IdpInitiated::RoundTrip,
            Some("off") => IdpInitiated::Off,
            Some("direct") if self.force_authn => {
                return Err(Problem::field(
                    "idp_initiated",
                    "direct takes answers to no request, and only a request can ask that people prove themselves anew. \
                     Expected round_trip or off, or force_authn left out.",
                ));
            }
            Some("direct") => IdpInitiated::Direct,
            Some(other) => return Err(wrong("idp_initiated", "round_trip, direct or off", other)),
        };
        if self.authn_context.len() > MOST_CLASSES {
            let received = self.authn_context.len().to_string();
            return Err(wrong("authn_context", &format!("at most {MOST_CLASSES} classes"), &received));
        }
        for class in &self.authn_context {
            uri("authn_context", class, "urn:oasis:names:tc:SAML:2.0:ac:classes:TimeSyncToken")?;
        }
        let name_id_format = self.name_id_format.map(|format| {
            let known = FORMATS.iter().find(|(name, _)| *name == format);
            known.map_or(format, |(_, uri)| (*uri).to_owned())
        });
        if let Some(format) = &name_id_format {
            uri("name_id_format", format, "email, persistent, transient, unspecified, or a URI")?;
        }
        Ok(Requests {
            binding: self.binding.map(|name| config.binding_of(&name)).transpose()?,
            force_authn: self.force_authn,
            authn_context: self.authn_context,
            comparison,
            name_id_format,
            idp_initiated,
        })
    }
}

fn wrong(field: &'static str, expected: &str, received: &str) -> Problem {
    Problem::field(field, format!("expected {expected}, received “{received}”"))
}

/// A class or a format is a URI: something with a colon, without white space.
fn uri(field: &'static str, text: &str, example: &str) -> Result<(), Problem> {
    let good = text.len() <= LONGEST_URI && text.contains(':') && text.bytes().all(|b| b.is_ascii_graphic());
    if good { Ok(()) } else { Err(wrong(field, &format!("a URI such as {example}"), text)) }
}

/// The short name of a binding.
pub fn binding_name(uri: &str) -> &str {
    match uri {
        binding_uri::REDIRECT => "redirect",
        binding_uri::POST => "post",
        other => other,
    }
}

impl SamlConfig {
    /// Where our requests go, and by which binding.
    pub fn sign_in_endpoint(&self) -> Option<&SamlEndpoint> {
        let wanted = self.requests.binding.as_ref();
        // Metadata that was read since may not name the chosen binding any more.
        let chosen = wanted.and_then(|uri| self.sso.iter().find(|endpoint| endpoint.binding == *uri));
        chosen.or_else(|| self.preferred_sso())
    }

    /// The short names of the bindings that the provider takes requests by.
    pub fn bindings(&self) -> Vec<&str> {
        let mut all: Vec<&str> = self.sso.iter().map(|endpoint| binding_name(&endpoint.binding)).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    fn binding_of(&self, name: &str) -> Result<String, Problem> {
        let found = self.sso.iter().find(|endpoint| binding_name(&endpoint.binding) == name);
        found.map(|endpoint| endpoint.binding.clone()).ok_or_else(|| {
            let offered = self.bindings().join(" or ");
            wrong("binding", &format!("what the provider's metadata names: {offered}"), name)
        })
    }
}

/// The settings of a SAML connection.
///
/// # Errors
/// A conflict for any other, and for a draft without settings.
pub fn of(connection: &Connection) -> Result<SamlConfig, Problem> {
    match Settings::required(connection)? {
        Settings::Saml(config) => Ok(config),
        Settings::Oidc(_) => Err(Problem::conflict(
            "connection_not_saml",
            "These settings are for SAML",
            "The connection speaks OpenID Connect, whose requests have no such settings.",
        )),
    }
}

impl SamlConfig {
    /// The same settings with requests that ask for this.
    pub(super) fn asking(&self, wanted: Wanted) -> Result<Self, Problem> {
        Ok(Self {
            want_signed_requests: wanted.signed.unwrap_or(self.want_signed_requests),
            allow_sha1: wanted.allow_sha1.unwrap_or(self.allow_sha1),
            requests: wanted.read(self)?,
            ..self.clone()
        })
    }
}

/// Where changed settings are.
#[derive(Debug)]
pub enum Kept {
    /// In the connection: nobody signs in through it yet, or they are those in use.
    Connection(Connection),
    /// In the draft beside it.
    Draft(Draft),
}

/// Changes what the requests of a connection ask for, as a whole or not at all: at once while it is being set up, and as
/// its draft once people sign in through it. A draft that holds nothing else than what is in use is none. `looked_at`
/// names the draft that whoever asks has seen, or none.
pub async fn set(
    app: &App,
    tx: &mut Tx,
    connection: &Connection,
    (wanted, looked_at): (Wanted, Option<&str>),
    actor: &str,
) -> Result<Kept, Problem> {
    let mut it = fresh(tx, connection.id).await?;
    if it.status != ConnectionStatus::Draft {
        return draft(app, tx, it, (wanted, looked_at), actor).await;
    }
    let before = of(&it)?;
    let config = before.asking(wanted)?;
    if config != before {
        it.config = Settings::Saml(config).to_text();
        (it.tested_at, it.updated_at) = (None, app.now());
        store::connection::update(tx, &it).await?;
        record(app, tx, &it, "connection.updated", actor).await?;
    }
    Ok(Kept::Connection(it))
}

async fn draft(
    app: &App,
    tx: &mut Tx,
    it: Connection,
    (wanted, looked_at): (Wanted, Option<&str>),
    actor: &str,
) -> Result<Kept, Problem> {
    let known = beside::draft_of(tx, it.id).await?;
    if let Some(seen) = looked_at {
        beside::is_seen(known.as_ref(), seen)?;
    }
    let from = known.as_ref().map_or_else(|| it.clone(), |draft| beside::with_draft(&it, draft));
    let settings = Settings::Saml(of(&from)?.asking(wanted)?);
    if from.provider == it.provider && Settings::of(&it).as_ref() == Some(&settings) {
        beside::discard(app, tx, &it, actor).await?;
        return Ok(Kept::Connection(it));
    }
    Ok(Kept::Draft(beside::save(app, tx, &it, (&settings, Some(&from.provider)), actor).await?))
}

/// The settings as the API shows them.
pub fn to_json(config: &SamlConfig) -> Value {
    let it = &config.requests;
    let to = config.sign_in_endpoint();
    json!({
        "signed": config.want_signed_requests,
        "allow_sha1": config.allow_sha1,
        "binding": it.binding.as_deref().map(binding_name),
        "bindings_offered": config.bindings(),
        "sent_to": to.map(|to| json!({"binding": binding_name(&to.binding), "url": to.location})),
        "force_authn": it.force_authn,
        "authn_context": it.authn_context,
        "comparison": it.comparison,
        "name_id_format": it.name_id_format,
        "idp_initiated": it.idp_initiated,
    })
}
