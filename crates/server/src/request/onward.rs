//! Going on without the browser.
//!
//! An application's request leads to the sign-in page, which leads to the identity provider; what comes back from there
//! leads to the application's request again, which leads to the application. Where one of our own answers only sends the
//! browser to another of them, that one is asked here, in its name, and the browser is spared the way.
//!
//! Owns which answers are followed. Each room answers as if the browser came itself: with its cookies, also those that it
//! was given on the way.

use std::convert::Infallible;

use axum::Router;
use axum::body::Body;
use axum::extract::{OriginalUri, Request};
use axum::http::{Extensions, HeaderMap, HeaderValue, Method, Uri, header};
use axum::response::Response;
use tower::ServiceExt as _;

/// From finishing a sign-in to the application's request, and from there perhaps to another sign-in.
const LONGEST: usize = 3;

/// `router`, asked again where its answer leads on to itself.
pub fn going_on(router: Router) -> Router {
    Router::new().fallback_service(tower::service_fn(move |request| follow(router.clone(), request)))
}

/// Only these lead on: the first answer of a way, and what is asked for it, is a GET without a body.
fn leads_on(method: &Method, path: &str) -> bool {
    *method == Method::GET && (path == AUTHORIZE || path.starts_with("/login/finish/"))
}

const AUTHORIZE: &str = "/oauth2/authorize";
const SIGN_IN: &str = "/login";

async fn follow(router: Router, request: Request) -> Result<Response, Infallible> {
    if !leads_on(request.method(), request.uri().path()) {
        return router.oneshot(request).await;
    }
    let (mut headers, mut extensions) = (request.headers().clone(), request.extensions().clone());
    extensions.remove::<OriginalUri>();
    let mut answer = router.clone().oneshot(request).await?;
    for _ in 0..LONGEST {
        let Some(next) = next(&answer) else { break };
        bring_cookies(&mut headers, &answer);
        let asked = router.clone().oneshot(get(&next, &headers, &extensions)).await?;
        // Pages, of the sign-in or of an error, belong under their own address: the browser goes there itself. Only an
        // answer to the application may be one (a form that posts itself), and cannot be had twice.
        let passed_on =
            asked.status().is_redirection() || (next.path() == AUTHORIZE && asked.status().is_success());
        if !passed_on {
            break;
        }
        answer = with_cookies_of(asked, &answer);
    }
    Ok(answer)
}

/// Where an answer sends the browser, if that is a place to ask here.
fn next(answer: &Response) -> Option<Uri> {
    let location = answer.headers().get(header::LOCATION).filter(|_| answer.status().is_redirection())?;
    let next: Uri = location.to_str().ok()?.parse().ok()?;
    let ours = next.authority().is_none() && [AUTHORIZE, SIGN_IN].contains(&next.path());
    ours.then_some(next)
}

fn get(uri: &Uri, headers: &HeaderMap, extensions: &Extensions) -> Request {
    let mut request = Request::new(Body::empty());
    request.uri_mut().clone_from(uri);
    request.headers_mut().clone_from(headers);
    request.extensions_mut().clone_from(extensions);
    request
}

/// The cookies as the browser would send them after this answer.
fn bring_cookies(headers: &mut HeaderMap, answer: &Response) {
    let mut all: Vec<(String, String)> = Vec::new();
    let sent = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let given = answer.headers().get_all(header::SET_COOKIE).iter().filter_map(|value| value.to_str().ok());
    let given = given.filter_map(|value| value.split(';').next());
    for (name, value) in
        sent.flat_map(|line| line.split(';')).chain(given).filter_map(|it| it.split_once('='))
    {
        let name = name.trim();
        all.retain(|(known, _)| known != name);
        all.push((name.to_owned(), value.trim().to_owned()));
    }
    let line = all.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ");
    headers.remove(header::COOKIE);
    if let Some(line) = HeaderValue::from_str(&line).ok().filter(|line| !line.is_empty()) {
        headers.insert(header::COOKIE, line);
    }
}

