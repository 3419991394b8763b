//! Randomness as a parameter, so that tests can repeat what they saw.

use aws_lc_rs::rand::{SecureRandom, SystemRandom};

/// A source of random bytes. Production passes [`SystemRng`]; tests pass a seeded one.
pub trait Rng: Send + Sync {
    /// Fills `bytes` with fresh random bytes.
    fn fill(&self, bytes: &mut [u8]);
}

/// The operating system's generator, through aws-lc.
#[derive(Debug, Default)]
pub struct SystemRng {
    inner: SystemRandom,
}

impl Rng for SystemRng {
    fn fill(&self, bytes: &mut [u8]) {
        // aws-lc's generator cannot fail once seeded; if the kernel refuses entropy, nothing that needs a
        // secret may go on.
        assert!(self.inner.fill(bytes).is_ok(), "the operating system gives no randomness");
    }
}
