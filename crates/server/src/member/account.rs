//! The account behind a member: found, made proven, opened.

use model::{Account, AccountId, Member};
use store::Tx;

use super::gate::Footing;
use crate::app::App;
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
