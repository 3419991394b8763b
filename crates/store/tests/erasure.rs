//! Nothing of an erased person is left in the database: in no row of any table; in the embedded database's file neither
//! in a freed page nor in the log.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use model::{AccountId, DirectoryUserId, MemberId, OrganizationId, SystemClock, SystemRng};
use sqlx::AssertSqlSafe;
use store::erasure::{Person, erase};
use store::{Connected as _, Db, Store, testing};
use testkit::databases;

/// A word that is nowhere but in this person's data.
const WORD: &str = "zyxlovelace";

/// Rows about the person in every table that may have one. `{…}` are ids.
const ROWS: &[&str] = &[
    "INSERT INTO organizations (id, name, name_folded, leaver_policy, erase_grace_us, jit, self_service, created_at) VALUES ('{org}', 'Acme', 'acme', 'delete', 0, TRUE, TRUE, 1)",
    "INSERT INTO connections VALUES ('con_1', '{org}', 'saml', 'x', 'active', '{}', NULL, NULL, 1, 1)",
    "INSERT INTO directories VALUES ('dir_1', '{org}', 'x', 'active', '', NULL, 1, 1, '{}', 0, 0, NULL)",
    "INSERT INTO directory_users VALUES ('{user}', 'dir_1', 'WORD@acme.test', 'WORD', 'WORD@acme.test', TRUE, '{\"WORD\":1}', 1, 1, 1, 'WORD', FALSE)",
    "INSERT INTO directory_marks VALUES ('dir_1', '', 1)",
    "INSERT INTO directory_groups VALUES ('grp_1', 'dir_1', 'all', NULL, '{}', 1, 1, 1)",
    "INSERT INTO directory_user_emails VALUES ('{user}', 'WORD@home.example')",
    "INSERT INTO pulled_users VALUES ('{user}', 'WORD')",
    "INSERT INTO directory_pulls (directory_id, source, settings, next_at) VALUES ('dir_1', 'file', 'sealed', 1)",
    "INSERT INTO pulled_files VALUES ('dir_1', CAST('Name,Email\nX,WORD@acme.test' AS BLOB), 1)",
    "INSERT INTO directory_group_members VALUES ('grp_1', '{user}', 'User', 'WORD X')",
    "INSERT INTO scim_requests VALUES ('t1', 'dir_1', '{org}', 1, 'GET', '/Users?filter=userName%20eq%20%22WORD%40acme.test%22', 200, '', NULL, NULL, NULL, NULL)",
    "INSERT INTO scim_requests VALUES ('t2', 'dir_1', '{org}', 1, 'POST', '/Users', 201, '', 'WORD', '{user}', 'WORD', NULL)",
    "INSERT INTO scim_requests VALUES ('t3', 'dir_1', '{org}', 1, 'POST', '/Users', 409, 'WORD@Acme.test is taken', NULL, NULL, NULL, NULL)",
    "INSERT INTO scim_requests VALUES ('t4', 'dir_1', '{org}', 1, 'PATCH', '/Users/x', 200, '', NULL, NULL, '{\"to\":\"WORD@acme.test\"}', NULL)",
    "INSERT INTO scim_requests VALUES ('t5', 'dir_1', '{org}', 1, 'PATCH', '/Groups/x', 200, '', '[{\"value\":\"{user}\",\"display\":\"WORD\"}]', NULL, NULL, NULL)",
    "INSERT INTO accounts VALUES ('{account}', 'WORD@acme.test', 'WORD@acme.test', 1, 'WORD', 'WORD', 'hash of WORD', 'WORD@home.example', 'WORD', 1, NULL)",
    "INSERT INTO account_identities VALUES ('con_1', 'WORD', '{account}', 1)",
    "INSERT INTO members (id, organization_id, account_id, directory_user_id, status, source, role, email, email_folded, first_name, last_name, country, current_city, current_state, name_folded, extra, unread, created_at, updated_at) VALUES ('{member}', '{org}', '{account}', '{user}', 'erasing', 'scim', 'admin', 'WORD@acme.test', 'WORD@acme.test', 'WORD', 'WORD', 'WORD', 'WORD', 'WORD', 'WORD', '{\"a\":\"WORD\"}', '[\"WORD\"]', 1, 1)",
    "INSERT INTO invitations VALUES ('i1', 'claim', 'h1', '{org}', '{member}', NULL, 'WORD@acme.test', '{\"password_hash\":\"WORD\"}', 1, 1, NULL)",
    "INSERT INTO invitations VALUES ('i2', 'sign_in', 'h2', NULL, NULL, NULL, 'WORD@home.example', '{}', 1, 1, NULL)",
    "INSERT INTO imports VALUES ('imp_1', '{org}', 'people.csv', CAST('Name,Email\nX,WORD@acme.test' AS BLOB), 'WORD X', 1, NULL, '{\"rejected\":\"WORD@acme.test\"}')",
    "INSERT INTO sessions VALUES ('s1', 'h', '{account}', '{member}', '{org}', 'con_1', 'WORD', 'WORD', 1, 'saml', 'WORD', 1, 1, 'WORD', 'WORD', '{\"name_qualifier\":\"WORD\"}', 'sealed WORD')",
    "INSERT INTO passkeys VALUES ('p1', 'WORDcredential', '{account}', NULL, 'WORD', 'WORD’s phone', '{\"k\":\"WORD\"}', 1, NULL)",
    "INSERT INTO passkey_challenges VALUES ('c1', 'b', 'register', '{account}', 'WORD', 1)",
    "INSERT INTO login_flows VALUES ('f1', 'b', 'x', '{\"email\":\"WORD@acme.test\"}', 1, 1)",
    "INSERT INTO login_attempts VALUES ('a1', 1, '{org}', 'con_1', NULL, NULL, 'WORD@acme.test', FALSE, 'x', '{}', 'WORD')",
    "INSERT INTO login_attempts VALUES ('a2', 1, '{org}', 'con_1', NULL, '{member}', NULL, TRUE, 'x', '{\"received\":\"WORD\"}', NULL)",
    "INSERT INTO login_attempts VALUES ('a3', 1, '{org}', 'con_1', NULL, NULL, NULL, FALSE, 'x', '{\"received\":\"WORD@acme.test\"}', NULL)",
    "INSERT INTO trace_shares VALUES ('h1', 'th', 'a1', '{org}', TRUE, 'member:{member}', 1, 1, NULL, 0, NULL)",
    "INSERT INTO sign_in_openings VALUES ('o1', '{org}', 'operator', NULL, 'WORD@acme.test', 'lost', 'system', 1, 1, NULL, NULL, NULL)",
    "INSERT INTO sign_in_openings VALUES ('o2', '{org}', 'operator', 'acme.test', NULL, 'WORD@acme.test called', 'system', 1, 1, NULL, NULL, NULL)",
    "INSERT INTO domains (id, organization_id, name, status, dns_token, created_at) VALUES ('dom_1', '{org}', 'acme.test', 'verified', 'x', 1)",
    "INSERT INTO routing_pilots VALUES ('dom_1', 'WORD@acme.test', 'rul_1')",
    "INSERT INTO email_exceptions VALUES ('exc_1', '{org}', 'WORD@home.example', 'WORD@home.example', 'builds', 'system', 1, NULL)",
    "INSERT INTO email_exceptions VALUES ('exc_2', '{org}', 'x@home.example', 'x@home.example', 'WORD@acme.test asked', 'system', 1, NULL)",
    "INSERT INTO tried_people VALUES ('con_1', 'WORD', '{org}', 'WORD@acme.test', '{\"name\":\"WORD\"}', 1)",
    "INSERT INTO recovery_codes VALUES ('r1', '{member}', 'sealed WORD', 1, NULL)",
    "INSERT INTO events VALUES (1, 'e1', 'member.created', '{org}', '{member}', '{\"name\":\"WORD\"}', 1)",
    "INSERT INTO mails VALUES ('m1', 'invitation', '{member}', '{org}', 'WORD@acme.test', 'WORD@acme.test', 'WORD', 'WORD', 'WORD', 1, NULL, 'no such person as WORD')",
    "INSERT INTO mails VALUES ('m3', 'directory_stopped', 'mem_other', '{org}', 'boss@acme.test', 'boss@acme.test', '', '', 'would leave: WORD X,
and 3 more', 1, NULL, NULL)",
    "INSERT INTO mails VALUES ('m4', 'sso_opened', NULL, '{org}', 'boss@acme.test', 'boss@acme.test', '', '', 'for WORD@acme.test', 1, 2, NULL)",
    "INSERT INTO jobs VALUES ('j1', 'mail.send', '{\"mail\":\"m1\"}', 1, 1, '550 <WORD@acme.test> unknown')",
    "INSERT INTO departures VALUES ('d1', 'dir_1', 'd1', '{member}', 'left', 1, 'deleted', '{user}')",
    "INSERT INTO group_losses VALUES ('grp_1', '{user}', 'dir_1', 'all', 'emptied', 1)",
    "INSERT INTO shadow_results VALUES ('w1', 'con_1', '{org}', 1, 'WORD@acme.test', TRUE, TRUE, FALSE, 'x', '{\"message\":\"WORD\"}')",
    "INSERT INTO shadow_results VALUES ('w2', 'con_1', '{org}', 1, NULL, TRUE, TRUE, FALSE, 'x', '{\"message\":\"WORD@acme.test\"}')",
    "INSERT INTO applications (id, name, metadata, created_at) VALUES ('app_1', 'Product', '{}', 1)",
    "INSERT INTO event_feeds (application_id, position, events, endpoint_url, created_at, last_error) VALUES ('app_1', 0, '[]', 'https://product.example/events', 1, '{\"description\":\"nobody is called WORD@acme.test\"}')",
    "INSERT INTO grants (id, application_id, account_id, member_id, scope, auth_at, method, created_at, claims, acr, amr) VALUES ('g1', 'app_1', '{account}', '{member}', 'openid', 1, 'saml', 1, 'WORD', 'WORD', 'WORD')",
    "INSERT INTO pushed_requests (uri_hash, application_id, parameters, expires_at) VALUES ('u1', 'app_1', 'login_hint=WORD@acme.test', 1)",
    "INSERT INTO events VALUES (2, 'e2', 'sso.opened', '{org}', NULL, '{\"reason\":\"WORD@acme.test called\"}', 1)",
    "INSERT INTO mails VALUES ('m2', 'sign_in_link', NULL, NULL, 'WORD@home.example', 'WORD@home.example', '', '', '', 1, NULL, NULL)",
    "INSERT INTO audit_log VALUES ('l1', 1, 'system', 'member.invited', '{org}', '{member}', '{\"name\":\"WORD\"}')",
    "INSERT INTO audit_log VALUES ('l2', 1, 'system', 'x', '{org}', 'WORD@acme.test', '{\"to\":\"WORD@acme.test\"}')",
    "INSERT INTO setup_links VALUES ('k1', '{org}', 'kh', 'sso', 'WORD X', '{\"test\":\"WORD@acme.test\"}', 1, 1, NULL, NULL, NULL, NULL, 'WORD@acme.test')",
    "INSERT INTO rate_limits VALUES ('password:WORD@acme.test', 1, 1)",
];

