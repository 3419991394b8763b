//! Where sign-in and directory would not meet, on a page: for the wizard, the company and operators.

use std::collections::HashMap;

use model::{Connection, ConnectionId, Organization};

use crate::app::App;
use crate::connection;
use crate::login::meeting::{self, Finding, Listed, Seen};
use crate::problem::Problem;
use crate::trace;
use web::Html;
use web::guide;
use web::html::unmarked;
use web::pages::org::{Joining, JoiningRow};
use web::parts::{Compare, Figure, Notice, Status, Tone};

/// So many people are named.
const NAMED: usize = 50;

/// What there is to say of the company's people.
pub async fn of(app: &App, organization: &Organization) -> Result<Joining, Problem> {
    let laid = meeting::of_organization(app, organization).await?;
    let mut db = app.read().await?;
    let all = store::connection::list(&mut db, organization.id).await?;
    let directories = store::directory::list(&mut db, organization.id).await?;
    drop(db);
    let directory = directories.last().map_or_else(
        || "your directory".to_owned(),
        |it| guide::find(&it.provider).map_or_else(|| it.provider.clone(), |g| g.name.clone()),
    );
    let words = Words { app, company: &organization.name, directory, connections: meeting::by_id(&all) };
    // Where no directory has spoken yet, nobody can be missing in it.
    let findings: Vec<&Finding> =
        laid.findings.iter().filter(|it| laid.listed > 0 || !matches!(it, Finding::Unlisted(_))).collect();
    let trouble = findings.iter().filter(|it| it.is_trouble()).count();
    Ok(Joining {
        notice: notice(&laid, trouble),
        figures: vec![
            figure(laid.met, "sign-ins meet the directory"),
            figure(trouble, "would not meet"),
            figure(laid.to_come, "join at their first sign-in"),
        ],
        rows: findings.iter().take(NAMED).map(|it| words.row(it)).collect(),
        more: u64::try_from(findings.len().saturating_sub(NAMED)).unwrap_or(0),
        newest: (laid.listed >= meeting::LISTED).then(|| u64::try_from(meeting::LISTED).unwrap_or(0)),
    })
}

fn figure(count: usize, words: &str) -> Figure {
    Figure::count(u64::try_from(count).unwrap_or(0), words)
}

fn notice(laid: &meeting::Laid, trouble: usize) -> Notice {
    match (laid.listed, laid.seen, trouble) {
        (0, _, 0) => Notice::new(
            Tone::None,
            "No directory has sent anybody yet",
            "Once it has, this page says whom the sign-in and the directory would not take for one person.",
        ),
        (_, 0, 0) => Notice::new(
            Tone::None,
            "Nobody has signed in yet",
            "One test sign-in is enough to see whether the sign-in and the directory name people alike.",
        ),
        (_, _, 0) => Notice::new(
            Tone::Ok,
            "Everybody who signed in meets the directory",
            "The sign-in and the directory name people alike, as far as anybody has signed in or tried it.",
        ),
        (_, _, 1) => Notice::new(
            Tone::Warn,
            "One person would not meet",
            "What would happen, and the way out, stand below.",
        ),
        (_, _, many) => Notice::new(
            Tone::Warn,
            format!("{many} people would not meet"),
            "What would happen, and the way out, stand below. Put it right before you go live: members that came twice must be \
             told apart by hand.",
        ),
    }
}

struct Words<'a> {
    app: &'a App,
    company: &'a str,
    directory: String,
    connections: HashMap<ConnectionId, &'a Connection>,
}

