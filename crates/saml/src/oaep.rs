//! RSA-OAEP whose mask is made with another hash than its label (RFC 8017 section 7.1).
//!
//! Owns: the combinations that providers send and the library's own ciphers do not know: Java's XML encryption masks
//! with SHA-1 whatever the digest is. Does not own: which combination a message names (`encryption`).

use crate::names::{dsig, xmlenc};
use digest::{Digest, FixedOutputReset};
use rsa::{Oaep, RsaPrivateKey};
use sha1::Sha1;
use sha2::{Sha256, Sha384, Sha512};

/// Whether this combination of a digest and a mask is read here.
pub(crate) fn is_known(digest: &str, mask: &str) -> bool {
    let digests = [dsig::SHA256, dsig::SHA384, dsig::SHA512];
    let masks = [xmlenc::MGF1_SHA1, xmlenc::MGF1_SHA256];
    digests.contains(&digest) && masks.contains(&mask)
}

/// The wrapped key, where it was wrapped for `key` in this way.
pub(crate) fn unwrap(
    key: &RsaPrivateKey,
    (digest, mask): (&str, &str),
    label: Option<&[u8]>,
    wrapped: &[u8],
) -> Option<Vec<u8>> {
    let label = label.unwrap_or_default();
    match (digest, mask) {
        (dsig::SHA256, xmlenc::MGF1_SHA1) => open::<Sha256, Sha1>(key, label, wrapped),
        (dsig::SHA384, xmlenc::MGF1_SHA1) => open::<Sha384, Sha1>(key, label, wrapped),
        (dsig::SHA512, xmlenc::MGF1_SHA1) => open::<Sha512, Sha1>(key, label, wrapped),
        (dsig::SHA384, xmlenc::MGF1_SHA256) => open::<Sha384, Sha256>(key, label, wrapped),
        (dsig::SHA512, xmlenc::MGF1_SHA256) => open::<Sha512, Sha256>(key, label, wrapped),
        _ => None,
    }
}

fn open<D, M>(key: &RsaPrivateKey, label: &[u8], wrapped: &[u8]) -> Option<Vec<u8>>
where
    D: Digest + FixedOutputReset,
    M: Digest + FixedOutputReset,
{
    let padding = Oaep::<D, M>::new_with_mgf_hash_and_label(label);
    key.decrypt(padding, wrapped).ok()
}
