//! The link itself: who may use it for what, until when, and who takes it over.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use testkit::each_database;

use crate::world::{Admin, Company};

#[tokio::test]
async fn a_link_that_is_unknown_revoked_or_ended_says_whom_to_ask_and_does_nothing() {
    each_database!(|t| {
        let acme = Company::new(&t, "Acme", "acme.test").await;
        let (id, revoked) = acme.link(&t, &["sso"]).await;
        let (_, ended) = acme.link(&t, &["sso"]).await;
        let (mut one, mut two) = (Admin::new(&t, &revoked).await, Admin::new(&t, &ended).await);
        acme.api(&t, "POST", &format!("/setup-links/{id}/revoke"), serde_json::json!({})).await;
        let mut stranger = Admin { browser: t.browser(), link: "/s/nobody-knows-it".to_owned() };
        let contact = &t.app.brand.support_email;
        let unknown = stranger.get("").await;
        assert_eq!(unknown.status, StatusCode::NOT_FOUND);
        assert!(
            unknown.text.contains("not known here") && unknown.text.contains(contact),
            "{}",
            unknown.text
        );
        let gone = one.get("/sso/providers").await;
        assert_eq!(gone.status, StatusCode::GONE);
        assert!(gone.text.contains("was taken back") && gone.text.contains(contact), "{}", gone.text);
        assert_eq!(one.post("/sso/providers/okta-saml", &[]).await.status, StatusCode::GONE);
        t.clock.advance(Duration::from_secs(86_401));
        let gone = two.get("").await;
        assert_eq!(gone.status, StatusCode::GONE);
        assert!(
            gone.text.contains("This setup link has ended") && gone.text.contains(contact),
            "{}",
            gone.text
        );
        assert_eq!(two.post("/sso/providers/okta-saml", &[]).await.status, StatusCode::GONE);
        assert!(acme.connections(&t).await.is_empty());
    });
}

#[tokio::test]
async fn opening_a_link_is_no_use_and_a_first_act_is() {
    each_database!(|t| {
        let acme = Company::new(&t, "Acme", "acme.test").await;
        let (_, link) = acme.link(&t, &["sso"]).await;
        for method in ["HEAD", "GET"] {
            let request = Request::builder().method(method).uri(&link).body(Body::empty()).unwrap();
            assert_eq!(t.browser().send(request).await.status, StatusCode::OK);
        }
        assert_eq!(acme.uses(&t).await, [None], "a mail scanner does not use the link");
        assert_eq!(acme.told(&t, "setup_link.used").await, 0);
        let mut admin = Admin::new(&t, &link).await;
        admin.go("/sso/providers/okta-saml", &[], "/sso/steps").await;
        admin.go("/sso/providers/okta-saml", &[], "/sso/steps").await;
        assert_eq!(acme.uses(&t).await, [Some(t.app.now().to_string())]);
        assert_eq!(acme.told(&t, "setup_link.used").await, 1);
        let mut operator = t.operator().await;
        let console = operator.get(&format!("/console/organizations/{}", acme.id)).await;
        assert!(console.text.contains("first used 1 March 2026, 09:00 UTC"), "{}", console.text);
    });
}

#[tokio::test]
async fn the_welcome_names_its_sender_once_and_half_done_work_waits_for_the_next_link() {
    each_database!(|t| {
        let acme = Company::new(&t, "Acme", "acme.test").await;
        let (_, link) = acme.link(&t, &["sso"]).await;
        let vendor = &t.app.brand.vendor_name;
        let mut admin = Admin::new(&t, &link).await;
        let welcome = admin.get("").await;
        assert!(welcome.text.contains(&format!("{vendor} prepared this for you")), "{}", welcome.text);
        assert!(!welcome.text.contains(&format!("{vendor} at {vendor}")), "{}", welcome.text);
        admin.go("/sso/providers/okta-saml", &[], "/sso/steps").await;
        admin.post("/sso/steps", &[("step", "create"), ("done", "1")]).await;
        // The same link in another browser, and a new link, go on where it stands.
        let mut elsewhere = Admin::new(&t, &link).await;
        assert!(elsewhere.get("").await.text.contains("So far you have chosen Okta"));
        let (_, next) = acme.link(&t, &["sso"]).await;
        let mut later = Admin::new(&t, &next).await;
        assert!(later.get("").await.text.contains("Go on where you stopped"));
        assert!(later.get("/sso/steps").await.text.contains("1 of 5 done"));
        later.go("/sso/steps", &[("step", "sp_values"), ("done", "1")], "/sso/steps#step-sp_values").await;
        assert!(later.get("/sso/steps").await.text.contains("2 of 5 done"));
        assert_eq!(acme.connections(&t).await.len(), 1);
        // A link for something else takes nothing of it.
        let (_, csv) = acme.link(&t, &["csv"]).await;
        let mut other = Admin::new(&t, &csv).await;
        assert!(!other.get("").await.text.contains("Okta."));
    });
}

