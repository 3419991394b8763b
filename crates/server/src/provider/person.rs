//! What an application may hear of a person, as it is now.
//!
//! Owns who still may be signed in to applications, and which facts fill the claims of each scope; the table of scopes is
//! in [`oidc::provider::claims_for`].

use model::{Account, AccountId, DomainStatus, Member, MemberId, MemberStatus};
use oidc::provider::{Person, claims_for, named_claims};
use serde_json::{Map, Value};
use store::{Connected, fold};

use crate::problem::Problem;

/// A person who may be signed in: an account, and the active member it acts as.
#[derive(Debug)]
pub struct Known {
    subject: String,
    account: Account,
    /// With the name of the organization.
    member: Option<(Member, String)>,
    organization_id: String,
    verified: bool,
}

/// Whether the account of a session may use applications as this member.
pub async fn may(
    db: &mut impl Connected,
    account: &Account,
    member: Option<MemberId>,
) -> Result<bool, Problem> {
    let Some(id) = member else { return Ok(true) };
    let found = store::member::lookup_any(db, id).await?;
    Ok(found.is_some_and(|m| m.status == MemberStatus::Active && m.account_id == Some(account.id)))
}

/// The person behind a session or a grant. None when the account is gone, or the member is not active.
pub async fn known(
    db: &mut impl Connected,
    account: AccountId,
    member: Option<MemberId>,
) -> Result<Option<Known>, Problem> {
    let found = match member {
        None => store::account::lookup(db, account).await?.map(|account| (account, None)),
        Some(id) => {
            let found = store::member::lookup_with_account(db, id, account).await?;
            let found = found.filter(|(member, ..)| member.status == MemberStatus::Active);
            found.map(|(member, account, organization)| (account, Some((member, organization))))
        }
    };
    let Some((account, member)) = found else { return Ok(None) };
    let verified = verified(db, &account, member.as_ref().map(|(member, _)| member)).await?;
    let organization_id = member.as_ref().map(|(m, _)| m.organization_id.to_string()).unwrap_or_default();
    Ok(Some(Known { subject: account.id.to_string(), account, member, organization_id, verified }))
}

/// An address is proven by its owner, or by the organization whose verified domain it is in.
async fn verified(
    db: &mut impl Connected,
    account: &Account,
    member: Option<&Member>,
) -> Result<bool, Problem> {
    let work = member.and_then(|m| m.email.as_deref().map(|email| (email, m.organization_id)));
    let own = work.is_none_or(|(email, _)| fold(email) == fold(&account.email));
    if own && account.email_verified_at.is_some() {
        return Ok(true);
    }
    let Some((email, organization)) = work else { return Ok(false) };
    let Some((_, name)) = email.rsplit_once('@') else { return Ok(false) };
    let domain = store::domain::lookup_name(db, &name.to_ascii_lowercase()).await?;
    Ok(domain.is_some_and(|d| d.organization_id == organization && d.status == DomainStatus::Verified))
}

impl Known {
    /// `sub`.
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// The claims of these scopes.
    pub fn claims(&self, scopes: &[String]) -> Map<String, Value> {
        claims_for(scopes, &self.person())
    }

    /// The claims of these names, as far as the scopes give them.
    pub fn named(&self, scopes: &[String], names: &[String]) -> Map<String, Value> {
        named_claims(scopes, names, &self.person())
    }

    fn person(&self) -> Person<'_> {
        let member = self.member.as_ref().map(|(member, _)| member);
        let account = &self.account;
        let email = member.and_then(|m| m.email.as_deref()).unwrap_or(&account.email);
        let text = |of: fn(&Member) -> &Option<String>| member.and_then(|m| of(m).as_deref());
        let custom = member.and_then(|m| serde_json::from_str(&m.extra).ok()).unwrap_or_default();
        let organization =
            self.member.as_ref().map(|(_, name)| (self.organization_id.as_str(), name.as_str()));
        Person {
            subject: &self.subject,
            organization,
            role: member.map(|m| m.role.as_str()),
            email: Some((email, self.verified)),
            given_name: text(|m| &m.first_name).or(Some(&account.first_name)),
            family_name: text(|m| &m.last_name).or(Some(&account.last_name)),
            locale: account.locale.as_deref(),
            country: text(|m| &m.country),
            current_city: text(|m| &m.current_city),
            current_state: text(|m| &m.current_state),
            birth_year: member.and_then(|m| m.birth_year).and_then(|year| i16::try_from(year).ok()),
            updated_at: Some(member.map_or(account.created_at, |m| m.updated_at).to_jiff()),
            custom,
        }
    }
}
