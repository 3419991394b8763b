//! The one list of where a person's data may be, and how it goes from there.
//!
//! Owns the list: a table that is in neither [`ERASED`] nor [`WITHOUT_PEOPLE`] fails a test, so that whoever adds a
//! table decides. Does not own when a person is erased.

use model::{AccountId, DirectoryUserId, MemberId, OrganizationId};

use crate::db::on;
use crate::value::{Text, fold};
use crate::{Result, Tx};

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
}

/// What a statement is bound to, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bind {
    Member,
    Organization,
    Account,
    DirectoryUser,
    /// One folded address; the statement runs once for each.
    Email,
    /// A LIKE pattern that finds one folded address inside a text; the statement runs once for each.
    Mention,
    /// The same for an address as it stands in a URL.
    MentionEncoded,
    Name,
}

struct Statement {
    table: &'static str,
    /// Runs only where the account goes too.
    with_account: bool,
    sql: &'static str,
    binds: &'static [Bind],
}

const fn of_member(table: &'static str, sql: &'static str, binds: &'static [Bind]) -> Statement {
    Statement { table, with_account: false, sql, binds }
}

const fn of_account(table: &'static str, sql: &'static str, binds: &'static [Bind]) -> Statement {
    Statement { table, with_account: true, sql, binds }
}

