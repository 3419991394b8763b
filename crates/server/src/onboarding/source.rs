//! The form that says from where a directory is read: what it shows, what comes back, and keeping it once it is proven.

use model::Directory;

use crate::app::App;
use crate::directory::Held;
use crate::problem::Problem;
use crate::pull::{self, FileSettings, GoogleSettings, Kind, ServiceAccount, Settings, State, consent};
use crate::request::Upload;
use crate::trace;
use web::pages::source::SourceForm;
use web::parts::{Field, Notice, Tone};

/// The form for what is kept now.
pub fn form(
    app: &App,
    it: &Directory,
    kind: Kind,
    state: Option<&State>,
    (action, back): (String, String),
) -> SourceForm {
    let mut form = SourceForm {
        consent: consent::is_offered(app, &it.provider).then(|| format!("{action}/consent")),
        google: kind == Kind::Google,
        provider: trace::provider(&it.provider),
        action,
        save_label: "Check and continue".to_owned(),
        back,
        ..SourceForm::default()
    };
    match state.map(|state| &state.settings) {
        Some(Settings::Google(it)) => {
            form.consented = it.refresh_token.is_some();
            form.account = it.service_account.as_ref().map(|it| it.client_email.clone()).unwrap_or_default();
            form.admin = Field::new(it.admin.clone());
            form.groups = Field::new(it.groups.join("\n"));
        }
        Some(Settings::File(it)) => {
            form.url = Field::new(it.url.clone().unwrap_or_default());
            form.authorized = it.authorization.is_some();
            form.hour = Field::new(it.hour.to_string());
        }
        None => form.hour = Field::new("2"),
    }
    form
}

/// The form again, with what was typed and what is wrong with it; the key and the secret are not shown again.
pub fn again(mut form: SourceForm, upload: &Upload, problem: &Problem) -> SourceForm {
    let typed = |name: &str| upload.fields.first(name).unwrap_or_default().to_owned();
    let wrong = |name: &str| problem.fields.iter().find(|it| it.field == name).map(|it| it.problem.clone());
    let field = |name: &str, value: String| Field { value, error: wrong(name) };
    form.key = field("service_account", String::new());
    form.admin = field("admin", typed("admin"));
    form.groups = field("groups", typed("groups"));
    form.url = field("url", typed("url"));
    form.authorization = field("authorization", String::new());
    form.hour = field("hour", typed("hour"));
    let shown = ["service_account", "admin", "groups", "url", "authorization", "hour"];
    let elsewhere = problem.fields.iter().find(|it| !shown.contains(&it.field.as_str()));
    let text = match elsewhere {
        Some(it) => Some(it.problem.clone()),
        None if problem.fields.is_empty() => Some(problem.detail.clone()),
        None => None,
    };
    form.notice = text.map(|text| Notice::new(Tone::Bad, "This does not work yet", &text));
    form
}

/// Says what became of a consent that came to nothing.
pub fn after_consent(form: &mut SourceForm, code: Option<&str>) {
    if let Some(code) = code {
        form.notice = Some(Notice::new(Tone::Bad, "We cannot read Google yet", consent::words(code)));
    }
}

/// Reads the form. What was left empty and is secret stays as it is.
fn read(kind: Kind, upload: &Upload, current: Option<&Settings>) -> Result<Settings, Problem> {
    let typed = |name: &str| upload.fields.first(name).unwrap_or_default().trim();
    match kind {
        Kind::Google => {
            let kept = match current {
                Some(Settings::Google(it)) => it.clone(),
                _ => GoogleSettings::default(),
            };
            let (service_account, refresh_token) = match typed("key") {
                "" => (kept.service_account, kept.refresh_token),
                key => (Some(ServiceAccount::read(key)?), None),
            };
            Ok(Settings::Google(GoogleSettings {
                service_account,
                refresh_token,
                admin: typed("admin").to_owned(),
                groups: typed("groups").lines().map(str::to_owned).collect(),
            }))
        }
        Kind::File => {
            let kept = match current {
                Some(Settings::File(it)) => it.authorization.clone(),
                _ => None,
            };
            let hour = match typed("hour") {
                "" => 2,
                text => text
                    .parse()
                    .map_err(|_| Problem::field("hour", "Expected an hour from 0 to 23, in UTC."))?,
            };
            let url = Some(typed("url").to_owned()).filter(|url| !url.is_empty());
            if url.is_none() && upload.file.is_none() && current.is_none() {
                return Err(Problem::field("url", "Expected an address, or the file itself below."));
            }
            let authorization = Some(typed("authorization").to_owned()).filter(|it| !it.is_empty()).or(kept);
            Ok(Settings::File(FileSettings {
                authorization: authorization.filter(|_| url.is_some()),
                url,
                hour,
            }))
        }
    }
}

/// Proves what was entered by reading a part of the list, keeps it, and has everything read.
///
/// # Errors
/// What is wrong, by field; nothing is kept then.
pub async fn save(
    app: &App,
    it: &Directory,
    kind: Kind,
    upload: &Upload,
    actor: &str,
) -> Result<(), Problem> {
    let current = pull::state(app, &mut app.read().await?, it).await?;
    let settings = read(kind, upload, current.as_ref().map(|state| &state.settings))?.checked(app)?;
    pull::prove(app, &settings).await?;
    let mut tx = app.write().await?;
    let held = Held::enter(&mut tx, it.id).await?;
    pull::set(app, &mut tx, &held, &settings, actor).await?;
    if let Some(file) = &upload.file {
        pull::bring_file(app, &mut tx, &held, &file.content, actor).await?;
    }
    Ok(tx.commit().await?)
}
