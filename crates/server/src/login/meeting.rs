//! Where people of the directory and people at the sign-in would not meet, before it happens.
//!
//! Owns the comparison and its words. Does not own who is joined with whom: that is asked of `join`, as a sign-in asks it.

use std::collections::{HashMap, HashSet};

use model::{Connection, ConnectionId, DirectoryUserId, Organization};
use serde_json::{Value, json};
use store::tried::Tried;
use store::{Connected, Tx, fold};

use super::join::{self, Joining};
use crate::app::App;
use crate::connection::{self, Asserted, Refused};
use crate::directory::{self, Arrived, DirectoryConfig};
use crate::problem::Problem;

/// So many people of a directory are laid beside the sign-ins: the newest of a larger one.
pub const LISTED: usize = 1000;
/// So many sign-ins.
const SEEN: usize = 500;

/// Somebody who signed in, or tried it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Through which connection.
    pub connection: ConnectionId,
    /// The lasting name there: `NameID`, `sub`.
    pub subject: String,
    /// The address that was sent, or that the account has.
    pub email: Option<String>,
    /// The name that was sent; may be empty.
    pub name: String,
    /// Only a test told of the person.
    pub tested: bool,
    /// The directory's user whose member the account has already.
    pub joined: Option<DirectoryUserId>,
}

/// Somebody whom a directory has sent as active.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The id.
    pub id: DirectoryUserId,
    /// First and last name; may be empty.
    pub name: String,
    /// `userName`.
    pub user_name: String,
    /// `externalId`.
    pub external_id: Option<String>,
    /// The address that people are joined by, as the mapping reads it: folded.
    pub email: Option<String>,
    /// The same as it was written.
    pub written: Option<String>,
    /// Every address that was sent.
    pub emails: Vec<String>,
    /// Whether the address lies in a verified domain.
    pub vouched: bool,
}

/// What a sign-in of this person leads to, as `join` decides.
pub type Outcome = Result<Joining, Refused>;

/// What there is to say of somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// They meet, and the addresses differ in upper and lower case alone.
    CaseOnly(Seen, Listed),
    /// They meet by connection and subject; the addresses are different ones.
    Readdressed(Seen, Listed),
    /// Probably one person; a second member would come.
    Second(Seen, Listed),
    /// Probably one person; the sign-in is refused.
    RefusedTwin(Seen, Listed, String),
    /// Nobody in the directory is like it; a member of its own comes.
    Unlisted(Seen),
    /// Nobody in the directory is like it; the sign-in is refused.
    Refused(Seen, String),
    /// The directory sent no address that could be joined by.
    NoAddress(Listed),
    /// The directory's address lies in no verified domain: by mail alone.
    ByMail(Listed),
}

/// The comparison.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Laid {
    /// What there is to say, the worst first.
    pub findings: Vec<Finding>,
    /// Sign-ins that meet somebody of the directory.
    pub met: usize,
    /// People of the directory who did not sign in yet and will be joined by address.
    pub to_come: usize,
    /// How many people of the directory were laid beside how many sign-ins.
    pub listed: usize,
    /// The sign-ins.
    pub seen: usize,
}

impl Finding {
    /// Whether something must be put right before these people sign in.
    pub fn is_trouble(&self) -> bool {
        !matches!(self, Self::CaseOnly(..) | Self::Readdressed(..) | Self::ByMail(_))
    }

    const fn weight(&self) -> u8 {
        match self {
            Self::RefusedTwin(..) => 0,
            Self::Second(..) => 1,
            Self::Refused(..) => 2,
            Self::NoAddress(_) => 3,
            Self::Unlisted(_) => 4,
            Self::ByMail(_) => 5,
            Self::Readdressed(..) => 6,
            Self::CaseOnly(..) => 7,
        }
    }
}

