//! Signature wrapping: the signed element is moved, and a forged one takes its place (XSW 1–8 and kin).
//!
//! Rule: claims are read only from the very element whose signature was verified, and nothing else of the
//! document exists (CVE-2016-5697, CVE-2025-47949, CVE-2022-39299).

use crate::kit::*;
use saml::Code;
use saml::idp::Signed;

/// What may stop a wrapped message; which one depends on where the pieces lie.
const STOPPED: &[Code] = &[
    Code::SignatureMisplaced,
    Code::SignatureMalformed,
    Code::SignatureMissing,
    Code::SignatureInvalid,
    Code::AssertionNotSingle,
    Code::DuplicateId,
    Code::MalformedMessage,
    Code::MalformedXml,
    Code::NotAResponse,
];

/// The parts of a message with a signed assertion: the whole, the assertion, its signature, the assertion
/// without it, and a forged assertion with another id.
struct Pieces {
    whole: String,
    assertion: String,
    signature: String,
    bare: String,
    evil: String,
    evil_same_id: String,
}

fn pieces(parts: Signed) -> Pieces {
    let whole = message(parts);
    let assertion = element(&whole, "saml:Assertion").to_owned();
    let signed = if parts == Signed::Response { &whole } else { &assertion };
    let signature = signature(signed).to_owned();
    let bare = assertion.replace(&signature, "");
    let evil_same_id = bare.replace(VICTIM, ATTACKER);
    let evil = evil_same_id.replace(ASSERTION_ID, "_evil");
    Pieces { whole, assertion, signature, bare, evil, evil_same_id }
}

/// A forged response around the original one, as XSW 1 and 2 do it.
fn response_in_signature(before: bool, same_id: bool) -> String {
    let p = pieces(Signed::Response);
    let original = p.whole.replace(&p.signature, "");
    let closing = "</ds:Signature>";
    let holder = if before {
        swap(&p.signature, "<ds:SignedInfo>", &format!("{original}<ds:SignedInfo>"))
    } else {
        swap(&p.signature, closing, &format!("{original}{closing}"))
    };
    let mut evil = swap_all(&original, VICTIM, ATTACKER);
    if !same_id {
        evil = evil.replace(RESPONSE_ID, "_evilresp").replace(ASSERTION_ID, "_evil");
    }
    swap(&evil, "<samlp:Status>", &format!("{holder}<samlp:Status>"))
}

#[test]
fn the_starting_points_are_accepted() {
    for parts in [Signed::Response, Signed::Assertion, Signed::Both] {
        assert_eq!(accepted(&message(parts)).name_id.value, VICTIM);
    }
}

#[test]
fn xsw1_original_response_after_the_signed_info() {
    refused(&response_in_signature(false, false), STOPPED);
}

#[test]
fn xsw1_with_the_same_id() {
    refused(&response_in_signature(false, true), STOPPED);
}

#[test]
fn xsw2_original_response_before_the_signed_info() {
    refused(&response_in_signature(true, false), STOPPED);
}

#[test]
fn xsw2_with_the_same_id() {
    refused(&response_in_signature(true, true), STOPPED);
}

#[test]
fn xsw2_detached_signature_beside_the_original_response() {
    let p = pieces(Signed::Response);
    let original = p.whole.replace(&p.signature, "");
    let evil =
        swap_all(&original, VICTIM, ATTACKER).replace(RESPONSE_ID, "_evilresp").replace(ASSERTION_ID, "_e");
    refused(&swap(&evil, "<samlp:Status>", &format!("{}{original}<samlp:Status>", p.signature)), STOPPED);
}

#[test]
fn xsw3_forged_assertion_before_the_original() {
    let p = pieces(Signed::Assertion);
    refused(&swap(&p.whole, &p.assertion, &format!("{}{}", p.evil, p.assertion)), STOPPED);
}

#[test]
fn xsw3_with_the_same_id() {
    let p = pieces(Signed::Assertion);
    refused(&swap(&p.whole, &p.assertion, &format!("{}{}", p.evil_same_id, p.assertion)), STOPPED);
}

