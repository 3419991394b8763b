//! Rules that every page keeps, checked on every sample.

use super::samples;
use crate::mail_layout;
use std::collections::{BTreeMap, BTreeSet};

type Attributes = BTreeMap<String, String>;

/// Start tags of a page, in order, with their attributes; end tags begin with a slash. Enough for our own markup.
fn tags(html: &str) -> Vec<(String, Attributes)> {
    let mut found = Vec::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        if rest.starts_with('!') {
            continue;
        }
        let name_end = rest.find(|c: char| c.is_whitespace() || c == '>').unwrap_or(rest.len());
        let name = rest[..name_end].trim_end_matches('/').to_ascii_lowercase();
        rest = &rest[name_end..];
        let mut attributes = Attributes::new();
        loop {
            rest = rest.trim_start();
            if rest.is_empty() || rest.starts_with('>') {
                break;
            }
            let end = rest.find(|c: char| c == '=' || c == '>' || c.is_whitespace()).unwrap_or(rest.len());
            let key = rest[..end].to_ascii_lowercase();
            rest = &rest[end..];
            let mut value = String::new();
            if let Some(quoted) = rest.strip_prefix("=\"").or_else(|| rest.strip_prefix("='")) {
                let quote = rest.as_bytes()[1] as char;
                let close = quoted.find(quote).expect("a quoted attribute ends");
                quoted[..close].clone_into(&mut value);
                rest = &quoted[close + 1..];
            } else {
                assert!(!rest.starts_with('='), "unquoted attribute {key}");
            }
            attributes.insert(key, value);
        }
        found.push((name, attributes));
    }
    found
}

fn pages() -> Vec<(&'static str, String)> {
    samples().into_iter().map(|(name, html)| (name, html.unwrap_or_else(|e| panic!("{name}: {e}")))).collect()
}

fn each(check: impl Fn(&str, &str, &[(String, Attributes)])) {
    for (name, html) in pages() {
        check(name, &html, &tags(&html));
    }
}

#[test]
fn every_page_has_a_language_a_title_and_one_heading() {
    each(|name, html, tags| {
        let count = |wanted: &str| tags.iter().filter(|(tag, _)| tag == wanted).count();
        assert_eq!((count("h1"), count("title"), count("main")), (1, 1, 1), "{name}");
        assert!(tags.iter().any(|(tag, a)| tag == "html" && a.contains_key("lang")), "{name}: lang");
        assert!(
            html.starts_with("<!doctype html>") && html.contains("Northwind Privacy</title>"),
            "{name}: title"
        );
        assert!(html.contains("mailto:"), "{name}: whom to ask");
    });
}

#[test]
fn no_page_needs_inline_style_or_script() {
    each(|name, _, tags| {
        for (tag, attributes) in tags {
            let foreign = tag == "style" || (tag == "script" && !attributes.contains_key("src"));
            assert!(!foreign, "{name}: inline {tag}");
            for (key, value) in attributes {
                assert!(key != "style" && !key.starts_with("on"), "{name}: {key} on {tag}");
                assert!(
                    !value.trim_start().to_ascii_lowercase().starts_with("javascript:"),
                    "{name}: {value}"
                );
            }
        }
    });
}

#[test]
fn every_posting_form_carries_the_token_and_goes_somewhere() {
    each(|name, _, tags| {
        let mut form: Option<(String, bool)> = None;
        for (tag, attributes) in tags {
            let value = |key: &str| attributes.get(key).map_or("", String::as_str);
            match tag.as_str() {
                "form" => {
                    assert!(form.is_none(), "{name}: a form in a form");
                    let ours = value("action").starts_with('/');
                    let exempt = value("method") != "post" || attributes.contains_key("data-handoff");
                    assert!(exempt || ours, "{name}: a form without an action");
                    form = Some((value("action").to_owned(), exempt));
                }
                "input" if value("name") == "csrf" => {
                    assert_eq!((value("type"), value("value")), ("hidden", "sample-csrf-token"), "{name}");
                    form.as_mut().unwrap_or_else(|| panic!("{name}: a token without a form")).1 = true;
                }
                "/form" => {
                    let (action, safe) = form.take().unwrap_or_else(|| panic!("{name}: a form ends twice"));
                    assert!(safe, "{name}: no token in the form to {action}");
                }
                _ => {}
            }
        }
        assert!(form.is_none(), "{name}: a form does not end");
    });
}

