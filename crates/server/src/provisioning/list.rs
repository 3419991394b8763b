//! Lists (RFC 7644 §3.4.2): filters, paging, sorting. Equalities on indexed attributes are looked up; any other filter
//! is evaluated on every resource of the directory, batch by batch.

use model::{DirectoryGroupId, DirectoryUserId};
use scim::{Filter, Key, ListQuery, Lookup, Projection, ScimError, ScimType, Sort, list};
use serde_json::{Map, Value};
use store::{Connected, directory_group, directory_user};

use super::Done;
use super::call::Call;
use super::plan::Kind;
use super::show::{self, Stored};
use crate::problem::Problem;

/// Resources looked at in one go.
const BATCH: usize = 500;
/// The most resources that are put into an order.
const MOST_SORTED: usize = 20_000;

/// Answers a list or a search.
pub async fn list(
    db: &mut impl Connected,
    call: &Call,
    kinds: &'static [Kind],
    query: &ListQuery,
) -> Result<Done, Problem> {
    let mut window = search(db, call, kinds, query, query.filter.as_deref()).await?;
    // Some clients encode the value before they encode the address.
    if window.total == 0
        && let Some(again) = query.filter_decoded_again()
    {
        window = search(db, call, kinds, query, Some(&again)).await?;
    }
    let mut resources = Vec::with_capacity(window.kept.len());
    for kind in kinds {
        let kept: Vec<Stored> = window.kept.iter().filter(|one| one.kind() == *kind).cloned().collect();
        let projection = Projection::new(&query.attributes, &query.excluded_attributes, kind.resource_type());
        let linked = show::wants_linked(&projection, *kind);
        let shown = show::complete(db, call, &kept, linked).await?;
        resources.extend(shown.into_iter().map(|map| Value::Object(projection.apply(map))));
    }
    let subject = match window.kept.as_slice() {
        [Stored::User(user)] if window.total == 1 => Some(user.id),
        _ => None,
    };
    let what = match kinds {
        [Kind::User] => "users",
        [Kind::Group] => "groups",
        _ => "users and groups",
    };
    let outcome = if query.filter.is_some() {
        format!("Looked for {what}: {} found", window.total)
    } else {
        format!("Listed {what}: {} of {}", resources.len(), window.total)
    };
    let mut done = Done::ok(list::response(&resources, window.total, query.start_index), outcome);
    done.subject = subject;
    Ok(done)
}

/// The part of all matches that the client asked for.
struct Window {
    skip: u64,
    take: u64,
    total: u64,
    kept: Vec<Stored>,
}

impl Window {
    fn push(&mut self, one: Stored) {
        if self.total >= self.skip && (self.kept.len() as u64) < self.take {
            self.kept.push(one);
        }
        self.total += 1;
    }
}

async fn search(
    db: &mut impl Connected,
    call: &Call,
    kinds: &[Kind],
    query: &ListQuery,
    filter: Option<&str>,
) -> Result<Window, Problem> {
    let skip = query.start_index.saturating_sub(1);
    let mut window = Window { skip, take: u64::from(query.count), total: 0, kept: Vec::new() };
    for kind in kinds {
        let resource_type = kind.resource_type();
        let filter = filter.map(|text| Filter::parse(text, resource_type)).transpose()?;
        let sort = query.sort_by.as_deref().and_then(|by| Sort::new(by, query.descending, resource_type));
        let hunt = Hunt { call, kind: *kind, filter, sort };
        hunt.run(db, &mut window).await?;
    }
    Ok(window)
}

/// A search among the resources of one kind.
struct Hunt<'a> {
    call: &'a Call,
    kind: Kind,
    filter: Option<Filter>,
    sort: Option<Sort>,
}

