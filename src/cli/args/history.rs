//! What `history` takes.

use super::Hosts;

/// Options of `history`.
#[derive(Debug, clap::Args)]
pub struct History {
    /// Show the runs that the journal holds, the last ones first; needs no connection. With a
    /// PATTERN, which is then one host's name, those that concerned it
    #[arg(long, conflicts_with = "run")]
    pub runs: bool,
    /// Show what one run did, from the journal: its id, the beginning of it, the name of
    /// a rollout in parts, or `last`
    #[arg(long, value_name = "RUN")]
    pub run: Option<String>,
    /// Show what somebody changed, from when to when, as the looks of `drift` have found it;
    /// needs no connection. With a PATTERN, which is then one host's name, only there; with
    /// --runs, the looks themselves
    #[arg(long, conflicts_with = "run")]
    pub drift: bool,
    /// How many runs, or differences of a host that are gone, to show
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub last: usize,
    /// Which hosts, and how they are reached.
    #[command(flatten)]
    pub hosts: Hosts,
}
