//! How sign-ins ended, in the words of the log: a few words for a list, a sentence for a page.

use store::session::Attempt;

use crate::connection::SIGN_OUT;
use web::parts::Status;

/// Known outcomes: code, a few words, and a sentence in which `{p}` is the provider and `{c}` the company.
const KNOWN: &[(&str, &str, &str)] = &[
    ("audience_mismatch", "Audience is another one", "{p}’s answer was meant for another service"),
    ("audience_missing", "Audience is missing", "{p}’s answer does not say for whom it is"),
    ("destination_mismatch", "Sent to another address", "{p} addressed its answer to another place"),
    ("destination_missing", "Destination is missing", "{p}’s answer does not say where it belongs"),
    ("recipient_mismatch", "Recipient is another one", "{p} addressed its answer to another place"),
    ("recipient_missing", "Recipient is missing", "{p}’s answer does not say where it belongs"),
    ("issuer_mismatch", "Another issuer", "The answer came from another identity provider"),
    ("discovery_issuer_mismatch", "Another issuer", "{p} calls itself something else than was set up"),
    ("signature_missing", "Not signed", "{p}’s answer is not signed"),
    ("signature_invalid", "Signature does not fit", "The answer is not signed by a key of {p} that we know"),
    ("no_trusted_key", "No key of the provider", "We have no key of {p} to check its answer with"),
    ("sha1_forbidden", "Signed with SHA-1", "{p} signs in a way that is not safe any more"),
    ("algorithm_forbidden", "Algorithm not allowed", "{p} signs in a way that we do not accept"),
    ("decryption_failed", "Cannot be decrypted", "{p} encrypted its answer for another key"),
    ("decryption_key_missing", "Cannot be decrypted", "{p} encrypted its answer, and there is no key for it"),
    ("expired", "Answer too old", "{p}’s answer came too late"),
    ("not_yet_valid", "Answer from the future", "{p}’s clock is ahead of ours"),
    ("in_response_to_mismatch", "Answer to another request", "{p} answered another request than ours"),
    ("unsolicited", "Nobody had asked", "{p} sent an answer that nobody had asked for"),
    (
        "idp_initiated_off",
        "Began at the provider",
        "The sign-in began at {p}, where the connection takes none",
    ),
    ("status_not_success", "Provider said no", "{p} did not sign the person in"),
    (
        "authn_context_mismatch",
        "Another way of signing in",
        "The person did not sign in at {p} as is demanded",
    ),
    ("access_denied", "Provider said no", "{p} did not let the person in"),
    ("provider_error", "Provider said no", "{p} answered with an error"),
    ("client_refused", "Client secret not taken", "{p} did not accept our client ID and secret"),
    ("code_refused", "Code not taken", "{p} did not accept the code that it had given"),
    ("nonce_mismatch", "Answer to another request", "{p} answered another request than ours"),
    ("provider_unreachable", "Provider did not answer", "{p} did not answer when asked"),
    ("replayed", "Used before", "The answer had been used before"),
    ("name_id_missing", "Name ID is missing", "{p} did not say who the person is"),
    ("subject_missing", "No lasting name", "{p} gives the person another name each time"),
    ("email_missing", "Email is missing", "{p} did not send an email address"),
    ("email_not_verified", "Email not verified", "{p} does not vouch for the person’s address"),
    ("email_not_in_domain", "Domain not verified", "The address is in no verified domain of {c}"),
    ("address_unconfirmed", "Address not confirmed", "The person has not confirmed the address by mail yet"),
    ("not_a_member", "Not a member", "The person has no place at {c}"),
    ("member_suspended", "Suspended", "The person is suspended at {c}"),
    ("member_left", "Has left", "The person has left {c}"),
    (
        "member_of_own_account",
        "Account of their own",
        "The place of this person at {c} belongs to an account of their own",
    ),
    ("connection_inactive", "Switched off", "The connection to {p} is switched off"),
    ("sign_in_ended", "Came too late", "{p}’s answer came when nobody waited for it any more"),
    ("other_browser", "Another browser", "The person came back from {p} in another browser"),
    ("session_over", "Session over already", "{p} says that its own session with the person is over"),
    ("connection_not_set_up", "Not set up", "The connection is not set up yet"),
    ("internal", "Failed on our side", "Something failed on our side"),
];

/// The outcome in a list.
pub fn status(it: &Attempt) -> Status {
    if it.accepted {
        return Status::ok("Signed in");
    }
    let (code, is_sign_out) = rule(&it.code);
    let words = KNOWN.iter().find(|known| known.0 == code).map_or_else(|| plain(code), |k| k.1.to_owned());
    Status::bad(if is_sign_out { format!("Sign-out: {}", lower_first(&words)) } else { words })
}

