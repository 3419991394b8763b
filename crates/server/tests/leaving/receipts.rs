//! Erasures, their acknowledgements, and the receipts.

use std::time::Duration;

use oidc::Jwks;
use serde_json::{Value, json};
use server::keys::{self, Purpose};
use server::receipt;
use testkit::{TestApp, each_database};

use crate::world::{erasing, events, leaves, somebody};

const DAY: Duration = Duration::from_hours(24);

async fn acknowledge(t: &TestApp, token: &str, erasure: &str, client_id: &str) -> testkit::Answer {
    let path = format!("/api/v1/erasures/{erasure}/acknowledgements");
    t.browser().api("POST", &path, token, Some(json!({"client_id": client_id}))).await
}

async fn get(t: &TestApp, token: &str, path: &str) -> testkit::Answer {
    t.browser().api("GET", path, token, None).await
}

async fn published(t: &TestApp) -> Jwks {
    Jwks::parse(t.browser().get("/receipts/jwks.json").await.text.as_bytes()).unwrap()
}

#[tokio::test]
async fn a_receipt_is_signed_once_every_application_has_confirmed_and_names_nobody() {
    each_database!(|t| {
        let token = t.api_token().await;
        let (one, two) = (t.application(json!({})).await, t.application(json!({})).await);
        let reads = t.application(json!({"confirms_erasure": false})).await;
        let org = erasing(&t, "Acme", "acme.test").await;
        let ada = somebody(&t, &org, "ada@acme.test").await;
        let (member, account) = (ada.id.to_string(), ada.account_id.unwrap().to_string());
        leaves(&t, &org, ada).await;

        let told = events(&t, "member.erased").await;
        assert_eq!(told.len(), 1);
        assert_eq!((&told[0]["member_id"], &told[0]["account_erased"]), (&json!(member), &json!(true)));
        let id = told[0]["erasure_id"].as_str().unwrap().to_owned();

        let seen = get(&t, &token, &format!("/api/v1/erasures/{id}")).await.json();
        assert_eq!((&seen["state"], &seen["asked_by"]), (&json!("pending"), &json!("company")));
        let waiting: Vec<&Value> =
            seen["applications"].as_array().unwrap().iter().map(|a| &a["client_id"]).collect();
        assert_eq!(waiting, [&json!(one.id), &json!(two.id)], "{} keeps nothing", reads.id);
        let early = get(&t, &token, &format!("/api/v1/erasures/{id}/receipt")).await;
        assert_eq!(
            (early.status.as_u16(), early.json()["code"].as_str()),
            (409, Some("erasure_not_complete"))
        );

        assert_eq!(acknowledge(&t, &token, &id, &reads.id).await.status, 422);
        assert_eq!(acknowledge(&t, &token, "era_unknown", &one.id).await.status, 404);
        assert_eq!(acknowledge(&t, &token, &id, &one.id).await.json()["state"], "pending");
        t.clock.advance(Duration::from_secs(5));
        let done = acknowledge(&t, &token, &id, &two.id).await.json();
        assert_eq!(done["state"], "complete");
        assert_eq!(acknowledge(&t, &token, &id, &two.id).await.json(), done, "said twice is said once");
        t.work().await;
        assert_eq!(events(&t, "member.erasure_completed").await.len(), 1);

        let file = get(&t, &token, &format!("/api/v1/erasures/{id}/receipt")).await.text;
        let found = receipt::verify(&file, &published(&t).await).unwrap();
        assert_eq!((found.text("kind"), found.text("jti")), ("erasure", id.as_str()));
        assert_eq!(found.claims["organization"]["name"], "Acme");
        assert_eq!(found.claims["applications"][1]["state"], "confirmed");
        let removed = found.claims["removed"].as_array().unwrap();
        assert!(removed.contains(&json!({"kind": "members", "records": 1})), "{removed:?}");
        let signed: Value = serde_json::from_str(&file).unwrap();
        let claims = oidc::unverified(signed["signature"].as_str().unwrap()).to_string();
        for trace in ["ada", "Lovelace", member.as_str(), account.as_str()] {
            assert!(!claims.contains(trace) && !signed["receipt"].to_string().contains(trace), "{trace}");
        }
        t.clock.advance(DAY * 8);
        t.work().await;
        t.assert_no_work().await;
        assert!(events(&t, "member.erasure_pending").await.is_empty());
    });
}

