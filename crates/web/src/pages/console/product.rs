//! The vendor's product: applications and API tokens.

use super::{Place, sample_console};
use crate::html::Html;
use crate::layout::Page;
use crate::parts::{Copy, Crumb, Field, Icon, Input, Notice, Opt, Person, Select, Tone, When};
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
    /// Link to its registration.
    pub href: String,
    /// Where a new secret is posted to; none for an application without one.
    pub secret_action: Option<String>,
    /// Where removing it is posted to.
    pub remove_action: String,
}

/// An application's registration: a new one, or one that is changed.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/console/application.html")]
pub struct ApplicationForm {
    /// Surroundings.
    pub page: Page,
    /// "New application", or its name.
    pub title: String,
    /// What comes of it, in a sentence.
    pub intro: String,
    /// Field `name`.
    pub name: Field,
    /// Field `redirect_uris`, one a line.
    pub redirect_uris: Field,
    /// Field `post_logout_redirect_uris`, one a line.
    pub post_logout_redirect_uris: Field,
    /// Field `token_endpoint_auth_method`.
    pub methods: Vec<Opt>,
    /// Field `jwks`, JSON.
    pub jwks: Field,
    /// Field `jwks_uri`.
    pub jwks_uri: Field,
    /// Field `backchannel_logout_uri`.
    pub backchannel_logout_uri: Field,
    /// Field `frontchannel_logout_uri`.
    pub frontchannel_logout_uri: Field,
    /// Field `initiate_login_uri`.
    pub initiate_login_uri: Field,
    /// Field `id_token_signed_response_alg`.
    pub algorithms: Vec<Opt>,
    /// Field `require_pushed_authorization_requests`.
    pub pushed: Vec<Opt>,
    /// Field `confirms_erasure`.
    pub confirms_erasure: Vec<Opt>,
    /// How many erasures it has not confirmed.
    pub waiting: u64,
    /// Field `refresh_token_leeway`, seconds.
    pub refresh_token_leeway: Field,
    /// Label of the button.
    pub submit: String,
    /// How it was told of sign-outs, newest first; none for a new application.
    pub calls: Option<Vec<LogoutCallRow>>,
    /// How it gets its security events; none where it asks for none. Where something stands in the way, it comes first.
    pub feed: Option<EventFeed>,
    /// Where the form is posted to.
    pub action: String,
    /// Link back.
    pub back: String,
}

/// How an application gets the security events that it asked for.
#[derive(Clone, Debug)]
pub struct EventFeed {
    /// What stands in the way, and what to do.
    pub trouble: Option<Notice>,
    /// Term and value.
    pub facts: Vec<(String, Html)>,
    /// Where trying again at once is posted to; none where nothing stands in the way.
    pub again: Option<String>,
}

/// How an application was told of a sign-out.
#[derive(Clone, Debug)]
pub struct LogoutCallRow {
    /// When it was tried last.
    pub at: When,
    /// Which session: the `sid` claim.
    pub sid: String,
    /// "Told", "Tried again soon" or "Given up".
    pub status: String,
    /// What the last try came to.
    pub outcome: String,
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
                href: "/console/applications/app_01".to_owned(),
                secret_action: Some("/console/applications/app_01/secret".to_owned()),
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

impl ApplicationForm {
    /// A sample.
    pub fn sample() -> Self {
        let mut page = sample_console("New application", Place::Applications);
        page.crumbs = vec![Crumb::new("Applications", "/console/applications")];
        Self {
            page,
            title: "New application".to_owned(),
            intro: "After this page you get a client ID and a secret.".to_owned(),
            name: Field::new("Product"),
            redirect_uris: Field::wrong(
                "http://app.northwind.example/callback",
                "Outside of your own machine an address begins with ``https://``.",
            ),
            post_logout_redirect_uris: Field::default(),
            methods: Opt::list(
                &[("client_secret_basic", "A client secret"), ("private_key_jwt", "A key of its own")],
                "client_secret_basic",
            ),
            jwks: Field::default(),
            jwks_uri: Field::default(),
            backchannel_logout_uri: Field::default(),
            frontchannel_logout_uri: Field::default(),
            initiate_login_uri: Field::default(),
            algorithms: Opt::list(
                &[("RS256", "RS256, read by everything"), ("ES256", "ES256, shorter")],
                "RS256",
            ),
            pushed: Opt::list(&[("false", "Taken, not required"), ("true", "Required")], "false"),
            confirms_erasure: Opt::list(
                &[("true", "It confirms"), ("false", "It is not waited for")],
                "true",
            ),
            waiting: 0,
            refresh_token_leeway: Field::new("0"),
            submit: "Create the application".to_owned(),
            calls: None,
            feed: None,
            action: "/console/applications".to_owned(),
            back: "/console/applications".to_owned(),
        }
    }

    /// A sample of one that does not take its security events.
    pub fn sample_stuck() -> Self {
        let fact = |term: &str, marked: &str| (term.to_owned(), Html::marked(marked));
        Self {
            feed: Some(EventFeed {
                trouble: Some(Notice::new(
                    Tone::Bad,
                    "Product does not take its security events",
                    "**Nothing is lost:** they wait here in their order. Have whoever runs it look at the address below.",
                )),
                facts: vec![
                    fact("Pushed to", "``https://app.northwind.example/security-events``"),
                    fact("Not taken since", "20 November 2026, 09:00 UTC"),
                    fact("Waiting", "12 events"),
                    fact("Last trouble", "It answered 401 Unauthorized; expected 202 Accepted."),
                ],
                again: Some("/console/applications/app_01/security-events/again".to_owned()),
            }),
            ..Self::sample_known()
        }
    }

    /// A sample of one that is there.
    pub fn sample_known() -> Self {
        let call = |status: &str, outcome: &str| LogoutCallRow {
            at: When::new("2026-11-20T09:00:00Z", "20 November, 09:00"),
            sid: "tok_01jd7w3x".to_owned(),
            status: status.to_owned(),
            outcome: outcome.to_owned(),
        };
        Self {
            title: "Product".to_owned(),
            intro: "What you change here holds at once.".to_owned(),
            waiting: 2,
            redirect_uris: Field::new("https://app.northwind.example/callback"),
            submit: "Save".to_owned(),
            calls: Some(vec![
                call("Told", "It answered 200 OK."),
                call("Given up", "It answered 500 Internal Server Error."),
            ]),
            feed: Some(EventFeed {
                trouble: None,
                facts: vec![("Waiting".to_owned(), Html::text("nothing"))],
                again: None,
            }),
            ..Self::sample()
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
