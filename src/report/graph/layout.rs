//! Where boxes stand: columns from the world to the guests, each box beside what it is wired
//! to.

use crate::network::picture::{Node, Picture};

/// Between two columns, for the wires.
const GAP: f64 = 56.0;
/// Between two boxes of a column.
const SPACE: f64 = 16.0;
/// Of a line of text in a box.
pub(super) const LINE: f64 = 16.0;
/// The title and the margins of a box.
const HEAD: f64 = 36.0;
const PER_LETTER: f64 = 7.4;
const NARROWEST: f64 = 96.0;
const WIDEST: f64 = 420.0;

/// A box in its place, in pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Place {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// All boxes, in the order of the picture's nodes, and the size of the whole.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Layout {
    pub(super) places: Vec<Place>,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// Places the boxes of a picture.
pub(super) fn layout(picture: &Picture) -> Layout {
    let columns = picture.nodes.iter().map(|node| node.column + 1).max().unwrap_or(0);
    let mut places: Vec<Place> = picture.nodes.iter().map(size).collect();
    let (mut x, mut height) = (0.0_f64, 0.0_f64);
    for column in 0..columns {
        let mut own: Vec<usize> =
            (0..places.len()).filter(|at| picture.nodes[*at].column == column).collect();
        if own.is_empty() {
            continue;
        }
        own.sort_by(|a, b| middle(picture, &places, *a).total_cmp(&middle(picture, &places, *b)));
        let mut y: f64 = 0.0;
        for at in &own {
            places[*at].x = x;
            // Level with what leads to it, where there is room.
            let level = middle(picture, &places, *at) - places[*at].height / 2.0;
            places[*at].y = if level.is_finite() { level.max(y) } else { y };
            y = places[*at].y + places[*at].height + SPACE;
        }
        height = height.max(y - SPACE);
        let widest = own.iter().map(|at| places[*at].width).fold(0.0, f64::max);
        own.iter().for_each(|at| places[*at].width = widest);
        x += widest + GAP;
    }
    Layout { places, width: (x - GAP).max(0.0), height: height.max(0.0) }
}

fn size(node: &Node) -> Place {
    let longest = node.lines.iter().map(|line| line.chars().count());
    let letters = longest.chain([node.name.chars().count() + node.kind.word().len() + 2]).max();
    #[expect(clippy::cast_precision_loss, reason = "a few hundred letters")]
    let (letters, lines) = (letters.unwrap_or(0) as f64, node.lines.len() as f64);
    let width = (letters * PER_LETTER + 24.0).clamp(NARROWEST, WIDEST);
    Place { x: 0.0, y: 0.0, width, height: HEAD + lines * LINE }
}

/// The mean height of the boxes that lead to one; infinite where none does, so that it stands
/// below the others.
fn middle(picture: &Picture, places: &[Place], at: usize) -> f64 {
    let from = picture.wires.iter().filter(|(_, to)| *to == at).map(|(from, _)| *from);
    let heights: Vec<f64> = from.map(|from| places[from].y + places[from].height / 2.0).collect();
    if heights.is_empty() {
        return f64::INFINITY;
    }
    #[expect(clippy::cast_precision_loss, reason = "a few wires")]
    let number = heights.len() as f64;
    heights.iter().sum::<f64>() / number
}
