//! What can be typed after `guest`.

use clap::Subcommand;

use super::{Inventory, Reach};

/// What to do with guests.
#[derive(Debug, Subcommand)]
pub enum Guest {
    /// Stop guests and start them again by what runs them, and wait until they answer
    Restart(GuestRestart),
}

/// Options of `guest restart`.
#[derive(Debug, clap::Args)]
pub struct GuestRestart {
    /// Guests by their names in `network.guests` of their hypervisors
    #[arg(value_name = "GUEST", required = true)]
    pub guests: Vec<String>,
    /// How long a guest may take to stop, and to answer again, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 120, value_parser = clap::value_parser!(u64).range(2..=3600))]
    pub patience: u64,
    /// The inventory; --limit chooses hypervisors.
    #[command(flatten)]
    pub inventory: Inventory,
    /// How to reach the hosts.
    #[command(flatten)]
    pub reach: Reach,
}
