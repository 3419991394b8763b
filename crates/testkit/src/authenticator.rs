//! An authenticator in software: makes one passkey and answers with it, as a phone would (`WebAuthn` Level 3, section 6).
//!
//! It can also misbehave: leave the user unverified, turn its counter back, sign for another site.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

const USER_PRESENT: u8 = 0x01;
const USER_VERIFIED: u8 = 0x04;
const KEY_INCLUDED: u8 = 0x40;

/// A passkey and the device that holds it.
pub struct Authenticator {
    pair: EcdsaKeyPair,
    /// Its id of the passkey.
    pub id: Vec<u8>,
    /// The owner's handle, once registered.
    pub handle: String,
    /// What it says next time; grows by one each time.
    pub counter: u32,
    /// Whether it asks for a finger or a face.
    pub verifies: bool,
    /// The site that it believes to be at.
    pub origin: String,
}

impl Authenticator {
    /// A fresh one, at this origin.
    pub fn at(origin: &str) -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).expect("a P-256 key");
        let id = digest(&SHA256, pair.public_key().as_ref()).as_ref().to_vec();
        Self { pair, id, handle: String::new(), counter: 1, verifies: true, origin: origin.to_owned() }
    }

    /// Answers `navigator.credentials.create`; `options` is what the server gave.
    pub fn create(&mut self, options: &Value) -> String {
        let asked = &options["publicKey"];
        assert_eq!(asked["authenticatorSelection"]["residentKey"], "required", "a passkey can be found");
        assert_eq!(asked["authenticatorSelection"]["userVerification"], "required");
        asked["user"]["id"].as_str().expect("a handle").clone_into(&mut self.handle);
        let point = self.pair.public_key().as_ref().to_vec();
        let mut data = self.data(asked["rp"]["id"].as_str().expect("a relying party"), KEY_INCLUDED);
        data.extend([0; 16]);
        data.extend(u16::try_from(self.id.len()).expect("a short id").to_be_bytes());
        data.extend(&self.id);
        // COSE: a key of two coordinates (1: 2), ES256 (3: -7), P-256 (-1: 1), x (-2), y (-3).
        data.extend([0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20]);
        data.extend(&point[1..33]);
        data.extend([0x22, 0x58, 0x20]);
        data.extend(&point[33..65]);
        // CBOR: {"fmt": "none", "attStmt": {}, "authData": bytes}
        let mut object = vec![0xa3];
        object.extend(b"\x63fmt\x64none\x67attStmt\xa0\x68authData\x59");
        object.extend(u16::try_from(data.len()).expect("short data").to_be_bytes());
        object.extend(data);
        let client = self.client_data("webauthn.create", asked);
        self.answer(&json!({"attestationObject": b64(object), "clientDataJSON": b64(client)}))
    }

    /// Answers `navigator.credentials.get`.
    pub fn get(&mut self, options: &Value) -> String {
        let asked = &options["publicKey"];
        assert_eq!(asked["userVerification"], "required");
        let client = self.client_data("webauthn.get", asked);
        let data = self.data(asked["rpId"].as_str().expect("a relying party"), 0);
        let mut signed = data.clone();
        signed.extend(digest(&SHA256, client.as_bytes()).as_ref());
        let signature = self.pair.sign(&SystemRandom::new(), &signed).expect("a signature");
        self.answer(&json!({
            "authenticatorData": b64(data), "clientDataJSON": b64(client),
            "signature": b64(signature.as_ref()), "userHandle": self.handle,
        }))
    }

    fn answer(&self, response: &Value) -> String {
        let id = b64(&self.id);
        json!({"id": id, "rawId": id, "type": "public-key", "response": response, "clientExtensionResults": {}})
            .to_string()
    }

    fn client_data(&self, kind: &str, asked: &Value) -> String {
        json!({"type": kind, "challenge": asked["challenge"], "origin": self.origin, "crossOrigin": false})
            .to_string()
    }

    fn data(&mut self, relying_party: &str, more: u8) -> Vec<u8> {
        let verified = if self.verifies { USER_VERIFIED } else { 0 };
        let mut data = digest(&SHA256, relying_party.as_bytes()).as_ref().to_vec();
        data.push(USER_PRESENT | verified | more);
        data.extend(self.counter.to_be_bytes());
        self.counter += 1;
        data
    }
}

fn b64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
