//! Pure: what is wanted and what was seen → what to do, or why not.
//!
//! [`plan`] is the one place where `Desired` and `Observation` meet. Its [`HostPlan`]
//! holds the whole request for the host, so that applying makes no choices.

mod activation;
mod checks;
mod diff;
mod drift;
mod drifted;
mod effect;
mod elsewhere;
mod file;
mod kept;
mod kind;
mod links;
mod moment;
mod moving;
mod object;
mod pictured;
mod port;
mod provided;
mod refusal;
mod rehearsal;
mod rescue;
mod risk;
mod rollback;
mod saved;
mod secret;
mod subject;
mod sysctl_order;
mod virtual_mac;

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

pub use checks::{as_written, check_lines, shared};
pub use diff::unified;
pub use drift::{Drift, Fate};
pub use drifted::{Compared, Drifted, Since, What};
pub use effect::States;
pub use elsewhere::{Elsewhere, Errand, elsewhere};
pub use file::{Action, FileChange, as_file};
pub use moving::consider_peer;
pub use pictured::{Pictured, guests, pictured};
pub use port::{PortChange, port_change, port_is};
pub use provided::Provided;
pub use refusal::Refusal;
pub use rehearsal::{Heard, Rehearsal, rehearsed, to_rehearse};
pub use rescue::{NoRoot, Restored, choose_root, restored};
pub use risk::{Risk, peer_risks};
pub use rollback::{plan_rollback, rollback_subject, undone};
pub use saved::{Saved, SavedPlan, VERSION as SAVED_VERSION};
pub use secret::{hide_secrets, without_secrets};
pub use subject::{sources, subject};
pub use virtual_mac::{MacPlan, plan_mac};

use crate::desired::Desired;
use crate::network::live::{Difference, Sign};
use crate::network::nft::RuleDifference;
use crate::network::object::turn;
use crate::observed::{FileState, Init, NftWanted, Observation};
use crate::remote::request::Observe;

pub use crate::remote::request::{Apply, File};
use activation::Activation;

/// Something live that is not as wanted although its file may be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "live", rename_all = "snake_case")]
pub enum LiveChange {
    /// A sysctl value.
    Sysctl {
        /// Dotted, as sysctl(8) writes it.
        key: String,
        /// The value now; none if the key does not exist yet.
        from: Option<String>,
        /// The value wanted.
        to: String,
    },
    /// An nft table that the ruleset file defines is not loaded.
    NftTable {
        /// `FAMILY NAME`.
        table: String,
    },
    /// Rules of a table that is loaded are not those of the file.
    NftRules {
        /// `FAMILY NAME`.
        table: String,
        /// What goes and what comes, as nft itself writes it.
        changes: Vec<RuleDifference>,
    },
}

/// What a change takes away on purpose.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Leaving {
    /// Addresses that the old interfaces file gives the host and the new one does not.
    pub addresses: Vec<IpAddr>,
    /// Families (`inet`, `inet6`) that had a default gateway in the old file and have none
    /// in the new one.
    pub gateways: Vec<&'static str>,
    /// Whether an interface that loses an address is configured dynamically from now on,
    /// which may bring the same address back.
    #[serde(skip)]
    pub to_dynamic: bool,
}

/// What is to happen to one host.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct HostPlan {
    /// The host.
    pub host: String,
    /// Files that change.
    pub files: Vec<FileChange>,
    /// Live state that changes beyond what the files bring.
    pub live: Vec<LiveChange>,
    /// Interfaces that are taken down, in order.
    pub down: Vec<String>,
    /// Interfaces that are brought up, in order.
    pub up: Vec<String>,
    /// What the change takes away on purpose, so that nobody misses it afterwards.
    pub leaving: Leaving,
    /// What becomes of addresses, routes, links and the like, as far as it is foreseen.
    pub effect: Vec<Difference>,
    /// What is not foreseen, a phrase each.
    pub unforeseen: Vec<String>,
    /// How a rehearsal on the host went, if one was asked for.
    pub rehearsal: Option<Rehearsal>,
    /// What is live now and not as the present files say.
    pub drift: Vec<Drift>,
    /// The host beside what is wanted of it.
    #[serde(skip)]
    pub compared: Compared,
    /// What can go wrong for somebody.
    pub risks: Vec<Risk>,
    /// Worth knowing before saying yes.
    pub warnings: Vec<String>,
    /// The live state that it was made from, and the one that is foreseen.
    #[serde(skip)]
    pub states: States,
    /// Ports of bridges and bonds that the files name; others are guests'.
    #[serde(skip)]
    pub own_ports: Vec<String>,
    /// Links that a rehearsal needs stand-ins for.
    #[serde(skip)]
    pub stand_ins: Vec<String>,
    /// The machine's id, to be met again when the change is verified.
    #[serde(skip)]
    pub machine_id: String,
    /// Checks that are made from elsewhere.
    #[serde(skip)]
    pub elsewhere: Elsewhere,
    /// The host's last generation when it was planned.
    #[serde(skip)]
    pub generation: u32,
    /// Everything the host is to be told; run, owner and windows are filled in by the run.
    #[serde(skip)]
    pub request: Apply,
}

