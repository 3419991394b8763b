//! Where a directory is read from, as it is entered and as it is kept, sealed.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use oidc::provider::{SigningAlgorithm, SigningKey};
use profile::email;
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::problem::Problem;

/// What settings are sealed for.
const PLACE: &str = "directory_pulls.settings";
/// The most groups that limit who is read.
const MOST_GROUPS: usize = 50;

/// The kinds of sources.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Google Workspace.
    Google,
    /// A file of people.
    File,
}

impl Kind {
    /// As it is stored and spoken of in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Google => "google",
            Self::File => "file",
        }
    }
}

/// Where a directory is read from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Settings {
    /// Google Workspace, through the Admin SDK.
    Google(GoogleSettings),
    /// A file of people.
    File(FileSettings),
}

/// How Google Workspace is read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GoogleSettings {
    /// A service account with domain-wide delegation.
    pub service_account: Option<ServiceAccount>,
    /// The administrator in whose name it reads.
    pub admin: String,
    /// What an administrator's consent gave, in place of a service account.
    pub refresh_token: Option<String>,
    /// Only people in one of these groups, by their addresses; empty for everybody.
    pub groups: Vec<String>,
}

/// What of a service account's key file is used.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceAccount {
    /// Its address.
    pub client_email: String,
    /// The number that the Admin console asks for.
    #[serde(default)]
    pub client_id: String,
    /// The provider's name of the key.
    pub private_key_id: String,
    /// PKCS#8 in PEM.
    pub private_key: String,
}

impl std::fmt::Debug for ServiceAccount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ServiceAccount").field("client_email", &self.client_email).finish_non_exhaustive()
    }
}

/// How a file of people is read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FileSettings {
    /// Where it is fetched every night; none where it is brought.
    pub url: Option<String>,
    /// Sent as `Authorization`.
    pub authorization: Option<String>,
    /// The hour in UTC in which it is fetched.
    pub hour: u8,
}

impl ServiceAccount {
    /// Reads the key file that Google's console gives.
    ///
    /// # Errors
    /// A sentence that says what is wrong with it.
    pub fn read(text: &str) -> Result<Self, Problem> {
        let wrong = |words: &str| Problem::field("service_account", words.to_owned());
        let value: serde_json::Value = serde_json::from_str(text.trim()).map_err(|_| {
            wrong(
                "This is not the key file. Expected the whole JSON file that Google downloads when you add a key to the \
                 service account, from { to }.",
            )
        })?;
        if value["type"] != "service_account" {
            return Err(wrong(
                "This JSON file is not a service account’s key (its \"type\" is another). In Google Cloud, open IAM & Admin, \
                 Service Accounts, the account, Keys, Add key, Create new key, JSON.",
            ));
        }
        let it: Self = serde_json::from_value(value).map_err(|_| {
            wrong("client_email, private_key_id or private_key is missing in this file. Download a new key.")
        })?;
        it.key().ok_or_else(|| wrong("The private key in this file cannot be read. Download a new key."))?;
        Ok(it)
    }

    /// The key to sign with.
    pub fn key(&self) -> Option<SigningKey> {
        let body: String = self.private_key.lines().filter(|line| !line.starts_with("-----")).collect();
        let der = STANDARD.decode(body.trim()).ok()?;
        SigningKey::from_pkcs8(SigningAlgorithm::Rs256, &der).ok()
    }
}

impl Settings {
    /// Which kind it is.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Google(_) => Kind::Google,
            Self::File(_) => Kind::File,
        }
    }

    /// Tidied, or what is wrong with them.
    ///
    /// # Errors
    /// A field problem.
    pub fn checked(self, app: &App) -> Result<Self, Problem> {
        match self {
            Self::Google(it) => it.checked().map(Self::Google),
            Self::File(it) => it.checked(app).map(Self::File),
        }
    }

    /// As they are stored.
    pub(super) fn seal(&self, app: &App) -> Result<String, Problem> {
        let text = serde_json::to_string(self).map_err(|e| Problem::internal(&e))?;
        Ok(app.seal_text(PLACE, &text))
    }

    /// Reads what [`Settings::seal`] wrote.
    pub(super) fn open(app: &App, sealed: &str) -> Result<Self, Problem> {
        serde_json::from_str(&app.open_text(PLACE, sealed)?).map_err(|e| Problem::internal(&e))
    }
}

impl GoogleSettings {
    fn checked(mut self) -> Result<Self, Problem> {
        let groups = self.groups.iter().map(|group| group.trim()).filter(|group| !group.is_empty());
        self.groups = groups
            .map(|group| {
                address(group).ok_or_else(|| {
                    let shown: String = group.chars().take(80).collect();
                    Problem::field("groups", format!("“{shown}” is no group’s address. Expected one such as engineering@example.com on each line."))
                })
            })
            .collect::<Result<_, _>>()?;
        if self.groups.len() > MOST_GROUPS {
            return Err(Problem::field(
                "groups",
                format!("Expected {MOST_GROUPS} groups at most. Put them into one group and name that."),
            ));
        }
        if self.refresh_token.is_some() {
            return Ok(self);
        }
        let Some(account) = &self.service_account else {
            return Err(Problem::field("service_account", "Expected the service account’s key file."));
        };
        if account.key().is_none() {
            return Err(Problem::field(
                "service_account",
                "The private key in this file cannot be read. Download a new key.",
            ));
        }
        self.admin = address(&self.admin).ok_or_else(|| {
            Problem::field(
                "admin",
                "Expected the work address of an administrator who may read users and groups, such as it@example.com.",
            )
        })?;
        Ok(self)
    }
}

fn address(text: &str) -> Option<String> {
    email::parse(text).ok().flatten()
}

impl FileSettings {
    fn checked(mut self, app: &App) -> Result<Self, Problem> {
        let text = |text: Option<String>| text.map(|it| it.trim().to_owned()).filter(|it| !it.is_empty());
        (self.url, self.authorization) = (text(self.url), text(self.authorization));
        if let Some(url) = &self.url {
            let url = app.outbound.address(url).map_err(|e| Problem::field("url", format!("{e}.")))?;
            self.url = Some(url.to_string());
        }
        let plain = |it: &String| it.len() <= 2000 && it.bytes().all(|b| (32..127).contains(&b));
        if !self.authorization.as_ref().is_none_or(plain) {
            return Err(Problem::field(
                "authorization",
                "Expected one line of plain characters, such as Bearer abc123.",
            ));
        }
        if self.hour > 23 {
            return Err(Problem::field("hour", "Expected an hour from 0 to 23, in UTC."));
        }
        Ok(self)
    }
}
