//! Where a session goes and as whom.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use super::secret::Secret;
use super::settings::Settings;

/// The IP version that a connection is restricted to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Family {
    /// IPv4 only.
    V4,
    /// IPv6 only.
    V6,
}

impl Family {
    /// Whether an address is of this family.
    pub fn has(self, address: &SocketAddr) -> bool {
        match self {
            Self::V4 => address.is_ipv4(),
            Self::V6 => address.is_ipv6(),
        }
    }
}

impl std::fmt::Display for Family {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::V4 => "IPv4",
            Self::V6 => "IPv6",
        })
    }
}

/// One SSH server and the account on it.
#[derive(Debug, Clone)]
pub struct Target {
    /// What messages call it: the host's name in the inventory.
    pub name: String,
    /// DNS name or literal IP address that is connected to.
    pub address: String,
    /// TCP port.
    pub port: u16,
    /// Account to log in as.
    pub user: String,
    /// Name looked up in `known_hosts` instead of the address and port, taken as it is.
    ///
    /// For a host that is reached at another of its addresses than the recorded one. To
    /// mean a record for another port than 22, write `[name]:port`.
    pub host_key_alias: Option<String>,
    /// Private key files to log in with. Each must exist. Empty: the settings' defaults.
    pub identity_files: Vec<PathBuf>,
    /// Further key files, which need not exist; they too stand in for the defaults.
    pub optional_identities: Vec<PathBuf>,
    /// Certificates for keys of other files, or of the agent.
    pub certificate_files: Vec<PathBuf>,
    /// Offer only keys of `identity_files`, none that merely are in the agent.
    pub identities_only: bool,
    /// Restrict the connection to one IP version.
    pub family: Option<Family>,
    /// Connect from this address of ours.
    pub bind: Option<IpAddr>,
    /// Ways to log in.
    pub methods: Methods,
    /// The account's password, tried where no key lets us in.
    pub password: Option<Secret>,
    /// What is in between.
    pub via: Via,
}

/// A target with the settings that go for it.
#[derive(Debug, Clone)]
pub struct Road {
    /// Where to.
    pub target: Target,
    /// How.
    pub settings: Settings,
}

/// What is between us and a target.
#[derive(Debug, Clone, Default)]
pub enum Via {
    /// Nothing that we would know of.
    #[default]
    Direct,
    /// Another host, which connects for us.
    Jump(Box<Road>),
    /// A command whose standard input and output are the connection.
    Command(String),
}

/// Ways to log in, best first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Methods(pub Vec<Method>);

/// A way to log in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// With a key.
    PublicKey,
    /// With answers to what the server asks; only for a password.
    Interactive,
    /// With a password.
    Password,
}

impl Default for Methods {
    fn default() -> Self {
        Self(vec![Method::PublicKey, Method::Interactive, Method::Password])
    }
}

impl Methods {
    /// Whether a way may be gone.
    pub(super) fn has(&self, method: Method) -> bool {
        self.0.contains(&method)
    }
}

impl Target {
    /// A target at port 22 with the settings' default keys.
    pub fn new(
        name: impl Into<String>,
        address: impl Into<String>,
        user: impl Into<String>,
    ) -> Self {
        Self {
            name: name.into(),
            address: address.into(),
            port: 22,
            user: user.into(),
            host_key_alias: None,
            identity_files: Vec::new(),
            optional_identities: Vec::new(),
            certificate_files: Vec::new(),
            identities_only: false,
            family: None,
            bind: None,
            methods: Methods::default(),
            password: None,
            via: Via::Direct,
        }
    }

    /// The name under which `known_hosts` files record this target.
    pub(super) fn known_as(&self) -> String {
        match &self.host_key_alias {
            Some(alias) => alias.to_lowercase(),
            None if self.port == 22 => self.address.to_lowercase(),
            None => format!("[{}]:{}", self.address.to_lowercase(), self.port),
        }
    }

    /// The name without its port, under which a record for any port may stand.
    pub(super) fn known_as_portless(&self) -> Option<String> {
        let plain = self.host_key_alias.is_none() && self.port != 22;
        plain.then(|| self.address.to_lowercase())
    }
}

#[cfg(test)]
mod tests {
    use super::Target;

    #[test]
    fn known_hosts_names_follow_port_and_alias() {
        let mut target = Target::new("web1", "Web1.Example.NET", "root");
        assert_eq!(target.known_as(), "web1.example.net");
        assert_eq!(target.known_as_portless(), None);
        target.port = 2222;
        assert_eq!(target.known_as(), "[web1.example.net]:2222");
        assert_eq!(target.known_as_portless().as_deref(), Some("web1.example.net"));
        target.host_key_alias = Some("Pinned".to_owned());
        assert_eq!(target.known_as(), "pinned");
        assert_eq!(target.known_as_portless(), None);
    }
}
