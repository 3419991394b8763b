//! Ways in that must stay shut: wrong browsers, old answers, other connections, people who may not come in any more.

use std::time::Duration;

use model::{Connection, ConnectionStatus, DomainStatus, Member, MemberStatus, Role};
use server::connection::domains;
use testkit::{ACTOR, Answer, Person, TestApp, TestBrowser, each_database};

use crate::company::{Company, attempts, company, company_with, is_signed_in, rows};

const ANN: Person<'static> = Person::new("u1", "ann@acme.test");

/// Nobody is signed in, the person is told so, and the record says why.
async fn assert_refused(t: &TestApp, browser: &mut TestBrowser, page: &Answer, code: &str) {
    assert_eq!(page.status, 403, "{}", page.text);
    assert!(page.text.contains("ref_"), "{}", page.text);
    assert!(!is_signed_in(browser).await);
    assert_eq!(attempts(t).await[0], code);
    // Ids sort by the millisecond they were made in.
    t.clock.advance(Duration::from_secs(1));
}

#[tokio::test]
async fn only_the_browser_that_began_can_finish() {
    each_database!(|t| {
        let acme = company(&t, "Acme", "acme.test").await;
        let (mut ann, mut eve) = (t.browser(), t.browser());
        let asked = acme.begins(&mut ann, ANN.email, "/").await;
        let answer = acme.answers(&t, &mut ann, &asked, &ANN).await;
        eve.get("/login").await;
        let page = eve.get(answer.location()).await;
        assert_eq!(page.status, 403);
        assert!(page.text.contains("begun in another browser"), "{}", page.text);
        assert!(!is_signed_in(&mut eve).await);
        let mut fresh = t.browser();
        assert_eq!(fresh.get(answer.location()).await.status, 403, "a browser without any cookie");
        // Eve's attempt took nothing from Ann.
        ann.get(answer.location()).await;
        assert!(is_signed_in(&mut ann).await);

        // An answer for Eve, which she makes Ann's browser post, leaves Ann's browser as it is.
        let theirs = acme.begins(&mut eve, "eve@acme.test", "/").await;
        let mut victim = t.browser();
        victim.get("/login").await;
        let planted = acme.answers(&t, &mut victim, &theirs, &Person::new("u2", "eve@acme.test")).await;
        assert_eq!(victim.get(planted.location()).await.status, 403);
        assert!(!is_signed_in(&mut victim).await);
    });
}

#[tokio::test]
async fn an_answer_counts_once() {
    each_database!(|t| {
        let acme = company(&t, "Acme", "acme.test").await;
        let mut browser = t.browser();
        let asked = acme.begins(&mut browser, ANN.email, "/").await;
        let response = acme.idp.lets_in(&t, &asked, &ANN);
        let first = asked.post(&mut browser, &response).await;
        assert_eq!(first.status, 303);
        // Posted twice, by two clicks: what follows is the one that was posted last, and it finishes the first.
        let second = asked.post(&mut browser, &response).await;
        assert_eq!(second.location(), first.location());
        browser.get(second.location()).await;
        assert!(is_signed_in(&mut browser).await, "the first answer still counts");
        assert_eq!(browser.get(first.location()).await.status, 410);
        assert_eq!(asked.post(&mut browser, &response).await.status, 400);
        t.clock.advance(Duration::from_secs(1));

        // The same answer to another request is not an answer to it.
        let mut eve = t.browser();
        let mut later = acme.begins(&mut eve, "eve@acme.test", "/").await;
        let replayed = later.post(&mut eve, &response).await;
        let page = eve.get(replayed.location()).await;
        assert_refused(&t, &mut eve, &page, "in_response_to_mismatch").await;
        // Nor does it count without any request of ours.
        later.relay_state = String::new();
        let unasked = later.post(&mut eve, &response).await;
        assert_eq!(unasked.location(), format!("/login?connection={}", acme.connection.id));
        assert_eq!(rows(&t, &["sessions"]).await, [1]);
    });
}

#[tokio::test]
async fn two_answers_at_the_same_moment_are_one() {
    each_database!(|t| {
        let acme = company(&t, "Acme", "acme.test").await;
        let mut browser = t.browser();
        let asked = acme.begins(&mut browser, ANN.email, "/").await;
        let response = acme.idp.lets_in(&t, &asked, &ANN);
        let (mut one, mut two) = (t.browser(), t.browser());
        let both = tokio::join!(asked.post(&mut one, &response), asked.post(&mut two, &response));
        // Whichever of both the browser follows, it comes in, once.
        assert_eq!(both.0.location(), both.1.location());
        browser.get(both.1.location()).await;
        assert!(is_signed_in(&mut browser).await);
        assert_eq!(browser.get(both.0.location()).await.status, 410);
        assert_eq!(rows(&t, &["sessions", "login_attempts"]).await, [1, 1]);
    });
}

