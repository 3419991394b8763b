//! `/console/sign-ins/{reference}`: one sign-in attempt, explained, whosever it is.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use model::TraceId;

use crate::app::App;
use crate::org::sign_ins;
use crate::problem::Problem;
use crate::request::{Browser, OperatorCaller};
use crate::trace::{self, Show};
use web::Html;
use web::pages::console::{Place, Trace};
use web::parts::Crumb;

/// `GET /console/sign-ins/{reference}`.
pub async fn show(
    State(app): State<App>,
    browser: Browser,
    caller: OperatorCaller,
    Path(reference): Path<String>,
) -> Result<Response, Problem> {
    let mut db = app.read().await?;
    let found = match reference.parse::<TraceId>() {
        Ok(id) => store::session::lookup_attempt(&mut db, id).await?,
        Err(_) => None,
    };
    let it = trace::explain(&mut db, found.ok_or_else(|| Problem::not_found("sign-in"))?).await?;
    let shares = store::share::list(&mut db, it.attempt.id).await?;
    drop(db);
    let mut surroundings = super::page(&app, &browser, &caller, &it.attempt.id.to_string(), Place::SignIns);
    surroundings.crumbs = vec![Crumb::new("Sign-ins", "/console/sign-ins")];
    let mut view = it.view(&app, Show::All, Show::Masked).await;
    // Without a company there is nobody whose pages could share it.
    let desk = it.company.as_ref().map(|it| format!("/console/organizations/{}/desk", it.id));
    if let (Some(company), Some(desk)) = (&it.company, &desk) {
        let here = format!("/console/organizations/{}", company.id);
        view.facts.push(("Organization".to_owned(), Html::link(&here, &company.name)));
        if let Some(member) = it.attempt.member_id {
            let page = Html::link(&format!("{desk}/members/{member}"), "Their page");
            view.facts.push(("Member".to_owned(), page));
        }
    }
    let page = Trace {
        page: surroundings,
        answer: it.answer(),
        acts: desk.map(|desk| sign_ins::acts(&app, &it, &desk, &shares, false)),
        it: view,
    };
    Ok(web::respond(StatusCode::OK, &page))
}
