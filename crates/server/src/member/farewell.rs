//! The mails to a leaver, in the leaver's language: the offer to keep the account, one reminder before it ends,
//! and the word that it is void.

use std::time::Duration;

use model::{Job, Member, MemberId, Organization, Time};
use serde_json::{Value, json};
use store::{Connected, Tx};
use web::mail_layout::{Letter, Link};
use web::words::Language;

use super::letters::{capability, post_in};
use super::{claim, decide};
use crate::app::App;
use crate::job;
use crate::problem::Problem;

/// The kind of job that reminds a leaver of the offer; payload `{"member": id, "until": time of the offer's end}`.
pub const CLAIM_REMINDER: &str = "member.claim_reminder";
/// How long before the end of the offer.
const BEFORE: Duration = Duration::from_hours(24 * 7);

/// Offers a leaver to keep the account: to the personal address, where there is one, and to the work address, each
/// with a link of its own.
pub(super) async fn offer(
    app: &App,
    tx: &mut Tx,
    org: &Organization,
    member: &Member,
) -> Result<(), Problem> {
    let Some(to) = Leaver::read(tx, member).await? else { return Ok(()) };
    let until = app.now().after(app.config.limits.claim);
    for address in &to.addresses {
        let token = capability(app, tx, claim::KIND, member, address, until).await?;
        let url = app.config.url(&format!("/claim/{}", token.expose()));
        let words = Words { app, org, member, address, until, language: to.language };
        post_in(app, tx, "offboarding", address, member, (&words.farewell(url), to.language)).await?;
    }
    if app.config.limits.claim > BEFORE {
        let payload = json!({ "member": member.id.to_string(), "until": until.as_micros() });
        job::enqueue(app, tx, CLAIM_REMINDER, &payload, until.before(BEFORE)).await?;
    }
    Ok(())
}

/// The offer is over: nobody is to be reminded of it.
pub(super) async fn over(tx: &mut Tx, member: MemberId) -> Result<(), Problem> {
    Ok(store::job::cancel(tx, CLAIM_REMINDER, &member.to_string()).await?)
}

/// Reminds a leaver once, while the offer stands and was not taken: by one mail, to an address of the person's own where
/// there is one.
pub async fn claim_reminder_job(app: &App, job: &Job) -> Result<(), Problem> {
    let payload: Value = serde_json::from_str(&job.payload).map_err(|e| Problem::internal(&e))?;
    let id: MemberId =
        payload["member"].as_str().unwrap_or_default().parse().map_err(|e| Problem::internal(&e))?;
    let until = Time::from_micros(payload["until"].as_i64().unwrap_or_default());
    let mut tx = app.write().await?;
    let member = store::member::lookup_any(&mut tx, id).await?;
    let leaver = member.filter(|m| decide::may_claim(m.status, m.account_id.is_some()));
    let Some(member) = leaver.filter(|_| until > app.now()) else { return Ok(()) };
    tx.lock(&member.organization_id.to_string()).await?;
    // Offers of another time when the person left have another end.
    let mut offers = store::invitation::list_of_member(&mut tx, id, claim::KIND).await?;
    offers.retain(|it| it.expires_at == until);
    let settled = offers.iter().any(|it| it.used_at.is_some() || it.data != "{}");
    let org = store::organization::lookup(&mut tx, member.organization_id).await?;
    let (Some(to), Some(org)) = (Leaver::read(&mut tx, &member).await?, org) else { return Ok(()) };
    let offered = |address: &&String| offers.iter().any(|it| &it.email == *address);
    let Some(address) = to.best().into_iter().find(offered).filter(|_| !settled) else { return Ok(()) };
    for it in &offers {
        store::invitation::set_data(&mut tx, it.id, &json!({ "reminded": true }).to_string()).await?;
    }
    // What a link opens is kept as a hash alone: the reminder has one of its own, with the same end.
    let token = capability(app, &mut tx, claim::KIND, &member, address, until).await?;
    let url = app.config.url(&format!("/claim/{}", token.expose()));
    let words = Words { app, org: &org, member: &member, address, until, language: to.language };
    post_in(app, &mut tx, "offboarding_reminder", address, &member, (&words.reminder(url), to.language))
        .await?;
    Ok(tx.commit().await?)
}

/// The leaving of `left` is taken back: whoever was written to since is told that this is void.
pub async fn void(
    app: &App,
    tx: &mut Tx,
    org: &Organization,
    member: &Member,
    left: Time,
) -> Result<(), Problem> {
    if left.after(app.config.limits.claim) <= app.now() {
        return Ok(());
    }
    let told = store::mail::told_of_leaving(tx, member.id, left).await?;
    if told.is_empty() {
        return Ok(());
    }
    let language = Leaver::read(tx, member).await?.map(|it| it.language).unwrap_or_default();
    let leaver = Member { left_at: Some(left), ..member.clone() };
    for address in &told {
        let words = Words { app, org, member: &leaver, address, until: left, language };
        post_in(app, tx, "offboarding_void", address, member, (&words.void(), language)).await?;
    }
    Ok(())
}

