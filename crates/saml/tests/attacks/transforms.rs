//! Algorithms and transforms outside the allow-list, all of them really signed by the provider.
//!
//! Rule: RSA, RSA-PSS and ECDSA with SHA-2; enveloped and exclusive canonicalisation without comments; no
//! HMAC, `XPath` or `XSLT`; SHA-1 only as an exception (CVE-2009-0217).

use crate::kit::*;
use crate::signatures::signature_template;
use saml::Code;

const EXC: &str = "<ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"/>";
const ENVELOPED: &str = "<ds:Transform Algorithm=\"http://www.w3.org/2000/09/xmldsig#enveloped-signature\"/>";

/// The response signed by the provider with a changed template.
fn signed_with(from: &str, to: &str) -> String {
    let template = swap(&signature_template(&format!("#{RESPONSE_ID}")), from, to);
    fill(&swap(&unsigned(), "<samlp:Status>", &format!("{template}<samlp:Status>")))
}

/// A message whose signature only claims the change: what no signer would sign at all.
fn claimed(from: &str, to: &str) -> String {
    let template = signature_template(&format!("#{RESPONSE_ID}"));
    swap(&fill(&swap(&unsigned(), "<samlp:Status>", &format!("{template}<samlp:Status>"))), from, to)
}

#[test]
fn the_template_itself_is_accepted() {
    accepted(&signed_with(EXC, EXC));
}

#[test]
fn inclusive_canonicalization_of_the_reference() {
    for algorithm in
        ["http://www.w3.org/TR/2001/REC-xml-c14n-20010315", "http://www.w3.org/2006/12/xml-c14n11"]
    {
        let xml = signed_with(EXC, &format!("<ds:Transform Algorithm=\"{algorithm}\"/>"));
        refused(&xml, &[Code::AlgorithmForbidden]);
    }
}

#[test]
fn canonicalization_with_comments() {
    for algorithm in [
        "http://www.w3.org/2001/10/xml-exc-c14n#WithComments",
        "http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments",
        "http://www.w3.org/2006/12/xml-c14n11#WithComments",
    ] {
        let xml = signed_with(EXC, &format!("<ds:Transform Algorithm=\"{algorithm}\"/>"));
        refused(&xml, &[Code::AlgorithmForbidden]);
        let xml = signed_with(
            "<ds:CanonicalizationMethod Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"/>",
            &format!("<ds:CanonicalizationMethod Algorithm=\"{algorithm}\"/>"),
        );
        refused(&xml, &[Code::AlgorithmForbidden]);
    }
}

#[test]
fn enveloped_alone_or_missing_or_last_or_twice() {
    refused(&signed_with(EXC, ""), &[Code::AlgorithmForbidden]);
    refused(&claimed(ENVELOPED, ""), &[Code::AlgorithmForbidden]);
    refused(
        &claimed(&format!("{ENVELOPED}{EXC}"), &format!("{EXC}{ENVELOPED}")),
        &[Code::AlgorithmForbidden],
    );
    refused(&claimed(EXC, &EXC.repeat(2)), &[Code::AlgorithmForbidden]);
    refused(&claimed(ENVELOPED, &ENVELOPED.repeat(2)), &[Code::AlgorithmForbidden]);
    refused(
        &claimed(&format!("<ds:Transforms>{ENVELOPED}{EXC}</ds:Transforms>"), ""),
        &[Code::SignatureMalformed],
    );
    refused(
        &claimed(&format!("<ds:Transforms>{ENVELOPED}{EXC}</ds:Transforms>"), "<ds:Transforms/>"),
        &[Code::AlgorithmForbidden],
    );
}

#[test]
fn xpath_that_leaves_the_subject_out() {
    // Signed by the provider; the subject can then be changed without breaking the signature.
    let xpath = "<ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xpath-19991116\"><ds:XPath \
                 xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\">not(ancestor-or-self::saml:Subject)</ds:XPath>\
                 </ds:Transform>";
    let xml = signed_with(EXC, &format!("{xpath}{EXC}"));
    refused(&xml, &[Code::AlgorithmForbidden]);
    refused(&swap(&xml, VICTIM, ATTACKER), &[Code::AlgorithmForbidden]);
    let only = signed_with(&format!("{ENVELOPED}{EXC}"), &format!("{xpath}{EXC}"));
    refused(&only, &[Code::AlgorithmForbidden]);
}

#[test]
fn xpath_filter_2_base64_xslt_and_unknown_transforms() {
    for transform in [
        "<ds:Transform Algorithm=\"http://www.w3.org/2002/06/xmldsig-filter2\"><f:XPath \
         xmlns:f=\"http://www.w3.org/2002/06/xmldsig-filter2\" Filter=\"intersect\">//x</f:XPath></ds:Transform>",
        "<ds:Transform Algorithm=\"http://www.w3.org/2000/09/xmldsig#base64\"/>",
        "<ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xslt-19991116\"><xsl:stylesheet version=\"1.0\" \
         xmlns:xsl=\"http://www.w3.org/1999/XSL/Transform\"><xsl:template match=\"/\"/></xsl:stylesheet></ds:Transform>",
        "<ds:Transform Algorithm=\"http://schemas.openxmlformats.org/package/2006/RelationshipTransform\"/>",
        "<ds:Transform Algorithm=\"urn:evil\"/>",
        "<ds:Transform Algorithm=\"\"/>",
    ] {
        refused(&claimed(EXC, &format!("{transform}{EXC}")), &[Code::AlgorithmForbidden]);
        refused(&claimed(EXC, &format!("{EXC}{transform}")), &[Code::AlgorithmForbidden]);
        refused(&claimed(EXC, transform), &[Code::AlgorithmForbidden]);
    }
    refused(&claimed(EXC, "<ds:Transform/>"), &[Code::SignatureMalformed]);
}

