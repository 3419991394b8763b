//! Which of several connections the addresses of a domain sign in through.

use super::{Place, sample_org};
use crate::layout::Page;
use crate::parts::{Field, Icon, Input, Notice, Opt, Select, Status, Tone};
use askama::Template;

/// The rules of one domain.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/org/routing.html")]
pub struct OrgRouting {
    /// Surroundings.
    pub page: Page,
    /// The company.
    pub organization: String,
    /// "acme.example".
    pub domain: String,
    /// What must be known first; none where there is nothing.
    pub notice: Option<Notice>,
    /// The rules, in their order.
    pub rules: Vec<RuleRow>,
    /// Where everybody else signs in, in a sentence.
    pub everybody: String,
    /// Field `connection`: the active connections.
    pub connections: Vec<Opt>,
    /// Field `group`: the groups of the directories; empty where there is none.
    pub groups: Vec<Opt>,
    /// Field `pilot`: addresses, one a line.
    pub pilot: Field,
    /// What is wrong with `group`; may be none.
    pub group_error: Option<String>,
    /// Field `everybody`: newest, one of the connections, or `choose`.
    pub last: Vec<Opt>,
    /// Fields `choose`: the connections to choose from.
    pub choose: Vec<Opt>,
    /// What is wrong with `choose`; may be none.
    pub choose_error: Option<String>,
    /// Field `email` of the try.
    pub tried: Field,
    /// Where that address signs in, and why.
    pub outcome: Option<Notice>,
    /// Where every form is posted to; the try is read from there.
    pub action: String,
    /// Link back.
    pub back: String,
}

/// A rule.
#[derive(Clone, Debug)]
pub struct RuleRow {
    /// Its id.
    pub id: String,
    /// "3 named addresses".
    pub who: String,
    /// "Okta, SAML".
    pub connection: String,
    /// In force, or why it rests.
    pub status: Status,
    /// Field `pilot`: its addresses; none for a group.
    pub pilot: Option<Field>,
}

impl RuleRow {
    fn is_wrong(&self) -> bool {
        self.pilot.as_ref().is_some_and(|it| it.error.is_some())
    }

    /// The addresses of the rule, to be changed.
    fn addresses(&self) -> Option<Input> {
        let field = self.pilot.as_ref()?;
        Some(
            Input::area("pilot", "Addresses, one a line", 4)
                .id(&format!("pilot-{}", self.id))
                .from(field)
                .mono(),
        )
    }
}

impl OrgRouting {
    /// A sample.
    pub fn sample() -> Self {
        let connections = [("con_01", "Okta, SAML"), ("con_02", "Microsoft Entra ID, OpenID Connect")];
        Self {
            page: sample_org("Who signs in where", Place::Domains),
            organization: "Acme".to_owned(),
            domain: "acme.example".to_owned(),
            notice: None,
            rules: vec![
                RuleRow {
                    id: "rul_01".to_owned(),
                    who: "2 named addresses".to_owned(),
                    connection: "Microsoft Entra ID, OpenID Connect".to_owned(),
                    status: Status::ok("In force"),
                    pilot: Some(Field::wrong(
                        "priya.raman@acme.example\njonas@elsewhere.example",
                        "“jonas@elsewhere.example” is not an address in acme.example.",
                    )),
                },
                RuleRow {
                    id: "rul_02".to_owned(),
                    who: "The group Sales".to_owned(),
                    connection: "Google Workspace, SAML".to_owned(),
                    status: Status::stopped("Rests: the connection is switched off"),
                    pilot: None,
                },
            ],
            everybody: "Okta, SAML".to_owned(),
            connections: Opt::list(&connections, "con_02"),
            groups: Opt::list(&[("grp_01", "Sales"), ("grp_02", "Engineering")], ""),
            pilot: Field::default(),
            group_error: None,
            last: Opt::list(
                &[
                    ("newest", "Through the connection that was made last"),
                    ("con_01", "Through Okta, SAML"),
                    ("choose", "Each person chooses"),
                ],
                "con_01",
            ),
            choose: Opt::list(&connections, ""),
            choose_error: Some("Expected at least two different connections to choose from.".to_owned()),
            tried: Field::new("priya.raman@acme.example"),
            outcome: Some(Notice::new(
                Tone::Ok,
                "priya.raman@acme.example signs in through Microsoft Entra ID, OpenID Connect",
                "Rule 1 names the address.",
            )),
            action: "/org/domains/dom_01/routing".to_owned(),
            back: "/org/domains".to_owned(),
        }
    }

    /// A sample with one connection.
    pub fn sample_one() -> Self {
        Self {
            notice: Some(Notice::new(
                Tone::None,
                "Acme has one active connection",
                "Rules are of use when there are two: while you move to another provider, for instance.",
            )),
            rules: Vec::new(),
            groups: Vec::new(),
            choose: Vec::new(),
            choose_error: None,
            outcome: None,
            tried: Field::default(),
            ..Self::sample()
        }
    }
}
