//! Signatures stripped, tampered with, made by somebody else, or pointing elsewhere.
//!
//! Rules: keys come from the connection's stored metadata, never from the message; one `SignedInfo`, one
//! `Reference`, to the signature's own parent (CVE-2024-45409, CVE-2025-29774, CVE-2025-29775).

use crate::kit::*;
use bergshamra::keys::loader;
use saml::Code;
use saml::idp::Signed;
use saml::testing::{TestKey, answer, expected, now};
use saml::validate;

const BROKEN: &[Code] = &[Code::SignatureInvalid, Code::SignatureMalformed];

#[test]
fn unsigned() {
    refused(&crate::kit::unsigned(), &[Code::SignatureMissing]);
}

#[test]
fn stripped_signature() {
    for parts in [Signed::Response, Signed::Assertion] {
        let xml = message(parts);
        refused(&xml.replace(signature(&xml), ""), &[Code::SignatureMissing]);
    }
}

#[test]
fn one_of_two_signatures_broken() {
    let xml = message(Signed::Both);
    let assertion = element(&xml, "saml:Assertion");
    // The response's signature breaks: the assertion's alone is not enough while a broken one stands beside it.
    refused(&swap(&xml, "Destination=", "Consent=\"urn:x\" Destination="), BROKEN);
    // The assertion's signature value breaks after the response was signed: the response's breaks with it.
    let value = element(assertion, "ds:SignatureValue");
    refused(&swap(&xml, value, &value.replace("ds:SignatureValue>", "ds:SignatureValue> ")), BROKEN);
}

#[test]
fn inner_signature_broken_under_a_sound_outer_one() {
    let inner = message(Signed::Assertion);
    let assertion = element(&inner, "saml:Assertion").to_owned();
    let broken = swap(&assertion, VICTIM, ATTACKER);
    let xml = swap(&inner, &assertion, &broken);
    let xml = saml::sign_element(
        &xml,
        RESPONSE_ID,
        &TestKey::Rsa.signer().unwrap(),
        saml::SignatureStyle::default(),
    );
    refused(&xml.unwrap(), BROKEN);
}

#[test]
fn changed_after_signing() {
    for parts in [Signed::Response, Signed::Assertion, Signed::Both] {
        let xml = message(parts);
        for (from, to) in [
            (VICTIM, ATTACKER),
            ("Staff", "Admin"),
            ("PasswordProtectedTransport", "X509"),
            ("_session1", "_session2"),
            ("<saml:AudienceRestriction>", "<saml:OneTimeUse/><saml:AudienceRestriction>"),
        ] {
            refused(&swap(&xml, from, to), &[Code::SignatureInvalid]);
        }
    }
}

#[test]
fn white_space_added_inside_a_value() {
    let xml = message(Signed::Assertion);
    refused(&swap(&xml, VICTIM, " ann@acme.test"), &[Code::SignatureInvalid]);
}

#[test]
fn element_added_to_the_signed_part() {
    let xml = message(Signed::Assertion);
    let added = "<saml:AttributeStatement><saml:Attribute Name=\"role\"><saml:AttributeValue>admin\
                 </saml:AttributeValue></saml:Attribute></saml:AttributeStatement></saml:Assertion>";
    refused(&swap(&xml, "</saml:Assertion>", added), &[Code::SignatureInvalid]);
}

#[test]
fn attribute_added_to_the_signed_part() {
    let xml = message(Signed::Assertion);
    refused(&swap(&xml, "<saml:Subject>", "<saml:Subject x=\"y\">"), &[Code::SignatureInvalid]);
}

#[test]
fn signature_value_changed_emptied_or_not_base64() {
    let xml = message(Signed::Assertion);
    let value = element(&xml, "ds:SignatureValue").to_owned();
    let inner =
        value.trim_start_matches("<ds:SignatureValue>").trim_end_matches("</ds:SignatureValue>").to_owned();
    let flipped: String = inner
        .chars()
        .enumerate()
        .map(|(i, c)| if i == 9 { if c == 'A' { 'B' } else { 'A' } } else { c })
        .collect();
    for bad in
        [flipped.as_str(), "", " ", "AAAA", "!!!!", &inner[4..], &format!("{inner}AAAA"), &inner.repeat(2)]
    {
        refused(&swap(&xml, &inner, bad), BROKEN);
    }
    refused(&swap(&xml, &value, ""), BROKEN);
    refused(&swap(&xml, &value, &value.repeat(2)), BROKEN);
}

