//! Messages that the provider really signed, for somebody else, another time, another request or another
//! service; and messages that lack what the profile asks for.
//!
//! Rule: SAML profiles 4.1.4.2 and 4.1.4.3.

use crate::kit::*;
use jiff::SignedDuration;
use saml::idp::{Answer, Signed};
use saml::testing::{ACS, IDP, REQUEST, SP, TestKey, answer, expected, now};
use saml::{Code, Expected, validate};

const ALL: [Signed; 3] = [Signed::Response, Signed::Assertion, Signed::Both];

/// An otherwise sound answer with one part of the assertion changed by the provider before signing.
#[track_caller]
fn assertion_with(from: &str, to: &str, code: Code) {
    for parts in ALL {
        refused(&craft(parts, |a| swap(&a, from, to), |r| r), &[code]);
    }
}

/// The same for the response around it.
#[track_caller]
fn response_with(from: &str, to: &str, code: Code) {
    for parts in ALL {
        refused(&craft(parts, |a| a, |r| swap(&r, from, to)), &[code]);
    }
}

#[track_caller]
fn refused_at(seconds: i64, code: Code) {
    let keys = trusted();
    let later = now() + SignedDuration::from_secs(seconds);
    for parts in ALL {
        let refusal = validate(message(parts).as_bytes(), &expected(&keys), later).unwrap_err();
        assert_eq!(refusal.code, code, "{refusal}");
    }
}

#[test]
fn audience_wrong_missing_or_empty() {
    let audience = format!("<saml:Audience>{SP}</saml:Audience>");
    assertion_with(&audience, "<saml:Audience>https://other.test/</saml:Audience>", Code::AudienceMismatch);
    assertion_with(&audience, "<saml:Audience></saml:Audience>", Code::AudienceMismatch);
    assertion_with(&audience, "", Code::AudienceMismatch);
    assertion_with(&audience, &format!("<saml:Audience>{SP}/</saml:Audience>"), Code::AudienceMismatch);
    assertion_with(
        &audience,
        &format!("<saml:Audience>{}</saml:Audience>", SP.to_uppercase()),
        Code::AudienceMismatch,
    );
    assertion_with(
        &audience,
        &format!("<saml:Audience>{SP} https://other.test</saml:Audience>"),
        Code::AudienceMismatch,
    );
    assertion_with(&audience, &format!("<Audience xmlns=\"urn:e\">{SP}</Audience>"), Code::AudienceMismatch);
    assertion_with(&audience, &format!("<saml:Audience><x>{SP}</x></saml:Audience>"), Code::AudienceMismatch);
    let restriction = format!("<saml:AudienceRestriction>{audience}</saml:AudienceRestriction>");
    assertion_with(&restriction, "", Code::AudienceMissing);
    assertion_with(&restriction, "<saml:OneTimeUse/>", Code::AudienceMissing);
}

#[test]
fn every_audience_restriction_must_name_us() {
    let restriction =
        format!("<saml:AudienceRestriction><saml:Audience>{SP}</saml:Audience></saml:AudienceRestriction>");
    let other = "<saml:AudienceRestriction><saml:Audience>https://other.test</saml:Audience></saml:AudienceRestriction>";
    assertion_with(&restriction, &format!("{restriction}{other}"), Code::AudienceMismatch);
    assertion_with(&restriction, &format!("{other}{restriction}"), Code::AudienceMismatch);
}

#[test]
fn conditions_missing_twice_or_unknown() {
    for parts in ALL {
        let without = |a: String| a.replace(element(&a, "saml:Conditions"), "");
        refused(&craft(parts, without, |r| r), &[Code::ConditionsMissing]);
        let twice =
            |a: String| a.replace(element(&a, "saml:Conditions"), &element(&a, "saml:Conditions").repeat(2));
        refused(&craft(parts, twice, |r| r), &[Code::MalformedMessage]);
    }
    for unknown in [
        "<saml:Condition xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xmlns:e=\"urn:e\" xsi:type=\"e:Moon\"/>",
        "<e:DelegationRestriction xmlns:e=\"urn:e\"/>",
        "<OneTimeUse/>",
    ] {
        assertion_with(
            "<saml:AudienceRestriction>",
            &format!("{unknown}<saml:AudienceRestriction>"),
            Code::ConditionUnknown,
        );
    }
}