/// Columns of these tables that never hold what a person is called, reached by or known by: ids, kinds, states, hashes
/// and what the company said of itself.
const NOT_PERSONAL: &[(&str, &[&str])] = &[
    ("sessions", &["token_hash", "connection_id", "method"]),
    ("grants", &["application_id", "scope", "method"]),
    ("invitations", &["kind", "token_hash"]),
    ("mails", &["kind"]),
    ("jobs", &["kind", "payload"]),
    ("event_feeds", &["application_id", "events", "endpoint_url", "authorization_header"]),
    ("login_attempts", &["connection_id", "code"]),
    ("shadow_results", &["connection_id", "code"]),
    ("login_flows", &["browser_hash", "step"]),
    ("sign_in_openings", &["kind", "domain", "opened_by", "ended_by", "connection_id"]),
    ("routing_pilots", &["domain_id", "rule_id"]),
    ("email_exceptions", &["allowed_by"]),
    ("tried_people", &["connection_id"]),
    ("pushed_requests", &["uri_hash", "application_id", "browser_hash"]),
    ("scim_requests", &["directory_id", "method", "cause"]),
    ("directory_group_members", &["kind"]),
    ("group_losses", &["directory_id", "name", "how"]),
    ("directory_users", &["directory_id"]),
    ("setup_links", &["token_hash", "purposes", "last_used_from"]),
    ("imports", &["file_name"]),
    ("audit_log", &["actor", "action"]),
    ("events", &["kind"]),
    ("account_identities", &["connection_id"]),
    ("passkeys", &["operator_id"]),
    ("passkey_challenges", &["token_hash", "browser_hash", "purpose"]),
    ("members", &["status", "source", "role", "status_before"]),
];

