//! Asks the providers what they have of a host, for a plan to compare.

use super::asking::{Asking, words};
use super::context::Context;
use super::port::{self, PortWish};
use super::virtual_mac::{self, MacWish};
use crate::desired::{Host, WantedMac, WantedPort, wanted_macs, wanted_ports};
use crate::observed::{SeenMacs, SeenPort};
use crate::plan::Provided;

/// Everything that the inventory says of a host's ports and virtual MACs, beside what its
/// providers say. Each is asked once: a plan does not wait for a provider that is busy.
pub(super) async fn provided(context: &Context, host: &Host) -> Provided {
    let mut found = Provided::default();
    match wanted_ports(host) {
        Ok(all) => {
            for wanted in all {
                let seen = port(context, host, &wanted).await;
                found.ports.push((wanted, seen));
            }
        }
        Err(wrong) => found.wrong.push(wrong),
    }
    match wanted_macs(host) {
        Ok(all) => {
            for wanted in all {
                let seen = macs(context, host, &wanted).await;
                found.macs.push((wanted, seen));
            }
        }
        Err(wrong) => found.wrong.push(wrong),
    }
    found
}

async fn port(context: &Context, host: &Host, wanted: &WantedPort) -> Result<SeenPort, String> {
    let wish = PortWish::of(host, wanted.clone())?;
    let (vm, mac) = (wanted.vm.clone(), wanted.mac.clone());
    let asking = Asking { context, host: &host.name };
    let port = asking.once(&wish.ports, move |ports| ports.find(&vm, &mac)).await;
    port.map(|port| port::seen(&port)).map_err(|error| words(&error))
}

async fn macs(context: &Context, host: &Host, wanted: &WantedMac) -> Result<SeenMacs, String> {
    let wish = MacWish::of(host, wanted.clone())?;
    let asking = Asking { context, host: &host.name };
    let list = asking.once(&wish.server, |server| server.list()).await;
    list.map(virtual_mac::seen).map_err(|error| words(&error))
}
