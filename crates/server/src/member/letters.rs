//! The letters of a member's life: the invitation, the offer to a leaver, the confirmation of a new address.

use model::{InvitationId, Member, Organization, Time, Token};
use store::Tx;
use store::invitation::Invitation;

use super::{claim, invite};
use crate::app::App;
use crate::mail;
use crate::problem::Problem;
use web::mail_layout::{Letter, Link, render};
use web::parts::When;

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

/// Offers a leaver to keep the account: to the personal address, where there is one, and to the work address, each
/// with a link of its own.
pub(super) async fn offboarding(
    app: &App,
    tx: &mut Tx,
    org: &Organization,
    member: &Member,
) -> Result<(), Problem> {
    let account = match member.account_id {
        Some(id) => store::account::lookup(tx, id).await?,
        None => None,
    };
    let Some(account) = account else { return Ok(()) };
    let work = member.email.clone().unwrap_or_else(|| account.email.clone());
    let mut addresses = vec![work];
    let home = home_addresses(tx, member).await?;
    for other in account.personal_email.into_iter().chain(home).chain([account.email]) {
        if !addresses.iter().any(|known| store::fold(known) == store::fold(&other)) {
            addresses.push(other);
        }
    }
    let until = app.now().after(app.config.limits.claim);
    let left = member.left_at.unwrap_or_else(|| app.now());
    for address in addresses {
        let token = capability(app, tx, claim::KIND, member, &address, until).await?;
        let url = app.config.url(&format!("/claim/{}", token.expose()));
        let letter = farewell(app, org, member, &address, left, until, url);
        post(app, tx, "offboarding", &address, Some(member), &letter).await?;
    }
    Ok(())
}

/// Personal addresses that the directory knows (SCIM `emails` of type `home`), at most two.
async fn home_addresses(tx: &mut Tx, member: &Member) -> Result<Vec<String>, Problem> {
    let Some(user) = member.directory_user_id else { return Ok(Vec::new()) };
    let resource = store::member::directory_resource(tx, user).await?.unwrap_or_default();
    let resource: serde_json::Value = serde_json::from_str(&resource).unwrap_or_default();
    Ok(home_emails(&resource))
}

fn home_emails(resource: &serde_json::Value) -> Vec<String> {
    let emails = resource["emails"].as_array().map(Vec::as_slice).unwrap_or_default();
    let home = emails.iter().filter(|e| {
        let kind = e["type"].as_str().unwrap_or_default();
        kind.eq_ignore_ascii_case("home") || kind.eq_ignore_ascii_case("personal")
    });
    let read = home.filter_map(|e| profile::email::parse(e["value"].as_str()?).ok().flatten());
    read.take(2).collect()
}

fn farewell(
    app: &App,
    org: &Organization,
    member: &Member,
    address: &str,
    left: Time,
    until: Time,
    url: String,
) -> Letter {
    let vendor = &app.brand.vendor_name;
    let hello =
        member.first_name.as_ref().map_or_else(|| "Hello,".to_owned(), |name| format!("Hello {name},"));
    Letter {
        subject: format!("Your {vendor} account after {}", org.name),
        preview: format!("You can keep it. {} does not see whether you do.", org.name),
        heading: "You can keep your account".to_owned(),
        paragraphs: vec![
            hello,
            format!(
                "{} has told us that you are no longer with them. Your access through {} ended on {}, and you are \
                 signed out everywhere.",
                org.name,
                org.name,
                moment(left)
            ),
            "The account itself is yours if you want it. Give it an address of your own, and it carries on."
                .to_owned(),
        ],
        button: Some(Link::new("Keep my account", url)),
        button_note: format!("Open until {}, for you alone.", day(until).text),
        small: vec![
            format!("**{} sees none of this.** Neither your new address nor what you decide.", org.name),
            "**If you do nothing,** the account stays closed.".to_owned(),
            format!(
                "**Was it a mistake?** Ask {}. As soon as they bring you back, everything is as before.",
                org.name
            ),
        ],
        reason: format!("Sent to {address} because {} no longer manages your account.", org.name),
        opt_out: None,
    }
}

/// Asks the owner of a new address to confirm it. The mail belongs to no organization: the former one never sees it.
pub(super) async fn confirmation(
    app: &App,
    tx: &mut Tx,
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
    post(app, tx, "confirmation", email, None, &letter).await
}

/// Makes a capability for one member and address, and answers its token.
async fn capability(
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
    let mail = mail::Letter {
        kind,
        to: to.to_owned(),
        member_id: member.map(|m| m.id),
        organization_id: member.map(|m| m.organization_id),
        subject: ready.subject,
        html: ready.html,
        text: ready.text,
    };
    mail::post(app, tx, mail).await.map(drop)
}

/// "7 December 2026".
pub(super) fn day(time: Time) -> When {
    let date = time.to_jiff();
    When::new(time.to_string(), date.strftime("%-d %B %Y").to_string())
}

/// "24 November 2026, at 10:05 UTC".
fn moment(time: Time) -> String {
    time.to_jiff().strftime("%-d %B %Y, at %H:%M UTC").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn home_addresses_are_read_from_what_the_directory_sent() {
        let resource = serde_json::json!({"emails": [
            {"type": "work", "value": "ada@acme.test"},
            {"type": "Home", "value": "Ada@Home.example"},
            {"type": "home", "value": "no address"},
            {"value": "x@y.example"},
        ]});
        assert_eq!(home_emails(&resource), ["ada@home.example"]);
        assert!(home_emails(&serde_json::Value::Null).is_empty());
    }
}
