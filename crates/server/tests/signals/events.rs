//! Security Event Tokens, pushed.

use std::time::Duration;

use model::Connection;
use serde_json::{Value, json};
use testkit::{Answer, TestApp, each_database};

use crate::world::{
    CLIENT, ISSUER, Key, KeySet, changed, connection, is_signed_in, post, reasons, signed_in, someone,
};

const TRANSMITTER: &str = "https://signals.idp.test";
const REVOKED: &str = "https://schemas.openid.net/secevent/caep/event-type/session-revoked";
const CREDENTIAL: &str = "https://schemas.openid.net/secevent/caep/event-type/credential-change";
const VERIFICATION: &str = "https://schemas.openid.net/secevent/ssf/event-type/verification";
const BEARER: &str = "a-long-enough-bearer-token";

fn path(it: &Connection) -> String {
    format!("/ssf/{}/events", it.id)
}

fn claims(t: &TestApp, it: &Connection, changes: &Value) -> Value {
    let good = json!({
        "iss": TRANSMITTER, "aud": format!("http://127.0.0.1:8080{}", path(it)), "iat": t.app.now().as_seconds(),
        "jti": t.app.token("").expose(), "events": {REVOKED: {"event_timestamp": t.app.now().as_seconds()}},
        "sub_id": {"format": "iss_sub", "iss": ISSUER, "sub": "u1"},
    });
    changed(good, changes)
}

async fn push(t: &TestApp, it: &Connection, token: String) -> Answer {
    post(t, &path(it), "application/secevent+jwt", None, token).await
}

/// Believes this key set's owner for the connection.
async fn trusts(t: &TestApp, it: &Connection, host: &str, bearer: Option<&str>) {
    let at = format!("/api/v1/organizations/{}/connections/{}/signals", it.organization_id, it.id);
    let mut body = json!({"issuer": TRANSMITTER, "jwks_uri": format!("{host}/jwks")});
    if let Some(token) = bearer {
        body["bearer_token"] = json!(token);
    }
    let answer = t.browser().api("PUT", &at, &t.api_token().await, Some(body)).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.json()["endpoint"], format!("http://127.0.0.1:8080{}", path(it)));
}