/// Lays sign-ins, each with what it leads to, beside the people of the directory.
pub fn lay(seen: &[(Seen, Outcome)], listed: &[Listed]) -> Laid {
    let index = Index::of(listed);
    let counts = Laid { listed: listed.len(), seen: seen.len(), ..Laid::default() };
    let (mut laid, mut used) = (counts, HashSet::new());
    for (it, outcome) in seen {
        let by_address = it.email.as_deref().and_then(|email| index.addresses.get(&address(email)).copied());
        let joined = it.joined.and_then(|id| listed.iter().find(|one| one.id == id));
        let finding = match (by_address, joined, outcome) {
            (Some(one), _, Ok(_)) => {
                used.insert(one.id);
                laid.met += 1;
                // Of who signed in for real the address is known folded alone.
                (it.tested && one.written != it.email).then(|| Finding::CaseOnly(it.clone(), one.clone()))
            }
            (None, Some(one), Ok(Joining::Subject)) => {
                used.insert(one.id);
                laid.met += 1;
                Some(Finding::Readdressed(it.clone(), one.clone()))
            }
            (_, _, Err(refused)) => {
                let words = refused.message.clone();
                Some(match by_address.or_else(|| index.like(it)) {
                    Some(one) => {
                        used.insert(one.id);
                        Finding::RefusedTwin(it.clone(), one.clone(), words)
                    }
                    None => Finding::Refused(it.clone(), words),
                })
            }
            (None, _, Ok(_)) => Some(match index.like(it) {
                Some(one) => {
                    used.insert(one.id);
                    Finding::Second(it.clone(), one.clone())
                }
                None => Finding::Unlisted(it.clone()),
            }),
        };
        laid.findings.extend(finding);
    }
    for one in listed.iter().filter(|one| !used.contains(&one.id)) {
        match (&one.email, one.vouched) {
            (None, _) => laid.findings.push(Finding::NoAddress(one.clone())),
            (Some(_), false) => laid.findings.push(Finding::ByMail(one.clone())),
            (Some(_), true) => laid.to_come += 1,
        }
    }
    laid.findings.sort_by_key(Finding::weight);
    laid
}

/// An address as it is compared.
fn address(text: &str) -> String {
    profile::email::parse(text).ok().flatten().unwrap_or_else(|| fold(text))
}

/// The people of the directory by whatever somebody may be known by.
struct Index<'a> {
    addresses: HashMap<String, &'a Listed>,
    identifiers: HashMap<String, &'a Listed>,
    /// None where several have the name.
    names: HashMap<String, Option<&'a Listed>>,
}

impl<'a> Index<'a> {
    fn of(listed: &'a [Listed]) -> Self {
        let mut it = Self { addresses: HashMap::new(), identifiers: HashMap::new(), names: HashMap::new() };
        for one in listed {
            if let Some(email) = &one.email {
                it.addresses.insert(address(email), one);
            }
            let any = one.emails.iter().chain(&one.external_id).chain([&one.user_name]);
            for key in any.filter(|key| !key.is_empty()) {
                it.identifiers.entry(fold(key)).or_insert(one);
            }
            if !one.name.is_empty() {
                it.names.entry(fold(&one.name)).and_modify(|many| *many = None).or_insert(Some(one));
            }
        }
        it
    }

    /// Who is probably the same person: an identifier of one is one of the other, or the whole name is. Two people may share
    /// the part of an address before the @, so that alone says nothing.
    fn like(&self, seen: &Seen) -> Option<&'a Listed> {
        let exact = [Some(&seen.subject), seen.email.as_ref()];
        let exact = exact.into_iter().flatten().find_map(|key| self.identifiers.get(&fold(key)).copied());
        exact.or_else(|| self.names.get(&fold(&seen.name)).copied().flatten())
    }
}

/// Remembers whom a test told of, to be laid beside the directory.
pub async fn remember(
    app: &App,
    tx: &mut Tx,
    connection: ConnectionId,
    organization: model::OrganizationId,
    asserted: &Asserted,
) -> Result<(), Problem> {
    let profile = &asserted.mapped.profile;
    let name = format!(
        "{} {}",
        profile.first_name.as_deref().unwrap_or_default(),
        profile.last_name.as_deref().unwrap_or_default()
    );
    let it = Tried {
        connection_id: connection,
        subject: asserted.subject.clone(),
        organization_id: organization,
        email: asserted.email.clone(),
        state: json!({"email": asserted.email, "name": name.trim()}).to_string(),
        at: app.now(),
    };
    Ok(store::tried::remember(tx, &it).await?)
}

