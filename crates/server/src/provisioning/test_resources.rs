//! `/TestResources`: resources that mean nothing, with an attribute of every kind, by which conformance suites test the schema
//! engine. Served where the operator has asked for it. They live in the memory of the process and follow from nothing.

use std::collections::{BTreeMap, HashMap};
use std::ops::Bound::{Excluded, Unbounded};
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::http::StatusCode;
use model::{DirectoryId, TestResourceId, Time};
use scim::schema::TEST;
use scim::{PatchRequest, Projection, ScimError, patch, resource};
use serde_json::{Map, Value};

use super::Done;
use super::call::Call;
use super::show::{self, Stored};
use crate::app::App;
use crate::directory;
use crate::problem::Problem;

/// The most that one directory keeps.
const MOST: usize = 1000;

/// The test resources of each directory.
#[derive(Debug, Default)]
pub struct TestResources(Mutex<HashMap<DirectoryId, Shelf>>);

type Shelf = BTreeMap<TestResourceId, TestResource>;

/// One of them.
#[derive(Debug, Clone)]
pub struct TestResource {
    /// Id.
    pub id: TestResourceId,
    /// What is kept of it, as JSON: what clients wrote, and what the server gave once.
    pub resource: String,
    /// Counts the changes.
    pub version: i64,
    /// When it was made.
    pub created_at: Time,
    /// When it was changed last.
    pub updated_at: Time,
}

/// A request that changes one.
#[derive(Debug)]
pub enum TestWrite {
    /// A new one.
    Create(Map<String, Value>),
    /// A whole one in place of the one with this id.
    Replace(String, Value),
    /// Changes to the one with this id.
    Patch(String, PatchRequest),
    /// No such one any more.
    Delete(String),
}

impl TestResources {
    fn shelves(&self) -> MutexGuard<'_, HashMap<DirectoryId, Shelf>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The one with this id.
    pub fn lookup(&self, directory: DirectoryId, id: &str) -> Option<TestResource> {
        self.shelves().get(&directory)?.get(&id.parse().ok()?).cloned()
    }

    /// So many after this one, in order of arrival.
    pub fn list(
        &self,
        directory: DirectoryId,
        after: Option<TestResourceId>,
        limit: usize,
    ) -> Vec<TestResource> {
        let shelves = self.shelves();
        let Some(kept) = shelves.get(&directory) else { return Vec::new() };
        let rest = kept.range((after.map_or(Unbounded, Excluded), Unbounded));
        rest.take(limit).map(|(_, it)| it.clone()).collect()
    }

    /// How many there are, and so many of them behind the first ones.
    pub fn page(&self, directory: DirectoryId, offset: u64, limit: u32) -> (u64, Vec<TestResource>) {
        let shelves = self.shelves();
        let Some(kept) = shelves.get(&directory) else { return (0, Vec::new()) };
        let skip = usize::try_from(offset).unwrap_or(usize::MAX);
        let rows = kept.values().skip(skip).take(limit as usize).cloned().collect();
        (kept.len() as u64, rows)
    }
}

/// Does it.
pub fn write(app: &App, call: &Call, what: TestWrite) -> Result<Done, Problem> {
    let mut shelves = app.scim_tests.shelves();
    let shelf = shelves.entry(call.directory.id).or_default();
    match what {
        TestWrite::Create(attributes) => create(app, call, shelf, attributes),
        TestWrite::Replace(id, body) => {
            let (id, before) = current(call, shelf, &id)?;
            let after = resource::test_after(&before, body)?;
            let written = after.keys().cloned().collect();
            put(app, call, shelf, (id, after, written))
        }
        TestWrite::Patch(id, request) => {
            let (id, before) = current(call, shelf, &id)?;
            let after = patch::test(&before, request)?;
            let written =
                after.keys().filter(|name| before.get(*name) != after.get(*name)).cloned().collect();
            put(app, call, shelf, (id, after, written))
        }
        TestWrite::Delete(id) => {
            let (id, _) = current(call, shelf, &id)?;
            shelf.remove(&id);
            let done = Done::ok(String::new(), "Deleted a test resource");
            Ok(Done { status: StatusCode::NO_CONTENT, body: None, ..done })
        }
    }
}