#[tokio::test]
async fn a_revoked_session_ends_by_every_way_of_naming_it_and_no_other_does() {
    each_database!(|t| {
        let key = Key::new("k1");
        let set = KeySet::default();
        set.publish(&[&key]);
        let host = set.serve().await;
        let acme = t.organization("Acme").await;
        let it = connection(&t, &acme, ISSUER, CLIENT, &key).await;
        let second = connection(&t, &acme, "https://second.test", CLIENT, &key).await;
        trusts(&t, &it, &host, None).await;
        let ann = someone(&t, &acme, &it, "u1", "ann@acme.test").await;
        let bob = someone(&t, &acme, &it, "u2", "bob@acme.test").await;
        let globex = t.organization("Globex").await;
        let eve = someone(&t, &globex, &second, "u9", "eve@globex.test").await;
        let mut others = signed_in(&t, &it, &bob.account, &bob.member, Some("s2")).await;
        let mut beside = signed_in(&t, &second, &ann.account, &ann.member, Some("s1")).await;
        let mut away = signed_in(&t, &second, &eve.account, &eve.member, Some("s9")).await;
        let opaque = |id: &str| json!({"format": "opaque", "id": id});
        let iss_sub = |iss: &str, sub: &str| json!({"format": "iss_sub", "iss": iss, "sub": sub});
        let email = |email: &str| json!({"format": "email", "email": email});
        for subject in [
            iss_sub(ISSUER, "u1"),
            iss_sub(TRANSMITTER, "u1"),
            opaque("u1"),
            opaque("s1"),
            email("Ann@Acme.test"),
            json!({"format": "aliases", "identifiers": [{"format": "phone_number"}, email("ann@acme.test")]}),
            json!({"format": "complex", "session": opaque("s1")}),
            json!({"format": "complex", "user": iss_sub(ISSUER, "u1"), "tenant": opaque("acme")}),
            json!({"session": opaque("s1"), "user": email("ann@acme.test")}),
        ] {
            let mut browser = signed_in(&t, &it, &ann.account, &ann.member, Some("s1")).await;
            let token = key.sign("secevent+jwt", &claims(&t, &it, &json!({"sub_id": subject})));
            let answer = push(&t, &it, token).await;
            assert_eq!((answer.status.as_u16(), answer.text.as_str()), (202, ""), "{subject}");
            assert!(!is_signed_in(&mut browser).await, "{subject}");
        }
        let ended = reasons(&t).await;
        assert_eq!(ended, ["identity_provider"; 9]);
        // As drafts have it: the subject is in the event.
        let mut browser = signed_in(&t, &it, &ann.account, &ann.member, Some("s1")).await;
        let draft = json!({"sub_id": null, "events": {REVOKED: {"subject": iss_sub(ISSUER, "u1")}}});
        assert_eq!(push(&t, &it, key.sign("secevent+jwt", &claims(&t, &it, &draft))).await.status, 202);
        assert!(!is_signed_in(&mut browser).await);
        // Acknowledged, and nobody is meant.
        let mut browser = signed_in(&t, &it, &ann.account, &ann.member, Some("s1")).await;
        for subject in [
            iss_sub("https://evil.test", "u1"),
            opaque("s9"),
            email("eve@globex.test"),
            email("nobody@acme.test"),
            json!({"session": opaque("s1"), "user": iss_sub(ISSUER, "u2")}),
        ] {
            let token = key.sign("secevent+jwt", &claims(&t, &it, &json!({"sub_id": subject})));
            assert_eq!(push(&t, &it, token).await.status, 202, "{subject}");
        }
        // What we cannot read is said.
        for subject in [
            json!("u1"),
            json!({"format": "phone_number", "phone_number": "+1"}),
            json!({"format": "opaque"}),
            json!({"format": "iss_sub", "iss": ISSUER}),
            json!({"format": "complex", "tenant": opaque("acme")}),
            json!({"format": "aliases", "identifiers": []}),
            Value::Null,
        ] {
            let token = key.sign("secevent+jwt", &claims(&t, &it, &json!({"sub_id": subject})));
            let answer = push(&t, &it, token).await;
            assert_eq!(
                (answer.status.as_u16(), &answer.json()["err"]),
                (400, &json!("invalid_request")),
                "{subject}"
            );
        }
        for browser in [&mut browser, &mut others, &mut beside, &mut away] {
            assert!(is_signed_in(browser).await);
        }
        t.assert_no_work().await;
    });
}

#[tokio::test]
async fn an_event_that_was_long_on_its_way_ends_only_what_was_there_when_it_happened() {
    each_database!(|t| {
        let key = Key::new("k1");
        let set = KeySet::default();
        set.publish(&[&key]);
        let host = set.serve().await;
        let acme = t.organization("Acme").await;
        let it = connection(&t, &acme, ISSUER, CLIENT, &key).await;
        trusts(&t, &it, &host, None).await;
        let ann = someone(&t, &acme, &it, "u1", "ann@acme.test").await;
        for milliseconds in [false, true] {
            let mut before = signed_in(&t, &it, &ann.account, &ann.member, Some("s1")).await;
            let at = t.app.now().as_seconds() * if milliseconds { 1000 } else { 1 };
            t.clock.advance(Duration::from_mins(5));
            let mut after = signed_in(&t, &it, &ann.account, &ann.member, Some("s1")).await;
            let late = json!({"events": {REVOKED: {"event_timestamp": at}}});
            assert_eq!(push(&t, &it, key.sign("secevent+jwt", &claims(&t, &it, &late))).await.status, 202);
            assert!(!is_signed_in(&mut before).await && is_signed_in(&mut after).await, "{at}");
            // Without a time of its own it ends everything.
            let now = json!({"events": {REVOKED: {"event_timestamp": "unknown"}}});
            assert_eq!(push(&t, &it, key.sign("secevent+jwt", &claims(&t, &it, &now))).await.status, 202);
            assert!(!is_signed_in(&mut after).await);
        }
    });
}

