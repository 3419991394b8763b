//! What an erasure leaves behind: that it happened, what each application said about it, and a signed receipt.
//!
//! Owns whom an erasure waits for, the reminders, the receipt and its form. Nothing here names the person: a record
//! begins when the person is gone. Does not own erasing (`member`), nor the keys (`keys`).

mod file;
mod remind;
mod seal;
mod statement;

use axum::Router;
use axum::routing::get;
use model::{ApplicationId, ErasureId, NewEvent, OrganizationId};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use store::Tx;
use store::receipt::{Confirmation, Erasure};

pub use file::{Verified, file, named_issuer, verify};
pub use remind::{REMIND, remind_job};
pub use seal::{SEAL, seal_job};
pub use statement::{KINDS, kind_of, to_json, words_of};

use crate::app::App;
use crate::job;
use crate::problem::Problem;
use crate::provider::keys;

/// Where the public keys of receipts are published, below our address.
pub const KEYS: &str = "/receipts/jwks.json";

/// Who wanted somebody to be erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// The company, by its policy for leavers.
    Company,
    /// The leaver, by the link. The company does not see what leavers choose.
    Person,
}

impl Asked {
    /// As it is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Company => "company",
            Self::Person => "person",
        }
    }
}

/// Public routes.
pub fn protocol() -> Router<App> {
    Router::new().route("/receipts/jwks.json", get(file::keys))
}

/// Writes down that somebody was just erased, under an id that was told already, and begins to wait for the applications.
pub async fn begin(
    app: &App,
    tx: &mut Tx,
    (id, organization): (ErasureId, OrganizationId),
    asked: Asked,
    removed: &BTreeMap<&'static str, u64>,
) -> Result<(), Problem> {
    let mut kinds: BTreeMap<&str, u64> = BTreeMap::new();
    for (table, rows) in removed {
        *kinds.entry(kind_of(table)).or_default() += rows;
    }
    let it = Erasure {
        id,
        organization_id: organization,
        asked_by: asked.as_str().to_owned(),
        erased_at: app.now(),
        removed: json!(kinds).to_string(),
        reminded: 0,
        completed_at: None,
        receipt: None,
    };
    store::receipt::add(tx, &it).await?;
    let all = store::application::list(tx).await?;
    let mut waits = false;
    for application in all.into_iter().filter(|it| it.confirms_erasure) {
        waits = true;
        let expected = Confirmation {
            application_id: application.id,
            application_name: application.name,
            state: "waiting".to_owned(),
            at: None,
        };
        store::receipt::expect(tx, it.id, &expected).await?;
    }
    if waits { remind::later(app, tx, &it, 1).await } else { settle(app, tx, &it).await }
}

/// An application says that it has erased the person too. Said twice it is said once.
///
/// # Errors
/// 404 where there is no such erasure, 422 where this one does not wait for the application.
pub async fn confirm(
    app: &App,
    tx: &mut Tx,
    id: &str,
    client_id: &str,
    actor: &str,
) -> Result<Erasure, Problem> {
    let it = require(tx, id).await?;
    let known = store::receipt::confirmations(tx, it.id).await?;
    let found = known.iter().find(|one| one.application_id.to_string() == client_id);
    let found = found.ok_or_else(|| {
        Problem::field(
            "client_id",
            format!("expected an application for which this erasure waits, received “{client_id}”"),
        )
    })?;
    // Who was excused and confirms after all, stays excused: the receipt may be signed already.
    if store::receipt::decide(tx, it.id, found.application_id, "confirmed", app.now()).await? {
        let data = json!({ "client_id": client_id });
        let target = Some(it.id.to_string());
        app.audit(tx, actor, "erasure.confirmed", Some(it.organization_id), target, &data).await?;
        settle(app, tx, &it).await?;
    }
    require(tx, id).await
}

/// Nobody waits for this application any more: it was taken away, or keeps no data about people.
pub async fn excuse(app: &App, tx: &mut Tx, application: ApplicationId) -> Result<(), Problem> {
    loop {
        let waiting = store::receipt::waiting_for(tx, application, 200).await?;
        if waiting.is_empty() {
            return Ok(());
        }
        for id in waiting {
            store::receipt::decide(tx, id, application, "excused", app.now()).await?;
            if let Some(it) = store::receipt::lookup(tx, id).await? {
                settle(app, tx, &it).await?;
            }
        }
    }
}

/// The erasure with this id.
///
/// # Errors
/// 404 where there is none.
pub async fn require(db: &mut impl store::Connected, id: &str) -> Result<Erasure, Problem> {
    let found = match id.parse() {
        Ok(id) => store::receipt::lookup(db, id).await?,
        Err(_) => None,
    };
    found.ok_or_else(|| Problem::not_found("erasure"))
}

/// The signed receipt.
///
/// # Errors
/// A conflict while there is none.
pub fn signed(it: &Erasure) -> Result<&str, Problem> {
    it.receipt.as_deref().ok_or_else(|| {
        Problem::conflict(
            "erasure_not_complete",
            "There is no receipt yet",
            "It is signed when every application has confirmed that it erased the person too. Which ones are waited for \
             stands with the erasure.",
        )
    })
}

/// When every application is done, the erasure is complete and gets its receipt.
async fn settle(app: &App, tx: &mut Tx, it: &Erasure) -> Result<(), Problem> {
    let all = store::receipt::confirmations(tx, it.id).await?;
    if all.iter().any(|one| one.state == "waiting") || !store::receipt::complete(tx, it.id, app.now()).await?
    {
        return Ok(());
    }
    tell(app, tx, "member.erasure_completed", it, json!({}));
    job::enqueue(app, tx, SEAL, &json!({ "erasure": it.id.to_string() }), app.now()).await
}

/// A fact about an erasure: ids of the erasure and the organization, and nobody's.
fn tell(app: &App, tx: &mut Tx, kind: &'static str, it: &Erasure, more: Value) {
    let mut data = Map::new();
    data.insert("erasure_id".to_owned(), it.id.to_string().into());
    data.insert("organization_id".to_owned(), it.organization_id.to_string().into());
    if let Value::Object(more) = more {
        data.extend(more);
    }
    app.append(
        tx,
        NewEvent {
            kind,
            organization_id: Some(it.organization_id),
            member_id: None,
            data: Value::Object(data).to_string(),
        },
    );
}

/// The erasure that a job is about.
async fn of_job(app: &App, payload: &str) -> Result<(Option<Erasure>, Value), Problem> {
    let payload: Value = serde_json::from_str(payload).map_err(|e| Problem::internal(&e))?;
    let id = payload["erasure"].as_str().unwrap_or_default();
    let id = id.parse().map_err(|e| Problem::internal(&e))?;
    Ok((store::receipt::lookup(&mut app.read().await?, id).await?, payload))
}

/// Signs a statement in our name with the key of receipts.
pub(crate) async fn sign(app: &App, claims: &Map<String, Value>) -> Result<String, Problem> {
    let ring = keys::receipt_ring(app).await?;
    oidc::statement::sign(claims, ring.key("ES256")?).map_err(|e| Problem::internal(&e))
}
