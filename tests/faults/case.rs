//! What can be tried: every step, with every fault that makes sense there, in the
//! scenarios that come by it, on every kind of host.

use crate::steps::{self, Step};

/// What happens at the step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// SIGKILL to the shell that takes the step.
    Kill,
    /// SIGKILL to everything in its session, children and hooks included.
    KillTree,
    /// The power goes, and comes back; what was not synced is lost.
    Power,
    /// The uplink's cable is out for 3 s.
    LinkShort,
    /// The uplink's cable is out for longer than the window.
    LinkLong,
    /// SIGKILL to rappel.
    Controller,
    /// SIGINT to rappel.
    Interrupt,
    /// The disk is full from then on.
    DiskFull,
    /// There is no inode left from then on.
    InodesFull,
    /// The step takes longer than all deadlines.
    Hang,
}

/// All faults.
pub const FAULTS: [Fault; 10] = [
    Fault::Kill,
    Fault::KillTree,
    Fault::Power,
    Fault::LinkShort,
    Fault::LinkLong,
    Fault::Controller,
    Fault::Interrupt,
    Fault::DiskFull,
    Fault::InodesFull,
    Fault::Hang,
];

impl Fault {
    pub fn name(self) -> &'static str {
        match self {
            Self::Kill => "kill",
            Self::KillTree => "kill-tree",
            Self::Power => "power",
            Self::LinkShort => "link-3s",
            Self::LinkLong => "link-12s",
            Self::Controller => "controller-kill",
            Self::Interrupt => "controller-interrupt",
            Self::DiskFull => "disk-full",
            Self::InodesFull => "inodes-full",
            Self::Hang => "hang",
        }
    }
}

/// Its steps are those of each object.
const OBJECTS: &str = "put-objects.sh";

/// What is being done while it happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scenario {
    /// A good change.
    Good,
    /// A wrong IPv6 gateway: the controller asks for the revert.
    Bad,
    /// A reload command fails: the worker reverts.
    Broken,
    /// A wrong gateway, so that nobody is heard in the window, and a way back that does
    /// not work at first.
    Stubborn,
    /// The same, and nothing helps but the reboot that the play allows.
    Doomed,
    /// A good change whose host loses power before it is confirmed.
    Boot,
}

impl Scenario {
    pub fn name(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Bad => "bad",
            Self::Broken => "broken",
            Self::Stubborn => "stubborn",
            Self::Doomed => "doomed",
            Self::Boot => "boot",
        }
    }

    /// The scenarios that come by a step.
    fn of(step: &Step) -> &'static [Self] {
        match (step.script, step.name.as_str()) {
            ("revert.sh", "revert-restart") => &[Self::Stubborn],
            ("revert.sh", "revert-reboot") => &[Self::Doomed],
            ("revert.sh", _) => &[Self::Bad, Self::Broken],
            ("boot.sh", _) => &[Self::Boot],
            // These hosts have no tools with objects; those of `tests/objects` are broken there.
            (OBJECTS, _) => &[],
            ("generations.sh", "disarmed") => &[Self::Good, Self::Bad, Self::Boot],
            ("generations.sh", "confirmed-logged" | "generation") => &[Self::Good],
            ("generations.sh", _) => &[Self::Bad, Self::Boot],
            _ => &[Self::Good],
        }
    }
}

/// A kind of host.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Kind {
    pub name: &'static str,
    /// The Debian root.
    pub base: &'static str,
    /// Who logs in.
    pub user: &'static str,
}

/// All kinds; each needs systemd (hosts without it are configured by the lab at boot).
pub const KINDS: [Kind; 4] = [
    Kind { name: "debian12", base: "bookworm", user: "root" },
    Kind { name: "debian12-sudo", base: "bookworm", user: "admin" },
    Kind { name: "debian13", base: "trixie", user: "root" },
    Kind { name: "debian12-ifupdown2", base: "bookworm-ifupdown2", user: "root" },
];

/// One thing to try.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Case {
    pub kind: &'static Kind,
    pub scenario: Scenario,
    pub step: String,
    pub fault: Fault,
}

impl std::fmt::Display for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (kind, scenario) = (self.kind.name, self.scenario.name());
        write!(f, "{kind} {scenario} {} {}", self.step, self.fault.name())
    }
}

/// Every case on hosts of that kind.
pub fn all(kind: &'static Kind) -> Vec<Case> {
    let mut cases = Vec::new();
    for step in steps::all() {
        for &scenario in Scenario::of(&step) {
            for fault in FAULTS {
                // Before the network is up there is neither cable nor controller.
                let early = matches!(
                    fault,
                    Fault::LinkShort | Fault::LinkLong | Fault::Controller | Fault::Interrupt
                );
                if scenario == Scenario::Boot && early {
                    continue;
                }
                cases.push(Case { kind, scenario, step: step.name.clone(), fault });
            }
        }
    }
    cases
}

/// SplitMix64: the same sample for the same seed, on every machine.
pub struct Dice(pub u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Puts cases into an order of chance.
    pub fn shuffle(&mut self, cases: &mut [Case]) {
        for last in (1..cases.len()).rev() {
            let other = (self.roll() % (last as u64 + 1)) as usize;
            cases.swap(last, other);
        }
    }
}

#[test]
fn every_step_is_tried_with_every_fault() {
    let cases = all(&KINDS[0]);
    for step in steps::all().into_iter().filter(|step| step.script != OBJECTS) {
        let tried: Vec<&Case> = cases.iter().filter(|c| c.step == step.name).collect();
        let boot = step.script == "boot.sh";
        for fault in FAULTS.iter().take(if boot { 3 } else { 10 }) {
            assert!(tried.iter().any(|c| c.fault == *fault), "{fault:?} at {}", step.name);
        }
    }
}
