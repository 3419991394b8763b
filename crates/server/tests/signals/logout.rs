//! OpenID Connect Back-Channel Logout, heard.

use model::Connection;
use serde_json::{Value, json};
use testkit::{Answer, TestApp, each_database};

use crate::world::{
    CLIENT, ISSUER, Key, KeySet, changed, connection, is_signed_in, known_as, post, reasons, signed_in,
    someone,
};

const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

fn claims(t: &TestApp, changes: &Value) -> Value {
    let now = t.app.now().as_seconds();
    let good = json!({"iss": ISSUER, "aud": CLIENT, "iat": now, "exp": now + 120, "jti": "j1", "sub": "u1",
        "events": {EVENT: {}}});
    changed(good, changes)
}

async fn tell(t: &TestApp, it: &Connection, token: &str) -> Answer {
    let body = form_urlencoded::Serializer::new(String::new()).append_pair("logout_token", token).finish();
    let path = format!("/oidc/{}/backchannel-logout", it.id);
    post(t, &path, "application/x-www-form-urlencoded", None, body).await
}

#[tokio::test]
async fn a_provider_ends_one_session_or_all_of_a_person_through_its_connection() {
    each_database!(|t| {
        let key = Key::new("k1");
        let acme = t.organization("Acme").await;
        let it = connection(&t, &acme, ISSUER, CLIENT, &key).await;
        let ann = someone(&t, &acme, &it, "u1", "ann@acme.test").await;
        let bob = someone(&t, &acme, &it, "u2", "bob@acme.test").await;
        let globex = t.organization("Globex").await;
        let theirs = connection(&t, &globex, "https://other.test", "client-2", &key).await;
        let elsewhere = t.member(&globex, &ann.account, model::Role::Member).await;
        known_as(&t, &theirs, "u1", &ann.account).await;
        let mut first = signed_in(&t, &it, &ann.account, &ann.member, Some("s1")).await;
        let mut second = signed_in(&t, &it, &ann.account, &ann.member, Some("s2")).await;
        let mut third = signed_in(&t, &it, &ann.account, &ann.member, None).await;
        let mut other = signed_in(&t, &it, &bob.account, &bob.member, Some("s3")).await;
        // The same name of a session at another connection is another session.
        let mut away = signed_in(&t, &theirs, &ann.account, &elsewhere, Some("s1")).await;

        let one = key.sign("logout+jwt", &claims(&t, &json!({"sub": null, "sid": "s1"})));
        let answer = tell(&t, &it, &one).await;
        assert_eq!(
            (answer.status.as_u16(), answer.headers["cache-control"].to_str().unwrap()),
            (200, "no-store")
        );
        assert!(!is_signed_in(&mut first).await && is_signed_in(&mut second).await);
        // A session of somebody else is not the person's, whatever the token says.
        let mixed = key.sign("logout+jwt", &claims(&t, &json!({"sid": "s3", "jti": "j2"})));
        assert_eq!(tell(&t, &it, &mixed).await.status, 200);
        assert!(is_signed_in(&mut other).await);
        let all = key.sign("logout+jwt", &claims(&t, &json!({"jti": "j3"})));
        assert_eq!(tell(&t, &it, &all).await.status, 200);
        assert!(!is_signed_in(&mut second).await && !is_signed_in(&mut third).await);
        assert!(is_signed_in(&mut other).await && is_signed_in(&mut away).await);
        // Over already, or never there: nothing to complain of.
        let gone = key.sign("logout+jwt", &claims(&t, &json!({"sub": "nobody", "jti": "j4"})));
        assert_eq!(tell(&t, &it, &gone).await.status, 200);
        assert_eq!(reasons(&t).await, ["identity_provider"; 3]);
        t.assert_no_work().await;
    });
}

