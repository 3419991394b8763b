//! Named exceptions to the e-mail gate: one address, its mailbox, and nothing more.

use std::time::Duration;

use model::{AccountId, Role};
use serde_json::{Value, json};
use testkit::{Answer, Person, TestApp, TestBrowser, each_database};

use crate::company::{Company, attempts, company, is_signed_in, link, rows};

const KIM: Person<'static> = Person::new("k1", "kim@studio.example");

fn path(acme: &Company) -> String {
    format!("/api/v1/organizations/{}/email-exceptions", acme.organization.id)
}

async fn allow(t: &TestApp, acme: &Company, body: Value) -> Answer {
    let token = t.api_token().await;
    t.browser().api("POST", &path(acme), &token, Some(body)).await
}

async fn kim(t: &TestApp, acme: &Company) -> Value {
    let made = allow(t, acme, json!({"email": "Kim@Studio.example", "reason": "builds our tickets"})).await;
    assert_eq!(made.status, 201, "{}", made.text);
    made.json()
}

/// Begins at the provider's own page, as a contractor does: the address leads nowhere.
async fn comes_in(t: &TestApp, acme: &Company, browser: &mut TestBrowser, person: &Person<'_>) -> Answer {
    let at = format!("/login?connection={}&return_to=/wanted", acme.connection.id);
    let sent = browser.get(&at).await;
    let asked = acme.idp.reads(sent.location());
    let answer = acme.answers(t, browser, &asked, person).await;
    browser.get(answer.location()).await
}

/// The link in the mail that asks whether it was this person.
async fn question(t: &TestApp) -> String {
    let mails = t.mails().await;
    link(mails.iter().rev().find(|it| it.kind == "confirm_sign_in").expect("the question"))
}

/// The address of an account, and in how many browsers it is signed in.
async fn opened(t: &TestApp, id: AccountId) -> (String, usize) {
    let mut db = t.app.read().await.unwrap();
    let account = store::account::lookup(&mut db, id).await.unwrap().expect("the account");
    (account.email, store::session::list(&mut db, id, t.app.now()).await.unwrap().len())
}

async fn events(t: &TestApp) -> Vec<String> {
    let mut db = t.app.read().await.unwrap();
    let all = store::event::list_after(&mut db, 0, 1000).await.unwrap();
    let ours = all.into_iter().filter(|it| it.kind.starts_with("email_exception."));
    ours.map(|it| {
        assert!(!it.data.contains("kim"), "events name nobody: {}", it.data);
        it.kind
    })
    .collect()
}

#[tokio::test]
async fn a_named_address_comes_in_after_its_mailbox_has_said_yes_and_only_while_it_is_named() {
    each_database!(|t| {
        let acme = company(&t, "Acme", "acme.test").await;
        let mut browser = t.browser();
        assert_eq!(comes_in(&t, &acme, &mut browser, &KIM).await.status, 403);
        assert_eq!(attempts(&t).await, ["email_not_in_domain"]);
        let exception = kim(&t, &acme).await;

        // The provider's word alone opens nothing, for nobody.
        let held = comes_in(&t, &acme, &mut browser, &KIM).await;
        assert!(held.status == 403 && held.text.contains("We have mailed you a link"), "{}", held.text);
        assert!(
            store::account::lookup_email(&mut t.app.read().await.unwrap(), KIM.email)
                .await
                .unwrap()
                .is_none()
        );
        let at = question(&t).await;
        let page = browser.get(&at).await;
        assert!(page.text.contains("May Acme sign you in?"), "{}", page.text);
        let led = browser.post(&at, &[]).await;
        let sent = browser.get(led.location()).await;
        let asked = acme.idp.reads(sent.location());
        let answer = acme.answers(&t, &mut browser, &asked, &KIM).await;
        assert_eq!(browser.get(answer.location()).await.location(), "/wanted");
        assert!(is_signed_in(&mut browser).await);
        assert_eq!(browser.get(&at).await.status, 410, "the link works once");

        // From then on it is asked no more, and each record says why it was let in.
        assert_eq!(comes_in(&t, &acme, &mut t.browser(), &KIM).await.location(), "/wanted");
        let rows = t.contents().await;
        let records = format!("{:?}", rows["login_attempts"]);
        assert!(records.contains("named exception") && records.contains("builds our tickets"), "{records}");

        // Taken away: signed out, and not let in again.
        let token = t.api_token().await;
        let one = format!("{}/{}", path(&acme), exception["id"].as_str().unwrap());
        assert_eq!(t.browser().api("DELETE", &one, &token, None).await.status, 204);
        assert!(!is_signed_in(&mut browser).await);
        assert_eq!(comes_in(&t, &acme, &mut browser, &KIM).await.status, 403);
        assert_eq!(t.browser().api("DELETE", &one, &token, None).await.status, 404);
        assert_eq!(events(&t).await, ["email_exception.allowed", "email_exception.removed"]);
    });
}