#[test]
fn recipient_wrong_or_missing() {
    assertion_with(
        &format!("Recipient=\"{ACS}\""),
        "Recipient=\"https://other.test/acs\"",
        Code::RecipientMismatch,
    );
    assertion_with(&format!("Recipient=\"{ACS}\""), "Recipient=\"\"", Code::RecipientMismatch);
    assertion_with(
        &format!("Recipient=\"{ACS}\""),
        &format!("Recipient=\"{ACS}/\""),
        Code::RecipientMismatch,
    );
    assertion_with(
        &format!("Recipient=\"{ACS}\""),
        &format!("Recipient=\"{ACS}?x=1\""),
        Code::RecipientMismatch,
    );
    assertion_with(
        &format!("Recipient=\"{ACS}\""),
        &format!("xmlns:e=\"urn:e\" e:Recipient=\"{ACS}\""),
        Code::RecipientMissing,
    );
    assertion_with(&format!(" Recipient=\"{ACS}\""), "", Code::RecipientMissing);
}

#[test]
fn destination_wrong_or_missing() {
    response_with(
        &format!("Destination=\"{ACS}\""),
        "Destination=\"https://other.test/acs\"",
        Code::DestinationMismatch,
    );
    response_with(&format!("Destination=\"{ACS}\""), "Destination=\"\"", Code::DestinationMismatch);
    response_with(
        &format!("Destination=\"{ACS}\""),
        &format!("Destination=\"{ACS}#x\""),
        Code::DestinationMismatch,
    );
    for parts in [Signed::Response, Signed::Both] {
        refused(
            &craft(parts, |a| a, |r| swap(&r, &format!(" Destination=\"{ACS}\""), "")),
            &[Code::DestinationMissing],
        );
    }
    // Only the assertion is signed: its recipient is what binds it to us.
    accepted(&craft(Signed::Assertion, |a| a, |r| swap(&r, &format!(" Destination=\"{ACS}\""), "")));
}

#[test]
fn issuer_of_the_response_or_the_assertion_wrong() {
    let issuer = format!("{IDP}</saml:Issuer>");
    assertion_with(&issuer, "https://other-idp.test/</saml:Issuer>", Code::IssuerMismatch);
    response_with(&issuer, "https://other-idp.test/</saml:Issuer>", Code::IssuerMismatch);
    assertion_with(&issuer, "</saml:Issuer>", Code::IssuerMismatch);
    response_with(&issuer, "</saml:Issuer>", Code::IssuerMismatch);
    assertion_with(&issuer, &format!("{IDP}/</saml:Issuer>"), Code::IssuerMismatch);
    assertion_with(&issuer, &format!("{}</saml:Issuer>", IDP.to_uppercase()), Code::IssuerMismatch);
    assertion_with(&issuer, &format!("{IDP}<x/></saml:Issuer>"), Code::MalformedMessage);
    assertion_with(
        &format!("<saml:Issuer>{IDP}</saml:Issuer>"),
        &format!("<saml:Issuer>{IDP}</saml:Issuer>").repeat(2),
        Code::MalformedMessage,
    );
}

#[test]
fn issuer_missing() {
    let xml = answer().response_xml(&swap(
        &answer().assertion_xml(),
        &format!("<saml:Issuer>{IDP}</saml:Issuer>"),
        "<saml:Advice/>",
    ));
    let signed = saml::sign_element(
        &xml,
        RESPONSE_ID,
        &TestKey::Rsa.signer().unwrap(),
        saml::SignatureStyle::default(),
    );
    refused(&signed.unwrap(), &[Code::IssuerMissing]);
    // The issuer of a signed response is required (profiles, erratum 26).
    let template = crate::signatures::signature_template(&format!("#{RESPONSE_ID}"));
    let plain = unsigned();
    let issuer = element(&plain, "saml:Issuer").to_owned();
    refused(&fill(&swap(&plain, &issuer, &template)), &[Code::IssuerMissing]);
}