#[test]
fn xsw3_forged_assertion_after_the_original() {
    let p = pieces(Signed::Assertion);
    refused(&swap(&p.whole, &p.assertion, &format!("{}{}", p.assertion, p.evil)), STOPPED);
}

#[test]
fn xsw4_original_inside_the_forged_assertion() {
    let p = pieces(Signed::Assertion);
    for evil in [&p.evil, &p.evil_same_id] {
        let wrapped = swap(evil, "</saml:Assertion>", &format!("{}</saml:Assertion>", p.assertion));
        refused(&swap(&p.whole, &p.assertion, &wrapped), STOPPED);
    }
}

#[test]
fn xsw4_original_in_the_advice_of_the_forged_assertion() {
    let p = pieces(Signed::Assertion);
    let advice = format!("<saml:Advice>{}</saml:Advice><saml:AuthnStatement", p.assertion);
    let wrapped = swap(&p.evil, "<saml:AuthnStatement", &advice);
    refused(&swap(&p.whole, &p.assertion, &wrapped), STOPPED);
}

#[test]
fn xsw4_original_in_an_attribute_value_of_the_forged_assertion() {
    let p = pieces(Signed::Assertion);
    let wrapped = swap(&p.evil, "</saml:AttributeValue>", &format!("{}</saml:AttributeValue>", p.assertion));
    refused(&swap(&p.whole, &p.assertion, &wrapped), STOPPED);
}

#[test]
fn xsw5_signature_in_the_forged_assertion_original_at_the_end() {
    let p = pieces(Signed::Assertion);
    for evil in [&p.evil, &p.evil_same_id] {
        let evil = swap(evil, "</saml:Issuer>", &format!("</saml:Issuer>{}", p.signature));
        refused(&swap(&p.whole, &p.assertion, &format!("{evil}{}", p.bare)), STOPPED);
        refused(&swap(&p.whole, &p.assertion, &format!("{}{evil}", p.bare)), STOPPED);
    }
}

#[test]
fn xsw6_original_inside_the_signature_of_the_forged_assertion() {
    let p = pieces(Signed::Assertion);
    for evil in [&p.evil, &p.evil_same_id] {
        let signature = swap(&p.signature, "</ds:Signature>", &format!("{}</ds:Signature>", p.bare));
        let evil = swap(evil, "</saml:Issuer>", &format!("</saml:Issuer>{signature}"));
        refused(&swap(&p.whole, &p.assertion, &evil), STOPPED);
    }
}

#[test]
fn xsw7_forged_assertion_in_extensions() {
    let p = pieces(Signed::Assertion);
    for evil in [&p.evil, &p.evil_same_id] {
        let extensions = format!("<samlp:Extensions>{evil}</samlp:Extensions><samlp:Status>");
        refused(&swap(&p.whole, "<samlp:Status>", &extensions), STOPPED);
    }
}

#[test]
fn xsw7_original_in_extensions_forged_assertion_in_place() {
    let p = pieces(Signed::Assertion);
    for evil in [&p.evil, &p.evil_same_id] {
        let extensions = format!("<samlp:Extensions>{}</samlp:Extensions><samlp:Status>", p.assertion);
        let forged = swap(&p.whole, &p.assertion, evil);
        refused(&swap(&forged, "<samlp:Status>", &extensions), STOPPED);
    }
}

#[test]
fn xsw8_original_in_an_object_of_the_signature() {
    let p = pieces(Signed::Assertion);
    for evil in [&p.evil, &p.evil_same_id] {
        for held in [&p.bare, &p.assertion] {
            let object = format!("<ds:Object>{held}</ds:Object></ds:Signature>");
            let signature = swap(&p.signature, "</ds:Signature>", &object);
            let evil = swap(evil, "</saml:Issuer>", &format!("</saml:Issuer>{signature}"));
            refused(&swap(&p.whole, &p.assertion, &evil), STOPPED);
        }
    }
}

