//! The identity provider's discovery document (OpenID Connect Discovery 1.0).
//!
//! Owns the rules for the issuer and for what the provider must offer. Whether plain http or a private address may be
//! reached is the outbound client's rule, not ours.

use serde_json::{Map, Value};
use url::Url;

use crate::algorithm::{self, Algorithm};
use crate::json;
use crate::jwk::MAX_DOCUMENT_BYTES;
use crate::rejection::{Rejection, RejectionCode, shown};

const WELL_KNOWN: &str = "/.well-known/openid-configuration";

/// How we prove to the provider that we are its client (OpenID Connect Core section 9).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ClientAuthMethod {
    /// `client_secret_basic`.
    Basic,
    /// `client_secret_post`.
    Post,
    /// `private_key_jwt`.
    PrivateKeyJwt,
    /// `none`: PKCE alone.
    None,
}

impl ClientAuthMethod {
    const ALL: &[ClientAuthMethod] = &[
        ClientAuthMethod::Basic,
        ClientAuthMethod::Post,
        ClientAuthMethod::PrivateKeyJwt,
        ClientAuthMethod::None,
    ];

    /// The name in metadata.
    pub const fn as_str(self) -> &'static str {
        match self {
            ClientAuthMethod::Basic => "client_secret_basic",
            ClientAuthMethod::Post => "client_secret_post",
            ClientAuthMethod::PrivateKeyJwt => "private_key_jwt",
            ClientAuthMethod::None => "none",
        }
    }

    /// The method of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|method| method.as_str() == name)
    }
}

/// A checked discovery document.
#[derive(Clone, Debug, PartialEq)]
pub struct Discovery {
    /// Exactly the configured issuer.
    pub issuer: String,
    /// Where people are sent.
    pub authorization_endpoint: String,
    /// Where codes are redeemed.
    pub token_endpoint: String,
    /// Where the keys are.
    pub jwks_uri: String,
    /// Where more claims are, if anywhere.
    pub userinfo_endpoint: Option<String>,
    /// Where a sign-out may be sent.
    pub end_session_endpoint: Option<String>,
    /// The provider's signature algorithms that we accept too; never empty.
    pub id_token_algorithms: Vec<Algorithm>,
    /// The provider's client authentication methods that we know; never empty.
    pub client_auth_methods: Vec<ClientAuthMethod>,
    /// Whether assertions of a client may be signed with RS256; else with ES256.
    pub assertion_rs256: bool,
    /// Scopes the provider lists; empty when it lists none.
    pub scopes_supported: Vec<String>,
    /// The provider promises `iss` in its callback (RFC 9207).
    pub issuer_in_response: bool,
    /// The provider can post logout tokens.
    pub backchannel_logout: bool,
}

impl Discovery {
    /// Reads the document fetched from [`discovery_url`] of the configured `issuer`. Unknown members are ignored.
    pub fn parse(document: &[u8], issuer: &str) -> Result<Discovery, Rejection> {
        check_issuer(issuer)?;
        let map = read(document)?;
        check_issuer_member(&map, issuer)?;
        if let Some(types) = map.get("response_types_supported").and_then(json::strings)
            && !types.iter().any(|kind| kind == "code")
        {
            return Err(not_supported(
                "This identity provider does not offer the authorization code flow, which we need.",
                "response type code",
                &types.join(", "),
            ));
        }
        let list = |name: &str| map.get(name).and_then(json::strings);
        Ok(Discovery {
            issuer: issuer.to_owned(),
            authorization_endpoint: endpoint(&map, "authorization_endpoint")?,
            token_endpoint: endpoint(&map, "token_endpoint")?,
            jwks_uri: endpoint(&map, "jwks_uri")?,
            userinfo_endpoint: optional_endpoint(&map, "userinfo_endpoint")?,
            end_session_endpoint: optional_endpoint(&map, "end_session_endpoint")?,
            id_token_algorithms: algorithms(list("id_token_signing_alg_values_supported"))?,
            client_auth_methods: auth_methods(list("token_endpoint_auth_methods_supported"))?,
            assertion_rs256: list("token_endpoint_auth_signing_alg_values_supported").is_none_or(|all| {
                all.iter().any(|name| name == "RS256") || !all.iter().any(|name| name == "ES256")
            }),
            scopes_supported: list("scopes_supported").unwrap_or_default(),
            issuer_in_response: flag(&map, "authorization_response_iss_parameter_supported"),
            backchannel_logout: flag(&map, "backchannel_logout_supported"),
        })
    }

