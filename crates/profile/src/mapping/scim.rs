//! SCIM user resources to profiles: the rules of one directory. Owns the default rules.

use super::reading::{self, Several, Texts};
use super::{EXTENSION, Mapped, Path, PathProblem};
use crate::country::fold;
use crate::{Country, Field, Reason, Role, email};
use serde_json::{Value, json};
use std::fmt;

/// Where one field comes from: the first place that has a readable value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// The field.
    pub field: Field,
    /// The places, the best first. None: the field is not read at all.
    pub paths: Vec<Path>,
}

/// A value that an administrator has settled: read “D-A-CH” as Germany.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// The field.
    pub field: Field,
    /// The value as it is sent; case, accents and punctuation do not matter.
    pub received: String,
    /// What it is read as; `None` for nothing: the person is asked.
    pub value: Option<String>,
}

/// The rules of one directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapping {
    /// One rule for each field that is read.
    pub rules: Vec<Rule>,
    /// Values that an administrator has settled.
    pub readings: Vec<Reading>,
}

/// A stored mapping that cannot be read. `Display` is the sentence for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MappingProblem {
    /// The JSON has another shape.
    Shape(&'static str),
    /// A path cannot be read.
    Path(PathProblem),
}

impl fmt::Display for MappingProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shape(expected) => write!(f, "The mapping cannot be read. Expected {expected}."),
            Self::Path(problem) => problem.fmt(f),
        }
    }
}

impl std::error::Error for MappingProblem {}

impl From<PathProblem> for MappingProblem {
    fn from(problem: PathProblem) -> Self {
        Self::Path(problem)
    }
}

impl Default for Mapping {
    fn default() -> Self {
        Self::with_extra([])
    }
}

/// The default places of each field. Addresses: work, then primary, then whatever all of them agree on.
const DEFAULTS: [(Field, &[&str]); 8] = [
    (Field::FirstName, &["name.givenName"]),
    (Field::LastName, &["name.familyName"]),
    (
        Field::Email,
        &["emails[primary eq true].value", "emails[type eq \"work\"].value", "emails[0].value", "userName"],
    ),
    (
        Field::Country,
        &[
            "addresses[type eq \"work\"].country",
            "addresses[primary eq true].country",
            "addresses.country",
            "*:country",
            "*:countryCode",
            "*:usageLocation",
            "country",
        ],
    ),
    (
        Field::CurrentCity,
        &[
            "addresses[type eq \"work\"].locality",
            "addresses[primary eq true].locality",
            "addresses.locality",
            "*:currentCity",
        ],
    ),
    (
        Field::CurrentState,
        &[
            "addresses[type eq \"work\"].region",
            "addresses[primary eq true].region",
            "addresses.region",
            "*:currentState",
        ],
    ),
    (
        Field::BirthYear,
        &["urn:ietf:params:scim:schemas:extension:frontdesk:2.0:User:birthYear", "*:birthYear", "birthYear"],
    ),
    (
        Field::Role,
        &[
            "roles[primary eq true]",
            "roles",
            "urn:ietf:params:scim:schemas:extension:frontdesk:2.0:User:role",
            "*:role",
        ],
    ),
];

