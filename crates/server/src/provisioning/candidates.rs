//! The candidates that indexes find for a filter, so that no look at every resource of a directory is needed.

use model::{DirectoryGroupId, DirectoryUserId};
use scim::{Access, Filter, Key, Test};
use store::directory_search::{self, Among};
use store::{Connected, directory_group, directory_user};

use super::call::Call;
use super::plan::Kind;
use super::show::Stored;
use crate::problem::Problem;

/// Candidates, in order of arrival. Each is still to be held against the whole filter.
#[derive(Debug)]
pub enum Found {
    /// Read already: few.
    Rows(Vec<Stored>),
    /// Ids of users.
    Users(Vec<DirectoryUserId>),
    /// Ids of groups.
    Groups(Vec<DirectoryGroupId>),
}

/// What the indexes find for the filter; `None` where they do not help.
pub async fn candidates(
    db: &mut impl Connected,
    call: &Call,
    kind: Kind,
    filter: &Filter,
) -> Result<Option<Found>, Problem> {
    let Some(access) = filter.access() else { return Ok(None) };
    if let Access::By(key, Test::Equals(value)) = access {
        let rows = match kind {
            Kind::User => {
                users(db, call, key, value).await?.map(|rows| rows.into_iter().map(Stored::User).collect())
            }
            Kind::Group => {
                groups(db, call, key, value).await?.map(|rows| rows.into_iter().map(Stored::Group).collect())
            }
            Kind::Test => None,
        };
        return Ok(rows.map(Found::Rows));
    }
    let mut leaves = Vec::new();
    flatten(&access, &mut leaves);
    match kind {
        Kind::User => {
            let mut all = Vec::new();
            for leaf in leaves {
                let Some(some) = user_ids(db, call, leaf).await? else { return Ok(None) };
                all.extend(some);
            }
            all.sort_unstable();
            all.dedup();
            Ok(Some(Found::Users(all)))
        }
        Kind::Group => {
            let mut all = Vec::new();
            for leaf in leaves {
                let Some(some) = group_ids(db, call, leaf).await? else { return Ok(None) };
                all.extend(some);
            }
            all.sort_unstable();
            all.dedup();
            Ok(Some(Found::Groups(all)))
        }
        Kind::Test => Ok(None),
    }
}

fn flatten<'a, 'f>(access: &'a Access<'f>, leaves: &mut Vec<&'a Access<'f>>) {
    match access {
        Access::Any(all) => all.iter().for_each(|one| flatten(one, leaves)),
        leaf => leaves.push(leaf),
    }
}

/// What a leaf that is no equality asks the store; `None` where no index knows.
fn among<'a>(leaf: &Access<'a>) -> Option<Among<'a>> {
    Some(match leaf {
        Access::By(Key::UserName, Test::Begins(text)) => Among::Name(text),
        Access::By(Key::DisplayName, Test::Begins(text)) => Among::DisplayName(text),
        Access::By(Key::Email, Test::Begins(text)) => Among::Email(text),
        Access::By(Key::ExternalId, Test::Begins(text)) => Among::ExternalId(text),
        Access::Since(at) => Among::Since((*at).into()),
        Access::Until(at) => Among::Until((*at).into()),
        Access::By(..) | Access::Any(_) => return None,
    })
}

async fn user_ids(
    db: &mut impl Connected,
    call: &Call,
    leaf: &Access<'_>,
) -> Result<Option<Vec<DirectoryUserId>>, Problem> {
    if let Access::By(key, Test::Equals(value)) = leaf {
        let rows = users(db, call, *key, value).await?;
        return Ok(rows.map(|rows| rows.into_iter().map(|it| it.id).collect()));
    }
    let Some(among) = among(leaf) else { return Ok(None) };
    Ok(Some(directory_search::users(db, call.directory.id, among).await?))
}

async fn group_ids(
    db: &mut impl Connected,
    call: &Call,
    leaf: &Access<'_>,
) -> Result<Option<Vec<DirectoryGroupId>>, Problem> {
    if let Access::By(key, Test::Equals(value)) = leaf {
        let rows = groups(db, call, *key, value).await?;
        return Ok(rows.map(|rows| rows.into_iter().map(|it| it.id).collect()));
    }
    match among(leaf) {
        // Groups have neither, unless as attributes that no schema knows.
        None | Some(Among::Name(_) | Among::Email(_)) => Ok(None),
        Some(among) => Ok(Some(directory_search::groups(db, call.directory.id, among).await?)),
    }
}

async fn users(
    db: &mut impl Connected,
    call: &Call,
    key: Key,
    value: &str,
) -> Result<Option<Vec<directory_user::DirectoryUser>>, Problem> {
    use directory_user::By;
    let directory = call.directory.id;
    let by = match key {
        Key::UserName => By::UserName(value),
        Key::ExternalId => By::ExternalId(value),
        Key::Email => By::Email(value),
        Key::DisplayName => By::DisplayName(value),
        Key::Id => {
            let Ok(id) = value.parse() else { return Ok(Some(Vec::new())) };
            return Ok(Some(directory_user::lookup(db, directory, id).await?.into_iter().collect()));
        }
        Key::Member => return Ok(None),
    };
    Ok(Some(directory_user::find(db, directory, by).await?))
}

async fn groups(
    db: &mut impl Connected,
    call: &Call,
    key: Key,
    value: &str,
) -> Result<Option<Vec<directory_group::DirectoryGroup>>, Problem> {
    use directory_group::By;
    let directory = call.directory.id;
    let by = match key {
        Key::DisplayName => By::DisplayName(value),
        Key::ExternalId => By::ExternalId(value),
        Key::Member => By::Member(value),
        Key::Id => {
            let Ok(id) = value.parse() else { return Ok(Some(Vec::new())) };
            return Ok(Some(directory_group::lookup(db, directory, id).await?.into_iter().collect()));
        }
        Key::UserName | Key::Email => return Ok(None),
    };
    Ok(Some(directory_group::find(db, directory, by).await?))
}
