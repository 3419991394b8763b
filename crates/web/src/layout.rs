//! What surrounds a page: head, brand, navigation, steps, support contact.
//!
//! Owns the three layouts (`layouts/desk.html`, `wizard.html`, `app.html`) and what they need to know. Does not own
//! sessions or CSRF secrets: the token comes in as text.

use super::brand::Brand;
use super::html::{Html, escape};
use super::parts::{Crumb, Notice, Person, When, safe};
use askama::Template;
use std::sync::Arc;

/// Name of the hidden field that carries the CSRF token.
pub const CSRF_FIELD: &str = "csrf";

/// Everything around the content of one page.
#[derive(Clone, Debug)]
pub struct Page {
    /// The vendor.
    pub brand: Arc<Brand>,
    /// First part of the window's title: "Members · Acme".
    pub title: String,
    /// Language of the page (BCP 47).
    pub lang: String,
    /// True for languages written from right to left.
    pub rtl: bool,
    /// `light` or `dark`; none follows the system.
    pub theme: Option<&'static str>,
    /// CSRF token for every form that posts.
    pub csrf: String,
    /// Words beside the brand: "Acme", "Console", "Single sign-on for Acme".
    pub place: String,
    /// Where the brand leads.
    pub home: String,
    /// Who is signed in.
    pub user: Option<Person>,
    /// Where signing out is posted to.
    pub sign_out: Option<String>,
    /// Main navigation of an application page.
    pub nav: Vec<NavItem>,
    /// The way to an application page.
    pub crumbs: Vec<Crumb>,
    /// Steps of a wizard page.
    pub rail: Rail,
    /// Whom to ask here, if it is somebody other than the vendor's support.
    pub contact: Option<Contact>,
    /// Where a setup link can be handed to a colleague.
    pub hand_over: Option<String>,
    /// What the request before this page did.
    pub flash: Option<Notice>,
    /// What holds for a time and must not be forgotten.
    pub banner: Option<Notice>,
    /// Load htmx: only where the page waits for something.
    pub live: bool,
    /// Without a script, ask for the page again after so many seconds: only where it waits, and nothing is typed.
    pub refresh: Option<u16>,
}

/// A person at the vendor who looks after a customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    /// "Maren Okafor".
    pub name: String,
    /// Mail address.
    pub email: String,
}

/// A place in the main navigation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NavItem {
    /// "Members".
    pub label: String,
    /// Where it leads.
    pub href: String,
    /// This page.
    pub current: bool,
}

/// The steps of a wizard.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rail {
    /// In order.
    pub steps: Vec<RailStep>,
    /// Until when the link works; may be empty.
    pub until: When,
}

/// How far a step is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Progress {
    /// Not begun.
    #[default]
    Todo,
    /// This page.
    Current,
    /// Finished.
    Done,
    /// Begun, and waiting for something outside.
    Waiting,
}

/// One step of a wizard.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RailStep {
    /// "Your domains".
    pub label: String,
    /// A quiet second line: "1 of 3 verified"; may be empty.
    pub note: String,
    /// Where it is; none while it cannot be opened yet.
    pub href: Option<String>,
    /// How far it is.
    pub progress: Progress,
}

impl RailStep {
    /// A step.
    pub fn new(label: impl Into<String>, href: Option<String>, progress: Progress) -> Self {
        Self { label: label.into(), note: String::new(), href, progress }
    }

    /// Adds the second line.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }

    fn is_done(&self) -> bool {
        self.progress == Progress::Done
    }

    fn is_waiting(&self) -> bool {
        self.progress == Progress::Waiting
    }

    fn is_current(&self) -> bool {
        self.progress == Progress::Current
    }
}

impl Rail {
    /// "Step 3 of 6", "Six steps", "All steps done".
    pub fn position(&self) -> String {
        let total = self.steps.len();
        match self.steps.iter().position(RailStep::is_current) {
            Some(at) => format!("Step {} of {total}", at + 1),
            None if self.steps.iter().all(|s| s.is_done() || s.is_waiting()) => "All steps done".to_owned(),
            None => format!("{total} steps"),
        }
    }

    /// Name of the current step; empty before the first and after the last.
    pub fn current(&self) -> &str {
        self.steps.iter().find(|s| s.is_current()).map_or("", |s| &s.label)
    }
}

impl Page {
    /// A page with nothing around it but the brand.
    pub fn new(brand: Arc<Brand>, title: impl Into<String>, csrf: impl Into<String>) -> Self {
        let home = brand.home.clone();
        Self {
            brand,
            title: title.into(),
            lang: "en".to_owned(),
            rtl: false,
            theme: None,
            csrf: csrf.into(),
            place: String::new(),
            home,
            user: None,
            sign_out: None,
            nav: Vec::new(),
            crumbs: Vec::new(),
            rail: Rail::default(),
            contact: None,
            hand_over: None,
            flash: None,
            banner: None,
            live: false,
            refresh: None,
        }
    }

    /// Sets the words beside the brand and where the brand leads.
    #[must_use]
    pub fn place(mut self, words: impl Into<String>, home: impl Into<String>) -> Self {
        self.place = words.into();
        self.home = home.into();
        self
    }

    /// The hidden field that every posting form carries.
    pub fn csrf_input(&self) -> Html {
        Html::trusted(format!(r#"<input type="hidden" name="{CSRF_FIELD}" value="{}">"#, escape(&self.csrf)))
    }

    /// The title without the names of what it lies in.
    pub fn short_title(&self) -> &str {
        self.title.split(" · ").next().unwrap_or(&self.title)
    }

    /// Where "Ask for help" leads: the person in charge, or support.
    pub fn help_url(&self) -> String {
        self.contact.as_ref().map_or_else(|| self.brand.help_url(), |c| format!("mailto:{}", c.email))
    }

    /// Whom to write to, always somebody.
    pub fn contact_email(&self) -> &str {
        self.contact.as_ref().map_or(&self.brand.support_email, |c| &c.email)
    }
}

safe!(NavItem, RailStep);

impl std::fmt::Display for NavItem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&NavLink { item: self }.render().map_err(|_| std::fmt::Error)?)
    }
}

#[derive(Template)]
#[template(
    source = r#"<a href="{{ item.href }}"{% if item.current %} aria-current="page"{% endif %}>{{ item.label }}</a>"#,
    ext = "html"
)]
struct NavLink<'a> {
    item: &'a NavItem,
}

impl std::fmt::Display for RailStep {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&RailItem { step: self }.render().map_err(|_| std::fmt::Error)?)
    }
}

#[derive(Template)]
#[template(path = "parts/rail_step.html")]
struct RailItem<'a> {
    step: &'a RailStep,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rail_says_where_one_is() {
        let step = |progress| RailStep::new("Test", None, progress);
        let at = |steps: &[Progress]| {
            Rail { steps: steps.iter().map(|p| step(*p)).collect(), until: When::default() }.position()
        };
        assert_eq!(at(&[Progress::Done, Progress::Current, Progress::Todo]), "Step 2 of 3");
        assert_eq!(at(&[Progress::Todo, Progress::Todo]), "2 steps");
        assert_eq!(at(&[Progress::Waiting, Progress::Done]), "All steps done");
    }

    #[test]
    fn a_hostile_token_cannot_leave_its_attribute() {
        let page = Page::new(Arc::new(Brand::sample()), "t", "\"><script>");
        assert!(!page.csrf_input().as_str().contains("<script>"));
    }
}
