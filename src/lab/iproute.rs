//! `ip`, in the namespace of one's choice.

use super::command::run;
use super::error::LabError;
use super::spec::Wire;

/// Runs `ip` in a named namespace, or in the lab's own without one.
pub(super) fn ip(netns: Option<&str>, words: &str) -> Result<String, LabError> {
    let mut argv = vec!["ip"];
    if let Some(netns) = netns {
        argv.extend(["-n", netns]);
    }
    argv.extend(words.split_whitespace());
    run(&argv)
}

/// Runs a command line in a named namespace, or in the lab's own without one.
pub(super) fn inside(netns: Option<&str>, argv: &[&str]) -> Result<String, LabError> {
    let mut all = Vec::new();
    if let Some(netns) = netns {
        all.extend(["ip", "netns", "exec", netns]);
    }
    all.extend(argv);
    run(&all)
}

/// Sets what the lab sets in a namespace: settings, addresses, routes. One `ip` for all
/// addresses and routes, because starting programs is what costs.
pub(super) fn configure(netns: Option<&str>, wire: &Wire) -> Result<(), LabError> {
    if !wire.sysctls.is_empty() {
        let mut argv = vec!["sysctl", "-qw"];
        argv.extend(wire.sysctls.iter().map(String::as_str));
        inside(netns, &argv)?;
    }
    let mut script = String::new();
    for nic in &wire.nics {
        script.push_str(&format!("link set {} up\n", nic.name));
        for address in &nic.addresses {
            let nodad = match address.contains(':') && !nic.dad {
                true => " nodad",
                false => "",
            };
            script.push_str(&format!("address add {address} dev {}{nodad}\n", nic.name));
        }
    }
    for route in &wire.routes {
        script.push_str(&format!("route add {route}\n"));
    }
    batch(netns, &script)
}

/// Runs many `ip` commands, one per line, by one program.
pub(super) fn batch(netns: Option<&str>, script: &str) -> Result<(), LabError> {
    if script.is_empty() {
        return Ok(());
    }
    let mut argv = vec!["ip"];
    if let Some(netns) = netns {
        argv.extend(["-n", netns]);
    }
    argv.extend(["-batch", "-"]);
    super::command::feed(&argv, script.as_bytes()).map(drop)
}
