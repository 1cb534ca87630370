//! Pure: what happens to hosts, as values. The states of one host's transaction, the
//! verdict of its checks, its outcome, and the events that tell of them.

pub mod event;
pub mod outcome;
pub mod pace;
pub mod transaction;
pub mod verdict;
