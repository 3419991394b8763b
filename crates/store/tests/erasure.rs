//! Nothing of an erased person is left in the database file: neither in a row nor in a freed page.

#![expect(clippy::format_collect, reason = "a failure message is put together plainly")]

use std::path::PathBuf;
use std::time::Duration;

use model::{AccountId, DirectoryUserId, MemberId, OrganizationId, Rng as _, SystemClock, SystemRng};
use sqlx::AssertSqlSafe;
use store::erasure::{Person, erase};
use store::{Connected as _, Db, Store, Target};

/// A word that is nowhere but in this person's data.
const WORD: &str = "zyxlovelace";

struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Rows about the person in every table that may have one. `{…}` are ids.
const ROWS: &[&str] = &[
    "INSERT INTO organizations (id, name, name_folded, leaver_policy, erase_grace_us, jit, self_service, created_at) VALUES ('{org}', 'Acme', 'acme', 'delete', 0, 1, 1, 1)",
    "INSERT INTO connections VALUES ('con_1', '{org}', 'saml', 'x', 'active', '{}', NULL, NULL, 1, 1)",
    "INSERT INTO directories VALUES ('dir_1', '{org}', 'x', 'active', '', NULL, 1, 1, '{}')",
    "INSERT INTO directory_users VALUES ('{user}', 'dir_1', 'WORD@acme.test', NULL, 'WORD@acme.test', 1, '{\"WORD\":1}', 1, 1, 1)",
    "INSERT INTO directory_groups VALUES ('grp_1', 'dir_1', 'all', NULL, '{}', 1, 1, 1)",
    "INSERT INTO directory_user_emails VALUES ('{user}', 'WORD@home.example')",
    "INSERT INTO directory_group_members VALUES ('grp_1', '{user}', 'User', 'WORD X')",
    "INSERT INTO scim_requests VALUES ('t1', 'dir_1', '{org}', 1, 'GET', '/Users?filter=userName%20eq%20%22WORD%40acme.test%22', 200, '', NULL, NULL)",
    "INSERT INTO scim_requests VALUES ('t2', 'dir_1', '{org}', 1, 'POST', '/Users', 201, '', 'WORD', '{user}')",
    "INSERT INTO scim_requests VALUES ('t3', 'dir_1', '{org}', 1, 'POST', '/Users', 409, 'WORD@Acme.test is taken', NULL, NULL)",
    "INSERT INTO accounts VALUES ('{account}', 'WORD@acme.test', 'WORD@acme.test', 1, 'WORD', 'X', NULL, 'WORD@home.example', NULL, 1)",
    "INSERT INTO account_identities VALUES ('con_1', 'WORD', '{account}', 1)",
    "INSERT INTO members (id, organization_id, account_id, directory_user_id, status, source, role, email, email_folded, first_name, name_folded, extra, unread, created_at, updated_at) VALUES ('{member}', '{org}', '{account}', '{user}', 'erasing', 'scim', 'admin', 'WORD@acme.test', 'WORD@acme.test', 'WORD', 'WORD', '{\"a\":\"WORD\"}', '[]', 1, 1)",
    "INSERT INTO invitations VALUES ('i1', 'claim', 'h1', '{org}', '{member}', NULL, 'WORD@acme.test', '{}', 1, 1, NULL)",
    "INSERT INTO invitations VALUES ('i2', 'sign_in', 'h2', NULL, NULL, NULL, 'WORD@home.example', '{}', 1, 1, NULL)",
    "INSERT INTO imports VALUES ('imp_1', '{org}', 'people.csv', CAST('Name,Email\nX,WORD@acme.test' AS BLOB), 'WORD X', 1, NULL, '{}')",
    "INSERT INTO sessions VALUES ('s1', 'h', '{account}', '{member}', '{org}', 'con_1', 'WORD', NULL, 1, 'saml', '', 1, 1, NULL, NULL, '{\"name_qualifier\":\"WORD\"}', 'sealed')",
    "INSERT INTO passkeys VALUES ('p1', 'WORDcredential', '{account}', NULL, 'h', 'WORD’s phone', '{}', 1, NULL)",
    "INSERT INTO passkey_challenges VALUES ('c1', 'b', 'register', '{account}', 'WORD', 1)",
    "INSERT INTO login_flows VALUES ('f1', 'b', 'x', '{\"email\":\"WORD@acme.test\"}', 1, 1)",
    "INSERT INTO login_attempts VALUES ('a1', 1, '{org}', 'con_1', NULL, NULL, 'WORD@acme.test', 0, 'x', '{}', 'WORD')",
    "INSERT INTO login_attempts VALUES ('a2', 1, '{org}', 'con_1', NULL, '{member}', NULL, 1, 'x', '{\"received\":\"WORD\"}', NULL)",
    "INSERT INTO login_attempts VALUES ('a3', 1, '{org}', 'con_1', NULL, NULL, NULL, 0, 'x', '{\"received\":\"WORD@acme.test\"}', NULL)",
    "INSERT INTO trace_shares VALUES ('h1', 'th', 'a1', '{org}', 1, 'member:{member}', 1, 1, NULL, 0, NULL)",
    "INSERT INTO sign_in_openings VALUES ('o1', '{org}', 'operator', NULL, 'WORD@acme.test', 'lost', 'system', 1, 1, NULL, NULL, NULL)",
    "INSERT INTO sign_in_openings VALUES ('o2', '{org}', 'operator', 'acme.test', NULL, 'WORD@acme.test called', 'system', 1, 1, NULL, NULL, NULL)",
    "INSERT INTO domains (id, organization_id, name, status, dns_token, created_at) VALUES ('dom_1', '{org}', 'acme.test', 'verified', 'x', 1)",
    "INSERT INTO routing_pilots VALUES ('dom_1', 'WORD@acme.test', 'rul_1')",
    "INSERT INTO email_exceptions VALUES ('exc_1', '{org}', 'WORD@home.example', 'WORD@home.example', 'builds', 'system', 1, NULL)",
    "INSERT INTO email_exceptions VALUES ('exc_2', '{org}', 'x@home.example', 'x@home.example', 'WORD@acme.test asked', 'system', 1, NULL)",
    "INSERT INTO tried_people VALUES ('con_1', 'WORD', '{org}', 'WORD@acme.test', '{\"name\":\"WORD\"}', 1)",
    "INSERT INTO recovery_codes VALUES ('r1', '{member}', 'sealed', 1, NULL)",
    "INSERT INTO events VALUES (1, 'e1', 'member.created', '{org}', '{member}', '{\"name\":\"WORD\"}', 1)",
    "INSERT INTO mails VALUES ('m1', 'invitation', '{member}', '{org}', 'WORD@acme.test', 'WORD@acme.test', 'WORD', 'WORD', 'WORD', 1, NULL, NULL)",
    "INSERT INTO mails VALUES ('m2', 'sign_in_link', NULL, NULL, 'WORD@home.example', 'WORD@home.example', '', '', '', 1, NULL, NULL)",
    "INSERT INTO audit_log VALUES ('l1', 1, 'system', 'member.invited', '{org}', '{member}', '{\"name\":\"WORD\"}')",
    "INSERT INTO audit_log VALUES ('l2', 1, 'system', 'x', '{org}', 'WORD@acme.test', '{\"to\":\"WORD@acme.test\"}')",
    "INSERT INTO setup_links VALUES ('k1', '{org}', 'kh', 'sso', 'WORD X', '{\"test\":\"WORD@acme.test\"}', 1, 1, NULL, NULL, NULL, NULL, 'WORD@acme.test')",
    "INSERT INTO rate_limits VALUES ('password:WORD@acme.test', 1, 1)",
];

