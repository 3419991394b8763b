//! The command line of Frontdesk.

mod bypass;
mod demo;
mod keys;
mod receipt;
mod saml_inspect;
mod serve;
mod settings;
mod token;
mod unread;

use std::num::NonZeroUsize;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The enterprise front desk of a SaaS product: single sign-on, directory sync and invitations for its customers.
#[derive(Debug, Parser)]
#[command(name = "frontdesk", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Answer requests
    Serve(settings::ServeArgs),
    /// Show all of it on this machine, with a simulated identity provider, a sample product and a mailbox
    Demo(demo::DemoArgs),
    /// API tokens
    #[command(subcommand)]
    Token(token::Command),
    /// Another way in for a time, where a company's sign-in is required and fails
    #[command(subcommand)]
    Bypass(bypass::Command),
    /// The keys that Frontdesk signs with
    #[command(subcommand)]
    Keys(Box<keys::Command>),
    /// Receipts of erasures and reports of leaver drills
    #[command(subcommand)]
    Receipt(receipt::Command),
    /// Tools for debugging SAML
    #[command(subcommand)]
    Saml(Saml),
}

#[derive(Debug, Subcommand)]
enum Saml {
    Inspect(Box<saml_inspect::Args>),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let detail = match std::env::var("FRONTDESK_LOG") {
        Ok(text) => text,
        Err(_) if matches!(cli.command, Command::Demo(_)) => "warn".to_owned(),
        Err(_) => "info".to_owned(),
    };
    let filter = match tracing_subscriber::EnvFilter::try_new(&detail) {
        Ok(filter) => filter,
        Err(error) => {
            eprintln!(
                "The log’s detail “{detail}” cannot be used: {error}. Set FRONTDESK_LOG to info, debug or something like server=debug."
            );
            return ExitCode::from(2);
        }
    };
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    // One thread may wait for the disk with a commit, and never more than one: it must not be one of those that answer.
    runtime.worker_threads(std::thread::available_parallelism().map_or(1, NonZeroUsize::get) + 1);
    let runtime = match runtime.enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("The operating system gives no threads: {error}.");
            return ExitCode::from(2);
        }
    };
    runtime.block_on(async {
        match cli.command {
            Command::Serve(args) => serve::run(args).await,
            Command::Demo(args) => demo::run(args).await,
            Command::Token(command) => token::run(command).await,
            Command::Bypass(command) => bypass::run(command).await,
            Command::Keys(command) => keys::run(*command).await,
            Command::Receipt(command) => receipt::run(command).await,
            Command::Saml(Saml::Inspect(args)) => saml_inspect::run(&args),
        }
    })
}
