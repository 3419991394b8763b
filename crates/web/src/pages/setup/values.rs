//! What the administrator brings back from the provider.

use super::sample_wizard;
use crate::guide::{BringsBack, Guide, Recognised, Way};
use crate::html::Html;
use crate::layout::Page;
use crate::parts::{Compare, Field, Icon, Input};
use askama::Template;

/// SAML: metadata as address, text or file, or values by hand.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/setup/metadata.html")]
pub struct SetupMetadata {
    /// Surroundings.
    pub page: Page,
    /// The provider's name.
    pub provider: String,
    /// Ways the provider offers and its words for them.
    pub labels: BringsBack,
    /// What was wrong with what came.
    pub wrong: Option<WrongValue>,
    /// Field `paste`: address or XML.
    pub paste: Field,
    /// Field `entity_id`: which provider is meant, where what came describes several; none where it does not.
    pub chosen: Option<Field>,
    /// Field `sso_url`.
    pub sso_url: Field,
    /// Field `issuer`.
    pub issuer: Field,
    /// Field `certificate`.
    pub certificate: Field,
    /// Show the fields for typing by hand.
    pub by_hand: bool,
    /// Where the form is posted to, as `multipart/form-data`; the file is the field `file`.
    pub action: String,
    /// Link back to the steps.
    pub back: String,
}

/// A value that was recognised as a wrong one, or could not be read.
#[derive(Clone, Debug)]
pub struct WrongValue {
    /// What it is.
    pub title: String,
    /// Why it does not help; in light markup.
    pub text: Html,
    /// Expected beside received.
    pub compare: Option<Compare>,
}

impl WrongValue {
    /// From what the guide knows about wrong values.
    pub fn of(recognised: &Recognised, pasted: &str) -> Self {
        let short: String = pasted.trim().chars().take(200).collect();
        let compare = (!recognised.expected.is_empty() && !short.contains('\n')).then(|| {
            let mut compare = Compare::new(&recognised.expected, &short);
            // The expected value is a pattern, so a marked difference would be noise.
            compare.received = Html::text(&short);
            compare
        });
        Self { title: recognised.title.clone(), text: Html::marked(&recognised.text), compare }
    }
}

impl SetupMetadata {
    /// The page of a guide, with nothing filled in.
    pub fn new(page: Page, guide: &Guide, action: &str, back: &str) -> Self {
        let labels = guide.steps_of().brings_back.clone().unwrap_or_default();
        Self {
            page,
            provider: guide.name.clone(),
            labels,
            wrong: None,
            paste: Field::default(),
            chosen: None,
            sso_url: Field::default(),
            issuer: Field::default(),
            certificate: Field::default(),
            by_hand: false,
            action: action.to_owned(),
            back: back.to_owned(),
        }
    }

    fn takes_url(&self) -> bool {
        self.labels.ways.is_empty() || self.labels.ways.contains(&Way::MetadataUrl)
    }

    /// Where it is said what is wrong with the pasted value.
    fn explained_by(&self) -> &'static str {
        if self.wrong.is_some() { "wrong" } else { "" }
    }

    fn paste_label(&self) -> String {
        match (self.takes_url(), self.labels.url_label.as_str()) {
            (false, _) => "Metadata XML".to_owned(),
            (true, "") => "Metadata URL or XML".to_owned(),
            (true, label) => format!("{}, or the XML behind it", capitalised(label)),
        }
    }

    fn or<'a>(label: &'a str, otherwise: &'a str) -> &'a str {
        if label.is_empty() { otherwise } else { label }
    }

    /// A sample with a value that was recognised.
    pub fn sample() -> Self {
        let guide = crate::guide::find("okta-saml").unwrap_or(&crate::guide::sso()[0]);
        let pasted = "http://www.okta.com/exk9f2kq7LmT3wPzA5d7";
        let recognised = crate::guide::recognise(guide, &crate::guide::Values::sample(), pasted);
        let page = sample_wizard("Details from Okta", 3);
        Self {
            wrong: recognised.map(|r| WrongValue::of(&r, pasted)),
            paste: Field::new(pasted),
            issuer: Field::new(pasted),
            ..Self::new(page, guide, "/s/token/metadata", "/s/token/steps")
        }
    }

    /// A sample of a provider that has no metadata address.
    pub fn sample_file() -> Self {
        let guide = crate::guide::find("google-saml").unwrap_or(&crate::guide::sso()[0]);
        Self::new(sample_wizard("Details from Google", 3), guide, "/s/token/metadata", "/s/token/steps")
    }
}

