//! `frontdesk token create`: a key to the REST API, also while the server runs.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use model::{Clock as _, SystemClock, SystemRng, Token, TokenId};
use store::operator::ApiToken;

use crate::serve::open_store;
use crate::settings::{DataArgs, Refusal};

/// What to do with API tokens.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a token and print it, and nothing else
    Create(CreateArgs),
}

/// The new token.
#[derive(Debug, Args)]
pub struct CreateArgs {
    #[command(flatten)]
    data: DataArgs,
    /// What it is for, as the console and the audit log will call it
    #[arg(long)]
    name: String,
}

/// Runs the command.
pub async fn run(command: Command) -> ExitCode {
    let Command::Create(args) = command;
    match create(&args).await {
        Ok(token) => {
            println!("{token}");
            ExitCode::SUCCESS
        }
        Err(Refusal(sentence)) => {
            eprintln!("{sentence}");
            ExitCode::from(2)
        }
    }
}

async fn create(args: &CreateArgs) -> Result<String, Refusal> {
    let name = args.name.trim();
    if name.is_empty() || name.chars().count() > 200 {
        return Err(Refusal("The token needs a name of 1 to 200 characters. See --name.".to_owned()));
    }
    args.data.prepare()?;
    let store = open_store(&args.data).await?;
    let (clock, rng) = (SystemClock, SystemRng::default());
    let token = Token::new(&rng, "fd_api_");
    let record = ApiToken {
        id: TokenId::new(&clock, &rng),
        name: name.to_owned(),
        created_at: clock.now(),
        last_used_at: None,
        revoked_at: None,
    };
    let failed = |e: store::StoreError| Refusal(format!("The token could not be kept: {e}."));
    let mut tx = store.write().await.map_err(failed)?;
    store::operator::add_api_token(&mut tx, &record, &token.hash()).await.map_err(failed)?;
    store::audit::record(
        &mut tx,
        (&clock, &rng),
        "cli",
        "api_token.created",
        None,
        Some(record.id.to_string()),
        "{}",
    )
    .await
    .map_err(failed)?;
    tx.commit().await.map_err(failed)?;
    store.close().await;
    Ok(token.expose().to_owned())
}
