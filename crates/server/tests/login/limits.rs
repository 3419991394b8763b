//! What can be reached without a session ends at a limit, in the words of its protocol.

use std::net::SocketAddr;
use std::time::Duration;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Request, header};
use model::DirectoryStatus;
use server::Config;
use server::rate::Limit;
use testkit::{Answer, TestApp, TestBrowser, each_database};

use crate::company::{company, rows, types};

/// Calls from a network address.
async fn from(t: &TestApp, address: &str, request: axum::http::request::Builder, body: &str) -> Answer {
    let mut request = request.body(Body::from(body.to_owned())).unwrap();
    let peer = SocketAddr::new(address.parse().unwrap(), 4711);
    request.extensions_mut().insert(ConnectInfo(peer));
    t.browser().send(request).await
}

fn bearer(method: &str, path: &str, token: &str) -> axum::http::request::Builder {
    Request::builder().method(method).uri(path).header(header::AUTHORIZATION, format!("Bearer {token}"))
}

/// The seconds to wait.
fn wait(answer: &Answer) -> u64 {
    assert_eq!(answer.status, 429, "{}", answer.text);
    answer.headers["retry-after"].to_str().unwrap().parse().unwrap()
}

#[tokio::test]
async fn unknown_api_tokens_have_to_wait_and_working_ones_never() {
    each_database!(|t| {
        let good = t.api_token().await;
        for _ in 0..100 {
            let answer = from(&t, "192.0.2.1", bearer("GET", "/api/v1/events", "wrong"), "").await;
            assert_eq!(answer.status, 401);
        }
        let answer = from(&t, "192.0.2.1", bearer("GET", "/api/v1/events", "wrong"), "").await;
        assert!((1..=300).contains(&wait(&answer)));
        assert_eq!(answer.headers["content-type"], "application/problem+json");
        assert_eq!(answer.json()["code"], "too_many_tries");
        let fine = from(&t, "192.0.2.1", bearer("GET", "/api/v1/events", &good), "").await;
        assert_eq!(fine.status, 200, "a neighbour with a working token");
        let elsewhere = from(&t, "192.0.2.2", bearer("GET", "/api/v1/events", "wrong"), "").await;
        assert_eq!(elsewhere.status, 401);
        t.clock.advance(Duration::from_mins(5));
        let later = from(&t, "192.0.2.1", bearer("GET", "/api/v1/events", "wrong"), "").await;
        assert_eq!(later.status, 401);
    });
}

#[tokio::test]
async fn a_flood_costs_a_write_now_and_then_and_none_beyond_the_limit() {
    each_database!(|t| {
        let told = async || {
            let all = t.contents().await;
            all["rate_limits"].join("\n")
        };
        let mut seen = vec![told().await];
        for _ in 0..150 {
            from(&t, "192.0.2.1", bearer("GET", "/api/v1/events", "wrong"), "").await;
            let now = told().await;
            if *seen.last().unwrap() != now {
                seen.push(now);
            }
        }
        assert!(seen.len() <= 10, "{} writes for 150 hits", seen.len() - 1);
        assert_eq!(rows(&t, &["rate_limits"]).await, [1]);
    });
}

#[tokio::test]
async fn the_limits_of_two_machines_are_one() {
    each_database!(|t| {
        // A second process on the same database.
        let parts = server::AppParts {
            store: t.app.store.clone(),
            clock: t.app.clock.clone(),
            rng: t.app.rng.clone(),
            seal: model::Seal::new(&[42; 32]).unwrap(),
            config: t.app.config.clone(),
            dns: t.app.dns.clone(),
        };
        let other = server::App::new(parts);
        let limit = server::rate::MAILS;
        for _ in 0..limit.hits {
            server::rate::check(&t.app, "x", limit).await.unwrap();
        }
        let refused = server::rate::check(&other, "x", limit).await.unwrap_err();
        assert_eq!(refused.status, 429);
    });
}

