//! The rules that a service provider must keep, each with the tests that prove it: `docs/saml-rules.md` is this table.
//!
//! A rule without a test fails, a test that is not there fails, and so does an attack that stands under no rule. With
//! `FRONTDESK_WRITE_DOCS=1` the page is written anew.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

/// Where tests are: the name used here, and the folder or file of it.
const PLACES: [(&str, &str); 5] = [
    ("attacks", "tests/attacks"),
    ("tests", "tests"),
    ("unit", "src"),
    ("server", "../server/tests"),
    ("command", "../frontdesk/tests"),
];

struct Rule {
    /// How it is named in talk.
    key: &'static str,
    /// What is kept.
    says: &'static str,
    /// Where it was learned.
    from: &'static str,
    /// Tests that attack it, as `place/file::test`; a `*` at the end stands for all that begin so.
    attacked: &'static [&'static str],
    /// Tests of what it must not refuse.
    spared: &'static [&'static str],
}

const RULES: &[Rule] = &[
    Rule {
        key: "verified-only",
        says: "Claims are read from the very element whose signature was verified; nothing else of the document exists.",
        from: "CVE-2016-5697, CVE-2025-47949",
        attacked: &[
            "attacks/wrapping::*",
            "attacks/mutations::*",
            "attacks/values::attributes_outside_the_signed_assertion_do_not_exist",
            "attacks/values::name_id_of_the_confirmation_is_not_the_subject",
            "attacks/signatures::signature_of_a_fragment_of_the_assertion",
            "attacks/signatures::unsigned*",
            "attacks/signatures::stripped_signature",
            "attacks/signatures::signature_from_another_message",
        ],
        spared: &[
            "tests/accepts::signed_response_assertion_or_both",
            "tests/tolerates::response_without_issuer_around_a_signed_assertion",
            "tests/tolerates::advice_with_another_assertion_is_passed_over",
            "tests/tolerates::signature_as_the_last_child",
        ],
    },
    Rule {
        key: "changed-nothing",
        says: "What was changed after it was signed is refused, whichever of two signatures it breaks.",
        from: "XML Signature 3.2",
        attacked: &[
            "attacks/signatures::one_of_two_signatures_broken",
            "attacks/signatures::inner_signature_broken_under_a_sound_outer_one",
            "attacks/signatures::changed_after_signing",
            "attacks/signatures::white_space_added_inside_a_value",
            "attacks/signatures::element_added_to_the_signed_part",
            "attacks/signatures::attribute_added_to_the_signed_part",
            "attacks/signatures::signature_value_changed_emptied_or_not_base64",
            "tests/providers::no_sample_survives_a_changed_character",
        ],
        spared: &[
            "tests/providers::every_sample*",
            "tests/tolerates::pretty_printed_before_signing",
            "tests/tolerates::line_ends_of_windows",
            "tests/tolerates::the_same_xml_in_another_spelling",
            "tests/tolerates::white_space_in_attribute_values_and_line_ends_in_cdata",
        ],
    },
    Rule {
        key: "digest-by-position",
        says: "The digest is found by exact position under the one SignedInfo, never by searching.",
        from: "CVE-2024-45409",
        attacked: &[
            "attacks/signatures::digest_value_in_another_place",
            "attacks/signatures::signed_info_in_a_wrapper_or_another_namespace",
        ],
        spared: &["tests/tolerates::signatures_in_other_styles"],
    },
    Rule {
        key: "one-reference",
        says: "There is exactly one SignedInfo and one Reference, to the id of the element that the signature stands in.",
        from: "CVE-2025-29774",
        attacked: &[
            "attacks/signatures::two_signed_infos",
            "attacks/signatures::two_signatures_in_one_element",
            "attacks/signatures::references_none_two_or_elsewhere",
            "attacks/signatures::signed_by_the_provider_*",
            "attacks/signatures::id_*",
            "attacks/signatures::second_id_attribute_carries_the_signed_value",
        ],
        spared: &["tests/accepts::signed_response_assertion_or_both"],
    },
    Rule {
        key: "plain-digest",
        says: "A digest and a signature value are plain base64 text: no comment, section, instruction or element in them.",
        from: "CVE-2025-29775",
        attacked: &[
            "attacks/signatures::comment_in_digest_value",
            "attacks/signatures::processing_instruction_or_cdata_in_digest_value",
            "attacks/signatures::digest_value_changed_emptied_or_doubled",
            "attacks/transforms::comment_inside_the_signature",
        ],
        spared: &["tests/tolerates::signature_value_and_certificate_with_references_for_carriage_returns"],
    },
    Rule {
        key: "whole-text",
        says: "A value is all its text, joined across comments and sections; an element inside of it refuses.",
        from: "CVE-2017-11427",
        attacked: &[
            "attacks/values::comment_in_*",
            "attacks/values::element_inside_the_name_id",
            "attacks/values::entities_of_xml_itself_are_text",
        ],
        spared: &[
            "unit/xml::text_is_joined_across_comments_and_cdata",
            "tests/tolerates::the_same_xml_in_another_spelling",
        ],
    },
    Rule {
        key: "one-parser",
        says: "One parser, one tree: no document type, no entities, UTF-8 only, limits on size, depth, tags and attributes.",
        from: "CVE-2025-25291, CVE-2025-25292",
        attacked: &[
            "attacks/xml::dtd_of_every_kind",
            "attacks/xml::external_entity_in_the_name_id",
            "attacks/xml::entity_bombs",
            "attacks/xml::processing_instructions_anywhere",
            "attacks/xml::truncated*",
            "attacks/xml::not_utf8",
            "attacks/xml::utf16_and_utf7",
            "attacks/xml::nul_and_control_characters",
            "attacks/xml::too_large_plain_and_packed",
            "attacks/xml::deep_nesting_does_not_overflow_the_stack",
            "attacks/xml::strange_base64",
            "attacks/xml::duplicate_attributes_and_unbound_prefixes",
            "attacks/xml::more_attributes_namespaces_or_tags_than_any_real_message",
            "attacks/xml::another_version_of_xml",
        ],
        spared: &[
            "tests/tolerates::hundreds_and_thousands_of_groups",
            "tests/tolerates::line_ends_of_windows",
        ],
    },
    Rule {
        key: "by-namespace",
        says: "Elements and attributes are matched by namespace, never by prefix.",
        from: "CVE-2025-66567",
        attacked: &[
            "attacks/values::name_id_of_another_namespace",
            "attacks/values::attribute_of_another_namespace_does_not_exist",
            "attacks/signatures::signature_in_another_namespace_is_none",
            "attacks/transforms::algorithm_attribute_in_a_namespace",
            "unit/xml::attr_ignores_namespaced_attributes",
        ],
        spared: &[
            "tests/tolerates::signatures_in_other_styles",
            "tests/tolerates::prefixes_declarations_and_default_namespaces_of_every_kind",
        ],
    },
    Rule {
        key: "canonical-or-nothing",
        says: "What has no canonical form, or an empty one, verifies nothing.",
        from: "CVE-2025-66568",
        attacked: &["unit/canonical::a_processing_instruction_has_no_canonical_form_here"],
        spared: &[
            "unit/canonical::every_element_of_every_sample_is_written_as_the_library_writes_it",
            "unit/canonical::random_documents_are_written_as_the_library_writes_them",
        ],
    },
    Rule {
        key: "bounded-inflate",
        says: "A compressed message is never unpacked to more than the limit.",
        from: "CVE-2025-25293",
        attacked: &["tests/requests::inflate_is_bounded"],
        spared: &["tests/requests::redirect_is_read_back"],
    },
    Rule {
        key: "one-root",
        says: "One root element of the expected type; ids are unique, under whatever name they go.",
        from: "CVE-2022-39299",
        attacked: &[
            "attacks/xml::two_roots_none_or_rubbish_around",
            "attacks/xml::not_a_message_at_all",
            "attacks/xml::duplicate_ids_anywhere",
            "unit/xml::duplicate_id_across_names_and_namespaces",
        ],
        spared: &["tests/tolerates::more_in_the_response_than_needed"],
    },
    Rule {
        key: "algorithms",
        says: "RSA, RSA-PSS and ECDSA with SHA-256, SHA-384 or SHA-512; the enveloped and the exclusive transform, in this \
               order and without comments; no HMAC, XPath or XSLT. SignedInfo may be canonicalised inclusively.",
        from: "CVE-2009-0217",
        attacked: &[
            "attacks/transforms::inclusive_canonicalization_of_the_reference",
            "attacks/transforms::canonicalization*",
            "attacks/transforms::enveloped_alone_or_missing_or_last_or_twice",
            "attacks/transforms::xpath*",
            "attacks/transforms::transform_of_another_namespace_or_with_parameters",
            "attacks/transforms::signature_methods_outside_the_list",
            "attacks/transforms::digest_methods_outside_the_list",
            "attacks/signatures::hmac*",
        ],
        spared: &[
            "tests/accepts::every_signature_algorithm_of_the_list",
            "tests/providers::every_sample_is_accepted",
            "attacks/transforms::the_template_itself_is_accepted",
        ],
    },
    Rule {
        key: "sha1-by-exception",
        says: "SHA-1 is refused unless the connection makes the exception, which the console marks as not safe.",
        from: "collisions since 2017",
        attacked: &["attacks/transforms::sha1_is_refused_unless_the_connection_makes_the_exception"],
        spared: &[
            "tests/providers::sha1_sample_needs_the_exception",
            "server/login/requests::an_operator_sets_the_requests_of_a_connection_in_the_console",
        ],
    },
    Rule {
        key: "encryption",
        says: "RSA-OAEP only; AES-GCM, or AES-CBC under a signature; every failure to decrypt has one answer.",
        from: "CVE-2011-1096, CVE-2011-2487",
        attacked: &["attacks/encrypted::*", "tests/opened::stolen*", "tests/opened::w*"],
        spared: &[
            "tests/accepts::encrypted_assertion_in_every_cipher_and_signing",
            "tests/accepts::rsa_oaep*",
            "tests/tolerates::encrypted*",
            "tests/tolerates::name_that_is_encrypted_by_itself",
            "tests/opened::refused_answer_for_another_service_is_shown_in_plain",
        ],
    },
    Rule {
        key: "keys-from-metadata",
        says: "Keys come from the connection's stored metadata, never from the message; no key means nobody.",
        from: "libraries that skipped verification where the metadata held no key",
        attacked: &[
            "attacks/signatures::made_with_the_attackers_key",
            "attacks/signatures::attackers_key*",
            "attacks/signatures::key_info_points_elsewhere",
            "attacks/signatures::no_trusted_key_means_nobody",
            "attacks/signatures::trusted_key_of_another_kind",
        ],
        spared: &[
            "tests/accepts::several_trusted_keys_during_a_rollover",
            "tests/tolerates::key_info_with_more_than_one_certificate_and_other_things",
        ],
    },
    Rule {
        key: "issuer",
        says: "The issuer of the assertion, and that of the response where it names one or must, is the connection's.",
        from: "SAML profiles 4.1.4.2, erratum 26",
        attacked: &["attacks/misdirected::issuer*"],
        spared: &[
            "tests/tolerates::response_without_issuer_around_a_signed_assertion",
            "tests/tolerates::issuers_that_say_what_kind_of_name_they_are",
        ],
    },
    Rule {
        key: "audience",
        says: "Every audience restriction names us, and there is one; unknown conditions refuse.",
        from: "SAML core 2.5.1, profiles 4.1.4.2",
        attacked: &[
            "attacks/misdirected::audience_wrong_missing_or_empty",
            "attacks/misdirected::every_audience_restriction_must_name_us",
            "attacks/misdirected::conditions_missing_twice_or_unknown",
            "attacks/misdirected::connection*",
        ],
        spared: &["tests/tolerates::conditions_without_times_or_with_more"],
    },
    Rule {
        key: "recipient",
        says: "One bearer confirmation holds entirely: our address, an end, no beginning, the same request.",
        from: "SAML profiles 4.1.4.2",
        attacked: &[
            "attacks/misdirected::recipient_wrong_or_missing",
            "attacks/misdirected::confirmation*",
            "attacks/misdirected::sound_confirmation*",
        ],
        spared: &["tests/tolerates::several_confirmations_of_which_one_holds"],
    },
    Rule {
        key: "destination",
        says: "The response is addressed to us; a signed one must say so.",
        from: "SAML bindings 3.5.5.2",
        attacked: &["attacks/misdirected::destination_wrong_or_missing"],
        spared: &["tests/tolerates::unsigned_response_without_destination"],
    },
    Rule {
        key: "in-response-to",
        says: "An answer fits the one request that this browser was sent away with, in the response and in the assertion.",
        from: "SAML profiles 4.1.4.3",
        attacked: &[
            "attacks/misdirected::request_of_somebody_else",
            "attacks/misdirected::response_and_assertion_answer_different_requests",
            "attacks/misdirected::stolen_assertion_in_a_fresh_unsigned_response",
            "attacks/misdirected::answer*",
        ],
        spared: &["tests/accepts::signed_response_assertion_or_both"],
    },
    Rule {
        key: "times",
        says: "NotBefore, NotOnOrAfter, IssueInstant, AuthnInstant and SessionNotOnOrAfter hold, with two minutes between clocks.",
        from: "SAML core 2.5.1.2, profiles 4.1.4.3",
        attacked: &[
            "attacks/misdirected::expired",
            "attacks/misdirected::not_yet_valid",
            "attacks/misdirected::conditions_expired_though_the_confirmation_holds",
            "attacks/misdirected::issued_or_signed_in_in_the_future",
            "attacks/misdirected::times_that_cannot_be_read",
            "attacks/misdirected::sign_in_too_long_ago",
        ],
        spared: &["tests/tolerates::clocks_that_differ", "tests/tolerates::times_in_other_spellings"],
    },
    Rule {
        key: "signed-in",
        says: "A status of success, version 2.0, a statement of the sign-in, and a name that is not empty.",
        from: "SAML core 2.2.3, 2.7.2, 3.2.2",
        attacked: &[
            "attacks/misdirected::statement_of_the_sign_in_missing_or_over",
            "attacks/misdirected::status*",
            "attacks/misdirected::version_not_two",
            "attacks/values::name_id_empty_missing_or_twice",
            "attacks/values::two_subjects",
        ],
        spared: &[
            "tests/tolerates::name_ids_of_every_format",
            "tests/tolerates::more_in_the_assertion_than_needed",
            "tests/tolerates::attributes_of_every_kind",
        ],
    },
    Rule {
        key: "once",
        says: "Each assertion is accepted once, by whichever machine; each request is answered once, in the browser that began.",
        from: "SAML profiles 4.1.4.5",
        attacked: &[
            "attacks/misdirected::the_same_message_has_the_same_id_for_the_replay_store",
            "server/login/refused::an_answer_counts_once",
            "server/login/refused::two_answers_at_the_same_moment_are_one",
            "server/login/refused::only_the_browser_that_began_can_finish",
            "server/login/refused::one_connection_takes_no_answer_for_another",
        ],
        spared: &["command/attacks/main::sound_message_is_taken_by_the_command_and_by_the_service"],
    },
    Rule {
        key: "unsolicited",
        says: "Nobody is signed in by an answer that nobody asked for, unless the connection takes it; it goes once around.",
        from: "login CSRF",
        attacked: &[
            "server/login/unasked::a_connection_that_takes_none_says_why_and_where_to_start",
            "server/login/unasked::an_answer_that_names_a_request_or_another_connection_is_not_taken_as_unasked",
        ],
        spared: &["server/login/unasked::who_starts_at_the_provider_goes_once_around_and_on_to_the_product"],
    },
    Rule {
        key: "own-domains",
        says: "The asserted address lies in a verified domain of the organization.",
        from: "takeovers across tenants",
        attacked: &["server/login/refused::an_address_outside_the_companys_domains_is_never_believed"],
        spared: &["server/login/refused::a_domain_that_moves_during_a_sign_in_takes_its_people_along"],
    },
    Rule {
        key: "metadata",
        says: "Several certificates at once, aggregates with a chosen provider, read again with back-off; warnings before a \
               certificate ends.",
        from: "key rollovers",
        attacked: &[
            "tests/metadata::what_is_missing_is_named",
            "tests/metadata::unusable_certificate_beside_a_usable_one_is_passed_over",
            "server/care::a_provider_that_fails_is_asked_less_and_less_often_and_what_was_known_stays",
        ],
        spared: &[
            "tests/metadata::every_provider_is_read",
            "tests/metadata::aggregate*",
            "tests/metadata::response_location_and_validity_are_kept",
            "server/care::a_new_certificate_in_the_metadata_is_trusted_within_the_hour_and_the_old_one_two_days_longer",
            "server/care::people_are_warned*",
        ],
    },
];

