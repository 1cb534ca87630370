//! Rules about port groups of vSphere, as the inventory declares them: no file of a host
//! shows them.

use crate::diagnostic::Severity;

use super::files::Files;
use super::known::Portgroup;
use super::{Finding, Rule};

pub(super) const VS01: Rule = Rule {
    id: "VS01",
    title: "promiscuous port group on the public switch",
    severity: Severity::Warning,
    reason: "all its ports see each other's frames, and the provider allows it on no port group of the switch that it shares (`…-dvs`)",
    remedy: "let the provider open the one port (OVHcloud: enableCarp of the VM), or move the port group to the `-vrack` switch",
    check: Some(promiscuous),
};

fn promiscuous(files: &Files<'_>) -> Vec<Finding> {
    found(files, "is promiscuous on the public switch", |group| {
        group.promiscuous && group.switch.ends_with("-dvs")
    })
}

pub(super) const VS02: Rule = Rule {
    id: "VS02",
    title: "override of a port that is reset at disconnect",
    severity: Severity::Warning,
    reason: "the port forgets its own policy as soon as the VM is disconnected: after a migration or a restart it is gone",
    remedy: "turn \"configure reset at disconnect\" off in the port group, then set the override again",
    check: Some(reset),
};

fn reset(files: &Files<'_>) -> Vec<Finding> {
    found(files, "has an override that does not outlive a disconnect", |group| {
        group.port_override && group.reset_at_disconnect
    })
}

fn found(files: &Files<'_>, what: &str, wrong: impl Fn(&Portgroup) -> bool) -> Vec<Finding> {
    let groups = files.known.portgroups.iter().filter(|group| wrong(group));
    groups
        .map(|group| {
            Finding::somewhere(group.place.as_ref(), format!("port group `{}` {what}", group.name))
        })
        .collect()
}
