//! What is there when the story begins: two companies, their links, and the product's registration.

use model::{LeaverPolicy, Purpose};
use serde_json::{Value, json};
use server::App;
use server::connection::domains;
use server::onboarding::links;
use server::organization::{self, Change};
use server::provider::applications;

use super::Places;
use crate::settings::Refusal;

/// Setting that keeps the story between two runs.
const SETTING: &str = "demo.story";

/// What is there when the story begins.
#[derive(Debug, Clone)]
pub struct Story {
    /// Setup link of Acme, for single sign-on and the directory.
    pub acme_link: String,
    /// Setup link of Globex.
    pub globex_link: String,
    /// Acme's id.
    pub acme: String,
    /// Globex's id.
    pub globex: String,
    /// The product's registration.
    pub client_id: String,
    /// The product's secret.
    pub client_secret: String,
    /// A token of the REST API, for the tour.
    pub api_token: String,
}

/// Makes what is not there yet.
pub async fn prepare(app: &App, places: &Places) -> Result<Story, Refusal> {
    let failed = |problem: server::Problem| {
        Refusal(format!("The demonstration could not begin: {}", problem.cause.unwrap_or(problem.detail)))
    };
    if let Some(story) = known(app).await.map_err(failed)? {
        return Ok(story);
    }
    begin(app, places).await.map_err(failed)
}

async fn known(app: &App) -> Result<Option<Story>, server::Problem> {
    let Some(sealed) = store::setting::lookup(&mut app.read().await?, SETTING).await? else {
        return Ok(None);
    };
    let text = app.open_text(SETTING, &sealed)?;
    let json: Value = serde_json::from_str(&text).map_err(|e| server::Problem::internal(&e))?;
    let text = |name: &str| json[name].as_str().unwrap_or_default().to_owned();
    Ok(Some(Story {
        acme_link: text("acme_link"),
        globex_link: text("globex_link"),
        acme: text("acme"),
        globex: text("globex"),
        client_id: text("client_id"),
        client_secret: text("client_secret"),
        api_token: text("api_token"),
    }))
}

async fn begin(app: &App, places: &Places) -> Result<Story, server::Problem> {
    let by = ("Maren Okafor", "system");
    let purposes = [Purpose::Sso, Purpose::Scim];
    let mut tx = app.write().await?;
    let mut company = async |name: &str, domain: &str, policy: LeaverPolicy| {
        let it = organization::create(app, &mut tx, name, by.1).await?;
        let change = Change { leaver_policy: Some(policy), self_service: Some(true), ..Change::default() };
        let it = organization::update(app, &mut tx, it, change, by.1).await?;
        domains::add(app, &mut tx, &it, domain, Some(by.1), by.1).await?;
        let link = links::create(app, &mut tx, &it, &purposes, None, by).await?;
        Ok::<_, server::Problem>((it.id.to_string(), link.url))
    };
    let (acme, acme_link) = company("Acme", "acme.test", LeaverPolicy::Disconnect).await?;
    let (globex, globex_link) = company("Globex", "globex.test", LeaverPolicy::Delete).await?;
    let metadata = json!({
        "redirect_uris": [format!("{}/callback", places.product)],
        "post_logout_redirect_uris": [format!("{}/", places.product)],
        "backchannel_logout_uri": format!("{}/backchannel-logout", places.product),
    });
    let metadata = metadata.as_object().cloned().unwrap_or_default();
    let (product, secret) = applications::create(app, &mut tx, "Northwind Privacy", &metadata, by.1).await?;
    let token = app.token("fd_api_");
    let record = store::operator::ApiToken {
        id: app.id(model::TokenId::new),
        name: "demonstration".to_owned(),
        created_at: app.now(),
        last_used_at: None,
        revoked_at: None,
    };
    store::operator::add_api_token(&mut tx, &record, &token.hash()).await?;
    let story = Story {
        acme_link,
        globex_link,
        acme,
        globex,
        client_id: product.id.to_string(),
        client_secret: secret.unwrap_or_default(),
        api_token: token.expose().to_owned(),
    };
    let text = json!({
        "acme_link": story.acme_link, "globex_link": story.globex_link, "acme": story.acme, "globex": story.globex,
        "client_id": story.client_id, "client_secret": story.client_secret, "api_token": story.api_token,
    });
    store::setting::set(&mut tx, SETTING, &app.seal_text(SETTING, &text.to_string())).await?;
    tx.commit().await?;
    Ok(story)
}
