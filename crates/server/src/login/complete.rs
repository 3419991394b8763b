//! `/login/profile/{flow}`: what the company could not tell us, asked once.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use model::{Account, Member, Organization, Time};
use profile::{Country, Field as ProfileFieldName, Profile};
use store::{Connected, Tx};

use super::finish::{begin_session, signed_in};
use super::flow::{self, Answer, COMPLETING, DONE, State as FlowState};
use super::{join, record};
use crate::app::App;
use crate::connection::{Asserted, Refused};
use crate::member;
use crate::problem::Problem;
use crate::request::{Browser, FormParams, Params};
use web::pages::login::{CompleteProfile, ProfileField};
use web::parts::{Field, Opt};

/// Shows the form.
pub async fn show(
    State(app): State<App>,
    browser: Browser,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let mut db = app.read().await?;
    let it = Completing::of(&mut db, &app, &browser, &id).await?;
    Ok(it.page(&app, &browser, &id, &Params::default(), &[], StatusCode::OK))
}

/// Takes the answers and signs in.
pub async fn submit(
    State(app): State<App>,
    browser: Browser,
    Path(id): Path<String>,
    headers: HeaderMap,
    form: FormParams,
) -> Result<Response, Problem> {
    let mut tx = app.write().await?;
    let it = Completing::of(&mut tx, &app, &browser, &id).await?;
    let (typed, problems) = it.read(&app, &form);
    if !problems.is_empty() {
        return Ok(it.page(&app, &browser, &id, &form, &problems, StatusCode::UNPROCESSABLE_ENTITY));
    }
    tx.lock(&it.organization.id.to_string()).await?;
    if let Some(refused) = it.barred(&mut tx, app.now()).await? {
        drop(tx);
        return it.refuse(&app, &browser, &id, &refused).await;
    }
    let member = member::complete(&app, &mut tx, &it.organization, it.member.clone(), typed).await?;
    let flow = id.parse().map_err(|_| Problem::not_found("sign-in"))?;
    if !store::session::advance_flow(&mut tx, flow, COMPLETING, DONE, "{}").await? {
        return Err(Problem::conflict(
            "sign_in_ended",
            "This sign-in was finished already",
            "Open the page you wanted; you may be signed in by now.",
        ));
    }
    let who = (&it.organization, &it.account, &member);
    let cookie = begin_session(&app, &mut tx, &it.state, &it.asserted, who, &headers).await?;
    tx.commit().await?;
    Ok(signed_in(&it.state.return_to, cookie))
}

struct Completing {
    state: FlowState,
    asserted: Asserted,
    organization: Organization,
    account: Account,
    member: Member,
}

impl Completing {
    async fn of(db: &mut impl Connected, app: &App, browser: &Browser, id: &str) -> Result<Self, Problem> {
        let (flow, state) = flow::of_browser(db, app, browser, id).await?;
        let gone = || Problem::not_found("sign-in");
        let joined = state.joined.clone().filter(|_| flow.step == COMPLETING).ok_or_else(gone)?;
        let (account, member) = joined.ids()?;
        let organization =
            store::organization::lookup(db, state.organization_id()?).await?.ok_or_else(gone)?;
        let account = store::account::lookup(db, account).await?.ok_or_else(gone)?;
        let member = store::member::lookup(db, organization.id, member).await?.ok_or_else(gone)?;
        let asserted = match &state.answer {
            Some(Answer::Asserted(json)) => Asserted::from_json(json, app.now()),
            _ => None,
        };
        let asserted =
            asserted.ok_or_else(|| Problem::internal(&"a flow without the answer it was joined by"))?;
        Ok(Self { state, asserted, organization, account, member })
    }

    /// Why the person may not come in any more, if so: the form may have been open for a while.
    async fn barred(&self, tx: &mut Tx, now: Time) -> Result<Option<Refused>, Problem> {
        let connection = store::connection::lookup(tx, self.state.connection_id()?).await?;
        let connection = connection.ok_or_else(|| Problem::not_found("sign-in"))?;
        let email = self.asserted.email.as_deref().unwrap_or_default();
        let off = join::switched_off(&connection);
        let standing = join::standing(tx, now, &self.organization, email).await?;
        let outside = join::outside(&self.organization, &standing, email);
        Ok(off.or(outside).or_else(|| join::barred(&self.organization, Some(&self.member))))
    }

