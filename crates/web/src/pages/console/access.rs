//! Operators coming in: the first one, and every one after.

use super::{Place, sample_console};
use crate::layout::Page;
use crate::pages::account::PasskeyRow;
use crate::pages::login::PasskeySignIn;
use crate::pages::sample_page;
use crate::parts::{Field, Icon, Input, Person, Status};
use askama::Template;

/// The one-time link of the first start: makes the first operator. Also used for invited operators.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/console/first_operator.html")]
pub struct FirstOperator {
    /// Surroundings.
    pub page: Page,
    /// Field `name`.
    pub name: Field,
    /// Field `email`.
    pub email: Field,
    /// Field `password`.
    pub password: Field,
    /// Where the form is posted to.
    pub action: String,
}

/// Signing in to the console.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/console/sign_in.html")]
pub struct OperatorSignIn {
    /// Surroundings.
    pub page: Page,
    /// Field `email`.
    pub email: Field,
    /// Field `password`.
    pub password: Field,
    /// Where the form is posted to.
    pub action: String,
    /// Signing in by passkey, where that can be.
    pub passkey: Option<PasskeySignIn>,
}

/// An operator's own passkeys.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/console/passkeys.html")]
pub struct OperatorPasskeys {
    /// Surroundings.
    pub page: Page,
    /// What there is.
    pub passkeys: Vec<PasskeyRow>,
    /// Where a new one is posted to; none where browsers offer none.
    pub action: Option<String>,
}

/// Who may use the console.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/console/operators.html")]
pub struct Operators {
    /// Surroundings.
    pub page: Page,
    /// Each with how they stand, and where removing them is posted to.
    pub operators: Vec<(Person, Status, Option<String>)>,
    /// Field `email`: another one.
    pub email: Field,
    /// Where another one is posted to.
    pub action: String,
    /// Link to the operator's own passkeys.
    pub passkeys: String,
}

impl OperatorPasskeys {
    /// A sample.
    pub fn sample() -> Self {
        let mut page = sample_console("Your passkeys", Place::Operators);
        page.crumbs = vec![crate::parts::Crumb::new("Operators", "/console/operators")];
        Self {
            page,
            passkeys: PasskeyRow::samples("/console/passkeys"),
            action: Some("/console/passkeys".to_owned()),
        }
    }
}

impl FirstOperator {
    /// A sample.
    pub fn sample() -> Self {
        Self {
            page: sample_page("First operator"),
            name: Field::new("Maren Okafor"),
            email: Field::new("maren@northwind.example"),
            password: Field::wrong(
                "short",
                "At least 12 characters. A sentence that only you would think of is best.",
            ),
            action: "/console/first/token".to_owned(),
        }
    }
}

impl OperatorSignIn {
    /// A sample.
    pub fn sample() -> Self {
        Self {
            page: sample_page("Sign in to the console"),
            email: Field::new("maren@northwind.example"),
            password: Field::wrong("x", "Address and password do not belong together. Try again."),
            action: "/console/sign-in".to_owned(),
            passkey: Some(PasskeySignIn::sample("/console/login/passkey")),
        }
    }
}

impl Operators {
    /// A sample.
    pub fn sample() -> Self {
        Self {
            page: sample_console("Operators", Place::Operators),
            operators: vec![
                (Person::new("Maren Okafor", "maren@northwind.example"), Status::ok("You"), None),
                (
                    Person::new("Theo Lindt", "theo@northwind.example"),
                    Status::pending("Invited"),
                    Some("/console/operators/opr_02/remove".to_owned()),
                ),
            ],
            email: Field::default(),
            action: "/console/operators".to_owned(),
            passkeys: "/console/passkeys".to_owned(),
        }
    }
}
