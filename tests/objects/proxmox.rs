//! Groups, users, permissions and VMs of Proxmox VE, with strict stand-ins of its tools.

use std::time::Duration;

use rappel::lab::topology;

use crate::bench::{Bench, Said};
use crate::stand_in::{install, kept, told};

const VARS: &str = "inventory/host_vars/hv1.yml";

/// The hypervisor of T2 alone.
pub fn bench() -> Bench {
    let mut spec = topology::t2();
    spec.hosts.retain(|host| !["g1a", "g1b", "g2a", "gw12"].contains(&host.name.as_str()));
    let bench = Bench::shipped(&spec, "t2");
    bench.eventually("SSH", Duration::from_secs(60), |bench| {
        bench.rappel(&["status", "--limit", "hv1"]).code == Some(0)
    });
    install(&bench, "hv1");
    bench
}

fn rappel(bench: &Bench, words: &[&str]) -> Said {
    bench.rappel(&[words, &["--limit", "hv1"]].concat())
}

fn apply(bench: &Bench) -> Said {
    rappel(bench, &["apply", "playbooks/t2.yml", "--yes", "--confirm-window", "20"])
}

fn plan(bench: &Bench) -> Said {
    rappel(bench, &["plan", "playbooks/t2.yml"])
}

/// Puts a program in front of a tool; `$0.real` is the tool.
pub fn in_front(bench: &Bench, tool: &str, script: &str) {
    let line = format!(
        "cd /usr/bin && mkdir -p /opt/real && cp {tool} /opt/real/{tool} && rm {tool} && \
         printf '%s\\n' '#!/bin/sh' '{script}' 'exec /opt/real/{tool} \"$@\"' >{tool} && chmod 755 {tool}"
    );
    bench.console("hv1", &line);
}

pub fn itself_again(bench: &Bench, tool: &str) {
    let line = format!(
        "cp /opt/real/{tool} /usr/bin/{tool}.new && mv /usr/bin/{tool}.new /usr/bin/{tool}"
    );
    bench.console("hv1", &line);
}

/// Runs a script on the host at a step of a transaction.
fn at_step(bench: &Bench, step: &str, script: &str) {
    bench.console(
        "hv1",
        &format!(
            "mkdir -p /run/rappel-fault && printf '%s\\n' '#!/bin/sh' '{script}' \
             >/run/rappel-fault/{step} && chmod 755 /run/rappel-fault/{step}"
        ),
    );
}

#[test]
fn they_are_made_in_order_and_go_the_other_way_round() {
    let bench = bench();
    let before = kept(&bench, "hv1");
    plan(&bench)
        .code(2)
        .says("create /@proxmox/group/groupe_1")
        .says("+groups: groupe_1")
        .says("+/vms/102: PVEVMAdmin")
        .says("+net0: virtio=02:00:0A:00:01:02,bridge=vmbr11");
    assert_eq!(kept(&bench, "hv1"), before, "a plan changes nothing");
    told(&bench, "hv1");
    apply(&bench).code(0).says("confirmed as generation 1");
    let order: Vec<String> = told(&bench, "hv1");
    let place = |text: &str| {
        let found = order.iter().position(|line| line.starts_with(text));
        found.unwrap_or_else(|| panic!("no {text:?} in {order:#?}"))
    };
    for pair in [
        "pveum group add groupe_2",
        "pveum user add anna@pve",
        "pveum user add cleo@pve",
        "pveum acl modify /storage --groups groupe_1",
        "qm clone 100 102 --name g1a --full 0",
        "qm set 102 --net0",
        "qm clone 100 912",
    ]
    .windows(2)
    {
        assert!(place(pair[0]) < place(pair[1]), "{pair:?}: {order:#?}");
    }
    apply(&bench).code(0).says("unchanged");
    assert_eq!(told(&bench, "hv1"), [""; 0]);
    rappel(&bench, &["drift", "playbooks/t2.yml"]).code(0);

    // Back to the plain host: accounts go, VMs stay.
    let said = rappel(&bench, &["rollback", "--to", "0", "--yes"]).code(0);
    said.says("/@proxmox/vm/102 stays").says("/@proxmox/user/anna@pve loses its password");
    let order = told(&bench, "hv1");
    let words: Vec<String> =
        order.iter().map(|l| l.split(' ').skip(1).take(2).collect::<Vec<_>>().join(" ")).collect();
    let mut sorted = words.clone();
    sorted
        .sort_by_key(|w| ["acl delete", "user delete", "group delete"].iter().position(|k| k == w));
    assert_eq!(words, sorted);
    let after = kept(&bench, "hv1");
    let without_vms = |text: &str| text[..text.find("vms/").unwrap_or(text.len())].to_owned();
    assert_eq!(without_vms(&after), without_vms(&before));
    for number in ["102", "103", "202", "912", "100", "900"] {
        assert!(bench.holds("hv1", &format!("qm status {number}")), "{number}");
    }
    // They are taken up again as they are.
    apply(&bench).code(0).says("confirmed");
    assert!(!told(&bench, "hv1").iter().any(|line| line.contains("clone")));
}