/// Every test there is, as `place/file::test`.
fn all_tests() -> BTreeSet<String> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let mut found = BTreeSet::new();
    for (place, folder) in PLACES {
        let mut open = vec![root.join(folder)];
        while let Some(folder) = open.pop() {
            for entry in fs::read_dir(&folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    open.push(path);
                    continue;
                }
                let base = root.join(PLACES.iter().find(|it| it.0 == place).unwrap().1);
                let file = path.strip_prefix(base).unwrap().with_extension("");
                let text = fs::read_to_string(&path).unwrap_or_default();
                let mut is_test = false;
                for line in text.lines().map(str::trim) {
                    if line == "#[test]" || line.starts_with("#[tokio::test") {
                        is_test = true;
                    } else if let Some((_, rest)) = line.split_once("fn ").filter(|_| is_test) {
                        let name = rest.split('(').next().unwrap();
                        found.insert(format!("{place}/{}::{name}", file.display()));
                        is_test = false;
                    }
                }
            }
        }
    }
    found
}

fn matching<'t>(tests: &'t BTreeSet<String>, pattern: &str) -> Vec<&'t String> {
    match pattern.strip_suffix('*') {
        Some(start) => tests.iter().filter(|test| test.starts_with(start)).collect(),
        None => tests.get(pattern).into_iter().collect(),
    }
}

