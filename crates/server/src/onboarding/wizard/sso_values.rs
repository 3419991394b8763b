//! `/s/{token}/sso/values`: what the administrator brings back. What was typed stays until it is right.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use model::{Connection, ConnectionStatus, Protocol};

use super::rail::Step;
use super::renew_values::named_provider;
use super::visit::{Visit, connection_of};
use super::{Form, see_other, text};
use crate::app::App;
use crate::connection::{self, CHOSEN, Change, Input, OidcInput, Settings};
use crate::problem::Problem;
use crate::request::{Browser, Upload};
use web::guide::{self, Guide};
use web::html::Html;
use web::pages::setup::{SetupMetadata, SetupOidc, WrongValue};
use web::parts::{Compare, Field};

/// The empty form, or the values that are kept.
pub async fn show(visit: Visit, browser: Browser, State(app): State<App>) -> Result<Response, Response> {
    let connection = visit.connection()?;
    if connection.status == ConnectionStatus::Active {
        return Ok(see_other(&visit.path("/sso/change/values")));
    }
    let Some(guide) = visit.sso_guide() else { return Ok(see_other(&visit.path("/sso/providers"))) };
    Ok(match connection.protocol {
        Protocol::Saml => {
            let mut page = metadata_page(&app, &visit, &browser, guide);
            if let Some(Settings::Saml(saml)) = visit.settings() {
                page.paste = Field::new(saml.metadata_url.unwrap_or_default());
            }
            web::respond(StatusCode::OK, &page)
        }
        Protocol::Oidc => {
            let mut page = client_page(&app, &visit, &browser, guide);
            if let Some(Settings::Oidc(oidc)) = visit.settings() {
                page.secret_kept = !oidc.client_secret_sealed.is_empty();
                page.by_key = oidc.by_key;
                let end = oidc.secret_ends_at.map(|at| at.to_jiff().strftime("%Y-%m-%d").to_string());
                page.secret_expires = Field::new(end.unwrap_or_default());
                page.issuer = Field::new(oidc.issuer);
                page.client_id = Field::new(oidc.client_id);
            }
            web::respond(StatusCode::OK, &page)
        }
    })
}

/// SAML: a file, an address or a text, or values by hand; whichever came first in this order.
pub async fn metadata(
    visit: Visit,
    browser: Browser,
    State(app): State<App>,
    upload: Upload,
) -> Result<Response, Response> {
    let upload = upload.require_trusted().map_err(IntoResponse::into_response)?;
    let connection = changeable(&visit, Protocol::Saml)?;
    let Some(guide) = visit.sso_guide() else { return Ok(see_other(&visit.path("/sso/providers"))) };
    let typed = |name: &str| upload.fields.first(name).unwrap_or_default().trim().to_owned();
    let (paste, sso_url, issuer, certificate) =
        (typed("paste"), typed("sso_url"), typed("issuer"), typed("certificate"));
    let by_hand = [&sso_url, &issuer, &certificate].iter().any(|value| !value.is_empty());
    let chosen = named_provider(&upload);
    let named = chosen.clone().unwrap_or_default();
    let mut page = metadata_page(&app, &visit, &browser, guide);
    (page.sso_url, page.issuer) = (Field::new(&sso_url), Field::new(&issuer));
    (page.certificate, page.paste, page.by_hand) = (Field::new(&certificate), Field::new(&paste), by_hand);
    let recognised = guide::recognise(guide, &connection::guide_values(&app, connection), &paste);
    let outcome = if let Some(file) = upload.file.filter(|file| !file.content.is_empty()) {
        let input = match decoded(&file.content) {
            Some(xml) => Input::MetadataXml { xml, entity_id: chosen },
            None => return Ok(refuse_file(page, &file.name)),
        };
        take(&app, &visit, connection, &input).await
    } else if let Some(recognised) = recognised {
        page.wrong = Some(WrongValue::of(&recognised, &paste));
        return Ok(web::respond(StatusCode::UNPROCESSABLE_ENTITY, &page));
    } else if !paste.is_empty() {
        let input = Input::Pasted { text: paste.clone(), entity_id: chosen };
        take(&app, &visit, connection, &input).await
    } else if by_hand {
        let input = Input::Manual { entity_id: issuer, sso_url, certificate };
        take(&app, &visit, connection, &input).await
    } else {
        let expected = "Paste the address or the text, choose a file, or type the three values by hand.";
        page.paste = Field::wrong("", expected);
        return Ok(web::respond(StatusCode::UNPROCESSABLE_ENTITY, &page));
    };
    match outcome {
        Ok(()) => Ok(see_other(&visit.path("/sso/test"))),
        Err(problem) if problem.status.is_server_error() && problem.code == "internal" => {
            Err(problem.into_response())
        }
        Err(problem) => {
            for wrong in &problem.fields {
                let field = match wrong.field.as_str() {
                    CHOSEN => page.chosen.insert(Field::new(&named)),
                    "sso_url" => &mut page.sso_url,
                    "entity_id" | "issuer" if by_hand => &mut page.issuer,
                    "certificate" if by_hand => &mut page.certificate,
                    _ => &mut page.paste,
                };
                field.error = Some(wrong.problem.clone());
            }
            // Said once: beside the field that it is about, or above the form.
            if problem.fields.is_empty() {
                page.wrong = Some(wrong_value(&problem));
            }
            Ok(web::respond(StatusCode::UNPROCESSABLE_ENTITY, &page))
        }
    }
}