#[tokio::test]
async fn a_colleague_goes_on_with_a_link_of_their_own_and_the_old_one_ends() {
    each_database!(|t| {
        let acme = Company::new(&t, "Acme", "acme.test").await;
        let (_, link) = acme.link(&t, &["sso"]).await;
        let mut admin = Admin::new(&t, &link).await;
        admin.go("/sso/providers/okta-saml", &[], "/sso/steps").await;
        admin.get("/hand-over").await;
        let wrong = admin.post("/hand-over", &[("email", "nobody")]).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(wrong.text.contains("Expected an address"), "{}", wrong.text);
        let done = admin.post("/hand-over", &[("email", "bo@acme.test")]).await;
        assert!(done.text.contains("bo@acme.test"), "{}", done.text);
        let twice = admin.post("/hand-over", &[("email", "bo@acme.test")]).await;
        assert_eq!(twice.status, StatusCode::GONE, "{}", twice.text);
        let mails = t.mails().await;
        assert_eq!(mails.len(), 1);
        let at = mails[0].text.find("/s/").expect("a link in the mail");
        let new = mails[0].text[at..].split_whitespace().next().unwrap().trim_end_matches(['>', '.', ')']);
        let mut colleague = Admin::new(&t, new).await;
        assert!(colleague.get("").await.text.contains("So far you have chosen Okta"));
        assert_eq!(admin.get("").await.status, StatusCode::GONE);
        t.work().await;
        t.assert_no_work().await;
    });
}

#[tokio::test]
async fn a_link_opens_its_purposes_and_nothing_else() {
    const PAGES: [(&str, &str); 5] = [
        ("sso", "/sso/providers"),
        ("scim", "/scim/providers"),
        ("domains", "/domains"),
        ("csv", "/people"),
        ("certificate", "/certificate"),
    ];
    each_database!(|t| {
        let acme = Company::new(&t, "Acme", "acme.test").await;
        for (purpose, _) in PAGES {
            let (_, link) = acme.link(&t, &[purpose]).await;
            let mut admin = Admin::new(&t, &link).await;
            for (other, path) in PAGES {
                let allowed = purpose == other || (purpose, other) == ("sso", "domains");
                let answer = admin.get(path).await;
                let expected = if allowed { StatusCode::OK } else { StatusCode::FORBIDDEN };
                assert_eq!(answer.status, expected, "{purpose} at {path}: {}", answer.text);
            }
            for (other, path) in
                [("sso", "/sso/values"), ("csv", "/people"), ("certificate", "/certificate/values")]
            {
                let answer = admin.values(path, &[]).await;
                assert_eq!(answer.status == StatusCode::FORBIDDEN, purpose != other, "{purpose} to {path}");
            }
        }
    });
}

#[tokio::test]
async fn a_link_for_domains_alone_names_them_and_ends_where_it_began() {
    each_database!(|t| {
        let acme = Company::new(&t, "Acme", "acme.test").await;
        let globex = Company::new(&t, "Globex", "globex.test").await;
        let (_, link) = acme.link(&t, &["domains"]).await;
        let mut admin = Admin::new(&t, &link).await;
        assert!(admin.get("").await.text.contains("which domains are Acme’s"));
        let added = admin.go("/domains", &[("domain", "labs.acme.test")], "/domains").await;
        assert!(added.text.contains("_frontdesk"), "{}", added.text);
        let held = admin.post("/domains", &[("domain", "globex.test")]).await;
        assert!(held.status.is_client_error() && held.text.contains("globex.test"), "{}", held.text);
        let theirs =
            store::domain::list(&mut t.app.read().await.unwrap(), globex.organization()).await.unwrap();
        let foreign = admin.post(&format!("/domains/{}/remove", theirs[0].id), &[]).await;
        assert_eq!(foreign.status, StatusCode::NOT_FOUND);
        let ours = store::domain::list(&mut t.app.read().await.unwrap(), acme.organization()).await.unwrap();
        let proven = ours.iter().find(|it| it.name == "acme.test").unwrap();
        let kept = admin.post(&format!("/domains/{}/remove", proven.id), &[]).await;
        assert_eq!(kept.status, StatusCode::CONFLICT, "{}", kept.text);
        let pending = ours.iter().find(|it| it.name == "labs.acme.test").unwrap();
        let left = admin.go(&format!("/domains/{}/remove", pending.id), &[], "/domains").await;
        assert!(!left.text.contains("labs.acme.test"), "{}", left.text);
        t.work().await;
    });
}
