//! The directory of a company: a page to change people on, and a SCIM client that tells Frontdesk.

use axum::Form;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::Value;

use super::{Fields, Idp, missing};
use crate::demo::cast::Person;
use crate::demo::html::{escape, page};

/// Who is in it, and how Frontdesk is reached.
pub async fn directory(State(idp): State<Idp>, Path(company): Path<String>) -> Response {
    let companies = idp.companies();
    let Some(it) = companies.get(company.as_str()) else { return missing() };
    let (base, token) = it.scim.clone().unwrap_or_default();
    let rows: String = it
        .people
        .iter()
        .map(|p| {
            let (word, to) = if p.active { ("Deactivate", "false") } else { ("Activate", "true") };
            format!(
                "<tr><td>{}</td><td>{}</td><td><form method=\"post\" action=\"/{company}/directory/people/{}\">\
                 <input name=\"country\" value=\"{}\" aria-label=\"Country\"><button name=\"active\" value=\"{to}\">{word}</button>\
                 <button>Save</button></form></td></tr>",
                escape(&p.name()),
                if p.active { "active" } else { "inactive" },
                p.local,
                escape(p.country.as_deref().unwrap_or_default())
            )
        })
        .collect();
    let body = format!(
        "<form method=\"post\" action=\"/{company}/directory/connect\"><p><label>SCIM base URL <input name=\"base_url\" \
         value=\"{}\"></label></p><p><label>Token <input name=\"token\" value=\"{}\"></label></p><p><button>Save</button></p></form>\
         <form method=\"post\" action=\"/{company}/directory/sync\"><p><button>Sync now</button></p></form><table>{rows}</table>",
        escape(&base),
        escape(&token)
    );
    page(&format!("Directory of {}", it.name), &body).into_response()
}

/// Takes Frontdesk's base URL and token.
pub async fn connect(State(idp): State<Idp>, Path(company): Path<String>, Form(form): Fields) -> Response {
    let value = |name: &str| form.get(name).map(|v| v.trim().to_owned()).unwrap_or_default();
    match idp.companies().get_mut(company.as_str()) {
        Some(it) => it.scim = Some((value("base_url"), value("token"))),
        None => return missing(),
    }
    Redirect::to(&format!("/{company}/directory")).into_response()
}

/// Tells Frontdesk of everybody.
pub async fn sync(State(idp): State<Idp>, Path(company): Path<String>) -> Response {
    let people: Vec<Person> = match idp.companies().get(company.as_str()) {
        Some(it) => it.people.clone(),
        None => return missing(),
    };
    for person in people {
        if let Err(error) = push(&idp, &company, &person).await {
            return (StatusCode::BAD_GATEWAY, page("The sync stopped", &escape(&error))).into_response();
        }
    }
    Redirect::to(&format!("/{company}/directory")).into_response()
}

/// Changes one person, and tells Frontdesk.
pub async fn change(
    State(idp): State<Idp>,
    Path((company, local)): Path<(String, String)>,
    Form(form): Fields,
) -> Response {
    let changed = {
        let mut companies = idp.companies();
        let Some(it) = companies.get_mut(company.as_str()) else { return missing() };
        let Some(person) = it.people.iter_mut().find(|p| p.local == local) else { return missing() };
        if let Some(country) = form.get("country") {
            person.country = (!country.trim().is_empty()).then(|| country.trim().to_owned());
        }
        if let Some(active) = form.get("active") {
            person.active = active == "true";
        }
        person.clone()
    };
    match push(&idp, &company, &changed).await {
        Ok(()) => Redirect::to(&format!("/{company}/directory")).into_response(),
        Err(error) => (StatusCode::BAD_GATEWAY, page("That was not taken", &escape(&error))).into_response(),
    }
}

/// Creates or replaces one person at Frontdesk, as Okta's custom applications do.
async fn push(idp: &Idp, company: &str, person: &Person) -> Result<(), String> {
    let scim = idp.companies().get(company).and_then(|it| it.scim.clone());
    let (base, token) = scim.ok_or("Enter the base URL and the token first.")?;
    let request = match &person.remote_id {
        Some(id) => idp.0.http.put(format!("{base}/Users/{id}")),
        None => idp.0.http.post(format!("{base}/Users")),
    };
    let answer = request
        .bearer_auth(token)
        .header(header::CONTENT_TYPE, "application/scim+json")
        .body(person.to_scim().to_string())
        .send()
        .await
        .map_err(|e| e.to_string())?;
    let status = answer.status();
    let body: Value = answer.json().await.unwrap_or_default();
    if !status.is_success() {
        return Err(format!(
            "{} was answered {status}: {}",
            person.email(),
            body["detail"].as_str().unwrap_or_default()
        ));
    }
    let remote = body["id"].as_str().map(ToOwned::to_owned);
    if let Some(it) = idp.companies().get_mut(company)
        && let Some(known) = it.people.iter_mut().find(|p| p.local == person.local)
    {
        known.remote_id = remote;
    }
    Ok(())
}
