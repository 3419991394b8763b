//! The mails about a directory that cannot be read, and about one that can be again.

use model::DirectoryId;
use store::Tx;

use super::reading::Outcome;
use crate::app::App;
use crate::mail::to_everybody;
use crate::problem::Problem;
use crate::trace;
use web::html::unmarked;
use web::mail_layout::{Letter, Link};

/// Tells the company's administrators and the operators; without an outcome, that all is well again.
pub(super) async fn tell(
    app: &App,
    tx: &mut Tx,
    directory: DirectoryId,
    failed: Option<&Outcome>,
) -> Result<(), Problem> {
    let Some(it) = store::directory::lookup(tx, directory).await? else { return Ok(()) };
    let Some(org) = store::organization::lookup(tx, it.organization_id).await? else { return Ok(()) };
    let provider = trace::provider(&it.provider);
    let page = app.config.url(&format!("/org/directory/{}/source", it.id));
    let (subject, paragraphs) = match failed {
        Some(outcome) => (
            format!("We cannot read {provider} for {} any more", org.name),
            vec![
                unmarked(&outcome.text),
                unmarked(&outcome.fix),
                "Nobody was removed and nobody was added. We keep trying.".to_owned(),
            ],
        ),
        None => (
            format!("We read {provider} for {} again", org.name),
            vec!["What changed meanwhile is here now. There is nothing to do.".to_owned()],
        ),
    };
    let letter = Letter {
        preview: paragraphs.first().cloned().unwrap_or_default(),
        heading: subject.clone(),
        subject,
        paragraphs: paragraphs.into_iter().filter(|text| !text.is_empty()).collect(),
        button: org.self_service.then(|| Link::new("Open the directory", page)),
        button_note: String::new(),
        small: Vec::new(),
        reason: String::new(),
        opt_out: None,
    };
    to_everybody(app, tx, "directory_unreadable", &org, letter).await
}
