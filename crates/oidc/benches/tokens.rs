//! What signing and checking a token costs, beside the bare cryptography and beside jsonwebtoken.

use criterion::{Criterion, criterion_group, criterion_main};
use jiff::{SignedDuration, Timestamp};
use oidc::Jwks;
use oidc::provider::{IdToken, Person, SigningAlgorithm, SigningKey, claims_for, jwks_json, mint_id_token};
use oidc::relying_party::{Expected, validate_id_token};
use std::hint::black_box;

fn token(now: Timestamp) -> IdToken<'static> {
    let person = Person {
        subject: "acc_01j9zw6q6h4m0c2v8k3n5r7t9x",
        organization: Some(("org_01j9zw6q6h4m0c2v8k3n5r7t9y", "Acme")),
        role: Some("member"),
        email: Some(("ann.lee@acme.test", true)),
        given_name: Some("Ann"),
        family_name: Some("Lee"),
        country: Some("US"),
        ..Person::default()
    };
    IdToken {
        issuer: "https://login.example.com",
        subject: person.subject,
        client_id: "app_01j9zw6q6h4m0c2v8k3n5r7t9z",
        issued_at: now,
        expires_at: now + SignedDuration::from_mins(5),
        auth_time: Some(now),
        nonce: Some("n-0S6_WzA2Mj"),
        acr: None,
        amr: &[],
        session_id: Some("ses_01j9zw6q6h4m0c2v8k3n5r7ta0"),
        access_token: Some("2YotnFZFEjr1zCsicMWpAA2YotnFZFEjr1zCsicMWpAA"),
        code: None,
        claims: claims_for(&["openid", "email", "profile"], &person),
    }
}

fn tokens(criterion: &mut Criterion) {
    let now = Timestamp::from_second(1_800_000_000).unwrap_or_default();
    for &algorithm in SigningAlgorithm::ALL {
        let name = algorithm.as_str();
        let key = SigningKey::generate(algorithm).expect("key");
        let claims = token(now);
        criterion
            .bench_function(&format!("mint {name}"), |b| b.iter(|| mint_id_token(black_box(&claims), &key)));

        let signed = mint_id_token(&claims, &key).expect("token");
        let keys = Jwks::parse(jwks_json([key.public()]).to_string().as_bytes()).expect("keys");
        let expected = Expected::new(claims.issuer, claims.client_id, "n-0S6_WzA2Mj");
        criterion.bench_function(&format!("validate {name}"), |b| {
            b.iter(|| validate_id_token(black_box(&signed), &keys, &expected, now, SignedDuration::ZERO));
        });

        // jsonwebtoken wants PKCS#1 for RSA: what follows the 26 bytes of PKCS#8's own header.
        let der = key.to_pkcs8().expect("pkcs8");
        let (theirs, encoding) = match algorithm {
            SigningAlgorithm::Rs256 => {
                (jsonwebtoken::Algorithm::RS256, jsonwebtoken::EncodingKey::from_rsa_der(&der[26..]))
            }
            SigningAlgorithm::Es256 => {
                (jsonwebtoken::Algorithm::ES256, jsonwebtoken::EncodingKey::from_ec_der(&der))
            }
        };
        let header = jsonwebtoken::Header::new(theirs);
        jsonwebtoken::encode(&header, &claims.claims, &encoding).expect("their token");
        criterion.bench_function(&format!("mint {name} with jsonwebtoken"), |b| {
            b.iter(|| jsonwebtoken::encode(&header, black_box(&claims.claims), &encoding));
        });
        let jwk: jsonwebtoken::jwk::Jwk = serde_json::from_value(key.public().to_json()).expect("jwk");
        let decoding = jsonwebtoken::DecodingKey::from_jwk(&jwk).expect("key");
        let mut validation = jsonwebtoken::Validation::new(theirs);
        validation.validate_exp = false;
        validation.set_audience(&[claims.client_id]);
        criterion.bench_function(&format!("validate {name} with jsonwebtoken"), |b| {
            b.iter(|| jsonwebtoken::decode::<serde_json::Value>(black_box(&signed), &decoding, &validation));
        });
    }
}

criterion_group!(benches, tokens);
criterion_main!(benches);
