//! Secrets: random tokens, their hashes, and values sealed at rest.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hkdf::{HKDF_SHA256, Salt};
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq as _;

use crate::Rng;

/// A value that must not reach a log: its `Debug` shows nothing.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Secret<T>(T);

impl<T> Secret<T> {
    /// Wraps `value`.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself, for the one place that must send or compare it.
    pub const fn expose(&self) -> &T {
        &self.0
    }
}

impl<T> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

/// A random 256-bit capability, shown to its owner once: 43 URL-safe characters, optionally after a prefix.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// A fresh token. `prefix` (may be empty) helps people and secret scanners to tell tokens apart.
    pub fn new(rng: &dyn Rng, prefix: &str) -> Self {
        let mut bytes = [0_u8; 32];
        rng.fill(&mut bytes);
        Self(format!("{prefix}{}", URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// A token as somebody presented it.
    pub fn presented(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The text to send to its owner.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What may be stored.
    pub fn hash(&self) -> TokenHash {
        TokenHash(hex(digest(&SHA256, self.0.as_bytes()).as_ref()))
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(token)")
    }
}

/// SHA-256 of a [`Token`], in hex. Tokens carry 256 random bits, so no salt or stretching is needed.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct TokenHash(String);

impl TokenHash {
    /// Compares in constant time.
    pub fn matches(&self, token: &Token) -> bool {
        self.0.as_bytes().ct_eq(token.hash().0.as_bytes()).into()
    }
}

impl fmt::Display for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.get(..8).unwrap_or_default())
    }
}

impl FromStr for TokenHash {
    type Err = std::convert::Infallible;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}

/// A sealed value cannot be opened: another key sealed it, or somebody changed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a stored secret cannot be opened with this installation's key")]
pub struct SealError;

/// Bytes of the tag under what is stamped (HMAC-SHA-256, RFC 2104).
const TAG: usize = 32;

/// Seals secrets at rest with AES-256-GCM, and stamps what is handed out and comes back. The key comes from a file beside
/// the data or from the environment.
pub struct Seal {
    key: LessSafeKey,
    stamp: hmac::Key,
}

impl Seal {
    /// A seal with this 256-bit key.
    ///
    /// # Errors
    /// [`SealError`] when `key` has not 32 bytes.
    pub fn new(key: &[u8]) -> Result<Self, SealError> {
        let sealing = UnboundKey::new(&AES_256_GCM, key).map_err(|_| SealError)?;
        // A key of its own, so that neither use tells anything about the other (RFC 5869).
        let derived = Salt::new(HKDF_SHA256, b"frontdesk").extract(key);
        let stamp = derived.expand(&[b"stamp"], hmac::HMAC_SHA256).map_err(|_| SealError)?;
        Ok(Self { key: LessSafeKey::new(sealing), stamp: stamp.into() })
    }

