//! The one way out: every fetch of an address that a customer typed.
//!
//! Owns what may be reached. Refuses plain http, private and loopback addresses (checked on the resolved address
//! that is then connected to, so a name cannot change its mind), redirects to them, and oversized bodies. Does not
//! own what the answer means.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Method, RequestBuilder, StatusCode};
use url::Url;

const REDIRECTS: usize = 3;
/// The longest name of an answer that is kept, in bytes.
const MAX_VALIDATOR: usize = 300;

/// An answer, read whole.
#[derive(Debug, Clone)]
pub struct Fetched {
    /// HTTP status.
    pub status: StatusCode,
    /// `Content-Type`, may be empty.
    pub content_type: String,
    /// The body, at most as long as allowed.
    pub body: Vec<u8>,
    /// Where it came from in the end.
    pub url: Url,
    /// What names this answer, for asking whether it has changed.
    pub validators: Validators,
}

/// What a server calls an answer (RFC 9110 section 8.8); empty where it calls it nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct Validators {
    /// `ETag`.
    #[serde(default)]
    pub etag: Option<String>,
    /// `Last-Modified`.
    #[serde(default)]
    pub last_modified: Option<String>,
}

impl Validators {
    fn of(response: &reqwest::Response) -> Self {
        let header = |name: &str| {
            let value = response.headers().get(name).and_then(|value| value.to_str().ok());
            value.filter(|value| value.len() <= MAX_VALIDATOR).map(str::to_owned)
        };
        Self { etag: header("etag"), last_modified: header("last-modified") }
    }

    fn ask(&self, mut request: RequestBuilder) -> RequestBuilder {
        for (name, value) in [("if-none-match", &self.etag), ("if-modified-since", &self.last_modified)] {
            if let Some(value) = value {
                request = request.header(name, value);
            }
        }
        request
    }
}

/// Why an address could not be fetched, in words for the person who typed it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// The text is no web address.
    #[error("“{0}” is not a web address. Expected one that begins with https://")]
    NotAnAddress(String),
    /// Plain http.
    #[error("{0} begins with http://. Expected https://, so that nobody on the way can change the answer")]
    NotSecure(String),
    /// A private address.
    #[error(
        "{0} leads into a private network, which we cannot reach. Expected an address that is open to the internet"
    )]
    Private(String),
    /// The name does not exist or nobody answers.
    #[error("{0} cannot be reached. Check the address")]
    Unreachable(String),
    /// No answer in time.
    #[error("{host} did not answer within {seconds} seconds. Try again")]
    TooSlow {
        /// Who was asked.
        host: String,
        /// How long we waited.
        seconds: u64,
    },
    /// More than allowed.
    #[error("{host} answered with more than {limit} bytes, which is more than expected here")]
    TooLarge {
        /// Who answered.
        host: String,
        /// How much is allowed.
        limit: usize,
    },
    /// Too many redirects.
    #[error("{0} sends us from one address to the next. Expected the final address")]
    Redirects(String),
}

/// The client for customer-given addresses.
#[derive(Clone, Debug)]
pub struct Outbound {
    client: reqwest::Client,
    allow_private: bool,
    allow_http: bool,
    /// For an answer with everything that it redirects to.
    patience: Duration,
}

impl Outbound {
    /// `allow_private` lifts the refusal of private addresses and plain http, for development.
    pub fn new(allow_private: bool, patience: Duration) -> Self {
        let client = Self::client(allow_private, patience).build().unwrap_or_else(|error| {
            tracing::error!(%error, "the outbound client could not be built as wanted");
            reqwest::Client::new()
        });
        Self { client, allow_private, allow_http: allow_private, patience }
    }

    fn client(allow_private: bool, patience: Duration) -> reqwest::ClientBuilder {
        reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .timeout(patience)
            .connect_timeout(patience.min(Duration::from_secs(5)))
            .user_agent(concat!("Frontdesk/", env!("CARGO_PKG_VERSION")))
            .dns_resolver(Arc::new(PublicOnly { allow_private }))
    }

    /// Reads `text` as an address that may be fetched.
    pub fn address(&self, text: &str) -> Result<Url, FetchError> {
        let shown: String = text.trim().chars().take(200).collect();
        let url = Url::parse(text.trim()).map_err(|_| FetchError::NotAnAddress(shown.clone()))?;
        let host = url.host().ok_or(FetchError::NotAnAddress(shown))?;
        match (url.scheme(), self.allow_http) {
            ("https", _) | ("http", true) => {}
            ("http", false) => return Err(FetchError::NotSecure(url.to_string())),
            _ => return Err(FetchError::NotAnAddress(url.to_string())),
        }
        let literal = match host {
            url::Host::Ipv4(ip) => Some(IpAddr::V4(ip)),
            url::Host::Ipv6(ip) => Some(IpAddr::V6(ip)),
            url::Host::Domain(_) => None,
        };
        if !self.allow_private && literal.is_some_and(|ip| !is_public(ip)) {
            return Err(FetchError::Private(host.to_string()));
        }
        Ok(url)
    }

