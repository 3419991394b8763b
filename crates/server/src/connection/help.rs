//! Help in the words of the provider's console: where to go there, what to click, what to set.
//!
//! Owns turning a guide into the few steps that mend one thing. Does not own which thing needs mending (`explain`).

use model::Connection;

use super::metadata;
use super::pasted::plain;
use crate::app::App;
use web::guide::{self, Guide, Placeholder, Values, Way};

/// Where the provider's console says which address is sent of a person, as its guide has it.
pub fn attribute_help(app: &App, connection: &Connection) -> Vec<String> {
    let help = Help::of(app, connection);
    let steps = help.address();
    let steps = if steps.is_empty() { help.facts(&["name id", "nameid", "username"]) } else { steps };
    help.or(steps, "look at the attribute or claim that is sent as email")
}

/// The help that one guide gives about one connection.
pub(super) struct Help {
    pub(super) guide: Option<&'static Guide>,
    pub(super) values: Values,
}

impl Help {
    pub(super) fn of(app: &App, connection: &Connection) -> Self {
        Self { guide: guide::find(&connection.provider), values: metadata::guide_values(app, connection) }
    }

    /// What the provider is called.
    pub(super) fn name(&self) -> &str {
        self.guide.map_or("the identity provider", |guide| &guide.name)
    }

    /// The guide's words about signing, or ours where it has none.
    pub(super) fn or_signing(&self, steps: Vec<String>) -> Vec<String> {
        self.or(steps, "let it sign the assertion with RSA or ECDSA and SHA-256, with its own certificate")
    }

    /// The guide's words about the name ID, or ours where it has none.
    pub(super) fn or_name_id(&self, steps: Vec<String>) -> Vec<String> {
        self.or(steps, "let it send a name ID: a persistent one, or the email address")
    }

    /// The guide's words about who may use the application, or ours where it has none.
    pub(super) fn or_assign(&self, steps: Vec<String>) -> Vec<String> {
        self.or(steps, "check that the person, or one of their groups, may use this application")
    }

    fn or(&self, steps: Vec<String>, words: &str) -> Vec<String> {
        if steps.is_empty() { vec![format!("In {} {words}.", self.console())] } else { steps }
    }

    pub(super) fn console(&self) -> String {
        let Some(guide) = self.guide else { return "the identity provider's console".to_owned() };
        let known = [&guide.console, &guide.steps_of().console].into_iter().find(|c| !c.is_empty());
        known.map_or_else(|| format!("the console of {}", guide.name), |c| format!("the {}", self.text(c)))
    }

    fn text(&self, marked: &str) -> String {
        plain(&self.values.fill(marked))
    }

    fn way(&self, path: &[String]) -> String {
        let path: Vec<String> = path.iter().map(|step| self.text(step)).collect();
        format!("In {} go to {}.", self.console(), path.join(" › "))
    }

    /// Where one of our values stands in the console, and what it must be.
    pub(super) fn correct(&self, placeholder: Placeholder) -> Vec<String> {
        let value = self.values.of(placeholder);
        let Some(guide) = self.guide else {
            return vec![format!("Correct the value in the identity provider's console: {value}")];
        };
        let Some((path, label)) = guide.field_for(placeholder, &self.values) else {
            return vec![format!("Correct the value in {}: {value}", self.console())];
        };
        let mut steps = vec![self.way(&path)];
        steps.push(format!("Set “{label}” to exactly: {value}"));
        if let Some(fix) = &guide.steps_of().fix {
            steps.extend(fix.text.iter().map(|text| self.text(text)));
        }
        steps
    }

    /// How the provider's values reach us anew: its key, address or name has changed.
    pub(super) fn bring_metadata_again(&self) -> Vec<String> {
        let back = self.guide.and_then(|guide| guide.steps_of().brings_back.as_ref());
        let Some(back) = back else {
            return vec!["Copy the metadata from the identity provider again and save it here.".to_owned()];
        };
        let mut steps = Vec::new();
        let step = self.guide.and_then(|g| g.steps_of().steps.iter().find(|step| step.id == "return_values"));
        if let Some(step) = step.filter(|step| !step.path.is_empty()) {
            steps.push(self.way(&step.path));
        }
        steps.push(match back.ways.first() {
            Some(Way::MetadataUrl) => {
                format!(
                    "Copy “{}” and enter it here again, so that we read the present certificate.",
                    back.url_label
                )
            }
            Some(Way::MetadataXml) => "Download the metadata file and upload it here again.".to_owned(),
            _ => format!("Copy “{}” and “{}” and enter them here again.", back.issuer, back.certificate),
        });
        steps
    }