#[test]
fn expired() {
    refused_at(5 * 60 + 121, Code::Expired);
    refused_at(24 * 60 * 60, Code::Expired);
    refused_at(10 * 365 * 24 * 60 * 60, Code::Expired);
}

#[test]
fn not_yet_valid() {
    refused_at(-121, Code::NotYetValid);
    refused_at(-24 * 60 * 60, Code::NotYetValid);
}

#[test]
fn confirmation_expired_though_the_conditions_hold() {
    for until in ["2026-11-23T18:50:00Z", "1970-01-01T00:00:00Z"] {
        assertion_with(
            "InResponseTo=\"_req1f0c2b7d4e\" NotOnOrAfter=\"2026-11-23T19:05:00Z\"",
            &format!("InResponseTo=\"_req1f0c2b7d4e\" NotOnOrAfter=\"{until}\""),
            Code::Expired,
        );
    }
}

#[test]
fn conditions_expired_though_the_confirmation_holds() {
    assertion_with(
        "NotBefore=\"2026-11-23T19:00:00Z\" NotOnOrAfter=\"2026-11-23T19:05:00Z\"",
        "NotBefore=\"2026-11-23T18:00:00Z\" NotOnOrAfter=\"2026-11-23T18:05:00Z\"",
        Code::Expired,
    );
    assertion_with(
        "NotBefore=\"2026-11-23T19:00:00Z\" NotOnOrAfter=\"2026-11-23T19:05:00Z\"",
        "NotBefore=\"2026-11-24T19:00:00Z\" NotOnOrAfter=\"2026-11-24T19:05:00Z\"",
        Code::NotYetValid,
    );
}

#[test]
fn issued_or_signed_in_in_the_future() {
    assertion_with(
        "IssueInstant=\"2026-11-23T19:00:00Z\"",
        "IssueInstant=\"2026-11-23T20:00:00Z\"",
        Code::NotYetValid,
    );
    assertion_with(
        "AuthnInstant=\"2026-11-23T19:00:00Z\"",
        "AuthnInstant=\"2026-11-23T20:00:00Z\"",
        Code::NotYetValid,
    );
    response_with(
        "Version=\"2.0\" IssueInstant=\"2026-11-23T19:00:00Z\" Destination",
        "Version=\"2.0\" IssueInstant=\"2026-11-24T19:00:00Z\" Destination",
        Code::NotYetValid,
    );
}

#[test]
fn times_that_cannot_be_read() {
    for bad in [
        "",
        "yesterday",
        "2026-11-23T19:05:00",
        "2026-11-23",
        "9999999999",
        "2026-13-01T00:00:00Z",
        " 2026-11-23T19:05:00",
    ] {
        assertion_with(
            "NotOnOrAfter=\"2026-11-23T19:05:00Z\" Recipient",
            &format!("NotOnOrAfter=\"{bad}\" Recipient"),
            Code::TimeMalformed,
        );
        assertion_with(
            "NotBefore=\"2026-11-23T19:00:00Z\"",
            &format!("NotBefore=\"{bad}\""),
            Code::TimeMalformed,
        );
        assertion_with(
            "AuthnInstant=\"2026-11-23T19:00:00Z\"",
            &format!("AuthnInstant=\"{bad}\""),
            Code::TimeMalformed,
        );
        assertion_with(
            "IssueInstant=\"2026-11-23T19:00:00Z\"",
            &format!("IssueInstant=\"{bad}\""),
            Code::TimeMalformed,
        );
        response_with(
            "IssueInstant=\"2026-11-23T19:00:00Z\"",
            &format!("IssueInstant=\"{bad}\""),
            Code::TimeMalformed,
        );
    }
}

