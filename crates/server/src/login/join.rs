//! From what an identity provider vouched for to an account and a member: the rules, in one place.
//!
//! Accounts are joined by connection and subject, and by address only inside the organization's verified domains. The
//! asserted address must lie there in any case: that is what keeps one company's provider out of another's accounts.

use std::time::Duration;

use model::{Account, AccountId, Connection, ConnectionStatus, Member, MemberStatus, Organization, Source};
use store::Tx;

use crate::app::App;
use crate::connection::{Asserted, Refused, domains};
use crate::member::{self, Arrival};
use crate::problem::Problem;

/// How exactly a connection's last sign-in is known. Everybody of a company writes it, and they would wait for each other.
const TOUCHED: Duration = Duration::from_mins(1);

/// Who signs in, or why nobody.
pub type Outcome = Result<(Account, Member), Refused>;

/// Joins. Called inside the transaction that ends the flow; a refusal has changed nothing.
pub async fn join(
    app: &App,
    tx: &mut Tx,
    organization: &Organization,
    connection: &Connection,
    asserted: &Asserted,
) -> Result<Outcome, Problem> {
    if let Some((assertion, until)) = &asserted.assertion
        && !store::session::see_assertion(tx, connection.id, assertion, *until).await?
    {
        return Ok(Err(refuse(
            "replayed",
            "This answer was used before. Each answer of an identity provider signs in once. Begin again at the sign-in page.",
        )));
    }
    let Some(email) = asserted.email.as_deref().and_then(|e| profile::email::parse(e).ok().flatten()) else {
        return Ok(Err(refuse(
            "email_missing",
            "Your identity provider did not say your email address, so we cannot tell who you are here.",
        )));
    };
    if let Some(refused) = switched_off(connection) {
        return Ok(Err(refused));
    }
    if let Some(refused) = outside(tx, organization, &email).await? {
        return Ok(Err(refused));
    }
    tx.lock(&organization.id.to_string()).await?;
    let identity = store::connection::identity(tx, connection.id, &asserted.subject).await?;
    let known = known_account(tx, identity, &email).await?;
    let member = match &known {
        Some(account) => store::member::lookup_account(tx, organization.id, account.id).await?,
        None => None,
    };
    let member = match member {
        Some(member) => Some(member),
        None => store::member::lookup_email(tx, organization.id, &email).await?,
    };
    if let Some(refused) = barred(organization, member.as_ref()) {
        return Ok(Err(refused));
    }
    let account = match known {
        Some(account) => follow_address(app, tx, account, &email).await?,
        None => new_account(app, tx, asserted, &email).await?,
    };
    if identity != Some(account.id) {
        store::connection::set_identity(tx, connection.id, &asserted.subject, account.id, app.now()).await?;
    }
    let mut profile = asserted.mapped.profile.clone();
    profile.email = Some(email);
    let arrival = Arrival {
        source: Source::Sso,
        profile,
        role: asserted.mapped.role,
        unread: asserted.mapped.unread.clone(),
        directory_user_id: None,
        account_id: Some(account.id),
        active: true,
    };
    let member = member::arrive(app, tx, organization, arrival).await?;
    if connection.last_login_at.is_none_or(|last| app.now().since(last) >= TOUCHED) {
        store::connection::touch(tx, connection.id, app.now()).await?;
    }
    Ok(Ok((account, member)))
}

/// Why nobody may sign in through this connection, if so: it was switched off while the person was at the provider.
pub fn switched_off(connection: &Connection) -> Option<Refused> {
    (connection.status != ConnectionStatus::Active).then(|| {
        refuse(
            "connection_inactive",
            "This way of signing in was switched off while you were at your identity provider. Your company’s \
             administrator can switch it on again.",
        )
    })
}

/// Why the address is not one that the organization speaks for, if so.
pub async fn outside(
    tx: &mut Tx,
    organization: &Organization,
    email: &str,
) -> Result<Option<Refused>, Problem> {
    if domains::vouches_for(tx, organization.id, email).await? {
        return Ok(None);
    }
    let mut refused = refuse(
        "email_not_in_domain",
        &format!(
            "Your identity provider signed you in as {email}, and {} has not verified that address’s domain here.",
            organization.name
        ),
    );
    refused.expected = Some(format!("an address in a verified domain of {}", organization.name));
    refused.received = Some(email.to_owned());
    Ok(Some(refused))
}

async fn known_account(
    tx: &mut Tx,
    identity: Option<AccountId>,
    email: &str,
) -> Result<Option<Account>, Problem> {
    if let Some(id) = identity
        && let Some(account) = store::account::lookup(tx, id).await?
    {
        return Ok(Some(account));
    }
    Ok(store::account::lookup_email(tx, email).await?)
}

/// Why this member may not sign in, if so.
pub fn barred(organization: &Organization, member: Option<&Member>) -> Option<Refused> {
    let name = &organization.name;
    match member.map(|m| m.status) {
        None if !organization.jit => Some(refuse(
            "not_a_member",
            &format!(
                "{name} knows you, but has not given you a place here. Ask your administrator to add you."
            ),
        )),
        Some(MemberStatus::Suspended) => Some(refuse(
            "member_suspended",
            &format!("{name} has paused your access. Ask your administrator."),
        )),
        Some(MemberStatus::Disconnected | MemberStatus::Erasing) => Some(refuse(
            "member_left",
            &format!(
                "{name} has ended your access. If that is a slip, ask your administrator to let you back in."
            ),
        )),
        _ => None,
    }
}

/// The address changed at the provider: the same person, a new address.
async fn follow_address(
    app: &App,
    tx: &mut Tx,
    mut account: Account,
    email: &str,
) -> Result<Account, Problem> {
    if account.email_verified_at.is_none() {
        // A stranger may have opened it: what the stranger could sign in with goes first.
        member::adopt(app, tx, account.clone(), None).await?;
        account = store::account::lookup(tx, account.id).await?.unwrap_or(account);
    }
    if store::fold(&account.email) == store::fold(email) {
        return Ok(account);
    }
    let taken = store::account::lookup_email(tx, email).await?.is_some_and(|other| other.id != account.id);
    if taken {
        return Ok(account);
    }
    email.clone_into(&mut account.email);
    account.email_verified_at = Some(app.now());
    store::account::update(tx, &account).await?;
    Ok(account)
}

async fn new_account(app: &App, tx: &mut Tx, asserted: &Asserted, email: &str) -> Result<Account, Problem> {
    let profile = &asserted.mapped.profile;
    let account = Account {
        id: app.id(AccountId::new),
        email: email.to_owned(),
        email_verified_at: Some(app.now()),
        first_name: profile.first_name.clone().unwrap_or_default(),
        last_name: profile.last_name.clone().unwrap_or_default(),
        password_hash: None,
        personal_email: None,
        locale: None,
        created_at: app.now(),
    };
    store::account::add(tx, &account).await?;
    Ok(account)
}

/// A refusal without a comparison.
pub fn refuse(code: &str, message: &str) -> Refused {
    Refused {
        code: code.to_owned(),
        expected: None,
        received: None,
        message: message.to_owned(),
        steps: Vec::new(),
    }
}
