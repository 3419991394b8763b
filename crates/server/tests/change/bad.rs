//! Half, garbage, somebody else's, too late, twice: each a clear refusal, and nothing half-saved.

use model::ConnectionStatus;
use serde_json::json;
use server::connection::{self, beside};
use testkit::{ACTOR, SamlProvider, each_database};

use crate::world::{ANN, Company, told};

#[tokio::test]
async fn values_that_are_half_or_garbage_leave_no_draft() {
    each_database!(|t| {
        let acme = Company::new(&t, "Acme", "acme.test").await;
        let metadata = acme.idp.metadata();
        for (body, code, words) in [
            (json!({"metadata_xml": "<x/>"}), "field_not_accepted", "metadata"),
            (json!({"metadata_xml": metadata}), "field_not_accepted", "in use already"),
            (json!({}), "field_not_accepted", "in use already"),
            (json!({"idp_entity_id": "https://x.test"}), "field_not_accepted", "expected one of"),
            (
                json!({"metadata_xml": metadata, "metadata_url": "https://x.test"}),
                "field_not_accepted",
                "expected one of",
            ),
            (json!({"certificate": "hello"}), "field_not_accepted", "certificate"),
            (json!({"client_secret": "s"}), "field_not_accepted", "the other protocol"),
            (json!({"issuer": "https://x.test"}), "field_not_accepted", "the other protocol"),
            (json!({"attributes": {"shoeSize": "x"}}), "field_not_accepted", "nothing that is read"),
            (json!({"attributes": {"email": "a\nb"}}), "field_not_accepted", "in one line"),
            (json!({"attributes": {"email": "x".repeat(257)}}), "field_not_accepted", "at most 256"),
            (json!({"attributes": "email"}), "json_not_read", "expected a map"),
            (
                json!({"provider": "okta-oidc", "attributes": {"email": "mail"}}),
                "field_not_accepted",
                "not a provider for",
            ),
            (json!({"metadata": "x"}), "json_not_read", "metadata"),
        ] {
            let answer = acme.refused(&t, "PUT", "/draft", body.clone(), code).await;
            assert!(answer.text.contains(words), "{body}: {}", answer.text);
        }
        let unknown = json!({"metadata_url": "http://127.0.0.1:1/metadata"});
        acme.refused(&t, "PUT", "/draft", unknown, "field_not_accepted").await;
        assert!(acme.draft(&t).await.is_none());
        assert_eq!(acme.stored(&t).await, acme.connection);
        for (method, path) in
            [("GET", "/draft"), ("DELETE", "/draft"), ("GET", "/shadow"), ("DELETE", "/shadow")]
        {
            assert_eq!(acme.api(&t, method, path, None).await.status, 404, "{method} {path}");
        }
        acme.refused(&t, "POST", "/draft/replace", json!({}), "no_draft").await;
        acme.refused(&t, "POST", "/revert", json!({}), "no_version_before").await;
        acme.refused(&t, "POST", "/revert", json!({"version": "yesterday"}), "field_not_accepted").await;
    });
}

#[tokio::test]
async fn another_companys_draft_is_not_there() {
    each_database!(|t| {
        let acme = Company::new(&t, "Acme", "acme.test").await;
        let mut globex = Company::new(&t, "Globex", "globex.test").await;
        acme.drafts(&t, &acme.rotated()).await;
        for fields in
            [&[("act", "replace")][..], &[("act", "discard")], &[("act", "test")], &[("act", "shadow")]]
        {
            let answer = globex.administrator.post(&acme.page(), fields).await;
            assert_eq!(answer.status, 404, "{fields:?}: {}", answer.text);
        }
        let upload = globex
            .administrator
            .upload(&format!("{}/draft", acme.page()), &[("attribute.email", "mail")], ("", b""))
            .await;
        assert_eq!(upload.status, 404, "{}", upload.text);
        assert_eq!(globex.administrator.get(&acme.page()).await.status, 404);
        assert!(acme.draft(&t).await.is_some_and(|draft| draft.tested_at.is_none()));
    });
}

#[tokio::test]
async fn a_test_of_an_older_draft_says_nothing_about_the_newer_one() {
    each_database!(|t| {
        let mut acme = Company::new(&t, "Acme", "acme.test").await;
        let (first, second) = (acme.rotated(), acme.rotated());
        acme.drafts(&t, &first).await;
        let begun = acme.acts(&[("act", "test")]).await;
        acme.drafts(&t, &second).await;
        let page = acme.returns(&t, &first, &ANN, &begun).await;
        assert!(page.text.contains("That test was of other values"), "{}", page.text);
        acme.refused(&t, "POST", "/draft/replace", json!({}), "connection_untested").await;
        // A tested draft that is changed has to be tested again; saved alike, its test stays.
        acme.tests(&t, &second, &ANN).await;
        acme.drafts(&t, &second).await;
        assert!(acme.draft(&t).await.unwrap().tested_at.is_some());
        let seen = acme.ok(&t, "GET", "/draft", None).await["id"].clone();
        acme.drafts(&t, &first).await;
        acme.refused(&t, "POST", "/draft/replace", json!({"draft": seen}), "draft_changed").await;
        acme.refused(&t, "POST", "/draft/replace", json!({}), "connection_untested").await;
        assert_eq!(acme.stored(&t).await.config, acme.connection.config);
    });
}