#[test]
fn confirmation_with_not_before_or_without_end() {
    assertion_with(
        "<saml:SubjectConfirmationData",
        "<saml:SubjectConfirmationData NotBefore=\"2026-11-23T18:00:00Z\"",
        Code::SubjectConfirmationInvalid,
    );
    assertion_with(
        " NotOnOrAfter=\"2026-11-23T19:05:00Z\" Recipient",
        " Recipient",
        Code::SubjectConfirmationInvalid,
    );
}

#[test]
fn confirmation_missing_or_of_another_method() {
    for parts in ALL {
        let xml = answer().assertion_xml();
        let start = xml.find("<saml:SubjectConfirmation ").unwrap();
        let end = xml.find("</saml:SubjectConfirmation>").unwrap() + "</saml:SubjectConfirmation>".len();
        let confirmation = xml[start..end].to_owned();
        refused(&craft(parts, |a| a.replace(&confirmation, ""), |r| r), &[Code::SubjectConfirmationMissing]);
        let data_start = confirmation.find("<saml:SubjectConfirmationData").unwrap();
        let bare = format!("{}</saml:SubjectConfirmation>", &confirmation[..data_start]);
        refused(
            &craft(parts, |a| a.replace(&confirmation, &bare), |r| r),
            &[Code::SubjectConfirmationInvalid],
        );
    }
    for method in ["holder-of-key", "sender-vouches", "Bearer", ""] {
        assertion_with("cm:bearer", &format!("cm:{method}"), Code::SubjectConfirmationMissing);
    }
}

#[test]
fn sound_confirmation_of_another_method_beside_an_unsound_bearer() {
    let hok = format!(
        "<saml:SubjectConfirmation Method=\"urn:oasis:names:tc:SAML:2.0:cm:sender-vouches\"><saml:SubjectConfirmationData \
         InResponseTo=\"{REQUEST}\" NotOnOrAfter=\"2026-11-23T19:05:00Z\" Recipient=\"{ACS}\"/></saml:SubjectConfirmation>"
    );
    for parts in ALL {
        let xml = craft(
            parts,
            |a| {
                swap(
                    &swap(&a, ACS, "https://other.test/acs"),
                    "<saml:SubjectConfirmation ",
                    &format!("{hok}<saml:SubjectConfirmation "),
                )
            },
            |r| r,
        );
        refused(&xml, &[Code::RecipientMismatch]);
    }
}

#[test]
fn request_of_somebody_else() {
    for parts in ALL {
        let other = Answer { in_response_to: Some("_other"), ..answer() };
        let xml = sign(other.response_xml(&other.assertion_xml()), parts, TestKey::Rsa);
        refused(&xml, &[Code::InResponseToMismatch]);
    }
}

#[test]
fn response_and_assertion_answer_different_requests() {
    assertion_with(REQUEST, "_other", Code::InResponseToMismatch);
    response_with(REQUEST, "_other", Code::InResponseToMismatch);
    assertion_with(&format!(" InResponseTo=\"{REQUEST}\""), "", Code::InResponseToMismatch);
    response_with(&format!(" InResponseTo=\"{REQUEST}\""), "", Code::InResponseToMismatch);
    response_with(REQUEST, "", Code::InResponseToMismatch);
}

#[test]
fn stolen_assertion_in_a_fresh_unsigned_response() {
    // An assertion made for another browser's request; the response around it is the attacker's.
    let stolen = craft(Signed::Assertion, |a| swap(&a, REQUEST, "_victims"), |r| r);
    refused(&stolen, &[Code::InResponseToMismatch]);
}

