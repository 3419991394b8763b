//! Documents that are not what they seem: DTDs, entities, encodings, sizes, depth, broken transport.
//!
//! Rules: one parser; no DTD, ever; UTF-8; a size limit before parsing; exactly one root
//! (CVE-2025-25291, CVE-2025-25292, CVE-2025-66568).

use crate::kit::*;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use saml::Code;
use saml::idp::Signed;

fn behind_dtd(dtd: &str) -> String {
    format!("<?xml version=\"1.0\"?>\n{dtd}{}", message(Signed::Both))
}

#[test]
fn dtd_of_every_kind() {
    for dtd in [
        "<!DOCTYPE Response>",
        "<!DOCTYPE Response SYSTEM \"http://evil.test/x.dtd\">",
        "<!DOCTYPE Response PUBLIC \"-//x\" \"file:///etc/passwd\">",
        "<!DOCTYPE Response [<!ENTITY x \"y\">]>",
        "<!DOCTYPE Response [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>",
        "<!DOCTYPE Response [<!ENTITY % x SYSTEM \"http://evil.test/x.dtd\"> %x;]>",
        "<!DOCTYPE Response [<!ATTLIST saml:Assertion ID ID #IMPLIED>]>",
        "<!DOCTYPE Response [<!ELEMENT x ANY>]>",
        "<!DOCTYPE Response [<!NOTATION n SYSTEM \"x\">]>",
        "<!DOCTYPE Response [<?x y?>]>",
    ] {
        refused(&behind_dtd(dtd), &[Code::DtdForbidden]);
    }
    refused(&behind_dtd("<!doctype Response>"), &[Code::MalformedXml]);
}

#[test]
fn external_entity_in_the_name_id() {
    let xml = swap(&message(Signed::Assertion), VICTIM, "&x;");
    refused(&format!("<!DOCTYPE r [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>{xml}"), &[Code::DtdForbidden]);
    refused(&xml, &[Code::MalformedXml]);
}

#[test]
fn entity_bombs() {
    let mut bomb = String::from("<!DOCTYPE r [<!ENTITY a0 \"aaaaaaaaaa\">");
    for level in 1..30 {
        let inner = format!("&a{};", level - 1).repeat(10);
        bomb = bomb + "<!ENTITY a" + &level.to_string() + " \"" + &inner + "\">";
    }
    bomb.push_str("]>");
    let xml = swap(&message(Signed::Assertion), VICTIM, "&a29;");
    refused(&format!("{bomb}{xml}"), &[Code::DtdForbidden]);
    let quadratic = format!("<!DOCTYPE r [<!ENTITY a \"{}\">]>", "a".repeat(50_000));
    let xml = swap(&message(Signed::Assertion), VICTIM, &"&a;".repeat(10_000));
    refused(&format!("{quadratic}{xml}"), &[Code::DtdForbidden]);
}

#[test]
fn processing_instructions_anywhere() {
    let xml = message(Signed::Both);
    refused(&format!("<?xml-stylesheet href=\"x\"?>{xml}"), &[Code::ProcessingInstructionForbidden]);
    refused(&format!("{xml}<?x?>"), &[Code::ProcessingInstructionForbidden]);
    refused(&swap(&xml, "<saml:Subject>", "<?x y?><saml:Subject>"), &[Code::ProcessingInstructionForbidden]);
    refused(&swap(&xml, VICTIM, "ann@acme.test<?x y?>.evil.test"), &[Code::ProcessingInstructionForbidden]);
}

#[test]
fn two_roots_none_or_rubbish_around() {
    let xml = message(Signed::Both);
    refused(&format!("{xml}{xml}"), &[Code::MalformedXml]);
    refused(&format!("{xml}<x/>"), &[Code::MalformedXml]);
    refused(&format!("{xml}text"), &[Code::MalformedXml]);
    refused(&format!("<x/>{xml}"), &[Code::MalformedXml]);
    refused("<!-- nothing -->", &[Code::MalformedXml]);
    refused("<", &[Code::MalformedXml]);
    refused("<>", &[Code::MalformedXml]);
}

#[test]
fn truncated_anywhere() {
    let xml = message(Signed::Both);
    for at in (1..xml.len()).step_by(97) {
        refused(&xml[..at], &[Code::MalformedXml]);
    }
}

