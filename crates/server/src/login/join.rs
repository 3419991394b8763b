//! From what an identity provider vouched for to an account and a member: the rules, in one place.
//!
//! Accounts are joined by connection and subject, and by address only inside the organization's verified domains. The
//! asserted address must lie there in any case, or be a named exception whose mailbox has said yes: that is what keeps one
//! company's provider out of another's accounts.
//! What follows from the facts is decided without any act (`decide`), so that it can also be shown before it happens.

use std::time::Duration;

use model::{
    Account, AccountId, Connection, ConnectionId, ConnectionStatus, Domain, DomainStatus, Member,
    MemberStatus, Organization, Source, Time,
};
use serde_json::json;
use store::exception::EmailException;
use store::{Connected, Tx};

use super::{confirm, whose};
use crate::app::App;
use crate::connection::{self, Asserted, Refused, domains, exceptions};
use crate::member::{self, Arrival, Footing, Met};
use crate::problem::Problem;

/// How exactly a connection's last sign-in is known. Everybody of a company writes it, and they would wait for each other.
const TOUCHED: Duration = Duration::from_mins(1);

/// Who signs in, or why nobody.
pub type Outcome = Result<Joined, Refused>;

/// Who signs in.
#[derive(Debug)]
pub struct Joined {
    /// The account.
    pub account: Account,
    /// Its place in the organization.
    pub member: Member,
    /// What the record of the sign-in says besides, in sentences.
    pub notes: Vec<String>,
    /// When the session must end: with the exception that it came by.
    pub ends_at: Option<Time>,
}

/// How an asserted address stands to the organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// In this verified domain of it.
    Verified(Box<Domain>),
    /// In none, and a named exception of it.
    Exception(Box<EmailException>),
    /// In none.
    Outside,
}

/// What is known of somebody whom a connection vouches for.
#[derive(Debug, Clone)]
pub struct Facts {
    /// How the address stands to the organization.
    pub standing: Standing,
    /// The account that connection and subject were joined to, if the company may still open it.
    pub by_subject: Option<Account>,
    /// The account with the address, else the company's own one behind the place of the address; looked for only where
    /// connection and subject are new.
    pub by_address: Option<Account>,
    /// The place of that account, else of the address.
    pub member: Option<Member>,
}

/// What a sign-in leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Joining {
    /// The account known by connection and subject.
    Subject,
    /// The account with the address.
    Address,
    /// An account that is made.
    New,
    /// Nobody yet: by a named exception an account is joined after its mailbox has said yes.
    Confirm,
}

/// Joins. Called inside the transaction that ends the flow; a refusal has changed nothing. `connections` are the
/// organization's, the one of the sign-in among them.
pub async fn join(
    app: &App,
    tx: &mut Tx,
    (organization, connections): (&Organization, &[Connection]),
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
        return Ok(Err(no_address()));
    };
    if let Some(refused) = switched_off(connection) {
        return Ok(Err(refused));
    }
    tx.lock_both(&organization.id.to_string(), &member::lock_name(organization.id)).await?;
    let facts = facts(tx, app.now(), organization, (connection.id, &asserted.subject), &email).await?;
    let joining = match decide(organization, &facts, &email) {
        Ok(Joining::Confirm) => return Ok(Err(unconfirmed(organization, &email))),
        Ok(joining) => joining,
        Err(refused) => return Ok(Err(refused)),
    };
    let place = facts.member.filter(|it| it.account_id.is_some());
    let (account, place) = match facts.by_subject.or(facts.by_address) {
        Some(account) => {
            let place = place.filter(|it| it.account_id == Some(account.id));
            whose::follow_address(app, tx, (organization, account, place), &email).await?
        }
        None => (new_account(app, tx, asserted, &email).await?, None),
    };
    if joining != Joining::Subject {
        store::connection::set_identity(tx, connection.id, &asserted.subject, account.id, app.now()).await?;
    }
    let mut profile = asserted.mapped.profile.clone();
    profile.email = Some(email.clone());
    let arrival = Arrival {
        source: Source::Sso,
        profile,
        withdrawn: None,
        role: asserted.mapped.role,
        unread: asserted.mapped.unread.clone(),
        directory_user_id: None,
        active: true,
        unheard: false,
    };
    // This connection is an active one of the organization: who is in a domain of it can come in by it.
    let verified = matches!(facts.standing, Standing::Verified(_));
    let footing = Footing { verified, covered: verified };
    let met = Met { footing, account: Some(account.clone()), place };
    let member = member::meet(app, tx, organization, arrival, met).await?;
    if connection.last_login_at.is_none_or(|last| app.now().since(last) >= TOUCHED) {
        store::connection::touch(tx, connection.id, app.now()).await?;
    }
    let (mut notes, mut ends_at) = (Vec::new(), None);
    match &facts.standing {
        Standing::Verified(domain) => {
            let other = other_way(tx, domain, connections, (connection, &email)).await?;
            if let Some((note, data)) = other {
                let (actor, target) = (format!("member:{}", member.id), Some(connection.id.to_string()));
                app.audit(tx, &actor, "sign_in.other_connection", Some(organization.id), target, &data)
                    .await?;
                notes.push(note);
            }
        }
        Standing::Exception(it) => {
            notes.push(exceptions::sentence(it));
            ends_at = it.ends_at;
        }
        Standing::Outside => {}
    }
    Ok(Ok(Joined { account, member, notes, ends_at }))
}

