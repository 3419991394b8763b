//! Changing which of several connections the addresses of a domain sign in through.

use model::{ConnectionId, DirectoryGroupId, Domain, DomainStatus, NewEvent, Organization, RuleId};
use serde_json::json;
use store::Tx;

use super::domains::{lock_of, of_email};
use super::route::actives;
use super::routing::{Everybody, Routing, Rule, Who};
use crate::app::App;
use crate::problem::Problem;

/// So many rules of a domain.
const MOST_RULES: usize = 20;
/// So many addresses of a rule.
pub const MOST_PILOTS: usize = 2000;

/// A rule as somebody wants it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRule {
    /// Whom it is about.
    pub who: NewWho,
    /// Through which connection they sign in.
    pub connection: ConnectionId,
}

/// Whom a rule is about, as somebody wants it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NewWho {
    /// These addresses.
    Pilot(Vec<String>),
    /// Direct members of this group.
    Group(DirectoryGroupId),
}

/// What a change of the rules is.
#[derive(Debug, Clone)]
pub enum RoutingChange {
    /// Another rule, after those that are there.
    Add(NewRule),
    /// Other addresses in a rule.
    Pilots(RuleId, Vec<String>),
    /// A rule before the one that is before it.
    Up(RuleId),
    /// A rule goes.
    Remove(RuleId),
    /// Where everybody else signs in.
    Everybody(Everybody),
    /// All of it at once.
    Whole(Vec<NewRule>, Everybody),
}

/// The domain by id or name, with its rules held until the transaction ends.
async fn held(tx: &mut Tx, domain: &Domain) -> Result<Domain, Problem> {
    tx.lock(&lock_of(&domain.name)).await?;
    let found = store::domain::lookup(tx, domain.id).await?;
    let it = found.ok_or_else(|| Problem::not_found("domain"))?;
    if it.status == DomainStatus::Verified {
        return Ok(it);
    }
    Err(Problem::conflict(
        "domain_not_verified",
        "This domain is not verified yet",
        format!("Nobody with an address in {} is led to a sign-in before it is proven.", it.name),
    ))
}

/// Changes the rules of a domain as a whole, or not at all. The caller has found the domain in the organization.
///
/// # Errors
/// A field problem for `connection`, `group`, `pilot` or `choose`, each with what was expected.
pub async fn change_routing(
    app: &App,
    tx: &mut Tx,
    organization: &Organization,
    domain: &Domain,
    change: RoutingChange,
    actor: &str,
) -> Result<Routing, Problem> {
    let domain = held(tx, domain).await?;
    let mut routing = Routing::of(&domain);
    let before = (routing.clone(), store::routing::pilots(tx, domain.id).await?);
    let it = Change { app, organization, domain: &domain };
    match change {
        RoutingChange::Add(new) => {
            let rule = it.add(tx, new).await?;
            routing.rules.push(rule);
        }
        RoutingChange::Pilots(id, emails) => {
            let rule = routing.rules.iter().find(|rule| rule.id == id && rule.who == Who::Pilot);
            let rule = rule.ok_or_else(|| Problem::not_found("rule"))?;
            let emails = it.read(&emails)?;
            store::routing::set_pilots(tx, domain.id, rule.id, &emails).await?;
        }
        RoutingChange::Up(id) => {
            let place = place_of(&routing, id)?;
            routing.rules.swap(place, place.saturating_sub(1));
        }
        RoutingChange::Remove(id) => {
            let rule = routing.rules.remove(place_of(&routing, id)?);
            store::routing::remove_pilots(tx, domain.id, rule.id).await?;
        }
        RoutingChange::Everybody(everybody) => {
            it.check_everybody(tx, &everybody).await?;
            routing.everybody = everybody;
        }
        RoutingChange::Whole(rules, everybody) => {
            it.check_everybody(tx, &everybody).await?;
            for rule in routing.rules.drain(..) {
                store::routing::remove_pilots(tx, domain.id, rule.id).await?;
            }
            routing.everybody = everybody;
            for new in rules {
                let rule = it.add(tx, new).await?;
                routing.rules.push(rule);
            }
        }
    }
    if routing.rules.len() > MOST_RULES {
        return Err(Problem::field("rules", format!("expected at most {MOST_RULES} rules for a domain")));
    }
    store::domain::set_routing(tx, domain.id, routing.to_text().as_deref()).await?;
    let pilots = store::routing::pilots(tx, domain.id).await?;
    if before != (routing.clone(), pilots.clone()) {
        it.tell(tx, &routing, pilots.len(), actor).await?;
    }
    Ok(routing)
}

