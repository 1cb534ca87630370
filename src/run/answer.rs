//! A host's answer about a run → what it means.

use crate::remote::wire::{Reply, WireError, garbage};
use crate::rollout::transaction::Standing;

/// Reads the `outcome` record, and with it the `residue`.
pub fn standing(reply: &Reply) -> Result<Standing, WireError> {
    let outcome = reply.need("outcome")?;
    let (word, rest) = outcome.split_once(' ').unwrap_or((outcome, ""));
    match word {
        "confirmed" => rest.parse().map(Standing::Confirmed).map_err(|_| garbage(outcome)),
        // Still being prepared counts as not decided: it may go on without us.
        "pending" | "staged" => Ok(Standing::Pending),
        "reverting" => Ok(Standing::Reverting),
        "reverted" => Ok(Standing::Reverted {
            reason: rest.to_owned(),
            residue: reply.all("residue").map(str::to_owned).collect(),
        }),
        "none" => Ok(Standing::None),
        _ => Err(garbage(outcome)),
    }
}

#[cfg(test)]
mod tests {
    use super::standing;
    use crate::remote::wire::Reply;
    use crate::rollout::transaction::Standing;

    fn read(outcome: &str) -> Option<Standing> {
        let reply = Reply::parse(&format!("rappel|1\n{outcome}\nend|ok\n")).expect("a reply");
        standing(&reply).ok()
    }

    #[test]
    fn only_the_host_says_confirmed() {
        assert_eq!(read("outcome|confirmed 3"), Some(Standing::Confirmed(3)));
        assert_eq!(read("outcome|confirmed"), None);
        assert_eq!(read("outcome|fine"), None);
    }

    #[test]
    fn a_revert_keeps_reason_and_residue() {
        let standing =
            read("residue|routes4: missing: default\noutcome|reverted not confirmed within 15 s");
        let Some(Standing::Reverted { reason, residue }) = standing else { panic!("{standing:?}") };
        assert_eq!(reason, "not confirmed within 15 s");
        assert_eq!(residue, ["routes4: missing: default"]);
    }
}
