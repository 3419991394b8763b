//! The mail about a sync that was stopped.

use store::Tx;

use super::brake::{self, Stop};
use super::held::Held;
use crate::app::App;
use crate::care::to_everybody;
use crate::org::words;
use crate::problem::Problem;
use crate::trace;
use web::html::unmarked;
use web::mail_layout::{Letter, Link};

/// So many people are named.
const NAMED: i64 = 20;

/// Tells the company's administrators and the operators, with the list.
pub(super) async fn stopped(app: &App, tx: &mut Tx, held: &Held, stop: &Stop) -> Result<(), Problem> {
    let (people, all) = brake::waiting(tx, held.directory.id, stop, NAMED).await?;
    let (org, provider) = (&held.org.name, trace::provider(&held.directory.provider));
    let mut names: Vec<String> = people.iter().map(words::name).collect();
    let more = all.saturating_sub(u64::try_from(names.len()).unwrap_or(0));
    if more > 0 {
        names.push(format!("and {more} more"));
    }
    let page = app.config.url(&format!("/org/directory/{}/stop", held.directory.id));
    let letter = Letter {
        subject: format!("We stopped a sync: {all} of {} members of {org} would have left", stop.members),
        preview: "Nobody has been removed. Please decide.".to_owned(),
        heading: "We stopped a sync. Nobody has been removed.".to_owned(),
        paragraphs: vec![
            format!(
                "{provider} told us within an hour that {all} of {} members of {org} have left. That is more than your \
                 limit ({} people and {} %), so we ask you first. They all go on working.",
                stop.members, held.org.brake_people, held.org.brake_percent
            ),
            format!("**Who would leave:** {}.", unmarked(&names.join(", "))),
            format!(
                "Often a group has lost its assignment in {provider}, and the people are still there. Assign it again, \
                 and the stop ends by itself. If they have really left, let them go on the page."
            ),
        ],
        button: held.org.self_service.then(|| Link::new("Decide", page)),
        button_note: if held.org.self_service { "For administrators who are signed in." } else { "" }
            .to_owned(),
        small: vec!["New people and changes are applied as usual. Only departures wait.".to_owned()],
        reason: String::new(),
        opt_out: None,
    };
    to_everybody(app, tx, "directory_stopped", &held.org, letter).await
}
