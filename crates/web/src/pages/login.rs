//! Pages of the sign-in: email address, own account, mail on its way, what is missing, signed out.

use super::sample_page;
use crate::layout::Page;
use crate::parts::{Field, Icon, Input, Notice, Opt, Select, Tone};
use askama::Template;

pub use super::ways::{
    CompanyWay, ConfirmAddress, LoginChoose, LoginClosed, LoginOther, LoginRecovery, WayChoice,
};

/// `/login` and `/signup`: the email address decides the way.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/login/email.html")]
pub struct LoginEmail {
    /// Surroundings.
    pub page: Page,
    /// Field `email`, as typed.
    pub email: Field,
    /// Where the form is posted to, `/login` or `/signup`.
    pub action: String,
    /// The page is for making an account.
    pub sign_up: bool,
    /// Link to the other one of the two.
    pub other: String,
    /// Link to other ways of signing in.
    pub ways: String,
    /// Link to the same page, which then asks again what was chosen before; none where nothing was.
    pub choose_again: Option<String>,
    /// Signing in by passkey, where that can be.
    pub passkey: Option<PasskeySignIn>,
}

/// The form that a script fills with a passkey's answer.
#[derive(Clone, Debug)]
pub struct PasskeySignIn {
    /// Where the answer is posted to.
    pub action: String,
    /// Where the challenge is asked for.
    pub options: String,
}

impl PasskeySignIn {
    /// A sample.
    pub fn sample(action: &str) -> Self {
        Self { action: action.to_owned(), options: format!("{action}/options") }
    }
}

/// A personal sign-in, or one where the company has no single sign-on: by password or by a link in a mail.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/login/own.html")]
pub struct LoginOwn {
    /// Surroundings.
    pub page: Page,
    /// The address, as typed before; sent along in the field `email`.
    pub email: String,
    /// The company whose sign-in stands beside; none where no company signs the address in.
    pub company: Option<CompanyWay>,
    /// Field `password`.
    pub password: Field,
    /// Where the password is posted to.
    pub action: String,
    /// Where the wish for a mail with a link is posted to.
    pub link_action: String,
    /// Link back to the address.
    pub change: String,
}

/// A mail is on its way. Says the same whether or not the address is known.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/login/mail_sent.html")]
pub struct MailSent {
    /// Surroundings.
    pub page: Page,
    /// "Look into your mail".
    pub title: String,
    /// Where it was sent.
    pub email: String,
    /// How long the link works: "15 minutes".
    pub works_for: String,
    /// Link to another try.
    pub again: String,
}

/// `/login/profile`: only what is still missing.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/login/profile.html")]
pub struct CompleteProfile {
    /// Surroundings.
    pub page: Page,
    /// Company that vouches for the person.
    pub organization: String,
    /// Address the person signed in with.
    pub email: String,
    /// Where the form is posted to.
    pub action: String,
    /// Must be filled in.
    pub required: Vec<ProfileField>,
    /// May be filled in.
    pub optional: Vec<ProfileField>,
    /// Who sees what, in a sentence; may be empty.
    pub who_sees: String,
}

/// A field of a person's profile.
#[derive(Clone, Debug)]
pub struct ProfileField {
    /// Name of the form field: `country`.
    pub name: String,
    /// "Country you live in".
    pub label: String,
    /// What may be filled in by a browser: `country`, `given-name`; may be empty.
    pub autocomplete: &'static str,
    /// Entries to choose from; empty for free text.
    pub options: Vec<Opt>,
    /// Only digits.
    pub digits: bool,
    /// Value and error.
    pub field: Field,
}

/// Signed out.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/login/signed_out.html")]
pub struct SignedOut {
    /// Surroundings.
    pub page: Page,
    /// The person is still signed in there: "Okta".
    pub provider: Option<String>,
}

/// Carries a message on to another site by a form (SAML POST binding, `form_post`); submits itself where scripts run.
/// Send it with [`crate::respond_leaving`].
#[derive(Clone, Debug, Template)]
#[template(path = "pages/login/handoff.html")]
pub struct Handoff {
    /// Surroundings.
    pub page: Page,
    /// Where to: "Okta", or the name of the application.
    pub to: String,
    /// Address of the other site.
    pub action: String,
    /// Names and values.
    pub fields: Vec<(String, String)>,
}

/// A mailed link was opened: one click signs in. Mail scanners open links, so opening alone does nothing.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/login/signin_link.html")]
pub struct SignInLink {
    /// Surroundings.
    pub page: Page,
    /// Whose link it is.
    pub email: String,
    /// Where the click is posted to.
    pub action: String,
}

impl SignInLink {
    /// A sample.
    pub fn sample() -> Self {
        Self {
            page: sample_page("Sign in"),
            email: "jonas.weber@home.example".to_owned(),
            action: "/signin/token".to_owned(),
        }
    }
}

impl ProfileField {
    pub(super) fn required(&self) -> Select {
        Select::new(&self.name, &self.label, &self.options)
            .error(&self.field.error)
            .autocomplete(self.autocomplete)
            .required()
    }

