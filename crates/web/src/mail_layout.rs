//! How mails look: one letter with one button, as HTML and as text.
//!
//! Owns the look (MJML, rendered here, no Node) and the two kinds of letter that need exact words. Does not own
//! sending, the outbox or addresses.

use super::brand::Brand;
use super::html::{Html, escape};
use super::mail_frame::{Frame, Shape, Words};
use super::words::Language;
use std::fmt::Write;

/// A mail before it is rendered. Texts are in light markup (see [`super::html`]).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Letter {
    /// Subject.
    pub subject: String,
    /// What a mail program shows behind the subject.
    pub preview: String,
    /// The heading inside.
    pub heading: String,
    /// The message.
    pub paragraphs: Vec<String>,
    /// The one thing to do.
    pub button: Option<Link>,
    /// A sentence below the button: until when it works.
    pub button_note: String,
    /// Small print: what others see, what happens if nothing is done.
    pub small: Vec<String>,
    /// Why the person gets it: "Sent to ravi@acme.example because Acme invited you."
    pub reason: String,
    /// How to get no more of these.
    pub opt_out: Option<Link>,
}

/// A link with its words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Link {
    /// Verb and object.
    pub label: String,
    /// Absolute address.
    pub url: String,
}

impl Link {
    /// A link.
    pub fn new(label: impl Into<String>, url: impl Into<String>) -> Self {
        Self { label: label.into(), url: url.into() }
    }
}

/// A mail ready for the outbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// One line.
    pub subject: String,
    /// The HTML part.
    pub html: String,
    /// The text part, which says the same.
    pub text: String,
}

/// Why a mail could not be rendered.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// The template failed.
    #[error("the mail template cannot be filled: {0}")]
    Template(#[from] askama::Error),
    /// The MJML is not well-formed.
    #[error("the mail cannot be read as MJML: {0}")]
    Parse(String),
    /// The MJML cannot be turned into HTML.
    #[error("the mail cannot be laid out: {0}")]
    Layout(String),
}

/// Renders an English letter in the vendor's name.
pub fn render(brand: &Brand, letter: &Letter) -> Result<Rendered, MailError> {
    render_in(brand, letter, Language::default())
}

/// Renders a letter that is written in this language.
pub fn render_in(brand: &Brand, letter: &Letter, language: Language) -> Result<Rendered, MailError> {
    let shape = Shape {
        colour: brand.colour.clone(),
        paragraphs: letter.paragraphs.len(),
        button: letter.button.is_some(),
        small: letter.small.len(),
        opt_out: letter.opt_out.is_some(),
    };
    let html = Frame::of(shape, || brand.mail_colour())?.fill(&words(brand, letter, language));
    Ok(Rendered { subject: one_line(&letter.subject), html, text: as_text(brand, letter, language) })
}

fn words(brand: &Brand, letter: &Letter, language: Language) -> Words {
    let marked = |text: &String| Html::marked(text).as_str().to_owned();
    let link = |link: &Option<Link>| {
        link.as_ref().map(|it| (escape(&it.label), escape(&it.url))).unwrap_or_default()
    };
    let (button, url) = link(&letter.button);
    let (opt_out, opt_out_url) = link(&letter.opt_out);
    let note = [letter.button_note.clone(), language.say("copy-address", &[])];
    Words {
        lang: escape(language.code()),
        subject: escape(&letter.subject),
        preview: escape(&letter.preview),
        initial: escape(&brand.initial()),
        vendor: escape(&brand.vendor_name),
        heading: escape(&letter.heading),
        button,
        url,
        note: marked(&note.join(" ").trim_start().to_owned()),
        legal: escape(&brand.legal_name),
        reason: marked(&letter.reason),
        questions: escape(&language.say("questions", &[])),
        support: escape(&brand.support_email),
        opt_out,
        opt_out_url,
        paragraphs: letter.paragraphs.iter().map(marked).collect(),
        small: letter.small.iter().map(marked).collect(),
    }
}

fn as_text(brand: &Brand, letter: &Letter, language: Language) -> String {
    let mut out = String::new();
    let mut add = |text: &str| {
        if !text.is_empty() {
            // Writing to a String cannot fail.
            let _ = write!(out, "{}\n\n", plain(text));
        }
    };
    add(&letter.heading);
    letter.paragraphs.iter().for_each(|p| add(p));
    if let Some(button) = &letter.button {
        add(&format!("{}:\n{}", button.label, button.url));
        add(&letter.button_note);
    }
    letter.small.iter().for_each(|p| add(p));
    let questions = language.say("questions", &[]);
    add(&format!("-- \n{}. {}\n{questions} {}", brand.legal_name, letter.reason, brand.support_email));
    if let Some(link) = &letter.opt_out {
        add(&format!("{}: {}", link.label, link.url));
    }
    format!("{}\n", out.trim_end())
}

