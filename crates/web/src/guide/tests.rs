use super::*;
use std::collections::BTreeSet;
use std::path::Path;

fn all() -> impl Iterator<Item = &'static Guide> {
    sso().iter().chain(directories())
}

/// Every text of a guide file that may name placeholders.
fn texts(guide: &Guide) -> Vec<String> {
    // Debug output holds every string of the guide, whatever field it stands in.
    vec![format!("{guide:?}")]
}

fn placeholders(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices('{').filter_map(move |(at, _)| {
        let inner = &text[at + 1..];
        let end = inner.find(|c: char| !(c.is_ascii_lowercase() || c == '_'))?;
        (end > 0 && inner[end..].starts_with('}')).then(|| &inner[..end])
    })
}

#[test]
fn every_file_is_a_guide_and_is_named_after_its_id() {
    let mut ids = BTreeSet::new();
    for folder in ["sso", "directory"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("guides").join(folder);
        for entry in std::fs::read_dir(path).unwrap() {
            let path = entry.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap();
            let guide: Guide = toml::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
            assert_eq!(path.file_stem().unwrap().to_str(), Some(guide.id.as_str()));
            assert!(ids.insert(guide.id.clone()), "{} is there twice", guide.id);
            assert!(find(&guide.id).is_some(), "{} was not read", guide.id);
        }
    }
    assert_eq!(ids.len(), all().count());
    assert_eq!((sso().len(), directories().len()), (62, 29));
}

#[test]
fn every_placeholder_is_known() {
    let known: Vec<&str> = Placeholder::ALL.iter().map(|p| p.name()).collect();
    for guide in all() {
        for text in texts(guide) {
            for name in placeholders(&text) {
                assert!(known.contains(&name), "{}: {{{name}}}", guide.id);
            }
        }
    }
}

#[test]
fn an_unknown_key_is_refused() {
    let text = "id='x'\nname='X'\nprotocol='saml'\nmark='X'\nhue=1\nchecked='2026-11'\nconfidence='doc'\n";
    assert!(toml::from_str::<Guide>(text).is_ok());
    assert!(toml::from_str::<Guide>(&format!("{text}colour='red'\n")).is_err());
    assert!(toml::from_str::<Guide>(&format!("{text}[[steps]]\nid='a'\ntitle='A'\nwhre=['x']\n")).is_err());
}

#[test]
fn every_guide_is_complete() {
    for guide in all() {
        let id = &guide.id;
        assert!((1..=6).contains(&guide.hue) && (1..=2).contains(&guide.mark.chars().count()), "{id}: mark");
        assert!(
            guide.checked.len() == 7 && guide.render(&Values::sample()).checked.contains(' '),
            "{id}: checked"
        );
        if let Some(base) = &guide.base {
            assert!(find(base).is_some_and(|b| b.base.is_none()), "{id}: base {base}");
        }
        let from = guide.steps_of();
        let steps: BTreeSet<&str> = from.steps.iter().map(|s| s.id.as_str()).collect();
        assert_eq!(steps.len(), from.steps.len(), "{id}: a step is there twice");
        match guide.protocol {
            Protocol::None | Protocol::File => assert!(!guide.instead.is_empty(), "{id}: what instead?"),
            _ => assert!(!from.steps.is_empty() && guide.instead.is_empty(), "{id}: no steps"),
        }
        for table in from.steps.iter().filter_map(|s| s.attributes.as_ref()) {
            assert!(table.rows.iter().all(|row| row.len() == table.columns.len()), "{id}: {}", table.caption);
        }
        let asks: BTreeSet<&str> =
            from.steps.iter().flat_map(|s| &s.copy).flat_map(|c| placeholders(&c.value)).collect();
        let back = from.brings_back.as_ref();
        match guide.protocol {
            Protocol::Saml => {
                assert!(asks.contains("acs_url") || asks.contains("sp_metadata_url"), "{id}: our address");
                assert!(
                    asks.contains("sp_entity_id") || asks.contains("sp_metadata_url"),
                    "{id}: our entity ID"
                );
                let back = back.unwrap_or_else(|| panic!("{id}: brings nothing back"));
                assert!(
                    !back.ways.is_empty() && !back.issuer.is_empty() && !back.certificate.is_empty(),
                    "{id}"
                );
                assert_eq!(
                    back.ways.contains(&Way::MetadataUrl),
                    !back.url_label.is_empty(),
                    "{id}: url_label"
                );
            }
            Protocol::Oidc => {
                assert!(asks.contains("oidc_redirect_uri"), "{id}: our redirect URI");
                let back = back.unwrap_or_else(|| panic!("{id}: brings nothing back"));
                let labels = [&back.issuer, &back.issuer_pattern, &back.client_id, &back.client_secret];
                assert!(labels.iter().all(|l| !l.is_empty()), "{id}: labels");
            }
            Protocol::Scim => {
                assert!(asks.contains("scim_base_url") && asks.contains("scim_token"), "{id}: our values");
            }
            Protocol::Pull | Protocol::File | Protocol::None => {}
        }
    }
}

