//! The vendor's face: name, mark, colour and whom to ask. Owns the generated `/brand.css`.
//!
//! Does not own where these settings are stored.

use super::assets;
use super::colour::{Lch, Rgb};
use super::html::escape;
use axum::http::header;
use axum::response::{IntoResponse, Response};

/// The colour used while the vendor has not chosen one.
pub const DEFAULT_COLOUR: &str = "#0e4f61";

/// What pages and mails say about the vendor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Brand {
    /// The product's name, as people know it: "Northwind Privacy".
    pub vendor_name: String,
    /// The company behind it, for footers of pages and mails: "Northwind Privacy Ltd, 1 Harbour Street, Dublin".
    pub legal_name: String,
    /// The address that answers when something does not work.
    pub support_email: String,
    /// A help centre, if there is one.
    pub support_url: Option<String>,
    /// The privacy notice, if there is one.
    pub privacy_url: Option<String>,
    /// Address of the logo on our own origin (or a `data:` address); without it the first letter stands in.
    pub logo: Option<String>,
    /// `#rrggbb`; lightness is moved until text is readable, so any colour will do.
    pub colour: String,
    /// Where the sign-in page and the brand in the header lead, usually `/login`.
    pub home: String,
}

impl Brand {
    /// A brand with only a name and a support address.
    pub fn new(vendor_name: &str, support_email: &str) -> Self {
        Self {
            vendor_name: vendor_name.to_owned(),
            legal_name: vendor_name.to_owned(),
            support_email: support_email.to_owned(),
            support_url: None,
            privacy_url: None,
            logo: None,
            colour: DEFAULT_COLOUR.to_owned(),
            home: "/login".to_owned(),
        }
    }

    /// The brand of the samples.
    pub fn sample() -> Self {
        Self {
            legal_name: "Northwind Privacy Ltd, 1 Harbour Street, Dublin".to_owned(),
            support_url: Some("https://help.northwind.example/".to_owned()),
            privacy_url: Some("https://northwind.example/privacy".to_owned()),
            ..Self::new("Northwind Privacy", "help@northwind.example")
        }
    }

    /// First letter of the name, for the mark that stands in for a logo.
    pub fn initial(&self) -> String {
        self.vendor_name
            .chars()
            .find(|c| c.is_alphanumeric())
            .map(|c| c.to_uppercase().collect())
            .unwrap_or_default()
    }

    /// Where a person finds help: the help centre, or a mail to support.
    pub fn help_url(&self) -> String {
        self.support_url.clone().unwrap_or_else(|| self.support_mailto())
    }

    /// A link that writes to support.
    pub fn support_mailto(&self) -> String {
        format!("mailto:{}", self.support_email)
    }

    /// Address of the generated stylesheet; changes when the colour does.
    pub fn css_url(&self) -> String {
        format!("/brand.css?v={}", assets::fingerprint(self.css().as_bytes()))
    }

    /// The stylesheet that gives the pages their accent, in both themes.
    pub fn css(&self) -> String {
        let shades = Shades::of(&self.colour);
        let pair = |[light, dark]: [Rgb; 2]| format!("light-dark({}, {})", light.hex(), dark.hex());
        format!(
            ":root {{\n  --brand: {};\n  --brand-ink: {};\n  --brand-wash: {};\n}}\n",
            pair(shades.brand),
            pair(shades.ink),
            pair(shades.wash)
        )
    }

    /// Answers `GET /brand.css`.
    pub fn css_response(&self) -> Response {
        let headers = [
            (header::CONTENT_TYPE, "text/css; charset=utf-8"),
            (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        ];
        (headers, self.css()).into_response()
    }

    /// Address of the icon in the browser's tab: the logo, or the mark that stands in for one.
    pub fn icon_url(&self) -> String {
        let drawn = || format!("/favicon.ico?v={}", assets::fingerprint(self.icon().as_bytes()));
        self.logo.clone().unwrap_or_else(drawn)
    }

    /// The first letter of the name on the vendor's colour.
    pub fn icon(&self) -> String {
        let shades = Shades::of(&self.colour);
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 32 32\"><rect width=\"32\" height=\"32\" rx=\"7\" \
             fill=\"{}\"/><text x=\"16\" y=\"22.5\" text-anchor=\"middle\" font-family=\"system-ui,sans-serif\" \
             font-size=\"19\" font-weight=\"650\" fill=\"{}\">{}</text></svg>\n",
            shades.brand[0].hex(),
            shades.ink[0].hex(),
            escape(&self.initial())
        )
    }

    /// Answers `GET /favicon.ico`. Browsers go by the type, not by the name.
    pub fn icon_response(&self) -> Response {
        let headers = [
            (header::CONTENT_TYPE, "image/svg+xml"),
            (header::CACHE_CONTROL, "public, max-age=86400"),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (header::CONTENT_SECURITY_POLICY, "default-src 'none'"),
        ];
        (headers, self.icon()).into_response()
    }