/// Everything that is known of an organization's people, laid beside each other.
pub async fn of_organization(app: &App, organization: &Organization) -> Result<Laid, Problem> {
    let mut listed = Vec::new();
    let directories = store::directory::list(&mut app.read().await?, organization.id).await?;
    for directory in &directories {
        let arrived = directory::arrivals(app, directory, &DirectoryConfig::of(directory)?, LISTED).await?;
        listed.extend(arrived.iter().filter(|it| it.active).map(of_directory));
    }
    let mut db = app.read().await?;
    for one in &mut listed {
        if let Some(email) = &one.email {
            one.vouched = connection::domains::vouches_for(&mut db, organization.id, email).await?;
        }
    }
    let seen = seen(&mut db, organization).await?;
    let mut laid = Vec::with_capacity(seen.len());
    for it in seen {
        let outcome = outcome(app, &mut db, organization, &it).await?;
        laid.push((it, outcome));
    }
    Ok(lay(&laid, &listed))
}

/// Tests and sign-ins. Who signed in for real needs no test beside it.
async fn seen(db: &mut impl Connected, organization: &Organization) -> Result<Vec<Seen>, Problem> {
    let known = store::tried::known(db, organization.id, SEEN).await?;
    let mut all: Vec<Seen> = known
        .into_iter()
        .map(|it| Seen {
            connection: it.connection_id,
            subject: it.subject,
            email: Some(it.email),
            name: String::new(),
            tested: false,
            joined: it.directory_user_id,
        })
        .collect();
    let real: HashSet<(ConnectionId, String)> =
        all.iter().map(|it| (it.connection, it.subject.clone())).collect();
    for it in store::tried::list(db, organization.id, SEEN).await? {
        if real.contains(&(it.connection_id, it.subject.clone())) {
            continue;
        }
        let state: Value = serde_json::from_str(&it.state).unwrap_or_default();
        all.push(Seen {
            connection: it.connection_id,
            subject: it.subject,
            email: state["email"].as_str().map(ToOwned::to_owned),
            name: state["name"].as_str().unwrap_or_default().to_owned(),
            tested: true,
            joined: None,
        });
    }
    Ok(all)
}

/// What a sign-in of this person would lead to now, decided as a sign-in decides it.
async fn outcome(
    app: &App,
    db: &mut impl Connected,
    organization: &Organization,
    it: &Seen,
) -> Result<Outcome, Problem> {
    let Some(email) = it.email.as_deref().and_then(|e| profile::email::parse(e).ok().flatten()) else {
        return Ok(Err(join::no_address()));
    };
    let facts = join::facts(db, app.now(), organization, (it.connection, &it.subject), &email).await?;
    Ok(join::decide(organization, &facts, &email))
}

fn of_directory(it: &Arrived) -> Listed {
    let text = |name: &str| it.user[name].as_str().map(ToOwned::to_owned);
    let emails = it.user["emails"].as_array().into_iter().flatten();
    let emails: Vec<String> = emails.filter_map(|it| it["value"].as_str().map(ToOwned::to_owned)).collect();
    let user_name = text("userName").unwrap_or_default();
    let email = it.mapped.profile.email.clone();
    let is_it = |text: &&String| email.as_ref() == Some(&address(text));
    let written = emails.iter().chain([&user_name]).find(is_it).cloned().or_else(|| email.clone());
    let profile = &it.mapped.profile;
    let name = format!(
        "{} {}",
        profile.first_name.as_deref().unwrap_or_default(),
        profile.last_name.as_deref().unwrap_or_default()
    );
    Listed {
        id: it.id,
        name: name.trim().to_owned(),
        external_id: text("externalId"),
        user_name,
        email,
        written,
        emails,
        vouched: false,
    }
}

