//! The editor of a directory's mapping: what it would change is shown before it is kept, and then reaches everybody.

use model::{DirectoryStatus, Role};
use serde_json::json;
use testkit::{Answer, TestApp, TestBrowser, each_database};

use crate::feed::{Feed, person};

/// An operator at the company's desk, and the editor's address.
async fn desk(t: &TestApp, feed: &Feed) -> (TestBrowser, String) {
    (t.operator().await, feed.desk("/mapping"))
}

/// Posts the form twice, as somebody does who looks at what changes and then saves. The page between.
async fn look_and_save(browser: &mut TestBrowser, page: &str, form: &[(&str, &str)]) -> Answer {
    browser.get(page).await;
    let shown = browser.post(page, form).await;
    assert_eq!(shown.status, 200, "nothing is kept before it was looked at: {}", shown.text);
    let name = shown.input("shown").expect("the name of what is shown");
    let mut again = form.to_vec();
    again.push(("shown", &name));
    let kept = browser.post(page, &again).await;
    assert_eq!(kept.status, 303, "{}", kept.text);
    shown
}

async fn country(feed: &Feed, address: &str) -> String {
    feed.member(address).await.and_then(|it| it.country).unwrap_or_default()
}

async fn role(feed: &Feed, address: &str) -> Role {
    feed.member(address).await.expect("a member").role
}

#[tokio::test]
async fn fallbacks_are_tried_on_people_who_came_and_reach_them_once_kept() {
    each_database!(|t| {
        let feed = Feed::new(&t, "acme.test", "okta-scim", DirectoryStatus::Active).await;
        for (address, addresses) in [
            ("ann@acme.test", json!([{"type": "work", "country": "DE"}, {"type": "home", "country": "FR"}])),
            ("bob@acme.test", json!([{"type": "work", "country": "DE"}])),
        ] {
            let mut it = person(address);
            it["addresses"] = addresses;
            it["urn:acme:2.0:User"] = json!({"plan": "plus"});
            assert_eq!(feed.call("POST", "/Users", Some(it)).await.status, 201);
        }
        let (mut browser, page) = desk(&t, &feed).await;
        let before = browser.get(&page).await;
        assert!(before.text.contains("places-country") && before.text.contains("DE"), "{}", before.text);
        let form = [
            ("places-country", "addresses[type eq \"home\"].country\naddresses[type eq \"work\"].country"),
            // The first place stands as the page showed it, so that the order that was written holds.
            ("country", "addresses[type eq \"work\"].country"),
            ("was-country", "addresses[type eq \"work\"].country"),
            ("own_key", "plan"),
            ("own_places", "*:plan"),
        ];
        let shown = look_and_save(&mut browser, &page, &form).await;
        assert!(shown.text.contains("Something is different for 2 of 2 people."), "{}", shown.text);
        assert!(
            shown.text.contains("Germany") && shown.text.contains("<b><bdi>France</bdi></b>"),
            "{}",
            shown.text
        );
        assert_eq!(country(&feed, "ann@acme.test").await, "DE", "the background has not worked yet");
        t.work().await;
        assert_eq!(country(&feed, "ann@acme.test").await, "FR");
        assert_eq!(
            country(&feed, "bob@acme.test").await,
            "DE",
            "the second place holds where the first has nothing"
        );
        assert!(feed.member("bob@acme.test").await.unwrap().extra.contains("plus"));
        // The page shows what is kept, and nothing differs from it, also where each first place is sent as it is shown.
        let home = "addresses[type eq \"home\"].country";
        assert_eq!(browser.get(&page).await.input("was-country").as_deref(), Some(home));
        let as_shown = [("country", home), ("was-country", home)];
        assert_eq!(browser.post(&page, &as_shown).await.status, 303);
        let after = browser.get(&page).await;
        assert!(after.text.contains("places-plan"), "{}", after.text);
        assert_eq!(browser.post(&page, &[]).await.status, 303);
    });
}

#[tokio::test]
async fn what_was_shown_is_what_is_kept_and_no_path_is_an_error_beside_its_field() {
    each_database!(|t| {
        let feed = Feed::new(&t, "acme.test", "okta-scim", DirectoryStatus::Active).await;
        feed.user("ann@acme.test").await;
        let (mut browser, page) = desk(&t, &feed).await;
        browser.get(&page).await;
        let shown = browser.post(&page, &[("places-country", "title")]).await;
        assert!(shown.text.contains("Country is missing."), "{}", shown.text);
        let name = shown.input("shown").unwrap();
        let other = [("places-country", "nickName"), ("shown", name.as_str())];
        assert_eq!(browser.post(&page, &other).await.status, 200, "other choices than those that were shown");
        let wrong = browser.post(&page, &[("places-country", "addresses[type eq"), ("shown", &name)]).await;
        assert_eq!(wrong.status, 422);
        assert!(
            wrong.text.contains("is not a path to an attribute") && wrong.text.contains("addresses[type eq")
        );
        let own = browser.post(&page, &[("own_key", "email"), ("own_places", "x")]).await;
        assert!(own.status == 422 && own.text.contains("none of the names above"), "{}", own.text);
        t.work().await;
        assert_eq!(country(&feed, "ann@acme.test").await, "DE");
    });
}