    pub(super) fn bring_client_again(&self, secret: bool) -> Vec<String> {
        let back = self.guide.and_then(|guide| guide.steps_of().brings_back.as_ref());
        let word = |theirs: Option<&String>, ours: &str| {
            theirs.filter(|label| !label.is_empty()).map_or_else(|| ours.to_owned(), |label| self.text(label))
        };
        let id = word(back.map(|b| &b.client_id), "client ID");
        let mut steps =
            vec![format!("Copy “{id}” from {} and compare it with the one here.", self.console())];
        if secret {
            let secret = word(back.map(|b| &b.client_secret), "client secret");
            steps.push(format!("If it is the same, make a new “{secret}” there and enter it here."));
        }
        steps
    }

    pub(super) fn compare_issuer(&self) -> Vec<String> {
        let back = self.guide.and_then(|guide| guide.steps_of().brings_back.as_ref());
        let label = back.map(|b| b.issuer.as_str()).filter(|label| !label.is_empty()).unwrap_or("issuer");
        vec![format!(
            "Copy “{}” from {} and enter it here again, letter for letter.",
            self.text(label),
            self.console()
        )]
    }

    pub(super) fn load_our_metadata(&self) -> Vec<String> {
        vec![
            format!("In {} load our metadata again: {}", self.console(), self.values.sp_metadata_url),
            "Or switch the encryption of assertions off.".to_owned(),
        ]
    }

    /// What to choose in fields whose name holds one of these words.
    pub(super) fn facts(&self, words: &[&str]) -> Vec<String> {
        let Some(guide) = self.guide else { return Vec::new() };
        let guide = guide.steps_of();
        let mut steps = Vec::new();
        for fact in guide.steps.iter().flat_map(|step| &step.facts) {
            let name = fact.name.to_lowercase();
            if words.iter().any(|word| name.contains(word)) {
                steps.push(format!("Set “{}” to: {}", self.text(&fact.name), self.text(&fact.value)));
            }
        }
        if let Some(fix) = guide.fix.as_ref().filter(|_| !steps.is_empty()) {
            steps.insert(0, self.way(&fix.path));
            steps.extend(fix.text.iter().map(|text| self.text(text)));
        }
        steps
    }

    /// The attributes to send, as the guide's table has them.
    pub(super) fn attributes(&self) -> Vec<String> {
        self.rows(|_| true)
    }

    /// Only those that hold the address.
    pub(super) fn address(&self) -> Vec<String> {
        self.rows(|row| row.iter().any(|cell| cell.to_lowercase().contains("mail")))
    }

    /// The rows of the guide's table that are meant, with where it stands; nothing where it has none of them.
    fn rows(&self, meant: impl Fn(&[String]) -> bool) -> Vec<String> {
        let Some(guide) = self.guide else { return Vec::new() };
        let found = guide.steps_of().steps.iter().find_map(|step| Some((step, step.attributes.as_ref()?)));
        let Some((step, table)) = found else { return Vec::new() };
        let rows: Vec<String> =
            table.rows.iter().filter(|row| meant(row)).map(|row| row.join(": ")).collect();
        if rows.is_empty() {
            return rows;
        }
        let mut steps = Vec::new();
        if !step.path.is_empty() {
            steps.push(self.way(&step.path));
        }
        steps.push(format!("{}:", self.text(&table.caption)));
        steps.extend(rows);
        steps
    }

    /// Letting the person use the application.
    pub(super) fn assign(&self) -> Vec<String> {
        let Some(guide) = self.guide else { return Vec::new() };
        let Some(step) = guide.steps_of().steps.iter().find(|step| step.id == "assign") else {
            return vec![format!("In {} check that the person may use this application.", self.console())];
        };
        let mut steps = Vec::new();
        if !step.path.is_empty() {
            steps.push(self.way(&step.path));
        }
        steps.extend(step.text.iter().map(|text| self.text(text)));
        steps
    }

    /// What the guide says about a code or sentence of the provider.
    pub(super) fn known_error(&self, heard: &str) -> Option<Vec<String>> {
        let guide = self.guide?;
        let all = guide.errors.iter().chain(&guide.steps_of().errors);
        let known = all.into_iter().find(|hint| !hint.code.is_empty() && heard.contains(&hint.code))?;
        Some(vec![self.text(&known.means), self.text(&known.remedy)])
    }
}
