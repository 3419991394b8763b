//! May an address sign in by a way of its own, or through its company alone?

use model::{Account, Connection, DomainStatus, MemberStatus, Organization, Time};
use store::Connected;
use store::enforcement::Opening;

use super::opening::FALLBACK;
use crate::connection::{self, Decision, domains};
use crate::problem::Problem;

/// Which ways beside the company's sign-in are open to an address.
#[derive(Debug, Clone)]
pub enum OwnWay {
    /// No company signs this address in.
    Free,
    /// A company does, and its members may also come by a way of their own.
    Beside(Box<Beside>),
    /// The company's sign-in is the only way.
    Closed(Box<Organization>),
}

/// A company whose members may also come by a way of their own.
#[derive(Debug, Clone)]
pub struct Beside {
    /// The company.
    pub organization: Organization,
    /// What opened the way for a time; none where the company does not require its sign-in.
    pub opening: Option<Opening>,
}

/// A way of one's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// A password, or a passkey.
    Own,
    /// A link in a mail.
    Link,
}

impl OwnWay {
    /// Whether this account may come by this way. Beside a company's sign-in only its active members may: who is new
    /// comes through the company.
    pub async fn admits(
        &self,
        db: &mut impl Connected,
        account: Option<&Account>,
        how: How,
    ) -> Result<bool, Problem> {
        let beside = match self {
            Self::Free => return Ok(true),
            Self::Closed(_) => return Ok(false),
            Self::Beside(beside) => beside,
        };
        let Some(account) = account else { return Ok(false) };
        let fallback = beside.opening.as_ref().is_some_and(|it| it.kind == FALLBACK);
        // While the provider fails, the mailbox stands in for it: nothing that a person knows from before does.
        if fallback && (how != How::Link || account.email_verified_at.is_none()) {
            return Ok(false);
        }
        let member = store::member::lookup_account(db, beside.organization.id, account.id).await?;
        Ok(member.is_some_and(|member| member.status == MemberStatus::Active))
    }

    /// When a session that begins this way must end: with what opened the way.
    pub fn ends_at(&self) -> Option<Time> {
        match self {
            Self::Beside(beside) => beside.opening.as_ref().map(|it| it.ends_at),
            Self::Free | Self::Closed(_) => None,
        }
    }

    /// The company whose sign-in is the only way, if it is.
    pub fn closed(&self) -> Option<&Organization> {
        match self {
            Self::Closed(organization) => Some(organization),
            Self::Free | Self::Beside(_) => None,
        }
    }
}

/// Which ways beside a company's sign-in are open to an address.
///
/// A requirement holds only while people can follow it: the company has an active connection through which somebody has
/// signed in before.
pub async fn own_way(db: &mut impl Connected, now: Time, email: &str) -> Result<OwnWay, Problem> {
    let Some(name) = domains::of_email(email) else { return Ok(OwnWay::Free) };
    let domain = store::domain::lookup_name(db, &name).await?;
    let Some(domain) = domain.filter(|it| it.status == DomainStatus::Verified) else {
        return Ok(OwnWay::Free);
    };
    let connections = store::connection::list(db, domain.organization_id).await?;
    if connection::actives(&connections).next().is_none() {
        return Ok(OwnWay::Free);
    }
    // Where rules tell addresses apart, the connection that this one is led to must have been proven.
    let routed = match &domain.routing {
        Some(_) => Some(connection::decision(db, &domain, &connections, email, None).await?),
        None => None,
    };
    let leads = |it: &Connection| routed.as_ref().is_none_or(|to| to.leads_to(it.id));
    let proven = connection::actives(&connections).any(|it| leads(it) && it.last_login_at.is_some());
    let Some(organization) = store::organization::lookup(db, domain.organization_id).await? else {
        return Ok(OwnWay::Free);
    };
    if domain.sso_required_at.is_none() || !proven {
        return Ok(OwnWay::Beside(Box::new(Beside { organization, opening: None })));
    }
    Ok(match opened(db, now, &organization, email).await? {
        Some(opening) => OwnWay::Beside(Box::new(Beside { organization, opening: Some(opening) })),
        None => OwnWay::Closed(Box::new(organization)),
    })
}

/// Where the rules of its domain lead an address.
async fn led_to(
    db: &mut impl Connected,
    organization: &Organization,
    domain: Option<&str>,
    email: &str,
) -> Result<Decision, Problem> {
    let domains = store::domain::list(db, organization.id).await?;
    let Some(domain) = domains.iter().find(|it| Some(it.name.as_str()) == domain) else {
        return Ok(Decision::Nowhere);
    };
    let connections = store::connection::list(db, organization.id).await?;
    connection::decision(db, domain, &connections, email, None).await
}

/// What opens the way for this address of the organization at this moment, if anything does. An opening for people's own
/// ways goes before one for mailed links alone, and one that lasts longer before a shorter one.
pub async fn opened(
    db: &mut impl Connected,
    now: Time,
    organization: &Organization,
    email: &str,
) -> Result<Option<Opening>, Problem> {
    if organization.opened_until.is_none_or(|until| until <= now) {
        return Ok(None);
    }
    let (folded, domain) = (store::fold(email), domains::of_email(email));
    let mut all = store::enforcement::open_now(db, organization.id, now).await?;
    all.retain(|it| match &it.email {
        Some(email) => *email == folded,
        None => it.domain == domain,
    });
    if all.iter().any(|it| it.connection_id.is_some()) {
        // One connection fails; whom the rules lead to another one is not concerned.
        let to = led_to(db, organization, domain.as_deref(), email).await?;
        all.retain(|it| it.connection_id.is_none_or(|id| to.leads_to(id)));
    }
    all.sort_by_key(|it| (it.kind == FALLBACK, std::cmp::Reverse(it.ends_at)));
    Ok(all.into_iter().next())
}
