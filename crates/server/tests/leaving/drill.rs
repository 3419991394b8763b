//! The leaver drill: what it measures, and that nothing of it stays.

use std::collections::BTreeMap;
use std::time::Duration;

use oidc::Jwks;
use serde_json::{Value, json};
use server::receipt;
use testkit::{Answer, TestApp, each_database};

use crate::world::{listener, with_sign_on};

/// Tables that a drill may leave something in: itself, how applications were told, and who asked for it.
const MAY_CHANGE: [&str; 6] = ["drills", "logout_calls", "audit_log", "keys", "api_tokens", "rate_limits"];

async fn contents(t: &TestApp) -> BTreeMap<String, Vec<String>> {
    let mut all = t.contents().await;
    all.retain(|table, _| !MAY_CHANGE.contains(&table.as_str()));
    all
}

async fn api(t: &TestApp, token: &str, method: &str, path: &str) -> Answer {
    t.browser().api(method, path, token, None).await
}

/// Lets a drill run to its end.
async fn through(t: &TestApp) {
    for _ in 0..40 {
        t.work().await;
        t.clock.advance(Duration::from_secs(1));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_drill_measures_every_cut_signs_a_report_and_leaves_nothing_behind() {
    each_database!(|t| {
        let token = t.api_token().await;
        let org = with_sign_on(&t, "Acme", "acme.test").await;
        let (address, mut heard) = listener().await;
        let listens =
            t.application(json!({"backchannel_logout_uri": format!("http://{address}/logout")})).await;
        let refuses =
            t.application(json!({"backchannel_logout_uri": format!("http://{address}/nowhere")})).await;
        t.application(json!({})).await;
        t.browser().get("/oauth2/jwks").await;
        let before = contents(&t).await;
        let base = format!("/api/v1/organizations/{}/drills", org.id);
        let begun = api(&t, &token, "POST", &base).await;
        assert_eq!(begun.status, 202, "{}", begun.text);
        assert_eq!(api(&t, &token, "POST", &base).await.json()["code"], "drill_under_way");
        let id = begun.json()["id"].as_str().unwrap().to_owned();
        t.work().await;
        let told = heard.try_recv().expect("the application heard at once");
        assert!(
            oidc::unverified(&told["logout_token"])["claims"]["sub"].as_str().unwrap().starts_with("acc_")
        );
        let names = api(&t, &token, "GET", "/api/v1/organizations").await.text;
        assert!(!names.contains("drill"), "in no list while it is under way: {names}");
        through(&t).await;

        let done = api(&t, &token, "GET", &format!("{base}/{id}")).await.json();
        assert_eq!((&done["state"], &done["result"]["passed"]), (&json!("done"), &json!(false)), "{done}");
        let apps = done["result"]["applications"].as_array().unwrap();
        let of = |id: &str| apps.iter().find(|it| it["client_id"] == id).unwrap().clone();
        assert_eq!(of(&listens.id)["took_it"], true);
        assert!(of(&listens.id)["told_ms"].is_u64() && done["result"]["session_refused_ms"].is_u64());
        assert_eq!(of(&refuses.id)["took_it"], false);
        assert!(of(&refuses.id)["outcome"].as_str().unwrap().contains("404"), "{done}");
        assert_eq!(done["result"]["applications_without_logout"], json!(["Product"]));

        let file = api(&t, &token, "GET", &format!("{base}/{id}/report")).await.text;
        let keys = Jwks::parse(t.browser().get("/receipts/jwks.json").await.text.as_bytes()).unwrap();
        let found = receipt::verify(&file, &keys).unwrap();
        assert_eq!((found.text("kind"), found.text("jti")), ("leaver_drill", id.as_str()));
        assert_eq!(found.claims["organization"]["name"], "Acme");
        let after = contents(&t).await;
        for (table, rows) in &before {
            assert_eq!(rows, &after[table], "{table} is as it was");
        }
        t.assert_no_work().await;
    });
}

#[tokio::test]
async fn a_drill_that_a_machine_died_in_is_cleaned_up_and_ends_without_a_report() {
    each_database!(|t| {
        let token = t.api_token().await;
        let org = with_sign_on(&t, "Acme", "acme.test").await;
        t.application(json!({"backchannel_logout_uri": "https://127.0.0.1:1/logout"})).await;
        t.browser().get("/oauth2/jwks").await;
        let before = contents(&t).await;
        let base = format!("/api/v1/organizations/{}/drills", org.id);
        let id = api(&t, &token, "POST", &base).await.json()["id"].as_str().unwrap().to_owned();
        let run = store::job::list(&mut t.app.read().await.unwrap()).await.unwrap().remove(0);
        server::drill::run_job(&t.app, &run).await.unwrap();
        // As it stood before the person was taken out: that is not written yet.
        let mut drill = store::drill::lookup(&mut t.app.read().await.unwrap(), id.parse().unwrap())
            .await
            .unwrap()
            .unwrap();
        let mut work: Value = serde_json::from_str(&drill.work).unwrap();
        work.as_object_mut().unwrap().remove("began");
        drill.work = work.to_string();
        let mut tx = t.app.write().await.unwrap();
        store::drill::update(&mut tx, &drill).await.unwrap();
        tx.commit().await.unwrap();
        assert_ne!(before, contents(&t).await, "something was made");

        through(&t).await;
        let done = api(&t, &token, "GET", &format!("{base}/{id}")).await.json();
        assert_eq!((&done["state"], &done["report"]), (&json!("failed"), &Value::Null));
        assert!(done["why"].as_str().unwrap().contains("interrupted"));
        assert_eq!(before, contents(&t).await);
        t.assert_no_work().await;
        assert_eq!(api(&t, &token, "POST", &base).await.status, 202, "and another one may begin");
    });
}

#[tokio::test]
async fn an_administrator_runs_a_drill_reads_its_report_and_has_one_every_month() {
    each_database!(|t| {
        let org = with_sign_on(&t, "Acme", "acme.test").await;
        let mut priya = t.administrator(&org, "boss@acme.test").await;
        assert!(priya.get("/org/drills").await.text.contains("No drill yet"));
        assert_eq!(priya.post("/org/drills", &[("do", "run")]).await.location(), "/org/drills?done=begun");
        through(&t).await;
        let list = priya.get("/org/drills").await.text;
        assert!(list.contains("Everything was cut"), "{list}");
        let href = list.split("href=\"").find(|part| part.starts_with("/org/drills/drl_")).unwrap();
        let href = href.split('"').next().unwrap().to_owned();
        let page = priya.get(&href).await.text;
        assert!(page.contains("The session here was refused") && page.contains("an administrator"), "{page}");
        let file = priya.get(&format!("{href}/file")).await;
        let keys = Jwks::parse(t.browser().get("/receipts/jwks.json").await.text.as_bytes()).unwrap();
        receipt::verify(&file.text, &keys).unwrap();
        let people = priya.get("/org/members").await.text;
        assert!(people.contains("One person.") && !people.contains("Drill"), "{people}");

        priya.get("/org/drills").await;
        priya.post("/org/drills", &[("do", "monthly"), ("on", "1")]).await;
        t.clock.advance(Duration::from_hours(24 * 29));
        server::drill::round(&t.app).await.unwrap();
        t.assert_no_work().await;
        t.clock.advance(Duration::from_hours(24));
        server::drill::round(&t.app).await.unwrap();
        server::drill::round(&t.app).await.unwrap();
        through(&t).await;
        let all = store::drill::list(&mut t.app.read().await.unwrap(), org.id, None, 10).await.unwrap().items;
        assert_eq!(all.iter().map(|it| it.state.as_str()).collect::<Vec<_>>(), ["done", "done"]);
        assert_eq!(all[0].asked_by, "system");
    });
}
