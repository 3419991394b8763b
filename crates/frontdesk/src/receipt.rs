//! `frontdesk receipt verify`: whether a receipt of an erasure, or the report of a leaver drill, is as it was signed.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Subcommand};
use oidc::Jwks;
use server::outbound::Outbound;
use server::receipt::{self, Verified};

/// Longest file that is read; real ones have a few thousand bytes.
const LIMIT: u64 = 1024 * 1024;
const PATIENCE: Duration = Duration::from_secs(10);

/// What to do with a receipt.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Say what a receipt states and that the signature fits (exit 0), or what does not fit (exit 1)
    Verify(VerifyArgs),
}

/// Which receipt, and whose keys.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// The file as it was downloaded, or the signature alone; `-` for standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Whose signature is expected: the address of the Frontdesk that made it, where its keys are fetched
    /// [default: the one that the receipt names, reached over the public network]
    #[arg(long, value_name = "URL", conflicts_with = "keys")]
    issuer: Option<String>,
    /// Its keys, as published at /receipts/jwks.json, in a file: nothing is fetched
    #[arg(long, value_name = "FILE")]
    keys: Option<PathBuf>,
}

/// Why there is no verdict, or a bad one.
enum Failure {
    /// The receipt is not as it was signed.
    Refused(String),
    /// A file or an address is of no use.
    Unread(String),
}

/// Runs the command. Exit code 0: as it was signed; 1: not; 2: a file or an address is of no use.
pub async fn run(command: Command) -> ExitCode {
    let Command::Verify(args) = command;
    match verify(&args).await {
        Ok(lines) => {
            println!("{}", lines.join("\n"));
            ExitCode::SUCCESS
        }
        Err(Failure::Refused(sentence)) => {
            eprintln!("Not genuine: {sentence}");
            ExitCode::from(1)
        }
        Err(Failure::Unread(sentence)) => {
            eprintln!("frontdesk receipt verify: {sentence}");
            ExitCode::from(2)
        }
    }
}

async fn verify(args: &VerifyArgs) -> Result<Vec<String>, Failure> {
    let text = read(&args.file)?;
    let named = receipt::named_issuer(&text);
    let (keys, whose) = match (&args.keys, &args.issuer) {
        (Some(file), _) => (read(file)?, None),
        (None, Some(issuer)) => (fetch(issuer, true).await?, Some(issuer.clone())),
        (None, None) => {
            let issuer = named.clone().ok_or_else(|| {
                Failure::Refused(
                    "It names nobody who signed it. Is this the file as it was downloaded?".to_owned(),
                )
            })?;
            (fetch(&issuer, false).await?, Some(issuer))
        }
    };
    let keys = Jwks::parse(keys.as_bytes())
        .map_err(|refused| Failure::Unread(format!("the keys cannot be read: {}", refused.message)))?;
    let found = receipt::verify(&text, &keys).map_err(Failure::Refused)?;
    if let Some(whose) = whose
        && found.text("iss").trim_end_matches('/') != whose.trim_end_matches('/')
    {
        return Err(Failure::Refused(format!(
            "It was made by another Frontdesk. Expected {whose}; received {}.",
            printable(found.text("iss"))
        )));
    }
    Ok(told(&found, args.issuer.is_none() && args.keys.is_none()))
}

fn told(found: &Verified, trusted_by_name: bool) -> Vec<String> {
    let company = found.claims.get("organization").and_then(|it| it["name"].as_str()).unwrap_or_default();
    let mut lines = vec![
        "Genuine: this is what was signed.".to_owned(),
        format!("  signed by   {}", printable(found.text("iss"))),
        format!("  kind        {}", printable(found.text("kind"))),
        format!("  number      {}", printable(found.text("jti"))),
        format!("  company     {}", printable(company)),
    ];
    for (name, label) in [("erased_at", "erased"), ("began_at", "began"), ("completed_at", "complete")] {
        if !found.text(name).is_empty() {
            lines.push(format!("  {label:<11} {}", printable(found.text(name))));
        }
    }
    if trusted_by_name {
        lines.push(
            "The keys came from the address that the receipt names. Make sure that this is your vendor’s, or say it \
             with --issuer."
                .to_owned(),
        );
    }
    lines
}

async fn fetch(issuer: &str, private: bool) -> Result<String, Failure> {
    let address = format!("{}{}", issuer.trim_end_matches('/'), receipt::KEYS);
    let unread =
        |why: String| Failure::Unread(format!("the keys at {} cannot be read: {why}", printable(&address)));
    let limit = usize::try_from(LIMIT).unwrap_or(usize::MAX);
    let found =
        Outbound::new(private, PATIENCE).get(&address, limit).await.map_err(|e| unread(e.to_string()))?;
    if !found.status.is_success() {
        return Err(unread(format!("the server answered {}", found.status)));
    }
    String::from_utf8(found.body).map_err(|_| unread("the answer is no text".to_owned()))
}

fn read(path: &Path) -> Result<String, Failure> {
    let bytes = crate::saml_inspect::read(path).map_err(Failure::Unread)?;
    String::from_utf8(bytes).map_err(|_| Failure::Unread(format!("{} is no text", path.display())))
}

/// Text from a file as a terminal may show it.
fn printable(text: &str) -> String {
    crate::saml_inspect::printable(text)
}
