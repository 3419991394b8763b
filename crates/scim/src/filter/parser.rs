//! Owns the reading of filters and of PATCH paths: the grammar of RFC 7644 figures 1 and 7, with
//! limits on length, depth and number of comparisons. Types are settled in `bind`.

use serde_json::{Number, Value};

use super::{CompareOp, Filter, Literal, bind};
use crate::ScimError;
use crate::limits::{MAX_FILTER_BYTES, MAX_FILTER_DEPTH, MAX_FILTER_TERMS};
use crate::path::AttrPath;
use crate::schema::{Attribute, ResourceType};

/// The `path` of a PATCH operation: an attribute, or the values of a list that a filter selects.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PatchPath {
    /// Attribute, and sub-attribute where the path names one (before or after the brackets).
    pub(crate) attr: AttrPath,
    /// The filter in brackets.
    pub(crate) filter: Option<Filter>,
}

/// What is wrong, and at which byte.
pub(super) struct Problem {
    at: usize,
    what: String,
    /// Inside brackets, where the fault is that of a filter even in a path.
    in_filter: bool,
}

type Parsed<T> = Result<T, Problem>;

pub(super) fn filter(text: &str, kind: &'static ResourceType) -> Result<Filter, ScimError> {
    let explain = |problem: Problem| {
        ScimError::invalid_filter(format!("The filter cannot be read {}.", place(text, &problem)))
    };
    let mut parser = Parser::new(text, kind).map_err(explain)?;
    parser.whole_filter().map_err(explain)
}

impl PatchPath {
    /// Reads a path. The error is `invalidPath`, or `invalidFilter` inside brackets.
    pub(crate) fn parse(text: &str, kind: &'static ResourceType) -> Result<Self, ScimError> {
        let explain = |problem: Problem| {
            let place = place(text, &problem);
            if problem.in_filter {
                ScimError::invalid_filter(format!("The filter in the path “{text}” cannot be read {place}."))
            } else {
                ScimError::invalid_path(format!("The path “{text}” cannot be read {place}."))
            }
        };
        let mut parser = Parser::new(text, kind).map_err(explain)?;
        parser.whole_path().map_err(explain)
    }
}

fn place(text: &str, problem: &Problem) -> String {
    let character = text.get(..problem.at).map_or(problem.at, |before| before.chars().count()) + 1;
    format!("at character {character}: {}", problem.what)
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    terms: usize,
    kind: &'static ResourceType,
    scope: Scope,
}

/// Where names are looked up.
#[derive(Clone, Copy)]
enum Scope {
    /// In the resource.
    Resource,
    /// Inside the brackets of this attribute, which no schema may know.
    Element(Option<&'static Attribute>),
}

impl<'a> Parser<'a> {
    fn new(text: &'a str, kind: &'static ResourceType) -> Parsed<Self> {
        let parser = Self { text, at: 0, depth: 0, terms: 0, kind, scope: Scope::Resource };
        if text.len() > MAX_FILTER_BYTES {
            return Err(parser.problem(format!("it is longer than {MAX_FILTER_BYTES} bytes")));
        }
        Ok(parser)
    }

    fn whole_filter(&mut self) -> Parsed<Filter> {
        let filter = self.disjunction()?;
        self.spaces();
        if self.at < self.text.len() {
            return Err(self.problem("“and”, “or” or the end was expected"));
        }
        Ok(filter)
    }

    fn whole_path(&mut self) -> Parsed<PatchPath> {
        self.spaces();
        let start = self.at;
        let word = self.word();
        let mut attr = AttrPath::parse(word, self.kind).map_err(|what| self.problem_at(start, what))?;
        let mut filter = None;
        if self.peek() == Some(b'[') {
            self.check_bracketed(&attr, start)?;
            filter = Some(self.brackets(&attr)?);
            if self.peek() == Some(b'.') {
                self.at += 1;
                let at = self.at;
                let sub = self.word();
                attr.set_sub(sub).map_err(|what| self.problem_at(at, what))?;
            }
        }
        self.spaces();
        if self.at < self.text.len() {
            return Err(self.problem("the end of the path was expected"));
        }
        Ok(PatchPath { attr, filter })
    }

