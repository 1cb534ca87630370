//! Trees of groups made up by chance, in YAML and in INI, with files of vars.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::ansible::{files, same};

/// How many trees; Ansible takes a second for each. All of them with `make test-all`.
const TREES: u64 = 8;
const ALL_TREES: u64 = 200;

struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit as u64).unwrap()
    }

    fn of<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[self.below(choices.len())]
    }
}

const VARS: [&str; 6] = ["a", "b", "c", "d", "ansible_port", "ansible_group_priority"];
const YAML_VALUES: [&str; 14] = [
    "1",
    "yes",
    "off",
    "0644",
    "1.5",
    "~",
    "text",
    "'007'",
    "[1, two, {x: 3}]",
    "{k: v, n: null}",
    "\"a\\tb\"",
    "10.0.0.1",
    "2001:db8::1",
    // With digits alone it is a number to PyYAML, in base 60; not to us, on purpose.
    "52:54:00:ab:34:56",
];
const INI_VALUES: [&str; 14] = [
    "1",
    "yes",
    "True",
    "0644",
    "1.5",
    "None",
    "text",
    "'007'",
    "['a',1]",
    "{'k':1}",
    "1,2",
    "10.0.0.1",
    "2001:db8::1",
    "0x1f",
];
const HOSTS: [&str; 7] = ["h1", "h2", "h3", "web[1:3]", "db-[a:c]", "x[01:03:2].net", "h9"];

/// A group: its hosts, its children, its vars.
#[derive(Default)]
struct Group {
    hosts: BTreeMap<&'static str, Vec<(&'static str, &'static str)>>,
    children: Vec<usize>,
    vars: BTreeMap<&'static str, &'static str>,
}

fn var(chance: &mut Chance, values: &[&'static str], host: bool) -> (&'static str, &'static str) {
    let name = chance.of(&VARS);
    match name {
        "ansible_port" => (name, chance.of(&["22", "2222"])),
        // Of a host it would be a var like any other.
        "ansible_group_priority" if host => ("a", chance.of(values)),
        "ansible_group_priority" => (name, chance.of(&["1", "2", "10"])),
        _ => (name, chance.of(values)),
    }
}

/// Groups of which each has only later ones as children.
fn tree(chance: &mut Chance, values: &[&'static str]) -> Vec<Group> {
    let count = 2 + chance.below(7);
    let mut groups = Vec::new();
    for at in 0..count {
        let mut group = Group::default();
        for _ in 0..chance.below(3) {
            let vars = (0..chance.below(3)).map(|_| var(chance, values, true));
            let mut unique: Vec<(&str, &str)> = Vec::new();
            for (name, value) in vars.collect::<Vec<_>>() {
                if !unique.iter().any(|(known, _)| *known == name) {
                    unique.push((name, value));
                }
            }
            group.hosts.insert(chance.of(&HOSTS), unique);
        }
        for child in at + 1..count {
            if chance.below(3) == 0 {
                group.children.push(child);
            }
        }
        for _ in 0..chance.below(3) {
            let (name, value) = var(chance, values, false);
            group.vars.insert(name, value);
        }
        groups.push(group);
    }
    groups
}

fn yaml(groups: &[Group]) -> String {
    let mut text = String::new();
    for (at, group) in groups.iter().enumerate() {
        let _ = writeln!(text, "g{at}:");
        let _ = writeln!(text, "  hosts:");
        for (host, vars) in &group.hosts {
            let _ = writeln!(text, "    {host}:");
            for (name, value) in vars {
                let _ = writeln!(text, "      {name}: {value}");
            }
        }
        let _ = writeln!(text, "  children:");
        for child in &group.children {
            let _ = writeln!(text, "    g{child}:");
        }
        let _ = writeln!(text, "  vars:");
        for (name, value) in &group.vars {
            let _ = writeln!(text, "    {name}: {value}");
        }
    }
    text
}

fn ini(chance: &mut Chance, groups: &[Group]) -> String {
    let mut text = String::from("lonely x=1\n");
    for (at, group) in groups.iter().enumerate() {
        let mut parts = vec![format!("[g{at}]\n"), String::new(), String::new()];
        for (host, vars) in &group.hosts {
            parts[0] += host;
            for (name, value) in vars {
                let quote = if value.contains(['\'', '"']) { "\"" } else { "" };
                let _ = write!(parts[0], " {name}={quote}{value}{quote}");
            }
            parts[0] += chance.of(&["\n", " # so\n", "\n\n"]);
        }
        if !group.children.is_empty() {
            let _ = writeln!(parts[1], "[g{at}:children]");
            for child in &group.children {
                let _ = writeln!(parts[1], "g{child}");
            }
        }
        if !group.vars.is_empty() {
            let _ = writeln!(parts[2], "[g{at}:vars]");
            for (name, value) in &group.vars {
                let _ = writeln!(parts[2], "{name}{}{value}", chance.of(&["=", " = "]));
            }
        }
        // Sections stand in any order.
        while !parts.is_empty() {
            let part = parts.remove(chance.below(parts.len()));
            text += &part;
        }
    }
    text
}

#[test]
fn trees_load_to_the_same_hosts_and_vars() {
    let all = std::env::var_os("RAPPEL_TEST_ALL").is_some();
    for seed in 1..=if all { ALL_TREES } else { TREES } {
        let mut chance = Chance(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let in_yaml = chance.below(2) == 0;
        let values: &[&str] = if in_yaml { &YAML_VALUES } else { &INI_VALUES };
        let groups = tree(&mut chance, values);
        let text = if in_yaml { yaml(&groups) } else { ini(&mut chance, &groups) };
        let name = if in_yaml { "inv/hosts.yml" } else { "inv/hosts" };
        let mut written: Vec<(String, String)> = vec![(name.to_owned(), text)];
        for at in 0..groups.len() {
            if chance.below(3) == 0 {
                let (name, value) = var(&mut chance, &YAML_VALUES, true);
                written.push((format!("inv/group_vars/g{at}.yml"), format!("{name}: {value}\n")));
            }
        }
        if chance.below(2) == 0 {
            written.push(("inv/group_vars/all.yml".to_owned(), "a: all\nd: all\n".to_owned()));
        }
        // A host that the tree does not have is worth a warning only.
        for host in ["h1", "web1", "lonely"] {
            if chance.below(2) == 0 {
                let (name, value) = var(&mut chance, &YAML_VALUES, true);
                written.push((format!("inv/host_vars/{host}.yml"), format!("{name}: {value}\n")));
            }
        }
        let borrowed: Vec<(&str, &str)> =
            written.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        println!("seed {seed}");
        for (name, text) in &borrowed {
            println!("--- {name}\n{text}");
        }
        same(files(&borrowed).path(), name);
    }
}
