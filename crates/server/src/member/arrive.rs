//! Arriving: a directory, a sign-in, a file or an administrator tells of somebody, and the right member is joined or
//! made. Also what follows when fields or the role change.

use model::{Account, Member, MemberId, MemberStatus, Organization, OrganizationId, Role};
use profile::Profile;
use serde_json::json;
use store::Tx;

use super::account::{account_of, confirm, follow_directory};
use super::decide::{self, Facts};
use super::find::{find, unite};
use super::gate::{Footing, account_behind, gate};
use super::record::{forget_read, missing, profile_of, set_profile, tell, unread_json};
use super::{Arrival, Reason, invite, leave, letters, restore};
use crate::app::App;
use crate::organization::profile_defaults;
use crate::problem::Problem;

/// Joins or makes the member this arrival is about: by directory user, then account, then address. What the arrival
/// says wins over what is known, the organization's defaults fill what is still missing, and the status follows. A
/// leaver who comes back is restored; an arrival that is not active makes a member leave.
///
/// # Errors
/// A problem where the address belongs to another company, or where two members with accounts would become one.
pub async fn arrive(app: &App, tx: &mut Tx, org: &Organization, arrival: Arrival) -> Result<Member, Problem> {
    lock(tx, org).await?;
    let footing = match &arrival.profile.email {
        Some(email) => gate(tx, org, email).await?,
        None => Footing::default(),
    };
    let known = of_directory(tx, org, &arrival).await?;
    if let Some(member) = &known
        && says_nothing_new(org, member, &arrival, footing)
    {
        return Ok(member.clone());
    }
    let behind = account_behind(tx, footing, arrival.profile.email.as_deref()).await?;
    let place = match &behind {
        Some(account) => store::member::lookup_account(tx, org.id, account.id).await?,
        None => None,
    };
    join(app, tx, org, arrival, (known, Met { footing, account: behind, place })).await
}

/// Whether an arrival leaves somebody who is in, and has an account, just as they are: the account behind the address was
/// looked for when it was news.
fn says_nothing_new(org: &Organization, member: &Member, arrival: &Arrival, footing: Footing) -> bool {
    if !arrival.active || member.account_id.is_none() || decide::has_left(member.status) {
        return false;
    }
    let mut after = with_news(org, member, arrival);
    after.status = decide::next(after.status, facts(&after, footing));
    after == *member
}

/// The member of the directory's user.
async fn of_directory(tx: &mut Tx, org: &Organization, arrival: &Arrival) -> Result<Option<Member>, Problem> {
    let Some(user) = arrival.directory_user_id.filter(|_| !arrival.unheard) else { return Ok(None) };
    let member = store::member::lookup_directory_user(tx, user).await?;
    Ok(member.filter(|member| member.organization_id == org.id))
}

/// What is known of somebody who arrives.
#[derive(Debug)]
pub struct Met {
    /// How the address stands to the organization.
    pub footing: Footing,
    /// The account behind the arrival.
    pub account: Option<Account>,
    /// That account's place in the organization.
    pub place: Option<Member>,
}

/// As [`arrive`], for a caller that holds the lock of [`lock_name`] and has looked at all of it since.
pub async fn meet(
    app: &App,
    tx: &mut Tx,
    org: &Organization,
    arrival: Arrival,
    met: Met,
) -> Result<Member, Problem> {
    let known = of_directory(tx, org, &arrival).await?;
    join(app, tx, org, arrival, (known, met)).await
}

async fn join(
    app: &App,
    tx: &mut Tx,
    org: &Organization,
    arrival: Arrival,
    (known, met): (Option<Member>, Met),
) -> Result<Member, Problem> {
    let Met { footing, account, place } = met;
    match find(app, tx, org, &arrival, (known, place)).await? {
        Some(member) => merge(app, tx, org, member, arrival, (footing, account)).await,
        None => make(app, tx, org, arrival, footing, account).await,
    }
}

/// Takes the fields that the person typed, which win over what is known, and lets the status follow.
pub async fn complete(
    app: &App,
    tx: &mut Tx,
    org: &Organization,
    member: Member,
    typed: Profile,
) -> Result<Member, Problem> {
    lock(tx, org).await?;
    let before = member.clone();
    let mut member = member;
    forget_read(&mut member, &typed);
    let profile = typed.merge(&profile_of(&member));
    set_profile(&mut member, profile);
    settle(app, tx, org, before, member).await
}