impl Mapping {
    /// The default rules, and rules for the vendor's own fields: in our extension, then in any other.
    pub fn with_extra<'a>(keys: impl IntoIterator<Item = &'a str>) -> Self {
        let rule = |field: &Field, paths: &[&str]| Rule {
            field: field.clone(),
            paths: paths.iter().filter_map(|path| Path::parse(path).ok()).collect(),
        };
        let mut rules: Vec<Rule> = DEFAULTS.iter().map(|(field, paths)| rule(field, paths)).collect();
        for key in keys {
            let own = [format!("{EXTENSION}:{key}"), format!("*:{key}")];
            rules.push(rule(&Field::Extra(key.to_owned()), &[&own[0], &own[1]]));
        }
        Self { rules, readings: Vec::new() }
    }

    /// Puts a place before all others of a field.
    pub fn prefer(&mut self, field: &Field, path: Path) {
        match self.rules.iter_mut().find(|rule| rule.field == *field) {
            Some(rule) => {
                rule.paths.retain(|known| *known != path);
                rule.paths.insert(0, path);
            }
            None => self.rules.push(Rule { field: field.clone(), paths: vec![path] }),
        }
    }

    /// Reads a user resource with canonical attribute names. `this_year` bounds the year of birth.
    pub fn apply(&self, resource: &Value, this_year: u16) -> Mapped {
        let mut mapped = Mapped::default();
        for rule in &self.rules {
            self.read(rule, resource, this_year, &mut mapped);
        }
        // A user name need not be an address; that is worth telling only where there is no other.
        if mapped.profile.email.is_some() {
            mapped.unread.retain(|unread| {
                unread.problem.field != Some(Field::Email) || email::looks_like_one(&unread.problem.received)
            });
        }
        mapped
    }

    /// The role alone that [`Mapping::apply`] reads.
    pub fn role(&self, resource: &Value, this_year: u16) -> Option<Role> {
        let mut mapped = Mapped::default();
        for rule in self.rules.iter().filter(|rule| rule.field == Field::Role) {
            self.read(rule, resource, this_year, &mut mapped);
        }
        mapped.role
    }

    fn read(&self, rule: &Rule, resource: &Value, this_year: u16, mapped: &mut Mapped) {
        for path in &rule.paths {
            let mut values: Vec<Texts> = Vec::new();
            for value in path.find(resource) {
                let texts = reading::texts(value);
                if !texts.is_empty() {
                    values.extend(self.settle(&rule.field, path, texts));
                } else if let Some(whole) = reading::parts(value) {
                    match self.settled(&rule.field, std::slice::from_ref(&whole)) {
                        Some(settled) => values.extend(settled.value.clone().map(|value| vec![value])),
                        None => mapped.refuse(&rule.field, path.as_str(), &whole, Reason::SeveralParts),
                    }
                }
            }
            if mapped.take(&rule.field, path.as_str(), &values, Several::Refuse, this_year) {
                break;
            }
        }
    }

    /// The mapping as JSON: `{"rules": {"country": ["…"]}, "readings": [{"field", "received", "value"}]}`.
    pub fn to_json(&self) -> Value {
        let paths =
            |rule: &Rule| rule.paths.iter().map(|path| Value::from(path.as_str())).collect::<Vec<_>>();
        let rules: serde_json::Map<String, Value> = self
            .rules
            .iter()
            .map(|rule| (rule.field.api_name().to_owned(), Value::from(paths(rule))))
            .collect();
        let reading = |reading: &Reading| json!({"field": reading.field.api_name(), "received": reading.received, "value": reading.value});
        json!({"rules": rules, "readings": self.readings.iter().map(reading).collect::<Vec<_>>()})
    }

    /// Reads what [`Mapping::to_json`] wrote. Fields without a rule there keep their default rule.
    ///
    /// # Errors
    /// A sentence that names the path that cannot be read, or the shape that was expected.
    pub fn from_json(value: &Value) -> Result<Self, MappingProblem> {
        const SHAPE: MappingProblem = MappingProblem::Shape("an object with rules and readings");
        let object = value.as_object().ok_or(SHAPE)?;
        let mut mapping = Self::default();
        for (name, paths) in object.get("rules").and_then(Value::as_object).into_iter().flatten() {
            let field =
                Field::from_api_name(name).ok_or(MappingProblem::Shape("a field's name before each rule"))?;
            let paths = paths.as_array().ok_or(MappingProblem::Shape("a list of paths for each field"))?;
            let texts = paths.iter().map(|path| path.as_str().ok_or(MappingProblem::Shape("paths as texts")));
            let paths =
                texts.map(|text| Ok(Path::parse(text?)?)).collect::<Result<Vec<_>, MappingProblem>>()?;
            match mapping.rules.iter_mut().find(|rule| rule.field == field) {
                Some(rule) => rule.paths = paths,
                None => mapping.rules.push(Rule { field, paths }),
            }
        }
        for reading in object.get("readings").and_then(Value::as_array).into_iter().flatten() {
            let text = |key: &str| reading.get(key).and_then(Value::as_str);
            let (Some(field), Some(received)) =
                (text("field").and_then(Field::from_api_name), text("received"))
            else {
                return Err(MappingProblem::Shape("a field and the value received in each reading"));
            };
            let value = text("value").map(str::to_owned);
            mapping.readings.push(Reading { field, received: received.to_owned(), value });
        }
        Ok(mapping)
    }

    /// What the administrator settled for this value, and the region of a locale; `None` for nothing.
    fn settle(&self, field: &Field, path: &Path, texts: Texts) -> Option<Texts> {
        if let Some(settled) = self.settled(field, &texts) {
            return settled.value.clone().map(|value| vec![value]);
        }
        let locale =
            ["locale", "preferredLanguage"].iter().any(|name| path.leaf().eq_ignore_ascii_case(name));
        if *field == Field::Country && locale {
            return texts.first().and_then(|text| region(text)).map(|region| vec![region]);
        }
        Some(texts)
    }
}

impl Mapping {
    /// What the administrator settled for one of these texts.
    fn settled(&self, field: &Field, texts: &[String]) -> Option<&Reading> {
        self.readings.iter().filter(|reading| reading.field == *field).find(|reading| {
            let wanted = fold(&reading.received, false);
            let same = |text: &String| {
                *text == reading.received || (!wanted.is_empty() && fold(text, false) == wanted)
            };
            texts.iter().any(same)
        })
    }
}

/// The region of a language tag (RFC 5646 2.2.4), `US` of `en-US` or `zh_Hans_US`; `None` for a language alone.
fn region(tag: &str) -> Option<String> {
    let mut parts = tag.split([',', ';']).next()?.split(['-', '_']).skip(1);
    let region = parts.find(|part| part.len() == 2 && part.bytes().all(|b| b.is_ascii_alphabetic()))?;
    Country::from_code(&region.to_ascii_uppercase()).map(|country| country.code().to_owned())
}
