//! Several connections for one domain: the addresses that its rules name, and the groups of an address.

use model::{DirectoryGroupId, DomainId, OrganizationId, RuleId};

use crate::db::on;
use crate::value::Text;
use crate::{Connected, Result, Tx, fold};

/// Puts these addresses in the place of those that a rule named before.
pub async fn set_pilots(tx: &mut Tx, domain: DomainId, rule: RuleId, emails: &[String]) -> Result<()> {
    remove_pilots(tx, domain, rule).await?;
    for email in emails {
        on!(tx, |db| {
            sqlx::query(
            "INSERT INTO routing_pilots (domain_id, email_folded, rule_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"
        )
        .bind(Text(domain))
        .bind(fold(email))
        .bind(Text(rule))
        .execute(db)
        .await
        .map(|_| ())
        })?;
    }
    Ok(())
}

/// Forgets the addresses of a rule.
pub async fn remove_pilots(tx: &mut Tx, domain: DomainId, rule: RuleId) -> Result<()> {
    on!(tx, |db| sqlx::query("DELETE FROM routing_pilots WHERE domain_id = $1 AND rule_id = $2")
        .bind(Text(domain))
        .bind(Text(rule))
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// The (folded) addresses that the rules of a domain name, with the rule.
pub async fn pilots(c: &mut impl Connected, domain: DomainId) -> Result<Vec<(RuleId, String)>> {
    let rows: Vec<(Text<RuleId>, String)> = on!(c, |db| {
        sqlx::query_as(
        "SELECT rule_id, email_folded FROM routing_pilots WHERE domain_id = $1 ORDER BY email_folded, rule_id"
    )
    .bind(Text(domain))
    .fetch_all(db)
    .await
    })?;
    Ok(rows.into_iter().map(|(rule, email)| (rule.0, email)).collect())
}

/// The rules of a domain that name this address.
pub async fn rules_naming(c: &mut impl Connected, domain: DomainId, email: &str) -> Result<Vec<RuleId>> {
    let rows: Vec<Text<RuleId>> = on!(c, |db| sqlx::query_scalar(
        "SELECT rule_id FROM routing_pilots WHERE domain_id = $1 AND email_folded = $2"
    )
    .bind(Text(domain))
    .bind(fold(email))
    .fetch_all(db)
    .await)?;
    Ok(rows.into_iter().map(|id| id.0).collect())
}

/// The groups in which an organization's directories have whoever has this address: as an address, or as user name. Groups
/// of a directory that was not taken in yet do not count.
pub async fn groups_of(
    c: &mut impl Connected,
    organization: OrganizationId,
    email: &str,
) -> Result<Vec<DirectoryGroupId>> {
    let rows: Vec<Text<DirectoryGroupId>> = on!(c, |db| sqlx::query_scalar(
        "SELECT DISTINCT m.group_id FROM directories d
         JOIN directory_users u ON u.directory_id = d.id
         JOIN directory_group_members m ON m.member_id = u.id
         WHERE d.organization_id = $1 AND d.status IN ('active', 'paused') AND u.active = TRUE
           AND (u.email_folded = $2 OR u.user_name_folded = $2
                OR u.id IN (SELECT user_id FROM directory_user_emails WHERE email_folded = $2))"
    )
    .bind(Text(organization))
    .bind(fold(email))
    .fetch_all(db)
    .await)?;
    Ok(rows.into_iter().map(|id| id.0).collect())
}
