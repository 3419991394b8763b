//! Whatever is wrong is a problem with the right status, and changes nothing.

use serde_json::{Value, json};
use testkit::{SamlProvider, each_database};

use crate::program::{Program, assert_problem};

/// Method, path, body and the status that it deserves.
type Case = (&'static str, String, Value, u16);

fn of_organizations(at: &str) -> Vec<Case> {
    let at = at.to_owned();
    vec![
        ("POST", "/organizations".to_owned(), json!({}), 422),
        ("POST", "/organizations".to_owned(), json!([]), 422),
        ("POST", "/organizations".to_owned(), json!({"name": ""}), 422),
        ("POST", "/organizations".to_owned(), json!({"name": "  "}), 422),
        ("POST", "/organizations".to_owned(), json!({"name": 7}), 422),
        ("POST", "/organizations".to_owned(), json!({"name": "a\u{0}b"}), 422),
        ("POST", "/organizations".to_owned(), json!({"name": "x".repeat(201)}), 422),
        ("POST", "/organizations".to_owned(), json!({"name": "New", "domains": "new.test"}), 422),
        ("POST", "/organizations".to_owned(), json!({"name": "New", "domains": ["gmail.com"]}), 422),
        (
            "POST",
            "/organizations".to_owned(),
            json!({"name": "New", "domains": ["new.test", "not a domain"]}),
            422,
        ),
        (
            "POST",
            "/organizations".to_owned(),
            json!({"name": "New", "domains": ["new.test", "acme.test"]}),
            409,
        ),
        ("POST", "/organizations".to_owned(), json!({"name": "New", "colour": "red"}), 422),
        ("PATCH", at.clone(), json!({"leaver_policy": "forget"}), 422),
        ("PATCH", at.clone(), json!({"leaver_policy": 1}), 422),
        ("PATCH", at.clone(), json!({"erase_grace_seconds": -1}), 422),
        ("PATCH", at.clone(), json!({"erase_grace_seconds": 1.5}), 422),
        ("PATCH", at.clone(), json!({"erase_grace_seconds": 7_776_001}), 422),
        ("PATCH", at.clone(), json!({"jit": "yes"}), 422),
        ("PATCH", at.clone(), json!({"jit": false, "leaver_polcy": "delete"}), 422),
        ("PATCH", at.clone(), json!({"jit": false, "defaults": {"country": "Atlantis"}}), 422),
        ("PATCH", at.clone(), json!({"jit": false, "defaults": {"role": "king"}}), 422),
        ("PATCH", at.clone(), json!({"jit": false, "defaults": {"town": "Rome"}}), 422),
        ("PATCH", at.clone(), json!({"jit": false, "domains": ["globex.test"]}), 409),
    ]
}

fn of_connections(at: &str, xml: &str) -> Vec<Case> {
    let connections = format!("{at}/connections");
    vec![
        ("POST", connections.clone(), json!({}), 422),
        ("POST", connections.clone(), json!({"protocol": "ldap"}), 422),
        ("POST", connections.clone(), json!({"protocol": "saml"}), 422),
        ("POST", connections.clone(), json!({"protocol": "saml", "metadata_xml": "<x/>"}), 422),
        ("POST", connections.clone(), json!({"protocol": "saml", "metadata_xml": ""}), 422),
        ("POST", connections.clone(), json!({"protocol": "saml", "metadata_url": "not an address"}), 422),
        ("POST", connections.clone(), json!({"protocol": "saml", "metadata_url": "file:///etc/passwd"}), 422),
        (
            "POST",
            connections.clone(),
            json!({"protocol": "saml", "metadata_xml": xml, "metadata_url": "https://x.test/"}),
            422,
        ),
        (
            "POST",
            connections.clone(),
            json!({"protocol": "saml", "metadata_xml": xml, "provider": "nobody"}),
            422,
        ),
        (
            "POST",
            connections.clone(),
            json!({"protocol": "saml", "metadata_xml": xml, "provider": "okta-oidc"}),
            422,
        ),
        ("POST", connections.clone(), json!({"protocol": "saml", "metadata_xml": xml, "status": "on"}), 422),
        (
            "POST",
            connections.clone(),
            json!({"protocol": "saml", "metadata_xml": xml, "certificat": "x"}),
            422,
        ),
        ("POST", connections.clone(), json!({"protocol": "saml", "idp_entity_id": "https://idp.test"}), 422),
        ("POST", connections.clone(), json!({"protocol": "oidc", "issuer": "https://idp.test"}), 422),
        ("POST", connections.clone(), json!({"protocol": "oidc", "client_id": "x", "issuer": ""}), 422),
    ]
}

fn of_the_rest(at: &str) -> Vec<Case> {
    let (directories, links, members) =
        (format!("{at}/directories"), format!("{at}/setup-links"), format!("{at}/members"));
    let ann = json!({"firstName": "Ann", "lastName": "Lee", "email": "ann@acme.test", "country": "DE"});
    let with = |name: &str, value: Value| {
        let mut it = ann.clone();
        it[name] = value;
        json!({ "profile": it })
    };
    vec![
        ("POST", directories.clone(), json!({"provider": "nobody"}), 422),
        ("POST", directories.clone(), json!({"status": "on"}), 422),
        ("POST", directories.clone(), json!({"token": "mine"}), 422),
        ("POST", links.clone(), json!({}), 422),
        ("POST", links.clone(), json!({"purposes": []}), 422),
        ("POST", links.clone(), json!({"purposes": ["everything"]}), 422),
        ("POST", links.clone(), json!({"purposes": "sso"}), 422),
        ("POST", links.clone(), json!({"purposes": ["sso"], "expires_in": 0}), 422),
        ("POST", links.clone(), json!({"purposes": ["sso"], "expires_in": 999_999_999}), 422),
        ("POST", links.clone(), json!({"purposes": ["sso"], "expires_in": "1h"}), 422),
        ("POST", links.clone(), json!({"purposes": ["sso"], "email": "nobody"}), 422),
        ("POST", members.clone(), json!({}), 422),
        ("POST", members.clone(), json!({"profile": {}}), 422),
        ("POST", members.clone(), with("email", json!("nobody")), 422),
        ("POST", members.clone(), with("country", json!("Atlantis")), 422),
        ("POST", members.clone(), with("birthYear", json!(12)), 422),
        ("POST", members.clone(), with("email", json!("eve@globex.test")), 422),
        ("POST", members.clone(), json!({"profile": ann, "role": "king"}), 422),
        ("POST", "/applications".to_owned(), json!({}), 422),
        ("POST", "/applications".to_owned(), json!({"name": "P"}), 422),
        ("POST", "/applications".to_owned(), json!({"name": "P", "redirect_uris": []}), 422),
        (
            "POST",
            "/applications".to_owned(),
            json!({"name": "P", "redirect_uris": ["javascript:alert(1)"]}),
            422,
        ),
        (
            "POST",
            "/applications".to_owned(),
            json!({"name": "P", "redirect_uris": ["https://p.test/#x"]}),
            422,
        ),
        (
            "POST",
            "/applications".to_owned(),
            json!({"name": "P", "redirect_uris": ["https://p.test/"], "token_endpoint_auth_method": "magic"}),
            422,
        ),
        (
            "POST",
            "/applications".to_owned(),
            json!({"name": "P", "redirect_uris": ["https://p.test/"], "id_token_signed_response_alg": "none"}),
            422,
        ),
    ]
}

#[tokio::test]
async fn wrong_fields_are_named_and_nothing_is_kept() {
    each_database!(|t| {
        let mut api = Program::new(&t).await;
        let at = api.company("Acme", &["acme.test"]).await;
        api.company("Globex", &["globex.test"]).await;
        let xml = SamlProvider::of("acme.test").metadata();
        let events = api.get("/events").await;
        let cases = [of_organizations(&at), of_connections(&at, &xml), of_the_rest(&at)].concat();
        for (method, path, body, status) in cases {
            let about = format!("{method} {path} {body}");
            let answer = api.call(method, &path, Some(body)).await;
            assert_problem(&answer, status, &about);
        }
        assert_eq!(api.get("/events").await, events, "nothing has happened");
        assert!(t.mails().await.is_empty());
        t.assert_no_work().await;
    });
}

#[tokio::test]
async fn what_is_no_json_is_refused_before_it_is_read() {
    each_database!(|t| {
        let mut api = Program::new(&t).await;
        for (kind, body, status) in [
            ("", "{\"name\":\"A\"}", 415),
            ("text/plain", "{\"name\":\"A\"}", 415),
            ("application/x-www-form-urlencoded", "name=A", 415),
            ("application/json", "", 400),
            ("application/json", "{\"name\":", 400),
            ("application/json", "{\"name\":\"A\"} x", 400),
            ("application/json", "\u{feff}{\"name\":\"A\"}", 400),
        ] {
            let answer = api.raw("POST", "/organizations", kind, body.to_owned()).await;
            assert_problem(&answer, status, &format!("{kind} {body}"));
        }
        let invalid =
            api.raw("POST", "/organizations", "application/json", b"{\"name\":\"\xff\"}".to_vec()).await;
        assert_problem(&invalid, 400, "not UTF-8");
        let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
        assert_problem(&api.raw("POST", "/organizations", "application/json", deep).await, 400, "deep");
        let large = format!("{{\"name\":\"{}\"}}", "A".repeat(3 * 1024 * 1024));
        assert_problem(&api.raw("POST", "/organizations", "application/json", large).await, 413, "large");
        let suffix = api
            .raw("POST", "/organizations", "application/merge-patch+json; charset=utf-8", "{\"name\":\"A\"}")
            .await;
        assert_eq!(suffix.status, 201);
        assert_problem(&api.raw("DELETE", "/organizations", "", "").await, 405, "another method");
        assert_problem(&api.raw("GET", "/nothing", "", "").await, 404, "no such address");
        assert_problem(&api.raw("GET", "/organizations?name=%00", "", "").await, 400, "NUL");
        for token in ["", "fd_api_unknown"] {
            api.token = token.to_owned();
            let answer = api.call("GET", "/organizations", None).await;
            assert_problem(&answer, 401, "a stranger");
            assert!(answer.headers["www-authenticate"].to_str().unwrap().starts_with("Bearer"));
        }
    });
}

#[tokio::test]
async fn what_belongs_to_another_company_is_not_there() {
    each_database!(|t| {
        let mut api = Program::new(&t).await;
        let acme = api.company("Acme", &["acme.test"]).await;
        let globex = api.company("Globex", &["globex.test"]).await;
        let xml = SamlProvider::of("acme.test").metadata();
        let connection =
            api.make(&format!("{acme}/connections"), json!({"protocol": "saml", "metadata_xml": xml})).await;
        let directory = api.make(&format!("{acme}/directories"), json!({})).await;
        let link = api.make(&format!("{acme}/setup-links"), json!({"purposes": ["sso"]})).await;
        let ann = json!({"profile": {"firstName": "Ann", "lastName": "Lee", "email": "ann@acme.test", "country": "DE"}});
        let member = api.make(&format!("{acme}/members"), ann).await;
        let id = |it: &Value| it["id"].as_str().unwrap().to_owned();
        let events = api.get("/events").await;
        for company in [
            &globex,
            "/organizations/org_00000000000000000000000000",
            "/organizations/x",
            "/organizations/%00",
        ] {
            for (method, below, body) in [
                ("GET", format!("/connections/{}", id(&connection)), None),
                ("PATCH", format!("/connections/{}", id(&connection)), Some(json!({"status": "active"}))),
                ("DELETE", format!("/connections/{}", id(&connection)), None),
                ("PATCH", format!("/directories/{}", id(&directory)), Some(json!({"status": "active"}))),
                ("POST", format!("/setup-links/{}/revoke", id(&link)), None),
                ("GET", format!("/members/{}", id(&member)), None),
                ("POST", format!("/members/{}/leave", id(&member)), None),
            ] {
                let path = format!("{company}{below}");
                assert_problem(&api.call(method, &path, body).await, 404, &format!("{method} {path}"));
            }
        }
        assert_eq!(api.get("/events").await, events, "nothing has happened");
    });
}