#[test]
fn digest_value_changed_emptied_or_doubled() {
    let xml = message(Signed::Assertion);
    let value = element(&xml, "ds:DigestValue").to_owned();
    let inner = value.trim_start_matches("<ds:DigestValue>").trim_end_matches("</ds:DigestValue>").to_owned();
    for bad in ["", "AAAA", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="] {
        refused(&swap(&xml, &inner, bad), BROKEN);
    }
    refused(&swap(&xml, &value, &value.repeat(2)), BROKEN);
    refused(&swap(&xml, &value, ""), BROKEN);
}

#[test]
fn comment_in_digest_value() {
    // CVE-2025-29775: a reader that takes the first text node sees another digest than the one signed.
    let xml = message(Signed::Assertion);
    let forged = swap(&xml, VICTIM, ATTACKER);
    let value = element(&xml, "ds:DigestValue").to_owned();
    let other = value.replace("<ds:DigestValue>", "<ds:DigestValue>AAAA<!-- -->");
    refused(&swap(&forged, &value, &other), BROKEN);
    refused(&swap(&xml, &value, &value.replace("<ds:DigestValue>", "<ds:DigestValue><!---->")), BROKEN);
}

#[test]
fn processing_instruction_or_cdata_in_digest_value() {
    let xml = message(Signed::Assertion);
    let value = element(&xml, "ds:DigestValue").to_owned();
    let with = |what: &str| {
        swap(&xml, &value, &value.replace("<ds:DigestValue>", &format!("<ds:DigestValue>{what}")))
    };
    refused(&with("<?x y?>"), &[Code::ProcessingInstructionForbidden]);
    refused(&with("<![CDATA[]]>"), BROKEN);
    refused(&with("<x/>"), BROKEN);
}

#[test]
fn digest_value_in_another_place() {
    // CVE-2024-45409: the digest that a search finds first is not the one under SignedInfo.
    let xml = message(Signed::Assertion);
    let forged = swap(&xml, VICTIM, ATTACKER);
    let decoy = "<samlp:Extensions><ds:DigestValue xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\">AAAA\
                 </ds:DigestValue></samlp:Extensions><samlp:Status>";
    refused(&swap(&forged, "<samlp:Status>", decoy), &[Code::SignatureInvalid]);
    let detail = "<samlp:StatusDetail><ds:SignedInfo xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"/>\
                  </samlp:StatusDetail></samlp:Status>";
    refused(&swap(&forged, "</samlp:Status>", detail), &[Code::SignatureInvalid]);
}

#[test]
fn two_signed_infos() {
    // CVE-2025-29774.
    let xml = message(Signed::Assertion);
    let info = element(&xml, "ds:SignedInfo").to_owned();
    let forged = info.replace("#_asrt9c2d44", "#_asrt9c2d44 ");
    for both in [format!("{info}{info}"), format!("{forged}{info}"), format!("{info}{forged}")] {
        refused(&swap(&xml, &info, &both), &[Code::SignatureMalformed]);
    }
    let value = element(&xml, "ds:SignatureValue").to_owned();
    refused(&swap(&xml, &value, &format!("{value}{info}")), &[Code::SignatureMalformed]);
}

#[test]
fn signed_info_in_a_wrapper_or_another_namespace() {
    let xml = message(Signed::Assertion);
    let info = element(&xml, "ds:SignedInfo").to_owned();
    refused(&swap(&xml, &info, &format!("<ds:Object>{info}</ds:Object>")), &[Code::SignatureMalformed]);
    let foreign = info
        .replace("<ds:SignedInfo>", "<e:SignedInfo xmlns:e=\"urn:e\">")
        .replace("</ds:SignedInfo>", "</e:SignedInfo>");
    refused(&swap(&xml, &info, &foreign), &[Code::SignatureMalformed]);
}

