//! `/TestResources`: resources that mean nothing, with an attribute of every kind, by which conformance suites test the schema
//! engine. Served where the operator has asked for it. They live in the memory of the process and follow from nothing.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};

use axum::http::{StatusCode, header};
use model::{DirectoryId, TestResourceId, Time};
use scim::limits::MAX_USER_OPERATIONS;
use scim::schema::{CORE_TEST, Mutability, Returned, TEST};
use scim::{
    Filter, ListQuery, PatchRequest, Projection, ScimError, ScimType, Sort, etag, list, patch, resource,
};
use serde_json::{Map, Value, json};

use super::Done;
use super::call::Call;
use super::plan::not_here;
use crate::app::App;

/// The most that one directory keeps.
const MOST: usize = 1000;

/// The test resources of each directory.
#[derive(Debug, Default)]
pub struct TestResources(Mutex<HashMap<DirectoryId, Shelf>>);

type Shelf = BTreeMap<TestResourceId, Kept>;

#[derive(Debug)]
struct Kept {
    attributes: Map<String, Value>,
    serial: u32,
    version: u64,
    created: Time,
    updated: Time,
}

/// What a request asks for below `/TestResources`; `None` where it goes elsewhere, or they are not served.
pub(super) fn asked<'a>(app: &App, call: &'a Call) -> Option<&'a [String]> {
    let (first, below) = call.segments.split_first()?;
    let here = app.config.scim_test_resources && first.eq_ignore_ascii_case("TestResources");
    here.then_some(below)
}

/// Answers it.
pub(super) fn serve(app: &App, call: &Call, below: &[String]) -> Result<Done, ScimError> {
    let mut all = app.scim_tests.0.lock().unwrap_or_else(PoisonError::into_inner);
    let shelf = all.entry(call.directory.id).or_default();
    let now = app.now();
    match (call.method.as_str(), below) {
        ("GET" | "HEAD", []) => search(call, shelf, &call.query()?),
        ("POST", [search_word]) if search_word == ".search" => {
            search(call, shelf, &ListQuery::from_search(&call.json()?)?)
        }
        ("POST", []) => create(call, shelf, (app.id(TestResourceId::new), now)),
        (_, []) => Err(not_here(call, "GET, HEAD, POST")),
        (_, [word]) if word == ".search" => Err(not_here(call, "POST")),
        (method, [id]) => {
            let id = known(shelf, id)?;
            match method {
                "GET" | "HEAD" => read(call, shelf, id),
                "PUT" => replace(call, shelf, (id, now)),
                "PATCH" => change(call, shelf, (id, now)),
                "DELETE" => remove(call, shelf, id),
                _ => Err(not_here(call, "GET, HEAD, PUT, PATCH, DELETE")),
            }
        }
        _ => Err(ScimError::status(404, "There is nothing below a resource.")),
    }
}

fn known(shelf: &Shelf, id: &str) -> Result<TestResourceId, ScimError> {
    let found = id.parse().ok().filter(|id| shelf.contains_key(id));
    found.ok_or_else(|| ScimError::not_found(TEST.name, &id.chars().take(80).collect::<String>()))
}

fn create(call: &Call, shelf: &mut Shelf, (id, now): (TestResourceId, Time)) -> Result<Done, ScimError> {
    let attributes = resource::test(call.json()?)?;
    only_one(shelf, &attributes, None)?;
    if shelf.len() >= MOST {
        return Err(ScimError::status(
            507,
            format!("A directory keeps {MOST} test resources. Delete some first."),
        ));
    }
    let serial = shelf.values().map(|it| it.serial).max().unwrap_or_default() + 1;
    let kept = Kept { attributes, serial, version: 1, created: now, updated: now };
    let query = call.query()?;
    let done = answer(call, (id, &kept), (&query, &names(&kept.attributes)), "Created a test resource");
    shelf.insert(id, kept);
    Ok(Done { status: StatusCode::CREATED, ..done })
}

fn read(call: &Call, shelf: &Shelf, id: TestResourceId) -> Result<Done, ScimError> {
    let kept = of(shelf, id)?;
    let done = answer(call, (id, kept), (&call.query()?, &[]), "Read a test resource");
    let tag = etag::weak(kept.version);
    let is_known = call.header(header::IF_NONE_MATCH).is_some_and(|known| !etag::if_none_match(known, &tag));
    if is_known {
        return Ok(Done { status: StatusCode::NOT_MODIFIED, body: None, location: None, ..done });
    }
    Ok(done)
}

