//! What has to hold on every kind of host, written once.

use std::net::IpAddr;
use std::process::Child;
use std::time::Duration;

use rappel::lab::{HostSpec, Kind, NicSpec, Spec, topology};

use crate::bench::{Bench, Said};

/// A hypervisor of some kind, and what `apply` needs there.
pub struct Subject {
    pub bench: Bench,
    extra: &'static [&'static str],
}

impl Subject {
    /// A hypervisor laid over a variant of the Debian root.
    pub fn variant(base: &str) -> Self {
        let mut spec = topology::t3();
        spec.host_mut("hv1").expect("hv1").base = base.to_owned();
        Self { bench: Bench::of(&spec), extra: &[] }
    }

    /// A lab that is up already.
    pub fn of(bench: Bench) -> Self {
        Self { bench, extra: &[] }
    }

    /// A hypervisor without any init.
    pub fn plain() -> Self {
        let bench = Bench::of(&plain_t3());
        // The lab sets addresses in its own way; a real host's come from its own ifup.
        bench.console(
            "hv1",
            "ip addr flush dev eth0 scope global && ip link set eth0 down && ifup eth0",
        );
        Self { bench, extra: &["--without-boot-revert"] }
    }

    /// `rappel apply` with a short window, and what this kind needs.
    pub fn apply(&self) -> Said {
        self.bench.rappel(&self.words("12"))
    }

    /// The same, not waited for.
    pub fn start(&self, window: &'static str) -> Child {
        self.bench.start(&self.words(window))
    }

    fn words(&self, window: &'static str) -> Vec<&'static str> {
        let apply = ["apply", "playbooks/t3.yml", "--yes", "--confirm-window", window];
        apply.iter().chain(self.extra).copied().collect()
    }

    /// `rappel rollback --to 0`.
    pub fn rollback(&self) -> Said {
        let words: Vec<&str> =
            ["rollback", "--yes", "--to", "0"].iter().chain(self.extra).copied().collect();
        self.bench.rappel(&words)
    }
}

/// The hypervisor topology with a host whose process 1 is its SSH server.
pub fn plain_t3() -> Spec {
    let mut spec = topology::t3();
    let hypervisor = spec.host_mut("hv1").expect("hv1");
    let nic: NicSpec = hypervisor.wire.nics.remove(0).address("203.0.113.10/24");
    let interfaces = hypervisor.interfaces.clone();
    let mut plain = HostSpec::new("hv1", Kind::Plain).nic(nic).route("default via 203.0.113.254");
    plain.address = "203.0.113.10".parse::<IpAddr>().ok();
    plain.aliases.clone_from(&hypervisor.aliases);
    plain.interfaces = interfaces;
    *hypervisor = plain;
    spec
}

/// From the plain host to a hypervisor with traffic of both families, nothing to do after
/// that, and back to the plain host.
pub fn comes_up_and_goes_back(subject: &Subject) {
    let bench = &subject.bench;
    let before = picture(bench);
    subject.apply().code(0).says("confirmed as generation 1");
    carries_traffic(bench);
    // Guests remember their gateway's MAC: it must not be another one at each boot.
    assert_eq!(
        bench.console("hv1", "cat /sys/class/net/br1/address").trim(),
        "02:00:0a:2a:00:01",
        "the pinned MAC of the bridge"
    );
    subject.apply().code(0).says("hv1: unchanged");
    subject.rollback().code(0).says("confirmed as generation 2");
    same(&picture(bench), &before);
}

/// Traffic of both families, in and out.
#[track_caller]
pub fn carries_traffic(bench: &Bench) {
    // Neighbours may keep an old MAC address for a while after a bridge has got another.
    let while_caches_age = Duration::from_secs(40);
    for guest in ["2001:db8:2:96ce::11", "2001:db8:2:96ce::12"] {
        let what = format!("the provider reaches {guest}");
        bench.eventually(&what, while_caches_age, |b| b.gateway_pings(guest));
    }
    for target in ["198.51.100.2", "2001:db8:ffff::2"] {
        let what = format!("a guest reaches {target}");
        let ping = format!("ping -q -c 2 -W 2 {target}");
        bench.eventually(&what, while_caches_age, |b| b.holds("guest1", &ping));
    }
}

/// A gateway that does not answer: files and live state come back.
pub fn wrong_gateway_comes_back(subject: &Subject) {
    let bench = &subject.bench;
    subject.apply().code(0);
    let before = picture(bench);
    bench.edit("inventory/host_vars/hv1.yml", "gateway: 203.0.113.254", "gateway: 203.0.113.253");
    subject.apply().code(3).says("rolled back").never_says("confirmed as generation 2");
    same(&picture(bench), &before);
    carries_traffic(bench);
}

/// The controller dies between swap and confirm.
pub fn killed_controller_comes_back(subject: &Subject) {
    let bench = &subject.bench;
    let before = picture(bench);
    slow_step(bench, "swap");
    let mut child = subject.start("6");
    bench.eventually("the swap", Duration::from_secs(40), reached);
    child.kill().expect("SIGKILL");
    child.wait().expect("ended");
    bench.eventually("the change is in force", Duration::from_secs(40), |b| {
        b.holds("hv1", "test -d /sys/class/net/br1")
    });
    transaction_ends(bench);
    bench.console("hv1", "rm -r /run/rappel-fault");
    same(&picture(bench), &before);
    bench.rappel(&["history"]).code(0).says("reverted: not confirmed within 6 s");
}

/// The power goes while the change waits to be confirmed.
pub fn power_cut_comes_back(subject: &Subject) {
    let bench = &subject.bench;
    let before = picture(bench);
    slow_step(bench, "activated");
    let child = subject.start("30");
    bench.eventually("activation", Duration::from_secs(60), reached);
    bench.lab.power_cut("hv1").expect("cut");
    bench.lab.power_on("hv1").expect("on");
    let output = child.wait_with_output().expect("ended");
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("at boot"), "{said}");
    same(&picture(bench), &before);
    assert!(!bench.holds(
        "hv1",
        "test -e /etc/systemd/system/rappel-revert.service || test -e /etc/init.d/rappel-revert"
    ));
}

