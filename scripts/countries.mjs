#!/usr/bin/env node
// Makes the country data of crates/profile out of CLDR (Unicode-3.0) and our own list of nicknames.
//
//   mkdir -p /tmp/cldr && npm --prefix /tmp/cldr install cldr-core@48 cldr-localenames-full@48
//   node scripts/countries.mjs /tmp/cldr/node_modules
//
// Reads   crates/profile/data/country-nicknames.tsv      kept by hand
// Writes  crates/profile/src/country/table.rs            code, alpha-3, numeric, English name
//         crates/profile/data/country-names.tsv          folded spelling -> code, sorted by its bytes
//         crates/profile/data/LICENSE-Unicode-3.0.txt
// A spelling that languages use for different countries is printed and left out, unless English knows it.
import { copyFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const modules = process.argv[2] ?? "node_modules";
const crate = join(dirname(fileURLToPath(import.meta.url)), "../crates/profile");
const json = (path) => JSON.parse(readFileSync(join(modules, path), "utf8"));

// The same folding as crates/profile/src/country/fold.rs; a test there compares every line.
const letters = { "ß": "ss", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ə": "e" };
const marks = /[\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0670]/gu;
const fold = (text, stripped = marks) =>
  text
    .normalize("NFKD")
    .replaceAll("&", "and")
    .toLowerCase()
    .replace(stripped, "")
    .replace(/[^\p{Alphabetic}\p{N}\p{M}]/gu, "")
    .replace(/[ßøłđðħıæœþə]/gu, (c) => letters[c])
    .normalize("NFC");

const mappings = json("cldr-core/supplemental/codeMappings.json").supplemental.codeMappings;
const territories = (locale) =>
  json(`cldr-localenames-full/main/${locale}/territories.json`).main[locale].localeDisplayNames.territories;
const exceptional = new Set(["AC", "CP", "CQ", "DG", "EA", "IC", "TA", "EU", "EZ", "UN", "QO", "XA", "XB", "ZZ"]);
const english = territories("en");
const codes = Object.keys(english)
  .filter((code) => /^[A-Z]{2}$/.test(code) && !exceptional.has(code) && mappings[code]?._numeric)
  .sort();
if (codes.length !== 250) throw new Error(`expected 249 ISO countries and Kosovo, found ${codes.length}`);

const short = new Set(["HK", "MO", "PS", "MM"]);
const display = (code) =>
  (short.has(code) ? english[`${code}-alt-short`] : english[code]).replaceAll("&", "and").replaceAll("’", "'");

const coverage = json("cldr-core/coverageLevels.json");
const levels = coverage.effectiveCoverageLevels ?? coverage.coverageLevels;
const locales = Object.keys(levels)
  .filter((locale) => levels[locale] === "modern" && locale !== "und")
  .filter((locale) => existsSync(join(modules, `cldr-localenames-full/main/${locale}/territories.json`)))
  .sort();

// key -> code, or "?AA BB" for a spelling that is not one country
const known = new Map();
const claim = (key, code, from) => {
  const before = known.get(key);
  if (before !== undefined && before !== code) throw new Error(`${from}: "${key}" is ${before} and ${code}`);
  known.set(key, code);
};
for (const code of codes) {
  claim(fold(code), code, "alpha-2");
  claim(fold(mappings[code]._alpha3), code, "alpha-3");
  claim(mappings[code]._numeric, code, "numeric");
}
const nicknames = readFileSync(join(crate, "data/country-nicknames.tsv"), "utf8").split("\n");
for (const line of nicknames.filter((line) => line && !line.startsWith("#"))) {
  const [code, rest] = line.split("\t");
  const [candidates, spellings] = code === "?" ? rest.split(/:(.*)/s) : ["", rest];
  if (code !== "?" && !codes.includes(code)) throw new Error(`nicknames: ${code} is no country`);
  for (const spelling of spellings.split("|")) {
    claim(fold(spelling.trim()), code === "?" ? `?${candidates.trim()}` : code, "nicknames");
  }
}
const namesOf = (names, code) =>
  Object.entries(names)
    .filter(([key, name]) => (key === code || key.startsWith(`${code}-alt-`)) && name)
    .map(([, name]) => name);
for (const code of codes) {
  for (const name of namesOf(english, code)) if (!known.has(fold(name))) claim(fold(name), code, "en");
}

const told = new Map(); // key -> code -> locales
for (const locale of locales) {
  const names = territories(locale);
  for (const code of codes) {
    for (const name of namesOf(names, code)) {
      // "Áo" is Austria and "AO" is Angola: such a name is kept with its marks, and found only with them.
      let key = fold(name);
      if (known.has(key) && known.get(key) !== code) {
        const marked = fold(name, "");
        if (marked === key) console.log(`hidden: ${name} (${code} in ${locale}) means ${known.get(key)}`);
        key = marked;
      }
      if (known.has(key) || key.length < 2 || /^[a-z]{2}$/.test(key) || /^\p{N}+$/u.test(key)) continue;
      const by = told.get(key) ?? new Map();
      by.set(code, [...(by.get(code) ?? []), locale]);
      told.set(key, by);
    }
  }
}
for (const [key, by] of told) {
  if (by.size === 1) known.set(key, [...by.keys()][0]);
  else console.log(`left out: ${key}: ${[...by].map(([code, who]) => `${code} in ${who.join(" ")}`).join("; ")}`);
}

const bytes = (text) => Buffer.from(text, "utf8");
const lines = [...known].sort(([a], [b]) => Buffer.compare(bytes(a), bytes(b)));
writeFileSync(join(crate, "data/country-names.tsv"), lines.map(([key, code]) => `${key}\t${code}\n`).join(""));
const rows = codes.map(
  (code) => `    ("${code}", "${mappings[code]._alpha3}", "${mappings[code]._numeric}", "${display(code)}"),\n`,
);
writeFileSync(
  join(crate, "src/country/table.rs"),
  `//! The countries: alpha-2, alpha-3, numeric code, English name; sorted by alpha-2.
//!
//! Made by \`scripts/countries.mjs\` out of CLDR 48 (Unicode-3.0, see \`data/LICENSE-Unicode-3.0.txt\`). Not edited
//! by hand.

#[rustfmt::skip]
pub(super) const COUNTRIES: [(&str, &str, &str, &str); ${codes.length}] = [
${rows.join("")}];
`,
);
copyFileSync(join(modules, "cldr-localenames-full/LICENSE"), join(crate, "data/LICENSE-Unicode-3.0.txt"));
console.log(`${codes.length} countries, ${lines.length} spellings from ${locales.length} locales`);
