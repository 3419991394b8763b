//! What the requests of a company's SAML connection ask for.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use model::{Connection, ConnectionStatus};
use store::connection_draft::Draft;

use super::company::Ids;
use crate::app::App;
use crate::connection::requests::{self, Comparison, FORMATS, IdpInitiated, Kept, Wanted, binding_name};
use crate::connection::{self, SamlConfig, beside};
use crate::org::{Desk, change, links, words};
use crate::problem::Problem;
use crate::request::{FormParams, Params};
use crate::trace;
use web::pages::console::ConnectionRequests;
use web::parts::{Choice, Field, Notice, Opt, Tone};

/// The labels of the form, by the names of the API.
const LABELS: [(&str, &str); 10] = [
    ("authn_context", "How people must sign in"),
    ("comparison", "Compared how"),
    ("exact", "One of them exactly"),
    ("minimum", "At least as strong as one of them"),
    ("force_authn", "People prove themselves at each sign-in"),
    ("idp_initiated", "People who start at the provider"),
    ("round_trip", "Go on by themselves"),
    ("direct", "Are let in by the provider’s answer as it is"),
    ("off", "Are told to start here"),
    ("binding", "How they travel"),
];

/// `GET …/connections/{connection}/requests`.
pub async fn show(
    State(app): State<App>,
    desk: Desk,
    axum::extract::Path(ids): Ids,
    params: Params,
) -> Result<Response, Problem> {
    let it = require(&app, &desk, &ids).await?;
    let draft = beside::draft_of(&mut app.read().await?, it.id).await?;
    let config = requests::of(&wanted_now(&it, draft.as_ref()))?;
    let flash = words::done(params.first("done"));
    let at = (&it, draft.as_ref());
    Ok(page(&app, &desk, at, &config, (flash, Faults::default(), StatusCode::OK)))
}

/// `POST …/connections/{connection}/requests`.
pub async fn save(
    State(app): State<App>,
    desk: Desk,
    axum::extract::Path(ids): Ids,
    form: FormParams,
) -> Result<Response, Problem> {
    let it = require(&app, &desk, &ids).await?;
    let wanted = Wanted::of_form(|name| form.first(name).map(ToOwned::to_owned));
    let mut tx = app.write().await?;
    match requests::set(&app, &mut tx, &it, (wanted, form.first("draft")), &desk.actor).await {
        Ok(kept) => {
            tx.commit().await?;
            let to = match kept {
                Kept::Connection(it) => format!("{}?done=saved", here(&desk, &it)),
                Kept::Draft(_) => format!("{}?done=drafted", change_at(&desk, &it)),
            };
            Ok(Redirect::to(&to).into_response())
        }
        Err(problem) if !change::is_about_the_form(&problem) => Err(problem),
        Err(problem) => {
            drop(tx);
            let fault = |name: &str| {
                let found = problem.fields.iter().find(|f| f.field == name);
                found.map(|f| links::labelled(&f.problem, &LABELS))
            };
            let faults = Faults {
                typed: form.first("authn_context").map(ToOwned::to_owned),
                classes: fault("authn_context"),
                comparison: fault("comparison"),
                format: fault("name_id_format"),
                binding: fault("binding"),
                idp_initiated: fault("idp_initiated"),
            };
            let notice = problem.fields.is_empty();
            let notice = notice.then(|| Notice::new(Tone::Bad, &problem.title, &problem.detail).alert());
            let draft = beside::draft_of(&mut app.read().await?, it.id).await?;
            let config = as_typed(requests::of(&wanted_now(&it, draft.as_ref()))?, &form);
            Ok(page(&app, &desk, (&it, draft.as_ref()), &config, (notice, faults, problem.status)))
        }
    }
}

/// The settings with what the form says in their place, as far as it can be shown again.
fn as_typed(mut config: SamlConfig, form: &FormParams) -> SamlConfig {
    let said = |name: &str, value: &str| form.first(name) == Some(value);
    config.want_signed_requests = said("signed", "yes");
    config.allow_sha1 = form.first("allow_sha1").is_some();
    let it = &mut config.requests;
    it.force_authn = form.first("force_authn").is_some();
    it.comparison = if said("comparison", "minimum") { Comparison::Minimum } else { Comparison::Exact };
    it.idp_initiated = match form.first("idp_initiated") {
        Some("off") => IdpInitiated::Off,
        Some("direct") => IdpInitiated::Direct,
        _ => IdpInitiated::RoundTrip,
    };
    it.name_id_format = form.first("name_id_format").filter(|text| !text.is_empty()).map(str::to_owned);
    config
}

/// What was wrong with the form.
#[derive(Default)]
struct Faults {
    typed: Option<String>,
    classes: Option<String>,
    comparison: Option<String>,
    format: Option<String>,
    binding: Option<String>,
    idp_initiated: Option<String>,
}

