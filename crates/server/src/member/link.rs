//! Opening a person's link: which member and organization it is for, and the page of one that has ended.

use axum::http::StatusCode;
use axum::response::Response;
use model::{Member, Organization, Token};
use store::Connected;
use store::invitation::Invitation;

use super::letters::day;
use crate::app::App;
use crate::problem::Problem;
use crate::request::Browser;
use web::Html;
use web::pages::person::LinkEnded;

/// A link that works.
pub(super) struct Opened {
    pub invitation: Invitation,
    pub member: Member,
    pub org: Organization,
}

/// What a token opens.
pub(super) enum Link {
    Works(Box<Opened>),
    /// It was there, and works no more.
    Ended(Box<Invitation>),
    Unknown,
}

/// What a token of this kind opens now.
pub(super) async fn open(
    app: &App,
    db: &mut impl Connected,
    kind: &str,
    token: &str,
) -> Result<Link, Problem> {
    let invitation = store::invitation::lookup_token(db, &Token::presented(token).hash()).await?;
    let Some(invitation) = invitation.filter(|it| it.kind == kind) else { return Ok(Link::Unknown) };
    if invitation.used_at.is_some() || invitation.expires_at <= app.now() {
        return Ok(Link::Ended(Box::new(invitation)));
    }
    let (Some(org), Some(member)) = (invitation.organization_id, invitation.member_id) else {
        return Ok(Link::Unknown);
    };
    let org = store::organization::lookup(db, org).await?;
    let member = store::member::lookup_any(db, member).await?;
    Ok(match (org, member) {
        (Some(org), Some(member)) if member.organization_id == org.id => {
            Link::Works(Box::new(Opened { invitation, member, org }))
        }
        _ => Link::Ended(Box::new(invitation)),
    })
}

/// The page of a link that has ended or was never there. `what` is "invitation" or "link".
pub(super) fn ended(
    app: &App,
    browser: &Browser,
    what: &str,
    invitation: Option<&Invitation>,
    renew: Option<String>,
) -> Response {
    let (title, text) = match invitation {
        Some(it) if it.used_at.is_some() => (
            format!("This {what} was used already"),
            "It works once, and it did. If that was you, nothing is left to do here: sign in.".to_owned(),
        ),
        Some(it) => (
            format!("This {what} has ended"),
            format!("It worked until {}. Nothing was changed.", day(it.expires_at).text),
        ),
        None => (
            format!("This {what} opens nothing"),
            "It may have been replaced by a newer one, withdrawn, or lost a few letters on its way."
                .to_owned(),
        ),
    };
    let page = LinkEnded { page: browser.page(app, title.clone()), title, text: Html::marked(&text), renew };
    let status = if invitation.is_some() { StatusCode::GONE } else { StatusCode::NOT_FOUND };
    web::respond(status, &page)
}
