//! Providers: power and rescue boot of machines that cannot be reached any more, and the
//! ports of virtual switches.
//!
//! One small trait, a driver for each kind of provider. A driver does one thing per call and
//! waits for nothing that takes longer than an answer: what takes longer is a [`Task`], which
//! the caller asks about. So the caller can stop, be killed and go on at any point.
//!
//! Nothing here prints, and no message holds a credential.

mod command;
mod error;
mod hetzner;
mod http;
mod ovh;
mod password;
mod port;
mod scaleway;
mod settings;
mod tls;
mod virtual_mac;
mod vsphere;
mod words;

use serde::{Deserialize, Serialize};

pub use error::ProviderError;
pub use hetzner::md5_fingerprint;
pub use password::Password;
pub use port::{Policy, Port, Ports, Setting, Switch, port_driver};
pub use settings::{SettingsError, VAR, driver, ssh_key};
pub use virtual_mac::{VirtualMac, VirtualMacList, VirtualMacs, mac_driver};

/// What a machine is set to boot from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// The boot setting, in the driver's own words: what [`Provider::rescue_off`] takes back.
    pub boot: String,
    /// Whether that setting is the rescue system.
    pub rescue: bool,
    /// The setting to return to where it is the rescue system already, if that is known.
    pub usual: Option<String>,
    /// What else the provider says that explains a lost host (an address that it blocks).
    pub notes: Vec<String>,
}

/// How to log in to a rescue system.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Access {
    /// The account; root without.
    pub user: Option<String>,
    /// Where it is to be found; the host's own address without.
    pub address: Option<String>,
    /// Its port; 22 without.
    pub port: Option<u16>,
    /// Its host keys, each as fingerprint (`SHA256:…`, `MD5:…`) or as `TYPE BASE64`, where the
    /// provider tells them. Empty: it does not.
    pub host_keys: Vec<String>,
    /// The password that the provider made for this rescue: for `sudo`, and for a rescue
    /// system that takes no key. It is asked for again when it is needed, and never kept.
    #[serde(skip)]
    pub password: Option<Password>,
}

/// Where a machine boots from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Boot {
    /// The rescue system.
    Rescue,
    /// As before: its own disk.
    Usual,
}

/// The provider's number for something that it is doing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task(pub String);

/// How far a task is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// Not done yet; the provider's word for it.
    Running(String),
    /// Done.
    Done,
    /// It will never be done; why.
    Failed(String),
}

/// Power and rescue of one machine.
///
/// Calls block until the provider answers, at most a minute or two.
pub trait Provider: Send + Sync {
    /// What the provider and the machine are called there, for people.
    fn name(&self) -> String;

    /// Reads what the machine boots from. Also proves that credentials and rights are in
    /// order: it changes nothing.
    ///
    /// # Errors
    /// The provider cannot be asked, or refuses.
    fn status(&self) -> Result<Status, ProviderError>;

    /// What would keep a rescue from working, found out without changing anything.
    ///
    /// # Errors
    /// The first thing that would.
    fn check(&self, key: Option<&str>) -> Result<(), ProviderError> {
        let _ = key;
        self.status().map(drop)
    }

    /// Whether [`Provider::rescue_on`] changes a setting that can be read back before the
    /// restart. Where it does not, the setting comes with [`Provider::reset`], both ways, and
    /// is read back after it.
    fn settles(&self) -> bool {
        true
    }

    /// Whether the provider may tell the rescue system's host key, so that nobody has to be
    /// asked about it.
    fn tells_host_key(&self) -> bool {
        false
    }

    /// Sets the rescue system as what is booted next; `key` is the line of `authorized_keys`
    /// that is to open it.
    ///
    /// # Errors
    /// As for [`Provider::status`].
    fn rescue_on(&self, key: Option<&str>) -> Result<Access, ProviderError>;

    /// Sets the machine to boot from what it booted from before.
    ///
    /// # Errors
    /// As for [`Provider::status`].
    fn rescue_off(&self, boot: &str) -> Result<(), ProviderError>;

    /// Restarts the machine, whatever it is doing.
    ///
    /// # Errors
    /// As for [`Provider::status`].
    fn reset(&self, into: Boot) -> Result<Option<Task>, ProviderError>;

    /// How far a task is.
    ///
    /// # Errors
    /// As for [`Provider::status`].
    fn progress(&self, task: &Task) -> Result<Progress, ProviderError>;

    /// What can be said of the login only once the rescue system has been booted.
    ///
    /// # Errors
    /// As for [`Provider::status`].
    fn access(&self, known: &Access) -> Result<Access, ProviderError> {
        Ok(known.clone())
    }

    /// How a person returns the machine to `boot` and restarts it without rappel.
    fn by_hand(&self, boot: &str) -> Vec<String>;
}