#[tokio::test]
async fn a_provider_cannot_take_over_an_account_by_naming_its_address() {
    each_database!(|t| {
        let acme = company(&t, "Acme", "acme.test").await;
        let victim = t.account_with_password(KIM.email, "a long enough password").await;
        kim(&t, &acme).await;
        let mut eve = t.browser();
        assert_eq!(comes_in(&t, &acme, &mut eve, &KIM).await.status, 403);
        assert!(!is_signed_in(&mut eve).await);
        // Nor by changing the address of somebody whom it may speak for.
        let ann = Person::new("u1", "ann@acme.test");
        acme.signs_in(&t, &mut t.browser(), &ann).await;
        let moved = Person::new("u1", KIM.email);
        assert_eq!(comes_in(&t, &acme, &mut eve, &moved).await.status, 403);
        let mut db = t.app.read().await.unwrap();
        let known = store::account::lookup_email(&mut db, "ann@acme.test").await.unwrap();
        assert!(known.is_some(), "the address has not moved");
        let still = store::account::lookup_email(&mut db, KIM.email).await.unwrap().unwrap();
        assert_eq!((still.id, still.password_hash.is_some()), (victim.id, true));
    });
}

#[tokio::test]
async fn an_account_that_was_brought_along_is_opened_by_its_own_address_alone_and_never_renamed() {
    each_database!(|t| {
        let acme = company(&t, "Acme", "acme.test").await;
        let own = t.account_with_password(KIM.email, "a long enough password").await;
        let exception = kim(&t, &acme).await;
        let mut browser = t.browser();
        comes_in(&t, &acme, &mut browser, &KIM).await;
        let at = question(&t).await;
        browser.get(&at).await;
        browser.post(&at, &[]).await;
        assert_eq!(comes_in(&t, &acme, &mut browser, &KIM).await.location(), "/wanted");

        // The exception is over: whatever the provider calls the person, the account is not opened.
        let token = t.api_token().await;
        let one = format!("{}/{}", path(&acme), exception["id"].as_str().unwrap());
        assert_eq!(t.browser().api("DELETE", &one, &token, None).await.status, 204);
        let renamed = Person::new(KIM.subject, "kim@acme.test");
        assert_eq!(comes_in(&t, &acme, &mut t.browser(), &renamed).await.location(), "/wanted");
        assert_eq!(opened(&t, own.id).await, (KIM.email.to_owned(), 0));
        assert_eq!(rows(&t, &["accounts"]).await, [2]);
        // Nor while it holds, by another address than the one that is named.
        kim(&t, &acme).await;
        let mut browser = t.browser();
        comes_in(&t, &acme, &mut browser, &KIM).await;
        let questions = t.mails().await.into_iter().filter(|it| it.kind == "confirm_sign_in");
        let again = questions.map(|it| link(&it)).find(|it| *it != at).expect("it is asked anew");
        browser.get(&again).await;
        browser.post(&again, &[]).await;
        assert_eq!(comes_in(&t, &acme, &mut browser, &KIM).await.location(), "/wanted");
        assert_eq!(comes_in(&t, &acme, &mut t.browser(), &renamed).await.location(), "/wanted");
        assert_eq!(opened(&t, own.id).await, (KIM.email.to_owned(), 1));
        assert_eq!(rows(&t, &["accounts"]).await, [2]);
    });
}

#[tokio::test]
async fn a_companys_employee_is_not_opened_by_another_company_that_had_an_exception_before() {
    each_database!(|t| {
        let acme = company(&t, "Acme", "acme.test").await;
        kim(&t, &acme).await;
        let mut browser = t.browser();
        comes_in(&t, &acme, &mut browser, &KIM).await;
        let at = question(&t).await;
        browser.get(&at).await;
        browser.post(&at, &[]).await;
        assert_eq!(comes_in(&t, &acme, &mut browser, &KIM).await.location(), "/wanted");
        let account =
            store::account::lookup_email(&mut t.app.read().await.unwrap(), KIM.email).await.unwrap();
        let account = account.expect("Kim's account");
        // Kim's own company comes, and proves its domain.
        let studio = t.organization("Studio").await;
        t.domain(&studio, "studio.example").await;
        t.member(&studio, &account, Role::Member).await;
        let before = opened(&t, account.id).await;
        comes_in(&t, &acme, &mut t.browser(), &Person::new(KIM.subject, "kim@acme.test")).await;
        assert_eq!(opened(&t, account.id).await, before);
    });
}

