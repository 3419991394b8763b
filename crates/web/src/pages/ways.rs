//! Other ways in than the company's sign-in, and where it is the only one.

use super::sample_page;
use crate::layout::Page;
use crate::parts::{Field, Icon, Input, When};
use askama::Template;

/// The company whose sign-in stands beside one's own.
#[derive(Clone, Debug)]
pub struct CompanyWay {
    /// The company.
    pub organization: String,
    /// Until when its sign-in is not the only way; none where nothing is required.
    pub until: Option<When>,
    /// Only a mailed link works meanwhile, no password.
    pub link_only: bool,
    /// Link to the company's sign-in.
    pub sign_in: String,
}

/// `/login/other`: the address decides which other ways there are.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/login/other.html")]
pub struct LoginOther {
    /// Surroundings.
    pub page: Page,
    /// Field `email`, as typed.
    pub email: Field,
    /// Where the form is posted to.
    pub action: String,
    /// Link to the page for recovery codes.
    pub recovery: String,
    /// Link back to the ordinary sign-in.
    pub back: String,
}

/// The company's sign-in is the only way for this address.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/login/closed.html")]
pub struct LoginClosed {
    /// Surroundings.
    pub page: Page,
    /// The company.
    pub organization: String,
    /// The address, as typed.
    pub email: String,
    /// Link to the company's sign-in.
    pub sign_in: String,
    /// Link to the page for recovery codes.
    pub recovery: String,
    /// Link back to the address.
    pub change: String,
}

/// `/login/recovery`: an administrator's code.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/login/recovery.html")]
pub struct LoginRecovery {
    /// Surroundings.
    pub page: Page,
    /// Field `email`, as typed.
    pub email: Field,
    /// Field `code`.
    pub code: Field,
    /// Where the form is posted to.
    pub action: String,
    /// Link back.
    pub back: String,
}

/// Several of the company's connections serve the address: the person picks one.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/login/choose.html")]
pub struct LoginChoose {
    /// Surroundings.
    pub page: Page,
    /// The company.
    pub organization: String,
    /// The address, as typed before; sent along in the field `email`.
    pub email: String,
    /// What there is to pick from; the form field is `connection`.
    pub ways: Vec<WayChoice>,
    /// Where the choice is posted to.
    pub action: String,
    /// Link back to the address.
    pub change: String,
}

/// One of the company's connections.
#[derive(Clone, Debug)]
pub struct WayChoice {
    /// Its id.
    pub id: String,
    /// "Okta, SAML".
    pub name: String,
}

/// A company's provider may open the account with an address outside its domains once whoever reads its mail says so.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/login/confirm_address.html")]
pub struct ConfirmAddress {
    /// Surroundings.
    pub page: Page,
    /// The company.
    pub organization: String,
    /// The address.
    pub email: String,
    /// Where the yes is posted to.
    pub action: String,
}

impl ConfirmAddress {
    /// A sample.
    pub fn sample() -> Self {
        Self {
            page: sample_page("Confirm your address"),
            organization: "Acme".to_owned(),
            email: "kim.contractor@mail.example".to_owned(),
            action: "/login/confirm/token".to_owned(),
        }
    }
}

impl LoginChoose {
    /// A sample.
    pub fn sample() -> Self {
        let way = |id: &str, name: &str| WayChoice { id: id.to_owned(), name: name.to_owned() };
        Self {
            page: sample_page("Choose your sign-in"),
            organization: "Acme".to_owned(),
            email: "jonas.weber@acme.example".to_owned(),
            ways: vec![way("con_01", "Okta, SAML"), way("con_02", "Microsoft Entra ID, OpenID Connect")],
            action: "/login/choose".to_owned(),
            change: "/login".to_owned(),
        }
    }
}

impl CompanyWay {
    /// A sample of a company whose provider fails.
    pub fn sample() -> Self {
        Self {
            organization: "Acme".to_owned(),
            until: Some(When::new("2026-11-24T18:00Z", "24 November 2026, 18:00 UTC")),
            link_only: true,
            sign_in: "/login?login_hint=jonas%40acme.example&sso=1".to_owned(),
        }
    }
}

impl LoginOther {
    /// A sample.
    pub fn sample() -> Self {
        Self {
            page: sample_page("Sign in another way"),
            email: Field::wrong("jonas@", "Enter your email address, such as **you@company.com**."),
            action: "/login/other".to_owned(),
            recovery: "/login/recovery".to_owned(),
            back: "/login".to_owned(),
        }
    }
}

impl LoginClosed {
    /// A sample.
    pub fn sample() -> Self {
        Self {
            page: sample_page("Acme signs you in"),
            organization: "Acme".to_owned(),
            email: "jonas.weber@acme.example".to_owned(),
            sign_in: "/login?login_hint=jonas.weber%40acme.example&sso=1".to_owned(),
            recovery: "/login/recovery".to_owned(),
            change: "/login/other".to_owned(),
        }
    }
}

impl LoginRecovery {
    /// A sample.
    pub fn sample() -> Self {
        Self {
            page: sample_page("Sign in with a recovery code"),
            email: Field::new("priya.raman@acme.example"),
            code: Field::wrong(
                "",
                "This is no code of an administrator with this address, or it was used before.",
            ),
            action: "/login/recovery".to_owned(),
            back: "/login/other".to_owned(),
        }
    }
}
