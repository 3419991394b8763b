//! The assertion: conditions, the statement of the sign-in, attributes.
//!
//! Owns: what is read from the verified `Assertion` element besides the subject. Does not own: whether the
//! element was verified; the caller passes nothing else.

use super::claims::{Assertion, Attribute, Attributes};
use super::envelope::{Envelope, compare_issuer, issue_instant, issuer, malformed, unreadable_time, version};
use super::{Expected, subject};
use crate::guard::is_id;
use crate::names::{SAML, XSI};
use crate::rejection::{Code, Rejection};
use crate::time;
use crate::xml::Tree;
use jiff::Timestamp;
use uppsala::NodeId;

/// Checks the verified `assertion` against the profile and reads what it says.
pub(crate) fn read(
    tree: &Tree<'_>,
    assertion: NodeId,
    envelope: &Envelope,
    expected: &Expected<'_>,
    now: Timestamp,
) -> Result<Assertion, Rejection> {
    version(tree, assertion)?;
    let Some(assertion_id) = tree.attr(assertion, "ID").filter(|id| is_id(id)) else {
        return Err(malformed("the Assertion has no usable ID"));
    };
    let made = issue_instant(tree, assertion)?;
    if made > later(now, expected) {
        return Err(not_yet_valid("The assertion was issued in the future.", made, now));
    }
    let Some(issuer) = issuer(tree, assertion)? else {
        return Err(Rejection::new(Code::IssuerMissing, "The assertion does not say who issued it.")
            .expected(expected.idp_entity_id));
    };
    compare_issuer(&issuer, expected)?;

    let conditions_end = conditions(tree, assertion, expected, now)?;
    let subject = subject::read(tree, assertion, envelope, expected, now)?;
    let statement = authn_statement(tree, assertion, expected, now)?;
    let attributes = attributes(tree, assertion)?;

    let end = conditions_end.map_or(subject.not_on_or_after, |end| end.min(subject.not_on_or_after));
    Ok(Assertion {
        assertion_id: assertion_id.to_owned(),
        issuer,
        name_id: subject.name_id,
        session_index: statement.session_index,
        session_not_on_or_after: statement.session_end,
        authn_instant: statement.instant,
        authn_context: statement.context,
        attributes,
        not_on_or_after: end.saturating_add(expected.clock_skew).unwrap_or(Timestamp::MAX),
        in_response_to: envelope.in_response_to.clone(),
    })
}

/// `now` as the other clock may have it at most.
pub(crate) fn later(now: Timestamp, expected: &Expected<'_>) -> Timestamp {
    now.checked_add(expected.clock_skew).unwrap_or(Timestamp::MAX)
}

/// `now` as the other clock may have it at least.
pub(crate) fn earlier(now: Timestamp, expected: &Expected<'_>) -> Timestamp {
    now.checked_sub(expected.clock_skew).unwrap_or(Timestamp::MIN)
}

/// An instant in an attribute: absent, or readable.
pub(crate) fn instant(tree: &Tree<'_>, node: NodeId, name: &str) -> Result<Option<Timestamp>, Rejection> {
    match tree.attr(node, name) {
        None => Ok(None),
        Some(text) => time::parse(text).map(Some).ok_or_else(|| unreadable_time(name, text)),
    }
}

pub(crate) fn not_yet_valid(what: &str, from: Timestamp, now: Timestamp) -> Rejection {
    Rejection::new(
        Code::NotYetValid,
        format!("{what} The identity provider's clock or ours is wrong; compare both with the true time."),
    )
    .expected(format!("valid at {now}"))
    .received(format!("valid from {from}"))
}

pub(crate) fn expired(what: &str, until: Timestamp, now: Timestamp) -> Rejection {
    Rejection::new(
        Code::Expired,
        format!(
            "{what} Start again from the sign-in page; if it happens every time, the identity provider's clock \
             or ours is wrong."
        ),
    )
    .expected(format!("valid at {now}"))
    .received(format!("valid until {until}"))
}

/// `Conditions` (SAML core 2.5.1): times, audience, nothing unknown. Returns its end.
fn conditions(
    tree: &Tree<'_>,
    assertion: NodeId,
    expected: &Expected<'_>,
    now: Timestamp,
) -> Result<Option<Timestamp>, Rejection> {
    let conditions = match tree.one(assertion, SAML, "Conditions") {
        Ok(Some(conditions)) => conditions,
        Ok(None) => {
            return Err(Rejection::new(
                Code::ConditionsMissing,
                "The assertion names no conditions, so it would be good for any service. Name our entity ID as \
                 its audience at the identity provider.",
            )
            .expected(expected.sp_entity_id));
        }
        Err(_) => return Err(malformed("Conditions stands twice")),
    };
    if let Some(from) = instant(tree, conditions, "NotBefore")?
        && later(now, expected) < from
    {
        return Err(not_yet_valid("The assertion is not valid yet.", from, now));
    }
    let end = instant(tree, conditions, "NotOnOrAfter")?;
    if let Some(until) = end
        && earlier(now, expected) >= until
    {
        return Err(expired("The answer came too late: its time was over.", until, now));
    }
    let mut restricted = false;
    for condition in tree.elements(conditions) {
        if tree.is(condition, SAML, "AudienceRestriction") {
            audience(tree, condition, expected)?;
            restricted = true;
        } else if !tree.is(condition, SAML, "OneTimeUse") && !tree.is(condition, SAML, "ProxyRestriction") {
            return Err(Rejection::new(
                Code::ConditionUnknown,
                "The assertion sets a condition that is not understood here, and SAML asks to refuse it then. \
                 Remove the condition at the identity provider.",
            )
            .expected("AudienceRestriction, OneTimeUse or ProxyRestriction")
            .received(tree.name(condition)));
        }
    }
    if restricted {
        return Ok(end);
    }
    Err(Rejection::new(
        Code::AudienceMissing,
        "The assertion does not say for whom it is meant, so it could have been made for another service. Enter \
         our entity ID as the audience at the identity provider.",
    )
    .expected(expected.sp_entity_id)
    .received("no audience"))
}