/// Gives a member a role. The same role again changes nothing.
pub async fn set_role(
    app: &App,
    tx: &mut Tx,
    org: &Organization,
    member: Member,
    role: Role,
) -> Result<Member, Problem> {
    if member.role == role {
        return Ok(member);
    }
    let before = member.clone();
    let member = Member { role, updated_at: app.now(), ..member };
    store::member::update(tx, &member).await?;
    tell(app, tx, "member.updated", &member, json!({ "role_before": before.role.as_str() }));
    if demoted(&before, &member) {
        look_for_another(app, tx, org).await?;
    }
    Ok(member)
}

fn demoted(before: &Member, member: &Member) -> bool {
    before.status == MemberStatus::Active && before.role == Role::Admin && member.role != Role::Admin
}

/// Somebody is no administrator any more: where nobody is, the operators are told.
async fn look_for_another(app: &App, tx: &mut Tx, org: &Organization) -> Result<(), Problem> {
    if store::member::admins(tx, org.id, 1).await?.is_empty() {
        letters::no_administrator(app, tx, org).await?;
    }
    Ok(())
}

/// One arrival at a time for each organization: reading, deciding and writing is one step.
pub(super) async fn lock(tx: &mut Tx, org: &Organization) -> Result<(), Problem> {
    Ok(tx.lock(&lock_name(org.id)).await?)
}

/// The lock under which an organization's members arrive.
pub fn lock_name(org: OrganizationId) -> String {
    format!("members:{org}")
}

async fn make(
    app: &App,
    tx: &mut Tx,
    org: &Organization,
    arrival: Arrival,
    footing: Footing,
    behind: Option<Account>,
) -> Result<Member, Problem> {
    let now = app.now();
    let mut member = Member {
        id: app.id(MemberId::new),
        organization_id: org.id,
        account_id: None,
        directory_user_id: arrival.directory_user_id,
        status: MemberStatus::Incomplete,
        source: arrival.source,
        role: arrival.role.or(org.defaults.role).unwrap_or(Role::Member),
        email: None,
        first_name: None,
        last_name: None,
        country: None,
        current_city: None,
        current_state: None,
        birth_year: None,
        extra: "{}".to_owned(),
        unread: unread_json(&arrival.unread),
        status_before: None,
        erase_at: None,
        left_at: None,
        last_sign_in_at: None,
        created_at: now,
        updated_at: now,
    };
    set_profile(&mut member, arrival.profile.with_defaults(&profile_defaults(org)));
    if !arrival.active {
        // Known to the source and not with the organization: kept, so that a later return finds the same member.
        member.status = MemberStatus::Disconnected;
        member.left_at = Some(now);
        store::member::add(tx, &member).await?;
        tell(app, tx, "member.created", &member, json!({}));
        return Ok(member);
    }
    member.account_id = account_of(app, tx, &member, footing, behind).await?;
    member.status = decide::standing(facts(&member, footing));
    store::member::add(tx, &member).await?;
    tell(app, tx, "member.created", &member, json!({}));
    follow(app, tx, org, None, &member, footing).await?;
    Ok(member)
}

/// A member with what an arrival says of the person.
fn with_news(org: &Organization, member: &Member, arrival: &Arrival) -> Member {
    let mut after = member.clone();
    if arrival.directory_user_id.is_some() {
        after.directory_user_id = arrival.directory_user_id;
        after.unread = unread_json(&arrival.unread);
    } else if !arrival.unread.is_empty() {
        after.unread = unread_json(&arrival.unread);
    }
    let known = profile_of(member);
    let known = match &arrival.withdrawn {
        Some(gone) => known.without(gone),
        None => known,
    };
    let profile = arrival.profile.clone().merge(&known).with_defaults(&profile_defaults(org));
    set_profile(&mut after, profile);
    after.role = arrival.role.unwrap_or(after.role);
    after
}

