//! The made-up organization of a drill: made, and taken away.

use std::time::Duration;

use model::{
    Connection, ConnectionId, ConnectionStatus, Defaults, DirectoryStatus, Domain, DomainId, DomainStatus,
    LeaverPolicy, Organization, OrganizationId, Protocol, Token,
};
use serde_json::{Value, json};
use store::Tx;
use store::drill::Drill;

use crate::app::App;
use crate::directory;
use crate::problem::Problem;

/// What every made-up address ends in: reserved, so that no mail ever arrives (RFC 2606).
pub(super) const DOMAIN: &str = "drill.invalid";

/// A made-up organization with a directory that somebody can call.
pub(super) struct Stage {
    pub directory: String,
    pub token: Token,
    /// The address of the made-up person.
    pub email: String,
}

/// Makes it, in one transaction with the record of what is to go.
pub(super) async fn make(app: &App, tx: &mut Tx, drill: &mut Drill) -> Result<Stage, Problem> {
    let now = app.now();
    let id = app.id(OrganizationId::new);
    let domain = format!("{}.{DOMAIN}", drill.id.to_string().replace('_', "-"));
    let organization = Organization {
        id,
        name: format!("Leaver drill {}", drill.id),
        // The cut is the same under both policies; with this one nobody is mailed.
        leaver_policy: LeaverPolicy::Delete,
        erase_grace: Duration::from_hours(24),
        brake_people: 10,
        brake_percent: 20,
        jit: false,
        self_service: false,
        session_max: None,
        end_provider_session: false,
        defaults: Defaults::default(),
        opened_until: None,
        created_at: now,
    };
    app.made_up.add(id);
    store::organization::add(tx, &organization).await?;
    store::drill::mark(tx, id, drill.organization_id).await?;
    store::domain::add(tx, &verified(app, id, &domain)).await?;
    store::connection::add(tx, &connection(app, id)).await?;
    let (made, token) =
        directory::create(app, tx, &organization, "custom-scim2", DirectoryStatus::Active).await?;
    "measuring".clone_into(&mut drill.state);
    drill.work = json!({ "organization": id.to_string(), "ids": [] }).to_string();
    store::drill::update(tx, drill).await?;
    let email = format!("leaver-drill@{domain}");
    Ok(Stage { directory: made.id.to_string(), token, email })
}

fn verified(app: &App, organization_id: OrganizationId, name: &str) -> Domain {
    let now = app.now();
    Domain {
        id: app.id(DomainId::new),
        organization_id,
        name: name.to_owned(),
        status: DomainStatus::Verified,
        dns_token: String::new(),
        looked_at: None,
        found: None,
        next_look: None,
        sso_required_at: None,
        routing: None,
        proof_missing_at: None,
        proof_told_at: None,
        verified_at: Some(now),
        verified_by: Some("drill".to_owned()),
        created_at: now,
    }
}

/// So that the person is active at once, as somebody who signs in through a company is.
fn connection(app: &App, organization_id: OrganizationId) -> Connection {
    let now = app.now();
    Connection {
        id: app.id(ConnectionId::new),
        organization_id,
        protocol: Protocol::Saml,
        provider: "generic-saml".to_owned(),
        status: ConnectionStatus::Active,
        config: "{}".to_owned(),
        tested_at: None,
        last_login_at: None,
        created_at: now,
        updated_at: now,
    }
}

/// Takes away what a drill made, whatever of it there is. Nothing where nothing was made.
pub(super) async fn take_away(app: &App, tx: &mut Tx, drill: &Drill) -> Result<(), Problem> {
    let work: Value = serde_json::from_str(&drill.work).unwrap_or_default();
    let Some(Ok(id)) = work["organization"].as_str().map(str::parse::<OrganizationId>) else { return Ok(()) };
    let ids: Vec<String> =
        work["ids"].as_array().into_iter().flatten().filter_map(|id| Some(id.as_str()?.to_owned())).collect();
    store::drill::take_away(tx, id, &ids).await?;
    app.made_up.remove(id);
    Ok(())
}
