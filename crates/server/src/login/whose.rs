//! Whose an account is: the company's whose provider opens it, or the person's own.
//!
//! An account is known by its address. The company opens it by that address, and by another one of the same person where
//! it spoke for the first: the account then has the new one. What a person brought along, by a named exception, is opened
//! by its own address alone and never renamed: its sign-in links would go to the company's mailbox from then on.

use model::{Account, DomainStatus, Member, Organization};
use store::{Connected, Tx};

use crate::app::App;
use crate::connection::domains;
use crate::member;
use crate::problem::Problem;

/// Whether the company's provider, which once opened this account, may open it for whom it calls by this address now.
pub async fn may_open(
    db: &mut impl Connected,
    organization: &Organization,
    account: &Account,
    email: &str,
) -> Result<bool, Problem> {
    // As at nearly every sign-in. How the address stands to the company is judged by itself.
    if store::fold(&account.email) == store::fold(email) {
        return Ok(true);
    }
    is_the_companys(db, organization, account).await
}

/// The address changed at the provider: the same person, a new address. The account is one that [`may_open`], or one that
/// [`of_place`] found. Gives the account and its place as they are now.
pub async fn follow_address(
    app: &App,
    tx: &mut Tx,
    (organization, account, place): (&Organization, Account, Option<Member>),
    email: &str,
) -> Result<(Account, Option<Member>), Problem> {
    let unproven = account.email_verified_at.is_none();
    let account = member::readdress(app, tx, account, email).await?;
    if unproven {
        let place = store::member::lookup_account(tx, organization.id, account.id).await?;
        return Ok((account, place));
    }
    Ok((account, place))
}

/// The account of whoever has the place of an address that the organization speaks for, if it speaks for the account's own
/// address too: then one person has both, as when an address changed in the directory and another account has the new one.
pub async fn of_place(
    db: &mut impl Connected,
    organization: &Organization,
    email: &str,
) -> Result<Option<Account>, Problem> {
    let place = store::member::lookup_email(db, organization.id, email).await?;
    let Some(id) = place.and_then(|place| place.account_id) else { return Ok(None) };
    let Some(account) = store::account::lookup(db, id).await? else { return Ok(None) };
    let own = domains::vouches_for(db, organization.id, &account.email).await?;
    Ok(own.then_some(account))
}

/// Whether the address of the account is one that the company spoke for: in a domain of theirs, or in one that was theirs
/// and is nobody's now. An address at a public provider, in another company's domain or named as an exception never was;
/// nor was that of somebody who has a place elsewhere too.
async fn is_the_companys(
    db: &mut impl Connected,
    organization: &Organization,
    account: &Account,
) -> Result<bool, Problem> {
    let Some(name) = domains::of_email(&account.email) else { return Ok(false) };
    let domain = store::domain::lookup_name(db, &name).await?;
    if let Some(domain) = domain.filter(|it| it.status == DomainStatus::Verified) {
        return Ok(domain.organization_id == organization.id);
    }
    let is_exception = store::exception::lookup(db, organization.id, &account.email).await?.is_some();
    if is_exception || domains::is_public_mail(&name) {
        return Ok(false);
    }
    let places = store::member::list_of_account(db, account.id).await?;
    Ok(places.iter().all(|place| place.organization_id == organization.id))
}
