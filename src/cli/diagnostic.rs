//! Draws a diagnostic: message, place, excerpt with a caret, why, and what to do.
//!
//! Names, excerpts and messages may come from a hostile host. Everything that could drive
//! a terminal or hide text in it is drawn as a visible mark, here and not by the drawing
//! library, which lets the C1 control characters through.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use crate::diagnostic::{Diagnostic, Place, Severity};

/// One diagnostic as text that ends in a newline, with ANSI colours or plain.
pub fn draw(d: &Diagnostic, colour: bool) -> String {
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    let mut text = renderer.render(&[group(d)]);
    text.push('\n');
    text
}

/// Several diagnostics, a blank line between two.
pub fn draw_all<'a>(all: impl IntoIterator<Item = &'a Diagnostic>, colour: bool) -> String {
    let drawn: Vec<String> = all.into_iter().map(|d| draw(d, colour)).collect();
    drawn.join("\n")
}

fn group(d: &Diagnostic) -> Group<'static> {
    let level = match d.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let mut title = level.primary_title(one_line(&d.message));
    if let Some(id) = d.rule {
        title = title.id(id);
    }
    let mut group = Group::with_title(title);
    if let Some(place) = &d.place {
        group = group.element(snippet(place));
    }
    if let Some(reason) = &d.reason {
        group = group.element(Level::NOTE.message(visible(reason)));
    }
    if let Some(remedy) = &d.remedy {
        group = group.element(Level::HELP.message(visible(remedy)));
    }
    group
}

/// The line of the place; a longer place is marked to the end of its first line.
fn snippet(place: &Place) -> Snippet<'static, annotate_snippets::Annotation<'static>> {
    let (number, _) = place.line_column();
    let (line, span) = excerpt(&place.source.text, &place.span);
    Snippet::source(line)
        .path(one_line(&place.source.name))
        .line_start(number)
        .annotation(AnnotationKind::Primary.span(span))
}

/// The visible form of the line in which the span starts, and the span in it.
fn excerpt(text: &str, span: &Range<usize>) -> (String, Range<usize>) {
    let start = boundary(text, span.start);
    let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at);
    let end = boundary(text, span.end).clamp(start, line_end);
    let before = visible(&text[line_start..start]);
    let marked = visible(&text[start..end]);
    let after = visible(&text[end..line_end]);
    let span = before.len()..before.len() + marked.len();
    (before + &marked + &after, span)
}

fn boundary(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// Visible, and on one line, so that a message cannot forge the lines after it.
fn one_line(text: &str) -> String {
    visible(text).replace('\n', "\u{240a}").replace('\t', " ")
}

/// The text with every character that a terminal obeys or hides replaced by a mark.
/// Newlines stay, and tabs, which the drawing library widens and counts as one column.
fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\t' => out.push(c),
            // The pictures for C0 stand in the same order.
            '\0'..='\x1f' => out.extend(char::from_u32(0x2400 + u32::from(c))),
            '\x7f' => out.push('\u{2421}'),
            '\u{80}'..='\u{9f}'
            | '\u{ad}'
            | '\u{61c}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}' => out.extend(c.escape_unicode()),
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{draw, draw_all};
    use crate::diagnostic::{Diagnostic, Source};
    use proptest::prelude::{any, proptest};

    fn gateway() -> Diagnostic {
        let text = "auto eth0\niface eth0 inet static\n\tgateway 203.0.113.10 # x\n";
        let start = text.find("203").unwrap_or(0);
        Diagnostic::error("the gateway is the host's own address")
            .rule("AD03")
            .at(Source::new("templates/interfaces.j2", text).place(start..start + 12))
            .because("the kernel refuses the route")
            .remedy("write the router's address")
    }

    #[test]
    fn draws_all_parts() {
        let expected = "\
error[AD03]: the gateway is the host's own address
 --> templates/interfaces.j2:3:10
  |
3 |     gateway 203.0.113.10 # x
  |             ^^^^^^^^^^^^
  |
  = note: the kernel refuses the route
  = help: write the router's address
";
        assert_eq!(draw(&gateway(), false), expected);
    }

    #[test]
    fn draws_a_bare_message() {
        let d = Diagnostic::warning("no host matches the pattern `web*`");
        assert_eq!(draw(&d, false), "warning: no host matches the pattern `web*`\n");
    }

    #[test]
    fn draws_several_with_a_blank_line_between() {
        let one = Diagnostic::warning("one");
        let two = Diagnostic::error("two").remedy("three");
        assert_eq!(
            draw_all([&one, &two], false),
            "warning: one\n\nerror: two\n |\n = help: three\n"
        );
    }

    #[test]
    fn a_place_at_the_end_of_the_text_has_a_caret() {
        let d = Diagnostic::error("`}` is missing")
            .at(Source::new("x.nft", "table ip t {").place(12..99));
        let expected = "\
error: `}` is missing
 --> x.nft:1:13
  |
1 | table ip t {
  |             ^
";
        assert_eq!(draw(&d, false), expected);
        let d = Diagnostic::error("empty").at(Source::new("x", "").place(0..0));
        assert!(draw(&d, false).contains("x:1:1"));
    }

    #[test]
    fn colour_only_where_asked() {
        assert!(draw(&gateway(), true).contains("\x1b["));
        assert!(!draw(&gateway(), false).contains('\x1b'));
    }

    #[test]
    fn text_from_a_host_cannot_drive_the_terminal() {
        let evil = "up \x1b]0;owned\x07 \u{9b}2J \u{202e}txt\r\n";
        let d = Diagnostic::error(format!("bad option {evil}error: forged"))
            .at(Source::new("a\x1b[2K\nb", evil).place(3..12))
            .because(evil)
            .remedy(evil);
        let drawn = draw(&d, false);
        assert!(
            drawn.contains("\u{241b}]0;owned\u{2407} \\u{9b}2J \\u{202e}txt\u{240d}"),
            "{drawn}"
        );
        assert!(!drawn.lines().any(|line| line.starts_with("error: forged")));
    }

    proptest! {
        #[test]
        fn plain_text_holds_no_control_character(
            text in any::<String>(),
            start in 0..80_usize,
            length in 0..80_usize,
        ) {
            let d = Diagnostic::error(text.as_str())
                .at(Source::new(text.as_str(), text.as_str()).place(start..start + length))
                .because(text.as_str());
            let drawn = draw(&d, false);
            assert!(!drawn.chars().any(|c| c.is_control() && c != '\n' && c != '\t'), "{drawn:?}");
        }
    }
}
