//! Domains from the first claim to the proof in DNS.

use std::time::Duration;

use model::{Domain, DomainStatus, Organization, Purpose};
use serde_json::Value;
use server::connection::domains::{self, Found, Holds, Server};
use server::dns::{Kind, Reply};
use server::onboarding::links;
use testkit::{ACTOR, TestApp, each_database};

const HOST: &str = "_frontdesk.acme.test";

async fn claim(t: &TestApp, organization: &Organization) -> Domain {
    let mut tx = t.app.write().await.unwrap();
    let it = domains::add(&t.app, &mut tx, organization, "acme.test", None, ACTOR).await.unwrap();
    tx.commit().await.unwrap();
    it
}

async fn check(t: &TestApp, domain: &Domain) -> Domain {
    domains::check(&t.app, domain.organization_id, domain.id, ACTOR).await.unwrap()
}

async fn jobs(t: &TestApp) -> usize {
    store::job::list(&mut t.app.read().await.unwrap()).await.unwrap().len()
}

fn texts(all: &[&str]) -> Reply {
    Reply::Records(all.iter().map(|&text| text.to_owned()).collect())
}

/// Lets the planned looks at domains pass, for `days`.
async fn pass(t: &TestApp, days: u32) {
    for _ in 0..days * 24 {
        t.clock.advance(Duration::from_hours(1));
        t.work().await;
    }
}

#[tokio::test]
async fn a_record_in_dns_verifies_the_domain() {
    each_database!(|t| {
        let acme = t.organization("Acme").await;
        let domain = claim(&t, &acme).await;
        let value = domains::dns_record(&domain).value;
        t.app.dns.set(HOST, Kind::Txt, texts(&["something else", &value]));
        let proven = check(&t, &domain).await;
        assert_eq!((proven.status, proven.verified_by.as_deref()), (DomainStatus::Verified, Some("dns")));
        assert_eq!(check(&t, &domain).await.status, DomainStatus::Verified);
        let mut db = t.app.read().await.unwrap();
        assert!(domains::vouches_for(&mut db, acme.id, "ann@acme.test").await.unwrap());
        let events = store::event::list_after(&mut db, 0, 100).await.unwrap();
        let verified: Vec<_> = events.iter().filter(|it| it.kind == "domain.verified").collect();
        assert_eq!(verified.len(), 1);
        let data: Value = serde_json::from_str(&verified[0].data).unwrap();
        assert_eq!(data["domain"], "acme.test");
        drop(db);
        // The planned look finds nothing left to do.
        pass(&t, 1).await;
        t.assert_no_work().await;
    });
}

#[tokio::test]
async fn each_known_mistake_is_named() {
    each_database!(|t| {
        let acme = t.organization("Acme").await;
        let domain = claim(&t, &acme).await;
        let value = domains::dns_record(&domain).value;
        let doubled = format!("{HOST}.acme.test");
        let found = async || Found::of(&check(&t, &domain).await).unwrap();
        assert_eq!(Found::of(&domain), None);
        assert_eq!(found().await, Found::NoDomain);
        t.app.dns.set("acme.test", Kind::Txt, texts(&["v=spf1 -all"]));
        assert_eq!(found().await, Found::Nothing);
        t.app.dns.set("acme.test", Kind::Txt, texts(&["v=spf1 -all", &value]));
        assert_eq!(found().await, Found::Apex);
        t.app.dns.set(&doubled, Kind::Txt, texts(&[&value]));
        assert_eq!(found().await, Found::Doubled { name: doubled.clone() });
        t.app.dns.set(HOST, Kind::Txt, texts(&["hello", "world"]));
        assert_eq!(found().await, Found::OtherValue { value: "hello, world".to_owned() });
        t.app.dns.set(HOST, Kind::Txt, texts(&["hello", "frontdesk-verify=old"]));
        assert_eq!(found().await, Found::OldValue { value: "frontdesk-verify=old".to_owned() });
        let quoted = format!("\"{value}\"");
        t.app.dns.set(HOST, Kind::Txt, texts(&[&quoted]));
        assert_eq!(found().await, Found::Quoted { value: quoted });
        t.app.dns.set(HOST, Kind::Cname, texts(&["parking.test"]));
        assert_eq!(found().await, Found::Alias { target: "parking.test".to_owned() });
        t.app.dns.set(HOST, Kind::Txt, Reply::Silent);
        assert_eq!(found().await, Found::Silent);
        let still = store::domain::lookup(&mut t.app.read().await.unwrap(), domain.id).await.unwrap();
        assert_eq!(still.unwrap().status, DomainStatus::Pending);
    });
}

