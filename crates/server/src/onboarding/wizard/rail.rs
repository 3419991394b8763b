//! The steps of a link, in order, and how far each is.

use model::{DirectoryStatus, Purpose};

use super::visit::Visit;
use super::when;
use crate::app::App;
use crate::request::Browser;
use web::layout::{self, Page, Rail, RailStep};

/// A step of the wizard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The company's domains.
    Domains,
    /// Which identity provider.
    Provider,
    /// What is done in its console.
    Guide,
    /// What it gives back.
    Values,
    /// A real sign-in.
    Test,
    /// Switching single sign-on on.
    Live,
    /// Which directory.
    Directory,
    /// Address, token, and what is done in its console.
    Connect,
    /// The first people.
    Arrivals,
    /// Which field comes from where.
    Mapping,
    /// What happens to leavers.
    Leavers,
    /// Switching directory sync on.
    DirectoryLive,
    /// A file of people.
    People,
    /// What the live connections trust today.
    Trust,
    /// The new certificate, metadata or secret.
    Renew,
    /// A real sign-in with it.
    TryNew,
    /// It is in use.
    Renewed,
}

const SSO: [Step; 5] = [Step::Provider, Step::Guide, Step::Values, Step::Test, Step::Live];
const SCIM: [Step; 6] =
    [Step::Directory, Step::Connect, Step::Arrivals, Step::Mapping, Step::Leavers, Step::DirectoryLive];

const CERTIFICATE: [Step; 4] = [Step::Trust, Step::Renew, Step::TryNew, Step::Renewed];

impl Step {
    /// Where it is, after the link's own address.
    pub const fn path(self) -> &'static str {
        match self {
            Self::Domains => "/domains",
            Self::Provider => "/sso/providers",
            Self::Guide => "/sso/steps",
            Self::Values => "/sso/values",
            Self::Test => "/sso/test",
            Self::Live => "/sso/live",
            Self::Directory => "/scim/providers",
            Self::Connect => "/scim/steps",
            Self::Arrivals => "/scim/waiting",
            Self::Mapping => "/scim/mapping",
            Self::Leavers => "/scim/leavers",
            Self::DirectoryLive => "/scim/live",
            Self::People => "/people",
            Self::Trust => "/certificate",
            Self::Renew => "/certificate/values",
            Self::TryNew => "/certificate/test",
            Self::Renewed => "/certificate/done",
        }
    }
}

impl Visit {
    /// The steps that the link's purposes offer: single sign-on first, then the directory.
    pub fn steps(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        if self.allows(Purpose::Sso) || self.allows(Purpose::Domains) {
            steps.push(Step::Domains);
        }
        if self.allows(Purpose::Sso) {
            steps.extend(SSO);
        }
        if self.allows(Purpose::Scim) {
            steps.extend(SCIM);
        }
        if self.allows(Purpose::Csv) {
            steps.push(Step::People);
        }
        if self.allows(Purpose::Certificate) {
            steps.extend(CERTIFICATE);
        }
        steps
    }

    /// Where the wizard goes on: the first step that is not done and can be opened. None when everything is done.
    pub fn next_step(&self) -> Option<Step> {
        self.steps().into_iter().find(|step| {
            let open = !matches!(self.standing(*step), layout::Progress::Done | layout::Progress::Waiting);
            open && self.can_open(*step)
        })
    }

    /// What comes after a step.
    pub fn after(&self, step: Step) -> Option<Step> {
        let steps = self.steps();
        let at = steps.iter().position(|it| *it == step)?;
        steps.get(at + 1).copied()
    }

    /// A page of the wizard. `current` is none before the first step and after the last.
    pub fn page(&self, app: &App, browser: &Browser, title: &str, current: Option<Step>) -> Page {
        let name = &self.organization.name;
        let place = match (self.allows(Purpose::Sso), self.allows(Purpose::Scim)) {
            (true, true) => format!("Sign-in and directory of {name}"),
            (true, false) => format!("Single sign-on for {name}"),
            (false, true) => format!("Directory sync for {name}"),
            (false, false) if self.allows(Purpose::Csv) => format!("People of {name}"),
            (false, false) if self.allows(Purpose::Certificate) => format!("Sign-in of {name}"),
            (false, false) if self.allows(Purpose::Domains) => format!("Domains of {name}"),
            (false, false) => format!("Setup for {name}"),
        };
        let mut page = browser.page(app, format!("{title} · {name}")).place(place, self.path(""));
        let until = self.link.expires_at.to_jiff();
        let steps = self.steps().into_iter().map(|step| self.rail_step(step, current));
        page.rail = Rail {
            steps: steps.collect(),
            until: web::parts::When::new(until.to_string(), until.strftime("%-d %B").to_string()),
        };
        page.hand_over = Some(self.path("/hand-over"));
        page
    }

