//! Who operates this Frontdesk.

use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use model::InvitationId;
use serde_json::json;
use store::invitation::Invitation;

use super::access::INVITATION;
use crate::app::App;
use crate::mail::{self, To};
use crate::org::words;
use crate::problem::Problem;
use crate::request::{Browser, FormParams, OperatorCaller, Params};
use web::Html;
use web::mail_layout::{Letter, Link};
use web::pages::console::{Operators, Place};
use web::pages::org::Confirm;
use web::parts::{Field, Notice, Person, Status};

/// How long an invitation works.
const LIFE: Duration = Duration::from_hours(72);

/// `GET /console/operators`.
pub async fn list(
    State(app): State<App>,
    browser: Browser,
    caller: OperatorCaller,
    params: Params,
) -> Result<Response, Problem> {
    show(&app, &browser, &caller, Field::default(), words::done(params.first("done")), StatusCode::OK).await
}

async fn show(
    app: &App,
    browser: &Browser,
    caller: &OperatorCaller,
    email: Field,
    flash: Option<Notice>,
    status: StatusCode,
) -> Result<Response, Problem> {
    let mut db = app.read().await?;
    let all = store::operator::list(&mut db).await?;
    let invited = store::invitation::list_open(&mut db, INVITATION, app.now()).await?;
    drop(db);
    let mut surroundings = super::page(app, browser, caller, "Operators", Place::Operators);
    surroundings.flash = flash;
    let there = all.iter().map(|o| {
        let own = o.id == caller.operator.id;
        let status = Status::ok(if own { "You" } else { "Active" });
        (
            Person::new(&o.name, &o.email),
            status,
            (!own).then(|| format!("/console/operators/{}/remove", o.id)),
        )
    });
    let coming = invited.iter().map(|i| {
        let until = format!("Invited, until {}", words::when(i.expires_at).text);
        let remove = format!("/console/operators/invitations/{}/remove", i.id);
        (Person::new(&i.email, ""), Status::pending(until), Some(remove))
    });
    let page = Operators {
        page: surroundings,
        operators: there.chain(coming).collect(),
        email,
        action: "/console/operators".to_owned(),
        passkeys: "/console/passkeys".to_owned(),
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
        return show(&app, &browser, &caller, field, None, StatusCode::UNPROCESSABLE_ENTITY).await;
    };
    if let Some(there) = store::operator::lookup_email(&mut app.read().await?, &email).await? {
        let field =
            Field::wrong(typed, format!("{} has this address and is an operator already.", there.name));
        return show(&app, &browser, &caller, field, None, StatusCode::UNPROCESSABLE_ENTITY).await;
    }
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
    let mut tx = app.write().await?;
    store::invitation::add(&mut tx, &it, &token.hash()).await?;
    mail::write(&app, &mut tx, To::new("operator_invitation", email), &letter).await?;
    app.audit(&mut tx, &caller.actor(), "operator.invited", None, Some(it.id.to_string()), &json!({}))
        .await?;
    tx.commit().await?;
    Ok(Redirect::to("/console/operators?done=invited").into_response())
}

/// `POST /console/operators/{operator}/remove`: takes a colleague out, with every session. Nobody can take out
/// themselves, so somebody always stays. Asks once more without `sure`.
pub async fn remove(
    State(app): State<App>,
    browser: Browser,
    caller: OperatorCaller,
    Path(id): Path<String>,
    form: FormParams,
) -> Result<Response, Problem> {
    let all = store::operator::list(&mut app.read().await?).await?;
    let it =
        all.into_iter().find(|o| o.id.to_string() == id).ok_or_else(|| Problem::not_found("operator"))?;
    if it.id == caller.operator.id {
        return Err(Problem::conflict(
            "own_operator",
            "This is you",
            "Nobody can take out themselves, so that somebody always stays. Ask a colleague to do it.",
        ));
    }
    if form.first("sure") != Some("yes") {
        let page = Confirm {
            page: super::page(&app, &browser, &caller, "Remove an operator", Place::Operators),
            title: format!("{} operates no longer", it.name),
            effect: Html::text(
                "Every session of theirs ends at once. What they did stays in the log. A new invitation lets them back in.",
            ),
            people: vec![Person::new(&it.name, &it.email)],
            action: format!("/console/operators/{}/remove", it.id),
            fields: vec![("sure".to_owned(), "yes".to_owned())],
            label: format!("Yes, remove {}", it.name),
            danger: false,
            back: "/console/operators".to_owned(),
        };
        return Ok(web::respond(StatusCode::OK, &page));
    }
    let mut tx = app.write().await?;
    store::operator::remove(&mut tx, it.id).await?;
    let about = json!({"email": it.email});
    app.audit(&mut tx, &caller.actor(), "operator.removed", None, Some(id), &about).await?;
    tx.commit().await?;
    Ok(Redirect::to("/console/operators?done=removed").into_response())
}

/// `POST /console/operators/invitations/{invitation}/remove`: the link in that mail works no longer.
pub async fn uninvite(
    State(app): State<App>,
    caller: OperatorCaller,
    Path(id): Path<String>,
    _form: FormParams,
) -> Result<Response, Problem> {
    let not_found = || Problem::not_found("invitation");
    let invitation: InvitationId = id.parse().map_err(|_| not_found())?;
    let mut tx = app.write().await?;
    if !store::invitation::remove_open(&mut tx, invitation, INVITATION).await? {
        return Err(not_found());
    }
    app.audit(&mut tx, &caller.actor(), "operator.uninvited", None, Some(id), &json!({})).await?;
    tx.commit().await?;
    Ok(Redirect::to("/console/operators?done=removed").into_response())
}
