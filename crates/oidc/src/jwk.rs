//! Public keys as JSON Web Keys (RFC 7517, RFC 7518 section 6, RFC 8037) and sets of them.
//!
//! Owns reading a key set: keys we may use apart from keys we must not, each with its reason. One strange key never
//! spoils the set. Private keys live in [`crate::provider::SigningKey`].

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use crate::algorithm::Algorithm;
use crate::json;
use crate::rejection::{Rejection, RejectionCode, shown};

/// Largest key set or discovery document we read, in bytes.
pub const MAX_DOCUMENT_BYTES: usize = 512 * 1024;

/// Most keys we look at in one set.
const MAX_KEYS: usize = 200;

/// A public key that may verify signatures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Jwk {
    /// The key's name in token headers.
    pub kid: Option<String>,
    /// The only algorithm the key may be used with, where its owner says so.
    pub algorithm: Option<Algorithm>,
    pub(crate) material: Material,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Material {
    /// Big-endian, no leading zeros.
    Rsa {
        n: Vec<u8>,
        e: Vec<u8>,
    },
    /// Uncompressed point `04 x y`.
    Ec {
        curve: Curve,
        point: Vec<u8>,
    },
    Ed25519 {
        x: Vec<u8>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Curve {
    P256,
    P384,
    P521,
}

impl Curve {
    const fn name(self) -> &'static str {
        match self {
            Curve::P256 => "P-256",
            Curve::P384 => "P-384",
            Curve::P521 => "P-521",
        }
    }

    /// Length of one coordinate in bytes.
    const fn size(self) -> usize {
        match self {
            Curve::P256 => 32,
            Curve::P384 => 48,
            Curve::P521 => 66,
        }
    }

    fn from_name(name: &str) -> Option<Curve> {
        [Curve::P256, Curve::P384, Curve::P521].into_iter().find(|curve| curve.name() == name)
    }
}

/// Why a key of a set is not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyProblem {
    /// RSA below 2048 bits.
    TooShort,
    /// RSA above 8192 bits.
    TooLong,
    /// The private half is in the set: whoever can read it can sign.
    Private,
    /// A shared secret (`oct`).
    Symmetric,
    /// Meant for encryption, or for something else than verifying signatures.
    NotForSignatures,
    /// A key type, curve or algorithm we do not know.
    Unknown,
    /// A member is missing or not what the type needs.
    Malformed,
}

impl KeyProblem {
    /// The reason as the end of a sentence that begins "this key …".
    pub const fn in_words(self) -> &'static str {
        match self {
            KeyProblem::TooShort => "is an RSA key of less than 2048 bits",
            KeyProblem::TooLong => "is an RSA key of more than 8192 bits",
            KeyProblem::Private => "stands there with its private half, so anybody could sign with it",
            KeyProblem::Symmetric => "is a shared secret, not a public key",
            KeyProblem::NotForSignatures => "is not meant for verifying signatures",
            KeyProblem::Unknown => "is of a kind we do not know",
            KeyProblem::Malformed => "lacks a part, or has one we cannot read",
        }
    }
}

/// A key of a set that we do not use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnusableKey {
    /// Its name, if it has one.
    pub kid: Option<String>,
    /// The reason.
    pub problem: KeyProblem,
}

/// A set of public keys (RFC 7517 section 5).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Jwks {
    /// The keys that may verify.
    pub keys: Vec<Jwk>,
    /// The others, with the reason.
    pub unusable: Vec<UnusableKey>,
}

impl Jwks {
    /// Reads the answer of a `jwks_uri`. An empty set is no error here; see [`Jwks::check_not_empty`].
    pub fn parse(document: &[u8]) -> Result<Jwks, Rejection> {
        let malformed = |received: String| {
            Rejection::new(
                RejectionCode::KeySetMalformed,
                "The key set of the identity provider cannot be read. Open its jwks_uri in a browser: it must answer \
                 with JSON that has a list \"keys\".",
            )
            .expected("{\"keys\": [ … ]}")
            .received(received)
        };
        if document.len() > MAX_DOCUMENT_BYTES {
            return Err(malformed(format!("{} bytes, more than {MAX_DOCUMENT_BYTES}", document.len())));
        }
        let map = json::object(document).map_err(malformed)?;
        Jwks::from_map(&map).ok_or_else(|| malformed("JSON without a list \"keys\"".to_owned()))
    }

