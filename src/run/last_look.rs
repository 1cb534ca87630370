//! A last look at a host that an apply could not read any more, before anything is restarted:
//! one that answers is not lost, and what it says is how it ended.

use tokio::time::{Duration, Instant, sleep};

use super::context::Context;
use super::fleet::at_most;
use super::look::{Look, read};
use crate::rollout::outcome::Outcome;
use crate::rollout::transaction::Standing;

/// Between two attempts.
const PAUSE: Duration = Duration::from_secs(3);
/// A host that does not answer is tried for so long: one packet that is lost costs a machine
/// no restart.
const SILENCE: Duration = Duration::from_secs(20);
/// A transaction that is still open is waited for, as its deadlines are past already.
const OPEN: Duration = Duration::from_secs(120);

/// What was seen of a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// Nothing answers; why.
    Gone(String),
    /// It has ended so, by its own word.
    Ended(Outcome),
    /// Something answers that does not say how it ended; what.
    Answers(String),
}

/// Looks at hosts for the end of this run; results come in the order of the hosts.
pub async fn look_last(context: &Context, looks: Vec<Look>) -> Vec<Seen> {
    let work = looks.into_iter().map(|look| {
        let context = context.clone();
        async move { one(&context, &look).await }
    });
    at_most(context.forks, work).await
}

async fn one(context: &Context, look: &Look) -> Seen {
    let began = Instant::now();
    loop {
        let seen = match read(context, look, &context.run).await {
            Ok(standing) => said(standing),
            Err(Outcome::Unreachable { reason, .. }) => Some((Seen::Gone(reason), SILENCE)),
            Err(outcome) => {
                let reason = outcome.reason().unwrap_or(outcome.word()).to_owned();
                Some((Seen::Answers(reason), Duration::ZERO))
            }
        };
        match seen {
            Some((seen, after)) if began.elapsed() >= after => return seen,
            None if began.elapsed() >= OPEN => {
                return Seen::Answers("the change is still open there".to_owned());
            }
            _ => sleep(PAUSE).await,
        }
    }
}

/// What a host says, and how long it must have said so; none while it is not decided.
fn said(standing: Standing) -> Option<(Seen, Duration)> {
    let seen = match standing {
        Standing::Pending | Standing::Reverting => return None,
        Standing::Reverted { reason, residue } if residue.is_empty() => {
            Seen::Ended(Outcome::RolledBack { reason })
        }
        Standing::Reverted { reason, residue } => {
            Seen::Ended(Outcome::RevertIncomplete { reason, residue })
        }
        Standing::Confirmed(generation) => {
            Seen::Answers(format!("it says that generation {generation} is confirmed"))
        }
        Standing::None => Seen::Answers("it knows nothing of the change".to_owned()),
    };
    Some((seen, Duration::ZERO))
}

#[cfg(test)]
mod tests {
    use super::{Seen, said};
    use crate::rollout::outcome::Outcome;
    use crate::rollout::transaction::Standing;

    #[test]
    fn only_a_revert_without_residue_is_a_rollback() {
        let reverted = |residue: &[&str]| Standing::Reverted {
            reason: "timer".to_owned(),
            residue: residue.iter().map(|&text| text.to_owned()).collect(),
        };
        let ended = |standing| said(standing).map(|(seen, _)| seen);
        let back = Outcome::RolledBack { reason: "timer".to_owned() };
        assert_eq!(ended(reverted(&[])), Some(Seen::Ended(back)));
        assert!(matches!(
            ended(reverted(&["a"])),
            Some(Seen::Ended(Outcome::RevertIncomplete { .. }))
        ));
        assert!(matches!(ended(Standing::None), Some(Seen::Answers(_))));
        assert!(matches!(ended(Standing::Confirmed(3)), Some(Seen::Answers(_))));
        assert_eq!(ended(Standing::Pending), None);
    }
}
