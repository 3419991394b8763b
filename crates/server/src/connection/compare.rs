//! One answer of an identity provider, read by two settings: what differs about the person, and what that would mean.
//!
//! Owns judging an answer by other settings than those that were asked with, the comparison, and its sentences. Does not
//! own whose answers are judged so (`login` for tests, `shadow` for real sign-ins).

use std::collections::BTreeMap;

use model::{Connection, Member, Protocol, Role, Time};
use profile::Field;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::Connected;

use super::asserted::{Asserted, Refused};
use super::config::Settings;
use super::finish_oidc::judge_oidc;
use super::finish_saml::{finish_saml, signer};
use crate::app::App;
use crate::problem::Problem;

/// What came of an identity provider, for other settings to judge.
#[derive(Debug, Clone)]
pub enum Evidence {
    /// The `SAMLResponse` as it came.
    Saml(String),
    /// An ID token that was taken, and all that was learned of the person by it.
    Oidc {
        /// As it came.
        id_token: String,
        /// With what the userinfo endpoint said.
        claims: Value,
    },
}

impl Evidence {
    /// What can be judged of an answer: a SAML message in any case; an ID token only where it was taken, because its code
    /// is used up by then.
    pub fn of(protocol: Protocol, message: &str, taken: Option<&Asserted>) -> Option<Self> {
        match (protocol, taken) {
            (Protocol::Saml, _) => Some(Self::Saml(message.to_owned())),
            (Protocol::Oidc, Some(Asserted { id_token: Some(id_token), claims: Some(claims), .. })) => {
                Some(Self::Oidc { id_token: id_token.clone(), claims: claims.clone() })
            }
            (Protocol::Oidc, _) => None,
        }
    }

    /// Bytes that it takes.
    pub fn size(&self) -> usize {
        match self {
            Self::Saml(message) => message.len(),
            Self::Oidc { id_token, claims } => id_token.len() + claims.to_string().len(),
        }
    }

    /// What `it`, with the settings it carries, makes of the evidence. Nothing is fetched and nothing remembered. Our own
    /// values are expected as `asked` has them, which sent the person there.
    pub async fn judge(
        &self,
        app: &App,
        asked: &Connection,
        it: &Connection,
        (state, at): (&Value, Time),
    ) -> Result<Asserted, Refused> {
        let by = Connection { id: asked.id, protocol: asked.protocol, ..it.clone() };
        match self {
            Self::Saml(message) => finish_saml(app, &by, state, message, at).await,
            Self::Oidc { id_token, claims } => judge_oidc(app, &by, state, (id_token, claims)).await,
        }
    }

    /// Who signed it, in words, of the keys that `it` trusts.
    pub async fn signed_by(
        &self,
        app: &App,
        asked: &Connection,
        it: &Connection,
        state: &Value,
    ) -> Option<String> {
        let by = Connection { id: asked.id, ..it.clone() };
        match self {
            Self::Saml(message) => signer(app, &by, state, message).await.map(|found| found.fingerprint),
            Self::Oidc { .. } => Settings::of(it).map(|settings| settings.issuer().to_owned()),
        }
    }
}

/// A person as settings read one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Side {
    subject: Option<String>,
    format: Option<String>,
    fields: BTreeMap<String, String>,
    /// Where only some of it is known, what is not known is not compared.
    whole: bool,
    signer: Option<String>,
}

/// One thing about a person, by both settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// `subject`, `format`, `signer`, or a name of what is read.
    pub what: String,
    /// By the settings in use; none where it is not there, or not known.
    pub live: Option<String>,
    /// By the others.
    pub new: Option<String>,
    /// It is known of the settings in use, and differs.
    pub differs: bool,
}

/// The things that are compared, beside the fields.
const FIELDS: [&str; 10] = [
    "email",
    "firstName",
    "lastName",
    "country",
    "currentCity",
    "currentState",
    "birthYear",
    "role",
    "groups",
    "signer",
];