    fn disjunction(&mut self) -> Parsed<Filter> {
        let mut parts = vec![self.conjunction()?];
        while self.keyword("or") {
            parts.push(self.conjunction()?);
        }
        Ok(single_or(parts, Filter::Or))
    }

    fn conjunction(&mut self) -> Parsed<Filter> {
        let mut parts = vec![self.term()?];
        while self.keyword("and") {
            parts.push(self.term()?);
        }
        Ok(single_or(parts, Filter::And))
    }

    fn term(&mut self) -> Parsed<Filter> {
        self.spaces();
        if self.peek() == Some(b'(') {
            return self.group();
        }
        let start = self.at;
        let word = self.word();
        if word.eq_ignore_ascii_case("not") {
            self.spaces();
            if self.peek() == Some(b'(') {
                return Ok(Filter::Not(Box::new(self.group()?)));
            }
            return Err(self.problem("“(” was expected after “not”"));
        }
        self.comparison(start, word)
    }

    fn group(&mut self) -> Parsed<Filter> {
        self.enter()?;
        self.at += 1;
        let inner = self.disjunction()?;
        self.spaces();
        self.expect(b')')?;
        self.depth -= 1;
        Ok(inner)
    }

    fn comparison(&mut self, start: usize, word: &str) -> Parsed<Filter> {
        self.terms += 1;
        if self.terms > MAX_FILTER_TERMS {
            return Err(self.problem_at(start, format!("it has more than {MAX_FILTER_TERMS} comparisons")));
        }
        let parsed = match self.scope {
            Scope::Element(parent) => AttrPath::relative(word, parent),
            Scope::Resource => AttrPath::parse(word, self.kind),
        };
        let path = parsed.map_err(|what| self.problem_at(start, what))?;
        if self.peek() == Some(b'[') {
            return self.value_path(path, start);
        }
        self.operator(path)
    }

    /// `emails[…]`, and `emails[…].value eq "x"`, which means the same value for both.
    fn value_path(&mut self, path: AttrPath, start: usize) -> Parsed<Filter> {
        self.check_bracketed(&path, start)?;
        let inner = self.brackets(&path)?;
        if self.peek() != Some(b'.') {
            return Ok(Filter::Element(path, Box::new(inner)));
        }
        self.at += 1;
        let at = self.at;
        let sub = self.word();
        let sub = AttrPath::relative(sub, path.def).map_err(|what| self.problem_at(at, what))?;
        let outer = self.operator(sub)?;
        let both = match inner {
            Filter::And(mut parts) => {
                parts.push(outer);
                Filter::And(parts)
            }
            inner => Filter::And(vec![inner, outer]),
        };
        Ok(Filter::Element(path, Box::new(both)))
    }

    fn check_bracketed(&self, path: &AttrPath, start: usize) -> Parsed<()> {
        let what = if matches!(self.scope, Scope::Element(_)) {
            "brackets cannot stand inside brackets".to_owned()
        } else if path.sub.is_some() || path.name.is_empty() {
            "brackets can only follow an attribute".to_owned()
        } else if path.def.is_some_and(|def| def.sub.is_empty()) {
            format!("“{}” has no sub-attributes to select by", path.name)
        } else {
            return Ok(());
        };
        Err(self.problem_at(start, what))
    }

    fn brackets(&mut self, path: &AttrPath) -> Parsed<Filter> {
        self.enter()?;
        self.at += 1;
        self.scope = Scope::Element(path.def);
        let inner = self.disjunction()?;
        self.spaces();
        self.expect(b']')?;
        self.scope = Scope::Resource;
        self.depth -= 1;
        Ok(inner)
    }

    fn operator(&mut self, path: AttrPath) -> Parsed<Filter> {
        self.spaces();
        let start = self.at;
        let word = self.word();
        if word.eq_ignore_ascii_case("pr") {
            return Ok(Filter::Present(path));
        }
        let op = operator_of(word).ok_or_else(|| {
            self.problem_at(start, "one of eq, ne, co, sw, ew, gt, ge, lt, le and pr was expected")
        })?;
        self.spaces();
        let at = self.at;
        let literal = self.literal()?;
        bind::compare(path, op, literal).map_err(|what| self.problem_at(at, what))
    }