    /// Ends the sign-in and says why.
    async fn refuse(
        &self,
        app: &App,
        browser: &Browser,
        id: &str,
        refused: &Refused,
    ) -> Result<Response, Problem> {
        let flow = id.parse().map_err(|_| Problem::not_found("sign-in"))?;
        let mut tx = app.write().await?;
        store::session::advance_flow(&mut tx, flow, COMPLETING, DONE, "{}").await?;
        let reference = record::refused(app, &mut tx, &self.state, refused).await?;
        tx.commit().await?;
        record::page(app, browser, &self.state, refused, &reference.to_string()).await
    }

    /// What was typed, and what of it cannot be used.
    fn read(&self, app: &App, form: &Params) -> (Profile, Vec<profile::Problem>) {
        let this_year = u16::try_from(app.now().year()).unwrap_or(u16::MAX);
        let mut typed = Profile::default();
        let mut problems = Vec::new();
        let required = member::missing(&self.member);
        for field in required.iter().chain(&optional(&self.member)) {
            let text = form.first(field.api_name()).unwrap_or_default().trim();
            let outcome = if text.is_empty() && required.contains(field) {
                Err(profile::Problem::new(field.clone(), "", profile::Reason::Missing))
            } else {
                typed.set(field, text, this_year)
            };
            if let Err(problem) = outcome {
                problems.push(problem);
            }
        }
        (typed, problems)
    }

    fn page(
        &self,
        app: &App,
        browser: &Browser,
        id: &str,
        form: &Params,
        problems: &[profile::Problem],
        status: StatusCode,
    ) -> Response {
        let field = |name: &ProfileFieldName| {
            let value = form.first(name.api_name()).unwrap_or_default();
            let value = if value.is_empty() && *name == ProfileFieldName::Country {
                self.organization.defaults.country.as_deref().unwrap_or_default()
            } else {
                value
            };
            let wrong = problems.iter().find(|p| p.field.as_ref() == Some(name));
            one_field(name, value, wrong.map(ToString::to_string))
        };
        let page = CompleteProfile {
            page: browser.page(app, "One more thing"),
            organization: self.organization.name.clone(),
            email: self.account.email.clone(),
            action: format!("/login/profile/{id}"),
            required: member::missing(&self.member).iter().map(field).collect(),
            optional: optional(&self.member).iter().map(field).collect(),
            who_sees: format!("{}’s administrators can see what you enter here.", self.organization.name),
        };
        web::respond_leaving(status, &page)
    }
}

/// Recommended fields that are still empty.
fn optional(member: &Member) -> Vec<ProfileFieldName> {
    let profile = member::profile_of(member);
    [ProfileFieldName::CurrentCity, ProfileFieldName::CurrentState, ProfileFieldName::BirthYear]
        .into_iter()
        .filter(|field| !profile.has(field))
        .collect()
}

fn one_field(name: &ProfileFieldName, value: &str, error: Option<String>) -> ProfileField {
    let options = if *name == ProfileFieldName::Country {
        let mut all = vec![("", "Choose a country")];
        all.extend(profile::country::all().into_iter().map(|c: Country| (c.code(), c.name())));
        Opt::list(&all, value)
    } else {
        Vec::new()
    };
    ProfileField {
        name: name.api_name().to_owned(),
        label: match name {
            ProfileFieldName::Country => "Country you live in".to_owned(),
            other => other.label().to_owned(),
        },
        autocomplete: match name {
            ProfileFieldName::Country => "country",
            ProfileFieldName::FirstName => "given-name",
            ProfileFieldName::LastName => "family-name",
            ProfileFieldName::CurrentCity => "address-level2",
            ProfileFieldName::CurrentState => "address-level1",
            ProfileFieldName::BirthYear => "bday-year",
            _ => "",
        },
        options,
        digits: *name == ProfileFieldName::BirthYear,
        field: Field { value: value.to_owned(), error },
    }
}
