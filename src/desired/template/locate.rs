//! Where a template's error stands in the text that somebody wrote.

use std::error::Error as _;
use std::ops::Range;

use minijinja::Error;

use crate::diagnostic::{Diagnostic, Place};

use super::chain;
use super::engine::lone_expression;
use super::explain::Carried;

/// The innermost error of the engine: the one in the included file.
pub(super) fn root(error: &Error) -> &Error {
    let mut deepest = error;
    while let Some(inner) = deepest.source().and_then(|s| s.downcast_ref::<Error>()) {
        deepest = inner;
    }
    deepest
}

pub(super) fn carried(error: &Error) -> Option<Diagnostic> {
    let mut source: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(current) = source {
        if let Some(Carried(diagnostic)) = current.downcast_ref() {
            return Some(diagnostic.clone());
        }
        source = current.source();
    }
    None
}

/// The expression that has no value, as the engine or the source names it.
pub(super) fn undefined_expression(error: &Error) -> Option<String> {
    let detail = error.detail().unwrap_or_default();
    if let Some(end) = detail.find("` is undefined")
        && let Some(start) = detail[..end].rfind('`')
    {
        return Some(detail[start + 1..end].to_owned());
    }
    let text = error.template_source()?.get(error.range()?)?.trim();
    let simple = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '[' | ']' | '\'' | '"');
    (!text.is_empty() && text.chars().all(simple)).then(|| text.to_owned())
}

/// The text that the engine was given, before its chains were rewritten, and the error's
/// range in it.
pub(super) fn as_written<'a>(
    error: &Error,
    text: &'a str,
    range: Option<Range<usize>>,
) -> (&'a str, Option<Range<usize>>) {
    let given = error.template_source();
    let lone = lone_expression(text).unwrap_or(text);
    for (written, rewritten) in [
        (text, chain::template(text)),
        (text, chain::expression(text)),
        (lone, chain::expression(lone)),
    ] {
        if given == Some(rewritten.text.as_str()) {
            return (written, range.map(|range| rewritten.original(range)));
        }
    }
    (text, None)
}

/// The place in a YAML file of a range in a text that stands there as a scalar. Escapes and
/// the indentation of blocks make the two differ; then the line is found, or else the
/// whole scalar.
pub(super) fn place_within(
    scalar: &Place,
    text: &str,
    range: Option<Range<usize>>,
    line: Option<usize>,
) -> Place {
    let written = scalar.source.text.get(scalar.span.clone()).unwrap_or_default();
    if let (Some(at), Some(range)) = (written.find(text), &range) {
        let start = scalar.span.start + at;
        return scalar.source.place(start + range.start..start + range.end);
    }
    let number = line.or_else(|| {
        let before = text.get(..range?.start)?;
        Some(before.matches('\n').count() + 1)
    });
    let wanted = number.and_then(|number| text.lines().nth(number - 1)).map(str::trim);
    let mut start = scalar.span.start;
    for candidate in written.split_inclusive('\n') {
        if wanted.is_some_and(|wanted| !wanted.is_empty() && candidate.trim() == wanted) {
            let indent = candidate.len() - candidate.trim_start().len();
            let end = start + candidate.trim_end().len();
            return scalar.source.place(start + indent..end);
        }
        start += candidate.len();
    }
    scalar.clone()
}