#[tokio::test]
async fn unknown_client_secrets_have_to_wait_in_oauths_words() {
    each_database!(|t| {
        let product = t.application(serde_json::json!({})).await;
        let post = |path: &'static str| {
            Request::post(path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        };
        let wrong =
            format!("grant_type=authorization_code&code=x&client_id={}&client_secret=wrong", product.id);
        for number in 0..100 {
            let path = ["/oauth2/token", "/oauth2/revoke", "/oauth2/introspect"][number % 3];
            let answer = from(&t, "192.0.2.1", post(path), &wrong).await;
            assert_eq!((answer.status.as_u16(), &answer.json()["error"]), (401, &"invalid_client".into()));
        }
        let answer = from(&t, "192.0.2.1", post("/oauth2/token"), &wrong).await;
        assert!(wait(&answer) <= 300);
        assert_eq!(answer.json()["error"], "temporarily_unavailable");
        assert!(answer.json()["error_description"].as_str().unwrap().contains("Try again in 5 minutes"));
        let right = wrong.replace("client_secret=wrong", &format!("client_secret={}", product.secret));
        let fine = from(&t, "192.0.2.1", post("/oauth2/token"), &right).await;
        assert_ne!((fine.status.as_u16(), &fine.json()["error"]), (429, &"temporarily_unavailable".into()));
        for _ in 0..100 {
            let answer = from(&t, "192.0.2.1", bearer("GET", "/oauth2/userinfo", "wrong"), "").await;
            assert_eq!(answer.status, 401);
        }
        wait(&from(&t, "192.0.2.1", bearer("GET", "/oauth2/userinfo", "wrong"), "").await);
    });
}

#[tokio::test]
async fn unknown_directory_tokens_have_to_wait_in_scims_words() {
    each_database!(|t| {
        let org = t.organization("Acme").await;
        let (directory, token) = t.directory(&org, "custom-scim2", DirectoryStatus::Active).await;
        let path = format!("/scim/v2/{}/Users", directory.id);
        for _ in 0..100 {
            assert_eq!(from(&t, "192.0.2.1", bearer("GET", &path, "wrong"), "").await.status, 401);
        }
        let answer = from(&t, "192.0.2.1", bearer("GET", &path, "wrong"), "").await;
        assert!(wait(&answer) <= 300);
        assert_eq!(answer.headers["content-type"], "application/scim+json");
        assert_eq!(answer.json()["status"], "429");
        assert_eq!(from(&t, "192.0.2.1", bearer("GET", &path, &token), "").await.status, 200);
    });
}

#[tokio::test]
async fn one_directory_cannot_take_the_whole_machine() {
    for database in testkit::databases().await {
        let mut config = Config::new("http://127.0.0.1:8080".parse().unwrap());
        let limit = Limit { hits: 50, window: Duration::from_secs(10) };
        assert!(config.limits.scim_requests.hits / 10 > 25 * 4, "well above what large providers send");
        config.limits.scim_requests = limit;
        let t = TestApp::with(database, config).await;
        let org = t.organization("Acme").await;
        let (one, token) = t.directory(&org, "custom-scim2", DirectoryStatus::Active).await;
        let (two, other) = t.directory(&org, "custom-scim2", DirectoryStatus::Active).await;
        let path = format!("/scim/v2/{}/Users", one.id);
        for _ in 0..limit.hits {
            assert_eq!(t.browser().api("GET", &path, &token, None).await.status, 200);
        }
        let answer = t.browser().api("GET", &path, &token, None).await;
        assert!((1..=10).contains(&wait(&answer)));
        assert_eq!(answer.json()["schemas"][0], "urn:ietf:params:scim:api:messages:2.0:Error");
        let theirs = format!("/scim/v2/{}/Users", two.id);
        assert_eq!(t.browser().api("GET", &theirs, &other, None).await.status, 200);
        t.clock.advance(limit.window);
        assert_eq!(t.browser().api("GET", &path, &token, None).await.status, 200);
        // A bulk request is done as a whole, and counts as many as it holds.
        let one_of = serde_json::json!({"method": "DELETE", "path": "/Users/x"});
        let urn = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";
        let many = serde_json::json!({"schemas": [urn], "Operations": vec![one_of; 60]});
        let bulk = format!("/scim/v2/{}/Bulk", one.id);
        let answer = t.browser().api("POST", &bulk, &token, Some(many)).await;
        assert_eq!(answer.json()["Operations"].as_array().unwrap().len(), 60, "{}", answer.text);
        assert!((1..=10).contains(&wait(&t.browser().api("GET", &path, &token, None).await)));
        assert_eq!(rows(&t, &["rate_limits"]).await, [0], "counted without the database");
    }
}