#[tokio::test]
async fn each_name_server_of_the_domain_is_asked_and_named_with_what_it_holds() {
    each_database!(|t| {
        let acme = t.organization("Acme").await;
        let domain = claim(&t, &acme).await;
        let value = domains::dns_record(&domain).value;
        t.app.dns.set("acme.test", Kind::Txt, texts(&["v=spf1 -all"]));
        let looked = check(&t, &domain).await;
        assert_eq!((Found::of(&looked), Server::of(&looked).len()), (Some(Found::Nothing), 0));
        t.app.dns.set(
            "acme.test",
            Kind::Ns,
            texts(&["ns4.dns.test", "ns2.dns.test", "ns1.dns.test", "ns3.dns.test"]),
        );
        // One has the record, one another value, one none, and one says nothing: others do not see it yet.
        let at = |server: &str| format!("{HOST} at {server}.dns.test");
        t.app.dns.set(&at("ns1"), Kind::Txt, texts(&[&value]));
        t.app.dns.set(&at("ns2"), Kind::Txt, texts(&["hello"]));
        t.app.dns.set(&at("ns4"), Kind::Txt, Reply::Silent);
        let looked = check(&t, &domain).await;
        assert_eq!((looked.status, Found::of(&looked)), (DomainStatus::Pending, Some(Found::Spreading)));
        let said: Vec<_> = Server::of(&looked).into_iter().map(|it| (it.name, it.holds)).collect();
        let expected = [Holds::Proof, Holds::Other, Holds::Nothing, Holds::Silent];
        let expected = (1..).zip(expected).map(|(n, holds)| (format!("ns{n}.dns.test"), holds));
        assert_eq!(said, expected.collect::<Vec<_>>());
        let mut tx = t.app.write().await.unwrap();
        let link =
            links::create(&t.app, &mut tx, &acme, &[Purpose::Domains], None, ("Maren", ACTOR)).await.unwrap();
        tx.commit().await.unwrap();
        let page = url::Url::parse(&link.url).unwrap().path().to_owned() + "/domains";
        let shown = t.browser().get(&page).await.text;
        for words in
            ["Name server ns1.dns.test", "has the record", "did not answer", "not seen everywhere yet"]
        {
            assert!(shown.contains(words), "{words}: {shown}");
        }
        // Where nobody answers, there is nobody to name.
        t.app.dns.set(HOST, Kind::Txt, Reply::Silent);
        let looked = check(&t, &domain).await;
        assert_eq!((Found::of(&looked), Server::of(&looked).len()), (Some(Found::Silent), 0));
        // The resolver decides.
        t.app.dns.set(HOST, Kind::Txt, texts(&[&value]));
        assert_eq!(check(&t, &domain).await.status, DomainStatus::Verified);
    });
}

#[tokio::test]
async fn of_two_who_claim_a_domain_the_first_to_prove_it_holds_it() {
    each_database!(|t| {
        let (acme, other) = (t.organization("Acme").await, t.organization("Other").await);
        let (late, early) = (claim(&t, &acme).await, claim(&t, &other).await);
        let values = [&late, &early].map(|it| domains::dns_record(it).value);
        assert_ne!(values[0], values[1]);
        t.app.dns.set(HOST, Kind::Txt, texts(&[&values[1]]));
        assert_eq!(Found::of(&check(&t, &late).await), Some(Found::OldValue { value: values[1].clone() }));
        assert_eq!(check(&t, &early).await.status, DomainStatus::Verified);
        t.app.dns.set(HOST, Kind::Txt, texts(&[&values[0], &values[1]]));
        assert_eq!(Found::of(&check(&t, &late).await), Some(Found::HeldElsewhere));
        let mut tx = t.app.write().await.unwrap();
        let attested = domains::attest(&t.app, &mut tx, &acme, late.id, "api", ACTOR).await.unwrap_err();
        assert_eq!(attested.code, "domain_taken");
        drop(tx);
        let foreign = domains::check(&t.app, acme.id, early.id, ACTOR).await.unwrap_err();
        assert_eq!(foreign.code, "not_found");
    });
}