/// OpenID Connect: issuer, client id and secret. An empty secret keeps the one that is there for the same issuer and client.
pub async fn client(
    visit: Visit,
    browser: Browser,
    State(app): State<App>,
    form: Form,
) -> Result<Response, Response> {
    let connection = changeable(&visit, Protocol::Oidc)?;
    let Some(guide) = visit.sso_guide() else { return Ok(see_other(&visit.path("/sso/providers"))) };
    let (issuer, client_id) = (text(&form.0, "issuer"), text(&form.0, "client_id"));
    let (secret_ends, by_key) = (text(&form.0, "secret_expires"), text(&form.0, "by_key") == "1");
    let kept =
        matches!(visit.settings(), Some(Settings::Oidc(oidc)) if !oidc.client_secret_sealed.is_empty());
    let mut page = client_page(&app, &visit, &browser, guide);
    (page.issuer, page.client_id) = (Field::new(issuer), Field::new(client_id));
    (page.secret_expires, page.by_key) = (Field::new(secret_ends), by_key);
    page.secret_kept = kept;
    let input = Input::Oidc(OidcInput {
        issuer: issuer.to_owned(),
        client_id: client_id.to_owned(),
        client_secret: text(&form.0, "client_secret").to_owned(),
        secret_ends: secret_ends.to_owned(),
        by_key,
    });
    match take(&app, &visit, connection, &input).await {
        Ok(()) => Ok(see_other(&visit.path("/sso/test"))),
        Err(problem) if problem.status.is_server_error() && problem.code == "internal" => {
            Err(problem.into_response())
        }
        Err(problem) => {
            for wrong in &problem.fields {
                let field = match wrong.field.as_str() {
                    "client_id" => &mut page.client_id,
                    "client_secret" | "client_auth" => &mut page.client_secret,
                    "client_secret_expires_at" => &mut page.secret_expires,
                    _ => &mut page.issuer,
                };
                field.error = Some(wrong.problem.clone());
            }
            // Said once: beside the field that it is about, or above the form.
            if problem.fields.is_empty() {
                page.wrong = Some(wrong_value(&problem));
            }
            Ok(web::respond(StatusCode::UNPROCESSABLE_ENTITY, &page))
        }
    }
}

/// A draft of this protocol; values of a live connection are not changed by a form that can be half right.
fn changeable(visit: &Visit, protocol: Protocol) -> Result<&Connection, Response> {
    let connection = visit.connection()?;
    if connection.protocol != protocol {
        return Err(see_other(&visit.path("/sso/values")));
    }
    if connection.status == ConnectionStatus::Active {
        return Err(live().into_response());
    }
    Ok(connection)
}

fn live() -> Problem {
    Problem::conflict(
        "connection_live",
        "People sign in with these values now",
        "What changes is kept as a draft beside them: open this step again. Or choose another provider to prepare a second \
         connection.",
    )
}

async fn take(app: &App, visit: &Visit, connection: &Connection, input: &Input) -> Result<(), Problem> {
    let settings = connection::read_input(app, &connection.provider, Some(connection), input).await?;
    let mut held = visit.hold(app).await?;
    let now = connection_of(&mut held.tx, &visit.organization, &held.progress).await?;
    // Somebody else with the link may have chosen another provider or gone live while these values were read.
    let now = now.filter(|it| it.id == connection.id).ok_or_else(|| Problem::not_found("connection"))?;
    if now.status == ConnectionStatus::Active {
        return Err(live());
    }
    let change = Change { settings: Some(settings), ..Change::default() };
    connection::change(app, &mut held.tx, &now, change, &visit.actor()).await?;
    held.progress.test = None;
    held.commit().await
}

fn metadata_page(app: &App, visit: &Visit, browser: &Browser, guide: &Guide) -> SetupMetadata {
    let title = format!("Details from {}", guide.name);
    let page = visit.page(app, browser, &title, Some(Step::Values));
    SetupMetadata::new(page, guide, &visit.path("/sso/values"), &visit.path("/sso/steps"))
}

fn client_page(app: &App, visit: &Visit, browser: &Browser, guide: &Guide) -> SetupOidc {
    let title = format!("Details from {}", guide.name);
    let page = visit.page(app, browser, &title, Some(Step::Values));
    let mut page = SetupOidc::new(page, guide, &visit.path("/sso/client"), &visit.path("/sso/steps"));
    if let Ok(connection) = visit.connection() {
        page.jwks_url = connection::client_jwks_url(app, connection.id);
    }
    page
}

fn wrong_value(problem: &Problem) -> WrongValue {
    WrongValue { title: problem.title.clone(), text: Html::text(&problem.detail), compare: None::<Compare> }
}

fn refuse_file(mut page: SetupMetadata, name: &str) -> Response {
    page.wrong = Some(WrongValue {
        title: format!("“{name}” is not a text"),
        text: Html::marked(
            "We expected the metadata as XML, in UTF-8 or UTF-16. A certificate or a picture does not help here.",
        ),
        compare: None,
    });
    web::respond(StatusCode::UNPROCESSABLE_ENTITY, &page)
}

/// Text in UTF-8, or in UTF-16 as Windows tools save it.
pub fn decoded(bytes: &[u8]) -> Option<String> {
    let wide = |bytes: &[u8], read: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| read([pair[0], pair[1]])).collect();
        String::from_utf16(&units).ok()
    };
    match bytes {
        [0xFF, 0xFE, rest @ ..] => wide(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => wide(rest, u16::from_be_bytes),
        _ => String::from_utf8(bytes.to_vec()).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_saved_by_windows_is_read_and_a_picture_is_not() {
        let wide: Vec<u8> =
            [0xFF, 0xFE].into_iter().chain("<é/>".encode_utf16().flat_map(u16::to_le_bytes)).collect();
        assert_eq!(decoded(&wide).as_deref(), Some("<é/>"));
        assert_eq!(decoded(b"<a/>").as_deref(), Some("<a/>"));
        assert_eq!(decoded(b"\x89PNG\r\n\x1a\n\0\xC3"), None);
    }
}