#[test]
fn two_signatures_in_one_element() {
    let xml = message(Signed::Assertion);
    let signature = signature(&xml).to_owned();
    refused(&swap(&xml, &signature, &signature.repeat(2)), &[Code::SignatureMalformed]);
}

#[test]
fn references_none_two_or_elsewhere() {
    let xml = message(Signed::Assertion);
    let reference = element(&xml, "ds:Reference").to_owned();
    refused(&swap(&xml, &reference, ""), &[Code::SignatureMalformed]);
    refused(&swap(&xml, &reference, &reference.repeat(2)), &[Code::SignatureMalformed]);
    for uri in [
        "",
        "#",
        "#_resp5b1f0e",
        "_asrt9c2d44",
        "#_ASRT9c2d44",
        "#xpointer(/)",
        "#xpointer(id('_asrt9c2d44'))",
        "http://evil.test/#_asrt9c2d44",
        "cid:_asrt9c2d44",
        "#_asrt9c2d44 ",
        "file:///etc/passwd",
    ] {
        refused(&swap(&xml, "URI=\"#_asrt9c2d44\"", &format!("URI=\"{uri}\"")), &[Code::SignatureMalformed]);
    }
    refused(&swap(&xml, " URI=\"#_asrt9c2d44\"", ""), &[Code::SignatureMalformed]);
}

#[test]
fn signed_by_the_provider_over_the_wrong_element() {
    // A real signature of the provider that covers only a fragment chosen by the attacker.
    let template = signature_template("#_frag");
    let xml = crate::kit::unsigned();
    let fragment = "<x xmlns=\"\" ID=\"_frag\">harmless</x>";
    let xml = swap(
        &xml,
        "<samlp:Status>",
        &format!("{template}<samlp:Extensions>{fragment}</samlp:Extensions><samlp:Status>"),
    );
    refused(&fill(&xml), &[Code::SignatureMalformed]);
}

#[test]
fn signed_by_the_provider_over_the_empty_uri() {
    let xml =
        swap(&crate::kit::unsigned(), "<samlp:Status>", &format!("{}<samlp:Status>", signature_template("")));
    refused(&fill(&xml), &[Code::SignatureMalformed]);
}

#[test]
fn signed_by_the_provider_with_two_references() {
    let template = signature_template("#_resp5b1f0e");
    let reference = element(&template, "ds:Reference").to_owned();
    let second = reference.replace("#_resp5b1f0e", "#_asrt9c2d44");
    let template = template.replace(&reference, &format!("{reference}{second}"));
    let xml = swap(&crate::kit::unsigned(), "<samlp:Status>", &format!("{template}<samlp:Status>"));
    refused(&fill(&xml), &[Code::SignatureMalformed]);
}

#[test]
fn made_with_the_attackers_key() {
    for parts in [Signed::Response, Signed::Assertion, Signed::Both] {
        for key in [TestKey::OtherRsa, TestKey::P256] {
            refused(&sign(crate::kit::unsigned(), parts, key), &[Code::SignatureInvalid]);
        }
    }
}

#[test]
fn attackers_key_with_the_providers_certificate_in_key_info() {
    let xml = sign(crate::kit::unsigned(), Signed::Both, TestKey::OtherRsa);
    let own = element(&xml, "ds:X509Certificate").to_owned();
    let provider = message(Signed::Response);
    refused(&swap_all(&xml, &own, element(&provider, "ds:X509Certificate")), &[Code::SignatureInvalid]);
}

#[test]
fn attackers_key_as_key_value() {
    let xml = sign(crate::kit::unsigned(), Signed::Assertion, TestKey::OtherRsa);
    let info = element(&xml, "ds:KeyInfo").to_owned();
    let key = loader::load_rsa_private_pem(TestKey::OtherRsa.key_pem().as_bytes()).unwrap();
    let value = key.to_key_value_xml("ds").unwrap_or_default();
    refused(
        &swap(&xml, &info, &format!("<ds:KeyInfo><ds:KeyValue>{value}</ds:KeyValue></ds:KeyInfo>")),
        &[Code::SignatureInvalid],
    );
}