#[tokio::test]
async fn the_value_stays_when_a_domain_is_taken_away_and_named_again() {
    each_database!(|t| {
        let acme = t.organization("Acme").await;
        let first = claim(&t, &acme).await;
        let mut tx = t.app.write().await.unwrap();
        domains::remove(&t.app, &mut tx, &acme, first.id, ACTOR).await.unwrap();
        tx.commit().await.unwrap();
        let second = claim(&t, &acme).await;
        assert_ne!(first.id, second.id);
        assert_eq!(domains::dns_record(&first), domains::dns_record(&second));
    });
}

#[tokio::test]
async fn a_pending_domain_is_looked_at_by_itself_ever_more_seldom_and_not_for_ever() {
    each_database!(|t| {
        let acme = t.organization("Acme").await;
        let domain = claim(&t, &acme).await;
        assert_eq!(claim(&t, &acme).await.id, domain.id);
        assert_eq!(jobs(&t).await, 1);
        pass(&t, 1).await;
        assert_eq!(jobs(&t).await, 1);
        let known = async || {
            let mut db = t.app.read().await.unwrap();
            store::domain::lookup(&mut db, domain.id).await.unwrap().unwrap()
        };
        let after_a_day = known().await;
        assert_eq!(Found::of(&after_a_day), Some(Found::NoDomain));
        let pause = after_a_day.next_look.unwrap().since(after_a_day.looked_at.unwrap());
        assert!(pause > Duration::from_hours(4) && pause < Duration::from_hours(7), "{pause:?}");
        pass(&t, 19).await;
        assert_eq!((known().await.status, known().await.next_look), (DomainStatus::Pending, None));
        t.assert_no_work().await;

        let late = t.organization("Late").await;
        let theirs = claim(&t, &late).await;
        t.app.dns.set(HOST, Kind::Txt, texts(&[&domains::dns_record(&theirs).value]));
        t.clock.advance(Duration::from_mins(2));
        t.work().await;
        let mut db = t.app.read().await.unwrap();
        let theirs = store::domain::lookup(&mut db, theirs.id).await.unwrap().unwrap();
        assert_eq!(theirs.status, DomainStatus::Verified);
        drop(db);
        t.assert_no_work().await;
    });
}

#[tokio::test]
async fn the_wizard_looks_when_asked_and_says_what_it_found() {
    each_database!(|t| {
        let acme = t.organization("Acme").await;
        let domain = claim(&t, &acme).await;
        let value = domains::dns_record(&domain).value;
        let mut tx = t.app.write().await.unwrap();
        let purposes = [Purpose::Domains];
        let link =
            links::create(&t.app, &mut tx, &acme, &purposes, None, ("Maren Okafor", ACTOR)).await.unwrap();
        tx.commit().await.unwrap();
        let page = url::Url::parse(&link.url).unwrap().path().to_owned() + "/domains";
        let look = format!("{page}/look");
        let mut browser = t.browser();
        let shown = browser.get(&page).await;
        assert!(shown.text.contains("Look again now") && shown.text.contains(&value), "{}", shown.text);
        t.app.dns.set(&format!("{HOST}.acme.test"), Kind::Txt, texts(&[&value]));
        let answer = browser.post(&look, &[]).await;
        assert_eq!((answer.status.as_u16(), answer.location()), (303, page.as_str()));
        let shown = browser.get(&page).await;
        assert!(shown.text.contains("added the domain a second time"), "{}", shown.text);
        t.app.dns.set(HOST, Kind::Txt, texts(&[&value]));
        browser.post(&look, &[]).await;
        let shown = browser.get(&page).await;
        assert!(shown.text.contains("Verified") && !shown.text.contains(&value), "{}", shown.text);
    });
}

/// Lets days pass in which the records are looked at.
async fn days(t: &TestApp, count: u32) {
    for _ in 0..count {
        t.clock.advance(Duration::from_hours(24));
        domains::round(&t.app).await.unwrap();
    }
}

async fn told(t: &TestApp) -> Vec<String> {
    let mut db = t.app.read().await.unwrap();
    let all = store::event::list_after(&mut db, 0, 1000).await.unwrap();
    all.into_iter().map(|it| it.kind).filter(|kind| kind.starts_with("domain.proof")).collect()
}