/// What is known of somebody whom a connection vouches for, as it stands now.
pub async fn facts(
    db: &mut impl Connected,
    now: Time,
    organization: &Organization,
    (connection, subject): (ConnectionId, &str),
    email: &str,
) -> Result<Facts, Problem> {
    let standing = standing(db, now, organization, email).await?;
    let by_subject = match store::connection::identity(db, connection, subject).await? {
        Some(id) => store::account::lookup(db, id).await?,
        None => None,
    };
    let by_subject = match by_subject {
        Some(account) if whose::may_open(db, organization, &account, email).await? => Some(account),
        _ => None,
    };
    let by_address = match by_subject {
        Some(_) => None,
        None => by_address(db, organization, &standing, email).await?,
    };
    let member = match by_subject.as_ref().or(by_address.as_ref()) {
        Some(account) => store::member::lookup_account(db, organization.id, account.id).await?,
        None => None,
    };
    let member = match member {
        Some(member) => Some(member),
        None => store::member::lookup_email(db, organization.id, email).await?,
    };
    Ok(Facts { standing, by_subject, by_address, member })
}

/// The account that an address means where connection and subject are new.
async fn by_address(
    db: &mut impl Connected,
    organization: &Organization,
    standing: &Standing,
    email: &str,
) -> Result<Option<Account>, Problem> {
    let found = store::account::lookup_email(db, email).await?;
    if let Some(account) = &found
        && store::member::lookup_account(db, organization.id, account.id).await?.is_some()
    {
        return Ok(found);
    }
    if !matches!(standing, Standing::Verified(_)) {
        return Ok(found);
    }
    Ok(whose::of_place(db, organization, email).await?.or(found))
}

/// What a sign-in with these facts leads to, or why to nothing.
pub fn decide(organization: &Organization, facts: &Facts, email: &str) -> Result<Joining, Refused> {
    if let Some(refused) = outside(organization, &facts.standing, email) {
        return Err(refused);
    }
    if let Some(refused) = barred(organization, facts.member.as_ref()) {
        return Err(refused);
    }
    let opened = facts.by_subject.as_ref().or(facts.by_address.as_ref()).map(|it| it.id);
    let place_of = facts.member.as_ref().and_then(|it| it.account_id);
    if place_of.is_some() && place_of != opened {
        return Err(of_own_account(organization, email));
    }
    let is_of = |it: &Account| store::fold(&it.email) == store::fold(email);
    if matches!(facts.standing, Standing::Exception(_)) && !facts.by_subject.as_ref().is_some_and(is_of) {
        return Ok(Joining::Confirm);
    }
    Ok(match (&facts.by_subject, &facts.by_address) {
        (Some(_), _) => Joining::Subject,
        (None, Some(_)) => Joining::Address,
        (None, None) => Joining::New,
    })
}

/// How an address stands to the organization.
pub async fn standing(
    db: &mut impl Connected,
    now: Time,
    organization: &Organization,
    email: &str,
) -> Result<Standing, Problem> {
    let Some(name) = domains::of_email(email) else { return Ok(Standing::Outside) };
    let found = store::domain::lookup_name(db, &name).await?;
    Ok(match found.filter(|it| it.status == DomainStatus::Verified) {
        Some(domain) if domain.organization_id == organization.id => Standing::Verified(Box::new(domain)),
        Some(_) => Standing::Outside,
        None => match exceptions::exception_for(db, now, organization, email).await? {
            Some(it) => Standing::Exception(Box::new(it)),
            None => Standing::Outside,
        },
    })
}

/// A sign-in through another connection than the one that the address is led to: what the record says of it, and the
/// audit log. It is allowed, because the connection is an active one of the same organization, whose domain it is.
async fn other_way(
    tx: &mut Tx,
    domain: &Domain,
    connections: &[Connection],
    (through, email): (&Connection, &str),
) -> Result<Option<(String, serde_json::Value)>, Problem> {
    if connection::actives(connections).count() < 2 {
        return Ok(None);
    }
    let routed = connection::decision(tx, domain, connections, email, None).await?;
    let connection::Decision::Through(to, _) = routed else { return Ok(None) };
    if to == through.id {
        return Ok(None);
    }
    let note = format!(
        "The sign-in came through the connection {}, while the rules of {} lead to {to}. Both are active.",
        through.id, domain.name
    );
    let data = json!({
        "domain": domain.name,
        "connection_id": through.id.to_string(),
        "routed_to": to.to_string(),
    });
    Ok(Some((note, data)))
}

/// The provider said no address that can be read.
pub fn no_address() -> Refused {
    refuse(
        "email_missing",
        "Your identity provider did not say your email address, so we cannot tell who you are here.",
    )
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
pub fn outside(organization: &Organization, standing: &Standing, email: &str) -> Option<Refused> {
    if *standing != Standing::Outside {
        return None;
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
    Some(refused)
}

/// The place of the address has an account that the provider may not open: one that the person brought along. Another account
/// would have no place.
fn of_own_account(organization: &Organization, email: &str) -> Refused {
    let mut refused = refuse(
        "member_of_own_account",
        &format!(
            "Your place at {0} for {email} belongs to an account of your own, which has another address. {0} cannot open that \
             account. Sign in in another way, with the address that you used when you joined.",
            organization.name
        ),
    );
    refused.received = Some(email.to_owned());
    refused
}

/// The mailbox of an exception has not said yes.
fn unconfirmed(organization: &Organization, email: &str) -> Refused {
    let mut refused = refuse(
        confirm::CODE,
        &format!(
            "{0} may sign you in as {email}, once you have confirmed that the address is yours: it is in no domain of {0}. \
             We have mailed you a link. Open it in this browser, and you come in.",
            organization.name
        ),
    );
    refused.received = Some(email.to_owned());
    refused
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
