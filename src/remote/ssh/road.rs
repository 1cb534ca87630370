//! From what a configuration says about a host to a connection: target, settings, and the
//! hosts in between.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::algorithms::Algorithms;
use super::config::{AgentChoice, Config, ConfigError, Hop, Options, Overrides, Proxy, Strict};
use super::secret::Secret;
use super::settings::Settings;
use super::target::{Method, Methods, Road, Target, Via};

/// More hosts in a row than this lead in a circle.
const MAX_HOPS: usize = 8;

/// What the user of the program has asked for, whatever the configuration says.
#[derive(Debug, Clone, Default)]
pub struct Forced {
    /// The file of known hosts, instead of all others.
    pub known_hosts: Option<PathBuf>,
    /// Record the keys of hosts that are not known.
    pub accept_new: bool,
    /// The limit for a connection.
    pub connect_timeout: Option<Duration>,
}

/// How all hosts of a run are reached.
#[derive(Debug, Clone)]
pub struct Roads {
    /// The user's and the machine's configuration.
    pub config: Config,
    /// What goes where the configuration says nothing.
    pub settings: Settings,
    /// What goes before it.
    pub forced: Forced,
}

/// A place other than the one that the configuration names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct At {
    /// DNS name or address.
    pub address: String,
    /// TCP port.
    pub port: u16,
}

impl Roads {
    /// The road to a host, at the place that its options name or at another one.
    ///
    /// # Errors
    /// Options that cannot be followed; jump hosts that lead in a circle.
    pub fn road(
        &self,
        name: &str,
        options: &Options,
        at: Option<&At>,
        password: Option<&Secret>,
    ) -> Result<Road, ConfigError> {
        self.leading(name, options, at, password, 0)
    }

    fn leading(
        &self,
        name: &str,
        options: &Options,
        at: Option<&At>,
        password: Option<&Secret>,
        hops: usize,
    ) -> Result<Road, ConfigError> {
        let address = at.map_or(&options.host, |at| &at.address);
        let port = at.map_or(options.port, |at| at.port);
        let wrong = |message: String| ConfigError {
            file: options.original.clone(),
            line: 0,
            message,
            remedy: "see `ssh -G` for the host".to_owned(),
        };
        let via = match &options.proxy {
            Proxy::Direct => Via::Direct,
            Proxy::Command(command) => {
                Via::Command(options.proxy_command(command, address, port).map_err(wrong)?)
            }
            Proxy::Jump(_) if hops == MAX_HOPS => {
                return Err(wrong("its jump hosts lead in a circle".to_owned()));
            }
            Proxy::Jump(row) => Via::Jump(Box::new(self.jump(row, options, hops)?)),
        };
        let mut target = Target::new(name, address, &options.user);
        target.port = port;
        target.host_key_alias.clone_from(&options.host_key_alias);
        for one in &options.identity_files {
            let files = if one.given {
                &mut target.identity_files
            } else {
                &mut target.optional_identities
            };
            files.push(one.path.clone());
        }
        target.certificate_files.clone_from(&options.certificate_files);
        target.identities_only = options.identities_only;
        target.family = options.family;
        target.bind = options.bind.as_deref().map(bind).transpose().map_err(wrong)?;
        target.methods = methods(options);
        target.password = password.cloned();
        target.via = via;
        Ok(Road { target, settings: self.settings(options) })
    }

    /// The road to the last of some jump hosts, by those before it.
    fn jump(&self, row: &[Hop], options: &Options, hops: usize) -> Result<Road, ConfigError> {
        let Some((last, before)) = row.split_last() else {
            return Ok(Road { target: Target::new("", "", ""), settings: self.settings.clone() });
        };
        let mut overrides = Overrides::default();
        overrides.like(options);
        if !before.is_empty() {
            let before: Vec<String> = before.iter().map(Hop::to_string).collect();
            overrides.set("ProxyJump", &before.join(","), "ProxyJump");
        }
        if let Some(user) = &last.user {
            overrides.set("User", user, "ProxyJump");
        }
        if let Some(port) = last.port {
            overrides.set("Port", &port.to_string(), "ProxyJump");
        }
        let found = self.config.resolve(&last.host, &overrides)?;
        self.leading(&last.host, &found, None, None, hops + 1)
    }

    fn settings(&self, options: &Options) -> Settings {
        let mut settings = self.settings.clone();
        if let Some(files) = &options.known_hosts {
            settings.known_hosts.clone_from(files);
        }
        if let Some(files) = &options.global_known_hosts {
            settings.global_known_hosts.clone_from(files);
        }
        if let Some(file) = &self.forced.known_hosts {
            settings.known_hosts = vec![file.clone()];
            settings.global_known_hosts.clear();
        }
        settings.accept_new = self.forced.accept_new || options.strict == Some(Strict::AcceptNew);
        settings.hash_known_hosts = options.hash_known_hosts;
        settings.revoked.clone_from(&options.revoked);
        if options.no_identities {
            settings.default_identities.clear();
        }
        match &options.agent {
            AgentChoice::Usual => {}
            AgentChoice::None => settings.agent = None,
            AgentChoice::At(socket) => settings.agent = Some(socket.clone()),
        }
        let timeout = self.forced.connect_timeout.or(options.connect_timeout);
        settings.connect_timeout = timeout.unwrap_or(settings.connect_timeout);
        settings.keepalive = options.alive_interval.unwrap_or(settings.keepalive);
        settings.keepalive_max = options.alive_max.unwrap_or(settings.keepalive_max);
        settings.algorithms = Algorithms {
            kex: options.kex.clone(),
            ciphers: options.ciphers.clone(),
            macs: options.macs.clone(),
            host_keys: options.host_keys.clone(),
        };
        settings
    }
}

fn bind(text: &str) -> Result<IpAddr, String> {
    text.parse().map_err(|_| format!("BindAddress {text} is not an address"))
}

/// Ways to log in, in the order that is asked for.
fn methods(options: &Options) -> Methods {
    let allowed = |method: &Method| match method {
        Method::PublicKey => options.public_key,
        Method::Interactive => options.interactive,
        Method::Password => options.password,
    };
    let order = match &options.methods {
        None => Methods::default().0,
        Some(names) => names.iter().filter_map(|name| method(name)).collect(),
    };
    Methods(order.into_iter().filter(allowed).collect())
}

fn method(name: &str) -> Option<Method> {
    match name {
        "publickey" => Some(Method::PublicKey),
        "keyboard-interactive" => Some(Method::Interactive),
        "password" => Some(Method::Password),
        _ => None,
    }
}

impl Roads {
    /// Roads by what the environment says alone.
    ///
    /// # Errors
    /// A configuration file that cannot be read.
    pub fn from_env(config: Option<&Path>) -> Result<Self, ConfigError> {
        let local = super::config::Local::from_env();
        Ok(Self {
            config: Config::load(config, local)?,
            settings: Settings::from_env(),
            forced: Forced::default(),
        })
    }
}
