//! From the address to the session.

use model::{Defaults, MemberStatus, Role};
use testkit::{Person, each_database};

use crate::company::{attempts, company, company_with, is_signed_in, rows, types};

#[tokio::test]
async fn a_company_address_leads_to_its_provider_and_back_to_where_the_person_came_from() {
    each_database!(|t| {
        let acme = company(&t, "Acme", "acme.test").await;
        let mut browser = t.browser();
        let asked =
            acme.begins(&mut browser, "ann@acme.test", "/oauth2/authorize?client_id=app_1&x=%2F").await;
        let ann = Person::new("u1", "ann@acme.test");
        let answer = acme.answers(&t, &mut browser, &asked, &ann).await;
        assert!(answer.location().starts_with("/login/finish/"), "{}", answer.location());
        assert!(!is_signed_in(&mut browser).await, "the provider's answer alone signs nobody in");
        let end = browser.get(answer.location()).await;
        assert_eq!(end.location(), "/oauth2/authorize?client_id=app_1&x=%2F");
        assert!(end.headers["set-cookie"].to_str().unwrap().contains("HttpOnly; SameSite=Lax"));
        assert!(is_signed_in(&mut browser).await);
        assert_eq!(
            browser.get("/logout").await.location(),
            "/account",
            "nobody is told to be signed out who is not"
        );
        let mut db = t.app.read().await.unwrap();
        let member =
            store::member::lookup_email(&mut db, acme.organization.id, "ann@acme.test").await.unwrap();
        let member = member.expect("made just in time");
        assert_eq!((member.status, member.role), (MemberStatus::Active, Role::Member));
        drop(db);
        assert_eq!(attempts(&t).await, ["signed_in"]);
        assert!(t.mails().await.is_empty());
        t.assert_no_work().await;
    });
}

#[tokio::test]
async fn the_same_person_comes_back_to_the_same_account_also_under_a_new_address() {
    each_database!(|t| {
        let acme = company(&t, "Acme", "acme.test").await;
        for email in ["ann@acme.test", "ann@acme.test", "ann.lee@acme.test"] {
            let mut browser = t.browser();
            let end = acme.signs_in(&t, &mut browser, &Person::new("u1", email)).await;
            assert_eq!(end.location(), "/wanted");
            let page = browser.get("/account").await;
            assert!(page.text.contains(email), "{}", page.text);
        }
        assert_eq!(rows(&t, &["accounts", "members", "account_identities"]).await, [1, 1, 1]);
    });
}

#[tokio::test]
async fn an_address_is_found_in_every_spelling_of_it() {
    each_database!(|t| {
        let acme = company(&t, "Acme", "acme.test").await;
        t.domain(&acme.organization, "xn--bcher-kva.example").await;
        for spelling in [
            "Ann@ACME.Test",
            "  ann@acme.test ",
            "ann@acme.test.",
            "Ann Lee <ann@acme.test>",
            "ann@bücher.example",
            "ANN@BÜCHER.example",
            "ann@xn--bcher-kva.example",
        ] {
            let mut browser = t.browser();
            acme.begins(&mut browser, spelling, "/").await;
        }
        for elsewhere in ["ann@mail.acme.test", "ann@acme.test.example", "ann@notacme.test", "ann@acme.tést"]
        {
            let mut browser = t.browser();
            let page = types(&mut browser, "/login", elsewhere, "/").await;
            assert_eq!(page.status, 200, "{elsewhere}");
            assert!(page.text.contains("/login/password"), "{elsewhere}");
        }
        for wrong in ["", "ann", "ann@", "@acme.test", "a b@acme.test", "ann@acme", "a@b@acme.test"] {
            let mut browser = t.browser();
            let page = types(&mut browser, "/login", wrong, "/").await;
            assert_eq!(page.status, 422, "{wrong}");
        }
    });
}

#[tokio::test]
async fn hints_go_straight_to_the_provider_and_wrong_hints_to_the_page() {
    each_database!(|t| {
        let acme = company(&t, "Acme", "acme.test").await;
        for hint in [
            format!("connection={}", acme.connection.id),
            format!("organization={}", acme.organization.id),
            "login_hint=Ann%40acme.test".to_owned(),
        ] {
            let sent = t.browser().get(&format!("/login?{hint}&return_to=%2Fx")).await;
            assert!(!acme.idp.reads(sent.location()).force_authn);
        }
        let forced = t.browser().get(&format!("/login?connection={}&force=1", acme.connection.id)).await;
        assert!(acme.idp.reads(forced.location()).force_authn);
        for hint in
            ["connection=con_unknown", "organization=x", "login_hint=ann%40home.example", "login_hint="]
        {
            let page = t.browser().get(&format!("/login?{hint}")).await;
            assert_eq!(page.status, 200, "{hint}");
        }
    });
}

