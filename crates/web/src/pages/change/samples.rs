//! Samples of the pages of a change.

use super::{
    Change, ChangeForm, Difference, Differences, DraftView, FormerView, OrgChange, OrgChangeForm, Setting,
    SetupChange, SetupChangeForm, ShadowRow, ShadowView, TestView,
};
use crate::html::Html;
use crate::pages::org::{Place, sample_org};
use crate::pages::setup::sample_wizard;
use crate::parts::{Compare, Field, Figure, Person, Status, When};

impl Differences {
    /// A sample.
    pub fn sample() -> Self {
        let line = |label: &str, live: &str, new: &str, meaning: &str| Difference {
            label: label.to_owned(),
            live: live.to_owned(),
            new: new.to_owned(),
            differs: !meaning.is_empty(),
            meaning: meaning.to_owned(),
        };
        Self {
            summary: "2 of 5 differ".to_owned(),
            lines: vec![
                line(
                    "Name at the provider",
                    "00u1qxk7p9XyZ",
                    "priya.raman@acme.example",
                    "People already known would be joined by their address instead.",
                ),
                line("Email", "priya.raman@acme.example", "priya.raman@acme.example", ""),
                line("First name", "Priya", "Priya", ""),
                line("Country", "DE", "", "It would not be sent any more; what is here stays."),
                line("Signed by", "9C:1F:27:B0", "9C:1F:27:B0", ""),
            ],
            note: Html::text("The settings in use would have taken this answer too."),
        }
    }
}

impl Change {
    /// A sample.
    pub fn sample() -> Self {
        let fact = |term: &str, value: &str| (term.to_owned(), Html::text(value));
        let live = vec![
            fact("Issuer", "http://www.okta.com/exk9f2kq7LmT3wPzA5d7"),
            fact("Signing certificate", "9C:1F:27:B0, ends 14 December 2026"),
        ];
        Self {
            provider: Person::thing("Okta", "SAML 2.0 · con_01jd8q6v", "Ok", 5),
            status: Status::ok("Active"),
            live: live.clone(),
            draft: Some(DraftView {
                digest: "0a1b".to_owned(),
                made: "made by an administrator of the company, 24 November 2026, 15:40 UTC".to_owned(),
                status: Status::ok("Tested 24 November 2026, 15:44 UTC"),
                changes: vec![Setting {
                    label: "Signing certificate".to_owned(),
                    live: "9C:1F:27:B0".to_owned(),
                    draft: "02:AA:91:7E".to_owned(),
                }],
                tested: true,
                notice: None,
            }),
            test: Some(TestView::Passed {
                email: "priya.raman@acme.example".to_owned(),
                differences: Differences::sample(),
            }),
            shadow: Some(ShadowView {
                since: "24 November 2026, 15:50 UTC".to_owned(),
                figures: vec![
                    Figure::count(212, "sign-ins judged"),
                    Figure::count(210, "would have worked"),
                    Figure::count(2, "would have failed"),
                ],
                rows: vec![ShadowRow {
                    when: When::new("2026-11-24T16:02Z", "24 Nov 2026, 16:02"),
                    who: "henrik.sorensen@acme.example".to_owned(),
                    status: Status::bad("Would have failed"),
                    text: "The answer is not signed by a key of Okta that we know.".to_owned(),
                    compare: Some(Compare::new("a signature of 02:AA:91:7E", "a signature of another key")),
                    todo: vec![Html::text("Bring the metadata again.")],
                    lines: Differences::sample().lines,
                }],
                limits: Html::text(
                    "Whether the provider knows our own values is shown by a test sign-in alone.",
                ),
            }),
            can_shadow: None,
            former: Some(FormerView {
                version: "ver_01jd8q6v".to_owned(),
                replaced: "20 November 2026, 10:00 UTC, by an operator".to_owned(),
                facts: live,
            }),
            edit: Some("/org/sign-on/con_01jd8q6v/draft".to_owned()),
            requests: Some("/console/organizations/org_1/connections/con_01jd8q6v/requests".to_owned()),
            action: "/org/sign-on/con_01jd8q6v".to_owned(),
            back: "/org/sign-on".to_owned(),
        }
    }

    /// A sample without a draft.
    pub fn sample_calm() -> Self {
        Self {
            draft: None,
            test: None,
            shadow: None,
            can_shadow: Some("Each real sign-in is judged by this connection too.".to_owned()),
            former: None,
            ..Self::sample()
        }
    }

    /// A sample of a test that failed.
    pub fn sample_failed() -> Self {
        let draft = Self::sample().draft.map(|draft| DraftView {
            tested: false,
            status: Status::pending("Not tested yet"),
            ..draft
        });
        let failed = TestView::Failed {
            title: "Okta addressed its answer to someone else.".to_owned(),
            text: "Nobody but you is affected.".to_owned(),
            compare: Some(Compare::new("https://id.northwind.example/a", "https://id.northwind.example/b")),
            todo: vec![Html::text("Set the audience to exactly the value above.")],
            reference: "ref_01jd8q6v".to_owned(),
        };
        Self { draft, test: Some(failed), shadow: None, ..Self::sample() }
    }
}

impl ChangeForm {
    /// A sample.
    pub fn sample() -> Self {
        Self {
            provider: "Okta".to_owned(),
            saml: true,
            notice: None,
            from: "in the draft",
            draft: "0a1b".to_owned(),
            paste: Field::wrong("https://acme.okta.com", "That is no metadata."),
            chosen: None,
            certificate: Field::default(),
            only_new: false,
            issuer: Field::default(),
            client_id: Field::default(),
            client_secret: Field::default(),
            secret_expires: Field::default(),
            by_key: false,
            attributes: vec![
                ("email".to_owned(), "Email".to_owned(), "email".to_owned(), Field::new("mail")),
                ("firstName".to_owned(), "First name".to_owned(), "firstName".to_owned(), Field::default()),
            ],
            action: "/org/sign-on/con_01jd8q6v/draft".to_owned(),
            back: "/org/sign-on/con_01jd8q6v".to_owned(),
        }
    }

    /// A sample of a client.
    pub fn sample_client() -> Self {
        Self {
            saml: false,
            issuer: Field::new("https://acme.okta.com"),
            client_id: Field::new("0oa9f2kq7LmT3wPzA5d7"),
            ..Self::sample()
        }
    }
}

impl OrgChange {
    /// A sample.
    pub fn sample(it: Change) -> Self {
        Self { page: sample_org("Okta", Place::SignOn), it }
    }
}

impl SetupChange {
    /// A sample.
    pub fn sample(it: Change) -> Self {
        Self { page: sample_wizard("Change what is live", 5), it }
    }
}

impl OrgChangeForm {
    /// A sample.
    pub fn sample(it: ChangeForm) -> Self {
        Self { page: sample_org("Change the sign-in through Okta", Place::SignOn), it }
    }
}

impl SetupChangeForm {
    /// A sample.
    pub fn sample(it: ChangeForm) -> Self {
        Self { page: sample_wizard("Other values", 3), it }
    }
}
