//! The `rollout` of a play.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::desired::yaml::{Content, Node};
use crate::diagnostic::Diagnostic;

use super::fields::Fields;
use super::order::{Order, order};
use super::quantity::{Amount, amount, duration, truth};

const KEYS: [&str; 11] = [
    "canary",
    "batch",
    "failure_budget",
    "spread_by",
    "order",
    "pause",
    "revert_on_failure",
    "confirm_window",
    "activation_timeout",
    "settle",
    "reboot_as_last_resort",
];

/// What a play says about how its change is rolled out; what it leaves open is `None`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RolloutSettings {
    /// How many hosts go first, alone.
    pub canary: Option<Amount>,
    /// How many hosts change at a time: one batch after the other, the last of these again
    /// and again.
    pub batch: Option<Vec<Amount>>,
    /// How many hosts may fail before the rollout stops.
    pub failure_budget: Option<Amount>,
    /// Vars of which no two hosts of a batch may have the same value, as in `rack`.
    pub spread_by: Vec<String>,
    /// In which order hosts take their turns.
    pub order: Option<Order>,
    /// What happens between two batches.
    pub pause: Option<Pause>,
    /// Whether hosts that are done go back when the rollout stops after failures.
    pub revert_on_failure: Option<bool>,
    /// How long a host waits for the confirmation before it reverts.
    pub confirm_window: Option<Duration>,
    /// How long activation may take before the host reverts.
    pub activation_timeout: Option<Duration>,
    /// How long the checks must keep passing before the change is confirmed.
    pub settle: Option<Duration>,
    /// Whether a host that is still cut off when everything else was tried may be rebooted.
    pub reboot_as_last_resort: Option<bool>,
}

/// What happens between two batches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pause {
    /// So long nothing.
    For(Duration),
    /// Somebody is asked whether to go on.
    Prompt,
}

/// Reads the `rollout` of a play.
pub(super) fn parse(node: Option<&Node>, mistakes: &mut Vec<Diagnostic>) -> RolloutSettings {
    let fields = node.and_then(|node| Fields::new(node, "`rollout`", &KEYS, mistakes));
    let Some(fields) = fields else {
        return RolloutSettings::default();
    };
    RolloutSettings {
        canary: read(&fields, "canary", amount, mistakes),
        batch: read(&fields, "batch", steps, mistakes),
        failure_budget: read(&fields, "failure_budget", amount, mistakes),
        spread_by: read(&fields, "spread_by", names, mistakes).unwrap_or_default(),
        order: read(&fields, "order", order, mistakes),
        pause: read(&fields, "pause", pause, mistakes),
        revert_on_failure: read(&fields, "revert_on_failure", truth, mistakes),
        confirm_window: window(&fields, "confirm_window", mistakes),
        activation_timeout: window(&fields, "activation_timeout", mistakes),
        settle: read(&fields, "settle", duration, mistakes),
        reboot_as_last_resort: fields.truth("reboot_as_last_resort", mistakes),
    }
}

/// `3`, `25%`, or a list of these as in Ansible's `serial`.
fn steps(node: &Node, key: &str) -> Result<Vec<Amount>, Box<Diagnostic>> {
    match &node.content {
        Content::List(items) if items.is_empty() => Err(Diagnostic::error("this list is empty")
            .at(node.place.clone())
            .remedy("write `3`, `25%`, or `[1, 5, 25%]`")
            .into()),
        Content::List(items) => items.iter().map(|item| amount(item, key)).collect(),
        _ => Ok(vec![amount(node, key)?]),
    }
}

/// A name, or a list of names.
fn names(node: &Node, key: &str) -> Result<Vec<String>, Box<Diagnostic>> {
    let name = |node: &Node| match &node.content {
        Content::Scalar { text, .. } if !text.trim().is_empty() => Ok(text.trim().to_owned()),
        _ => Err(Diagnostic::error(format!("`{key}` is no name of a var"))
            .at(node.place.clone())
            .remedy("write `rack`, or `[rack, ha_pair]`")
            .into()),
    };
    match &node.content {
        Content::List(items) => items.iter().map(name).collect(),
        _ => Ok(vec![name(node)?]),
    }
}

/// A duration, or `prompt`.
fn pause(node: &Node, key: &str) -> Result<Pause, Box<Diagnostic>> {
    match &node.content {
        Content::Scalar { text, .. } if text.trim() == "prompt" => Ok(Pause::Prompt),
        _ => duration(node, key).map(Pause::For).map_err(|mistake| {
            mistake.remedy("write `60s`, `2m`, `1h`, a number of seconds, or `prompt`").into()
        }),
    }
}

/// A deadline on the host: long enough to be met at all.
fn window(fields: &Fields<'_>, key: &str, mistakes: &mut Vec<Diagnostic>) -> Option<Duration> {
    let shortest = Duration::from_secs(5);
    let window = read(fields, key, duration, mistakes)?;
    if window < shortest {
        let mut mistake = Diagnostic::error(format!("`{key}` is shorter than 5 s"))
            .because("no new connection can be made and checked in less")
            .remedy("give it 30s or more");
        mistake.place = fields.get(key).map(|node| node.place.clone());
        mistakes.push(mistake);
    }
    Some(window)
}

fn read<T>(
    fields: &Fields<'_>,
    key: &str,
    parse: fn(&Node, &str) -> Result<T, Box<Diagnostic>>,
    mistakes: &mut Vec<Diagnostic>,
) -> Option<T> {
    match parse(fields.get(key)?, key) {
        Ok(value) => Some(value),
        Err(mistake) => {
            mistakes.push(*mistake);
            None
        }
    }
}
