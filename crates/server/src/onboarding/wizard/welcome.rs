//! `GET /s/{token}`: who invites, what is needed, until when. Looking at it changes nothing: mail scanners look too.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use model::Purpose;

use super::rail::Step;
use super::visit::Visit;
use crate::app::App;
use crate::request::Browser;
use web::pages::setup::{Need, SetupWelcome};

/// The welcome page.
pub async fn show(visit: Visit, browser: Browser, State(app): State<App>) -> Response {
    let sender = &visit.link.created_by;
    let lede = format!("{sender} prepared this for you. {}{}", effort(&visit), stands(&visit));
    let begun = visit.connection.is_some() || visit.directory.is_some() || visit.progress.has_begun();
    let (step, start_label) = match (visit.next_step(), visit.steps().last().copied()) {
        (Some(step), _) if begun => (Some(step), "Go on where you stopped"),
        (Some(step), _) => (Some(step), "Start"),
        (None, last) => (last, "Look at what is set up"),
    };
    let page = SetupWelcome {
        page: visit.page(&app, &browser, "Setup", None),
        title: title(&app.brand.vendor_name, &visit),
        lede,
        needs: needs(&visit),
        start: step.map_or_else(|| visit.path(""), |step| visit.path(step.path())),
        start_label: start_label.to_owned(),
        sent_to: String::new(),
        sent_by: sender.clone(),
        until: visit.until(),
        allows: format!("{} for {}, nothing else", allows(&visit), visit.organization.name),
    };
    web::respond(StatusCode::OK, &page)
}

fn title(vendor: &str, visit: &Visit) -> String {
    let name = &visit.organization.name;
    let has = |purpose| visit.allows(purpose);
    match (has(Purpose::Sso), has(Purpose::Scim)) {
        (true, true) => {
            format!("Let {name} sign in to {vendor} with its own accounts, kept up to date by its directory")
        }
        (true, false) => format!("Let {name} sign in to {vendor} with its own accounts"),
        (false, true) => format!("Let {name}’s directory keep {vendor} up to date"),
        (false, false) if has(Purpose::Csv) => format!("Bring {name}’s people to {vendor} by a file"),
        (false, false) if has(Purpose::Certificate) => {
            format!("Give {vendor} the new certificate of {name}’s sign-in")
        }
        (false, false) => format!("Show {vendor} which domains are {name}’s"),
    }
}

/// How long it takes, and what it changes before the last step.
fn effort(visit: &Visit) -> &'static str {
    let has = |purpose| visit.allows(purpose);
    if has(Purpose::Sso) || has(Purpose::Scim) {
        "It takes about 15 minutes, and nothing changes for your colleagues until you switch it on in the last step."
    } else if has(Purpose::Csv) {
        "You see every row of your file, and what would happen, before anybody is invited."
    } else if has(Purpose::Certificate) {
        "It takes about 5 minutes. Your colleagues go on signing in as before, and the new values are tested before they \
         take the place of the old ones."
    } else {
        "It takes about 5 minutes, and a DNS record for each domain. Nothing changes for your colleagues."
    }
}

fn allows(visit: &Visit) -> String {
    let mut acts = Vec::new();
    for (purpose, act) in [
        (Purpose::Sso, "set up single sign-on and domains"),
        (Purpose::Scim, "set up directory sync"),
        (Purpose::Domains, "name and prove domains"),
        (Purpose::Csv, "invite people by a file"),
        (Purpose::Certificate, "renew certificates and secrets of its sign-in"),
    ] {
        if visit.allows(purpose) && !(purpose == Purpose::Domains && visit.allows(Purpose::Sso)) {
            acts.push(act);
        }
    }
    match acts.as_slice() {
        [most @ .., last] if !most.is_empty() => format!("{} and {last}", most.join(", ")),
        all => all.concat(),
    }
}

/// Where the link stands, for whoever opens it in the middle.
fn stands(visit: &Visit) -> String {
    let name = |guide: Option<&'static web::guide::Guide>| guide.map(|guide| guide.name.as_str());
    match (name(visit.sso_guide()), name(visit.directory_guide())) {
        (Some(sso), Some(directory)) => {
            format!(" So far you have chosen {sso} for signing in and {directory} for the list of people.")
        }
        (Some(one), None) | (None, Some(one)) => format!(" So far you have chosen {one}."),
        (None, None) => String::new(),
    }
}

fn needs(visit: &Visit) -> Vec<Need> {
    let need = |icon, title: &str, text: &str| Need { icon, title: title.to_owned(), text: text.to_owned() };
    let steps = visit.steps();
    let mut needs = Vec::new();
    if visit.allows(Purpose::Sso) {
        needs.push(need(
            "key",
            "An administrator of your identity provider",
            "Okta, Microsoft Entra ID, Google Workspace or another. You need the right to add an application there.",
        ));
    }
    if steps.contains(&Step::Domains) && visit.domain_names(true).is_empty() {
        needs.push(need(
            "globe",
            "The domains behind your colleagues’ addresses",
            "We send people with these addresses to your own sign-in.",
        ));
    }
    if visit.allows(Purpose::Sso) {
        needs.push(need(
            "person",
            "One account to test with",
            "Your own is fine. We show you what your provider really sent, before anyone else uses it.",
        ));
    }
    if visit.allows(Purpose::Scim) {
        needs.push(need(
            "sync",
            "An administrator of your directory",
            "The system that knows who joins and who leaves. You paste an address and a token there.",
        ));
    }
    if visit.allows(Purpose::Csv) {
        needs.push(need(
            "upload",
            "A list of the people to invite",
            "As a CSV file, with names, work addresses and countries. A template waits in the first step.",
        ));
    }
    if visit.allows(Purpose::Certificate) {
        needs.push(need(
            "key",
            "The new certificate, metadata or client secret",
            "From an administrator of your identity provider. The old one stays in use until the new one is tested.",
        ));
    }
    if visit.allows(Purpose::Domains) && !visit.allows(Purpose::Sso) {
        needs.push(need(
            "globe",
            "Someone who can add a DNS record",
            "One TXT record for each domain. We look for it again and again; it may take its time.",
        ));
    }
    needs
}
