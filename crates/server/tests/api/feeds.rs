//! SCIM events as security event tokens: asked for, polled, acknowledged, told again until then.

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Value, json};
use server::feed;
use testkit::{Answer, TestApp, each_database};

use crate::program::{Program, assert_problem};

/// What a token says, its signature verified with our published keys.
pub async fn read(t: &TestApp, application: &str, token: &str) -> Value {
    let keys: JwkSet = serde_json::from_value(t.browser().get("/oauth2/jwks").await.json()).unwrap();
    let header = jsonwebtoken::decode_header(token).unwrap();
    assert_eq!(header.typ.as_deref(), Some("secevent+jwt"));
    let key = keys.find(&header.kid.unwrap()).expect("a published key");
    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_audience(&[application]);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    let key = DecodingKey::from_jwk(key).unwrap();
    jsonwebtoken::decode::<Value>(token, &key, &validation).unwrap().claims
}

/// A member to be made.
pub fn member(n: usize) -> Value {
    json!({"profile": {
        "firstName": format!("P{n}"), "lastName": "Smith", "email": format!("p{n}@acme.test"), "country": "DE",
    }})
}

#[tokio::test]
async fn tokens_are_told_in_order_until_they_are_acknowledged() {
    each_database!(|t| {
        let mut api = Program::new(&t).await;
        let application = t.application(json!({})).await.id;
        let company = api.company("Acme", &["acme.test"]).await;
        api.make(&format!("{company}/members"), member(0)).await;
        let feed = format!("/applications/{application}/security-events");
        let poll = format!("{feed}/poll");
        assert_eq!(api.call("POST", &poll, Some(json!({}))).await.status, 404, "nothing was asked for");
        let unknown = api.call("PUT", &feed, Some(json!({"events": ["urn:x"]}))).await;
        assert_eq!(unknown.status, 422, "{}", unknown.text);
        let set = api.call("PUT", &feed, Some(json!({}))).await;
        assert_eq!(set.status, 200, "{}", set.text);
        assert_eq!(api.get(&feed).await["aud"], application);
        let at_once = json!({"returnImmediately": true});
        let none = api.call("POST", &poll, Some(at_once.clone())).await.json();
        assert_eq!(none, json!({"sets": {}, "moreAvailable": false}), "from now on");

        let mut ids = Vec::new();
        for n in 1..=3 {
            ids.push(api.make(&format!("{company}/members"), member(n)).await["id"].clone());
        }
        let first =
            api.call("POST", &poll, Some(json!({"maxEvents": 2, "returnImmediately": true}))).await.json();
        assert_eq!((first["sets"].as_object().unwrap().len(), &first["moreAvailable"]), (2, &json!(true)));
        let mut told: Vec<(String, Value)> = Vec::new();
        for (jti, token) in first["sets"].as_object().unwrap() {
            told.push((jti.clone(), read(&t, &application, token.as_str().unwrap()).await));
        }
        // An object has no order; the first two of the stream are in it.
        let place = |claims: &Value| ids.iter().position(|id| claims["sub_id"]["id"] == *id);
        told.sort_by_key(|(_, claims)| place(claims));
        for ((jti, claims), id) in told.iter().zip(&ids) {
            assert_eq!(
                (&claims["jti"], claims["iss"].as_str()),
                (&json!(jti), Some("http://127.0.0.1:8080"))
            );
            assert_eq!(claims["sub_id"]["uri"], format!("/Users/{}", id.as_str().unwrap()));
            let event = &claims["events"]["urn:ietf:params:scim:event:prov:create:full"];
            assert_eq!(event["data"]["addresses"][0]["country"], "DE", "{claims}");
            assert!(claims.get("sub").is_none(), "whom it is about is in sub_id alone");
        }
        // The second is acknowledged before the first, the third refused: the first is told again.
        let acks = json!({"ack": [told[1].0, "evt_unknown", "no id"]});
        let again = api.call("POST", &poll, Some(acks)).await.json();
        let left: Vec<&String> = again["sets"].as_object().unwrap().keys().collect();
        assert_eq!((left.len(), left[0]), (2, &told[0].0), "{again}");
        let errs =
            json!({"maxEvents": 0, "ack": [told[0].0], "setErrs": {left[1]: {"err": "invalid_request"}}});
        assert_eq!(api.call("POST", &poll, Some(errs)).await.json()["sets"], json!({}));
        let end = api.call("POST", &poll, Some(at_once)).await.json();
        assert_eq!(end, json!({"sets": {}, "moreAvailable": false}));
        assert_eq!(api.call("DELETE", &feed, None).await.status, 204);
        assert_eq!(api.call("DELETE", &feed, None).await.status, 404);
    });
}

