//! The first pages: who sent the link, which provider it is about, handing over.

use super::sample_wizard;
use crate::guide::{Family, Guide, Kind, Protocol, find, search};
use crate::html::Html;
use crate::layout::Page;
use crate::parts::{Field, Icon, Input, Person, When};
use askama::Template;

/// `/s/{token}`: who invites, what is needed, until when.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/setup/welcome.html")]
pub struct SetupWelcome {
    /// Surroundings; its contact is who sent the link.
    pub page: Page,
    /// A sentence that says what is set up.
    pub title: String,
    /// How long it takes and what it changes.
    pub lede: String,
    /// What is needed.
    pub needs: Vec<Need>,
    /// Where it begins, or goes on.
    pub start: String,
    /// "Start", or "Go on".
    pub start_label: String,
    /// Address that the link was made for; may be empty.
    pub sent_to: String,
    /// Who made the link: "Maren Okafor at Northwind Privacy".
    pub sent_by: String,
    /// Until when the link works.
    pub until: When,
    /// What the link allows: "set up single sign-on and domains for Acme, nothing else".
    pub allows: String,
}

/// Something or somebody that is needed.
#[derive(Clone, Debug)]
pub struct Need {
    /// Name of the icon.
    pub icon: &'static str,
    /// "Someone who can add a DNS record".
    pub title: String,
    /// Why, and when.
    pub text: String,
}

/// The list of providers, with search by GET.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/setup/providers.html")]
pub struct SetupProviders {
    /// Surroundings.
    pub page: Page,
    /// "Where do Acme’s people sign in today?"
    pub title: String,
    /// A sentence below.
    pub lede: String,
    /// This page, for the search.
    pub action: String,
    /// What is looked for.
    pub query: String,
    /// How many there are.
    pub total: usize,
    /// Connections that are live already: id and name.
    pub live: Vec<(String, String)>,
    /// Where the wish to change one is posted to: fields `act` and `connection`.
    pub change: String,
    /// A provider that we found by ourselves.
    pub guess: Option<ProviderGuess>,
    /// The most used; empty while searching.
    pub popular: Vec<Provider>,
    /// All, or those that fit.
    pub all: Vec<Provider>,
    /// The general guides.
    pub general: Vec<Way>,
}

/// A provider that we found by ourselves.
#[derive(Clone, Debug)]
pub struct ProviderGuess {
    /// Its name.
    pub name: String,
    /// Why we think so.
    pub reason: String,
    /// Its steps.
    pub href: String,
}

/// One entry of the list.
#[derive(Clone, Debug)]
pub struct Provider {
    /// Its name.
    pub name: String,
    /// "SAML or OpenID".
    pub protocols: String,
    /// Its letters.
    pub mark: String,
    /// Colour of the letters.
    pub hue: u8,
    /// Where it is chosen, or told what to do instead.
    pub href: String,
    /// Choosing it begins a connection, so it is a button; the others only tell what to do instead.
    pub chooses: bool,
    /// Has steps of its own.
    pub full: bool,
}

/// A guide to go on with. Choosing one changes something, so it is a button; one that only tells what to do instead is
/// a link.
#[derive(Clone, Debug)]
pub struct Way {
    /// "OpenID Connect".
    pub label: String,
    /// Where it is chosen, or told what to do instead.
    pub href: String,
    /// Choosing it begins a connection.
    pub chooses: bool,
}

impl Way {
    /// A guide under this label; `base` is followed by the guide's id.
    pub fn of(label: &str, guide: &Guide, base: &str) -> Self {
        Self { label: label.to_owned(), href: format!("{base}/{}", guide.id), chooses: chooses(guide) }
    }
}

/// Whether choosing the guide begins a connection.
fn chooses(guide: &Guide) -> bool {
    !matches!(guide.protocol, Protocol::File | Protocol::None)
}

/// One provider, by its address: choosing it is a click on this page.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/setup/choose.html")]
pub struct SetupChoose {
    /// Surroundings.
    pub page: Page,
    /// The provider.
    pub provider: Person,
    /// "Set up Okta with SAML 2.0".
    pub title: String,
    /// What choosing it changes.
    pub effect: String,
    /// Where choosing is posted to.
    pub action: String,
    /// "Choose Okta".
    pub label: String,
    /// Link to the list.
    pub back: String,
}

impl SetupChoose {
    /// A sample.
    pub fn sample() -> Self {
        Self {
            page: sample_wizard("Set up Okta", 1),
            provider: Person::thing("Okta", "SAML 2.0", "Ok", 5),
            title: "Set up Okta with SAML 2.0".to_owned(),
            effect: "You get the steps written for Okta. Nothing changes for your colleagues.".to_owned(),
            action: "/s/token/sso/providers/okta-saml".to_owned(),
            label: "Choose Okta".to_owned(),
            back: "/s/token/sso/providers".to_owned(),
        }
    }
}

impl Provider {
    /// The entry of a provider; `base` is followed by the id of its first guide.
    pub fn of(family: &Family, base: &str) -> Self {
        Self {
            name: family.name.to_owned(),
            protocols: family.protocols(),
            mark: family.mark.to_owned(),
            hue: family.hue,
            href: format!("{base}/{}", family.first().id),
            chooses: chooses(family.first()),
            full: family.is_full(),
        }
    }
}

