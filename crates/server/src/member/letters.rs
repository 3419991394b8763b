//! The letters of a member's life: the invitation, and the confirmation of a new address. Those to leavers are in
//! `farewell`.

use model::{InvitationId, Member, Organization, Time, Token};
use store::Tx;
use store::invitation::Invitation;

use super::invite;
use crate::app::App;
use crate::mail::{self, To};
use crate::problem::Problem;
use web::mail_layout::{Letter, Link, Rendered, render, render_in};
use web::parts::When;
use web::words::Language;

/// Invites a member: one link that works once, in a mail to their address. An older link stops working.
pub(super) async fn invitation(
    app: &App,
    tx: &mut Tx,
    org: &Organization,
    member: &Member,
    email: &str,
) -> Result<(), Problem> {
    store::invitation::remove_of_member(tx, member.id, invite::KIND).await?;
    let until = app.now().after(app.config.limits.invitation);
    let token = capability(app, tx, invite::KIND, member, email, until).await?;
    let vendor = &app.brand.vendor_name;
    let letter = Letter {
        subject: format!("{} has a place for you at {vendor}", org.name),
        preview: format!("{} invites you. One click, and you are in.", org.name),
        heading: match &member.first_name {
            Some(name) => format!("{name}, {} has a place for you", org.name),
            None => format!("{} has a place for you", org.name),
        },
        paragraphs: vec![format!("{} invites you to {vendor}.", org.name)],
        button: Some(Link::new(
            "Accept the invitation",
            app.config.url(&format!("/invite/{}", token.expose())),
        )),
        button_note: format!("It works until {}, once.", day(until).text),
        small: vec![
            format!(
                "**What {} will see:** your name, work address and country, and whether you use it.",
                org.name
            ),
            "**Did not expect this?** Then ignore this mail. Nothing happens without your click.".to_owned(),
        ],
        reason: format!("Sent to {email} because {} invited you.", org.name),
        opt_out: None,
    };
    post(app, tx, "invitation", email, Some(member), &letter).await
}

/// Asks the owner of a new address to confirm it. The mail belongs to no organization: the former one never sees it.
pub(super) async fn confirmation(
    app: &App,
    tx: &mut Tx,
    member: &Member,
    email: &str,
    url: String,
    until: Time,
) -> Result<(), Problem> {
    let vendor = &app.brand.vendor_name;
    let letter = Letter {
        subject: format!("Confirm your address for {vendor}"),
        preview: "One click, and the account is yours.".to_owned(),
        heading: "Is this your address?".to_owned(),
        paragraphs: vec![format!(
            "Somebody, hopefully you, wants to keep a {vendor} account under this address."
        )],
        button: Some(Link::new("Yes, this is my address", url)),
        button_note: format!("It works until {}, once.", day(until).text),
        small: vec!["**Not you?** Then ignore this mail. Nothing happens without your click.".to_owned()],
        reason: format!("Sent to {email} because it was typed in to keep an account."),
        opt_out: None,
    };
    mail::write(app, tx, To::new("confirmation", email).about(member.id), &letter).await
}

/// Nobody administers the company any more: the operators are told. The cut does not wait for that.
pub(super) async fn no_administrator(app: &App, tx: &mut Tx, org: &Organization) -> Result<(), Problem> {
    let name = &org.name;
    let letter = Letter {
        subject: format!("{name} has no administrator any more"),
        preview: "Nobody can change its settings now.".to_owned(),
        heading: format!("{name} has no administrator any more"),
        paragraphs: vec![
            format!("The last administrator of {name} has left, or is none any more. Everybody signs in as before who still has a place."),
            "Nobody at the company can change its settings now, nor decide about a sync that was stopped. Ask whom they \
             choose, and make that member an administrator in the console."
                .to_owned(),
        ],
        button: None,
        button_note: String::new(),
        small: Vec::new(),
        reason: String::new(),
        opt_out: None,
    };
    mail::to_operators(app, tx, "no_administrator", Some(org), letter).await
}

/// Makes a capability for one member and address, and answers its token.
pub(super) async fn capability(
    app: &App,
    tx: &mut Tx,
    kind: &str,
    member: &Member,
    email: &str,
    until: Time,
) -> Result<Token, Problem> {
    let token = app.token("");
    let invitation = Invitation {
        id: app.id(InvitationId::new),
        kind: kind.to_owned(),
        organization_id: Some(member.organization_id),
        member_id: Some(member.id),
        account_id: member.account_id,
        email: email.to_owned(),
        data: "{}".to_owned(),
        created_at: app.now(),
        expires_at: until,
        used_at: None,
    };
    store::invitation::add(tx, &invitation, &token.hash()).await?;
    Ok(token)
}

async fn post(
    app: &App,
    tx: &mut Tx,
    kind: &'static str,
    to: &str,
    member: Option<&Member>,
    letter: &Letter,
) -> Result<(), Problem> {
    let ready = render(&app.brand, letter).map_err(|e| Problem::internal(&e))?;
    put(app, tx, kind, to, member, ready).await
}

/// A letter to a member in a language.
pub(super) async fn post_in(
    app: &App,
    tx: &mut Tx,
    kind: &'static str,
    to: &str,
    member: &Member,
    (letter, language): (&Letter, Language),
) -> Result<(), Problem> {
    let ready = render_in(&app.brand, letter, language).map_err(|e| Problem::internal(&e))?;
    put(app, tx, kind, to, Some(member), ready).await
}

async fn put(
    app: &App,
    tx: &mut Tx,
    kind: &'static str,
    to: &str,
    member: Option<&Member>,
    ready: Rendered,
) -> Result<(), Problem> {
    let to = To::new(kind, to).about(member.map(|m| m.id)).of(member.map(|m| m.organization_id));
    mail::post(app, tx, to, ready).await
}

/// "7 December 2026".
pub(super) fn day(time: Time) -> When {
    let date = time.to_jiff();
    When::new(time.to_string(), date.strftime("%-d %B %Y").to_string())
}