#[tokio::test]
async fn a_changed_receipt_is_refused_and_a_genuine_one_outlives_the_key() {
    each_database!(|t| {
        let token = t.api_token().await;
        let org = erasing(&t, "Acme", "acme.test").await;
        let ada = somebody(&t, &org, "ada@acme.test").await;
        leaves(&t, &org, ada).await;
        let id = events(&t, "member.erased").await[0]["erasure_id"].as_str().unwrap().to_owned();
        let path = format!("/api/v1/erasures/{id}/receipt");
        let file = get(&t, &token, &path).await.text;

        keys::rotate(&t.app, Purpose::Receipt, false, "cli").await.unwrap();
        t.clock.advance(DAY * 400);
        keys::tend(&t.app).await.unwrap();
        t.clock.advance(DAY * 400);
        keys::tend(&t.app).await.unwrap();
        let set = published(&t).await;
        assert!(set.keys.len() >= 2, "the key that signed it stays published");
        receipt::verify(&file, &set).unwrap();
        assert_eq!(get(&t, &token, &path).await.text, file, "it is signed once");

        let later = file.replace("Acme", "Akme");
        assert!(receipt::verify(&later, &set).unwrap_err().contains("not what was signed"));
        let mut parts: Value = serde_json::from_str(&file).unwrap();
        let mut signed = parts["signature"].as_str().unwrap().to_owned();
        let at = signed.find('.').unwrap() + 10;
        signed.replace_range(at..=at, if &signed[at..=at] == "A" { "B" } else { "A" });
        parts["signature"] = signed.into();
        assert!(receipt::verify(&parts.to_string(), &set).is_err());
        assert!(receipt::verify("{}", &set).unwrap_err().contains("no receipt of ours"));
    });
}

#[tokio::test]
async fn whoever_does_not_confirm_is_reminded_of_after_three_and_seven_days_and_no_more() {
    each_database!(|t| {
        let token = t.api_token().await;
        t.operator_cookie().await;
        let product = t.application(json!({})).await;
        let org = erasing(&t, "Acme", "acme.test").await;
        let ada = somebody(&t, &org, "ada@acme.test").await;
        leaves(&t, &org, ada).await;
        let id = events(&t, "member.erased").await[0]["erasure_id"].as_str().unwrap().to_owned();
        for (days, reminders) in [(2, 0), (2, 1), (2, 1), (2, 2), (30, 2)] {
            t.clock.advance(DAY * days);
            t.work().await;
            let mails = t.mails().await;
            assert_eq!(mails.iter().filter(|m| m.kind == "erasure_pending").count(), reminders);
            assert_eq!(events(&t, "member.erasure_pending").await.len(), reminders);
            assert!(mails.iter().all(|m| !m.text.contains("ada@") && !m.text.contains("Lovelace")));
        }
        let told = &events(&t, "member.erasure_pending").await[1];
        assert_eq!((&told["client_ids"], &told["reminder"]), (&json!([product.id]), &json!(2)));
        t.assert_no_work().await;

        let path = format!("/api/v1/applications/{}", product.id);
        let body = json!({"confirms_erasure": false});
        assert_eq!(
            t.browser().api("PATCH", &path, &token, Some(body)).await.json()["confirms_erasure"],
            false
        );
        t.work().await;
        let done = get(&t, &token, &format!("/api/v1/erasures/{id}")).await.json();
        assert_eq!(
            (&done["state"], &done["applications"][0]["state"]),
            (&json!("complete"), &json!("excused"))
        );
        assert_eq!(get(&t, &token, &format!("/api/v1/erasures/{id}/receipt")).await.status, 200);
    });
}

