//! Which of several active connections an address signs in through: the rules of a domain, and the decision.
//!
//! Owns what the rules mean. Does not own how they are asked for (`route`) or changed (`routing_change`).

use model::{ConnectionId, DirectoryGroupId, Domain, RuleId};
use serde_json::{Value, json};

/// The rules of a domain, in their order, and everybody else.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Routing {
    /// The first that fits decides.
    pub rules: Vec<Rule>,
    /// Whom no rule fits.
    pub everybody: Everybody,
}

/// Some people, and the connection they sign in through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// Its id.
    pub id: RuleId,
    /// Who.
    pub who: Who,
    /// Through which connection. While that is not active, the rule rests.
    pub connection: ConnectionId,
}

/// Whom a rule is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// Addresses named one by one.
    Pilot,
    /// Direct members of a directory group.
    Group(DirectoryGroupId),
}

/// Where everybody else signs in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Everybody {
    /// Through the newest active connection.
    #[default]
    Newest,
    /// Through this one.
    Connection(ConnectionId),
    /// Each person picks one of these.
    Choose(Vec<ConnectionId>),
}

/// What the decision is made by.
#[derive(Debug, Clone, Copy, Default)]
pub struct Facts<'a> {
    /// The organization's active connections, oldest first.
    pub active: &'a [ConnectionId],
    /// The rules that name the address.
    pub pilots: &'a [RuleId],
    /// The address's groups.
    pub groups: &'a [DirectoryGroupId],
    /// What the person picked before.
    pub chosen: Option<ConnectionId>,
}

/// Where an address signs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// No connection is active.
    Nowhere,
    /// Through this one.
    Through(ConnectionId, Because),
    /// The person picks one of these.
    Choose(Vec<ConnectionId>),
}

/// Why it is this connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Because {
    /// The rule at this place, counted from 0.
    Rule(usize),
    /// What is said of everybody else.
    Everybody,
    /// The person picked it.
    Chosen,
    /// It is the newest active one.
    Newest,
}

impl Decision {
    /// Whether this decision leads to the connection, or may.
    pub fn leads_to(&self, id: ConnectionId) -> bool {
        match self {
            Self::Nowhere => false,
            Self::Through(to, _) => *to == id,
            Self::Choose(among) => among.contains(&id),
        }
    }
}

/// The first rule that fits and whose connection is active, else what is said of everybody, else the newest active
/// connection: a connection that was switched off locks nobody out while another one is there.
pub fn decide(routing: &Routing, facts: &Facts) -> Decision {
    let is_active = |id: &ConnectionId| facts.active.contains(id);
    for (place, rule) in routing.rules.iter().enumerate() {
        let fits = match rule.who {
            Who::Pilot => facts.pilots.contains(&rule.id),
            Who::Group(group) => facts.groups.contains(&group),
        };
        if fits && is_active(&rule.connection) {
            return Decision::Through(rule.connection, Because::Rule(place));
        }
    }
    let newest = match facts.active.last() {
        Some(newest) => Decision::Through(*newest, Because::Newest),
        None => Decision::Nowhere,
    };
    match &routing.everybody {
        Everybody::Connection(id) if is_active(id) => Decision::Through(*id, Because::Everybody),
        Everybody::Choose(among) => {
            let mut open: Vec<ConnectionId> = among.iter().filter(|id| is_active(id)).copied().collect();
            match (open.len(), facts.chosen) {
                (0, _) => newest,
                (1, _) => open.pop().map_or(newest, |id| Decision::Through(id, Because::Everybody)),
                (_, Some(id)) if open.contains(&id) => Decision::Through(id, Because::Chosen),
                _ => Decision::Choose(open),
            }
        }
        Everybody::Connection(_) | Everybody::Newest => newest,
    }
}

impl Routing {
    /// The rules of a domain. What cannot be read is as if there were none: then the newest connection serves.
    pub fn of(domain: &Domain) -> Self {
        domain.routing.as_deref().and_then(Self::read).unwrap_or_default()
    }

    fn read(text: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(text).ok()?;
        let rule = |it: &Value| {
            let who = match it["group"].as_str() {
                Some(group) => Who::Group(group.parse().ok()?),
                None => Who::Pilot,
            };
            let connection = it["connection"].as_str()?.parse().ok()?;
            Some(Rule { id: it["id"].as_str()?.parse().ok()?, who, connection })
        };
        let last = &value["everybody_else"];
        let everybody = match (last["connection"].as_str(), last["choose"].as_array()) {
            (Some(id), _) => Everybody::Connection(id.parse().ok()?),
            (None, Some(all)) => {
                Everybody::Choose(all.iter().filter_map(|id| id.as_str()?.parse().ok()).collect())
            }
            (None, None) => Everybody::Newest,
        };
        Some(Self { rules: value["rules"].as_array()?.iter().filter_map(rule).collect(), everybody })
    }

    /// The text that a domain keeps; none where there is nothing to say.
    pub fn to_text(&self) -> Option<String> {
        (*self != Self::default()).then(|| self.to_json().to_string())
    }

    /// The rules without the addresses that they name.
    pub fn to_json(&self) -> Value {
        let rule = |it: &Rule| match it.who {
            Who::Pilot => json!({"id": it.id.to_string(), "connection": it.connection.to_string()}),
            Who::Group(group) => json!({
                "id": it.id.to_string(),
                "group": group.to_string(),
                "connection": it.connection.to_string(),
            }),
        };
        let everybody = match &self.everybody {
            Everybody::Newest => Value::Null,
            Everybody::Connection(id) => json!({"connection": id.to_string()}),
            Everybody::Choose(among) => {
                json!({"choose": among.iter().map(ToString::to_string).collect::<Vec<_>>()})
            }
        };
        json!({"rules": self.rules.iter().map(rule).collect::<Vec<_>>(), "everybody_else": everybody})
    }

