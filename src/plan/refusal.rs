//! Why a host is not changed at all.

use std::net::IpAddr;

use thiserror::Error;

use crate::diagnostic::Diagnostic;
use crate::observed::{Lock, Observation};

/// A reason not to touch a host. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refusal {
    /// Somebody else is at it.
    #[error("locked by {0}")]
    Locked(Lock),
    /// A transaction is open.
    #[error("a transaction is open on the host ({0})")]
    Open(String),
    /// A managed path is a symbolic link.
    #[error("{path} is a symbolic link to {target}; rappel neither follows nor replaces links")]
    Link {
        /// The path.
        path: String,
        /// Where it points.
        target: String,
    },
    /// A managed path is something else than a file.
    #[error("{0} is not a regular file")]
    NotAFile(String),
    /// The host lacks a tool.
    #[error("there is no {tool} on the host")]
    NoTool {
        /// Which.
        tool: &'static str,
        /// The package that has it.
        package: &'static str,
    },
    /// The rendered file names an interface that the host does not have.
    #[error("the host has no interface {name}; it has: {}", .have.join(", "))]
    NoInterface {
        /// Which.
        name: String,
        /// Those that it has.
        have: Vec<String>,
    },
    /// A rendered or present file cannot be understood.
    #[error("{0}")]
    Unreadable(Box<Diagnostic>),
    /// The address that the host is reached through leaves, and no other is known.
    #[error("this takes away {0}, the address that the host is reached through")]
    OwnAddress(IpAddr),
    /// The tool that keeps an object does not tell of it.
    #[error("{path} cannot be read: {words}")]
    Unread {
        /// The object's path.
        path: String,
        /// What the tool said.
        words: String,
    },
    /// There is no such generation to go back to.
    #[error("the host has no generation {0}")]
    NoGeneration(u32),
    /// There is nothing to roll back.
    #[error("rappel has not changed this host yet: there is nothing to roll back")]
    NothingToRollBack,
}

impl Refusal {
    /// What to do about it.
    pub fn remedy(&self) -> Option<String> {
        match self {
            Self::Locked(_) | Self::Open(_) => {
                Some("wait until it ends; `rappel status` shows it".to_owned())
            }
            Self::Link { path, .. } => {
                Some(format!("manage the link's target instead, or replace {path} by a file"))
            }
            Self::NotAFile(_) => None,
            Self::NoTool { package, .. } => Some(format!("apt install {package}")),
            Self::NoInterface { .. } => Some("name one of these in the host's vars".to_owned()),
            Self::Unreadable(diagnostic) => diagnostic.remedy.clone(),
            Self::OwnAddress(address) => Some(format!(
                "if the host moves, set ansible_host to its new address and rappel_old_host \
                 to {address}: the change is then confirmed at the new address"
            )),
            Self::Unread { .. } => Some(
                "the tool that keeps it has to be installed and running on the host".to_owned(),
            ),
            Self::NoGeneration(_) => Some("`rappel history` lists the generations".to_owned()),
            Self::NothingToRollBack => None,
        }
    }
}

/// Whether the host may be changed by anybody right now.
pub fn check_host(observed: &Observation) -> Result<(), Refusal> {
    if matches!(observed.transaction.as_str(), "pending" | "reverting") {
        return Err(match &observed.lock {
            Some(lock) => Refusal::Locked(lock.clone()),
            None => Refusal::Open(observed.transaction.clone()),
        });
    }
    Ok(())
}