#[tokio::test]
async fn an_erased_person_is_nowhere_in_the_file() {
    let mut random = [0; 8];
    SystemRng::default().fill(&mut random);
    let name: String = random.iter().map(|b| format!("{b:02x}")).collect();
    let folder = Folder(std::env::temp_dir().join(format!("frontdesk-erasure-{name}")));
    std::fs::create_dir_all(&folder.0).unwrap();
    let file = folder.0.join("test.sqlite");
    let store = Store::open(&Target::Sqlite(file.clone())).await.unwrap();

    let (clock, rng) = (SystemClock, SystemRng::default());
    let person = Person {
        member: MemberId::new(&clock, &rng),
        organization: OrganizationId::new(&clock, &rng),
        account: Some(AccountId::new(&clock, &rng)),
        account_goes: true,
        directory_user: Some(DirectoryUserId::new(&clock, &rng)),
        emails: vec![format!("{WORD}@acme.test"), format!("{WORD}@home.example")],
        name: format!("{WORD} X"),
    };
    let mut tx = store.write().await.unwrap();
    for row in ROWS {
        let sql = row
            .replace("WORD", WORD)
            .replace("{org}", &person.organization.to_string())
            .replace("{member}", &person.member.to_string())
            .replace("{account}", &person.account.unwrap().to_string())
            .replace("{user}", &person.directory_user.unwrap().to_string());
        let Db::Sqlite(db) = tx.db() else { unreachable!("the test opened SQLite") };
        sqlx::query(AssertSqlSafe(sql)).execute(db).await.unwrap_or_else(|e| panic!("{e}: {row}"));
    }
    tx.commit().await.unwrap();

    let mut tx = store.write().await.unwrap();
    erase(&mut tx, &person).await.unwrap();
    tx.commit().await.unwrap();
    store.close().await;
    tokio::time::timeout(Duration::from_secs(10), async {
        while std::fs::metadata(folder.0.join("test.sqlite-wal")).is_ok_and(|m| m.len() > 0) {
            tokio::task::yield_now().await;
        }
    })
    .await
    .expect("closing writes the log back");

    let bytes = std::fs::read(&file).unwrap().to_ascii_lowercase();
    let places: Vec<String> = bytes
        .windows(WORD.len())
        .enumerate()
        .filter(|(_, window)| *window == WORD.as_bytes())
        .map(|(at, _)| {
            String::from_utf8_lossy(&bytes[at.saturating_sub(60)..(at + 40).min(bytes.len())]).into_owned()
        })
        .collect();
    assert!(places.is_empty(), "still there: {places:#?}");
}
