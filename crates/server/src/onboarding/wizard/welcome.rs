//! `GET /s/{token}`: who invites, what is needed, until when. The first visit is a fact of its own.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use model::{ConnectionStatus, DirectoryStatus, NewEvent, Purpose};
use serde_json::json;

use super::progress::Progress;
use super::rail::Step;
use super::visit::{Visit, connection_of, directory_of};
use crate::app::App;
use crate::problem::Problem;
use crate::request::{Browser, ClientAddress};
use web::pages::setup::{Need, SetupWelcome};

/// The welcome page.
pub async fn show(
    visit: Visit,
    browser: Browser,
    from: ClientAddress,
    State(app): State<App>,
) -> Result<Response, Problem> {
    record(&app, &visit, &from).await?;
    let vendor = &app.brand.vendor_name;
    let name = &visit.organization.name;
    let (title, allows) = match (visit.allows(Purpose::Sso), visit.allows(Purpose::Scim)) {
        (true, true) => (
            format!("Let {name} sign in to {vendor} with its own accounts, kept up to date by its directory"),
            "set up single sign-on, domains and directory sync",
        ),
        (true, false) => (
            format!("Let {name} sign in to {vendor} with its own accounts"),
            "set up single sign-on and domains",
        ),
        (false, true) => {
            (format!("Let {name}’s directory keep {vendor} up to date"), "set up directory sync")
        }
        (false, false) if visit.allows(Purpose::Domains) => {
            (format!("Show {vendor} which domains are {name}’s"), "name domains")
        }
        (false, false) => (format!("Welcome to {vendor}, {name}"), "look at this page"),
    };
    let sender = &visit.link.created_by;
    let lede = if visit.steps().is_empty() {
        format!(
            "{sender} at {vendor} prepared this for you. What it is for is not done here yet: write to the address \
             below and it will be done with you."
        )
    } else {
        format!(
            "{sender} at {vendor} prepared this for you. It takes about 15 minutes, and nothing changes for your \
             colleagues until you switch it on in the last step.{}",
            stands(&visit)
        )
    };
    let begun = visit.connection.is_some() || visit.directory.is_some();
    let (step, start_label) = match (visit.next_step(), visit.steps().last().copied()) {
        (Some(step), _) if begun => (Some(step), "Go on where you stopped"),
        (Some(step), _) => (Some(step), "Start"),
        (None, last) => (last, "Look at what is set up"),
    };
    let page = SetupWelcome {
        page: visit.page(&app, &browser, "Setup", None),
        title,
        lede,
        needs: needs(&visit),
        start: step.map_or_else(|| visit.path(""), |step| visit.path(step.path())),
        start_label: start_label.to_owned(),
        sent_to: String::new(),
        until: visit.until(),
        allows: format!("{allows} for {name}, nothing else"),
    };
    Ok(web::respond(StatusCode::OK, &page))
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
    needs
}

/// Records the visit; at the first one, tells it and takes up what an earlier link left half-done.
async fn record(app: &App, visit: &Visit, from: &ClientAddress) -> Result<(), Problem> {
    let mut tx = app.write().await?;
    if visit.link.first_used_at.is_none() {
        let organization = Some(visit.organization.id);
        let data = json!({
            "organization_id": visit.organization.id.to_string(),
            "setup_link_id": visit.link.id.to_string(),
        });
        let event = NewEvent {
            kind: "setup_link.used",
            organization_id: organization,
            member_id: None,
            data: data.to_string(),
        };
        app.append(&mut tx, event);
        let target = Some(visit.link.id.to_string());
        app.audit(&mut tx, &visit.actor(), "setup_link.used", organization, target, &data).await?;
        if let Some(left) = left_over(&mut tx, visit).await? {
            visit
                .keep(&mut tx, |progress| {
                    if *progress == Progress::default() {
                        *progress = left;
                    }
                })
                .await?;
        }
    }
    store::link::touch(&mut tx, visit.link.id, app.now(), &from.to_string()).await?;
    tx.commit().await?;
    Ok(())
}

/// What the organization's earlier links left half-done: a draft, a preview.
async fn left_over(tx: &mut store::Tx, visit: &Visit) -> Result<Option<Progress>, Problem> {
    let mut left = Progress::default();
    for link in store::link::list(tx, visit.organization.id).await? {
        let other = Progress::of(&link);
        if link.id == visit.link.id || other == Progress::default() {
            continue;
        }
        let connection = connection_of(tx, &visit.organization, &other).await?;
        if left.connection.is_none() && connection.is_some_and(|it| it.status == ConnectionStatus::Draft) {
            (left.connection, left.ticked) = (other.connection.clone(), other.ticked.clone());
        }
        let directory = directory_of(tx, &visit.organization, &other).await?;
        if left.directory.is_none() && directory.is_some_and(|it| it.status == DirectoryStatus::Preview) {
            (left.directory, left.directory_ticked) = (other.directory, other.directory_ticked);
            (left.mapped, left.leavers) = (other.mapped, other.leavers);
        }
    }
    Ok((left != Progress::default()).then_some(left))
}
