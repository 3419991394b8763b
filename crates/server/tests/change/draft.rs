//! A draft, from the first wish to the way back.

use serde_json::json;
use testkit::{Person, SamlProvider, each_database};

use crate::world::{ANN, Company, events, told};

#[tokio::test]
async fn what_is_changed_touches_nobody_until_it_was_tested_and_is_put_in_use_and_one_step_goes_back() {
    each_database!(|t| {
        let mut acme = Company::new(&t, "Acme", "acme.test").await;
        let before = acme.stored(&t).await;
        let new = acme.rotated();
        let draft = acme
            .ok(
                &t,
                "PUT",
                "/draft",
                Some(json!({"metadata_xml": new.metadata(), "only_new_certificates": true})),
            )
            .await;
        assert_eq!((&draft["tested_at"], &draft["can_replace"]), (&json!(null), &json!(false)));
        assert_eq!(acme.ok(&t, "GET", "/draft", None).await, draft);
        assert_eq!(acme.stored(&t).await, before, "a draft is beside what is in use");
        assert_eq!(acme.signs_in(&t, &acme.idp, &ANN).await.status, 303);
        acme.refused(&t, "POST", "/draft/replace", json!({}), "connection_untested").await;
        let page = acme.tests(&t, &new, &ANN).await;
        assert_eq!(page.status, 200, "{}", page.text);
        assert!(page.text.contains("Test passed") && page.text.contains("ann@acme.test"), "{}", page.text);
        // The old key signs real sign-ins still, and nobody was signed in by the test.
        assert_eq!(acme.stored(&t).await.config, before.config);
        assert_eq!(acme.signs_in(&t, &acme.idp, &ANN).await.status, 303);
        let draft = acme.ok(&t, "GET", "/draft", None).await;
        assert_eq!(draft["can_replace"], true, "{draft}");
        let replaced = acme.ok(&t, "POST", "/draft/replace", Some(json!({"draft": draft["id"]}))).await;
        assert_eq!(replaced["saml"]["certificates"], draft["saml"]["certificates"]);
        assert_eq!((told(&t, "connection.replaced").await, events(&t, "connection.replaced").await), (1, 1));
        assert!(acme.draft(&t).await.is_none());
        assert_eq!(acme.signs_in(&t, &new, &ANN).await.status, 303);
        assert_eq!(acme.signs_in(&t, &acme.idp, &ANN).await.status, 403, "the old key goes");
        let versions = acme.ok(&t, "GET", "/versions", None).await;
        assert_eq!(versions["data"].as_array().unwrap().len(), 1, "{versions}");
        let version = &versions["data"][0];
        assert!(version["replaced_by"].as_str().unwrap().starts_with("api:"), "{version}");
        acme.ok(&t, "POST", "/revert", Some(json!({"version": version["id"]}))).await;
        let back = acme.stored(&t).await;
        assert_eq!((back.config, back.status), (before.config, before.status));
        assert_eq!((told(&t, "connection.reverted").await, events(&t, "connection.reverted").await), (1, 1));
        // What was in use is not lost: it is the draft again, to be tested anew.
        let again = acme.ok(&t, "GET", "/draft", None).await;
        assert_eq!(again["saml"]["certificates"], draft["saml"]["certificates"]);
        assert_eq!(again["tested_at"], json!(null));
        assert_eq!(acme.signs_in(&t, &acme.idp, &ANN).await.status, 303);
    });
}

#[tokio::test]
async fn a_test_shows_beside_each_other_what_differs_and_what_that_would_mean() {
    each_database!(|t| {
        let mut acme = Company::new(&t, "Acme", "acme.test").await;
        acme.signs_in(&t, &acme.idp, &ANN).await;
        // The same provider and key, read by other names.
        let attributes =
            json!({"id": "email", "firstName": "lastName", "country": "nothing", "role": "firstName"});
        acme.ok(&t, "PUT", "/draft", Some(json!({"attributes": attributes}))).await;
        let page = acme.tests(&t, &acme.idp.clone(), &ANN).await;
        for words in [
            "People already known would be joined by their address instead",
            "Name at the provider",
            "ann-1",
            "The profile would be changed to this",
            "2 things differ",
            "would have taken this very answer too",
        ] {
            assert!(page.text.contains(words), "{words}: {}", page.text);
        }
        // Another key: who signs differs, and the settings in use say why they would have refused.
        let new = acme.rotated();
        acme.ok(&t, "PUT", "/draft", Some(json!({"metadata_xml": new.metadata()}))).await;
        let page = acme.tests(&t, &new, &ANN).await;
        for words in [
            "Signed by",
            "not this one; trusted",
            "would have refused this very answer",
            "Another key vouches",
        ] {
            assert!(page.text.contains(words), "{words}: {}", page.text);
        }
        // Another provider altogether: the person is compared with what is known here.
        let other = SamlProvider::of("elsewhere.test");
        acme.drafts(&t, &other).await;
        let page = acme.tests(&t, &other, &Person::new("ann-somewhere", "ann@acme.test")).await;
        for words in ["what is known of the person here", "ann-somewhere", "joined by their address instead"]
        {
            assert!(page.text.contains(words), "{words}: {}", page.text);
        }
        let stranger = acme.tests(&t, &other, &Person::new("bob", "bob@acme.test")).await;
        assert!(stranger.text.contains("nothing to compare with"), "{}", stranger.text);
    });
}

#[tokio::test]
async fn names_that_were_chosen_are_read_first_by_real_sign_ins_once_in_use() {
    each_database!(|t| {
        let mut acme = Company::new(&t, "Acme", "acme.test").await;
        let attributes = json!({"lastName": "firstName", "groups": " "});
        let draft = acme.ok(&t, "PUT", "/draft", Some(json!({"attributes": attributes}))).await;
        assert_eq!(draft["attributes"], json!({"lastName": "firstName"}));
        acme.tests(&t, &acme.idp.clone(), &ANN).await;
        acme.ok(&t, "POST", "/draft/replace", Some(json!({}))).await;
        assert_eq!(acme.signs_in(&t, &acme.idp, &ANN).await.status, 303);
        let mut db = t.app.read().await.unwrap();
        let member = store::member::lookup_email(&mut db, acme.organization.id, ANN.email).await.unwrap();
        assert_eq!(member.unwrap().last_name.as_deref(), Some("Ann"));
    });
}

#[tokio::test]
async fn what_a_provider_publishes_anew_goes_on_being_taken_and_a_draft_stays_good() {
    each_database!(|t| {
        let mut acme = Company::new(&t, "Acme", "acme.test").await;
        acme.drafts(&t, &acme.rotated()).await;
        acme.tests(&t, &acme.idp.clone(), &ANN).await;
        // As the care of connections does it.
        let before = acme.stored(&t).await;
        let read = before.config.replace("\"slo\":[]", "\"slo\":[ ]");
        let mut tx = t.app.write().await.unwrap();
        store::connection_draft::rebase(&mut tx, before.id, &before.config, &read).await.unwrap();
        store::connection::update(&mut tx, &model::Connection { config: read, ..before }).await.unwrap();
        tx.commit().await.unwrap();
        let draft = acme.ok(&t, "GET", "/draft", None).await;
        assert_eq!(
            (&draft["in_use_changed"], &draft["can_replace"]),
            (&json!(false), &json!(true)),
            "{draft}"
        );
        acme.ok(&t, "POST", "/draft/replace", Some(json!({}))).await;
    });
}