fn ids() -> Person {
    let (clock, rng) = (SystemClock, SystemRng::default());
    Person {
        member: MemberId::new(&clock, &rng),
        organization: OrganizationId::new(&clock, &rng),
        account: Some(AccountId::new(&clock, &rng)),
        account_goes: true,
        directory_user: Some(DirectoryUserId::new(&clock, &rng)),
        emails: vec![format!("{WORD}@acme.test"), format!("{WORD}@home.example")],
        name: format!("{WORD} X"),
        first_name: WORD.to_owned(),
        last_name: "X".to_owned(),
    }
}

async fn fill(store: &Store, person: &Person) {
    put(store, person, ROWS).await;
}

async fn put(store: &Store, person: &Person, rows: &[&str]) {
    let mut tx = store.write().await.unwrap();
    for row in rows {
        let sql = row
            .replace("WORD", WORD)
            .replace("{org}", &person.organization.to_string())
            .replace("{member}", &person.member.to_string())
            .replace("{account}", &person.account.unwrap().to_string())
            .replace("{user}", &person.directory_user.unwrap().to_string());
        match tx.db() {
            Db::Sqlite(db) => sqlx::query(AssertSqlSafe(sql)).execute(db).await.map(drop),
            Db::Postgres(db) => {
                sqlx::query(AssertSqlSafe(sql.replace(" AS BLOB)", " AS BYTEA)"))).execute(db).await.map(drop)
            }
        }
        .unwrap_or_else(|e| panic!("{e}: {row}"));
    }
    tx.commit().await.unwrap();
}

