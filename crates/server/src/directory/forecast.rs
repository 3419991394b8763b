//! What going live would do, to whom, before it does: everybody is looked at, however many they are, and the first of each
//! kind are named.
//!
//! Owns the sorting. What really happens is decided by `apply`, person by person; a test holds the two together.

use std::collections::{BTreeMap, HashMap};

use model::{Directory, DirectoryUserId, Member, MemberStatus, Organization, Role};
use store::{Connected, directory_member};

use super::counts::{Arrived, Reader, Walk};
use super::{Brake, DirectoryConfig, brake};
use crate::app::App;
use crate::member;
use crate::organization::profile_defaults;
use crate::problem::Problem;

/// So many people of each kind are named beside the count.
const NAMED: usize = 8;

/// What going live means for somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lot {
    /// Has a place, and is inactive over there.
    Leaves,
    /// Is new.
    Comes,
    /// Has a place by another way, and keeps it.
    Joins,
    /// Had left, and is active over there.
    Returns,
    /// Came from this directory before.
    Stays,
    /// Lacks a required field.
    Incomplete,
    /// Is inactive over there, and stays because somebody decided so.
    Kept,
    /// Is inactive over there, and has no place.
    Nothing,
}

impl Lot {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 8] = [
        Self::Leaves,
        Self::Comes,
        Self::Joins,
        Self::Returns,
        Self::Stays,
        Self::Incomplete,
        Self::Kept,
        Self::Nothing,
    ];

    /// The spelling in addresses and in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Leaves => "leave",
            Self::Comes => "come",
            Self::Joins => "join",
            Self::Returns => "return",
            Self::Stays => "stay",
            Self::Incomplete => "incomplete",
            Self::Kept => "kept",
            Self::Nothing => "no_place",
        }
    }
}

/// Whom to list: those of one lot, or those who become administrators, whatever their lot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Among {
    /// One lot.
    Lot(Lot),
    /// Who becomes an administrator.
    Admins,
}

impl Among {
    /// The spelling in addresses and in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Lot(lot) => lot.as_str(),
            Self::Admins => "admins",
        }
    }

    /// All of them, in the order in which they are shown.
    pub fn all() -> impl Iterator<Item = Self> {
        Lot::ALL.into_iter().map(Self::Lot).chain([Self::Admins])
    }

    /// From an address.
    pub fn read(text: &str) -> Option<Self> {
        Self::all().find(|it| it.as_str() == text)
    }

    fn holds(self, it: &Foreseen) -> bool {
        match self {
            Self::Lot(lot) => it.lot == lot,
            Self::Admins => it.becomes_admin,
        }
    }
}

/// Somebody, and what going live means for them.
#[derive(Debug, Clone)]
pub struct Foreseen {
    /// The user, as the mapping reads it. What the member is known by fills what is missing.
    pub arrived: Arrived,
    /// What it means.
    pub lot: Lot,
    /// Becomes an administrator.
    pub becomes_admin: bool,
}

/// What going live would do.
#[derive(Debug, Default)]
pub struct Forecast {
    /// How many people were sent, without those who left before and keep their account.
    pub people: u64,
    /// How many of them are active.
    pub active: u64,
    /// How many of each kind, and the first of them.
    pub groups: BTreeMap<Among, (u64, Vec<Foreseen>)>,
    /// That the brake would stop it: how many would leave, of how many.
    pub stops: Option<(u64, u64)>,
}

impl Forecast {
    /// How many there are of a kind.
    pub fn count(&self, among: Among) -> u64 {
        self.groups.get(&among).map_or(0, |(count, _)| *count)
    }

    fn take(&mut self, it: &Foreseen) {
        self.people += 1;
        self.active += u64::from(it.arrived.active);
        for among in [Among::Lot(it.lot), Among::Admins] {
            if among.holds(it) {
                let (count, named) = self.groups.entry(among).or_default();
                *count += 1;
                if named.len() < NAMED {
                    named.push(it.clone());
                }
            }
        }
    }
}

/// What going live would do now.
pub async fn forecast(app: &App, it: &Directory) -> Result<Forecast, Problem> {
    let mut db = app.read().await?;
    let org = organization(&mut db, it).await?;
    let mut members = brake::present(&mut db, &org).await?;
    drop(db);
    let mut out = Forecast::default();
    let mut walk = Foresight::new(app, it, org, None).await?;
    while let Some(some) = walk.next(app).await? {
        for one in &some {
            // The brake counts who is there when the first leaver is told of; who came before is there by then.
            let nobody_left = out.count(Among::Lot(Lot::Leaves)) == 0;
            members += u64::from(nobody_left && one.makes_a_place());
            out.take(one);
        }
    }
    let leavers = out.count(Among::Lot(Lot::Leaves));
    out.stops = Brake::of(&it.brake).foresee(app.now(), &walk.org, leavers, members);
    Ok(out)
}

