//! A VM's virtual MAC address: what is wanted against what the provider has. Pure.

use crate::desired::WantedMac;
use crate::observed::SeenMacs;

/// What has to be done for an address to be sent from its virtual MAC address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MacPlan {
    /// Nothing: it has this one.
    Has(String),
    /// The provider is to choose a new one.
    Create,
    /// It joins one that the server has already.
    Join(String),
    /// It cannot be as wanted; why, and what to do.
    Refused(String),
}

/// Decides it. What the provider would refuse is refused here, with what it is about.
pub fn plan_mac(wanted: &WantedMac, seen: &SeenMacs) -> MacPlan {
    let address = wanted.address.to_string();
    if let Some((has, vm)) = seen.of(&address) {
        return match &wanted.mac {
            Some(mac) if *mac != has.mac => MacPlan::Refused(format!(
                "{address} has the virtual MAC {}, and the inventory says {mac}: correct it, \
                 there and in the VM's NIC",
                has.mac
            )),
            _ if !vm.is_empty() && vm != wanted.vm => MacPlan::Refused(format!(
                "{address} and {} are of the VM {vm}, not of {}",
                has.mac, wanted.vm
            )),
            _ => MacPlan::Has(has.mac.clone()),
        };
    }
    if !seen.supported {
        return MacPlan::Refused(
            "this server has no virtual MACs: its additional addresses are routed to it, as in \
             the topology t1-routed"
                .to_owned(),
        );
    }
    if !seen.blocks.iter().any(|block| block.contains(&wanted.address)) {
        return MacPlan::Refused(format!("{address} is not an additional address of this server"));
    }
    match &wanted.mac {
        Some(mac) => join(mac, wanted, seen),
        None => match seen.quota.filter(|quota| seen.all.len() as u64 >= *quota) {
            Some(quota) => MacPlan::Refused(format!(
                "the server has all the virtual MACs that it may have, {quota}"
            )),
            None => MacPlan::Create,
        },
    }
}

fn join(mac: &str, wanted: &WantedMac, seen: &SeenMacs) -> MacPlan {
    let Some(there) = seen.all.iter().find(|there| there.mac == mac) else {
        return MacPlan::Refused(format!(
            "{mac} is no virtual MAC of this server, and the provider chooses new ones itself: \
             leave `mac` out"
        ));
    };
    match there.addresses.iter().find(|(_, vm)| *vm != wanted.vm) {
        Some((address, vm)) => {
            MacPlan::Refused(format!("{mac} is in use by the VM {vm}, for {address}"))
        }
        None => MacPlan::Join(mac.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::{MacPlan, plan_mac};
    use crate::desired::WantedMac;
    use crate::observed::{SeenMac, SeenMacs};

    fn seen() -> SeenMacs {
        let mac = |mac: &str, address: &str, vm: &str| SeenMac {
            mac: mac.to_owned(),
            addresses: vec![(address.to_owned(), vm.to_owned())],
        };
        SeenMacs {
            supported: true,
            quota: Some(3),
            blocks: vec!["192.0.2.0/28".parse().expect("a network")],
            all: vec![
                mac("02:00:00:00:00:01", "192.0.2.1", "a"),
                mac("02:00:00:00:00:02", "192.0.2.2", "b"),
            ],
        }
    }

    fn plan(vm: &str, address: &str, mac: Option<&str>, seen: &SeenMacs) -> MacPlan {
        let address = address.parse().expect("an address");
        plan_mac(&WantedMac { vm: vm.to_owned(), address, mac: mac.map(str::to_owned) }, seen)
    }

    #[test]
    fn what_is_there_is_left_and_what_is_missing_is_made() {
        let one = "02:00:00:00:00:01";
        assert_eq!(plan("a", "192.0.2.1", None, &seen()), MacPlan::Has(one.to_owned()));
        assert_eq!(plan("a", "192.0.2.1", Some(one), &seen()), MacPlan::Has(one.to_owned()));
        assert_eq!(plan("a", "192.0.2.3", None, &seen()), MacPlan::Create);
        assert_eq!(plan("a", "192.0.2.3", Some(one), &seen()), MacPlan::Join(one.to_owned()));
    }

    #[test]
    fn what_would_be_somebody_elses_is_refused() {
        let full = SeenMacs { quota: Some(2), ..seen() };
        let routed = SeenMacs { supported: false, ..seen() };
        for (vm, address, mac, seen, word) in [
            (
                "a",
                "192.0.2.1",
                Some("02:00:00:00:00:02"),
                seen(),
                "has the virtual MAC 02:00:00:00:00:01",
            ),
            ("c", "192.0.2.1", None, seen(), "of the VM a"),
            ("a", "192.0.2.3", Some("02:00:00:00:00:02"), seen(), "in use by the VM b"),
            ("a", "192.0.2.3", Some("02:00:00:00:00:09"), seen(), "no virtual MAC of this server"),
            ("a", "192.0.2.99", None, seen(), "not an additional address"),
            ("a", "192.0.2.3", None, full, "all the virtual MACs that it may have, 2"),
            ("a", "192.0.2.3", None, routed, "t1-routed"),
        ] {
            let MacPlan::Refused(why) = plan(vm, address, mac, &seen) else { panic!("{word}") };
            assert!(why.contains(word), "{why}");
        }
    }
}