#[tokio::test]
async fn feed_tells_only_what_was_asked_for_and_nothing_of_the_erased() {
    each_database!(|t| {
        let mut api = Program::new(&t).await;
        let application = t.application(json!({})).await.id;
        let company = api.company("Acme", &["acme.test"]).await;
        let feed = format!("/applications/{application}/security-events");
        let deleted = "urn:ietf:params:scim:event:prov:delete";
        assert_eq!(api.call("PUT", &feed, Some(json!({"events": [deleted]}))).await.status, 200);
        assert_eq!(
            api.call("PATCH", &company, Some(json!({"leaver_policy": "delete", "erase_grace_seconds": 0})))
                .await
                .status,
            200
        );
        let made = api.make(&format!("{company}/members"), member(1)).await;
        let id = made["id"].as_str().unwrap().to_owned();
        let left = api.call("POST", &format!("{company}/members/{id}/leave"), None).await;
        assert!(left.status.is_success(), "{}", left.text);
        t.work().await;
        let poll = api.call("POST", &format!("{feed}/poll"), Some(json!({}))).await.json();
        let sets = poll["sets"].as_object().unwrap();
        assert_eq!(sets.len(), 1, "{poll}");
        let claims = read(&t, &application, sets.values().next().unwrap().as_str().unwrap()).await;
        assert_eq!(claims["events"], json!({ deleted: {} }));
        assert_eq!(claims["sub_id"]["uri"], format!("/Users/{id}"));
        assert!(!claims.to_string().contains("acme.test"), "{claims}");
    });
}

/// Polls and waits, in the background.
async fn waiting(t: &TestApp, application: &str, asked: Value) -> tokio::task::JoinHandle<Answer> {
    let mut api = Program::new(t).await;
    let poll = format!("/applications/{application}/security-events/poll");
    tokio::spawn(async move { api.call("POST", &poll, Some(asked)).await })
}

/// Lets others go on until something is so.
pub async fn until(so: impl Fn() -> bool) {
    while !so() {
        tokio::task::yield_now().await;
    }
}

/// Lets others go on until so many requests of the application wait.
async fn until_waiting(t: &TestApp, application: &str, count: usize) {
    let id = application.parse().unwrap();
    until(|| t.app.feeds.waiting(id) == count).await;
}

/// A program, an application with a feed, and a company.
async fn with_feed(t: &TestApp) -> (Program, String, String) {
    let mut api = Program::new(t).await;
    let application = t.application(json!({})).await.id;
    let company = api.company("Acme", &["acme.test"]).await;
    let feed = format!("/applications/{application}/security-events");
    assert_eq!(api.call("PUT", &feed, Some(json!({}))).await.status, 200);
    (api, application, company)
}

