//! From where a directory is read that sends nothing by itself: the same form in the wizard and for administrators.

use super::org::{Place, sample_org};
use super::setup::sample_wizard;
use crate::layout::Page;
use crate::parts::{Field, Figure, Icon, Input, Notice, Tone};
use askama::Template;

/// The form.
#[derive(Clone, Debug, Default)]
pub struct SourceForm {
    /// Google Workspace; otherwise a file.
    pub google: bool,
    /// The provider's name.
    pub provider: String,
    /// Where it is posted to.
    pub action: String,
    /// What is wrong as a whole.
    pub notice: Option<Notice>,
    /// Where the wish to authorize with Google is posted to; none where that is not the way.
    pub consent: Option<String>,
    /// Google is read by somebody's consent.
    pub consented: bool,
    /// The service account whose key is kept; empty where none is.
    pub account: String,
    /// The key file as it was pasted.
    pub key: Field,
    /// The administrator.
    pub admin: Field,
    /// Groups, one on each line.
    pub groups: Field,
    /// The file's address.
    pub url: Field,
    /// What is sent as `Authorization`.
    pub authorization: Field,
    /// Something is kept to send as `Authorization`.
    pub authorized: bool,
    /// The hour.
    pub hour: Field,
    /// "Check and continue".
    pub save_label: String,
    /// Link back.
    pub back: String,
}

impl SourceForm {
    fn kept_key(&self) -> String {
        format!("Left empty, the key of {} stays.", self.account)
    }

    fn kept_authorization(&self) -> String {
        let kept = if self.authorized { " Left empty, the one that is kept stays." } else { "" };
        format!("Sent with the request, such as “Bearer abc123”. We keep it sealed.{kept}")
    }

    /// A sample.
    fn sample(google: bool, back: &str) -> Self {
        Self {
            google,
            provider: if google { "Google Workspace" } else { "Nightly file" }.to_owned(),
            action: back.to_owned(),
            account: if google { "sync@acme.iam.gserviceaccount.com" } else { "" }.to_owned(),
            admin: Field::new("it@acme.example"),
            hour: Field::new("2"),
            url: Field::wrong("http://files.acme.example/p.csv", "Expected one that begins with https://."),
            save_label: "Check and continue".to_owned(),
            back: back.to_owned(),
            ..Self::default()
        }
    }
}

/// In the wizard.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/source/setup.html")]
pub struct SetupSource {
    /// Surroundings.
    pub page: Page,
    /// The form.
    pub it: SourceForm,
}

impl SetupSource {
    fn kept_key(&self) -> String {
        self.it.kept_key()
    }

    fn kept_authorization(&self) -> String {
        self.it.kept_authorization()
    }

    /// A sample.
    pub fn sample() -> Self {
        Self {
            page: sample_wizard("Read Google Workspace", 1),
            it: SourceForm::sample(true, "/s/token/scim/steps"),
        }
    }

    /// A sample of the way by consent.
    pub fn sample_consent() -> Self {
        let consent = Some("/s/token/scim/source/consent".to_owned());
        let it = SourceForm { consent, ..SourceForm::sample(true, "/s/token/scim/steps") };
        Self { page: sample_wizard("Read Google Workspace", 1), it }
    }
}

/// For a company's administrators, with how the last reading went.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/source/org.html")]
pub struct OrgSource {
    /// Surroundings.
    pub page: Page,
    /// When it was read last, and when it is next.
    pub summary: String,
    /// Where the wish to read now is posted to; none before anything was entered.
    pub read_action: Option<String>,
    /// That the last reading failed, and what to do.
    pub failed: Option<Notice>,
    /// People, groups, changes.
    pub figures: Vec<Figure>,
    /// What could not be read.
    pub notes: Vec<String>,
    /// The form.
    pub it: SourceForm,
}

impl OrgSource {
    fn kept_key(&self) -> String {
        self.it.kept_key()
    }

    fn kept_authorization(&self) -> String {
        self.it.kept_authorization()
    }

    /// A sample.
    pub fn sample() -> Self {
        Self {
            page: sample_org("How we read it", Place::Directory),
            summary: "Read 12 minutes ago; next at 10:30 UTC.".to_owned(),
            read_action: Some("/org/directory/dir_01/source/read".to_owned()),
            figures: vec![Figure::count(214, "people listed"), Figure::count(2, "changed")],
            notes: vec!["Row 17: no address that can be read".to_owned()],
            failed: Some(Notice::new(Tone::Bad, "The last reading failed", "The file is empty.")),
            it: SourceForm::sample(false, "/org/directory"),
        }
    }
}
