//! What an identity provider says about somebody who signs in, to a profile. Owns the choice among several names and
//! the report of it; does not own whether the provider may say so (domains, signatures) nor joining accounts.

use super::reading::{Several, Texts, texts};
use super::{Mapped, Names, Unread, Wanted};
use crate::{Field, Problem, email, name};
use serde_json::Value;
use std::collections::HashSet;

/// The subject of an assertion (SAML core 2.2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NameId<'a> {
    /// The text of the element.
    pub value: &'a str,
    /// Its `Format`, where there is one.
    pub format: Option<&'a str>,
}

/// What a sign-in says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignIn {
    /// The account's stable name at the provider; `None` where it sends only names that change.
    pub subject: Option<String>,
    /// Profile, role, and what could not be read.
    pub mapped: Mapped,
    /// The groups, each once, in the order sent.
    pub groups: Vec<String>,
    /// One finding for each thing wanted, in the order in which a page shows them.
    pub findings: Vec<Finding>,
    /// The names of attributes that were sent and not used.
    pub unused: Vec<String>,
}

/// Whether and where one wanted thing was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What was wanted.
    pub wanted: Wanted,
    /// The name under which our guides ask for it.
    pub asked: String,
    /// The name under which it was sent; `NameID` for the subject of an assertion.
    pub source: Option<String>,
    /// The value as sent; groups as “3 groups”.
    pub received: Option<String>,
    /// How it came.
    pub outcome: Outcome,
}

/// How a wanted thing came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Under the name that our guides ask for.
    Found,
    /// Under another name that we know.
    Matched,
    /// Cut out of a full name.
    Split,
    /// It was sent, and cannot be read.
    Unreadable,
    /// It was not sent.
    Missing,
}

/// The name of the source where the subject of an assertion is meant.
const NAME_ID: &str = "NameID";

/// Reads the attributes of a SAML assertion. `this_year` bounds the year of birth.
///
/// The subject is the attribute `id`, else a persistent `NameID`, else another stable attribute, else a `NameID` of any
/// format but transient. The email falls back to a `NameID` that is an address.
pub fn from_assertion(
    attributes: &[(String, Vec<String>)],
    name_id: Option<NameId<'_>>,
    names: &Names,
    this_year: u16,
) -> SignIn {
    let sent: Vec<Sent> = attributes
        .iter()
        .map(|(name, values)| Sent {
            name: name.clone(),
            values: values
                .iter()
                .map(|value| texts(&Value::from(value.as_str())))
                .filter(|t| !t.is_empty())
                .collect(),
        })
        .collect();
    Reader { sent, used: Vec::new(), mapped: Mapped::default(), this_year }.read(names, name_id)
}

/// Reads the claims of an ID token or of the userinfo endpoint. `this_year` bounds the year of birth.
pub fn from_claims(claims: &Value, names: &Names, this_year: u16) -> SignIn {
    let mut sent = Vec::new();
    flatten(&mut sent, "", claims, 0);
    Reader { sent, used: Vec::new(), mapped: Mapped::default(), this_year }.read(names, None)
}

/// One attribute with its values.
struct Sent {
    name: String,
    values: Vec<Texts>,
}

struct Reader {
    sent: Vec<Sent>,
    used: Vec<String>,
    mapped: Mapped,
    this_year: u16,
}

impl Reader {
    fn read(mut self, names: &Names, name_id: Option<NameId<'_>>) -> SignIn {
        let name_id = name_id.filter(|id| !id.value.trim().is_empty());
        let (mut findings, mut subject, mut groups) = (Vec::new(), None, Vec::new());
        for (wanted, names) in names.iter() {
            findings.push(match wanted {
                Wanted::Id => {
                    let finding = self.subject(names, name_id);
                    subject.clone_from(&finding.received);
                    finding
                }
                Wanted::Groups => {
                    groups = self.groups(names);
                    self.groups_finding(names, groups.len())
                }
                Wanted::Field(field) => self.field(field, names, name_id),
            });
        }
        self.split_full_name(names.full_name, &mut findings);
        let mut told: HashSet<&str> = self.used.iter().map(String::as_str).collect();
        let names = self.sent.iter().map(|sent| sent.name.as_str());
        let unused = names.filter(|name| told.insert(name)).map(str::to_owned).collect();
        SignIn { subject, mapped: self.mapped, groups, findings, unused }
    }

    fn subject(&mut self, names: &[String], name_id: Option<NameId<'_>>) -> Finding {
        let is =
            |id: &NameId<'_>, format: &str| id.format.is_some_and(|f| f.ends_with(&format!(":{format}")));
        let attribute = |reader: &Self, names: &[String]| {
            names.iter().find_map(|name| Some((name.clone(), reader.values(name).first()?.first()?.clone())))
        };
        let (asked, others) = names.split_at(names.len().min(1));
        let persistent =
            name_id.filter(|id| is(id, "persistent")).map(|id| (NAME_ID.to_owned(), id.value.to_owned()));
        let lasting =
            name_id.filter(|id| !is(id, "transient")).map(|id| (NAME_ID.to_owned(), id.value.to_owned()));
        let found = attribute(self, asked).or(persistent).or_else(|| attribute(self, others)).or(lasting);
        let Some((source, received)) = found else {
            return finding(&Wanted::Id, names, None, None, Outcome::Missing);
        };
        let received = received.trim().to_owned();
        self.finding(&Wanted::Id, names, &source, received)
    }

