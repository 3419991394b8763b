//! Lists (RFC 7644 §3.4.2, RFC 9865): filters, paging, sorting. Where an index helps, its candidates are
//! looked at (`candidates`); any other filter is evaluated on every resource of the directory, batch by batch.

use std::cmp::Ordering;
use std::time::Duration;

use model::{Time, Token};
use scim::{Filter, ListQuery, Projection, ScimError, ScimType, Sort, list};
use serde_json::{Map, Value};
use store::{Connected, directory_group, directory_search, directory_user};
use tokio::sync::{Semaphore, SemaphorePermit};

use super::Done;
use super::call::Call;
use super::candidates::{Found, candidates};
use super::plan::Kind;
use super::show::{self, Stored};
use crate::app::App;
use crate::problem::Problem;

/// How long a cursor may be used.
const CURSOR: Duration = Duration::from_secs(scim::limits::CURSOR_TIMEOUT);
/// Resources looked at in one go.
const BATCH: usize = 500;
/// The most resources that are put into an order.
const MOST_SORTED: usize = 20_000;
/// The most resources that one request looks at.
const MOST_SEEN: usize = 500_000;
/// Walks through whole directories go one or two at a time, so that they leave processors and connections to everybody else.
static WALKS: Semaphore = Semaphore::const_new(2);

/// Waits for leave to walk through a whole directory, where no index helps with what was asked.
pub async fn leave_to_walk(kinds: &[Kind], query: &ListQuery) -> Option<SemaphorePermit<'static>> {
    let helps =
        |kind: &Kind| match query.filter.as_deref().map(|text| Filter::parse(text, kind.resource_type())) {
            None => query.sort_by.is_none(),
            Some(Ok(filter)) => filter.access().is_some(),
            // It will be refused.
            Some(Err(_)) => true,
        };
    if kinds.iter().all(helps) { None } else { WALKS.acquire().await.ok() }
}

/// Answers a list or a search.
pub async fn list(
    app: &App,
    db: &mut impl Connected,
    call: &Call,
    kinds: &'static [Kind],
    query: &ListQuery,
) -> Result<Done, Problem> {
    let place = query.cursor.as_deref().map(|text| Place::read(app, call, query, text)).transpose()?;
    let from = place.as_ref().unwrap_or(&Place::START);
    let mut window = search(app, db, call, kinds, query, (query.filter.as_deref(), from)).await?;
    // Some clients encode the value before they encode the address.
    if window.total == 0
        && let Some(again) = query.filter_decoded_again()
    {
        window = search(app, db, call, kinds, query, (Some(&again), from)).await?;
    }
    let mut resources: Vec<String> = Vec::with_capacity(window.kept.len());
    for kind in kinds {
        let kept: Vec<&Stored> = window.kept.iter().filter(|one| one.kind() == *kind).collect();
        let projection = Projection::new(&query.attributes, &query.excluded_attributes, kind.resource_type());
        resources.extend(show::all(db, call, &kept, &projection).await?);
    }
    let subject = match window.kept.as_slice() {
        [Stored::User(user)] if window.total == 1 => Some(user.id),
        _ => None,
    };
    let what = match kinds {
        [Kind::User] => "users",
        [Kind::Group] => "groups",
        [Kind::Test] => "test resources",
        _ => "users and groups",
    };
    let outcome = if query.filter.is_some() {
        format!("Looked for {what}: {} found", window.total)
    } else {
        format!("Listed {what}: {} of {}", resources.len(), window.total)
    };
    let body = if place.is_some() {
        let next = window.next(query).map(|next| next.text(app, call, query));
        list::cursor_response(&resources, window.total, next.as_deref())
    } else {
        list::response(&resources, window.total, query.start_index)
    };
    let mut done = Done::ok(body, outcome);
    done.subject = subject;
    Ok(done)
}

/// Where a page that was asked for by cursor begins (RFC 9865): after this resource; or, where they are sorted, after so
/// many of them.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    after: Option<(Kind, String)>,
    skip: u64,
}

impl Place {
    const START: Self = Self { after: None, skip: 0 };
    /// What the stamp on a cursor is for.
    const STAMP: &'static str = "scim.cursor";

    /// Reads a cursor; an empty one asks for the first page.
    fn read(app: &App, call: &Call, query: &ListQuery, text: &str) -> Result<Self, ScimError> {
        if text.is_empty() {
            return Ok(Self::START);
        }
        let wrong = || {
            let why = "The cursor is not one that was given for this directory, filter and order. Begin with an empty one.";
            ScimError::new(ScimType::InvalidCursor, why)
        };
        let facts = app.seal.stamped(Self::STAMP, text).map_err(|_| wrong())?;
        let mut parts = facts.splitn(4, ' ');
        let mut part = || parts.next().ok_or_else(wrong);
        let made: i64 = part()?.parse().map_err(|_| wrong())?;
        let (skip, after) = (part()?.parse().map_err(|_| wrong())?, part()?.to_owned());
        if part()? != asked(call, query) {
            return Err(wrong());
        }
        if app.now().since(Time::from_micros(made)) > CURSOR {
            let why = "The cursor is more than a day old. Begin with an empty one.";
            return Err(ScimError::new(ScimType::ExpiredCursor, why));
        }
        Ok(Self { after: (after != "-").then_some((Kind::of_id(&after), after)), skip })
    }