    /// Gets `text`, following at most three redirects, each checked like the first.
    pub async fn get(&self, text: &str, limit: usize) -> Result<Fetched, FetchError> {
        self.get_if_changed(text, &Validators::default(), limit).await
    }

    /// The same; status 304 where the server says that nothing has changed since the answer with these names.
    pub async fn get_if_changed(
        &self,
        text: &str,
        known: &Validators,
        limit: usize,
    ) -> Result<Fetched, FetchError> {
        let url = self.address(text)?;
        let slow = FetchError::TooSlow { host: host_of(&url), seconds: self.patience.as_secs() };
        tokio::time::timeout(self.patience, self.follow(url, known, limit)).await.map_err(|_| slow)?
    }

    async fn follow(&self, mut url: Url, known: &Validators, limit: usize) -> Result<Fetched, FetchError> {
        for _ in 0..=REDIRECTS {
            let answer = self.send(known.ask(self.client.get(url.clone())), &url, limit).await?;
            match answer {
                Answer::Done(fetched) => return Ok(fetched),
                Answer::Moved(next) => url = self.address(&next)?,
            }
        }
        Err(FetchError::Redirects(host_of(&url)))
    }

    /// Sends a form to `text`. A redirect is an error: nobody redirects a token endpoint.
    pub async fn post_form(
        &self,
        text: &str,
        form: &[(String, String)],
        headers: &[(&'static str, String)],
        limit: usize,
    ) -> Result<Fetched, FetchError> {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        self.post(text, ("application/x-www-form-urlencoded", body), headers, limit).await
    }

    /// Sends a body of some kind to `text`. A redirect is an error.
    pub async fn post(
        &self,
        text: &str,
        (kind, body): (&'static str, String),
        headers: &[(&'static str, String)],
        limit: usize,
    ) -> Result<Fetched, FetchError> {
        let url = self.address(text)?;
        let mut request =
            self.client.request(Method::POST, url.clone()).header("content-type", kind).body(body);
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        match self.send(request, &url, limit).await? {
            Answer::Done(fetched) => Ok(fetched),
            Answer::Moved(_) => Err(FetchError::Redirects(host_of(&url))),
        }
    }

    /// Gets `text` with extra headers, such as a bearer token; redirects are errors, so that no token travels on.
    pub async fn get_with(
        &self,
        text: &str,
        headers: &[(&'static str, String)],
        limit: usize,
    ) -> Result<Fetched, FetchError> {
        let url = self.address(text)?;
        let mut request = self.client.get(url.clone());
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        match self.send(request, &url, limit).await? {
            Answer::Done(fetched) => Ok(fetched),
            Answer::Moved(_) => Err(FetchError::Redirects(host_of(&url))),
        }
    }

    async fn send(&self, request: RequestBuilder, url: &Url, limit: usize) -> Result<Answer, FetchError> {
        let explain = |error: &reqwest::Error| self.explain(error, url);
        let mut response = request.send().await.map_err(|e| explain(&e))?;
        if response.status().is_redirection()
            && let Some(next) = response.headers().get("location").and_then(|v| v.to_str().ok())
            && let Ok(next) = url.join(next)
        {
            return Ok(Answer::Moved(next.to_string()));
        }
        let (status, validators) = (response.status(), Validators::of(&response));
        let content_type = response.headers().get("content-type").and_then(|v| v.to_str().ok());
        let content_type = content_type.unwrap_or_default().to_owned();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|e| explain(&e))? {
            if body.len() + chunk.len() > limit {
                return Err(FetchError::TooLarge { host: host_of(url), limit });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer::Done(Fetched { status, content_type, body, url: url.clone(), validators }))
    }

    fn explain(&self, error: &reqwest::Error, url: &Url) -> FetchError {
        let mut cause: Option<&dyn std::error::Error> = Some(error);
        while let Some(it) = cause {
            if it.is::<PrivateAddress>() {
                return FetchError::Private(host_of(url));
            }
            cause = it.source();
        }
        if error.is_timeout() {
            FetchError::TooSlow { host: host_of(url), seconds: self.patience.as_secs() }
        } else {
            FetchError::Unreachable(host_of(url))
        }
    }
}

enum Answer {
    Done(Fetched),
    Moved(String),
}

fn host_of(url: &Url) -> String {
    url.host_str().unwrap_or_default().to_owned()
}

#[derive(Debug, thiserror::Error)]
#[error("the name leads to a private address only")]
struct PrivateAddress;

/// Resolves names and drops every address that is not public.
#[derive(Debug)]
struct PublicOnly {
    allow_private: bool,
}

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        let allow_private = self.allow_private;
        Box::pin(async move {
            let all: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let found_any = !all.is_empty();
            let good: Vec<SocketAddr> =
                all.into_iter().filter(|a| allow_private || is_public(a.ip())).collect();
            if good.is_empty() && found_any {
                return Err(Box::new(PrivateAddress) as Box<dyn std::error::Error + Send + Sync>);
            }
            Ok(Box::new(good.into_iter()) as Addrs)
        })
    }
}

/// Whether an address is reachable on the open internet (the IANA special-purpose registries).
pub fn is_public(ip: IpAddr) -> bool {
    const V4: &[&str] = &[
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    ];
    let v4_in = |ip| V4.iter().any(|net| net.parse::<ipnet::Ipv4Net>().is_ok_and(|net| net.contains(&ip)));
    match ip {
        IpAddr::V4(ip) => !v4_in(ip),
        IpAddr::V6(ip) => {
            // Only global unicast, without documentation, 6to4 and Teredo, which can wrap a private IPv4 address.
            let [first, second, ..] = ip.segments();
            let global = first & 0xe000 == 0x2000;
            let wrapped = first == 0x2002 || (first == 0x2001 && (second == 0 || second == 0xdb8));
            global && !wrapped
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(10);

    /// A server on the loopback address that is reached as if it were public, which answers every request so.
    async fn public(answer: &'static str) -> (Outbound, String) {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut request = [0; 2048];
                let _ = stream.read(&mut request).await;
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        });
        let client = Outbound::client(false, PATIENCE).resolve("idp.example", at).build().unwrap();
        let it = Outbound { client, allow_private: false, allow_http: true, patience: PATIENCE };
        (it, format!("http://idp.example:{}/metadata", at.port()))
    }

    #[tokio::test]
    async fn a_redirect_to_a_private_address_is_refused_however_it_is_written() {
        for (answer, host) in [
            ("HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n", "127.0.0.1"),
            ("HTTP/1.1 307 Moved\r\nlocation: http://[::1]/\r\ncontent-length: 0\r\n\r\n", "[::1]"),
            ("HTTP/1.1 301 Moved\r\nlocation: //localhost/x\r\ncontent-length: 0\r\n\r\n", "localhost"),
            (
                "HTTP/1.1 302 Found\r\nlocation: http://169.254.169.254/latest\r\ncontent-length: 0\r\n\r\n",
                "169.254.169.254",
            ),
        ] {
            let (out, url) = public(answer).await;
            assert_eq!(out.get(&url, 100).await.unwrap_err(), FetchError::Private(host.to_owned()));
        }
        let (out, url) = public("HTTP/1.1 302 Found\r\nlocation: /again\r\ncontent-length: 0\r\n\r\n").await;
        assert_eq!(out.get(&url, 100).await.unwrap_err(), FetchError::Redirects("idp.example".to_owned()));
        let (out, url) = public("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello").await;
        assert_eq!(out.get(&url, 100).await.unwrap().body, b"hello");
        assert!(matches!(out.get(&url, 4).await, Err(FetchError::TooLarge { limit: 4, .. })));
    }

    #[test]
    fn private_addresses_in_every_spelling_are_refused() {
        let out = Outbound::new(false, PATIENCE);
        for text in [
            "https://127.0.0.1/",
            "https://127.1/",
            "https://2130706433/",
            "https://0x7f.1/",
            "https://10.1.2.3/",
            "https://[::1]/",
            "https://[::ffff:127.0.0.1]/",
            "https://[fd00::1]/",
            "https://169.254.169.254/latest",
            "https://[2002:7f00:1::]/",
            "https://100.100.1.1/",
            "https://0.0.0.0/",
        ] {
            assert!(matches!(out.address(text), Err(FetchError::Private(_))), "{text}");
        }
        assert!(matches!(out.address("http://example.com/"), Err(FetchError::NotSecure(_))));
        assert!(matches!(out.address("file:///etc/passwd"), Err(FetchError::NotAnAddress(_))));
        assert!(matches!(out.address("acme.okta.com"), Err(FetchError::NotAnAddress(_))));
        assert!(out.address("https://1.1.1.1/").is_ok());
        assert!(Outbound::new(true, PATIENCE).address("http://127.0.0.1:8080/x").is_ok());
    }

    #[tokio::test]
    async fn a_name_that_leads_to_a_private_address_is_refused() {
        let out = Outbound::new(false, PATIENCE);
        assert!(matches!(out.get("https://localhost/", 10).await, Err(FetchError::Private(_))));
    }
}
