//! The page behind every failure that is not a page of its own.

use std::sync::Arc;

use askama::Template;
use axum::http::header;
use axum::response::{Html as HtmlResponse, IntoResponse, Response};

use super::sample_page;
use crate::brand::Brand;
use crate::layout::Page;

/// What happened, what to do, and the reference to tell.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/problem.html")]
pub struct ProblemPage {
    /// Surroundings.
    pub page: Page,
    /// What happened, in one sentence.
    pub title: String,
    /// What to do next.
    pub detail: String,
    /// What to tell support.
    pub reference: String,
}

impl ProblemPage {
    /// The page of a problem with this title and these words about it.
    pub fn of(brand: &Arc<Brand>, csrf: &str, (title, detail): (&str, &str), reference: &str) -> Self {
        Self {
            page: Page::new(Arc::clone(brand), title, csrf),
            title: title.to_owned(),
            detail: detail.to_owned(),
            reference: reference.to_owned(),
        }
    }

    /// A sample.
    pub fn sample() -> Self {
        Self {
            page: sample_page("There is nothing here"),
            title: "There is nothing here".to_owned(),
            detail: "It may have been removed, or the address has a slip.".to_owned(),
            reference: "ref_01jd8q6v0000000000000000aa".to_owned(),
        }
    }
}

impl IntoResponse for ProblemPage {
    fn into_response(self) -> Response {
        match self.render() {
            Ok(html) => ([(header::CACHE_CONTROL, "no-store")], HtmlResponse(html)).into_response(),
            Err(error) => {
                tracing::error!(%error, "a page could not be rendered");
                self.title.into_response()
            }
        }
    }
}
