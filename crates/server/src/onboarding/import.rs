//! A file of people: what it holds, and inviting the people in it.
//!
//! Reading the file is `profile::roster`'s. This room adds what only it can know: who is here already, and whose
//! domain an address is in. Inviting the same file twice invites nobody twice.

use std::collections::{BTreeMap, HashSet};

use axum::http::StatusCode;
use model::{NewEvent, Organization, Source};
use profile::roster::{self, Roster, Row};
use profile::{Field, Problem as CellProblem, Reason};
use serde_json::{Value, json};
use store::{Connected, Tx};

use crate::app::App;
use crate::member::{self, Arrival};
use crate::problem::Problem;

/// The largest file, in bytes.
pub const MAX_BYTES: usize = 10 * 1024 * 1024;

/// Which rows to invite.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// All or nobody: a row with a problem stops the import.
    All,
    /// The rows without a problem.
    Valid,
}

/// A file that was read and checked against the organization.
#[derive(Debug)]
pub struct Preview {
    /// The file, with what is wrong with each row.
    pub roster: Roster,
    /// Row numbers of people who are here already.
    pub known: HashSet<usize>,
}

/// What an import did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// People who were added.
    pub invited: usize,
    /// People who were here already.
    pub skipped: usize,
}

impl Preview {
    /// Rows that can be invited, those who are here already among them.
    pub fn ready(&self) -> impl Iterator<Item = &Row> {
        self.roster.rows.iter().filter(|row| row.is_ready())
    }

    /// Rows that can be invited, of people who are not here yet.
    pub fn newcomers(&self) -> impl Iterator<Item = &Row> {
        self.ready().filter(|row| !self.known.contains(&row.number))
    }

    /// Rows with a problem.
    pub fn rejected(&self) -> impl Iterator<Item = &Row> {
        self.roster.rows.iter().filter(|row| !row.is_ready())
    }

    /// The rows to mend, as a file with a column that says why.
    pub fn rejected_csv(&self) -> Vec<u8> {
        roster::rejected_csv(&self.roster, self.rejected())
    }

    /// `{"rows","valid","invalid":[{"row","field","problem"}]}`.
    pub fn to_json(&self) -> Value {
        let invalid: Vec<Value> = self
            .rejected()
            .flat_map(|row| {
                row.problems.iter().map(|p| {
                    json!({"row": row.number, "field": p.field.as_ref().map(Field::api_name), "problem": p.to_string(), "received": p.received})
                })
            })
            .collect();
        json!({"rows": self.roster.rows.len(), "valid": self.ready().count(), "invalid": invalid})
    }
}

/// Reads a file and checks every row. Changes nothing.
///
/// # Errors
/// A sentence about the file as a whole: empty, a picture, no column of addresses, more than 10 MB.
pub async fn preview(
    app: &App,
    db: &mut impl Connected,
    organization: &Organization,
    bytes: &[u8],
) -> Result<Preview, Problem> {
    if bytes.len() > MAX_BYTES {
        return Err(Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "file_too_large",
            "This file is larger than 10 MB",
            "Split it into several files; importing them one after the other invites nobody twice.",
        ));
    }
    let this_year = u16::try_from(app.now().year()).unwrap_or(u16::MAX);
    let mut options = roster::Options::new(this_year);
    options.defaults = crate::organization::profile_defaults(organization);
    let mut roster = roster::read(bytes, &options).map_err(|e| {
        Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            e.code(),
            "This file cannot be read as a list of people",
            e.to_string(),
        )
    })?;
    let mut known = HashSet::new();
    let mut domains: BTreeMap<String, bool> = BTreeMap::new();
    for row in &mut roster.rows {
        let Some(email) = row.profile.email.clone() else { continue };
        if !row.is_ready() {
            continue;
        }
        let domain = profile::email::domain_of(&email).unwrap_or_default().to_owned();
        let foreign = match domains.get(&domain) {
            Some(foreign) => *foreign,
            None => {
                let holder = store::domain::lookup_name(db, &domain).await?;
                let foreign = holder.is_some_and(|d| {
                    d.organization_id != organization.id && d.status == model::DomainStatus::Verified
                });
                domains.insert(domain, foreign);
                foreign
            }
        };
        if foreign {
            row.problems.push(CellProblem::new(Field::Email, email, Reason::Other(
                "this address belongs to another company here. Expected an address of your own company, or a private one".to_owned(),
            )));
        } else if store::member::lookup_email(db, organization.id, &email).await?.is_some() {
            known.insert(row.number);
        }
    }
    Ok(Preview { roster, known })
}

/// Invites the people of a preview, in one transaction with the caller's other writes.
///
/// # Errors
/// With [`Mode::All`], a problem when any row has one; nobody is invited then.
pub async fn apply(
    app: &App,
    tx: &mut Tx,
    organization: &Organization,
    preview: &Preview,
    mode: Mode,
    actor: &str,
) -> Result<Outcome, Problem> {
    let rejected = preview.rejected().count();
    if mode == Mode::All && rejected > 0 {
        return Err(Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "rows_with_problems",
            "Some rows need mending first",
            format!(
                "{rejected} of {} rows cannot be used, so nobody was invited. Mend them, or import the valid rows only.",
                preview.roster.rows.len()
            ),
        ));
    }
    tx.lock(&organization.id.to_string()).await?;
    let mut outcome = Outcome { invited: 0, skipped: 0 };
    for row in preview.ready() {
        let email = row.profile.email.as_deref().unwrap_or_default();
        if store::member::lookup_email(tx, organization.id, email).await?.is_some() {
            outcome.skipped += 1;
            continue;
        }
        let arrival = Arrival {
            source: Source::Csv,
            profile: row.profile.clone(),
            withdrawn: None,
            role: row.role,
            unread: Vec::new(),
            directory_user_id: None,
            active: true,
            unheard: false,
        };
        member::arrive(app, tx, organization, arrival).await?;
        outcome.invited += 1;
    }
    let data = json!({"invited": outcome.invited, "skipped": outcome.skipped, "rejected": rejected});
    app.append(
        tx,
        NewEvent {
            kind: "import.applied",
            organization_id: Some(organization.id),
            member_id: None,
            data: data.to_string(),
        },
    );
    app.audit(tx, actor, "import.applied", Some(organization.id), None, &data).await?;
    Ok(outcome)
}
