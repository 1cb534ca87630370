//! What `rappel import` makes of objects: the plan of it is empty until somebody changes one, and
//! what it cannot say is named.

use crate::bench::Bench;
use crate::project::{Imported, import};
use crate::stand_in::{kept, told};
use crate::{libvirt, proxmox};

/// The networks of somebody who never heard of rappel.
const NETWORKS: &str = r#"
network() { echo "$1" >/tmp/n.xml && virsh -q net-define /tmp/n.xml; }
network '<network><name>lan</name><forward mode="bridge"/><bridge name="br0"/></network>'
network '<network><name>inner</name><bridge name="virbr7"/></network>'
network '<network><name>idle</name><forward mode="bridge"/><bridge name="br7"/></network>'
network '<network><name>byhand</name><forward mode="bridge"/><bridge name="br8"/></network>'
for name in lan inner byhand; do virsh -q net-start $name; done
for name in lan inner; do virsh -q net-autostart $name; done
echo '<network><name>fleeting</name><forward mode="bridge"/><bridge name="br9"/></network>' >/tmp/n.xml
virsh -q net-create /tmp/n.xml
"#;

/// The plan has something to say after a change by hand, and nothing once it is undone.
fn by_hand(bench: &Bench, imported: &Imported<'_>, change: &str, named: &str, back: &str) {
    bench.console("hv1", change);
    imported.rappel(&["plan"]).code(2).says(named);
    bench.console("hv1", back);
    imported.plans_nothing();
}

#[test]
fn networks_of_libvirt_are_wanted_as_they_are() {
    let bench = libvirt::bench();
    bench.console("hv1", NETWORKS);
    let before = libvirt::networks(&bench);
    let imported = import(&bench, "hv1");
    assert_eq!(libvirt::networks(&bench), before, "import only reads");
    imported.plans_nothing();
    let playbook = imported.read("site.yml");
    assert!(playbook.contains(LAN), "{playbook}");
    assert!(!playbook.contains("uuid"), "{playbook}");
    let account = imported.read("IMPORT.md");
    for wanted in [
        "libvirt_network `lan`",
        "libvirt_network `inner`",
        "`/@libvirt/network/idle`: it is not active",
        "`/@libvirt/network/byhand`: it does not start with the host",
        "`/@libvirt/network/fleeting`: it is not persistent",
    ] {
        assert!(account.contains(wanted), "{wanted}\n{account}");
    }
    assert!(imported.said.out.contains("and 2 object(s)"), "{}", imported.said.out);
    for left in ["idle", "byhand", "fleeting"] {
        assert!(!playbook.contains(left), "{playbook}");
    }

    let hand = |change, named, back| by_hand(&bench, &imported, change, named, back);
    hand("virsh -q net-autostart lan --disable", "+autostart: yes", "virsh -q net-autostart lan");
    hand(
        "EDITOR='sed -i s/br0/br5/' virsh -q net-edit lan",
        "<bridge name='br0'/>",
        "EDITOR='sed -i s/br5/br0/' virsh -q net-edit lan",
    );
    // And what is gone is made again.
    bench.console("hv1", "virsh -q net-destroy lan && virsh -q net-undefine lan");
    imported.rappel(&["plan"]).code(2).says("create /@libvirt/network/lan");
    imported.rappel(&["apply", "--yes", "--confirm-window", "20"]).code(0).says("confirmed");
    imported.plans_nothing();
    assert!(bench.holds("hv1", "virsh net-dumpxml lan | grep -q br0"));
}

const LAN: &str = "\
    - kind: libvirt_network
      name: lan
      content: |
        <network>
          <name>lan</name>
          <forward mode='bridge'/>
          <bridge name='br0'/>
        </network>
";

/// What somebody did on a Proxmox VE, beside what the stand-in brings: linked clones by hand,
/// one with a NIC behind NAT; a role; a token; and secrets in places where people put them.
const BY_HAND: &str = r#"
mkdir -p /etc/pve/nodes/hv1/qemu-server && ln -s nodes/hv1/qemu-server /etc/pve/qemu-server
pveum group add staff
pveum role add Watcher
pveum acl modify /vms --groups theirs --roles Watcher --propagate 0
pveum user modify zoe@pve --comment 'pw: hunter2-zoe' --email zoe@example.net --firstname Zoë
pveum user add max@pve --enable 0
qm clone 100 102 --name web --full 0 >/dev/null
qm set 102 --net0 virtio=02:00:00:00:00:09,bridge=vmbr1,tag=7 --ipconfig0 ip=10.0.0.2/24,gw=10.0.0.1 --onboot 1 >/dev/null
qm clone 100 901 --name behind-nat --full 0 >/dev/null
qm set 901 --net0 virtio=02:00:00:00:00:0a >/dev/null
cd /var/lib/pve-stand-in
echo '/ token zoe@pve!watch PVEAuditor 1' >>acl
echo 'cipassword: hunter2-ci' >>vms/102
echo 'cipassword: hunter2-ci' >>/etc/pve/qemu-server/102.conf
"#;

