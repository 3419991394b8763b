//! A person's own page, `/account`: addresses, ways to sign in, sessions, who sees what.

use super::sample_page;
use crate::html::Html;
use crate::layout::Page;
use crate::parts::{Field, Icon, Input, Person, Status};
use askama::Template;

/// The page.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/account.html")]
pub struct Account {
    /// Surroundings.
    pub page: Page,
    /// Who.
    pub person: Person,
    /// "Member of Acme since 24 November 2026".
    pub summary: String,
    /// Addresses.
    pub addresses: Vec<AddressRow>,
    /// Field `email`: a personal address.
    pub add: Field,
    /// Where a personal address is posted to; none if there is one already.
    pub add_action: Option<String>,
    /// Ways to sign in: who or what, and a remark.
    pub ways: Vec<(Person, String)>,
    /// Where a new password is posted to (`current`, `password`); none where a company signs the person in.
    pub password_action: Option<String>,
    /// There is a password, to be typed as `current`.
    pub has_password: bool,
    /// The person's passkeys.
    pub passkeys: Vec<PasskeyRow>,
    /// Where a new passkey is posted to (`name`, `challenge`, `credential`); `/options` behind it gives the challenge.
    pub passkey_action: Option<String>,
    /// Field `current`.
    pub current: Field,
    /// Field `password`.
    pub password: Field,
    /// Where the person is signed in.
    pub sessions: Vec<SessionRow>,
    /// Where "sign out everywhere else" is posted to.
    pub sign_out_others: String,
    /// The question for an address that stays; none once it was answered or put off.
    pub card: Option<AddressCard>,
    /// Who sees what: term and value.
    pub who_sees: Vec<(String, Html)>,
}

/// An address.
#[derive(Clone, Debug)]
pub struct AddressRow {
    /// The address.
    pub email: String,
    /// "From Acme, through Okta. Only Acme can change it."
    pub detail: String,
    /// Verified, or waiting.
    pub status: Status,
    /// Where removing it is posted to.
    pub remove: Option<String>,
}

/// The question for a personal address, with the form to answer it.
#[derive(Clone, Debug)]
pub struct AddressCard {
    /// "If you ever leave Acme, where should we write to?"
    pub title: String,
    /// What comes of it, and who does not see it.
    pub text: String,
    /// Where "Not now" is posted to.
    pub later: String,
}

/// A passkey.
#[derive(Clone, Debug)]
pub struct PasskeyRow {
    /// "My phone".
    pub name: String,
    /// "since 24 November 2026, last used 25 November 2026".
    pub detail: String,
    /// Where removing it is posted to.
    pub action: String,
}

impl PasskeyRow {
    /// Samples.
    pub fn samples(base: &str) -> Vec<Self> {
        vec![Self {
            name: "Firefox on macOS".to_owned(),
            detail: "since 24 November 2026, not used yet".to_owned(),
            action: format!("{base}/pky_01/remove"),
        }]
    }
}

/// A session.
#[derive(Clone, Debug)]
pub struct SessionRow {
    /// "Firefox on macOS".
    pub device: String,
    /// "Hamburg, Germany, yesterday, 19:20".
    pub detail: String,
    /// This one.
    pub current: bool,
    /// Where ending it is posted to.
    pub action: String,
}

impl Account {
    /// A sample.
    pub fn sample() -> Self {
        let mut page = sample_page("Your account").place("Your account", "/account");
        page.user = Some(Person::new("Jonas Weber", ""));
        page.sign_out = Some("/logout".to_owned());
        let session = |device: &str, detail: &str, current| SessionRow {
            device: device.to_owned(),
            detail: detail.to_owned(),
            current,
            action: "/account/sessions/ses_01/end".to_owned(),
        };
        Self {
            page,
            person: Person::new("Jonas Weber", ""),
            summary: "Member of Acme since 24 November 2026".to_owned(),
            addresses: vec![AddressRow {
                email: "jonas.weber@acme.example".to_owned(),
                detail: "From Acme, through Okta. Only Acme can change it.".to_owned(),
                status: Status::ok("Verified"),
                remove: None,
            }],
            add: Field::default(),
            add_action: Some("/account/email".to_owned()),
            ways: vec![(
                Person::thing("Acme’s Okta", "required by Acme", "Ok", 5),
                "used 3 minutes ago".to_owned(),
            )],
            password_action: Some("/account/password".to_owned()),
            has_password: true,
            passkeys: PasskeyRow::samples("/account/passkeys"),
            passkey_action: Some("/account/passkeys".to_owned()),
            current: Field::default(),
            password: Field::wrong("", "At least 12 characters."),
            sessions: vec![
                session("Firefox on macOS", "Hamburg, Germany", true),
                session("Safari on iPhone", "yesterday, 19:20", false),
            ],
            sign_out_others: "/account/sessions/end-others".to_owned(),
            card: Some(AddressCard {
                title: "If you ever leave Acme, where should we write to?".to_owned(),
                text: "An address of your own lets you keep this account then. Acme does not see it."
                    .to_owned(),
                later: "/account/email/later".to_owned(),
            }),
            who_sees: vec![
                (
                    "Acme sees".to_owned(),
                    Html::marked("name, work address, country, role, whether you are active"),
                ),
                (
                    "Acme does not see".to_owned(),
                    Html::marked("your personal address, and where you are signed in"),
                ),
            ],
        }
    }
}
