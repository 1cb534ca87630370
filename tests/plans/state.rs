//! The live state as rappel itself reads it, and what it says of it; in use for all topologies.

use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;

use rappel::lab::topology;
use rappel::network::live::{Difference, Fact, Live, differences};
use rappel::plan::{Saved, SavedPlan};

use crate::bench::{Bench, Said};

/// A change that is always one, so that the plan for it is kept: never applied.
const PROBE: &str = "- hosts: all\n  artifacts:\n    - kind: file\n      path: /etc/rappel-probe\n      content: x\n";

/// A hypervisor laid over a variant of the Debian root.
pub fn variant(base: &str) -> Bench {
    let mut spec = topology::t3();
    spec.host_mut("hv1").expect("hv1").base = base.to_owned();
    Bench::of(&spec)
}

/// Plans a playbook, and keeps the plan in `FILE`.
pub fn keep(bench: &Bench, playbook: &str, file: &str) -> (Said, Saved) {
    keep_of(bench, "hv1", playbook, file)
}

/// The same for one of several hosts.
pub fn keep_of(bench: &Bench, host: &str, playbook: &str, file: &str) -> (Said, Saved) {
    let words = ["plan", playbook, "--limit", host, "--ignore-lint", "--out", file];
    let said = bench.rappel(&words).code(2);
    let text = fs::read_to_string(bench.project.path().join(file)).expect("a plan");
    let mut plan: SavedPlan = serde_json::from_str(&text).expect("a plan");
    (said, plan.hosts.remove(0))
}

/// The live state now, without what expires.
pub fn live(bench: &Bench) -> Live {
    live_of(bench, "hv1")
}

/// The same of one of several hosts.
pub fn live_of(bench: &Bench, host: &str) -> Live {
    bench.eventually("the end of duplicate address detection", Duration::from_secs(60), |b| {
        !b.holds(host, "ip -6 addr show tentative | grep -q inet6")
    });
    bench.write("probe.yml", PROBE);
    lasting(keep_of(bench, host, "probe.yml", "probe.plan").1.before)
}

/// Applies a kept plan of a host; what was foreseen has come, and nothing else.
#[track_caller]
pub fn comes_as_kept(bench: &Bench, host: &str, file: &str, plan: Saved) -> Said {
    let said = bench.rappel(&["apply", file, "--yes", "--confirm-window", "20"]).code(0);
    for fact in &plan.after.facts {
        if let Fact::Sysctl { key, value } = fact {
            let now = bench.console(host, &format!("sysctl -n {key}"));
            assert_eq!(now.split_whitespace().collect::<Vec<_>>().join(" "), *value, "{key}");
        }
    }
    let mut found = lines(&lasting(plan.after).facts, &live_of(bench, host).facts);
    // The lab's guests plug themselves in once there is a bridge.
    found.retain(|line| !line.starts_with("+ vnet") && !by_a_service(line));
    assert!(found.is_empty(), "{host}: foreseen (-) and found (+): {found:#?}");
    said
}

/// Goes back to a generation of a host; what was shown has come, and nothing else.
#[track_caller]
pub fn goes_back_as_shown(bench: &Bench, host: &str, to: &str) {
    let before = live_of(bench, host);
    let words = ["rollback", "--yes", "--to", to, "--limit", host, "--confirm-window", "20"];
    let said = bench.rappel(&[&words[..], &["--output", "json"]].concat()).code(0);
    let planned = said.out.lines().find(|l| l.contains("\"host_planned\"")).expect("a plan");
    let event: serde_json::Value = serde_json::from_str(planned).expect("JSON");
    let effect: Vec<Difference> =
        serde_json::from_value(event["plan"]["effect"].clone()).expect("differences");
    let shown: Vec<String> = effect.iter().map(ToString::to_string).collect();
    let mut came = lines(&before.facts, &live_of(bench, host).facts);
    // What a lease brings is said not to be foreseen.
    let leased = event["plan"]["unforeseen"].as_array().into_iter().flatten();
    let leased: Vec<String> = leased
        .filter_map(|what| what.as_str()?.strip_prefix("the lease that ")?.split(' ').next())
        .map(|name| format!(" dev {name}"))
        .collect();
    came.retain(|line| {
        let by_lease = line.starts_with("+ ") && leased.iter().any(|dev| line.ends_with(dev));
        !line.contains("(dynamic)") && !by_lease && !by_a_service(line)
    });
    assert_eq!(shown, came, "{host}: shown and came");
}

/// Whether a difference is the work of a service that a reload command has restarted; what
/// such a command does is said not to be foreseen.
fn by_a_service(line: &str) -> bool {
    line.contains("vrrp51")
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
