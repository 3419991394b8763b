//! `frontdesk bypass`: opens another way in beside a required single sign-on, also while the server runs.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use server::enforcement::{self, NewOpening, Whom};
use server::{Dns, Problem, organization};

use crate::serve::open;
use crate::settings::{Refusal, ServeArgs};

/// What to do with bypasses.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Let people of a domain, or one person, sign in without their company's sign-in for a time
    Open(Box<OpenArgs>),
}

/// The new bypass.
#[derive(Debug, Args)]
pub struct OpenArgs {
    #[command(flatten)]
    settings: ServeArgs,
    /// The company's id
    #[arg(long, value_name = "ORG_ID")]
    organization: String,
    /// For every member with an address in this domain
    #[arg(long, value_name = "DOMAIN", required_unless_present = "email", conflicts_with = "email")]
    domain: Option<String>,
    /// For the member with this address alone
    #[arg(long, value_name = "ADDRESS")]
    email: Option<String>,
    /// For how long, 1 to 72
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=i64::from(enforcement::MOST_HOURS)))]
    hours: u32,
    /// Why; the company's administrators read it in their mail
    #[arg(long)]
    reason: String,
}

/// Runs the command.
pub async fn run(command: Command) -> ExitCode {
    let Command::Open(args) = command;
    match open_bypass(&args).await {
        Ok(until) => {
            println!("Open until {until}. It ends by itself; the company's administrators are told by mail.");
            ExitCode::SUCCESS
        }
        Err(Refusal(sentence)) => {
            eprintln!("{sentence}");
            ExitCode::from(2)
        }
    }
}

async fn open_bypass(args: &OpenArgs) -> Result<String, Refusal> {
    let whom = match (&args.domain, &args.email) {
        (Some(domain), _) => Whom::Domain(domain.to_lowercase()),
        (None, email) => Whom::Person(email.clone().unwrap_or_default()),
    };
    let new = NewOpening { whom, hours: args.hours, reason: args.reason.clone() };
    let settings = &args.settings;
    let app = open(&settings.data, settings.config()?, Dns::servers(&settings.name_servers)).await?;
    let mut tx = app.write().await.map_err(|problem| refusal(&problem))?;
    let company =
        organization::require(&mut tx, &args.organization).await.map_err(|problem| refusal(&problem))?;
    let opened = enforcement::open(&app, &mut tx, &company, &new, "cli").await;
    let opened = opened.map_err(|problem| refusal(&problem))?;
    tx.commit().await.map_err(|e| Refusal(format!("The bypass could not be kept: {e}.")))?;
    app.store.close().await;
    Ok(opened.ends_at.to_string())
}

/// A problem in a sentence for a terminal.
fn refusal(problem: &Problem) -> Refusal {
    let fields: Vec<String> =
        problem.fields.iter().map(|it| format!("--{}: {}.", it.field, it.problem)).collect();
    let words = if fields.is_empty() { problem.detail.clone() } else { fields.join(" ") };
    let cause = problem.cause.as_deref().map(|cause| format!(" ({cause})")).unwrap_or_default();
    Refusal(format!("{}. {words}{cause}", problem.title))
}