#[tokio::test]
async fn a_logout_token_that_is_forged_replayed_or_meant_for_somebody_else_ends_nothing() {
    each_database!(|t| {
        let (key, stranger) = (Key::new("k1"), Key::new("k1"));
        let acme = t.organization("Acme").await;
        let it = connection(&t, &acme, ISSUER, CLIENT, &key).await;
        let globex = t.organization("Globex").await;
        let theirs = connection(&t, &globex, ISSUER, "client-2", &key).await;
        let ann = someone(&t, &acme, &it, "u1", "ann@acme.test").await;
        let mut browser = signed_in(&t, &it, &ann.account, &ann.member, Some("s1")).await;
        let now = t.app.now().as_seconds();
        let good = claims(&t, &json!({}));
        let mut tokens: Vec<String> = [
            json!({"iss": "https://evil.test"}),
            // Of another connection with the same provider.
            json!({"aud": "client-2"}),
            json!({"exp": now - 121}),
            json!({"exp": null}),
            json!({"iat": now + 121}),
            json!({"iat": null}),
            json!({"jti": null}),
            json!({"events": null}),
            json!({"events": {"https://schemas.openid.net/secevent/caep/event-type/session-revoked": {}}}),
            json!({"nonce": "n"}),
            json!({"sub": null}),
            json!({"sub": ""}),
        ]
        .iter()
        .map(|changes| key.sign("logout+jwt", &claims(&t, changes)))
        .collect();
        tokens.push(stranger.sign("logout+jwt", &good));
        tokens.push(key.sign("at+jwt", &good));
        tokens.push(key.sign_as(&json!({"alg": "none", "typ": "logout+jwt"}), &good));
        tokens.push(key.hmac_with_public_key("logout+jwt", &good));
        tokens.push(String::new());
        tokens.push("a.b.c".to_owned());
        for token in &tokens {
            let answer = tell(&t, &it, token).await;
            assert_eq!(answer.status, 400, "{token}");
            assert_eq!(answer.json()["error"], "invalid_request", "{token}");
        }
        // A good one at the door of another company.
        let good = key.sign("logout+jwt", &good);
        assert_eq!(tell(&t, &theirs, &good).await.status, 400);
        assert!(is_signed_in(&mut browser).await);
        assert_eq!(tell(&t, &it, &good).await.status, 200);
        assert!(!is_signed_in(&mut browser).await);
        let mut again = signed_in(&t, &it, &ann.account, &ann.member, Some("s1")).await;
        let answer = tell(&t, &it, &good).await;
        assert_eq!(answer.status, 400);
        assert!(answer.text.contains("came before"), "{}", answer.text);
        assert!(is_signed_in(&mut again).await);
        let saml = t.bare_connection(&globex).await;
        assert_eq!(tell(&t, &saml, &good).await.status, 404);
        t.assert_no_work().await;
    });
}

#[tokio::test]
async fn a_new_key_of_the_provider_is_fetched_and_not_for_everybody_who_names_one() {
    each_database!(|t| {
        let (old, new) = (Key::new("old"), Key::new("new"));
        let set = KeySet::default();
        let issuer = set.serve().await;
        set.publish(&[&old, &new]);
        let acme = t.organization("Acme").await;
        let it = connection(&t, &acme, &issuer, CLIENT, &old).await;
        let ann = someone(&t, &acme, &it, "u1", "ann@acme.test").await;
        let mut browser = signed_in(&t, &it, &ann.account, &ann.member, Some("s1")).await;
        let token = new.sign("logout+jwt", &claims(&t, &json!({"iss": issuer})));
        assert_eq!(tell(&t, &it, &token).await.status, 200);
        assert!(!is_signed_in(&mut browser).await);
        assert_eq!(set.fetched(), 1);
        let stranger = Key::new("unknown");
        for _ in 0..30 {
            let token = stranger.sign("logout+jwt", &claims(&t, &json!({"iss": issuer})));
            assert_eq!(tell(&t, &it, &token).await.status, 400);
            t.clock.advance(std::time::Duration::from_secs(9));
        }
        assert!(set.fetched() <= 22, "{}", set.fetched());
        t.assert_no_work().await;
    });
}
