//! Values that read differently to different readers.
//!
//! Rule: join all text of a value; what is accepted is exactly what was signed (CVE-2017-11427).

use crate::kit::*;
use saml::Code;
use saml::idp::{Answer, Signed};
use saml::testing::{SP, TestKey, answer};

#[test]
fn comment_in_the_name_id_never_shortens_it() {
    // The attacker has an account named ann@acme.test.evil.test at the provider and adds a comment.
    let long = Answer { name_id: "ann@acme.test.evil.test", ..answer() };
    for parts in [Signed::Response, Signed::Assertion, Signed::Both] {
        let xml = sign(long.response_xml(&long.assertion_xml()), parts, TestKey::Rsa);
        for comment in ["<!---->", "<!-- x -->", "<!--a--><!--b-->"] {
            let cut = swap(&xml, "ann@acme.test.evil.test", &format!("ann@acme.test{comment}.evil.test"));
            assert_eq!(accepted(&cut).name_id.value, "ann@acme.test.evil.test");
        }
        let cdata = swap(&xml, "ann@acme.test.evil.test", "ann@acme.test<![CDATA[.evil.test]]>");
        assert_eq!(accepted(&cdata).name_id.value, "ann@acme.test.evil.test");
    }
}

#[test]
fn comment_in_an_attribute_value_never_shortens_it() {
    let long = Answer { attributes: &[("email", &["ann@acme.test.evil.test"])], ..answer() };
    let xml = sign(long.response_xml(&long.assertion_xml()), Signed::Assertion, TestKey::Rsa);
    let cut = swap(&xml, "ann@acme.test.evil.test", "ann@acme.test<!-- -->.evil.test");
    assert_eq!(accepted(&cut).attributes.values("email"), ["ann@acme.test.evil.test"]);
}

#[test]
fn comment_in_the_audience_or_the_issuer_never_shortens_it() {
    let audience = format!("{SP}.evil.test");
    let long = Answer { audience: &audience, ..answer() };
    let xml = sign(long.response_xml(&long.assertion_xml()), Signed::Assertion, TestKey::Rsa);
    refused(&swap(&xml, &audience, &format!("{SP}<!-- -->.evil.test")), &[Code::AudienceMismatch]);
    let long = Answer { issuer: "https://idp.acme.test/metadata.evil.test", ..answer() };
    let xml = sign(long.response_xml(&long.assertion_xml()), Signed::Assertion, TestKey::Rsa);
    refused(&xml.replace("metadata.evil.test", "metadata<!-- -->.evil.test"), &[Code::IssuerMismatch]);
}

#[test]
fn element_inside_the_name_id() {
    for inside in ["ann@acme.test<x/>", "<x>ann@acme.test</x>", "<x/>ann@acme.test<y/>"] {
        let xml = craft(
            Signed::Both,
            |a| swap(&a, ">ann@acme.test</saml:NameID>", &format!(">{inside}</saml:NameID>")),
            |r| r,
        );
        refused(&xml, &[Code::MalformedMessage]);
    }
}

#[test]
fn name_id_empty_missing_or_twice() {
    for parts in [Signed::Response, Signed::Assertion, Signed::Both] {
        for empty in [
            "",
            "  ",
            "\n\t",
            "<!-- ann@acme.test -->",
            "<![CDATA[ ]]>",
            "&#xa0;",
            "\u{200b}\u{feff}",
            "&#x2028;",
        ] {
            let xml = craft(
                parts,
                |a| swap(&a, ">ann@acme.test</saml:NameID>", &format!(">{empty}</saml:NameID>")),
                |r| r,
            );
            refused(&xml, &[Code::NameIdMissing]);
        }
        let without = |a: String| a.replace(element(&a, "saml:NameID"), "");
        refused(&craft(parts, without, |r| r), &[Code::NameIdMissing]);
        let without = |a: String| a.replace(element(&a, "saml:Subject"), "");
        refused(&craft(parts, without, |r| r), &[Code::NameIdMissing]);
        let twice = |a: String| {
            let one = element(&a, "saml:NameID").to_owned();
            let two = format!("{one}{}", one.replace(VICTIM, ATTACKER));
            a.replace(&one, &two)
        };
        refused(&craft(parts, twice, |r| r), &[Code::MalformedMessage]);
    }
}

#[test]
fn two_subjects() {
    for parts in [Signed::Response, Signed::Assertion, Signed::Both] {
        let twice = |a: String| {
            let start = a.find("<saml:Subject>").unwrap();
            let end = a.find("</saml:Subject>").unwrap() + "</saml:Subject>".len();
            let one = a[start..end].to_owned();
            a.replace(&one, &format!("{}{one}", one.replace(VICTIM, ATTACKER)))
        };
        refused(&craft(parts, twice, |r| r), &[Code::MalformedMessage]);
    }
}

#[test]
fn name_id_of_another_namespace() {
    let xml = craft(
        Signed::Both,
        |a| {
            swap(&a, "<saml:NameID ", "<e:NameID xmlns:e=\"urn:e\" ").replace("</saml:NameID>", "</e:NameID>")
        },
        |r| r,
    );
    refused(&xml, &[Code::NameIdMissing]);
}

#[test]
fn name_id_of_the_confirmation_is_not_the_subject() {
    // SubjectConfirmation may name who confirms; that is not who is signed in.
    let xml = craft(
        Signed::Both,
        |a| {
            let own = element(&a, "saml:NameID").to_owned();
            let other = own.replace(VICTIM, ATTACKER);
            swap(&a, "<saml:SubjectConfirmationData", &format!("{other}<saml:SubjectConfirmationData"))
        },
        |r| r,
    );
    assert_eq!(accepted(&xml).name_id.value, VICTIM);
}

#[test]
fn attributes_outside_the_signed_assertion_do_not_exist() {
    let xml = message(Signed::Assertion);
    let outside = "<saml:AttributeStatement xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\"><saml:Attribute \
                   Name=\"role\"><saml:AttributeValue>admin</saml:AttributeValue></saml:Attribute></saml:AttributeStatement>";
    let xml = swap(&xml, "</samlp:Response>", &format!("{outside}</samlp:Response>"));
    assert!(accepted(&xml).attributes.values("role").is_empty());
}

#[test]
fn attribute_of_another_namespace_does_not_exist() {
    let xml = craft(
        Signed::Both,
        |a| {
            swap(
                &a,
                "</saml:AttributeStatement>",
                "<e:Attribute xmlns:e=\"urn:e\" Name=\"role\"><e:AttributeValue>admin</e:AttributeValue></e:Attribute></saml:AttributeStatement>",
            )
        },
        |r| r,
    );
    assert!(accepted(&xml).attributes.values("role").is_empty());
}

#[test]
fn entities_of_xml_itself_are_text() {
    let amp = Answer { name_id: "a&b<c>\"d'@acme.test", ..answer() };
    let xml = sign(amp.response_xml(&amp.assertion_xml()), Signed::Both, TestKey::Rsa);
    assert_eq!(accepted(&xml).name_id.value, "a&b<c>\"d'@acme.test");
}
