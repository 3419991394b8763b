//! Where the settings come from: command line, `FRONTDESK_*` variables, configuration file, in this order.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use model::Seal;
use serde::Deserialize;
use server::Config;
use server::config::{GoogleClient, Network, Smtp};
use server::keys::Schedule;
use store::Target;
use url::Url;
use web::brand::Brand;
use web::colour::Rgb;

/// Where the data is. Shared by every command that opens it.
#[derive(Debug, Clone, Args)]
pub struct DataArgs {
    /// Folder of the data: the SQLite database and the key that seals secrets
    #[arg(long, env = "FRONTDESK_DATA", value_name = "DIR", default_value = "frontdesk-data")]
    pub data: PathBuf,
    /// PostgreSQL instead of SQLite: `postgres://user:password@host:5432/name`
    #[arg(long, env = "FRONTDESK_DATABASE", value_name = "URL", hide_env_values = true)]
    pub database: Option<String>,
}

/// Settings of `serve`.
#[derive(Debug, Clone, Args)]
pub struct ServeArgs {
    #[command(flatten)]
    pub data: DataArgs,
    /// Address and port to answer on
    #[arg(long, env = "FRONTDESK_LISTEN", default_value = "127.0.0.1:8080", value_parser = listen)]
    pub listen: SocketAddr,
    /// Address that people's browsers use; default: `http://` and the address listened on
    #[arg(long, env = "FRONTDESK_PUBLIC_URL", value_name = "URL", value_parser = public_url)]
    pub public_url: Option<Url>,
    /// TOML file with the vendor's name, support contact, colour and mail server
    #[arg(long, env = "FRONTDESK_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Let customer-given addresses reach private networks and plain http. Development and tests only
    #[arg(long, env = "FRONTDESK_ALLOW_PRIVATE_NETWORK")]
    pub allow_private_network: bool,
    /// Proxies in front of Frontdesk, as addresses or networks; they are believed whom they speak for
    /// (`X-Forwarded-For`). Default: this machine
    #[arg(long, env = "FRONTDESK_TRUSTED_PROXIES", value_name = "NETWORK,…", value_delimiter = ',', value_parser = network)]
    pub trusted_proxies: Option<Vec<Network>>,
    /// Name servers that are asked about customers' domains, with a port where it is not 53. Default: those of this machine
    #[arg(long, env = "FRONTDESK_NAME_SERVERS", value_name = "ADDRESS,…", value_delimiter = ',', value_parser = name_server)]
    pub name_servers: Vec<SocketAddr>,
    /// How many days the records of sign-ins, with their messages, and of directories’ requests are kept
    #[arg(long, env = "FRONTDESK_TRACE_DAYS", value_name = "DAYS", default_value_t = 30, value_parser = clap::value_parser!(u16).range(1..=3650))]
    pub trace_days: u16,
    /// Requests that one company's directory may make in a second, on average over ten; a bulk request counts as many as it
    /// holds operations
    #[arg(long, env = "FRONTDESK_SCIM_RATE", value_name = "REQUESTS", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(100..=1_000_000))]
    pub scim_rate: u32,
    /// Serve resources for SCIM conformance suites, `/TestResources`, in every directory; they are kept in memory. Tests only
    #[arg(long, env = "FRONTDESK_SCIM_TEST_RESOURCES")]
    pub scim_test_resources: bool,
}

/// The configuration file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct File {
    vendor: Vendor,
    mail: Option<MailServer>,
    keys: Keys,
    google: Option<Google>,
}

/// The vendor's OAuth client at Google, by which companies let us read their directories.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Google {
    client_id: String,
    /// Or `FRONTDESK_GOOGLE_CLIENT_SECRET`.
    client_secret: Option<String>,
}