#[test]
fn original_response_in_an_object_of_the_response_signature() {
    let p = pieces(Signed::Response);
    let original = p.whole.replace(&p.signature, "");
    let object = format!("<ds:Object>{original}</ds:Object></ds:Signature>");
    let signature = swap(&p.signature, "</ds:Signature>", &object);
    let evil =
        swap_all(&original, VICTIM, ATTACKER).replace(RESPONSE_ID, "_evilresp").replace(ASSERTION_ID, "_e");
    refused(&swap(&evil, "<samlp:Status>", &format!("{signature}<samlp:Status>")), STOPPED);
}

#[test]
fn original_response_in_extensions_of_a_forged_one() {
    let p = pieces(Signed::Response);
    let evil = swap_all(&p.whole.replace(&p.signature, ""), VICTIM, ATTACKER)
        .replace(RESPONSE_ID, "_evilresp")
        .replace(ASSERTION_ID, "_e");
    let extensions = format!("<samlp:Extensions>{}</samlp:Extensions><samlp:Status>", p.whole);
    refused(&swap(&evil, "<samlp:Status>", &extensions), STOPPED);
}

#[test]
fn original_assertion_in_status_detail() {
    let p = pieces(Signed::Assertion);
    let forged = swap(&p.whole, &p.assertion, &p.evil);
    let detail = format!("<samlp:StatusDetail>{}</samlp:StatusDetail></samlp:Status>", p.assertion);
    refused(&swap(&forged, "</samlp:Status>", &detail), STOPPED);
}

#[test]
fn original_assertion_in_key_info() {
    let p = pieces(Signed::Assertion);
    let signature = swap(&p.signature, "</ds:KeyInfo>", &format!("{}</ds:KeyInfo>", p.bare));
    let evil = swap(&p.evil, "</saml:Issuer>", &format!("</saml:Issuer>{signature}"));
    refused(&swap(&p.whole, &p.assertion, &evil), STOPPED);
}

#[test]
fn signature_of_the_assertion_moved_to_the_response() {
    let p = pieces(Signed::Assertion);
    let forged = swap(&p.whole, &p.assertion, &p.evil);
    refused(&swap(&forged, "<samlp:Status>", &format!("{}<samlp:Status>", p.signature)), STOPPED);
    // With the original beside it as a sibling, which a lenient position check would let pass.
    let forged = swap(&p.whole, &p.assertion, &format!("{}{}", p.evil, p.bare));
    refused(&swap(&forged, "<samlp:Status>", &format!("{}<samlp:Status>", p.signature)), STOPPED);
}

#[test]
fn forged_response_around_a_signed_response() {
    let inner = message(Signed::Response);
    let outer =
        unsigned().replace(RESPONSE_ID, "_outer").replace(ASSERTION_ID, "_outera").replace(VICTIM, ATTACKER);
    refused(&swap(&outer, "</samlp:Response>", &format!("{inner}</samlp:Response>")), STOPPED);
    refused(&swap(&outer, "<samlp:Status>", &format!("{inner}<samlp:Status>")), STOPPED);
}

#[test]
fn plain_assertion_beside_an_encrypted_one() {
    let p = pieces(Signed::Assertion);
    let encrypted = "<saml:EncryptedAssertion xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\"/>";
    refused(
        &swap(&p.whole, &p.assertion, &format!("{}{encrypted}", p.assertion)),
        &[Code::AssertionNotSingle],
    );
}

#[test]
fn two_assertions_both_signed() {
    let one = message(Signed::Assertion);
    let first = element(&one, "saml:Assertion").to_owned();
    let other = craft(Signed::Both, |a| swap_all(&a, VICTIM, ATTACKER), |r| r);
    let second = element(&other, "saml:Assertion").replace(ASSERTION_ID, "_second");
    refused(&swap(&one, &first, &format!("{first}{second}")), &[Code::AssertionNotSingle]);
}

#[test]
fn root_is_something_else_around_the_response() {
    let whole = message(Signed::Both);
    for root in [
        "<x>{}</x>",
        "<samlp:ArtifactResponse xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\">{}</samlp:ArtifactResponse>",
        "<soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\"><soap:Body>{}</soap:Body></soap:Envelope>",
    ] {
        refused(&root.replace("{}", &whole), &[Code::NotAResponse]);
    }
    refused(element(&whole, "saml:Assertion"), &[Code::NotAResponse]);
}