/// The connections by id, for their names.
pub fn by_id(all: &[Connection]) -> HashMap<ConnectionId, &Connection> {
    all.iter().map(|it| (it.id, it)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id<T: std::str::FromStr>(prefix: &str, n: usize) -> T {
        format!("{prefix}_{n:0>26}").parse().ok().unwrap()
    }

    fn seen(subject: &str, email: &str, name: &str) -> Seen {
        Seen {
            connection: id("con", 1),
            subject: subject.to_owned(),
            email: (!email.is_empty()).then(|| email.to_owned()),
            name: name.to_owned(),
            tested: true,
            joined: None,
        }
    }

    fn listed(n: usize, user_name: &str, email: &str, name: &str) -> Listed {
        Listed {
            id: id("usr", n),
            name: name.to_owned(),
            user_name: user_name.to_owned(),
            external_id: Some(format!("ext-{n}")),
            email: (!email.is_empty()).then(|| email.to_owned()),
            written: (!email.is_empty()).then(|| email.to_owned()),
            emails: vec![email.to_owned()],
            vouched: !email.contains("outside"),
        }
    }

    fn refused() -> Outcome {
        Err(join::refuse("email_not_in_domain", "no"))
    }

    #[test]
    fn each_way_to_miss_each_other_is_named() {
        let jane = listed(1, "jane.lee@acme.test", "jane.lee@acme.test", "Jane Lee");
        let kind = |it: Seen, outcome: Outcome, one: &Listed| {
            let laid = lay(&[(it, outcome)], std::slice::from_ref(one));
            let name = laid.findings.first().map_or("", |found| match found {
                Finding::CaseOnly(..) => "case",
                Finding::Readdressed(..) => "readdressed",
                Finding::Second(..) => "second",
                Finding::RefusedTwin(..) => "refused twin",
                Finding::Unlisted(_) => "unlisted",
                Finding::Refused(..) => "refused",
                Finding::NoAddress(_) => "no address",
                Finding::ByMail(_) => "by mail",
            });
            (name, laid.met, laid.to_come)
        };
        let joined = Seen { joined: Some(jane.id), ..seen("p-1", "j.lee@acme.test", "") };
        let table = [
            ("the same address", seen("p-1", "jane.lee@acme.test", ""), Ok(Joining::New), ("", 1, 0)),
            ("upper case", seen("p-1", "Jane.Lee@ACME.test", ""), Ok(Joining::New), ("case", 1, 0)),
            ("address changed", joined, Ok(Joining::Subject), ("readdressed", 1, 0)),
            (
                "only the name",
                seen("jlee@acme.test", "jlee@acme.test", "Jane Lee"),
                Ok(Joining::New),
                ("second", 0, 0),
            ),
            ("the provider's id", seen("EXT-1", "jlee@acme.test", ""), Ok(Joining::New), ("second", 0, 0)),
            ("outside", seen("p-1", "jlee@corp.test", "Jane Lee"), refused(), ("refused twin", 0, 0)),
            (
                "same address, suspended",
                seen("p-1", "jane.lee@acme.test", ""),
                refused(),
                ("refused twin", 0, 0),
            ),
            ("a stranger", seen("p-9", "bob@acme.test", "Bob Ray"), Ok(Joining::New), ("unlisted", 0, 1)),
            ("a stranger, refused", seen("p-9", "bob@corp.test", "Bob"), refused(), ("refused", 0, 1)),
            (
                "only the part before the @",
                seen("p-9", "jane.lee@other.test", ""),
                Ok(Joining::New),
                ("unlisted", 0, 1),
            ),
        ];
        for (situation, it, outcome, expected) in table {
            assert_eq!(kind(it, outcome, &jane), expected, "{situation}");
        }
    }

    #[test]
    fn people_of_the_directory_who_did_not_sign_in_are_told_how_they_will() {
        let all =
            [listed(1, "a", "a@acme.test", ""), listed(2, "b", "", ""), listed(3, "c", "c@outside.test", "")];
        let laid = lay(&[], &all);
        assert_eq!((laid.met, laid.to_come, laid.findings.len()), (0, 1, 2));
        assert!(matches!(&laid.findings[0], Finding::NoAddress(it) if it.id == all[1].id));
        assert!(laid.findings[0].is_trouble() && !laid.findings[1].is_trouble());
    }

    #[test]
    fn two_people_of_one_name_are_not_taken_for_each_other() {
        let twins = [listed(1, "a", "a@acme.test", "Jane Lee"), listed(2, "b", "b@acme.test", "Jane Lee")];
        let laid = lay(&[(seen("p", "c@acme.test", "Jane Lee"), Ok(Joining::New))], &twins);
        assert!(matches!(laid.findings.as_slice(), [Finding::Unlisted(_)]), "{laid:?}");
    }
}