#[test]
fn every_field_has_a_label_and_every_reference_a_target() {
    each(|name, html, tags| {
        let mut ids = BTreeSet::new();
        for (tag, attributes) in tags {
            if let Some(id) = attributes.get("id") {
                assert!(!id.is_empty() && !id.contains(' '), "{name}: id {id:?} of {tag}");
                assert!(ids.insert(id.as_str()), "{name}: the id {id} is there twice");
            }
        }
        let labelled: BTreeSet<&str> = tags
            .iter()
            .filter(|(tag, _)| tag == "label")
            .filter_map(|(_, a)| a.get("for"))
            .map(String::as_str)
            .collect();
        let mut inside_label = false;
        for (tag, attributes) in tags {
            let value = |key: &str| attributes.get(key).map_or("", String::as_str);
            match tag.as_str() {
                "label" => inside_label = !attributes.contains_key("for"),
                "/label" => inside_label = false,
                "input" | "select" | "textarea" if !["hidden", "submit"].contains(&value("type")) => {
                    let named =
                        labelled.contains(value("id")) || !value("aria-label").is_empty() || inside_label;
                    assert!(named, "{name}: {tag} {} has no label", value("name"));
                }
                _ => {}
            }
            for key in ["for", "aria-describedby", "aria-labelledby", "data-copy", "aria-controls"] {
                for id in value(key).split_whitespace() {
                    assert!(ids.contains(id), "{name}: {key} points to {id}, which is not there");
                }
            }
            if let Some(icon) = value("href").strip_prefix(crate::assets::icons()) {
                let symbol = format!("id=\"{}\"", icon.trim_start_matches('#'));
                assert!(include_str!("../../assets/icons.svg").contains(&symbol), "{name}: no icon {icon}");
            }
            if let Some(anchor) = value("href").strip_prefix('#') {
                assert!(ids.contains(anchor), "{name}: link to #{anchor}");
            }
        }
        assert!(!html.contains("{{") && !html.contains("{%"), "{name}: an unrendered tag");
    });
}

#[test]
fn headings_do_not_skip_a_level_and_elements_are_closed() {
    each(|name, _, tags| {
        let mut open: Vec<&str> = Vec::new();
        let mut level = 0;
        for (tag, _) in tags {
            if let Some(at) = tag.strip_prefix('h').and_then(|n| n.parse::<u8>().ok()) {
                assert!(at <= level + 1, "{name}: h{at} after h{level}");
                level = at;
            }
            let void =
                ["meta", "link", "input", "br", "hr", "img", "use", "rect", "line", "path", "wbr", "col"];
            if void.contains(&tag.as_str()) {
                continue;
            }
            match tag.strip_prefix('/') {
                Some(end) => assert_eq!(open.pop(), Some(end), "{name}: </{end}>"),
                None => open.push(tag),
            }
        }
        assert!(open.is_empty(), "{name}: left open: {open:?}");
    });
}

#[test]
fn no_page_says_what_a_calm_page_would_not() {
    each(|name, html, _| {
        let text = html.to_lowercase();
        for word in [
            "please",
            "oops",
            "successfully",
            "invalid ",
            "are you sure",
            "click here",
            ">submit<",
            ">OK</button>",
        ] {
            assert!(!text.contains(word), "{name}: {word:?}");
        }
    });
}

/// Writes every sample to the folder named by `FRONTDESK_SAMPLES`, to be looked at in a browser.
#[test]
fn samples_can_be_written_to_a_folder() {
    let Some(folder) = std::env::var_os("FRONTDESK_SAMPLES").map(std::path::PathBuf::from) else { return };
    std::fs::create_dir_all(&folder).unwrap();
    for (name, html) in pages() {
        let html = html.replace("/assets/", "assets/").replace("/brand.css", "brand.css");
        std::fs::write(folder.join(format!("{name}.html")), html).unwrap();
    }
    for (name, letter) in [
        ("mail-invitation", mail_layout::samples::invitation()),
        ("mail-offboarding", mail_layout::samples::offboarding()),
    ] {
        let mail = mail_layout::render(&crate::brand::Brand::sample(), &letter).unwrap();
        std::fs::write(folder.join(format!("{name}.html")), mail.html).unwrap();
    }
    std::fs::write(folder.join("brand.css"), crate::brand::Brand::sample().css()).unwrap();
    for file in ["frontdesk.css", "icons.svg", "frontdesk.js", "htmx.min.js"] {
        let target = folder.join(crate::assets::url(file).trim_start_matches('/'));
        std::fs::create_dir_all(target.parent().unwrap()).unwrap();
        std::fs::copy(format!("{}/assets/{file}", env!("CARGO_MANIFEST_DIR")), target).unwrap();
    }
}