#[test]
fn transform_of_another_namespace_or_with_parameters() {
    let foreign = "<e:Transform xmlns:e=\"urn:e\" Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"/>";
    refused(&claimed(EXC, foreign), &[Code::SignatureMalformed]);
    refused(&claimed(EXC, &format!("{EXC}{foreign}")), &[Code::SignatureMalformed]);
    let parameter = ENVELOPED.replace("/>", "><ds:XPath>1</ds:XPath></ds:Transform>");
    refused(&claimed(ENVELOPED, &parameter), &[Code::SignatureMalformed]);
    let twice = EXC.replace(
        "/>",
        &format!("{}</ds:Transform>", "><ec:InclusiveNamespaces xmlns:ec=\"http://www.w3.org/2001/10/xml-exc-c14n#\" PrefixList=\"a\"/>".to_owned()
            + "<ec:InclusiveNamespaces xmlns:ec=\"http://www.w3.org/2001/10/xml-exc-c14n#\" PrefixList=\"b\"/>"),
    );
    refused(&claimed(EXC, &twice), &[Code::SignatureMalformed]);
}

#[test]
fn algorithm_attribute_in_a_namespace() {
    // A reader by local name would take the first one it meets.
    let method = "<ds:SignatureMethod Algorithm=";
    let double = "<ds:SignatureMethod xmlns:e=\"urn:e\" e:Algorithm=\"http://www.w3.org/2000/09/xmldsig#hmac-sha1\" Algorithm=";
    refused(&claimed(method, double), &[Code::SignatureMalformed]);
    refused(
        &claimed("<ds:Reference URI=", "<ds:Reference xmlns:e=\"urn:e\" e:URI=\"\" URI="),
        &[Code::SignatureMalformed],
    );
    refused(
        &claimed(
            "<ds:DigestMethod Algorithm=",
            "<ds:DigestMethod xmlns:e=\"urn:e\" e:Algorithm=\"x\" Algorithm=",
        ),
        &[Code::SignatureMalformed],
    );
}

#[test]
fn sha1_is_refused_unless_the_connection_makes_the_exception() {
    let rsa =
        ("http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", "http://www.w3.org/2000/09/xmldsig#rsa-sha1");
    let digest = ("http://www.w3.org/2001/04/xmlenc#sha256", "http://www.w3.org/2000/09/xmldsig#sha1");
    refused(&claimed(rsa.0, rsa.1), &[Code::Sha1Forbidden]);
    let digest_only = signed_with(digest.0, digest.1);
    refused(&digest_only, &[Code::Sha1Forbidden]);
    assert!(judge_with(digest_only.as_bytes(), |e| e.allow_sha1 = true).is_ok());
}

#[test]
fn signature_methods_outside_the_list() {
    for method in [
        "http://www.w3.org/2001/04/xmldsig-more#rsa-md5",
        "http://www.w3.org/2001/04/xmldsig-more#rsa-ripemd160",
        "http://www.w3.org/2001/04/xmldsig-more#rsa-sha224",
        "http://www.w3.org/2000/09/xmldsig#dsa-sha1",
        "http://www.w3.org/2009/xmldsig11#dsa-sha256",
        "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha1",
        "http://www.w3.org/2007/05/xmldsig-more#sha1-rsa-MGF1",
        "http://www.w3.org/2007/05/xmldsig-more#rsa-pss",
        "http://www.w3.org/2000/09/xmldsig#hmac-sha1",
        "http://www.w3.org/2001/04/xmldsig-more#hmac-sha512",
        "http://www.w3.org/2021/04/xmldsig-more#eddsa-ed25519",
        "none",
        "",
        "http://www.w3.org/2001/04/xmldsig-more#RSA-SHA256",
        "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256 ",
    ] {
        refused(
            &claimed("http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", method),
            &[Code::AlgorithmForbidden],
        );
    }
}

#[test]
fn digest_methods_outside_the_list() {
    for method in [
        "http://www.w3.org/2001/04/xmldsig-more#md5",
        "http://www.w3.org/2001/04/xmlenc#ripemd160",
        "http://www.w3.org/2001/04/xmldsig-more#sha224",
        "http://www.w3.org/2007/05/xmldsig-more#sha3-256",
        "",
        "none",
    ] {
        refused(&claimed("http://www.w3.org/2001/04/xmlenc#sha256", method), &[Code::AlgorithmForbidden]);
    }
}

#[test]
fn canonicalization_methods_outside_the_list() {
    let method = "<ds:CanonicalizationMethod Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"/>";
    for algorithm in
        ["", "urn:evil", "http://www.w3.org/2000/09/xmldsig#minimal", "http://www.w3.org/2010/xml-c14n2"]
    {
        refused(
            &claimed(method, &format!("<ds:CanonicalizationMethod Algorithm=\"{algorithm}\"/>")),
            &[Code::AlgorithmForbidden],
        );
    }
    refused(&claimed(method, ""), &[Code::SignatureMalformed]);
    refused(&claimed(method, &method.repeat(2)), &[Code::SignatureMalformed]);
}

#[test]
fn comment_inside_the_signature() {
    for place in ["<ds:SignedInfo>", "<ds:Transforms>", "<ds:SignatureValue>"] {
        refused(&claimed(place, &format!("{place}<!-- -->")), &[Code::SignatureMalformed]);
    }
}