#[tokio::test]
async fn an_exception_ends_by_itself_and_so_does_the_session_by_it() {
    each_database!(|t| {
        let acme = company(&t, "Acme", "acme.test").await;
        let soon = t.app.now().after(Duration::from_hours(2));
        let body = json!({"email": KIM.email, "reason": "a day's work", "ends_at": soon.to_string()});
        assert_eq!(allow(&t, &acme, body).await.status, 201);
        let mut browser = t.browser();
        comes_in(&t, &acme, &mut browser, &KIM).await;
        let at = question(&t).await;
        browser.get(&at).await;
        browser.post(&at, &[]).await;
        assert_eq!(comes_in(&t, &acme, &mut browser, &KIM).await.location(), "/wanted");
        t.clock.advance(Duration::from_hours(3));
        assert!(!is_signed_in(&mut browser).await);
        assert_eq!(comes_in(&t, &acme, &mut browser, &KIM).await.status, 403);
        assert_eq!(attempts(&t).await[0], "email_not_in_domain");
    });
}

#[tokio::test]
async fn what_is_no_single_address_outside_is_refused_with_its_reason() {
    each_database!(|t| {
        let acme = company(&t, "Acme", "acme.test").await;
        company(&t, "Other", "other.test").await;
        let past = t.app.now().before(Duration::from_hours(1)).to_string();
        for (body, field, words) in [
            (json!({"email": "*@studio.example", "reason": "x"}), "email", "patterns"),
            (json!({"email": "@studio.example", "reason": "x"}), "email", "one address"),
            (json!({"email": "studio.example", "reason": "x"}), "email", "one address"),
            (json!({"email": "ann@acme.test", "reason": "x"}), "email", "no exception is needed"),
            (json!({"email": "bob@other.test", "reason": "x"}), "email", "another company"),
            (json!({"email": KIM.email, "reason": " "}), "reason", "a reason"),
            (json!({"email": KIM.email, "reason": "x", "ends_at": past}), "ends_at", "not passed"),
            (json!({"email": KIM.email, "reason": "x", "ends_at": "soon"}), "ends_at", "a time such as"),
        ] {
            let refused = allow(&t, &acme, body.clone()).await;
            assert_eq!(refused.status, 422, "{body}: {}", refused.text);
            let error = refused.json()["errors"][0].clone();
            assert_eq!(error["field"], field, "{body}");
            let said = refused.text.replace("Other", "?");
            assert!(said.contains(words) && said == refused.text, "{body}: {}", refused.text);
        }
        // An exception that was there before the domain was another company's ends with that.
        kim(&t, &acme).await;
        let owner = t.organization("Studio").await;
        t.domain(&owner, "studio.example").await;
        assert_eq!(comes_in(&t, &acme, &mut t.browser(), &KIM).await.status, 403);
        assert_eq!(attempts(&t).await[0], "email_not_in_domain");
    });
}

#[tokio::test]
async fn an_administrator_names_and_removes_exceptions_on_a_page() {
    each_database!(|t| {
        let acme = company(&t, "Acme", "acme.test").await;
        let mut browser = t.administrator(&acme.organization, "ann@acme.test").await;
        assert!(browser.get("/org/domains").await.text.contains("/org/domains/exceptions"));
        let empty = browser.get("/org/domains/exceptions").await;
        assert!(empty.text.contains("No exception"), "{}", empty.text);
        let at = "/org/domains/exceptions";
        let bad = [("email", "*@studio.example"), ("reason", "all of them"), ("until", "")];
        let refused = browser.post(at, &bad).await;
        assert!(refused.status == 422 && refused.text.contains("patterns are not taken"), "{}", refused.text);
        let wrong = [("email", KIM.email), ("reason", "a day"), ("until", "tomorrow")];
        assert!(browser.post(at, &wrong).await.text.contains("Expected a day such as"));
        let until = t.app.now().after(Duration::from_hours(48)).to_jiff().strftime("%Y-%m-%d").to_string();
        let good = [("email", KIM.email), ("reason", "builds our tickets"), ("until", until.as_str())];
        assert_eq!(browser.post(at, &good).await.status, 303);
        let listed = browser.get(at).await;
        for words in [KIM.email, "builds our tickets", "Holds until", "UTC"] {
            assert!(listed.text.contains(words), "{words}: {}", listed.text);
        }
        let from = listed.text.find("/org/domains/exceptions/exc_").expect("a button");
        let remove = listed.text[from..].split('"').next().unwrap().to_owned();
        assert_eq!(browser.post(&remove, &[]).await.status, 303);
        assert!(browser.get(at).await.text.contains("No exception"));
        assert_eq!(browser.post(&remove, &[]).await.status, 404);
    });
}
