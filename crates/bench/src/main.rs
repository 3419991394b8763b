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

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use bench::Outcome;
use bench::work::{self, Measured};
use world::World;

struct Settings {
    logins: usize,
    browsers: usize,
    organizations: usize,
    measured: Measured,
}

impl Settings {
    fn read() -> Outcome<Self> {
        let (mut logins, mut browsers, mut organizations) = (10_000, 32, 1);
        let measured = Measured::read(|name, value| {
            match name {
                "--logins" => logins = value.parse()?,
                "--browsers" => browsers = value.parse()?,
                "--organizations" => organizations = value.parse()?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(Self { logins, browsers, organizations, measured })
    }

    fn title(&self) -> String {
        match &self.measured.peer {
            Some(peer) => peer.clone(),
            None => format!("{}, {} organizations", self.measured.title(), self.organizations),
        }
    }
}

async fn measure(settings: Settings) -> Outcome<bool> {
    let world = World::new(&settings).await?;
    let server = world.server();
    let world = Arc::new(world);
    let everybody = world::PEOPLE.max(settings.organizations.min(settings.logins));
    let login = |world: Arc<World>, number| async move { world.login(number).await };
    let (_, failures) = work::each(&world, everybody, 4, login).await;
    if let Some(first) = failures.first() {
        return Err(format!("{} of the first logins failed: {first}", failures.len()).into());
    }
    let (cpu, began) = (server.cpu()?, Instant::now());
    let (times, failures) = work::each(&world, settings.logins, settings.browsers, login).await;
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
    work::measure(Settings::read().map(measure))
}
