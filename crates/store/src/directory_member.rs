//! Members as a directory's users have them: behind many users at once, and by many addresses at once.

use std::sync::OnceLock;

use model::{DirectoryId, DirectoryUserId, Member, MemberId, OrganizationId};

use crate::db::on;
use crate::member::Row;
use crate::value::{LISTED, Text, fold, list_from, listed};
use crate::{Connected, Result};

static BEHIND: OnceLock<String> = OnceLock::new();
static AT: OnceLock<String> = OnceLock::new();

fn behind_statement() -> String {
    format!("SELECT * FROM members WHERE directory_user_id IN ({})", list_from(1))
}

fn at_statement() -> String {
    format!("SELECT * FROM members WHERE organization_id = $1 AND email_folded IN ({})", list_from(2))
}

/// The members behind these users.
pub async fn behind(c: &mut impl Connected, users: &[DirectoryUserId]) -> Result<Vec<Member>> {
    let sql = BEHIND.get_or_init(behind_statement);
    let mut all: Vec<Member> = Vec::new();
    for some in users.chunks(LISTED) {
        let rows: Vec<Row> = on!(c, |db| {
            let mut query = sqlx::query_as(sqlx::AssertSqlSafe(sql.as_str()));
            for id in listed(some) {
                query = query.bind(id);
            }
            query.fetch_all(db).await
        })?;
        all.extend(rows.into_iter().map(Member::from));
    }
    Ok(all)
}

/// The organization's members with one of these addresses.
pub async fn at(
    c: &mut impl Connected,
    organization: OrganizationId,
    emails: &[&str],
) -> Result<Vec<Member>> {
    let sql = AT.get_or_init(at_statement);
    let folded: Vec<String> = emails.iter().map(|email| fold(email)).collect();
    let mut all: Vec<Member> = Vec::new();
    for some in folded.chunks(LISTED) {
        let rows: Vec<Row> = on!(c, |db| {
            let mut query = sqlx::query_as(sqlx::AssertSqlSafe(sql.as_str())).bind(Text(organization));
            for email in listed(some) {
                query = query.bind(email);
            }
            query.fetch_all(db).await
        })?;
        all.extend(rows.into_iter().map(Member::from));
    }
    Ok(all)
}

/// Members behind a directory's users who lack a required field, or of whom a value could not be read, and who have not
/// left; in order of making, after `after`.
pub async fn troubled(
    c: &mut impl Connected,
    directory: DirectoryId,
    after: Option<MemberId>,
    limit: usize,
) -> Result<Vec<Member>> {
    let rows: Vec<Row> = on!(c, |db| sqlx::query_as(
        "SELECT m.* FROM directory_users u JOIN members m ON m.directory_user_id = u.id
         WHERE u.directory_id = $1 AND (m.status = 'incomplete' OR m.unread <> '[]')
           AND m.status NOT IN ('disconnected', 'erasing') AND m.id > $3
         ORDER BY m.id LIMIT $2"
    )
    .bind(Text(directory))
    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
    .bind(after.map(|id| id.to_string()).unwrap_or_default())
    .fetch_all(db)
    .await)?;
    Ok(rows.into_iter().map(Into::into).collect())
}
