//! Pictures of a host as it is wanted, and as it is.

use crate::bench::Bench;

/// Boxes and wires of a drawing in Mermaid, by name instead of by number.
fn lines(drawn: &str) -> Vec<String> {
    let boxes: Vec<&str> = drawn.lines().map(str::trim).filter(|line| line.contains('"')).collect();
    let name = |id: &str| {
        let own = boxes.iter().find(|line| line.split(['(', '[']).next() == Some(id));
        own.map_or_else(String::new, |line| {
            let label = line.split('"').nth(1).unwrap_or_default();
            label.split("<br/>").next().unwrap_or_default().to_owned()
        })
    };
    let mut found: Vec<String> = drawn
        .lines()
        .filter_map(|line| line.trim().split_once(" --- "))
        .map(|(from, to)| format!("{} - {}", name(from), name(to)))
        .collect();
    found.extend(boxes.iter().filter_map(|line| line.split('"').nth(1)).map(str::to_owned));
    found.sort();
    found
}

/// Every shipped starting point is drawn as it was, box by box and wire by wire.
/// `RAPPEL_BLESS=1` writes the pictures anew.
#[test]
fn every_topology_is_drawn() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    for (inventory, play) in [
        ("t0", "t0"),
        ("t1", "t1"),
        ("t1-routed", "t1"),
        ("t2", "t2"),
        ("t3", "t3"),
        ("t4", "t4"),
        ("static", "server"),
        ("single-address", "server"),
        ("hetzner", "server"),
        ("bond", "server"),
    ] {
        let drawn = std::process::Command::new(crate::bench::RAPPEL)
            .current_dir(root)
            .env_remove("RAPPEL_INVENTORY")
            .args(["graph", "--form", "mermaid", "-i", &format!("inventories/{inventory}")])
            .arg(format!("playbooks/{play}.yml"))
            .output()
            .expect("runs");
        assert!(drawn.status.success(), "{inventory}: {drawn:?}");
        let drawn = String::from_utf8(drawn.stdout).expect("text");
        let golden = root.join("tests/golden/pictures").join(format!("{inventory}.mmd"));
        if std::env::var_os("RAPPEL_BLESS").is_some() {
            std::fs::write(&golden, &drawn).expect("written");
        }
        let known = std::fs::read_to_string(&golden).expect("a golden picture");
        assert_eq!(drawn, known, "{inventory}");
    }
}

/// Boxes and wires of what is wanted that are not in the picture of the host as it is.
pub fn not_as_drawn(bench: &Bench, playbook: &str, host: &str) -> Vec<String> {
    let words = ["graph", playbook, "--form", "mermaid", "--limit", host];
    let wanted = lines(&bench.rappel(&words).code(0).out);
    let live = lines(&bench.rappel(&[&words[..], &["--live"]].concat()).code(0).out);
    assert!(wanted.len() > 1, "{wanted:#?}");
    wanted.into_iter().filter(|line| !live.contains(line)).collect()
}

#[test]
fn a_finished_host_is_as_it_was_drawn() {
    let bench = Bench::t3();
    bench.apply().code(0);
    let play = "playbooks/t3.yml";
    let wanted = bench.rappel(&["graph", play, "--form", "mermaid"]).code(0);
    let live = bench.rappel(&["graph", play, "--form", "mermaid", "--live"]).code(0);
    let (wanted, live) = (lines(&wanted.out), lines(&live.out));
    let missing: Vec<&String> = wanted.iter().filter(|line| !live.contains(line)).collect();
    assert!(missing.is_empty() && wanted.len() > 6, "{missing:#?}\n{live:#?}");
    bench.console("hv1", "ip addr add 10.99.0.1/24 dev br1");
    let words = ["graph", "--live", "--to", "drawn"];
    bench.rappel(&words).code(0);
    let drawn = std::fs::read_to_string(bench.project.path().join("drawn/hv1.svg"));
    assert!(drawn.expect("a drawing").contains("10.99.0.1/24"));
    bench.lab.power_cut("hv1").expect("cut");
    bench.rappel(&["graph", "--live", "-T", "2"]).code(4).says("hv1 has no picture");
}
