//! Hosts that are reached through others: the lab has to have those others, too.

use super::super::failure::Failure;
use crate::desired::{Connection, Desired, Host};
use crate::diagnostic::Diagnostic;
use crate::remote::ssh::config::{Config, ConfigError, Local, Proxy};
use crate::run::{Login, overrides};

/// Accounts that hosts need because others are reached through them: host and account.
pub type Accounts = Vec<(String, String)>;

/// Follows the way to each host, as the inventory tells it, and who logs in where it names nobody.
/// No `ssh_config` has a say in a lab.
///
/// # Errors
/// Hosts whose way leads over something that has no twin.
pub fn follow(hosts: &[Desired], user: Option<&str>) -> Result<Accounts, Failure> {
    let login = Login { user: user.map(str::to_owned), ..Login::default() };
    let config = Config::empty(Local::from_env());
    let (mut accounts, mut mistakes) = (Accounts::new(), Vec::new());
    for Desired { host, .. } in hosts {
        match proxy(&config, &login, host) {
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
fn proxy(config: &Config, login: &Login, host: &Host) -> Result<Proxy, ConfigError> {
    // The lab opens its hosts with a key of its own.
    let connection = Connection { identity_file: None, ..host.connection.clone() };
    let overrides = overrides(login, &connection, connection.port)?;
    Ok(config.resolve(&connection.address, &overrides)?.proxy)
}

#[cfg(test)]
mod tests {
    use super::{Config, Host, Local, Login, Proxy, proxy};

    #[test]
    fn a_way_may_name_the_account() {
        let mut host = Host::plain("h1");
        host.connection.options.last =
            vec![("ansible_ssh_common_args", "-o ProxyJump=%r@192.0.2.1".to_owned())];
        let config = Config::empty(Local::from_env());
        let login = Login { user: Some("ada".to_owned()), ..Login::default() };
        let hop = |host: &Host| match proxy(&config, &login, host) {
            Ok(Proxy::Jump(hops)) => hops.iter().map(ToString::to_string).collect::<String>(),
            other => format!("{other:?}"),
        };
        assert_eq!(hop(&host), "ada@192.0.2.1");
        host.connection.user = Some("eve".to_owned());
        assert_eq!(hop(&host), "eve@192.0.2.1");
    }
}
