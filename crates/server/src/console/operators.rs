//! Who operates this Frontdesk.

use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use model::InvitationId;
use serde_json::json;
use store::invitation::Invitation;

use super::access::INVITATION;
use crate::app::App;
use crate::mail;
use crate::problem::Problem;
use crate::request::{Browser, FormParams, OperatorCaller};
use web::mail_layout::{self, Letter, Link};
use web::pages::console::{Operators, Place};
use web::parts::{Field, Person, Status};

/// How long an invitation works.
const LIFE: Duration = Duration::from_hours(72);

/// `GET /console/operators`.
pub async fn list(
    State(app): State<App>,
    browser: Browser,
    caller: OperatorCaller,
) -> Result<Response, Problem> {
    show(&app, &browser, &caller, Field::default(), StatusCode::OK).await
}

async fn show(
    app: &App,
    browser: &Browser,
    caller: &OperatorCaller,
    email: Field,
    status: StatusCode,
) -> Result<Response, Problem> {
    let all = store::operator::list(&mut app.read().await?).await?;
    let page = Operators {
        page: super::page(app, browser, caller, "Operators", Place::Operators).await?,
        operators: all.iter().map(|o| (Person::new(&o.name, &o.email), Status::ok("Active"), None)).collect(),
        email,
        action: "/console/operators".to_owned(),
    };
    Ok(web::respond(status, &page))
}

/// `POST /console/operators` with `email`.
pub async fn invite(
    State(app): State<App>,
    browser: Browser,
    caller: OperatorCaller,
    form: FormParams,
) -> Result<Response, Problem> {
    let typed = form.first("email").unwrap_or_default();
    let Ok(Some(email)) = profile::email::parse(typed) else {
        let field = Field::wrong(typed, "Expected an email address, such as you@company.com.");
        return show(&app, &browser, &caller, field, StatusCode::UNPROCESSABLE_ENTITY).await;
    };
    let token = app.token("");
    let now = app.now();
    let it = Invitation {
        id: app.id(InvitationId::new),
        kind: INVITATION.to_owned(),
        organization_id: None,
        member_id: None,
        account_id: None,
        email: email.clone(),
        data: "{}".to_owned(),
        created_at: now,
        expires_at: now.after(LIFE),
        used_at: None,
    };
    let vendor = &app.brand.vendor_name;
    let letter = Letter {
        subject: format!("Operate Frontdesk for {vendor}"),
        preview: format!("{} invites you.", caller.operator.name),
        heading: "You are invited to the console".to_owned(),
        paragraphs: vec![format!(
            "{} invites you to look after {vendor}’s customers: their sign-in, their directories and their links.",
            caller.operator.name
        )],
        button: Some(Link::new(
            "Choose a password",
            app.config.url(&format!("/console/join/{}", token.expose())),
        )),
        button_note: "It works once, for three days.".to_owned(),
        small: Vec::new(),
        reason: format!("You receive this because {} entered your address.", caller.operator.name),
        opt_out: None,
    };
    let rendered = mail_layout::render(&app.brand, &letter).map_err(|e| Problem::internal(&e))?;
    let letter = mail::Letter {
        kind: "operator_invitation",
        to: email,
        member_id: None,
        organization_id: None,
        subject: rendered.subject,
        html: rendered.html,
        text: rendered.text,
    };
    let mut tx = app.write().await?;
    store::invitation::add(&mut tx, &it, &token.hash()).await?;
    mail::post(&app, &mut tx, letter).await?;
    app.audit(&mut tx, &caller.actor(), "operator.invited", None, Some(it.id.to_string()), &json!({}))
        .await?;
    tx.commit().await?;
    Ok(Redirect::to("/console/operators").into_response())
}