impl Side {
    /// What was read of an answer.
    pub fn of(asserted: &Asserted, signer: Option<String>) -> Self {
        let mapped = &asserted.mapped;
        let mut fields: BTreeMap<String, String> = Field::ALL
            .iter()
            .filter_map(|field| Some((field.api_name().to_owned(), mapped.profile.text(field)?)))
            .collect();
        if let Some(email) = &asserted.email {
            fields.insert("email".to_owned(), email.clone());
        }
        if let Some(role) = mapped.role {
            fields.insert("role".to_owned(), role.as_str().to_owned());
        }
        if !mapped.groups.is_empty() {
            let mut groups = mapped.groups.clone();
            groups.sort_unstable();
            fields.insert("groups".to_owned(), groups.join(", "));
        }
        Self {
            subject: Some(asserted.subject.clone()),
            format: asserted.name_id.as_ref().and_then(|it| it.format.clone()),
            fields,
            whole: true,
            signer,
        }
    }

    /// What is known here of a person who has signed in before: by the address, or by the subject.
    pub async fn known(
        db: &mut impl Connected,
        connection: &Connection,
        asserted: &Asserted,
    ) -> Result<Option<Self>, Problem> {
        let by_subject = store::connection::identity(db, connection.id, &asserted.subject).await?;
        let account = match (by_subject, &asserted.email) {
            (Some(id), _) => Some(id),
            (None, Some(email)) => store::account::lookup_email(db, email).await?.map(|it| it.id),
            (None, None) => None,
        };
        let Some(account) = account else { return Ok(None) };
        let Some(member) = store::member::lookup_account(db, connection.organization_id, account).await?
        else {
            return Ok(None);
        };
        let subject = store::connection::subject(db, connection.id, account).await?;
        Ok(Some(Self { subject, ..Self::of_member(&member) }))
    }

    fn of_member(it: &Member) -> Self {
        let known = [
            ("email", it.email.clone()),
            ("firstName", it.first_name.clone()),
            ("lastName", it.last_name.clone()),
            ("country", it.country.clone()),
            ("currentCity", it.current_city.clone()),
            ("currentState", it.current_state.clone()),
            ("birthYear", it.birth_year.map(|year| year.to_string())),
            ("role", Some(it.role.as_str().to_owned())),
        ];
        let fields = known.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
        Self { fields: fields.collect(), ..Self::default() }
    }
}

/// Both sides, line by line. What neither says is left out. `live` is none where nothing is known of the person yet.
pub fn compare(live: Option<&Side>, new: &Side) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut add = |what: &str, was: Option<&String>, is: Option<&String>, comparable: bool| {
        if was.is_none() && is.is_none() {
            return;
        }
        let differs = comparable && was != is;
        lines.push(Line { what: what.to_owned(), live: was.cloned(), new: is.cloned(), differs });
    };
    let whole = live.is_some_and(|it| it.whole);
    let subject = live.and_then(|it| it.subject.as_ref());
    add("subject", subject, new.subject.as_ref(), subject.is_some());
    add("format", live.and_then(|it| it.format.as_ref()), new.format.as_ref(), whole);
    for name in FIELDS {
        let (was, is) = match name {
            "signer" => (live.and_then(|it| it.signer.as_ref()), new.signer.as_ref()),
            _ => (live.and_then(|it| it.fields.get(name)), new.fields.get(name)),
        };
        // A member has a value that the provider never sent, too; what it sends anew is a difference.
        let comparable = whole || (was.is_some() && is.is_some() && name != "role");
        add(name, was, is, comparable);
    }
    lines
}

impl Line {
    /// What it is, for a person.
    pub fn label(&self) -> String {
        match self.what.as_str() {
            "subject" => "Name at the provider".to_owned(),
            "format" => "Format of that name".to_owned(),
            "signer" => "Signed by".to_owned(),
            other => super::edit::label(other),
        }
    }

    /// What the difference would mean; empty where there is none.
    pub fn meaning(&self) -> String {
        if !self.differs {
            return String::new();
        }
        let gone = self.new.is_none();
        match self.what.as_str() {
            "subject" => "People already known would be joined by their address instead. Whoever’s address has changed \
                          too would become a new person."
                .to_owned(),
            "format" => "The provider would name people in another way. As long as the name itself is the same, everybody \
                         stays who they are."
                .to_owned(),
            "signer" => "Another key vouches for people. If the provider still signs with the old one for some, those people \
                         could not sign in, unless both are trusted."
                .to_owned(),
            "email" if gone => "Without an address nobody can be signed in.".to_owned(),
            "email" => "The account would take this address, and mails would go there.".to_owned(),
            "role" if self.new.as_deref() == Some(Role::Admin.as_str()) => {
                "The person would become an administrator of the company here.".to_owned()
            }
            "role" if gone => "The role would no longer come from the provider; it would stay as it is here.".to_owned(),
            "role" if self.live.as_deref() == Some(Role::Admin.as_str()) => {
                "The person would no longer be an administrator.".to_owned()
            }
            "role" => "The role would come from the provider from then on.".to_owned(),
            "groups" => "Where groups decide about something, the person would be in others.".to_owned(),
            _ if gone => "It would not be sent any more; what is here stays.".to_owned(),
            _ => "The profile would be changed to this at the next sign-in.".to_owned(),
        }
    }
}

