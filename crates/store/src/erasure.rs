//! The one list of where a person's data may be, and how it goes from there.
//!
//! Owns the list: a table that is in neither [`ERASED`] nor [`WITHOUT_PEOPLE`] fails a test, so that whoever adds a
//! table decides. Does not own when a person is erased.

mod places;
mod whole;

use std::collections::BTreeMap;

use model::{AccountId, DirectoryUserId, MemberId, OrganizationId};

use crate::db::on;
use crate::value::{Text, fold};
use crate::{Result, Tx, directory_mark, directory_user};
use places::{Bind, ERASED, Statement};
use whole::Needle;

/// What stays with a company when a leaver keeps the account: what its own directory says, which is none of the person's
/// new life, and the facts of the time before, which the vendor's product alone reads.
const KEPT_BY_COMPANY: &[&str] =
    &["directory_users", "directory_user_emails", "directory_group_members", "events"];

/// Whose data goes.
#[derive(Debug, Clone)]
pub struct Person {
    /// The place that goes.
    pub member: MemberId,
    /// In which organization.
    pub organization: OrganizationId,
    /// Whose place it was.
    pub account: Option<AccountId>,
    /// Whether the account goes too: it has no place elsewhere.
    pub account_goes: bool,
    /// The directory's user behind the member.
    pub directory_user: Option<DirectoryUserId>,
    /// Addresses of the person.
    pub emails: Vec<String>,
    /// The name as written.
    pub name: String,
    /// The first name, for where somebody else's record names the person; may be empty.
    pub first_name: String,
    /// The last name; may be empty.
    pub last_name: String,
}

/// Removes every trace of the person, in the caller's transaction. Answers how many rows of which table named the member.
/// What hung on the account alone is not counted: whether an account went tells whether it had another place.
pub async fn erase(tx: &mut Tx, person: &Person) -> Result<BTreeMap<&'static str, u64>> {
    let mut removed = BTreeMap::from([("imports", forget_files(tx, person).await?)]);
    for statement in ERASED {
        if statement.with_account && !person.account_goes {
            continue;
        }
        let rows = run(tx, statement, person).await?;
        if !statement.with_account {
            *removed.entry(statement.table).or_default() += rows;
        }
    }
    removed.retain(|_, rows| *rows > 0);
    Ok(removed)
}

/// What the former organization could still see of somebody who keeps the account goes; the account stays.
pub async fn detach(tx: &mut Tx, person: &Person) -> Result<()> {
    forget_files(tx, person).await?;
    for statement in ERASED.iter().filter(|s| !s.with_account && !KEPT_BY_COMPANY.contains(&s.table)) {
        run(tx, statement, person).await?;
    }
    match person.directory_user {
        Some(user) => directory_user::claim(tx, user).await,
        None => Ok(()),
    }
}

/// The tables from which an erasure removes something.
pub(crate) fn tables() -> Vec<&'static str> {
    let mut all: Vec<&str> = ERASED.iter().map(|statement| statement.table).collect();
    all.dedup();
    all
}

async fn run(tx: &mut Tx, statement: &Statement, person: &Person) -> Result<u64> {
    let mut rows = 0;
    if let (true, Some(user)) = (statement.table == "directory_users", person.directory_user) {
        directory_mark::leave(tx, user).await?;
    }
    let for_each_email =
        statement.binds.iter().any(|bind| matches!(bind, Bind::Email | Bind::Mention | Bind::MentionEncoded));
    let emails: Vec<&str> =
        if for_each_email { person.emails.iter().map(String::as_str).collect() } else { vec![""] };
    for email in emails {
        let values: Option<Vec<String>> =
            statement.binds.iter().map(|bind| value(*bind, person, email)).collect();
        let Some(values) = values else { continue };
        match statement.find {
            None => rows += execute(tx, statement.sql, &values).await?,
            Some(find) => {
                for key in mentioning(tx, find, statement.binds, person, email, &values).await? {
                    rows += execute(tx, statement.sql, &[key]).await?;
                }
            }
        }
    }
    Ok(rows)
}

async fn execute(tx: &mut Tx, sql: &'static str, values: &[String]) -> Result<u64> {
    Ok(on!(tx, |db| {
        let mut query = sqlx::query(sql);
        for value in values {
            query = query.bind(value.as_str());
        }
        query.execute(db).await.map(|done| done.rows_affected())
    })?)
}

/// The keys of rows whose text mentions the person as a whole: a pattern also finds the end of a longer address.
async fn mentioning(
    tx: &mut Tx,
    find: &'static str,
    binds: &[Bind],
    person: &Person,
    email: &str,
    values: &[String],
) -> Result<Vec<String>> {
    let found: Vec<(String, String)> = on!(tx, |db| {
        let mut query = sqlx::query_as(find);
        for value in values {
            query = query.bind(value.as_str());
        }
        query.fetch_all(db).await
    })?;
    let needles: Vec<Needle> = binds.iter().filter_map(|bind| needle(*bind, person, &fold(email))).collect();
    let mentions = |text: &str| needles.iter().all(|needle| needle.is_in(text));
    Ok(found.into_iter().filter(|(_, text)| mentions(text)).map(|(key, _)| key).collect())
}

fn needle(bind: Bind, person: &Person, email: &str) -> Option<Needle> {
    match bind {
        Bind::Mention => Some(Needle::Address(email.to_owned())),
        Bind::MentionEncoded => Some(Needle::Address(encoded(email))),
        Bind::FirstName => Some(Needle::Word(fold(&person.first_name))),
        Bind::LastName => Some(Needle::Word(fold(&person.last_name))),
        _ => None,
    }
}