fn replace(call: &Call, shelf: &mut Shelf, (id, now): (TestResourceId, Time)) -> Result<Done, ScimError> {
    expect_version(call, of(shelf, id)?)?;
    let mut attributes = resource::test(call.json()?)?;
    let before = &of(shelf, id)?.attributes;
    for def in CORE_TEST.attributes.iter().filter(|def| def.mutability == Mutability::Immutable) {
        let Some(old) = before.get(def.name) else { continue };
        let new = attributes.entry(def.name).or_insert_with(|| old.clone());
        if new != old {
            return Err(ScimError::mutability(format!("“{}” was given once and stays as it is.", def.name)));
        }
    }
    let written = names(&attributes);
    put(call, shelf, (id, now), (attributes, written))
}

fn change(call: &Call, shelf: &mut Shelf, (id, now): (TestResourceId, Time)) -> Result<Done, ScimError> {
    let kept = of(shelf, id)?;
    expect_version(call, kept)?;
    let request = PatchRequest::parse(call.json()?, MAX_USER_OPERATIONS)?;
    let attributes = patch::test(&kept.attributes, request)?;
    let is_new = |name: &String| kept.attributes.get(name) != attributes.get(name);
    let written = names(&attributes).into_iter().filter(is_new).collect();
    put(call, shelf, (id, now), (attributes, written))
}

/// Keeps the new attributes; where nothing is new, the version stays.
fn put(
    call: &Call,
    shelf: &mut Shelf,
    (id, now): (TestResourceId, Time),
    (attributes, written): (Map<String, Value>, Vec<String>),
) -> Result<Done, ScimError> {
    only_one(shelf, &attributes, Some(id))?;
    let query = call.query()?;
    let Some(kept) = shelf.get_mut(&id) else { return Err(ScimError::not_found(TEST.name, "")) };
    if kept.attributes != attributes {
        kept.attributes = attributes;
        kept.version += 1;
        kept.updated = now;
    }
    Ok(answer(call, (id, kept), (&query, &written), "Changed a test resource"))
}

fn remove(call: &Call, shelf: &mut Shelf, id: TestResourceId) -> Result<Done, ScimError> {
    expect_version(call, of(shelf, id)?)?;
    shelf.remove(&id);
    let done = Done::ok(String::new(), "Deleted a test resource");
    Ok(Done { status: StatusCode::NO_CONTENT, body: None, ..done })
}

fn of(shelf: &Shelf, id: TestResourceId) -> Result<&Kept, ScimError> {
    shelf.get(&id).ok_or_else(|| ScimError::not_found(TEST.name, &id.to_string()))
}

fn expect_version(call: &Call, kept: &Kept) -> Result<(), ScimError> {
    match call.header(header::IF_MATCH) {
        Some(wanted) if !etag::if_match(wanted, &etag::weak(kept.version)) => Err(ScimError::stale_version()),
        _ => Ok(()),
    }
}

fn names(attributes: &Map<String, Value>) -> Vec<String> {
    attributes.keys().cloned().collect()
}

/// A name is unique, whatever its case.
fn only_one(shelf: &Shelf, new: &Map<String, Value>, own: Option<TestResourceId>) -> Result<(), ScimError> {
    let name = |map: &Map<String, Value>| map.get("name").and_then(Value::as_str).map(store::fold);
    let wanted = name(new);
    let taken = shelf.iter().any(|(id, kept)| Some(*id) != own && name(&kept.attributes) == wanted);
    if taken { Err(ScimError::uniqueness("name", wanted.as_deref().unwrap_or_default())) } else { Ok(()) }
}

/// All of it, with what the server knows.
fn whole(call: &Call, (id, kept): (TestResourceId, &Kept)) -> Map<String, Value> {
    let mut map = kept.attributes.clone();
    map.insert("id".to_owned(), id.to_string().into());
    map.insert("serial".to_owned(), kept.serial.into());
    map.insert("half".to_owned(), (f64::from(kept.serial) / 2.0).into());
    map.insert("bytes".to_owned(), "AAEC".into());
    map.insert("moment".to_owned(), kept.created.to_string().into());
    map.insert(
        "meta".to_owned(),
        json!({
            "resourceType": TEST.name,
            "created": kept.created.to_string(),
            "lastModified": kept.updated.to_string(),
            "location": location(call, id),
            "version": etag::weak(kept.version),
        }),
    );
    map
}