/// Where a person's data may be, and how it goes. Rows that hang on these by foreign key go with them.
const ERASED: &[Statement] = &[
    of_member("sessions", "DELETE FROM sessions WHERE member_id = $1", &[Bind::Member]),
    of_member("grants", "DELETE FROM grants WHERE member_id = $1", &[Bind::Member]),
    of_member("invitations", "DELETE FROM invitations WHERE member_id = $1", &[Bind::Member]),
    of_account("invitations", "DELETE FROM invitations WHERE account_id = $1", &[Bind::Account]),
    of_account(
        "invitations",
        "DELETE FROM invitations WHERE lower(email) = $1 AND kind <> 'operator'",
        &[Bind::Email],
    ),
    of_member("mails", "DELETE FROM mails WHERE member_id = $1", &[Bind::Member]),
    of_member(
        "mails",
        "DELETE FROM mails WHERE organization_id = $1 AND recipient_folded = $2",
        &[Bind::Organization, Bind::Email],
    ),
    of_account("mails", "DELETE FROM mails WHERE recipient_folded = $1", &[Bind::Email]),
    of_member("login_attempts", "DELETE FROM login_attempts WHERE member_id = $1", &[Bind::Member]),
    of_member(
        "login_attempts",
        "DELETE FROM login_attempts WHERE organization_id = $1 AND lower(email) = $2",
        &[Bind::Organization, Bind::Email],
    ),
    of_member(
        "login_attempts",
        "DELETE FROM login_attempts
         WHERE organization_id = $1
           AND (lower(explanation) LIKE $2 ESCAPE '\\' OR lower(message) LIKE $2 ESCAPE '\\')",
        &[Bind::Organization, Bind::Mention],
    ),
    of_account("login_attempts", "DELETE FROM login_attempts WHERE account_id = $1", &[Bind::Account]),
    of_account("login_attempts", "DELETE FROM login_attempts WHERE lower(email) = $1", &[Bind::Email]),
    of_member(
        "shadow_results",
        "DELETE FROM shadow_results WHERE organization_id = $1 AND lower(email) = $2",
        &[Bind::Organization, Bind::Email],
    ),
    of_member(
        "shadow_results",
        "DELETE FROM shadow_results WHERE organization_id = $1 AND lower(explanation) LIKE $2 ESCAPE '\\'",
        &[Bind::Organization, Bind::Mention],
    ),
    of_member(
        "login_flows",
        "DELETE FROM login_flows WHERE lower(state) LIKE $1 ESCAPE '\\'",
        &[Bind::Mention],
    ),
    of_member(
        "sign_in_openings",
        "DELETE FROM sign_in_openings WHERE organization_id = $1 AND email_folded = $2",
        &[Bind::Organization, Bind::Email],
    ),
    of_member(
        "sign_in_openings",
        "UPDATE sign_in_openings SET reason = 'erased'
         WHERE organization_id = $1 AND lower(reason) LIKE $2 ESCAPE '\\'",
        &[Bind::Organization, Bind::Mention],
    ),
    of_member(
        "routing_pilots",
        "DELETE FROM routing_pilots
         WHERE domain_id IN (SELECT id FROM domains WHERE organization_id = $1) AND email_folded = $2",
        &[Bind::Organization, Bind::Email],
    ),
    of_member(
        "email_exceptions",
        "DELETE FROM email_exceptions WHERE organization_id = $1 AND email_folded = $2",
        &[Bind::Organization, Bind::Email],
    ),
    of_member(
        "email_exceptions",
        "UPDATE email_exceptions SET reason = 'erased'
         WHERE organization_id = $1 AND lower(reason) LIKE $2 ESCAPE '\\'",
        &[Bind::Organization, Bind::Mention],
    ),
    of_member(
        "tried_people",
        "DELETE FROM tried_people
         WHERE organization_id = $1 AND (email_folded = $2 OR lower(subject) = $2)",
        &[Bind::Organization, Bind::Email],
    ),
    of_member(
        "tried_people",
        "DELETE FROM tried_people WHERE organization_id = $1 AND lower(state) LIKE $2 ESCAPE '\\'",
        &[Bind::Organization, Bind::Mention],
    ),
    // An application may have pushed the person's address as a hint.
    of_member(
        "pushed_requests",
        "DELETE FROM pushed_requests WHERE lower(parameters) LIKE $1 ESCAPE '\\'",
        &[Bind::Mention],
    ),
    of_member("scim_requests", "DELETE FROM scim_requests WHERE subject_id = $1", &[Bind::DirectoryUser]),
    of_member(
        "scim_requests",
        "DELETE FROM scim_requests
         WHERE organization_id = $1
           AND (lower(path) LIKE $2 ESCAPE '\\' OR lower(body) LIKE $2 ESCAPE '\\'
                OR lower(outcome) LIKE $2 ESCAPE '\\')",
        &[Bind::Organization, Bind::Mention],
    ),
    of_member(
        "scim_requests",
        "DELETE FROM scim_requests WHERE organization_id = $1 AND lower(path) LIKE $2 ESCAPE '\\'",
        &[Bind::Organization, Bind::MentionEncoded],
    ),
    of_member(
        "directory_group_members",
        "DELETE FROM directory_group_members WHERE member_id = $1",
        &[Bind::DirectoryUser],
    ),
    of_member(
        "directory_user_emails",
        "DELETE FROM directory_user_emails WHERE user_id = $1",
        &[Bind::DirectoryUser],
    ),
    of_member("directory_users", "DELETE FROM directory_users WHERE id = $1", &[Bind::DirectoryUser]),
    of_member(
        "setup_links",
        "UPDATE setup_links SET created_by = 'somebody who has left' WHERE organization_id = $1 AND created_by = $2",
        &[Bind::Organization, Bind::Name],
    ),
    of_member(
        "setup_links",
        "UPDATE setup_links SET progress = '{}'
         WHERE organization_id = $1 AND lower(progress) LIKE $2 ESCAPE '\\'",
        &[Bind::Organization, Bind::Mention],
    ),
    of_member(
        "setup_links",
        "UPDATE setup_links SET sent_to = NULL WHERE organization_id = $1 AND lower(sent_to) = $2",
        &[Bind::Organization, Bind::Email],
    ),
    of_member(
        "imports",
        "UPDATE imports SET created_by = 'somebody who has left' WHERE organization_id = $1 AND created_by = $2",
        &[Bind::Organization, Bind::Name],
    ),
    of_member(
        "imports",
        "UPDATE imports SET result = '{}'
         WHERE organization_id = $1 AND lower(result) LIKE $2 ESCAPE '\\'",
        &[Bind::Organization, Bind::Mention],
    ),
    of_member(
        "audit_log",
        "UPDATE audit_log SET data = '{\"erased\":true}' WHERE organization_id = $1 AND target = $2",
        &[Bind::Organization, Bind::Member],
    ),
    of_member(
        "audit_log",
        "UPDATE audit_log SET data = '{\"erased\":true}'
         WHERE organization_id = $1 AND lower(data) LIKE $2 ESCAPE '\\'",
        &[Bind::Organization, Bind::Mention],
    ),
    of_member(
        "audit_log",
        "UPDATE audit_log SET target = NULL
         WHERE organization_id = $1 AND lower(target) LIKE $2 ESCAPE '\\'",
        &[Bind::Organization, Bind::Mention],
    ),
    of_member(
        "rate_limits",
        "DELETE FROM rate_limits WHERE lower(name) LIKE $1 ESCAPE '\\'",
        &[Bind::Mention],
    ),
    of_member(
        "events",
        "UPDATE events SET data = '{\"erased\":true}', member_id = NULL WHERE member_id = $1",
        &[Bind::Member],
    ),
    of_member(
        "account_identities",
        "DELETE FROM account_identities
         WHERE account_id = $1 AND connection_id IN (SELECT id FROM connections WHERE organization_id = $2)",
        &[Bind::Account, Bind::Organization],
    ),
    of_account("passkeys", "DELETE FROM passkeys WHERE account_id = $1", &[Bind::Account]),
    of_account("passkey_challenges", "DELETE FROM passkey_challenges WHERE owner_id = $1", &[Bind::Account]),
    of_member("members", "DELETE FROM members WHERE id = $1", &[Bind::Member]),
    // Sessions, grants, codes, tokens and identities of the account hang on it.
    of_account("accounts", "DELETE FROM accounts WHERE id = $1", &[Bind::Account]),
];