#[test]
fn drift_names_what_was_changed_by_hand() {
    let bench = bench();
    apply(&bench).code(0);
    for (by_hand, path, named) in [
        ("pveum group modify groupe_1 --comment x", "group/groupe_1", "has `comment: x`"),
        ("pveum user modify anna@pve --groups theirs", "user/anna@pve", "lacks `groups: groupe_1`"),
        ("pveum user modify bela@pve --enable 0", "user/bela@pve", "is"),
        ("pveum user delete cleo@pve", "user/cleo@pve", "is missing"),
        (
            "pveum acl modify / --groups groupe_2 --roles Administrator",
            "acl/groupe_2",
            "has `/: Administrator`",
        ),
        (
            "pveum acl delete /storage --groups groupe_1 --roles PVEDatastoreUser",
            "acl/groupe_1",
            "lacks `/storage: PVEDatastoreUser`",
        ),
        (
            "qm set 102 --net1 virtio=02:00:00:00:00:09,bridge=vmbr12",
            "vm/102",
            "has `net1: virtio=02:00:00:00:00:09,bridge=vmbr12`",
        ),
        ("qm set 912 --delete net1", "vm/912", "lacks `net1:"),
    ] {
        bench.console("hv1", by_hand);
        let drift = rappel(&bench, &["drift", "playbooks/t2.yml"]);
        // Whether an account is on is not said, and so it is nobody's business.
        if path.contains("bela") {
            drift.code(0);
            continue;
        }
        drift.code(2).says(&format!("/@proxmox/{path}")).says(named);
        apply(&bench).code(0).says("confirmed");
        rappel(&bench, &["drift", "playbooks/t2.yml"]).code(0);
    }
    assert!(
        bench.holds("hv1", "pveum group list --output-format json-pretty | grep -q 'not ours'")
    );
}

/// What pveum says is not what is believed, but what it tells afterwards.
#[test]
fn a_tool_that_does_nothing_is_not_believed() {
    let bench = bench();
    let before = kept(&bench, "hv1");
    for (tool, lie, told) in [
        (
            "pveum",
            "case $* in *acl?modify*) exit 0 ;; esac",
            "groupe_1: read back: it is not there",
        ),
        (
            "pveum",
            "case $* in *acl?modify?/storage*) exit 0 ;; esac",
            "read back without: acl /storage PVEDatastoreUser 1",
        ),
        ("pveum", "case $* in *user?add*) exit 0 ;; esac", "anna@pve: read back: it is not there"),
        ("qm", "case $* in clone*) exit 0 ;; esac", "was cloned and is not there"),
        ("qm", "case $* in set*) exit 0 ;; esac", "read back without: net0"),
    ] {
        in_front(&bench, tool, lie);
        apply(&bench).code(3).says(told).says("rolled back");
        itself_again(&bench, tool);
        assert_eq!(kept(&bench, "hv1"), before, "{lie}");
    }
}

/// A list that does not come, or comes cut off, is no empty list: nothing may be made of it.
#[test]
fn a_read_that_fails_is_not_taken_for_nothing_there() {
    let bench = bench();
    let before = kept(&bench, "hv1");
    for (tool, fault, words) in [
        ("pvesh", "echo no quorum >&2; exit 1", "no quorum"),
        ("pvesh", "exit 0", "does not answer"),
        (
            "pveum",
            "case $* in group?list*) printf \"[\\n   {\\n\"; exit 0 ;; esac",
            "does not answer",
        ),
        ("pveum", "case $* in acl?list*) exit 255 ;; esac", "does not answer"),
    ] {
        in_front(&bench, tool, fault);
        plan(&bench).code(5).says(words);
        apply(&bench).code(5).says(words);
        itself_again(&bench, tool);
        assert_eq!(kept(&bench, "hv1"), before, "{fault}");
    }
    plan(&bench).code(2);
}

