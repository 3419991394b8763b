//! What probably happened where a sync was stopped: what the people on the list have in common, in a sentence.
//!
//! Read from what the directory sent before and with the leavers. Decides nothing.

use std::collections::BTreeMap;
use std::time::Duration;

use model::{DepartureKind, DirectoryGroupId, DirectoryId, LossKind, Time};
use store::{Connected, departure, directory_group, group_loss};

use super::brake::Stop;
use super::held::name_in;
use crate::org::words;
use crate::problem::Problem;
use web::html::unmarked;

/// A group that was lost so long before the first leaver may be why.
const BEFORE: Duration = Duration::from_hours(24);
/// So many groups are looked at.
const GROUPS: i64 = 50;
/// A group's members are counted so far.
const COUNTED: u64 = 100_000;

/// A group that people on the list are in, or were.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedGroup {
    /// Which one; it may be gone.
    pub id: DirectoryGroupId,
    /// Its name.
    pub name: String,
    /// How many on the list are in it, or were.
    pub people: u64,
    /// How it lost them, and when; none where they are in it still.
    pub lost: Option<(LossKind, Time, Time)>,
    /// How many others are in it.
    pub others: u64,
}

/// What is known of how a stop came about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cause {
    /// How many people are on the list.
    pub people: u64,
    /// How many of them were removed from the directory; the others became inactive.
    pub removed: u64,
    /// When the first and the last were told of.
    pub span: Option<(Time, Time)>,
    /// The groups that they share, the most common first.
    pub groups: Vec<SharedGroup>,
}

impl Cause {
    /// Reads it.
    pub async fn read(db: &mut impl Connected, id: DirectoryId, stop: &Stop) -> Result<Self, Problem> {
        let of = (id, stop.sync);
        let mut it = Self::default();
        for (how, people, from, until) in departure::how(db, of).await? {
            it.people += people;
            it.removed += if how == DepartureKind::Deleted { people } else { 0 };
            it.span = Some(it.span.map_or((from, until), |(a, b)| (a.min(from), b.max(until))));
        }
        let mut groups = BTreeMap::new();
        for lost in group_loss::of_stop(db, of, stop.began.before(BEFORE), GROUPS).await? {
            let group = groups.entry(lost.group_id).or_insert_with(|| SharedGroup {
                id: lost.group_id,
                name: lost.name.clone(),
                people: 0,
                lost: None,
                others: 0,
            });
            group.people += lost.people;
            group.lost = Some(group.lost.map_or((lost.how, lost.from, lost.until), |(how, from, until)| {
                (graver(how, lost.how), from.min(lost.from), until.max(lost.until))
            }));
        }
        for (group, people) in group_loss::groups_of_stop(db, of, GROUPS).await? {
            if let Some(known) = groups.get_mut(&group) {
                known.people += people;
                known.others =
                    directory_group::count_members(db, group, COUNTED).await?.saturating_sub(people);
            } else if let Some(found) = directory_group::lookup(db, id, group).await? {
                let members = directory_group::count_members(db, group, COUNTED).await?;
                let name = name_in(&found.resource);
                let others = members.saturating_sub(people);
                groups.insert(group, SharedGroup { id: group, name, people, lost: None, others });
            }
        }
        it.groups = groups.into_values().collect();
        it.groups.sort_by(|a, b| b.people.cmp(&a.people).then(b.lost.is_some().cmp(&a.lost.is_some())));
        Ok(it)
    }

    /// What probably happened, in light markup.
    pub fn sentence(&self, provider: &str) -> String {
        let most = |group: &&SharedGroup| group.people * 2 >= self.people;
        let lost = self
            .groups
            .iter()
            .filter(most)
            .find(|it| it.lost.is_some_and(|(how, ..)| how != LossKind::PersonRemoved));
        // A group of which most people stay tells nothing: everybody is in “Everybody”.
        let close = self.groups.iter().filter(most).filter(|it| it.others <= it.people);
        let shared = close.max_by_key(|it| (it.people.saturating_sub(it.others), it.people));
        match (lost, shared) {
            (Some(group), _) => self.of_lost(group, provider),
            (None, Some(group)) => self.of_shared(group, provider),
            (None, None) => self.of_nothing_shared(provider),
        }
    }

