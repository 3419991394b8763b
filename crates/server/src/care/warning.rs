//! The letter before something ends. To a company's administrators it carries a setup link of its own, for a new
//! certificate and nothing else. Operators get the same news without a link: what they may do, they do in the console.

use std::time::Duration;

use model::{Connection, Organization, Purpose};
use store::Tx;
use web::mail_layout::{Letter, Link};

use super::ends::{DAYS, Ending};
use super::letters::{ACTOR, day, provider};
use crate::app::App;
use crate::connection::Settings;
use crate::mail::{self, ADMINISTRATORS, To, company_page, to_operators};
use crate::onboarding::links;
use crate::problem::Problem;

/// A link works at least so long, in days.
const SHORTEST_LINK: u64 = 7;

/// A warning that something ends.
pub(super) struct Warning<'a> {
    pub organization: &'a Organization,
    pub it: &'a Connection,
    pub ending: Ending,
    /// The day for which it is.
    pub days: u64,
}

/// Warns the company's administrators, each with a link of their own, and the operators. `before` are the links of the last
/// warning, which stop working. The ids of the new ones.
pub(super) async fn ending(
    app: &App,
    tx: &mut Tx,
    it: &Warning<'_>,
    before: &[String],
) -> Result<Vec<String>, Problem> {
    for id in before.iter().filter_map(|id| id.parse().ok()) {
        if store::link::lookup(tx, id).await?.is_some_and(|link| link.organization_id == it.organization.id) {
            links::revoke(app, tx, it.organization.id, id, ACTOR).await?;
        }
    }
    let mut made = Vec::new();
    let admins = store::member::admins(tx, it.organization.id, ADMINISTRATORS).await?;
    for (admin, to) in admins.iter().filter_map(|admin| Some((admin, admin.email.as_deref()?))) {
        let by = (app.brand.vendor_name.as_str(), ACTOR);
        let life = Some(it.link_life());
        let link = links::create(app, tx, it.organization, &[Purpose::Certificate], life, by).await?;
        store::link::set_sent_to(tx, link.link.id, to).await?;
        let letter = it.for_administrator(app, to, &link);
        let to = To::new("connection_ends", to).about(admin.id).of(it.organization.id);
        mail::write(app, tx, to, &letter).await?;
        made.push(link.link.id.to_string());
    }
    let letter = it.for_operator(app, made.len());
    to_operators(app, tx, "connection_ends", Some(it.organization), letter).await?;
    Ok(made)
}

impl Warning<'_> {
    /// Until the next warning brings another one.
    fn link_life(&self) -> Duration {
        let next = DAYS.into_iter().find(|days| *days < self.days).unwrap_or(0);
        Duration::from_hours(24 * (self.days - next).max(SHORTEST_LINK))
    }

    fn title(&self, app: &App) -> String {
        let (provider, what) = (provider(self.it), self.ending.what());
        match self.ending.days(app.now()) {
            0 => format!("{provider}’s {what} has ended"),
            1 => format!("{provider}’s {what} ends tomorrow"),
            days => format!("{provider}’s {what} ends in {days} days"),
        }
    }

    fn facts(&self, app: &App) -> String {
        let (provider, vendor, day) = (provider(self.it), &app.brand.vendor_name, day(self.ending.at));
        let ends = if self.ending.over(app.now()) { "ended" } else { "ends" };
        match (self.ending.secret, self.ending.over(app.now())) {
            (false, _) => format!(
                "The people of {} sign in to {vendor} through {provider}. The certificate with which {provider} signs \
                 its answers {ends} on {day}.",
                self.organization.name
            ),
            (true, _) => format!(
                "The people of {} sign in to {vendor} through {provider}. The client secret with which {vendor} proves \
                 itself there {ends} on {day}.",
                self.organization.name
            ),
        }
    }

    fn what_to_do(&self, app: &App) -> String {
        let provider = provider(self.it);
        match Settings::of(self.it) {
            Some(Settings::Saml(saml)) if saml.metadata_url.is_some() => format!(
                "Make a new certificate in {provider}. We read its metadata every hour and take the new certificate by \
                 ourselves as soon as it stands there; the old one stays trusted beside it. If nothing seems to happen, use \
                 the button below."
            ),
            Some(Settings::Saml(_)) => format!(
                "Make a new certificate in {provider} and bring it here. It is tested first, the old one stays trusted \
                 beside it, and nobody is locked out on the day it changes."
            ),
            _ => format!(
                "Make a new client secret in {provider} and bring it here, with its own end. It is tested first; the old \
                 one is used until then. {}",
                if self.ending.over(app.now()) { "Until then, nobody can sign in through it." } else { "" }
            )
            .trim()
            .to_owned(),
        }
    }

    fn consequence(&self) -> String {
        if self.ending.secret {
            "**If nothing is done,** nobody can sign in from that day on.".to_owned()
        } else {
            "**If nothing is done,** sign-ins may stop on that day: many providers stop signing with a certificate that \
             has ended."
                .to_owned()
        }
    }

    fn for_administrator(&self, app: &App, to: &str, link: &links::NewLink) -> Letter {
        let what = self.ending.what();
        Letter {
            subject: self.title(app),
            preview: format!("On {}. A new one takes a few minutes.", day(self.ending.at)),
            heading: self.title(app),
            paragraphs: vec![self.facts(app), self.what_to_do(app)],
            button: Some(Link::new(format!("Bring the new {what}"), link.url.clone())),
            button_note: format!(
                "It works until {}, for this alone. Whoever has it can do it, so pass it on only to the person who should. \
                 The next reminder brings a new link, and this one ends.",
                day(link.link.expires_at)
            ),
            small: vec![self.consequence()],
            reason: format!(
                "Sent to {to} because you are an administrator of {} at {}.",
                self.organization.name, app.brand.vendor_name
            ),
            opt_out: None,
        }
    }

    fn for_operator(&self, app: &App, told: usize) -> Letter {
        let company = &self.organization.name;
        let told = match told {
            0 => format!(
                "{company} has no administrator to whom we could write. Make a setup link for a new certificate in the \
                 console and send it to whom you know there."
            ),
            1 => format!("One administrator of {company} was written to, with a setup link for this alone."),
            n => format!(
                "{n} administrators of {company} were written to, each with a setup link for this alone."
            ),
        };
        let title = format!("{company}: {}", self.title(app));
        Letter {
            subject: title.clone(),
            preview: told.clone(),
            heading: title,
            paragraphs: vec![self.facts(app), told],
            button: Some(company_page(app, self.organization)),
            small: vec![self.consequence()],
            ..Letter::default()
        }
    }
}