#[test]
fn key_info_points_elsewhere() {
    let xml = sign(crate::kit::unsigned(), Signed::Assertion, TestKey::OtherRsa);
    let info = element(&xml, "ds:KeyInfo").to_owned();
    for other in [
        "<ds:KeyInfo><ds:RetrievalMethod URI=\"file:///etc/passwd\" Type=\"http://www.w3.org/2000/09/xmldsig#rawX509Certificate\"/></ds:KeyInfo>",
        "<ds:KeyInfo><ds:RetrievalMethod URI=\"http://127.0.0.1:9/\"/></ds:KeyInfo>",
        "<ds:KeyInfo><ds:KeyName>rsa</ds:KeyName></ds:KeyInfo>",
        "<ds:KeyInfo/>",
    ] {
        refused(&swap(&xml, &info, other), &[Code::SignatureInvalid]);
    }
}

#[test]
fn hmac_with_the_public_certificate() {
    // CVE-2009-0217 and algorithm confusion: whatever is public must not be a key.
    let der = TestKey::Rsa.signing_key().unwrap().cert_der;
    let spki = loader::load_x509_cert_der(&der).unwrap().to_spki_der().unwrap();
    for (secret, algorithm) in [
        (der.clone(), "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256"),
        (spki, "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256"),
        (TestKey::Rsa.cert_pem().as_bytes().to_vec(), "http://www.w3.org/2000/09/xmldsig#hmac-sha1"),
    ] {
        let template = signature_template("#_resp5b1f0e")
            .replace("http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", algorithm);
        let xml = swap(&crate::kit::unsigned(), "<samlp:Status>", &format!("{template}<samlp:Status>"));
        let signed = fill_with(&xml, loader::load_hmac_key(&secret).unwrap());
        refused(&signed, &[Code::AlgorithmForbidden]);
    }
}

#[test]
fn hmac_truncated_to_nothing() {
    let xml = message(Signed::Assertion);
    let method = "<ds:SignatureMethod Algorithm=\"http://www.w3.org/2001/04/xmldsig-more#rsa-sha256\"/>";
    for to in
        ["http://www.w3.org/2000/09/xmldsig#hmac-sha1", "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"]
    {
        let with = format!(
            "<ds:SignatureMethod Algorithm=\"{to}\"><ds:HMACOutputLength>0</ds:HMACOutputLength></ds:SignatureMethod>"
        );
        refused(&swap(&xml, method, &with), &[Code::AlgorithmForbidden, Code::SignatureMalformed]);
    }
}

#[test]
fn no_trusted_key_means_nobody() {
    for parts in [Signed::Response, Signed::Assertion, Signed::Both] {
        let refusal = judge_with(message(parts).as_bytes(), |e| e.signing_keys = &[]).unwrap_err();
        assert_eq!(refusal.code, Code::NoTrustedKey);
    }
    let refusal = judge_with(crate::kit::unsigned().as_bytes(), |e| e.signing_keys = &[]).unwrap_err();
    assert!(matches!(refusal.code, Code::NoTrustedKey | Code::SignatureMissing));
}

#[test]
fn trusted_key_of_another_kind() {
    let keys = [TestKey::P256.signing_key().unwrap()];
    let refusal = validate(message(Signed::Both).as_bytes(), &expected(&keys), now()).unwrap_err();
    assert_eq!(refusal.code, Code::SignatureInvalid);
}

#[test]
fn id_in_another_spelling_or_namespace() {
    // The signed element must be found by its own `ID`, not by look-alikes.
    let xml = message(Signed::Assertion);
    for other in ["Id", "id", "xml:id", "AssertionID"] {
        refused(
            &swap(&xml, &format!("ID=\"{ASSERTION_ID}\""), &format!("{other}=\"{ASSERTION_ID}\"")),
            BROKEN,
        );
    }
    refused(
        &swap(&xml, &format!("ID=\"{ASSERTION_ID}\""), &format!("xmlns:e=\"urn:e\" e:ID=\"{ASSERTION_ID}\"")),
        BROKEN,
    );
}

