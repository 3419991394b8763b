//! `frontdesk saml inspect`: who a SAML response would sign in, or why nobody.
//!
//! Owns: reading the files and the arguments, and printing the verdict. Does not own: the verdict, which is
//! [`saml::validate`], the very function behind the assertion consumer service.

use clap::Args as ClapArgs;
use jiff::{SignedDuration, Timestamp};
use model::{Clock as _, SystemClock};
use saml::{Assertion, DecryptionKey, Expected, IdpMetadata, Rejection};
use serde_json::{Map, Value, json};
use server::connection;
use std::fs::File;
use std::io::{self, Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use web::guide::{self, Values};

/// More than any metadata or message that is read; the library has its own, lower limits.
const READ_LIMIT: u64 = 16 * 1024 * 1024;

/// Say who a SAML response would sign in (exit 0), or why nobody (exit 1).
///
/// The response is judged exactly as the sign-in page would judge it. With neither --request-id nor
/// --allow-unsolicited nothing can be accepted: an answer belongs to a request, or must be allowed to come
/// without one. An answer that names a request (`InResponseTo`) is refused unless --request-id is that request,
/// also under --allow-unsolicited.
#[derive(Debug, ClapArgs)]
pub struct Args {
    /// The identity provider's metadata, an XML file
    #[arg(long, value_name = "FILE")]
    metadata: PathBuf,
    /// The provider to use when the metadata describes several
    #[arg(long, value_name = "URI")]
    idp_entity_id: Option<String>,
    /// Our entity ID: the audience of the assertion
    #[arg(long, value_name = "URI")]
    sp_entity_id: String,
    /// Our assertion consumer service URL: the recipient and the destination
    #[arg(long, value_name = "URL")]
    acs_url: String,
    /// The request that the response must answer
    #[arg(long, value_name = "ID")]
    request_id: Option<String>,
    /// Take a response that answers no request (sign-in started at the identity provider)
    #[arg(long)]
    allow_unsolicited: bool,
    /// Take SHA-1 signatures, as a connection with that exception does
    #[arg(long)]
    allow_sha1: bool,
    /// The time to judge at, RFC 3339 [default: now]
    #[arg(long, value_name = "TIME")]
    now: Option<Timestamp>,
    /// How far the two clocks may differ, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 120, value_parser = clap::value_parser!(u16).range(0..=300))]
    clock_skew: u16,
    /// A private key (RSA, PEM) for encrypted assertions; may be given several times
    #[arg(long, value_name = "FILE")]
    decryption_key: Vec<PathBuf>,
    /// The provider whose console's words the fix is in, such as okta-saml or entra-saml [default: as the metadata
    /// tells]
    #[arg(long, value_name = "ID", value_parser = provider)]
    provider: Option<String>,
    /// Print the verdict as JSON
    #[arg(long)]
    json: bool,
    /// The response: XML or base64, `-` for standard input
    #[arg(value_name = "RESPONSE")]
    response: PathBuf,
}

/// The id of a guide.
fn provider(id: &str) -> Result<String, String> {
    match guide::find(id) {
        Some(_) => Ok(id.to_owned()),
        None => Err("this is no provider that we know; use generic-saml for any other".to_owned()),
    }
}

/// Judges the response and prints the verdict. Exit code 0: accepted; 1: refused; 2: a file or an argument is
/// of no use.
pub fn run(args: &Args) -> ExitCode {
    let verdict = match judge(args) {
        Ok(verdict) => verdict,
        Err(problem) => {
            let written = writeln!(io::stderr(), "frontdesk saml inspect: {problem}");
            return if written.is_ok() { ExitCode::from(2) } else { ExitCode::FAILURE };
        }
    };
    let text = if args.json { format!("{:#}\n", verdict.to_json()) } else { verdict.to_text() };
    match (io::stdout().write_all(text.as_bytes()), &verdict) {
        (Ok(()), Verdict::Accepted(_)) => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

enum Verdict {
    Accepted(Box<Assertion>),
    /// With what puts it right, in order.
    Refused(Rejection, Vec<String>),
    /// The metadata itself trusts nobody, so no response can be accepted.
    Untrusting(String),
}

/// Reads everything and judges. The error is a sentence for the person at the terminal.
fn judge(args: &Args) -> Result<Verdict, String> {
    let now = match args.now {
        Some(now) => now,
        None => SystemClock.now().to_jiff(),
    };
    let response = form_value(read(&args.response)?);
    let metadata = String::from_utf8(read(&args.metadata)?)
        .map_err(|_| format!("{} is not UTF-8 text; save it as UTF-8", args.metadata.display()))?;
    let keys = args.decryption_key.iter().map(|path| decryption_key(path)).collect::<Result<Vec<_>, _>>()?;
    let idp = match saml::parse_idp_metadata(&metadata, args.idp_entity_id.as_deref(), now) {
        Ok(idp) => idp,
        Err(error) => return Ok(Verdict::Untrusting(error.to_string())),
    };
    Ok(match saml::validate(&response, &expected(args, &idp, &keys), now) {
        Ok(assertion) => Verdict::Accepted(Box::new(assertion)),
        Err(rejection) => {
            let steps = steps(args, &idp, &rejection);
            Verdict::Refused(rejection, steps)
        }
    })
}

/// What the console and the administrator's page would say under the reference of this refusal.
fn steps(args: &Args, idp: &IdpMetadata, rejection: &Rejection) -> Vec<String> {
    let provider = args.provider.as_deref().unwrap_or_else(|| connection::provider_of(&idp.entity_id));
    let values = Values {
        app_name: "this application".to_owned(),
        acs_url: args.acs_url.clone(),
        sp_entity_id: args.sp_entity_id.clone(),
        sp_metadata_url: "our metadata URL".to_owned(),
        sp_cert_url: "our certificate".to_owned(),
        login_url: "our sign-in page".to_owned(),
        ..Values::default()
    };
    connection::inspected(provider, values, rejection).steps
}

fn expected<'a>(args: &'a Args, idp: &'a IdpMetadata, keys: &'a [DecryptionKey]) -> Expected<'a> {
    Expected {
        request_id: args.request_id.as_deref(),
        allow_unsolicited: args.allow_unsolicited,
        allow_sha1: args.allow_sha1,
        decryption_keys: keys,
        clock_skew: SignedDuration::from_secs(i64::from(args.clock_skew)),
        ..Expected::new(&idp.entity_id, &idp.signing_keys, &args.sp_entity_id, &args.acs_url)
    }
}

fn decryption_key(path: &Path) -> Result<DecryptionKey, String> {
    let text = String::from_utf8(read(path)?).unwrap_or_default();
    DecryptionKey::from_pem(&text).map_err(|error| format!("{}: {error}", path.display()))
}

/// The message in what people copy from a browser's network view: `SAMLResponse=`, with `%2B` and the like, and
/// perhaps other fields behind it. Anything else stays as it is.
fn form_value(text: Vec<u8>) -> Vec<u8> {
    let trimmed = text.trim_ascii();
    let value = trimmed.strip_prefix(b"SAMLResponse=").unwrap_or(trimmed);
    let value = value.split(|b| *b == b'&').next().unwrap_or_default();
    if trimmed.starts_with(b"<") || (value.len() == trimmed.len() && !value.contains(&b'%')) {
        return text;
    }
    percent_encoding::percent_decode(value).collect()
}

/// A file, or standard input for `-`, up to a limit.
pub fn read(path: &Path) -> Result<Vec<u8>, String> {
    let problem = |error: io::Error| format!("cannot read {}: {error}", path.display());
    let mut bytes = Vec::new();
    let count = if path == Path::new("-") {
        io::stdin().lock().take(READ_LIMIT).read_to_end(&mut bytes)
    } else {
        File::open(path).map_err(problem)?.take(READ_LIMIT).read_to_end(&mut bytes)
    };
    count.map_err(problem)?;
    Ok(bytes)
}

impl Verdict {
    fn to_json(&self) -> Value {
        let (expected, received, status) = match self {
            Self::Refused(r, _) => (r.expected.as_deref(), r.received.as_deref(), r.status.as_deref()),
            _ => (None, None, None),
        };
        let mut out = json!({
            "accepted": matches!(self, Self::Accepted(_)),
            "name_id": null,
            "attributes": {},
            "code": self.code(),
            "reason": self.reason(),
            "expected": expected,
            "received": received,
            "steps": self.steps(),
        });
        if let Some(status) = status {
            out["status"] = json!({ "codes": status.codes, "message": status.message });
        }
        if let Self::Accepted(assertion) = self {
            let attributes: Map<String, Value> =
                assertion.attributes.iter().map(|a| (a.name.clone(), json!(a.values))).collect();
            out["name_id"] = json!(assertion.name_id.value);
            out["name_id_format"] = json!(assertion.name_id.format);
            out["attributes"] = Value::Object(attributes);
            out["issuer"] = json!(assertion.issuer);
            out["assertion_id"] = json!(assertion.assertion_id);
            out["in_response_to"] = json!(assertion.in_response_to);
            out["session_index"] = json!(assertion.session_index);
            out["authn_instant"] = json!(assertion.authn_instant.to_string());
            out["authn_context"] = json!(assertion.authn_context);
            out["not_on_or_after"] = json!(assertion.not_on_or_after.to_string());
        }
        out
    }

    fn code(&self) -> Option<&'static str> {
        match self {
            Self::Accepted(_) => None,
            Self::Refused(rejection, _) => Some(rejection.code.as_str()),
            Self::Untrusting(_) => Some("metadata_unusable"),
        }
    }

    fn steps(&self) -> &[String] {
        match self {
            Self::Refused(_, steps) => steps,
            Self::Accepted(_) | Self::Untrusting(_) => &[],
        }
    }

    fn reason(&self) -> Option<&str> {
        match self {
            Self::Accepted(_) => None,
            Self::Refused(rejection, _) => Some(&rejection.message),
            Self::Untrusting(sentence) => Some(sentence),
        }
    }

    fn to_text(&self) -> String {
        let mut lines = Vec::new();
        match self {
            Self::Accepted(assertion) => {
                lines.push(format!("Accepted: {} would be signed in.", printable(&assertion.name_id.value)));
                if let Some(format) = &assertion.name_id.format {
                    lines.push(format!("  name ID format  {}", printable(format)));
                }
                lines.push(format!("  issuer          {}", printable(&assertion.issuer)));
                lines.push(format!("  signed in       {}", assertion.authn_instant));
                for attribute in &assertion.attributes {
                    let values = printable(&attribute.values.join(", "));
                    lines.push(format!("  attribute       {} = {values}", printable(&attribute.name)));
                }
            }
            Self::Refused(rejection, steps) => {
                lines.push(format!("Refused ({}): {}", rejection.code, printable(&rejection.message)));
                lines.extend(rejection.expected.iter().map(|e| format!("  expected  {}", printable(e))));
                lines.extend(rejection.received.iter().map(|r| format!("  received  {}", printable(r))));
                lines.extend(
                    steps
                        .iter()
                        .enumerate()
                        .map(|(at, step)| format!("  fix {}     {}", at + 1, printable(step))),
                );
            }
            Self::Untrusting(sentence) => {
                lines.push(format!("Refused (metadata_unusable): {}", printable(sentence)));
            }
        }
        lines.push(String::new());
        lines.join("\n")
    }
}

/// Text from a message as a terminal may show it: no control characters.
pub fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}