/// Makes a step of the transaction leave a mark and take two seconds.
pub fn slow_step(bench: &Bench, step: &str) {
    bench.console(
        "hv1",
        &format!(
            "mkdir -p /run/rappel-fault && printf '#!/bin/sh\\ntouch /run/rappel-fault/reached\\nsleep 2\\n' >/run/rappel-fault/{step} && chmod +x /run/rappel-fault/{step}"
        ),
    );
}

/// Whether the slow step was reached.
pub fn reached(bench: &Bench) -> bool {
    bench.holds("hv1", "test -e /run/rappel-fault/reached")
}

/// Waits until no transaction is open.
#[track_caller]
pub fn transaction_ends(bench: &Bench) {
    bench.eventually("the end of the transaction", Duration::from_secs(60), |b| {
        !b.holds("hv1", "test -e /var/lib/rappel/tx")
    });
}

/// The host's picture once no address is under duplicate address detection any more.
#[track_caller]
pub fn picture(bench: &Bench) -> String {
    bench.eventually("the end of duplicate address detection", Duration::from_secs(60), |b| {
        !b.holds("hv1", "ip -6 addr show tentative | grep -q inet6")
    });
    bench.picture("hv1")
}

/// Line by line, so that a failure shows the difference and not two pages.
#[track_caller]
pub fn same(now: &str, before: &str) {
    let missing: Vec<&str> = before.lines().filter(|l| !now.lines().any(|n| n == *l)).collect();
    let extra: Vec<&str> = now.lines().filter(|l| !before.lines().any(|b| b == *l)).collect();
    assert!(missing.is_empty() && extra.is_empty(), "missing: {missing:#?}\nextra: {extra:#?}");
}