#[test]
fn truncated_base64_anywhere() {
    let packed = STANDARD.encode(message(Signed::Both));
    for at in (1..packed.len() - 1).step_by(211) {
        refused(&packed[..at], &[Code::MalformedXml, Code::NotBase64, Code::NotUtf8]);
    }
}

#[test]
fn not_utf8() {
    let xml = message(Signed::Both).into_bytes();
    for bad in [&[0xff][..], &[0xc0, 0x80], &[0xed, 0xa0, 0x80], &[0xf5, 0x80, 0x80, 0x80], &[0xe2, 0x82]] {
        let at = xml.windows(VICTIM.len()).position(|w| w == VICTIM.as_bytes()).unwrap();
        let mut broken = xml.clone();
        broken.splice(at..at, bad.iter().copied());
        refused_bytes(&broken, &[Code::NotUtf8]);
        refused(&STANDARD.encode(&broken), &[Code::NotUtf8]);
    }
}

#[test]
fn utf16_and_utf7() {
    let xml = message(Signed::Both);
    for (mark, big) in [([0xff, 0xfe], false), ([0xfe, 0xff], true)] {
        let mut wide = mark.to_vec();
        for unit in xml.encode_utf16() {
            wide.extend(if big { unit.to_be_bytes() } else { unit.to_le_bytes() });
        }
        refused_bytes(&wide, &[Code::NotUtf8]);
        refused(&STANDARD.encode(&wide), &[Code::NotUtf8]);
    }
    for encoding in ["UTF-16", "UTF-7", "ISO-8859-1", "windows-1252", "ebcdic-cp-us", ""] {
        let declared = format!("<?xml version=\"1.0\" encoding=\"{encoding}\"?>{xml}");
        refused(&declared, &[Code::NotUtf8, Code::MalformedXml]);
    }
}

#[test]
fn nul_and_control_characters() {
    let xml = message(Signed::Assertion);
    for bad in [
        "\0",
        "\u{1}",
        "\u{b}",
        "\u{ffff}",
        "&#0;",
        "&#1;",
        "&#xFFFF;",
        "&#x110000;",
        "&undefined;",
        "&#xD800;",
    ] {
        refused(&swap(&xml, VICTIM, &format!("ann@acme.test{bad}")), &[Code::MalformedXml]);
    }
}

#[test]
fn too_large_plain_and_packed() {
    let xml = message(Signed::Assertion);
    let padded = swap(&xml, "<samlp:Status>", &format!("<!--{}--><samlp:Status>", "x".repeat(1024 * 1024)));
    refused(&padded, &[Code::TooLarge]);
    refused(&STANDARD.encode(&padded), &[Code::TooLarge]);
    refused(&"A".repeat(4 * 1024 * 1024), &[Code::TooLarge]);
    refused(&format!("{}{xml}", " ".repeat(2 * 1024 * 1024)), &[Code::TooLarge]);
}

#[test]
fn deep_nesting_does_not_overflow_the_stack() {
    for depth in [100, 1_000, 10_000, 100_000] {
        let deep = format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth));
        refused(&deep, &[Code::MalformedXml, Code::TooLarge]);
        let xml = swap(
            &message(Signed::Assertion),
            "<samlp:Status>",
            &format!("<samlp:Extensions>{deep}</samlp:Extensions><samlp:Status>"),
        );
        refused(&xml, &[Code::MalformedXml, Code::TooLarge]);
        refused(&"<a>".repeat(depth), &[Code::MalformedXml, Code::TooLarge]);
    }
}

#[test]
fn not_a_message_at_all() {
    refused("", &[Code::Empty]);
    refused("   \n", &[Code::Empty]);
    refused("null", &[Code::MalformedXml, Code::NotUtf8, Code::NotBase64]);
    refused("{\"a\":1}", &[Code::NotBase64]);
    refused("<html><body>Sign in</body></html>", &[Code::NotAResponse]);
    refused("<!DOCTYPE html><html></html>", &[Code::DtdForbidden]);
    refused_bytes(&[0x89, b'P', b'N', b'G'], &[Code::NotBase64]);
}

