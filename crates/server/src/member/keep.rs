//! Turning a leaver's account into a personal one. The pages around it are in `claim`.

use axum::http::{HeaderMap, HeaderValue};
use model::{Account, AccountId, DomainStatus, Member, Organization};
use serde_json::json;
use store::Connected;

use super::link::Opened;
use super::record::tell_ids;
use super::{decide, erase, farewell};
use crate::account::{self, SignIn};
use crate::app::App;
use crate::job;
use crate::problem::Problem;
use crate::provider::Ending;

/// Whether the link was mailed to an address of the person's own, not to the work address.
pub(super) async fn is_private(db: &mut impl Connected, it: &Opened) -> Result<bool, Problem> {
    let work = it.member.email.as_deref().map(store::fold);
    let same = work.as_deref() == Some(store::fold(&it.invitation.email).as_str());
    Ok(!same && new_address(db, it, &it.invitation.email).await?.is_ok())
}

/// The address that the person typed, folded; or what is wrong with it, in words for beside the field.
pub(super) async fn new_address(
    db: &mut impl Connected,
    it: &Opened,
    typed: &str,
) -> Result<Result<String, String>, Problem> {
    let email = match profile::email::parse(typed) {
        Ok(Some(email)) => email,
        Ok(None) => return Ok(Err("Type an address that is yours.".to_owned())),
        Err(reason) => {
            let problem = profile::Problem::new(profile::Field::Email, typed, reason);
            return Ok(Err(problem.to_string()));
        }
    };
    let domain = profile::email::domain_of(&email).unwrap_or_default();
    let holder = store::domain::lookup_name(db, domain).await?;
    Ok(match holder {
        Some(domain) if domain.organization_id == it.org.id => Err(format!(
            "This address belongs to {0}, so {0} could read the mail. Use a private one, which you will still have \
             next year.",
            it.org.name
        )),
        Some(domain) if domain.status == DomainStatus::Verified => {
            Err("This address belongs to a company. Use a private one.".to_owned())
        }
        _ => Ok(email),
    })
}

/// Makes the account the person's own: new proven address, own password or none, no place in the organization, nothing of it
/// left for the organization to see. Answers the cookie of a fresh session.
///
/// # Errors
/// A conflict where the address has an account already, or the member came back meanwhile.
pub(super) async fn keep(
    app: &App,
    member: &Member,
    org: &Organization,
    account: AccountId,
    email: &str,
    password_hash: Option<String>,
    headers: &HeaderMap,
) -> Result<HeaderValue, Problem> {
    let mut tx = app.write().await?;
    super::arrive::lock(&mut tx, org).await?;
    tx.lock(&format!("account:{}", store::fold(email))).await?;
    let member = store::member::lookup_any(&mut tx, member.id).await?;
    let member = member.filter(|m| decide::may_claim(m.status, m.account_id == Some(account)));
    let found = store::account::lookup(&mut tx, account).await?;
    let (Some(member), Some(found)) = (member, found) else {
        return Err(Problem::conflict(
            "claim_has_ended",
            "This offer has ended",
            format!("{} brought you back, or the account was claimed already. Sign in as before.", org.name),
        ));
    };
    if let Some(other) = store::account::lookup_email(&mut tx, email).await?
        && other.id != account
    {
        return Err(Problem::conflict(
            "email_taken",
            "This address has an account already",
            "Two accounts cannot have the same address. Go back and use another one, or sign in to the account that \
             you have.",
        ));
    }
    super::sign_out_everywhere(app, &mut tx, member.id, Ending::Membership).await?;
    let person = erase::person(&mut tx, &member).await?;
    let own = Account {
        email: email.to_owned(),
        email_verified_at: Some(app.now()),
        password_hash,
        personal_email: None,
        ..found
    };
    store::account::update(&mut tx, &own).await?;
    store::erasure::detach(&mut tx, &person).await?;
    tell_ids(app, &mut tx, "member.claimed", &member);
    farewell::over(&mut tx, member.id).await?;
    job::enqueue(app, &mut tx, erase::SCRUB, &json!({}), app.now()).await?;
    let cookie =
        account::start_session(app, &mut tx, account, None, SignIn::own("link", app.now()), headers).await?;
    tx.commit().await?;
    Ok(cookie)
}
