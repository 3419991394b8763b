//! `frontdesk keys`: what Frontdesk signs with, and replacing it, also while the server runs.

use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};
use server::keys::{self, Purpose, Standing};
use server::{App, Dns, Problem};

use crate::serve::open;
use crate::settings::{Refusal, ServeArgs};

const ACTOR: &str = "cli";

/// What to do with our own keys. A running server notices within a minute.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List every key: id, purpose, algorithm, and whether it signs
    List(ListArgs),
    /// Replace signing keys: new ones are published now and sign later
    Rotate(RotateArgs),
}

/// Where the data is.
#[derive(Debug, Args)]
pub struct ListArgs {
    #[command(flatten)]
    settings: ServeArgs,
}

/// Which keys.
#[derive(Debug, Args)]
pub struct RotateArgs {
    #[command(flatten)]
    settings: ServeArgs,
    /// What the keys are for. The SAML key is replaced in the console, in two steps
    #[arg(long, value_enum)]
    purpose: Rotated,
    /// The new keys sign at once, and what the old ones signed is believed by nobody any more
    #[arg(long)]
    emergency: bool,
}

/// Keys that everybody reads by address.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Rotated {
    /// Sign ID tokens
    Oidc,
    /// Prove to customers' OpenID providers who we are
    OidcClient,
    /// Sign receipts of erasures and of leaver drills
    Receipt,
}

/// Runs the command.
pub async fn run(command: Command) -> ExitCode {
    let outcome = match &command {
        Command::List(args) => list(&args.settings).await,
        Command::Rotate(args) => rotate(args).await,
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(Refusal(sentence)) => {
            eprintln!("{sentence}");
            ExitCode::from(2)
        }
    }
}

async fn app(settings: &ServeArgs) -> Result<App, Refusal> {
    open(&settings.data, settings.config()?, Dns::servers(&settings.name_servers)).await
}

fn failed(problem: Problem) -> Refusal {
    Refusal(format!("{}: {}", problem.title, problem.cause.unwrap_or(problem.detail)))
}

async fn list(settings: &ServeArgs) -> Result<(), Refusal> {
    let app = app(settings).await?;
    let mut db = app.read().await.map_err(failed)?;
    for purpose in Purpose::ALL {
        let all = store::key::list(&mut db, purpose.as_str()).await.map_err(|e| failed(e.into()))?;
        for key in &all {
            let standing = match keys::standing(&all, key, app.now()) {
                Standing::Current => "signs",
                Standing::Next => "next",
                Standing::Retired => "retired",
            };
            println!("{}\t{}\t{}\t{standing}", key.id, key.purpose, key.algorithm);
        }
    }
    drop(db);
    app.store.close().await;
    Ok(())
}

async fn rotate(args: &RotateArgs) -> Result<(), Refusal> {
    let purpose = match args.purpose {
        Rotated::Oidc => Purpose::Oidc,
        Rotated::OidcClient => Purpose::Client,
        Rotated::Receipt => Purpose::Receipt,
    };
    let app = app(&args.settings).await?;
    keys::rotate(&app, purpose, args.emergency, ACTOR).await.map_err(failed)?;
    app.store.close().await;
    list(&args.settings).await
}
