//! Checks from elsewhere, as a saved plan keeps them: other hosts by name only, because how
//! they are reached is for the inventory to say, secrets included.

use std::net::Ipv6Addr;

use serde::{Deserialize, Serialize};

use super::elsewhere::{Elsewhere, Errand};
use crate::desired::{CheckSpec, Host, Vantage};

/// What is to be found out from elsewhere.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Kept {
    controller: Vec<CheckSpec>,
    upstream: Vec<Ipv6Addr>,
    errands: Vec<KeptErrand>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct KeptErrand {
    vantage: Vantage,
    lines: Vec<String>,
    probers: Vec<String>,
    nobody: String,
}

impl Kept {
    /// To be kept.
    pub(super) fn of(elsewhere: &Elsewhere) -> Self {
        let errand = |errand: &Errand| KeptErrand {
            vantage: errand.vantage,
            lines: errand.lines.clone(),
            probers: errand.probers.iter().map(|host| host.name.clone()).collect(),
            nobody: errand.nobody.clone(),
        };
        Self {
            controller: elsewhere.controller.clone(),
            upstream: elsewhere.upstream.clone(),
            errands: elsewhere.errands.iter().map(errand).collect(),
        }
    }

    /// Whether a host makes one of the checks.
    pub(super) fn names(&self, host: &Host) -> bool {
        self.errands.iter().any(|errand| errand.probers.contains(&host.name))
    }

    /// As it was, with the hosts of those names. A check that nobody is left for stays, and
    /// says so: it must not pass for one that was never wanted.
    pub(super) fn again(&self, hosts: &[Host]) -> Elsewhere {
        let errand = |errand: &KeptErrand| {
            let named = |name: &String| hosts.iter().find(|host| host.name == *name).cloned();
            let probers: Vec<Host> = errand.probers.iter().filter_map(named).collect();
            let gone = probers.is_empty() && !errand.probers.is_empty();
            let nobody = if gone {
                format!("the inventory has no {} any more", errand.probers.join(", "))
            } else {
                errand.nobody.clone()
            };
            Errand { vantage: errand.vantage, lines: errand.lines.clone(), probers, nobody }
        };
        Elsewhere {
            controller: self.controller.clone(),
            upstream: self.upstream.clone(),
            errands: self.errands.iter().map(errand).collect(),
        }
    }
}