/// Light markup without its marks.
fn plain(text: &str) -> String {
    text.replace("**", "").replace('`', "")
}

/// A header field must stay on one line.
fn one_line(text: &str) -> String {
    text.split(char::is_control).map(str::trim).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Sample letters, also for the mailbox of a demonstration.
pub mod samples {
    use super::{Letter, Link};

    /// An invitation to join through a company.
    pub fn invitation() -> Letter {
        Letter {
            subject: "Acme has a place for you at Northwind Privacy".to_owned(),
            preview: "Priya Raman invites you. One click, no password to invent.".to_owned(),
            heading: "Ravi, Acme has a place for you".to_owned(),
            paragraphs: vec![
                "Priya Raman, who looks after IT at Acme, invites you to Northwind Privacy. Acme pays for it.".to_owned(),
            ],
            button: Some(Link::new("Accept the invitation", "https://id.northwind.example/invite/4fK9mQ2x")),
            button_note: "It works until 7 December 2026, once. You need no password.".to_owned(),
            small: vec![
                "**What Acme will see:** your name, work address and country, and whether you use it.".to_owned(),
                "**Do not know Priya?** Then ignore this mail. Nothing happens without your click.".to_owned(),
            ],
            reason: "Sent to ravi.patel@acme.example because Acme invited you.".to_owned(),
            opt_out: None,
        }
    }

    /// The offer to somebody who left.
    pub fn offboarding() -> Letter {
        Letter {
            subject: "Your Northwind Privacy account after Acme".to_owned(),
            preview: "You can keep it. Acme does not see whether you do.".to_owned(),
            heading: "You can keep your account".to_owned(),
            paragraphs: vec![
                "Hello Daniel,".to_owned(),
                "Acme has told us that you no longer work there. Your access through Acme ended today, 24 November \
                 2026, at 10:05, and you are signed out everywhere."
                    .to_owned(),
                "The account itself is yours if you want it. Give it an address of your own, and it carries on."
                    .to_owned(),
            ],
            button: Some(Link::new("Keep my account", "https://id.northwind.example/claim/9Qm2vT7z")),
            button_note: "Open until 24 December 2026, for you alone.".to_owned(),
            small: vec![
                "**Acme sees none of this.** Neither your new address nor what you decide.".to_owned(),
                "**If you do nothing,** the account sleeps until 24 December and is then erased.".to_owned(),
                "**Was it a mistake?** Ask your manager at Acme. As soon as they bring you back, everything is as before."
                    .to_owned(),
            ],
            reason: "Sent to your personal and your work address, once.".to_owned(),
            opt_out: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_has_both_parts_and_they_say_the_same() {
        for letter in [samples::invitation(), samples::offboarding()] {
            let mail = render(&Brand::sample(), &letter).unwrap();
            let button = letter.button.unwrap();
            for needle in [&button.url, &button.label, &letter.heading] {
                assert!(
                    mail.text.contains(needle.as_str()) && mail.html.contains(needle.as_str()),
                    "{needle}"
                );
            }
            assert!(
                mail.html.contains("help@northwind.example") && mail.text.contains("help@northwind.example")
            );
            assert!(!mail.text.contains("**") && !mail.html.contains("**") && !mail.html.contains("<mj-"));
        }
    }

    #[test]
    fn hostile_names_neither_break_the_layout_nor_add_headers() {
        let letter = Letter {
            subject: "Hello\r\nBcc: everyone@example.com".to_owned(),
            heading: "</mj-text><script>alert(1)</script> & \"quotes\" ]]> {{ x }} <!--".to_owned(),
            paragraphs: vec!["<mj-include path=\"/etc/passwd\" /> <img src=x onerror=alert(1)>".to_owned()],
            button: Some(Link::new("A & B", "https://x.example/?a=1&b=\"2\"")),
            ..Letter::default()
        };
        let mail = render(&Brand::sample(), &letter).unwrap();
        assert_eq!(mail.subject, "Hello Bcc: everyone@example.com");
        assert!(!mail.html.contains("<script>") && !mail.html.contains("<img src=x"), "{}", mail.html);
        assert!(mail.html.contains("href=\"https://x.example/?a=1&amp;b=&quot;2&quot;\""), "{}", mail.html);
        for fetched in ["@import", "src=\"http", "googleapis"] {
            assert!(!mail.html.contains(fetched), "nothing is fetched: {fetched}");
        }
    }
}