#[test]
fn most_used_providers_stand_in_one_order() {
    for kind in [Kind::Sso, Kind::Directory] {
        let mut places: Vec<u8> = families(kind).iter().filter_map(|f| f.popular).collect();
        places.sort_unstable();
        assert!(places.windows(2).all(|w| w[0] < w[1]), "{places:?}");
        assert!(places.len() >= 5);
        for family in families(kind) {
            assert!(
                family.guides.iter().all(|g| g.popular == family.popular && g.mark == family.mark),
                "{}",
                family.name
            );
        }
    }
}

#[test]
fn search_finds_by_name_alias_and_slip_of_the_pen() {
    let first = |kind, query| search(kind, query).first().map(|f| f.name);
    for (query, name) in [
        ("okta", "Okta"),
        ("OKTA", "Okta"),
        ("azure ad", "Microsoft Entra ID"),
        ("AAD", "Microsoft Entra ID"),
        ("entra", "Microsoft Entra ID"),
        ("g suite", "Google Workspace"),
        ("ADFS", "Microsoft AD FS"),
        ("ad fs", "Microsoft AD FS"),
        ("one login", "OneLogin"),
        ("onelogn", "OneLogin"),
        ("jumpclould", "JumpCloud"),
        ("keyclaok", "Keycloak"),
        ("centrify", "CyberArk Identity"),
        ("rh-sso", "Keycloak"),
        ("incommon", "eduGAIN or InCommon member"),
        ("authentik", "authentik"),
    ] {
        assert_eq!(first(Kind::Sso, query), Some(name), "{query}");
    }
    assert_eq!(first(Kind::Directory, "excel"), Some("File of people (CSV)"));
    assert_eq!(search(Kind::Sso, "  ").len(), families(Kind::Sso).len());
    assert!(search(Kind::Sso, "zzzz").is_empty());
    assert!(search(Kind::Sso, "'\"<>%").len() == families(Kind::Sso).len());
}

#[test]
fn a_rendered_guide_holds_our_values_and_no_placeholder() {
    let values = Values { app_name: "<b>& Sons</b>".to_owned(), ..Values::sample() };
    for guide in all() {
        let rendered = guide.render(&values);
        let text = format!("{rendered:?}");
        assert_eq!(placeholders(&text).next(), None, "{}", guide.id);
        for html in rendered.steps.iter().flat_map(|s| s.text.iter().chain(&s.after)) {
            assert!(!html.as_str().contains("<b>&"), "{}: {html}", guide.id);
            assert_eq!(html.as_str().matches('`').count(), 0, "{}: {html}", guide.id);
        }
    }
}

#[test]
fn a_token_that_can_no_longer_be_shown_leaves_its_field_out() {
    let values = Values { scim_token: String::new(), ..Values::sample() };
    let labels = |v: &Values| {
        let steps = find("entra-scim").unwrap().render(v).steps;
        steps.iter().flat_map(|s| &s.copy).map(|c| c.label.clone()).collect::<Vec<_>>()
    };
    assert!(labels(&Values::sample()).iter().any(|l| l == "Secret Token"));
    assert!(labels(&values).iter().all(|l| l != "Secret Token"));
    assert!(labels(&values).iter().any(|l| l == "Tenant URL"));
}

#[test]
fn a_field_is_found_by_our_value() {
    let okta = find("okta-saml").unwrap();
    let (path, label) = okta.field_for(Placeholder::SpEntityId, &Values::sample()).unwrap();
    assert_eq!(label, "Audience URI (SP Entity ID)");
    assert_eq!(path, ["Applications", "Northwind Privacy", "General", "SAML Settings"]);
    let (_, label) = find("citrix").unwrap().field_for(Placeholder::AcsUrl, &Values::sample()).unwrap();
    assert_eq!(label, "Assertion Consumer Service URL");
}