    /// The accent for mails, which know no themes: readable on white, and white readable on it.
    pub fn mail_colour(&self) -> String {
        Shades::of(&self.colour).brand[0].hex()
    }
}

/// The accent, the ink on it and its wash; the first of each pair is for the light theme.
struct Shades {
    brand: [Rgb; 2],
    ink: [Rgb; 2],
    wash: [Rgb; 2],
}

/// Grounds on which the accent is read as text: surface, paper, sunk of each theme (see the stylesheet).
const LIGHT_GROUNDS: [&str; 3] = ["#ffffff", "#f6f6f3", "#f0f1ed"];
const DARK_GROUNDS: [&str; 3] = ["#171b18", "#101311", "#1f2421"];
/// Normal text, WCAG 2.2 success criterion 1.4.3, with a little to spare for rounding.
const ENOUGH: f64 = 4.55;

impl Shades {
    fn of(colour: &str) -> Self {
        let base = Rgb::parse(colour).or_else(|| Rgb::parse(DEFAULT_COLOUR)).unwrap_or(Rgb([0.0; 3])).lch();
        let (white, black) = (Rgb([1.0; 3]), Lch { l: 0.22, c: (base.c * 0.3).min(0.03), h: base.h }.rgb());
        let light_wash = Lch { l: 0.952, c: (base.c * 0.2).min(0.02), h: base.h }.rgb();
        let dark_wash = Lch { l: 0.262, c: (base.c * 0.3).min(0.03), h: base.h }.rgb();
        Self {
            brand: [
                move_until(base, -0.005, &LIGHT_GROUNDS, &[white, light_wash]),
                move_until(Lch { l: base.l.max(0.7), ..base }, 0.005, &DARK_GROUNDS, &[black, dark_wash]),
            ],
            ink: [white, black],
            wash: [light_wash, dark_wash],
        }
    }
}

/// Moves the lightness by `step` until the colour stands out from every ground.
fn move_until(mut colour: Lch, step: f64, grounds: &[&str], more: &[Rgb]) -> Rgb {
    let grounds: Vec<Rgb> =
        grounds.iter().filter_map(|g| Rgb::parse(g)).chain(more.iter().copied()).collect();
    while (0.0..=1.0).contains(&colour.l) {
        let rgb = colour.rgb();
        if grounds.iter().all(|g| rgb.contrast(*g) >= ENOUGH) {
            return rgb;
        }
        colour.l += step;
    }
    Lch { l: colour.l.clamp(0.0, 1.0), ..colour }.rgb()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_brand_colour_becomes_readable_in_both_themes() {
        let stubborn =
            ["#0e4f61", "#ffff00", "#ffffff", "#000000", "#ff0000", "#7f7f7f", "#00ffaa", "#1a0033"];
        let grid = (0..=5).flat_map(|r| {
            (0..=5).flat_map(move |g| {
                (0..=5).map(move |b| format!("#{:02x}{:02x}{:02x}", r * 51, g * 51, b * 51))
            })
        });
        for colour in stubborn.iter().map(ToString::to_string).chain(grid) {
            let shades = Shades::of(&colour);
            for (theme, grounds) in [(0, LIGHT_GROUNDS), (1, DARK_GROUNDS)] {
                let brand = Rgb::parse(&shades.brand[theme].hex()).unwrap();
                for ground in grounds
                    .iter()
                    .map(|g| Rgb::parse(g).unwrap())
                    .chain([shades.ink[theme], shades.wash[theme]])
                {
                    let contrast = brand.contrast(Rgb::parse(&ground.hex()).unwrap());
                    assert!(contrast >= 4.5, "{colour} in theme {theme} on {}: {contrast:.2}", ground.hex());
                }
            }
        }
    }

    #[test]
    fn the_icon_is_the_first_letter_on_the_accent() {
        let brand = Brand { colour: "#ffff00".to_owned(), ..Brand::new("“Zebra” & Co", "a@b.example") };
        let icon = brand.icon();
        assert!(icon.contains(">Z</text>") && icon.contains(&brand.mail_colour()), "{icon}");
        assert!(brand.icon_url().starts_with("/favicon.ico?v="));
        let own = Brand { logo: Some("/logo.svg".to_owned()), ..brand };
        assert_eq!(own.icon_url(), "/logo.svg");
    }

    #[test]
    fn a_colour_that_is_none_falls_back() {
        let brand = Brand { colour: "teal; } body { display: none".to_owned(), ..Brand::sample() };
        assert_eq!(brand.css(), Brand::sample().css());
    }
}
