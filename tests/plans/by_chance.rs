//! Live changes made by chance, several at a time: the plan and `drift` name exactly these,
//! and nothing once they are undone.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::bench::Bench;
use crate::state::variant;

const T3: &str = "playbooks/t3.yml";

/// A change, how it is undone, and the fact that is then not as the files say.
struct Change {
    does: String,
    undo: String,
    fact: String,
    /// Whether it took away what the files have.
    missing: bool,
}

fn more(does: String, undo: String, fact: String) -> Change {
    Change { does, undo, fact, missing: false }
}

/// A small generator of numbers: the same seed gives the same changes.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }

    fn of<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[usize::try_from(self.below(words.len() as u64)).expect("small")]
    }
}

/// The change of a kind; `n` keeps two of them apart.
fn change(kind: u64, n: u64, chance: &mut Chance) -> Change {
    let dev = chance.of(&["eth0", "br1"]);
    let gate = "via 203.0.113.254 dev eth0";
    match kind {
        0 => address(&format!("10.99.{n}.1/{}", 24 + chance.below(9)), "", dev),
        1 => address(&format!("2001:db8:99:{n}::1/{}", 48 + chance.below(81)), " nodad", dev),
        2 => route("", &format!("10.98.{n}.0/24"), gate, &tail(chance)),
        3 => route("", &format!("10.97.{n}.7"), gate, &tail(chance)),
        4 => route("-6 ", &format!("2001:db8:98:{n}::/64"), &format!("dev {dev}"), &tail(chance)),
        5 => nowhere(
            chance.of(&["blackhole", "unreachable", "prohibit"]),
            "",
            &format!("10.96.{n}.0/24"),
        ),
        6 => nowhere(
            chance.of(&["blackhole", "unreachable", "prohibit"]),
            "-6 ",
            &format!("2001:db8:96:{n}::/64"),
        ),
        7 => rule("", &format!("from 10.95.{n}.0/24"), 1000 + n),
        8 => rule("-6 ", &format!("from all to 2001:db8:95:{n}::/64"), 1000 + n),
        9 => {
            let proxy = format!("proxy 2001:db8:2:96ce::{:x} dev {dev}", 0x100 + n);
            let own = format!("neighbour {proxy}");
            more(format!("ip -6 neigh add {proxy}"), format!("ip -6 neigh del {proxy}"), own)
        }
        _ => less(chance),
    }
}

fn address(net: &str, flag: &str, dev: &str) -> Change {
    more(
        format!("ip addr add {net} dev {dev}{flag}"),
        format!("ip addr del {net} dev {dev}"),
        format!("address {net} dev {dev}"),
    )
}

/// A metric and a table of its own, or none.
fn tail(chance: &mut Chance) -> String {
    let table = chance.of(&["", " table 100", " table 4711"]);
    format!("{}{table}", chance.of(&["", " metric 50"]))
}

fn route(six: &str, to: &str, over: &str, tail: &str) -> Change {
    let route = format!("{to} {over}{tail}");
    more(
        format!("ip {six}route add {route}"),
        format!("ip {six}route del {route}"),
        format!("route {route}"),
    )
}

fn nowhere(kind: &str, six: &str, to: &str) -> Change {
    more(
        format!("ip {six}route add {kind} {to}"),
        format!("ip {six}route del {kind} {to}"),
        format!("{kind} route {to}"),
    )
}

fn rule(six: &str, selector: &str, priority: u64) -> Change {
    let family = if six.is_empty() { "" } else { " (IPv6)" };
    more(
        format!("ip {six}rule add {selector} lookup 100 pref {priority}"),
        format!("ip {six}rule del pref {priority}"),
        format!("rule {priority}: {selector} lookup 100{family}"),
    )
}

/// Something of the files taken away.
fn less(chance: &mut Chance) -> Change {
    let (gone, back, fact) = match chance.below(3) {
        0 => {
            let proxy = format!("proxy 2001:db8:2:96ce::{} dev eth0", 11 + chance.below(2));
            (
                format!("ip -6 neigh del {proxy}"),
                format!("ip -6 neigh add {proxy}"),
                format!("neighbour {proxy}"),
            )
        }
        1 => {
            let own = "10.42.0.1/24 dev br1";
            (format!("ip addr del {own}"), format!("ip addr add {own}"), format!("address {own}"))
        }
        _ => {
            let own = "default via 2001:db8:2:96ff:ff:ff:ff:ff dev eth0";
            (
                format!("ip -6 route del {own}"),
                format!("ip -6 route add {own} onlink"),
                own.to_owned(),
            )
        }
    };
    Change { does: gone, undo: back, fact, missing: true }
}

/// What a plan says of the live state, by the fact, and whether it is one that is missing.
fn named(bench: &Bench) -> BTreeSet<(String, bool)> {
    let said = bench.rappel(&["plan", T3]);
    let start = "not as the files say: ";
    let lines = said.out.lines().filter_map(|line| line.trim().strip_prefix(start));
    let found = lines.map(|line| match line.split_once(": is in the files and not live") {
        Some((fact, _)) => (fact.to_owned(), true),
        None => {
            let (fact, _) = line.split_once(": is in no file").expect(line);
            (fact.to_owned(), false)
        }
    });
    let found: BTreeSet<(String, bool)> = found.collect();
    let missing = found.iter().any(|(_, missing)| *missing);
    said.code(if missing { 2 } else { 0 });
    found
}

/// How many differences `drift` finds.
fn drifted(bench: &Bench) -> usize {
    let said = bench.rappel(&["drift", T3, "--output", "json"]);
    let host: Value = serde_json::from_str(said.out.trim()).expect("one object");
    host["drift"].as_array().expect("a list").len()
}

fn exactly_these(base: &str, seed: u64) {
    let bench = variant(base);
    bench.apply().code(0);
    let mut chance = Chance(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    for round in 0..8 {
        let mut changes: Vec<Change> = Vec::new();
        for n in 0..2 + chance.below(6) {
            // Each kind once in a while, also on a short run.
            let kind = (round * 3 + n * 5 + chance.below(3)) % 11;
            let made = change(kind, n + 1, &mut chance);
            if !changes.iter().any(|one| one.fact == made.fact) {
                changes.push(made);
            }
        }
        let script: Vec<&str> = changes.iter().map(|one| one.does.as_str()).collect();
        bench.console("hv1", &format!("set -e\n{}", script.join("\n")));
        let wanted: BTreeSet<(String, bool)> =
            changes.iter().map(|one| (one.fact.clone(), one.missing)).collect();
        assert_eq!(named(&bench), wanted, "{base}, seed {seed}, round {round}: {script:#?}");
        assert_eq!(drifted(&bench), wanted.len(), "{base}, seed {seed}, round {round}");
        for one in changes.iter().rev() {
            bench.console("hv1", &one.undo);
        }
    }
    assert!(named(&bench).is_empty());
    assert_eq!(drifted(&bench), 0);
}

#[test]
fn exactly_what_was_done_is_named() {
    exactly_these("bookworm", 1);
}

#[test]
fn exactly_what_was_done_is_named_on_debian_13() {
    exactly_these("trixie", 2);
}

#[test]
fn exactly_what_was_done_is_named_under_ifupdown2() {
    exactly_these("bookworm-ifupdown2", 3);
}
