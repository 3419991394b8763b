//! SCIM events pushed to an application: in their order, again until they are taken, and nothing of the erased.

use std::time::Duration;

use serde_json::{Value, json};
use server::feed;
use testkit::{TestApp, each_database};

use crate::feeds::{member, read, until};
use crate::program::{Program, assert_problem};
use crate::receiver::{Pushed, Receiver};

#[tokio::test]
async fn tokens_are_pushed_one_after_another_with_the_header_that_nobody_reads_again() {
    each_database!(|t| {
        let mut it = Pushed::new(&t).await;
        let shown = it.set(json!({"authorization_header": "Bearer s3cret-of-the-product"})).await;
        assert_eq!(
            shown["delivery"],
            json!({"method": "urn:ietf:rfc:8935", "endpoint_url": it.to.address, "has_authorization_header": true})
        );
        let ids = [it.make(1).await, it.make(2).await, it.make(3).await];
        assert_eq!((&it.state().await["waiting"], it.to.count()), (&json!(3), 0));
        assert_eq!(feed::round(&t.app).await.unwrap(), 1);
        for (headers, _) in it.to.got.lock().unwrap().iter() {
            assert_eq!(headers["authorization"], "Bearer s3cret-of-the-product");
        }
        let came: Vec<Value> = it.to.came(&t, &it.application).await.into_iter().map(|(_, id)| id).collect();
        assert_eq!(came, ids);
        let state = it.state().await;
        assert_eq!((&state["waiting"], &state["last_error"]), (&json!(0), &Value::Null));
        assert_eq!(state["last_delivered"], t.app.now().to_string());
        assert!(!state.to_string().contains("s3cret"), "{state}");

        // What is no event of the feed wakes nobody up at the receiver.
        it.api.company("Other", &["other.test"]).await;
        assert_eq!(it.round().await, Vec::<Value>::new());
        // The header is kept for this address, and for no other one.
        assert_eq!(it.set(json!({})).await["delivery"]["has_authorization_header"], true);
        it.to = Receiver::start().await;
        assert_eq!(it.set(json!({})).await["delivery"]["has_authorization_header"], false);
        let everything = t.contents().await;
        assert!(!format!("{everything:?}").contains("s3cret"), "neither in rows nor in the audit log");
    });
}

