//! What `promisc` takes.

use clap::ValueEnum;

use super::{Inventory, Reach};

/// Options of `promisc`.
#[derive(Debug, clap::Args)]
pub struct Promisc {
    /// What to do
    #[arg(value_enum, value_name = "ACTION")]
    pub action: Switching,
    /// The host, as for --limit, or a NIC's MAC address; for `status` all hosts without it
    #[arg(value_name = "HOST|NIC")]
    pub target: Option<String>,
    /// Which of the host's NICs: its name in the inventory, or its MAC address
    #[arg(value_name = "NIC")]
    pub nic: Option<String>,
    /// Show what would be asked of the provider, and change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Switch the whole port group, on a vRack's switch alone: every VM in it then hears the
    /// frames of all others
    #[arg(long)]
    pub expose_whole_port_group: bool,
    /// Seconds that the provider's task may take
    #[arg(long, value_name = "SECONDS", default_value_t = 600,
        value_parser = clap::value_parser!(u64).range(1..=7200))]
    pub wait: u64,
    /// The inventory.
    #[command(flatten)]
    pub inventory: Inventory,
    /// How hosts are reached; this command only asks their providers.
    #[command(flatten)]
    pub reach: Reach,
}

/// What to do with a NIC's port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Switching {
    /// Show what the port accepts, and whether the inventory wants that
    Status,
    /// Have the port accept promiscuous mode, forged transmits and MAC changes
    On,
    /// Go back to what the port accepted before that
    Off,
}
