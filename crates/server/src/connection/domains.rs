//! E-mail domains of organizations: which names can be one, whose they are, and how they are proven.
//!
//! Owns the refusal of names that are nobody's alone, and the states of a domain. What its
//! DNS says is read in `proof`.

use std::collections::HashSet;
use std::sync::LazyLock;

pub use super::name_servers::{Holds, Server};
pub use super::proof::{Found, LOOK, check, check_pending, look_job};
pub use super::proof_again::round;
use axum::http::StatusCode;
use model::{Domain, DomainId, DomainStatus, NewEvent, Organization, OrganizationId};
use serde_json::json;
use store::{Connected, Tx};

use crate::app::App;
use crate::problem::Problem;

/// Providers that give mailboxes to anybody, one domain a line.
static PUBLIC_MAIL: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
    let lines = include_str!("public_mail_domains.txt").lines().map(str::trim);
    lines.filter(|line| !line.is_empty() && !line.starts_with('#')).collect()
});

/// So many domains are named at once.
const MOST_AT_ONCE: usize = 100;

/// The DNS record that proves a domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DnsRecord {
    /// `_frontdesk.acme.test`.
    pub name: String,
    /// Always `TXT`.
    pub kind: &'static str,
    /// `frontdesk-verify=…`.
    pub value: String,
}

/// Names a domain: verified at once where somebody trusted attests it (`api`, an operator's id), pending otherwise.
/// Naming it again changes nothing, but an attestation then verifies it. `actor` goes into the audit log.
pub async fn add(
    app: &App,
    tx: &mut Tx,
    organization: &Organization,
    name: &str,
    attested_by: Option<&str>,
    actor: &str,
) -> Result<Domain, Problem> {
    let name = normalise(name)?;
    tx.lock(&lock_of(&name)).await?;
    let own = store::domain::list(tx, organization.id).await?.into_iter().find(|it| it.name == name);
    let is_new = own.is_none();
    let mut domain = match own {
        Some(known) => known,
        // Several may claim a name; the first to prove it holds it.
        None if held_elsewhere(tx, organization.id, &name).await? => return Err(taken(app, &name)),
        None => insert(app, tx, organization, name, actor).await?,
    };
    match attested_by {
        Some(by) if domain.status == DomainStatus::Pending => verify(app, tx, domain, by, actor).await,
        None if is_new => {
            domain.next_look = Some(super::proof::begin(app, tx, &domain).await?);
            Ok(domain)
        }
        _ => Ok(domain),
    }
}

/// What became of one of several names.
pub type Answered = (String, Result<Domain, Problem>);

/// Names many domains at once, in any order, each a line or between commas: each is answered for itself. What was refused
/// has changed nothing.
///
/// # Errors
/// A field problem where there is no name, or too many.
pub async fn add_many(
    app: &App,
    tx: &mut Tx,
    organization: &Organization,
    typed: &str,
    attested_by: Option<&str>,
    actor: &str,
) -> Result<Vec<Answered>, Problem> {
    let mut names: Vec<&str> = Vec::new();
    for name in typed.split(|c: char| c.is_whitespace() || c == ',' || c == ';') {
        if !name.is_empty() && !names.contains(&name) {
            names.push(name);
        }
    }
    if names.is_empty() {
        normalise("")?;
    }
    if names.len() > MOST_AT_ONCE {
        let problem =
            format!("Expected at most {MOST_AT_ONCE} domains at once and received {}.", names.len());
        return Err(Problem::field("domain", problem));
    }
    // In one order for everybody, so that two who name the same domains do not wait for each other.
    let mut order: Vec<usize> = (0..names.len()).collect();
    order.sort_by_key(|place| normalise(names[*place]).ok());
    let mut answers: Vec<Option<Answered>> = vec![None; names.len()];
    for place in order {
        let outcome = add(app, tx, organization, names[place], attested_by, actor).await;
        if let Err(problem) = &outcome
            && problem.status.is_server_error()
        {
            return outcome.map(|_| Vec::new());
        }
        answers[place] = Some((names[place].to_owned(), outcome));
    }
    Ok(answers.into_iter().flatten().collect())
}

/// Attests a pending domain of the organization.
pub async fn attest(
    app: &App,
    tx: &mut Tx,
    organization: &Organization,
    id: DomainId,
    by: &str,
    actor: &str,
) -> Result<Domain, Problem> {
    let domain = of_organization(tx, organization.id, id).await?;
    match domain.status {
        DomainStatus::Pending => verify(app, tx, domain, by, actor).await,
        DomainStatus::Verified => Ok(domain),
    }
}

/// Takes a domain of the organization away.
pub async fn remove(
    app: &App,
    tx: &mut Tx,
    organization: &Organization,
    id: DomainId,
    actor: &str,
) -> Result<(), Problem> {
    let domain = of_organization(tx, organization.id, id).await?;
    store::domain::remove(tx, domain.id).await?;
    record(app, tx, &domain, "domain.removed", actor).await
}

