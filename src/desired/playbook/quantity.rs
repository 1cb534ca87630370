//! Durations, amounts and permission bits as people write them.

use std::time::Duration;

use crate::desired::yaml::{Content, Node};
use crate::diagnostic::Diagnostic;

/// A number of hosts, or a share of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Amount {
    /// So many hosts.
    Count(usize),
    /// So many of a hundred.
    Percent(u8),
}

impl Amount {
    /// How many of `total` hosts that is; a share is rounded down, but never to nothing
    /// unless it is zero.
    pub fn of(self, total: usize) -> usize {
        match self {
            Self::Count(count) => count.min(total),
            Self::Percent(0) => 0,
            Self::Percent(share) => (total * usize::from(share) / 100).max(1).min(total),
        }
    }
}

/// `3` or `25%`.
pub(super) fn amount(node: &Node, key: &str) -> Result<Amount, Box<Diagnostic>> {
    let text = scalar(node);
    let parsed = match text.strip_suffix('%') {
        Some(share) => share.trim().parse().ok().filter(|share| *share <= 100).map(Amount::Percent),
        None => text.parse().ok().map(Amount::Count),
    };
    parsed.ok_or_else(|| {
        mistake(node, format!("`{key}` is neither a number of hosts nor a share of them"))
            .remedy("write `3` or `25%`")
            .into()
    })
}

/// `60s`, `2m`, `1h`, `500ms`, or a number of seconds.
pub(super) fn duration(node: &Node, key: &str) -> Result<Duration, Box<Diagnostic>> {
    let text = scalar(node);
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, unit) = text.split_at(digits);
    let millis = match unit.trim() {
        "" | "s" => Some(1000),
        "ms" => Some(1),
        "m" | "min" => Some(60_000),
        "h" => Some(3_600_000),
        _ => None,
    };
    let day = 86_400_000;
    number
        .parse::<u64>()
        .ok()
        .zip(millis)
        .and_then(|(number, millis)| number.checked_mul(millis))
        .filter(|total| *total <= day)
        .map(Duration::from_millis)
        .ok_or_else(|| {
            mistake(node, format!("`{key}` is not a duration of at most a day"))
                .remedy("write `60s`, `2m`, `1h`, or a number of seconds")
                .into()
        })
}

/// `true` or `false`, as YAML has them.
pub(super) fn truth(node: &Node, key: &str) -> Result<bool, Box<Diagnostic>> {
    match scalar(node) {
        "true" | "True" | "TRUE" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Ok(true),
        "false" | "False" | "FALSE" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => Ok(false),
        _ => Err(mistake(node, format!("`{key}` is neither true nor false"))
            .remedy("write `true` or `false`")
            .into()),
    }
}

/// Permission bits.
///
/// # Errors
/// An unquoted number without a leading zero: YAML hands it on as a decimal, and 644 in
/// decimal is 01204 in octal.
pub(crate) fn mode(node: &Node) -> Result<u32, Box<Diagnostic>> {
    let plain = matches!(node.content, Content::Scalar { plain: true, .. });
    let text = scalar(node);
    let octal = text.strip_prefix("0o").unwrap_or(text);
    let bits = u32::from_str_radix(octal, 8)
        .ok()
        .filter(|bits| *bits <= 0o7777 && (3..=5).contains(&octal.len()));
    match bits {
        Some(_) if plain && !text.starts_with('0') => {
            Err(mistake(node, format!("the mode `{text}` is a decimal number here"))
                .because("an unquoted number without a leading zero is decimal in YAML")
                .remedy(format!("write \"0{text}\""))
                .into())
        }
        Some(bits) => Ok(bits),
        None => Err(mistake(node, "the mode is not an octal number of permission bits")
            .remedy("write it in quotes, as in \"0644\"")
            .into()),
    }
}

fn scalar(node: &Node) -> &str {
    match &node.content {
        Content::Scalar { text, .. } => text.trim(),
        _ => "",
    }
}

fn mistake(node: &Node, message: impl Into<String>) -> Diagnostic {
    Diagnostic::error(message).at(node.place.clone())
}