impl SetupProviders {
    /// The list of one kind, searched for `query`. A provider's address is `action`, a slash and the guide's id.
    pub fn new(page: Page, kind: Kind, organization: &str, action: &str, query: &str) -> Self {
        let families = search(kind, query);
        let mut popular: Vec<&Family> = families.iter().copied().filter(|f| f.popular.is_some()).collect();
        popular.sort_by_key(|f| f.popular);
        let searching = !query.trim().is_empty();
        let (title, lede, general): (_, _, &[(&str, &str)]) = match kind {
            Kind::Sso => (
                format!("Where do {organization}’s people sign in today?"),
                "Choose the system that holds their work accounts. You get steps written for exactly that one.",
                &[("Set it up with SAML", "generic-saml"), ("Set it up with OpenID Connect", "generic-oidc")],
            ),
            Kind::Directory => (
                format!("Where is the list of {organization}’s people kept?"),
                "Choose the system that knows who comes and who leaves. You get steps written for exactly that one.",
                &[("Set it up with SCIM 2.0", "custom-scim2"), ("Bring a file instead", "csv")],
            ),
        };
        Self {
            page,
            title,
            lede: lede.to_owned(),
            action: action.to_owned(),
            query: query.trim().to_owned(),
            total: crate::guide::families(kind).len(),
            live: Vec::new(),
            change: String::new(),
            guess: None,
            popular: if searching {
                Vec::new()
            } else {
                popular.iter().map(|f| Provider::of(f, action)).collect()
            },
            all: families.iter().map(|f| Provider::of(f, action)).collect(),
            general: general
                .iter()
                .filter_map(|(label, id)| Some(Way::of(label, find(id)?, action)))
                .collect(),
        }
    }

    /// A sample.
    pub fn sample() -> Self {
        let page = sample_wizard("Choose your identity provider", 1);
        let guess = ProviderGuess {
            name: "Okta".to_owned(),
            reason: "There is an Okta organization at acme.okta.com.".to_owned(),
            href: "/s/token/providers/okta-saml".to_owned(),
        };
        Self {
            guess: Some(guess),
            live: vec![("con_01jd8q6v".to_owned(), "Okta".to_owned())],
            change: "/s/token/sso/change".to_owned(),
            ..Self::new(page, Kind::Sso, "Acme", "/s/token/providers", "")
        }
    }

    /// A sample of a search that finds nothing.
    pub fn sample_empty() -> Self {
        let page = sample_wizard("Choose your identity provider", 1);
        Self::new(page, Kind::Sso, "Acme", "/s/token/providers", "Fort Knox <SSO>")
    }
}

/// Hand the link over to a colleague.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/setup/hand_over.html")]
pub struct SetupHandOver {
    /// Surroundings.
    pub page: Page,
    /// Field `email`.
    pub email: Field,
    /// Where the form is posted to.
    pub action: String,
    /// Link back.
    pub back: String,
    /// What the colleague will be able to do; in light markup.
    pub effect: Html,
}

impl SetupHandOver {
    /// A sample.
    pub fn sample() -> Self {
        Self {
            page: sample_wizard("Hand over to a colleague", 1),
            email: Field::default(),
            action: "/s/token/hand-over".to_owned(),
            back: "/s/token".to_owned(),
            effect: Html::marked("Your colleague gets a link of their own, and this one stops."),
        }
    }
}

impl SetupWelcome {
    /// A sample.
    pub fn sample() -> Self {
        let need =
            |icon, title: &str, text: &str| Need { icon, title: title.to_owned(), text: text.to_owned() };
        let mut page = sample_wizard("Set up single sign-on", 6);
        for step in &mut page.rail.steps {
            (step.progress, step.href) = (crate::layout::Progress::Todo, None);
            step.note.clear();
        }
        Self {
            page,
            title: "Let Acme sign in to Northwind Privacy with its own accounts".to_owned(),
            lede: "Maren Okafor at Northwind Privacy prepared this for you. It takes about 15 minutes, and nothing \
                   changes for your colleagues until you switch it on in the last step."
                .to_owned(),
            needs: vec![
                need(
                    "key",
                    "An administrator of your identity provider",
                    "Okta, Microsoft Entra ID, Google Workspace or one of 50 others. You need the right to add an \
                     application.",
                ),
                need(
                    "globe",
                    "Someone who can add a DNS record",
                    "To prove that acme.example is yours. It can happen later: you can go on while it is pending.",
                ),
                need(
                    "person",
                    "One account to test with",
                    "Your own is fine. We show you what your provider really sent, before anyone else uses it.",
                ),
            ],
            start: "/s/token/domains".to_owned(),
            start_label: "Start".to_owned(),
            sent_to: "priya.raman@acme.example".to_owned(),
            sent_by: "Maren Okafor at Northwind Privacy".to_owned(),
            until: When::new("2026-12-20", "Sunday 20 December 2026"),
            allows: "set up single sign-on and domains for Acme, nothing else".to_owned(),
        }
    }
}