/// Where the word is in a file of the embedded database.
fn found(file: &Path) -> Vec<String> {
    let bytes = std::fs::read(file).unwrap_or_default().to_ascii_lowercase();
    let places = bytes.windows(WORD.len()).enumerate().filter(|(_, window)| *window == WORD.as_bytes());
    places
        .map(|(at, _)| {
            String::from_utf8_lossy(&bytes[at.saturating_sub(60)..(at + 40).min(bytes.len())]).into_owned()
        })
        .collect()
}

#[tokio::test]
async fn an_erased_person_is_in_no_row_and_no_byte_of_the_files() {
    for database in databases().await {
        let store = database.open().await;
        let file: Option<PathBuf> = database.file().map(Path::to_path_buf);
        let person = ids();
        fill(&store, &person).await;
        let mut tx = store.write().await.unwrap();
        let removed = erase(&mut tx, &person).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!((removed["members"], removed["sessions"], removed.get("accounts")), (1, 1, None));
        store.scrub().await.unwrap();

        let (word, hex) =
            (WORD.to_owned(), WORD.bytes().map(|b| format!("{b:02x}")).collect::<Vec<_>>().concat());
        for (table, rows) in testing::contents(&mut store.read().await.unwrap()).await.unwrap() {
            for row in rows {
                let folded = row.to_lowercase();
                assert!(
                    !folded.contains(&word) && !folded.contains(&hex),
                    "{}: {table}: {row}",
                    database.name
                );
            }
        }
        // The store is open: this is what a copy of the disk would hold now.
        if let Some(file) = file {
            let log = file.with_extension("sqlite-wal");
            assert!(log.exists(), "the log is where it is looked for");
            assert_eq!(found(&log), Vec::<String>::new());
            assert_eq!(found(&file), Vec::<String>::new());
        }
    }
}

