//! In which order hosts take their turns.

use serde::{Deserialize, Serialize};

use crate::desired::nearest;
use crate::desired::yaml::{Content, Node};
use crate::diagnostic::Diagnostic;

/// As Ansible's `order` of a play.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// As the inventory has them.
    #[default]
    Inventory,
    /// The other way round.
    ReverseInventory,
    /// By name.
    Sorted,
    /// By name, from the last to the first.
    ReverseSorted,
    /// By chance, another one in every run.
    Shuffle,
}

impl Order {
    const ALL: [(&'static str, Self); 5] = [
        ("inventory", Self::Inventory),
        ("reverse_inventory", Self::ReverseInventory),
        ("sorted", Self::Sorted),
        ("reverse_sorted", Self::ReverseSorted),
        ("shuffle", Self::Shuffle),
    ];
}

/// Reads one of the words.
pub(super) fn order(node: &Node, key: &str) -> Result<Order, Box<Diagnostic>> {
    let text = match &node.content {
        Content::Scalar { text, .. } => text.trim(),
        _ => "",
    };
    if let Some((_, order)) = Order::ALL.iter().find(|(word, _)| *word == text) {
        return Ok(*order);
    }
    let words = Order::ALL.map(|(word, _)| word);
    let remedy = match nearest(text, words) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("there is: {}", words.join(", ")),
    };
    Err(Diagnostic::error(format!("`{key}` is no order of hosts"))
        .at(node.place.clone())
        .remedy(remedy)
        .into())
}