#[tokio::test]
async fn a_test_that_fails_is_explained_and_lets_nothing_be_put_in_use() {
    each_database!(|t| {
        let mut acme = Company::new(&t, "Acme", "acme.test").await;
        let new = acme.rotated();
        let body = json!({"metadata_xml": new.metadata(), "only_new_certificates": true});
        acme.ok(&t, "PUT", "/draft", Some(body)).await;
        let page = acme.tests(&t, &acme.idp.clone(), &ANN).await;
        for words in ["Test failed", "goes on signing in with what is in use", "ref_"] {
            assert!(page.text.contains(words), "{words}: {}", page.text);
        }
        acme.refused(&t, "POST", "/draft/replace", json!({}), "connection_untested").await;
    });
}

#[tokio::test]
async fn of_two_who_replace_or_go_back_at_once_one_is_told_that_it_is_done() {
    each_database!(|t| {
        let mut acme = Company::new(&t, "Acme", "acme.test").await;
        let new = acme.rotated();
        acme.drafts(&t, &new).await;
        acme.tests(&t, &new, &ANN).await;
        let replace = || acme.api(&t, "POST", "/draft/replace", Some(json!({})));
        let (one, other) = tokio::join!(replace(), replace());
        let mut all = [one.status.as_u16(), other.status.as_u16()];
        all.sort_unstable();
        assert_eq!(all, [200, 409], "{} {}", one.text, other.text);
        assert_eq!(told(&t, "connection.replaced").await, 1);
        let version = acme.ok(&t, "GET", "/versions", None).await["data"][0]["id"].clone();
        let revert = || acme.api(&t, "POST", "/revert", Some(json!({"version": version})));
        let (one, other) = tokio::join!(revert(), revert());
        let mut all = [one.status.as_u16(), other.status.as_u16()];
        all.sort_unstable();
        assert_eq!(all, [200, 409], "{} {}", one.text, other.text);
        assert_eq!(told(&t, "connection.reverted").await, 1);
        assert_eq!(acme.stored(&t).await.config, acme.connection.config);
    });
}

#[tokio::test]
async fn values_in_use_that_changed_since_are_not_overwritten() {
    each_database!(|t| {
        let mut acme = Company::new(&t, "Acme", "acme.test").await;
        let new = acme.rotated();
        acme.drafts(&t, &new).await;
        acme.tests(&t, &new, &ANN).await;
        let change = connection::Change { want_signed_requests: Some(true), ..connection::Change::default() };
        let mut tx = t.app.write().await.unwrap();
        connection::change(&t.app, &mut tx, &acme.connection, change, ACTOR).await.unwrap();
        tx.commit().await.unwrap();
        acme.refused(&t, "POST", "/draft/replace", json!({}), "connection_changed").await;
        assert_eq!(acme.ok(&t, "GET", "/draft", None).await["in_use_changed"], true);
        // What was read before somebody else's change is not saved over it.
        let stale = &acme.connection;
        let settings = connection::Settings::of(stale).unwrap();
        let mut tx = t.app.write().await.unwrap();
        let late = beside::save(&t.app, &mut tx, stale, (&settings, None), ACTOR).await.unwrap_err();
        assert_eq!(late.code, "connection_changed");
    });
}

#[tokio::test]
async fn nothing_is_left_of_a_connection_that_was_removed() {
    each_database!(|t| {
        let mut acme = Company::new(&t, "Acme", "acme.test").await;
        let new = acme.rotated();
        acme.drafts(&t, &new).await;
        acme.tests(&t, &new, &ANN).await;
        acme.ok(&t, "POST", "/draft/replace", Some(json!({}))).await;
        acme.drafts(&t, &acme.rotated()).await;
        acme.ok(&t, "PUT", "/shadow", None).await;
        acme.signs_in(&t, &new, &ANN).await;
        connection::shadow::flush(&t.app).await.unwrap();
        let begun = acme.acts(&[("act", "test")]).await;
        acme.ok(&t, "DELETE", "", None).await;
        for (method, path) in [
            ("POST", "/revert"),
            ("POST", "/draft/replace"),
            ("PUT", "/draft"),
            ("PUT", "/shadow"),
            ("GET", "/versions"),
        ] {
            assert_eq!(acme.api(&t, method, path, Some(json!({}))).await.status, 404, "{method} {path}");
        }
        assert_eq!(acme.acts(&[("act", "revert")]).await.status, 404);
        // The provider's answer comes to a connection that is gone.
        let asked = new.reads(begun.location());
        let late = asked.post(&mut t.browser(), &new.lets_in(&t, &asked, &ANN)).await;
        assert_eq!(late.status, 404, "{}", late.text);
        let rows = t.contents().await;
        for table in ["connection_drafts", "connection_versions", "connection_shadows", "shadow_results"] {
            assert!(rows[table].is_empty(), "{table}: {:?}", rows[table]);
        }
    });
}

#[tokio::test]
async fn a_connection_that_is_still_being_set_up_has_no_draft_beside_it() {
    each_database!(|t| {
        let mut acme = Company::new(&t, "Acme", "acme.test").await;
        acme.connection = t.draft(&acme.organization, "okta-saml").await;
        assert_eq!(acme.connection.status, ConnectionStatus::Draft);
        let other = SamlProvider::of("acme.test");
        let body = json!({"metadata_xml": other.metadata()});
        acme.refused(&t, "PUT", "/draft", body, "connection_not_set_up").await;
        acme.refused(&t, "PUT", "/shadow", json!({}), "connection_not_set_up").await;
        let page = acme.acts(&[("act", "test")]).await;
        assert_eq!(page.status, 409, "{}", page.text);
    });
}