async fn require(
    app: &App,
    desk: &Desk,
    ids: &std::collections::HashMap<String, String>,
) -> Result<Connection, Problem> {
    let id = ids.get("connection").and_then(|id| id.parse().ok());
    let id = id.ok_or_else(|| Problem::not_found("connection"))?;
    connection::get(&mut app.read().await?, desk.organization.id, id).await
}

/// The settings that the form begins with: those of the draft, where there is one.
fn wanted_now(it: &Connection, draft: Option<&Draft>) -> Connection {
    draft.map_or_else(|| it.clone(), |draft| beside::with_draft(it, draft))
}

/// Where the draft is tested and put in use.
fn change_at(desk: &Desk, it: &Connection) -> String {
    desk.at(&format!("sign-on/{}", it.id))
}

fn here(desk: &Desk, it: &Connection) -> String {
    format!("/console/organizations/{}/connections/{}/requests", desk.organization.id, it.id)
}

fn page(
    app: &App,
    desk: &Desk,
    (it, draft): (&Connection, Option<&Draft>),
    config: &SamlConfig,
    (flash, faults, status): (Option<Notice>, Faults, StatusCode),
) -> Response {
    let requests = &config.requests;
    let provider = trace::provider(&it.provider);
    let mut surroundings = desk.page(app, "Sign-in requests", None);
    surroundings.flash = flash;
    let to = config.sign_in_endpoint();
    let to = to.map_or_else(String::new, |to| format!("{}, by {}", to.location, binding_name(&to.binding)));
    let mut bindings = vec![("", "As its metadata prefers")];
    bindings.extend(
        config
            .bindings()
            .into_iter()
            .map(|name| (name, if name == "post" { "Form (POST)" } else { "Redirect" })),
    );
    let mut formats = vec![("", "Whatever it is set to send")];
    formats.extend(FORMATS.map(|(name, uri)| (uri, name)));
    let format = requests.name_id_format.as_deref().unwrap_or_default();
    if !formats.iter().any(|(uri, _)| *uri == format) {
        formats.push((format, format));
    }
    let comparison = if requests.comparison == Comparison::Minimum { "minimum" } else { "exact" };
    let page = ConnectionRequests {
        page: surroundings,
        title: format!("What we ask {provider} for"),
        summary: format!("Requests go to {to}."),
        signed: vec![
            Choice::new(
                "signed",
                "yes",
                "Signed",
                "With our key. Does no harm where it is not asked for.",
                config.want_signed_requests,
            ),
            Choice::new(
                "signed",
                "no",
                "Not signed",
                "Only where the provider’s metadata does not ask for it.",
                !config.want_signed_requests,
            ),
        ],
        bindings: Opt::list(&bindings, requests.binding.as_deref().map(binding_name).unwrap_or_default()),
        binding_error: faults.binding,
        force_authn: requests.force_authn,
        authn_context: Field {
            value: faults.typed.unwrap_or_else(|| requests.authn_context.join("\n")),
            error: faults.classes,
        },
        comparisons: Opt::list(
            &[("exact", "One of them exactly"), ("minimum", "At least as strong as one of them")],
            comparison,
        ),
        comparison_error: faults.comparison,
        formats: Opt::list(&formats, format),
        format_error: faults.format,
        idp_initiated: who_starts(requests.idp_initiated),
        idp_initiated_error: faults.idp_initiated,
        allow_sha1: config.allow_sha1,
        draft: draft.map(beside::digest).unwrap_or_default(),
        beside: (it.status != ConnectionStatus::Draft).then(|| {
            let what = if draft.is_some() { "This is the draft." } else { "This is in use." };
            format!(
                "{what} What you change is kept as a draft beside what is in use, and nobody notices before you have \
                 tested it and put it in use."
            )
        }),
        action: here(desk, it),
        back: match draft {
            Some(_) => change_at(desk, it),
            None => format!("/console/organizations/{}", desk.organization.id),
        },
    };
    web::respond(status, &page)
}

/// What becomes of people who start at the provider, as choices.
fn who_starts(now: IdpInitiated) -> Vec<Choice> {
    vec![
        Choice::new(
            "idp_initiated",
            "round_trip",
            "Go on by themselves",
            "We ask the provider once more, so that nobody can be signed in as somebody else.",
            now == IdpInitiated::RoundTrip,
        )
        .tag("Default"),
        Choice::new(
            "idp_initiated",
            "direct",
            "Are let in by the provider’s answer as it is",
            "One step fewer, and a known risk (login CSRF): nothing ties the answer to a browser, so whoever has an \
                 account there can have somebody else’s browser signed in as them, and read what is entered then. Only for a \
                 portal that cannot be led to our sign-in page.",
            now == IdpInitiated::Direct,
        ),
        Choice::new(
            "idp_initiated",
            "off",
            "Are told to start here",
            "Where a company wants no sign-in that begins elsewhere.",
            now == IdpInitiated::Off,
        ),
    ]
}
