//! What goes well, with exactly the promised names.

use serde_json::{Value, json};
use testkit::{SamlProvider, each_database};

use crate::program::{Program, assert_problem};

fn names(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[tokio::test]
async fn an_organization_is_made_changed_and_shown() {
    each_database!(|t| {
        let mut api = Program::new(&t).await;
        let made = api
            .make("/organizations", json!({"name": "Acme", "domains": ["Acme.TEST", "bücher.example"]}))
            .await;
        assert_eq!(made["name"], "Acme");
        let domains: Vec<_> =
            made["domains"].as_array().unwrap().iter().map(|d| (&d["name"], &d["status"])).collect();
        let verified = json!("verified");
        assert_eq!(domains, [(&json!("acme.test"), &verified), (&json!("xn--bcher-kva.example"), &verified)]);
        let at = format!("/organizations/{}", made["id"].as_str().unwrap());
        let change = json!({"leaver_policy": "delete", "erase_grace_seconds": 0, "jit": false, "self_service": true,
            "defaults": {"country": "US", "currentCity": "Austin", "currentState": null, "role": "admin"}});
        let changed = api.call("PATCH", &at, Some(change.clone())).await;
        assert_eq!(changed.status, 200, "{}", changed.text);
        for (name, value) in change.as_object().unwrap() {
            assert_eq!(&changed.json()[name], value, "{name}");
        }
        assert_eq!(api.get(&at).await, changed.json());
        // What is not named stays, null takes a default away, the same again changes nothing.
        let nothing = api.call("PATCH", &at, Some(json!({}))).await;
        assert_eq!(nothing.json(), changed.json());
        let cursor = api.get("/events").await["next_cursor"].clone();
        assert_eq!(api.call("PATCH", &at, Some(change)).await.json(), changed.json());
        assert_eq!(api.get(&format!("/events?after={}", cursor.as_str().unwrap())).await["data"], json!([]));
        let fewer = api.call("PATCH", &at, Some(json!({"defaults": {"country": null}}))).await.json();
        let kept = json!({"country": null, "currentCity": "Austin", "currentState": null, "role": "admin"});
        assert_eq!(fewer["defaults"], kept);
        let fewer = api.call("PATCH", &at, Some(json!({"defaults": {"role": null}}))).await.json();
        assert_eq!(fewer["defaults"]["role"], Value::Null);
        assert_eq!(fewer["jit"], false);
        let named = api.call("PATCH", &at, Some(json!({"defaults": {"country": "Germany"}}))).await.json();
        assert_eq!(named["defaults"]["country"], "DE");
    });
}

#[tokio::test]
async fn connections_of_both_protocols_tell_what_to_enter_at_the_provider() {
    each_database!(|t| {
        let mut api = Program::new(&t).await;
        let at = api.company("Acme", &["acme.test"]).await;
        let idp = SamlProvider::of("acme.test");
        let saml = json!({"protocol": "saml", "provider": "generic-saml", "metadata_xml": idp.metadata(), "status": "active"});
        let made = api.make(&format!("{at}/connections"), saml).await;
        assert_eq!(made["status"], "active");
        let id = made["id"].as_str().unwrap();
        let base = "http://127.0.0.1:8080";
        assert_eq!(made["saml"]["acs_url"], format!("{base}/saml/{id}/acs"));
        assert_eq!(made["saml"]["metadata_url"], format!("{base}/saml/{id}/metadata"));
        assert!(made["saml"]["entity_id"].as_str().unwrap().starts_with(base));
        let by_hand = json!({"protocol": "saml", "idp_entity_id": idp.entity_id, "sso_url": idp.sso_url,
            "certificate": idp.certificate_pem});
        let draft = api.make(&format!("{at}/connections"), by_hand).await;
        assert_eq!((&draft["status"], &draft["provider"]), (&json!("draft"), &json!("generic-saml")));
        let one = format!("{at}/connections/{id}");
        assert_eq!(api.get(&one).await, made);
        for status in ["inactive", "inactive", "active", "active"] {
            let answer = api.call("PATCH", &one, Some(json!({"status": status}))).await;
            assert_eq!((answer.status.as_u16(), &answer.json()["status"]), (200, &json!(status)));
        }
        assert_eq!(api.get(&format!("{at}/connections")).await["data"].as_array().unwrap().len(), 2);
        assert_eq!(api.call("DELETE", &one, None).await.status, 204);
        assert_eq!(api.call("DELETE", &one, None).await.status, 404);
    });
}

#[tokio::test]
async fn directories_links_and_applications_show_their_secrets_once() {
    each_database!(|t| {
        let mut api = Program::new(&t).await;
        let at = api.company("Acme", &["acme.test"]).await;
        let made = api
            .make(&format!("{at}/directories"), json!({"provider": "custom-scim2", "status": "active"}))
            .await;
        let (id, token) = (made["id"].as_str().unwrap(), made["scim"]["token"].as_str().unwrap());
        assert_eq!(made["scim"]["base_url"], format!("http://127.0.0.1:8080/scim/v2/{id}"));
        assert_eq!(made["status"], "active");
        let users = t.browser().api("GET", &format!("/scim/v2/{id}/Users"), token, None).await;
        assert_eq!(users.status, 200);
        let all = api.get(&format!("{at}/directories")).await;
        assert!(!all.to_string().contains(token));
        for status in ["paused", "active"] {
            let one = format!("{at}/directories/{id}");
            assert_eq!(
                api.call("PATCH", &one, Some(json!({"status": status}))).await.json()["status"],
                status
            );
        }

        let link = json!({"purposes": ["sso", "scim"], "expires_in": 86400});
        let made = api.make(&format!("{at}/setup-links"), link).await;
        assert_eq!(made["expires_at"], "2026-03-02T09:00:00Z");
        let path = made["url"].as_str().unwrap().replace("http://127.0.0.1:8080", "");
        assert_eq!(t.browser().get(&path).await.status, 200);
        assert!(!api.get(&format!("{at}/setup-links")).await.to_string().contains(&path));
        let revoke = format!("{at}/setup-links/{}/revoke", made["id"].as_str().unwrap());
        assert_eq!(api.call("POST", &revoke, None).await.status, 204);
        assert_eq!(api.call("POST", &revoke, None).await.status, 204, "twice is once");
        assert_eq!(t.browser().get(&path).await.status, 410);

        let body = json!({"name": "Product", "redirect_uris": ["http://127.0.0.1:9/cb"],
            "post_logout_redirect_uris": ["http://127.0.0.1:9/"], "backchannel_logout_uri": "http://127.0.0.1:9/out",
            "id_token_signed_response_alg": "ES256", "token_endpoint_auth_method": "client_secret_post"});
        let made = api.make("/applications", body.clone()).await;
        for (name, value) in body.as_object().unwrap() {
            assert_eq!(&made[name], value, "{name}");
        }
        assert!(made["client_secret"].as_str().is_some_and(|it| it.len() > 40));
        let all = api.get("/applications").await;
        assert!(!all.to_string().contains(made["client_secret"].as_str().unwrap()));
        let public = json!({"name": "App", "redirect_uris": ["com.example.app:/cb"], "token_endpoint_auth_method": "none", "application_type": "native"});
        assert!(api.make("/applications", public).await.get("client_secret").is_none());
        let one = format!("/applications/{}", made["client_id"].as_str().unwrap());
        let change = json!({"name": "Renamed", "backchannel_logout_uri": null, "token_endpoint_auth_method": "private_key_jwt",
            "jwks_uri": "https://product.example/jwks", "require_pushed_authorization_requests": true});
        let changed = api.call("PATCH", &one, Some(change)).await;
        assert_eq!(changed.status, 200, "{}", changed.text);
        let changed = changed.json();
        assert_eq!(changed, api.get(&one).await);
        assert_eq!(
            (&changed["name"], &changed["jwks_uri"]),
            (&json!("Renamed"), &json!("https://product.example/jwks"))
        );
        assert!(changed.get("backchannel_logout_uri").is_none() && changed.get("client_secret").is_none());
        assert_eq!(changed["redirect_uris"], made["redirect_uris"]);
        // A secret that is needed again is a new one, shown once.
        let back = json!({"token_endpoint_auth_method": "client_secret_basic", "jwks_uri": null});
        let back = api.call("PATCH", &one, Some(back)).await.json();
        assert!(back["client_secret"].as_str().is_some_and(|it| it != made["client_secret"]));
        for wrong in
            [json!({"redirect_uris": []}), json!({"name": ""}), json!({"name": 5}), json!({"jwks": "x"})]
        {
            assert_problem(&api.call("PATCH", &one, Some(wrong.clone())).await, 422, &wrong.to_string());
        }
        assert_eq!(api.call("PATCH", "/applications/app_none", Some(json!({}))).await.status, 404);
        assert_eq!(api.call("DELETE", &one, None).await.status, 204);
        assert_eq!(api.call("DELETE", &one, None).await.status, 404);
    });
}

#[tokio::test]
async fn members_are_invited_listed_and_led_through_their_life() {
    each_database!(|t| {
        let mut api = Program::new(&t).await;
        let at = api.company("Acme", &["acme.test"]).await;
        let profile = json!({"firstName": "Ann", "lastName": "Lee", "email": "Ann@Acme.test", "country": "Germany", "birthYear": 1990});
        let made = api.make(&format!("{at}/members"), json!({"profile": profile, "role": "admin"})).await;
        assert_eq!(
            (&made["status"], &made["source"], &made["role"]),
            (&json!("invited"), &json!("manual"), &json!("admin"))
        );
        let list = api.get(&format!("{at}/members?email=ANN%40acme.test")).await;
        assert_eq!(names(&list), ["data", "next_cursor"]);
        assert_eq!((&list["next_cursor"], list["data"].as_array().unwrap().len()), (&Value::Null, 1));
        let one = &list["data"][0];
        assert_eq!(*one, made);
        for name in ["id", "account_id", "status", "source", "role", "profile"] {
            assert!(one.get(name).is_some(), "{name}");
        }
        assert_eq!(one["profile"]["firstName"], "Ann");
        assert_eq!((&one["profile"]["country"], &one["profile"]["birthYear"]), (&json!("DE"), &json!(1990)));
        let path = format!("{at}/members/{}", one["id"].as_str().unwrap());
        for (act, status) in [
            ("suspend", "suspended"),
            ("suspend", "suspended"),
            ("resume", "invited"),
            ("leave", "disconnected"),
            ("leave", "disconnected"),
        ] {
            let answer = api.call("POST", &format!("{path}/{act}"), None).await;
            assert_eq!((answer.status.as_u16(), &answer.json()["status"]), (200, &json!(status)), "{act}");
        }
        assert_eq!(api.call("POST", &format!("{path}/dance"), None).await.status, 404);
        assert_eq!(
            api.get(&format!("{at}/members?status=disconnected")).await["data"].as_array().unwrap().len(),
            1
        );
        assert_eq!(api.get(&format!("{at}/members?status=active")).await["data"], json!([]));
        assert_eq!(api.get(&format!("{at}/members?email=nobody%40acme.test")).await["data"], json!([]));
    });
}