    fn text(&self, app: &App, call: &Call, query: &ListQuery) -> String {
        let after = self.after.as_ref().map_or("-", |(_, id)| id);
        let facts = format!("{} {} {after} {}", app.now().as_micros(), self.skip, asked(call, query));
        app.seal.stamp(Self::STAMP, &facts)
    }

    /// Whether a resource was on an earlier page.
    fn is_behind(&self, kind: Kind, id: &str) -> bool {
        self.after.as_ref().is_some_and(|(last, after)| (kind, id) <= (*last, after.as_str()))
    }
}

/// What a cursor belongs to: the directory, the address, the filter and the order.
fn asked(call: &Call, query: &ListQuery) -> String {
    let whole = format!(
        "{} {:?} {:?} {:?} {}",
        call.directory.id, call.segments, query.filter, query.sort_by, query.descending
    );
    Token::presented(&whole).hash().to_string()
}

/// The part of all matches that the client asked for.
struct Window<'a> {
    skip: u64,
    from: &'a Place,
    take: u64,
    total: u64,
    kept: Vec<Stored>,
    /// Whether there is something after what was kept.
    more: bool,
}

impl Window<'_> {
    fn push(&mut self, one: Stored) {
        if self.total >= self.skip && !self.from.is_behind(one.kind(), &one.id()) {
            self.keep(one);
        }
        self.total += 1;
    }

    fn keep(&mut self, one: Stored) {
        if (self.kept.len() as u64) < self.take {
            self.kept.push(one);
        } else {
            self.more = true;
        }
    }

    /// Where the next page begins; none after the last one, and where only the total was asked for.
    fn next(&self, query: &ListQuery) -> Option<Place> {
        let last = self.kept.last().filter(|_| self.more)?;
        Some(if query.sort_by.is_some() {
            Place { after: None, skip: self.skip + self.kept.len() as u64 }
        } else {
            Place { after: Some((last.kind(), last.id())), skip: 0 }
        })
    }
}

async fn search<'a>(
    app: &App,
    db: &mut impl Connected,
    call: &Call,
    kinds: &[Kind],
    query: &ListQuery,
    (filter, from): (Option<&str>, &'a Place),
) -> Result<Window<'a>, Problem> {
    let skip = if query.cursor.is_some() { from.skip } else { query.start_index.saturating_sub(1) };
    let take = u64::from(query.count);
    let mut window = Window { skip, from, take, total: 0, kept: Vec::new(), more: false };
    for kind in kinds {
        let resource_type = kind.resource_type();
        let filter = filter.map(|text| Filter::parse(text, resource_type)).transpose()?;
        let sort = query.sort_by.as_deref().and_then(|by| Sort::new(by, query.descending, resource_type));
        let hunt = Hunt { app, call, kind: *kind, filter, sort };
        hunt.run(db, &mut window).await?;
    }
    Ok(window)
}

/// A search among the resources of one kind.
struct Hunt<'a> {
    app: &'a App,
    call: &'a Call,
    kind: Kind,
    filter: Option<Filter>,
    sort: Option<Sort>,
}