    fn who(&self, group: &SharedGroup) -> String {
        if group.people >= self.people {
            format!("All {}", self.people)
        } else {
            format!("{} of the {}", group.people, self.people)
        }
    }

    fn of_lost(&self, group: &SharedGroup, provider: &str) -> String {
        let (who, name) = (self.who(group), unmarked(&group.name));
        let Some((how, from, until)) = group.lost else { return String::new() };
        let last = words::when(until).text;
        match how {
            LossKind::Removed => format!("**{who} were in “{name}”,** which {provider} removed on {last}."),
            LossKind::Emptied => format!("**{who} were in “{name}”,** which {provider} emptied on {last}."),
            _ => format!("**{who} were taken out of “{name}”** by {provider}, {}.", span(from, until)),
        }
    }

    fn of_shared(&self, group: &SharedGroup, provider: &str) -> String {
        let (who, name) = (self.who(group), unmarked(&group.name));
        if group.lost.is_some() {
            return format!("**{who} were in “{name}”** when {provider} removed them, {}.", self.when());
        }
        let others = match group.others {
            0 => "and nobody else is".to_owned(),
            1 => "and one other person is".to_owned(),
            n => format!("and {n} others are"),
        };
        format!("**{who} are in “{name}”,** {others}. It has probably lost its assignment in {provider}.")
    }

    fn of_nothing_shared(&self, provider: &str) -> String {
        let people = |n: u64| if n == 1 { "1 person".to_owned() } else { format!("{n} people") };
        let what = match (self.people - self.removed.min(self.people), self.removed) {
            (inactive, 0) => format!("set {} to inactive", people(inactive)),
            (0, removed) => format!("removed {}", people(removed)),
            (inactive, removed) => format!("set {} to inactive and removed {removed}", people(inactive)),
        };
        format!(
            "**{provider} {what},** {}. No group that it sends us holds most of them: often a rule was changed there.",
            self.when()
        )
    }

    fn when(&self) -> String {
        self.span.map_or_else(String::new, |(from, until)| span(from, until))
    }
}

/// "on 28 November 2026, 20:14 UTC", or from when to when.
fn span(from: Time, until: Time) -> String {
    let (from, until) = (words::when(from).text, words::when(until).text);
    if from == until { format!("on {from}") } else { format!("from {from} to {until}") }
}

/// What tells more of two ways in which one group lost people.
fn graver(a: LossKind, b: LossKind) -> LossKind {
    let order = [LossKind::Removed, LossKind::Emptied, LossKind::TakenOut];
    order.into_iter().find(|it| [a, b].contains(it)).unwrap_or(LossKind::PersonRemoved)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(name: &str, people: u64, others: u64, lost: Option<LossKind>) -> SharedGroup {
        let at = Time::from_seconds(1_780_000_000);
        let id = DirectoryGroupId::new(&model::SystemClock, &model::SystemRng::default());
        SharedGroup { id, name: name.to_owned(), people, lost: lost.map(|how| (how, at, at)), others }
    }

    fn cause(groups: Vec<SharedGroup>) -> Cause {
        let at = Time::from_seconds(1_780_000_000);
        Cause { people: 40, removed: 2, span: Some((at, at)), groups }
    }

    #[test]
    fn group_that_lost_them_is_named_before_one_they_share() {
        let all = group("Everybody", 40, 400, None);
        let told = |groups: Vec<SharedGroup>| cause(groups).sentence("Okta");
        let emptied = told(vec![all.clone(), group("Sales *", 40, 0, Some(LossKind::Emptied))]);
        assert!(emptied.starts_with("**All 40 were in “Sales"), "{emptied}");
        assert!(emptied.contains("which Okta emptied on 28 May 2026, 20:26 UTC"), "{emptied}");
        let removed = told(vec![group("Sales", 38, 0, Some(LossKind::Removed))]);
        assert!(removed.contains("38 of the 40 were in “Sales”,** which Okta removed on"), "{removed}");
        let shared = told(vec![all.clone(), group("Sales", 38, 1, None)]);
        assert!(shared.contains("38 of the 40 are in “Sales”,** and one other person is"), "{shared}");
        let nothing = told(vec![all, group("Sales", 12, 0, Some(LossKind::Emptied))]);
        assert!(nothing.contains("Okta set 38 people to inactive and removed 2,** on"), "{nothing}");
    }
}