/// Tables that go with a row of [`ERASED`] by foreign key.
#[cfg(test)]
const GO_ALONG: &[&str] =
    &["departures", "ended_access_tokens", "refresh_tokens", "recovery_codes", "trace_shares"];

/// Tables that hold nothing about an organization's people: the vendor's own, an organization's settings, hashes,
/// counters, and jobs, whose payloads are ids.
#[cfg(test)]
const WITHOUT_PEOPLE: &[&str] = &[
    "settings",
    "keys",
    "operators",
    "operator_sessions",
    "api_tokens",
    "organizations",
    "domains",
    "connections",
    "connection_drafts",
    "connection_versions",
    "connection_shadows",
    "signal_transmitters",
    "connection_care",
    "directories",
    "directory_tokens",
    "directory_groups",
    "connection_troubles",
    "seen_assertions",
    "applications",
    "logout_calls",
    "event_counter",
    "jobs",
];

/// Removes every trace of the person, in the caller's transaction.
pub async fn erase(tx: &mut Tx, person: &Person) -> Result<()> {
    forget_files(tx, person).await?;
    for statement in ERASED {
        if statement.with_account && !person.account_goes {
            continue;
        }
        run(tx, statement, person).await?;
    }
    Ok(())
}

/// What the former organization could still see of somebody who keeps the account goes; the account stays.
pub async fn detach(tx: &mut Tx, person: &Person) -> Result<()> {
    let seen = [
        "members",
        "mails",
        "login_attempts",
        "shadow_results",
        "invitations",
        "sessions",
        "grants",
        "account_identities",
    ];
    for statement in ERASED.iter().filter(|s| !s.with_account && seen.contains(&s.table)) {
        run(tx, statement, person).await?;
    }
    Ok(())
}

async fn run(tx: &mut Tx, statement: &Statement, person: &Person) -> Result<()> {
    let for_each_email =
        statement.binds.iter().any(|bind| matches!(bind, Bind::Email | Bind::Mention | Bind::MentionEncoded));
    let emails: Vec<&str> =
        if for_each_email { person.emails.iter().map(String::as_str).collect() } else { vec![""] };
    for email in emails {
        let values: Option<Vec<String>> =
            statement.binds.iter().map(|bind| value(*bind, person, email)).collect();
        let Some(values) = values else { continue };
        on!(tx, |db| {
            let mut query = sqlx::query(statement.sql);
            for value in &values {
                query = query.bind(value.as_str());
            }
            query.execute(db).await.map(|_| ())
        })?;
    }
    Ok(())
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
        Bind::MentionEncoded => Some(pattern(&email.replace('@', "%40").replace('+', "%2b"))),
        Bind::Name => Some(person.name.clone()).filter(|name| !name.is_empty()),
    }
}

/// A LIKE pattern that finds `text` anywhere, with `\` as the escape.
fn pattern(text: &str) -> String {
    format!("%{}%", text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"))
}

/// Files of people that name this person are emptied; their counts stay. They may be in any encoding, so they are
/// searched as bytes, with and without the zero bytes of UTF-16.
async fn forget_files(tx: &mut Tx, person: &Person) -> Result<()> {
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
        }
    }
    Ok(())
}

fn mentions(content: &[u8], email: &str) -> bool {
    let plain: Vec<u8> = content.iter().filter(|b| **b != 0).map(u8::to_ascii_lowercase).collect();
    let needle = email.as_bytes();
    !needle.is_empty() && plain.windows(needle.len()).any(|window| window == needle)
}

#[cfg(test)]
mod tests {
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
            for place in 1..=statement.binds.len() {
                assert!(statement.sql.contains(&format!("${place}")), "{}", statement.sql);
            }
        }
    }

    #[test]
    fn an_address_is_found_in_a_file_of_any_encoding() {
        let utf16: Vec<u8> = "name;Ada@Acme.test".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert!(mentions(&utf16, "ada@acme.test") && mentions(b"x,ADA@acme.test,DE", "ada@acme.test"));
        assert!(!mentions(b"x,adam@acme.test", "ada@acme.test"));
        assert_eq!(pattern("a_b%c\\d"), "%a\\_b\\%c\\\\d%");
    }
}