/// The record that proves the domain.
pub fn dns_record(domain: &Domain) -> DnsRecord {
    DnsRecord {
        name: format!("_frontdesk.{}", domain.name),
        kind: "TXT",
        value: format!("frontdesk-verify={}", domain.dns_token),
    }
}

/// A domain as it is stored (lower case, ASCII), or why it cannot be an organization's.
pub fn normalise(name: &str) -> Result<String, Problem> {
    let shown: String = name.trim().chars().take(80).collect();
    let refused = |problem: String| Err(Problem::field("domain", problem));
    if shown.is_empty() {
        return refused(
            "Expected the part of your e-mail addresses after the @, such as acme.com.".to_owned(),
        );
    }
    let text = shown.strip_prefix('@').unwrap_or(&shown).trim_end_matches('.');
    if let Some((_, domain)) = text.rsplit_once('@') {
        return refused(format!(
            "“{shown}” is an e-mail address. Expected only the part after the @: {domain}."
        ));
    }
    if text.contains("//") || text.contains('/') {
        let host = url::Url::parse(text).ok().and_then(|url| url.host_str().map(str::to_owned));
        let host = host.unwrap_or_else(|| text.split('/').next().unwrap_or_default().to_owned());
        let host = host.strip_prefix("www.").unwrap_or(&host).to_owned();
        return refused(format!("“{shown}” is a web address. Expected only the domain: {host}."));
    }
    if text.starts_with("*.") {
        return refused(format!(
            "“{shown}” stands for many domains. Expected one, such as {}. Add the others one by one.",
            text.trim_start_matches("*.")
        ));
    }
    let Some(ascii) = host(text) else {
        return refused(format!("“{shown}” is not a domain. Expected something like acme.com."));
    };
    if let Some(rest) = ascii.strip_prefix("www.") {
        return refused(format!(
            "“{shown}” is the name of a web site. Expected the part after the @ of your e-mail addresses, such as {rest}."
        ));
    }
    let Some(registrable) = psl::domain_str(&ascii) else {
        return refused(format!(
            "“{shown}” belongs to everybody: names are registered below it. Expected your own, such as acme.{ascii}."
        ));
    };
    if PUBLIC_MAIL.contains(ascii.as_str()) || PUBLIC_MAIL.contains(registrable) {
        return refused(format!(
            "Anybody can have an address at {ascii}, so it cannot be one organization's. Expected a domain of your own."
        ));
    }
    Ok(ascii)
}

/// Whether anybody can have an address at this domain.
pub fn is_public_mail(domain: &str) -> bool {
    host(domain).is_some_and(|ascii| {
        PUBLIC_MAIL.contains(ascii.as_str())
            || psl::domain_str(&ascii).is_some_and(|registrable| PUBLIC_MAIL.contains(registrable))
    })
}

/// The domain part of an address as it is stored; none where it is no address.
pub fn of_email(email: &str) -> Option<String> {
    let (local, domain) = email.trim().rsplit_once('@')?;
    if local.is_empty() { None } else { host(domain.trim_end_matches('.')) }
}

/// Whether the address lies in a verified domain of the organization.
pub async fn vouches_for(
    db: &mut impl Connected,
    organization: OrganizationId,
    email: &str,
) -> Result<bool, Problem> {
    let Some(name) = of_email(email) else { return Ok(false) };
    let domain = store::domain::lookup_name(db, &name).await?;
    Ok(domain.is_some_and(|d| d.organization_id == organization && d.status == DomainStatus::Verified))
}

/// A host name of at least two labels in lower-case ASCII (UTS 46); none for addresses and anything else.
fn host(text: &str) -> Option<String> {
    let url::Host::Domain(ascii) = url::Host::parse(text).ok()? else { return None };
    let label_fits = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    let fits = ascii.len() <= 253 && ascii.contains('.') && ascii.split('.').all(label_fits);
    fits.then_some(ascii)
}

/// The name of the lock under which a domain changes hands.
pub(super) fn lock_of(name: &str) -> String {
    format!("domain {name}")
}

/// Whether another organization has proven the name.
pub(super) async fn held_elsewhere(
    db: &mut impl Connected,
    organization: OrganizationId,
    name: &str,
) -> Result<bool, Problem> {
    let holder = store::domain::lookup_name(db, name).await?;
    Ok(holder.is_some_and(|it| it.status == DomainStatus::Verified && it.organization_id != organization))
}

/// The same for the same organization and domain, whenever it is named. It need not be secret: it stands in public
/// DNS, and only who may write there can use it.
fn proof_token(organization: OrganizationId, name: &str) -> String {
    let text = format!("frontdesk domain {organization} {name}");
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes());
    hex::encode(&digest.as_ref()[..16])
}

async fn of_organization(
    db: &mut impl Connected,
    organization: OrganizationId,
    id: DomainId,
) -> Result<Domain, Problem> {
    let all = store::domain::list(db, organization).await?;
    all.into_iter().find(|domain| domain.id == id).ok_or_else(|| Problem::not_found("domain"))
}

