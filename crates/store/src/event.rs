//! Reading the event stream. Appending is [`crate::Tx::append`].

use model::{EventId, MemberId, OrganizationId, Time};
use sqlx::FromRow;

use crate::db::on;
use crate::value::{At, Text};
use crate::{Connected, Result};

/// A fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Place in the stream: 1, 2, 3, … without gaps.
    pub position: i64,
    /// Its id.
    pub id: EventId,
    /// Dotted name, such as `member.activated`.
    pub kind: String,
    /// Whose fact.
    pub organization_id: Option<OrganizationId>,
    /// JSON object.
    pub data: String,
    /// When it became true.
    pub created_at: Time,
}

#[derive(FromRow)]
struct Row {
    position: i64,
    id: Text<EventId>,
    kind: String,
    organization_id: Option<Text<OrganizationId>>,
    data: String,
    created_at: At,
}

impl From<Row> for Event {
    fn from(r: Row) -> Self {
        Self {
            position: r.position,
            id: r.id.0,
            kind: r.kind,
            organization_id: r.organization_id.map(|v| v.0),
            data: r.data,
            created_at: r.created_at.0,
        }
    }
}

/// Facts after `position`, in order.
pub async fn list_after(c: &mut impl Connected, position: i64, limit: usize) -> Result<Vec<Event>> {
    let rows: Vec<Row> = on!(c, |db| sqlx::query_as(
        "SELECT position, id, kind, organization_id, data, created_at FROM events
         WHERE position > $1 ORDER BY position LIMIT $2"
    )
    .bind(position)
    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
    .fetch_all(db)
    .await)?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// The last facts about a member, newest first.
pub async fn list_of_member(c: &mut impl Connected, member: MemberId, limit: usize) -> Result<Vec<Event>> {
    let rows: Vec<Row> = on!(c, |db| sqlx::query_as(
        "SELECT position, id, kind, organization_id, data, created_at FROM events
         WHERE member_id = $1 ORDER BY position DESC LIMIT $2"
    )
    .bind(Text(member))
    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
    .fetch_all(db)
    .await)?;
    Ok(rows.into_iter().map(Into::into).collect())
}