#[tokio::test]
async fn token_that_is_not_taken_is_pushed_again_after_growing_pauses_and_nothing_overtakes_it() {
    each_database!(|t| {
        let mut it = Pushed::new(&t).await;
        it.to.answers(&[
            (500, ""),
            (200, "thank you"),
            (302, "http://127.0.0.1:1/"),
            (400, r#"{"err":"authentication_failed","description":"Who are you?"}"#),
        ]);
        let (first, second) = (it.make(1).await, it.make(2).await);
        for (outcome, least) in [
            ("It answered 500 Internal Server Error; expected 202 Accepted.", 3),
            ("It answered 200 OK; expected 202 Accepted.", 7),
            ("127.0.0.1 sends us from one address to the next. Expected the final address.", 15),
            ("It answered 400 Bad Request; expected 202 Accepted.", 30),
        ] {
            assert_eq!(it.round().await, std::slice::from_ref(&first), "{outcome}");
            assert_eq!(it.round().await, Vec::<Value>::new(), "it rests");
            let state = it.state().await;
            assert_eq!((&state["last_error"]["outcome"], &state["waiting"]), (&json!(outcome), &json!(2)));
            let next: jiff::Timestamp = state["next_try"].as_str().unwrap().parse().unwrap();
            let pause = next.duration_since(t.app.now().to_jiff()).as_secs();
            assert!((least..=least * 2 + 1).contains(&pause), "{outcome}: {pause}");
            t.clock.advance(Duration::from_secs(u64::try_from(pause).unwrap() + 1));
        }
        assert_eq!(it.state().await["last_error"]["err"], "authentication_failed");
        assert_eq!(it.round().await, [first, second.clone()], "in their order");
        let state = it.state().await;
        assert_eq!(
            (&state["failing_since"], &state["next_try"], &state["waiting"]),
            (&Value::Null, &Value::Null, &json!(0))
        );

        // What the application says of one token alone is recorded, and the next one follows.
        it.to.answers(&[(400, r#"{"err":"invalid_request","description":"p3@acme.test has no country"}"#)]);
        let (third, fourth) = (it.make(3).await, it.make(4).await);
        assert_eq!(it.round().await, [third.clone(), fourth]);
        let error = it.state().await["last_error"].clone();
        assert_eq!(error["description"], "p3@acme.test has no country");
        // That goes with the person whom it names.
        let leave = format!("{}/members/{}/leave", it.company, third.as_str().unwrap());
        let policy = json!({"leaver_policy": "delete", "erase_grace_seconds": 0});
        let company = it.company.clone();
        assert_eq!(it.api.call("PATCH", &company, Some(policy)).await.status, 200);
        assert!(it.api.call("POST", &leave, None).await.status.is_success());
        t.work().await;
        assert_eq!(it.state().await["last_error"], Value::Null);
    });
}

#[tokio::test]
async fn token_under_way_when_the_program_is_killed_is_pushed_again_with_the_same_id() {
    each_database!(|t| {
        let mut it = Pushed::new(&t).await;
        let first = it.make(1).await;
        it.to.answers(&[(0, "")]);
        let app = t.app.clone();
        let pushing = tokio::spawn(async move { feed::round(&app).await });
        until(|| it.to.count() == 1).await;
        let second = it.make(2).await;
        // Somebody else leaves it alone while it is claimed.
        assert_eq!(feed::round(&t.app).await.unwrap(), 0);
        pushing.abort();
        assert!(pushing.await.is_err());
        t.clock.advance(feed::LEASE);
        assert_eq!(feed::round(&t.app).await.unwrap(), 1);
        let came = it.to.came(&t, &it.application).await;
        let about: Vec<&Value> = came.iter().map(|(_, id)| id).collect();
        assert_eq!(about, [&first, &first, &second]);
        assert_eq!(came[0].0, came[1].0, "the same jti");
    });
}

#[tokio::test]
async fn who_was_overtaken_while_pushing_writes_nothing_more() {
    each_database!(|t| {
        let mut it = Pushed::new(&t).await;
        let (first, second) = (it.make(1).await, it.make(2).await);
        it.to.answers(&[(0, "")]);
        let app = t.app.clone();
        let pushing = tokio::spawn(async move { feed::round(&app).await });
        until(|| it.to.count() == 1).await;
        // The feed is set anew: it is pushed at once, from where it stood.
        let old = std::mem::replace(&mut it.to, Receiver::start().await);
        it.set(json!({})).await;
        assert_eq!(it.round().await, [first, second]);
        let state = it.state().await;
        pushing.abort();
        drop(old);
        assert_eq!((&state["waiting"], &state["failing_since"]), (&json!(0), &Value::Null));
        assert_eq!(it.round().await, Vec::<Value>::new());
    });
}

#[tokio::test]
async fn person_who_is_erased_while_tokens_wait_is_in_none_of_them() {
    each_database!(|t| {
        let mut it = Pushed::new(&t).await;
        it.to.answers(&[(503, "")]);
        let id = it.make(1).await;
        it.round().await;
        let policy = json!({"leaver_policy": "delete", "erase_grace_seconds": 0});
        let company = it.company.clone();
        assert_eq!(it.api.call("PATCH", &company, Some(policy)).await.status, 200);
        let leave = format!("{company}/members/{}/leave", id.as_str().unwrap());
        assert!(it.api.call("POST", &leave, None).await.status.is_success());
        t.work().await;
        t.clock.advance(Duration::from_mins(1));
        feed::round(&t.app).await.unwrap();
        let got = std::mem::take(&mut *it.to.got.lock().unwrap());
        assert_eq!(got.len(), 1, "that the person was erased is told, and nothing from before");
        let claims = read(&t, &it.application, &got[0].1).await;
        assert_eq!(claims["events"], json!({"urn:ietf:params:scim:event:prov:delete": {}}));
        assert!(!claims.to_string().contains("acme.test"), "{claims}");
    });
}

#[tokio::test]
async fn operators_are_told_once_of_a_feed_that_is_stuck_and_once_when_it_goes_on() {
    each_database!(|t| {
        t.operator_cookie().await;
        let mut it = Pushed::new(&t).await;
        it.to.answers(&[(401, ""); 4]);
        it.make(1).await;
        for minutes in [0, 30, 31, 240] {
            t.clock.advance(Duration::from_mins(minutes));
            assert_eq!(it.round().await.len(), 1, "{minutes}");
        }
        let mut mails = t.mails().await;
        mails.retain(|mail| mail.kind.starts_with("feed_"));
        let kinds: Vec<&str> = mails.iter().map(|mail| mail.kind.as_str()).collect();
        assert_eq!(kinds, ["feed_stuck"]);
        assert!(
            mails[0].text.contains("It answered 401 Unauthorized; expected 202 Accepted."),
            "{}",
            mails[0].text
        );
        t.clock.advance(Duration::from_hours(2));
        it.round().await;
        let mails = t.mails().await;
        let kinds: Vec<&str> = mails.iter().map(|mail| mail.kind.as_str()).collect();
        let kinds: Vec<&str> = kinds.into_iter().filter(|kind| kind.starts_with("feed_")).collect();
        assert_eq!(kinds, ["feed_stuck", "feed_back"]);
        let events = it.api.get("/events?after=0&limit=200").await;
        let told: Vec<&Value> = events["data"].as_array().unwrap().iter().collect();
        for kind in ["application.feed_stuck", "application.feed_delivered_again"] {
            let count = told.iter().filter(|event| event["type"] == kind).count();
            assert_eq!(count, 1, "{kind}: {events}");
        }
    });
}

#[tokio::test]
async fn delivery_that_cannot_be_is_refused_with_what_was_expected() {
    each_database!(|t| {
        let mut it = Pushed::new(&t).await;
        let push = "urn:ietf:rfc:8935";
        for (delivery, field) in [
            (json!({"method": "urn:ietf:rfc:0000"}), "delivery.method"),
            (json!({"method": push}), "delivery.endpoint_url"),
            (json!({"method": push, "endpoint_url": "product.example"}), "delivery.endpoint_url"),
            (json!({"method": push, "endpoint_url": "ftp://product.example/"}), "delivery.endpoint_url"),
            (
                json!({"method": push, "endpoint_url": "https://a:b@product.example/"}),
                "delivery.endpoint_url",
            ),
            (
                json!({"method": push, "endpoint_url": it.to.address, "authorization_header": "a\r\nb: c"}),
                "delivery.authorization_header",
            ),
            (json!({"authorization_header": "Bearer x"}), "delivery.authorization_header"),
        ] {
            let refused = it.api.call("PUT", &it.feed, Some(json!({"delivery": delivery}))).await;
            assert_problem(&refused, 422, field);
            assert_eq!(refused.json()["errors"][0]["field"], field, "{}", refused.text);
        }
        let polled = it.api.call("POST", &format!("{}/poll", it.feed), Some(json!({}))).await;
        assert_problem(&polled, 409, "a feed that is pushed");
        assert_eq!(polled.json()["code"], "feed_is_pushed");
        // Back to polling, with what waits; and what was polled and acknowledged is not pushed.
        let (first, second) = (it.make(1).await, it.make(2).await);
        let back = it.api.call("PUT", &it.feed, Some(json!({}))).await.json();
        assert_eq!((&back["delivery"]["method"], &back["waiting"]), (&json!("urn:ietf:rfc:8936"), &json!(2)));
        let poll = format!("{}/poll", it.feed);
        let sets = it.api.call("POST", &poll, Some(json!({}))).await.json()["sets"].clone();
        let mut of_second = String::new();
        for (jti, token) in sets.as_object().unwrap() {
            if read(&t, &it.application, token.as_str().unwrap()).await["sub_id"]["id"] == second {
                of_second.clone_from(jti);
            }
        }
        let ack = json!({"maxEvents": 0, "ack": [of_second]});
        assert_eq!(it.api.call("POST", &poll, Some(ack)).await.status, 200);
        it.set(json!({})).await;
        assert_eq!(it.round().await, [first]);
        assert_eq!(it.state().await["waiting"], 0);
    });
}

#[tokio::test]
async fn address_in_a_private_network_is_neither_taken_nor_called() {
    for database in testkit::databases().await {
        let config = server::Config::new("http://127.0.0.1:8080".parse().unwrap());
        let t = TestApp::with(database, config).await;
        let mut api = Program::new(&t).await;
        let application = t.application(json!({})).await.id;
        let feed = format!("/applications/{application}/security-events");
        for address in [
            "http://product.example/",
            "https://127.0.0.1/",
            "https://[::1]/",
            "https://10.0.0.1/x",
            "https://169.254.169.254/",
        ] {
            let delivery = json!({"method": "urn:ietf:rfc:8935", "endpoint_url": address});
            let refused = api.call("PUT", &feed, Some(json!({"delivery": delivery}))).await;
            assert_problem(&refused, 422, address);
        }
        // A name that leads there is found out when it is called.
        let delivery = json!({"method": "urn:ietf:rfc:8935", "endpoint_url": "https://localhost/"});
        assert_eq!(api.call("PUT", &feed, Some(json!({"delivery": delivery}))).await.status, 200);
        let company = api.company("Acme", &["acme.test"]).await;
        api.make(&format!("{company}/members"), member(1)).await;
        assert_eq!(feed::round(&t.app).await.unwrap(), 1);
        let outcome = api.get(&feed).await["last_error"]["outcome"].clone();
        assert!(outcome.as_str().unwrap().contains("leads into a private network"), "{outcome}");
    }
}

#[tokio::test]
async fn program_pushes_by_itself_until_it_ends() {
    each_database!(|t| {
        let mut it = Pushed::new(&t).await;
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let pushing = tokio::spawn(feed::keep_pushing(t.app.clone(), async move {
            let _ = stopped.await;
        }));
        let first = it.make(1).await;
        until(|| it.to.count() == 1).await;
        let second = it.make(2).await;
        until(|| it.to.count() == 2).await;
        let came = it.to.came(&t, &it.application).await;
        assert_eq!(came.into_iter().map(|(_, id)| id).collect::<Vec<_>>(), [first, second]);
        stop.send(()).unwrap();
        pushing.await.unwrap();
        it.make(3).await;
        assert_eq!(it.state().await["waiting"], 1, "nobody pushes any more, and nothing is lost");
    });
}
