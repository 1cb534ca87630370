//! Pure: what is wanted and what was seen → what to do, or why not.
//!
//! [`plan`] is the one place where `Desired` and `Observation` meet. Its [`HostPlan`]
//! holds the whole request for the host, so that applying makes no choices.

mod activation;
mod checks;
mod diff;
mod file;
mod kind;
mod links;
mod moving;
mod refusal;
mod rescue;
mod rollback;
mod subject;

use std::net::IpAddr;

use serde::Serialize;

pub use checks::{as_written, check_lines, from_controller};
pub use diff::unified;
pub use file::{Action, FileChange, as_file};
pub use moving::consider_peer;
pub use refusal::Refusal;
pub use rescue::{NoRoot, Restored, choose_root, restored};
pub use rollback::{plan_rollback, rollback_subject, undone};
pub use subject::{sources, subject};

use crate::desired::{CheckSpec, Desired};
use crate::observed::{Init, Observation};
use crate::remote::request::Observe;
pub use crate::remote::request::{Apply, File};
use activation::Activation;

/// Something live that is not as wanted although its file may be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
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
#[derive(Debug, Clone, PartialEq, Serialize)]
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
    /// Worth knowing before saying yes.
    pub warnings: Vec<String>,
    /// The machine's id, to be met again when the change is verified.
    #[serde(skip)]
    pub machine_id: String,
    /// Checks that are made from where rappel runs.
    #[serde(skip)]
    pub from_controller: Vec<CheckSpec>,
    /// The host's last generation when it was planned.
    #[serde(skip)]
    pub generation: u32,
    /// Everything the host is to be told; run, owner and windows are filled in by the run.
    #[serde(skip)]
    pub request: Apply,
}

impl HostPlan {
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
    Ok(plan.checked_by(&desired.checks, observed))
}

fn assemble(
    host: &str,
    files: Vec<FileChange>,
    activation: Activation,
    observed: &Observation,
    subject: Observe,
) -> HostPlan {
    let Activation { down, up, live, leaving, mut request } = activation;
    request.fingerprint.clone_from(&observed.fingerprint);
    request.files = files.iter().map(|change| change.file.clone()).collect();
    request.observed.paths = subject.paths;
    request.observed.sysctl_keys = subject.sysctl_keys;
    let mut warnings = Vec::new();
    if observed.init == Init::None {
        warnings.push(
            "no init system runs this host: nothing would revert the change at boot".to_owned(),
        );
    }
    HostPlan {
        host: host.to_owned(),
        files,
        live,
        down,
        up,
        leaving,
        warnings,
        machine_id: observed.machine_id.clone(),
        from_controller: Vec::new(),
        generation: observed.generation,
        request,
    }
}
