//! Ways to a host: where it is looked for, and what `ssh_config` says of the way there.

use std::net::IpAddr;
use std::sync::Arc;

use super::context::{Context, Login};
use super::link::{Link, not_connected};
use super::place::{self, Old, Place};
use crate::desired::{Connection, Host};
use crate::remote::ssh::config::{ConfigError, Options, Overrides, Proxy};
use crate::remote::ssh::{At, ConnectError, Road, Secret};
use crate::rollout::event::Event;
use crate::rollout::outcome::Outcome;

/// A place where a host is looked for.
#[derive(Debug, Clone)]
pub struct Way {
    /// Where to connect.
    pub place: Place,
    /// What `ssh_config` and the vars say about it.
    pub options: Arc<Options>,
    /// Names in `known_hosts` that count as well as the place's own, and before it.
    pub known_as: Vec<String>,
    /// The address of the host at which it must have been reached, where something in
    /// between might lead somewhere else.
    pub must_reach: Option<IpAddr>,
}

impl Way {
    /// As the inventory says.
    ///
    /// # Errors
    /// What is wrong with `ssh_config` or with options among the vars.
    pub async fn named(context: &Context, host: &Host) -> Result<Self, Outcome> {
        let Host { connection, .. } = host;
        Self::found(context, host, &connection.address, connection.port).await
    }

    async fn old(context: &Context, host: &Host, old: Old) -> Result<Self, Outcome> {
        let address = old.address.as_ref().unwrap_or(&host.connection.address);
        Self::found(context, host, address, old.port.or(host.connection.port)).await
    }

    async fn found(
        context: &Context,
        host: &Host,
        address: &str,
        port: Option<u16>,
    ) -> Result<Self, Outcome> {
        let overrides = overrides(&context.login, &host.connection, port);
        let overrides = overrides.map_err(|error| refused(&error))?;
        let (config, address) = (context.ssh.config.clone(), address.to_owned());
        // It may run commands and wait for them.
        let found = tokio::task::spawn_blocking(move || config.resolve(&address, &overrides));
        let options = match found.await {
            Ok(found) => found.map_err(|error| refused(&error))?,
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        };
        for remark in options.without_effect.iter().filter(|r| context.ssh.config.is_news(r)) {
            context.tell(Event::Note { host: host.name.clone(), message: remark.clone() });
        }
        let place = Place { address: options.host.clone(), port: options.port };
        Ok(Self { place, options: Arc::new(options), known_as: Vec::new(), must_reach: None })
    }

    /// The same host at another of its addresses.
    pub fn at(&self, address: IpAddr, port: u16) -> Self {
        Self {
            place: Place { address: address.to_string(), port },
            options: Arc::clone(&self.options),
            known_as: self.names(),
            must_reach: Some(address),
        }
    }

    /// The names in `known_hosts` under which this host may be recorded.
    pub fn names(&self) -> Vec<String> {
        if let Some(alias) = &self.options.host_key_alias {
            return vec![alias.clone()];
        }
        let mut names = self.known_as.clone();
        // A record for any port counts too, as at the place itself.
        names.extend([self.place.known_as(), self.place.address.clone()]);
        names.dedup();
        names
    }

    /// Where to connect, how, and by what.
    pub(super) fn road(&self, context: &Context, host: &Host) -> Result<Road, ConnectError> {
        let Place { address, port } = self.place.clone();
        let password = host.connection.password.clone().map(Secret::new);
        let password = password.or_else(|| context.login.password.clone());
        let at = At { address, port };
        let road = context.ssh.road(&host.name, &self.options, Some(&at), password.as_ref());
        road.map_err(|error| ConnectError::Setting {
            name: host.name.clone(),
            reason: error.to_string(),
        })
    }
}

/// What the vars and the arguments say of the way to a host, in the order in which Ansible gives
/// it to `ssh`. The port may be another one than the inventory's: that of the host's old place.
///
/// # Errors
/// Options among the vars that `ssh` does not have, or that cannot be followed.
pub fn overrides(
    login: &Login,
    connection: &Connection,
    port: Option<u16>,
) -> Result<Overrides, ConfigError> {
    let mut overrides = Overrides::default();
    let options = &connection.options;
    if let Some(text) = &options.first {
        overrides.command_line(text, "ansible_ssh_args")?;
    }
    if options.check_host_keys == Some(false) {
        overrides.set("StrictHostKeyChecking", "accept-new", "ansible_host_key_checking");
    }
    if let Some(port) = port {
        overrides.set("Port", &port.to_string(), "ansible_port");
    }
    if let Some(key) = connection.identity_file.as_ref().or(login.private_key.as_ref()) {
        // A path is not a pattern: what looks like a token in it is none.
        let path = key.display().to_string().replace('%', "%%");
        overrides.set("IdentityFile", &path, "ansible_ssh_private_key_file");
    }
    if let Some(user) = connection.user.as_ref().or(login.user.as_ref()) {
        overrides.set("User", user, "ansible_user");
    }
    for (name, text) in &options.last {
        overrides.command_line(text, name)?;
    }
    Ok(overrides)
}

fn refused(error: &ConfigError) -> Outcome {
    Outcome::Failed { reason: error.to_string(), remedy: Some(error.remedy.clone()) }
}

/// A host as it was found.
#[derive(Debug)]
pub struct Found {
    /// The connection to it.
    pub link: Link,
    /// Where it was found.
    pub way: Way,
    /// Where it is to be found after a change, if it moves.
    pub moves_to: Option<Way>,
}

impl Found {
    /// Connects to a host where it is now: at its old place, if one is declared and it
    /// still answers there, else where the inventory says.
    ///
    /// # Errors
    ///
    /// The outcome of a host that cannot be reached.
    pub async fn open(context: &Context, host: &Host) -> Result<Self, Outcome> {
        let named = Way::named(context, host).await?;
        let declared = place::old(host).map_err(|reason| Outcome::Failed {
            reason,
            remedy: Some("correct the var in the inventory".to_owned()),
        })?;
        let old = match declared {
            Some(old) => Some(Way::old(context, host, old).await?),
            None => None,
        };
        let Some(old) = old.filter(|old| old.place != named.place) else {
            let link = Link::open(context, host, &named).await;
            let link = link.map_err(|error| not_connected(&error))?;
            return Ok(Self { link, way: named, moves_to: None });
        };
        let mut moved = Way { known_as: old.names(), ..named.clone() };
        // A command that leads to the host wherever it is would prove nothing of where.
        if matches!(named.options.proxy, Proxy::Command(_)) {
            moved.must_reach = named.place.address.parse().ok();
        }
        match Link::open(context, host, &old).await {
            Ok(link) => return Ok(Self { link, way: old, moves_to: Some(moved) }),
            Err(error) if !error.is_unreachable() => return Err(not_connected(&error)),
            Err(_) => {}
        }
        // The move may be done already; then the key may be recorded under either name.
        match Link::open(context, host, &moved).await {
            Ok(link) => Ok(Self { link, way: moved, moves_to: None }),
            Err(error) => Err(not_connected(&error)),
        }
    }
}
