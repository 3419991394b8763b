//! Where sign-in and directory would not meet, seen before it happens; and that it happens as it was said.

use model::DirectoryStatus;
use serde_json::json;
use server::login::meeting::{self, Finding};
use testkit::{Person, TestApp, each_database};

use crate::company::{Company, company, is_signed_in, rows};

const JANE: Person<'static> = Person::new("jlee", "jlee@acme.test");

async fn sent(t: &TestApp, acme: &Company, status: DirectoryStatus, users: &[(&str, &str)]) {
    let (directory, token) = t.directory(&acme.organization, "okta-scim", status).await;
    for (user_name, email) in users {
        let mut user = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": user_name, "active": true,
            "externalId": format!("00u-{user_name}"), "name": {"givenName": "Ann", "familyName": "Lee"},
        });
        if !email.is_empty() {
            user["emails"] = json!([{"value": email, "type": "work", "primary": true}]);
        }
        let path = format!("/scim/v2/{}/Users", directory.id);
        let made = t.browser().api("POST", &path, &token, Some(user)).await;
        assert_eq!(made.status, 201, "{}", made.text);
    }
}

/// A test sign-in, as the wizard makes one.
async fn tests(t: &TestApp, acme: &Company, person: &Person<'_>) {
    let mut browser = t.browser();
    browser.get("/login").await;
    let mut tx = t.app.write().await.unwrap();
    let asserted = server::connection::Asserted::from_json(
        &json!({
            "subject": person.subject, "email": person.email,
            "attributes": [["email", [person.email]], ["firstName", ["Ann"]], ["lastName", ["Lee"]]],
            "name_id": null, "session_index": null, "session_not_on_or_after": null, "assertion": null,
            "auth_at": 0, "claims": null,
        }),
        t.app.now(),
    )
    .expect("an answer");
    meeting::remember(&t.app, &mut tx, acme.connection.id, acme.organization.id, &asserted).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn what_is_said_of_a_person_before_is_what_the_sign_in_does() {
    each_database!(|t| {
        let acme = company(&t, "Acme", "acme.test").await;
        sent(&t, &acme, DirectoryStatus::Active, &[("jane.lee@acme.test", "jane.lee@acme.test")]).await;
        tests(&t, &acme, &JANE).await;
        let laid = meeting::of_organization(&t.app, &acme.organization).await.unwrap();
        let [Finding::Second(seen, one)] = laid.findings.as_slice() else { panic!("{laid:?}") };
        assert_eq!((seen.subject.as_str(), one.user_name.as_str()), ("jlee", "jane.lee@acme.test"));
        // It was said that a second member would come. It does.
        assert_eq!(rows(&t, &["members"]).await, [1]);
        acme.signs_in(&t, &mut t.browser(), &JANE).await;
        assert_eq!(rows(&t, &["members"]).await, [2]);
    });
}

#[tokio::test]
async fn people_who_meet_are_counted_and_those_who_would_be_refused_are_told_why() {
    each_database!(|t| {
        let acme = company(&t, "Acme", "acme.test").await;
        let users = [
            ("Ann@ACME.test", "Ann@ACME.test"),
            ("bob", "bob@acme.test"),
            ("kim", "kim@studio.example"),
            ("00u-odd", "odd@acme.test"),
        ];
        sent(&t, &acme, DirectoryStatus::Preview, &users).await;
        tests(&t, &acme, &Person::new("u1", "ann@acme.test")).await;
        tests(&t, &acme, &Person::new("00u-bob", "bob@corp.example")).await;
        let laid = meeting::of_organization(&t.app, &acme.organization).await.unwrap();
        assert_eq!((laid.met, laid.to_come, laid.listed, laid.seen), (1, 1, 4, 2));
        assert!(
            matches!(
                laid.findings.as_slice(),
                [Finding::RefusedTwin(..), Finding::ByMail(_), Finding::CaseOnly(..)]
            ),
            "{:?}",
            laid.findings
        );
        // The company's page and the operators' say so in words, with the way out of the provider's console.
        let mut browser = t.administrator(&acme.organization, "ada@acme.test").await;
        assert!(browser.get("/org/sign-on").await.text.contains("/org/sign-on/joining"));
        let page = browser.get("/org/sign-on/joining").await;
        for words in [
            "One person would not meet",
            "Would be refused",
            "bob@corp.example",
            "Attribute Statements",
            "Confirms by mail",
            "upper and lower case alone",
        ] {
            assert!(page.text.contains(words), "{words}: {}", page.text);
        }
        // Once somebody signed in for real, the lasting name counts, whatever the address becomes.
        let odd = Person::new("u9", "odd@acme.test");
        acme.signs_in(&t, &mut t.browser(), &odd).await;
        let laid = meeting::of_organization(&t.app, &acme.organization).await.unwrap();
        assert_eq!((laid.met, laid.to_come), (2, 0));
    });
}

/// A person in a company's live directory.
struct Sent {
    at: String,
    token: String,
}

impl Sent {
    async fn of(t: &TestApp, it: &Company, email: &str) -> Self {
        let (directory, token) = t.directory(&it.organization, "okta-scim", DirectoryStatus::Active).await;
        let user = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": email, "active": true,
            "name": {"givenName": "Ann", "familyName": "Lee"}, "addresses": [{"type": "work", "country": "DE"}],
            "emails": [{"value": email, "type": "work", "primary": true}],
        });
        let users = format!("/scim/v2/{}/Users", directory.id);
        let made = t.browser().api("POST", &users, &token, Some(user)).await;
        Self { at: format!("{users}/{}", made.json()["id"].as_str().unwrap()), token }
    }

    async fn moves_to(&self, t: &TestApp, email: &str) -> u16 {
        let change = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{"op": "replace", "value": {"userName": email,
                "emails": [{"value": email, "type": "work", "primary": true}]}}],
        });
        t.browser().api("PATCH", &self.at, &self.token, Some(change)).await.status.as_u16()
    }
}

