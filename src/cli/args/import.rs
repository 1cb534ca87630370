//! What `import` takes.

use std::path::PathBuf;

use super::{Inventory, Reach};

/// Options of `import`.
#[derive(Debug, clap::Args)]
pub struct Import {
    /// The host: a name of the inventory, or `[USER@]ADDRESS[:PORT]` where none is given
    #[arg(value_name = "HOST")]
    pub host: String,
    /// The directory to make; one that is there is never written to [default: the host's name]
    #[arg(value_name = "DIRECTORY")]
    pub directory: Option<PathBuf>,
    /// How to call the host [default: its name in the inventory, or its own host name]
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// The inventory.
    #[command(flatten)]
    pub inventory: Inventory,
    /// How to reach the host.
    #[command(flatten)]
    pub reach: Reach,
}