#[tokio::test]
async fn an_event_that_is_forged_old_or_meant_for_somebody_else_is_refused_with_the_reason() {
    each_database!(|t| {
        let (key, stranger) = (Key::new("k1"), Key::new("k1"));
        let set = KeySet::default();
        set.publish(&[&key]);
        let host = set.serve().await;
        let acme = t.organization("Acme").await;
        let it = connection(&t, &acme, ISSUER, CLIENT, &key).await;
        let silent = connection(&t, &acme, "https://second.test", CLIENT, &key).await;
        trusts(&t, &it, &host, None).await;
        let ann = someone(&t, &acme, &it, "u1", "ann@acme.test").await;
        let mut browser = signed_in(&t, &it, &ann.account, &ann.member, Some("s1")).await;
        let now = t.app.now().as_seconds();
        let good = claims(&t, &it, &json!({}));
        for (changes, err) in [
            (json!({"iss": ISSUER}), "invalid_issuer"),
            (json!({"aud": "https://other.test"}), "invalid_audience"),
            (json!({"aud": null}), "invalid_request"),
            (json!({"iat": now + 121}), "invalid_request"),
            (json!({"iat": now - 7 * 86_400 - 1}), "invalid_request"),
            (json!({"iat": null}), "invalid_request"),
            (json!({"exp": now - 121}), "invalid_request"),
            (json!({"jti": null}), "invalid_request"),
            (json!({"events": {}}), "invalid_request"),
            (json!({"events": {REVOKED: 1}}), "invalid_request"),
            (json!({"nonce": "n"}), "invalid_request"),
        ] {
            let answer = push(&t, &it, key.sign("secevent+jwt", &claims(&t, &it, &changes))).await;
            assert_eq!((answer.status.as_u16(), &answer.json()["err"]), (400, &json!(err)), "{changes}");
            assert!(!answer.json()["description"].as_str().unwrap().is_empty());
        }
        for (token, err) in [
            (stranger.sign("secevent+jwt", &good), "invalid_key"),
            (Key::new("other").sign("secevent+jwt", &good), "invalid_key"),
            (key.sign_as(&json!({"alg": "none", "typ": "secevent+jwt"}), &good), "invalid_key"),
            (key.hmac_with_public_key("secevent+jwt", &good), "invalid_key"),
            (key.sign("JWT", &good), "invalid_request"),
            (key.sign_as(&json!({"alg": "ES256", "kid": "k1"}), &good), "invalid_request"),
            ("nonsense".to_owned(), "invalid_request"),
        ] {
            let answer = push(&t, &it, token.clone()).await;
            assert_eq!((answer.status.as_u16(), &answer.json()["err"]), (400, &json!(err)), "{token}");
        }
        let token = key.sign("secevent+jwt", &good);
        let form = post(&t, &path(&it), "application/json", None, token.clone()).await;
        assert_eq!((form.status.as_u16(), &form.json()["err"]), (400, &json!("invalid_request")));
        assert_eq!(push(&t, &silent, token.clone()).await.status, 404);
        assert!(is_signed_in(&mut browser).await);
        assert_eq!(push(&t, &it, token.clone()).await.status, 202);
        assert!(!is_signed_in(&mut browser).await);
        // It comes again, as after a lost answer: acknowledged, and nothing happens twice.
        let mut browser = signed_in(&t, &it, &ann.account, &ann.member, Some("s1")).await;
        assert_eq!(push(&t, &it, token).await.status, 202);
        assert!(is_signed_in(&mut browser).await);
        t.assert_no_work().await;
    });
}