#[test]
fn a_wrong_value_is_recognised() {
    let okta = find("okta-saml").unwrap();
    let title = |pasted: &str| recognise(okta, &Values::sample(), pasted).map(|r| r.title);
    assert_eq!(
        title(" http://www.okta.com/exk9f2kq7LmT3wPzA5d7 ").as_deref(),
        Some("That is the Issuer, not the Metadata URL")
    );
    assert!(title("https://acme.okta.com/app/exk9/sso/saml").unwrap().contains("Sign on URL"));
    assert_eq!(title("https://acme.okta.com/app/exk9/sso/saml/metadata"), None);
    assert!(
        title("https://id.northwind.example/saml/con_01jd8q6v/acs")
            .unwrap()
            .contains("our address for answers")
    );
    assert!(title("<!DOCTYPE html><html>").unwrap().contains("web page"));
    assert!(title("-----BEGIN CERTIFICATE-----\nMII").unwrap().contains("certificate"));
    assert!(title("-----BEGIN RSA PRIVATE KEY-----\nMII").unwrap().contains("private key"));
    assert_eq!(title("<EntityDescriptor>"), None);
    assert_eq!(title(""), None);
}

#[test]
fn a_general_guide_says_its_protocol_once() {
    let named = |id: &str| find(id).unwrap().named_with(", ");
    assert_eq!(named("okta-saml"), "Okta, SAML 2.0");
    assert_eq!(named("generic-oidc"), "Custom OpenID Connect");
    assert_eq!(named("generic-saml"), "Custom SAML 2.0");
}

#[test]
fn consoles_with_a_field_for_sign_outs_get_our_address_for_it() {
    let word = |id: &str| find(id).unwrap().field_for(Placeholder::SloUrl, &Values::sample()).map(|it| it.1);
    for (id, label) in [
        ("okta-saml", "Single Logout URL"),
        ("entra-saml", "Logout Url"),
        ("pingone-saml", "SLO Endpoint"),
        ("pingfederate-saml", "SLO Service URLs, Endpoint URL"),
        ("onelogin-saml", "Single Logout URL"),
        ("duo-saml", "Single Logout URL"),
        ("oracle-saml", "Single logout URL"),
        ("salesforce-saml", "Single Logout URL"),
    ] {
        assert_eq!(word(id).as_deref(), Some(label), "{id}");
    }
    let trust = &find("adfs-saml").unwrap().steps[0];
    assert!(
        trust.missing.iter().any(|it| it.text.contains("{slo_url}") && it.text.contains("`SAML Logout`"))
    );
}

#[test]
fn every_trouble_of_a_directory_has_words_and_each_provider_its_own_for_fields() {
    let causes = [
        "field",
        "silent",
        "uniqueness",
        "foreign_domain",
        "not_found",
        "invalidValue",
        "invalidSyntax",
        "invalidPath",
        "invalidFilter",
        "noTarget",
        "mutability",
        "stale_version",
        "too_large",
        "not_here",
        "never heard of",
    ];
    let general = find("custom-scim2").unwrap();
    for guide in directories().iter().filter(|guide| guide.protocol == Protocol::Scim) {
        for cause in causes {
            let words = sync_words(&guide.id, cause, &Values::sample());
            assert!(!words.means.is_empty() && !words.remedy.is_empty(), "{}: {cause}", guide.id);
            assert!(!words.plain.contains(['`', '{']), "{}: {}", guide.id, words.plain);
        }
        if guide.base.is_none() && guide.id != general.id {
            for cause in ["field", "silent"] {
                assert!(
                    guide.sync.iter().any(|fix| fix.cause == cause),
                    "{}: no words for {cause}",
                    guide.id
                );
            }
        }
        for fix in &guide.sync {
            let known = general.sync.iter().any(|it| it.cause == fix.cause);
            assert!(known, "{}: nobody counts {}", guide.id, fix.cause);
        }
    }
    let words = sync_words("entra-scim", "field", &Values::sample());
    assert!(
        words.plain.contains("Attribute mapping") && words.plain.contains("Provision on demand"),
        "{words:?}"
    );
    assert!(words.plain.contains("addresses[type eq \"work\"].country"), "{words:?}");
}
