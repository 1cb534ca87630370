//! What a rehearsal on the host adds to what was foreseen.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Drift, Fate, HostPlan};
use crate::network::live::{Difference, Fact, Live, Sign, differences};
use crate::remote::request::Rehearse;

/// How a rehearsal went.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rehearsal {
    /// Why it could not be made; what was foreseen has to do.
    pub impossible: Option<String>,
    /// Whether the host's ifupdown ended well with the new files.
    pub ended_well: bool,
    /// What it said.
    pub said: Vec<String>,
    /// What was foreseen and did not come.
    pub not_seen: Vec<Difference>,
}

/// What a host reported of a rehearsal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// It cannot be made there, for this reason.
    Impossible(String),
    /// It was made.
    Made {
        /// The facts with the present files.
        old: Vec<Fact>,
        /// The facts with the new files.
        new: Vec<Fact>,
        /// Exit codes of ifupdown with the present and with the new files.
        codes: [String; 2],
        /// What it said with the new files.
        said: Vec<String>,
    },
}

/// What to send for a rehearsal; none where the change has nothing that ifupdown does.
pub fn to_rehearse(plan: &HostPlan) -> Option<Rehearse> {
    let of_ifupdown = |path: &str| path.starts_with("/etc/network/");
    let concerned = plan.files.iter().any(|change| of_ifupdown(&change.path));
    let files = plan.files.iter().filter(|change| change.path.starts_with("/etc/"));
    concerned.then(|| Rehearse {
        files: files.map(|change| change.file.clone()).collect(),
        stand_ins: plan.stand_ins.clone(),
    })
}

/// The plan with what the rehearsal showed: `live` is the state of the host.
///
/// The difference between the two rehearsals is the effect; what was foreseen besides is
/// kept where the rehearsal cannot know it (what somebody set by hand goes). The difference
/// between the first one and the host is drift, with what hooks do.
pub fn rehearsed(plan: &mut HostPlan, heard: Heard, live: &Live) {
    let (old, new, codes, said) = match heard {
        Heard::Impossible(why) => {
            plan.rehearsal = Some(Rehearsal { impossible: Some(why), ..Rehearsal::default() });
            return;
        }
        Heard::Made { old, new, codes, said } => (set(old), set(new), codes, said),
    };
    let ended_well = codes[1] == "0";
    let known = |fact: &Fact| matches!(fact, Fact::Sysctl { .. }) || guests(plan, fact);
    let not_seen: Vec<Difference> = plan
        .effect
        .iter()
        .filter(|d| d.sign == Sign::New && !new.contains(&d.fact) && !known(&d.fact))
        .cloned()
        .collect();
    let mut after: BTreeSet<Fact> = plan.states.after.facts.clone();
    for difference in &not_seen {
        after.remove(&difference.fact);
    }
    for difference in differences(&old, &new) {
        match difference.sign {
            Sign::Gone => after.remove(&difference.fact),
            Sign::New => after.insert(difference.fact),
        };
    }
    // What is cycled is as in the rehearsal, whatever it was before.
    let cycled = |dev: &str| plan.up.iter().any(|word| word.split('=').next() == Some(dev));
    after.extend(new.iter().filter(|f| f.dev().is_some_and(cycled) && !link(f)).cloned());
    plan.states.after.facts = after;
    let without_values = |facts: &BTreeSet<Fact>| {
        facts.iter().filter(|f| !matches!(f, Fact::Sysctl { .. })).cloned().collect()
    };
    plan.effect =
        differences(&without_values(&live.facts), &without_values(&plan.states.after.facts));
    if codes[0] == "0" {
        missing_besides(plan, &old, live);
    }
    if ended_well {
        plan.unforeseen.retain(|what| what.starts_with("the lease") || what.starts_with("the nft"));
    }
    plan.rehearsal = Some(Rehearsal { impossible: None, ended_well, said, not_seen });
}