    /// Reads a key set that is already JSON, such as `jwks` in an application's registration. `None` without `keys`.
    pub fn from_map(map: &Map<String, Value>) -> Option<Jwks> {
        let mut set = Jwks::default();
        for entry in map.get("keys")?.as_array()?.iter().take(MAX_KEYS) {
            match Jwk::from_json(entry) {
                Ok(key) => set.keys.push(key),
                Err(problem) => {
                    let kid = entry.get("kid").and_then(Value::as_str).map(str::to_owned);
                    set.unusable.push(UnusableKey { kid, problem });
                }
            }
        }
        Some(set)
    }

    /// Refuses a set without a usable key, naming what is wrong with those that are there.
    pub fn check_not_empty(&self) -> Result<(), Rejection> {
        if !self.keys.is_empty() {
            return Ok(());
        }
        let received = if self.unusable.is_empty() {
            "no key at all".to_owned()
        } else {
            let each = self.unusable.iter().map(|key| {
                format!(
                    "key {} {}",
                    shown(key.kid.as_deref().unwrap_or("without kid")),
                    key.problem.in_words()
                )
            });
            each.collect::<Vec<_>>().join("; ")
        };
        Err(Rejection::new(
            RejectionCode::KeySetEmpty,
            "The identity provider publishes no key that we may use to check its signatures. Let it sign with an RSA \
             key of 2048 bits or more, or with an EC key.",
        )
        .expected("an RSA key from 2048 bits, an EC key on P-256, P-384 or P-521, or an Ed25519 key")
        .received(received))
    }
}

impl Jwk {
    /// Reads one key. Unknown members are ignored.
    pub fn from_json(value: &Value) -> Result<Jwk, KeyProblem> {
        let map = value.as_object().ok_or(KeyProblem::Malformed)?;
        let kty = text(map, "kty")?.ok_or(KeyProblem::Malformed)?;
        let material = match kty {
            "RSA" => rsa(map)?,
            "EC" => ec(map)?,
            "OKP" => okp(map)?,
            "oct" => return Err(KeyProblem::Symmetric),
            _ => return Err(KeyProblem::Unknown),
        };
        if ["d", "p", "q", "k"].iter().any(|name| map.contains_key(*name)) {
            return Err(KeyProblem::Private);
        }
        if text(map, "use")?.is_some_and(|purpose| purpose != "sig") {
            return Err(KeyProblem::NotForSignatures);
        }
        if let Some(operations) = map.get("key_ops") {
            let operations = json::strings(operations).ok_or(KeyProblem::Malformed)?;
            if !operations.iter().any(|operation| operation == "verify") {
                return Err(KeyProblem::NotForSignatures);
            }
        }
        let algorithm = match text(map, "alg")? {
            None => None,
            Some(name) => Some(Algorithm::from_name(name).ok_or(KeyProblem::NotForSignatures)?),
        };
        if algorithm.is_some_and(|algorithm| !algorithm.fits(&material)) {
            return Err(KeyProblem::Malformed);
        }
        let kid = text(map, "kid")?.map(str::to_owned);
        Ok(Jwk { kid, algorithm, material })
    }

    /// The key as JSON: only the public members, `use` always `sig`.
    pub fn to_json(&self) -> Value {
        let mut map = self.required_members();
        if let Some(kid) = &self.kid {
            map.insert("kid".to_owned(), json!(kid));
        }
        if let Some(algorithm) = self.algorithm {
            map.insert("alg".to_owned(), json!(algorithm.as_str()));
        }
        map.insert("use".to_owned(), json!("sig"));
        Value::Object(map)
    }

