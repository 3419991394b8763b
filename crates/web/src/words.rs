//! Mails in the reader's language.
//!
//! Owns the translations (Fluent files, one for each language) and the choice among them. English says everything; where
//! another language lacks a message, English stands in.

use std::sync::OnceLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use unic_langid::LanguageIdentifier;

/// The languages, with what their files say.
const FILES: &[(&str, &str)] = &[
    ("en", include_str!("../locales/en.ftl")),
    ("de", include_str!("../locales/de.ftl")),
    ("fr", include_str!("../locales/fr.ftl")),
    ("es", include_str!("../locales/es.ftl")),
    ("ja", include_str!("../locales/ja.ftl")),
];

type Bundle = FluentBundle<FluentResource>;

fn bundles() -> &'static [(&'static str, Bundle)] {
    static ALL: OnceLock<Vec<(&'static str, Bundle)>> = OnceLock::new();
    ALL.get_or_init(|| FILES.iter().map(|(code, text)| (*code, bundle(code, text))).collect())
}

fn bundle(code: &str, text: &str) -> Bundle {
    // What cannot be read is left out; a test reads every file whole.
    let resource = FluentResource::try_new(text.to_owned()).unwrap_or_else(|(partly, _)| partly);
    let language: LanguageIdentifier = code.parse().unwrap_or_default();
    let mut bundle = Bundle::new_concurrent(vec![language]);
    bundle.set_use_isolating(false);
    bundle.add_resource_overriding(resource);
    bundle
}

/// A language that we write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Language(usize);

impl Language {
    /// The first of these wishes that we can write, each a tag such as `de-CH` or `pt_BR`, or a list as in
    /// `Accept-Language` (RFC 9110 section 12.5.4, weights aside: such a list is in order). English where there is none.
    pub fn of<'a>(wishes: impl IntoIterator<Item = &'a str>) -> Self {
        let known = |tag: &str| {
            let language = tag.split(['-', '_', ';']).next().unwrap_or_default().trim();
            FILES.iter().position(|(code, _)| code.eq_ignore_ascii_case(language))
        };
        wishes.into_iter().flat_map(|wish| wish.split(',')).find_map(known).map_or(Self(0), Self)
    }

    /// `de`, as in the `lang` of HTML.
    pub fn code(self) -> &'static str {
        FILES.get(self.0).map_or("en", |(code, _)| code)
    }

    /// A message with these values in it.
    pub fn say(self, id: &str, values: &[(&str, &str)]) -> String {
        let mut args = FluentArgs::new();
        for (name, value) in values {
            args.set(*name, FluentValue::from(*value));
        }
        self.fill(id, &args)
    }

    /// A day.
    pub fn day(self, date: jiff::civil::Date) -> String {
        let mut args = FluentArgs::new();
        args.set("day", FluentValue::from(date.day().to_string()));
        args.set("month", FluentValue::from(i64::from(date.month())));
        args.set("year", FluentValue::from(date.year().to_string()));
        self.fill("day", &args)
    }

    fn fill(self, id: &str, args: &FluentArgs<'_>) -> String {
        let own = bundles().get(self.0).into_iter().chain(bundles().first());
        for (_, bundle) in own {
            let Some(pattern) = bundle.get_message(id).and_then(|message| message.value()) else { continue };
            return bundle.format_pattern(pattern, Some(args), &mut Vec::new()).into_owned();
        }
        id.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_language_says_everything_with_the_same_values() {
        let messages = |text: &str| -> Vec<(String, BTreeSet<String>)> {
            let lines = text.lines().filter(|l| !l.starts_with([' ', '#', '}']) && l.contains(" = "));
            lines
                .map(|line| {
                    let (id, said) = line.split_once(" = ").unwrap();
                    let values = said.split("{ $").skip(1).filter_map(|v| v.split([' ', '}']).next());
                    (id.to_owned(), values.map(ToOwned::to_owned).collect())
                })
                .collect()
        };
        let english = messages(FILES[0].1);
        assert!(english.len() > 15);
        for (code, text) in FILES {
            assert!(FluentResource::try_new((*text).to_owned()).is_ok(), "{code} is read whole");
            let mut own = messages(text);
            for (id, values) in &mut own {
                // A day may stand as a name or as a number, and everything that is no date names the same things.
                if id != "day" {
                    let wanted = &english.iter().find(|(known, _)| known == id).unwrap().1;
                    assert_eq!(&*values, wanted, "{code}: {id}");
                }
            }
            let ids = |all: &[(String, BTreeSet<String>)]| -> Vec<String> {
                all.iter().map(|m| m.0.clone()).collect()
            };
            assert_eq!(ids(&own), ids(&english), "{code}");
        }
    }

    #[test]
    fn the_first_language_that_we_write_is_chosen() {
        for (wishes, code) in [
            (vec!["de-CH"], "de"),
            (vec!["pt-BR", "fr"], "fr"),
            (vec!["nl, es;q=0.8, en;q=0.5"], "es"),
            (vec!["JA_jp"], "ja"),
            (vec!["tlh", ""], "en"),
            (vec![], "en"),
        ] {
            assert_eq!(Language::of(wishes.clone()).code(), code, "{wishes:?}");
        }
    }

    #[test]
    fn a_day_is_written_as_people_write_it() {
        let day = jiff::civil::date(2026, 3, 1);
        let said: Vec<String> = FILES.iter().map(|(code, _)| Language::of([*code]).day(day)).collect();
        assert_eq!(
            said,
            ["1 March 2026", "1. März 2026", "1 mars 2026", "1 de marzo de 2026", "2026年3月1日"]
        );
    }
}
