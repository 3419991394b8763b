//! Every route, called by people who have no business there: a stranger, a member without the administrator's role,
//! another company's administrator, another organization's ids, another directory's token. Nothing may change.

mod doors;
mod source;
mod world;

use std::collections::BTreeSet;

use axum::http::StatusCode;
use doors::{DOORS, Door};
use testkit::{Answer, TestBrowser, each_database};
use world::World;

/// What was called and what came back, for messages.
fn told(method: &str, path: &str, answer: &Answer) -> String {
    let end = answer.text.len().min(300);
    let text = answer.text.get(..end).unwrap_or(&answer.text);
    format!("{method} {path} answered {} {:?} {text}", answer.status, answer.headers.get("location"))
}

fn leads_to(answer: &Answer, place: &str) -> bool {
    answer.headers.get("location").and_then(|l| l.to_str().ok()).is_some_and(|l| {
        let path = l.split('?').next().unwrap_or_default();
        path == place
    })
}

/// A form of one of our own pages, with the browser's own token.
async fn call(browser: &mut TestBrowser, method: &str, path: &str) -> Answer {
    match method {
        "GET" => browser.get(path).await,
        "POST" => {
            browser.post(path, &[("mode", "all"), ("act", "suspend"), ("name", "x"), ("on", "1")]).await
        }
        other => panic!("pages know GET and POST, not {other}"),
    }
}

#[test]
fn a_route_that_is_not_in_the_table_fails_this() {
    let table: BTreeSet<(String, String)> = DOORS
        .iter()
        .flat_map(|(methods, path, _)| methods.split(' ').map(|m| (m.to_owned(), (*path).to_owned())))
        .collect();
    let program = source::routes();
    assert!(program.len() > 100, "the routes are found in the source: {program:?}");
    let unknown: Vec<_> = program.difference(&table).collect();
    let gone: Vec<_> = table.difference(&program).collect();
    assert!(unknown.is_empty(), "routes without a row in the table: {unknown:?}");
    assert!(gone.is_empty(), "rows without a route: {gone:?}");
}

#[tokio::test]
async fn a_stranger_gets_through_no_door() {
    each_database!(|t| {
        let world = World::new(&t).await;
        let before = world.contents().await;
        for (methods, pattern, door) in DOORS {
            for method in methods.split(' ') {
                let path = world.acme.fill(pattern, "an-unknown-token");
                let mut browser = t.browser();
                let answer = match door {
                    Door::Api | Door::Scim => {
                        browser.api(method, &path, "", Some(serde_json::json!({}))).await
                    }
                    Door::Protocol => browser.post_cross_site(&path, &[]).await,
                    _ => {
                        // A token of our own forms, as any visitor has one.
                        browser.get("/login").await;
                        call(&mut browser, method, &path).await
                    }
                };
                let as_it_should = match door {
                    Door::Open => answer.status.as_u16() < 500,
                    Door::Protocol => answer.status.is_client_error(),
                    // A form of an unknown link leads back to that link's page, which says whom to ask.
                    Door::Token if method == "POST" && answer.status == StatusCode::SEE_OTHER => {
                        path.starts_with(answer.location())
                    }
                    Door::Token => [404, 410].contains(&answer.status.as_u16()),
                    Door::Person | Door::Administrator => leads_to(&answer, "/login"),
                    Door::Operator => leads_to(&answer, "/console/login"),
                    Door::Api | Door::Scim => answer.status == StatusCode::UNAUTHORIZED,
                };
                assert!(as_it_should, "{door:?}: {}", told(method, &path, &answer));
                if *door == Door::Api {
                    assert_eq!(answer.headers["content-type"], "application/problem+json", "{path}");
                }
            }
        }
        world.assert_unchanged(&before, "a stranger").await;
    });
}

#[tokio::test]
async fn a_member_without_the_role_gets_none_of_the_administrators_pages() {
    each_database!(|t| {
        let mut world = World::new(&t).await;
        let before = world.contents().await;
        for (methods, pattern, door) in DOORS.iter().filter(|row| row.2 == Door::Administrator) {
            for method in methods.split(' ') {
                let path = world.acme.fill(pattern, "");
                let answer = call(&mut world.acme.member, method, &path).await;
                assert_eq!(
                    answer.status,
                    StatusCode::FORBIDDEN,
                    "{door:?}: {}",
                    told(method, &path, &answer)
                );
            }
        }
        world.assert_unchanged(&before, "a member without the role").await;
    });
}

