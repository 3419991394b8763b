//! One sign-in attempt, explained: what was expected beside what came, what puts it right, and words to send.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use model::{Connection, Organization};
use serde_json::Value;
use store::session::Attempt;

use super::logs::{provider, through};
use super::{masked, outcome};
use crate::app::App;
use crate::org::words::when;
use crate::problem::Problem;
use crate::request::{Browser, OperatorCaller};
use web::Html;
use web::pages::console::{Place, Trace};
use web::parts::{Compare, Copy, Crumb, Status};

/// `GET /console/sign-ins/{reference}`.
pub async fn show(
    State(app): State<App>,
    browser: Browser,
    caller: OperatorCaller,
    Path(reference): Path<String>,
) -> Result<Response, Problem> {
    let mut db = app.read().await?;
    let found = match reference.parse() {
        Ok(id) => store::session::lookup_attempt(&mut db, id).await?,
        Err(_) => None,
    };
    let it = found.ok_or_else(|| Problem::not_found("sign-in"))?;
    let connection = match it.connection_id {
        Some(id) => store::connection::lookup(&mut db, id).await?,
        None => None,
    };
    let company = match it.organization_id {
        Some(id) => store::organization::lookup(&mut db, id).await?,
        None => None,
    };
    drop(db);
    let told = Told::of(&it);
    let provider =
        connection.as_ref().map_or_else(|| "the identity provider".to_owned(), |c| provider(&c.provider));
    let name = company.as_ref().map_or_else(|| "the company".to_owned(), |o| o.name.clone());
    let through = connection.as_ref().map_or_else(|| "no connection".to_owned(), through);
    let kind = if told.test { ", a test of the setup" } else { "" };
    let mut surroundings = super::page(&app, &browser, &caller, &it.id.to_string(), Place::SignIns);
    surroundings.crumbs = vec![Crumb::new("Sign-ins", "/console/sign-ins")];
    let page = Trace {
        page: surroundings,
        outcome: if it.accepted { Status::ok("Signed in") } else { Status::bad("Refused") },
        summary: format!("{}, through {through}{kind}", when(it.at).text),
        title: outcome::title(&it, &provider, &name),
        subject: if it.accepted { String::new() } else { outcome::subject(&it.code).to_owned() },
        code: if it.accepted { String::new() } else { it.code.clone() },
        compare: told.compare(),
        explanation: Html::marked(&told.message),
        todo: told.steps.iter().map(|step| Html::marked(step)).collect(),
        message: it.message.as_deref().map(masked::saml).unwrap_or_default(),
        facts: facts(&it, company.as_ref(), connection.as_ref(), &told),
        answer: (!it.accepted).then(|| told.answer(&it)),
    };
    Ok(web::respond(StatusCode::OK, &page))
}

/// What the record of an attempt says.
struct Told {
    message: String,
    expected: Option<String>,
    received: Option<String>,
    steps: Vec<String>,
    test: bool,
}

impl Told {
    fn of(it: &Attempt) -> Self {
        let json: Value = serde_json::from_str(&it.explanation).unwrap_or_default();
        let text = |name: &str| json[name].as_str().map(ToOwned::to_owned);
        let mut steps: Vec<String> = json["steps"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|s| s.as_str().map(ToOwned::to_owned))
            .collect();
        if steps.is_empty() {
            steps = outcome::remedy(&it.code).iter().map(ToString::to_string).collect();
        }
        Self {
            message: text("message").unwrap_or_default(),
            expected: text("expected"),
            received: text("received"),
            steps,
            test: json["test"] == true,
        }
    }

    fn compare(&self) -> Option<Compare> {
        match (&self.expected, &self.received) {
            (None, None) => None,
            (Some(expected), received) => {
                Some(Compare::new(expected, received.as_deref().unwrap_or_default()))
            }
            // What came has no counterpart: an error of the provider, say.
            (None, Some(received)) => Some(Compare::new("a sign-in", received)),
        }
    }

    /// Words to send to whoever asks.
    fn answer(&self, it: &Attempt) -> Copy {
        let plain = |text: &str| text.replace(['`', '*'], "");
        let mut lines = vec!["Hello,".to_owned(), String::new(), plain(&self.message)];
        if let (Some(expected), Some(received)) = (&self.expected, &self.received) {
            lines.extend([String::new(), format!("Expected: {expected}"), format!("Received: {received}")]);
        }
        if !self.steps.is_empty() {
            lines.extend([String::new(), "What puts it right:".to_owned()]);
            lines.extend(
                self.steps.iter().enumerate().map(|(at, step)| format!("{}. {}", at + 1, plain(step))),
            );
        }
        lines.extend([String::new(), format!("Reference: {}", it.id)]);
        Copy::new("answer", "If they write to you", lines.join("\n"))
    }
}

fn facts(
    it: &Attempt,
    company: Option<&Organization>,
    connection: Option<&Connection>,
    told: &Told,
) -> Vec<(String, Html)> {
    let mut facts = vec![
        ("Reference".to_owned(), Html::text(&it.id.to_string())),
        ("Address".to_owned(), Html::text(it.email.as_deref().unwrap_or("not known"))),
    ];
    if let Some(company) = company {
        let here = format!("/console/organizations/{}", company.id);
        facts.push(("Organization".to_owned(), Html::link(&here, &company.name)));
        if let Some(member) = it.member_id {
            facts.push((
                "Member".to_owned(),
                Html::link(&format!("{here}/desk/members/{member}"), "Their page"),
            ));
        }
    }
    if let Some(id) = it.connection_id {
        let state = connection.map_or("gone".to_owned(), |c| c.status.to_string());
        facts.push(("Connection".to_owned(), Html::text(&format!("{id}, {state} now"))));
    }
    if told.test {
        facts.push(("Kind".to_owned(), Html::text("A test of the setup wizard: nobody is signed in by it.")));
    }
    facts
}
