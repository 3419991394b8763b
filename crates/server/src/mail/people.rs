//! Letters to those who look after something: a company's administrators, and the operators.

use model::Organization;
use store::Tx;
use web::mail_layout::{Letter, Link};

use super::{To, write};
use crate::app::App;
use crate::problem::Problem;

/// So many administrators of a company are written to.
pub const ADMINISTRATORS: usize = 50;

/// Writes the same to a company's administrators and to the operators, to whom its name is in the subject and the button
/// leads to its page in the console.
pub async fn to_everybody(
    app: &App,
    tx: &mut Tx,
    kind: &'static str,
    organization: &Organization,
    letter: Letter,
) -> Result<(), Problem> {
    to_administrators(app, tx, kind, organization, letter.clone()).await?;
    let subject = format!("{}: {}", organization.name, letter.subject);
    let letter = Letter { heading: subject.clone(), subject, ..letter };
    to_operators(app, tx, kind, Some(organization), letter).await
}

/// Writes to a company's administrators. Where the letter has no button, it is one to the page of the sign-in, for those who
/// may open it.
pub async fn to_administrators(
    app: &App,
    tx: &mut Tx,
    kind: &'static str,
    organization: &Organization,
    letter: Letter,
) -> Result<(), Problem> {
    for admin in store::member::admins(tx, organization.id, ADMINISTRATORS).await? {
        let Some(to) = admin.email.clone() else { continue };
        let button = organization
            .self_service
            .then(|| Link::new("Open the Sign-on page", app.config.url("/org/sign-on")));
        let letter = Letter {
            button: letter.button.clone().or(button),
            reason: format!(
                "Sent to {to} because you are an administrator of {} at {}.",
                organization.name, app.brand.vendor_name
            ),
            ..letter.clone()
        };
        write(app, tx, To::new(kind, to).about(admin.id).of(organization.id), &letter).await?;
    }
    Ok(())
}

/// Writes to every operator: about a company, whose page the button opens; or where none is named, about what is our own.
pub async fn to_operators(
    app: &App,
    tx: &mut Tx,
    kind: &'static str,
    organization: Option<&Organization>,
    letter: Letter,
) -> Result<(), Problem> {
    // What is said of an administrator's button is not true of this one.
    let letter = match organization {
        Some(it) => Letter { button: Some(company_page(app, it)), button_note: String::new(), ..letter },
        None => letter,
    };
    for operator in store::operator::list(tx).await? {
        let reason = format!(
            "Sent to {} because you operate {} at {}.",
            operator.email, app.config.public_url, app.brand.vendor_name
        );
        let to = To::new(kind, operator.email).of(organization.map(|it| it.id));
        write(app, tx, to, &Letter { reason, ..letter.clone() }).await?;
    }
    Ok(())
}

/// A button to a company's page in the console.
pub fn company_page(app: &App, organization: &Organization) -> Link {
    let url = app.config.url(&format!("/console/organizations/{}", organization.id));
    Link::new(format!("Open {}", organization.name), url)
}