#[tokio::test]
async fn a_value_that_nobody_can_read_is_settled_for_everybody_who_has_it() {
    each_database!(|t| {
        let feed = Feed::new(&t, "acme.test", "okta-scim", DirectoryStatus::Active).await;
        let mut it = person("ann@acme.test");
        it["addresses"] = json!([{"type": "work", "country": "D-A-CH"}]);
        assert_eq!(feed.call("POST", "/Users", Some(it)).await.status, 201);
        assert_eq!(feed.status("ann@acme.test").await, "incomplete");
        let (mut browser, page) = desk(&t, &feed).await;
        assert!(browser.get(&page).await.text.contains("read-0-value"));
        let form = [("read-0-field", "country"), ("read-0-received", "D-A-CH"), ("read-0-value", "Austria")];
        look_and_save(&mut browser, &page, &form).await;
        t.work().await;
        assert_eq!(country(&feed, "ann@acme.test").await, "AT");
        assert_ne!(feed.status("ann@acme.test").await, "incomplete");
    });
}

#[tokio::test]
async fn of_several_groups_the_first_in_the_order_counts_and_the_order_is_changed_without_a_script() {
    each_database!(|t| {
        let feed = Feed::new(&t, "acme.test", "okta-scim", DirectoryStatus::Active).await;
        let (ann, bob) = (feed.user("ann@acme.test").await, feed.user("bob@acme.test").await);
        let staff = feed.group("Staff", &[&ann, &bob]).await;
        let admins = feed.group("Admins", &[&ann]).await;
        let (mut browser, page) = desk(&t, &feed).await;
        browser.get(&page).await;
        let first = [
            ("rules", "1"),
            ("rule-0-group", staff.as_str()),
            ("rule-0-role", "member"),
            ("new_group", &admins),
            ("new_role", "admin"),
        ];
        let shown = look_and_save(&mut browser, &page, &first).await;
        assert!(shown.text.contains("Nothing is different"), "{}", shown.text);
        t.work().await;
        assert_eq!(role(&feed, "ann@acme.test").await, Role::Member, "the first rule is about her too");
        let both = [
            ("rules", "1"),
            ("rule-0-group", staff.as_str()),
            ("rule-0-role", "member"),
            ("rule-1-group", &admins),
            ("rule-1-role", "admin"),
        ];
        let mut up = both.to_vec();
        up.push(("up", "1"));
        let moved = browser.post(&page, &up).await;
        assert_eq!(moved.status, 200);
        assert!(moved.text.contains("Something is different for 1 of 2 people."), "{}", moved.text);
        assert_eq!(moved.input("rule-0-group").as_deref(), Some(admins.as_str()));
        let swapped = [
            ("rules", "1"),
            ("rule-0-group", admins.as_str()),
            ("rule-0-role", "admin"),
            ("rule-1-group", &staff),
            ("rule-1-role", "member"),
        ];
        look_and_save(&mut browser, &page, &swapped).await;
        t.work().await;
        assert_eq!(role(&feed, "ann@acme.test").await, Role::Admin);
        // Renamed, the group is the same one; emptied and deleted, it gives nothing more.
        let rename = json!([{"op": "replace", "value": {"displayName": "Bosses"}}]);
        assert!(feed.patch(&format!("/Groups/{admins}"), rename).await.status.is_success());
        assert_eq!(role(&feed, "ann@acme.test").await, Role::Admin);
        assert!(
            feed.patch(&format!("/Groups/{admins}"), json!([{"op": "remove", "path": "members"}]))
                .await
                .status
                .is_success()
        );
        assert_eq!(role(&feed, "ann@acme.test").await, Role::Member, "emptied");
        let back = json!([{"op": "add", "path": "members", "value": [{"value": ann}, {"value": bob}]}]);
        assert!(feed.patch(&format!("/Groups/{admins}"), back).await.status.is_success());
        assert_eq!(role(&feed, "bob@acme.test").await, Role::Admin);
        assert_eq!(feed.call("DELETE", &format!("/Groups/{admins}"), None).await.status, 204);
        assert_eq!(role(&feed, "bob@acme.test").await, Role::Member, "deleted");
        assert!(browser.get(&page).await.text.contains("or it is gone"));
    });
}

#[tokio::test]
async fn an_app_role_of_entra_is_read_from_its_json_and_settled_where_its_name_is_not_ours() {
    each_database!(|t| {
        let feed = Feed::new(&t, "acme.test", "entra-scim", DirectoryStatus::Active).await;
        for (address, value) in [("ann@acme.test", "Administrator"), ("bob@acme.test", "Tenant.ReadWrite")] {
            let mut it = person(address);
            let app_role = json!({"id": "06b0", "value": value, "displayName": value}).to_string();
            it["roles"] =
                json!([{"primary": "True", "type": "WindowsAzureActiveDirectoryRole", "value": app_role}]);
            assert_eq!(feed.call("POST", "/Users", Some(it)).await.status, 201, "{address}");
        }
        assert_eq!(role(&feed, "ann@acme.test").await, Role::Admin);
        assert_eq!(role(&feed, "bob@acme.test").await, Role::Member);
        let (mut browser, page) = desk(&t, &feed).await;
        assert!(browser.get(&page).await.text.contains("Tenant.ReadWrite"));
        let form = [
            ("places-role", "roles[primary eq \"True\"].value"),
            ("read-0-field", "role"),
            ("read-0-received", "Tenant.ReadWrite"),
            ("read-0-value", "admin"),
        ];
        look_and_save(&mut browser, &page, &form).await;
        t.work().await;
        assert_eq!(role(&feed, "bob@acme.test").await, Role::Admin);
        assert_eq!(role(&feed, "ann@acme.test").await, Role::Admin);
    });
}