    /// What to sign the assertion of `private_key_jwt` with: RS256 unless the provider lists only ES256 of the two.
    pub const fn client_assertion_algorithm(&self) -> &'static str {
        if self.assertion_rs256 { "RS256" } else { "ES256" }
    }

    /// The client authentication to use: `preferred` if offered, else basic, post, private key, none.
    pub fn client_auth_method(&self, preferred: Option<ClientAuthMethod>) -> ClientAuthMethod {
        let offered = |method: &ClientAuthMethod| self.client_auth_methods.contains(method);
        let order = preferred.into_iter().chain(ClientAuthMethod::ALL.iter().copied());
        order.into_iter().find(offered).unwrap_or(ClientAuthMethod::Basic)
    }
}

/// Where the discovery document of an issuer is (OpenID Connect Discovery section 4).
pub fn discovery_url(issuer: &str) -> String {
    format!("{}{WELL_KNOWN}", issuer.trim_end_matches('/'))
}

/// The issuer in what a person pasted: the address itself, or the address of the discovery document. The slash at the
/// end of an issuer is kept, because it is part of it.
pub fn issuer_from_input(input: &str) -> &str {
    let input = input.trim();
    input.strip_suffix(WELL_KNOWN).unwrap_or(input)
}

/// Whether the text can be the issuer of one customer: an absolute URL without query and fragment, and not one that
/// stands for every customer of the provider. Call it before anything is fetched.
pub fn check_issuer(issuer: &str) -> Result<(), Rejection> {
    check_shared(issuer)?;
    let malformed = || {
        Rejection::new(
            RejectionCode::IssuerMalformed,
            "That is not an issuer. The issuer is the address that the provider's console calls Issuer, or the address \
             of its openid-configuration document.",
        )
        .expected("an address such as https://idp.example.com")
        .received(issuer)
    };
    let url = Url::parse(issuer).map_err(|_| malformed())?;
    let fine = matches!(url.scheme(), "https" | "http")
        && url.host_str().is_some_and(|host| !host.is_empty())
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none()
        && !issuer.contains(|c: char| c.is_whitespace() || c.is_control());
    if fine { Ok(()) } else { Err(malformed()) }
}

/// Whether one issuer serves all customers of the provider, so that `hd` must name a domain of the organization: set
/// [`super::Expected::hosted_domains`]. A personal Google account may carry a work address, but never an `hd`.
pub fn needs_hosted_domain(issuer: &str) -> bool {
    matches!(issuer.trim_end_matches('/'), "https://accounts.google.com" | "accounts.google.com")
}

/// Microsoft's issuers that accept accounts of any tenant, and templates that were never filled in.
fn check_shared(issuer: &str) -> Result<(), Rejection> {
    let lower = issuer.to_ascii_lowercase();
    let template = lower.contains('{') || lower.contains("%7b");
    let microsoft =
        ["login.microsoftonline.", "login.partner.microsoftonline.", "login.windows.net", "sts.windows.net"]
            .iter()
            .any(|host| lower.contains(host));
    let shared =
        microsoft && lower.split('/').any(|part| matches!(part, "common" | "organizations" | "consumers"));
    if !template && !shared {
        return Ok(());
    }
    let message = if microsoft {
        "This issuer lets in people of every Microsoft customer. Use your own: \
         https://login.microsoftonline.com/<Directory (tenant) ID>/v2.0. The tenant ID stands on the application's \
         Overview page."
    } else {
        "This issuer still has a placeholder in it. Put your own value in the place of the curly brackets."
    };
    Err(Rejection::new(RejectionCode::IssuerShared, message)
        .expected(if microsoft {
            "https://login.microsoftonline.com/<tenant ID>/v2.0"
        } else {
            "an issuer without { }"
        })
        .received(issuer))
}

fn read(document: &[u8]) -> Result<Map<String, Value>, Rejection> {
    let malformed = |message: &str, received: &str| {
        Rejection::new(RejectionCode::DiscoveryMalformed, message)
            .expected("a JSON document with \"issuer\" and \"authorization_endpoint\"")
            .received(received)
    };
    if document.len() > MAX_DOCUMENT_BYTES {
        let received = format!("{} bytes", document.len());
        return Err(malformed(
            "The answer at the issuer's address is far larger than a discovery document.",
            &received,
        ));
    }
    if document.trim_ascii_start().starts_with(b"<") {
        return Err(malformed(
            "The issuer's address answered with a web page or XML, not with a discovery document. Is it the issuer, or \
             the address of a sign-in page? SAML metadata belongs into a SAML connection.",
            "a text that begins with \"<\"",
        ));
    }
    json::object(document).map_err(|why| {
        malformed(
            "The discovery document cannot be read. Open it in a browser: it must be one JSON object.",
            &why,
        )
    })
}

