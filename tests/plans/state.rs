//! The live state as rappel itself reads it, and what it says of it.

use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;

use rappel::lab::topology;
use rappel::network::live::{Fact, Live, differences};
use rappel::plan::{Saved, SavedPlan};

use crate::bench::{Bench, Said};

/// A change that is always one, so that the plan for it is kept: never applied.
const PROBE: &str = "- hosts: hypervisors\n  artifacts:\n    - kind: file\n      path: /etc/rappel-probe\n      content: x\n";

/// A hypervisor laid over a variant of the Debian root.
pub fn variant(base: &str) -> Bench {
    let mut spec = topology::t3();
    spec.host_mut("hv1").expect("hv1").base = base.to_owned();
    Bench::of(&spec)
}

/// Plans a playbook, and keeps the plan in `FILE`.
pub fn keep(bench: &Bench, playbook: &str, file: &str) -> (Said, Saved) {
    let said = bench.rappel(&["plan", playbook, "--ignore-lint", "--out", file]).code(2);
    let text = fs::read_to_string(bench.project.path().join(file)).expect("a plan");
    let mut plan: SavedPlan = serde_json::from_str(&text).expect("a plan");
    (said, plan.hosts.remove(0))
}

/// The live state now, without what expires.
pub fn live(bench: &Bench) -> Live {
    bench.eventually("the end of duplicate address detection", Duration::from_secs(10), |b| {
        !b.holds("hv1", "ip -6 addr show tentative | grep -q inet6")
    });
    bench.write("probe.yml", PROBE);
    lasting(keep(bench, "probe.yml", "probe.plan").1.before)
}

/// Without what expires, and without kernel values.
pub fn lasting(mut live: Live) -> Live {
    live.facts.retain(|fact| !fact.is_dynamic() && !matches!(fact, Fact::Sysctl { .. }));
    live
}

/// The differences of two states, as lines.
pub fn lines(before: &BTreeSet<Fact>, after: &BTreeSet<Fact>) -> Vec<String> {
    differences(before, after).iter().map(ToString::to_string).collect()
}
