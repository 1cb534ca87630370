//! Guests restarted through their hypervisor: by systemd for real, by strict stand-ins of
//! virsh, qm and pct, by a command. The guests are namespaces whose kernel does duplicate
//! address detection as any other.

use std::fmt::Write;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use rappel::lab::topology;

use crate::bench::{Bench, Said};

const STAND_INS: [(&str, &str); 4] = [
    ("guest", include_str!("stand_ins/guest.sh")),
    ("virsh", include_str!("stand_ins/virsh.sh")),
    ("qm", include_str!("stand_ins/qm.sh")),
    ("pct", include_str!("stand_ins/qm.sh")),
];

/// As systemd-container has it, but for what is started.
const UNIT: &str = "[Service]\nType=oneshot\nRemainAfterExit=yes\n\
                    ExecStart=/usr/bin/guest up %i\nExecStop=/usr/bin/guest down %i\n";

const VARS: &str = "inventory/host_vars/hv1.yml";

/// The hypervisor with its bridge, and with a bridge on which a guest's own address is
/// proxied, as on a provider's wire.
fn bench() -> Bench {
    let bench = Bench::t3();
    bench.eventually("SSH", Duration::from_secs(60), Bench::ssh_works);
    bench.apply().code(0);
    for (name, text) in STAND_INS {
        let text = STANDARD.encode(text);
        let path = format!("/usr/bin/{name}");
        bench.console("hv1", &format!("echo {text} | base64 -d >{path} && chmod 755 {path}"));
    }
    let unit = STANDARD.encode(UNIT);
    bench.console(
        "hv1",
        &format!(
            "echo {unit} | base64 -d >/etc/systemd/system/systemd-nspawn@.service && \
             systemctl daemon-reload && \
             ip link add br9 type bridge && ip link set br9 up && \
             ip -6 addr add 2001:db8:9::1/64 dev br9 nodad && sysctl -qw net.ipv6.conf.br9.proxy_ndp=1"
        ),
    );
    bench
}

/// A guest on the host's console and in its vars.
fn guest(bench: &Bench, name: &str, bridge: &str, addresses: [&str; 2], how: &str) {
    let [ipv4, ipv6] = addresses;
    let place = format!("/run/guests/{name}");
    let mut script = format!("mkdir -p {place} && echo {bridge} >{place}/bridge");
    let mut vars = format!("    - name: g{name}\n      bridge: {bridge}\n      {how}\n");
    for (key, address, length) in [("ipv4", ipv4, 24), ("ipv6", ipv6, 64)] {
        if !address.is_empty() {
            let _ = write!(script, " && echo {address}/{length} >{place}/{key}");
            let _ = writeln!(vars, "      {key}: {address}");
        }
    }
    bench.console("hv1", &script);
    bench.edit(VARS, "  guests:\n", &format!("  guests:\n{vars}"));
}

fn restart(bench: &Bench, words: &[&str]) -> Said {
    bench.rappel(&[&["guest", "restart", "--patience", "10"], words].concat())
}

fn log(bench: &Bench, name: &str) -> String {
    bench.console("hv1", &format!("cat /run/guests/{name}/log | tr '\\n' ' '"))
}

#[test]
fn every_manager_stops_and_starts_its_guest() {
    let bench = bench();
    guest(&bench, "101", "br1", ["10.42.0.101", ""], "manager: qm\n      id: 101");
    guest(&bench, "102", "br1", ["10.42.0.102", ""], "manager: pct\n      id: 102");
    guest(&bench, "103", "br1", ["10.42.0.103", ""], "manager: virsh\n      id: \"103\"");
    guest(&bench, "104", "br1", ["10.42.0.104", ""], "manager: nspawn\n      id: \"104\"");
    let by_hand = "restart: guest down 105; guest up 105";
    guest(&bench, "105", "br1", ["10.42.0.105", ""], by_hand);
    bench.console(
        "hv1",
        "for g in 101 102 103 105; do guest up $g; done; systemctl start systemd-nspawn@104",
    );
    let all = ["g101", "g102", "g103", "g104", "g105"];
    let said = restart(&bench, &all).code(0);
    for (name, id) in all.iter().zip(["101", "102", "103", "104", "105"]) {
        assert!(said.out.contains(&format!("{name} on hv1: restarted; answers")), "{}", said.out);
        assert_eq!(log(&bench, id).trim(), "started stopped started");
    }
    // One that is off is started, one that is deaf is forced.
    bench.console("hv1", "guest down 101; touch /run/guests/103/deaf");
    restart(&bench, &["g101"]).code(0).says("answers");
    restart(&bench, &["g103"]).code(0).says("by force").says("answers");

    // What is not there, or does not come back, is said so.
    bench.console("hv1", "echo 10.42.0.99/24 >/run/guests/102/ipv4");
    restart(&bench, &["g102"]).code(1).says("no answer from 10.42.0.102");
    bench.console("hv1", "guest down 102; rm -r /run/guests/102");
    restart(&bench, &["g102"]).code(1).says("pct knows no guest 102");
    restart(&bench, &["guest9"]).code(1).says("no host has a guest `guest9`");
    restart(&bench, &["guest1"]).code(1).says("nothing says what runs `guest1`");
}