/// The later answer, with the cookies of the earlier one before its own.
fn with_cookies_of(mut later: Response, earlier: &Response) -> Response {
    let own: Vec<HeaderValue> = later.headers().get_all(header::SET_COOKIE).iter().cloned().collect();
    later.headers_mut().remove(header::SET_COOKIE);
    for cookie in earlier.headers().get_all(header::SET_COOKIE).iter().cloned().chain(own) {
        later.headers_mut().append(header::SET_COOKIE, cookie);
    }
    later
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;
    use axum::response::{AppendHeaders, IntoResponse as _, Redirect};
    use axum::routing::get;

    use super::*;

    const SESSION: AppendHeaders<[(header::HeaderName, &str); 1]> =
        AppendHeaders([(header::SET_COOKIE, "session=new; Path=/; HttpOnly")]);

    fn application() -> Router {
        let authorize = |headers: HeaderMap, uri: Uri| async move {
            let cookies = headers.get(header::COOKIE).map_or("", |value| value.to_str().unwrap()).to_owned();
            let code = format!("https://product.example/callback?cookies={}", cookies.replace("; ", "&"));
            match uri.query() {
                Some("page") => "a page".into_response(),
                Some("wrong") => StatusCode::BAD_REQUEST.into_response(),
                Some("around") => Redirect::to("/oauth2/authorize?around").into_response(),
                Some("sign-in") => Redirect::to("/login?page").into_response(),
                _ => Redirect::to(&code).into_response(),
            }
        };
        let finish = |uri: Uri| async move {
            (SESSION, Redirect::to(&format!("/oauth2/authorize?{}", uri.query().unwrap_or_default())))
        };
        going_on(
            Router::new()
                .route("/login/finish/{flow}", get(finish))
                .route(AUTHORIZE, get(authorize).post(|| async { Redirect::to("/login?page") }))
                .route(SIGN_IN, get(|| async { "the form" }))
                .route("/elsewhere", get(|| async { Redirect::to("/oauth2/authorize") })),
        )
    }

    async fn ask(path: &str) -> Response {
        let request = Request::get(path).header(header::COOKIE, "session=old; browser=b");
        application().oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
    }

    fn leads_to(answer: &Response) -> &str {
        answer.headers()[header::LOCATION].to_str().unwrap()
    }

    #[tokio::test]
    async fn finished_sign_in_leads_to_the_application_with_the_cookies_of_the_way() {
        let answer = ask("/login/finish/f1").await;
        assert_eq!(leads_to(&answer), "https://product.example/callback?cookies=browser=b&session=new");
        assert_eq!(answer.headers()[header::SET_COOKIE], "session=new; Path=/; HttpOnly");
    }

    #[tokio::test]
    async fn answer_to_the_application_that_is_a_page_is_passed_on() {
        let answer = ask("/login/finish/f1?page").await;
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(answer.headers()[header::SET_COOKIE], "session=new; Path=/; HttpOnly");
    }

    #[tokio::test]
    async fn pages_of_the_sign_in_and_of_errors_are_left_to_the_browser() {
        for (path, to) in [
            ("/login/finish/f1?wrong", "/oauth2/authorize?wrong"),
            ("/oauth2/authorize?sign-in", "/login?page"),
            ("/login/finish/f1?sign-in", "/login?page"),
        ] {
            assert_eq!(leads_to(&ask(path).await), to);
        }
    }

    #[tokio::test]
    async fn what_leads_in_a_circle_comes_back_to_the_browser() {
        assert_eq!(leads_to(&ask("/oauth2/authorize?around").await), "/oauth2/authorize?around");
    }

    #[tokio::test]
    async fn other_answers_are_not_followed() {
        assert_eq!(leads_to(&ask("/elsewhere").await), "/oauth2/authorize");
        let post = Request::post(AUTHORIZE).body(Body::empty()).unwrap();
        assert_eq!(leads_to(&application().oneshot(post).await.unwrap()), "/login?page");
    }
}
