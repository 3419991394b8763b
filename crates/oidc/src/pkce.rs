//! Proof Key for Code Exchange (RFC 7636), method S256 only.
//!
//! Owns making and checking of verifier and challenge for both sides. Does not store them.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// A verifier with its challenge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pkce {
    /// Kept secret until the code is redeemed.
    pub verifier: String,
    /// Sent with the authorization request.
    pub challenge: String,
}

impl Pkce {
    /// From 32 random bytes (RFC 7636 section 4.1).
    pub fn from_random(random: &[u8; 32]) -> Self {
        let verifier = URL_SAFE_NO_PAD.encode(random);
        let challenge = challenge(&verifier);
        Pkce { verifier, challenge }
    }
}

/// The S256 challenge of a verifier (RFC 7636 section 4.2).
pub fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, verifier.as_bytes()))
}

/// Whether `verifier` is well formed and belongs to `challenge`, compared in constant time (RFC 7636 section 4.6).
pub fn verify(challenge_of_request: &str, verifier: &str) -> bool {
    is_verifier(verifier)
        && verify_slices_are_equal(challenge(verifier).as_bytes(), challenge_of_request.as_bytes()).is_ok()
}

/// Whether the text has the form of an S256 challenge: 43 characters of base64url.
pub fn is_challenge(text: &str) -> bool {
    text.len() == 43 && URL_SAFE_NO_PAD.decode(text).is_ok_and(|hash| hash.len() == 32)
}

/// 43 to 128 unreserved characters (RFC 7636 section 4.1).
fn is_verifier(text: &str) -> bool {
    (43..=128).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn example_of_rfc_7636_appendix_b() {
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        assert_eq!(challenge(verifier), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
        assert!(verify("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", verifier));
    }

    #[test]
    fn made_pairs_verify_and_others_do_not() {
        let pkce = Pkce::from_random(&[7; 32]);
        assert!(is_challenge(&pkce.challenge));
        assert!(verify(&pkce.challenge, &pkce.verifier));
        assert!(!verify(&pkce.challenge, &Pkce::from_random(&[8; 32]).verifier));
        assert!(!verify(&pkce.challenge, &pkce.challenge));
        assert!(!verify("", ""));
        // "plain": the challenge is the verifier itself.
        assert!(!verify(&pkce.verifier, &pkce.verifier));
    }

    #[test]
    fn verifier_out_of_grammar_is_refused_even_if_its_hash_fits() {
        for wrong in
            ["a".repeat(42), "a".repeat(129), format!("{}+", "a".repeat(42)), format!("{}é", "a".repeat(42))]
        {
            assert!(!verify(&challenge(&wrong), &wrong), "{wrong}");
        }
    }
}
