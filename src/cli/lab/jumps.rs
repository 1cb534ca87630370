//! Hosts that are reached through others: the lab has to have those others, too.

use super::super::failure::Failure;
use crate::desired::{Desired, Host};
use crate::diagnostic::Diagnostic;
use crate::remote::ssh::config::{Config, ConfigError, Local, Overrides, Proxy};

/// Accounts that hosts need because others are reached through them: host and account.
pub type Accounts = Vec<(String, String)>;

/// Follows the way to each host, as the inventory tells it. No `ssh_config` has a say in a lab.
///
/// # Errors
/// Hosts whose way leads over something that has no twin.
pub fn follow(hosts: &[Desired]) -> Result<Accounts, Failure> {
    let config = Config::empty(Local::from_env());
    let (mut accounts, mut mistakes) = (Accounts::new(), Vec::new());
    for Desired { host, .. } in hosts {
        match proxy(&config, host) {
            Ok(Proxy::Direct) => {}
            Ok(Proxy::Command(_)) => mistakes.push(no_way(
                host,
                "by a ProxyCommand, which leads nowhere in a lab",
                "write the way as a ProxyJump through a host of the inventory",
            )),
            Ok(Proxy::Jump(hops)) => {
                for hop in hops {
                    let is = |other: &&Desired| other.host.connection.address == hop.host;
                    match hosts.iter().find(is) {
                        Some(other) => {
                            let name = || other.host.name.clone();
                            accounts.extend(hop.user.map(|user| (name(), user)));
                        }
                        None => mistakes.push(no_way(
                            host,
                            &format!("through {}, which is the address of none of them", hop.host),
                            "rehearse that host as well, under the same address in the inventory",
                        )),
                    }
                }
            }
            Err(error) => mistakes.push(Diagnostic::error(error.to_string()).remedy(error.remedy)),
        }
    }
    if mistakes.is_empty() { Ok(accounts) } else { Err(Failure::error(mistakes)) }
}

fn no_way(host: &Host, how: &str, remedy: &str) -> Diagnostic {
    let name = &host.name;
    Diagnostic::error(format!("the twins do not include the way to {name}: it is reached {how}"))
        .remedy(format!("{remedy}, or leave {name} out: --exclude {name}"))
}

/// What the vars say of the way.
fn proxy(config: &Config, host: &Host) -> Result<Proxy, ConfigError> {
    let options = &host.connection.options;
    let first = options.first.iter().map(|text| ("ansible_ssh_args", text));
    let last = options.last.iter().map(|(name, text)| (*name, text));
    let mut overrides = Overrides::default();
    for (name, text) in first.chain(last) {
        overrides.command_line(text, name)?;
    }
    Ok(config.resolve(&host.connection.address, &overrides)?.proxy)
}