/// Rows about somebody whose address ends like that of the person who goes, and whose names begin like theirs.
const NEIGHBOUR: &[&str] = &[
    "INSERT INTO scim_requests VALUES ('n1', 'dir_1', '{org}', 1, 'GET', '/Users?filter=userName%20eq%20%22nWORD%40acme.test%22', 200, 'Looked for nWORD@acme.test', 'x.WORD@acme.test', NULL, 'WORD@acme.testing', NULL)",
    "INSERT INTO events VALUES (9, 'n9', 'sso.opened', '{org}', NULL, '{\"reason\":\"nWORD@acme.test called\"}', 1)",
    "INSERT INTO mails VALUES ('n1', 'directory_stopped', 'mem_other', '{org}', 'boss@acme.test', 'boss@acme.test', '', '', 'nWORD@acme.test; WORDs Xaver', 1, 2, NULL)",
    "INSERT INTO audit_log VALUES ('n1', 1, 'system', 'x', '{org}', 'nWORD@acme.test', '{\"to\":\"nWORD@acme.test\"}')",
    "INSERT INTO rate_limits VALUES ('password:nWORD@acme.test', 1, 1)",
    "INSERT INTO imports VALUES ('n1', '{org}', 'people.csv', CAST('Name,Email\nX,nWORD@acme.test' AS BLOB), 'n', 1, NULL, '{\"rejected\":\"nWORD@acme.test\"}')",
];

#[tokio::test]
async fn somebody_whose_address_ends_like_that_of_the_erased_keeps_every_record() {
    for database in databases().await {
        let store = database.open().await;
        let person = ids();
        fill(&store, &person).await;
        put(&store, &person, NEIGHBOUR).await;
        let mut tx = store.write().await.unwrap();
        erase(&mut tx, &person).await.unwrap();
        tx.commit().await.unwrap();
        let contents = testing::contents(&mut store.read().await.unwrap()).await.unwrap();
        let count = |table: &str, text: &str| {
            let rows = contents.iter().filter(|(name, _)| *name == table).flat_map(|(_, rows)| rows);
            rows.filter(|row| row.to_lowercase().contains(text)).count()
        };
        let address = format!("n{WORD}@acme.test");
        let hex = address.bytes().map(|b| format!("{b:02x}")).collect::<Vec<_>>().concat();
        for table in ["scim_requests", "events", "mails", "audit_log", "rate_limits", "imports"] {
            assert_eq!(count(table, &address), 1, "{}: {table}", database.name);
        }
        let files = count("imports", &hex) + count("imports", &format!("x,{address}"));
        assert!(files > 0, "{}: the file is whole", database.name);
    }
}

#[tokio::test]
async fn the_test_fills_every_column_that_may_name_a_person() {
    let database = testkit::sqlite();
    let store = database.open().await;
    fill(&store, &ids()).await;
    let person: BTreeSet<String> = testing::personal_tables().into_iter().map(ToOwned::to_owned).collect();
    for (table, column, values) in testing::texts(&mut store.read().await.unwrap()).await.unwrap() {
        let id = column == "id"
            || ["organization_id", "member_id", "account_id", "user_id", "trace_id"].contains(&&*column)
            || ["directory_user_id", "owner_id", "session_id", "subject_id", "group_id"].contains(&&*column);
        let told = NOT_PERSONAL.iter().any(|(t, columns)| *t == table && columns.contains(&&*column));
        if !person.contains(&table) || id || told {
            continue;
        }
        let filled = values.iter().any(|value| value.to_lowercase().contains(WORD));
        assert!(filled, "fill {table}.{column} in this test, or say in NOT_PERSONAL that it names nobody");
    }
}
