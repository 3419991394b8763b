//! Logins against the whole process: `frontdesk serve` on its own, on a durable database, and many browsers with a small
//! identity provider in this process. One login is an application's authorization request with PKCE, the SAML round trip,
//! the redemption of the code for an RS256 ID token, and userinfo. What is told is the server's CPU time per login, from
//! the operating system, and how long the browsers waited.
//!
//! ```text
//! cargo build --release -p frontdesk
//! cargo run --release -p bench --bin logins -- [--logins 10000] [--browsers 32] [--organizations 1]
//!     [--database postgres://…] [--program target/release/frontdesk]
//!     [--peer "node crates/bench/peers/jackson.mjs"]
//! ```
//!
//! Each person has signed in once before the counting begins, so that nobody is new. With several organizations each has
//! its own domain and connection, and the logins go round them. A peer is a program that serves the same login; it is told
//! the identity provider's metadata in its environment and answers with one line of JSON (see `peers/jackson.mjs`).

#![expect(clippy::disallowed_methods, reason = "it measures the time of the machine")]

mod world;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bench::Outcome;
use world::World;

struct Settings {
    logins: usize,
    browsers: usize,
    organizations: usize,
    database: Option<String>,
    program: PathBuf,
    peer: Option<String>,
}

impl Settings {
    fn read() -> Outcome<Self> {
        let mut it = Self {
            logins: 10_000,
            browsers: 32,
            organizations: 1,
            database: None,
            program: PathBuf::from("target/release/frontdesk"),
            peer: None,
        };
        let mut arguments = std::env::args().skip(1);
        while let Some(name) = arguments.next() {
            let value = arguments.next().ok_or_else(|| format!("{name} needs a value"))?;
            match name.as_str() {
                "--logins" => it.logins = value.parse()?,
                "--browsers" => it.browsers = value.parse()?,
                "--organizations" => it.organizations = value.parse()?,
                "--database" => it.database = Some(value),
                "--program" => it.program = value.into(),
                "--peer" => it.peer = Some(value),
                _ => return Err(format!("{name} is not known").into()),
            }
        }
        Ok(it)
    }

    fn title(&self) -> String {
        match (&self.peer, &self.database) {
            (Some(peer), _) => peer.clone(),
            (None, Some(_)) => format!("frontdesk, PostgreSQL, {} organizations", self.organizations),
            (None, None) => format!("frontdesk, durable SQLite, {} organizations", self.organizations),
        }
    }
}

/// Runs logins `0..count` from `browsers` at once; how long each took, and what failed.
async fn run(world: &Arc<World>, count: usize, browsers: usize) -> (Vec<Duration>, Vec<String>) {
    let next = Arc::new(AtomicUsize::new(0));
    let mut tasks = Vec::new();
    for _ in 0..browsers {
        let (world, next) = (Arc::clone(world), Arc::clone(&next));
        tasks.push(tokio::spawn(async move {
            let (mut times, mut failures) = (Vec::new(), Vec::new());
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= count {
                    return (times, failures);
                }
                let began = Instant::now();
                match world.login(number).await {
                    Ok(()) => times.push(began.elapsed()),
                    Err(failure) => failures.push(failure.to_string()),
                }
            }
        }));
    }
    let (mut times, mut failures) = (Vec::new(), Vec::new());
    for task in tasks {
        match task.await {
            Ok((t, f)) => {
                times.extend(t);
                failures.extend(f);
            }
            Err(error) => failures.push(error.to_string()),
        }
    }
    times.sort_unstable();
    (times, failures)
}

async fn measure(settings: &Settings) -> Outcome<bool> {
    let world = World::new(settings).await?;
    let server = world.server();
    let world = Arc::new(world);
    let everybody = world::PEOPLE.max(settings.organizations.min(settings.logins));
    let (_, failures) = run(&world, everybody, 4).await;
    if let Some(first) = failures.first() {
        return Err(format!("{} of the first logins failed: {first}", failures.len()).into());
    }
    let (cpu, began) = (server.cpu()?, Instant::now());
    let (times, failures) = run(&world, settings.logins, settings.browsers).await;
    let (took, used) = (began.elapsed(), server.cpu()? - cpu);
    let at =
        |share: usize| times.get(times.len().saturating_sub(1) * share / 1000).copied().unwrap_or_default();
    println!("{}", settings.title());
    println!("  {} logins by {} browsers, {} failed", settings.logins, settings.browsers, failures.len());
    println!("  server CPU {} µs a login", used / u64::try_from(settings.logins.max(1))?);
    println!("  {:.0} logins a second", f64::from(u32::try_from(times.len())?) / took.as_secs_f64());
    println!("  p50 {:.1?}, p99 {:.1?}, longest {:.1?}", at(500), at(990), at(1000));
    println!("  resident memory {} MiB", server.memory()?);
    for failure in failures.iter().take(3) {
        println!("  failed: {failure}");
    }
    Ok(failures.is_empty())
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
