//! The mail about a sync that was stopped.

use store::Tx;

use super::brake::{self, Stop};
use super::brake_cause::Cause;
use super::held::Held;
use crate::app::App;
use crate::mail::to_everybody;
use crate::org::words;
use crate::problem::Problem;
use crate::trace;
use web::html::unmarked;
use web::mail_layout::{Letter, Link};

/// So many people are named.
const NAMED: i64 = 1000;

/// Tells the company's administrators and the operators, with the list; again where it has grown since.
pub(super) async fn stopped(
    app: &App,
    tx: &mut Tx,
    held: &Held,
    stop: &Stop,
    grown: bool,
) -> Result<(), Problem> {
    let (people, all) = brake::waiting(tx, held.directory.id, stop, NAMED).await?;
    let cause = Cause::read(tx, held.directory.id, stop).await?;
    let (org, provider) = (&held.org.name, trace::provider(&held.directory.provider));
    let mut names: Vec<String> = people.iter().map(words::name).collect();
    let more = all.saturating_sub(u64::try_from(names.len()).unwrap_or(0));
    if more > 0 {
        names.push(format!("and {more} more"));
    }
    let page = app.config.url(&format!("/org/directory/{}/stop", held.directory.id));
    let subject = if grown { "The sync that we stopped has grown" } else { "We stopped a sync" };
    let letter = Letter {
        subject: format!("{subject}: {all} of {} members of {org} would have left", stop.members),
        preview: "Nobody has been removed. Please decide.".to_owned(),
        heading: "We stopped a sync. Nobody has been removed.".to_owned(),
        paragraphs: vec![
            format!(
                "{provider} told us within an hour that {all} of {} members of {org} have left. That is more than your \
                 limit ({} people and {} %), so we ask you first. They all go on working.",
                stop.members, held.org.brake_people, held.org.brake_percent
            ),
            cause.sentence(&provider),
            format!("**Who would leave:** {}.", unmarked(&names.join(", "))),
            format!(
                "If they are still there, put it right in {provider}: we see everybody come back, and the stop ends by \
                 itself. If they have really left, all of them or some, let those go on the page."
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
