//! What a host's verification keeps in mind from one attempt to the next.

use super::witness::Witnesses;
use crate::rollout::verdict::{Check, CheckResult, Told};

/// What goes on through all attempts: the others who look at the host, and what was told.
#[derive(Debug)]
pub struct Others<'a> {
    /// Hosts that make checks of this one.
    pub witnesses: Witnesses<'a>,
    /// The results that were told.
    pub told: Told,
    /// Gateways that have answered since the change.
    pub gateways: Vec<Check>,
}

impl Others<'_> {
    /// The baseline, and what the change has brought since: a gateway that came with it (by
    /// a router's advertisement, say) and goes again was never there before.
    pub fn expected(&self, baseline: &[Check]) -> Vec<Check> {
        baseline.iter().chain(&self.gateways).cloned().collect()
    }

    /// Keeps in mind which gateways answer.
    pub fn remember(&mut self, round: &[Check]) {
        let answered = |c: &&Check| c.kind == "gateway" && c.result == CheckResult::Pass;
        for check in round.iter().filter(answered) {
            if !self.gateways.iter().any(|known| known.title() == check.title()) {
                self.gateways.push(check.clone());
            }
        }
    }
}