    /// The SHA-256 thumbprint, base64url (RFC 7638; RFC 8037 section 2 for Ed25519).
    pub fn thumbprint(&self) -> String {
        // A serde_json map writes its members in the order of their names or of insertion; both are alphabetical here.
        let canonical = Value::Object(self.required_members()).to_string();
        URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, canonical.as_bytes()))
    }

    /// The members of the thumbprint, inserted in alphabetical order.
    fn required_members(&self) -> Map<String, Value> {
        let b64 = |bytes: &[u8]| Value::String(URL_SAFE_NO_PAD.encode(bytes));
        let members: Vec<(&str, Value)> = match &self.material {
            Material::Rsa { n, e } => vec![("e", b64(e)), ("kty", json!("RSA")), ("n", b64(n))],
            Material::Ec { curve, point } => {
                let (x, y) = point.get(1..).unwrap_or_default().split_at(curve.size().min(point.len() - 1));
                vec![("crv", json!(curve.name())), ("kty", json!("EC")), ("x", b64(x)), ("y", b64(y))]
            }
            Material::Ed25519 { x } => vec![("crv", json!("Ed25519")), ("kty", json!("OKP")), ("x", b64(x))],
        };
        members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }
}

fn rsa(map: &Map<String, Value>) -> Result<Material, KeyProblem> {
    let strip = |bytes: Vec<u8>| bytes.into_iter().skip_while(|byte| *byte == 0).collect::<Vec<u8>>();
    let n = strip(bytes(map, "n")?);
    let e = strip(bytes(map, "e")?);
    let bits = n.len() * 8 - n.first().map_or(0, |byte| byte.leading_zeros() as usize);
    match bits {
        ..2048 => Err(KeyProblem::TooShort),
        8193.. => Err(KeyProblem::TooLong),
        _ if e.len() > 4 || e.last().is_none_or(|low| low % 2 == 0) || e == [1] => Err(KeyProblem::Malformed),
        _ => Ok(Material::Rsa { n, e }),
    }
}

fn ec(map: &Map<String, Value>) -> Result<Material, KeyProblem> {
    let name = text(map, "crv")?.ok_or(KeyProblem::Malformed)?;
    let curve = Curve::from_name(name).ok_or(KeyProblem::Unknown)?;
    let mut point = vec![4];
    for coordinate in ["x", "y"] {
        let value = bytes(map, coordinate)?;
        // RFC 7518 section 6.2.1.2 wants the full length; libraries that trim leading zeros are known.
        let missing = curve.size().checked_sub(value.len()).ok_or(KeyProblem::Malformed)?;
        point.resize(point.len() + missing, 0);
        point.extend_from_slice(&value);
    }
    Ok(Material::Ec { curve, point })
}

fn okp(map: &Map<String, Value>) -> Result<Material, KeyProblem> {
    if text(map, "crv")? != Some("Ed25519") {
        return Err(KeyProblem::Unknown);
    }
    let x = bytes(map, "x")?;
    if x.len() == 32 { Ok(Material::Ed25519 { x }) } else { Err(KeyProblem::Malformed) }
}

fn text<'a>(map: &'a Map<String, Value>, name: &str) -> Result<Option<&'a str>, KeyProblem> {
    match map.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(KeyProblem::Malformed),
    }
}

