//! The routes of the program, read from its source: axum does not tell them.

use std::collections::BTreeSet;
use std::path::Path;

/// Every method and path that a `.route(…)` in the rooms or the pages gives to the router, below the places it is
/// nested at.
pub fn routes() -> BTreeSet<(String, String)> {
    let mut all = BTreeSet::new();
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    visit(&here.join("src"), &mut all);
    visit(&here.join("../web/src"), &mut all);
    all
}

fn visit(folder: &Path, all: &mut BTreeSet<(String, String)>) {
    for entry in std::fs::read_dir(folder).expect("the source is here") {
        let path = entry.expect("a file").path();
        if path.is_dir() {
            visit(&path, all);
        } else if path.extension().is_some_and(|e| e == "rs") {
            read(&std::fs::read_to_string(&path).expect("text"), all);
        }
    }
}

fn read(source: &str, all: &mut BTreeSet<(String, String)>) {
    let nests: Vec<&str> =
        source.split(".nest(\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    let source = source.split("#[cfg(test)]").next().unwrap_or_default();
    for rest in source.split(".route(").skip(1) {
        let Some((path, handlers)) = quoted(rest) else { continue };
        // Paths of a nested router are the ones that its file's own routes do not begin with.
        let nested = nests.iter().any(|nest| !path.starts_with(nest)) && !nests.contains(&path);
        let places: &[&str] = if nested { &nests } else { &[""] };
        for method in methods(handlers) {
            for place in places {
                all.insert((method.to_owned(), format!("{place}{path}")));
            }
        }
    }
}

/// The first argument's text, and the rest of the call.
fn quoted(call: &str) -> Option<(&str, &str)> {
    let (path, rest) = call.trim_start().strip_prefix('"')?.split_once('"')?;
    let mut depth = 1_i32;
    let end = rest.char_indices().find(|(_, c)| {
        depth += i32::from(*c == '(') - i32::from(*c == ')');
        depth == 0
    });
    Some((path, &rest[..end?.0]))
}

fn methods(handlers: &str) -> Vec<&'static str> {
    let known = [
        ("get(", &["GET"][..]),
        ("post(", &["POST"]),
        ("put(", &["PUT"]),
        ("patch(", &["PATCH"]),
        ("delete(", &["DELETE"]),
        ("any(", &["GET", "POST", "PUT", "PATCH", "DELETE"]),
    ];
    let begins = |name: &str| {
        handlers.match_indices(name).any(|(at, _)| {
            let before = handlers[..at].chars().next_back();
            !before.is_some_and(|c| c.is_alphanumeric() || c == '_')
        })
    };
    known.iter().filter(|(name, _)| begins(name)).flat_map(|(_, methods)| methods.iter().copied()).collect()
}
