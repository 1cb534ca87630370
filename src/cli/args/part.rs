//! Which part of the hosts, where several machines share the work.

use crate::rollout::shard::Shard;

/// One part of the hosts.
#[derive(Debug, Clone, Copy, Default, clap::Args)]
pub struct Part {
    /// Work on one part of the hosts alone: 2/3 is the second of three, from 1. A host's part
    /// depends on its name and the count alone
    #[arg(long, value_name = "I/N")]
    pub shard: Option<Shard>,
}

/// How parts of a rollout find each other.
#[derive(Debug, clap::Args)]
pub struct Together {
    /// With --shard: the rollout's name, the same for all its parts and for no other rollout.
    /// They share the journal, the failure budget and one report
    #[arg(long, value_name = "NAME", requires = "shard")]
    pub rollout: Option<String>,
    /// With --shard: seconds to wait for parts that have not read their hosts yet
    #[arg(long, value_name = "SECONDS", requires = "shard", default_value_t = 600,
        value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub wait_for_parts: u64,
}

impl Part {
    /// Whether a host is to be worked on here.
    pub fn has(self, host: &str) -> bool {
        self.shard.is_none_or(|shard| shard.has(host))
    }
}
