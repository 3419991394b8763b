//! The pages: connecting Google behind a setup link, and looking after it.

use model::{DirectoryStatus, Purpose};
use serde_json::json;
use testkit::{databases, each_database};

use crate::world::World;

#[tokio::test]
async fn administrator_of_a_company_connects_google_behind_a_link() {
    for database in databases().await {
        let w = World::new(database, "google-directory-delegation", DirectoryStatus::Draft).await;
        w.google.user("1000", "ada@acme.test", json!({}));
        let token = w.t.api_token().await;
        let path = format!("/api/v1/organizations/{}/setup-links", w.org.id);
        let made =
            w.t.browser()
                .api("POST", &path, &token, Some(json!({"purposes": [Purpose::Scim.as_str()]})))
                .await;
        assert_eq!(made.status, 201, "{}", made.text);
        let url = made.json()["url"].as_str().unwrap().to_owned();
        let at = url.strip_prefix("http://127.0.0.1:8080").unwrap();
        let mut browser = w.t.browser();
        let page = browser.get(&format!("{at}/scim/providers/google-directory-delegation")).await;
        assert_eq!(page.status, 200, "{}", page.text);
        let chosen = browser.post(&format!("{at}/scim/providers/google-directory-delegation"), &[]).await;
        assert_eq!(chosen.location(), format!("{at}/scim/steps"), "{}", chosen.text);
        let steps = browser.get(&format!("{at}/scim/steps")).await;
        assert!(
            steps.text.contains("admin.directory.user.readonly") && !steps.text.contains("Base URL"),
            "{}",
            steps.text
        );
        let source = format!("{at}/scim/source");
        assert!(browser.get(&source).await.text.contains("Key file of the service account"));
        let key = w.google.key_file().to_string();
        for (fields, words) in [
            ([("key", "{}"), ("admin", "it@acme.test"), ("groups", "")], "service account"),
            ([("key", key.as_str()), ("admin", "x@acme.test"), ("groups", "")], "suspended"),
        ] {
            let wrong = browser.upload(&source, &fields, ("", b"")).await;
            assert_eq!(wrong.status, 422, "{}", wrong.text);
            assert!(wrong.text.contains(words) && !wrong.text.contains("PRIVATE KEY"), "{}", wrong.text);
        }
        let kept = browser
            .upload(&source, &[("key", &key), ("admin", "it@acme.test"), ("groups", "")], ("", b""))
            .await;
        assert_eq!(kept.location(), format!("{at}/scim/waiting"), "{}", kept.text);
        assert_eq!(w.read().await, 1);
        let waiting = browser.get(&format!("{at}/scim/waiting")).await;
        assert!(waiting.text.contains("ada Smith"), "{}", waiting.text);
        let live = browser.get(&format!("{at}/scim/live")).await;
        assert_eq!(live.status, 200, "{}", live.text);
        let live = browser.post(&format!("{at}/scim/live"), &[]).await;
        assert_eq!(live.status, 303, "{}", live.text);
        w.t.work().await;
        assert_eq!(w.status("ada@acme.test").await, "active");
    }
}

#[tokio::test]
async fn operator_sees_how_it_went_changes_it_and_reads_now() {
    for database in databases().await {
        let w = World::new(database, "google-directory-delegation", DirectoryStatus::Active).await;
        w.google.user("1000", "ada@acme.test", json!({}));
        assert_eq!(w.connect(json!({})).await.status, 200);
        w.read().await;
        let mut operator = w.t.browser();
        operator.add_cookie(&w.t.operator_cookie().await);
        let desk = format!("/console/organizations/{}/desk/directory", w.org.id);
        let at = format!("{desk}/{}/source", w.directory.id);
        let card = operator.get(&desk).await;
        assert!(card.text.contains("How we read it") && !card.text.contains("Base URL"), "{}", card.text);
        let page = operator.get(&at).await;
        assert!(page.text.contains("Read last on") && !page.text.contains("PRIVATE KEY"), "{}", page.text);
        // The key stays where none is pasted.
        let saved = operator.upload(&at, &[("admin", "it@acme.test"), ("groups", "")], ("", b"")).await;
        assert_eq!(saved.status, 303, "{}", saved.text);
        assert_eq!(w.read().await, 1, "new settings are read at once");
        assert_eq!(operator.post(&format!("{at}/read"), &[]).await.status, 303);
        w.google.workspace().failure = Some((403, "forbidden"));
        assert_eq!(w.read().await, 1);
        let page = operator.get(&at).await;
        assert!(
            page.text.contains("nobody was removed") && page.text.contains("Admin roles"),
            "{}",
            page.text
        );
    }
}