#[tokio::test]
async fn a_sign_in_that_took_too_long_begins_again() {
    each_database!(|t| {
        let acme = company(&t, "Acme", "acme.test").await;
        let mut browser = t.browser();
        let asked = acme.begins(&mut browser, ANN.email, "/").await;
        t.clock.advance(Duration::from_mins(61));
        assert_eq!(acme.answers(&t, &mut browser, &asked, &ANN).await.status, 400);
        let asked = acme.begins(&mut browser, ANN.email, "/").await;
        let answer = acme.answers(&t, &mut browser, &asked, &ANN).await;
        t.clock.advance(Duration::from_mins(61));
        let page = browser.get(answer.location()).await;
        assert_eq!(page.status, 410);
        assert!(page.text.contains("Begin again at the sign-in page"), "{}", page.text);
        assert!(!is_signed_in(&mut browser).await);
        assert_eq!(browser.get("/login/finish/unknown").await.status, 410);
    });
}

#[tokio::test]
async fn one_connection_takes_no_answer_for_another() {
    each_database!(|t| {
        let acme = company(&t, "Acme", "acme.test").await;
        let globex = company(&t, "Globex", "globex.test").await;
        let mut browser = t.browser();
        let asked = acme.begins(&mut browser, ANN.email, "/").await;
        let theirs = globex.begins(&mut t.browser(), "bob@globex.test", "/").await;
        // Globex's provider speaks of Acme's person, at its own door and at Acme's.
        let forged = globex.idp.lets_in(&t, &asked, &ANN);
        let crossed = testkit::Asked { relay_state: asked.relay_state.clone(), ..theirs.clone() };
        assert_eq!(crossed.post(&mut browser, &forged).await.status, 400, "Acme's flow at Globex's door");
        t.clock.advance(Duration::from_secs(1));
        let answer = asked.post(&mut browser, &forged).await;
        let page = browser.get(answer.location()).await;
        assert_refused(&t, &mut browser, &page, "issuer_mismatch").await;
        // Globex's provider signs in a person of Acme's domain by its own, rightful answer.
        let mut eve = t.browser();
        let asked = globex.begins(&mut eve, "bob@globex.test", "/").await;
        let answer = globex.answers(&t, &mut eve, &asked, &ANN).await;
        let page = eve.get(answer.location()).await;
        assert_refused(&t, &mut eve, &page, "email_not_in_domain").await;
        assert_eq!(rows(&t, &["sessions", "accounts", "members", "account_identities"]).await, [0, 0, 0, 0]);
        let nowhere =
            testkit::Asked { acs_url: "http://127.0.0.1:8080/saml/con_unknown/acs".to_owned(), ..asked };
        assert_eq!(nowhere.post(&mut eve, &forged).await.status, 404);
    });
}

#[tokio::test]
async fn who_may_not_come_in_is_told_whom_to_ask() {
    each_database!(|t| {
        let acme = company(&t, "Acme", "acme.test").await;
        let boss = t.account("boss@acme.test").await;
        t.member_with(&acme.organization, &boss, Role::Admin, |it| {
            it.first_name = Some("Grace".to_owned());
            it.last_name = Some("Hopper".to_owned());
        })
        .await;
        let account = t.account(ANN.email).await;
        let ann = t.member(&acme.organization, &account, Role::Member).await;
        for (status, code) in [
            (MemberStatus::Suspended, "member_suspended"),
            (MemberStatus::Disconnected, "member_left"),
            (MemberStatus::Erasing, "member_left"),
        ] {
            set(&t, &Member { status, ..ann.clone() }).await;
            let mut browser = t.browser();
            let page = acme.signs_in(&t, &mut browser, &ANN).await;
            assert_refused(&t, &mut browser, &page, code).await;
            assert!(
                page.text.contains("Grace Hopper") && page.text.contains("boss@acme.test"),
                "{}",
                page.text
            );
            let now = store::member::lookup_any(&mut t.app.read().await.unwrap(), ann.id).await.unwrap();
            assert_eq!(now.unwrap().status, status, "a sign-in brings nobody back");
        }
        set(&t, &ann).await;
        let mut browser = t.browser();
        assert_eq!(acme.signs_in(&t, &mut browser, &ANN).await.location(), "/wanted");
    });
}