async fn merge(
    app: &App,
    tx: &mut Tx,
    org: &Organization,
    member: Member,
    arrival: Arrival,
    (footing, behind): (Footing, Option<Account>),
) -> Result<Member, Problem> {
    let before = member;
    let mut member = with_news(org, &before, &arrival);
    let asked = arrival.profile.email;
    if member.account_id.is_none()
        && let Some(account) = &behind
    {
        confirm(app, tx, account).await?;
        member.account_id = Some(account.id);
    }
    // The same address has the same footing: most arrivals bring the address that is known.
    let footing = (asked == member.email).then_some(footing);
    if arrival.directory_user_id.is_some() && arrival.active && member.email != before.email {
        Box::pin(follow_directory(app, tx, org, &member)).await?;
    }
    let member = settle_on(app, tx, org, footing, (before, member)).await?;
    match (arrival.active, decide::has_left(member.status)) {
        (true, true) => restore(app, tx, org, member).await,
        (false, false) => leave(app, tx, org, member, Reason::Directory).await,
        _ => Ok(member),
    }
}

/// Writes a member whose fields changed, lets account and status follow, and tells of it. Nothing changed: nothing is
/// written.
pub(super) async fn settle(
    app: &App,
    tx: &mut Tx,
    org: &Organization,
    before: Member,
    member: Member,
) -> Result<Member, Problem> {
    settle_on(app, tx, org, None, (before, member)).await
}

/// As [`settle`], where it may be known how the member's address stands.
async fn settle_on(
    app: &App,
    tx: &mut Tx,
    org: &Organization,
    footing: Option<Footing>,
    (before, mut member): (Member, Member),
) -> Result<Member, Problem> {
    let footing = match (footing, &member.email) {
        (Some(footing), _) => footing,
        (None, Some(email)) => gate(tx, org, email).await?,
        (None, None) => Footing::default(),
    };
    if let Some(email) = member.email.as_deref().filter(|_| member.email != before.email)
        && let Some(other) = store::member::lookup_email(tx, org.id, email).await?
        && other.id != member.id
    {
        let kept = unite(app, tx, Some(member.clone()), other).await?;
        if kept.id != member.id {
            let (typed, user) = (profile_of(&member), member.directory_user_id);
            let before = kept.clone();
            member = Member { directory_user_id: user.or(kept.directory_user_id), ..kept };
            let merged = typed.merge(&profile_of(&member));
            set_profile(&mut member, merged);
            return Box::pin(settle(app, tx, org, before, member)).await;
        }
    }
    if member.account_id.is_none() && !decide::has_left(member.status) {
        let behind = account_behind(tx, footing, member.email.as_deref()).await?;
        member.account_id = account_of(app, tx, &member, footing, behind).await?;
    }
    member.status = decide::next(member.status, facts(&member, footing));
    if member == before {
        return Ok(member);
    }
    member.updated_at = app.now();
    store::member::update_from(tx, &before, &member).await?;
    tell(app, tx, "member.updated", &member, json!({}));
    if demoted(&before, &member) {
        Box::pin(look_for_another(app, tx, org)).await?;
    }
    follow(app, tx, org, Some(&before), &member, footing).await?;
    Ok(member)
}

/// What a change brings with it: the event of a new status, and the invitation of whoever needs one to come in.
async fn follow(
    app: &App,
    tx: &mut Tx,
    org: &Organization,
    before: Option<&Member>,
    member: &Member,
    footing: Footing,
) -> Result<(), Problem> {
    let status_before = before.map(|m| m.status);
    let moved = status_before != Some(member.status);
    if moved && status_before == Some(MemberStatus::Incomplete) {
        tell(app, tx, "member.completed", member, json!({}));
    }
    if moved && member.status == MemberStatus::Active {
        if before.is_some() {
            store::invitation::remove_of_member(tx, member.id, invite::KIND).await?;
        }
        tell(app, tx, "member.activated", member, json!({}));
    }
    let readdressed = before.is_none_or(|before| before.email != member.email);
    if readdressed && needs_invitation(member, footing)
        || moved && member.status == MemberStatus::Invited && status_before != Some(MemberStatus::Incomplete)
    {
        invite::invite(app, tx, org, member).await?;
    }
    Ok(())
}

/// Whether the person can come in by a mail only. Whoever lacks a field is asked for it on accepting.
pub(super) const fn needs_invitation(member: &Member, footing: Footing) -> bool {
    matches!(member.status, MemberStatus::Invited | MemberStatus::Incomplete)
        && !footing.covered
        && member.account_id.is_none()
        && member.email.is_some()
}

pub(super) fn facts(member: &Member, footing: Footing) -> Facts {
    Facts {
        missing: !missing(member).is_empty(),
        account: member.account_id.is_some(),
        covered: footing.covered,
    }
}
