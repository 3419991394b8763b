//! The real test sign-in and what it showed.

use super::sample_wizard;
use crate::guide::RenderedError;
use crate::html::Html;
use crate::layout::Page;
use crate::parts::{Check, Choice, Compare, Copy, Icon, Notice, Opt, Select, Status, Tone, When};
use askama::Template;

/// Before the first test. Send it with [`crate::respond_leaving`].
#[derive(Clone, Debug, Template)]
#[template(path = "pages/setup/test.html")]
pub struct SetupTest {
    /// Surroundings.
    pub page: Page,
    /// The provider's name.
    pub provider: String,
    /// What happens, and what does not.
    pub lede: String,
    /// Why another test is wanted.
    pub notice: Option<Notice>,
    /// What we read from the provider's values.
    pub checks: Vec<Check>,
    /// Where the start of a test is posted to.
    pub action: String,
    /// Link back.
    pub back: String,
    /// The provider's own errors, for those who do not come back to us.
    pub errors: Vec<RenderedError>,
}

/// A test that worked: what the provider said about the person.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/setup/test_passed.html")]
pub struct SetupTestPassed {
    /// Surroundings.
    pub page: Page,
    /// The provider's name.
    pub provider: String,
    /// When the test was.
    pub when: When,
    /// Address that came.
    pub email: String,
    /// What is still to decide, in a sentence.
    pub lede: String,
    /// "4 found, 1 matched, 1 missing".
    pub summary: String,
    /// One row for each field of a person.
    pub rows: Vec<AttributeRow>,
    /// What was read under another name, in light markup; may be empty.
    pub note: Html,
    /// A missing field: where it shall come from.
    pub decisions: Vec<Decision>,
    /// What makes it trustworthy.
    pub trust: Vec<Check>,
    /// Where going on is posted to.
    pub action: String,
    /// Where another test is posted to.
    pub test_action: String,
}

/// What the provider sent for one field.
#[derive(Clone, Debug)]
pub struct AttributeRow {
    /// "Last name".
    pub field: String,
    /// "optional", "recommended" or empty.
    pub need: &'static str,
    /// The value; empty when nothing came.
    pub sent: String,
    /// The name it came under; empty when nothing came.
    pub name: String,
    /// Found, matched or missing.
    pub result: Status,
}

/// A missing field, and where it shall come from.
#[derive(Clone, Debug)]
pub struct Decision {
    /// "Northwind Privacy needs everyone’s country. Where should it come from?"
    pub question: String,
    /// The ways.
    pub choices: Vec<Choice>,
    /// Name of the field that takes one value for everybody; empty if there is no such way.
    pub default_name: String,
    /// Values for everybody.
    pub defaults: Vec<Opt>,
}

/// A test that did not work. Send it with [`crate::respond_leaving`].
#[derive(Clone, Debug, Template)]
#[template(path = "pages/setup/test_failed.html")]
pub struct SetupTestFailed {
    /// Surroundings.
    pub page: Page,
    /// When the test was.
    pub when: When,
    /// Who tested, as far as known; may be empty.
    pub email: String,
    /// What happened, in a sentence a person would say.
    pub title: String,
    /// How bad it is; in light markup.
    pub lede: Html,
    /// Name of the value that differs: "Audience"; may be empty.
    pub subject: String,
    /// Expected beside received.
    pub compare: Option<Compare>,
    /// The one fix.
    pub fix: Option<FixIt>,
    /// What was looked at besides.
    pub checks: Vec<Check>,
    /// For someone who knows the protocol: term and value.
    pub details: Vec<(String, Html)>,
    /// Where another test is posted to.
    pub test_action: String,
    /// Link back.
    pub back: String,
    /// The provider's own errors.
    pub errors: Vec<RenderedError>,
}

/// How to put something right in the provider's console.
#[derive(Clone, Debug)]
pub struct FixIt {
    /// "Put it right in Okta".
    pub title: String,
    /// The way through the console.
    pub path: Vec<String>,
    /// What to do before.
    pub before: Html,
    /// The value to enter.
    pub copy: Option<Copy>,
    /// What to do after.
    pub after: Html,
}

impl SetupTest {
    /// A sample.
    pub fn sample() -> Self {
        Self {
            page: sample_wizard("Test sign-in", 4),
            provider: "Okta".to_owned(),
            lede: "You go to Okta and come straight back. We show you what it really sent. Nobody else is affected, and \
                   nothing is switched on by it."
                .to_owned(),
            notice: None,
            checks: vec![
                Check::new(Tone::Ok, "Metadata read from acme.okta.com", "today, 15:40"),
                Check::new(Tone::Ok, "Signing certificate", "valid until 14 March 2036"),
                Check::new(Tone::None, "What Okta says about a person", "the test shows it"),
            ],
            action: "/s/token/test".to_owned(),
            back: "/s/token/metadata".to_owned(),
            errors: vec![RenderedError {
                code: "User is not assigned to this application".to_owned(),
                means: Html::marked("Okta knows the person, but the app was not assigned to them."),
                remedy: Html::marked("Assign them on the tab `Assignments`."),
            }],
        }
    }
}