async fn account_at(t: &TestApp, email: &str) -> Option<model::Account> {
    store::account::lookup_email(&mut t.app.read().await.unwrap(), email).await.unwrap()
}

/// The account behind the member with this address.
async fn behind(t: &TestApp, it: &Company, email: &str) -> Option<model::AccountId> {
    let mut db = t.app.read().await.unwrap();
    let member = store::member::lookup_email(&mut db, it.organization.id, email).await.unwrap();
    member.and_then(|it| it.account_id)
}

#[tokio::test]
async fn an_address_that_changes_in_the_directory_before_the_first_sign_in_is_the_same_persons() {
    each_database!(|t| {
        let acme = company(&t, "Acme", "acme.test").await;
        let ann = Sent::of(&t, &acme, "ann@acme.test").await;
        assert_eq!(ann.moves_to(&t, "miller@acme.test").await, 200);
        let mut browser = t.browser();
        acme.signs_in(&t, &mut browser, &Person::new("s1", "miller@acme.test")).await;
        assert!(is_signed_in(&mut browser).await);
        assert_eq!(rows(&t, &["members", "accounts"]).await, [1, 1]);
        // The old address is free again: somebody else who gets it later is somebody else.
        let mut browser = t.browser();
        acme.signs_in(&t, &mut browser, &Person::new("s2", "ann@acme.test")).await;
        assert!(is_signed_in(&mut browser).await);
        assert_eq!(rows(&t, &["members", "accounts"]).await, [2, 2]);
    });
}

