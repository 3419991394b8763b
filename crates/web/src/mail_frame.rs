//! The layout of a mail with gaps where its words go.
//!
//! Laying a mail out is slow, and letters of one kind differ in nothing but their words: a layout is made once for each shape
//! and kept. What people write never passes through the layout's own language, it is put into the gaps as escaped HTML.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use askama::Template;

use crate::mail_layout::MailError;

/// Layouts that are kept. A product has a handful; the bound is for who changes the colour again and again.
const KEPT: usize = 64;
/// What stands around the number of a gap: characters that the template has nowhere and the layout leaves as they are.
const OPEN: char = '⟦';
const CLOSE: char = '⟧';

/// What decides how a letter is laid out.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Shape {
    /// The vendor's colour, as a brand has it.
    pub colour: String,
    /// Paragraphs of the message.
    pub paragraphs: usize,
    /// Whether there is something to do.
    pub button: bool,
    /// Paragraphs of small print.
    pub small: usize,
    /// Whether there is a way to get no more of these.
    pub opt_out: bool,
}

/// What goes into the gaps, escaped.
#[derive(Clone, Debug, Default)]
pub(super) struct Words {
    pub lang: String,
    pub subject: String,
    pub preview: String,
    pub initial: String,
    pub vendor: String,
    pub heading: String,
    pub button: String,
    pub url: String,
    pub note: String,
    pub legal: String,
    pub reason: String,
    pub questions: String,
    pub support: String,
    pub opt_out: String,
    pub opt_out_url: String,
    pub paragraphs: Vec<String>,
    pub small: Vec<String>,
}

impl Words {
    /// The word for each gap, by its number.
    fn by_number(&self) -> Vec<&str> {
        let Self { paragraphs, small, .. } = self;
        let fixed = [
            &self.lang,
            &self.subject,
            &self.preview,
            &self.initial,
            &self.vendor,
            &self.heading,
            &self.button,
            &self.url,
            &self.note,
            &self.legal,
            &self.reason,
            &self.questions,
            &self.support,
            &self.opt_out,
            &self.opt_out_url,
        ];
        fixed.into_iter().chain(paragraphs).chain(small).map(String::as_str).collect()
    }

    /// A gap instead of each word.
    fn gaps(shape: &Shape) -> Self {
        let mut number = 0;
        let mut gap = || {
            number += 1;
            format!("{OPEN}{}{CLOSE}", number - 1)
        };
        Self {
            lang: gap(),
            subject: gap(),
            preview: gap(),
            initial: gap(),
            vendor: gap(),
            heading: gap(),
            button: gap(),
            url: gap(),
            note: gap(),
            legal: gap(),
            reason: gap(),
            questions: gap(),
            support: gap(),
            opt_out: gap(),
            opt_out_url: gap(),
            paragraphs: (0..shape.paragraphs).map(|_| gap()).collect(),
            small: (0..shape.small).map(|_| gap()).collect(),
        }
    }
}

#[derive(Template)]
#[template(path = "mail/letter.mjml", escape = "none")]
struct LetterMjml<'a> {
    shape: &'a Shape,
    words: &'a Words,
}

/// A layout: what stands before each gap, with the gap's number, and what stands behind the last.
#[derive(Debug)]
pub(super) struct Frame {
    before: Vec<(String, usize)>,
    last: String,
}

impl Frame {
    /// The layout of this shape. `colour` turns the brand's colour into one for mails.
    pub(super) fn of(shape: Shape, colour: impl FnOnce() -> String) -> Result<Arc<Self>, MailError> {
        static FRAMES: OnceLock<Mutex<HashMap<Shape, Arc<Frame>>>> = OnceLock::new();
        let kept = || FRAMES.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(frame) = kept().get(&shape) {
            return Ok(frame.clone());
        }
        let frame = Arc::new(Self::new(&Shape { colour: colour(), ..shape.clone() })?);
        let mut kept = kept();
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(shape, frame.clone());
        Ok(frame)
    }

    fn new(shape: &Shape) -> Result<Self, MailError> {
        let mjml = LetterMjml { shape, words: &Words::gaps(shape) }.render()?;
        let parsed = mrml::parse(&mjml).map_err(|e| MailError::Parse(e.to_string()))?;
        let html = parsed.element.render(&mrml::prelude::render::RenderOptions::default());
        Self::split(&html.map_err(|e| MailError::Layout(e.to_string()))?)
    }

    fn split(html: &str) -> Result<Self, MailError> {
        let mut parts = html.split(OPEN);
        let mut text = parts.next().unwrap_or_default().to_owned();
        let mut before = Vec::new();
        for part in parts {
            let gap = part.split_once(CLOSE).and_then(|(n, rest)| Some((n.parse().ok()?, rest)));
            let (number, rest) = gap.ok_or_else(|| MailError::Layout("a gap is broken".to_owned()))?;
            before.push((std::mem::replace(&mut text, rest.to_owned()), number));
        }
        Ok(Self { before, last: text })
    }

    /// The mail with these words, which are HTML already.
    pub(super) fn fill(&self, words: &Words) -> String {
        let words = words.by_number();
        let word = |number: &usize| words.get(*number).copied().unwrap_or_default();
        let size: usize = self.before.iter().map(|(text, number)| text.len() + word(number).len()).sum();
        let mut html = String::with_capacity(size + self.last.len());
        for (text, number) in &self.before {
            html.push_str(text);
            html.push_str(word(number));
        }
        html.push_str(&self.last);
        html
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_gap_gets_its_own_word_and_words_that_look_like_gaps_stay_words() {
        let shape = Shape { colour: "#124".to_owned(), paragraphs: 2, button: true, small: 2, opt_out: true };
        let frame = Frame::new(&shape).unwrap();
        let marks = Words::gaps(&shape);
        let laid_out = frame.fill(&marks);
        for gap in marks.by_number() {
            assert!(laid_out.contains(gap), "{gap} in {laid_out}");
        }
        let words = Words { heading: marks.url.clone(), ..Words::default() };
        let html = frame.fill(&words);
        assert!(html.contains(&marks.url) && html.matches(OPEN).count() == 1, "{html}");
    }

    #[test]
    fn letters_of_one_shape_share_a_layout_and_few_are_kept() {
        let shape = |paragraphs| Shape {
            colour: "#0d4b5e".to_owned(),
            paragraphs,
            button: false,
            small: 0,
            opt_out: false,
        };
        let first = Frame::of(shape(1), || "#0d4b5e".to_owned()).unwrap();
        let again = Frame::of(shape(1), || unreachable!("it is kept"));
        assert!(Arc::ptr_eq(&first, &again.unwrap()));
        let other = Frame::of(shape(2), || "#0d4b5e".to_owned()).unwrap();
        assert!(!Arc::ptr_eq(&first, &other));
    }
}
