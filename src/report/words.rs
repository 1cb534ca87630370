//! Words for people: of steps, of outcomes, of many names.

use anstyle::{AnsiColor, Style};

use super::clean::clean;
use super::rescue;
use crate::rollout::outcome::Outcome;

/// All is well.
pub const GOOD: Style = AnsiColor::Green.on_default().bold();
/// Somebody has to look.
pub const BAD: Style = AnsiColor::Red.on_default().bold();
/// Not in force, and safe.
pub const CARE: Style = AnsiColor::Yellow.on_default().bold();
/// Beside the point.
pub const DIM: Style = Style::new().dimmed();

/// How many names stand for themselves.
const FEW: usize = 8;

/// The kinds of outcomes, from the best to the worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Confirmed,
    Rescued,
    Unchanged,
    Drifted,
    Planned,
    RolledBack,
    /// Back, with checks that fail.
    RescuedBadly,
    Refused,
    Failed,
    Skipped,
    Unreachable,
    RevertIncomplete,
    Unknown,
    Stranded,
}

impl Kind {
    /// An outcome's kind.
    pub fn of(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Confirmed { .. } => Self::Confirmed,
            Outcome::Unchanged => Self::Unchanged,
            Outcome::Drifted => Self::Drifted,
            Outcome::Planned => Self::Planned,
            Outcome::RolledBack { .. } => Self::RolledBack,
            Outcome::Refused { .. } => Self::Refused,
            Outcome::Failed { .. } => Self::Failed,
            Outcome::Skipped { .. } => Self::Skipped,
            Outcome::Unreachable { .. } => Self::Unreachable,
            Outcome::RevertIncomplete { .. } => Self::RevertIncomplete,
            Outcome::Rescued { failing, .. } if failing.is_empty() => Self::Rescued,
            Outcome::Rescued { .. } => Self::RescuedBadly,
            Outcome::Stranded { .. } => Self::Stranded,
            Outcome::Unknown { .. } => Self::Unknown,
        }
    }

    /// What is said of hosts that ended so.
    pub fn words(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Unchanged => "unchanged",
            Self::Drifted => "not as the files say",
            Self::Planned => "to change",
            Self::RolledBack => "rolled back",
            Self::Refused => "refused",
            Self::Failed => "failed (as they were)",
            Self::Skipped => "not begun",
            Self::Unreachable => "unreachable",
            Self::RevertIncomplete => "reverted incompletely",
            Self::Rescued => "rescued",
            Self::RescuedBadly => "rescued, with failing checks",
            Self::Stranded => "not rescued",
            Self::Unknown => "unknown",
        }
    }

    /// Its colour.
    pub fn style(self) -> Style {
        match self {
            Self::Confirmed | Self::Rescued | Self::Unchanged => GOOD,
            Self::Planned | Self::Drifted | Self::RolledBack | Self::RescuedBadly => CARE,
            Self::Skipped => DIM,
            Self::Refused
            | Self::Failed
            | Self::Unreachable
            | Self::RevertIncomplete
            | Self::Stranded
            | Self::Unknown => BAD,
        }
    }
}

/// The first names, and how many more there are.
pub fn some<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.into_iter().collect();
    let first: Vec<String> = names.iter().take(FEW).map(|name| clean(name)).collect();
    let more = match names.len().saturating_sub(FEW) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("{}{more}", first.join(", "))
}

/// An outcome in one line.
pub fn outcome_words(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Unchanged => format!("{GOOD}unchanged{GOOD:#}"),
        Outcome::Drifted => {
            format!("{CARE}live state is not as the files say{CARE:#}; nothing to change")
        }
        Outcome::Planned => format!("{CARE}changes planned{CARE:#}"),
        Outcome::Confirmed { generation } => {
            format!("{GOOD}confirmed{GOOD:#} as generation {generation}")
        }
        Outcome::RolledBack { reason } => {
            format!("{CARE}rolled back{CARE:#}, host safe: {}", clean(reason))
        }
        Outcome::RevertIncomplete { reason, residue } => {
            let residue: Vec<String> =
                residue.iter().map(|r| format!("\n    not as before: {}", clean(r))).collect();
            format!("{BAD}revert incomplete{BAD:#}: {}{}", clean(reason), residue.concat())
        }
        Outcome::Refused { reason, remedy } => with_remedy("refused", reason, remedy.as_deref()),
        Outcome::Failed { reason, remedy } => {
            with_remedy("failed, host as it was", reason, remedy.as_deref())
        }
        Outcome::Skipped { reason } => format!("{DIM}not begun{DIM:#}: {}", clean(reason)),
        Outcome::Unreachable { reason, remedy } => {
            with_remedy("unreachable", reason, remedy.as_deref())
        }
        Outcome::Rescued { restored, failing } => rescue::rescued(restored, failing),
        Outcome::Stranded { reason, stands, by_hand } => rescue::stranded(reason, stands, by_hand),
        Outcome::Unknown { reason } => format!("{BAD}unknown{BAD:#}: {}", clean(reason)),
    }
}

fn with_remedy(word: &str, reason: &str, remedy: Option<&str>) -> String {
    let help = remedy.map_or_else(String::new, |remedy| format!("\n    help: {}", clean(remedy)));
    let reason: Vec<String> = reason.lines().map(clean).collect();
    format!("{BAD}{word}{BAD:#}: {}{help}", reason.join("\n    "))
}

/// A step's name in the scripts → words for people.
pub fn step_words(step: &str) -> &str {
    match step {
        "precheck" => "nothing has changed since the plan",
        "stage" => "files staged and read back",
        "validate" => "files accepted by the host's own tools",
        "snapshot" => "files and live state kept",
        "baseline" => "baseline of the checks taken",
        "prove" => "timer proved to fire",
        "arm-boot" => "armed: would revert at boot",
        "arm" => "armed: would revert by timer",
        "worker" => "change goes on by itself",
        "down" => "changed interfaces down",
        "swap" => "files swapped in",
        "nft" => "nft ruleset loaded",
        "sysctl" => "sysctl values set",
        "up" => "changed interfaces up",
        "object-begun" => "something behind a tool is about to change",
        "object-put" => "changed by its tool",
        "objects" => "what is behind tools is as wanted",
        "reload" => "reload commands run",
        "activated" => "active, waiting to be confirmed",
        "rescue-remembered" => "boot setting remembered",
        "rescue-set" => "set to boot the rescue system, read back",
        "rescue-reset" => "restarted into the rescue system",
        "rescue-reached" => "logged in to the rescue system",
        "rescue-restored" => "files restored and read back from the disk",
        "rescue-unset" => "boot setting restored, read back",
        "rescue-restarted" => "restarted from its own disk",
        other => other,
    }
}

/// What a wish to stop means.
pub fn stop_words(how: &str) -> &'static str {
    match how {
        "finish" => {
            "Stopping: nothing new begins, open changes go to their end. Ctrl-C again reverts them."
        }
        "revert" => "Reverting what is open. Ctrl-C again leaves it to the hosts' watchdogs.",
        _ => "Leaving.",
    }
}