#[tokio::test]
async fn an_application_that_is_taken_away_is_waited_for_no_more() {
    each_database!(|t| {
        let token = t.api_token().await;
        let product = t.application(json!({})).await;
        let org = erasing(&t, "Acme", "acme.test").await;
        for name in ["ada", "bob"] {
            let person = somebody(&t, &org, &format!("{name}@acme.test")).await;
            leaves(&t, &org, person).await;
        }
        let path = format!("/api/v1/applications/{}", product.id);
        assert_eq!(t.browser().api("DELETE", &path, &token, None).await.status, 204);
        t.work().await;
        let all =
            get(&t, &token, &format!("/api/v1/erasures?organization_id={}&limit=1", org.id)).await.json();
        assert_eq!(
            (&all["data"][0]["state"], all["data"].as_array().unwrap().len()),
            (&json!("complete"), 1)
        );
        let next = all["next_cursor"].as_str().unwrap();
        let rest = get(&t, &token, &format!("/api/v1/erasures?cursor={next}")).await.json();
        assert_eq!((rest["data"].as_array().unwrap().len(), &rest["next_cursor"]), (1, &Value::Null));
    });
}

#[tokio::test]
async fn administrators_see_receipts_of_their_own_company_and_none_that_a_leaver_asked_for() {
    each_database!(|t| {
        let token = t.api_token().await;
        let product = t.application(json!({})).await;
        let (acme, globex) =
            (erasing(&t, "Acme", "acme.test").await, erasing(&t, "Globex", "globex.test").await);
        let mut priya = t.administrator(&acme, "priya@acme.test").await;
        let mut hank = t.administrator(&globex, "hank@globex.test").await;
        assert!(priya.get("/org/receipts").await.text.contains("No receipt yet"));
        let ada = somebody(&t, &acme, "ada@acme.test").await;
        leaves(&t, &acme, ada).await;
        let id = events(&t, "member.erased").await[0]["erasure_id"].as_str().unwrap().to_owned();

        let list = priya.get("/org/receipts").await;
        assert!(list.text.contains("Waits for Product") && list.text.contains(&id));
        assert!(
            priya.get(&format!("/org/receipts/{id}")).await.text.contains("as soon as every application")
        );
        assert_eq!(priya.get(&format!("/org/receipts/{id}/file")).await.status, 409);
        acknowledge(&t, &token, &id, &product.id).await;
        t.work().await;
        let page = priya.get(&format!("/org/receipts/{id}")).await.text;
        assert!(page.contains("Download the signed receipt") && page.contains("confirmed 1 March 2026"));
        let file = priya.get(&format!("/org/receipts/{id}/file")).await;
        assert!(file.headers["content-disposition"].to_str().unwrap().contains(&id));
        receipt::verify(&file.text, &published(&t).await).unwrap();
        assert_eq!(hank.get(&format!("/org/receipts/{id}")).await.status, 404);
        assert!(!hank.get("/org/receipts").await.text.contains(&id));

        // A leaver of a company that disconnects, who deletes the account by the link.
        let soft = t.organization("Soft").await;
        t.domain(&soft, "soft.test").await;
        let mut sam = t.administrator(&soft, "sam@soft.test").await;
        let eve = somebody(&t, &soft, "eve@soft.test").await;
        leaves(&t, &soft, eve).await;
        let mail = t.mails().await.into_iter().rev().find(|m| m.kind == "offboarding").unwrap();
        let at = mail.text.find("/claim/").unwrap();
        let link = mail.text[at..].split_whitespace().next().unwrap().to_owned();
        let mut browser = t.browser();
        browser.get(&format!("{link}/erase")).await;
        assert_eq!(browser.post(&format!("{link}/erase"), &[]).await.location(), "/claim/erased");
        let hers = events(&t, "member.erased").await[1]["erasure_id"].as_str().unwrap().to_owned();
        let seen = get(&t, &token, &format!("/api/v1/erasures/{hers}")).await.json();
        assert_eq!(seen["asked_by"], "person");
        assert!(sam.get("/org/receipts").await.text.contains("No receipt yet"));
        assert_eq!(sam.get(&format!("/org/receipts/{hers}")).await.status, 404);
    });
}
