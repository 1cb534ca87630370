//! Networks of libvirt, with its own daemon and virsh.

use std::time::Duration;

use rappel::lab::topology;

use crate::bench::{Bench, Said};

const VARS: &str = "inventory/host_vars/hv1.yml";

/// How virsh prints everything that there is of networks.
const NETWORKS: &str = "for n in $(virsh net-list --all --name | sort); do virsh net-info $n; \
                        virsh net-dumpxml $n; virsh net-dumpxml --inactive $n; done; \
                        ls /etc/libvirt/qemu/networks/autostart";

pub fn bench() -> Bench {
    let bench = Bench::shipped(&topology::t4(), "t4");
    bench.eventually("SSH", Duration::from_secs(60), Bench::ssh_works);
    bench
}

fn apply(bench: &Bench) -> Said {
    bench.rappel(&["apply", "playbooks/t4.yml", "--yes", "--confirm-window", "20"])
}

pub fn networks(bench: &Bench) -> String {
    bench.console("hv1", NETWORKS)
}

#[test]
fn a_network_is_planned_made_and_left_alone_once_it_is_there() {
    let bench = bench();
    bench.console(
        "hv1",
        "echo '<network><name>theirs</name><bridge name=\"br7\"/><forward mode=\"bridge\"/></network>' \
         >/tmp/n.xml && virsh -q net-define /tmp/n.xml && virsh -q net-start theirs",
    );
    let before = networks(&bench);
    bench
        .rappel(&["plan", "playbooks/t4.yml"])
        .code(2)
        .says("create /@libvirt/network/lan")
        .says("+autostart: yes")
        .says("<bridge name='br0'/>");
    assert_eq!(networks(&bench), before, "a plan changes nothing");
    apply(&bench).code(0).says("confirmed as generation 1");
    apply(&bench).code(0).says("unchanged");
    let theirs = "virsh net-info theirs; virsh net-dumpxml theirs";
    assert!(before.contains(&bench.console("hv1", theirs)), "another's network is left alone");

    // What means the same is no change.
    let same = "virsh net-dumpxml lan | tac | sed 's,</network>,,; s,<network>,</network>,' >/tmp/m; \
                { echo '<network>'; cat /tmp/m; } | tr \"'\" '\"' >/tmp/n.xml; \
                virsh -q net-define /tmp/n.xml";
    bench.console("hv1", same);
    bench.rappel(&["plan", "playbooks/t4.yml"]).code(0).says("unchanged");

    let uuid = "virsh net-uuid lan";
    let old = bench.console("hv1", uuid);
    // One that is wanted otherwise keeps its identity, and is in force at once.
    bench.edit(VARS, "      bridge: br0\n", "      bridge: br7\n");
    apply(&bench).code(0).says("-<bridge name='br0'/>".trim_start_matches('-')).says("br7");
    assert_eq!(bench.console("hv1", uuid), old);
    assert!(bench.holds("hv1", "virsh net-dumpxml lan | grep -q br7"));
    bench.rappel(&["rollback", "--yes"]).code(0).says("confirmed");
    assert!(bench.holds("hv1", "virsh net-dumpxml lan | grep -q br0"));
    bench.rappel(&["rollback", "--to", "0", "--yes"]).code(0).says("confirmed");
    assert_eq!(networks(&bench), before);
}

#[test]
fn drift_names_what_was_changed_by_hand() {
    let bench = bench();
    apply(&bench).code(0);
    let drift = |by_hand: &str, named: &str| {
        bench.console("hv1", by_hand);
        bench
            .rappel(&["drift", "playbooks/t4.yml"])
            .code(2)
            .says("/@libvirt/network/lan")
            .says(named);
        apply(&bench).code(0).says("confirmed");
        bench.rappel(&["drift", "playbooks/t4.yml"]).code(0);
    };
    drift("virsh -q net-autostart lan --disable", "lacks `autostart: yes`");
    drift("EDITOR='sed -i s/br0/br9/' virsh -q net-edit lan", "has `<bridge name='br9'/>`");
    drift("virsh -q net-destroy lan", "lacks `active: yes`");
    drift("virsh -q net-undefine lan", "lacks `persistent: yes`");
    drift("virsh -q net-destroy lan; virsh -q net-undefine lan", "is missing");
}

/// The new address has no way back to the controller: everything is put back, the network
/// of libvirt as well, first to last.
#[test]
fn checks_that_fail_take_the_network_back() {
    let bench = bench();
    let before = networks(&bench);
    bench.edit(VARS, "gateway: 172.16.0.1", "gateway: 172.16.0.9");
    apply(&bench).code(3).says("rolled back");
    assert_eq!(networks(&bench), before);

    // Also one that was there, and changed.
    bench.edit(VARS, "gateway: 172.16.0.9", "gateway: 172.16.0.1");
    apply(&bench).code(0);
    bench.console("hv1", "virsh -q net-autostart lan --disable");
    let before = networks(&bench);
    bench.edit(VARS, "gateway: 172.16.0.1", "gateway: 172.16.0.9");
    bench.edit(VARS, "      bridge: br0\n", "      bridge: br7\n");
    apply(&bench).code(3).says("rolled back");
    assert_eq!(networks(&bench), before);
}

/// What virsh says is not what is believed, but what it tells afterwards.
#[test]
fn a_virsh_that_does_nothing_is_not_believed() {
    let bench = bench();
    bench.console(
        "hv1",
        "mv /usr/bin/virsh /usr/bin/virsh.real && printf '#!/bin/sh\n\
         case \"$*\" in *net-autostart*) exit 0 ;; esac\nexec virsh.real \"$@\"\n' \
         >/usr/bin/virsh && chmod +x /usr/bin/virsh",
    );
    apply(&bench).code(3).says("read back without: autostart yes");
    bench.console("hv1", "mv /usr/bin/virsh.real /usr/bin/virsh");
    assert!(!bench.holds("hv1", "virsh net-info lan"), "and what was made is gone again");
}

/// The plug is pulled right after libvirt has the network, before anybody confirms: the boot
/// finds the old files, and libvirt the old networks once it is up.
#[test]
fn a_power_cut_takes_the_network_back() {
    let bench = bench();
    let before = networks(&bench);
    cut_at(&bench, "object-put");
    bench.eventually("the way back", Duration::from_secs(120), |bench| {
        bench.ssh_works() && bench.holds("hv1", "test ! -e /var/lib/rappel/tx")
    });
    assert_eq!(networks(&bench), before);
    assert!(bench.holds("hv1", "pgrep -x dhclient"));
    assert!(!bench.holds("hv1", "test -e /etc/systemd/system/rappel-revert.service"));
    bench.rappel(&["status"]).code(0).says("reverted");
    apply(&bench).code(0).says("confirmed");
}

/// Pulls the plug at a step of an apply, and plugs it in again.
fn cut_at(bench: &Bench, step: &str) {
    bench.console(
        "hv1",
        &format!(
            "mkdir -p /run/rappel-fault && printf '#!/bin/sh\\ntouch /run/rappel-fault/reached\\n\
             sleep 60\\n' >/run/rappel-fault/{step} && chmod +x /run/rappel-fault/{step}"
        ),
    );
    let mut child = bench.start(&["apply", "playbooks/t4.yml", "--yes", "--confirm-window", "20"]);
    bench.eventually("the step", Duration::from_secs(60), |bench| {
        bench.holds("hv1", "test -e /run/rappel-fault/reached")
    });
    bench.lab.power_cut("hv1").expect("cut");
    bench.lab.power_on("hv1").expect("on");
    let _ = child.kill();
    let _ = child.wait();
}
