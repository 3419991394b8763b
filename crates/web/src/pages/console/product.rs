//! The vendor's product: applications and API tokens.

use super::{Place, sample_console};
use crate::html::Html;
use crate::layout::Page;
use crate::parts::{Copy, Crumb, Field, Icon, Input, Opt, Person, Select, When};
use askama::Template;

/// Applications: OpenID clients.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/console/applications.html")]
pub struct Applications {
    /// Surroundings.
    pub page: Page,
    /// The applications.
    pub rows: Vec<ApplicationRow>,
    /// Address of the discovery document, for the developer.
    pub issuer: Copy,
    /// Link to a new one.
    pub create: String,
}

/// An application.
#[derive(Clone, Debug)]
pub struct ApplicationRow {
    /// Name; the second line is the client id.
    pub name: Person,
    /// Where people come back to.
    pub redirect_uris: Vec<String>,
    /// Term and value.
    pub facts: Vec<(String, Html)>,
    /// Where a new secret is posted to.
    pub secret_action: String,
    /// Where removing it is posted to.
    pub remove_action: String,
}

/// A new application.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/console/new_application.html")]
pub struct NewApplication {
    /// Surroundings.
    pub page: Page,
    /// Field `name`.
    pub name: Field,
    /// Field `redirect_uris`, one a line.
    pub redirect_uris: Field,
    /// Field `post_logout_redirect_uris`, one a line.
    pub post_logout_redirect_uris: Field,
    /// Field `backchannel_logout_uri`.
    pub backchannel_logout_uri: Field,
    /// Field `id_token_signed_response_alg`.
    pub algorithms: Vec<Opt>,
    /// Where the form is posted to.
    pub action: String,
    /// Link back.
    pub back: String,
}

/// A secret or token that was just made, shown once.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/console/secret_made.html")]
pub struct SecretMade {
    /// Surroundings.
    pub page: Page,
    /// "Product is ready".
    pub title: String,
    /// What to do with the values.
    pub text: String,
    /// The values; the last one is the secret.
    pub values: Vec<Copy>,
    /// Link back.
    pub back: String,
}

/// API tokens.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/console/tokens.html")]
pub struct Tokens {
    /// Surroundings.
    pub page: Page,
    /// The tokens.
    pub rows: Vec<TokenRow>,
    /// Field `name`: a new one.
    pub name: Field,
    /// Where a new one is posted to.
    pub action: String,
}

/// An API token.
#[derive(Clone, Debug)]
pub struct TokenRow {
    /// What it is for.
    pub name: String,
    /// When it was made.
    pub made: When,
    /// When it was last used.
    pub used: When,
    /// Where revoking is posted to.
    pub revoke: String,
}

impl Applications {
    /// A sample.
    pub fn sample() -> Self {
        Self {
            page: sample_console("Applications", Place::Applications),
            rows: vec![ApplicationRow {
                name: Person::company("Product", "app_01jd7w3x"),
                redirect_uris: vec!["https://app.northwind.example/callback".to_owned()],
                facts: vec![("Signature".to_owned(), Html::marked("``RS256``"))],
                secret_action: "/console/applications/app_01/secret".to_owned(),
                remove_action: "/console/applications/app_01/remove".to_owned(),
            }],
            issuer: Copy::new("issuer", "Issuer", "https://id.northwind.example")
                .hint("Everything else is at ``/.well-known/openid-configuration`` below it."),
            create: "/console/applications/new".to_owned(),
        }
    }

    /// A sample before the first one.
    pub fn sample_empty() -> Self {
        Self { rows: Vec::new(), ..Self::sample() }
    }
}

impl NewApplication {
    /// A sample.
    pub fn sample() -> Self {
        let mut page = sample_console("New application", Place::Applications);
        page.crumbs = vec![Crumb::new("Applications", "/console/applications")];
        Self {
            page,
            name: Field::new("Product"),
            redirect_uris: Field::wrong(
                "http://app.northwind.example/callback",
                "Outside of your own machine an address begins with ``https://``.",
            ),
            post_logout_redirect_uris: Field::default(),
            backchannel_logout_uri: Field::default(),
            algorithms: Opt::list(
                &[("RS256", "RS256, read by everything"), ("ES256", "ES256, shorter")],
                "RS256",
            ),
            action: "/console/applications".to_owned(),
            back: "/console/applications".to_owned(),
        }
    }
}

impl SecretMade {
    /// A sample.
    pub fn sample() -> Self {
        Self {
            page: sample_console("Product is ready", Place::Applications),
            title: "Product is ready".to_owned(),
            text: "Put both values into the configuration of your product. The secret is shown only now."
                .to_owned(),
            values: vec![
                Copy::new("client-id", "Client ID", "app_01jd7w3x"),
                Copy::new("client-secret", "Client secret", "fdsk_8sQm2VxT0rLkJ4bN")
                    .hint("Lost it? Make a new one."),
            ],
            back: "/console/applications".to_owned(),
        }
    }
}

impl Tokens {
    /// A sample.
    pub fn sample() -> Self {
        Self {
            page: sample_console("API tokens", Place::Tokens),
            rows: vec![TokenRow {
                name: "billing".to_owned(),
                made: When::new("2026-11-02", "2 November 2026"),
                used: When::words("today"),
                revoke: "/console/tokens/tok_01/revoke".to_owned(),
            }],
            name: Field::wrong("", "A name says later what it is for, such as **billing**."),
            action: "/console/tokens".to_owned(),
        }
    }
}