    /// Whether a rule is about addresses named one by one.
    pub(super) fn names_people(&self) -> bool {
        self.rules.iter().any(|rule| rule.who == Who::Pilot)
    }

    /// Whether a rule is about a group.
    pub(super) fn names_groups(&self) -> bool {
        self.rules.iter().any(|rule| matches!(rule.who, Who::Group(_)))
    }

    /// Whether some address of the domain may be led to this connection.
    pub fn serves(&self, active: &[ConnectionId], id: ConnectionId) -> bool {
        let by_rule = active.contains(&id) && self.rules.iter().any(|rule| rule.connection == id);
        by_rule || decide(self, &Facts { active, ..Facts::default() }).leads_to(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id<T: std::str::FromStr>(prefix: &str, n: u8) -> T {
        format!("{prefix}_{n:0>26}").parse().ok().unwrap()
    }

    fn con(n: u8) -> ConnectionId {
        id("con", n)
    }

    fn pilot(n: u8, connection: u8) -> Rule {
        Rule { id: id("rul", n), who: Who::Pilot, connection: con(connection) }
    }

    fn group(n: u8, of: u8, connection: u8) -> Rule {
        Rule { id: id("rul", n), who: Who::Group(id("grp", of)), connection: con(connection) }
    }

    /// The situation, the rules, the active connections, whether a rule names the address, whether it is in the group, what
    /// was chosen, and what is decided.
    type Row<'a> = (&'a str, &'a Routing, &'a [u8], bool, bool, Option<u8>, Decision);

    #[test]
    fn the_first_rule_that_fits_decides_and_everybody_else_comes_last() {
        use Because::{Chosen, Newest, Rule as ByRule};
        use Decision::{Choose, Nowhere, Through};
        let one = |it: Everybody| Routing { rules: vec![pilot(1, 2), group(2, 7, 3)], everybody: it };
        let old = one(Everybody::Connection(con(1)));
        let choice = one(Everybody::Choose(vec![con(1), con(2)]));
        let table: &[Row<'_>] = &[
            ("no rules, none active", &Routing::default(), &[], false, false, None, Nowhere),
            ("no rules", &Routing::default(), &[1, 2], false, false, None, Through(con(2), Newest)),
            ("nobody named", &old, &[1, 2, 3], false, false, None, Through(con(1), Because::Everybody)),
            ("a pilot", &old, &[1, 2, 3], true, false, None, Through(con(2), ByRule(0))),
            ("of the group", &old, &[1, 2, 3], false, true, None, Through(con(3), ByRule(1))),
            ("both: the first", &old, &[1, 2, 3], true, true, None, Through(con(2), ByRule(0))),
            ("pilot's is off: the next", &old, &[1, 3], true, true, None, Through(con(3), ByRule(1))),
            ("pilot's is off", &old, &[1, 3], true, false, None, Through(con(1), Because::Everybody)),
            ("the old one is off", &old, &[2, 3], false, false, None, Through(con(3), Newest)),
            ("all are off", &old, &[], true, true, None, Nowhere),
            ("a choice", &choice, &[1, 2, 3], false, false, None, Choose(vec![con(1), con(2)])),
            ("chosen before", &choice, &[1, 2, 3], false, false, Some(1), Through(con(1), Chosen)),
            ("chosen, not offered", &choice, &[1, 2, 3], false, false, Some(3), Choose(vec![con(1), con(2)])),
            ("chosen, a rule fits", &choice, &[1, 2, 3], true, false, Some(1), Through(con(2), ByRule(0))),
            ("one left", &choice, &[1, 3], false, false, None, Through(con(1), Because::Everybody)),
            ("none left", &choice, &[3], false, false, Some(1), Through(con(3), Newest)),
        ];
        for (situation, routing, active, named, member, chosen, expected) in table {
            let active: Vec<ConnectionId> = active.iter().map(|n| con(*n)).collect();
            let pilots: &[RuleId] = if *named { &[id("rul", 1)] } else { &[] };
            let groups: &[DirectoryGroupId] = if *member { &[id("grp", 7)] } else { &[id("grp", 8)] };
            let facts = Facts { active: &active, pilots, groups, chosen: chosen.map(con) };
            assert_eq!(decide(routing, &facts), *expected, "{situation}");
        }
    }

    #[test]
    fn a_connection_that_no_address_is_led_to_serves_nobody() {
        let active = [con(1), con(2), con(3), con(4)];
        let it = Routing { rules: vec![pilot(1, 2), group(2, 7, 3)], everybody: Everybody::Newest };
        let serving: Vec<bool> = active.iter().map(|id| it.serves(&active, *id)).collect();
        assert_eq!(serving, [false, true, true, true]);
        assert!(!it.serves(&active[..1], con(2)));
    }

    #[test]
    fn rules_survive_the_way_to_text_and_back() {
        for everybody in
            [Everybody::Newest, Everybody::Connection(con(1)), Everybody::Choose(vec![con(1), con(2)])]
        {
            let it = Routing { rules: vec![pilot(1, 2), group(2, 7, 3)], everybody };
            assert_eq!(Routing::read(&it.to_text().unwrap()), Some(it));
        }
        assert_eq!(Routing::default().to_text(), None);
        assert_eq!(Routing::read("rubbish"), None);
    }
}
