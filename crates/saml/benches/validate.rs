//! How long one sign-in's cryptography and parsing take, and the cheapest refusals.

mod messages;

use criterion::{Criterion, criterion_group, criterion_main};
use messages::{cases, signed};
use saml::idp::Signed;
use saml::testing::{TestKey, answer, expected, now};
use saml::{SigningKey, validate};
use std::hint::black_box;

fn validation(c: &mut Criterion) {
    let mut group = c.benchmark_group("validate");
    for case in cases() {
        group.bench_function(&case.name, |b| b.iter(|| case.accept()));
    }
    group.finish();
    let pem = TestKey::Rsa.cert_pem();
    c.bench_function("read a certificate", |b| {
        b.iter(|| SigningKey::from_pem(black_box(pem), now()).unwrap());
    });
}

fn refusal(c: &mut Criterion) {
    let rsa = [TestKey::Rsa.signing_key().unwrap()];
    let forged = signed(&answer(), TestKey::OtherRsa, Signed::Response);
    c.bench_function("refuse/attacker's key", |b| {
        b.iter(|| validate(black_box(forged.as_bytes()), &expected(&rsa), now()).unwrap_err());
    });
    let bomb = format!("<a>{}", "<b>".repeat(300_000));
    c.bench_function("refuse/900 kB of nesting", |b| {
        b.iter(|| validate(black_box(bomb.as_bytes()), &expected(&rsa), now()).unwrap_err());
    });
}

criterion_group!(benches, validation, refusal);
criterion_main!(benches);