#[tokio::test]
async fn nobody_but_an_operator_gets_into_the_console() {
    each_database!(|t| {
        let mut world = World::new(&t).await;
        let before = world.contents().await;
        for (methods, pattern, _) in DOORS.iter().filter(|row| row.2 == Door::Operator) {
            for method in methods.split(' ') {
                let path = world.acme.fill(pattern, "");
                for browser in [&mut world.acme.administrator, &mut world.globex.administrator] {
                    let answer = call(browser, method, &path).await;
                    assert!(leads_to(&answer, "/console/login"), "{}", told(method, &path, &answer));
                }
            }
        }
        world.assert_unchanged(&before, "an administrator in the console").await;
    });
}

#[tokio::test]
async fn another_companys_administrator_finds_nothing_of_ours() {
    each_database!(|t| {
        let mut world = World::new(&t).await;
        for (_, pattern, _) in DOORS.iter().filter(|row| row.2 == Door::Administrator) {
            if pattern.contains('{')
                && ![
                    "/revoke", "/send", "/end", "/remove", "/unmask", "/shares", "/undo", "/clients",
                    "/consent", "/source", "/read",
                ]
                .iter()
                .any(|end| pattern.ends_with(end))
            {
                // The ids are real: our own administrator finds them.
                let path = world.acme.fill(pattern, "");
                let answer = world.acme.administrator.get(&path).await;
                assert_eq!(answer.status, 200, "{}", told("GET", &path, &answer));
            }
        }
        let before = world.contents().await;
        for (methods, pattern, _) in DOORS.iter().filter(|row| row.2 == Door::Administrator) {
            for method in methods.split(' ') {
                let path = world.acme.fill(pattern, "");
                if pattern.contains('{') {
                    let answer = call(&mut world.globex.administrator, method, &path).await;
                    assert_eq!(answer.status, StatusCode::NOT_FOUND, "{}", told(method, &path, &answer));
                } else if method == "GET" {
                    let answer = call(&mut world.globex.administrator, method, &path).await;
                    assert!(answer.status.as_u16() < 400, "{}", told(method, &path, &answer));
                    assert!(!answer.text.contains("Acme"), "{path} of Globex names Acme: {}", answer.text);
                }
            }
        }
        // What Globex's forms name by id in their fields may not be Acme's either.
        let ids = world.acme.ids.clone();
        for (path, field) in [
            ("/org/sign-on", "connection"),
            ("/org/directory", "directory"),
            ("/org/domains", "domain"),
            ("/org/members", "member"),
        ] {
            for act in
                ["remove", "off", "on", "activate", "deactivate", "suspend", "leave", "pause", "resume"]
            {
                let form = [(field, ids[field].as_str()), ("id", &ids[field]), ("act", act), ("sure", "1")];
                let answer = world.globex.administrator.post(path, &form).await;
                assert!(answer.status.as_u16() < 500, "{}", told("POST", path, &answer));
            }
        }
        world.assert_unchanged(&before, "Globex's administrator").await;
    });
}