#[tokio::test]
async fn a_new_address_that_an_account_has_already_takes_nothing_from_it_and_the_person_stays_one() {
    each_database!(|t| {
        let acme = company(&t, "Acme", "acme.test").await;
        let strange = t.account_with_password("miller@acme.test", "a long enough password").await;
        let ann = Sent::of(&t, &acme, "ann@acme.test").await;
        let own = account_at(&t, "ann@acme.test").await.expect("Ann's account").id;
        assert_eq!(ann.moves_to(&t, "miller@acme.test").await, 200);
        assert_eq!(behind(&t, &acme, "miller@acme.test").await, Some(own));
        assert_eq!(account_at(&t, "miller@acme.test").await.map(|it| it.id), Some(strange.id));
        let mut browser = t.browser();
        acme.signs_in(&t, &mut browser, &Person::new("s1", "miller@acme.test")).await;
        let page = browser.get("/account").await;
        assert!(page.text.contains("ann@acme.test"), "Ann's account is the one that opens: {}", page.text);
        assert_eq!(rows(&t, &["members", "accounts"]).await, [1, 2]);
        let left = account_at(&t, "miller@acme.test").await.unwrap();
        assert_eq!((left.id, left.password_hash.is_some()), (strange.id, true));
    });
}

#[tokio::test]
async fn two_members_with_accounts_are_never_made_one_by_a_directory() {
    each_database!(|t| {
        let acme = company(&t, "Acme", "acme.test").await;
        let bob = Sent::of(&t, &acme, "bob@acme.test").await;
        let ann = Sent::of(&t, &acme, "ann@acme.test").await;
        assert_eq!(ann.moves_to(&t, "bob@acme.test").await, 409);
        let ids = [account_at(&t, "ann@acme.test").await, account_at(&t, "bob@acme.test").await];
        assert!(ids.iter().all(Option::is_some));
        // Once Bob has another one, his is free.
        assert_eq!(bob.moves_to(&t, "bob.lee@acme.test").await, 200);
        assert_eq!(ann.moves_to(&t, "bob@acme.test").await, 200);
        let [first, second] = ids.map(|it| it.map(|it| it.id));
        assert_eq!(behind(&t, &acme, "bob@acme.test").await, first);
        assert_eq!(behind(&t, &acme, "bob.lee@acme.test").await, second);
    });
}

#[tokio::test]
async fn a_directory_renames_no_account_of_another_company_nor_one_that_was_brought_along() {
    each_database!(|t| {
        let acme = company(&t, "Acme", "acme.test").await;
        let beta = company(&t, "Beta", "beta.test").await;
        for (own, work) in [("ann@acme.test", "ann@beta.test"), ("kim@home.example", "kim@beta.test")] {
            // A person of Acme, and one with a private address, have a place at Beta under an address of Beta's.
            let sent = Sent::of(&t, &beta, work).await;
            let account = model::Account { email: own.to_owned(), ..account_at(&t, work).await.unwrap() };
            let mut tx = t.app.write().await.unwrap();
            store::account::update(&mut tx, &account).await.unwrap();
            tx.commit().await.unwrap();

            assert_eq!(sent.moves_to(&t, &format!("x.{work}")).await, 200);
            assert_eq!(behind(&t, &beta, &format!("x.{work}")).await, Some(account.id));
            assert_eq!(account_at(&t, own).await.map(|it| it.id), Some(account.id), "still {own}");
            // And Beta's provider does not open it by that address.
            let person = format!("x.{work}");
            let refused = beta.signs_in(&t, &mut t.browser(), &Person::new(work, &person)).await;
            assert_eq!(refused.status, 403);
            assert!(
                refused.text.contains("account of your own") && !refused.text.contains(own),
                "{}",
                refused.text
            );
            assert!(account_at(&t, &person).await.is_none(), "no other account without a place");
            let mut db = t.app.read().await.unwrap();
            let sessions = store::session::list(&mut db, account.id, t.app.now()).await.unwrap();
            assert!(sessions.is_empty(), "{own} is not Beta's to open");
            drop(db);
            // Nor does its directory give anybody an address of Acme's.
            assert_eq!(sent.moves_to(&t, "eve@acme.test").await, 400);
            assert!(account_at(&t, "eve@acme.test").await.is_none());
        }
        assert!(behind(&t, &acme, "ann@acme.test").await.is_none());
    });
}