/// OpenID Connect: issuer, client id and client secret.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/setup/oidc.html")]
pub struct SetupOidc {
    /// Surroundings.
    pub page: Page,
    /// The provider's name.
    pub provider: String,
    /// The provider's words for the values.
    pub labels: BringsBack,
    /// What was wrong with what came.
    pub wrong: Option<WrongValue>,
    /// Field `issuer`.
    pub issuer: Field,
    /// Field `client_id`.
    pub client_id: Field,
    /// Field `client_secret`.
    pub client_secret: Field,
    /// Field `secret_expires`, a date.
    pub secret_expires: Field,
    /// Field `by_key`: our key instead of a secret.
    pub by_key: bool,
    /// Where the provider reads our keys.
    pub jwks_url: String,
    /// A secret is kept already; leaving the field empty keeps it.
    pub secret_kept: bool,
    /// Where the form is posted to.
    pub action: String,
    /// Link back to the steps.
    pub back: String,
}

impl SetupOidc {
    /// The page of a guide, with nothing filled in but an issuer that is the same for everybody.
    pub fn new(page: Page, guide: &Guide, action: &str, back: &str) -> Self {
        let labels = guide.steps_of().brings_back.clone().unwrap_or_default();
        let fixed = !labels.issuer_pattern.contains('<');
        Self {
            page,
            provider: guide.name.clone(),
            issuer: if fixed { Field::new(labels.issuer_pattern.clone()) } else { Field::default() },
            labels,
            wrong: None,
            client_id: Field::default(),
            client_secret: Field::default(),
            secret_expires: Field::default(),
            by_key: false,
            jwks_url: String::new(),
            secret_kept: false,
            action: action.to_owned(),
            back: back.to_owned(),
        }
    }

    fn issuer_hint(&self) -> String {
        if self.labels.issuer_pattern.contains('<') {
            format!("Looks like ``{}``.", self.labels.issuer_pattern)
        } else {
            format!("The same for everybody who uses {}.", self.provider)
        }
    }

    fn secret(&self) -> Input {
        let input = Input::password("client_secret", &self.labels.client_secret, "off")
            .from(&self.client_secret)
            .mono();
        if self.secret_kept {
            input.hint("One is kept already, sealed. Leave this empty to go on using it.")
        } else {
            input.hint("We keep it sealed and never show it again.")
        }
    }

    fn secret_end(&self) -> Input {
        let hint = if self.labels.secret_expires {
            "It stands beside the secret. We write to your administrators 60, 30, 14, 7 days and one day before."
        } else {
            "Leave it empty if your provider names no end."
        };
        Input::text("secret_expires", "When the secret ends")
            .from(&self.secret_expires)
            .placeholder("2028-11-23")
            .note("optional")
            .hint(hint)
    }

    /// A sample.
    pub fn sample() -> Self {
        let guide = crate::guide::find("entra-oidc").unwrap_or(&crate::guide::sso()[0]);
        let page = sample_wizard("Details from Microsoft Entra ID", 3);
        Self {
            wrong: Some(WrongValue {
                title: "Nothing answers there as an OpenID provider".to_owned(),
                text: Html::marked(
                    "We asked for ``/.well-known/openid-configuration`` below the issuer, and got 404 Not Found.",
                ),
                compare: Some(Compare::new(
                    "https://login.microsoftonline.com/8f2e/v2.0",
                    "https://login.microsoftonline.com/8f2e/v1.0",
                )),
            }),
            issuer: Field::new("https://login.microsoftonline.com/8f2e/v1.0"),
            client_id: Field::new("b17c2d"),
            jwks_url: "https://id.northwind.example/oidc/con_01jd8q6v/jwks.json".to_owned(),
            secret_kept: true,
            ..Self::new(page, guide, "/s/token/oidc", "/s/token/steps")
        }
    }
}

/// A provider's word at the beginning of a label.
pub(super) fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
}
