//! The windows of a host's transaction, of the plays that meet on it.

use super::{Play, Settings};

/// Plays that meet on a host change it in one transaction: the longest of each window is
/// the one that suits all of them.
pub(super) fn settings(plays: &[&Play]) -> Settings {
    let default = Settings::default();
    let longest = |of: fn(&Play) -> Option<std::time::Duration>, or| {
        plays.iter().filter_map(|play| of(play)).max().unwrap_or(or)
    };
    Settings {
        confirm_window: longest(|play| play.rollout.confirm_window, default.confirm_window),
        activation_timeout: longest(
            |play| play.rollout.activation_timeout,
            default.activation_timeout,
        ),
        settle: longest(|play| play.rollout.settle, default.settle),
        // Nobody is rebooted on the word of one play alone.
        reboot_as_last_resort: plays
            .iter()
            .all(|play| play.rollout.reboot_as_last_resort == Some(true)),
    }
}