impl Words<'_> {
    fn provider(&self, it: &Seen) -> String {
        self.connections
            .get(&it.connection)
            .map_or_else(|| "the provider".to_owned(), |it| trace::provider(&it.provider))
    }

    fn row(&self, it: &Finding) -> JoiningRow {
        match it {
            Finding::Second(seen, one) => self.pair(
                seen,
                one,
                Status::bad("A second member would come"),
                format!(
                    "The sign-in finds nobody with its address, so {} would get a second member for the same person, beside the \
                     one that {} looks after.",
                    self.company, self.directory
                ),
                self.same_address(seen, one),
            ),
            Finding::RefusedTwin(seen, one, why) => self.pair(
                seen,
                one,
                Status::bad("Would be refused"),
                format!("The sign-in would be refused, and the member of the directory would wait. {why}"),
                self.same_address(seen, one),
            ),
            Finding::Readdressed(seen, one) => self.pair(
                seen,
                one,
                Status::ok("Meets"),
                "The person is known by the lasting name at the provider, whatever the address is. The account follows the \
                 address of the sign-in."
                    .to_owned(),
                Vec::new(),
            ),
            Finding::CaseOnly(seen, one) => self.pair(
                seen,
                one,
                Status::ok("Meets"),
                "The two differ in upper and lower case alone, which makes no difference in an address.".to_owned(),
                Vec::new(),
            ),
            Finding::Refused(seen, why) => self.alone(
                seen,
                Status::bad("Would be refused"),
                format!("Nobody in the directory is like this person, and the sign-in would be refused. {why}"),
                self.same_address_as_directory(seen),
            ),
            Finding::Unlisted(seen) => self.alone(
                seen,
                Status::warn("Not in the directory"),
                format!(
                    "A member of its own comes with the sign-in, which {} does not look after: nobody signs the person out when \
                     they leave.",
                    self.directory
                ),
                vec![format!("In {}, assign the person to the application that sends people here.", self.directory)],
            ),
            Finding::NoAddress(one) => self.listed(
                one,
                Status::warn("No address"),
                "The directory sent no address, so a sign-in does not find the member, and a second one would come.",
                vec![format!(
                    "In {}, send the work address as ``emails[type eq \"work\"].value``, or as ``userName``.",
                    self.directory
                )],
            ),
            Finding::ByMail(one) => self.listed(
                one,
                Status::pending("Confirms by mail"),
                "The address lies in no verified domain. The member joins an account once the person has confirmed it by mail, \
                 and not by signing in.",
                Vec::new(),
            ),
        }
    }

    /// The way to one address on both sides, in the words of the provider's console.
    fn same_address(&self, seen: &Seen, one: &Listed) -> Vec<String> {
        let wanted = unmarked(one.email.as_deref().unwrap_or(&one.user_name));
        let mut steps = vec![format!(
            "Let {} send the address that {} sends, ``{wanted}``, as the person’s email.",
            self.provider(seen),
            self.directory
        )];
        steps.extend(self.help(seen));
        if let Some(email) = &seen.email {
            steps.push(format!(
                "Or, if ``{}`` is the right one, let {} send that as the work address.",
                unmarked(email),
                self.directory
            ));
        }
        steps
    }

    fn same_address_as_directory(&self, seen: &Seen) -> Vec<String> {
        let mut steps = vec![format!(
            "Let {} send the person’s address in a verified domain of {} as the email.",
            self.provider(seen),
            self.company
        )];
        steps.extend(self.help(seen));
        steps
    }

    fn help(&self, seen: &Seen) -> Vec<String> {
        let known = self.connections.get(&seen.connection);
        known.map_or_else(Vec::new, |it| connection::attribute_help(self.app, it))
    }

    fn pair(&self, seen: &Seen, one: &Listed, status: Status, what: String, fix: Vec<String>) -> JoiningRow {
        let (directory, sign_in) = (said(one.written.as_deref()), said(seen.email.as_deref()));
        let mut compare = Compare::new(directory, sign_in);
        "The directory says".clone_into(&mut compare.expected_label);
        "The sign-in says".clone_into(&mut compare.received_label);
        JoiningRow {
            compare: Some(compare),
            facts: vec![
                ("userName".to_owned(), one.user_name.clone()),
                ("externalId".to_owned(), said(one.external_id.as_deref()).to_owned()),
                (subject_word(self.connections.get(&seen.connection)), seen.subject.clone()),
            ],
            ..base(name_of(&one.name, &one.user_name), origin(seen, &self.provider(seen)), status, what, fix)
        }
    }

    fn alone(&self, seen: &Seen, status: Status, what: String, fix: Vec<String>) -> JoiningRow {
        let facts = vec![
            ("Email".to_owned(), said(seen.email.as_deref()).to_owned()),
            (subject_word(self.connections.get(&seen.connection)), seen.subject.clone()),
        ];
        let name = name_of(&seen.name, seen.email.as_deref().unwrap_or(&seen.subject));
        JoiningRow { facts, ..base(name, origin(seen, &self.provider(seen)), status, what, fix) }
    }

    fn listed(&self, one: &Listed, status: Status, what: &str, fix: Vec<String>) -> JoiningRow {
        let facts = vec![
            ("Email".to_owned(), said(one.email.as_deref()).to_owned()),
            ("userName".to_owned(), one.user_name.clone()),
        ];
        let name = name_of(&one.name, &one.user_name);
        let from = format!("sent by {}", self.directory);
        JoiningRow { facts, ..base(name, from, status, what.to_owned(), fix) }
    }
}

fn base(name: String, from: String, status: Status, what: String, fix: Vec<String>) -> JoiningRow {
    JoiningRow {
        name,
        from,
        status,
        what,
        compare: None,
        facts: Vec::new(),
        fix: fix.into_iter().map(|step| Html::marked(&step)).collect(),
    }
}

fn said(value: Option<&str>) -> &str {
    value.filter(|it| !it.is_empty()).unwrap_or("nothing")
}

fn name_of(name: &str, otherwise: &str) -> String {
    if name.is_empty() { otherwise.to_owned() } else { name.to_owned() }
}

fn origin(seen: &Seen, provider: &str) -> String {
    if seen.tested {
        format!("from a test through {provider}")
    } else {
        format!("signed in through {provider}")
    }
}

/// What the protocol calls the lasting name.
fn subject_word(it: Option<&&Connection>) -> String {
    match it.map(|it| it.protocol) {
        Some(model::Protocol::Oidc) => "sub".to_owned(),
        _ => "Name ID, or id".to_owned(),
    }
}
