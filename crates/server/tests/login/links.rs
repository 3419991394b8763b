//! Invitations and claims in wrong hands, too late, or twice.

use std::time::Duration;

use model::{Mail, Organization, Role, Source};
use profile::{Country, Profile};
use server::member::{self, Arrival, Reason};
use testkit::{TestApp, each_database};

use crate::company::{is_signed_in, link, rows};

const PASSWORD: &str = "a long enough password";

async fn invited(t: &TestApp, org: &Organization, email: &str) -> Mail {
    let arrival = Arrival {
        source: Source::Manual,
        profile: Profile {
            first_name: Some("Ada".to_owned()),
            last_name: Some("Lovelace".to_owned()),
            email: Some(email.to_owned()),
            country: Country::from_code("DE"),
            ..Profile::default()
        },
        withdrawn: None,
        role: None,
        unread: Vec::new(),
        directory_user_id: None,
        active: true,
        unheard: false,
    };
    let mut tx = t.app.write().await.unwrap();
    member::arrive(&t.app, &mut tx, org, arrival).await.unwrap();
    tx.commit().await.unwrap();
    t.mails().await.pop().expect("the invitation")
}

#[tokio::test]
async fn an_invitation_counts_once_also_when_two_accept_at_the_same_moment() {
    each_database!(|t| {
        let org = t.organization("Acme").await;
        let at = link(&invited(&t, &org, "ada@home.example").await);
        let (mut one, mut two) = (t.browser(), t.browser());
        one.get(&at).await;
        two.get(&at).await;
        let form = [("password", PASSWORD)];
        let both = tokio::join!(one.post(&at, &form), two.post(&at, &form));
        let mut statuses = [both.0.status.as_u16(), both.1.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses[0], 303);
        assert!(statuses[1] >= 400, "{statuses:?}");
        assert_eq!(rows(&t, &["accounts", "sessions", "members"]).await, [1, 1, 1]);
        let mut late = t.browser();
        late.get("/login").await;
        assert_eq!(late.post(&at, &form).await.status, 410);
        assert!(!is_signed_in(&mut late).await);
        t.assert_no_work().await;
    });
}

#[tokio::test]
async fn an_invitation_is_for_the_invited_address_whoever_is_signed_in() {
    each_database!(|t| {
        let org = t.organization("Acme").await;
        let at = link(&invited(&t, &org, "ada@home.example").await);
        let eve = t.account_with_password("eve@home.example", PASSWORD).await;
        let mut browser = t.browser();
        t.session(&mut browser, &eve, None).await;
        browser.get(&at).await;
        assert_eq!(browser.post(&at, &[("password", PASSWORD)]).await.location(), "/invite/accepted");
        let page = browser.get("/account").await;
        assert!(page.text.contains("ada@home.example"), "the session is the invited person's now");
        let mut db = t.app.read().await.unwrap();
        assert!(store::member::lookup_account(&mut db, org.id, eve.id).await.unwrap().is_none());
    });
}

#[tokio::test]
async fn an_accepted_invitation_gives_nobody_the_password_of_a_known_account() {
    each_database!(|t| {
        let org = t.organization("Acme").await;
        let ada = t.account_with_password("ada@home.example", PASSWORD).await;
        let at = link(&invited(&t, &org, "ada@home.example").await);
        let mut browser = t.browser();
        browser.get(&at).await;
        browser.post(&at, &[("password", "a password of a thief")]).await;
        let now = store::account::lookup(&mut t.app.read().await.unwrap(), ada.id).await.unwrap().unwrap();
        assert_eq!(now.password_hash, ada.password_hash);
    });
}

#[tokio::test]
async fn a_claim_works_once_until_it_ends_and_for_the_one_account() {
    each_database!(|t| {
        let org = t.organization("Acme").await;
        t.domain(&org, "acme.test").await;
        t.bare_connection(&org).await;
        let leavers = ["ada@acme.test", "bob@acme.test"];
        let mut claims = Vec::new();
        for email in leavers {
            let account = t.account(email).await;
            let member = t.member(&org, &account, Role::Member).await;
            let mut tx = t.app.write().await.unwrap();
            member::leave(&t.app, &mut tx, &org, member, Reason::Directory).await.unwrap();
            tx.commit().await.unwrap();
            t.clock.advance(Duration::from_secs(1));
            claims.push(link(t.mails().await.last().unwrap()));
        }
        let mut browser = t.browser();
        browser.get(&claims[0]).await;
        // The company reads the work mailbox: the account goes to an address that is not the company's.
        for wrong in ["", "ada@acme.test", "nonsense"] {
            let form = [("email", wrong), ("password", PASSWORD)];
            assert_eq!(browser.post(&claims[0], &form).await.status, 422, "{wrong}");
        }
        let form = [("email", "ada@home.example"), ("password", PASSWORD)];
        browser.post(&claims[0], &form).await;
        let confirm = link(t.mails().await.last().unwrap());
        // Ada's proof does not open Bob's claim, nor the other way round.
        let code = confirm.rsplit('/').next().unwrap();
        let crossed = format!("{}/confirm/{code}", claims[1]);
        assert_eq!(browser.get(&crossed).await.status, 404);
        browser.get(&claims[1]).await;
        assert_eq!(browser.post(&crossed, &[]).await.status, 404);
        browser.get(&confirm).await;
        assert_eq!(browser.post(&confirm, &[]).await.location(), "/claim/done");
        for used in [&claims[0], &confirm] {
            let answer = browser.get(used).await;
            assert!(answer.status == 404 || answer.status == 410, "{}", answer.status);
            browser.get("/login").await;
            assert!(browser.post(used, &form).await.status.is_client_error());
        }
        t.clock.advance(Duration::from_hours(24 * 31));
        let answer = browser.get(&claims[1]).await;
        assert_eq!(answer.status, 410);
        browser.get("/login").await;
        assert_eq!(browser.post(&claims[1], &form).await.status, 410);
        assert_eq!(browser.post(&format!("{}/erase", claims[1]), &[]).await.status, 410);
        assert_eq!(rows(&t, &["accounts"]).await, [2]);
        t.work().await;
        t.assert_no_work().await;
    });
}

#[tokio::test]
async fn an_address_that_has_an_account_is_claimed_by_nobody_else() {
    each_database!(|t| {
        let org = t.organization("Acme").await;
        t.domain(&org, "acme.test").await;
        t.bare_connection(&org).await;
        t.account_with_password("eve@home.example", PASSWORD).await;
        let ada = t.account("ada@acme.test").await;
        let member = t.member(&org, &ada, Role::Member).await;
        let mut tx = t.app.write().await.unwrap();
        member::leave(&t.app, &mut tx, &org, member, Reason::Directory).await.unwrap();
        tx.commit().await.unwrap();
        let claim = link(t.mails().await.last().unwrap());
        t.clock.advance(Duration::from_secs(1));
        let mut browser = t.browser();
        browser.get(&claim).await;
        browser.post(&claim, &[("email", "eve@home.example"), ("password", PASSWORD)]).await;
        let confirm = link(t.mails().await.last().unwrap());
        browser.get(&confirm).await;
        assert_eq!(browser.post(&confirm, &[]).await.status, 409);
        let still = store::account::lookup(&mut t.app.read().await.unwrap(), ada.id).await.unwrap().unwrap();
        assert_eq!(still, ada);
    });
}