async fn set(t: &TestApp, member: &Member) {
    let mut tx = t.app.write().await.unwrap();
    store::member::update(&mut tx, member).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn without_just_in_time_members_only_known_people_come_in() {
    each_database!(|t| {
        let acme = company_with(&t, "Acme", "acme.test", |it| it.jit = false).await;
        let mut browser = t.browser();
        let page = acme.signs_in(&t, &mut browser, &ANN).await;
        assert_refused(&t, &mut browser, &page, "not_a_member").await;
        assert_eq!(rows(&t, &["accounts", "members", "account_identities"]).await, [0, 0, 0]);
        let account = t.account(ANN.email).await;
        t.member(&acme.organization, &account, Role::Member).await;
        assert_eq!(acme.signs_in(&t, &mut browser, &ANN).await.location(), "/wanted");
    });
}

#[tokio::test]
async fn an_address_outside_the_companys_domains_is_never_believed() {
    each_database!(|t| {
        let acme = company(&t, "Acme", "acme.test").await;
        company(&t, "Globex", "globex.test").await;
        let pending = t.domain(&acme.organization, "pending.test").await;
        let mut tx = t.app.write().await.unwrap();
        store::domain::remove(&mut tx, pending.id).await.unwrap();
        domains::add(&t.app, &mut tx, &acme.organization, "pending.test", None, ACTOR).await.unwrap();
        tx.commit().await.unwrap();
        let known = t.account("ceo@globex.test").await;
        for email in ["ceo@globex.test", "ann@home.example", "ann@pending.test", "ann@sub.acme.test"] {
            let mut browser = t.browser();
            let asked = acme.begins(&mut browser, ANN.email, "/").await;
            let answer = acme.answers(&t, &mut browser, &asked, &Person::new("u9", email)).await;
            let page = browser.get(answer.location()).await;
            assert_refused(&t, &mut browser, &page, "email_not_in_domain").await;
        }
        assert_eq!(rows(&t, &["sessions", "members", "account_identities"]).await, [0, 0, 0]);
        let still = store::account::lookup(&mut t.app.read().await.unwrap(), known.id).await.unwrap();
        assert_eq!(still, Some(known));
    });
}

#[tokio::test]
async fn a_domain_that_moves_during_a_sign_in_takes_its_people_along() {
    each_database!(|t| {
        let acme = company(&t, "Acme", "acme.test").await;
        let globex = company(&t, "Globex", "globex.test").await;
        let mut browser = t.browser();
        let asked = acme.begins(&mut browser, ANN.email, "/").await;
        let answer = acme.answers(&t, &mut browser, &asked, &ANN).await;
        let mut tx = t.app.write().await.unwrap();
        let held = store::domain::lookup_name(&mut tx, "acme.test").await.unwrap().unwrap();
        assert_eq!(held.status, DomainStatus::Verified);
        domains::remove(&t.app, &mut tx, &acme.organization, held.id, ACTOR).await.unwrap();
        domains::add(&t.app, &mut tx, &globex.organization, "acme.test", Some("api"), ACTOR).await.unwrap();
        tx.commit().await.unwrap();
        let page = browser.get(answer.location()).await;
        assert_refused(&t, &mut browser, &page, "email_not_in_domain").await;
        assert_eq!(rows(&t, &["accounts", "members"]).await, [0, 0]);
    });
}

async fn switch(t: &TestApp, it: &Connection, status: ConnectionStatus) {
    let mut tx = t.app.write().await.unwrap();
    let done = if status == ConnectionStatus::Active {
        server::connection::activate(&t.app, &mut tx, it, ACTOR).await
    } else {
        server::connection::deactivate(&t.app, &mut tx, it, ACTOR).await
    };
    assert_eq!(done.unwrap().status, status);
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_connection_that_is_switched_off_lets_nobody_through_at_any_step() {
    each_database!(|t| {
        let acme = company(&t, "Acme", "acme.test").await;
        let mut browser = t.browser();
        // While the person is at the provider.
        let asked = acme.begins(&mut browser, ANN.email, "/").await;
        switch(&t, &acme.connection, ConnectionStatus::Inactive).await;
        let page = acme.answers(&t, &mut browser, &asked, &ANN).await;
        assert_eq!(page.status, 403);
        assert!(page.text.contains("switched off"), "{}", page.text);
        // Between the answer and the finish.
        switch(&t, &acme.connection, ConnectionStatus::Active).await;
        let asked = acme.begins(&mut browser, ANN.email, "/").await;
        let answer = acme.answers(&t, &mut browser, &asked, &ANN).await;
        switch(&t, &acme.connection, ConnectionStatus::Inactive).await;
        let page = browser.get(answer.location()).await;
        assert_refused(&t, &mut browser, &page, "connection_inactive").await;
        assert_eq!(rows(&t, &["sessions", "members"]).await, [0, 0]);
        // Before anything: the personal sign-in answers.
        let page = crate::company::types(&mut browser, "/login", ANN.email, "/").await;
        assert!(page.status == 200 && page.text.contains("/login/password"));
    });
}

/// Goes as far as the form that asks for the country.
async fn at_the_form(t: &TestApp, acme: &Company, browser: &mut TestBrowser) -> String {
    let ann = Person { country: "", ..ANN };
    let form = acme.signs_in(t, browser, &ann).await.location().to_owned();
    assert!(form.starts_with("/login/profile/"), "{form}");
    browser.get(&form).await;
    form
}

#[tokio::test]
async fn what_ends_while_the_person_fills_in_the_form_ends_the_sign_in() {
    each_database!(|t| {
        let acme = company(&t, "Acme", "acme.test").await;
        let mut browser = t.browser();
        let form = at_the_form(&t, &acme, &mut browser).await;
        let mut db = t.app.read().await.unwrap();
        let ann =
            store::member::lookup_email(&mut db, acme.organization.id, ANN.email).await.unwrap().unwrap();
        drop(db);
        set(&t, &Member { status: MemberStatus::Suspended, ..ann.clone() }).await;
        let page = browser.post(&form, &[("country", "DE")]).await;
        assert_refused(&t, &mut browser, &page, "member_suspended").await;
        assert_eq!(browser.get(&form).await.status, 410);

        set(&t, &ann).await;
        let form = at_the_form(&t, &acme, &mut browser).await;
        switch(&t, &acme.connection, ConnectionStatus::Inactive).await;
        let page = browser.post(&form, &[("country", "DE")]).await;
        assert_refused(&t, &mut browser, &page, "connection_inactive").await;

        switch(&t, &acme.connection, ConnectionStatus::Active).await;
        let form = at_the_form(&t, &acme, &mut browser).await;
        let mut tx = t.app.write().await.unwrap();
        let held = store::domain::lookup_name(&mut tx, "acme.test").await.unwrap().unwrap();
        domains::remove(&t.app, &mut tx, &acme.organization, held.id, ACTOR).await.unwrap();
        tx.commit().await.unwrap();
        let page = browser.post(&form, &[("country", "DE")]).await;
        assert_refused(&t, &mut browser, &page, "email_not_in_domain").await;
        assert_eq!(rows(&t, &["sessions"]).await, [0]);
    });
}

#[tokio::test]
async fn a_strangers_password_does_not_survive_the_companys_sign_in() {
    each_database!(|t| {
        let acme = company(&t, "Acme", "acme.test").await;
        let hash = server::account::hash_password(&t.app, "a stranger's password".to_owned()).await.unwrap();
        let squatter = t
            .account_with(ANN.email, |it| {
                it.email_verified_at = None;
                it.password_hash = Some(hash);
            })
            .await;
        let mut stranger = t.browser();
        t.session(&mut stranger, &squatter, None).await;
        let mut browser = t.browser();
        assert_eq!(acme.signs_in(&t, &mut browser, &ANN).await.location(), "/wanted");
        let joined =
            store::account::lookup(&mut t.app.read().await.unwrap(), squatter.id).await.unwrap().unwrap();
        assert!(joined.password_hash.is_none() && joined.email_verified_at.is_some());
        assert!(!is_signed_in(&mut stranger).await && is_signed_in(&mut browser).await);
    });
}

#[tokio::test]
async fn what_is_no_answer_gets_a_page_that_helps() {
    each_database!(|t| {
        let acme = company(&t, "Acme", "acme.test").await;
        let mut browser = t.browser();
        let asked = acme.begins(&mut browser, ANN.email, "/").await;
        for bad in ["", "%%%", "PHg+", "<samlp:Response/>"] {
            let mut browser = t.browser();
            browser.get("/login").await;
            let asked =
                if bad.is_empty() { asked.clone() } else { acme.begins(&mut browser, ANN.email, "/").await };
            let answer = asked.post(&mut browser, bad).await;
            if bad.is_empty() {
                assert_eq!(answer.status, 400);
                continue;
            }
            let page = browser.get(answer.location()).await;
            assert_eq!(page.status, 403, "{bad}: {}", page.text);
        }
        let large = "A".repeat(2 * 1024 * 1024 + 1);
        let answer = asked.post(&mut browser, &large).await;
        assert_eq!(answer.status, 413);
        assert!(!is_signed_in(&mut browser).await);
        let oidc = browser.get(&format!("/oidc/{}/callback?state=x&code=y", acme.connection.id)).await;
        assert_eq!(oidc.status, 404, "a SAML connection has no callback");
    });
}