/// base64url, with padding tolerated.
fn bytes(map: &Map<String, Value>, name: &str) -> Result<Vec<u8>, KeyProblem> {
    let encoded = text(map, name)?.ok_or(KeyProblem::Malformed)?;
    URL_SAFE_NO_PAD.decode(encoded.trim_end_matches('=')).map_err(|_| KeyProblem::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(value: &Value) -> Result<Jwk, KeyProblem> {
        Jwk::from_json(value)
    }

    fn n(bytes: usize) -> String {
        let mut n = vec![0xc1_u8; bytes];
        if let Some(last) = n.last_mut() {
            *last = 0xc3;
        }
        URL_SAFE_NO_PAD.encode(n)
    }

    #[test]
    fn thumbprint_of_rfc_7638_section_3_1() {
        let key = parse(&json!({"kty": "RSA", "e": "AQAB", "alg": "RS256", "kid": "2011-04-29", "n":
            "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"}));
        assert_eq!(key.unwrap().thumbprint(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    }

    #[test]
    fn thumbprint_of_rfc_8037_appendix_a_3() {
        let key = parse(
            &json!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}),
        );
        assert_eq!(key.unwrap().thumbprint(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }

    #[test]
    fn keys_that_must_not_be_used() {
        let x = URL_SAFE_NO_PAD.encode([1; 32]);
        let table = [
            (json!({"kty": "RSA", "n": n(128), "e": "AQAB"}), KeyProblem::TooShort),
            (json!({"kty": "RSA", "n": format!("AAAA{}", n(255)), "e": "AQAB"}), KeyProblem::TooShort),
            (json!({"kty": "RSA", "n": n(1025), "e": "AQAB"}), KeyProblem::TooLong),
            (json!({"kty": "RSA", "n": n(256), "e": "AQ"}), KeyProblem::Malformed),
            (json!({"kty": "RSA", "n": n(256), "e": "Ag"}), KeyProblem::Malformed),
            (json!({"kty": "RSA", "n": n(256), "e": ""}), KeyProblem::Malformed),
            (json!({"kty": "RSA", "n": n(256)}), KeyProblem::Malformed),
            (json!({"kty": "RSA", "n": 5, "e": "AQAB"}), KeyProblem::Malformed),
            (json!({"kty": "RSA", "n": n(256), "e": "AQAB", "d": "AQAB"}), KeyProblem::Private),
            (json!({"kty": "RSA", "n": n(256), "e": "AQAB", "use": "enc"}), KeyProblem::NotForSignatures),
            (
                json!({"kty": "RSA", "n": n(256), "e": "AQAB", "alg": "RSA-OAEP"}),
                KeyProblem::NotForSignatures,
            ),
            (json!({"kty": "RSA", "n": n(256), "e": "AQAB", "alg": "ES256"}), KeyProblem::Malformed),
            (json!({"kty": "RSA", "n": n(256), "e": "AQAB", "alg": "HS256"}), KeyProblem::NotForSignatures),
            (
                json!({"kty": "RSA", "n": n(256), "e": "AQAB", "key_ops": ["encrypt"]}),
                KeyProblem::NotForSignatures,
            ),
            (json!({"kty": "EC", "crv": "secp256k1", "x": x, "y": x}), KeyProblem::Unknown),
            (
                json!({"kty": "EC", "crv": "P-256", "x": URL_SAFE_NO_PAD.encode([1; 33]), "y": x}),
                KeyProblem::Malformed,
            ),
            (json!({"kty": "OKP", "crv": "X25519", "x": x}), KeyProblem::Unknown),
            (json!({"kty": "OKP", "crv": "Ed25519", "x": "AQ"}), KeyProblem::Malformed),
            (json!({"kty": "oct", "k": "c2VjcmV0"}), KeyProblem::Symmetric),
            (json!({"kty": "PQC"}), KeyProblem::Unknown),
            (json!({"n": "x"}), KeyProblem::Malformed),
            (json!("x"), KeyProblem::Malformed),
        ];
        for (value, problem) in table {
            assert_eq!(parse(&value), Err(problem), "{value}");
        }
    }

    #[test]
    fn one_strange_key_does_not_spoil_the_set() {
        let document = json!({"keys": [
            {"kty": "RSA", "kid": "old", "n": n(128), "e": "AQAB"},
            {"kty": "RSA", "kid": "good", "n": n(256), "e": "AQAB", "x5c": ["…"], "issuer": "x"},
            7,
        ], "extra": true});
        let set = Jwks::parse(document.to_string().as_bytes()).unwrap();
        assert_eq!(set.keys.len(), 1);
        assert_eq!(set.unusable.len(), 2);
        assert!(set.check_not_empty().is_ok());
    }

    #[test]
    fn empty_and_broken_sets_are_explained() {
        for broken in ["", "<html>", "[]", "{}", r#"{"keys":{}}"#, r#"{"keys":[],"keys":[]}"#] {
            assert_eq!(
                Jwks::parse(broken.as_bytes()).unwrap_err().code,
                RejectionCode::KeySetMalformed,
                "{broken}"
            );
        }
        let weak = json!({"keys": [{"kty": "RSA", "kid": "w", "n": n(128), "e": "AQAB"}]}).to_string();
        let rejection = Jwks::parse(weak.as_bytes()).unwrap().check_not_empty().unwrap_err();
        assert_eq!(rejection.received.as_deref(), Some("key w is an RSA key of less than 2048 bits"));
    }
}
