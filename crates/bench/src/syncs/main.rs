//! A directory's sync against the whole process: `frontdesk serve` on its own, on a durable database, and a provider with
//! some connections in this process. It fills a live directory with people and groups, and then asks what providers ask, one
//! kind of request after the other. What is told of each is the server's CPU time per request, from the operating system.
//!
//! ```text
//! cargo build --release -p frontdesk
//! cargo run --release -p bench --bin syncs -- [--users 100000] [--groups 1000] [--requests 4000] [--connections 4]
//!     [--database postgres://…] [--program target/release/frontdesk]
//!     [--peer "node crates/bench/peers/jackson_scim.mjs"] [--only patch]
//! ```
//!
//! Every answer is checked for what it says: ids, names, totals, members. A request whose answer is not right counts as
//! failed, and the first of them is shown. A peer is a program that serves the same protocol; it answers with one line of JSON
//! that says where it listens and which token it takes. `--only` names a part of what is asked after the filling.

#![expect(clippy::disallowed_methods, reason = "it measures the time of the machine")]

mod steps;
mod world;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use bench::Outcome;
use world::World;

struct Settings {
    users: usize,
    groups: usize,
    requests: usize,
    connections: usize,
    database: Option<String>,
    program: PathBuf,
    peer: Option<String>,
    only: String,
}

impl Settings {
    fn read() -> Outcome<Self> {
        let mut it = Self {
            users: 100_000,
            groups: 1000,
            requests: 4000,
            connections: 4,
            database: None,
            program: PathBuf::from("target/release/frontdesk"),
            peer: None,
            only: String::new(),
        };
        let mut arguments = std::env::args().skip(1);
        while let Some(name) = arguments.next() {
            let value = arguments.next().ok_or_else(|| format!("{name} needs a value"))?;
            match name.as_str() {
                "--users" => it.users = value.parse()?,
                "--groups" => it.groups = value.parse()?,
                "--requests" => it.requests = value.parse()?,
                "--connections" => it.connections = value.parse()?,
                "--database" => it.database = Some(value),
                "--program" => it.program = value.into(),
                "--peer" => it.peer = Some(value),
                "--only" => it.only = value,
                _ => return Err(format!("{name} is not known").into()),
            }
        }
        if it.groups == 0 || it.users < it.groups * 10 {
            return Err("at least one group, and ten people for each".into());
        }
        Ok(it)
    }

    fn title(&self) -> String {
        let server = match (&self.peer, &self.database) {
            (Some(peer), _) => peer,
            (None, Some(_)) => "frontdesk, PostgreSQL",
            (None, None) => "frontdesk, durable SQLite",
        };
        format!("{server}: {} users, {} groups, {} connections", self.users, self.groups, self.connections)
    }
}

/// Does jobs `0..count` over some connections at once; what failed.
async fn run<F>(world: &Arc<World>, count: usize, connections: usize, job: F) -> Vec<String>
where
    F: AsyncJob,
{
    let next = Arc::new(AtomicUsize::new(0));
    let mut tasks = Vec::new();
    for _ in 0..connections {
        let (world, next, job) = (Arc::clone(world), Arc::clone(&next), job);
        tasks.push(tokio::spawn(async move {
            let mut failures = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= count {
                    return failures;
                }
                if let Err(failure) = job.call(Arc::clone(&world), number).await {
                    failures.push(failure.to_string());
                }
            }
        }));
    }
    let mut failures = Vec::new();
    for task in tasks {
        match task.await {
            Ok(some) => failures.extend(some),
            Err(error) => failures.push(error.to_string()),
        }
    }
    failures
}

/// A request with its check, by number.
trait AsyncJob: Copy + Send + 'static {
    fn call(self, world: Arc<World>, number: usize) -> impl Future<Output = Outcome<()>> + Send;
}

impl<F, T> AsyncJob for F
where
    F: Fn(Arc<World>, usize) -> T + Copy + Send + 'static,
    T: Future<Output = Outcome<()>> + Send,
{
    fn call(self, world: Arc<World>, number: usize) -> impl Future<Output = Outcome<()>> + Send {
        self(world, number)
    }
}

/// Runs one kind of request and tells what it cost. Whether all went well.
async fn step<F: AsyncJob>(
    world: &Arc<World>,
    settings: &Settings,
    (name, count): (&str, usize),
    job: F,
) -> Outcome<bool> {
    if count == 0 || !name.contains(&settings.only) {
        return Ok(true);
    }
    let (cpu, began) = (world.server.cpu()?, Instant::now());
    let failures = run(world, count, settings.connections, job).await;
    let (took, used) = (began.elapsed(), world.server.cpu()? - cpu);
    let micros = used / u64::try_from(count)?;
    let rate = f64::from(u32::try_from(count)?) / took.as_secs_f64();
    let failed = failures.len();
    println!("  {name:<34} {micros:>8} µs CPU {rate:>8.0}/s {count:>7} asked, {failed} failed");
    if let Some(first) = failures.first() {
        println!("    failed: {first:.300}");
    }
    Ok(failed == 0)
}

async fn measure(settings: &Settings) -> Outcome<bool> {
    let world = Arc::new(World::new(settings).await?);
    println!("{}", settings.title());
    let mut well = steps::fill(&world, settings).await?;
    well &= steps::ask(&world, settings).await?;
    println!("  resident memory {} MiB, at most {} MiB", world.server.memory()?, world.server.most_memory()?);
    Ok(well)
}

fn main() -> ExitCode {
    let outcome = Settings::read().and_then(|settings| {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        runtime.block_on(measure(&settings))
    });
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::FAILURE
        }
    }
}
