//! SVG by itself: no script, nothing loaded from elsewhere, readable in dark and light.

use std::fmt::Write;

use super::layout::{LINE, Layout, Place, layout};
use super::words;
use crate::network::picture::{Node, Picture};

/// Around a host's boxes.
const MARGIN: f64 = 20.0;
/// For the host's name above them.
const HEAD: f64 = 44.0;

/// Colours and letters, for a page that holds many pictures as well as for one by itself.
pub const STYLE: &str = include_str!("picture.css");

/// What is around the drawings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Frame {
    /// A file by itself, with its style.
    File,
    /// A part of a page that has the style.
    Part,
}

/// Draws hosts, one below the other.
pub fn svg(pictures: &[Picture], frame: Frame) -> String {
    let drawn: Vec<(&Picture, Layout)> = pictures.iter().map(|one| (one, layout(one))).collect();
    let width = drawn.iter().map(|(_, l)| l.width).fold(160.0, f64::max) + 2.0 * MARGIN;
    let tall = |(picture, layout): &(&Picture, Layout)| {
        HEAD + layout.height + notes_height(picture) + MARGIN
    };
    let height: f64 = drawn.iter().map(|one| tall(one) + MARGIN).sum::<f64>().max(1.0);
    let names: Vec<&str> = pictures.iter().map(|picture| picture.host.as_str()).collect();
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"picture\" role=\"img\" \
         viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" height=\"{height:.0}\">\n\
         <title>Network of {}</title>\n",
        text(&names.join(", "))
    );
    if frame == Frame::File {
        let _ = write!(out, "<style>\n{STYLE}</style>\n");
    }
    let mut y = 0.0;
    for one in &drawn {
        let _ = writeln!(out, "<g transform=\"translate(0 {y:.0})\">");
        host(&mut out, one.0, &one.1, width);
        out.push_str("</g>\n");
        y += tall(one) + MARGIN;
    }
    out.push_str("</svg>\n");
    out
}

#[expect(clippy::cast_precision_loss, reason = "at most a dozen")]
fn notes_height(picture: &Picture) -> f64 {
    picture.notes.len() as f64 * LINE
}

fn host(out: &mut String, picture: &Picture, layout: &Layout, width: f64) {
    let tall = HEAD + layout.height + notes_height(picture) + MARGIN;
    let _ = write!(
        out,
        "<rect class=\"host\" x=\"0.5\" y=\"0.5\" width=\"{:.0}\" height=\"{tall:.0}\" rx=\"10\"/>\n\
         <text class=\"name\" x=\"{MARGIN}\" y=\"26\">{}</text>\n<g transform=\"translate({MARGIN} {HEAD})\">\n",
        width - 1.0,
        text(&picture.host)
    );
    for (from, to) in &picture.wires {
        wire(out, layout.places[*from], layout.places[*to]);
    }
    for (node, place) in picture.nodes.iter().zip(&layout.places) {
        boxed(out, node, *place);
    }
    let mut y = layout.height + LINE;
    for note in &picture.notes {
        let _ = writeln!(out, "<text class=\"line\" x=\"0\" y=\"{y:.0}\">{}</text>", text(note));
        y += LINE;
    }
    out.push_str("</g>\n");
}

fn wire(out: &mut String, from: Place, to: Place) {
    let (x1, y1) = (from.x + from.width, from.y + from.height / 2.0);
    let (x2, y2) = (to.x, to.y + to.height / 2.0);
    let bend = ((x2 - x1) / 2.0).max(12.0);
    let _ = writeln!(
        out,
        "<path class=\"wire\" d=\"M{x1:.1} {y1:.1}C{:.1} {y1:.1} {:.1} {y2:.1} {x2:.1} {y2:.1}\"/>",
        x1 + bend,
        x2 - bend
    );
}

fn boxed(out: &mut String, node: &Node, place: Place) {
    let Place { x, y, width, height } = place;
    let kind = node.kind.word();
    let down = if node.lines.iter().any(|line| line == "down") { " down" } else { "" };
    let _ = write!(
        out,
        "<g class=\"box {kind}{down}\" transform=\"translate({x:.1} {y:.1})\">\n<title>{kind} {}</title>\n\
         <rect width=\"{width:.1}\" height=\"{height:.1}\" rx=\"6\"/>\n\
         <text class=\"title\" x=\"12\" y=\"22\">{}</text>\n<text class=\"kind\" x=\"{:.1}\" y=\"22\">{kind}</text>\n",
        text(&words(node)),
        text(&cut(
            &node.name,
            width - 36.0 - 7.0 * f64::from(u8::try_from(kind.len()).unwrap_or(0))
        )),
        width - 10.0,
    );
    let mut below = 22.0 + LINE + 2.0;
    for line in &node.lines {
        let line = text(&cut(line, width - 20.0));
        let _ = writeln!(out, "<text class=\"line\" x=\"12\" y=\"{below:.0}\">{line}</text>");
        below += LINE;
    }
    out.push_str("</g>\n");
}

/// What fits into so many pixels; the whole is in the box's title.
fn cut(text: &str, width: f64) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "small and positive"
    )]
    let letters = (width.max(24.0) / 7.2) as usize;
    if text.chars().count() <= letters {
        return text.to_owned();
    }
    text.chars().take(letters.saturating_sub(1)).chain(['…']).collect()
}

/// Text as XML takes it; letters that XML has not are left out.
pub fn text(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    for c in raw.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' => out.push('\n'),
            c if crate::report::clean::harmful(c) || matches!(c, '\u{fffe}' | '\u{ffff}') => {}
            c => out.push(c),
        }
    }
    out
}
