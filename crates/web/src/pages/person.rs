//! Pages of a person who comes or goes, and dead ends that are none: invitation, claim, ended links, errors.

use super::login::ProfileField;
use super::sample_page;
use crate::html::Html;
use crate::layout::{Contact, Page};
use crate::parts::{Compare, Copy, Field, Icon, Input, Tone, When};
use askama::Template;

/// `/invite/{token}`: accept an invitation.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/person/invite.html")]
pub struct InviteAccept {
    /// Surroundings.
    pub page: Page,
    /// The company.
    pub organization: String,
    /// Who invites; may be empty.
    pub invited_by: String,
    /// Where the invitation went.
    pub email: String,
    /// Until when it works.
    pub until: When,
    /// The person signs in through the company afterwards: name of the provider.
    pub provider: Option<String>,
    /// Where accepting is posted to.
    pub action: String,
    /// What the company could not say and must be filled in.
    pub required: Vec<ProfileField>,
    /// Field `password`, if the person signs in with one.
    pub password: Option<Field>,
    /// A passkey can be chosen in the place of the password: `with` is `passkey`.
    pub passkey: bool,
    /// What the company sees, in a sentence.
    pub company_sees: String,
}

/// `/claim/{token}`: keep the account as a personal one.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/person/claim.html")]
pub struct Claim {
    /// Surroundings.
    pub page: Page,
    /// The person.
    pub name: String,
    /// The company that was left.
    pub organization: String,
    /// When.
    pub left: When,
    /// Until when the offer stands.
    pub until: When,
    /// What the person keeps, a line each.
    pub keeps: Vec<String>,
    /// Field `email`.
    pub email: Field,
    /// Field `password`.
    pub password: Field,
    /// A passkey can be chosen in the place of the password: `with` is `passkey`.
    pub passkey: bool,
    /// Where the form is posted to.
    pub action: String,
    /// Where the wish to delete everything leads; none hides it.
    pub erase: Option<String>,
}

/// The account is now a personal one, or a mail to confirm is on its way.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/person/done.html")]
pub struct Done {
    /// Surroundings.
    pub page: Page,
    /// What is true now.
    pub title: String,
    /// So what; in light markup.
    pub text: Html,
    /// The one thing to do: label and address; none if nothing is to be done.
    pub next: Option<(String, String)>,
}

/// One thing to decide, with its effect in words and one button.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/person/confirm.html")]
pub struct Confirm {
    /// Surroundings.
    pub page: Page,
    /// The question, or what the button will do.
    pub title: String,
    /// Its effect; in light markup.
    pub text: Html,
    /// Verb and object.
    pub button: String,
    /// It cannot be undone.
    pub danger: bool,
    /// Where the form is posted to.
    pub action: String,
    /// The way out: label and address.
    pub back: Option<(String, String)>,
}

/// A link that has ended, was revoked or was never there.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/person/link_ended.html")]
pub struct LinkEnded {
    /// Surroundings; its contact is whom to ask.
    pub page: Page,
    /// "This setup link has ended".
    pub title: String,
    /// What it means for what was done so far; in light markup.
    pub text: Html,
    /// Where the wish for a new link is posted to; none if we know of no link.
    pub renew: Option<String>,
}