/// Where a leaver is written to, and in which language.
struct Leaver {
    /// The work address first.
    addresses: Vec<String>,
    language: Language,
}

impl Leaver {
    /// Nobody where there is no account.
    async fn read(db: &mut impl Connected, member: &Member) -> Result<Option<Self>, Problem> {
        let account = match member.account_id {
            Some(id) => store::account::lookup(db, id).await?,
            None => None,
        };
        let Some(account) = account else { return Ok(None) };
        let resource = match member.directory_user_id {
            Some(user) => store::member::directory_resource(db, user).await?.unwrap_or_default(),
            None => String::new(),
        };
        let resource: Value = serde_json::from_str(&resource).unwrap_or_default();
        let mut addresses = vec![member.email.clone().unwrap_or_else(|| account.email.clone())];
        let others = account.personal_email.into_iter().chain(home_emails(&resource)).chain([account.email]);
        for other in others {
            if !addresses.iter().any(|known| store::fold(known) == store::fold(&other)) {
                addresses.push(other);
            }
        }
        let wishes = [resource["preferredLanguage"].as_str(), resource["locale"].as_str()];
        let wishes = wishes.into_iter().flatten().chain(account.locale.as_deref());
        Ok(Some(Self { addresses, language: Language::of(wishes) }))
    }

    /// The addresses, those of the person's own first.
    fn best(&self) -> Vec<&String> {
        self.addresses.iter().skip(1).chain(self.addresses.first()).collect()
    }
}

/// Personal addresses that the directory knows (SCIM `emails` of type `home`), at most two.
fn home_emails(resource: &Value) -> Vec<String> {
    let emails = resource["emails"].as_array().map(Vec::as_slice).unwrap_or_default();
    let home = emails.iter().filter(|e| {
        let kind = e["type"].as_str().unwrap_or_default();
        kind.eq_ignore_ascii_case("home") || kind.eq_ignore_ascii_case("personal")
    });
    let read = home.filter_map(|e| profile::email::parse(e["value"].as_str()?).ok().flatten());
    read.take(2).collect()
}

/// What is said to whom.
struct Words<'a> {
    app: &'a App,
    org: &'a Organization,
    member: &'a Member,
    address: &'a str,
    until: Time,
    language: Language,
}

impl Words<'_> {
    fn say(&self, id: &str) -> String {
        let language = self.language;
        let utc = |time: Time| jiff::tz::TimeZone::UTC.to_datetime(time.to_jiff());
        let left = utc(self.member.left_at.unwrap_or_else(|| self.app.now()));
        let date = language.day(left.date());
        let time = left.strftime("%H:%M").to_string();
        let moment = language.say("moment", &[("date", &date), ("time", &time)]);
        let until = language.day(utc(self.until).date());
        language.say(
            id,
            &[
                ("vendor", self.app.brand.vendor_name.as_str()),
                ("company", self.org.name.as_str()),
                ("name", self.member.first_name.as_deref().unwrap_or_default()),
                ("address", self.address),
                ("moment", moment.as_str()),
                ("until", until.as_str()),
            ],
        )
    }

    fn hello(&self) -> String {
        self.say(if self.member.first_name.is_some() { "hello" } else { "hello-nobody" })
    }

    fn farewell(&self, url: String) -> Letter {
        let small = ["farewell-sees", "farewell-nothing", "farewell-mistake"];
        Letter {
            subject: self.say("farewell-subject"),
            preview: self.say("farewell-preview"),
            heading: self.say("farewell-heading"),
            paragraphs: vec![self.hello(), self.say("farewell-told"), self.say("farewell-yours")],
            button: Some(Link::new(self.say("farewell-button"), url)),
            button_note: self.say("farewell-until"),
            small: small.map(|id| self.say(id)).to_vec(),
            reason: self.say("farewell-reason"),
            opt_out: None,
        }
    }

    fn void(&self) -> Letter {
        Letter {
            subject: self.say("void-subject"),
            preview: self.say("void-preview"),
            heading: self.say("void-heading"),
            paragraphs: vec![self.hello(), self.say("void-text")],
            button: None,
            button_note: String::new(),
            small: vec![self.say("void-nothing")],
            reason: self.say("void-reason"),
            opt_out: None,
        }
    }

    fn reminder(&self, url: String) -> Letter {
        Letter {
            subject: self.say("reminder-subject"),
            preview: self.say("reminder-preview"),
            heading: self.say("reminder-heading"),
            paragraphs: vec![self.hello(), self.say("reminder-text")],
            small: vec![self.say("farewell-sees"), self.say("reminder-once")],
            ..self.farewell(url)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn home_addresses_are_read_from_what_the_directory_sent() {
        let resource = serde_json::json!({"emails": [
            {"type": "work", "value": "ada@acme.test"},
            {"type": "Home", "value": "Ada@Home.example"},
            {"type": "home", "value": "no address"},
            {"value": "x@y.example"},
        ]});
        assert_eq!(home_emails(&resource), ["ada@home.example"]);
        assert!(home_emails(&serde_json::Value::Null).is_empty());
    }
}