/// Facts that the present files give in a rehearsal, and that the host lacks: what hooks
/// set and somebody took away.
fn missing_besides(plan: &mut HostPlan, old: &BTreeSet<Fact>, live: &Live) {
    let counts = |fact: &&Fact| {
        matches!(
            fact,
            Fact::Address { .. } | Fact::Route(_) | Fact::Rule { .. } | Fact::Proxy { .. }
        )
    };
    for fact in old.iter().filter(counts).filter(|fact| !live.facts.contains(fact)) {
        let difference = Difference { sign: Sign::Gone, fact: fact.clone() };
        if plan.drift.iter().all(|drift| drift.difference != difference) {
            let comes = plan.states.after.facts.contains(fact);
            let fate = match plan.request.hook_for.is_empty() {
                _ if comes => Fate::Ends,
                false => Fate::Unclear,
                true => Fate::Stays,
            };
            plan.drift.push(Drift { difference, fate });
        }
    }
    // What a hook sets is no hand's work, although no stanza says it.
    plan.drift.retain(|d| d.difference.sign == Sign::Gone || !old.contains(&d.difference.fact));
}

/// What a stand-in has of its own: its kind, and an MTU.
fn link(fact: &Fact) -> bool {
    matches!(fact, Fact::Link { .. } | Fact::Mtu { .. })
}

/// Ports that guests have in bridges: there are no guests in a rehearsal.
fn guests(plan: &HostPlan, fact: &Fact) -> bool {
    match fact {
        Fact::Port { name, .. } => !plan.own_ports.contains(name),
        Fact::Up { name } => !plan.stand_ins.contains(name),
        _ => false,
    }
}

/// The facts of a rehearsal without the far ends of its stand-ins, and without what only
/// says that a stand-in is one.
fn set(facts: Vec<Fact>) -> BTreeSet<Fact> {
    let far = |fact: &Fact| fact.dev().is_some_and(|dev| dev.starts_with("x-rappel"));
    facts.into_iter().filter(|fact| !far(fact)).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{Heard, rehearsed};
    use crate::network::live::{Difference, Fact, Live, Sign};
    use crate::plan::{HostPlan, States};

    fn proxy(n: u8) -> Fact {
        Fact::Proxy {
            address: format!("2001:db8::{n}").parse().expect("an address"),
            dev: "eth0".to_owned(),
        }
    }

    fn plan(effect: Vec<Fact>) -> (HostPlan, Live) {
        let live = Live { facts: BTreeSet::from([proxy(9)]), ..Live::default() };
        let mut after = live.clone();
        after.facts.extend(effect.iter().cloned());
        let effect = effect.into_iter().map(|fact| Difference { sign: Sign::New, fact }).collect();
        let states = States { before: live.clone(), after, vague: Vec::new() };
        (HostPlan { effect, states, ..HostPlan::default() }, live)
    }

    fn heard(old: Vec<Fact>, new: Vec<Fact>) -> Heard {
        Heard::Made { old, new, codes: ["0".to_owned(), "0".to_owned()], said: Vec::new() }
    }

    fn lines(plan: &HostPlan) -> Vec<String> {
        plan.effect.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_nobody_foresaw_is_added() {
        let (mut plan, live) = plan(vec![]);
        rehearsed(&mut plan, heard(vec![proxy(9)], vec![proxy(9), proxy(1)]), &live);
        assert_eq!(lines(&plan), ["+ neighbour proxy 2001:db8::1 dev eth0"]);
        assert!(plan.drift.is_empty());
    }

    #[test]
    fn what_does_not_come_is_named() {
        let (mut plan, live) = plan(vec![proxy(1)]);
        rehearsed(&mut plan, heard(vec![proxy(9)], vec![proxy(9)]), &live);
        assert!(lines(&plan).is_empty());
        assert_eq!(plan.rehearsal.expect("one").not_seen[0].fact, proxy(1));
    }

    #[test]
    fn what_hooks_set_and_somebody_took_away_is_drift() {
        let (mut plan, live) = plan(vec![]);
        rehearsed(&mut plan, heard(vec![proxy(9), proxy(7)], vec![proxy(9), proxy(7)]), &live);
        assert!(plan.drift[0].to_string().starts_with("neighbour proxy 2001:db8::7 dev eth0"));
    }
}
