//! Which member somebody is who arrives, and the joining of two that turn out to be one.

use model::{Member, Organization};
use store::Tx;

use super::record::tell_ids;
use super::{Arrival, invite};
use crate::app::App;
use crate::problem::Problem;

/// The member that an arrival is about: by directory user (`known`), then by its account (`place`), then by address.
///
/// # Errors
/// A problem where two members with accounts would become one.
pub(super) async fn find(
    app: &App,
    tx: &mut Tx,
    org: &Organization,
    arrival: &Arrival,
    (known, place): (Option<Member>, Option<Member>),
) -> Result<Option<Member>, Problem> {
    let mut found = known;
    if let Some(other) = place {
        found = Some(unite(app, tx, found, other).await?);
    }
    let same_address =
        |m: &Member, email: &str| m.email.as_deref().is_some_and(|e| store::fold(e) == store::fold(email));
    if let Some(email) = &arrival.profile.email
        && !found.as_ref().is_some_and(|m| same_address(m, email))
        && let Some(other) = store::member::lookup_email(tx, org.id, email).await?
    {
        found = Some(unite(app, tx, found, other).await?);
    }
    Ok(found)
}

/// Two members turn out to be one person: the one with the account stays. With two accounts nobody may decide that
/// but a person.
pub(super) async fn unite(
    app: &App,
    tx: &mut Tx,
    first: Option<Member>,
    second: Member,
) -> Result<Member, Problem> {
    let Some(first) = first.filter(|first| first.id != second.id) else { return Ok(second) };
    let (keep, drop) = match (first.account_id, second.account_id) {
        (Some(a), Some(b)) if a != b => return Err(two_accounts()),
        (None, Some(_)) => (second, first),
        _ => (first, second),
    };
    store::invitation::remove_of_member(tx, drop.id, invite::KIND).await?;
    store::member::hand_over(tx, drop.id, keep.id).await?;
    store::member::remove(tx, drop.id).await?;
    tell_ids(app, tx, "member.erased", &drop);
    Ok(keep)
}

fn two_accounts() -> Problem {
    Problem::conflict(
        "email_taken",
        "This address is another member’s",
        "Two members with accounts of their own would get the same address. Change or remove one of the two, then \
         try again.",
    )
    .scim("uniqueness")
}
