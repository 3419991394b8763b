//! An identity provider's keys, and tokens of any shape signed with them.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{self as lc, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use oidc::{Algorithm, Jwks};
use serde_json::{Value, json};

pub const ISSUER: &str = "https://idp.test";
pub const CLIENT: &str = "client-1";
pub const NONCE: &str = "nonce-1";
pub const NOW: i64 = 1_800_000_000;

pub struct Forge {
    rsa: RsaKeyPair,
    other_rsa: RsaKeyPair,
    p256: EcdsaKeyPair,
    p384: EcdsaKeyPair,
    p521: EcdsaKeyPair,
    ed: Ed25519KeyPair,
}

pub fn b64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Claims of a good ID token.
pub fn claims() -> Value {
    json!({
        "iss": ISSUER, "sub": "u1", "aud": CLIENT, "nonce": NONCE, "iat": NOW - 5, "exp": NOW + 300,
        "email": "ann@acme.test", "given_name": "Ann"
    })
}

impl Forge {
    pub fn new() -> Self {
        let ec = |algorithm| EcdsaKeyPair::generate(algorithm).expect("EC key");
        Forge {
            rsa: RsaKeyPair::generate(KeySize::Rsa2048).expect("RSA key"),
            other_rsa: RsaKeyPair::generate(KeySize::Rsa2048).expect("RSA key"),
            p256: ec(&lc::ECDSA_P256_SHA256_FIXED_SIGNING),
            p384: ec(&lc::ECDSA_P384_SHA384_FIXED_SIGNING),
            p521: ec(&lc::ECDSA_P521_SHA512_FIXED_SIGNING),
            ed: Ed25519KeyPair::generate().expect("Ed25519 key"),
        }
    }

    /// The published set: one good key of each kind, and some that must not be used.
    pub fn keys(&self) -> Jwks {
        let ec = |key: &EcdsaKeyPair, kid: &str, crv: &str| {
            let point = key.public_key().as_ref();
            let (x, y) = point[1..].split_at((point.len() - 1) / 2);
            json!({"kty": "EC", "kid": kid, "crv": crv, "x": b64(x), "y": b64(y), "use": "sig"})
        };
        let document = json!({"keys": [
            {"kty": "RSA", "kid": "weak", "n": b64([0xc1; 128]), "e": "AQAB"},
            {"kty": "RSA", "kid": "enc", "use": "enc", "n": b64(modulus(&self.rsa)), "e": "AQAB"},
            {"kty": "oct", "kid": "secret", "k": "c2VjcmV0"},
            {"kty": "RSA", "kid": "pinned-ps", "alg": "PS512", "n": b64(modulus(&self.rsa)), "e": "AQAB"},
            {"kty": "RSA", "kid": "other-rsa", "n": b64(modulus(&self.other_rsa)), "e": "AQAB"},
            self.rsa_jwk(),
            ec(&self.p256, "p256", "P-256"),
            ec(&self.p384, "p384", "P-384"),
            ec(&self.p521, "p521", "P-521"),
            {"kty": "OKP", "kid": "ed", "crv": "Ed25519", "x": b64(self.ed.public_key().as_ref())},
        ]});
        Jwks::parse(document.to_string().as_bytes()).expect("key set")
    }

    pub fn rsa_jwk(&self) -> Value {
        json!({"kty": "RSA", "kid": "rsa", "n": b64(modulus(&self.rsa)), "e": "AQAB"})
    }

    pub fn sign(&self, algorithm: Algorithm, claims: &Value) -> String {
        let kid = match algorithm {
            Algorithm::Es256 => "p256",
            Algorithm::Es384 => "p384",
            Algorithm::Es512 => "p521",
            Algorithm::EdDsa => "ed",
            _ => "rsa",
        };
        self.sign_with_header(algorithm, &json!({"alg": algorithm.as_str(), "kid": kid}), claims)
    }

    /// Signs with `algorithm`, whatever the header says.
    pub fn sign_with_header(&self, algorithm: Algorithm, header: &Value, claims: &Value) -> String {
        self.sign_bytes(algorithm, header, claims.to_string().as_bytes())
    }

    pub fn sign_bytes(&self, algorithm: Algorithm, header: &Value, payload: &[u8]) -> String {
        let input = format!("{}.{}", b64(header.to_string()), b64(payload));
        let signature = self.signature(algorithm, input.as_bytes());
        format!("{input}.{}", b64(signature))
    }

    fn signature(&self, algorithm: Algorithm, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        let rsa = |encoding| {
            let mut out = vec![0; self.rsa.public_modulus_len()];
            self.rsa.sign(encoding, &random, message, &mut out).expect("RSA signature");
            out
        };
        let ec = |key: &EcdsaKeyPair| key.sign(&random, message).expect("EC signature").as_ref().to_vec();
        match algorithm {
            Algorithm::Rs256 => rsa(&lc::RSA_PKCS1_SHA256),
            Algorithm::Rs384 => rsa(&lc::RSA_PKCS1_SHA384),
            Algorithm::Rs512 => rsa(&lc::RSA_PKCS1_SHA512),
            Algorithm::Ps256 => rsa(&lc::RSA_PSS_SHA256),
            Algorithm::Ps384 => rsa(&lc::RSA_PSS_SHA384),
            Algorithm::Ps512 => rsa(&lc::RSA_PSS_SHA512),
            Algorithm::Es256 => ec(&self.p256),
            Algorithm::Es384 => ec(&self.p384),
            Algorithm::Es512 => ec(&self.p521),
            Algorithm::EdDsa => self.ed.sign(message).as_ref().to_vec(),
            other => panic!("no key for {other}"),
        }
    }
}

fn modulus(key: &RsaKeyPair) -> Vec<u8> {
    key.public_key().modulus().big_endian_without_leading_zero().to_vec()
}
