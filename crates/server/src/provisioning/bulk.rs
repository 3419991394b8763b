//! Bulk requests (RFC 7644 §3.7): each operation is done and recorded as a request of its own. Operations that speak of
//! what others make wait for them; where they wait for each other, one is begun without the reference and completed after.

use std::collections::{BTreeSet, HashMap, HashSet};

use axum::http::{HeaderMap, HeaderValue, Method, header};
use scim::bulk::{self, BulkRequest, Operation};
use scim::limits::MAX_BULK_OPERATIONS;
use serde_json::{Map, Value, json};

use super::call::{Call, segments};
use super::{Done, in_scim_words, record};
use crate::app::App;
use crate::problem::{self, Problem};

/// Does a bulk request.
pub async fn serve(app: &App, call: &Call) -> Result<Done, Problem> {
    let request = BulkRequest::parse(call.parsed()?, MAX_BULK_OPERATIONS)?;
    // The request itself is counted already.
    call.count(app, request.operations.len().saturating_sub(1));
    let mut work = Work::new(app, call, &request);
    work.run().await?;
    let done: Vec<Value> = work.results.into_iter().flatten().collect();
    let outcome = format!(
        "Bulk request: {} of {} operations done, {} refused",
        done.len() as u64 - work.errors,
        request.operations.len(),
        work.errors
    );
    let done = Done::ok(bulk::response(&done).to_string(), outcome);
    // Each operation has a record with its body.
    record::read(app, &call.with_body(Vec::new()), &done).await?;
    Ok(done)
}

struct Work<'a> {
    app: &'a App,
    call: &'a Call,
    request: &'a BulkRequest,
    /// What each operation waits for.
    references: Vec<BTreeSet<String>>,
    /// Ids of what was made, by `bulkId`.
    known: HashMap<String, String>,
    /// What operations of the request make that have not failed.
    expected: HashSet<&'a str>,
    results: Vec<Option<Value>>,
    errors: u64,
}

/// What became of an operation.
struct Made {
    result: Value,
    id: Option<String>,
}

impl<'a> Work<'a> {
    fn new(app: &'a App, call: &'a Call, request: &'a BulkRequest) -> Self {
        let makers = request.operations.iter().filter(|it| it.method == "POST");
        Self {
            app,
            call,
            request,
            references: request.operations.iter().map(Operation::references).collect(),
            known: HashMap::new(),
            expected: makers.filter_map(|it| it.bulk_id.as_deref()).collect(),
            results: vec![None; request.operations.len()],
            errors: 0,
        }
    }

    async fn run(&mut self) -> Result<(), Problem> {
        let mut pending: Vec<usize> = (0..self.request.operations.len()).collect();
        let mut unfinished = Vec::new();
        while !pending.is_empty() && !self.is_enough() {
            let before = pending.len();
            let mut later = Vec::new();
            for at in pending {
                if self.is_enough() {
                    break;
                }
                if !self.try_one(at).await? {
                    later.push(at);
                }
            }
            pending = later;
            if pending.len() < before {
                continue;
            }
            // They wait for each other. One is begun without what it waits for.
            let first = pending.iter().position(|at| self.request.operations[*at].method == "POST");
            let Some(place) = first else { break };
            let at = pending.remove(place);
            let whole = &self.request.operations[at];
            let bare = whole.resolved(&self.known).without_references();
            let made = self.perform(&bare).await;
            self.settle(at, made).await?;
            unfinished.push(at);
        }
        if !self.is_enough() {
            for at in pending {
                self.refuse(at, "It waits for an operation that waits for it.").await?;
            }
        }
        for at in unfinished {
            self.complete(at).await?;
        }
        Ok(())
    }

    fn is_enough(&self) -> bool {
        self.request.fail_on_errors.is_some_and(|most| self.errors >= most)
    }

    /// Does an operation that waits for nothing any more; false where it still does.
    async fn try_one(&mut self, at: usize) -> Result<bool, Problem> {
        let operation = &self.request.operations[at];
        let mut open = self.references[at].iter().filter(|id| !self.known.contains_key(*id));
        if let Some(lost) = open.clone().find(|id| !self.expected.contains(id.as_str())) {
            let short: String = lost.chars().take(80).collect();
            self.refuse(at, &format!("bulkId:{short} names nothing that this request has made.")).await?;
            return Ok(true);
        }
        if open.next().is_some() {
            return Ok(false);
        }
        let made = self.perform(&operation.resolved(&self.known)).await;
        self.settle(at, made).await?;
        Ok(true)
    }