#[tokio::test]
async fn links_and_answers_that_nobody_knows_have_to_wait() {
    each_database!(|t| {
        let acme = company(&t, "Acme", "acme.test").await;
        let acs = format!("/saml/{}/acs", acme.connection.id);
        let form = |path: &str| {
            Request::post(path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        };
        for number in 0..300 {
            let answer = match number % 4 {
                0 => from(&t, "192.0.2.1", Request::get("/s/unknown"), "").await,
                1 => from(&t, "192.0.2.1", Request::get("/invite/unknown"), "").await,
                2 => from(&t, "192.0.2.1", Request::get("/oidc/con_unknown/callback"), "").await,
                _ => from(&t, "192.0.2.1", form(&acs), "nothing=1").await,
            };
            assert_ne!(answer.status, 429, "{number}");
        }
        for path in ["/s/unknown", "/claim/unknown", "/signin/unknown", "/verify/unknown", "/console/first/x"]
        {
            let answer = from(&t, "192.0.2.1", Request::get(path), "").await;
            assert!(wait(&answer) <= 900, "{path}");
            assert!(answer.text.contains("Too many tries in a short time"), "{}", answer.text);
            assert!(answer.headers.contains_key("content-security-policy"), "a page like any other");
        }
        wait(&from(&t, "192.0.2.1", form(&acs), "nothing=1").await);
        // A link that works is read all the same.
        let purposes = [model::Purpose::Sso];
        let mut tx = t.app.write().await.unwrap();
        let by = ("Maren", testkit::ACTOR);
        let new =
            server::onboarding::links::create(&t.app, &mut tx, &acme.organization, &purposes, None, by).await;
        let url = new.unwrap().url.replace("http://127.0.0.1:8080", "");
        tx.commit().await.unwrap();
        assert_eq!(from(&t, "192.0.2.1", Request::get(&url), "").await.status, 200);
        // A proxy of our own names whom it speaks for; that person is somebody else.
        let through = Request::get("/s/unknown").header("x-forwarded-for", "198.51.100.7");
        assert_eq!(from(&t, "127.0.0.1", through, "").await.status, 404);
        let lies = Request::get("/s/unknown").header("x-forwarded-for", "198.51.100.7");
        wait(&from(&t, "192.0.2.1", lies, "").await);
    });
}

#[tokio::test]
async fn passwords_and_mails_are_limited_for_each_address_that_is_typed() {
    each_database!(|t| {
        t.account_with_password("ann@home.example", "a long enough password").await;
        let mut browser = t.browser();
        browser.get("/login").await;
        let tries = async |browser: &mut TestBrowser, email: &str, password: &str| {
            browser.post("/login/password", &[("email", email), ("password", password)]).await
        };
        for number in 0..10 {
            let spelling = ["ann@home.example", "Ann@Home.Example", " ANN@home.example"][number % 3];
            assert_eq!(tries(&mut browser, spelling, "wrong").await.status, 422);
        }
        let answer = tries(&mut browser, "ann@home.example", "a long enough password").await;
        assert!(wait(&answer) <= 900, "no more guesses, not even the right one");
        for _ in 0..5 {
            assert_eq!(browser.post("/login/link", &[("email", "ann@home.example")]).await.status, 200);
        }
        wait(&browser.post("/login/link", &[("email", "Ann@home.example")]).await);
        assert_eq!(t.mails().await.len(), 5);
    });
}

#[tokio::test]
async fn a_whole_company_signs_in_from_one_address_while_personal_sign_in_waits() {
    each_database!(|t| {
        let acme = company(&t, "Acme", "acme.test").await;
        let mut browser = t.browser();
        browser.get("/login").await;
        for number in 0..300 {
            let email = format!("nobody{number}@home.example");
            assert_eq!(browser.post("/login", &[("email", &email)]).await.status, 200);
        }
        wait(&browser.post("/login", &[("email", "nobody@home.example")]).await);
        let sent = browser.post("/login", &[("email", "ann@acme.test")]).await;
        acme.idp.reads(sent.location());
        t.clock.advance(Duration::from_mins(15));
        assert_eq!(types(&mut browser, "/login", "nobody@home.example", "/").await.status, 200);
    });
}

#[tokio::test]
async fn looking_at_domains_again_and_again_has_to_wait() {
    each_database!(|t| {
        let org = t.organization("Acme").await;
        for _ in 0..20 {
            server::connection::domains::check_pending(&t.app, org.id, testkit::ACTOR).await.unwrap();
        }
        let refused =
            server::connection::domains::check_pending(&t.app, org.id, testkit::ACTOR).await.unwrap_err();
        assert_eq!((refused.status.as_u16(), refused.code), (429, "too_many_tries"));
        let other = t.organization("Globex").await;
        server::connection::domains::check_pending(&t.app, other.id, testkit::ACTOR).await.unwrap();
    });
}
