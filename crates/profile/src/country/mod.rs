//! Countries: any usual spelling to its ISO 3166-1 code. Owns the list and the spellings; does not own which country a
//! member must be in.
//!
//! Names in some 90 languages come from CLDR, everyday names from `data/country-nicknames.tsv`; both are folded and
//! sorted into `data/country-names.tsv` by `scripts/countries.mjs` and searched where they lie, without any set-up.

mod fold;
mod lookup;
mod table;

pub(crate) use fold::fold;

use crate::Reason;
use std::fmt;
use table::COUNTRIES;

/// One country of ISO 3166-1, or Kosovo (`XK`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Country(u8);

impl Country {
    /// Reads a code (alpha-2, alpha-3, numeric), a flag or a name in one of many languages.
    ///
    /// Case, accents and punctuation do not matter; “Germany (DE)” is read where both parts agree.
    ///
    /// # Errors
    /// [`Reason::NotOneCountry`] for “Korea” or “D-A-CH”, [`Reason::UnknownCountry`] for all that is not known.
    pub fn parse(text: &str) -> Result<Self, Reason> {
        lookup::parse(text)
    }

    /// The country with exactly this alpha-2 code in upper case, as [`Country::code`] gives it. For stored values.
    pub fn from_code(code: &str) -> Option<Self> {
        let index = COUNTRIES.binary_search_by(|row| row.0.cmp(code)).ok()?;
        u8::try_from(index).ok().map(Self)
    }

    /// ISO 3166-1 alpha-2, such as `DE`.
    pub fn code(self) -> &'static str {
        self.row().0
    }

    /// ISO 3166-1 alpha-3, such as `DEU`.
    pub fn alpha3(self) -> &'static str {
        self.row().1
    }

    /// ISO 3166-1 numeric with its leading zeros, such as `276`.
    pub fn numeric(self) -> &'static str {
        self.row().2
    }

    /// The English name, such as “Germany”.
    pub fn name(self) -> &'static str {
        self.row().3
    }

    fn row(self) -> &'static (&'static str, &'static str, &'static str, &'static str) {
        // Only `from_code` and `all` make a Country, both from the positions of this table.
        &COUNTRIES[usize::from(self.0)]
    }
}

impl fmt::Debug for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Country({})", self.code())
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// Every country, sorted by its English name as people sort (accents aside): for select boxes.
pub fn all() -> Vec<Country> {
    let mut countries: Vec<Country> = (0u8..).take(COUNTRIES.len()).map(Country).collect();
    countries.sort_by_cached_key(|country| fold(country.name(), false));
    countries
}

/// The English name of a code; `None` where the code is not a country's.
pub fn name(code: &str) -> Option<&'static str> {
    Country::from_code(code).map(Country::name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_is_sorted_and_every_code_and_name_reads_back() {
        assert!(COUNTRIES.is_sorted_by(|a, b| a.0 < b.0));
        for country in all() {
            for spelling in [country.code(), country.alpha3(), country.numeric(), country.name()] {
                assert_eq!(Country::parse(spelling), Ok(country), "{spelling}");
                assert_eq!(Country::parse(&format!("  {} ", spelling.to_lowercase())), Ok(country));
            }
        }
    }

    #[test]
    fn all_is_sorted_for_people() {
        let names: Vec<&str> = all().into_iter().map(Country::name).collect();
        assert_eq!(names.len(), 250);
        let at = |name: &str| names.iter().position(|n| *n == name).unwrap();
        assert_eq!(names[0], "Afghanistan");
        assert_eq!(at("Åland Islands") + 1, at("Albania"));
        assert!(at("Côte d'Ivoire") < at("Croatia"));
        assert_eq!(names.last(), Some(&"Zimbabwe"));
    }

    #[test]
    fn name_answers_exact_codes_only() {
        assert_eq!(name("DE"), Some("Germany"));
        assert_eq!(name("de"), None);
        assert_eq!(name("ZZ"), None);
    }
}