/// Something went another way than it should.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/person/error.html")]
pub struct ErrorPage {
    /// Surroundings.
    pub page: Page,
    /// What happened, in a sentence a person would say.
    pub title: String,
    /// Why, and whose turn it is; in light markup.
    pub text: Html,
    /// Expected beside received.
    pub compare: Option<Compare>,
    /// What to do, in light markup; may be empty.
    pub remedy: Html,
    /// Reference that an operator can find; none where there is nothing to find.
    pub reference: Option<Copy>,
    /// Administrators of the company, where the person is known.
    pub administrators: Vec<Contact>,
    /// Where trying again leads.
    pub again: Option<String>,
    /// Where the person goes on to: label and address.
    pub next: Option<(String, String)>,
    /// Tone and icon of the seal: bad, unless nothing went wrong and the person has only the next step to do.
    pub seal: (Tone, &'static str),
    /// Where other ways of signing in are.
    pub other: Option<String>,
    /// The code of the rule, such as `domain.not_verified`; may be empty.
    pub code: String,
}

impl InviteAccept {
    /// A sample.
    pub fn sample() -> Self {
        Self {
            page: sample_page("Acme has a place for you"),
            organization: "Acme".to_owned(),
            invited_by: "Priya Raman".to_owned(),
            email: "ravi.patel@acme.example".to_owned(),
            until: When::new("2026-12-07", "7 December 2026"),
            provider: None,
            action: "/invite/token".to_owned(),
            required: Vec::new(),
            passkey: true,
            password: Some(Field::wrong(
                "x",
                "At least 12 characters. A sentence that only you would think of is best.",
            )),
            company_sees: "your name, work address and country, and whether you use it".to_owned(),
        }
    }
}

impl Claim {
    /// A sample.
    pub fn sample() -> Self {
        Self {
            page: sample_page("Keep your account"),
            name: "Daniel Cohen".to_owned(),
            organization: "Acme".to_owned(),
            left: When::new("2026-11-24", "24 November"),
            until: When::new("2026-12-24", "24 December 2026"),
            keeps: vec!["Your profile and settings".to_owned(), "Everything you did so far".to_owned()],
            email: Field::wrong(
                "daniel@acme.example",
                "This address belongs to Acme, so Acme could read the mail. Use a private one, which you will still \
                 have next year.",
            ),
            passkey: true,
            password: Field::default(),
            action: "/claim/token".to_owned(),
            erase: Some("/claim/token/erase".to_owned()),
        }
    }
}

impl Done {
    /// A sample.
    pub fn sample() -> Self {
        Self {
            page: sample_page("The account is yours"),
            title: "The account is yours".to_owned(),
            text: Html::marked("You sign in with **daniel@home.example** from now on. Acme sees none of it."),
            next: Some(("Sign in".to_owned(), "/login".to_owned())),
        }
    }
}

impl Confirm {
    /// A sample.
    pub fn sample() -> Self {
        Self {
            page: sample_page("Delete everything"),
            title: "Delete everything about you here?".to_owned(),
            text: Html::marked(
                "Your account and everything in it goes at once. **Nobody can bring it back.**",
            ),
            button: "Yes, delete everything".to_owned(),
            danger: true,
            action: "/claim/token/erase".to_owned(),
            back: Some(("No, keep it".to_owned(), "/claim/token".to_owned())),
        }
    }
}

impl LinkEnded {
    /// A sample.
    pub fn sample() -> Self {
        let mut page = sample_page("This setup link has ended");
        page.contact =
            Some(Contact { name: "Maren Okafor".to_owned(), email: "maren@northwind.example".to_owned() });
        Self {
            page,
            title: "This setup link has ended".to_owned(),
            text: Html::marked(
                "It worked until 20 December 2026. Nothing is lost: what you had filled in is kept and waits for the \
                 next link.",
            ),
            renew: Some("/s/token/renew".to_owned()),
        }
    }
}

impl ErrorPage {
    /// A page that says what happened and what to do; the rest is added by the fields.
    pub fn new(page: Page, title: impl Into<String>, text: &str) -> Self {
        Self {
            page,
            title: title.into(),
            text: Html::marked(text),
            compare: None,
            remedy: Html::default(),
            reference: None,
            administrators: Vec::new(),
            again: None,
            next: None,
            seal: (Tone::Bad, "alert"),
            other: None,
            code: String::new(),
        }
    }

    /// A sample.
    pub fn sample() -> Self {
        Self {
            compare: Some(Compare::new("an address in acme.example", "jonas.weber@acme-labs.example")),
            remedy: Html::marked(
                "Send this reference to Acme’s IT help desk. They see with it what to put right.",
            ),
            reference: Some(
                Copy::new("reference", "Reference", "FD-3M8R-61TC").hint("23 November 2026, 16:48:03"),
            ),
            administrators: vec![Contact {
                name: "Priya Raman".to_owned(),
                email: "priya.raman@acme.example".to_owned(),
            }],
            again: Some("/login".to_owned()),
            other: Some("/login/other".to_owned()),
            code: "domain.not_verified".to_owned(),
            ..Self::new(
                sample_page("You are not signed in"),
                "Acme’s sign-in worked, ours did not let you in",
                "Okta says you are **jonas.weber@acme-labs.example**. Acme has not yet shown that acme-labs.example is \
                 its own, so we may not trust that address. It is nothing you did.",
            )
        }
    }
}