impl SetupTestPassed {
    /// A sample.
    pub fn sample() -> Self {
        let row = |field: &str, need, sent: &str, name: &str, result| AttributeRow {
            field: field.to_owned(),
            need,
            sent: sent.to_owned(),
            name: name.to_owned(),
            result,
        };
        Self {
            page: sample_wizard("Test sign-in", 4),
            provider: "Okta".to_owned(),
            when: When::new("2026-11-23T15:51:30Z", "23 November 2026, 15:51:30"),
            email: "priya.raman@acme.example".to_owned(),
            lede: "Check that it looks right. One thing needs a decision; everything else is ready."
                .to_owned(),
            summary: "4 found · 1 matched · 1 missing".to_owned(),
            rows: vec![
                row("Stable id", "", "00u8f35d7", "id", Status::ok("Found")),
                row("Email", "", "priya.raman@acme.example", "email", Status::ok("Found")),
                row("First name", "", "Priya", "firstName", Status::ok("Found")),
                row("Last name", "", "Raman", "surname", Status::ok("Matched").ring()),
                row("Groups", "optional", "3 groups", "groups", Status::ok("Found")),
                row("Country", "", "", "", Status::warn("Missing")),
            ],
            note: Html::marked(
                "We asked for ``lastName`` and Okta sent ``surname``. We read it as the last name.",
            ),
            decisions: vec![Decision {
                question: "Northwind Privacy needs everyone’s country. Where should it come from?".to_owned(),
                choices: vec![
                    Choice::new(
                        "country",
                        "ask",
                        "Ask each person once",
                        "A single question at first sign-in.",
                        true,
                    ),
                    Choice {
                        asks: true,
                        ..Choice::new(
                            "country",
                            "default",
                            "Use one country for everybody",
                            "People can correct it.",
                            false,
                        )
                    },
                ],
                default_name: "default_country".to_owned(),
                defaults: Opt::list(&[("DE", "Germany"), ("IE", "Ireland")], "DE"),
            }],
            trust: vec![
                Check::new(Tone::Ok, "Signed assertion and response", "RSA-SHA256"),
                Check::new(
                    Tone::Warn,
                    "People with acme-labs.example must wait for the DNS record",
                    "pending",
                ),
            ],
            action: "/s/token/attributes".to_owned(),
            test_action: "/s/token/test".to_owned(),
        }
    }
}

impl SetupTestFailed {
    /// A sample.
    pub fn sample() -> Self {
        let entity = "https://id.northwind.example/saml/con_01jd8q6v";
        let path = ["Applications", "Northwind Privacy", "General", "SAML Settings"];
        Self {
            page: sample_wizard("Test sign-in", 4),
            when: When::new("2026-11-23T15:42:07Z", "23 November 2026, 15:42:07"),
            email: "priya.raman@acme.example".to_owned(),
            title: "Okta let you in, but addressed its answer to someone else".to_owned(),
            lede: Html::marked("One value in Okta is different from ours. Nobody but you is affected."),
            subject: "Audience".to_owned(),
            compare: Some(
                Compare::new(entity, &format!("{entity}/acs"))
                    .note("This is the Single sign-on URL. The two are easily swapped."),
            ),
            fix: Some(FixIt {
                title: "Put it right in Okta".to_owned(),
                path: path.map(str::to_owned).to_vec(),
                before: Html::marked(
                    "Click `Edit`, then `Next`. Replace `Audience URI (SP Entity ID)` with this:",
                ),
                copy: Some(Copy::new("v-fix", "Audience URI (SP Entity ID)", entity)),
                after: Html::marked("Click `Next`, then `Finish`. Okta uses the new value at once."),
            }),
            checks: vec![
                Check::new(Tone::Ok, "Signature, made with the certificate from your metadata", "RSA-SHA256"),
                Check::new(Tone::Ok, "Issuer", "``…/exk9f2kq7LmT3wPzA5d7``"),
                Check::new(Tone::None, "Attributes and email domain", "checked once the audience is right"),
            ],
            details: vec![
                ("Reference".to_owned(), Html::marked("``FD-7K2Q-94MX``")),
                ("Rule".to_owned(), Html::marked("``saml.audience_mismatch``")),
            ],
            test_action: "/s/token/test".to_owned(),
            back: "/s/token/metadata".to_owned(),
            errors: Vec::new(),
        }
    }
}

impl Decision {
    fn default_select(&self) -> Select {
        Select::new(&self.default_name, "For everybody", &self.defaults)
    }
}
