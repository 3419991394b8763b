//! Leaving and coming back; suspending and resuming; the cut that ends every session.

use model::{Member, MemberId, MemberStatus, Organization, Role, Time};
use serde_json::json;
use store::Tx;

use super::arrive::{facts, lock, needs_invitation};
use super::gate::{Footing, gate};
use super::record::tell;
use super::{Reason, claim, decide, erase, farewell, invite, letters};
use crate::app::App;
use crate::job;
use crate::problem::Problem;
use crate::provider::{self, Ending};

/// Checks a member out by the organization's leaver policy: cut at once, then kept for the person (disconnect) or
/// erased after the grace (delete). Whoever has left already stays as they are.
pub async fn leave(
    app: &App,
    tx: &mut Tx,
    org: &Organization,
    member: Member,
    reason: Reason,
) -> Result<Member, Problem> {
    leave_for_now(app, tx, org, member, reason, app.now()).await
}

/// As [`leave`], by somebody whose word may still be taken back: nothing is erased before `until`, whatever the grace.
pub async fn leave_for_now(
    app: &App,
    tx: &mut Tx,
    org: &Organization,
    member: Member,
    reason: Reason,
    until: Time,
) -> Result<Member, Problem> {
    if decide::has_left(member.status) {
        return Ok(member);
    }
    lock(tx, org).await?;
    let last = is_last_administrator(tx, &member).await?;
    let ties = store::session::ties_of_member(tx, member.id).await?;
    if ties.access {
        sign_out_everywhere(app, tx, member.id, Ending::Membership).await?;
    }
    if ties.invitation {
        store::invitation::remove_of_member(tx, member.id, invite::KIND).await?;
    }
    let now = app.now();
    let leaving = decide::leaving(org.leaver_policy, org.erase_grace, now, until);
    let member = Member {
        status: leaving.status,
        status_before: Some(member.status),
        erase_at: leaving.erase_at,
        left_at: Some(now),
        updated_at: now,
        ..member
    };
    store::member::update_standing(tx, &member).await?;
    if last {
        letters::no_administrator(app, tx, org).await?;
    }
    let more = json!({ "reason": reason.as_str(), "last_administrator": last });
    if let Some(at) = leaving.erase_at {
        tell(app, tx, "member.erasing", &member, more);
        job::enqueue(app, tx, erase::ERASE, &json!({ "member": member.id.to_string() }), at).await?;
    } else {
        tell(app, tx, "member.disconnected", &member, more);
        if decide::may_claim(member.status, member.account_id.is_some()) {
            farewell::offer(app, tx, org, &member).await?;
        }
    }
    Ok(member)
}

/// Brings a leaver back to where they stood, as far as the grace still holds it, and tells whoever was written to that the
/// earlier mail is void. Whoever has not left stays as they are.
pub async fn restore(app: &App, tx: &mut Tx, org: &Organization, member: Member) -> Result<Member, Problem> {
    let left = member.left_at.filter(|_| decide::has_left(member.status));
    let member = recall(app, tx, org, member).await?;
    if let Some(at) = left {
        farewell::void(app, tx, org, &member, at).await?;
    }
    Ok(member)
}

/// As [`restore`], without a word to the leaver: whether the leaving is void is not decided yet.
pub async fn recall(app: &App, tx: &mut Tx, org: &Organization, member: Member) -> Result<Member, Problem> {
    if !decide::has_left(member.status) {
        return Ok(member);
    }
    lock(tx, org).await?;
    let left = member.status;
    let footing = footing(tx, org, &member).await?;
    let status = match member.status_before {
        Some(MemberStatus::Suspended) => MemberStatus::Suspended,
        Some(MemberStatus::Active) => MemberStatus::Active,
        _ => decide::standing(facts(&member, footing)),
    };
    let member = Member {
        status,
        status_before: None,
        erase_at: None,
        left_at: None,
        updated_at: app.now(),
        ..member
    };
    store::invitation::remove_of_member(tx, member.id, claim::KIND).await?;
    store::invitation::remove_of_member(tx, member.id, claim::CONFIRM).await?;
    farewell::over(tx, member.id).await?;
    store::member::update_standing(tx, &member).await?;
    tell(app, tx, "member.restored", &member, json!({ "status_before": left.as_str() }));
    if needs_invitation(&member, footing) {
        invite::invite(app, tx, org, &member).await?;
    }
    Ok(member)
}

/// Closes the door for now: no session, no sign-in, until resumed.
///
/// # Errors
/// A conflict where the member has left: then there is nothing to suspend.
pub async fn suspend(app: &App, tx: &mut Tx, _org: &Organization, member: Member) -> Result<Member, Problem> {
    if member.status == MemberStatus::Suspended {
        return Ok(member);
    }
    if decide::has_left(member.status) {
        return Err(Problem::conflict(
            "member_has_left",
            "This member has left already",
            "Nobody can sign in as a member who has left. Restore the member first if that was the wish.",
        ));
    }
    sign_out_everywhere(app, tx, member.id, Ending::Membership).await?;
    let member = Member {
        status: MemberStatus::Suspended,
        status_before: Some(member.status),
        updated_at: app.now(),
        ..member
    };
    store::member::update_standing(tx, &member).await?;
    tell(app, tx, "member.suspended", &member, json!({}));
    Ok(member)
}

/// Opens the door again. A member who is not suspended stays as they are.
pub async fn resume(app: &App, tx: &mut Tx, org: &Organization, member: Member) -> Result<Member, Problem> {
    if member.status != MemberStatus::Suspended {
        return Ok(member);
    }
    let footing = footing(tx, org, &member).await?;
    let status = match member.status_before {
        Some(MemberStatus::Active) => MemberStatus::Active,
        _ => decide::standing(facts(&member, footing)),
    };
    let member = Member { status, status_before: None, updated_at: app.now(), ..member };
    store::member::update_standing(tx, &member).await?;
    tell(app, tx, "member.resumed", &member, json!({}));
    if needs_invitation(&member, footing) {
        invite::invite(app, tx, org, &member).await?;
    }
    Ok(member)
}

/// Ends every session of a member, and asks every application that knows one of them to end it too (OpenID Connect
/// Back-Channel Logout).
pub async fn sign_out_everywhere(
    app: &App,
    tx: &mut Tx,
    member: MemberId,
    why: Ending,
) -> Result<(), Problem> {
    for session in store::session::list_of_member(tx, member, app.now()).await? {
        provider::revoke_session(app, tx, &session, why, None).await?;
    }
    // What outlived its session.
    let grants = store::application::revoke_grants_of_member(tx, member, app.now()).await?;
    for grant in grants {
        provider::tell(app, tx, grant).await?;
    }
    store::session::remove_of_member(tx, member).await?;
    Ok(())
}

async fn footing(tx: &mut Tx, org: &Organization, member: &Member) -> Result<Footing, Problem> {
    match &member.email {
        Some(email) => gate(tx, org, email).await,
        None => Ok(Footing::default()),
    }
}

async fn is_last_administrator(tx: &mut Tx, member: &Member) -> Result<bool, Problem> {
    if member.role != Role::Admin || member.status != MemberStatus::Active {
        return Ok(false);
    }
    let admins = store::member::admins(tx, member.organization_id, 2).await?;
    Ok(admins.iter().all(|admin| admin.id == member.id))
}