fn create(
    app: &App,
    call: &Call,
    shelf: &mut Shelf,
    mut attributes: Map<String, Value>,
) -> Result<Done, Problem> {
    only_one(shelf, &attributes, None)?;
    if shelf.len() >= MOST {
        let why = format!("A directory keeps {MOST} test resources. Delete some first.");
        return Err(ScimError::status(507, why).into());
    }
    let written = attributes.keys().cloned().collect();
    let (id, now) = (app.id(TestResourceId::new), app.now());
    let serials = shelf.values().filter_map(|it| read(&it.resource).ok()?.get("serial")?.as_u64());
    let serial = serials.max().unwrap_or_default() + 1;
    let half: f64 = u32::try_from(serial).unwrap_or(u32::MAX).into();
    for (name, given) in [
        ("serial", serial.into()),
        ("half", (half / 2.0).into()),
        ("bytes", "AAEC".into()),
        ("moment", now.to_string().into()),
    ] {
        attributes.insert(name.to_owned(), given);
    }
    let resource = Value::Object(attributes).to_string();
    let made = TestResource { id, resource, version: 1, created_at: now, updated_at: now };
    shelf.insert(id, made.clone());
    let done = answer(call, made, (written, "Created a test resource"))?;
    Ok(Done { status: StatusCode::CREATED, ..done })
}

/// The one with this id in the version that `If-Match` names: its id, and what is kept of it.
fn current(call: &Call, shelf: &Shelf, id: &str) -> Result<(TestResourceId, Map<String, Value>), Problem> {
    let found = id.parse().ok().and_then(|id| shelf.get(&id));
    let found =
        found.ok_or_else(|| ScimError::not_found(TEST.name, &id.chars().take(80).collect::<String>()))?;
    call.expect_version(&Stored::Test(found.clone()).etag())?;
    Ok((found.id, read(&found.resource)?))
}

fn read(resource: &str) -> Result<Map<String, Value>, Problem> {
    directory::resource(resource)
}

/// Keeps the new attributes; where nothing is new, the version stays.
fn put(
    app: &App,
    call: &Call,
    shelf: &mut Shelf,
    (id, attributes, written): (TestResourceId, Map<String, Value>, Vec<String>),
) -> Result<Done, Problem> {
    only_one(shelf, &attributes, Some(id))?;
    let Some(kept) = shelf.get_mut(&id) else { return Err(ScimError::not_found(TEST.name, "").into()) };
    if read(&kept.resource)? != attributes {
        kept.resource = Value::Object(attributes).to_string();
        kept.version += 1;
        kept.updated_at = app.now();
    }
    answer(call, kept.clone(), (written, "Changed a test resource"))
}

/// A name is unique, whatever its case.
fn only_one(shelf: &Shelf, new: &Map<String, Value>, own: Option<TestResourceId>) -> Result<(), Problem> {
    let name = |map: &Map<String, Value>| map.get("name").and_then(Value::as_str).map(store::fold);
    let wanted = name(new);
    for it in shelf.values().filter(|it| Some(it.id) != own) {
        if name(&read(&it.resource)?) == wanted {
            return Err(ScimError::uniqueness("name", wanted.as_deref().unwrap_or_default()).into());
        }
    }
    Ok(())
}

fn answer(call: &Call, it: TestResource, (written, outcome): (Vec<String>, &str)) -> Result<Done, Problem> {
    let query = call.query()?;
    let stored = Stored::Test(it);
    let projection =
        Projection::new(&query.attributes, &query.excluded_attributes, &TEST).with_written(written);
    let body = show::with_groups(call, &stored, &[], &projection)?;
    let (location, etag) = (Some(stored.location(call)), Some(stored.etag()));
    Ok(Done { location, etag, ..Done::ok(body, outcome) })
}
