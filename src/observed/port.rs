//! What a provider says of the port that a NIC is plugged into.

use serde::Serialize;

/// One setting of a port's security policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct PortSetting {
    /// Whether it is accepted.
    pub accepted: bool,
    /// Whether the port has it from its port group.
    pub inherited: bool,
}

/// A port's security policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct PortPolicy {
    /// Hears frames that are for others.
    pub promiscuous: PortSetting,
    /// May send from another MAC address than the NIC's.
    pub forged_transmits: PortSetting,
    /// Hears frames for a MAC address that the guest has given its NIC.
    pub mac_changes: PortSetting,
}

/// What a policy comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PortState {
    /// All three are accepted: what CARP and VRRP need.
    On,
    /// Nothing is accepted that the port group does not accept for all its ports, and no
    /// frames of others are heard.
    Off,
    /// Something in between: not enough for CARP, more than none.
    Partial,
    /// The provider does not tell.
    Unknown,
}

/// A NIC's port as it was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SeenPort {
    /// The VM's name.
    pub vm: String,
    /// The VM's managed object.
    pub moref: String,
    /// The NIC's MAC address, in lower case.
    pub mac: String,
    /// Where it is plugged in.
    pub place: Vec<String>,
    /// What it accepts.
    pub policy: Option<PortPolicy>,
    /// What else the provider says.
    pub notes: Vec<String>,
}

impl SeenPort {
    /// What its policy comes to.
    pub fn state(&self) -> PortState {
        let Some(policy) = self.policy else { return PortState::Unknown };
        let all = [policy.promiscuous, policy.forged_transmits, policy.mac_changes];
        if all.iter().all(|setting| setting.accepted) {
            return PortState::On;
        }
        let own = |setting: &PortSetting| setting.accepted && !setting.inherited;
        match policy.promiscuous.accepted || all.iter().any(own) {
            true => PortState::Partial,
            false => PortState::Off,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{PortPolicy, PortSetting, PortState, SeenPort};

    fn state(all: [(bool, bool); 3]) -> PortState {
        let [promiscuous, forged_transmits, mac_changes] =
            all.map(|(accepted, inherited)| PortSetting { accepted, inherited });
        let policy = Some(PortPolicy { promiscuous, forged_transmits, mac_changes });
        let (vm, moref, mac) = (String::new(), String::new(), String::new());
        SeenPort { vm, moref, mac, place: Vec::new(), policy, notes: Vec::new() }.state()
    }

    #[test]
    fn two_of_three_are_not_enough_and_not_nothing() {
        assert_eq!(state([(true, false); 3]), PortState::On);
        assert_eq!(state([(true, true); 3]), PortState::On);
        assert_eq!(state([(false, true); 3]), PortState::Off);
        assert_eq!(state([(true, false), (true, false), (false, false)]), PortState::Partial);
        assert_eq!(state([(false, false), (true, false), (false, false)]), PortState::Partial);
        // The port group's own affair.
        assert_eq!(state([(false, true), (true, true), (true, true)]), PortState::Off);
        assert_eq!(state([(true, true), (false, true), (false, true)]), PortState::Partial);
    }
}