fn check_issuer_member(map: &Map<String, Value>, issuer: &str) -> Result<(), Rejection> {
    let received = map.get("issuer").and_then(Value::as_str).unwrap_or("nothing");
    if received == issuer {
        return Ok(());
    }
    // A shared issuer in the document explains more than the difference does.
    check_shared(received)?;
    let hint = if received.trim_end_matches('/') == issuer.trim_end_matches('/') {
        " They differ only in the slash at the end, which is part of the issuer."
    } else {
        ""
    };
    Err(Rejection::new(
        RejectionCode::DiscoveryIssuerMismatch,
        format!(
            "The document at this address speaks for another issuer.{hint} If that one is yours, use it here."
        ),
    )
    .expected(issuer)
    .received(received))
}

fn endpoint(map: &Map<String, Value>, name: &str) -> Result<String, Rejection> {
    optional_endpoint(map, name)?.ok_or_else(|| no_endpoint(name, "nothing"))
}

fn optional_endpoint(map: &Map<String, Value>, name: &str) -> Result<Option<String>, Rejection> {
    let issuer_is_https =
        map.get("issuer").and_then(Value::as_str).is_some_and(|issuer| !is_plain_http(issuer));
    match map.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => match Url::parse(text) {
            Ok(url) if url.scheme() == "http" && issuer_is_https => Err(Rejection::new(
                RejectionCode::EndpointInsecure,
                format!("The {name} of this provider is not encrypted, although its issuer is. It must use https too."),
            )
            .expected("an address that begins with https://")
            .received(text)),
            Ok(url) if matches!(url.scheme(), "https" | "http") && url.has_host() => Ok(Some(text.clone())),
            _ => Err(no_endpoint(name, text)),
        },
        Some(other) => Err(no_endpoint(name, &other.to_string())),
    }
}

fn is_plain_http(address: &str) -> bool {
    Url::parse(address).is_ok_and(|url| url.scheme() == "http")
}

fn no_endpoint(name: &str, received: &str) -> Rejection {
    Rejection::new(
        RejectionCode::EndpointMissing,
        format!(
            "The discovery document does not say where its {name} is. Is this an OpenID Connect provider?"
        ),
    )
    .expected(format!("\"{name}\" with a web address"))
    .received(received)
}

/// RS256 when the list is missing, which the standard makes the one that everybody has.
fn algorithms(listed: Option<Vec<String>>) -> Result<Vec<Algorithm>, Rejection> {
    let Some(listed) = listed else { return Ok(vec![Algorithm::Rs256]) };
    let mut both: Vec<Algorithm> = Vec::new();
    for algorithm in listed.iter().filter_map(|name| Algorithm::from_name(name)) {
        if !both.contains(&algorithm) {
            both.push(algorithm);
        }
    }
    if both.is_empty() {
        return Err(not_supported(
            "This identity provider signs its ID tokens only in ways that we do not accept.",
            &algorithm::names(Algorithm::ALL),
            &listed.join(", "),
        ));
    }
    Ok(both)
}

/// Basic when the list is missing (OpenID Connect Discovery section 3).
fn auth_methods(listed: Option<Vec<String>>) -> Result<Vec<ClientAuthMethod>, Rejection> {
    let Some(listed) = listed else { return Ok(vec![ClientAuthMethod::Basic]) };
    let known: Vec<_> = listed.iter().filter_map(|name| ClientAuthMethod::from_name(name)).collect();
    if known.is_empty() {
        return Err(not_supported(
            "This identity provider asks for a kind of client authentication that we do not have.",
            "client_secret_basic, client_secret_post, private_key_jwt or none",
            &listed.join(", "),
        ));
    }
    Ok(known)
}

fn flag(map: &Map<String, Value>, name: &str) -> bool {
    map.get(name).and_then(json::boolean).unwrap_or(false)
}

