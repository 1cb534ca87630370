//! Fleets larger than any lab: simulated hosts that speak real SSH and answer what a real host
//! answered, some late, some wrongly, some never.

#[path = "../transaction/bench.rs"]
#[allow(dead_code, reason = "each suite takes what it needs")]
mod bench;
mod handshakes;
mod nature;
mod round;
mod server;
mod table;
mod watched;

use nature::Nature;
use round::{Round, Simulated};

const FORKS: usize = 50;

/// Every host's own outcome, and none that is not true.
fn judged_rightly(round: &Round, hosts: usize) {
    assert_eq!(round.outcomes.len(), hosts, "each host is told of once");
    for (&number, outcome) in &round.outcomes {
        let wanted: &[&str] = match Nature::of(number) {
            Nature::Answers => &["planned"],
            Nature::HangsUp | Nature::Silent | Nature::BreaksOff => &["unreachable"],
            Nature::OtherKey | Nature::NoLogin => &["failed"],
        };
        assert!(wanted.contains(&outcome.as_str()), "{number} {outcome} {:?}", Nature::of(number));
    }
}

#[test]
fn what_a_host_costs_does_not_grow_with_the_fleet() {
    let simulated = Simulated::new();
    let [few, many] = [200, 800].map(|hosts| {
        let round = simulated.plan(hosts, FORKS);
        judged_rightly(&round, hosts);
        assert_eq!(round.exit, Some(4), "some are unreachable");
        (hosts, round)
    });
    assert_eq!(simulated.questions(), 1, "all were asked the same");
    let (hosts, round) = &many;
    // Told as they come, not at the end.
    assert!(round.until_first < hosts / 4, "{} connections until the first", round.until_first);
    // Hosts that hang up are tried again, 6 times at the most; the others have one connection.
    assert!(round.connections < hosts + 7 * hosts / 200, "{} connections", round.connections);
    // A connection that has just been closed may still be held for a moment.
    assert!(round.needs.files < 3 * FORKS, "{} open files", round.needs.files);
    let more = hosts - few.0;
    let memory = round.needs.memory.saturating_sub(few.1.needs.memory) / more;
    assert!(memory < 96, "{memory} KiB for each further host");
    let read = |(hosts, round): &(usize, Round)| round.needs.read / hosts;
    assert!(read(&many) < 2 * read(&few), "{} and {} bytes a host", read(&few), read(&many));
}

/// `make bench` runs it, built for release.
#[test]
#[ignore = "takes minutes, and measures"]
fn ten_thousand() {
    let hosts: usize =
        std::env::var("FLEET").map_or(10_000, |text| text.parse().expect("a number"));
    let simulated = Simulated::new();
    let mut table = table::Table::new(hosts);
    for forks in [100, 500] {
        table.add(
            &format!("handshakes alone, {forks} at once"),
            &simulated.handshakes(hosts, forks),
        );
        let round = simulated.plan(hosts, forks);
        judged_rightly(&round, hosts);
        table.add(&format!("rappel plan, {forks} at once"), &round);
    }
    table.print();
}