#[test]
fn every_rule_is_attacked_and_spares_what_it_must_and_every_test_named_is_there() {
    let tests = all_tests();
    let mut keys = BTreeSet::new();
    for rule in RULES {
        assert!(keys.insert(rule.key), "{} stands twice", rule.key);
        assert!(!rule.attacked.is_empty(), "nothing attacks {}", rule.key);
        assert!(!rule.spared.is_empty(), "nothing shows what {} must not refuse", rule.key);
        for pattern in rule.attacked.iter().chain(rule.spared) {
            assert!(!matching(&tests, pattern).is_empty(), "{}: there is no test {pattern}", rule.key);
        }
    }
}

#[test]
fn every_attack_stands_under_a_rule() {
    let tests = all_tests();
    let patterns = RULES.iter().flat_map(|rule| rule.attacked.iter().chain(rule.spared));
    let named: BTreeSet<&String> = patterns.flat_map(|pattern| matching(&tests, pattern)).collect();
    let attacks =
        tests.iter().filter(|test| test.starts_with("attacks/") || test.starts_with("tests/tolerates"));
    let loose: Vec<&String> = attacks.filter(|test| !named.contains(test)).collect();
    assert!(loose.is_empty(), "under no rule: {loose:#?}");
}

fn page() -> String {
    let mut out = String::from(
        "# The rules that SAML answers are held to\n\n\
         Written from the table in `crates/saml/tests/rules.rs`, whose tests fail where a rule has no attack that it stops or\n\
         nothing that it must let through. With `FRONTDESK_WRITE_DOCS=1` they write this page.\n\n\
         | rule | what is kept | learned from |\n|---|---|---|\n",
    );
    for rule in RULES {
        writeln!(out, "| `{}` | {} | {} |", rule.key, rule.says, rule.from).unwrap();
    }
    out.push_str(
        "\n`crates/frontdesk/tests/attacks` gives the same attacks to `frontdesk saml inspect` and to the assertion consumer\n\
         service.\n",
    );
    out
}

#[test]
fn the_page_of_rules_says_what_the_table_says() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/saml-rules.md");
    if std::env::var_os("FRONTDESK_WRITE_DOCS").is_some() {
        fs::write(&path, page()).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(written, page(), "write it anew with FRONTDESK_WRITE_DOCS=1");
}