/// The outcome as the heading of its page.
pub fn title(it: &Attempt, provider: &str, company: &str) -> String {
    if it.accepted {
        return format!("{} signed in", it.email.as_deref().unwrap_or("Somebody"));
    }
    let (code, is_sign_out) = rule(&it.code);
    if is_sign_out {
        return format!("{provider} sent a sign-out message that was not believed");
    }
    match KNOWN.iter().find(|known| known.0 == code) {
        Some((_, _, sentence)) => {
            let text = sentence.replace("{p}", provider).replace("{c}", company);
            let mut letters = text.chars();
            letters.next().map(|c| c.to_uppercase().chain(letters).collect()).unwrap_or_default()
        }
        None => "Nobody was signed in".to_owned(),
    }
}

/// The rule behind a code, and whether it is about a sign-out.
pub fn rule(code: &str) -> (&str, bool) {
    code.strip_prefix(SIGN_OUT).map_or((code, false), |rule| (rule, true))
}

/// What the two compared values are.
pub fn subject(code: &str) -> &'static str {
    match rule(code).0 {
        "audience_mismatch" | "audience_missing" => "Audience",
        "destination_mismatch" | "destination_missing" => "Destination",
        "recipient_mismatch" | "recipient_missing" => "Recipient",
        "issuer_mismatch" | "issuer_missing" | "discovery_issuer_mismatch" => "Issuer",
        "expired" | "not_yet_valid" | "authn_too_old" | "session_expired" => "Time",
        "signature_missing" | "signature_invalid" | "no_trusted_key" => "Signature",
        "authn_context_mismatch" => "Way of signing in",
        "email_not_in_domain"
        | "address_unconfirmed"
        | "email_missing"
        | "email_not_verified"
        | "member_of_own_account" => "Email address",
        "status_not_success" | "access_denied" | "provider_error" => "What the provider said",
        _ => "Why",
    }
}

/// What puts it right where the record names no steps: what an operator or the company can do here.
pub fn remedy(code: &str) -> &'static [&'static str] {
    match code {
        "email_not_in_domain" => &[
            "If the domain of the address is theirs: add it to the organization, and let them prove it or attest it.",
            "If it is one person's address outside, a contractor's for instance: name it as an exception under Domains.",
            "Otherwise the person signs in with an address in a verified domain.",
        ],
        "address_unconfirmed" => &[
            "A link was mailed to the address. Whoever reads mail there opens it, and signs in from then on.",
        ],
        "not_a_member" => &[
            "Let an administrator invite the person or assign the person in the directory.",
            "Or let a first sign-in make members, under the organization’s settings.",
        ],
        "member_suspended" => &["An administrator takes the suspension back on the member’s page."],
        "member_left" => {
            &["An administrator undoes the leaving on the member’s page, as long as it is there."]
        }
        "member_of_own_account" => &[
            "The person signs in with the address of that account: the one that was used when the person joined. What is a \
             person’s own is never opened by a company’s provider under another address.",
            "Or let the provider send that address, and name it as an exception under Domains.",
        ],
        "connection_inactive" => &["Switch the connection on again, if people are to sign in through it."],
        "sign_in_ended" => &[
            "The person begins again at the sign-in page.",
            "If it repeats for everybody, something on the way keeps or repeats the provider’s answers: a bookmark of the \
             provider’s page, or a proxy.",
        ],
        "other_browser" => &[
            "The person begins again, and stays in one browser: links that open in an app’s own window are another one.",
            "If it repeats, the browser keeps no cookies of this site. Let it keep them.",
        ],
        "replayed" => &["Begin again at the sign-in page, without the browser’s back button."],
        _ => &[],
    }
}

/// A code as words.
fn plain(code: &str) -> String {
    let text = code.replace('_', " ");
    let mut letters = text.chars();
    letters.next().map(|c| c.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// The words in the middle of a sentence.
fn lower_first(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map(|c| c.to_lowercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_outcome_is_known_once_and_none_is_left_with_a_placeholder() {
        let codes: BTreeSet<&str> = KNOWN.iter().map(|k| k.0).collect();
        assert_eq!(codes.len(), KNOWN.len());
        for (_, _, sentence) in KNOWN {
            let text = sentence.replace("{p}", "Okta").replace("{c}", "Acme");
            assert!(!text.contains(['{', '}']), "{text}");
        }
        assert_eq!(plain("malformed_xml"), "Malformed xml");
    }
}