#[tokio::test]
async fn a_record_that_vanishes_later_is_told_and_unverifies_nothing() {
    each_database!(|t| {
        let acme = t.organization("Acme").await;
        let ann = t.account("ann@acme.test").await;
        t.member(&acme, &ann, model::Role::Admin).await;
        let domain = claim(&t, &acme).await;
        let value = domains::dns_record(&domain).value;
        t.app.dns.set(HOST, Kind::Txt, texts(&[&value]));
        assert_eq!(check(&t, &domain).await.status, DomainStatus::Verified);
        days(&t, 3).await;
        assert!(told(&t).await.is_empty());
        // One look in vain, or name servers that do not answer, prove nothing.
        t.app.dns.set(HOST, Kind::Txt, Reply::Silent);
        days(&t, 2).await;
        t.app.dns.set(HOST, Kind::Txt, texts(&["something else"]));
        days(&t, 1).await;
        assert!(told(&t).await.is_empty());
        days(&t, 1).await;
        assert_eq!(told(&t).await, ["domain.proof_missing"]);
        days(&t, 2).await;
        assert_eq!(told(&t).await.len(), 1, "it is told once");
        let mails = t.mails().await;
        let letter =
            mails.iter().find(|it| it.kind == "domain_proof_missing" && it.recipient == "ann@acme.test");
        assert!(letter.expect("a letter").text.contains(&value));
        let now = async || {
            let mut db = t.app.read().await.unwrap();
            store::domain::lookup(&mut db, domain.id).await.unwrap().unwrap()
        };
        assert_eq!(now().await.status, DomainStatus::Verified);
        assert!(
            domains::vouches_for(&mut t.app.read().await.unwrap(), acme.id, "ann@acme.test").await.unwrap()
        );
        // It is back, and somebody presses the button.
        t.app.dns.set(HOST, Kind::Txt, texts(&[&value]));
        domains::check_pending(&t.app, acme.id, ACTOR).await.unwrap();
        assert_eq!(told(&t).await, ["domain.proof_missing", "domain.proof_found"]);
        assert_eq!((now().await.proof_missing_at, now().await.proof_told_at), (None, None));
    });
}

#[tokio::test]
async fn a_domain_that_somebody_attested_has_no_record_that_could_vanish() {
    each_database!(|t| {
        let acme = t.organization("Acme").await;
        t.domain(&acme, "acme.test").await;
        days(&t, 4).await;
        assert!(told(&t).await.is_empty() && t.mails().await.is_empty());
    });
}

#[tokio::test]
async fn many_domains_are_named_at_once_and_each_is_answered_for_itself() {
    each_database!(|t| {
        let (acme, other) = (t.organization("Acme").await, t.organization("Other").await);
        t.domain(&other, "other.test").await;
        let mut browser = t.administrator(&acme, "ann@acme.test").await;
        browser.get("/org/domains").await;
        let typed = "b.test\r\na.test, gmail.com;other.test\r\nhttps://acme.test/x\r\na.test";
        let page = browser.post("/org/domains", &[("domain", typed)]).await;
        assert_eq!(page.status, 422);
        for words in [
            "Anybody can have an address at gmail.com",
            "other.test is already in use",
            "Expected only the domain: acme.test",
            "3 of 5 were not added",
        ] {
            assert!(page.text.contains(words), "{words}: {}", page.text);
        }
        assert!(!page.text.contains("Other"), "nobody is told who has it");
        let mut db = t.app.read().await.unwrap();
        let names: Vec<String> =
            store::domain::list(&mut db, acme.id).await.unwrap().into_iter().map(|it| it.name).collect();
        drop(db);
        assert_eq!(names, ["a.test", "b.test"]);
        let all = browser.post("/org/domains", &[("domain", "c.test d.test a.test")]).await;
        assert_eq!(all.status, 303, "a name that is there already is no fault");
        let many: Vec<String> = (0..101).map(|n| format!("n{n}.test")).collect();
        let refused = browser.post("/org/domains", &[("domain", &many.join("\n"))]).await;
        assert!(refused.status == 422 && refused.text.contains("at most 100"), "{}", refused.text);
    });
}
