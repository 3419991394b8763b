//! A guide with our values in it, ready for a page.

use super::data::{Attributes, Confidence, Guide, Missing, Step};
use super::values::{Placeholder, Values};
use crate::Html;
use crate::html::escape;
use crate::parts::{Copy, Notice, Person, Tone};

/// A guide as a page shows it.
#[derive(Clone, Debug)]
pub struct RenderedGuide {
    /// Id of the guide that was chosen.
    pub id: String,
    /// The provider's name.
    pub name: String,
    /// The provider with its mark; the second line is the protocol and the variant.
    pub provider: Person,
    /// "SAML 2.0".
    pub protocol: String,
    /// What the provider calls its console; never empty.
    pub console: String,
    /// The right a person needs there; may be empty.
    pub admin_role: String,
    /// What must be there before the first step.
    pub prerequisites: Vec<Html>,
    /// The steps.
    pub steps: Vec<RenderedStep>,
    /// Things worth knowing.
    pub notes: Vec<Html>,
    /// The provider's own errors.
    pub errors: Vec<RenderedError>,
    /// Why there is no direct way; may be empty.
    pub instead: Html,
    /// "November 2026".
    pub checked: String,
    /// The words were not compared with the provider's documentation.
    pub unsure: bool,
    /// The steps are the general ones, not written for this provider.
    pub general: bool,
}

/// A step as a page shows it.
#[derive(Clone, Debug)]
pub struct RenderedStep {
    /// What "done" is remembered by.
    pub id: String,
    /// What is done.
    pub title: String,
    /// The way through the console.
    pub path: Vec<String>,
    /// What to do.
    pub text: Vec<Html>,
    /// Values to copy.
    pub copy: Vec<Copy>,
    /// Things to choose.
    pub facts: Vec<(String, Html)>,
    /// Rows to add.
    pub attributes: Option<Attributes>,
    /// An example of what is looked for; may be empty.
    pub example: String,
    /// What to do after the values.
    pub after: Vec<Html>,
    /// Why it matters; may be empty.
    pub why: Html,
    /// Easy to miss.
    pub warning: Option<Notice>,
    /// "I do not see …", and the way round.
    pub missing: Vec<(String, Html)>,
}

/// An error of the provider's as a page shows it.
#[derive(Clone, Debug)]
pub struct RenderedError {
    /// Its code.
    pub code: String,
    /// What happened.
    pub means: Html,
    /// What to do.
    pub remedy: Html,
}

impl Guide {
    /// Puts our values into the guide. Fields whose value we do not have (a token shown before) are left out.
    pub fn render(&self, values: &Values) -> RenderedGuide {
        let from = self.steps_of();
        let console = [&self.console, &from.console].into_iter().find(|c| !c.is_empty());
        let role = [&self.admin_role, &from.admin_role].into_iter().find(|r| !r.is_empty());
        let mut detail = self.protocol.label().to_owned();
        if !self.variant.is_empty() {
            detail = format!("{detail}, {}", self.variant);
        }
        let general = self.base.is_some() && self.steps.is_empty();
        let inherited = if general { from.notes.as_slice() } else { &[] };
        RenderedGuide {
            id: self.id.clone(),
            name: self.name.clone(),
            provider: Person::thing(&self.name, &detail, &self.mark, self.hue),
            protocol: self.protocol.label().to_owned(),
            console: console.map_or_else(|| format!("console of {}", self.name), |c| values.fill(c)),
            admin_role: role.cloned().unwrap_or_default(),
            prerequisites: marked(&self.prerequisites, values),
            steps: numbered(&from.steps, values),
            notes: marked(self.notes.iter().chain(inherited), values),
            errors: self
                .errors
                .iter()
                .chain(if general { from.errors.as_slice() } else { &[] })
                .map(|e| RenderedError {
                    code: e.code.clone(),
                    means: text(&e.means, values),
                    remedy: text(&e.remedy, values),
                })
                .collect(),
            instead: text(&self.instead, values),
            checked: month(&self.checked),
            unsure: self.confidence == Confidence::Known,
            general,
        }
    }

    /// The name and the protocol: "Okta, SAML 2.0"; the name alone where it says the protocol, as the general guides do.
    pub fn named_with(&self, between: &str) -> String {
        let protocol = self.protocol.label();
        if self.name.contains(protocol) {
            self.name.clone()
        } else {
            format!("{}{between}{protocol}", self.name)
        }
    }

    /// Where the provider keeps one of our values: the way there and its word for the field.
    pub fn field_for(&self, placeholder: Placeholder, values: &Values) -> Option<(Vec<String>, String)> {
        let from = self.steps_of();
        let token = placeholder.token();
        let (step, field) = from.steps.iter().find_map(|step| {
            step.copy.iter().find(|field| field.value == token).map(|field| (step, field))
        })?;
        let path = from.fix.as_ref().map_or(&step.path, |fix| &fix.path);
        Some((path.iter().map(|p| values.fill(p)).collect(), field.label.clone()))
    }
}

fn numbered(steps: &[Step], values: &Values) -> Vec<RenderedStep> {
    steps.iter().enumerate().map(|(at, step)| rendered(step, at + 1, values)).collect()
}

fn rendered(step: &Step, number: usize, values: &Values) -> RenderedStep {
    let mut copy = Vec::new();
    for (at, field) in step.copy.iter().enumerate() {
        let value = values.fill(&field.value);
        if value.is_empty() {
            continue;
        }
        let hint = match (field.optional, field.hint.as_str()) {
            (true, "") => "Optional.".to_owned(),
            (true, hint) => format!("Optional. {hint}"),
            (false, hint) => hint.to_owned(),
        };
        let mut part = Copy::new(format!("v-{number}-{}", at + 1), field.label.clone(), value);
        part.hint = text(&hint, values);
        copy.push(part);
    }
    RenderedStep {
        id: step.id.clone(),
        title: values.fill(&step.title),
        path: step.path.iter().map(|p| values.fill(p)).collect(),
        text: marked(&step.text, values),
        copy,
        facts: step.facts.iter().map(|f| (f.name.clone(), text(&f.value, values))).collect(),
        attributes: step.attributes.clone(),
        example: values.fill(&step.example),
        after: marked(&step.after, values),
        why: text(&step.why, values),
        warning: step.warning.as_ref().map(|w| Notice {
            link: None,
            tone: Tone::Warn,
            title: w.title.clone(),
            text: text(&w.text, values),
            alert: false,
        }),
        missing: step.missing.iter().map(|m: &Missing| (m.title.clone(), text(&m.text, values))).collect(),
    }
}

fn marked<'a>(texts: impl IntoIterator<Item = &'a String>, values: &Values) -> Vec<Html> {
    texts.into_iter().map(|t| text(t, values)).collect()
}

/// Light markup with our values as code; the product's name stays a word.
pub(super) fn text(source: &str, values: &Values) -> Html {
    let html = Html::marked(source);
    Html::trusted(values.fill_with(html.as_str(), |value, placeholder| match placeholder {
        Placeholder::AppName | Placeholder::Field => escape(&value),
        _ => format!("<code>{}</code>", escape(&value)),
    }))
}

/// "2026-11" → "November 2026".
fn month(checked: &str) -> String {
    const NAMES: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let Some((year, month)) = checked.split_once('-') else { return checked.to_owned() };
    let name = month.parse::<usize>().ok().and_then(|m| NAMES.get(m.wrapping_sub(1)));
    name.map_or_else(|| checked.to_owned(), |name| format!("{name} {year}"))
}
