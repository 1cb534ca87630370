//! What becomes of hosts that a change has lost.

use clap::ValueEnum;

/// When a lost host is restarted through its provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum When {
    /// At once
    Auto,
    /// After a question for each host
    Ask,
    /// Not by this command
    Never,
}

/// Options for hosts that are not heard of again.
#[derive(Debug, clap::Args)]
pub struct Lost {
    /// Bring a host that is not heard of again back through its provider, as `rappel rescue`
    /// does [default: ask; never with --yes]
    #[arg(long, value_enum, value_name = "WHEN")]
    pub rescue: Option<When>,
    /// With --rescue: restart none if more hosts than this are lost, and so many at once
    #[arg(long, value_name = "HOSTS", default_value_t = 1,
        value_parser = clap::value_parser!(u64).range(1..=100))]
    pub rescue_limit: u64,
}