/// Everything is put back, the last first: when checks fail, and when the one that changes it
/// is killed half-way.
#[test]
fn what_was_begun_is_put_back_in_reverse() {
    let bench = bench();
    bench.console("hv1", "pveum group add groupe_1 --comment old && pveum user add anna@pve");
    let before = kept(&bench, "hv1");
    told(&bench, "hv1");
    bench.edit(VARS, "gateway: 203.0.113.254", "gateway: 203.0.113.9");
    apply(&bench).code(3).says("rolled back");
    assert_eq!(kept(&bench, "hv1"), before);
    let order = told(&bench, "hv1");
    let tail: Vec<&str> =
        order.iter().skip_while(|l| !l.contains("destroy")).map(String::as_str).collect();
    let firsts = ["qm destroy 912", "qm destroy 202", "qm destroy 103", "qm destroy 102"];
    assert_eq!(&tail[..4], firsts, "{order:#?}");
    assert_eq!(tail[tail.len() - 1], "pveum group modify groupe_1 --comment old", "{order:#?}");

    bench.edit(VARS, "gateway: 203.0.113.9", "gateway: 203.0.113.254");
    // A killed activation is noticed by its deadline.
    bench.edit(
        "playbooks/t2.yml",
        "    - mtu\n\n- name: the VM",
        "    - mtu\n  rollout:\n    activation_timeout: 20s\n\n- name: the VM",
    );
    for which in ["2", "7"] {
        let count = "n=$(($(cat /run/count 2>/dev/null || echo 0) + 1)); echo $n >/run/count";
        let kill = format!("{count}; if [ $n -eq {which} ]; then kill -9 $PPID; fi");
        bench.console("hv1", "rm -f /run/count");
        at_step(&bench, "object-put", &kill);
        apply(&bench).code(3).says("rolled back");
        assert_eq!(kept(&bench, "hv1"), before, "killed after {which}");
    }
    bench.console("hv1", "rm -r /run/rappel-fault");
    apply(&bench).code(0).says("confirmed");
}

/// Disks do not come back: a VM that somebody uses by now is not taken away by a way back.
#[test]
fn a_vm_that_is_in_use_stays_and_is_told_of() {
    let bench = bench();
    bench.edit(VARS, "gateway: 203.0.113.254", "gateway: 203.0.113.9");
    at_step(
        &bench,
        "objects",
        "qm start 102; echo mine >/var/lib/pve-stand-in/snapshots-103; \
                                qm set 202 --description mine",
    );
    apply(&bench)
        .code(4)
        .says("revert incomplete")
        .says("VM 102 stays: it is running")
        .says("VM 103 stays: it has snapshots")
        .says("VM 202 stays: it has no mark of this change");
    for (number, is) in [("102", true), ("103", true), ("202", true), ("912", false)] {
        assert_eq!(bench.holds("hv1", &format!("qm status {number}")), is, "{number}");
    }
    assert!(!bench.holds("hv1", "pveum group list --output-format json-pretty | grep groupe"));
}

#[test]
fn the_number_of_another_ones_vm_is_refused() {
    let bench = bench();
    bench.console("hv1", "qm create 102 --name mail2 --net0 virtio,bridge=vmbr0");
    let before = kept(&bench, "hv1");
    apply(&bench).says("102 is the VM `mail2` on this host, not `g1a`").says("another number");
    assert_eq!(kept(&bench, "hv1"), before);
}

/// The plug is pulled when everything is made and nobody has confirmed.
#[test]
fn a_power_cut_takes_them_back() {
    let bench = bench();
    let before = kept(&bench, "hv1");
    at_step(&bench, "objects", "touch /run/rappel-fault/reached; sleep 60");
    let words = ["apply", "playbooks/t2.yml", "--yes", "--confirm-window", "20", "--limit", "hv1"];
    let mut child = bench.start(&words);
    bench.eventually("the step", Duration::from_secs(60), |bench| {
        bench.holds("hv1", "test -e /run/rappel-fault/reached")
    });
    assert!(bench.holds("hv1", "qm status 912"));
    bench.lab.power_cut("hv1").expect("cut");
    bench.lab.power_on("hv1").expect("on");
    let _ = child.kill();
    let _ = child.wait();
    bench.eventually("the way back", Duration::from_secs(120), |bench| {
        rappel(bench, &["status"]).code == Some(0)
            && bench.holds("hv1", "test ! -e /var/lib/rappel/tx")
    });
    assert_eq!(kept(&bench, "hv1"), before);
    rappel(&bench, &["status"]).code(0).says("reverted");
    apply(&bench).code(0).says("confirmed");
}
