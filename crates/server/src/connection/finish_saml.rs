//! Believing a SAML identity provider's answer.
//!
//! Owns what is expected of it and how its assertion becomes a person. Does not own the checks (`saml`), the memory
//! of used assertions, or whether the connection may speak for the address (`login`).

use aws_lc_rs::digest::{SHA256, digest};
use model::{Connection, Time};
use saml::{Assertion, Expected};
use serde_json::Value;

use super::asserted::{Asserted, Mapped, NameId, Refused, acr, amr, read_attributes};
use super::config::{Certificate, SamlConfig, Settings};
use super::{explain, keys, metadata};
use crate::app::App;

/// The longest name of a person that is kept.
const MAX_SUBJECT: usize = 1024;

/// The attribute by which Microsoft Entra ID and AD FS say how the person signed in.
const METHODS: &str = "http://schemas.microsoft.com/claims/authnmethodsreferences";

/// Checks a `SAMLResponse` and reads the person. `state` is what [`super::begin`] gave, or [`super::unasked`] for an
/// answer that nobody asked for; whether the connection takes such is decided before.
///
/// The caller must refuse an [`Asserted::assertion`] that it has seen before.
pub async fn finish_saml(
    app: &App,
    connection: &Connection,
    state: &Value,
    saml_response: &str,
    now: Time,
) -> Result<Asserted, Refused> {
    let Some(Settings::Saml(config)) = Settings::of(connection) else {
        return Err(explain::not_set_up());
    };
    let keys = keys::existing(app).await.map_err(|problem| explain::ours(&problem))?;
    let assertion = check(app, connection, &config, (state, saml_response, now), keys.as_deref())
        .map_err(|rejection| explain::saml(app, connection, &rejection))?;
    if let Some(refused) = other_class(app, connection, state, &assertion) {
        return Err(refused);
    }
    person(app, connection, (&config, &assertion), now)
}

fn check(
    app: &App,
    connection: &Connection,
    config: &SamlConfig,
    (state, response, now): (&Value, &str, Time),
    keys: Option<&keys::SamlKeys>,
) -> Result<Assertion, saml::Rejection> {
    let now = now.to_jiff();
    // Keys come from what an administrator brought, never from the message.
    let signing_keys = config.signing_keys(now);
    let (entity_id, acs_url) =
        (metadata::entity_id(app, connection.id), metadata::acs_url(app, connection.id));
    let request_id = state.get("request_id").and_then(Value::as_str);
    let expected = Expected {
        request_id,
        allow_unsolicited: state.get("unasked") == Some(&Value::Bool(true)) && request_id.is_none(),
        allow_sha1: config.allow_sha1,
        decryption_keys: keys.map_or(&[], |keys| &keys.decryption),
        // Where each sign-in must be a fresh one, a session from before the request is none.
        max_authn_age: state
            .get("fresh_since")
            .and_then(Value::as_i64)
            .map(|since| now.duration_since(Time::from_micros(since).to_jiff())),
        ..Expected::new(&config.entity_id, &signing_keys, &entity_id, &acs_url)
    };
    saml::validate(response.as_bytes(), &expected, now)
}

/// Refuses another way of signing in than those that the connection demands.
fn other_class(app: &App, connection: &Connection, state: &Value, assertion: &Assertion) -> Option<Refused> {
    let classes: Vec<&str> = state.get("classes")?.as_array()?.iter().filter_map(Value::as_str).collect();
    let received = assertion.authn_context.as_deref();
    if received.is_some_and(|class| classes.contains(&class)) {
        return None;
    }
    Some(explain::other_class(app, connection, &classes, received))
}

fn person(
    app: &App,
    connection: &Connection,
    (config, assertion): (&SamlConfig, &Assertion),
    now: Time,
) -> Result<Asserted, Refused> {
    let attributes: Vec<(String, Vec<String>)> =
        assertion.attributes.iter().map(|a| (a.name.clone(), a.values.clone())).collect();
    let name_id = NameId {
        value: assertion.name_id.value.clone(),
        format: assertion.name_id.format.clone(),
        name_qualifier: assertion.name_id.name_qualifier.clone(),
        sp_name_qualifier: assertion.name_id.sp_name_qualifier.clone(),
    };
    let sign_in = read_attributes(&attributes, Some(&name_id), &config.attributes, now);
    let Some(subject) = sign_in.subject.clone().filter(|subject| subject.len() <= MAX_SUBJECT) else {
        return Err(explain::no_subject(app, connection, &name_id));
    };
    let hash = hex::encode(digest(&SHA256, assertion.assertion_id.as_bytes()));
    Ok(Asserted {
        subject,
        email: sign_in.mapped.profile.email.clone(),
        mapped: Mapped::of(sign_in),
        attributes,
        name_id: Some(name_id),
        session_index: assertion.session_index.clone(),
        session_not_on_or_after: assertion.session_not_on_or_after.map(Time::from),
        assertion: Some((hash, assertion.not_on_or_after.into())),
        method: "saml",
        auth_at: assertion.authn_instant.into(),
        acr: acr(assertion.authn_context.as_deref()),
        amr: methods(assertion),
        claims: None,
        reads: config.attributes.clone(),
        id_token: None,
    })
}

/// The XML of a recorded answer with its encrypted assertion in plain, as far as it is this connection's to read. Nothing
/// of it is kept.
pub async fn opened(app: &App, connection: &Connection, response: &str) -> Option<String> {
    let Some(Settings::Saml(config)) = Settings::of(connection) else { return None };
    let keys = keys::existing(app).await.ok()??;
    let signing_keys = config.signing_keys(app.now().to_jiff());
    let expected = Expected {
        allow_sha1: config.allow_sha1,
        decryption_keys: &keys.decryption,
        ..Expected::new(&config.entity_id, &signing_keys, "", "")
    };
    saml::opened(response.as_bytes(), &expected)
}

/// The certificate whose key signed an answer that these settings take.
pub async fn signer(
    app: &App,
    connection: &Connection,
    state: &Value,
    response: &str,
) -> Option<Certificate> {
    let Some(Settings::Saml(config)) = Settings::of(connection) else { return None };
    let keys = keys::existing(app).await.ok()?;
    let signed = |it: &&Certificate| {
        let alone = SamlConfig { certificates: vec![(*it).clone()], ..config.clone() };
        check(app, connection, &alone, (state, response, app.now()), keys.as_deref()).is_ok()
    };
    config.certificates.iter().find(signed).cloned()
}

/// RFC 8176's words for what Microsoft's attribute names; the rest of it is left out.
fn methods(assertion: &Assertion) -> Vec<String> {
    let values = assertion.attributes.iter().filter(|a| a.name == METHODS).flat_map(|a| &a.values);
    let word = |value: &String| match value.rsplit(['/', ':']).next()? {
        "password" | "Password" => Some("pwd"),
        "multipleauthn" => Some("mfa"),
        "x509" | "X509" => Some("swk"),
        "windows" | "kerberos" | "Kerberos" => Some("wia"),
        "smartcard" | "Smartcard" => Some("sc"),
        _ => None,
    };
    amr(values.filter_map(word))
}
