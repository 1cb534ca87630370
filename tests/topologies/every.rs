//! What every topology has to do, whatever it is.

use std::time::Duration;

use crate::bench::{Bench, Said};
use crate::state::{comes_as_kept, goes_back_as_shown, keep_of};

/// ifupdown2 takes forwarding off a bridge without an address when it reloads, and not when
/// it boots. Nothing is forwarded there: it has no address. And who holds a shared address is
/// agreed upon by the hosts that share it: the end state has it.
const NOT_COMPARED: [&str; 3] =
    ["net.ipv4.conf.vmbr1.forwarding", "net.ipv6.conf.vmbr1.forwarding", "vrrp51"];

/// A topology under test.
pub struct Site {
    pub bench: Bench,
    /// The shipped playbook's name.
    pub play: &'static str,
    /// Inventory hosts in the order in which they are changed; a guest comes after its
    /// hypervisor.
    pub hosts: &'static [&'static str],
    /// Asserts the end state by traffic. It may wait for caches to age.
    pub end: fn(&Bench),
    /// A change by hand on a host, and what the plan must say of it.
    pub by_hand: &'static [ByHand],
}

/// Something that somebody changed without rappel.
pub struct ByHand {
    pub host: &'static str,
    pub change: &'static str,
    /// What `plan` names.
    pub named: &'static str,
}

impl Site {
    /// Applies to one host after the other.
    pub fn apply(&self, host: &str) -> Said {
        let playbook = format!("playbooks/{}.yml", self.play);
        let words = ["apply", &playbook, "--yes", "--confirm-window", "20", "--limit", host];
        self.bench.rappel(&words)
    }

    fn plan(&self) -> Said {
        self.bench.rappel(&["plan", &format!("playbooks/{}.yml", self.play)])
    }

    /// Changes all hosts from what they are to the end state.
    pub fn stand_up(&self) {
        for host in self.hosts {
            self.bench.eventually(host, Duration::from_secs(60), |bench| reachable(bench, host));
            self.applies_as_foreseen(host).says("confirmed as generation 1");
        }
    }

    /// Applies to a host exactly what was planned; its live state is the one foreseen.
    #[track_caller]
    fn applies_as_foreseen(&self, host: &str) -> Said {
        let playbook = format!("playbooks/{}.yml", self.play);
        let (_, plan) = keep_of(&self.bench, host, &playbook, "kept.plan");
        comes_as_kept(&self.bench, host, "kept.plan", plan)
    }

    /// Every line that holds for every topology.
    pub fn lives_its_whole_life(&self) {
        let before = self.pictures();
        self.stand_up();
        (self.end)(&self.bench);

        for host in self.hosts {
            self.apply(host).code(0).says("unchanged");
        }
        self.plan().code(0).says(&format!("{} unchanged", self.hosts.len()));
        let standing = self.pictures();

        self.names_what_was_changed_by_hand();
        same(&self.pictures(), &standing);

        // The first one: the others are its guests, which boot with it.
        self.bench.lab.reboot(self.hosts[0]).expect("reboots");
        for host in self.hosts {
            let what = format!("SSH to {host} after the boot");
            self.bench.eventually(&what, Duration::from_secs(90), |bench| reachable(bench, host));
        }
        (self.end)(&self.bench);
        self.plan().code(0).says(&format!("{} unchanged", self.hosts.len()));
        same(&self.pictures(), &standing);

        for host in self.hosts.iter().rev() {
            goes_back_as_shown(&self.bench, host, "0");
        }
        same(&self.pictures(), &before);
    }

    fn names_what_was_changed_by_hand(&self) {
        for by_hand in self.by_hand {
            self.bench.console(by_hand.host, by_hand.change);
            self.plan().code(2).says(by_hand.host).says(by_hand.named);
            self.applies_as_foreseen(by_hand.host).says("confirmed");
        }
    }

    /// All hosts' pictures, once no address is under duplicate address detection any more.
    fn pictures(&self) -> Vec<String> {
        let picture = |host: &&str| {
            self.bench.eventually("the end of DAD", Duration::from_secs(60), |bench| {
                !bench.holds(host, "ip -6 addr show tentative | grep -q inet6")
            });
            let whole = self.bench.picture(host);
            let lines = whole.lines().filter(|line| !NOT_COMPARED.iter().any(|n| line.contains(n)));
            format!("{host}:\n{}", lines.collect::<Vec<_>>().join("\n"))
        };
        self.hosts.iter().map(picture).collect()
    }
}

/// A new login over SSH works.
pub fn reachable(bench: &Bench, host: &str) -> bool {
    bench.rappel(&["status", "--limit", host, "-T", "3"]).code == Some(0)
}

/// Line by line, so that a failure shows the difference and not two pages.
#[track_caller]
pub fn same(now: &[String], before: &[String]) {
    for (now, before) in now.iter().zip(before) {
        let host = before.lines().next().unwrap_or_default();
        let missing: Vec<&str> = before.lines().filter(|l| !now.lines().any(|n| n == *l)).collect();
        let extra: Vec<&str> = now.lines().filter(|l| !before.lines().any(|b| b == *l)).collect();
        assert!(
            missing.is_empty() && extra.is_empty(),
            "{host} missing: {missing:#?}\nextra: {extra:#?}"
        );
    }
}
