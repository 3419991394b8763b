//! The outbox, readable, also where no mail server is set up.

use super::{Place, sample_console};
use crate::html::Html;
use crate::layout::Page;
use crate::parts::{Crumb, Icon, Notice, Pager, Status, Tone, When};
use askama::Template;

/// All mails.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/console/mails.html")]
pub struct Mails {
    /// Surroundings.
    pub page: Page,
    /// Said when no mail server is set up.
    pub notice: Option<Notice>,
    /// The mails.
    pub rows: Vec<MailRow>,
    /// Where one is in the list.
    pub pager: Pager,
}

/// One row.
#[derive(Clone, Debug)]
pub struct MailRow {
    /// When.
    pub when: When,
    /// To whom.
    pub to: String,
    /// Subject.
    pub subject: String,
    /// Sent, waiting, failed.
    pub status: Status,
    /// Its own page.
    pub href: String,
}

/// One mail.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/console/mail.html")]
pub struct MailPage {
    /// Surroundings.
    pub page: Page,
    /// Subject.
    pub subject: String,
    /// Sent, waiting, failed.
    pub status: Status,
    /// From, to, when, attempts.
    pub facts: Vec<(String, Html)>,
    /// The text part; links in it are shown as links.
    pub text: String,
    /// Where sending it again is posted to.
    pub again: Option<String>,
}

impl MailPage {
    /// The text with its `http` addresses as links, so that a mail can be followed where no mail server is set up.
    fn linked(&self) -> Html {
        let mut out = String::new();
        for (at, line) in self.text.split('\n').enumerate() {
            if at > 0 {
                out.push('\n');
            }
            for (at, word) in line.split(' ').enumerate() {
                if at > 0 {
                    out.push(' ');
                }
                let safe = crate::html::escape(word);
                if word.starts_with("https://") || word.starts_with("http://") {
                    out.extend(["<a href=\"", &safe, "\">", &safe, "</a>"]);
                } else {
                    out.push_str(&safe);
                }
            }
        }
        Html::trusted(out)
    }

    /// A sample.
    pub fn sample() -> Self {
        let mut page = sample_console("Acme has a place for you", Place::Mails);
        page.crumbs = vec![Crumb::new("Mails", "/console/mails")];
        Self {
            page,
            subject: "Acme has a place for you at Northwind Privacy".to_owned(),
            status: Status::pending("Not sent: no mail server"),
            facts: vec![("To".to_owned(), Html::marked("ravi.patel@acme.example"))],
            text: "Ravi, Acme has a place for you\n\nAccept the invitation:\nhttps://id.northwind.example/invite/4fK9?a=1&b=2"
                .to_owned(),
            again: Some("/console/mails/mai_01/again".to_owned()),
        }
    }
}

impl Mails {
    /// A sample.
    pub fn sample() -> Self {
        Self {
            page: sample_console("Mails", Place::Mails),
            notice: Some(Notice::new(
                Tone::Warn,
                "No mail server is set up",
                "Mails are not sent; you can read them here. Set ``FRONTDESK_SMTP_URL`` and start again: what waits \
                 is then sent.",
            )),
            rows: vec![MailRow {
                when: When::words("today, 16:20"),
                to: "ravi.patel@acme.example".to_owned(),
                subject: "Acme has a place for you at Northwind Privacy".to_owned(),
                status: Status::pending("Waiting"),
                href: "/console/mails/mai_01".to_owned(),
            }],
            pager: Pager { summary: "1 of 1".to_owned(), ..Pager::default() },
        }
    }

    /// A sample before the first mail.
    pub fn sample_empty() -> Self {
        Self { rows: Vec::new(), notice: None, pager: Pager::default(), ..Self::sample() }
    }
}
