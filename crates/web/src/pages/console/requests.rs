//! What the requests of a SAML connection ask for.

use super::{Place, sample_console};
use crate::layout::Page;
use crate::parts::{Choice, Field, Icon, Input, Opt, Select};
use askama::Template;

/// `/console/organizations/{id}/connections/{id}/requests`.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/console/requests.html")]
pub struct ConnectionRequests {
    /// Surroundings.
    pub page: Page,
    /// "What we ask Okta for".
    pub title: String,
    /// Where they go.
    pub summary: String,
    /// Choices of `signed`.
    pub signed: Vec<Choice>,
    /// Options of `binding`.
    pub bindings: Vec<Opt>,
    /// What is wrong with it.
    pub binding_error: Option<String>,
    /// Whether `force_authn` is ticked.
    pub force_authn: bool,
    /// Field `authn_context`, one class a line.
    pub authn_context: Field,
    /// Options of `comparison`.
    pub comparisons: Vec<Opt>,
    /// What is wrong with it.
    pub comparison_error: Option<String>,
    /// Options of `name_id_format`.
    pub formats: Vec<Opt>,
    /// What is wrong with it.
    pub format_error: Option<String>,
    /// Choices of `idp_initiated`.
    pub idp_initiated: Vec<Choice>,
    /// What is wrong with it.
    pub idp_initiated_error: Option<String>,
    /// Whether `allow_sha1` is ticked.
    pub allow_sha1: bool,
    /// The name of the draft that is changed; empty for none.
    pub draft: String,
    /// What saving means, where people sign in through the connection.
    pub beside: Option<String>,
    /// Where the form is posted to.
    pub action: String,
    /// Back to the company.
    pub back: String,
}

impl ConnectionRequests {
    /// A sample.
    pub fn sample() -> Self {
        Self {
            page: sample_console("Sign-in requests", Place::Organizations),
            title: "What we ask Okta for".to_owned(),
            summary: "Requests go to https://acme.okta.com/app/abc/sso/saml, by redirect.".to_owned(),
            signed: vec![
                Choice::new("signed", "yes", "Signed", "With our key.", true),
                Choice::new("signed", "no", "Not signed", "Only where it is not asked for.", false),
            ],
            bindings: Opt::list(&[("", "As its metadata prefers"), ("post", "Form (POST)")], "post"),
            binding_error: None,
            force_authn: true,
            authn_context: Field::wrong("MFA", "expected a URI such as urn:example, received “MFA”"),
            comparisons: Opt::list(&[("exact", "One of them exactly"), ("minimum", "At least")], "exact"),
            comparison_error: None,
            formats: Opt::list(&[("", "Whatever it is set to send"), ("urn:x", "persistent")], ""),
            format_error: None,
            idp_initiated: vec![
                Choice::new("idp_initiated", "round_trip", "Go on by themselves", "We ask once more.", true),
                Choice::new(
                    "idp_initiated",
                    "off",
                    "Are told to start here",
                    "Nothing begins elsewhere.",
                    false,
                ),
            ],
            idp_initiated_error: Some("Only a request can ask for that.".to_owned()),
            allow_sha1: true,
            draft: "d1".to_owned(),
            beside: Some("What you change is kept as a draft beside what is in use.".to_owned()),
            action: "/console/organizations/org_1/connections/con_1/requests".to_owned(),
            back: "/console/organizations/org_1".to_owned(),
        }
    }
}
