//! What a YAML parser's error means to the person who wrote the file.

use serde_saphyr::granit_parser::{ErrorKind, ScanError};

use crate::diagnostic::{Diagnostic, Place, Source};

/// The diagnostic for a parser's error.
pub(super) fn explain(error: &ScanError, raw: &str, source: &Source) -> Diagnostic {
    let at = error.marker().byte_offset().unwrap_or(0);
    if let Some(tab) = tab_near(error.kind(), raw, at) {
        return Diagnostic::error("a tab stands where YAML allows only spaces")
            .at(source.place(tab..tab + 1))
            .remedy("indent with spaces");
    }
    let place = on_text(raw, at, source);
    match error.kind() {
        ErrorKind::UnknownAnchor => Diagnostic::error("this alias has no anchor before it")
            .at(place)
            .remedy("define it with `&name` further up in the same file"),
        _ => {
            let detail = error.info();
            let message = if detail.is_empty() {
                "this is not valid YAML".to_owned()
            } else {
                format!("this is not valid YAML: {detail}")
            };
            Diagnostic::error(message).at(place).remedy(
                "check quotes, colons and indentation on this line and the one before; \
                 quote a text that contains `: `, ` #` or begins with one of `{ [ * & ! % @`",
            )
        }
    }
}

/// The tab that the error is about: the parser names some, and stumbles after others.
fn tab_near(kind: &ErrorKind, raw: &str, at: usize) -> Option<usize> {
    let named = matches!(
        kind,
        ErrorKind::TabNotAllowed
            | ErrorKind::TabInBlockIndentation
            | ErrorKind::TabInIndentation
            | ErrorKind::TabAtBlockScalarStart
            | ErrorKind::TabInPlainScalar
    );
    let start = raw.get(..at)?.rfind('\n').map_or(0, |newline| newline + 1);
    let line = raw[start..].lines().next().unwrap_or_default();
    let indent = line.len() - line.trim_start().len();
    let in_indent = line[..indent].find('\t').map(|tab| start + tab);
    in_indent.or_else(|| line.find('\t').filter(|_| named).map(|tab| start + tab))
}

/// The place of an error, never an empty one at the end of the text.
fn on_text(raw: &str, at: usize, source: &Source) -> Place {
    let at = if at >= raw.len() { raw.trim_end().len().saturating_sub(1) } else { at };
    let start = (0..=at).rev().find(|i| raw.is_char_boundary(*i)).unwrap_or(0);
    let end = raw[start..].chars().next().map_or(start, |c| start + c.len_utf8());
    source.place(start..end)
}
