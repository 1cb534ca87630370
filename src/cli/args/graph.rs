//! What `graph` takes.

use std::path::PathBuf;

use clap::ValueEnum;

use super::{Reach, Render};

/// Options of `graph`.
#[derive(Debug, clap::Args)]
pub struct Graph {
    /// What to render.
    #[command(flatten)]
    pub render: Render,
    /// Draw the hosts as they are: reads each by one command
    #[arg(long)]
    pub live: bool,
    /// What to draw as
    #[arg(long, value_enum, default_value_t = Form::Svg, value_name = "FORM")]
    pub form: Form,
    /// Write a file for each host into this directory, instead of showing them
    #[arg(long, value_name = "DIR")]
    pub to: Option<PathBuf>,
    /// How to reach the hosts.
    #[command(flatten)]
    pub reach: Reach,
}

/// The form of a drawing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// An image by itself, for people.
    Svg,
    /// For Graphviz.
    Dot,
    /// For what draws Mermaid, as many wikis do.
    Mermaid,
}
