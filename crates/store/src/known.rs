//! Settings that every request asks for and that seldom change, remembered between requests.
//!
//! What is remembered belongs to a generation. Whoever writes one of these settings calls [`Tx::changes_settings`] first: until
//! that transaction has ended nothing is remembered and nobody is told what was, and with its end a new generation begins. On
//! the embedded database, which one process has to itself, the generation is a number in memory. On PostgreSQL it is a row that
//! grows in the transaction of the change, and that a write transaction asks once, after it has taken its locks; so what it is
//! told is never older than its locks. See `docs/decisions/0031-settings-remembered.md`.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use model::{
    Directory, DirectoryId, DirectorySecret, DomainStatus, Organization, OrganizationId, Time, TokenId,
};
use model::{DomainId, TokenHash};

use crate::db::on;
use crate::directory_token::Opened;
use crate::{Connected, Result, Tx, connection, directory, directory_token, domain, organization};

/// Of each kind so many are remembered; then all are forgotten.
const MOST: usize = 10_000;

/// Whose a domain is, as far as it is remembered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// The domain.
    pub id: DomainId,
    /// Who claims it, or has proven it.
    pub organization_id: OrganizationId,
    /// Whether it is proven.
    pub status: DomainStatus,
}

/// How somebody names the secret of a directory.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum SecretName {
    Hash(String),
    Client(TokenId),
}

#[derive(Debug, Default)]
struct State {
    /// Transactions under way that change something.
    changing: usize,
    generation: u64,
    directories: HashMap<DirectoryId, Arc<Directory>>,
    organizations: HashMap<OrganizationId, Arc<Organization>>,
    connected: HashMap<OrganizationId, bool>,
    owners: HashMap<String, Option<Owner>>,
    secrets: HashMap<SecretName, Opened>,
}

impl State {
    fn forget(&mut self) {
        self.directories.clear();
        self.organizations.clear();
        self.connected.clear();
        self.owners.clear();
        self.secrets.clear();
    }

    /// Whether what is remembered is of this generation.
    fn is_of(&self, generation: u64) -> bool {
        self.changing == 0 && self.generation == generation
    }
}

/// What a process remembers.
#[derive(Debug, Default)]
pub struct Known(Mutex<State>);

/// A transaction that changes settings. Ends with the transaction, however that ends.
#[derive(Debug)]
pub(crate) struct Changing(Arc<Known>);

impl Drop for Changing {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.changing -= 1;
        state.generation += 1;
        state.forget();
    }
}

impl Known {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets what is of another generation than the database told of.
    fn meet(&self, told: Option<u64>) {
        let mut state = self.state();
        // Its own changes count too, in numbers that the database does not know.
        if let Some(now) = told
            && state.generation != now
        {
            state.generation = now;
            state.forget();
        }
    }

    pub(crate) fn change(known: &Arc<Self>) -> Changing {
        known.state().changing += 1;
        Changing(Arc::clone(known))
    }
}

/// What a connection may use of what is remembered.
#[derive(Debug)]
pub enum Memory<'a> {
    /// Nothing.
    None,
    /// The memory of the one process that writes.
    Own(&'a Known),
    /// The memory of one of several processes, and the generation that the database told.
    Shared(&'a Known, &'a mut Option<u64>),
}

/// The generation of what the database says from now on; none where nothing may be remembered.
async fn generation(c: &mut impl Connected) -> Result<Option<u64>> {
    match c.memory() {
        Memory::None => return Ok(None),
        Memory::Own(known) => {
            let state = known.state();
            return Ok((state.changing == 0).then_some(state.generation));
        }
        Memory::Shared(known, told) if told.is_some() => {
            known.meet(*told);
            return Ok(*told);
        }
        Memory::Shared(..) => {}
    }
    let now: i64 = on!(c, |db| {
        sqlx::query_scalar("SELECT generation FROM settings_generation WHERE id = 1").fetch_one(db).await
    })?;
    let now = u64::try_from(now).unwrap_or(0);
    if let Memory::Shared(known, told) = c.memory() {
        *told = Some(now);
        known.meet(*told);
    }
    Ok(Some(now))
}

/// Begins a new generation for every process, with the commit of the transaction.
pub(crate) async fn grow(tx: &mut Tx) -> Result<()> {
    on!(tx, |db| {
        sqlx::query("UPDATE settings_generation SET generation = generation + 1 WHERE id = 1")
            .execute(db)
            .await
            .map(|_| ())
    })?;
    Ok(())
}

fn with<T>(
    c: &mut impl Connected,
    generation: Option<u64>,
    use_it: impl FnOnce(&mut State) -> Option<T>,
) -> Option<T> {
    let generation = generation?;
    let known = match c.memory() {
        Memory::None => return None,
        Memory::Own(known) | Memory::Shared(known, _) => known,
    };
    let mut state = known.state();
    if state.is_of(generation) { use_it(&mut state) } else { None }
}

fn put<K: Hash + Eq, V>(map: &mut HashMap<K, V>, key: K, value: V) {
    if map.len() >= MOST {
        map.clear();
    }
    map.insert(key, value);
}

