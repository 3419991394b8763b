//! Recovery codes: an administrator's way in when the provider is out of reach and nobody can be asked.

use std::time::Duration;

use model::{Account, Member, MemberStatus, Role, Time, TokenId};
use serde_json::json;
use store::Tx;
use subtle::ConstantTimeEq as _;

use super::letters;
use crate::app::App;
use crate::problem::Problem;

/// So many at once.
pub const CODES: usize = 10;
/// A code's characters, without those that look like one another (Crockford).
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// 20 characters of 5 bits: 100 bits, which nobody guesses.
const LENGTH: usize = 20;
/// What a sealed code is bound to.
const PLACE: &str = "recovery_codes.code_sealed";
/// A session that begins with a code is for mending the sign-in, not for a day's work.
const SESSION: Duration = Duration::from_hours(4);

/// Who came in by a code.
#[derive(Debug)]
pub struct Recovered {
    /// The account.
    pub account: Account,
    /// The administrator.
    pub member: Member,
    /// When the session ends.
    pub ends_at: Time,
}

/// Makes ten fresh codes for an administrator in place of all earlier ones. They are shown once and kept as sealed
/// hashes.
pub async fn make_codes(
    app: &App,
    tx: &mut Tx,
    member: &Member,
    actor: &str,
) -> Result<Vec<String>, Problem> {
    tx.lock(&member.id.to_string()).await?;
    let codes: Vec<String> = (0..CODES).map(|_| fresh(app)).collect();
    let sealed: Vec<(TokenId, String)> =
        codes.iter().map(|code| (app.id(TokenId::new), app.seal_text(PLACE, &hash(code)))).collect();
    store::enforcement::set_codes(tx, member.id, &sealed, app.now()).await?;
    let target = Some(member.id.to_string());
    app.audit(tx, actor, "recovery_codes.made", Some(member.organization_id), target, &json!({})).await?;
    Ok(codes)
}

/// The administrator whose code this is; the code is used up then. None for anything else, without a word why.
pub async fn recover(app: &App, tx: &mut Tx, email: &str, code: &str) -> Result<Option<Recovered>, Problem> {
    let presented = hash(code);
    let Some(account) = store::account::lookup_email(tx, email).await? else { return Ok(None) };
    for member in store::member::list_of_account(tx, account.id).await? {
        if member.role != Role::Admin || member.status != MemberStatus::Active {
            continue;
        }
        // Two who try the same code wait for one another here.
        tx.lock(&member.id.to_string()).await?;
        let mut found = None;
        for (id, sealed) in store::enforcement::codes(tx, member.id).await? {
            let kept = app.open_text(PLACE, &sealed)?;
            if bool::from(kept.as_bytes().ct_eq(presented.as_bytes())) {
                found = Some(id);
            }
        }
        let Some(id) = found else { continue };
        if !store::enforcement::use_code(tx, id, app.now()).await? {
            return Ok(None);
        }
        let left = store::enforcement::codes(tx, member.id).await?.len();
        let actor = format!("member:{}", member.id);
        let (organization, target) = (Some(member.organization_id), Some(member.id.to_string()));
        app.audit(tx, &actor, "recovery_code.used", organization, target, &json!({"left": left})).await?;
        letters::code_used(app, tx, &member, left).await?;
        return Ok(Some(Recovered { account, member, ends_at: app.now().after(SESSION) }));
    }
    Ok(None)
}

/// `K7QD9-MX2PT-4VH8Z-C0RWA`.
fn fresh(app: &App) -> String {
    let mut bytes = [0_u8; LENGTH];
    app.rng.fill(&mut bytes);
    let mut code = String::with_capacity(LENGTH + 3);
    for (at, byte) in bytes.iter().enumerate() {
        if at > 0 && at % 5 == 0 {
            code.push('-');
        }
        // 256 is a multiple of 32: every character is as likely as any other.
        code.push(char::from(ALPHABET[usize::from(byte % 32)]));
    }
    code
}

/// SHA-256 of a code as it is meant: without spaces and hyphens, in capitals, with O for 0 and I and L for 1.
fn hash(code: &str) -> String {
    let meant: String = code
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .take(2 * LENGTH)
        .map(|c| match c.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            other => other,
        })
        .collect();
    model::Token::presented(&meant).hash().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_as_people_type_it() {
        let meant = hash("K7QD9-MX2PT-4VH8Z-C01WA");
        for typed in ["k7qd9mx2pt4vh8zc01wa", " K7QD9 MX2PT 4VH8Z CO1WA ", "k7qd9-mx2pt-4vh8z-c0Lwa"] {
            assert_eq!(hash(typed), meant, "{typed}");
        }
        for other in ["", "K7QD9-MX2PT-4VH8Z-C01WB", "K7QD9-MX2PT-4VH8Z", "K7QD9-MX2PT-4VH8Z-C01WA1"] {
            assert_ne!(hash(other), meant, "{other}");
        }
    }
}
