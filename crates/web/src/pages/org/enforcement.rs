//! Single sign-on that a domain requires, recovery codes, and what stands open beside it.

use super::{Place, sample_org};
use crate::html::Html;
use crate::layout::Page;
use crate::parts::{Copy, Field, Figure, Icon, Input, Notice, Opt, Person, Select, Status, Tone, When};
use askama::Template;
use std::fmt::Write as _;

/// Who must sign in through the company.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/org/required.html")]
pub struct OrgRequired {
    /// Surroundings.
    pub page: Page,
    /// The company.
    pub organization: String,
    /// Its verified domains.
    pub domains: Vec<RequiredDomain>,
    /// The administrator's recovery codes; none for an operator.
    pub codes: Option<CodesLeft>,
    /// What stands open, and what did.
    pub openings: Vec<OpeningRow>,
    /// Field `whom`: a domain, or an address.
    pub whom: Field,
    /// Field `hours`.
    pub hours: Vec<Opt>,
    /// What is wrong with `hours`; may be none.
    pub hours_error: Option<String>,
    /// Field `reason`.
    pub reason: Field,
    /// Where opening is posted to.
    pub open_action: String,
}

/// A verified domain.
#[derive(Clone, Debug)]
pub struct RequiredDomain {
    /// "acme.example".
    pub name: String,
    /// Required, optional.
    pub status: Status,
    /// What that means for its people.
    pub text: Html,
    /// Its page: who has signed in, and the switch.
    pub href: String,
}

/// How many recovery codes are left.
#[derive(Clone, Debug)]
pub struct CodesLeft {
    /// Unused ones.
    pub left: u64,
    /// Where making new ones is posted to.
    pub action: String,
}

/// A time in which the company's sign-in is not the only way.
#[derive(Clone, Debug)]
pub struct OpeningRow {
    /// "acme.example", "jonas@acme.example".
    pub whom: String,
    /// Why.
    pub reason: String,
    /// Who opened it, and when.
    pub made: String,
    /// Until when, or that it has ended.
    pub status: Status,
    /// Where ending it is posted to; none where it has ended.
    pub end: Option<String>,
}

/// One domain: who has signed in through the company, and the switch.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/org/require.html")]
pub struct OrgRequire {
    /// Surroundings.
    pub page: Page,
    /// The company.
    pub organization: String,
    /// "acme.example".
    pub domain: String,
    /// Required now.
    pub required: bool,
    /// Why it cannot be switched on; none where it can, or is.
    pub missing: Option<Notice>,
    /// Members, signed in, with a password.
    pub figures: Vec<Figure>,
    /// What ends with the switch.
    pub ending: Option<Notice>,
    /// Since when sign-ins count.
    pub since: When,
    /// Some who signed in.
    pub signed_in: Vec<Person>,
    /// Some who did not.
    pub waiting: Vec<Person>,
    /// How many more did not.
    pub more: u64,
    /// Where the switch is posted to: field `required`, `yes` or `no`.
    pub action: String,
    /// Link back.
    pub back: String,
}

/// Fresh recovery codes, shown this once.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/org/recovery_codes.html")]
pub struct RecoveryCodes {
    /// Surroundings.
    pub page: Page,
    /// What was switched on with them; may be empty.
    pub lede: String,
    /// The codes, one a line.
    pub codes: Copy,
    /// The same as a file, in a `data:` address.
    pub download: String,
    /// Link back.
    pub back: String,
}

impl RecoveryCodes {
    /// The page of these codes, for the person with this address at this vendor.
    pub fn of(page: Page, lede: impl Into<String>, codes: &[String], email: &str, back: String) -> Self {
        let text = format!(
            "Recovery codes for {email} at {}\nEach signs you in once, at {}\n\n{}\n",
            page.brand.vendor_name,
            "/login/recovery",
            codes.join("\n")
        );
        let mut download = "data:text/plain;charset=utf-8,".to_owned();
        for byte in text.bytes() {
            if byte.is_ascii_alphanumeric() || b"-._".contains(&byte) {
                download.push(char::from(byte));
            } else {
                let _ = write!(download, "%{byte:02X}");
            }
        }
        let copy = Copy::new("codes", "Recovery codes", codes.join("\n"));
        Self { page, lede: lede.into(), codes: copy, download, back }
    }