    fn field(&mut self, field: &Field, names: &[String], name_id: Option<NameId<'_>>) -> Finding {
        let wanted = Wanted::Field(field.clone());
        for name in names {
            let values = self.values(name);
            if values.is_empty() || !self.mapped.take(field, name, &values, Several::First, self.this_year) {
                continue;
            }
            return self.finding(&wanted, names, name, self.received(field));
        }
        let address = name_id.filter(|id| *field == Field::Email && email::looks_like_one(id.value));
        if let Some(id) = address {
            let values = [vec![id.value.to_owned()]];
            if self.mapped.take(field, NAME_ID, &values, Several::First, self.this_year) {
                return self.finding(&wanted, names, NAME_ID, self.received(field));
            }
        }
        let unread = self.mapped.unread.iter().find(|unread| unread.problem.field.as_ref() == Some(field));
        match unread {
            Some(Unread { source, problem }) => {
                let (source, received) = (source.clone(), problem.received.clone());
                self.used.push(source.clone());
                finding(&wanted, names, Some(source), Some(received), Outcome::Unreadable)
            }
            None => finding(&wanted, names, None, None, Outcome::Missing),
        }
    }

    /// Where neither half of the name came, a full name is cut in two: the last resort.
    fn split_full_name(&mut self, names: &[&str], findings: &mut [Finding]) {
        let profile = &self.mapped.profile;
        if profile.first_name.is_some() || profile.last_name.is_some() {
            return;
        }
        for source in names {
            let values = self.values(source);
            // Entra ID calls the user principal name “name”.
            let Some(full) =
                values.first().and_then(|texts| texts.first()).filter(|text| !text.contains('@'))
            else {
                continue;
            };
            let halves =
                name::clean(full).and_then(|clean| name::split(clean.as_deref().unwrap_or_default()));
            match halves {
                Ok((first, last)) => {
                    for (field, half) in [(Field::FirstName, first), (Field::LastName, last)] {
                        let found = findings.iter_mut().find(|f| f.wanted == Wanted::Field(field.clone()));
                        if let Some(found) = found {
                            found.source = Some((*source).to_owned());
                            found.received = Some(full.clone());
                            found.outcome = Outcome::Split;
                        }
                        self.mapped.take(&field, source, &[vec![half]], Several::First, self.this_year);
                    }
                    self.used.push((*source).to_owned());
                    return;
                }
                Err(reason) => self.mapped.unread.push(Unread {
                    source: (*source).to_owned(),
                    problem: Problem::new(Field::LastName, full.clone(), reason),
                }),
            }
        }
    }

    fn groups(&self, names: &[String]) -> Vec<String> {
        let values = names.iter().flat_map(|name| self.values(name));
        let mut known = HashSet::new();
        values
            .filter_map(|texts| texts.into_iter().next())
            .filter(|group| known.insert(group.clone()))
            .collect()
    }

    fn groups_finding(&mut self, names: &[String], count: usize) -> Finding {
        let sources: Vec<&String> = names.iter().filter(|name| !self.values(name).is_empty()).collect();
        let Some(first) = sources.first() else {
            return finding(&Wanted::Groups, names, None, None, Outcome::Missing);
        };
        let received = format!("{count} {}", if count == 1 { "group" } else { "groups" });
        for source in &sources[1..] {
            self.used.push(self.sent_name(source));
        }
        self.finding(&Wanted::Groups, names, first, received)
    }

    /// The value that filled a field, as it was sent.
    fn received(&self, field: &Field) -> String {
        self.mapped
            .found
            .iter()
            .rev()
            .find(|found| found.field == *field)
            .map_or_else(String::new, |f| f.received.clone())
    }

    /// Found under the first name, else matched.
    fn finding(&mut self, wanted: &Wanted, names: &[String], source: &str, received: String) -> Finding {
        let sent = self.sent_name(source);
        let outcome =
            if names.first().is_some_and(|asked| *asked == sent) { Outcome::Found } else { Outcome::Matched };
        self.used.push(sent.clone());
        finding(wanted, names, Some(sent), Some(received), outcome)
    }

    /// All values under a name; of names that differ in case only, the exact one.
    fn values(&self, name: &str) -> Vec<Texts> {
        let sent = self.sent_name(name);
        self.sent.iter().filter(|attribute| attribute.name == sent).flat_map(|a| a.values.clone()).collect()
    }

    /// The name as it was sent.
    fn sent_name(&self, name: &str) -> String {
        let exact = self.sent.iter().find(|attribute| attribute.name == name);
        let alike = || self.sent.iter().find(|attribute| attribute.name.eq_ignore_ascii_case(name));
        exact.or_else(alike).map_or_else(|| name.to_owned(), |attribute| attribute.name.clone())
    }
}

fn finding(
    wanted: &Wanted,
    names: &[String],
    source: Option<String>,
    received: Option<String>,
    outcome: Outcome,
) -> Finding {
    let asked = names.first().cloned().unwrap_or_else(|| wanted.name().to_owned());
    Finding { wanted: wanted.clone(), asked, source, received, outcome }
}

/// Claims as attributes: lists as several values, objects as dotted names.
fn flatten(sent: &mut Vec<Sent>, prefix: &str, value: &Value, depth: usize) {
    for (key, value) in value.as_object().into_iter().flatten() {
        let name = format!("{prefix}{key}");
        let values = match value {
            Value::Object(_) if depth < 3 => {
                flatten(sent, &format!("{name}."), value, depth + 1);
                continue;
            }
            Value::Array(elements) => elements.iter().map(texts).filter(|texts| !texts.is_empty()).collect(),
            scalar => vec![texts(scalar)].into_iter().filter(|texts| !texts.is_empty()).collect(),
        };
        sent.push(Sent { name, values });
    }
}
