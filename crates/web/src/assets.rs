//! Files for browsers, compiled in: stylesheet, icons, scripts.
//!
//! Owns their addresses (with a hash of the content, so that they may be kept for ever) and how they are served.

use axum::Router;
use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use include_dir::{Dir, include_dir};
use std::collections::BTreeMap;
use std::sync::LazyLock;

static FILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/assets");

/// Name of a file → its address.
static URLS: LazyLock<BTreeMap<&'static str, String>> = LazyLock::new(|| {
    FILES
        .files()
        .filter_map(|file| {
            let name = file.path().to_str()?;
            content_type(name)?;
            Some((name, format!("/assets/{}/{name}", fingerprint(file.contents()))))
        })
        .collect()
});

/// Routes `GET /assets/{hash}/{file}`.
pub fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new().route("/assets/{hash}/{file}", get(serve))
}

/// Address of an asset. An unknown name gives an address that answers 404.
pub fn url(name: &str) -> &'static str {
    URLS.get(name).map_or("/assets/0/missing", String::as_str)
}

/// Address of the sprite; append `#name`.
pub fn icons() -> &'static str {
    url("icons.svg")
}

/// The first half of SHA-256, as 16 hexadecimal digits: names a version of a file.
pub fn fingerprint(content: &[u8]) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, content);
    hex::encode(&digest.as_ref()[..8])
}

async fn serve(Path((hash, name)): Path<(String, String)>) -> Response {
    let (Some(file), Some(kind)) = (FILES.get_file(&name), content_type(&name)) else {
        return (StatusCode::NOT_FOUND, "There is no such file.").into_response();
    };
    // A page of an older version may ask for an older file: it gets today's, but must not keep it.
    let caching = if url(&name) == format!("/assets/{hash}/{name}") {
        "public, max-age=31536000, immutable"
    } else {
        "no-store"
    };
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, caching),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, file.contents()).into_response()
}

fn content_type(name: &str) -> Option<&'static str> {
    match name.rsplit_once('.')?.1 {
        "css" => Some("text/css; charset=utf-8"),
        "js" => Some("text/javascript; charset=utf-8"),
        "svg" => Some("image/svg+xml"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use axum::http::Request;
    use tower::ServiceExt;

    async fn get_path(path: &str) -> Response {
        router::<()>().oneshot(Request::get(path).body(Body::empty()).unwrap()).await.unwrap()
    }

    #[tokio::test]
    async fn a_file_at_its_own_address_may_be_kept_for_ever() {
        let answer = get_path(url("frontdesk.css")).await;
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["content-type"], "text/css; charset=utf-8");
        assert_eq!(answer.headers()["cache-control"], "public, max-age=31536000, immutable");
    }

    #[tokio::test]
    async fn a_file_at_an_old_address_is_answered_but_not_kept() {
        let answer = get_path("/assets/0000000000000000/icons.svg").await;
        assert_eq!(
            (answer.status().as_u16(), answer.headers()["cache-control"].to_str().unwrap()),
            (200, "no-store")
        );
    }

    #[tokio::test]
    async fn what_is_not_an_asset_is_not_served() {
        for path in
            ["/assets/0/README.md", "/assets/0/nothing.css", "/assets/0/..%2FCargo.toml", "/assets/0/missing"]
        {
            assert_eq!(get_path(path).await.status(), 404, "{path}");
        }
    }
}