#[tokio::test]
async fn poll_that_finds_nothing_waits_until_an_event_comes() {
    each_database!(|t| {
        let (mut api, application, company) = with_feed(&t).await;
        let answer = waiting(&t, &application, json!({})).await;
        until_waiting(&t, &application, 1).await;
        // A fact that the feed does not tell wakes it, and it waits on.
        api.company("Other", &["other.test"]).await;
        until_waiting(&t, &application, 1).await;
        let made = api.make(&format!("{company}/members"), member(1)).await;
        let told = answer.await.unwrap();
        assert_eq!(told.status, 200, "{}", told.text);
        let told = told.json();
        let sets = told["sets"].as_object().unwrap();
        let claims = read(&t, &application, sets.values().next().unwrap().as_str().unwrap()).await;
        assert_eq!((sets.len(), &claims["sub_id"]["id"]), (1, &made["id"]));
        until_waiting(&t, &application, 0).await;

        // What is not acknowledged yet is told at once, also to who would wait; acknowledging alone never waits.
        let poll = format!("/applications/{application}/security-events/poll");
        let again = api.call("POST", &poll, Some(json!({"returnImmediately": false}))).await.json();
        assert_eq!(again["sets"].as_object().unwrap().keys().next(), sets.keys().next());
        let acks: Vec<&String> = sets.keys().collect();
        let done = api.call("POST", &poll, Some(json!({"maxEvents": 0, "ack": acks}))).await.json();
        assert_eq!(done, json!({"sets": {}, "moreAvailable": false}));
    });
}

#[tokio::test]
async fn poll_waits_no_longer_than_its_time_and_not_beyond_the_end_of_the_program() {
    each_database!(|t| {
        let (mut api, application, company) = with_feed(&t).await;
        let answer = waiting(&t, &application, json!({})).await;
        until_waiting(&t, &application, 1).await;
        t.clock.advance(feed::LONGEST);
        api.company("Other", &["other.test"]).await;
        let nothing = json!({"sets": {}, "moreAvailable": false});
        assert_eq!(answer.await.unwrap().json(), nothing, "the time has passed");

        // A client that goes away leaves its place.
        let gone = waiting(&t, &application, json!({})).await;
        until_waiting(&t, &application, 1).await;
        gone.abort();
        until_waiting(&t, &application, 0).await;

        // A feed that ends while somebody waits is none.
        let answer = waiting(&t, &application, json!({})).await;
        until_waiting(&t, &application, 1).await;
        let feed = format!("/applications/{application}/security-events");
        assert_eq!(api.call("DELETE", &feed, None).await.status, 204);
        api.make(&format!("{company}/members"), member(1)).await;
        assert_eq!(answer.await.unwrap().status, 404);

        assert_eq!(api.call("PUT", &feed, Some(json!({}))).await.status, 200);
        let answer = waiting(&t, &application, json!({})).await;
        until_waiting(&t, &application, 1).await;
        t.app.feeds.end();
        assert_eq!(answer.await.unwrap().json(), nothing, "the program ends");
        let late = api.call("POST", &format!("{feed}/poll"), Some(json!({}))).await;
        assert_eq!(late.json(), nothing, "nobody waits any more");
    });
}

#[tokio::test]
async fn so_many_polls_of_an_application_wait_and_one_more_is_told_so() {
    each_database!(|t| {
        let (mut api, application, company) = with_feed(&t).await;
        let mut answers = Vec::new();
        for _ in 0..feed::PLACES {
            answers.push(waiting(&t, &application, json!({})).await);
        }
        until_waiting(&t, &application, feed::PLACES).await;
        let poll = format!("/applications/{application}/security-events/poll");
        let refused = api.call("POST", &poll, Some(json!({}))).await;
        assert_problem(&refused, 429, "one more");
        assert_eq!(refused.json()["code"], "too_many_waiting");
        assert_eq!(refused.headers["retry-after"], "30");
        let at_once = api.call("POST", &poll, Some(json!({"returnImmediately": true}))).await;
        assert_eq!(at_once.status, 200, "who does not wait needs no place");
        // Another application has places of its own.
        let other = t.application(json!({})).await.id;
        let feed = format!("/applications/{other}/security-events");
        assert_eq!(api.call("PUT", &feed, Some(json!({}))).await.status, 200);
        answers.push(waiting(&t, &other, json!({})).await);
        until_waiting(&t, &other, 1).await;
        api.make(&format!("{company}/members"), member(1)).await;
        for answer in answers {
            let told = answer.await.unwrap().json();
            assert_eq!(told["sets"].as_object().unwrap().len(), 1, "all who wait are told: {told}");
        }
    });
}
