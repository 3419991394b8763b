//! Renewing what a live connection trusts: what is in use, the new values, and their test.

use super::sample_wizard;
use super::values::capitalised;
use crate::guide::{BringsBack, RenderedStep, Values};
use crate::html::Html;
use crate::layout::Page;
use crate::pages::change::Differences;
use crate::parts::{Field, Icon, Input, Notice, Person, Status};
use askama::Template;

/// What the live connections trust today.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/setup/trust.html")]
pub struct SetupTrust {
    /// Surroundings.
    pub page: Page,
    /// Whose sign-in.
    pub organization: String,
    /// The live connections.
    pub connections: Vec<Trusted>,
    /// Where choosing one is posted to, field `connection`.
    pub action: String,
    /// Link to the receipt of the last renewal.
    pub done: Option<String>,
}

/// A live connection and what it trusts.
#[derive(Clone, Debug)]
pub struct Trusted {
    /// Its id.
    pub id: String,
    /// The provider.
    pub provider: Person,
    /// The provider's name.
    pub name: String,
    /// How it stands.
    pub status: Status,
    /// Term and value.
    pub facts: Vec<(String, Html)>,
}

/// The form for the new values.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/setup/renew.html")]
pub struct SetupRenew {
    /// Surroundings.
    pub page: Page,
    /// The provider's name.
    pub provider: String,
    /// SAML, or else OpenID Connect.
    pub saml: bool,
    /// The provider's words for its values.
    pub labels: BringsBack,
    /// What is in use now: term and value.
    pub now: Vec<(String, Html)>,
    /// Where the values are found in the provider's console.
    pub find: Option<RenderedStep>,
    /// What was wrong, where it is about no field.
    pub notice: Option<Notice>,
    /// SAML, field `paste`: address or XML.
    pub paste: Field,
    /// SAML, field `certificate`.
    pub certificate: Field,
    /// OpenID Connect, field `client_secret`.
    pub client_secret: Field,
    /// OpenID Connect, field `secret_expires`: a date.
    pub secret_expires: Field,
    /// SAML, field `only_new`: the old keys go.
    pub only_new: bool,
    /// Where the form is posted to, as `multipart/form-data`; a file is the field `file`.
    pub action: String,
    /// Link to what is in use.
    pub back: String,
}

/// The new values work.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/setup/renew_tested.html")]
pub struct SetupRenewTested {
    /// Surroundings.
    pub page: Page,
    /// The provider's name.
    pub provider: String,
    /// Who signed in.
    pub email: String,
    /// What differs for this person.
    pub differences: Option<Differences>,
    /// The name of the new values, so that what is used is what was looked at.
    pub draft: String,
    /// What is in use: term and value.
    pub before: Vec<(String, Html)>,
    /// What takes its place.
    pub after: Vec<(String, Html)>,
    /// Where replacing is posted to.
    pub action: String,
    /// Where another test is posted to.
    pub test_action: String,
    /// Where leaving everything as it is is posted to.
    pub discard: String,
}

impl SetupRenew {
    fn paste_label(&self) -> String {
        match self.labels.url_label.as_str() {
            "" => "Metadata URL or XML".to_owned(),
            label => format!("{}, or the XML behind it", capitalised(label)),
        }
    }

    fn or<'a>(label: &'a str, otherwise: &'a str) -> &'a str {
        if label.is_empty() { otherwise } else { label }
    }

    /// A sample.
    pub fn sample() -> Self {
        let guide = crate::guide::find("okta-saml").unwrap_or(&crate::guide::sso()[0]);
        Self {
            page: sample_wizard("New values", 3),
            provider: "Okta".to_owned(),
            saml: true,
            labels: guide.steps_of().brings_back.clone().unwrap_or_default(),
            now: sample_facts("9C:1F:27:B0"),
            find: guide.render(&Values::sample()).steps.into_iter().find(|it| it.id == "return_values"),
            notice: None,
            paste: Field::new("https://acme.okta.com/app/exk9f2kq7LmT3wPzA5d7/sso/saml/metadata"),
            certificate: Field::wrong("MII", "That is no whole certificate."),
            client_secret: Field::default(),
            secret_expires: Field::default(),
            only_new: false,
            action: "/s/token/certificate/values".to_owned(),
            back: "/s/token/certificate".to_owned(),
        }
    }

    /// A sample of a client secret.
    pub fn sample_secret() -> Self {
        let guide = crate::guide::find("entra-oidc").unwrap_or(&crate::guide::sso()[0]);
        Self {
            provider: "Microsoft Entra ID".to_owned(),
            saml: false,
            labels: guide.steps_of().brings_back.clone().unwrap_or_default(),
            find: guide.render(&Values::sample()).steps.into_iter().find(|it| it.id == "return_values"),
            ..Self::sample()
        }
    }
}

fn sample_facts(fingerprint: &str) -> Vec<(String, Html)> {
    vec![
        ("Issuer".to_owned(), Html::text("http://www.okta.com/exk9f2kq7LmT3wPzA5d7")),
        (
            "Signing certificate".to_owned(),
            Html::marked(&format!("``{fingerprint}``, ends 14 December 2026, 09:00 UTC")),
        ),
    ]
}

impl SetupTrust {
    /// A sample.
    pub fn sample() -> Self {
        Self {
            page: sample_wizard("In use today", 1),
            organization: "Acme".to_owned(),
            connections: vec![Trusted {
                id: "con_01jd8q6v".to_owned(),
                provider: Person::thing("Okta", "SAML 2.0", "Ok", 5),
                name: "Okta".to_owned(),
                status: Status::warn("Ends in 21 days"),
                facts: sample_facts("9C:1F:27:B0"),
            }],
            action: "/s/token/certificate".to_owned(),
            done: Some("/s/token/certificate/done".to_owned()),
        }
    }

    /// A sample without a live connection.
    pub fn sample_empty() -> Self {
        Self { connections: Vec::new(), done: None, ..Self::sample() }
    }
}

impl SetupRenewTested {
    /// A sample.
    pub fn sample() -> Self {
        Self {
            page: sample_wizard("The test passed", 4),
            provider: "Okta".to_owned(),
            email: "priya.raman@acme.example".to_owned(),
            differences: Some(Differences::sample()),
            draft: "0a1b".to_owned(),
            before: sample_facts("9C:1F:27:B0"),
            after: sample_facts("02:AA:91:7E"),
            action: "/s/token/certificate/use".to_owned(),
            test_action: "/s/token/certificate/test".to_owned(),
            discard: "/s/token/certificate/discard".to_owned(),
        }
    }
}