    /// A sample.
    pub fn sample() -> Self {
        let codes: Vec<String> = (0..10).map(|n| format!("K7QD{n}-MX2PT-4VH8Z-C0RWA")).collect();
        Self::of(
            sample_org("Recovery codes", Place::SignOn),
            "Single sign-on is required for acme.example from now on.",
            &codes,
            "priya.raman@acme.example",
            "/org/sign-on/required".to_owned(),
        )
    }
}

impl OpeningRow {
    fn sample() -> Self {
        Self {
            whom: "acme.example".to_owned(),
            reason: "Okta is down since nine o’clock, ticket 4711".to_owned(),
            made: "Maren Okafor, 24 November 2026, 09:12 UTC".to_owned(),
            status: Status::warn("Open until 24 November 2026, 13:12 UTC"),
            end: Some("/org/sign-on/openings/opn_01/end".to_owned()),
        }
    }
}

impl OrgRequired {
    /// A sample.
    pub fn sample() -> Self {
        let mut page = sample_org("Required sign-on", Place::SignOn);
        page.banner = Some(Notice::new(
            Tone::Warn,
            "People may sign in without Okta until 24 November 2026, 13:12 UTC",
            "Look at it under Sign-on.",
        ));
        Self {
            page,
            organization: "Acme".to_owned(),
            domains: vec![
                RequiredDomain {
                    name: "acme.example".to_owned(),
                    status: Status::ok("Required since 3 November 2026"),
                    text: Html::text("Its people sign in through your provider alone."),
                    href: "/org/sign-on/required/dom_01".to_owned(),
                },
                RequiredDomain {
                    name: "acme-altona.example".to_owned(),
                    status: Status::pending("Optional"),
                    text: Html::text("Members may also sign in by password or by a link in a mail."),
                    href: "/org/sign-on/required/dom_02".to_owned(),
                },
            ],
            codes: Some(CodesLeft { left: 9, action: "/org/sign-on/codes".to_owned() }),
            openings: vec![
                OpeningRow::sample(),
                OpeningRow {
                    whom: "jonas.weber@acme.example".to_owned(),
                    status: Status::stopped("Ended 3 November 2026"),
                    end: None,
                    ..OpeningRow::sample()
                },
            ],
            whom: Field::wrong("jonas@elsewhere.example", "Expected the address of a member of Acme."),
            hours: Opt::list(
                &[("1", "One hour"), ("4", "Four hours"), ("24", "One day"), ("72", "Three days")],
                "4",
            ),
            hours_error: None,
            reason: Field::default(),
            open_action: "/org/sign-on/openings".to_owned(),
        }
    }
}

impl OrgRequire {
    /// A sample.
    pub fn sample() -> Self {
        let mut page = sample_org("acme.example", Place::SignOn);
        page.crumbs = Vec::new();
        Self {
            page,
            organization: "Acme".to_owned(),
            domain: "acme.example".to_owned(),
            required: false,
            missing: Some(Notice::new(
                Tone::Warn,
                "Single sign-on cannot be required yet",
                "You yourself have not signed in through your company in the last 30 days. Sign out, sign in through it \
                 once, and come back.",
            )),
            figures: vec![
                Figure::count(225, "active members"),
                Figure::count(198, "signed in through Acme"),
                Figure::count(14, "still have a password"),
            ],
            ending: Some(Notice::new(Tone::Warn, "You will be signed out", "You come back here.")),
            since: When::new("2026-10-25", "25 October 2026"),
            signed_in: vec![Person::new("Priya Raman", "priya.raman@acme.example")],
            waiting: vec![Person::new("Jonas Weber", "jonas.weber@acme.example")],
            more: 26,
            action: "/org/sign-on/required/dom_01".to_owned(),
            back: "/org/sign-on/required".to_owned(),
        }
    }

    /// A sample where it is required.
    pub fn sample_required() -> Self {
        Self { required: true, missing: None, ..Self::sample() }
    }
}