#[test]
fn accounts_and_vms_of_proxmox_are_wanted_as_they_are() {
    let bench = proxmox::bench();
    bench.console("hv1", BY_HAND);
    let before = kept(&bench, "hv1");
    told(&bench, "hv1");
    let imported = import(&bench, "hv1");
    assert_eq!(kept(&bench, "hv1"), before, "import only reads");
    assert_eq!(told(&bench, "hv1"), [""; 0]);
    imported.plans_nothing();
    let playbook = imported.read("site.yml");
    for wanted in WANTED {
        assert!(playbook.contains(wanted), "{wanted}\n{playbook}");
    }
    let vars = imported.read("host_vars/hv1.yml");
    assert!(vars.contains("proxmox:\n  roles: [Watcher]\n"), "{vars}");
    let account = imported.read("IMPORT.md");
    for wanted in LEFT {
        assert!(account.contains(wanted), "{wanted}\n{account}");
    }
    let all = std::process::Command::new("grep")
        .args(["-rl", "hunter2"])
        .arg(&imported.directory)
        .output()
        .expect("grep runs");
    assert_eq!(String::from_utf8_lossy(&all.stdout), "", "a secret was written down");
    assert!(!imported.said.out.contains("hunter2"), "{}", imported.said.out);

    for (change, named, back) in CHANGES {
        by_hand(&bench, &imported, change, named, back);
    }
}

const WANTED: [&str; 5] = [
    "    - kind: proxmox_group\n      name: theirs\n      content: |\n        comment: not ours\n",
    "    - kind: proxmox_user\n      name: max@pve\n      content: |\n        enable: 0\n        groups:\n",
    "      name: zoe@pve\n      content: |\n        enable: 1\n        groups: theirs\n        \
     email: zoe@example.net\n        firstname: Zoë\n",
    "      name: theirs\n      content: |\n        /vms/900: PVEVMUser\n        \
     /vms: Watcher propagate=0\n",
    "    - kind: proxmox_vm\n      name: \"102\"\n      content: |\n        name: web\n        \
     template: 100\n        ipconfig0: gw=10.0.0.1,ip=10.0.0.2/24\n        \
     net0: virtio=02:00:00:00:00:09,bridge=vmbr1,tag=7\n        onboot: 1\n",
];

const LEFT: [&str; 6] = [
    "`/@proxmox/user/root@pam`: every Proxmox VE has it by itself",
    "`/@proxmox/user/zoe@pve`: its comment reads like a secret",
    "`/@proxmox/acl/zoe@pve!watch`: no playbook could have its name",
    "`/@proxmox/vm/100`: it is a template",
    "`/@proxmox/vm/900`: nothing tells which template it was made from",
    "`/@proxmox/vm/901`: net0: a NIC needs a `bridge`",
];

const CHANGES: [(&str, &str, &str); 7] = [
    (
        "pveum group modify theirs --comment other",
        "change /@proxmox/group/theirs",
        "pveum group modify theirs --comment 'not ours'",
    ),
    (
        "pveum user modify max@pve --groups staff",
        "change /@proxmox/user/max@pve",
        "pveum user modify max@pve --groups ''",
    ),
    ("pveum user modify max@pve --enable 1", "+enable: no", "pveum user modify max@pve --enable 0"),
    (
        "pveum user delete max@pve",
        "create /@proxmox/user/max@pve",
        "pveum user add max@pve --enable 0",
    ),
    (
        "pveum acl modify / --groups theirs --roles Administrator",
        "-/: Administrator",
        "pveum acl delete / --groups theirs --roles Administrator",
    ),
    (
        "qm set 102 --net1 virtio=02:00:00:00:00:0b,bridge=vmbr1",
        "-net1: virtio=02:00:00:00:00:0B,bridge=vmbr1",
        "qm set 102 --delete net1",
    ),
    ("qm set 102 --onboot 0", "+onboot: 1", "qm set 102 --onboot 1"),
];

/// A list that does not come is no empty one: it is said which.
#[test]
fn what_a_tool_does_not_tell_is_named() {
    let bench = proxmox::bench();
    proxmox::in_front(&bench, "pveum", "case $* in user?list*) echo no quorum >&2; exit 1 ;; esac");
    let imported = import(&bench, "hv1");
    proxmox::itself_again(&bench, "pveum");
    let account = imported.read("IMPORT.md");
    let wanted = "`/@proxmox/user/`: pveum user list --full 1 does not answer: no quorum";
    assert!(account.contains(wanted), "{account}");
    let playbook = imported.read("site.yml");
    assert!(playbook.contains("proxmox_group") && !playbook.contains("proxmox_user"), "{playbook}");
    imported.plans_nothing();
}
