//! Directory sync: the token that is shown once, and going live.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use model::DirectoryStatus;
use serde_json::json;
use testkit::{Answer, TestApp, each_database};

use crate::world::{Admin, Company};

fn token_in(answer: &Answer) -> String {
    let at = answer.text.find("fd_scim_").unwrap_or_else(|| panic!("no token: {}", answer.text));
    answer.text[at..].split(['<', '"', ' ']).next().unwrap_or_default().to_owned()
}

async fn works(t: &TestApp, acme: &Company, token: &str) -> StatusCode {
    let id = acme.directories(t).await[0].id;
    t.browser().api("GET", &format!("/scim/v2/{id}/Users"), token, None).await.status
}

#[tokio::test]
async fn the_token_is_shown_by_the_answer_that_makes_it_and_by_nothing_else() {
    each_database!(|t| {
        let acme = Company::new(&t, "Acme", "acme.test").await;
        let (_, link) = acme.link(&t, &["scim"]).await;
        let mut admin = Admin::new(&t, &link).await;
        for method in ["GET", "HEAD"] {
            let path = format!("{link}/scim/providers/okta-scim");
            let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
            assert_eq!(admin.browser.send(request).await.status, StatusCode::OK);
        }
        assert!(acme.directories(&t).await.is_empty());
        admin.get("/scim/providers").await;
        let shown = admin.post("/scim/providers/okta-scim", &[]).await;
        assert_eq!(shown.status, StatusCode::OK, "{}", shown.text);
        let first = token_in(&shown);
        assert_eq!(shown.headers["cache-control"], "no-store");
        assert!(!shown.text.contains("name=\"done\""), "no tick leads away from the token");
        assert_eq!(works(&t, &acme, &first).await, StatusCode::OK);
        // Whoever looks, however often, sees no token and uses none up.
        for method in ["HEAD", "GET", "GET"] {
            let path = format!("{link}/scim/steps");
            let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
            let answer = admin.browser.send(request).await;
            assert!(answer.status.is_success() && !answer.text.contains("fd_scim_"), "{}", answer.text);
        }
        let later = admin.get("/scim/steps").await;
        assert!(later.text.contains("The token was shown once"), "{}", later.text);
        assert!(later.text.contains("make a new one"), "{}", later.text);
        // The same choice once more, as a reload sends it, changes nothing.
        admin.go("/scim/providers/okta-scim", &[], "/scim/steps").await;
        assert_eq!(works(&t, &acme, &first).await, StatusCode::OK);
        let in_rows = t.contents().await;
        assert!(!format!("{in_rows:?}").contains(&first), "nothing keeps it");
    });
}

#[tokio::test]
async fn a_new_token_is_made_once_for_a_form_sent_twice() {
    each_database!(|t| {
        let acme = Company::new(&t, "Acme", "acme.test").await;
        let (_, link) = acme.link(&t, &["scim"]).await;
        let mut admin = Admin::new(&t, &link).await;
        let first = token_in(&admin.post("/scim/providers/okta-scim", &[]).await);
        let old = admin.get("/scim/steps").await.input("instead_of").expect("the token it replaces");
        let second = token_in(&admin.post("/scim/new-token", &[("instead_of", &old)]).await);
        assert_ne!(first, second);
        assert_eq!(works(&t, &acme, &first).await, StatusCode::UNAUTHORIZED);
        let told = admin.go("/scim/new-token", &[("instead_of", &old)], "/scim/steps?token=replaced").await;
        assert!(told.text.contains("A new token was made a moment ago"), "{}", told.text);
        assert_eq!(works(&t, &acme, &second).await, StatusCode::OK, "the one that was shown still works");
        assert_eq!(acme.told(&t, "directory.token_replaced").await, 1);
    });
}

#[tokio::test]
async fn a_directory_nobody_reached_follows_another_choice_and_goes_live_once() {
    each_database!(|t| {
        let acme = Company::new(&t, "Acme", "acme.test").await;
        let (_, link) = acme.link(&t, &["scim"]).await;
        let mut admin = Admin::new(&t, &link).await;
        let stale = token_in(&admin.post("/scim/providers/okta-scim", &[]).await);
        let token = token_in(&admin.post("/scim/providers/custom-scim2", &[]).await);
        let all = acme.directories(&t).await;
        assert_eq!((all.len(), all[0].provider.as_str()), (1, "custom-scim2"), "{all:?}");
        assert_eq!(works(&t, &acme, &stale).await, StatusCode::UNAUTHORIZED);
        let early = admin.post("/scim/live", &[]).await;
        assert_eq!(early.status, StatusCode::CONFLICT, "{}", early.text);
        let user = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ann@acme.test",
            "name": {"givenName": "Ann", "familyName": "Lee"}, "active": true});
        let path = format!("/scim/v2/{}/Users", all[0].id);
        assert_eq!(t.browser().api("POST", &path, &token, Some(user)).await.status, 201);
        admin.go("/scim/mapping", &[], "/scim/leavers").await;
        admin.go("/scim/leavers", &[("policy", "disconnect"), ("grace", "24")], "/scim/live").await;
        admin.go("/scim/live", &[], "/scim/live").await;
        admin.go("/scim/live", &[], "/scim/live").await;
        assert_eq!(acme.told(&t, "directory.activated").await, 1);
        // While people are taken in the receipt asks for itself again, with a script and without.
        let again = "<noscript><meta http-equiv=\"refresh\"";
        let under_way = admin.get("/scim/live").await;
        assert!(under_way.text.contains("0 of 1 person taken in"), "{}", under_way.text);
        assert!(under_way.text.contains(again) && under_way.text.contains("every 2s"), "{}", under_way.text);
        t.work().await;
        let done = admin.get("/scim/live").await;
        assert!(!done.text.contains(again) && !done.text.contains("every 2s"), "{}", done.text);
        assert!(done.text.contains("Back to the preview"), "{}", done.text);
        admin.go("/scim/off", &[], "/scim/live").await;
        admin.go("/scim/off", &[], "/scim/live").await;
        assert_eq!(acme.told(&t, "directory.updated").await, 2, "once for the event, once for the act");
        assert_eq!(acme.directories(&t).await[0].status, DirectoryStatus::Preview);
        assert!(admin.get("/scim/live").await.text.contains("Go live with 1 person"));
        t.assert_no_work().await;
    });
}
