//! Where sign-in and directory would not meet, seen before it happens; and that it happens as it was said.

use model::{DirectoryStatus, Role};
use serde_json::json;
use server::login::meeting::{self, Finding};
use testkit::{Person, TestApp, each_database};

use crate::company::{Company, company, rows};

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
        let ann = t.account("ada@acme.test").await;
        let member = t.member(&acme.organization, &ann, Role::Admin).await;
        let mut browser = t.browser();
        t.session(&mut browser, &ann, Some(&member)).await;
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