/// Those of one kind, in order of arrival, after a user: at most `limit`, and whether there are more.
pub async fn foreseen(
    app: &App,
    it: &Directory,
    among: Among,
    after: Option<DirectoryUserId>,
    limit: usize,
) -> Result<(Vec<Foreseen>, bool), Problem> {
    let org = organization(&mut app.read().await?, it).await?;
    let mut walk = Foresight::new(app, it, org, after).await?;
    let mut found = Vec::new();
    while let Some(some) = walk.next(app).await? {
        found.extend(some.into_iter().filter(|one| among.holds(one)));
        if found.len() > limit {
            found.truncate(limit);
            return Ok((found, true));
        }
    }
    Ok((found, false))
}

async fn organization(db: &mut impl Connected, it: &Directory) -> Result<Organization, Problem> {
    let found = store::organization::lookup(db, it.organization_id).await?;
    found.ok_or_else(|| Problem::not_found("organization"))
}

impl Foreseen {
    fn makes_a_place(&self) -> bool {
        let has_one = self.arrived.member.as_ref().is_some_and(is_here);
        self.arrived.active && !has_one
    }
}

fn is_here(member: &Member) -> bool {
    !matches!(member.status, MemberStatus::Disconnected | MemberStatus::Erasing)
}

/// Goes through all users of a directory.
struct Foresight<'a> {
    org: Organization,
    config: DirectoryConfig,
    defaults: profile::Defaults,
    reader: Reader<'a>,
    walk: Walk,
}

impl<'a> Foresight<'a> {
    async fn new(
        app: &App,
        it: &'a Directory,
        org: Organization,
        after: Option<DirectoryUserId>,
    ) -> Result<Self, Problem> {
        Ok(Self {
            config: DirectoryConfig::of(it)?,
            defaults: profile_defaults(&org),
            reader: Reader::new(app, &mut app.read().await?, it).await?,
            walk: Walk::after(it.id, after),
            org,
        })
    }

    async fn next(&mut self, app: &App) -> Result<Option<Vec<Foreseen>>, Problem> {
        let mut db = app.read().await?;
        let users = self.walk.next(&mut db).await?;
        if users.is_empty() {
            return Ok(None);
        }
        let arrived = self.reader.read(&mut db, &self.config, users).await?;
        let mut by_address = self.by_address(&mut db, &arrived).await?;
        let mut out = Vec::with_capacity(arrived.len());
        for mut one in arrived {
            let was_behind = one.member.is_some();
            if !was_behind && let Some(email) = &one.mapped.profile.email {
                one.member = by_address.remove(&store::fold(email));
            }
            self.fill(&mut one);
            let lot = self.lot(&mut db, &one, was_behind).await?;
            let is_admin = one.member.as_ref().is_some_and(|it| is_here(it) && it.role == Role::Admin);
            let becomes_admin = one.active && one.role == Some(Role::Admin) && !is_admin;
            out.push(Foreseen { arrived: one, lot, becomes_admin });
        }
        Ok(Some(out))
    }

    /// Whoever came in another way before is met by address, unless another user is behind them.
    async fn by_address(
        &self,
        db: &mut impl Connected,
        arrived: &[Arrived],
    ) -> Result<HashMap<String, Member>, Problem> {
        let unmet = arrived.iter().filter(|it| it.member.is_none());
        let emails: Vec<&str> = unmet.filter_map(|it| it.mapped.profile.email.as_deref()).collect();
        let found = directory_member::at(db, self.org.id, &emails).await?;
        let free = found.into_iter().filter(|member| member.directory_user_id.is_none());
        Ok(free.filter_map(|it| Some((store::fold(it.email.as_deref()?), it))).collect())
    }

    /// What is known of the member fills what the directory does not say.
    fn fill(&self, one: &mut Arrived) {
        if let Some(member) = &one.member {
            let known = one.mapped.profile.clone().merge(&member::profile_of(member));
            one.missing = self.reader.missing(&known.with_defaults(&self.defaults));
        }
    }

    async fn lot(&self, db: &mut impl Connected, one: &Arrived, was_behind: bool) -> Result<Lot, Problem> {
        let member = one.member.as_ref().filter(|member| is_here(member));
        let kept = match member.filter(|_| !one.active) {
            Some(member) => brake::is_kept(db, member.id).await?,
            None => false,
        };
        Ok(match (one.active, member.is_some()) {
            (false, false) => Lot::Nothing,
            (false, true) if kept => Lot::Kept,
            (false, true) => Lot::Leaves,
            (true, _) if !one.missing.is_empty() => Lot::Incomplete,
            (true, false) if one.member.is_some() => Lot::Returns,
            (true, false) => Lot::Comes,
            (true, true) if was_behind => Lot::Stays,
            (true, true) => Lot::Joins,
        })
    }
}
