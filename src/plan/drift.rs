//! Live state that is not as the present files say: what somebody changed by hand.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::network::effect::{Files, Foreseen, expected};
use crate::network::live::{Difference, Fact, Live, Sign, differences};

/// What becomes of a drift when the plan is applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// The change does not touch it.
    Stays,
    /// The change brings it to what the files say.
    Ends,
    /// Hooks run that may do so.
    Unclear,
}

/// One fact that is live and in no file, or in a file and not live.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drift {
    /// `gone`: the files say so, and it is not; `new`: it is so, and no file says it.
    #[serde(flatten)]
    pub difference: Difference,
    /// What becomes of it.
    pub fate: Fate,
}

/// `address 10.99.0.1/24 dev eth0 is in no file; this change drops it`.
impl fmt::Display for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Difference { sign, fact } = &self.difference;
        let (what, end) = match (sign, self.fate) {
            (Sign::New, Fate::Stays) => ("is in no file", "it stays"),
            (Sign::New, Fate::Ends) => ("is in no file", "this change drops it"),
            (Sign::New, Fate::Unclear) => ("is in no file", "this change may drop it"),
            (Sign::Gone, Fate::Unclear) => {
                ("is in the files and not live", "this change may mend it")
            }
            (Sign::Gone, Fate::Stays) => ("is in the files and not live", "this does not mend it"),
            (Sign::Gone, Fate::Ends) => ("is in the files and not live", "this change mends it"),
        };
        write!(f, "{fact}: {what}; {end}")
    }
}

/// What differs between the live state and what the present files mean, and whether it
/// still does `after` the change.
///
/// Links that the files do not configure belong to somebody else: guests, containers,
/// tunnels. What came by a lease, an announcement or a routing daemon is nobody's hand.
pub(super) fn drift(live: &Live, after: &Live, files: Files<'_>) -> Vec<Drift> {
    let wanted = expected(live, files);
    let ours = |fact: &Fact| fact.dev().is_none_or(|dev| wanted.devices.contains(dev));
    let counts = |fact: &&Fact| match fact {
        Fact::Up { .. } | Fact::Rule { .. } => true,
        Fact::Link { name, .. } => wanted.devices.contains(name),
        Fact::Port { .. } | Fact::Mtu { .. } => true,
        Fact::Address { .. } | Fact::Route(_) | Fact::Proxy { .. } => ours(fact),
        Fact::Sysctl { .. } => false,
    };
    let pick = |facts: &BTreeSet<Fact>| facts.iter().filter(counts).cloned().collect();
    let (is, should): (BTreeSet<Fact>, BTreeSet<Fact>) = (pick(&live.facts), pick(&wanted.facts));
    differences(&should, &is)
        .into_iter()
        .filter(|difference| by_hand(difference, &wanted))
        .map(|difference| {
            let still = match difference.sign {
                Sign::New => after.facts.contains(&difference.fact),
                Sign::Gone => !after.facts.contains(&difference.fact),
            };
            Drift { difference, fate: if still { Fate::Stays } else { Fate::Ends } }
        })
        .collect()
}

fn by_hand(difference: &Difference, wanted: &Foreseen) -> bool {
    let fact = &difference.fact;
    match difference.sign {
        // Guests put ports into bridges and set links up; that is no drift.
        Sign::New => match fact {
            Fact::Up { .. } | Fact::Link { .. } | Fact::Port { .. } => false,
            Fact::Mtu { name, .. } => wanted.devices.contains(name),
            _ => !fact.is_dynamic() && !fact.dev().is_some_and(|dev| wanted.vague.contains(dev)),
        },
        Sign::Gone => match fact {
            Fact::Mtu { name, .. } => wanted.devices.contains(name),
            _ => true,
        },
    }
}
