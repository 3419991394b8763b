//! Organizations.

use std::time::Duration;

use model::{Defaults, LeaverPolicy, Organization, OrganizationId, Role};
use sqlx::FromRow;

use crate::db::on;
use crate::value::{At, Text, fold};
use crate::{Connected, Page, Result, Tx};

#[derive(FromRow)]
struct Row {
    id: Text<OrganizationId>,
    name: String,
    leaver_policy: Text<LeaverPolicy>,
    erase_grace_us: i64,
    brake_people: i64,
    brake_percent: i64,
    jit: bool,
    self_service: bool,
    default_country: Option<String>,
    default_role: Option<Text<Role>>,
    default_city: Option<String>,
    default_state: Option<String>,
    opened_until: Option<At>,
    session_max_us: Option<i64>,
    end_provider_session: bool,
    created_at: At,
}

impl From<Row> for Organization {
    fn from(row: Row) -> Self {
        Self {
            id: row.id.0,
            name: row.name,
            leaver_policy: row.leaver_policy.0,
            erase_grace: Duration::from_micros(u64::try_from(row.erase_grace_us).unwrap_or(0)),
            brake_people: u32::try_from(row.brake_people).unwrap_or(u32::MAX),
            brake_percent: u32::try_from(row.brake_percent).unwrap_or(u32::MAX),
            jit: row.jit,
            self_service: row.self_service,
            defaults: Defaults {
                country: row.default_country,
                role: row.default_role.map(|r| r.0),
                current_city: row.default_city,
                current_state: row.default_state,
            },
            opened_until: row.opened_until.map(|t| t.0),
            session_max: row
                .session_max_us
                .map(|longest| Duration::from_micros(u64::try_from(longest).unwrap_or(0))),
            end_provider_session: row.end_provider_session,
            created_at: row.created_at.0,
        }
    }
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

/// Writes a new organization.
pub async fn add(tx: &mut Tx, it: &Organization) -> Result<()> {
    tx.changes_settings();
    on!(tx, |db| sqlx::query(
        "INSERT INTO organizations (id, name, name_folded, leaver_policy, erase_grace_us, jit, self_service,
                                    default_country, default_role, default_city, default_state, created_at,
                                    session_max_us, end_provider_session, brake_people, brake_percent)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)"
    )
    .bind(Text(it.id))
    .bind(&it.name)
    .bind(fold(&it.name))
    .bind(it.leaver_policy.as_str())
    .bind(micros(it.erase_grace))
    .bind(it.jit)
    .bind(it.self_service)
    .bind(&it.defaults.country)
    .bind(it.defaults.role.map(Text))
    .bind(&it.defaults.current_city)
    .bind(&it.defaults.current_state)
    .bind(At(it.created_at))
    .bind(it.session_max.map(micros))
    .bind(it.end_provider_session)
    .bind(i64::from(it.brake_people))
    .bind(i64::from(it.brake_percent))
    .execute(db)
    .await
    .map(|_| ()))?;
    Ok(())
}

/// Writes every setting; what stands open is written by `enforcement`.
pub async fn update(tx: &mut Tx, it: &Organization) -> Result<()> {
    tx.changes_settings();
    on!(tx, |db| {
        sqlx::query(
        "UPDATE organizations SET name = $2, name_folded = $3, leaver_policy = $4, erase_grace_us = $5, jit = $6,
                self_service = $7, default_country = $8, default_role = $9, default_city = $10, default_state = $11,
                session_max_us = $12, end_provider_session = $13, brake_people = $14, brake_percent = $15
         WHERE id = $1"
    )
    .bind(Text(it.id))
    .bind(&it.name)
    .bind(fold(&it.name))
    .bind(it.leaver_policy.as_str())
    .bind(micros(it.erase_grace))
    .bind(it.jit)
    .bind(it.self_service)
    .bind(&it.defaults.country)
    .bind(it.defaults.role.map(Text))
    .bind(&it.defaults.current_city)
    .bind(&it.defaults.current_state)
    .bind(it.session_max.map(micros))
    .bind(it.end_provider_session)
    .bind(i64::from(it.brake_people))
    .bind(i64::from(it.brake_percent))
    .execute(db)
    .await
    .map(|_| ())
    })?;
    Ok(())
}

/// The organization, if there is one.
pub async fn lookup(c: &mut impl Connected, id: OrganizationId) -> Result<Option<Organization>> {
    let row: Option<Row> = on!(c, |db| sqlx::query_as("SELECT * FROM organizations WHERE id = $1")
        .bind(Text(id))
        .fetch_optional(db)
        .await)?;
    Ok(row.map(Into::into))
}

/// Organizations whose name begins with `prefix`, in order of name. `cursor` is the last page's `next`.
pub async fn list(
    c: &mut impl Connected,
    prefix: &str,
    cursor: Option<&str>,
    limit: usize,
) -> Result<Page<Organization>> {
    let (after_name, after_id) = cursor.and_then(|c| c.rsplit_once('\n')).unwrap_or(("", ""));
    let from = fold(prefix);
    let rows: Vec<Row> = on!(c, |db| {
        sqlx::query_as(
        "SELECT * FROM organizations
         WHERE drill_of IS NULL AND name_folded >= $1 AND name_folded < $2 AND (name_folded > $3 OR (name_folded = $3 AND id > $4))
         ORDER BY name_folded, id LIMIT $5"
    )
    .bind(&from)
    .bind(format!("{from}\u{10FFFF}"))
    .bind(after_name)
    .bind(after_id)
    .bind(i64::try_from(limit + 1).unwrap_or(i64::MAX))
    .fetch_all(db)
    .await
    })?;
    Ok(Page::from_rows(rows.into_iter().map(Organization::from).collect(), limit, |o| {
        format!("{}\n{}", fold(&o.name), o.id)
    }))
}

/// How many organizations there are.
pub async fn count(c: &mut impl Connected) -> Result<i64> {
    Ok(on!(c, |db| sqlx::query_scalar("SELECT COUNT(*) FROM organizations WHERE drill_of IS NULL")
        .fetch_one(db)
        .await)?)
}