#[test]
fn response_of_another_namespace() {
    let whole = message(Signed::Assertion);
    refused(
        &swap_all(&whole, "urn:oasis:names:tc:SAML:2.0:protocol", "urn:oasis:names:tc:SAML:1.0:protocol"),
        &[Code::NotAResponse],
    );
    refused(&swap_all(&whole, "urn:oasis:names:tc:SAML:2.0:protocol", "urn:evil"), &[Code::NotAResponse]);
}

#[test]
fn assertion_of_another_namespace_is_no_assertion() {
    let whole = message(Signed::Response);
    let forged =
        whole.replace("urn:oasis:names:tc:SAML:2.0:assertion", "urn:oasis:names:tc:SAML:2.0:assertion ");
    refused(&forged, &[Code::AssertionMissing, Code::SignatureInvalid, Code::IssuerMissing]);
}

#[test]
fn default_prefix_is_rebound_around_a_forged_subject() {
    // The prefix `saml` is bound to something else inside: a reader by prefix would take the forged subject.
    let p = pieces(Signed::Assertion);
    let decoy = format!(
        "<saml:Subject xmlns:saml=\"urn:evil\"><saml:NameID>{ATTACKER}</saml:NameID></saml:Subject><saml:Subject>"
    );
    refused(&swap(&p.whole, "<saml:Subject>", &decoy), &[Code::SignatureInvalid]);
}

#[test]
fn advice_or_a_signature_elsewhere() {
    let other = unsigned().replace(ASSERTION_ID, "_other").replace(VICTIM, ATTACKER);
    let other = element(&other, "saml:Assertion");
    let saml = "xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\"";
    let loose = format!("<saml:Advice {saml}>{other}</saml:Advice>");
    for parts in [Signed::Response, Signed::Assertion, Signed::Both] {
        let beside = craft(parts, |a| a, |r| swap(&r, "<samlp:Status>", &format!("{loose}<samlp:Status>")));
        refused(&beside, &[Code::AssertionNotSingle]);
        let deeper = format!("<saml:Subject><x>{loose}</x>");
        refused(&craft(parts, |a| swap(&a, "<saml:Subject>", &deeper), |r| r), &[Code::AssertionNotSingle]);
        // Put there after signing.
        let late = swap(&message(parts), "<saml:AuthnStatement ", &format!("{loose}<saml:AuthnStatement "));
        refused(&late, &[Code::SignatureInvalid]);
        // A signature beside the assertion in it, and elsewhere, is still one too many.
        let signature = signature(&message(Signed::Assertion)).replace(ASSERTION_ID, "_other");
        let deeper = format!("<saml:Subject><x>{signature}</x>");
        refused(&craft(parts, |a| swap(&a, "<saml:Subject>", &deeper), |r| r), &[Code::SignatureMisplaced]);
        let advice = format!("<saml:Advice {saml}>{signature}</saml:Advice>");
        let end = "</samlp:Response>";
        let beside = craft(parts, |a| a, |r| swap(&r, end, &format!("{advice}{end}")));
        refused(&beside, &[Code::SignatureMisplaced]);
    }
}

#[test]
fn the_only_signature_stands_in_the_advice() {
    // What somebody else signed, in an assertion that nobody did.
    let sound = message(Signed::Assertion);
    let inner = element(&sound, "saml:Assertion").replace(ASSERTION_ID, "_other");
    for inner in [inner, element(&sound, "saml:Assertion").to_owned()] {
        let advice = format!("<saml:Advice>{inner}</saml:Advice><saml:AuthnStatement ");
        let forged = swap(&swap_all(&unsigned(), ASSERTION_ID, "_evil"), "<saml:AuthnStatement ", &advice);
        refused(&swap(&forged, VICTIM, ATTACKER), &[Code::SignatureMissing]);
    }
}
