//! Colours: contrast as WCAG 2.2 counts it, and shades of one brand colour that reach it.
//!
//! Owns arithmetic only; what the shades are for is said in [`super::brand`].

/// A colour in sRGB, each channel 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rgb(pub [f64; 3]);

/// A colour as lightness (0 to 1), chroma (0 to about 0.37) and hue (radians) of OKLCH.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lch {
    /// Lightness, 0 to 1.
    pub l: f64,
    /// Chroma.
    pub c: f64,
    /// Hue in radians.
    pub h: f64,
}

impl Rgb {
    /// Reads `#rgb` or `#rrggbb`.
    pub fn parse(hex: &str) -> Option<Self> {
        let hex = hex.strip_prefix('#')?;
        let digits: Vec<u32> = hex.chars().map(|c| c.to_digit(16)).collect::<Option<_>>()?;
        let channels: Vec<u32> = match digits.len() {
            3 => digits.iter().map(|d| d * 17).collect(),
            6 => digits.chunks(2).map(|d| d[0] * 16 + d[1]).collect(),
            _ => return None,
        };
        Some(Self([0, 1, 2].map(|i| f64::from(channels[i]) / 255.0)))
    }

    /// Writes `#rrggbb`.
    pub fn hex(self) -> String {
        let [r, g, b] = self.0.map(|c| (c.clamp(0.0, 1.0) * 255.0).round());
        format!("#{}{}{}", two_digits(r), two_digits(g), two_digits(b))
    }

    /// Relative luminance (WCAG 2.2).
    pub fn luminance(self) -> f64 {
        let [r, g, b] = self.linear();
        0.2126 * r + 0.7152 * g + 0.0722 * b
    }

    /// Contrast ratio with another colour, 1 to 21 (WCAG 2.2).
    pub fn contrast(self, other: Self) -> f64 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    /// The same colour in OKLCH.
    #[expect(clippy::many_single_char_names, reason = "the names that the colour spaces give their axes")]
    pub fn lch(self) -> Lch {
        let [r, g, b] = self.linear();
        let l = (0.412_221_470_8 * r + 0.536_332_536_3 * g + 0.051_445_992_9 * b).cbrt();
        let m = (0.211_903_498_2 * r + 0.680_699_545_1 * g + 0.107_396_956_6 * b).cbrt();
        let s = (0.088_302_461_9 * r + 0.281_718_837_6 * g + 0.629_978_700_5 * b).cbrt();
        let light = 0.210_454_255_3 * l + 0.793_617_785_0 * m - 0.004_072_046_8 * s;
        let a = 1.977_998_495_1 * l - 2.428_592_205_0 * m + 0.450_593_709_9 * s;
        let b = 0.025_904_037_1 * l + 0.782_771_766_2 * m - 0.808_675_766_0 * s;
        Lch { l: light, c: a.hypot(b), h: b.atan2(a) }
    }

    fn linear(self) -> [f64; 3] {
        self.0.map(|c| if c <= 0.040_45 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) })
    }
}

impl Lch {
    /// The nearest colour a screen can show: chroma is lowered until every channel fits.
    pub fn rgb(self) -> Rgb {
        let mut chroma = self.c;
        loop {
            let rgb = Self { c: chroma, ..self }.unclamped();
            if chroma <= 0.0005 || rgb.iter().all(|c| (-0.001..=1.001).contains(c)) {
                return Rgb(rgb.map(|c| c.clamp(0.0, 1.0)));
            }
            chroma *= 0.95;
        }
    }

    #[expect(clippy::many_single_char_names, reason = "the names that the colour spaces give their axes")]
    fn unclamped(self) -> [f64; 3] {
        let (a, b) = (self.c * self.h.cos(), self.c * self.h.sin());
        let l = (self.l + 0.396_337_777_4 * a + 0.215_803_757_3 * b).powi(3);
        let m = (self.l - 0.105_561_345_8 * a - 0.063_854_172_8 * b).powi(3);
        let s = (self.l - 0.089_484_177_5 * a - 1.291_485_548_0 * b).powi(3);
        [
            4.076_741_662_1 * l - 3.307_711_591_3 * m + 0.230_969_929_2 * s,
            -1.268_438_004_6 * l + 2.609_757_401_1 * m - 0.341_319_396_5 * s,
            -0.004_196_086_3 * l - 0.703_418_614_7 * m + 1.707_614_701_0 * s,
        ]
        .map(|c: f64| if c <= 0.003_130_8 { c * 12.92 } else { 1.055 * c.powf(1.0 / 2.4) - 0.055 })
    }
}

fn two_digits(channel: f64) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "rounded and clamped to 0..=255"
    )]
    let byte = channel as u8;
    format!("{byte:02x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn black_on_white_is_21() {
        let (black, white) = (Rgb([0.0; 3]), Rgb([1.0; 3]));
        assert!((black.contrast(white) - 21.0).abs() < 1e-9);
    }

    #[test]
    fn a_colour_survives_the_way_there_and_back() {
        for hex in ["#0e4f61", "#ff0000", "#00ff00", "#0000ff", "#777777", "#f6f6f3"] {
            let there = Rgb::parse(hex).map(|c| c.lch().rgb().hex());
            assert_eq!(there.as_deref(), Some(hex));
        }
    }

    #[test]
    fn words_that_are_no_colour_are_refused() {
        for bad in ["", "#", "red", "#12", "#12345g", "#1234567", "123456", "#äää"] {
            assert_eq!(Rgb::parse(bad), None, "{bad}");
        }
    }
}