#[tokio::test]
async fn directory_whose_provider_sends_has_no_source() {
    each_database!(|t| {
        let org = t.organization("Acme").await;
        let (directory, _) = t.directory(&org, "okta-scim", DirectoryStatus::Active).await;
        let mut operator = t.operator().await;
        let at = format!("/console/organizations/{}/desk/directory/{}/source", org.id, directory.id);
        assert_eq!(operator.get(&at).await.status, 404);
        let path = format!("/api/v1/organizations/{}/directories/{}/source", org.id, directory.id);
        let token = t.api_token().await;
        let refused = t.browser().api("PUT", &path, &token, Some(json!({"file": {}}))).await;
        assert_eq!(refused.status, 409, "{}", refused.text);
    });
}

/// A directory that is read by consent, on a server that has a client at Google.
async fn by_consent(database: testkit::Database) -> (World, String) {
    let w = World::new(database, "google-directory", DirectoryStatus::Active).await;
    w.google.user("1000", "ada@acme.test", json!({}));
    let at = format!("/console/organizations/{}/desk/directory/{}/source", w.org.id, w.directory.id);
    (w, at)
}

#[tokio::test]
async fn operator_lets_google_be_read_by_consent() {
    for database in databases().await {
        let (w, at) = by_consent(database).await;
        let mut operator = w.t.browser();
        operator.add_cookie(&w.t.operator_cookie().await);
        let page = operator.get(&at).await;
        assert!(
            page.text.contains("Authorize with Google") && !page.text.contains("Key file"),
            "{}",
            page.text
        );
        let sent = operator.post(&format!("{at}/consent"), &[]).await;
        assert_eq!(sent.status, 303, "{}", sent.text);
        let url: url::Url = sent.location().parse().unwrap();
        let asked: std::collections::BTreeMap<String, String> = url.query_pairs().into_owned().collect();
        assert_eq!((asked["access_type"].as_str(), asked["prompt"].as_str()), ("offline", "consent"));
        let callback = "/directories/google/callback";
        let state = asked["state"].clone();
        for wrong in ["?code=consented&state=x".to_owned(), "?code=consented".to_owned()] {
            assert_eq!(operator.get(&format!("{callback}{wrong}")).await.status, 400);
        }
        let stranger = w.t.browser().get(&format!("{callback}?code=consented&state={state}")).await;
        assert_eq!(stranger.status, 400, "another browser brings nothing in");
        let back = operator.get(&format!("{callback}?code=consented&state={state}")).await;
        assert_eq!(back.location(), format!("{at}?done=source-saved"), "{}", back.text);
        let again = operator.get(&format!("{callback}?code=consented&state={state}")).await;
        assert_eq!(again.status, 400, "a consent is used once");
        assert_eq!(w.read().await, 1);
        assert_eq!(w.status("ada@acme.test").await, "active");
        assert_eq!(w.api("GET", "/source", None).await.json()["google"]["by_consent"], true);
        // The consent is withdrawn: nobody leaves, and people are told what to do.
        w.google.workspace().consented = false;
        w.read_later().await;
        assert_eq!(w.status("ada@acme.test").await, "active");
        assert!(operator.get(&at).await.text.contains("Authorize with Google again"));
    }
}

#[tokio::test]
async fn consent_that_comes_to_nothing_says_why() {
    for database in databases().await {
        let (w, at) = by_consent(database).await;
        let mut operator = w.t.browser();
        operator.add_cookie(&w.t.operator_cookie().await);
        for (answer, words) in
            [("error=access_denied", "no consent"), ("code=consented", "may not read users")]
        {
            w.google.workspace().admins.clear();
            operator.get(&at).await;
            let sent = operator.post(&format!("{at}/consent"), &[]).await;
            let url: url::Url = sent.location().parse().unwrap();
            let (_, state) = url.query_pairs().find(|(name, _)| name == "state").unwrap();
            let back = operator.get(&format!("/directories/google/callback?{answer}&state={state}")).await;
            assert!(back.location().starts_with(&format!("{at}?consent=")), "{}", back.location());
            let page = operator.get(back.location()).await;
            assert!(page.text.contains(words), "{}", page.text);
        }
        assert_eq!(w.api("GET", "/source", None).await.status, 404, "nothing was kept");
    }
}