impl HostPlan {
    /// Whether something that the files say is not live.
    pub fn has_drifted(&self) -> bool {
        self.drift.iter().any(|drift| drift.difference.sign == Sign::Gone)
            || self.differs_elsewhere()
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty() && self.live.is_empty()
    }
}

/// Plans one host. `observed` must have been read for [`subject`] of the same `desired`.
pub fn plan(desired: &Desired, observed: &Observation) -> Result<HostPlan, Refusal> {
    refusal::check_host(observed)?;
    let mut files = Vec::new();
    for artifact in &desired.artifacts {
        if let Some(change) = file::change(artifact, observed)? {
            files.push(change);
        }
    }
    let subject = subject(desired)?;
    let activation = Activation::of(desired, observed, &files)?;
    let plan = assemble(&desired.host.name, files, activation, observed, subject);
    let mut plan = plan.checked_by(&desired.checks, observed);
    let Desired { host, checks, peers, .. } = desired;
    plan.elsewhere = elsewhere(host, checks, peers, &observed.nets);
    Ok(plan)
}

fn assemble(
    host: &str,
    mut files: Vec<FileChange>,
    activation: Activation,
    observed: &Observation,
    subject: Observe,
) -> HostPlan {
    files.sort_by_key(|change| turn(&change.path, change.action == Action::Remove));
    let Activation { down, up, live, leaving, mut request } = activation;
    request.fingerprint.clone_from(&observed.fingerprint);
    request.files = files.iter().map(|change| change.file.clone()).collect();
    let lasting = sysctl_order::warnings(&request.sysctl, &subject.paths, observed);
    request.observed.paths = subject.paths;
    request.observed.sysctl_keys = subject.sysctl_keys;
    request.observed.compared_tables = subject.compared_tables;
    let mut warnings = Vec::new();
    if observed.init == Init::None {
        warnings.push(
            "no init system runs this host: nothing would revert the change at boot".to_owned(),
        );
    }
    let foreseen = effect::foresee(&files, observed, &request);
    warnings.extend(lasting);
    warnings.extend(object::warnings(&files));
    if matches!(observed.files.get(subject::STAGED), Some(FileState::File { .. })) {
        warnings.push(format!(
            "somebody has staged changes in Proxmox's web interface ({}): its next \"Apply \
             Configuration\", or a reboot, puts them in place of this file",
            subject::STAGED
        ));
    }
    if let NftWanted::Invalid(words) = &observed.nft_wanted {
        warnings.push(format!("the host's nft refuses the rules: {words}"));
    }
    let mut plan = HostPlan {
        host: host.to_owned(),
        files,
        live,
        down,
        up,
        leaving,
        effect: foreseen.effect,
        unforeseen: foreseen.unforeseen,
        drift: foreseen.drift,
        compared: Compared::default(),
        risks: Vec::new(),
        warnings,
        states: foreseen.states,
        own_ports: foreseen.own_ports,
        stand_ins: foreseen.stand_ins,
        rehearsal: None,
        machine_id: observed.machine_id.clone(),
        elsewhere: Elsewhere::default(),
        generation: observed.generation,
        request,
    };
    plan.compared = drifted::compared(&plan, &foreseen.off, observed);
    plan.compared.not_compared.extend(foreseen.not_compared);
    risk::named(plan, observed)
}