#[tokio::test]
async fn another_organizations_ids_are_unknown_to_the_api() {
    each_database!(|t| {
        let world = World::new(&t).await;
        let before = world.contents().await;
        for (methods, pattern, _) in DOORS.iter().filter(|row| row.2 == Door::Api) {
            // Below Globex, with what belongs to Acme.
            if pattern.matches('{').count() < 2 {
                continue;
            }
            let path = world.acme.fill(pattern, "").replace(&world.acme.ids["id"], &world.globex.ids["id"]);
            for method in methods.split(' ') {
                let body = if path.ends_with("/signals") {
                    serde_json::json!({"issuer": "https://idp.test", "jwks_uri": "https://idp.test/jwks"})
                } else if path.ends_with("/requests") {
                    serde_json::json!({"signed": true})
                } else if ["/tokens", "/mapping", "/trial"].iter().any(|end| path.ends_with(end)) {
                    serde_json::json!({})
                } else if path.ends_with("/source") {
                    serde_json::json!({"file": {}})
                } else if path.ends_with("/stop") {
                    serde_json::json!({"decision": "keep"})
                } else {
                    serde_json::json!({"status": "active"})
                };
                let answer = t.browser().api(method, &path, &world.api_token, Some(body)).await;
                assert_eq!(answer.status, StatusCode::NOT_FOUND, "{}", told(method, &path, &answer));
            }
        }
        for (methods, pattern, _) in DOORS.iter().filter(|row| row.2 == Door::Api && row.1.contains('{')) {
            // Below nobody, and below what is no id at all.
            for id in ["org_00000000000000000000000000", "..%2F", "%00", "acme'--"] {
                let path = world.acme.fill(pattern, "").replace(&world.acme.ids["id"], id);
                if path.contains(&world.acme.ids["id"]) || !path.contains(id) {
                    continue;
                }
                for method in methods.split(' ') {
                    let body = Some(
                        serde_json::json!({"name": "x", "purposes": ["sso"], "provider": "custom-scim2"}),
                    );
                    let answer = t.browser().api(method, &path, &world.api_token, body).await;
                    let status = answer.status.as_u16();
                    assert!((400..500).contains(&status), "{}", told(method, &path, &answer));
                }
            }
        }
        world.assert_unchanged(&before, "the API with other ids").await;
    });
}

#[tokio::test]
async fn another_directorys_token_opens_nothing() {
    each_database!(|t| {
        let world = World::new(&t).await;
        let acme = format!("/scim/v2/{}", world.acme.ids["directory"]);
        let own = t.browser().api("GET", &format!("{acme}/Users"), &world.acme.scim_token, None).await;
        assert_eq!(own.status, 200, "{}", own.text);
        let before = world.contents().await;
        let user = serde_json::json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "x@acme.test"});
        for rest in [
            "/Users",
            "/Users/scu_1",
            "/Groups",
            "/Groups/scg_1",
            "/Schemas",
            "/ServiceProviderConfig",
            "",
            "/",
        ] {
            for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
                for token in [&world.globex.scim_token, &world.api_token] {
                    let path = format!("{acme}{rest}");
                    let answer = t.browser().api(method, &path, token, Some(user.clone())).await;
                    assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{}", told(method, &path, &answer));
                }
            }
        }
        world.assert_unchanged(&before, "another directory's token").await;
    });
}

#[tokio::test]
async fn a_setup_link_opens_its_own_company_and_purposes_only() {
    each_database!(|t| {
        let world = World::new(&t).await;
        let before = world.contents().await;
        // Globex's link is for its directory alone.
        let others = ["sso", "domains", "people", "certificate"];
        let of_others = |path: &str| {
            let part = path.strip_prefix("/s/{token}/").and_then(|rest| rest.split('/').next());
            part.is_some_and(|part| others.contains(&part))
        };
        // Forms that bring a file are read before anybody is asked for a purpose: here they bring none.
        let with_file = [
            "/s/{token}/sso/values",
            "/s/{token}/sso/change/values",
            "/s/{token}/people",
            "/s/{token}/certificate/values",
        ];
        for (methods, pattern, _) in DOORS.iter().filter(|row| of_others(row.1)) {
            for method in methods.split(' ') {
                let mut browser = t.browser();
                browser.get("/login").await;
                let path = world.acme.fill(pattern, &world.globex.setup_token);
                let answer = call(&mut browser, method, &path).await;
                let expected = match method {
                    "POST" if with_file.contains(pattern) => StatusCode::BAD_REQUEST,
                    _ => StatusCode::FORBIDDEN,
                };
                assert_eq!(answer.status, expected, "{}", told(method, &path, &answer));
                assert!(!answer.text.contains("Acme"), "{}", told(method, &path, &answer));
            }
        }
        let mut browser = t.browser();
        browser.get("/login").await;
        let path = world.acme.fill("/s/{token}/domains/{domain}/remove", &world.globex.setup_token);
        let answer = browser.post(&path, &[]).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{}", told("POST", &path, &answer));
        world.assert_unchanged(&before, "Globex's setup link").await;
    });
}
