//! The provider's signing keys.
//!
//! Owns making them, their PKCS#8 form for storage, their public half and their name (the RFC 7638 thumbprint). Does
//! not own their rotation: publish a new key well before it signs, because relying parties read key sets seldom.

use std::fmt;

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair,
};
use serde_json::{Map, Value, json};

use crate::algorithm::Algorithm;
use crate::jwk::{Curve, Jwk, Material};
use crate::jws;

/// What the provider signs with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum SigningAlgorithm {
    /// RSA PKCS#1 v1.5 with SHA-256, 2048 bits: what every relying party can verify.
    #[default]
    Rs256,
    /// ECDSA on P-256 with SHA-256.
    Es256,
}

impl SigningAlgorithm {
    /// Both, the default first.
    pub const ALL: &[SigningAlgorithm] = &[SigningAlgorithm::Rs256, SigningAlgorithm::Es256];

    /// As [`Algorithm`].
    pub const fn algorithm(self) -> Algorithm {
        match self {
            SigningAlgorithm::Rs256 => Algorithm::Rs256,
            SigningAlgorithm::Es256 => Algorithm::Es256,
        }
    }

    /// The name in `alg`.
    pub const fn as_str(self) -> &'static str {
        self.algorithm().as_str()
    }

    /// The algorithm of this name.
    pub fn from_name(name: &str) -> Option<SigningAlgorithm> {
        Self::ALL.iter().copied().find(|algorithm| algorithm.as_str() == name)
    }
}

/// Why a key could not be made, read or used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SigningKeyError {
    /// aws-lc could not make a key.
    #[error("the signing key could not be made")]
    Generate,
    /// The stored bytes are no PKCS#8 key of this algorithm.
    #[error("the stored signing key cannot be read; it is no PKCS#8 key of its algorithm")]
    Read,
    /// An RSA key below 2048 bits.
    #[error("the stored signing key is shorter than 2048 bits")]
    TooShort,
    /// aws-lc could not sign or serialise.
    #[error("the signing key could not be used")]
    Use,
}

/// A private key with its public half. Parsed once, so that signing costs the signature alone.
pub struct SigningKey {
    algorithm: SigningAlgorithm,
    private: Private,
    public: Jwk,
    kid: String,
}

enum Private {
    Rsa(Box<RsaKeyPair>),
    Ec(EcdsaKeyPair),
}

impl SigningKey {
    /// Makes a new key. The randomness is aws-lc's own.
    pub fn generate(algorithm: SigningAlgorithm) -> Result<SigningKey, SigningKeyError> {
        let private = match algorithm {
            SigningAlgorithm::Rs256 => {
                RsaKeyPair::generate(KeySize::Rsa2048).map(|key| Private::Rsa(Box::new(key)))
            }
            SigningAlgorithm::Es256 => {
                EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map(Private::Ec)
            }
        };
        SigningKey::new(algorithm, private.map_err(|_| SigningKeyError::Generate)?)
    }