/// As [`directory::lookup`]. When it was last heard, its silences and the count of its brake may be older than the rest; a stop
/// of the brake is not.
pub async fn directory(c: &mut impl Connected, id: DirectoryId) -> Result<Option<Arc<Directory>>> {
    let of = generation(c).await?;
    if let Some(it) = with(c, of, |state| state.directories.get(&id).cloned()) {
        return Ok(Some(it));
    }
    let Some(it) = directory::lookup(c, id).await?.map(Arc::new) else { return Ok(None) };
    with(c, of, |state| {
        put(&mut state.directories, id, Arc::clone(&it));
        Some(())
    });
    Ok(Some(it))
}

/// As [`organization::lookup`].
pub async fn organization(c: &mut impl Connected, id: OrganizationId) -> Result<Option<Arc<Organization>>> {
    let of = generation(c).await?;
    if let Some(it) = with(c, of, |state| state.organizations.get(&id).cloned()) {
        return Ok(Some(it));
    }
    let Some(it) = organization::lookup(c, id).await?.map(Arc::new) else { return Ok(None) };
    with(c, of, |state| {
        put(&mut state.organizations, id, Arc::clone(&it));
        Some(())
    });
    Ok(Some(it))
}

/// As [`connection::any_active`].
pub async fn any_active_connection(c: &mut impl Connected, id: OrganizationId) -> Result<bool> {
    let of = generation(c).await?;
    if let Some(it) = with(c, of, |state| state.connected.get(&id).copied()) {
        return Ok(it);
    }
    let it = connection::any_active(c, id).await?;
    with(c, of, |state| {
        put(&mut state.connected, id, it);
        Some(())
    });
    Ok(it)
}

/// As [`domain::lookup_name`]: whose it is.
pub async fn domain_owner(c: &mut impl Connected, name: &str) -> Result<Option<Owner>> {
    let of = generation(c).await?;
    if let Some(it) = with(c, of, |state| state.owners.get(name).cloned()) {
        return Ok(it);
    }
    let it = domain::lookup_name(c, name).await?;
    let it = it.map(|it| Owner { id: it.id, organization_id: it.organization_id, status: it.status });
    with(c, of, |state| {
        put(&mut state.owners, name.to_owned(), it.clone());
        Some(())
    });
    Ok(it)
}

/// As [`directory_token::open`] of a bearer token.
pub async fn bearer(c: &mut impl Connected, hash: &TokenHash, now: Time) -> Result<Option<Opened>> {
    let name = SecretName::Hash(hash.to_string());
    let of = generation(c).await?;
    if let Some(it) = with(c, of, |state| state.secrets.get(&name).cloned()) {
        return Ok(Some(it).filter(|it| it.works(now)));
    }
    let it = directory_token::open(c, DirectorySecret::Bearer, hash, now).await?;
    Ok(remember(c, of, name, it))
}

/// As [`directory_token::open_client`].
pub async fn client(c: &mut impl Connected, id: TokenId, now: Time) -> Result<Option<Opened>> {
    let name = SecretName::Client(id);
    let of = generation(c).await?;
    if let Some(it) = with(c, of, |state| state.secrets.get(&name).cloned()) {
        return Ok(Some(it).filter(|it| it.works(now)));
    }
    let it = directory_token::open_client(c, id, now).await?;
    Ok(remember(c, of, name, it))
}

/// What does not exist is not remembered: anybody can ask for it.
fn remember(c: &mut impl Connected, of: Option<u64>, name: SecretName, it: Option<Opened>) -> Option<Opened> {
    let it = it?;
    with(c, of, |state| {
        put(&mut state.secrets, name, it.clone());
        Some(())
    });
    Some(it)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    /// Tables of what is remembered.
    const TABLES: &[&str] = &["organizations", "domains", "connections", "directories", "directory_tokens"];
    /// Functions that write only what is not remembered of them.
    const UNSEEN: &[(&str, &str)] = &[
        ("connection.rs", "touch"),
        ("directory.rs", "touch"),
        ("directory.rs", "set_silent"),
        ("directory.rs", "count_brake"),
        ("directory_token.rs", "touch"),
        ("domain.rs", "look"),
        ("domain.rs", "look_at"),
        ("domain.rs", "look_at_proof"),
    ];

    fn sources(folder: &Path, found: &mut Vec<(String, String)>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, found);
            } else {
                let name = path.file_name().unwrap().to_string_lossy().into_owned();
                found.push((name, fs::read_to_string(&path).unwrap()));
            }
        }
    }

    #[test]
    fn whoever_writes_what_is_remembered_says_so() {
        let mut files = Vec::new();
        sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
        let mut writes = 0;
        for (file, text) in
            files.iter().filter(|(file, _)| !["known.rs", "testing.rs"].contains(&file.as_str()))
        {
            for function in text.split("\n}\n") {
                let writes_it = TABLES.iter().any(|table| {
                    ["INSERT INTO", "UPDATE", "DELETE FROM"].iter().any(|verb| {
                        function
                            .match_indices(&format!("{verb} {table}"))
                            .any(|(at, found)| function[at + found.len()..].starts_with([' ', '\n', '(']))
                    })
                });
                if !writes_it {
                    continue;
                }
                let name =
                    function.split("fn ").nth(1).and_then(|rest| rest.split(['(', '<']).next()).unwrap();
                let unseen = UNSEEN.contains(&(file.as_str(), name));
                assert_ne!(function.contains("tx.changes_settings()"), unseen, "{name} in {file}");
                writes += 1;
            }
        }
        assert!(writes > UNSEEN.len() + 10, "{writes} functions were found");
    }
}