fn not_supported(message: &str, expected: &str, received: &str) -> Rejection {
    Rejection::new(RejectionCode::NotSupported, message).expected(expected).received(shown(received))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ISSUER: &str = "https://idp.test/realms/a";

    fn document() -> Value {
        json!({
            "issuer": ISSUER, "authorization_endpoint": "https://idp.test/auth", "token_endpoint": "https://idp.test/token",
            "jwks_uri": "https://idp.test/keys", "response_types_supported": ["code", "id_token"],
            "id_token_signing_alg_values_supported": ["HS256", "PS256", "none", "RS256", "RS256"],
            "token_endpoint_auth_methods_supported": ["tls_client_auth", "client_secret_post"],
            "authorization_response_iss_parameter_supported": true, "x_vendor": {"anything": [1]}
        })
    }

    fn with(name: &str, value: Value) -> Result<Discovery, RejectionCode> {
        let mut document = document();
        document[name] = value;
        Discovery::parse(document.to_string().as_bytes(), ISSUER).map_err(|r| r.code)
    }

    #[test]
    fn good_document_is_read_with_only_what_we_accept() {
        let discovery = with("extra", json!(1)).unwrap();
        assert_eq!(discovery.id_token_algorithms, [Algorithm::Ps256, Algorithm::Rs256]);
        assert_eq!(discovery.client_auth_methods, [ClientAuthMethod::Post]);
        assert_eq!(discovery.client_auth_method(Some(ClientAuthMethod::Basic)), ClientAuthMethod::Post);
        assert!(discovery.issuer_in_response && !discovery.backchannel_logout);
        assert_eq!(discovery.userinfo_endpoint, None);
    }

    #[test]
    fn short_document_gets_the_standards_defaults() {
        let short = json!({"issuer": ISSUER, "authorization_endpoint": "https://i.test/a",
            "token_endpoint": "https://i.test/t", "jwks_uri": "https://i.test/k"});
        let discovery = Discovery::parse(short.to_string().as_bytes(), ISSUER).unwrap();
        assert_eq!(discovery.id_token_algorithms, [Algorithm::Rs256]);
        assert_eq!(discovery.client_auth_methods, [ClientAuthMethod::Basic]);
    }

    #[test]
    fn documents_that_are_refused() {
        use RejectionCode as C;
        let table = [
            ("issuer", json!("https://idp.test/realms/a/"), C::DiscoveryIssuerMismatch),
            ("issuer", json!("https://IDP.test/realms/a"), C::DiscoveryIssuerMismatch),
            ("issuer", json!(null), C::DiscoveryIssuerMismatch),
            ("issuer", json!("https://login.microsoftonline.com/{tenantid}/v2.0"), C::IssuerShared),
            ("token_endpoint", json!(null), C::EndpointMissing),
            ("token_endpoint", json!(5), C::EndpointMissing),
            ("jwks_uri", json!("/keys"), C::EndpointMissing),
            ("jwks_uri", json!("file:///etc/passwd"), C::EndpointMissing),
            ("authorization_endpoint", json!("javascript:alert(1)"), C::EndpointMissing),
            ("userinfo_endpoint", json!("data:,x"), C::EndpointMissing),
            ("authorization_endpoint", json!("http://idp.test/auth"), C::EndpointInsecure),
            ("jwks_uri", json!("HTTP://idp.test/keys"), C::EndpointInsecure),
            ("response_types_supported", json!(["id_token"]), C::NotSupported),
            ("id_token_signing_alg_values_supported", json!(["HS256", "none"]), C::NotSupported),
            ("token_endpoint_auth_methods_supported", json!(["tls_client_auth"]), C::NotSupported),
        ];
        for (name, value, code) in table {
            assert_eq!(with(name, value.clone()).map(|_| ()), Err(code), "{name} = {value}");
        }
        for broken in ["", "[]", "<!doctype html>", "  <xml/>", "{", r#"{"issuer":"a","issuer":"b"}"#] {
            let code = Discovery::parse(broken.as_bytes(), ISSUER).unwrap_err().code;
            assert_eq!(code, C::DiscoveryMalformed, "{broken}");
        }
    }

    #[test]
    fn issuers_of_everybody_and_no_issuers_are_refused_before_any_fetch() {
        for shared in [
            "https://login.microsoftonline.com/common/v2.0",
            "https://login.microsoftonline.com/organizations/v2.0",
            "https://login.microsoftonline.com/consumers/v2.0/",
            "https://login.microsoftonline.com/{tenantid}/v2.0",
            "https://login.microsoftonline.com/Common/v2.0",
            "https://login.microsoftonline.us/common/v2.0",
            "https://sts.windows.net/{tenantid}/",
            "https://{host}/realms/{realm}",
        ] {
            assert_eq!(check_issuer(shared).unwrap_err().code, RejectionCode::IssuerShared, "{shared}");
        }
        for wrong in [
            "",
            "idp.test",
            "ftp://idp.test",
            "https://",
            "https://a.test/?x",
            "https://a.test/#x",
            "https://u:p@a.test",
            "https://a.test/ b",
        ] {
            assert_eq!(check_issuer(wrong).unwrap_err().code, RejectionCode::IssuerMalformed, "{wrong}");
        }
        for good in [
            "https://accounts.google.com",
            "https://x.auth0.com/",
            "http://127.0.0.1:8080",
            "https://k.test/realms/common",
        ] {
            assert!(check_issuer(good).is_ok(), "{good}");
        }
    }

    #[test]
    fn pasted_discovery_address_gives_the_issuer() {
        assert_eq!(issuer_from_input(" https://a.test/.well-known/openid-configuration\n"), "https://a.test");
        assert_eq!(issuer_from_input("https://a.auth0.com/"), "https://a.auth0.com/");
        assert_eq!(
            discovery_url("https://a.auth0.com/"),
            "https://a.auth0.com/.well-known/openid-configuration"
        );
    }
}
