//! Fields of forms: a label, the value as typed, and what is wrong with it beside it.

use super::{Icon, safe};
use crate::html::Html;
use askama::Template;

safe!(Input, Select, Choice);

/// What was typed and what is wrong with it. Handlers fill this; templates say the rest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Field {
    /// The value as typed, kept after an error.
    pub value: String,
    /// What was expected and what to do, in light markup.
    pub error: Option<String>,
}

impl Field {
    /// A value without an error.
    pub fn new(value: impl Into<String>) -> Self {
        Self { value: value.into(), error: None }
    }

    /// A value with what is wrong with it.
    pub fn wrong(value: impl Into<String>, error: impl Into<String>) -> Self {
        Self { value: value.into(), error: Some(error.into()) }
    }
}

/// A one-line or many-line field with its label.
#[derive(Clone, Debug, Default, PartialEq, Eq, Template)]
#[template(path = "parts/input.html")]
pub struct Input {
    name: String,
    id: String,
    label: Html,
    kind: &'static str,
    value: String,
    error: Html,
    hint: Html,
    note: &'static str,
    placeholder: String,
    autocomplete: &'static str,
    inputmode: &'static str,
    accept: &'static str,
    maxlength: Option<u32>,
    rows: u8,
    required: bool,
    mono: bool,
    autofocus: bool,
    explained_by: &'static str,
}

impl Input {
    /// A text field; name and id are the same.
    pub fn text(name: &str, label: &str) -> Self {
        let name = name.to_owned();
        Self { id: name.clone(), name, label: Html::marked(label), kind: "text", ..Self::default() }
    }

    /// An email address.
    pub fn email(name: &str, label: &str) -> Self {
        Self { kind: "email", inputmode: "email", autocomplete: "email", ..Self::text(name, label) }
    }

    /// A password; its value is never written into the page.
    pub fn password(name: &str, label: &str, autocomplete: &'static str) -> Self {
        Self { kind: "password", autocomplete, ..Self::text(name, label) }
    }

    /// A file to upload.
    pub fn file(name: &str, label: &str, accept: &'static str) -> Self {
        Self { kind: "file", accept, ..Self::text(name, label) }
    }

    /// A field of several lines.
    pub fn area(name: &str, label: &str, rows: u8) -> Self {
        Self { rows, ..Self::text(name, label) }
    }

    /// Takes value and error.
    #[must_use]
    pub fn from(mut self, field: &Field) -> Self {
        if self.kind != "password" && self.kind != "file" {
            self.value.clone_from(&field.value);
        }
        self.error = field.error.as_deref().map(Html::marked).unwrap_or_default();
        self
    }

    /// A line below, in light markup.
    #[must_use]
    pub fn hint(mut self, text: &str) -> Self {
        self.hint = Html::marked(text);
        self
    }

    /// A quiet word beside the label, such as "optional".
    #[must_use]
    pub fn note(mut self, note: &'static str) -> Self {
        self.note = note;
        self
    }

    /// An example inside the empty field.
    #[must_use]
    pub fn placeholder(mut self, text: &str) -> Self {
        text.clone_into(&mut self.placeholder);
        self
    }

    /// What a browser may fill in.
    #[must_use]
    pub fn autocomplete(mut self, token: &'static str) -> Self {
        self.autocomplete = token;
        self
    }

    /// Which keys a phone shows.
    #[must_use]
    pub fn inputmode(mut self, mode: &'static str) -> Self {
        self.inputmode = mode;
        self
    }

    /// At most so many characters.
    #[must_use]
    pub fn max(mut self, length: u32) -> Self {
        self.maxlength = Some(length);
        self
    }

    /// Must be filled in.
    #[must_use]
    pub fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// Letters of one width, for addresses and codes.
    #[must_use]
    pub fn mono(mut self) -> Self {
        self.mono = true;
        self
    }

    /// What is wrong with the value is said in another part of the page, which has this id; empty where nothing is.
    #[must_use]
    pub fn explained_by(mut self, id: &'static str) -> Self {
        self.explained_by = id;
        self
    }

    /// An id that differs from the name, where a name occurs twice on a page.
    #[must_use]
    pub fn id(mut self, id: &str) -> Self {
        id.clone_into(&mut self.id);
        self
    }

    /// Holds no words of a language, so nothing is to be spell-checked.
    fn plain(&self) -> bool {
        self.kind == "email"
    }