impl Hunt<'_> {
    async fn run(&self, db: &mut impl Connected, window: &mut Window) -> Result<(), Problem> {
        if self.filter.is_none() && self.sort.is_none() {
            return self.page(db, window).await;
        }
        let mut sorted: Vec<(Map<String, Value>, Stored)> = Vec::new();
        if let Some(candidates) = self.candidates(db).await? {
            self.sift(db, candidates, window, &mut sorted).await?;
        } else {
            let mut after = None;
            loop {
                let batch = self.batch(db, after.as_ref()).await?;
                let full = batch.len() == BATCH;
                after = batch.last().cloned();
                self.sift(db, batch, window, &mut sorted).await?;
                if !full {
                    break;
                }
            }
        }
        if let Some(sort) = &self.sort {
            sorted.sort_by(|one, other| sort.compare(&one.0, &other.0));
            for (_, one) in sorted {
                window.push(one);
            }
        }
        Ok(())
    }

    /// Everything, in order of arrival: the database counts and cuts.
    async fn page(&self, db: &mut impl Connected, window: &mut Window) -> Result<(), Problem> {
        let directory = self.call.directory.id;
        let offset = window.skip.saturating_sub(window.total);
        let wanted = window.take.saturating_sub(window.kept.len() as u64);
        let limit = u32::try_from(wanted).unwrap_or(u32::MAX);
        let total = match self.kind {
            Kind::User => directory_user::count(db, directory).await?,
            Kind::Group => directory_group::count(db, directory).await?,
        };
        if limit > 0 && offset < total {
            match self.kind {
                Kind::User => {
                    let page = directory_user::page(db, directory, offset, limit).await?;
                    window.kept.extend(page.into_iter().map(Stored::User));
                }
                Kind::Group => {
                    let page = directory_group::page(db, directory, offset, limit).await?;
                    window.kept.extend(page.into_iter().map(Stored::Group));
                }
            }
        }
        window.total += total;
        Ok(())
    }

    async fn sift(
        &self,
        db: &mut impl Connected,
        candidates: Vec<Stored>,
        window: &mut Window,
        sorted: &mut Vec<(Map<String, Value>, Stored)>,
    ) -> Result<(), Problem> {
        let linked = self.filter.as_ref().is_some_and(|filter| show::asks_linked(filter, self.kind));
        let shown = show::complete(db, self.call, &candidates, linked).await?;
        for (map, one) in shown.into_iter().zip(candidates) {
            if self.filter.as_ref().is_some_and(|filter| !filter.matches(&map)) {
                continue;
            }
            if self.sort.is_none() {
                window.push(one);
                continue;
            }
            if sorted.len() == MOST_SORTED {
                return Err(ScimError::new(
                    ScimType::TooMany,
                    format!(
                        "More than {MOST_SORTED} resources match, too many to sort. Ask with a narrower filter, or \
                         without sortBy."
                    ),
                )
                .into());
            }
            sorted.push((map, one));
        }
        Ok(())
    }

    async fn batch(&self, db: &mut impl Connected, after: Option<&Stored>) -> Result<Vec<Stored>, Problem> {
        let directory = self.call.directory.id;
        Ok(match self.kind {
            Kind::User => {
                let after = if let Some(Stored::User(user)) = after { Some(user.id) } else { None };
                let rows = directory_user::list(db, directory, after, BATCH).await?;
                rows.into_iter().map(Stored::User).collect()
            }
            Kind::Group => {
                let after = if let Some(Stored::Group(group)) = after { Some(group.id) } else { None };
                let rows = directory_group::list(db, directory, after, BATCH).await?;
                rows.into_iter().map(Stored::Group).collect()
            }
        })
    }

    /// What an index finds for the filter, to be sifted by the whole of it; `None` where no index helps.
    async fn candidates(&self, db: &mut impl Connected) -> Result<Option<Vec<Stored>>, Problem> {
        let Some(lookup) = self.filter.as_ref().and_then(Filter::as_lookup) else { return Ok(None) };
        Ok(match self.kind {
            Kind::User => self.users(db, lookup).await?,
            Kind::Group => self.groups(db, lookup).await?,
        })
    }

    async fn users(
        &self,
        db: &mut impl Connected,
        lookup: Lookup<'_>,
    ) -> Result<Option<Vec<Stored>>, Problem> {
        use directory_user::By;
        let directory = self.call.directory.id;
        let by = match lookup.key {
            Key::UserName => By::UserName(lookup.value),
            Key::ExternalId => By::ExternalId(lookup.value),
            Key::Email => By::Email(lookup.value),
            Key::Id => {
                let Ok(id) = lookup.value.parse::<DirectoryUserId>() else { return Ok(Some(Vec::new())) };
                let found = directory_user::lookup(db, directory, id).await?;
                return Ok(Some(found.into_iter().map(Stored::User).collect()));
            }
            Key::DisplayName | Key::Member => return Ok(None),
        };
        let found = directory_user::find(db, directory, by).await?;
        Ok(Some(found.into_iter().map(Stored::User).collect()))
    }

    async fn groups(
        &self,
        db: &mut impl Connected,
        lookup: Lookup<'_>,
    ) -> Result<Option<Vec<Stored>>, Problem> {
        use directory_group::By;
        let directory = self.call.directory.id;
        let by = match lookup.key {
            Key::DisplayName => By::DisplayName(lookup.value),
            Key::ExternalId => By::ExternalId(lookup.value),
            Key::Member => By::Member(lookup.value),
            Key::Id => {
                let Ok(id) = lookup.value.parse::<DirectoryGroupId>() else { return Ok(Some(Vec::new())) };
                let found = directory_group::lookup(db, directory, id).await?;
                return Ok(Some(found.into_iter().map(Stored::Group).collect()));
            }
            Key::UserName | Key::Email => return Ok(None),
        };
        let found = directory_group::find(db, directory, by).await?;
        Ok(Some(found.into_iter().map(Stored::Group).collect()))
    }
}
