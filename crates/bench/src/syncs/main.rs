//! A directory's sync against the whole process: `frontdesk serve` on its own, on a durable database, and a provider with
//! some connections in this process. It fills a live directory with people and groups, and then asks what providers ask, one
//! kind of request after the other. What is told of each is the server's CPU time per request, from the operating system.
//!
//! ```text
//! cargo build --release -p frontdesk
//! cargo run --release -p bench --bin syncs -- [--users 100000] [--groups 1000] [--requests 4000] [--connections 4]
//!     [--database postgres://…] [--program target/release/frontdesk]
//!     [--peer "node crates/bench/peers/jackson_scim.mjs"] [--only PATCH] [--others 4999 --each 200]
//! ```
//!
//! Every answer is checked for what it says: ids, names, totals, members. A request whose answer is not right counts as
//! failed, and the first of them is shown. A peer is a program that serves the same protocol; it answers with one line of JSON
//! that says where it listens and which token it takes. `--only` names a part of what is asked after the filling;
//! `--others` makes so many other companies before, each with a directory of its own.

#![expect(clippy::disallowed_methods, reason = "it measures the time of the machine")]

mod steps;
mod world;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use bench::Outcome;
use bench::work::{self, AsyncJob, Measured};
use world::World;

struct Settings {
    users: usize,
    groups: usize,
    requests: usize,
    connections: usize,
    /// Other companies, and the users of each.
    others: usize,
    each: usize,
    measured: Measured,
    only: String,
}

impl Settings {
    fn read() -> Outcome<Self> {
        let (mut users, mut groups, mut requests, mut connections) = (100_000, 1000, 4000, 4);
        let (mut others, mut each, mut only) = (0, 200, String::new());
        let measured = Measured::read(|name, value| {
            match name {
                "--users" => users = value.parse()?,
                "--groups" => groups = value.parse()?,
                "--requests" => requests = value.parse()?,
                "--connections" => connections = value.parse()?,
                "--others" => others = value.parse()?,
                "--each" => each = value.parse()?,
                "--only" => value.clone_into(&mut only),
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        let it = Self { users, groups, requests, connections, others, each, measured, only };
        if it.groups == 0 || it.users < it.groups * 10 {
            return Err("at least one group, and ten people for each".into());
        }
        Ok(it)
    }

    fn title(&self) -> String {
        let server = self.measured.title();
        format!("{server}: {} users, {} groups, {} connections", self.users, self.groups, self.connections)
    }
}

/// Runs one kind of request and tells what it cost. Whether all went well.
async fn step(
    world: &Arc<World>,
    settings: &Settings,
    (name, count): (&str, usize),
    job: impl AsyncJob<World>,
) -> Outcome<bool> {
    if count == 0 || !name.contains(&settings.only) {
        return Ok(true);
    }
    let (cpu, began) = (world.server.cpu()?, Instant::now());
    let (_, failures) = work::each(world, count, settings.connections, job).await;
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

async fn measure(settings: Settings) -> Outcome<bool> {
    let world = Arc::new(World::new(&settings).await?);
    println!("{}", settings.title());
    steps::fill_others(&world, &settings).await?;
    let mut well = steps::fill(&world, &settings).await?;
    well &= steps::ask(&world, &settings).await?;
    println!("  resident memory {} MiB, at most {} MiB", world.server.memory()?, world.server.most_memory()?);
    Ok(well)
}

fn main() -> ExitCode {
    work::measure(Settings::read().map(measure))
}
