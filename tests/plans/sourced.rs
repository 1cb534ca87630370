//! Files that source others, templates, mappings and patterns: what is foreseen of them comes,
//! and what was not read is said.

use rappel::lab::{NicSpec, topology};

use crate::bench::{Bench, Said};
use crate::state::{keep, lasting, lines, live};

/// A host with three more NICs.
fn host(base: &str) -> Bench {
    let mut spec = topology::t3();
    let host = spec.host_mut("hv1").expect("hv1");
    base.clone_into(&mut host.base);
    for name in ["eth1", "eth2", "eth3"] {
        host.wire.nics.push(NicSpec::new(name, topology::SEGMENT));
    }
    Bench::of(&spec)
}

const MAIN: &str = "\
auto lo
iface lo inet loopback
source /etc/network/conf/*.cfg
source-directory /etc/network/more
source extra
auto eth0
iface eth0 inet static
  address 203.0.113.10/24
  gateway 203.0.113.254
";

/// A template, used in this file and in another one.
const TEMPLATES: &str = "\
iface lan inet static
  mtu 1400
  up ip route add 10.51.0.0/16 via 10.50.0.254 dev $IFACE
auto eth1
iface eth1 inherits lan
  address 10.50.0.1/24
";

/// A mapping to a stanza that inherits, and a pattern.
const MAPPED: &str = "\
auto eth2
mapping eth2
  script grep
  map eth2-work
iface eth2-work inet static
  address 10.52.0.1/24
  mtu 1300
auto /eth3*
iface eth3 inet static
  address 10.53.0.1/24
";

/// What the host has and nobody manages.
const EXTRA: &str = "iface eth1 inet6 static\n  address 2001:db8:50::1/64\n  dad-attempts 0\n";

/// ifupdown2 knows neither `source-directory` nor files beside its own.
fn for_ifupdown2() -> String {
    MAIN.replace("source-directory /etc/network/more", "source /etc/network/more/*")
        .replace("source extra\n", "source /etc/network/extra\n")
}

fn play(files: &[(&str, &str)]) -> String {
    let mut play = "- hosts: hypervisors\n  artifacts:\n".to_owned();
    for (path, content) in files {
        let content: String = content.lines().map(|line| format!("        {line}\n")).collect();
        play.push_str(&format!(
            "    - kind: interfaces\n      path: {path}\n      content: |\n{content}"
        ));
    }
    play
}

fn files(main: &str, conf: &str, more: &str) -> String {
    play(&[
        ("/etc/network/interfaces", main),
        ("/etc/network/conf/a.cfg", conf),
        ("/etc/network/more/mapped", more),
    ])
}

/// Applies a playbook; what was foreseen has come.
#[track_caller]
fn comes_as_foreseen(bench: &Bench, text: &str) -> Said {
    bench.write("site.yml", text);
    let (said, plan) = keep(bench, "site.yml", "kept.plan");
    bench.rappel(&["apply", "kept.plan", "--yes", "--confirm-window", "12"]).code(0);
    let found = lines(&lasting(plan.after).facts, &live(bench).facts);
    assert!(found.is_empty(), "foreseen (-) and found (+): {found:#?}\n{}", said.out);
    said
}

fn follows_everything(base: &str) {
    let bench = host(base);
    bench.console("hv1", &format!("printf '%s' '{EXTRA}' >/etc/network/extra"));
    let said = comes_as_foreseen(&bench, &files(MAIN, TEMPLATES, MAPPED));
    said.says("+ address 10.50.0.1/24 dev eth1")
        .says("+ address 2001:db8:50::1/64 dev eth1")
        .says("+ address 10.52.0.1/24 dev eth2")
        .says("+ address 10.53.0.1/24 dev eth3")
        .says("not foreseen: what else `source /etc/network/conf/*.cfg` brings in")
        .says("not foreseen: what else `source-directory /etc/network/more` brings in")
        .never_says("extra was not read");
    // What a template says changes every stanza that takes it over, and no other one.
    let conf = TEMPLATES.replace("1400", "1420");
    comes_as_foreseen(&bench, &files(MAIN, &conf, MAPPED)).says("interfaces taken down: eth1\n");
    let more = MAPPED.replace("10.52.0.1", "10.52.0.2").replace("10.53.0.1", "10.53.0.2");
    comes_as_foreseen(&bench, &files(MAIN, &conf, &more)).says("interfaces taken up: eth2 eth3\n");
    // A stanza that moves to another file is the same stanza.
    let one = format!("{conf}{more}");
    comes_as_foreseen(&bench, &files(MAIN, &one, "# empty\n")).never_says("interfaces taken down");
}

#[test]
fn ifupdown_comes_as_foreseen() {
    follows_everything("bookworm");
}

#[test]
fn ifupdown_of_debian_13_comes_as_foreseen() {
    follows_everything("trixie");
}

#[test]
fn ifupdown2_comes_as_foreseen() {
    let bench = host("bookworm-ifupdown2");
    let conf = "auto eth[1-2]\niface eth[1-2]\n  mtu 1400\niface eth1\n  address 10.50.0.1/24\n  address 10.50.1.1/24\n";
    let more = "auto eth3\niface eth3\n  address 10.53.0.1\n  netmask 24\n";
    let main = for_ifupdown2();
    bench.console("hv1", "echo >/etc/network/extra");
    comes_as_foreseen(&bench, &files(&main, conf, more))
        .says("+ address 10.50.1.1/24 dev eth1")
        .says("+ mtu 1400 on eth2")
        .says("+ address 10.53.0.1/24 dev eth3");
    comes_as_foreseen(&bench, &files(&main, &conf.replace("10.50.1.1", "10.50.2.1"), more))
        .says("+ address 10.50.2.1/24 dev eth1");
}

/// A file that no request asked for, and a mapping that only the host can make.
#[test]
fn what_was_not_read_is_said() {
    let bench = host("bookworm");
    bench.console(
        "hv1",
        "printf 'auto eth1\\niface eth1 inet static\\n address 10.60.0.1/24\\n' >/etc/network/old.cfg
        printf '\\nsource /etc/network/old.cfg\\n' >>/etc/network/interfaces
        printf '#!/bin/sh\\necho eth2-work\\n' >/usr/local/sbin/where
        chmod +x /usr/local/sbin/where
        ln -s /etc/hostname /etc/network/interfaces.d/linked
        ifup eth1",
    );
    let main = "auto lo\niface lo inet loopback\nsource /etc/network/old.cfg\nsource interfaces.d/*\nauto eth0\niface eth0 inet static\n  address 203.0.113.10/24\n  gateway 203.0.113.254\n";
    let mapped = MAPPED.replace("script grep", "script /usr/local/sbin/where");
    bench.write("site.yml", &play(&[("/etc/network/interfaces", &format!("{main}{mapped}"))]));
    let (said, plan) = keep(&bench, "site.yml", "kept.plan");
    said.says("not foreseen: what the mapping makes of eth2")
        .says("not foreseen: sourced file /etc/network/interfaces.d/linked was not read (a link to /etc/hostname)")
        .never_says("old.cfg was not read")
        // The address of eth1 is in a file, whoever reads it.
        .never_says("is in no file");
    assert!(plan.vague.contains(&"eth2".to_owned()), "{:?}", plan.vague);
    // Nothing in the wanted files names it: only the present one does.
    bench.write(
        "site.yml",
        &play(&[("/etc/network/interfaces", &main.replace("source /etc/network/old.cfg\n", ""))]),
    );
    keep(&bench, "site.yml", "kept.plan")
        .0
        .says("not foreseen: sourced file /etc/network/old.cfg was not read")
        .never_says("10.60.0.1/24 dev eth1: is in no file");
    // Nor can drift tell.
    bench.write("site.yml", &play(&[("/etc/network/other", "# empty\n")]));
    bench.rappel(&["apply", "site.yml", "--yes", "--ignore-lint"]).code(0);
    bench.rappel(&["drift", "site.yml"]).code(1).says(
        "not compared: what is live and in no file: sourced file /etc/network/old.cfg was not read",
    );
}
