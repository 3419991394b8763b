//! The signature algorithms we accept, and the one place where a signature is verified.
//!
//! Owns the list: RSA PKCS#1, RSA PSS, ECDSA and Ed25519, all from RFC 7518 and RFC 8037. `none` and the HMAC family
//! are not members of it, so no path can reach them. The mathematics is aws-lc's.

use std::fmt;

use aws_lc_rs::signature::{self as lc, RsaParameters, RsaPublicKeyComponents, UnparsedPublicKey};

use crate::jwk::{Curve, Material};

/// A signature algorithm (RFC 7518 section 3.1, RFC 8037 section 3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Algorithm {
    /// RSA PKCS#1 v1.5 with SHA-256.
    Rs256,
    /// RSA PKCS#1 v1.5 with SHA-384.
    Rs384,
    /// RSA PKCS#1 v1.5 with SHA-512.
    Rs512,
    /// RSA PSS with SHA-256.
    Ps256,
    /// RSA PSS with SHA-384.
    Ps384,
    /// RSA PSS with SHA-512.
    Ps512,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// ECDSA on P-384 with SHA-384.
    Es384,
    /// ECDSA on P-521 with SHA-512.
    Es512,
    /// Ed25519, written `EdDSA`.
    EdDsa,
}

impl Algorithm {
    /// Every algorithm, in the order in which a list shows them.
    pub const ALL: &[Algorithm] = &[
        Algorithm::Rs256,
        Algorithm::Rs384,
        Algorithm::Rs512,
        Algorithm::Ps256,
        Algorithm::Ps384,
        Algorithm::Ps512,
        Algorithm::Es256,
        Algorithm::Es384,
        Algorithm::Es512,
        Algorithm::EdDsa,
    ];

    /// The name in `alg`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Algorithm::Rs256 => "RS256",
            Algorithm::Rs384 => "RS384",
            Algorithm::Rs512 => "RS512",
            Algorithm::Ps256 => "PS256",
            Algorithm::Ps384 => "PS384",
            Algorithm::Ps512 => "PS512",
            Algorithm::Es256 => "ES256",
            Algorithm::Es384 => "ES384",
            Algorithm::Es512 => "ES512",
            Algorithm::EdDsa => "EdDSA",
        }
    }

    /// The algorithm of this name, spelled exactly so; `Ed25519` (RFC 9864) is read as `EdDSA`.
    pub fn from_name(name: &str) -> Option<Algorithm> {
        if name == "Ed25519" {
            return Some(Algorithm::EdDsa);
        }
        Self::ALL.iter().copied().find(|algorithm| algorithm.as_str() == name)
    }

    /// The hash whose left half makes `at_hash` and `c_hash` (OpenID Connect Core 3.1.3.6). Ed25519 hashes with
    /// SHA-512 inside, and that is what implementations agreed on.
    pub(crate) fn hash(self) -> &'static aws_lc_rs::digest::Algorithm {
        use aws_lc_rs::digest::{SHA256, SHA384, SHA512};
        match self {
            Algorithm::Rs256 | Algorithm::Ps256 | Algorithm::Es256 => &SHA256,
            Algorithm::Rs384 | Algorithm::Ps384 | Algorithm::Es384 => &SHA384,
            Algorithm::Rs512 | Algorithm::Ps512 | Algorithm::Es512 | Algorithm::EdDsa => &SHA512,
        }
    }

    /// Whether a key of this form can verify this algorithm.
    pub(crate) fn fits(self, key: &Material) -> bool {
        match (self, key) {
            (Algorithm::Es256, Material::Ec { curve, .. }) => *curve == Curve::P256,
            (Algorithm::Es384, Material::Ec { curve, .. }) => *curve == Curve::P384,
            (Algorithm::Es512, Material::Ec { curve, .. }) => *curve == Curve::P521,
            (Algorithm::EdDsa, Material::Ed25519 { .. }) => true,
            (algorithm, Material::Rsa { .. }) => algorithm.rsa().is_some(),
            _ => false,
        }
    }

    /// What the key must be, for a message.
    pub(crate) const fn key_in_words(self) -> &'static str {
        match self {
            Algorithm::Es256 => "an EC key on P-256",
            Algorithm::Es384 => "an EC key on P-384",
            Algorithm::Es512 => "an EC key on P-521",
            Algorithm::EdDsa => "an Ed25519 key",
            _ => "an RSA key",
        }
    }

    /// Whether `signature` over `message` was made with the private half of `key`. `false` also when the key does not
    /// fit the algorithm.
    pub(crate) fn verify(self, key: &Material, message: &[u8], signature: &[u8]) -> bool {
        match (self, key) {
            (_, Material::Rsa { n, e }) => self
                .rsa()
                .is_some_and(|rsa| RsaPublicKeyComponents { n, e }.verify(rsa, message, signature).is_ok()),
            (_, Material::Ec { point, .. }) if self.fits(key) => self
                .ecdsa()
                .is_some_and(|ec| UnparsedPublicKey::new(ec, point).verify(message, signature).is_ok()),
            (Algorithm::EdDsa, Material::Ed25519 { x }) => {
                UnparsedPublicKey::new(&lc::ED25519, x).verify(message, signature).is_ok()
            }
            _ => false,
        }
    }

    fn rsa(self) -> Option<&'static RsaParameters> {
        match self {
            Algorithm::Rs256 => Some(&lc::RSA_PKCS1_2048_8192_SHA256),
            Algorithm::Rs384 => Some(&lc::RSA_PKCS1_2048_8192_SHA384),
            Algorithm::Rs512 => Some(&lc::RSA_PKCS1_2048_8192_SHA512),
            Algorithm::Ps256 => Some(&lc::RSA_PSS_2048_8192_SHA256),
            Algorithm::Ps384 => Some(&lc::RSA_PSS_2048_8192_SHA384),
            Algorithm::Ps512 => Some(&lc::RSA_PSS_2048_8192_SHA512),
            _ => None,
        }
    }

    fn ecdsa(self) -> Option<&'static lc::EcdsaVerificationAlgorithm> {
        match self {
            Algorithm::Es256 => Some(&lc::ECDSA_P256_SHA256_FIXED),
            Algorithm::Es384 => Some(&lc::ECDSA_P384_SHA384_FIXED),
            Algorithm::Es512 => Some(&lc::ECDSA_P521_SHA512_FIXED),
            _ => None,
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Names joined for a message.
pub(crate) fn names(algorithms: &[Algorithm]) -> String {
    algorithms.iter().map(|a| a.as_str()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_go_both_ways_and_nothing_else_is_known() {
        for algorithm in Algorithm::ALL {
            assert_eq!(Algorithm::from_name(algorithm.as_str()), Some(*algorithm));
        }
        for name in
            ["none", "None", "NONE", "", "HS256", "HS384", "HS512", "rs256", "RS256 ", "ES256K", "RS1", "dir"]
        {
            assert_eq!(Algorithm::from_name(name), None, "{name}");
        }
    }
}