#[tokio::test]
async fn a_transmitter_is_set_up_verified_and_taken_away_over_the_api() {
    each_database!(|t| {
        let (key, next) = (Key::new("k1"), Key::new("k2"));
        let set = KeySet::default();
        set.publish(&[&key]);
        let host = set.serve().await;
        let acme = t.organization("Acme").await;
        let it = connection(&t, &acme, ISSUER, CLIENT, &key).await;
        let globex = t.organization("Globex").await;
        let token = t.api_token().await;
        let mut program = t.browser();
        let at = format!("/api/v1/organizations/{}/connections/{}/signals", acme.id, it.id);
        assert_eq!(program.api("GET", &at, &token, None).await.status, 404);
        for (body, field) in [
            (json!({"issuer": "", "jwks_uri": format!("{host}/jwks")}), "issuer"),
            (json!({"issuer": TRANSMITTER, "jwks_uri": "nowhere"}), "jwks_uri"),
            (json!({"issuer": TRANSMITTER, "jwks_uri": format!("{host}/none")}), "jwks_uri"),
            (
                json!({"issuer": TRANSMITTER, "jwks_uri": format!("{host}/jwks"), "bearer_token": "short"}),
                "bearer_token",
            ),
        ] {
            let answer = program.api("PUT", &at, &token, Some(body)).await;
            assert_eq!((answer.status.as_u16(), &answer.json()["errors"][0]["field"]), (422, &json!(field)));
        }
        let theirs = format!("/api/v1/organizations/{}/connections/{}/signals", globex.id, it.id);
        let body = json!({"issuer": TRANSMITTER, "jwks_uri": format!("{host}/jwks")});
        assert_eq!(program.api("PUT", &theirs, &token, Some(body)).await.status, 404);
        trusts(&t, &it, &host, Some(BEARER)).await;

        let verification =
            json!({"events": {VERIFICATION: {"state": "x"}}, "sub_id": {"format": "opaque", "id": "s"}});
        let signed = key.sign("secevent+jwt", &claims(&t, &it, &verification));
        for bearer in [None, Some("another-long-bearer-token")] {
            let answer = post(&t, &path(&it), "application/secevent+jwt", bearer, signed.clone()).await;
            assert_eq!(
                (answer.status.as_u16(), &answer.json()["err"]),
                (401, &json!("authentication_failed"))
            );
        }
        assert_eq!(program.api("GET", &at, &token, None).await.json()["verified_at"], Value::Null);
        let answer = post(&t, &path(&it), "application/secevent+jwt", Some(BEARER), signed).await;
        assert_eq!(answer.status, 202, "{}", answer.text);
        let shown = program.api("GET", &at, &token, None).await.json();
        assert_eq!(shown["verified_at"], t.app.now().to_string());
        assert_eq!(shown["asks_for_bearer_token"], true);
        assert!(!shown.to_string().contains(BEARER));

        // The transmitter begins with a new key; a changed password ends sessions, a new one beside it does not.
        set.publish(&[&next]);
        t.clock.advance(Duration::from_mins(2));
        let ann = someone(&t, &acme, &it, "u1", "ann@acme.test").await;
        for (change, ends) in [("create", false), ("revoke", true), ("update", true)] {
            let mut browser = signed_in(&t, &it, &ann.account, &ann.member, Some("s1")).await;
            let says = json!({"credential_type": "password", "change_type": change});
            let event = claims(&t, &it, &json!({"events": {CREDENTIAL: says}}));
            let pushed = next.sign("secevent+jwt", &event);
            assert_eq!(
                post(&t, &path(&it), "application/secevent+jwt", Some(BEARER), pushed).await.status,
                202
            );
            assert_eq!(is_signed_in(&mut browser).await, !ends, "{change}");
        }
        assert_eq!(program.api("DELETE", &at, &token, None).await.status, 204);
        assert_eq!(program.api("DELETE", &at, &token, None).await.status, 404);
        let event = next.sign("secevent+jwt", &claims(&t, &it, &json!({})));
        assert_eq!(push(&t, &it, event).await.status, 404);
        t.assert_no_work().await;
    });
}