#[test]
fn strange_base64() {
    let xml = message(Signed::Both);
    let packed = STANDARD.encode(&xml);
    refused(&format!("{packed}===="), &[Code::NotBase64]);
    refused(&format!("{packed}{packed}"), &[Code::NotBase64, Code::MalformedXml]);
    refused(&format!("{}*{}", &packed[..40], &packed[40..]), &[Code::NotBase64]);
    refused(&format!("SAMLResponse={packed}"), &[Code::NotBase64]);
    refused(&STANDARD.encode(&packed), &[Code::MalformedXml]);
    let padded = STANDARD.encode(xml.trim_end().to_owned() + &" ".repeat((4 - xml.len() % 3) % 3));
    if padded.ends_with('=') {
        refused(padded.trim_end_matches('='), &[Code::NotBase64]);
    }
    let safe = URL_SAFE.encode(&xml);
    if safe.contains(['-', '_']) {
        refused(&safe, &[Code::NotBase64]);
    }
}

#[test]
fn another_version_of_xml() {
    for parts in [Signed::Response, Signed::Assertion, Signed::Both] {
        for version in ["1.1", "1.2", "2.0", ""] {
            let xml = format!("<?xml version=\"{version}\"?>{}", message(parts));
            refused(&xml, &[Code::MalformedXml]);
        }
    }
}

#[test]
fn duplicate_attributes_and_unbound_prefixes() {
    let xml = message(Signed::Assertion);
    refused(&swap(&xml, "Version=\"2.0\"", "Version=\"2.0\" Version=\"2.0\""), &[Code::MalformedXml]);
    refused(&swap(&xml, "<saml:Subject>", "<saml:Subject evil:x=\"1\">"), &[Code::MalformedXml]);
    refused(
        &swap(
            &xml,
            "<saml:Subject>",
            "<saml:Subject xmlns:a=\"urn:x\" xmlns:b=\"urn:x\" a:y=\"1\" b:y=\"2\">",
        ),
        &[Code::MalformedXml],
    );
    refused(&swap(&xml, "<saml:Subject>", "<saml:Subject xmlns:a=\"\">"), &[Code::MalformedXml]);
}

#[test]
fn duplicate_ids_anywhere() {
    let xml = message(Signed::Both);
    for (at, with) in [
        (
            "<samlp:Status>",
            format!("<samlp:Extensions><x ID=\"{ASSERTION_ID}\"/></samlp:Extensions><samlp:Status>"),
        ),
        ("<samlp:Status>", format!("<samlp:Status Id=\"{RESPONSE_ID}\">")),
        ("<ds:Signature ", format!("<ds:Signature Id=\"{RESPONSE_ID}\" ")),
        ("<saml:Subject>", format!("<saml:Subject xml:id=\"{ASSERTION_ID}\">")),
        ("<saml:Subject>", format!("<saml:Subject xmlns:w=\"urn:w\" w:Id=\"{ASSERTION_ID}\">")),
    ] {
        refused(&swap(&xml, at, &with), &[Code::DuplicateId]);
    }
}

#[test]
fn more_attributes_namespaces_or_tags_than_any_real_message() {
    // The parser's time grows with the square of the attributes of one element: the count is bounded first.
    let extension = |inner: &str| {
        let to = format!("<samlp:Extensions>{inner}</samlp:Extensions><samlp:Status>");
        swap(&message(Signed::Assertion), "<samlp:Status>", &to)
    };
    let many = |n: usize, what: &str| (0..n).map(|i| what.replace('#', &i.to_string())).collect::<String>();
    for n in [300, 40_000] {
        refused(&extension(&format!("<x{}/>", many(n, " a#=''"))), &[Code::TooLarge]);
        refused(&extension(&format!("<x{}/>", many(n, " a#='>'"))), &[Code::TooLarge]);
        refused(&extension(&format!("<x{}/>", many(n / 2, " xmlns:a#='u#' a#:b=\"\""))), &[Code::TooLarge]);
        refused(
            &swap(
                &message(Signed::Both),
                "<samlp:Response ",
                &format!("<samlp:Response{} ", many(n, " xmlns:a#='u'")),
            ),
            &[Code::TooLarge],
        );
    }
    refused(&extension(&"<x/>".repeat(100_000)), &[Code::TooLarge]);
    refused(&extension(&"<!---->".repeat(100_000)), &[Code::TooLarge]);
    accepted(&extension(&format!("<x{}/>", many(200, " a#='='"))));
}
