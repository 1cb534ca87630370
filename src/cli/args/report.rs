//! What `report` takes.

use std::path::PathBuf;

use super::{Part, Reach, Render};

/// Options of `report`.
#[derive(Debug, clap::Args)]
pub struct Report {
    /// What to render.
    #[command(flatten)]
    pub render: Render,
    /// How to reach the hosts.
    #[command(flatten)]
    pub reach: Reach,
    /// Which part of the hosts.
    #[command(flatten)]
    pub part: Part,
    /// The file to write
    #[arg(long, value_name = "FILE", default_value = "report.html")]
    pub to: PathBuf,
}
