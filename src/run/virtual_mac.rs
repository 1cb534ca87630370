//! Has the provider make the virtual MAC address that a VM's additional address is to be sent
//! from: looked for first, the task followed to its end, the address read back.

use std::sync::Arc;
use std::time::Duration;

use super::asking::{Asking, LOOK, PATIENCE, Trouble, words};
use super::context::Context;
use super::fleet::at_most;
use crate::desired::{Host, WantedMac};
use crate::observed::{SeenMac, SeenMacs};
use crate::plan::{MacPlan, plan_mac};
use crate::provider::{VirtualMacList, VirtualMacs, mac_driver};

/// How often it is read back before it is believed not to be there.
const READ_BACKS: u32 = 5;

/// A VM's additional address on a host.
#[derive(Clone)]
pub struct MacWish {
    /// The host that the VM runs on.
    pub host: String,
    /// What the inventory says.
    pub wanted: WantedMac,
    /// The server at its provider.
    pub server: Arc<dyn VirtualMacs>,
    /// How long a task may take.
    pub patience: Duration,
}

impl MacWish {
    /// A VM's address on a host, with the server at its provider.
    ///
    /// # Errors
    /// The host's vars name none; the text repeats no value of theirs.
    pub fn of(host: &Host, wanted: WantedMac) -> Result<Self, String> {
        let server = Arc::from(mac_driver(&host.vars)?);
        Ok(Self { host: host.name.clone(), wanted, server, patience: PATIENCE })
    }
}

/// Looks at them; results come in the order of the wishes.
pub async fn look_at_macs(
    context: &Context,
    wishes: Vec<MacWish>,
) -> Vec<(MacWish, Result<MacPlan, String>)> {
    let work = wishes.into_iter().map(|wish| {
        let context = context.clone();
        async move {
            let seen = look(&context, &wish).await.map_err(Trouble::words);
            let plan = seen.map(|seen| plan_mac(&wish.wanted, &seen));
            (wish, plan)
        }
    });
    at_most(context.forks, work).await
}

/// What the provider would be asked for; none where nothing or nothing possible is to be done.
pub fn mac_call(wish: &MacWish, plan: &MacPlan) -> Option<String> {
    let WantedMac { vm, address, .. } = &wish.wanted;
    let mac = match plan {
        MacPlan::Create => None,
        MacPlan::Join(mac) => Some(mac.as_str()),
        MacPlan::Has(_) | MacPlan::Refused(_) => return None,
    };
    Some(wish.server.call(mac, &address.to_string(), vm))
}

/// Has it made if it is missing. Gives the MAC address, and whether it is new.
///
/// # Errors
/// It is not known to be there.
pub async fn make_mac(context: &Context, wish: &MacWish) -> Result<(String, bool), Trouble> {
    let mac = match plan_mac(&wish.wanted, &look(context, wish).await?) {
        MacPlan::Has(mac) => return Ok((mac, false)),
        MacPlan::Refused(why) => return Err(Trouble::Refused(why)),
        MacPlan::Create => None,
        MacPlan::Join(mac) => Some(mac),
    };
    let asking = Asking { context, host: &wish.host };
    let (address, vm) = (wish.wanted.address.to_string(), wish.wanted.vm.clone());
    // Asked for once. A lost answer is an error: the next run finds what came of it.
    let made = asking
        .once(&wish.server, move |server| server.create(mac.as_deref(), &address, &vm))
        .await
        .map_err(|error| Trouble::Failed(words(&error)))?;
    let number = made.0.clone();
    asking
        .finished(&wish.server, &number, wish.patience, move |server| server.progress(&made))
        .await
        .map_err(Trouble::asked)?;
    read_back(context, wish).await.map_err(Trouble::asked).map(|mac| (mac, true))
}

async fn read_back(context: &Context, wish: &MacWish) -> Result<String, Trouble> {
    for round in 0..READ_BACKS {
        if round > 0 {
            Asking { context, host: &wish.host }.pause(LOOK).await?;
        }
        if let MacPlan::Has(mac) = plan_mac(&wish.wanted, &look(context, wish).await?) {
            return Ok(mac);
        }
    }
    Err(Trouble::Failed(format!(
        "the provider says that it is done, and {} has no virtual MAC when asked",
        wish.wanted.address
    )))
}

async fn look(context: &Context, wish: &MacWish) -> Result<SeenMacs, Trouble> {
    let asking = Asking { context, host: &wish.host };
    let list = asking.call(&wish.server, |server| server.list()).await?;
    Ok(seen(list))
}

pub(super) fn seen(list: VirtualMacList) -> SeenMacs {
    let all = list.all.into_iter();
    SeenMacs {
        supported: list.supported,
        quota: list.quota,
        blocks: list.blocks.iter().filter_map(|block| block.parse().ok()).collect(),
        all: all.map(|mac| SeenMac { mac: mac.mac, addresses: mac.addresses }).collect(),
    }
}
