//! A change that takes away the very address that the host is reached through.

use std::net::IpAddr;

use super::HostPlan;
use super::refusal::Refusal;

/// Considers where the host was reached when it was planned.
///
/// If that address leaves and nothing says where the host will be afterwards, the change
/// could only end in its own rollback, so it is refused. `new_place` is where it will be
/// verified instead, if that differs from where it was reached.
///
/// # Errors
///
/// [`Refusal::OwnAddress`].
pub fn consider_peer(
    plan: &mut HostPlan,
    peer: IpAddr,
    new_place: Option<&str>,
) -> Result<(), Refusal> {
    let leaves = plan.leaving.addresses.contains(&peer);
    match new_place {
        Some(place) if leaves => plan.warnings.push(format!(
            "this moves the address that you are connected through: {peer} goes, and the \
             change is confirmed only at {place}"
        )),
        Some(place) => plan.warnings.push(format!(
            "the change is confirmed only at {place}, not where you are connected now"
        )),
        // The lease may well bring the same address back: nothing is known, so it is tried.
        None if leaves && plan.leaving.to_dynamic => plan.warnings.push(format!(
            "you are connected through {peer}, which is configured dynamically after this; \
             the change is rolled back unless it stays the same"
        )),
        None if leaves => return Err(Refusal::OwnAddress(peer)),
        None => {}
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::consider_peer;
    use crate::plan::{HostPlan, Leaving, Refusal};

    const PEER: &str = "203.0.113.10";

    fn peer() -> IpAddr {
        PEER.parse().expect("an address")
    }

    fn plan(leaving: &[&str], to_dynamic: bool) -> HostPlan {
        let addresses = leaving.iter().map(|a| a.parse().expect("an address")).collect();
        HostPlan {
            host: "hv1".to_owned(),
            leaving: Leaving { addresses, gateways: Vec::new(), to_dynamic },
            ..HostPlan::default()
        }
    }

    #[test]
    fn our_own_address_does_not_leave_without_a_place_to_go() {
        let refusal = consider_peer(&mut plan(&[PEER], false), peer(), None).expect_err("refused");
        assert_eq!(refusal, Refusal::OwnAddress(peer()));
        assert!(refusal.remedy().is_some_and(|remedy| remedy.contains("rappel_old_host")));
    }

    #[test]
    fn a_declared_move_names_its_risk() {
        let mut plan = plan(&[PEER], false);
        consider_peer(&mut plan, peer(), Some("203.0.113.11 port 22")).expect("planned");
        assert!(plan.warnings[0].contains("connected through: 203.0.113.10 goes"));
    }

    #[test]
    fn an_address_that_a_lease_may_bring_back_is_tried() {
        let mut plan = plan(&[PEER], true);
        consider_peer(&mut plan, peer(), None).expect("planned");
        assert!(plan.warnings[0].contains("dynamically"));
    }

    #[test]
    fn other_addresses_come_and_go() {
        let mut plan = plan(&["198.51.100.7"], false);
        consider_peer(&mut plan, peer(), None).expect("planned");
        assert!(plan.warnings.is_empty());
    }
}