#[test]
fn second_id_attribute_carries_the_signed_value() {
    let xml = message(Signed::Assertion);
    let assertion = element(&xml, "saml:Assertion").to_owned();
    let bare = assertion.replace(signature(&assertion), "");
    for name in ["Id", "xml:id", "e:ID"] {
        let evil = assertion.replace(VICTIM, ATTACKER).replace(
            &format!("ID=\"{ASSERTION_ID}\""),
            &format!("xmlns:e=\"urn:e\" ID=\"_evil\" {name}=\"{ASSERTION_ID}\""),
        );
        refused(&swap(&xml, &assertion, &evil), BROKEN);
        let hidden = format!(
            "<samlp:Extensions>{}</samlp:Extensions><samlp:Status>",
            bare.replace("saml:Assertion", "saml:Assertio")
        );
        refused(&swap(&swap(&xml, &assertion, &evil), "<samlp:Status>", &hidden), &[Code::DuplicateId]);
    }
}

#[test]
fn id_empty_missing_or_strange() {
    for id in ["", " ", "xpointer(/)", "a'b", "a b", "%5f"] {
        let xml = crate::kit::unsigned().replace(ASSERTION_ID, id);
        let signed = saml::sign_element(
            &xml,
            RESPONSE_ID,
            &TestKey::Rsa.signer().unwrap(),
            saml::SignatureStyle::default(),
        );
        refused(&signed.unwrap(), &[Code::MalformedMessage]);
    }
    refused(
        &craft(Signed::Response, |a| swap(&a, &format!(" ID=\"{ASSERTION_ID}\""), ""), |r| r),
        &[Code::MalformedMessage],
    );
    refused(
        &swap(&message(Signed::Assertion), &format!(" ID=\"{RESPONSE_ID}\""), ""),
        &[Code::MalformedMessage],
    );
}

#[test]
fn signature_in_another_namespace_is_none() {
    let xml = message(Signed::Assertion);
    refused(
        &swap_all(&xml, "http://www.w3.org/2000/09/xmldsig#\"", "http://www.w3.org/2000/09/xmldsig\""),
        &[Code::SignatureMissing],
    );
}

#[test]
fn signature_of_a_fragment_of_the_assertion() {
    // A signature inside Subject covers the assertion by its id; it does not stand directly in it.
    let xml = message(Signed::Assertion);
    let signature = signature(&xml).to_owned();
    let moved = swap(&xml.replace(&signature, ""), "<saml:Subject>", &format!("<saml:Subject>{signature}"));
    refused(&moved, &[Code::SignatureMisplaced]);
}

#[test]
fn signature_from_another_message() {
    let other = craft(Signed::Assertion, |a| a.replace(VICTIM, ATTACKER), |r| r);
    let xml = message(Signed::Assertion);
    refused(&swap(&xml, signature(&xml), signature(&other)), &[Code::SignatureInvalid]);
}

#[test]
fn unsigned_answer_from_an_otherwise_signed_provider_status_only() {
    let xml = answer().response_xml("");
    refused(&xml, &[Code::AssertionMissing]);
}

/// A template of an enveloped signature with the profile's algorithms.
pub fn signature_template(uri: &str) -> String {
    format!(
        "<ds:Signature xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"><ds:SignedInfo>\
         <ds:CanonicalizationMethod Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"/>\
         <ds:SignatureMethod Algorithm=\"http://www.w3.org/2001/04/xmldsig-more#rsa-sha256\"/>\
         <ds:Reference URI=\"{uri}\"><ds:Transforms>\
         <ds:Transform Algorithm=\"http://www.w3.org/2000/09/xmldsig#enveloped-signature\"/>\
         <ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"/></ds:Transforms>\
         <ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/><ds:DigestValue></ds:DigestValue>\
         </ds:Reference></ds:SignedInfo><ds:SignatureValue></ds:SignatureValue></ds:Signature>"
    )
}