impl Hunt<'_> {
    async fn run(&self, db: &mut impl Connected, window: &mut Window<'_>) -> Result<(), Problem> {
        if self.filter.is_none() && self.sort.is_none() {
            return self.page(db, window).await;
        }
        let mut sorted: Vec<(Map<String, Value>, Stored)> = Vec::new();
        let directory = self.call.directory.id;
        let found = match &self.filter {
            Some(filter) => candidates(db, self.call, self.kind, filter).await?,
            None => None,
        };
        match found {
            Some(Found::Rows(rows)) => self.sift(db, rows, window, &mut sorted).await?,
            Some(Found::Users(ids)) => {
                for some in ids.chunks(BATCH) {
                    let rows = directory_search::load_users(db, directory, some).await?;
                    let rows = rows.into_iter().map(Stored::User).collect();
                    self.sift(db, rows, window, &mut sorted).await?;
                }
            }
            Some(Found::Groups(ids)) => {
                for some in ids.chunks(BATCH) {
                    let rows = directory_search::load_groups(db, directory, some).await?;
                    let rows = rows.into_iter().map(Stored::Group).collect();
                    self.sift(db, rows, window, &mut sorted).await?;
                }
            }
            None => self.scan(db, window, &mut sorted).await?,
        }
        if let Some(sort) = &self.sort {
            sorted.sort_by(|one, other| sort.compare(&one.0, &other.0));
            for (_, one) in sorted {
                window.push(one);
            }
        }
        Ok(())
    }

    /// Looks at every resource.
    async fn scan(
        &self,
        db: &mut impl Connected,
        window: &mut Window<'_>,
        sorted: &mut Vec<(Map<String, Value>, Stored)>,
    ) -> Result<(), Problem> {
        let mut after = None;
        let mut seen = 0;
        loop {
            let batch = self.batch(db, after.as_ref()).await?;
            let full = batch.len() == BATCH;
            after = batch.last().cloned();
            seen += batch.len();
            if seen > MOST_SEEN {
                return Err(too_many(&format!(
                    "Of more than {MOST_SEEN} resources each would have to be looked at"
                )));
            }
            self.sift(db, batch, window, sorted).await?;
            if !full {
                return Ok(());
            }
        }
    }

    /// Everything, in order of arrival: the database counts and cuts.
    async fn page(&self, db: &mut impl Connected, window: &mut Window<'_>) -> Result<(), Problem> {
        let directory = self.call.directory.id;
        let wanted = window.take.saturating_sub(window.kept.len() as u64);
        let one_more = u32::try_from(wanted).unwrap_or(u32::MAX).saturating_add(1);
        let offset = window.skip.saturating_sub(window.total);
        // By cursor a page begins after a resource, wherever that stands.
        let limit = if window.from.after.is_some() { 0 } else { one_more };
        let (total, mut page) = match self.kind {
            Kind::User => {
                let (total, rows) = directory_user::page(db, directory, offset, limit).await?;
                (total, rows.into_iter().map(Stored::User).collect())
            }
            Kind::Group => {
                let (total, rows) = directory_group::page(db, directory, offset, limit).await?;
                (total, rows.into_iter().map(Stored::Group).collect())
            }
            Kind::Test => {
                let (total, rows) = self.app.scim_tests.page(directory, offset, limit);
                (total, rows.into_iter().map(Stored::Test).collect::<Vec<_>>())
            }
        };
        window.total += total;
        if let Some((last, after)) = &window.from.after {
            page = match self.kind.cmp(last) {
                Ordering::Less => Vec::new(),
                Ordering::Equal => self.after(db, after, one_more).await?,
                // Those before are behind: these begin.
                Ordering::Greater => self.after(db, "", one_more).await?,
            };
        }
        for one in page {
            window.keep(one);
        }
        Ok(())
    }

    /// Those after the one with this id.
    async fn after(&self, db: &mut impl Connected, id: &str, limit: u32) -> Result<Vec<Stored>, Problem> {
        let directory = self.call.directory.id;
        let limit = usize::try_from(limit).unwrap_or(BATCH);
        Ok(match self.kind {
            Kind::User => {
                let rows = directory_user::list(db, directory, id.parse().ok(), limit).await?;
                rows.into_iter().map(Stored::User).collect()
            }
            Kind::Group => {
                let rows = directory_group::list(db, directory, id.parse().ok(), limit).await?;
                rows.into_iter().map(Stored::Group).collect()
            }
            Kind::Test => {
                let rows = self.app.scim_tests.list(directory, id.parse().ok(), limit);
                rows.into_iter().map(Stored::Test).collect()
            }
        })
    }

    async fn sift(
        &self,
        db: &mut impl Connected,
        candidates: Vec<Stored>,
        window: &mut Window<'_>,
        sorted: &mut Vec<(Map<String, Value>, Stored)>,
    ) -> Result<(), Problem> {
        let linked = self.filter.as_ref().is_some_and(|filter| show::asks_linked(filter, self.kind));
        let shown = show::complete(db, self.call, &candidates.iter().collect::<Vec<_>>(), linked).await?;
        for (map, one) in shown.into_iter().zip(candidates) {
            if self.filter.as_ref().is_some_and(|filter| !filter.matches(&map)) {
                continue;
            }
            if self.sort.is_none() {
                window.push(one);
                continue;
            }
            if sorted.len() == MOST_SORTED {
                return Err(too_many(&format!("More than {MOST_SORTED} resources match, too many to sort")));
            }
            sorted.push((map, one));
        }
        // SQLite answers where it is asked: others on this thread get their turn.
        tokio::task::yield_now().await;
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
            Kind::Test => {
                let after = if let Some(Stored::Test(it)) = after { Some(it.id) } else { None };
                let rows = self.app.scim_tests.list(directory, after, BATCH);
                rows.into_iter().map(Stored::Test).collect()
            }
        })
    }
}

fn too_many(what: &str) -> Problem {
    let way = "Ask with a narrower filter, such as one by userName, externalId or e-mail address, or without sortBy.";
    ScimError::new(ScimType::TooMany, format!("{what}. {way}")).into()
}