    fn rail_step(&self, step: Step, current: Option<Step>) -> RailStep {
        let progress = if current == Some(step) { layout::Progress::Current } else { self.standing(step) };
        let href = self.can_open(step).then(|| self.path(step.path()));
        let it = RailStep::new(self.label(step), href, progress);
        if step == Step::Domains && !self.domains.is_empty() {
            let proven = self.domain_names(true).len();
            return it.note(format!("{proven} of {} verified", self.domains.len()));
        }
        match step {
            Step::Live if self.is_live() => it.note("Live"),
            Step::DirectoryLive if self.is_synced() => it.note("Live"),
            _ => it,
        }
    }

    /// Directory sync is on.
    pub fn is_synced(&self) -> bool {
        self.directory.as_ref().is_some_and(|it| it.status == DirectoryStatus::Active)
    }

    fn label(&self, step: Step) -> String {
        let sso = self.sso_guide().map(|g| g.name.as_str());
        let directory = self.directory_guide().map(|g| g.name.as_str());
        let with = |words: &str, name: Option<&str>, otherwise: &str| {
            name.map_or_else(|| otherwise.to_owned(), |name| format!("{words} {name}"))
        };
        match step {
            Step::Domains => "Your domains".to_owned(),
            Step::Provider => "Identity provider".to_owned(),
            Step::Guide => with("Set up", sso, "Set it up"),
            Step::Values => with("Details from", sso, "Its details"),
            Step::Test => "Test sign-in".to_owned(),
            Step::Live => "Go live".to_owned(),
            Step::Directory => "Directory provider".to_owned(),
            Step::Connect => with("Connect", directory, "Connect it"),
            Step::Arrivals => "First people".to_owned(),
            Step::Mapping => "Match the fields".to_owned(),
            Step::Leavers => "When someone leaves".to_owned(),
            Step::DirectoryLive => "Preview and go live".to_owned(),
            Step::People => "People from a file".to_owned(),
            Step::Trust => "In use today".to_owned(),
            Step::Renew => "New values".to_owned(),
            Step::TryNew => "Test the new values".to_owned(),
            Step::Renewed => "Put in use".to_owned(),
        }
    }

    fn can_open(&self, step: Step) -> bool {
        match step {
            Step::Domains | Step::Provider | Step::Directory | Step::People | Step::Trust => true,
            Step::Guide | Step::Values => self.connection.is_some(),
            Step::Test | Step::Live => self.settings().is_some(),
            Step::Connect | Step::Arrivals => self.directory.is_some(),
            Step::Mapping | Step::Leavers | Step::DirectoryLive => self.is_connected(),
            Step::Renew => self.renewing().is_some(),
            Step::TryNew => self.candidate().is_some(),
            Step::Renewed => self.progress.replaced.is_some(),
        }
    }

    fn standing(&self, step: Step) -> layout::Progress {
        let done = match step {
            Step::Domains if self.domains.is_empty() => false,
            Step::Domains if self.domain_names(false).is_empty() => true,
            Step::Domains => return layout::Progress::Waiting,
            Step::Provider => self.connection.is_some(),
            Step::Guide | Step::Values => self.settings().is_some(),
            Step::Test => self.is_tested(),
            Step::Live => self.is_live(),
            Step::Directory => self.directory.is_some(),
            Step::Connect | Step::Arrivals => self.is_connected(),
            Step::Mapping => self.progress.mapped,
            Step::Leavers => self.progress.leavers,
            Step::DirectoryLive => self.is_synced(),
            Step::People => self.progress.imported,
            Step::Trust => self.progress.renewal.is_some() || self.is_renewed(),
            Step::Renew => self.candidate().is_some() || self.is_renewed(),
            Step::TryNew => {
                let tested = self.draft.as_ref().is_some_and(|it| it.tested_at.is_some());
                (tested && self.candidate().is_some()) || self.is_renewed()
            }
            Step::Renewed => self.is_renewed(),
        };
        if done { layout::Progress::Done } else { layout::Progress::Todo }
    }

    /// The provider has asked something with the right token.
    pub fn is_connected(&self) -> bool {
        self.directory.as_ref().is_some_and(|it| it.last_request_at.is_some())
    }

    /// Until when the link works.
    pub fn until(&self) -> web::parts::When {
        when(self.link.expires_at)
    }
}
