//! Cuts a text into logical lines the way ifupdown does.
//!
//! A line that ends in a backslash goes on in the next one, whatever that one holds. A
//! comment never goes on: its backslash is part of the comment.

use std::ops::Range;

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
}

/// What C's `isspace` holds for white space, which is what ifupdown asks.
pub(super) fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\x0b' | '\x0c')
}

/// The logical lines of a text, in order, without a gap.
pub(super) fn cut(text: &str) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut open: Option<usize> = None;
    let mut at = 0;
    for raw in text.split_inclusive('\n') {
        let start = open.unwrap_or(at);
        let begins = open.is_none();
        at += raw.len();
        let first = raw.trim_start_matches(is_space);
        if begins && first.starts_with('#') {
            lines.push(Line { span: start..at, kind: Kind::Comment });
            continue;
        }
        if raw.trim_end_matches('\n').ends_with('\\') {
            open = Some(start);
            continue;
        }
        open = None;
        lines.push(words(text, start..at));
    }
    if let Some(start) = open {
        lines.push(words(text, start..at));
    }
    lines
}

fn words(text: &str, span: Range<usize>) -> Line {
    let kind = if joined(&text[span.clone()]).trim_matches(is_space).is_empty() {
        Kind::Blank
    } else {
        Kind::Words
    };
    Line { span, kind }
}

/// A logical line's text with its continuations taken out.
pub(super) fn joined(raw: &str) -> String {
    let raw = raw.strip_suffix('\n').unwrap_or(raw);
    let raw = raw.strip_suffix('\\').unwrap_or(raw);
    raw.replace("\\\n", "")
}

/// Splits a joined line into its first word and the trimmed rest.
pub(super) fn key_and_rest(joined: &str) -> (&str, &str) {
    let body = joined.trim_matches(is_space);
    match body.find(is_space) {
        Some(end) => (&body[..end], body[end..].trim_matches(is_space)),
        None => (body, ""),
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
    use super::{Kind, cut, joined, key_and_rest};

    fn kinds(text: &str) -> Vec<(Kind, &str)> {
        cut(text).into_iter().map(|line| (line.kind, &text[line.span])).collect()
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
        assert_eq!(joined("up a \\\n# b\n"), "up a # b");
    }

    #[test]
    fn a_backslash_at_the_end_of_the_file_is_dropped() {
        assert_eq!(key_and_rest(&joined(" gateway 10.0.0.2 \\\n")), ("gateway", "10.0.0.2"));
    }

    #[test]
    fn a_backslash_before_a_space_is_a_plain_character() {
        assert_eq!(kinds("up a\\ \nb\n").len(), 2);
    }
}