#[test]
fn answer_without_a_request() {
    let alone = Answer { in_response_to: None, ..answer() };
    for parts in ALL {
        let xml = sign(alone.response_xml(&alone.assertion_xml()), parts, TestKey::Rsa);
        // A request is open: this is no answer to it.
        refused(&xml, &[Code::InResponseToMismatch]);
        // None is open and none is needed, but the connection does not allow it.
        let refusal = judge_with(xml.as_bytes(), |e| e.request_id = None).unwrap_err();
        assert_eq!(refusal.code, Code::Unsolicited);
        // Allowed.
        let taken = judge_with(xml.as_bytes(), |e| {
            e.request_id = None;
            e.allow_unsolicited = true;
        });
        assert_eq!(taken.unwrap().in_response_to, None);
    }
}

#[test]
fn answer_to_an_unknown_request_is_no_unsolicited_one() {
    for parts in ALL {
        for allow in [false, true] {
            let refusal = judge_with(message(parts).as_bytes(), |e| {
                e.request_id = None;
                e.allow_unsolicited = allow;
            });
            assert_eq!(refusal.unwrap_err().code, Code::InResponseToMismatch);
        }
    }
    // The response names none, the assertion does.
    for parts in ALL {
        let xml = craft(parts, |a| a, |r| swap(&r, &format!(" InResponseTo=\"{REQUEST}\""), ""));
        let refusal = judge_with(xml.as_bytes(), |e| {
            e.request_id = None;
            e.allow_unsolicited = true;
        });
        assert_eq!(refusal.unwrap_err().code, Code::InResponseToMismatch);
    }
}

#[test]
fn statement_of_the_sign_in_missing_or_over() {
    for parts in ALL {
        let without = |a: String| a.replace(element(&a, "saml:AuthnStatement"), "");
        refused(&craft(parts, without, |r| r), &[Code::AuthnStatementMissing]);
    }
    assertion_with(
        "SessionIndex=",
        "SessionNotOnOrAfter=\"2026-11-23T18:00:00Z\" SessionIndex=",
        Code::SessionExpired,
    );
    assertion_with(" AuthnInstant=\"2026-11-23T19:00:00Z\"", "", Code::MalformedMessage);
}

#[test]
fn sign_in_too_long_ago() {
    let xml = craft(
        Signed::Both,
        |a| swap(&a, "AuthnInstant=\"2026-11-23T19:00:00Z\"", "AuthnInstant=\"2026-11-23T07:00:00Z\""),
        |r| r,
    );
    accepted(&xml);
    let refusal = judge_with(xml.as_bytes(), |e| e.max_authn_age = Some(SignedDuration::from_hours(1)));
    assert_eq!(refusal.unwrap_err().code, Code::AuthnTooOld);
}

#[test]
fn status_of_every_kind_but_success() {
    let success = "urn:oasis:names:tc:SAML:2.0:status:Success";
    for status in ["Requester", "Responder", "VersionMismatch", "AuthnFailed", "success", "Success2"] {
        response_with(
            success,
            &format!("urn:oasis:names:tc:SAML:2.0:status:{status}"),
            Code::StatusNotSuccess,
        );
    }
    response_with(success, "", Code::StatusNotSuccess);
    response_with(success, "Success", Code::StatusNotSuccess);
    // A failure below success says that something did not succeed.
    let below = format!(
        "<samlp:StatusCode Value=\"{success}\"><samlp:StatusCode Value=\"urn:oasis:names:tc:SAML:2.0:status:AuthnFailed\"/></samlp:StatusCode>"
    );
    response_with(&format!("<samlp:StatusCode Value=\"{success}\"/>"), &below, Code::StatusNotSuccess);
    // Success below a failure is a failure.
    let nested = format!(
        "<samlp:StatusCode Value=\"urn:oasis:names:tc:SAML:2.0:status:Responder\"><samlp:StatusCode Value=\"{success}\"/></samlp:StatusCode>"
    );
    response_with(&format!("<samlp:StatusCode Value=\"{success}\"/>"), &nested, Code::StatusNotSuccess);
    let double = format!("<samlp:StatusCode Value=\"{success}\"/><samlp:StatusCode Value=\"urn:x\"/>");
    response_with(&format!("<samlp:StatusCode Value=\"{success}\"/>"), &double, Code::MalformedMessage);
    response_with(
        &format!("<samlp:Status><samlp:StatusCode Value=\"{success}\"/></samlp:Status>"),
        "",
        Code::MalformedMessage,
    );
    response_with(&format!("<samlp:StatusCode Value=\"{success}\"/>"), "", Code::MalformedMessage);
    let twice = format!("<samlp:Status><samlp:StatusCode Value=\"{success}\"/></samlp:Status>");
    response_with(
        &twice,
        &format!("{twice}<samlp:Status><samlp:StatusCode Value=\"urn:x\"/></samlp:Status>"),
        Code::MalformedMessage,
    );
}