#[tokio::test]
async fn a_way_back_to_another_site_leads_to_the_account() {
    each_database!(|t| {
        let acme = company(&t, "Acme", "acme.test").await;
        for evil in [
            "https://evil.example/",
            "//evil.example/",
            "/\\evil.example/",
            "\\\\evil.example",
            "/\t/evil.example",
            "javascript:alert(1)",
            "http:evil.example",
            "evil.example",
            " /x",
        ] {
            let mut browser = t.browser();
            let asked = acme.begins(&mut browser, "ann@acme.test", evil).await;
            let answer = acme.answers(&t, &mut browser, &asked, &Person::new("u1", "ann@acme.test")).await;
            assert_eq!(browser.get(answer.location()).await.location(), "/account", "{evil:?}");
            let page = types(&mut browser, "/signup", "ann@home.example", evil).await;
            assert!(!page.text.contains("evil.example"), "{evil:?}");
        }
    });
}

#[tokio::test]
async fn who_lacks_a_field_is_asked_for_it_before_the_session_begins() {
    each_database!(|t| {
        let acme = company(&t, "Acme", "acme.test").await;
        let mut browser = t.browser();
        let ann = Person { country: "", ..Person::new("u1", "ann@acme.test") };
        let form = acme.signs_in(&t, &mut browser, &ann).await.location().to_owned();
        assert!(form.starts_with("/login/profile/"), "{form}");
        assert!(!is_signed_in(&mut browser).await);
        let page = browser.get(&form).await;
        assert!(
            page.text.contains("name=\"country\"") && !page.text.contains("name=\"lastName\""),
            "{}",
            page.text
        );
        for wrong in [
            &[][..],
            &[("country", "")],
            &[("country", "Atlantis")],
            &[("country", "DE"), ("birthYear", "12")],
        ] {
            assert_eq!(browser.post(&form, wrong).await.status, 422, "{wrong:?}");
        }
        let mut other = t.browser();
        other.get("/login").await;
        assert_eq!(other.post(&form, &[("country", "DE")]).await.status, 403, "another browser");
        browser.get(&form).await;
        let end = browser.post(&form, &[("country", "DE")]).await;
        assert_eq!(end.location(), "/wanted");
        assert!(is_signed_in(&mut browser).await);
        assert_eq!(browser.post(&form, &[("country", "FR")]).await.status, 410, "it is asked once");
        let mut db = t.app.read().await.unwrap();
        let member =
            store::member::lookup_email(&mut db, acme.organization.id, "ann@acme.test").await.unwrap();
        assert_eq!(member.unwrap().country.as_deref(), Some("DE"));
    });
}

#[tokio::test]
async fn the_organizations_defaults_fill_what_the_provider_does_not_say() {
    each_database!(|t| {
        let defaults =
            Defaults { country: Some("US".to_owned()), role: Some(Role::Admin), ..Defaults::default() };
        let acme = company_with(&t, "Acme", "acme.test", |it| it.defaults = defaults).await;
        let mut browser = t.browser();
        let ann = Person { country: "", ..Person::new("u1", "ann@acme.test") };
        assert_eq!(acme.signs_in(&t, &mut browser, &ann).await.location(), "/wanted");
        let mut db = t.app.read().await.unwrap();
        let member =
            store::member::lookup_email(&mut db, acme.organization.id, "ann@acme.test").await.unwrap();
        let member = member.unwrap();
        assert_eq!((member.country.as_deref(), member.role), (Some("US"), Role::Admin));
    });
}

#[tokio::test]
async fn what_has_ended_is_forgotten_and_what_holds_is_kept() {
    each_database!(|t| {
        let acme = company(&t, "Acme", "acme.test").await;
        let mut browser = t.browser();
        acme.signs_in(&t, &mut browser, &Person::new("u1", "ann@acme.test")).await;
        acme.begins(&mut t.browser(), "bob@acme.test", "/").await;
        server::job::tidy(&t.app).await.unwrap();
        assert_eq!(rows(&t, &["login_flows", "sessions", "seen_assertions"]).await, [2, 1, 1]);
        t.clock.advance(std::time::Duration::from_hours(2));
        server::job::tidy(&t.app).await.unwrap();
        assert_eq!(rows(&t, &["login_flows", "sessions", "seen_assertions"]).await, [0, 1, 0]);
        assert!(is_signed_in(&mut browser).await);
        t.clock.advance(std::time::Duration::from_hours(24));
        server::job::tidy(&t.app).await.unwrap();
        assert_eq!(rows(&t, &["sessions", "rate_limits"]).await, [0, 0]);
        assert_eq!(attempts(&t).await, ["signed_in"], "the record stays");
    });
}