/// One `AudienceRestriction`: ours must be among its audiences (SAML core 2.5.1.4).
fn audience(tree: &Tree<'_>, restriction: NodeId, expected: &Expected<'_>) -> Result<(), Rejection> {
    let named: Vec<String> =
        tree.all(restriction, SAML, "Audience").filter_map(|audience| tree.text(audience)).collect();
    if !expected.sp_entity_id.is_empty() && named.iter().any(|audience| audience == expected.sp_entity_id) {
        return Ok(());
    }
    Err(Rejection::new(
        Code::AudienceMismatch,
        "The assertion is meant for another service. Correct the audience (also called entity ID, SP entity ID or \
         identifier) at the identity provider.",
    )
    .expected(expected.sp_entity_id)
    .received(if named.is_empty() { "no audience".to_owned() } else { named.join(" ") }))
}

struct AuthnStatement {
    instant: Timestamp,
    session_index: Option<String>,
    session_end: Option<Timestamp>,
    context: Option<String>,
}

/// `AuthnStatement` (profiles 4.1.4.2: at least one). The first counts; the session must last in all, and
/// ends with the first of them.
fn authn_statement(
    tree: &Tree<'_>,
    assertion: NodeId,
    expected: &Expected<'_>,
    now: Timestamp,
) -> Result<AuthnStatement, Rejection> {
    let mut first = None;
    for statement in tree.all(assertion, SAML, "AuthnStatement") {
        let at = instant(tree, statement, "AuthnInstant")?
            .ok_or_else(|| malformed("AuthnStatement has no AuthnInstant"))?;
        if at > later(now, expected) {
            return Err(not_yet_valid("The person signed in at a time in the future.", at, now));
        }
        let session_end = instant(tree, statement, "SessionNotOnOrAfter")?;
        if let Some(until) = session_end
            && earlier(now, expected) >= until
        {
            return Err(Rejection::new(
                Code::SessionExpired,
                "The person's session at the identity provider has ended. Sign in again there.",
            )
            .expected(format!("a session that lasts at {now}"))
            .received(format!("a session until {until}")));
        }
        if let Some(known) = &mut first {
            // Whichever of the provider's sessions ends first ends ours.
            let known: &mut AuthnStatement = known;
            known.session_end = known.session_end.into_iter().chain(session_end).min();
        } else {
            first = Some(AuthnStatement {
                instant: at,
                session_index: tree.attr(statement, "SessionIndex").map(str::to_owned),
                session_end,
                context: authn_context(tree, statement)?,
            });
        }
    }
    let Some(statement) = first else {
        return Err(Rejection::new(
            Code::AuthnStatementMissing,
            "The assertion does not say that the person signed in. Switch on the authentication statement at the \
             identity provider.",
        )
        .expected("AuthnStatement"));
    };
    if let Some(max_age) = expected.max_authn_age
        && statement.instant.checked_add(max_age).is_ok_and(|until| earlier(now, expected) >= until)
    {
        return Err(Rejection::new(
            Code::AuthnTooOld,
            "The person signed in at the identity provider too long ago. Sign in there again.",
        )
        .expected(format!("at most {} minutes before {now}", max_age.as_mins()))
        .received(statement.instant.to_string()));
    }
    Ok(statement)
}

/// `AuthnContext/AuthnContextClassRef`.
fn authn_context(tree: &Tree<'_>, statement: NodeId) -> Result<Option<String>, Rejection> {
    let Ok(context) = tree.one(statement, SAML, "AuthnContext") else {
        return Err(malformed("AuthnContext stands twice"));
    };
    let class = match context {
        Some(context) => tree
            .one(context, SAML, "AuthnContextClassRef")
            .map_err(|_| malformed("AuthnContextClassRef stands twice"))?,
        None => None,
    };
    Ok(class.and_then(|class| tree.text(class)).filter(|text| !text.is_empty()))
}

/// Every `Attribute` of every `AttributeStatement` (SAML core 2.7.3). Encrypted attributes are passed over.
fn attributes(tree: &Tree<'_>, assertion: NodeId) -> Result<Attributes, Rejection> {
    let mut out = Attributes::default();
    for statement in tree.all(assertion, SAML, "AttributeStatement") {
        for attribute in tree.all(statement, SAML, "Attribute") {
            let Some(name) = tree.attr(attribute, "Name") else {
                return Err(malformed("an Attribute has no Name"));
            };
            let values = tree
                .all(attribute, SAML, "AttributeValue")
                .filter(|value| !matches!(tree.attr_ns(*value, XSI, "nil"), Some("true" | "1")))
                .map(|value| tree.deep_text(value))
                .collect();
            out.add(Attribute {
                name: name.to_owned(),
                friendly_name: tree.attr(attribute, "FriendlyName").map(str::to_owned),
                name_format: tree.attr(attribute, "NameFormat").map(str::to_owned),
                values,
            });
        }
    }
    Ok(out)
}
