//! One attempt in words: what its page shows, whoever looks at it.

use model::{Connection, Organization};
use serde_json::Value;
use store::Connected;
use store::session::Attempt;

use super::masked::{self, Show};
use super::{outcome, provider, through};
use crate::app::App;
use crate::connection;
use crate::org::words::when;
use crate::problem::Problem;
use web::Html;
use web::pages::trace::Explanation;
use web::parts::{Compare, Copy, Status};

/// What an encrypted assertion stands in.
const ENCRYPTED: &str = "EncryptedAssertion";

/// An attempt with what belongs to it.
#[derive(Debug)]
pub struct Explained {
    /// The record.
    pub attempt: Attempt,
    /// Through which connection, if it is still there.
    pub connection: Option<Connection>,
    /// At which company.
    pub company: Option<Organization>,
    told: Told,
}

/// Looks up what belongs to an attempt.
pub async fn explain(db: &mut impl Connected, attempt: Attempt) -> Result<Explained, Problem> {
    let connection = match attempt.connection_id {
        Some(id) => store::connection::lookup(db, id).await?,
        None => None,
    };
    let company = match attempt.organization_id {
        Some(id) => store::organization::lookup(db, id).await?,
        None => None,
    };
    let told = Told::of(&attempt);
    Ok(Explained { attempt, connection, company, told })
}

impl Explained {
    /// What happened, in a sentence; `show` says whether addresses of people are in it.
    pub fn title(&self, show: Show) -> String {
        let provider = self
            .connection
            .as_ref()
            .map_or_else(|| "the identity provider".to_owned(), |c| provider(&c.provider));
        let name = self.company.as_ref().map_or_else(|| "the company".to_owned(), |o| o.name.clone());
        show.text(&outcome::title(&self.attempt, &provider, &name))
    }

    /// What the page shows. Where `show` masks, no address of a person is in any part of it.
    pub async fn view(&self, app: &App, show: Show, message: Show) -> Explanation {
        let it = &self.attempt;
        let (text, note) = self.message(app, message).await;
        let through = self.connection.as_ref().map_or_else(|| "no connection".to_owned(), through);
        let is_sign_out = outcome::rule(&it.code).1;
        let kind = match (self.told.test, is_sign_out) {
            (true, _) => ", a test of the setup",
            (false, true) => ", a sign-out",
            (false, false) => "",
        };
        let until = it.at.after(app.config.limits.traces);
        Explanation {
            outcome: if it.accepted { Status::ok("Signed in") } else { Status::bad("Refused") },
            summary: format!("{}, through {through}{kind}", when(it.at).text),
            title: self.title(show),
            subject: if it.accepted { String::new() } else { outcome::subject(&it.code).to_owned() },
            code: if it.accepted { String::new() } else { it.code.clone() },
            compare: self.told.compare(show),
            text: Html::marked(&show.text(&self.told.message)),
            todo: self.told.steps.iter().map(|step| Html::marked(&show.text(step))).collect(),
            message: text,
            message_note: note,
            facts: self.facts(show),
            kept: when(until),
        }
    }

    /// The message as it is shown, and what is to be said of that. What was encrypted for us is opened for this page alone.
    async fn message(&self, app: &App, show: Show) -> (String, &'static str) {
        let Some(kept) = self.attempt.message.as_deref() else { return (String::new(), "") };
        let opened = match &self.connection {
            Some(connection) => connection::opened(app, connection, kept).await,
            None => None,
        };
        let text = masked::message(opened.as_deref().unwrap_or(kept), show);
        let note = match (show, opened.is_some(), text.contains(ENCRYPTED)) {
            (Show::Masked, true, _) => "decrypted, personal data masked",
            (Show::All, true, _) => "decrypted, with personal data",
            (_, false, true) => "encrypted, as it came",
            (Show::Masked, false, false) => "personal data masked",
            (Show::All, false, false) => "with personal data",
        };
        (text, note)
    }

    /// Words to send to whoever asks; none where the person was signed in.
    pub fn answer(&self) -> Option<Copy> {
        (!self.attempt.accepted).then(|| self.told.answer(&self.attempt))
    }

    fn facts(&self, show: Show) -> Vec<(String, Html)> {
        let it = &self.attempt;
        let mut facts = vec![
            ("Reference".to_owned(), Html::text(&it.id.to_string())),
            ("Address".to_owned(), Html::text(&show.text(it.email.as_deref().unwrap_or("not known")))),
        ];
        if let Some(id) = it.connection_id {
            let state = self.connection.as_ref().map_or("gone".to_owned(), |c| c.status.to_string());
            facts.push(("Connection".to_owned(), Html::text(&format!("{id}, {state} now"))));
        }
        if self.told.test {
            let words = "A test of the setup wizard: nobody is signed in by it.";
            facts.push(("Kind".to_owned(), Html::text(words)));
        }
        facts
    }
}

/// What the record of an attempt says.
#[derive(Debug)]
struct Told {
    message: String,
    expected: Option<String>,
    received: Option<String>,
    steps: Vec<String>,
    test: bool,
}

impl Told {
    fn of(it: &Attempt) -> Self {
        let json: Value = serde_json::from_str(&it.explanation).unwrap_or_default();
        let text = |name: &str| json[name].as_str().map(ToOwned::to_owned);
        let mut steps: Vec<String> = json["steps"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|s| s.as_str().map(ToOwned::to_owned))
            .collect();
        if steps.is_empty() {
            steps = outcome::remedy(&it.code).iter().map(ToString::to_string).collect();
        }
        Self {
            message: text("message").unwrap_or_default(),
            expected: text("expected"),
            received: text("received"),
            steps,
            test: json["test"] == true,
        }
    }

    fn compare(&self, show: Show) -> Option<Compare> {
        let received = self.received.as_deref().map(|text| show.text(text));
        match (&self.expected, received) {
            (None, None) => None,
            (Some(expected), received) => {
                Some(Compare::new(&show.text(expected), received.as_deref().unwrap_or_default()))
            }
            // What came has no counterpart: an error of the provider, say.
            (None, Some(received)) => Some(Compare::new("a sign-in", &received)),
        }
    }

    fn answer(&self, it: &Attempt) -> Copy {
        let plain = |text: &str| text.replace(['`', '*'], "");
        let mut lines = vec!["Hello,".to_owned(), String::new(), plain(&self.message)];
        if let (Some(expected), Some(received)) = (&self.expected, &self.received) {
            lines.extend([String::new(), format!("Expected: {expected}"), format!("Received: {received}")]);
        }
        if !self.steps.is_empty() {
            lines.extend([String::new(), "What puts it right:".to_owned()]);
            lines.extend(
                self.steps.iter().enumerate().map(|(at, step)| format!("{}. {}", at + 1, plain(step))),
            );
        }
        lines.extend([String::new(), format!("Reference: {}", it.id)]);
        Copy::new("answer", "If they write to you", lines.join("\n"))
    }
}