    /// Reads what [`SigningKey::to_pkcs8`] wrote.
    pub fn from_pkcs8(algorithm: SigningAlgorithm, der: &[u8]) -> Result<SigningKey, SigningKeyError> {
        let private = match algorithm {
            SigningAlgorithm::Rs256 => RsaKeyPair::from_pkcs8(der).map(|key| Private::Rsa(Box::new(key))),
            SigningAlgorithm::Es256 => {
                EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der).map(Private::Ec)
            }
        };
        SigningKey::new(algorithm, private.map_err(|_| SigningKeyError::Read)?)
    }

    fn new(algorithm: SigningAlgorithm, private: Private) -> Result<SigningKey, SigningKeyError> {
        let material = match &private {
            Private::Rsa(key) if key.public_modulus_len() < 256 => return Err(SigningKeyError::TooShort),
            Private::Rsa(key) => Material::Rsa {
                n: key.public_key().modulus().big_endian_without_leading_zero().to_vec(),
                e: key.public_key().exponent().big_endian_without_leading_zero().to_vec(),
            },
            Private::Ec(key) => {
                Material::Ec { curve: Curve::P256, point: key.public_key().as_ref().to_vec() }
            }
        };
        let mut public = Jwk { kid: None, algorithm: Some(algorithm.algorithm()), material };
        let kid = public.thumbprint();
        public.kid = Some(kid.clone());
        Ok(SigningKey { algorithm, private, public, kid })
    }

    /// The private key as PKCS#8 DER: a secret, to be sealed before it is stored.
    pub fn to_pkcs8(&self) -> Result<Vec<u8>, SigningKeyError> {
        match &self.private {
            Private::Rsa(key) => {
                let der: Pkcs8V1Der<'_> = key.as_der().map_err(|_| SigningKeyError::Use)?;
                Ok(der.as_ref().to_vec())
            }
            Private::Ec(key) => {
                key.to_pkcs8v1().map(|der| der.as_ref().to_vec()).map_err(|_| SigningKeyError::Use)
            }
        }
    }

    /// What it signs with.
    pub const fn algorithm(&self) -> SigningAlgorithm {
        self.algorithm
    }

    /// Its name: the RFC 7638 thumbprint of the public half.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The public half.
    pub const fn public(&self) -> &Jwk {
        &self.public
    }

    /// A signed token with this `typ` and these claims.
    pub(crate) fn sign_token(
        &self,
        typ: &str,
        claims: &Map<String, Value>,
    ) -> Result<String, SigningKeyError> {
        self.sign_token_as(&self.kid, typ, claims)
    }

    /// The same under a name that somebody else gave the key.
    pub(crate) fn sign_token_as(
        &self,
        kid: &str,
        typ: &str,
        claims: &Map<String, Value>,
    ) -> Result<String, SigningKeyError> {
        let mut header = Map::new();
        header.insert("alg".to_owned(), json!(self.algorithm.as_str()));
        header.insert("kid".to_owned(), json!(kid));
        header.insert("typ".to_owned(), json!(typ));
        let input = jws::signing_input(&header, claims);
        let signature = self.sign(input.as_bytes())?;
        Ok(jws::finish(input, &signature))
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SigningKeyError> {
        let random = SystemRandom::new();
        match &self.private {
            Private::Rsa(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature)
                    .map_err(|_| SigningKeyError::Use)?;
                Ok(signature)
            }
            Private::Ec(key) => key
                .sign(&random, message)
                .map(|signature| signature.as_ref().to_vec())
                .map_err(|_| SigningKeyError::Use),
        }
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("algorithm", &self.algorithm)
            .field("kid", &self.kid)
            .finish_non_exhaustive()
    }
}

/// The document at `jwks_uri` (RFC 7517 section 5). List the signing key first, then the coming and the retired ones.
pub fn jwks_json<'a>(keys: impl IntoIterator<Item = &'a Jwk>) -> Value {
    json!({ "keys": keys.into_iter().map(Jwk::to_json).collect::<Vec<_>>() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jwk::Jwks;

    #[test]
    fn key_survives_storage_and_keeps_its_name() {
        for &algorithm in SigningAlgorithm::ALL {
            let key = SigningKey::generate(algorithm).unwrap();
            let again = SigningKey::from_pkcs8(algorithm, &key.to_pkcs8().unwrap()).unwrap();
            assert_eq!(key.public(), again.public());
            assert_eq!(key.kid(), again.kid());
            assert_eq!(key.kid(), key.public().thumbprint());
            assert_eq!(key.kid().len(), 43);
        }
    }

    #[test]
    fn published_set_holds_no_private_part_and_reads_back() {
        let keys =
            [SigningKey::generate(SigningAlgorithm::Rs256), SigningKey::generate(SigningAlgorithm::Es256)]
                .map(Result::unwrap);
        let document = jwks_json(keys.iter().map(SigningKey::public)).to_string();
        assert!(!document.contains("\"d\"") && !document.contains("\"p\""));
        let set = Jwks::parse(document.as_bytes()).unwrap();
        assert_eq!(set.keys, keys.iter().map(|key| key.public().clone()).collect::<Vec<_>>());
    }

    #[test]
    fn debug_output_hides_the_private_key() {
        let key = SigningKey::generate(SigningAlgorithm::Es256).unwrap();
        assert_eq!(
            format!("{key:?}"),
            format!("SigningKey {{ algorithm: Es256, kid: {:?}, .. }}", key.kid())
        );
    }

    #[test]
    fn stored_key_of_another_kind_is_refused() {
        let es = SigningKey::generate(SigningAlgorithm::Es256).unwrap().to_pkcs8().unwrap();
        assert_eq!(SigningKey::from_pkcs8(SigningAlgorithm::Rs256, &es).unwrap_err(), SigningKeyError::Read);
        assert_eq!(SigningKey::from_pkcs8(SigningAlgorithm::Es256, b"x").unwrap_err(), SigningKeyError::Read);
    }
}
