//! Looking again at the records that proved domains. One that vanishes is told; the domain stays verified.

use std::time::Duration;

use model::{Domain, DomainStatus};
use store::Tx;
use tokio::task::JoinSet;
use web::mail_layout::{Letter, Link};

use super::domains::{lock_of, record};
use super::proof::{Found, look};
use crate::app::App;
use crate::mail;
use crate::problem::Problem;

/// How often the record of a verified domain is looked at.
const EVERY: Duration = Duration::from_hours(24);
/// A record that is missing so long is told: a name server may fail for an hour.
const PATIENCE: Duration = Duration::from_hours(20);
/// So many domains in one round, and so many of them at once.
const ROUND: usize = 48;
const AT_ONCE: usize = 8;

/// Looks at the records of verified domains that were not looked at for a day.
pub async fn round(app: &App) -> Result<(), Problem> {
    let before = app.now().before(EVERY);
    let due = store::domain::due_for_a_look(&mut app.read().await?, before, ROUND).await?;
    let (mut due, mut looks) = (due.into_iter(), JoinSet::new());
    loop {
        while looks.len() < AT_ONCE
            && let Some(domain) = due.next()
        {
            let app = app.clone();
            looks.spawn(async move { look_again(&app, domain, "system").await });
        }
        match looks.join_next().await {
            None => return Ok(()),
            Some(Ok(outcome)) => outcome?,
            Some(Err(error)) => return Err(Problem::internal(&error)),
        }
    }
}

/// Looks at the record of a domain that it proved.
pub(super) async fn look_again(app: &App, domain: Domain, actor: &str) -> Result<(), Problem> {
    let found = look(app, &domain).await;
    let mut tx = app.write().await?;
    tx.lock(&lock_of(&domain.name)).await?;
    let known = store::domain::lookup(&mut tx, domain.id).await?;
    // Another machine may have looked meanwhile.
    let same = |it: &Domain| it.status == DomainStatus::Verified && it.looked_at == domain.looked_at;
    let Some(known) = known.filter(same) else { return Ok(()) };
    conclude(app, &mut tx, known, &found, actor).await?;
    Ok(tx.commit().await?)
}

async fn conclude(app: &App, tx: &mut Tx, mut it: Domain, found: &Found, actor: &str) -> Result<(), Problem> {
    let now = app.now();
    it.looked_at = Some(now);
    match found {
        Found::Silent => {}
        Found::Proof => {
            let told = it.proof_told_at.take();
            (it.found, it.proof_missing_at) = (None, None);
            if told.is_some() {
                record(app, tx, &it, "domain.proof_found", actor).await?;
            }
        }
        other => {
            it.found = Some(serde_json::to_string(other).map_err(|e| Problem::internal(&e))?);
            let since = *it.proof_missing_at.get_or_insert(now);
            if it.proof_told_at.is_none() && now.since(since) >= PATIENCE {
                it.proof_told_at = Some(now);
                record(app, tx, &it, "domain.proof_missing", actor).await?;
                tell(app, tx, &it).await?;
            }
        }
    }
    Ok(store::domain::look_at_proof(tx, &it).await?)
}

async fn tell(app: &App, tx: &mut Tx, it: &Domain) -> Result<(), Problem> {
    let Some(organization) = store::organization::lookup(tx, it.organization_id).await? else {
        return Ok(());
    };
    let entry = super::domains::dns_record(it);
    let title = format!("The TXT record of {} is gone", it.name);
    let letter = Letter {
        subject: title.clone(),
        preview: "Nothing was switched off. Please put it back.".to_owned(),
        heading: title,
        paragraphs: vec![
            format!(
                "A TXT record proved that {} is {}’s. Since yesterday it cannot be found. Perhaps it was tidied away, or \
                 the domain has moved to other name servers.",
                it.name, organization.name
            ),
            format!("Name: ``{}``", entry.name),
            format!("Value: ``{}``", entry.value),
            "Nothing was switched off: the domain stays verified, and people sign in as before. Please put the record \
             back, so that it is plain that the domain is still yours."
                .to_owned(),
        ],
        button: Some(Link::new("See the domains", app.config.url("/org/domains"))),
        button_note: "For administrators who are signed in.".to_owned(),
        small: vec!["**We look every day** and note it by ourselves when the record is back.".to_owned()],
        ..Letter::default()
    };
    mail::to_everybody(app, tx, "domain_proof_missing", &organization, letter).await
}
