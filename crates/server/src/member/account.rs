//! The account behind a member: found, made proven, opened, and given the person's new address.

use model::{Account, AccountId, Member, Organization};
use store::Tx;

use super::gate::Footing;
use crate::app::App;
use crate::connection::domains;
use crate::problem::Problem;

/// The account of somebody for whom the organization may speak: the one behind the address, or a new one where the
/// person can sign in through the organization at once.
pub(super) async fn account_of(
    app: &App,
    tx: &mut Tx,
    member: &Member,
    footing: Footing,
    behind: Option<Account>,
) -> Result<Option<AccountId>, Problem> {
    if let Some(account) = behind {
        confirm(app, tx, &account).await?;
        return Ok(Some(account.id));
    }
    match &member.email {
        Some(email) if footing.covered => Ok(Some(open_account(app, tx, member, email, None).await?)),
        _ => Ok(None),
    }
}

/// An account whose address nobody had proven may have been opened by a stranger: what the stranger could sign in
/// with goes before the organization's word makes the address proven.
pub(super) async fn confirm(app: &App, tx: &mut Tx, account: &Account) -> Result<(), Problem> {
    adopt(app, tx, account.clone(), None).await.map(drop)
}

/// Makes an account's address proven, as [`confirm`], and gives it a password where it has none.
pub async fn adopt(
    app: &App,
    tx: &mut Tx,
    account: Account,
    password_hash: Option<String>,
) -> Result<AccountId, Problem> {
    let mut account = account;
    let before = account.clone();
    if account.email_verified_at.is_none() {
        for session in store::session::list(tx, account.id, app.now()).await? {
            store::session::remove(tx, session.id).await?;
        }
        store::application::revoke_grants_of_account(tx, account.id, app.now()).await?;
        store::passkey::remove_of_account(tx, account.id).await?;
        account.password_hash = None;
        account.email_verified_at = Some(app.now());
    }
    if account.password_hash.is_none() {
        account.password_hash = password_hash;
    }
    if account != before {
        store::account::update(tx, &account).await?;
    }
    Ok(account.id)
}

/// A directory has given a member another address, of a verified domain of the organization: the account has it too, so that the
/// first sign-in with it finds the same person. Only an account whose own address is in such a domain as well: what a person
/// brought along, or has from another company, is never renamed.
pub(super) async fn follow_directory(
    app: &App,
    tx: &mut Tx,
    org: &Organization,
    member: &Member,
) -> Result<(), Problem> {
    let (Some(id), Some(email)) = (member.account_id, &member.email) else { return Ok(()) };
    let Some(account) = store::account::lookup(tx, id).await? else { return Ok(()) };
    if domains::vouches_for(tx, org.id, email).await?
        && domains::vouches_for(tx, org.id, &account.email).await?
    {
        readdress(app, tx, account, email).await?;
    }
    Ok(())
}

/// Gives an account another address, which is proven. An address that another account has stays there. The caller knows that
/// the organization may open the account, and speaks for the new address.
pub async fn readdress(app: &App, tx: &mut Tx, account: Account, email: &str) -> Result<Account, Problem> {
    let mut account = account;
    if account.email_verified_at.is_none() {
        // A stranger may have opened it: what the stranger could sign in with goes first.
        adopt(app, tx, account.clone(), None).await?;
        account = store::account::lookup(tx, account.id).await?.unwrap_or(account);
    }
    if store::fold(&account.email) == store::fold(email) {
        return Ok(account);
    }
    tx.lock(&format!("account:{}", store::fold(email))).await?;
    if store::account::lookup_email(tx, email).await?.is_some() {
        return Ok(account);
    }
    email.clone_into(&mut account.email);
    account.email_verified_at = Some(app.now());
    store::account::update(tx, &account).await?;
    Ok(account)
}

/// Opens an account with a proven address. The caller knows that there is none with this address.
pub(super) async fn open_account(
    app: &App,
    tx: &mut Tx,
    member: &Member,
    email: &str,
    password_hash: Option<String>,
) -> Result<AccountId, Problem> {
    let now = app.now();
    let account = Account {
        id: app.id(AccountId::new),
        email: email.to_owned(),
        email_verified_at: Some(now),
        first_name: member.first_name.clone().unwrap_or_default(),
        last_name: member.last_name.clone().unwrap_or_default(),
        password_hash,
        personal_email: None,
        locale: None,
        created_at: now,
    };
    store::account::add(tx, &account).await?;
    Ok(account.id)
}
