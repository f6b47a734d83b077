//! A strict, bounded reader of JSON (RFC 8259), for input that an attacker wrote.
//!
//! General readers keep the last of two equal names, take an array for a struct and turn 2^53 + 1 into another number.
//! Each of these lets two readers of one token see two different tokens. This one refuses duplicate names at every level,
//! lone surrogates, invalid UTF-8 and nesting deeper than [`MAX_DEPTH`], and never rounds: a number is a whole number
//! from 0 to [`MAX_INTEGER`], or it is [`Value::OtherNumber`], which no claim of ours accepts.

use alloc::{borrow::Cow, string::String, vec::Vec};

use crate::MAX_INTEGER;

/// How deep objects and arrays may nest; the outermost counts as one.
pub(crate) const MAX_DEPTH: u32 = 8;

/// Arrays deeper than any document of ours has one (`key_ops` of a key in a set) are read for their form and come out
/// empty: nobody looks at what is in them, and thousands of little lists would cost more than the signature.
const MAX_KEPT_DEPTH: u32 = 4;

/// Up to this many members, names are compared pairwise; beyond, they are sorted, so that a hostile object with
/// thousands of members costs n log n and not n squared.
const PAIRWISE_MEMBERS: usize = 16;

#[derive(Debug, PartialEq)]
pub(crate) enum Value<'a> {
    Null,
    Bool,
    Integer(u64),
    /// Negative, fractional, with an exponent or beyond [`MAX_INTEGER`]: well-formed, and never looked at.
    OtherNumber,
    Text(Cow<'a, str>),
    Array(Vec<Value<'a>>),
    Object(Object<'a>),
}

#[derive(Debug, Default, PartialEq)]
pub(crate) struct Object<'a> {
    members: Vec<(Cow<'a, str>, Value<'a>)>,
}

/// What is wrong with the text, for a message.
pub(crate) type Fault = &'static str;

/// Reads one JSON object that fills the whole input.
pub(crate) fn parse_object(bytes: &[u8]) -> Result<Object<'_>, Fault> {
    let text = core::str::from_utf8(bytes).map_err(|_| "is not UTF-8")?;
    let mut reader = Reader { text, at: 0 };
    reader.skip_whitespace();
    if reader.peek() != Some(b'{') {
        return Err("is not a JSON object");
    }
    let object = reader.object(1)?;
    reader.skip_whitespace();
    if reader.peek().is_some() { Err("goes on after the JSON object") } else { Ok(object) }
}

impl<'a> Object<'a> {
    pub(crate) fn get(&self, name: &str) -> Option<&Value<'a>> {
        self.members.iter().find(|(found, _)| found == name).map(|(_, value)| value)
    }

    pub(crate) fn len(&self) -> usize {
        self.members.len()
    }

    fn has_duplicate_name(&self) -> bool {
        if self.members.len() <= PAIRWISE_MEMBERS {
            let mut rest = self.members.as_slice();
            while let [(name, _), tail @ ..] = rest {
                if tail.iter().any(|(other, _)| other == name) {
                    return true;
                }
                rest = tail;
            }
            return false;
        }
        let mut names: Vec<&str> = self.members.iter().map(|(name, _)| name.as_ref()).collect();
        names.sort_unstable();
        names.windows(2).any(|pair| pair.first() == pair.last())
    }
}

impl<'a> Value<'a> {
    pub(crate) fn as_text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn as_integer(&self) -> Option<u64> {
        match self {
            Value::Integer(number) => Some(*number),
            _ => None,
        }
    }

    pub(crate) fn as_array(&self) -> Option<&[Value<'a>]> {
        match self {
            Value::Array(items) => Some(items),
            _ => None,
        }
    }

    pub(crate) fn as_object(&self) -> Option<&Object<'a>> {
        match self {
            Value::Object(object) => Some(object),
            _ => None,
        }
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn advance(&mut self) {
        self.at = self.at.saturating_add(1);
    }

    fn take(&mut self, expected: u8) -> bool {
        let found = self.peek() == Some(expected);
        if found {
            self.advance();
        }
        found
    }