async fn insert(
    app: &App,
    tx: &mut Tx,
    organization: &Organization,
    name: String,
    actor: &str,
) -> Result<Domain, Problem> {
    let domain = Domain {
        id: app.id(DomainId::new),
        organization_id: organization.id,
        status: DomainStatus::Pending,
        dns_token: proof_token(organization.id, &name),
        name,
        verified_at: None,
        verified_by: None,
        created_at: app.now(),
        looked_at: None,
        found: None,
        next_look: None,
        sso_required_at: None,
        routing: None,
        proof_missing_at: None,
        proof_told_at: None,
    };
    store::domain::add(tx, &domain).await?;
    record(app, tx, &domain, "domain.added", actor).await?;
    Ok(domain)
}

pub(super) async fn verify(
    app: &App,
    tx: &mut Tx,
    mut domain: Domain,
    by: &str,
    actor: &str,
) -> Result<Domain, Problem> {
    tx.lock(&lock_of(&domain.name)).await?;
    if held_elsewhere(tx, domain.organization_id, &domain.name).await? {
        return Err(taken(app, &domain.name));
    }
    let at = app.now();
    store::domain::verify(tx, domain.id, by, at).await?;
    domain.status = DomainStatus::Verified;
    domain.verified_at = Some(at);
    domain.verified_by = Some(by.to_owned());
    record(app, tx, &domain, "domain.verified", actor).await?;
    Ok(domain)
}

/// The event and the line in the audit log of a change.
pub(super) async fn record(
    app: &App,
    tx: &mut Tx,
    domain: &Domain,
    kind: &'static str,
    actor: &str,
) -> Result<(), Problem> {
    let data = json!({
        "organization_id": domain.organization_id.to_string(),
        "domain_id": domain.id.to_string(),
        "domain": domain.name,
    });
    let organization_id = Some(domain.organization_id);
    app.append(tx, NewEvent { kind, organization_id, member_id: None, data: data.to_string() });
    app.audit(tx, actor, kind, organization_id, Some(domain.id.to_string()), &data).await
}

/// Says that the name is in use, and not by whom.
fn taken(app: &App, name: &str) -> Problem {
    let mut problem = Problem::new(
        StatusCode::CONFLICT,
        "domain_taken",
        "This domain cannot be added here",
        format!(
            "{name} is already in use at {}. If it is yours, perhaps a colleague has set it up elsewhere: write to {}, \
             and we will sort it out.",
            app.config.brand.vendor_name, app.config.brand.support_email
        ),
    );
    problem.fields.push(crate::problem::FieldProblem {
        field: "domain".to_owned(),
        problem: format!("{name} is already in use"),
    });
    problem
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_is_stored_in_lower_case_ascii() {
        for (typed, stored) in [
            (" Acme.COM ", "acme.com"),
            ("@acme.com", "acme.com"),
            ("acme.com.", "acme.com"),
            ("bücher.example", "xn--bcher-kva.example"),
            ("mail.acme.co.uk", "mail.acme.co.uk"),
            ("acme.test", "acme.test"),
        ] {
            assert_eq!(normalise(typed).unwrap(), stored);
        }
    }

    #[test]
    fn a_name_that_is_nobodys_alone_is_refused_with_its_reason() {
        for (typed, words) in [
            ("", "after the @"),
            ("ann@acme.com", "only the part after the @: acme.com"),
            ("https://www.acme.com/login", "only the domain: acme.com"),
            ("acme.com/login", "only the domain: acme.com"),
            ("*.acme.com", "such as acme.com"),
            ("acme", "not a domain"),
            ("127.0.0.1", "not a domain"),
            ("[::1]", "not a domain"),
            ("ac me.com", "not a domain"),
            ("-acme.com", "not a domain"),
            ("www.acme.com", "such as acme.com"),
            ("co.uk", "belongs to everybody"),
            ("github.io", "belongs to everybody"),
            ("gmail.com", "Anybody can have an address"),
            ("GMAIL.com", "Anybody can have an address"),
            ("yahoo.co.uk", "Anybody can have an address"),
            ("mail.outlook.com", "Anybody can have an address"),
        ] {
            let detail = normalise(typed).unwrap_err().detail;
            assert!(detail.contains(words), "{typed}: {detail}");
        }
    }

    #[test]
    fn the_domain_of_an_address_is_found() {
        assert_eq!(of_email(" Ann@Acme.TEST ").as_deref(), Some("acme.test"));
        assert_eq!(of_email("a@b@acme.test").as_deref(), Some("acme.test"));
        assert_eq!(of_email("ann@bücher.example").as_deref(), Some("xn--bcher-kva.example"));
        assert_eq!(of_email("acme.test"), None);
        assert_eq!(of_email("@acme.test"), None);
    }

    #[test]
    fn the_list_of_public_mail_domains_is_in_the_form_that_is_compared() {
        assert!(PUBLIC_MAIL.len() >= 100);
        for name in PUBLIC_MAIL.iter() {
            assert_eq!(host(name).as_deref(), Some(*name));
            assert!(is_public_mail(name));
        }
    }
}
