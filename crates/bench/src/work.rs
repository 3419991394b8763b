//! What both benches begin with and do: their arguments, many jobs at once, and the end of the process.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::Outcome;

/// Which server is measured.
#[derive(Debug)]
pub struct Measured {
    /// PostgreSQL, in place of a durable SQLite.
    pub database: Option<String>,
    /// The program.
    pub program: PathBuf,
    /// Another program that serves the same, in its place.
    pub peer: Option<String>,
}

impl Measured {
    /// Reads the arguments, `--name value` each. Those that are not of the server are given to `take`, which says whether it
    /// knows them.
    ///
    /// # Errors
    /// An argument that nobody knows, or that has no value or a wrong one.
    pub fn read(mut take: impl FnMut(&str, &str) -> Outcome<bool>) -> Outcome<Self> {
        let program = PathBuf::from("target/release/frontdesk");
        let mut it = Self { database: None, program, peer: None };
        let mut arguments = std::env::args().skip(1);
        while let Some(name) = arguments.next() {
            let value = arguments.next().ok_or_else(|| format!("{name} needs a value"))?;
            match name.as_str() {
                "--database" => it.database = Some(value),
                "--program" => it.program = value.into(),
                "--peer" => it.peer = Some(value),
                name if take(name, &value)? => {}
                _ => return Err(format!("{name} is not known").into()),
            }
        }
        Ok(it)
    }

    /// What it is called in the results.
    pub fn title(&self) -> &str {
        match (&self.peer, &self.database) {
            (Some(peer), _) => peer,
            (None, Some(_)) => "frontdesk, PostgreSQL",
            (None, None) => "frontdesk, durable SQLite",
        }
    }
}

/// A job with its check, by number.
pub trait AsyncJob<W>: Copy + Send + 'static {
    /// Does it.
    fn call(self, world: Arc<W>, number: usize) -> impl Future<Output = Outcome<()>> + Send;
}

impl<W, F, T> AsyncJob<W> for F
where
    F: Fn(Arc<W>, usize) -> T + Copy + Send + 'static,
    T: Future<Output = Outcome<()>> + Send,
{
    fn call(self, world: Arc<W>, number: usize) -> impl Future<Output = Outcome<()>> + Send {
        self(world, number)
    }
}

/// Does jobs `0..count`, so many at once: how long each took that went well, shortest first, and what failed.
pub async fn each<W: Send + Sync + 'static>(
    world: &Arc<W>,
    count: usize,
    at_once: usize,
    job: impl AsyncJob<W>,
) -> (Vec<Duration>, Vec<String>) {
    let next = Arc::new(AtomicUsize::new(0));
    let mut tasks = Vec::new();
    for _ in 0..at_once {
        let (world, next) = (Arc::clone(world), Arc::clone(&next));
        tasks.push(tokio::spawn(async move {
            let (mut times, mut failures) = (Vec::new(), Vec::new());
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= count {
                    return (times, failures);
                }
                let began = Instant::now();
                match job.call(Arc::clone(&world), number).await {
                    Ok(()) => times.push(began.elapsed()),
                    Err(failure) => failures.push(failure.to_string()),
                }
            }
        }));
    }
    let (mut times, mut failures) = (Vec::new(), Vec::new());
    for task in tasks {
        match task.await {
            Ok((some, wrong)) => {
                times.extend(some);
                failures.extend(wrong);
            }
            Err(error) => failures.push(error.to_string()),
        }
    }
    times.sort_unstable();
    (times, failures)
}

/// Measures to the end, on all processors; the process ends well where all went well.
pub fn measure(all: Outcome<impl Future<Output = Outcome<bool>>>) -> ExitCode {
    let outcome = all.and_then(|all| {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        runtime.block_on(all)
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
