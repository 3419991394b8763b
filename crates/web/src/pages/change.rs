//! Changing a live connection: what is in use, the draft beside it, its test, what real sign-ins would have come to, and
//! the way back. The same body for a company's administrators, for operators, and in the setup wizard.

mod samples;

use crate::html::Html;
use crate::layout::Page;
use crate::parts::{Compare, Field, Figure, Icon, Input, Notice, Person, Status, Tone, When};
use askama::Template;

/// A connection with everything around a change of it.
#[derive(Clone, Debug)]
pub struct Change {
    /// The provider; the second line is the protocol and the id.
    pub provider: Person,
    /// How the connection stands.
    pub status: Status,
    /// What is in use: term and value.
    pub live: Vec<(String, Html)>,
    /// The draft beside it.
    pub draft: Option<DraftView>,
    /// What came of the test that this browser has just made.
    pub test: Option<TestView>,
    /// What real sign-ins would have come to.
    pub shadow: Option<ShadowView>,
    /// What a shadow would do, where one can be begun.
    pub can_shadow: Option<String>,
    /// What was in use before.
    pub former: Option<FormerView>,
    /// Link to the form for other values; none where they are changed elsewhere.
    pub edit: Option<String>,
    /// Link to the form about what our requests ask for, for operators.
    pub requests: Option<String>,
    /// Where the acts are posted to: field `act`.
    pub action: String,
    /// Link back.
    pub back: String,
}

/// Values beside those in use.
#[derive(Clone, Debug)]
pub struct DraftView {
    /// The name of its values, so that what is replaced is what was looked at.
    pub digest: String,
    /// Who made it, and when.
    pub made: String,
    /// Tested, or not yet.
    pub status: Status,
    /// Each value that differs.
    pub changes: Vec<Setting>,
    /// A test with exactly these came through.
    pub tested: bool,
    /// Why it cannot be put in use as it is.
    pub notice: Option<Notice>,
}

/// A setting by both.
#[derive(Clone, Debug)]
pub struct Setting {
    /// "Signing certificate".
    pub label: String,
    /// In use; may be empty.
    pub live: String,
    /// In the draft; may be empty.
    pub draft: String,
}

/// What came of a test.
#[derive(Clone, Debug)]
pub enum TestView {
    /// It worked.
    Passed {
        /// As whom.
        email: String,
        /// What differs.
        differences: Differences,
    },
    /// It did not.
    Failed {
        /// What happened, in a sentence.
        title: String,
        /// More of it.
        text: String,
        /// Expected beside received.
        compare: Option<Compare>,
        /// What puts it right, in order.
        todo: Vec<Html>,
        /// The reference of the record.
        reference: String,
    },
    /// It was of other values than the draft's now, or another browser's.
    Other,
}

/// A person by both settings.
#[derive(Clone, Debug)]
pub struct Differences {
    /// How many differ, and what the left side was read from.
    pub summary: String,
    /// Line by line.
    pub lines: Vec<Difference>,
    /// What the settings in use would have said to this very answer.
    pub note: Html,
}

/// One thing about a person by both settings.
#[derive(Clone, Debug)]
pub struct Difference {
    /// "Email".
    pub label: String,
    /// By the settings in use; may be empty.
    pub live: String,
    /// By the draft; may be empty.
    pub new: String,
    /// Known to differ.
    pub differs: bool,
    /// What that would mean.
    pub meaning: String,
}

/// What real sign-ins would have come to.
#[derive(Clone, Debug)]
pub struct ShadowView {
    /// Since when, by whom.
    pub since: String,
    /// How many were judged, worked, failed.
    pub figures: Vec<Figure>,
    /// Those worth a look.
    pub rows: Vec<ShadowRow>,
    /// What cannot be seen by it.
    pub limits: Html,
}

/// A sign-in that would have come to something else.
#[derive(Clone, Debug)]
pub struct ShadowRow {
    /// When.
    pub when: When,
    /// Who, as far as it could be read.
    pub who: String,
    /// What it would have been.
    pub status: Status,
    /// Why, in a sentence.
    pub text: String,
    /// Expected beside received.
    pub compare: Option<Compare>,
    /// What puts it right.
    pub todo: Vec<Html>,
    /// What differs.
    pub lines: Vec<Difference>,
}

/// What was in use before.
#[derive(Clone, Debug)]
pub struct FormerView {
    /// Its id.
    pub version: String,
    /// "Replaced 24 November 2026, 16:02 UTC by an administrator of the company".
    pub replaced: String,
    /// Term and value.
    pub facts: Vec<(String, Html)>,
}

/// The change at a company's desk.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/change/org.html")]
pub struct OrgChange {
    /// Surroundings.
    pub page: Page,
    /// The change.
    pub it: Change,
}

/// The change in the setup wizard.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/change/setup.html")]
pub struct SetupChange {
    /// Surroundings.
    pub page: Page,
    /// The change.
    pub it: Change,
}

/// The form for other values.
#[derive(Clone, Debug)]
pub struct ChangeForm {
    /// The provider's name.
    pub provider: String,
    /// SAML, or else OpenID Connect.
    pub saml: bool,
    /// What was wrong, where it is about no field.
    pub notice: Option<Notice>,
    /// As where values that are left out stay: "in the draft", "in use".
    pub from: &'static str,
    /// The name of the draft that is changed; empty for none.
    pub draft: String,
    /// SAML, field `paste`: address or XML.
    pub paste: Field,
    /// SAML, field `entity_id`: which provider is meant, where what came describes several; none where it does not.
    pub chosen: Option<Field>,
    /// SAML, field `certificate`.
    pub certificate: Field,
    /// SAML, field `only_new`: the old keys go.
    pub only_new: bool,
    /// OpenID Connect, field `issuer`.
    pub issuer: Field,
    /// OpenID Connect, field `client_id`.
    pub client_id: Field,
    /// OpenID Connect, field `client_secret`.
    pub client_secret: Field,
    /// OpenID Connect, field `secret_expires`: a date.
    pub secret_expires: Field,
    /// OpenID Connect, field `by_key`: our own key proves who we are.
    pub by_key: bool,
    /// Fields `attribute.…`: name of the field, label, name that is looked for otherwise, what was chosen.
    pub attributes: Vec<(String, String, String, Field)>,
    /// Where the form is posted to, as `multipart/form-data`; a file is the field `file`.
    pub action: String,
    /// Link back.
    pub back: String,
}

/// The form at a company's desk.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/change/org_form.html")]
pub struct OrgChangeForm {
    /// Surroundings.
    pub page: Page,
    /// The form.
    pub it: ChangeForm,
}

/// The form in the setup wizard.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/change/setup_form.html")]
pub struct SetupChangeForm {
    /// Surroundings.
    pub page: Page,
    /// The form.
    pub it: ChangeForm,
}

impl ChangeForm {
    fn attribute(entry: &(String, String, String, Field)) -> Input {
        let (name, label, otherwise, field) = entry;
        Input::text(&format!("attribute.{name}"), label).from(field).placeholder(otherwise).mono().max(256)
    }

    fn chose_attributes(&self) -> bool {
        self.attributes.iter().any(|(_, _, _, field)| !field.value.is_empty() || field.error.is_some())
    }
}

impl TestView {
    fn other() -> Notice {
        let text = "It began before the draft was last changed, or in another browser, so it says nothing about the draft \
                    as it is now. Test once more.";
        Notice::new(Tone::Warn, "That test was of other values", text).alert()
    }
}