/// What the client sees of it: what the query asks for, by the rules of `returned` (RFC 7643 §7). `written` names what the
/// request itself has given.
fn shown(whole: Map<String, Value>, (query, written): (&ListQuery, &[String])) -> Map<String, Value> {
    let is_asked = |name: &str| {
        written.iter().any(|it| it == name)
            || query
                .attributes
                .iter()
                .any(|it| it.rsplit(':').next().is_some_and(|it| it.eq_ignore_ascii_case(name)))
    };
    let always: Vec<(&str, Value)> = (CORE_TEST.attributes.iter())
        .filter(|def| def.returned == Returned::Always)
        .filter_map(|def| Some((def.name, whole.get(def.name)?.clone())))
        .collect();
    let mut shown = Projection::new(&query.attributes, &query.excluded_attributes, &TEST).apply(whole);
    for def in CORE_TEST.attributes {
        let hidden = match def.returned {
            Returned::Never => true,
            Returned::Request => !is_asked(def.name),
            Returned::Always | Returned::Default => false,
        };
        if hidden {
            shown.remove(def.name);
        }
    }
    for (name, value) in always {
        shown.insert(name.to_owned(), value);
    }
    shown
}

fn location(call: &Call, id: TestResourceId) -> String {
    format!("{}{}/{id}", call.base, TEST.endpoint)
}

fn answer(call: &Call, one: (TestResourceId, &Kept), asked: (&ListQuery, &[String]), outcome: &str) -> Done {
    let body = Value::Object(shown(whole(call, one), asked)).to_string();
    let (location, etag) = (Some(location(call, one.0)), Some(etag::weak(one.1.version)));
    Done { location, etag, ..Done::ok(body, outcome) }
}

fn search(call: &Call, shelf: &Shelf, query: &ListQuery) -> Result<Done, ScimError> {
    if query.cursor.is_some() {
        let why = "Test resources are listed with startIndex and count, not by cursor.";
        return Err(ScimError::new(ScimType::InvalidCursor, why));
    }
    let skip = usize::try_from(query.start_index.saturating_sub(1)).unwrap_or(usize::MAX);
    let (page, total) = found(call, shelf, query, (skip, query.count as usize))?;
    let outcome = format!("Listed test resources: {} of {total}", page.len());
    Ok(Done::ok(list::response(&page, total, query.start_index), outcome))
}

/// Those that match, as texts: so many behind the first ones, and how many there are.
fn found(
    call: &Call,
    shelf: &Shelf,
    query: &ListQuery,
    (skip, take): (usize, usize),
) -> Result<(Vec<String>, u64), ScimError> {
    let filter = query.filter.as_deref().map(|text| Filter::parse(text, &TEST)).transpose()?;
    let mut found: Vec<Map<String, Value>> = (shelf.iter())
        .map(|(id, kept)| whole(call, (*id, kept)))
        .filter(|map| filter.as_ref().is_none_or(|filter| filter.matches(map)))
        .collect();
    if let Some(sort) = query.sort_by.as_deref().and_then(|by| Sort::new(by, query.descending, &TEST)) {
        found.sort_by(|one, other| sort.compare(one, other));
    }
    let total = found.len() as u64;
    let page = found.into_iter().skip(skip).take(take);
    Ok((page.map(|map| Value::Object(shown(map, (query, &[]))).to_string()).collect(), total))
}

/// Puts those that match behind the users and groups of a search among everything. Gives the new total.
pub(super) fn append(
    app: &App,
    call: &Call,
    query: &ListQuery,
    (page, total): (&mut Vec<String>, u64),
) -> Result<u64, ScimError> {
    if !app.config.scim_test_resources || query.cursor.is_some() {
        return Ok(total);
    }
    let mut all = app.scim_tests.0.lock().unwrap_or_else(PoisonError::into_inner);
    let shelf = all.entry(call.directory.id).or_default();
    let skip =
        usize::try_from(query.start_index.saturating_sub(1).saturating_sub(total)).unwrap_or(usize::MAX);
    let take = (query.count as usize).saturating_sub(page.len());
    let (more, found) = found(call, shelf, query, (skip, take))?;
    page.extend(more);
    Ok(total + found)
}