/// An address as it stands in a URL.
fn encoded(email: &str) -> String {
    email.replace('@', "%40").replace('+', "%2b")
}

/// Nothing where the person has no such thing: then the statement finds nothing either.
fn value(bind: Bind, person: &Person, email: &str) -> Option<String> {
    let email = fold(email);
    match bind {
        Bind::Member => Some(person.member.to_string()),
        Bind::Organization => Some(person.organization.to_string()),
        Bind::Account => person.account.map(|id| id.to_string()),
        Bind::DirectoryUser => person.directory_user.map(|id| id.to_string()),
        Bind::Email => Some(email),
        Bind::Mention => Some(pattern(&email)),
        Bind::MentionEncoded => Some(pattern(&encoded(&email))),
        Bind::FirstName | Bind::LastName if person.first_name.is_empty() || person.last_name.is_empty() => {
            None
        }
        Bind::FirstName => Some(pattern(&fold(&person.first_name))),
        Bind::LastName => Some(pattern(&fold(&person.last_name))),
        Bind::MentionUser => person.directory_user.map(|id| pattern(&id.to_string())),
        Bind::Name => Some(person.name.clone()).filter(|name| !name.is_empty()),
    }
}

/// A LIKE pattern that finds `text` anywhere, with `\` as the escape.
fn pattern(text: &str) -> String {
    format!("%{}%", text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"))
}

/// Files of people that name this person are emptied; their counts stay. They may be in any encoding, so they are
/// searched as bytes, with and without the zero bytes of UTF-16.
async fn forget_files(tx: &mut Tx, person: &Person) -> Result<u64> {
    let mut emptied = 0;
    let ids: Vec<String> =
        on!(tx, |db| sqlx::query_scalar("SELECT id FROM imports WHERE organization_id = $1")
            .bind(Text(person.organization))
            .fetch_all(db)
            .await)?;
    for id in ids {
        let content: Vec<u8> = on!(tx, |db| sqlx::query_scalar("SELECT content FROM imports WHERE id = $1")
            .bind(&id)
            .fetch_one(db)
            .await)?;
        if person.emails.iter().any(|email| mentions(&content, &fold(email))) {
            on!(tx, |db| sqlx::query("UPDATE imports SET content = $2 WHERE id = $1")
                .bind(&id)
                .bind(Vec::<u8>::new())
                .execute(db)
                .await
                .map(|_| ()))?;
            emptied += 1;
        }
    }
    // One that waits to be read goes whole: emptied, it would say that nobody is left.
    let waiting: Vec<(String, Vec<u8>)> = on!(tx, |db| sqlx::query_as(
        "SELECT f.directory_id, f.content FROM pulled_files f JOIN directories d ON d.id = f.directory_id
         WHERE d.organization_id = $1"
    )
    .bind(Text(person.organization))
    .fetch_all(db)
    .await)?;
    for (id, content) in waiting {
        if person.emails.iter().any(|email| mentions(&content, &fold(email))) {
            on!(tx, |db| sqlx::query("DELETE FROM pulled_files WHERE directory_id = $1")
                .bind(&id)
                .execute(db)
                .await
                .map(|_| ()))?;
            emptied += 1;
        }
    }
    Ok(emptied)
}

fn mentions(content: &[u8], email: &str) -> bool {
    let plain: Vec<u8> = content.iter().filter(|b| **b != 0).map(u8::to_ascii_lowercase).collect();
    Needle::Address(email.to_owned()).is_in(&String::from_utf8_lossy(&plain))
}

#[cfg(test)]
mod tests {
    use super::places::{GO_ALONG, WITHOUT_PEOPLE};
    use super::*;

    /// Whoever adds a table says here whether a person's data may be in it.
    #[test]
    fn every_table_is_decided() {
        let migrations: String = crate::migrate::STEPS.iter().map(|(_, sql)| *sql).collect();
        let named = |act| {
            let lines = migrations.lines().filter_map(move |line| line.strip_prefix(act));
            lines
                .filter_map(|rest| rest.trim_end_matches(';').split_whitespace().next())
                .collect::<Vec<&str>>()
        };
        let (mut tables, gone) = (named("CREATE TABLE "), named("DROP TABLE "));
        tables.retain(|table| !gone.contains(table));
        assert!(tables.len() > 30, "the schema is read");
        for table in tables {
            let erased = ERASED.iter().any(|s| s.table == table) || GO_ALONG.contains(&table);
            assert!(erased != WITHOUT_PEOPLE.contains(&table), "say in erasure.rs what becomes of {table}");
        }
    }

    #[test]
    fn statements_name_the_table_they_are_about() {
        for statement in ERASED {
            assert!(statement.sql.contains(statement.table), "{}", statement.sql);
            let sql = statement.find.unwrap_or(statement.sql);
            assert!(sql.contains(statement.table), "{sql}");
            for place in 1..=statement.binds.len() {
                assert!(sql.contains(&format!("${place}")), "{sql}");
            }
        }
    }

    #[test]
    fn an_address_is_found_in_a_file_of_any_encoding() {
        let utf16: Vec<u8> = "name;Ada@Acme.test".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert!(mentions(&utf16, "ada@acme.test") && mentions(b"x,ADA@acme.test,DE", "ada@acme.test"));
        assert!(
            !mentions(b"x,adam@acme.test", "ada@acme.test")
                && !mentions(b"x,nada@acme.test", "ada@acme.test")
        );
        assert_eq!(pattern("a_b%c\\d"), "%a\\_b\\%c\\\\d%");
    }
}
