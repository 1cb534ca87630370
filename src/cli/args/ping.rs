//! What `ping` and `status` take: commands that look at hosts and change nothing.

use std::path::PathBuf;

use super::{Hosts, Inventory, Part, Reach};

/// Options of `status`.
#[derive(Debug, clap::Args)]
pub struct Status {
    /// Which hosts.
    #[command(flatten)]
    pub hosts: Hosts,
    /// Which part of them.
    #[command(flatten)]
    pub part: Part,
}

/// Options of `ping`.
#[derive(Debug, clap::Args)]
pub struct Ping {
    /// Which hosts, as for --limit; or the playbook, if it is the name of a file
    #[arg(value_name = "PATTERN")]
    pub pattern: Option<String>,
    /// The playbook that declares the checks; the usual ones without any
    #[arg(value_name = "PLAYBOOK")]
    pub playbook: Option<PathBuf>,
    /// Repeat until Ctrl-C, with so many seconds in between; the worst that was seen counts
    #[arg(long, value_name = "SECONDS", num_args = 0..=1, require_equals = true,
        default_missing_value = "2", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub watch: Option<u64>,
    /// Which part of the hosts.
    #[command(flatten)]
    pub part: Part,
    /// The inventory.
    #[command(flatten)]
    pub inventory: Inventory,
    /// How to reach the hosts.
    #[command(flatten)]
    pub reach: Reach,
}
