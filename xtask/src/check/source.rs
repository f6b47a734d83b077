//! Reading Rust sources as far as paths are concerned: comments and strings blanked, `use` groups unfolded.

/// A path as written (`crate::http::Error`), with the line it starts in.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) line: usize,
    pub(super) path: String,
}

/// Every path of two or more segments, and every lone identifier, outside comments and strings. Groups are unfolded:
/// `use crate::{a, b::{c, d}};` names `crate::a`, `crate::b::c` and `crate::b::d`.
pub(super) fn paths(source: &str) -> Vec<Named> {
    let mut reader = Reader { tokens: tokens(source), at: 0, found: Vec::new() };
    while reader.at < reader.tokens.len() {
        if !reader.path("") {
            reader.at += 1;
        }
    }
    reader.found
}

/// An identifier, `::`, or another character, with its line.
type Token = (usize, String);

struct Reader {
    tokens: Vec<Token>,
    at: usize,
    found: Vec<Named>,
}

impl Reader {
    fn text(&self, at: usize) -> &str {
        self.tokens.get(at).map_or("", |(_, text)| text)
    }

    /// Reads one path and what hangs below it; false when none starts here.
    fn path(&mut self, prefix: &str) -> bool {
        let Some((line, first)) = self.tokens.get(self.at).cloned() else {
            return false;
        };
        if !is_identifier(&first) {
            return false;
        }
        let mut path = if prefix.is_empty() { first } else { format!("{prefix}::{first}") };
        self.at += 1;
        while self.text(self.at) == "::" {
            let next = self.text(self.at + 1).to_owned();
            if is_identifier(&next) {
                path = format!("{path}::{next}");
                self.at += 2;
            } else if next == "{" {
                self.at += 2;
                self.group(&path);
                return true;
            } else {
                break;
            }
        }
        self.found.push(Named { line, path });
        true
    }

    fn group(&mut self, prefix: &str) {
        while self.at < self.tokens.len() && self.text(self.at) != "}" {
            if !self.path(prefix) {
                self.at += 1;
            }
        }
        self.at += 1;
    }
}

fn is_identifier(text: &str) -> bool {
    text.starts_with(|first: char| first.is_alphabetic() || first == '_')
}

fn tokens(source: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    for (index, line) in blanked(source).lines().enumerate() {
        let mut rest = line.trim_start();
        while let Some(first) = rest.chars().next() {
            let length = if rest.starts_with("::") {
                2
            } else if is_identifier(rest) {
                rest.find(|it: char| !it.is_alphanumeric() && it != '_').unwrap_or(rest.len())
            } else {
                first.len_utf8()
            };
            let (token, after) = rest.split_at(length);
            tokens.push((index + 1, token.to_owned()));
            rest = after.trim_start();
        }
    }
    tokens
}

/// The source with comments and strings replaced by spaces; line breaks stay.
fn blanked(source: &str) -> String {
    let mut out = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        let length = skipped(rest);
        let (part, after) = rest.split_at(if length == 0 { first.len_utf8() } else { length });
        if length == 0 {
            out.push_str(part);
        } else {
            out.extend(part.chars().map(|it| if it == '\n' { '\n' } else { ' ' }));
        }
        rest = after;
    }
    out
}

/// How many bytes at the start are a comment or a string; 0 for neither.
fn skipped(rest: &str) -> usize {
    let to_end = |found: Option<usize>, end: usize| found.map_or(rest.len(), |at| at + end);
    if rest.starts_with("//") {
        to_end(rest.find('\n'), 0)
    } else if rest.starts_with("/*") {
        to_end(rest.find("*/"), 2)
    } else if rest.starts_with("r#\"") {
        to_end(rest.find("\"#"), 2)
    } else if rest.starts_with("'\"'") || rest.starts_with("'\\'") {
        3
    } else if rest.starts_with('"') {
        let mut escaped = false;
        let end = rest.char_indices().skip(1).find(|(_, it)| {
            let closes = *it == '"' && !escaped;
            escaped = *it == '\\' && !escaped;
            closes
        });
        to_end(end.map(|(at, _)| at), 1)
    } else {
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(source: &str) -> Vec<String> {
        paths(source).into_iter().map(|named| named.path).collect()
    }

    #[test]
    fn groups_are_unfolded_to_whole_paths() {
        let source = "use crate::{http, store::{Row, view::All}};";
        assert_eq!(written(source), ["use", "crate::http", "crate::store::Row", "crate::store::view::All"]);
    }

    #[test]
    fn comments_and_strings_name_nothing() {
        let source = "// crate::http\n/* crate::http */ let a = \"crate::http \\\" crate::http\"; '\"'; b";
        assert_eq!(written(source), ["let", "a", "b"]);
    }

    #[test]
    fn a_path_in_the_middle_of_code_is_found_with_its_line() {
        let found = paths("fn f() {\n    crate::http::serve()\n}");
        assert!(found.contains(&Named { line: 2, path: "crate::http::serve".to_owned() }), "{found:?}");
    }
}