/// Addresses are named one by one. A star could be one in theory, and is meant as a pattern.
pub(super) fn is_pattern(email: &str) -> bool {
    email.contains(['*', '?', '%'])
}

fn place_of(routing: &Routing, id: RuleId) -> Result<usize, Problem> {
    let place = routing.rules.iter().position(|rule| rule.id == id);
    place.ok_or_else(|| Problem::not_found("rule"))
}

struct Change<'a> {
    app: &'a App,
    organization: &'a Organization,
    domain: &'a Domain,
}

impl Change<'_> {
    async fn add(&self, tx: &mut Tx, new: NewRule) -> Result<Rule, Problem> {
        self.check_connection(tx, "connection", new.connection).await?;
        let id = self.app.id(RuleId::new);
        let who = match new.who {
            NewWho::Pilot(emails) => {
                let emails = self.read(&emails)?;
                store::routing::set_pilots(tx, self.domain.id, id, &emails).await?;
                Who::Pilot
            }
            NewWho::Group(group) => {
                self.check_group(tx, group).await?;
                Who::Group(group)
            }
        };
        Ok(Rule { id, who, connection: new.connection })
    }

    /// Addresses of the domain, each once.
    fn read(&self, typed: &[String]) -> Result<Vec<String>, Problem> {
        let name = &self.domain.name;
        let mut emails = std::collections::BTreeSet::new();
        for text in typed.iter().map(|text| text.trim()).filter(|text| !text.is_empty()) {
            let email = profile::email::parse(text).ok().flatten();
            let fits = |email: &String| of_email(email).as_ref() == Some(name) && !is_pattern(email);
            let email = email.filter(fits).ok_or_else(|| {
                let shown: String = text.chars().take(80).collect();
                Problem::field("pilot", format!("“{shown}” is not an address in {name}"))
            })?;
            emails.insert(store::fold(&email));
        }
        if emails.is_empty() || emails.len() > MOST_PILOTS {
            let problem = format!(
                "expected 1 to {MOST_PILOTS} addresses in {name}, one a line, and received {}",
                emails.len()
            );
            return Err(Problem::field("pilot", problem));
        }
        Ok(emails.into_iter().collect())
    }

    async fn check_connection(&self, tx: &mut Tx, field: &str, id: ConnectionId) -> Result<(), Problem> {
        let all = store::connection::list(tx, self.organization.id).await?;
        if actives(&all).any(|it| it.id == id) {
            return Ok(());
        }
        let problem = format!("expected an active connection of {}", self.organization.name);
        Err(Problem::field(field, problem))
    }

    async fn check_group(&self, tx: &mut Tx, id: DirectoryGroupId) -> Result<(), Problem> {
        for directory in store::directory::list(tx, self.organization.id).await? {
            if store::directory_group::lookup(tx, directory.id, id).await?.is_some() {
                return Ok(());
            }
        }
        let problem = format!("expected a group that a directory of {} has sent", self.organization.name);
        Err(Problem::field("group", problem))
    }

    async fn check_everybody(&self, tx: &mut Tx, it: &Everybody) -> Result<(), Problem> {
        match it {
            Everybody::Newest => Ok(()),
            Everybody::Connection(id) => self.check_connection(tx, "connection", *id).await,
            Everybody::Choose(among) => {
                let different: std::collections::BTreeSet<_> = among.iter().collect();
                if different.len() < 2 || different.len() != among.len() {
                    let problem = "expected at least two different connections to choose from";
                    return Err(Problem::field("choose", problem));
                }
                for id in among {
                    self.check_connection(tx, "choose", *id).await?;
                }
                Ok(())
            }
        }
    }

    /// The event and the line in the audit log: the rules, and how many addresses they name, not which.
    async fn tell(&self, tx: &mut Tx, routing: &Routing, pilots: usize, actor: &str) -> Result<(), Problem> {
        let kind = "domain.routing_changed";
        let data = json!({
            "organization_id": self.organization.id.to_string(),
            "domain_id": self.domain.id.to_string(),
            "domain": self.domain.name,
            "routing": routing.to_json(),
            "pilots": pilots,
        });
        let organization_id = Some(self.organization.id);
        self.app.append(tx, NewEvent { kind, organization_id, member_id: None, data: data.to_string() });
        let target = Some(self.domain.id.to_string());
        self.app.audit(tx, actor, kind, organization_id, target, &data).await
    }
}
