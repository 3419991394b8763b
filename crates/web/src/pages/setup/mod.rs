//! Pages of the setup wizard for single sign-on, `/s/{token}`; several are used for directories too.

mod begin;
mod domains;
mod live;
mod people;
mod renew;
mod steps;
mod test;
mod values;

pub use begin::{
    Need, Provider, ProviderGuess, SetupChoose, SetupHandOver, SetupProviders, SetupWelcome, Way,
};
pub use domains::{DomainAnswer, DomainPanel, SetupDomains};
pub use live::{ReceiptRow, SetupGoLive, SetupLive};
pub use people::{SetupPeople, SetupPeopleDone, SetupPeoplePreview};
pub use renew::{SetupRenew, SetupRenewTested, SetupTrust, Trusted};
pub use steps::SetupSteps;
pub use test::{AttributeRow, Decision, FixIt, SetupTest, SetupTestFailed, SetupTestPassed};
pub use values::{SetupMetadata, SetupOidc, WrongValue};

use super::sample_page;
use crate::layout::{Contact, Page, Progress, Rail, RailStep};
use crate::parts::When;

/// Surroundings of a sample page of the wizard, `current` counted from 0.
pub(super) fn sample_wizard(title: &str, current: usize) -> Page {
    let labels =
        ["Your domains", "Identity provider", "Set up Okta", "Details from Okta", "Test sign-in", "Go live"];
    let mut page = sample_page(title).place("Single sign-on for Acme", "/s/token");
    let steps = labels.iter().enumerate().map(|(at, label)| {
        let href = (at <= current).then(|| format!("/s/token/{at}"));
        let progress = match at {
            _ if at == current => Progress::Current,
            0 => Progress::Waiting,
            _ if at < current => Progress::Done,
            _ => Progress::Todo,
        };
        let step = RailStep::new(*label, href, progress);
        if at == 0 { step.note("1 of 3 verified") } else { step }
    });
    page.rail = Rail { steps: steps.collect(), until: When::new("2026-12-20", "20 December") };
    page.contact =
        Some(Contact { name: "Maren Okafor".to_owned(), email: "maren@northwind.example".to_owned() });
    page.hand_over = Some("/s/token/hand-over".to_owned());
    page
}
