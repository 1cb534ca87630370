//! The `rollout` of a play.

use std::time::Duration;

use crate::desired::yaml::Node;
use crate::diagnostic::Diagnostic;

use super::fields::Fields;
use super::quantity::{Amount, amount, duration};

const KEYS: [&str; 8] = [
    "canary",
    "batch",
    "failure_budget",
    "confirm_window",
    "activation_timeout",
    "settle",
    "reboot_as_last_resort",
    "spread_by",
];

/// What a play says about how its change is rolled out; what it leaves open is `None`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RolloutSettings {
    /// How many hosts go first, alone.
    pub canary: Option<Amount>,
    /// How many hosts change at a time.
    pub batch: Option<Amount>,
    /// How many hosts may fail before the rollout stops.
    pub failure_budget: Option<Amount>,
    /// How long a host waits for the confirmation before it reverts.
    pub confirm_window: Option<Duration>,
    /// How long activation may take before the host reverts.
    pub activation_timeout: Option<Duration>,
    /// How long the checks must keep passing before the change is confirmed.
    pub settle: Option<Duration>,
    /// Whether a host that is still cut off when everything else was tried may be rebooted.
    pub reboot_as_last_resort: Option<bool>,
    /// The var (or group prefix) whose values a batch is spread over, as in `rack`.
    pub spread_by: Option<String>,
}

/// Reads the `rollout` of a play.
pub(super) fn parse(node: Option<&Node>, mistakes: &mut Vec<Diagnostic>) -> RolloutSettings {
    let fields = node.and_then(|node| Fields::new(node, "`rollout`", &KEYS, mistakes));
    let Some(fields) = fields else {
        return RolloutSettings::default();
    };
    RolloutSettings {
        canary: read(&fields, "canary", amount, mistakes),
        batch: read(&fields, "batch", amount, mistakes),
        failure_budget: read(&fields, "failure_budget", amount, mistakes),
        confirm_window: window(&fields, "confirm_window", mistakes),
        activation_timeout: window(&fields, "activation_timeout", mistakes),
        settle: read(&fields, "settle", duration, mistakes),
        reboot_as_last_resort: fields.truth("reboot_as_last_resort", mistakes),
        spread_by: fields.text("spread_by", mistakes).map(str::to_owned),
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