const PROXIED: &str = "2001:db8:9::77";

/// The guest's own address is proxied on its own wire: a restart without more ends in a
/// duplicate address; with rappel it does not.
#[test]
fn an_entry_on_the_guests_own_wire_is_away_while_it_starts() {
    let bench = bench();
    guest(&bench, "104", "br9", ["", PROXIED], "manager: nspawn\n      id: \"104\"");
    bench.console("hv1", "systemctl start systemd-nspawn@104");
    bench.console("hv1", &format!("sleep 3; ip -6 neigh add proxy {PROXIED} dev br9"));
    let entries = "ip -6 neigh show proxy | sort";
    let before = bench.console("hv1", entries);
    assert!(before.contains(PROXIED), "{before}");
    restart(&bench, &["g104"]).code(0).says("was away meanwhile").says("answers");
    assert_eq!(bench.console("hv1", entries), before);
    assert!(!bench.holds("hv1", "ip -n 104 -6 addr | grep -q -e dadfailed -e tentative"));

    // That is what it is for.
    bench.console("hv1", "systemctl restart systemd-nspawn@104; sleep 4");
    assert!(bench.holds("hv1", "ip -n 104 -6 addr | grep -q dadfailed"));
    // And a restart mends it.
    restart(&bench, &["g104"]).code(0).says("answers");
    assert_eq!(bench.console("hv1", entries), before);
}

/// A VM that is a host of the inventory, behind its hypervisor: it must take a login again.
#[test]
fn a_guest_of_the_inventory_must_take_a_login() {
    let bench = Bench::shipped(&topology::t2(), "t2");
    bench.key_for_jump_hosts();
    let restart_it = |limit: &str| {
        let words = ["guest", "restart", "g1a", "--patience", "20", "--limit", limit];
        bench.rappel(&words)
    };
    bench.edit(
        "inventory/host_vars/hv1.yml",
        "  bridges:\n",
        "  guests:\n    - name: g1a\n      restart: touch /run/restarted\n  bridges:\n",
    );
    bench.eventually("SSH", Duration::from_secs(60), |bench| {
        bench.rappel(&["status", "--limit", "hv1"]).code == Some(0)
    });
    let playbook = ["apply", "playbooks/t2.yml", "--yes", "--confirm-window", "20"];
    bench.rappel(&[&playbook[..], &["--limit", "hv1"]].concat()).code(0);
    restart_it("hv1").code(0).says("takes a login at fe80::");
    assert!(bench.holds("hv1", "test -e /run/restarted"));
    bench.edit("inventory/host_vars/hv1.yml", "touch /run/restarted", "ip link set vmbr11 down");
    restart_it("hv1").code(1).says("no login");
}

/// A guest on a bridge of its own: its entry is on the uplink, and stays all the time.
#[test]
fn an_entry_on_the_uplink_is_never_away() {
    let bench = bench();
    let address = "2001:db8:2:96ce::4";
    guest(&bench, "104", "br1", ["10.42.0.104", address], "manager: nspawn\n      id: \"104\"");
    bench.apply().code(0);
    bench.console("hv1", "systemctl start systemd-nspawn@104");
    let watch = "ip monitor neigh >/run/seen 2>&1 & echo $! >/run/watch";
    bench.console("hv1", watch);
    let said = restart(&bench, &["g104"]).code(0).says("answers").never_says("away");
    assert!(said.err.is_empty(), "{}", said.err);
    let entry = format!("ip -6 neigh show proxy | grep -q '^{address} dev eth0'");
    assert!(bench.holds("hv1", &entry));
    bench.console("hv1", "kill $(cat /run/watch)");
    assert!(!bench.holds("hv1", &format!("grep -i 'delete.*{address}.*proxy' /run/seen")));
}
