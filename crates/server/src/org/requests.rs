//! What a directory's provider sent, request by request, and what each changed; personal values only for a reason.

use std::collections::BTreeMap;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use model::{Directory, TraceId};
use serde_json::json;
use store::scim_request::{ScimRequest, Which};

use super::Desk;
use super::stop::Ids;
use super::words::{self, brief};
use crate::app::App;
use crate::directory as feed;
use crate::problem::Problem;
use crate::provisioning::{self, told};
use crate::request::{FormParams, Params};
use crate::trace::{self, Show};
use web::Html;
use web::guide::{Values, sync_words};
use web::pages::scim::{DirectoryRequests, RequestRow, ScimRequestPage};
use web::parts::{Crumb, Field, Filter, Pager};

/// Lines on one page.
const PAGE: usize = 50;
/// The longest reason for looking at personal data, in characters.
const LONGEST_REASON: usize = 300;

/// `GET /directory/{directory}/requests?only=refused&cause=&about=&after=`; `about` is the id of a user.
pub async fn list(
    State(app): State<App>,
    desk: Desk,
    Path(id): Path<Ids>,
    params: Params,
) -> Result<Response, Problem> {
    provisioning::flush(&app).await?;
    let mut db = app.read().await?;
    let it = feed::require(&mut db, &desk.organization, &id.directory).await?;
    let which = Which {
        refused: params.first("only") == Some("refused"),
        cause: params.first("cause").filter(|cause| !cause.is_empty()),
        subject: params.first("about").filter(|id| !id.is_empty()),
        cursor: params.first("after"),
    };
    let found = store::scim_request::search(&mut db, it.id, which, PAGE).await?;
    drop(db);
    let at = desk.at(&format!("directory/{}/requests", it.id));
    let link = |pairs: &[(&str, &str)]| {
        let mut query = form_urlencoded::Serializer::new(String::new());
        let pairs = pairs.iter().filter(|(_, value)| !value.is_empty());
        let query = query.extend_pairs(pairs).finish();
        if query.is_empty() { at.clone() } else { format!("{at}?{query}") }
    };
    let here = |after: &str| {
        let only = if which.refused { "refused" } else { "" };
        let (cause, about) = (which.cause.unwrap_or_default(), which.subject.unwrap_or_default());
        link(&[("only", only), ("cause", cause), ("about", about), ("after", after)])
    };
    let filtered = which.cause.is_some() || which.subject.is_some();
    let filter = |label: &str, pairs: &[(&str, &str)], current| Filter {
        label: label.to_owned(),
        count: String::new(),
        href: link(pairs),
        current,
    };
    let page = DirectoryRequests {
        page: desk.directory_page(&app, "Requests"),
        provider: trace::provider(&it.provider),
        only: match (which.cause, which.subject) {
            (Some(cause), _) => {
                format!("only those of “{}”", sync_words(&it.provider, cause, &Values::default()).means)
            }
            (None, Some(_)) => "only those about one person".to_owned(),
            (None, None) => String::new(),
        },
        refused: which.refused,
        filters: vec![
            filter("All", &[], !which.refused && !filtered),
            filter("Refused", &[("only", "refused")], which.refused && !filtered),
        ],
        pager: Pager {
            summary: format!("{}, newest first", words::shown(found.items.len(), "request", "requests")),
            previous: which.cursor.map(|_| here("")),
            next: found.next.as_deref().map(here),
        },
        rows: found.items.iter().map(|request| row(request, &at)).collect(),
        back: desk.at(&format!("directory/{}/health", it.id)),
        all: at.clone(),
    };
    Ok(web::respond(StatusCode::OK, &page))
}

fn row(it: &ScimRequest, at: &str) -> RequestRow {
    RequestRow {
        when: brief(it.at),
        title: told::title(it, Show::Masked),
        changes: told::summary(it, Show::Masked),
        line: told::request_line(it, Show::Masked),
        outcome: told::status(it),
        href: format!("{at}/{}", it.id),
    }
}

type Names = Path<BTreeMap<String, String>>;

/// `GET /directory/{directory}/requests/{request}`.
pub async fn show(State(app): State<App>, desk: Desk, Path(ids): Names) -> Result<Response, Problem> {
    let (it, directory) = find(&app, &desk, &ids).await?;
    Ok(page(&app, &desk, (&it, &directory), (Show::Masked, Field::default(), StatusCode::OK)))
}

async fn find(
    app: &App,
    desk: &Desk,
    ids: &BTreeMap<String, String>,
) -> Result<(ScimRequest, Directory), Problem> {
    let text = |name: &str| ids.get(name).map(String::as_str).unwrap_or_default();
    let mut db = app.read().await?;
    let directory = feed::require(&mut db, &desk.organization, text("directory")).await?;
    let found = match text("request").parse::<TraceId>() {
        Ok(id) => store::scim_request::lookup(&mut db, desk.organization.id, id).await?,
        Err(_) => None,
    };
    let found = found.filter(|it| it.directory_id == directory.id);
    Ok((found.ok_or_else(|| Problem::not_found("request"))?, directory))
}

/// Where the values of a request are asked for.
pub fn unmask_at(base: &str, it: &ScimRequest) -> String {
    format!("{base}/directory/{}/requests/{}/unmask", it.directory_id, it.id)
}

/// What puts a refused request right, in the words of the provider's console.
pub fn fix(app: &App, it: &ScimRequest, directory: &Directory) -> Html {
    let Some(cause) = it.cause.as_deref() else { return Html::default() };
    let values = Values { app_name: app.brand.vendor_name.clone(), ..Values::default() };
    sync_words(&directory.provider, cause, &values).remedy
}

fn page(
    app: &App,
    desk: &Desk,
    (it, directory): (&ScimRequest, &Directory),
    (show, reason, status): (Show, Field, StatusCode),
) -> Response {
    let mut surroundings = desk.directory_page(app, &it.id.to_string());
    let list = desk.at(&format!("directory/{}/requests", directory.id));
    surroundings.crumbs.push(Crumb::new("Requests", list));
    let page = ScimRequestPage {
        page: surroundings,
        it: told::told(app, it, (&desk.organization, Some(directory)), show),
        unmask: (show == Show::Masked).then(|| unmask_at(&desk.base, it)),
        reason,
        fix: fix(app, it, directory),
    };
    web::respond(status, &page)
}

/// `POST /directory/{directory}/requests/{request}/unmask` with `reason`: with personal data, in this answer alone.
pub async fn unmask(
    State(app): State<App>,
    desk: Desk,
    Path(ids): Names,
    form: FormParams,
) -> Result<Response, Problem> {
    let (it, directory) = find(&app, &desk, &ids).await?;
    let reason = form.first("reason").unwrap_or_default().trim();
    let readable =
        (1..=LONGEST_REASON).contains(&reason.chars().count()) && !reason.chars().any(char::is_control);
    if !readable {
        let words = format!("Say why, in 1 to {LONGEST_REASON} characters. It stays in the audit log.");
        let shown = (Show::Masked, Field::wrong(reason, words), StatusCode::UNPROCESSABLE_ENTITY);
        return Ok(page(&app, &desk, (&it, &directory), shown));
    }
    let mut tx = app.write().await?;
    let (organization, target) = (Some(desk.organization.id), Some(it.id.to_string()));
    app.audit(
        &mut tx,
        &desk.actor,
        "scim_request.unmasked",
        organization,
        target,
        &json!({"reason": reason}),
    )
    .await?;
    tx.commit().await?;
    Ok(page(&app, &desk, (&it, &directory), (Show::All, Field::default(), StatusCode::OK)))
}
