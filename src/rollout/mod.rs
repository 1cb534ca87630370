//! Pure: what happens to hosts, as values. The turns of a rollout, the states of one
//! host's transaction, the verdict of its checks, its outcome, and the events that tell
//! of them.

mod batches;
pub mod event;
pub mod order;
pub mod outcome;
pub mod pace;
pub mod schedule;
pub mod shard;
pub mod terms;
pub mod transaction;
pub mod verdict;
