//! What `vmac` takes.

use clap::ValueEnum;

use super::{Inventory, Reach};

/// Options of `vmac`.
#[derive(Debug, clap::Args)]
pub struct Vmac {
    /// What to do
    #[arg(value_enum, value_name = "ACTION")]
    pub action: Making,
    /// The host that the VMs run on, as for --limit; all hosts without it
    #[arg(value_name = "HOST")]
    pub target: Option<String>,
    /// Only this one of its VMs
    #[arg(value_name = "VM")]
    pub vm: Option<String>,
    /// Show what would be asked of the provider, and change nothing
    #[arg(long)]
    pub dry_run: bool,
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

/// What to do with virtual MACs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Making {
    /// Show which additional addresses have one
    Status,
    /// Have the provider make those that are missing
    Create,
}