    /// Seals `plain`. `place` names the table and column it is for, so that a sealed value cannot be moved.
    ///
    /// # Panics
    /// When `plain` is longer than the 64 GiB that AES-GCM takes.
    pub fn seal(&self, rng: &dyn Rng, place: &str, plain: &[u8]) -> String {
        let mut nonce = [0_u8; NONCE_LEN];
        rng.fill(&mut nonce);
        let mut body = plain.to_vec();
        let sealed = self.key.seal_in_place_append_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(place.as_bytes()),
            &mut body,
        );
        assert!(sealed.is_ok(), "AES-GCM refuses only inputs of more than 64 GiB");
        let mut whole = nonce.to_vec();
        whole.extend_from_slice(&body);
        URL_SAFE_NO_PAD.encode(whole)
    }

    /// Opens what [`Seal::seal`] made for the same `place`.
    ///
    /// # Errors
    /// [`SealError`] when the text was changed, moved, or sealed with another key.
    pub fn open(&self, place: &str, sealed: &str) -> Result<Vec<u8>, SealError> {
        let whole = URL_SAFE_NO_PAD.decode(sealed).map_err(|_| SealError)?;
        let (nonce, body) = whole.split_first_chunk::<NONCE_LEN>().ok_or(SealError)?;
        let mut body = body.to_vec();
        let plain = self
            .key
            .open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(place.as_bytes()), &mut body)
            .map_err(|_| SealError)?;
        Ok(plain.to_vec())
    }

    /// A text that carries `facts` and that nobody else can make. It hides nothing. `place` names what it is for, so that
    /// it is good for nothing else. Unlike [`Seal::seal`] it may be made any number of times with one key.
    pub fn stamp(&self, place: &str, facts: &str) -> String {
        let mut whole = facts.as_bytes().to_vec();
        whole.extend_from_slice(self.tag(place, facts).as_ref());
        URL_SAFE_NO_PAD.encode(whole)
    }

    /// The facts of what [`Seal::stamp`] made for the same `place`.
    ///
    /// # Errors
    /// [`SealError`] when the text was changed, moved, or stamped with another key.
    pub fn stamped(&self, place: &str, text: &str) -> Result<String, SealError> {
        let whole = URL_SAFE_NO_PAD.decode(text).map_err(|_| SealError)?;
        let (facts, tag) = whole.split_last_chunk::<TAG>().ok_or(SealError)?;
        let facts = std::str::from_utf8(facts).map_err(|_| SealError)?;
        let same: bool = self.tag(place, facts).as_ref().ct_eq(tag.as_slice()).into();
        if same { Ok(facts.to_owned()) } else { Err(SealError) }
    }

    fn tag(&self, place: &str, facts: &str) -> hmac::Tag {
        let mut signing = hmac::Context::with_key(&self.stamp);
        // No place has a zero byte in it: where it ends is never in doubt.
        for part in [place.as_bytes(), &[0], facts.as_bytes()] {
            signing.update(part);
        }
        signing.sign()
    }
}

impl fmt::Debug for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seal")
    }
}

fn hex(bytes: &[u8]) -> String {
    use fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SystemRng;

    #[test]
    fn a_token_matches_its_own_hash_only() {
        let rng = SystemRng::default();
        let (one, two) = (Token::new(&rng, "fd_"), Token::new(&rng, "fd_"));
        assert!(one.hash().matches(&one));
        assert!(!one.hash().matches(&two));
        assert_eq!(one.expose().len(), 46);
    }

    #[test]
    fn a_sealed_value_opens_only_in_its_own_place_and_unchanged() {
        let rng = SystemRng::default();
        let seal = Seal::new(&[7; 32]).unwrap();
        let sealed = seal.seal(&rng, "connections.client_secret", b"hunter2");
        assert_eq!(seal.open("connections.client_secret", &sealed).unwrap(), b"hunter2");
        assert_eq!(seal.open("keys.private", &sealed), Err(SealError));
        assert_eq!(Seal::new(&[8; 32]).unwrap().open("connections.client_secret", &sealed), Err(SealError));
        assert_eq!(seal.open("connections.client_secret", "AAAA"), Err(SealError));
    }

    #[test]
    fn what_is_stamped_is_good_for_its_place_alone_and_only_as_it_was_made() {
        let seal = Seal::new(&[7; 32]).unwrap();
        let text = seal.stamp("a.code", "facts");
        assert_eq!(seal.stamped("a.code", &text).unwrap(), "facts");
        assert_eq!(seal.stamped("a.token", &text), Err(SealError));
        assert_eq!(Seal::new(&[8; 32]).unwrap().stamped("a.code", &text), Err(SealError));
        for broken in ["", "AAAA", &text[1..], &text[..text.len() - 2], &format!("{text}AAAA"), "*"] {
            assert_eq!(seal.stamped("a.code", broken), Err(SealError), "{broken}");
        }
        for at in 0..text.len() {
            let mut other = text.clone().into_bytes();
            other[at] = if other[at] == b'A' { b'B' } else { b'A' };
            assert_eq!(seal.stamped("a.code", &String::from_utf8(other).unwrap()), Err(SealError), "{at}");
        }
    }
}
