//! What a company's administrators and the operators are told by mail.

use model::{Domain, Member, Organization, OrganizationId};
use store::Tx;
use store::enforcement::Opening;

use super::opening::FALLBACK;
use crate::app::App;
use crate::mail::{self, To};
use crate::org::words;
use crate::problem::Problem;
use web::html::unmarked;
use web::mail_layout::{Letter, Link};

/// So many administrators of a company are written to.
const MOST: usize = 50;

/// A domain now requires its company's sign-in.
pub(super) async fn required(
    app: &App,
    tx: &mut Tx,
    organization: &Organization,
    domain: &Domain,
) -> Result<(), Problem> {
    let name = &organization.name;
    let letter = Letter {
        subject: format!("{} now signs in through {name} alone", domain.name),
        preview: "Keep recovery codes for the day on which your provider does not answer.".to_owned(),
        heading: format!("{} now signs in through {name} alone", domain.name),
        paragraphs: vec![
            format!("Passwords and mailed links no longer work for addresses in {}.", domain.name),
            "You are an administrator. Make recovery codes now and keep them where you keep keys: each signs you in once, \
             also while your identity provider does not answer."
                .to_owned(),
        ],
        button: Some(Link::new("Make recovery codes", app.config.url("/org/sign-on/required"))),
        button_note: "Ten codes, shown once.".to_owned(),
        small: Vec::new(),
        reason: format!("Sent because you administer {name}."),
        opt_out: None,
    };
    administrators(app, tx, organization.id, "sso_required", &letter).await
}

/// The way beside the company's sign-in stands open.
pub(super) async fn opened(
    app: &App,
    tx: &mut Tx,
    organization: &Organization,
    it: &Opening,
) -> Result<(), Problem> {
    let name = &organization.name;
    let whom = match (&it.domain, &it.email) {
        (Some(domain), _) => format!("people of {domain}"),
        (None, Some(email)) => email.clone(),
        (None, None) => "nobody".to_owned(),
    };
    let until = words::when(it.ends_at).text;
    let how = if it.kind == FALLBACK {
        "by a link in a mail, because your identity provider does not answer as it should"
    } else {
        "without your identity provider, by password or by a link in a mail"
    };
    let letter = Letter {
        subject: format!("{name}: sign-in without your provider until {until}"),
        preview: format!("For {whom}. It ends by itself."),
        heading: "Your sign-in is open for a time".to_owned(),
        paragraphs: vec![
            format!("Until {until}, {whom} may sign in {how}."),
            format!("**Reason:** {}", unmarked(&it.reason)),
            "It ends by itself at that time, and so do the sessions that began this way.".to_owned(),
        ],
        button: Some(Link::new("Look at it, or end it now", app.config.url("/org/sign-on/required"))),
        button_note: "For administrators who are signed in.".to_owned(),
        small: vec![format!("**Not expected?** End it, and write to {}.", app.brand.support_email)],
        reason: format!("Sent because you administer {name}."),
        opt_out: None,
    };
    administrators(app, tx, organization.id, "sso_opened", &letter).await
}

/// An administrator came in by a recovery code.
pub(super) async fn code_used(app: &App, tx: &mut Tx, member: &Member, left: usize) -> Result<(), Problem> {
    let who = words::name(member);
    let letter = Letter {
        subject: format!("A recovery code of {who} was used"),
        preview: format!("{who} signed in without the identity provider."),
        heading: "A recovery code was used".to_owned(),
        paragraphs: vec![
            format!(
                "On {}, {} signed in with a recovery code, without your identity provider.",
                words::when(app.now()).text,
                unmarked(&who)
            ),
            match left {
                0 => "No code of this administrator is left. Make new ones.".to_owned(),
                1 => "One code of this administrator is left.".to_owned(),
                n => format!("{n} codes of this administrator are left."),
            },
        ],
        button: Some(Link::new("Look at the sign-in", app.config.url("/org/sign-on/required"))),
        button_note: String::new(),
        small: vec![format!(
            "**Was it somebody else?** Make new codes, which ends the old ones, and write to {}.",
            app.brand.support_email
        )],
        reason: "Sent because you administer your company here.".to_owned(),
        opt_out: None,
    };
    administrators(app, tx, member.organization_id, "recovery_code_used", &letter).await
}

/// A connection seems to fail for everybody: administrators who can still come in, and the operators, are told.
pub(super) async fn failing(
    app: &App,
    tx: &mut Tx,
    organization: &Organization,
    (cause, opened): (&str, bool),
) -> Result<(), Problem> {
    let name = &organization.name;
    let letter = |page: String| Letter {
        subject: format!("{name}’s sign-in seems to fail"),
        preview: unmarked(cause),
        heading: format!("{name}’s sign-in seems to fail"),
        paragraphs: vec![
            unmarked(cause),
            if opened {
                "Members can sign in by a link in a mail for four hours, or until the provider answers again."
                    .to_owned()
            } else {
                "Nothing was opened by it, because a stranger could cause this too. Look at the refused sign-ins; if the \
                 connection is at fault, mend it, or open another way for a time."
                    .to_owned()
            },
        ],
        button: Some(Link::new("Look, and open another way", app.config.url(&page))),
        button_note: "For whoever is signed in. Administrators can come in with a recovery code.".to_owned(),
        small: Vec::new(),
        reason: format!("Sent because you look after {name}’s sign-in."),
        opt_out: None,
    };
    if !opened {
        let page = letter("/org/sign-on/required".to_owned());
        administrators(app, tx, organization.id, "sso_failing", &page).await?;
    }
    let desk = format!("/console/organizations/{}/desk/sign-on/required", organization.id);
    let letter = letter(desk);
    for operator in store::operator::list(tx).await?.into_iter().take(MOST) {
        let to = To::new("sso_failing", operator.email).of(organization.id);
        mail::write(app, tx, to, &letter).await?;
    }
    Ok(())
}

/// Writes to every active administrator of a company.
pub(super) async fn administrators(
    app: &App,
    tx: &mut Tx,
    organization: OrganizationId,
    kind: &'static str,
    letter: &Letter,
) -> Result<(), Problem> {
    for member in store::member::admins(tx, organization, MOST).await? {
        let Some(to) = member.email else { continue };
        mail::write(app, tx, To::new(kind, to).about(member.id).of(organization), letter).await?;
    }
    Ok(())
}