/// A test's answer by both settings.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comparison {
    /// Line by line.
    pub lines: Vec<Line>,
    /// Why the settings in use would have refused this very answer, if so.
    pub live_refuses: Option<Refused>,
    /// What the live side was read from: `answer`, `mapping` (this answer, read by the names of the settings in use),
    /// `record` (what is known of the person), or `nothing`.
    pub live_from: String,
}

/// Compares what a test of `new` came to with the settings in use.
pub async fn of_test(
    app: &App,
    live: &Connection,
    new: &Connection,
    (state, evidence): (&Value, &Evidence),
    asserted: &Asserted,
) -> Result<Comparison, Problem> {
    let now: Time = app.now();
    let judged = evidence.judge(app, live, live, (state, now)).await;
    let side = Side::of(asserted, evidence.signed_by(app, live, new, state).await);
    let known = Side::known(&mut app.read().await?, live, asserted).await?;
    let settings = (Settings::of(live), Settings::of(new));
    let (live_side, live_from, live_refuses) = match (judged, settings) {
        (Ok(judged), _) => {
            let signer = evidence.signed_by(app, live, live, state).await;
            (Some(Side::of(&judged, signer)), "answer", None)
        }
        (Err(refused), (Some(old), Some(new))) if old.issuer() == new.issuer() => {
            let read = asserted.read_by(old.attributes(), now);
            let read = Side { signer: trusted(&old), ..Side::of(&read, None) };
            (Some(read), "mapping", Some(refused))
        }
        (Err(refused), _) => {
            let from = if known.is_some() { "record" } else { "nothing" };
            (known.clone(), from, Some(refused))
        }
    };
    // Who the person is here is what was known before, not what this answer says.
    let subject = known.and_then(|it| it.subject);
    let live_side = live_side.map(|side| Side { subject: subject.or_else(|| side.subject.clone()), ..side });
    Ok(Comparison {
        lines: compare(live_side.as_ref(), &side),
        live_refuses,
        live_from: live_from.to_owned(),
    })
}

/// The keys that settings trust.
fn trusted(settings: &Settings) -> Option<String> {
    match settings {
        Settings::Saml(saml) => {
            let all: Vec<&str> = saml.certificates.iter().map(|it| it.fingerprint.as_str()).collect();
            (!all.is_empty()).then(|| format!("not this one; trusted: {}", all.join(", ")))
        }
        Settings::Oidc(oidc) => Some(oidc.issuer.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn side(subject: &str, fields: &[(&str, &str)], whole: bool) -> Side {
        let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Side { subject: Some(subject.to_owned()), fields: fields.collect(), whole, ..Side::default() }
    }

    fn differing(lines: &[Line]) -> Vec<&str> {
        lines.iter().filter(|it| it.differs).map(|it| it.what.as_str()).collect()
    }

    #[test]
    fn what_both_say_alike_does_not_differ_and_what_one_leaves_out_does() {
        let live = side("a", &[("email", "ann@acme.test"), ("country", "GB")], true);
        let new = side("b", &[("email", "ann@acme.test"), ("role", "admin")], true);
        let lines = compare(Some(&live), &new);
        assert_eq!(differing(&lines), ["subject", "country", "role"]);
        for line in &lines {
            assert_eq!(line.differs, !line.meaning().is_empty(), "{line:?}");
        }
        assert!(lines[0].meaning().contains("joined by their address instead"));
    }

    #[test]
    fn what_is_not_known_of_the_live_side_is_no_difference() {
        let new = side("b", &[("email", "ann@acme.test")], true);
        let lines = compare(None, &new);
        assert!(differing(&lines).is_empty() && lines.len() == 2, "{lines:?}");
        // A record of the person says nothing about what would not be sent.
        let known = Side { subject: None, ..side("", &[("country", "GB"), ("role", "member")], false) };
        assert!(differing(&compare(Some(&known), &new)).is_empty());
    }
}
