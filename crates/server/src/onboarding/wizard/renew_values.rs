//! `/s/{token}/certificate/values`: the new certificate, metadata or client secret of a live connection. The live values
//! stay in use.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use model::{Connection, Protocol, Purpose};

use super::progress::Renewal;
use super::rail::Step;
use super::renew::{facts, guide_of, provider};
use super::see_other;
use super::sso_values::decoded;
use super::visit::Visit;
use crate::app::App;
use crate::connection::{self, Edit, Input, OidcInput, Settings, beside};
use crate::problem::Problem;
use crate::request::{Browser, Upload};
use web::html::Html;
use web::pages::setup::SetupRenew;
use web::parts::{Field, Notice, Tone};

/// The form, with what is in use now.
pub async fn show(visit: Visit, browser: Browser, State(app): State<App>) -> Result<Response, Response> {
    let it = chosen(&visit)?;
    let mut page = form(&app, &visit, &browser, it);
    if let Some(Settings::Saml(saml)) = Settings::of(it) {
        page.paste = Field::new(saml.metadata_url.unwrap_or_default());
    }
    Ok(web::respond(StatusCode::OK, &page))
}

/// The connection that is renewed, or the way to the list.
pub fn chosen(visit: &Visit) -> Result<&Connection, Response> {
    visit.require(Purpose::Certificate).map_err(IntoResponse::into_response)?;
    visit.renewing().ok_or_else(|| see_other(&visit.path("/certificate")))
}

/// Reads the new values and keeps them beside the live ones.
pub async fn take(
    visit: Visit,
    browser: Browser,
    State(app): State<App>,
    upload: Upload,
) -> Result<Response, Response> {
    let upload = upload.require_trusted().map_err(IntoResponse::into_response)?;
    let it = chosen(&visit)?;
    match prepare(&app, it, &upload).await {
        Ok(new) => {
            keep(&app, &visit, it, &new).await.map_err(IntoResponse::into_response)?;
            Ok(see_other(&visit.path("/certificate/test")))
        }
        Err(problem) if problem.status.is_server_error() => Err(problem.into_response()),
        Err(problem) => {
            let typed = |name: &str| upload.fields.first(name).unwrap_or_default().trim().to_owned();
            let mut page = form(&app, &visit, &browser, it);
            page.paste = Field::new(typed("paste"));
            page.certificate = Field::new(typed("certificate"));
            page.secret_expires = Field::new(typed("secret_expires"));
            page.only_new = upload.fields.first("only_new").is_some();
            mark(&mut page, &problem);
            Ok(web::respond(StatusCode::UNPROCESSABLE_ENTITY, &page))
        }
    }
}

/// Says what is wrong beside the field that it is about; above the form where it is about none.
fn mark(page: &mut SetupRenew, problem: &Problem) {
    let Some(wrong) = problem.fields.first() else {
        page.notice =
            Some(Notice { text: Html::text(&problem.detail), ..Notice::new(Tone::Bad, &problem.title, "") });
        return;
    };
    let field = match wrong.field.as_str() {
        "client_secret" | "client_id" | "issuer" => &mut page.client_secret,
        "client_secret_expires_at" => &mut page.secret_expires,
        "certificate" => &mut page.certificate,
        _ => &mut page.paste,
    };
    field.error = Some(wrong.problem.clone());
}

/// The settings as they would be stored.
async fn prepare(app: &App, it: &Connection, upload: &Upload) -> Result<Settings, Problem> {
    let typed = |name: &str| upload.fields.first(name).unwrap_or_default().trim();
    let now = Settings::of(it).ok_or_else(|| Problem::internal(&"a live connection without settings"))?;
    let mut edit =
        Edit { only_new: upload.fields.first("only_new").is_some(), same_provider: true, ..Edit::default() };
    match &now {
        Settings::Oidc(oidc) => {
            let secret = typed("client_secret");
            if secret.is_empty() {
                return Err(Problem::field("client_secret", "Expected the new client secret."));
            }
            edit.input = Some(Input::Oidc(OidcInput {
                issuer: oidc.issuer.clone(),
                client_id: oidc.client_id.clone(),
                client_secret: secret.to_owned(),
                secret_ends: typed("secret_expires").to_owned(),
                ..OidcInput::default()
            }));
        }
        Settings::Saml(_) => match typed("certificate") {
            "" => (edit.input, edit.certificate) = brought(upload, typed("paste"))?,
            certificate => edit.certificate = Some(certificate.to_owned()),
        },
    }
    let new = connection::read_edit(app, it, &edit).await?;
    if new == now {
        return Err(Problem::field(
            "paste",
            "These are the values that are in use already. Expected the new ones.",
        ));
    }
    Ok(new)
}

/// Which of several providers is meant, where somebody was asked.
pub fn named_provider(upload: &Upload) -> Option<String> {
    let typed = upload.fields.first("entity_id").unwrap_or_default().trim();
    (!typed.is_empty()).then(|| typed.to_owned())
}

/// A file, or an address or text; a certificate alone where that is what it is.
pub fn brought(upload: &Upload, paste: &str) -> Result<(Option<Input>, Option<String>), Problem> {
    let entity_id = named_provider(upload);
    if let Some(file) = upload.file.as_ref().filter(|file| !file.content.is_empty()) {
        let xml = decoded(&file.content).ok_or_else(|| {
            Problem::field(
                "paste",
                format!(
                    "“{}” is not a text. Expected the metadata as XML, or a certificate as PEM.",
                    file.name
                ),
            )
        })?;
        return Ok(if xml.contains("-----BEGIN CERTIFICATE-----") && !xml.contains("EntityDescriptor") {
            (None, Some(xml.trim().to_owned()))
        } else {
            (Some(Input::MetadataXml { xml, entity_id }), None)
        });
    }
    if paste.is_empty() {
        return Err(Problem::field(
            "paste",
            "Paste the address or the text of the metadata, choose a file, or enter the new certificate.",
        ));
    }
    Ok((Some(Input::Pasted { text: paste.to_owned(), entity_id }), None))
}

async fn keep(app: &App, visit: &Visit, it: &Connection, new: &Settings) -> Result<(), Problem> {
    let mut held = visit.hold(app).await?;
    beside::save(app, &mut held.tx, it, (new, None), &visit.actor()).await?;
    held.progress.renewal = Some(Renewal { connection: it.id.to_string(), test: None });
    held.commit().await
}

fn form(app: &App, visit: &Visit, browser: &Browser, it: &Connection) -> SetupRenew {
    let guide = guide_of(it);
    let values = connection::guide_values(app, it);
    let find =
        guide.and_then(|guide| guide.render(&values).steps.into_iter().find(|it| it.id == "return_values"));
    SetupRenew {
        page: visit.page(app, browser, "New values", Some(Step::Renew)),
        provider: provider(it).to_owned(),
        saml: it.protocol == Protocol::Saml,
        labels: guide.and_then(|guide| guide.steps_of().brings_back.clone()).unwrap_or_default(),
        now: Settings::of(it).map(|settings| facts(&settings, app.now())).unwrap_or_default(),
        find,
        notice: None,
        paste: Field::default(),
        certificate: Field::default(),
        client_secret: Field::default(),
        secret_expires: Field::default(),
        only_new: false,
        action: visit.path("/certificate/values"),
        back: visit.path("/certificate"),
    }
}