    /// Puts the whole of a resource in the place of what a circle was begun with.
    async fn complete(&mut self, at: usize) -> Result<(), Problem> {
        let operation = &self.request.operations[at];
        let Some(id) = operation.bulk_id.as_ref().and_then(|id| self.known.get(id)) else {
            return Ok(());
        };
        let mut whole = operation.resolved(&self.known);
        whole.path = format!("{}/{id}", whole.path.trim_end_matches('/'));
        "PUT".clone_into(&mut whole.method);
        if !whole.references().is_empty() {
            let why = "It speaks of a resource that could not be made. It was made without that.";
            return self.refuse(at, why).await;
        }
        match self.perform(&whole).await {
            Ok(made) => {
                if let Some(result) = &mut self.results[at] {
                    result["version"] = made.result["version"].clone();
                }
                Ok(())
            }
            Err(problem) => self.settle(at, Err(problem)).await,
        }
    }

    async fn settle(&mut self, at: usize, made: Result<Made, Problem>) -> Result<(), Problem> {
        let operation = &self.request.operations[at];
        let mut result = Map::new();
        result.insert("method".to_owned(), json!(operation.method));
        if let Some(id) = &operation.bulk_id {
            result.insert("bulkId".to_owned(), json!(id));
        }
        match made {
            Ok(made) => {
                if let Value::Object(more) = made.result {
                    result.extend(more);
                }
                if let (Some(name), Some(id), "POST") =
                    (&operation.bulk_id, made.id, operation.method.as_str())
                {
                    self.known.insert(name.clone(), id);
                }
            }
            Err(problem) => {
                let reference = match problem.reference {
                    Some(reference) => reference,
                    None => record::refused(self.app, &self.call.with_body(Vec::new()), &problem).await?,
                };
                if problem.status.is_server_error() {
                    tracing::error!(%reference, cause = problem.cause, "an operation of a bulk request failed");
                }
                self.errors += 1;
                if let Some(name) = operation.bulk_id.as_deref().filter(|id| !self.known.contains_key(*id)) {
                    self.expected.remove(name);
                }
                result.insert("status".to_owned(), json!(problem.status.as_str()));
                result.insert("response".to_owned(), problem::scim_body(&problem, &reference));
            }
        }
        self.results[at] = Some(Value::Object(result));
        Ok(())
    }

    async fn refuse(&mut self, at: usize, why: &str) -> Result<(), Problem> {
        let error = scim::ScimError::status(409, why);
        self.settle(at, Err(error.into())).await
    }

    async fn perform(&self, operation: &Operation) -> Result<Made, Problem> {
        operation.check()?;
        let call = self.call_of(operation)?;
        match super::answer(self.app, &call).await {
            Ok(done) => {
                let location =
                    done.location.unwrap_or_else(|| format!("{}/{}", call.base, call.segments.join("/")));
                let id = location.rsplit('/').next().map(str::to_owned);
                let mut result = json!({ "location": location, "status": done.status.as_str() });
                if let Some(version) = done.etag {
                    result["version"] = json!(version);
                }
                Ok(Made { result, id })
            }
            Err(problem) => {
                let problem = in_scim_words(problem);
                let reference = record::refused(self.app, &call, &problem).await?;
                Err(problem.reference(reference))
            }
        }
    }

    fn call_of(&self, operation: &Operation) -> Result<Call, Problem> {
        let (path, query) = operation.path.split_once('?').unwrap_or((&operation.path, ""));
        let mut headers = HeaderMap::new();
        if let Some(version) = &operation.version {
            let value = HeaderValue::try_from(version);
            let value = value.map_err(|_| scim::ScimError::invalid_value("“version” is no entity tag."))?;
            headers.insert(header::IF_MATCH, value);
        }
        let method = Method::from_bytes(operation.method.as_bytes()).map_err(|e| Problem::internal(&e))?;
        let body =
            if operation.data.is_null() { Vec::new() } else { operation.data.to_string().into_bytes() };
        Ok(Call {
            directory: self.call.directory.clone(),
            token: self.call.token,
            token_used_at: self.call.token_used_at,
            base: self.call.base.clone(),
            method,
            segments: segments(path),
            raw_query: query.to_owned(),
            headers,
            body,
        })
    }
}
