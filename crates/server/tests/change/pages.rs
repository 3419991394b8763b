//! The pages of a change, at the company's desk and in the console.

use axum::http::StatusCode;
use testkit::each_database;

use crate::world::{ANN, Company, follow};

#[tokio::test]
async fn an_administrator_changes_tests_watches_replaces_and_goes_back() {
    each_database!(|t| {
        let mut acme = Company::new(&t, "Acme", "acme.test").await;
        let page = acme.page();
        let list = acme.administrator.get("/org/sign-on").await;
        assert!(list.text.contains(&page), "{}", list.text);
        let calm = acme.administrator.get(&page).await;
        assert!(calm.text.contains("Change it") && !calm.text.contains("The draft"), "{}", calm.text);
        let form = acme.administrator.get(&format!("{page}/draft")).await;
        assert!(form.text.contains("attribute.email"), "{}", form.text);
        let new = acme.rotated();
        let metadata = new.metadata();
        let fields = [("paste", metadata.as_str()), ("draft", ""), ("attribute.country", "land")];
        let saved = acme.administrator.upload(&format!("{page}/draft"), &fields, ("", b"")).await;
        assert_eq!(saved.location(), format!("{page}?done=drafted"), "{}", saved.text);
        let draft = acme.administrator.get(saved.location()).await;
        for words in
            ["The draft is saved", "Not tested yet", "Country is read from", "land", "Start watching"]
        {
            assert!(draft.text.contains(words), "{words}: {}", draft.text);
        }
        assert!(!draft.text.contains("Put it in use"), "{}", draft.text);
        let watching = acme.acts(&[("act", "shadow")]).await;
        assert_eq!(watching.location(), format!("{page}?done=watching"));
        acme.signs_in(&t, &acme.idp, &ANN).await;
        server::connection::shadow::flush(&t.app).await.unwrap();
        let seen = acme.administrator.get(&page).await;
        assert!(
            seen.text.contains("sign-ins judged") && seen.text.contains("Stop watching"),
            "{}",
            seen.text
        );
        acme.tests(&t, &new, &ANN).await;
        let ready = acme.administrator.get(&page).await;
        let digest = ready.input("draft").expect("what was looked at");
        let stale = acme.acts(&[("act", "replace"), ("draft", "0000")]).await;
        assert_eq!(stale.status, StatusCode::CONFLICT, "{}", stale.text);
        let replaced = acme.acts(&[("act", "replace"), ("draft", &digest)]).await;
        let after = follow(&mut acme.administrator, replaced.location()).await;
        for words in
            ["The draft is in use", "In use before", "an administrator of the company", "Go back to this"]
        {
            assert!(after.text.contains(words), "{words}: {}", after.text);
        }
        let version = after.input("version").expect("what to go back to");
        let reverted = acme.acts(&[("act", "revert"), ("version", &version)]).await;
        let back = follow(&mut acme.administrator, reverted.location()).await;
        assert!(back.text.contains("As it was before") && back.text.contains("The draft"), "{}", back.text);
        assert_eq!(acme.stored(&t).await.config, acme.connection.config);
        let late = acme.acts(&[("act", "revert"), ("version", &version)]).await;
        assert_eq!(late.status, StatusCode::CONFLICT, "{}", late.text);
        let gone = acme.acts(&[("act", "discard")]).await;
        let gone = follow(&mut acme.administrator, gone.location()).await;
        assert!(gone.text.contains("The draft is gone") && gone.text.contains("Change it"), "{}", gone.text);
        assert_eq!(acme.acts(&[("act", "explode")]).await.status, StatusCode::BAD_REQUEST);
    });
}

#[tokio::test]
async fn a_form_that_is_half_right_keeps_what_was_typed_and_says_what_is_wrong_beside_it() {
    each_database!(|t| {
        let mut acme = Company::new(&t, "Acme", "acme.test").await;
        let at = format!("{}/draft", acme.page());
        let tall = "x".repeat(300);
        for (field, value, words) in [
            ("paste", "https://127.0.0.1:1/metadata", "https://127.0.0.1:1/metadata"),
            ("paste", "hello <script>", "hello &#60;script&#62;"),
            ("certificate", "hello", "-----BEGIN CERTIFICATE-----"),
            ("attribute.email", &tall, "at most 256 characters"),
            ("attribute.email", "", "in use already"),
        ] {
            let answer = acme.administrator.upload(&at, &[(field, value), ("draft", "")], ("", b"")).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{field}: {}", answer.text);
            assert!(answer.text.contains(words), "{words}: {}", answer.text);
        }
        let picture = acme.administrator.upload(&at, &[("draft", "")], ("x.png", b"\x89PNG\xC3\x28")).await;
        assert!(picture.text.contains("is not a text"), "{}", picture.text);
        // Somebody else has made a draft since this form was opened.
        acme.drafts(&t, &acme.rotated()).await;
        let late =
            acme.administrator.upload(&at, &[("attribute.email", "mail"), ("draft", "")], ("", b"")).await;
        assert_eq!(late.status, StatusCode::CONFLICT, "{}", late.text);
        assert!(
            late.text.contains("The draft was changed meanwhile") && late.text.contains("mail"),
            "{}",
            late.text
        );
        let draft = acme.draft(&t).await.expect("the other one's");
        assert!(!draft.config.contains("mail"));
    });
}

#[tokio::test]
async fn an_operator_does_the_same_in_the_console() {
    each_database!(|t| {
        let acme = Company::new(&t, "Acme", "acme.test").await;
        let mut operator = t.operator().await;
        operator.get("/console/organizations/new").await;
        let company = operator.get(&format!("/console/organizations/{}", acme.organization.id)).await;
        let page =
            format!("/console/organizations/{}/desk/sign-on/{}", acme.organization.id, acme.connection.id);
        assert!(company.text.contains(&page), "{}", company.text);
        let fields = [("attribute.country", "land"), ("draft", "")];
        let saved = operator.upload(&format!("{page}/draft"), &fields, ("", b"")).await;
        let draft = follow(&mut operator, saved.location()).await;
        assert!(draft.text.contains("Made by an operator"), "{}", draft.text);
        let begun = operator.post(&page, &[("act", "test")]).await;
        let asked = acme.idp.reads(begun.location());
        let answered = asked.post(&mut t.browser(), &acme.idp.lets_in(&t, &asked, &ANN)).await;
        let tested = follow(&mut operator, answered.location()).await;
        assert!(
            tested.text.contains("Test passed") && tested.text.contains("Put it in use"),
            "{}",
            tested.text
        );
        // A test signs nobody in, and its result is this browser's alone.
        assert_eq!(t.browser().get("/account").await.status, StatusCode::SEE_OTHER);
    });
}