    fn skip_whitespace(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.advance();
        }
    }

    fn since(&self, start: usize) -> &'a str {
        self.text.get(start..self.at).unwrap_or_default()
    }

    fn value(&mut self, depth: u32) -> Result<Value<'a>, Fault> {
        match self.peek() {
            Some(b'{') => self.object(depth).map(Value::Object),
            Some(b'[') => self.array(depth).map(Value::Array),
            Some(b'"') => self.string().map(Value::Text),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.word("true", Value::Bool),
            Some(b'f') => self.word("false", Value::Bool),
            Some(b'n') => self.word("null", Value::Null),
            _ => Err("is not JSON"),
        }
    }

    fn object(&mut self, depth: u32) -> Result<Object<'a>, Fault> {
        let mut object = Object::default();
        if depth == 1 {
            // Of a token's own objects one has five members, the other a dozen.
            object.members.reserve(16);
        }
        self.list(depth, b'}', |reader| {
            if reader.peek() != Some(b'"') {
                return Err("is not JSON: a member has no name");
            }
            let name = reader.string()?;
            reader.skip_whitespace();
            if !reader.take(b':') {
                return Err("is not JSON: a member has no value");
            }
            reader.skip_whitespace();
            let value = reader.value(depth.saturating_add(1))?;
            object.members.push((name, value));
            Ok(())
        })?;
        if object.has_duplicate_name() { Err("names a member twice") } else { Ok(object) }
    }

    fn array(&mut self, depth: u32) -> Result<Vec<Value<'a>>, Fault> {
        let mut items = Vec::new();
        self.list(depth, b']', |reader| {
            let item = reader.value(depth.saturating_add(1))?;
            if depth <= MAX_KEPT_DEPTH {
                items.push(item);
            }
            Ok(())
        })?;
        Ok(items)
    }

    /// What objects and arrays share: an opening bracket, items between commas, the closing bracket.
    fn list(
        &mut self,
        depth: u32,
        close: u8,
        mut item: impl FnMut(&mut Self) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        if depth > MAX_DEPTH {
            return Err("is nested too deeply");
        }
        self.advance();
        self.skip_whitespace();
        if self.take(close) {
            return Ok(());
        }
        loop {
            item(self)?;
            self.skip_whitespace();
            if self.take(close) {
                return Ok(());
            }
            if !self.take(b',') {
                return Err("is not JSON: a list does not end");
            }
            self.skip_whitespace();
        }
    }

    fn word(&mut self, word: &str, value: Value<'a>) -> Result<Value<'a>, Fault> {
        let end = self.at.saturating_add(word.len());
        if self.text.get(self.at..end) == Some(word) {
            self.at = end;
            Ok(value)
        } else {
            Err("is not JSON")
        }
    }

    fn number(&mut self) -> Result<Value<'a>, Fault> {
        let start = self.at;
        let negative = self.take(b'-');
        if self.take(b'0') {
            if matches!(self.peek(), Some(b'0'..=b'9')) {
                return Err("is not JSON: a number begins with 0");
            }
        } else {
            self.digits()?;
        }
        let whole = self.since(start);
        let mut plain = !negative;
        if self.take(b'.') {
            plain = false;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            plain = false;
            self.advance();
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.advance();
            }
            self.digits()?;
        }
        Ok(match whole.parse::<u64>() {
            Ok(number) if plain && number <= MAX_INTEGER => Value::Integer(number),
            _ => Value::OtherNumber,
        })
    }

    fn digits(&mut self) -> Result<(), Fault> {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.peek() {
            self.advance();
        }
        if self.at == start { Err("is not JSON: a number lacks digits") } else { Ok(()) }
    }

    /// A string without escapes is borrowed from the input; one with escapes is copied.
    fn string(&mut self) -> Result<Cow<'a, str>, Fault> {
        self.advance();
        let mut start = self.at;
        let mut copied = String::new();
        loop {
            match self.peek() {
                Some(b'"') => {
                    let tail = self.since(start);
                    self.advance();
                    if copied.is_empty() {
                        return Ok(Cow::Borrowed(tail));
                    }
                    copied.push_str(tail);
                    return Ok(Cow::Owned(copied));
                }
                Some(b'\\') => {
                    copied.push_str(self.since(start));
                    self.advance();
                    copied.push(self.escape()?);
                    start = self.at;
                }
                Some(0..=0x1F) => return Err("has a bare control character in a string"),
                Some(_) => self.advance(),
                None => return Err("is not JSON: a string does not end"),
            }
        }
    }

    fn escape(&mut self) -> Result<char, Fault> {
        let letter = self.peek();
        self.advance();
        match letter {
            Some(b'"') => Ok('"'),
            Some(b'\\') => Ok('\\'),
            Some(b'/') => Ok('/'),
            Some(b'b') => Ok('\u{8}'),
            Some(b'f') => Ok('\u{c}'),
            Some(b'n') => Ok('\n'),
            Some(b'r') => Ok('\r'),
            Some(b't') => Ok('\t'),
            Some(b'u') => self.unicode_escape(),
            _ => Err("has an unknown escape in a string"),
        }
    }

    /// `\uXXXX`, or the two of a surrogate pair. A lone surrogate is no character, and readers disagree on what to make
    /// of it: refused.
    fn unicode_escape(&mut self) -> Result<char, Fault> {
        const LONE: Fault = "has a lone surrogate in a string";
        let first = self.four_hex_digits()?;
        let code = match first {
            0xD800..=0xDBFF => {
                if !(self.take(b'\\') && self.take(b'u')) {
                    return Err(LONE);
                }
                let second = self.four_hex_digits()?;
                if !matches!(second, 0xDC00..=0xDFFF) {
                    return Err(LONE);
                }
                0x1_0000_u32.saturating_add((first & 0x3FF) << 10 | (second & 0x3FF))
            }
            code => code,
        };
        char::from_u32(code).ok_or(LONE)
    }

    fn four_hex_digits(&mut self) -> Result<u32, Fault> {
        let mut code = 0;
        for _ in 0..4 {
            let digit = self.peek().and_then(|byte| char::from(byte).to_digit(16));
            code = code << 4 | digit.ok_or("has an unknown escape in a string")?;
            self.advance();
        }
        Ok(code)
    }
}

#[cfg(test)]
#[path = "json_tests.rs"]
mod tests;
