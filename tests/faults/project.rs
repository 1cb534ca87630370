//! Two good states of one hypervisor, and changes from one to the other that do not work.
//! They differ in all that a change can touch: the uplink's MTU, a bridge's address, a
//! bridge that only one has, proxied addresses, port forwards, a sysctl value.

use crate::bench::Bench;
use crate::case::Kind;

/// One of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    A,
    B,
}

impl State {
    pub fn other(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::A,
        }
    }
}

/// What is wrong with a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slip {
    None,
    /// The host is cut off from everybody.
    Gateway,
    /// It is cut off over IPv6, and can be told so over IPv4.
    Gateway6,
    /// As [`Slip::Gateway`], and the host may be rebooted.
    Doomed,
    /// A command that is to load it fails as long as it is in force. A hook that fails would do under ifupdown only:
    /// ifupdown2 takes no notice.
    Reload,
}

const PLAYBOOK: &str = "playbooks/t3.yml";
const VARS: &str = "inventory/host_vars/hv1.yml";
const MORE: &str = "    - kind: sysctl
      path: /etc/sysctl.d/91-lab.conf
      content: |
        net.ipv4.conf.all.log_martians = {{ martians }}
    - kind: file
      path: /etc/network/lab.conf
      when: broken
      reload: test ! -e /etc/network/lab.conf
      content: |
        nothing
  checks:
";

/// Makes a project of the two states, with short deadlines.
pub fn prepare(bench: &Bench, kind: &Kind) {
    bench.edit(PLAYBOOK, "  checks:\n", MORE);
    // They take seconds, of which the short window has few.
    bench.edit(PLAYBOOK, "    - dad\n    - mtu\n    - ndp_proxy\n", "");
    bench.edit(PLAYBOOK, "activation_timeout: 2m", "activation_timeout: 15s");
    let shipped = include_str!("../../templates/network/interfaces.j2");
    let after = "    address {{ uplink.ipv4.address }}\n";
    assert!(shipped.contains(after));
    let with_mtu = shipped.replace(after, &format!("{after}    mtu {{{{ uplink_mtu }}}}\n"));
    bench.write("playbooks/templates/network/interfaces.j2", &with_mtu);
    bench.write("templates/network/interfaces.j2", &with_mtu);
    if kind.user != "root" {
        let user = format!("ansible_user: {}\n      ansible_become: true", kind.user);
        bench.edit("inventory/hosts.yml", "ansible_user: root", &user);
    }
}

/// Writes the vars of a state.
pub fn want(bench: &Bench, state: State, slip: Slip) {
    let mut vars = include_str!("../../inventories/t3/host_vars/hv1.yml").to_owned();
    let mut set = |from: &str, to: &str| {
        assert!(vars.contains(from), "{from:?} is not in the inventory");
        vars = vars.replace(from, to);
    };
    if state == State::B {
        set("ipv4: 10.42.0.1/24", "ipv4: 10.42.0.2/24");
        set(
            "  guests:\n",
            "    - name: br2\n      mac: \"02:00:0a:2b:00:01\"\n      ipv4: 10.43.0.1/24\n  guests:\n    - name: guest3\n      ipv4: 10.42.0.13\n      ipv6: 2001:db8:2:96ce::13\n",
        );
        set("port: 8080", "port: 8081");
    }
    if matches!(slip, Slip::Gateway | Slip::Doomed) {
        set("gateway: 203.0.113.254", "gateway: 203.0.113.253");
    }
    if slip == Slip::Gateway6 {
        set("2001:db8:2:96ff:ff:ff:ff:ff", "2001:db8:2:96ff:ff:ff:ff:fe");
    }
    let b = state == State::B;
    let (mtu, martians) = if b { (1400, 1) } else { (1500, 0) };
    vars.push_str(&format!(
        "uplink_mtu: {mtu}\nmartians: {martians}\nbroken: {}\n",
        slip == Slip::Reload
    ));
    bench.write(VARS, &vars);
    allow_reboot(bench, slip == Slip::Doomed);
}

fn allow_reboot(bench: &Bench, allowed: bool) {
    let path = bench.project.path().join(PLAYBOOK);
    let text = std::fs::read_to_string(&path).expect("the playbook");
    let kept = text.lines().filter(|line| !line.contains("reboot_as_last_resort"));
    let mut text: String = kept.map(|line| format!("{line}\n")).collect();
    if allowed {
        text.push_str("    reboot_as_last_resort: true\n");
    }
    bench.write(PLAYBOOK, &text);
}
