//! The form for other values of a live connection: as it stands, as it was typed, and what is wrong in it.

use model::{Connection, Protocol};
use profile::mapping::Names;
use store::connection_draft::Draft;

use crate::connection::{CHOSEN, Edit, Input, OidcInput, Settings, beside, edit};
use crate::onboarding::brought;
use crate::problem::Problem;
use crate::request::Upload;
use web::guide;
use web::pages::change::ChangeForm;
use web::parts::{Field, Notice, Tone};

/// The form for other values, as it stands before anything was typed.
pub fn form(it: &Connection, draft: Option<&Draft>, action: &str, back: &str) -> ChangeForm {
    let from = draft.map_or_else(|| it.clone(), |draft| beside::with_draft(it, draft));
    let settings = Settings::of(&from);
    let chosen = settings.as_ref().map(|it| it.attributes().clone()).unwrap_or_default();
    let names = match it.protocol {
        Protocol::Saml => Names::saml(),
        Protocol::Oidc => Names::oidc(),
    };
    let asked = |wanted: &str| {
        let mut all = names.iter().filter(|(known, _)| known.name() == wanted);
        all.next().and_then(|(_, names)| names.first().cloned()).unwrap_or_default()
    };
    // What an OpenID provider calls the person is always the claim sub.
    let open = |wanted: &&&str| it.protocol == Protocol::Saml || **wanted != "id";
    let attributes = edit::WANTED.iter().filter(open).map(|wanted| {
        let value = Field::new(chosen.get(*wanted).cloned().unwrap_or_default());
        ((*wanted).to_owned(), edit::label(wanted), asked(wanted), value)
    });
    let mut form = ChangeForm {
        provider: guide::find(&from.provider)
            .map_or_else(|| from.provider.clone(), |guide| guide.name.clone()),
        saml: it.protocol == Protocol::Saml,
        notice: None,
        from: if draft.is_some() { "in the draft" } else { "in use" },
        draft: draft.map(beside::digest).unwrap_or_default(),
        paste: Field::default(),
        chosen: None,
        certificate: Field::default(),
        only_new: false,
        issuer: Field::default(),
        client_id: Field::default(),
        client_secret: Field::default(),
        secret_expires: Field::default(),
        by_key: false,
        attributes: attributes.collect(),
        action: action.to_owned(),
        back: back.to_owned(),
    };
    if let Some(Settings::Oidc(oidc)) = settings {
        form.by_key = oidc.by_key;
        let end = oidc.secret_ends_at.map(|at| at.to_jiff().strftime("%Y-%m-%d").to_string());
        form.secret_expires = Field::new(end.unwrap_or_default());
        form.issuer = Field::new(oidc.issuer);
        form.client_id = Field::new(oidc.client_id);
    }
    form
}

/// What was typed, as an edit of `from`.
pub fn edit_of(from: &Connection, upload: &Upload) -> Result<Edit, Problem> {
    let typed = |name: &str| upload.fields.first(name).unwrap_or_default().trim();
    let named = |wanted: &&str| upload.fields.first(&format!("attribute.{wanted}")).is_some();
    let attributes = edit::WANTED
        .iter()
        .filter(|it| named(it))
        .map(|wanted| ((*wanted).to_owned(), typed(&format!("attribute.{wanted}")).to_owned()));
    let mut edit = Edit {
        only_new: upload.fields.first("only_new").is_some(),
        attributes: Some(attributes.collect()),
        ..Edit::default()
    };
    match Settings::of(from) {
        Some(Settings::Oidc(_)) => {
            edit.input = Some(Input::Oidc(OidcInput {
                issuer: typed("issuer").to_owned(),
                client_id: typed("client_id").to_owned(),
                client_secret: typed("client_secret").to_owned(),
                secret_ends: typed("secret_expires").to_owned(),
                by_key: typed("by_key") == "1",
            }));
        }
        _ if !typed("certificate").is_empty() => {
            edit.certificate = Some(typed("certificate").to_owned());
        }
        _ if upload.file.is_none() && typed("paste").is_empty() => {}
        _ => (edit.input, edit.certificate) = brought(upload, typed("paste"))?,
    }
    Ok(edit)
}

/// The form with what was typed, and what is wrong beside the field that it is about.
pub fn refused(mut form: ChangeForm, upload: &Upload, problem: &Problem) -> ChangeForm {
    let typed = |name: &str| upload.fields.first(name).unwrap_or_default().trim().to_owned();
    form.paste.value = typed("paste");
    form.certificate.value = typed("certificate");
    form.only_new = upload.fields.first("only_new").is_some();
    if !form.saml {
        (form.issuer.value, form.client_id.value) = (typed("issuer"), typed("client_id"));
        form.secret_expires.value = typed("secret_expires");
        form.by_key = typed("by_key") == "1";
    }
    for (wanted, _, _, field) in &mut form.attributes {
        field.value = typed(&format!("attribute.{wanted}"));
    }
    let Some(wrong) = problem.fields.first() else {
        form.notice = Some(Notice::new(Tone::Bad, &problem.title, &problem.detail).alert());
        return form;
    };
    if wrong.field == CHOSEN {
        form.chosen = Some(Field::wrong(typed("entity_id"), wrong.problem.clone()));
        return form;
    }
    let chosen = wrong.field.strip_prefix("attributes.");
    let by_name = form.attributes.iter_mut().find(|(wanted, ..)| Some(wanted.as_str()) == chosen);
    let field = match (by_name, wrong.field.as_str()) {
        (Some((_, _, _, field)), _) => field,
        (None, "client_id") => &mut form.client_id,
        (None, "client_secret" | "client_auth") => &mut form.client_secret,
        (None, "client_secret_expires_at") => &mut form.secret_expires,
        (None, "certificate") if !form.certificate.value.is_empty() => &mut form.certificate,
        _ if form.saml => &mut form.paste,
        _ => &mut form.issuer,
    };
    field.error = Some(wrong.problem.clone());
    form
}