/// How our own signing keys are replaced, in days.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Keys {
    life: Option<u32>,
    ahead: Option<u32>,
    overlap: Option<u32>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Vendor {
    name: Option<String>,
    legal_name: Option<String>,
    support_email: Option<String>,
    support_url: Option<String>,
    privacy_url: Option<String>,
    colour: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct MailServer {
    /// `smtps://user:password@host:465`, `smtp://host:587?tls=required` or `smtp://host:25`.
    url: String,
    from: String,
}

/// A setting that cannot be used: a sentence that says which, why, and what to do.
#[derive(Debug)]
pub struct Refusal(pub String);

impl ServeArgs {
    /// The server's settings.
    pub fn config(&self) -> Result<Config, Refusal> {
        let public_url = match &self.public_url {
            Some(url) => check_public_url(url)?.clone(),
            None => Url::parse(&format!("http://{}", self.listen)).map_err(|e| Refusal(e.to_string()))?,
        };
        let file = self.config.as_deref().map_or_else(|| Ok(File::default()), read_file)?;
        let mut config = Config::new(public_url);
        config.allow_private_network = self.allow_private_network;
        config.scim_test_resources = self.scim_test_resources;
        if let Some(proxies) = &self.trusted_proxies {
            config.trusted_proxies.clone_from(proxies);
        }
        config.limits.scim_requests = server::rate::scim(self.scim_rate);
        config.limits.traces = std::time::Duration::from_hours(24 * u64::from(self.trace_days));
        config.brand = brand(file.vendor)?;
        config.smtp = mail_server(file.mail)?;
        config.keys = key_schedule(&file.keys)?;
        config.google_client = file.google.map(google_client).transpose()?;
        Ok(config)
    }
}

impl DataArgs {
    /// Where the rows are.
    pub fn target(&self) -> Result<Target, Refusal> {
        Target::new(&self.data, self.database.as_deref())
            .map_err(|e| Refusal(format!("{e}. See --database.")))
    }

    /// Makes the folder and checks that it can be written.
    pub fn prepare(&self) -> Result<(), Refusal> {
        let shown = self.data.display();
        std::fs::create_dir_all(&self.data).map_err(|e| {
            Refusal(format!("The data folder {shown} cannot be made: {e}. Choose another with --data."))
        })?;
        let probe = self.data.join(".writable");
        std::fs::write(&probe, b"").and_then(|()| std::fs::remove_file(&probe)).map_err(|e| {
            Refusal(format!(
                "The data folder {shown} cannot be written: {e}. Give the user that runs Frontdesk the right to write there, or choose another with --data."
            ))
        })
    }

    /// Keeps the data folder for this server as long as the answer lives, where its database is the embedded one: what one
    /// server remembers, another must not change. None where the database is shared.
    pub fn hold(&self) -> Result<Option<std::fs::File>, Refusal> {
        if !matches!(self.target()?, Target::Sqlite(_)) {
            return Ok(None);
        }
        let path = self.data.join("serving.lock");
        let cannot =
            |e: &dyn std::fmt::Display| Refusal(format!("{} cannot be locked: {e}.", path.display()));
        let file = std::fs::File::create(&path).map_err(|e| cannot(&e))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(std::fs::TryLockError::WouldBlock) => Err(Refusal(format!(
                "Another Frontdesk serves the data in {} already. Stop it first, or give this one a folder of its own with --data. Several servers share one database on PostgreSQL (--database).",
                self.data.display()
            ))),
            Err(std::fs::TryLockError::Error(e)) => Err(cannot(&e)),
        }
    }

    /// The key that seals secrets: `FRONTDESK_SECRET_KEY` (64 hex digits), or `secret.key` in the data folder, made at
    /// the first start.
    pub fn seal(&self) -> Result<Seal, Refusal> {
        let path = self.data.join("secret.key");
        let (text, place) = match std::env::var("FRONTDESK_SECRET_KEY") {
            Ok(text) => (text, "FRONTDESK_SECRET_KEY".to_owned()),
            Err(_) => (read_or_make_key(&path)?, path.display().to_string()),
        };
        let bytes = unhex(text.trim());
        bytes.and_then(|bytes| Seal::new(&bytes).ok()).ok_or_else(|| {
            Refusal(format!("The key in {place} cannot be used. Expected 64 hexadecimal digits. Without the key that sealed them, stored secrets cannot be opened: restore it from the backup."))
        })
    }
}

/// `127.0.0.1:8080`.
fn listen(text: &str) -> Result<SocketAddr, String> {
    text.trim().parse().map_err(|_| {
        format!("“{text}” is no address with a port; expected something like 127.0.0.1:8080 or 0.0.0.0:80")
    })
}

/// What `check_public_url` looks at more closely.
fn public_url(text: &str) -> Result<Url, String> {
    Url::parse(text.trim())
        .map_err(|_| format!("“{text}” is no web address; expected something like https://id.example.com"))
}

/// `10.0.0.0/8`, or one address.
fn network(text: &str) -> Result<Network, String> {
    let text = text.trim();
    text.parse().or_else(|_| text.parse::<IpAddr>().map(Network::from)).map_err(|_| {
        format!("“{text}” is no address and no network; expected something like 10.0.0.0/8 or 192.0.2.7")
    })
}

/// `192.0.2.53`, or with a port `192.0.2.53:5353`.
fn name_server(text: &str) -> Result<SocketAddr, String> {
    let text = text.trim();
    text.parse().or_else(|_| text.parse::<IpAddr>().map(|ip| SocketAddr::new(ip, 53))).map_err(|_| {
        format!(
            "“{text}” is no address of a name server; expected something like 192.0.2.53 or 192.0.2.53:5353"
        )
    })
}

fn read_or_make_key(path: &Path) -> Result<String, Refusal> {
    let refuse = |e: std::io::Error| Refusal(format!("The key file {} cannot be used: {e}.", path.display()));
    match std::fs::read_to_string(path) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            let mut bytes = [0_u8; 32];
            model::Rng::fill(&model::SystemRng::default(), &mut bytes);
            let text = hex::encode(bytes);
            write_private(path, &text).or_else(|e| {
                // Another process made it at the same moment: its key is the one.
                if e.kind() == std::io::ErrorKind::AlreadyExists { Ok(()) } else { Err(refuse(e)) }
            })?;
            std::fs::read_to_string(path).map_err(refuse)
        }
        other => other.map_err(refuse),
    }
}

fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    use std::io::Write as _;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok()).collect()
}

fn check_public_url(url: &Url) -> Result<&Url, Refusal> {
    let good = matches!(url.scheme(), "http" | "https")
        && url.host().is_some()
        && url.username().is_empty()
        && url.password().is_none()
        && url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none();
    good.then_some(url).ok_or_else(|| {
        let mut shown = url.clone();
        // A password in it is nobody's to read on a screen.
        let _ = shown.set_password(None);
        Refusal(format!("The public address {shown} cannot be used. Expected scheme, host and port alone, such as https://id.example.com. See --public-url."))
    })
}

fn read_file(path: &Path) -> Result<File, Refusal> {
    let shown = path.display();
    let text = std::fs::read_to_string(path)
        .map_err(|e| Refusal(format!("The configuration file {shown} cannot be read: {e}. See --config.")))?;
    toml::from_str(&text).map_err(|e| {
        Refusal(format!("The configuration file {shown} has a setting that cannot be used.\n{e}"))
    })
}

fn brand(vendor: Vendor) -> Result<Brand, Refusal> {
    let name = vendor.name.unwrap_or_else(|| "Frontdesk".to_owned());
    if name.trim().is_empty() {
        return Err(wrong_vendor("name", &name, "the name of your product, such as Northwind Privacy"));
    }
    let email = match vendor.support_email {
        None => "support@localhost".to_owned(),
        Some(text) => match profile::email::parse(&text) {
            Ok(Some(email)) => email,
            _ => {
                return Err(wrong_vendor(
                    "support_email",
                    &text,
                    "an address such as help@northwind.example",
                ));
            }
        },
    };
    let mut brand = Brand::new(&name, &email);
    if let Some(legal_name) = vendor.legal_name {
        brand.legal_name = legal_name;
    }
    if let Some(colour) = vendor.colour {
        if Rgb::parse(&colour).is_none() {
            return Err(wrong_vendor("colour", &colour, "a colour such as #0e4f61"));
        }
        brand.colour = colour;
    }
    brand.support_url = vendor.support_url.map(|text| page_address("support_url", text)).transpose()?;
    brand.privacy_url = vendor.privacy_url.map(|text| page_address("privacy_url", text)).transpose()?;
    Ok(brand)
}

/// An address that a page may link to: a script in its place would run in our pages.
fn page_address(setting: &str, text: String) -> Result<String, Refusal> {
    let is_page = Url::parse(&text).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
    if is_page { Ok(text) } else { Err(wrong_vendor(setting, &text, "an address that begins with https://")) }
}

fn wrong_vendor(setting: &str, received: &str, expected: &str) -> Refusal {
    Refusal(format!(
        "The setting {setting} under [vendor] cannot be used: expected {expected}, found “{received}”. See --config."
    ))
}

fn key_schedule(file: &Keys) -> Result<Schedule, Refusal> {
    const DAY: Duration = Duration::from_hours(24);
    let (usual, days) = (Schedule::default(), |days: u32| DAY * days);
    let it = Schedule {
        life: file.life.map_or(usual.life, days),
        ahead: file.ahead.map_or(usual.ahead, days),
        overlap: file.overlap.map_or(usual.overlap, days),
    };
    if it.ahead < DAY || it.overlap < DAY || (!it.life.is_zero() && it.life <= it.ahead) {
        return Err(Refusal(
            "The settings under [keys] cannot be used: expected whole days, ahead and overlap at least 1, and life more \
             than ahead, or 0 so that keys are replaced only when somebody says so. See --config."
                .to_owned(),
        ));
    }
    Ok(it)
}

fn google_client(file: Google) -> Result<GoogleClient, Refusal> {
    let from_env = std::env::var("FRONTDESK_GOOGLE_CLIENT_SECRET").ok().filter(|secret| !secret.is_empty());
    let secret = from_env.or(file.client_secret).ok_or_else(|| {
        Refusal(
            "[google] has a client_id and no secret. Add client_secret, or set FRONTDESK_GOOGLE_CLIENT_SECRET. See --config."
                .to_owned(),
        )
    })?;
    Ok(GoogleClient { id: file.client_id, secret })
}

fn mail_server(file: Option<MailServer>) -> Result<Option<Smtp>, Refusal> {
    let from_env = std::env::var("FRONTDESK_SMTP_URL")
        .ok()
        .map(|url| MailServer { url, from: std::env::var("FRONTDESK_MAIL_FROM").unwrap_or_default() });
    let Some(it) = from_env.or(file) else { return Ok(None) };
    let smtp = Smtp { url: it.url, from: it.from };
    server::mail::check(&smtp)
        .map_err(|e| Refusal(format!("The mail server's settings cannot be used: {e}.")))?;
    Ok(Some(smtp))
}
