//! A rollout in parts, each run by a machine of its own, and when they stop together.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::rollout::outcome::spends_budget;

/// A part that has not been heard of for so many milliseconds is not waited for any longer.
pub const LAPSE: u64 = 60_000;

/// Which part of which rollout a run is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The rollout's name, by which its parts find each other.
    pub rollout: String,
    /// Which part, from 1.
    pub shard: u32,
    /// Of how many.
    pub shards: u32,
    /// A digest of all hosts, of what is wanted of them, and of the terms: parts of one
    /// rollout have the same.
    pub digest: String,
}

/// What came of the wish to begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// It has begun, and this is its run: for parts of a rollout one and the same.
    Run(String),
    /// It is no part of the rollout of that name.
    Refused {
        /// The rollout's run.
        run: String,
        /// Why.
        why: String,
    },
}

/// Whether a host's turn may come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// It may, and is the caller's.
    Yes,
    /// So many hosts failed, in all parts together: more than the budget.
    Spent(usize),
    /// The rollout stops for another reason.
    Stopped(String),
}

/// A part as it was written down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PartRecord {
    /// Which, from 1.
    pub shard: u32,
    /// Who runs it: `user@host`.
    pub who: String,
    /// When it began, in milliseconds since 1970.
    pub started: u64,
    /// When it was last heard of.
    pub seen: u64,
    /// Whether it has read its hosts.
    pub ready: bool,
    /// When it ended.
    pub ended: Option<u64>,
    /// Its exit code.
    pub exit_code: Option<u8>,
}

/// How a rollout stands, all parts together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// When, by the journal's clock.
    pub now: u64,
    /// How many parts it has.
    pub shards: u32,
    /// Those that have begun.
    pub parts: Vec<PartRecord>,
    /// How many hosts ended how, by the outcome's word.
    pub outcomes: BTreeMap<String, usize>,
    /// How many hosts that were to be changed are not through, by their part.
    pub open: BTreeMap<u32, usize>,
    /// How many of them were given up.
    pub skipped: BTreeMap<u32, usize>,
}

impl Snapshot {
    /// Parts that have not read their hosts yet, or not even begun.
    pub fn missing(&self) -> Vec<u32> {
        let ready = |shard| self.parts.iter().any(|part| part.shard == shard && part.ready);
        (1..=self.shards).filter(|shard| !ready(*shard)).collect()
    }

    /// Whether the rollout goes on, as one of its parts sees it. A part that gave up or died
    /// stops all: its hosts may have been the canaries of the others.
    pub fn stands(&self, own: u32, budget: usize) -> Claim {
        let failed = self.outcomes.iter().filter(|(word, _)| spends_budget(word));
        let failed: usize = failed.map(|(_, count)| count).sum();
        if failed > budget {
            return Claim::Spent(failed);
        }
        let others = self.parts.iter().filter(|part| part.shard != own);
        let stopped = others.filter_map(|part| self.gave_up(part)).next();
        stopped.map_or(Claim::Yes, Claim::Stopped)
    }

    fn gave_up(&self, part: &PartRecord) -> Option<String> {
        let name = format!("part {}/{} ({})", part.shard, self.shards, part.who);
        let count = |hosts: &BTreeMap<u32, usize>| hosts.get(&part.shard).copied().unwrap_or(0);
        let (open, skipped) = (count(&self.open), count(&self.skipped));
        // What is skipped is told before the end is.
        if skipped > 0 || (part.ended.is_some() && open > 0) {
            return Some(format!("{name} stopped with {} host(s) left", open + skipped));
        }
        if part.ended.is_some() {
            return (!part.ready).then(|| format!("{name} ended before it was ready"));
        }
        let silent = self.now.saturating_sub(part.seen);
        (silent > LAPSE).then(|| format!("{name} was not heard of for {} s", silent / 1000))
    }
}

#[cfg(test)]
mod tests {
    use super::{Claim, LAPSE, PartRecord, Snapshot};

    fn part(shard: u32) -> PartRecord {
        PartRecord {
            shard,
            who: "ci@runner".to_owned(),
            started: 0,
            seen: 1000,
            ready: true,
            ended: None,
            exit_code: None,
        }
    }

    fn snapshot(parts: Vec<PartRecord>) -> Snapshot {
        let (outcomes, open, skipped) = Default::default();
        Snapshot { now: 2000, shards: 3, parts, outcomes, open, skipped }
    }

    fn stopped(snapshot: &Snapshot, own: u32) -> String {
        match snapshot.stands(own, 9) {
            Claim::Stopped(why) => why,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn failures_of_all_parts_spend_one_budget() {
        let mut all = snapshot(vec![part(1), part(2)]);
        for (word, count) in [("rolled_back", 1), ("unreachable", 1), ("confirmed", 7)] {
            all.outcomes.insert(word.to_owned(), count);
        }
        assert_eq!(all.stands(2, 2), Claim::Yes);
        assert_eq!(all.stands(2, 1), Claim::Spent(2));
        all.outcomes.insert("skipped".to_owned(), 5);
        assert_eq!(all.stands(2, 2), Claim::Yes, "whose turn never came has not failed");
    }

    #[test]
    fn parts_are_missing_until_they_have_read_their_hosts() {
        let reading = PartRecord { ready: false, ..part(2) };
        assert_eq!(snapshot(vec![part(1), reading]).missing(), [2, 3]);
        assert!(snapshot(vec![part(1), part(2), part(3)]).missing().is_empty());
    }

    #[test]
    fn a_part_that_died_or_gave_up_stops_the_others() {
        let dead = Snapshot { now: 1001 + LAPSE, ..snapshot(vec![part(1), part(2)]) };
        assert!(stopped(&dead, 1).contains("part 2/3 (ci@runner) was not heard of for 60 s"));
        let alone = Snapshot { parts: vec![part(1)], ..dead };
        assert_eq!(alone.stands(1, 0), Claim::Yes, "not its own silence");
        let over = PartRecord { ended: Some(1500), ..part(2) };
        let mut through = snapshot(vec![part(1), over.clone()]);
        assert_eq!(through.stands(1, 0), Claim::Yes);
        through.now = 2000 + LAPSE;
        through.parts[0].seen = through.now;
        assert_eq!(through.stands(1, 0), Claim::Yes, "whoever is through may be silent");
        through.open.insert(2, 4);
        assert!(stopped(&through, 1).contains("stopped with 4 host(s) left"));
        let mut leaving = snapshot(vec![part(1), part(2)]);
        leaving.open.insert(2, 4);
        assert_eq!(leaving.stands(1, 0), Claim::Yes, "it is at work");
        leaving.skipped.insert(2, 3);
        assert!(stopped(&leaving, 1).contains("stopped with 7 host(s) left"));
        let early = PartRecord { ready: false, ..over };
        assert!(stopped(&snapshot(vec![part(1), early]), 1).contains("before it was ready"));
    }
}
