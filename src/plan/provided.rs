//! What providers have of a host, beside what the inventory says: data that comes in, like
//! what was read of the host itself. Pure.

use super::HostPlan;
use super::drifted::{Drifted, What};
use super::port::port_is;
use super::virtual_mac::{MacPlan, plan_mac};
use crate::desired::{WantedMac, WantedPort};
use crate::observed::{PortState, SeenMacs, SeenPort};

/// Begins a warning of what a provider did not tell.
const NOT_COMPARED: &str = "not compared: ";

/// Whatever was asked, or why there is no answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Provided {
    /// Ports of virtual switches.
    pub ports: Vec<(WantedPort, Result<SeenPort, String>)>,
    /// Virtual MACs.
    pub macs: Vec<(WantedMac, Result<SeenMacs, String>)>,
    /// Vars that could not be understood.
    pub wrong: Vec<String>,
}

impl HostPlan {
    /// Takes in what providers have. It is shown, and counts as drift; it is no part of the
    /// host's transaction, which could not give it back.
    pub fn beside(&mut self, provided: &Provided) {
        for (wanted, seen) in &provided.ports {
            match seen {
                Ok(seen) if port_is(seen, wanted.promiscuous) => {}
                Ok(seen) => self.port(wanted, seen),
                Err(why) => {
                    self.unknown(format!("the port of {} {}: {why}", wanted.nic, wanted.mac))
                }
            }
        }
        for (wanted, seen) in &provided.macs {
            match seen {
                Ok(seen) => self.virtual_mac(wanted, seen),
                Err(why) => self.unknown(format!("the virtual MAC of {}: {why}", wanted.address)),
            }
        }
        for wrong in &provided.wrong {
            self.unknown(wrong.clone());
        }
    }

    /// Whether a provider has something else than the inventory says.
    pub(super) fn differs_elsewhere(&self) -> bool {
        let elsewhere =
            |drifted: &Drifted| matches!(drifted.what, What::SwitchPort | What::VirtualMac);
        self.compared.drift.iter().any(elsewhere)
    }

    /// Whether there is something to tell of a provider.
    pub fn tells_of_providers(&self) -> bool {
        self.differs_elsewhere() || self.warnings.iter().any(|w| w.starts_with(NOT_COMPARED))
    }

    fn port(&mut self, wanted: &WantedPort, seen: &SeenPort) {
        let is = match seen.state() {
            PortState::On => "promiscuous",
            PortState::Off => "not promiscuous",
            PortState::Partial => "promiscuous in part",
            PortState::Unknown => {
                let port = format!("the port of {} {}", wanted.nic, wanted.mac);
                return self.unknown(format!("{port}: the provider does not tell its policy"));
            }
        };
        let (should, action) = match wanted.promiscuous {
            true => ("promiscuous", "on"),
            false => ("not promiscuous", "off"),
        };
        let subject = format!("{} {} of {}", wanted.nic, wanted.mac, seen.vm);
        self.elsewhere(What::SwitchPort, subject, format!("is {is}, wanted {should}"));
        let host = self.host.clone();
        self.warnings.push(format!(
            "the port of {} {} is {is}, and is to be {should}; this changes the host alone: rappel promisc {action} {host} {}",
            wanted.nic, wanted.mac, wanted.nic
        ));
    }

    fn virtual_mac(&mut self, wanted: &WantedMac, seen: &SeenMacs) {
        let subject = format!("{} of {}", wanted.address, wanted.vm);
        let (how, remedy) = match plan_mac(wanted, seen) {
            MacPlan::Has(_) => return,
            MacPlan::Refused(why) => (why, String::new()),
            MacPlan::Create => ("is missing".to_owned(), self.create(wanted)),
            MacPlan::Join(mac) => (format!("is missing, wanted {mac}"), self.create(wanted)),
        };
        self.warnings.push(format!("the virtual MAC of {subject}: {how}{remedy}"));
        self.elsewhere(What::VirtualMac, subject, how);
    }

    fn create(&self, wanted: &WantedMac) -> String {
        let (host, vm) = (&self.host, &wanted.vm);
        format!("; this changes the host alone: rappel vmac create {host} {vm}")
    }

    fn elsewhere(&mut self, what: What, subject: String, how: String) {
        self.compared.drift.push(Drifted { what, subject, how, since: None });
    }

    fn unknown(&mut self, what: String) {
        self.warnings.push(format!("{NOT_COMPARED}{what}"));
        self.compared.not_compared.push(what);
    }
}

#[cfg(test)]
mod tests {
    use super::Provided;
    use crate::desired::{PortSwitch, WantedPort};
    use crate::observed::{PortPolicy, PortSetting, SeenPort};
    use crate::plan::HostPlan;

    fn plan(promiscuous: bool, accepted: Option<[bool; 3]>) -> HostPlan {
        let wanted = WantedPort {
            nic: "wan".to_owned(),
            vm: "fw1".to_owned(),
            mac: "00:50:56:00:00:11".to_owned(),
            switch: PortSwitch::Public,
            promiscuous,
        };
        let setting = |accepted| PortSetting { accepted, inherited: false };
        let seen = SeenPort {
            vm: "fw1".to_owned(),
            moref: "vm-102".to_owned(),
            mac: wanted.mac.clone(),
            place: Vec::new(),
            policy: accepted.map(|all| PortPolicy {
                promiscuous: setting(all[0]),
                forged_transmits: setting(all[1]),
                mac_changes: setting(all[2]),
            }),
            notes: Vec::new(),
        };
        let mut plan = HostPlan { host: "fw1".to_owned(), ..HostPlan::default() };
        plan.beside(&Provided { ports: vec![(wanted, Ok(seen))], ..Provided::default() });
        plan
    }

    #[test]
    fn a_port_switched_by_hand_is_drift_and_no_change_of_the_host() {
        let plan = plan(false, Some([true; 3]));
        assert!(plan.is_empty() && plan.has_drifted());
        assert_eq!(
            plan.compared.drift[0].to_string(),
            "switch_port wan 00:50:56:00:00:11 of fw1: is promiscuous, wanted not promiscuous"
        );
        assert!(plan.warnings[0].ends_with("rappel promisc off fw1 wan"), "{:?}", plan.warnings);
    }

    #[test]
    fn a_port_as_wanted_is_not_mentioned_and_one_in_between_is() {
        assert_eq!(
            plan(true, Some([true; 3])),
            HostPlan { host: "fw1".to_owned(), ..HostPlan::default() }
        );
        assert!(plan(true, Some([true, false, false])).has_drifted());
    }

    #[test]
    fn of_what_is_not_told_nothing_is_claimed() {
        let plan = plan(true, None);
        assert!(!plan.has_drifted());
        assert!(plan.compared.not_compared[0].contains("does not tell"));
    }
}