#[test]
fn status_carries_the_providers_words() {
    let xml = craft(
        Signed::Response,
        |a| a,
        |r| {
            swap(
                &r,
                "<samlp:StatusCode Value=\"urn:oasis:names:tc:SAML:2.0:status:Success\"/>",
                "<samlp:StatusCode Value=\"urn:oasis:names:tc:SAML:2.0:status:Responder\"><samlp:StatusCode \
             Value=\"urn:oasis:names:tc:SAML:2.0:status:AuthnFailed\"/></samlp:StatusCode>\
             <samlp:StatusMessage>Account locked</samlp:StatusMessage>",
            )
        },
    );
    let refusal = judge(&xml).unwrap_err();
    let status = refusal.status.clone().unwrap();
    assert_eq!(status.codes.len(), 2);
    assert_eq!(status.message.as_deref(), Some("Account locked"));
    assert!(refusal.message.contains("Account locked") && refusal.message.contains("Sign in there again"));
}

#[test]
fn version_not_two() {
    for version in ["1.1", "2", "2.1", "3.0", ""] {
        assertion_with("Version=\"2.0\"", &format!("Version=\"{version}\""), Code::VersionUnsupported);
        response_with("Version=\"2.0\"", &format!("Version=\"{version}\""), Code::VersionUnsupported);
    }
    assertion_with(" Version=\"2.0\"", "", Code::VersionUnsupported);
}

#[test]
fn the_same_message_has_the_same_id_for_the_replay_store() {
    let xml = message(Signed::Both);
    let (first, second) = (accepted(&xml), accepted(&xml));
    assert_eq!(first.assertion_id, second.assertion_id);
    // Kept until nothing could accept it any more: the end of its time and the allowance for the clocks.
    assert_eq!(first.not_on_or_after, now() + SignedDuration::from_secs(5 * 60 + 120));
    let keys = trusted();
    assert!(validate(xml.as_bytes(), &expected(&keys), first.not_on_or_after).is_err());
}

#[test]
fn connection_of_another_tenant_with_the_same_provider() {
    let keys = trusted();
    let xml = message(Signed::Both);
    let other = Expected { sp_entity_id: "https://frontdesk.test/saml/con_2", ..expected(&keys) };
    assert_eq!(validate(xml.as_bytes(), &other, now()).unwrap_err().code, Code::AudienceMismatch);
    let other = Expected { acs_url: "https://frontdesk.test/saml/con_2/acs", ..expected(&keys) };
    assert_eq!(validate(xml.as_bytes(), &other, now()).unwrap_err().code, Code::DestinationMismatch);
    let other = Expected { idp_entity_id: "https://idp.other.test", ..expected(&keys) };
    assert_eq!(validate(xml.as_bytes(), &other, now()).unwrap_err().code, Code::IssuerMismatch);
}

#[test]
fn connection_that_was_never_filled_in_takes_nobody() {
    let keys = trusted();
    let nothing = Expected { request_id: Some(REQUEST), ..Expected::new("", &keys, "", "") };
    assert!(validate(message(Signed::Both).as_bytes(), &nothing, now()).is_err());
    let blank = Answer { issuer: "", audience: "", acs_url: "", ..answer() };
    let xml = sign(blank.response_xml(&blank.assertion_xml()), Signed::Both, TestKey::Rsa);
    assert!(validate(xml.as_bytes(), &nothing, now()).is_err());
}