    fn literal(&mut self) -> Parsed<Literal> {
        let start = self.at;
        if self.peek() == Some(b'"') {
            return self.string();
        }
        let word = self.word();
        if word.eq_ignore_ascii_case("true") {
            return Ok(Literal::Bool(true));
        }
        if word.eq_ignore_ascii_case("false") {
            return Ok(Literal::Bool(false));
        }
        if word.eq_ignore_ascii_case("null") {
            return Ok(Literal::Null);
        }
        number(word).map(Literal::Number).ok_or_else(|| {
            self.problem_at(
                start,
                "a value was expected: text in double quotes, a number, true, false or null",
            )
        })
    }

    fn string(&mut self) -> Parsed<Literal> {
        let start = self.at;
        let mut escaped = false;
        for (offset, byte) in self.text.as_bytes()[start + 1..].iter().enumerate() {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => {
                    let end = start + offset + 2;
                    let text: String = serde_json::from_str(&self.text[start..end]).map_err(|_| {
                        self.problem_at(start, "the text has an escape that JSON does not know")
                    })?;
                    if text.contains('\0') {
                        return Err(self.problem_at(start, "the text holds NUL (U+0000), as no value does"));
                    }
                    self.at = end;
                    return Ok(Literal::Text(text));
                }
                _ => {}
            }
        }
        Err(self.problem_at(start, "the closing quote is missing"))
    }

    /// Consumes `and` or `or`; leaves everything else where it is.
    fn keyword(&mut self, keyword: &str) -> bool {
        let before = self.at;
        self.spaces();
        let word = self.word();
        if word.eq_ignore_ascii_case(keyword) {
            return true;
        }
        self.at = before;
        false
    }

    fn word(&mut self) -> &'a str {
        let rest = &self.text[self.at..];
        let stop = |c: char| c.is_whitespace() || matches!(c, '(' | ')' | '[' | ']' | '"');
        let word = &rest[..rest.find(stop).unwrap_or(rest.len())];
        // After a closing bracket the dot belongs to what follows; elsewhere it is part of the word.
        self.at += word.len();
        word
    }

    fn spaces(&mut self) {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start().len();
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn expect(&mut self, byte: u8) -> Parsed<()> {
        if self.peek() == Some(byte) {
            self.at += 1;
            return Ok(());
        }
        Err(self.problem(format!("“{}” was expected", char::from(byte))))
    }

    fn enter(&mut self) -> Parsed<()> {
        self.depth += 1;
        if self.depth > MAX_FILTER_DEPTH {
            return Err(self.problem(format!("it nests deeper than {MAX_FILTER_DEPTH} levels")));
        }
        Ok(())
    }

    fn problem(&self, what: impl Into<String>) -> Problem {
        self.problem_at(self.at, what)
    }

    fn problem_at(&self, at: usize, what: impl Into<String>) -> Problem {
        Problem { at, what: what.into(), in_filter: matches!(self.scope, Scope::Element(_)) }
    }
}

fn single_or(mut parts: Vec<Filter>, join: fn(Vec<Filter>) -> Filter) -> Filter {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        Some(last) => {
            parts.push(last);
            join(parts)
        }
        None => join(parts),
    }
}

/// A JSON number. Fractions are read exactly, so that they print as what they are.
pub(super) fn number(word: &str) -> Option<Number> {
    let Ok(Value::Number(number)) = serde_json::from_str(word) else { return None };
    if number.is_f64() { Number::from_f64(word.parse().ok()?) } else { Some(number) }
}

fn operator_of(word: &str) -> Option<CompareOp> {
    use CompareOp::{Co, Eq, Ew, Ge, Gt, Le, Lt, Ne, Sw};
    [Eq, Ne, Co, Sw, Ew, Gt, Ge, Lt, Le].into_iter().find(|op| word.eq_ignore_ascii_case(op.as_str()))
}
