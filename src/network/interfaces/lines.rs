//! Cuts a text into logical lines the way the program does that reads it.
//!
//! For ifupdown a line that ends in a backslash goes on in the next one, whatever that one
//! holds, and a comment never goes on. ifupdown2 puts one space for any backslash and the
//! white space around it, wherever it stands, so that for it a comment does go on.

use std::ops::Range;

use super::Dialect;

/// What a logical line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Nothing but white space.
    Blank,
    /// Starts with `#`.
    Comment,
    /// Holds words.
    Words,
}

/// One logical line: one or more physical lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    /// All of it, with its newline; the spans of a text's lines cover it without a gap.
    pub(super) span: Range<usize>,
    /// What it is.
    pub(super) kind: Kind,
    /// What the program reads of it: joined, and without the white space around it.
    pub(super) text: String,
}

impl Line {
    fn new(span: Range<usize>, text: &str) -> Self {
        let text = text.trim_matches(is_space);
        let kind = match text.chars().next() {
            None => Kind::Blank,
            Some('#') => Kind::Comment,
            Some(_) => Kind::Words,
        };
        Self { span, kind, text: text.to_owned() }
    }
}

/// What C's `isspace` holds for white space, which is what ifupdown asks.
pub(super) fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\x0b' | '\x0c')
}

/// The logical lines of a text, in order, without a gap.
pub(super) fn cut(text: &str, dialect: Dialect) -> Vec<Line> {
    match dialect {
        Dialect::Any | Dialect::Ifupdown => of_ifupdown(text),
        Dialect::Ifupdown2 => of_ifupdown2(text),
    }
}

fn of_ifupdown(text: &str) -> Vec<Line> {
    let mut lines = Vec::new();
    // Where the open line began, and what it holds so far.
    let mut open: Option<(usize, String)> = None;
    let mut at = 0;
    for raw in text.split_inclusive('\n') {
        let start = at;
        at += raw.len();
        let physical = raw.strip_suffix('\n').unwrap_or(raw);
        let (begin, mut held) = open.take().unwrap_or((start, String::new()));
        if begin == start && physical.trim_start_matches(is_space).starts_with('#') {
            lines.push(Line::new(begin..at, physical));
            continue;
        }
        held.push_str(physical);
        // Also a backslash that an empty line was joined to.
        if held.ends_with('\\') {
            held.pop();
            open = Some((begin, held));
        } else {
            lines.push(words(begin..at, &held));
        }
    }
    if let Some((begin, held)) = open {
        lines.push(words(begin..at, held.trim_end_matches('\\')));
    }
    lines
}

/// A line that was not a comment when it began stays none, whatever its words become.
fn words(span: Range<usize>, text: &str) -> Line {
    let line = Line::new(span, text);
    let kind = if line.kind == Kind::Comment { Kind::Words } else { line.kind };
    Line { kind, ..line }
}

/// What ifupdown2 makes one space of, if a backslash is in it.
fn is_gap(c: char) -> bool {
    c == '\\' || c.is_whitespace()
}

fn of_ifupdown2(text: &str) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut held = String::new();
    let mut begin = 0;
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        let plain = rest.find(is_gap).unwrap_or(rest.len());
        held.push_str(&rest[..plain]);
        at += plain;
        let rest = &text[at..];
        let run = &rest[..rest.find(|c| !is_gap(c)).unwrap_or(rest.len())];
        let backslashes = run.matches('\\').count();
        if backslashes > 0 {
            held.push_str(&" ".repeat(backslashes));
            at += run.len();
            continue;
        }
        for c in run.chars() {
            at += c.len_utf8();
            held.push(c);
            if c == '\n' {
                lines.push(Line::new(begin..at, &held));
                held.clear();
                begin = at;
            }
        }
    }
    if begin < text.len() {
        lines.push(Line::new(begin..text.len(), &held));
    }
    lines
}

/// Splits a line's text into its first word and the trimmed rest.
pub(super) fn key_and_rest(text: &str) -> (&str, &str) {
    match text.find(is_space) {
        Some(end) => (&text[..end], text[end..].trim_matches(is_space)),
        None => (text, ""),
    }
}

/// The range of a logical line's words in the text: without the white space, the last
/// backslash and the newline around them.
pub(super) fn body(text: &str, span: &Range<usize>) -> Range<usize> {
    let raw = &text[span.clone()];
    let rest = raw.trim_start_matches(|c| is_space(c) || c == '\\');
    let start = span.start + (raw.len() - rest.len());
    let end = start + rest.trim_end_matches(|c| is_space(c) || c == '\\').len();
    start..end
}

/// The range of an option's value in the text; the whole body where the key itself is
/// torn over two lines.
pub(super) fn value_span(text: &str, body: &Range<usize>, key: &str) -> Range<usize> {
    let raw = &text[body.clone()];
    match raw.strip_prefix(key) {
        Some(rest) => {
            let value = rest.trim_start_matches(|c| is_space(c) || c == '\\');
            body.end - value.len()..body.end
        }
        None => body.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Dialect, Kind, cut};

    fn kinds(text: &str) -> Vec<(Kind, &str)> {
        let lines = cut(text, Dialect::Ifupdown);
        lines.into_iter().map(|line| (line.kind, &text[line.span])).collect()
    }

    fn texts(text: &str, dialect: Dialect) -> Vec<String> {
        cut(text, dialect).into_iter().map(|line| line.text).collect()
    }

    #[test]
    fn a_comment_does_not_go_on() {
        assert_eq!(
            kinds("# c \\\nauto lo\n"),
            [(Kind::Comment, "# c \\\n"), (Kind::Words, "auto lo\n")]
        );
    }

    #[test]
    fn a_continuation_takes_the_next_line_whatever_it_is() {
        assert_eq!(kinds("up a \\\n# b\nx"), [(Kind::Words, "up a \\\n# b\n"), (Kind::Words, "x")]);
        assert_eq!(texts("up a \\\n# b\n", Dialect::Ifupdown), ["up a # b"]);
    }

    #[test]
    fn a_backslash_goes_on_over_an_empty_line_when_one_is_left() {
        assert_eq!(texts("up a\\\\\n\nb\n", Dialect::Ifupdown), ["up ab"]);
        assert_eq!(texts("up a\\\\\n c\n", Dialect::Ifupdown), ["up a\\ c"]);
    }

    #[test]
    fn a_backslash_at_the_end_of_the_file_is_dropped() {
        for text in [" gateway 10.0.0.2 \\\n", " gateway 10.0.0.2\\\\", "gateway 10.0.0.2 \\"] {
            assert_eq!(texts(text, Dialect::Ifupdown), ["gateway 10.0.0.2"]);
        }
    }

    #[test]
    fn a_backslash_before_a_space_is_a_plain_character() {
        assert_eq!(kinds("up a\\ \nb\n").len(), 2);
    }

    #[test]
    fn ifupdown2_takes_any_backslash_for_a_space() {
        let read = |text| texts(text, Dialect::Ifupdown2);
        assert_eq!(read("up a \\\n  b\nc\n"), ["up a b", "c"]);
        assert_eq!(read("up printf 'a\\nb'\n"), ["up printf 'a nb'"]);
        assert_eq!(read("# c \\\nauto lo\niface\n"), ["# c auto lo", "iface"]);
        assert_eq!(read("a\n\n\\\n\nb"), ["a b"]);
        assert_eq!(read(""), [""; 0]);
    }
}