    pub(crate) fn choice(&self) -> Select {
        Select::new(&self.name, &self.label, &self.options)
            .error(&self.field.error)
            .autocomplete(self.autocomplete)
            .note("optional")
    }

    pub(super) fn text(&self) -> Input {
        let input = Input::text(&self.name, &self.label).from(&self.field).autocomplete(self.autocomplete);
        if self.digits { input.inputmode("numeric") } else { input }
    }
}

impl CompleteProfile {
    fn title(&self) -> String {
        match self.required.len() {
            0 => "A few details".to_owned(),
            1 => format!("One thing {} could not tell us", self.organization),
            2 => format!("Two things {} could not tell us", self.organization),
            3 => format!("Three things {} could not tell us", self.organization),
            n => format!("{n} things {} could not tell us", self.organization),
        }
    }

    /// A sample.
    pub fn sample() -> Self {
        let countries =
            [("", "Choose a country"), ("AT", "Austria"), ("DE", "Germany"), ("CH", "Switzerland")];
        Self {
            page: sample_page("One more thing"),
            organization: "Acme".to_owned(),
            email: "jonas.weber@acme.example".to_owned(),
            action: "/login/profile".to_owned(),
            required: vec![
                ProfileField {
                    name: "country".to_owned(),
                    label: "Country you live in".to_owned(),
                    autocomplete: "country",
                    options: Opt::list(&countries, "DE"),
                    digits: false,
                    field: Field::default(),
                },
                ProfileField {
                    name: "plan".to_owned(),
                    label: "Plan".to_owned(),
                    autocomplete: "",
                    options: Opt::list(
                        &[("", "Choose a plan"), ("core", "Core"), ("extended", "Extended")],
                        "",
                    ),
                    digits: false,
                    field: Field::wrong(
                        "",
                        "Choose one of the two plans that Acme offers. You can change it later.",
                    ),
                },
            ],
            optional: vec![
                ProfileField {
                    name: "currentCity".to_owned(),
                    label: "City".to_owned(),
                    autocomplete: "address-level2",
                    options: Vec::new(),
                    digits: false,
                    field: Field::default(),
                },
                ProfileField {
                    name: "birthYear".to_owned(),
                    label: "Year of birth".to_owned(),
                    autocomplete: "bday-year",
                    options: Vec::new(),
                    digits: true,
                    field: Field::default(),
                },
            ],
            who_sees: "Acme’s administrators can see your country and plan.".to_owned(),
        }
    }
}

impl LoginEmail {
    /// A sample.
    pub fn sample() -> Self {
        Self {
            page: sample_page("Sign in"),
            email: Field::wrong(
                "jonas.weber@acme",
                "An email address ends in a domain, such as **@acme.example**.",
            ),
            action: "/login".to_owned(),
            sign_up: false,
            other: "/signup".to_owned(),
            ways: "/login/other".to_owned(),
            choose_again: Some("/login?choose=again".to_owned()),
            passkey: Some(PasskeySignIn::sample("/login/passkey")),
        }
    }
}

impl LoginOwn {
    /// Whether a password would do.
    fn has_password(&self) -> bool {
        self.company.as_ref().is_none_or(|it| !it.link_only)
    }

    /// A sample.
    pub fn sample() -> Self {
        Self {
            page: sample_page("Sign in"),
            email: "jonas.weber@home.example".to_owned(),
            company: None,
            password: Field::wrong(
                "secret",
                "That password does not belong to this address. Try again, or have a sign-in link sent to you.",
            ),
            action: "/login/password".to_owned(),
            link_action: "/login/link".to_owned(),
            change: "/login".to_owned(),
        }
    }

    /// A sample beside a company's sign-in that fails.
    pub fn sample_beside() -> Self {
        Self {
            email: "jonas.weber@acme.example".to_owned(),
            company: Some(CompanyWay::sample()),
            password: Field::default(),
            ..Self::sample()
        }
    }
}

impl MailSent {
    /// A sample.
    pub fn sample() -> Self {
        Self {
            page: sample_page("Look into your mail"),
            title: "Look into your mail".to_owned(),
            email: "jonas.weber@home.example".to_owned(),
            works_for: "15 minutes".to_owned(),
            again: "/login".to_owned(),
        }
    }
}

impl SignedOut {
    /// A sample.
    pub fn sample() -> Self {
        let mut page = sample_page("Signed out");
        page.flash =
            Some(Notice::new(Tone::Ok, "You are signed out everywhere", "All 3 sessions have ended."));
        Self { page, provider: Some("Okta".to_owned()) }
    }
}

impl Handoff {
    /// A sample.
    pub fn sample() -> Self {
        Self {
            page: sample_page("On the way to Okta"),
            to: "Okta".to_owned(),
            action: "https://acme.okta.example/app/sso/saml".to_owned(),
            fields: vec![
                ("SAMLRequest".to_owned(), "PHNhbWw+".to_owned()),
                ("RelayState".to_owned(), "a\"b".to_owned()),
            ],
        }
    }
}