    fn described_by(&self) -> String {
        let mut ids = Vec::new();
        if !self.explained_by.is_empty() {
            ids.push(self.explained_by.to_owned());
        }
        if !self.error.is_empty() {
            ids.push(format!("{}-e", self.id));
        }
        if !self.hint.is_empty() {
            ids.push(format!("{}-h", self.id));
        }
        ids.join(" ")
    }

    fn alert() -> Icon {
        Icon::small("alert")
    }
}

/// One entry of a list to choose from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Opt {
    /// What is sent.
    pub value: String,
    /// What is read.
    pub label: String,
    /// Chosen now.
    pub selected: bool,
}

impl Opt {
    /// An entry.
    pub fn new(value: impl Into<String>, label: impl Into<String>, selected: bool) -> Self {
        Self { value: value.into(), label: label.into(), selected }
    }

    /// Entries of which the one with the value `chosen` is selected.
    pub fn list(entries: &[(&str, &str)], chosen: &str) -> Vec<Self> {
        entries.iter().map(|(value, label)| Self::new(*value, *label, *value == chosen)).collect()
    }
}

/// A list to choose one from, with its label.
#[derive(Clone, Debug, Default, PartialEq, Eq, Template)]
#[template(path = "parts/select.html")]
pub struct Select {
    name: String,
    id: String,
    label: Html,
    options: Vec<Opt>,
    error: Html,
    hint: Html,
    note: &'static str,
    autocomplete: &'static str,
    required: bool,
    hidden_label: bool,
}

impl Select {
    /// A list; name and id are the same.
    pub fn new(name: &str, label: &str, options: &[Opt]) -> Self {
        let name = name.to_owned();
        Self {
            id: name.clone(),
            name,
            label: Html::marked(label),
            options: options.to_vec(),
            ..Self::default()
        }
    }

    /// What is wrong with the choice, in light markup.
    #[must_use]
    pub fn error(mut self, error: &Option<String>) -> Self {
        self.error = error.as_deref().map(Html::marked).unwrap_or_default();
        self
    }

    /// A line below, in light markup.
    #[must_use]
    pub fn hint(mut self, text: &str) -> Self {
        self.hint = Html::marked(text);
        self
    }

    /// A quiet word beside the label.
    #[must_use]
    pub fn note(mut self, note: &'static str) -> Self {
        self.note = note;
        self
    }

    /// What a browser may fill in.
    #[must_use]
    pub fn autocomplete(mut self, token: &'static str) -> Self {
        self.autocomplete = token;
        self
    }

    /// Something must be chosen.
    #[must_use]
    pub fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// An id that differs from the name.
    #[must_use]
    pub fn id(mut self, id: &str) -> Self {
        id.clone_into(&mut self.id);
        self
    }

    /// The label is only for screen readers, because a heading beside it says the same.
    #[must_use]
    pub fn small(mut self) -> Self {
        self.hidden_label = true;
        self
    }

    fn described_by(&self) -> String {
        let ids = [(!self.error.is_empty(), "e"), (!self.hint.is_empty(), "h")];
        ids.iter()
            .filter(|(on, _)| *on)
            .map(|(_, end)| format!("{}-{end}", self.id))
            .collect::<Vec<_>>()
            .join(" ")
    }

    fn alert() -> Icon {
        Icon::small("alert")
    }
}

/// A radio card whose text is the consequence.
#[derive(Clone, Debug, Default, PartialEq, Eq, Template)]
#[template(path = "parts/choice.html")]
pub struct Choice {
    /// Name of the radio group.
    pub name: String,
    /// What is sent.
    pub value: String,
    /// What is chosen.
    pub label: String,
    /// A quiet word beside the label, such as "Recommended".
    pub tag: &'static str,
    /// One consequence, or several as a list; in light markup.
    pub consequences: Vec<Html>,
    /// Chosen now.
    pub checked: bool,
    /// A second question belongs to this answer.
    pub asks: bool,
}

impl Choice {
    /// A choice with one consequence.
    pub fn new(name: &str, value: &str, label: &str, consequence: &str, chosen: bool) -> Self {
        Self {
            name: name.to_owned(),
            value: value.to_owned(),
            label: label.to_owned(),
            tag: "",
            consequences: vec![Html::marked(consequence)],
            checked: chosen,
            asks: false,
        }
    }

    /// More consequences, shown as a list.
    #[must_use]
    pub fn and(mut self, consequence: &str) -> Self {
        self.consequences.push(Html::marked(consequence));
        self
    }

    /// A quiet word beside the label.
    #[must_use]
    pub fn tag(mut self, tag: &'static str) -> Self {
        self.tag = tag;
        self
    }
}
