//! Why a session could not be made, what that says of the host, and what to do about it.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use super::peer::Peer;
use super::refusal::{Changed, Revoked, Unknown};
use crate::remote::quote::sh;

/// How far a connection came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Looking up the name.
    Resolution,
    /// Opening the TCP connection.
    Tcp,
    /// Agreeing on keys, which ends with the check of the host key.
    Handshake,
    /// Logging in.
    Authentication,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Resolution => "the name look-up",
            Self::Tcp => "the TCP connection",
            Self::Handshake => "the SSH handshake",
            Self::Authentication => "the login",
        })
    }
}

/// A session that was not made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The address is a name that does not resolve (to the wanted family).
    #[error("cannot resolve {address}: {reason}")]
    Resolve {
        /// The name.
        address: String,
        /// What the resolver said.
        reason: String,
    },
    /// The host answers and nothing listens on the port.
    #[error("{peer} refused the connection")]
    Refused {
        /// The address that was tried.
        peer: SocketAddr,
    },
    /// No answer in time.
    #[error("no answer from {address} within {} s: {stage} did not finish", (.after.as_secs_f32() * 10.0).round() / 10.0)]
    Timeout {
        /// What was connected to.
        address: String,
        /// How far it came.
        stage: Stage,
        /// How long it was waited for.
        after: Duration,
    },
    /// The network has no way to the host, or something on the way said so.
    #[error("no route to {peer}: {reason}")]
    NoRoute {
        /// The address that was tried.
        peer: SocketAddr,
        /// What the operating system said.
        reason: String,
    },
    /// The server hung up before it said that it speaks SSH, as one does that has too
    /// many unfinished logins.
    #[error("{peer} closed the connection before its SSH greeting{}", in_brackets(.said))]
    ClosedBeforeGreeting {
        /// The address that was tried.
        peer: Peer,
        /// What it said instead, if anything.
        said: Option<String>,
    },
    /// A host on the way cannot be used.
    #[error("no way through the jump host {name}: {error}")]
    Jump {
        /// The jump host.
        name: String,
        /// What is wrong with it.
        error: Box<ConnectError>,
    },
    /// A host on the way did not connect us.
    #[error("{}", not_forwarded(.peer, .jump, *.failed))]
    NotForwarded {
        /// Where to.
        peer: Peer,
        /// The jump host.
        jump: String,
        /// It tried, as against would not.
        failed: bool,
    },
    /// A proxy command cannot be run, or ended before the server spoke.
    #[error("the proxy command `{command}` failed: {reason}")]
    ProxyCommand {
        /// The command.
        command: String,
        /// What it said.
        reason: String,
    },
    /// The server does not tell which of its addresses something in between has reached.
    #[error("{peer} does not say at which address it was reached")]
    Nowhere {
        /// Who.
        peer: Peer,
    },
    /// What is in between has led to another address of the host than the wanted one.
    #[error("{name} was reached at {reached} and not at {wanted}: what is in between leads there")]
    Elsewhere {
        /// The target's name.
        name: String,
        /// Where it had to be reached.
        wanted: IpAddr,
        /// Where it was.
        reached: IpAddr,
    },
    /// What is set for the host leaves nothing to agree on, or cannot be read.
    #[error("{name}: {reason}")]
    Setting {
        /// The target's name.
        name: String,
        /// What is wrong.
        reason: String,
    },
    /// The connection broke half-way.
    #[error("the connection to {peer} was lost during {stage}: {reason}")]
    Lost {
        /// The address that was tried.
        peer: Peer,
        /// How far it came.
        stage: Stage,
        /// What happened to it.
        reason: String,
    },
    /// No key of the host is recorded.
    #[error("{0}")]
    HostKeyUnknown(Box<Unknown>),
    /// Other keys of the host are recorded than the one it offers.
    #[error("{0}")]
    HostKeyChanged(Box<Changed>),
    /// The key that the host offers is revoked.
    #[error("{0}")]
    HostKeyRevoked(Box<Revoked>),
    /// The host's certificate is by a known authority and yet not valid for this host.
    #[error("the host certificate of {name} is not valid: {reason}")]
    HostCertificate {
        /// The target's name.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A file of known hosts cannot be read or written.
    #[error("cannot {action} {}: {reason}", .path.display())]
    KnownHosts {
        /// The file.
        path: PathBuf,
        /// "read" or "write".
        action: &'static str,
        /// What the operating system said.
        reason: String,
    },
    /// A private key that was named cannot be used.
    #[error("cannot use the identity file {}: {reason}", .path.display())]
    Identity {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The server let none of our keys in.
    #[error("{name} does not let {user} in: {reason}{}", list(.tried))]
    Auth {
        /// The target's name.
        name: String,
        /// The account.
        user: String,
        /// Why there were no more tries.
        reason: String,
        /// Each key that was tried or skipped, and what came of it.
        tried: Vec<String>,
        /// What to do about it.
        help: String,
    },
    /// The peer does not speak SSH as it should, or nothing that we also speak.
    #[error("{peer} does not speak SSH with us: {reason}")]
    Protocol {
        /// The address that was tried.
        peer: Peer,
        /// What was wrong.
        reason: String,
    },
}

impl ConnectError {
    /// Whether the host could not be talked to at all, as opposed to a host that is there
    /// and does not let us in or is not the one that we know.
    pub fn is_unreachable(&self) -> bool {
        match self {
            Self::Resolve { .. }
            | Self::Refused { .. }
            | Self::NoRoute { .. }
            | Self::ClosedBeforeGreeting { .. }
            | Self::ProxyCommand { .. }
            | Self::Elsewhere { .. } => true,
            Self::Jump { error, .. } => error.is_unreachable(),
            Self::NotForwarded { failed, .. } => *failed,
            Self::Timeout { stage, .. } | Self::Lost { stage, .. } => {
                *stage != Stage::Authentication
            }
            _ => false,
        }
    }

    /// What a user can do about it, if there is anything.
    pub fn remedy(&self) -> Option<String> {
        match self {
            Self::Resolve { address, .. } => Some(format!(
                "check the host's address in the inventory; `getent hosts {}` must answer",
                sh(address)
            )),
            Self::Refused { peer } => Some(format!(
                "see whether sshd runs on the host and listens on port {}",
                peer.port()
            )),
            Self::Timeout { stage, .. } => Some(timeout_remedy(*stage).to_owned()),
            Self::NoRoute { peer, .. } => Some(format!("see `ip route get {}`", peer.ip())),
            Self::ClosedBeforeGreeting { .. } => Some(
                "the server may have too many unfinished logins: see `MaxStartups` and \
                 `PerSourcePenalties` in its sshd_config, or connect to fewer hosts at once"
                    .to_owned(),
            ),
            Self::HostKeyUnknown(unknown) => Some(unknown.remedy()),
            Self::HostKeyChanged(changed) => Some(changed.remedy()),
            Self::HostKeyRevoked(revoked) => Some(revoked.remedy()),
            Self::HostCertificate { .. } => {
                Some("have the authority sign the host's key anew".to_owned())
            }
            Self::Auth { help, .. } => Some(help.clone()),
            Self::Jump { error, .. } => error.remedy(),
            Self::NotForwarded { failed: true, jump, .. } => {
                Some(format!("see whether the host answers {jump}, and its name resolves there"))
            }
            Self::NotForwarded { failed: false, .. } => {
                Some("allow it by `AllowTcpForwarding` and `PermitOpen` there".to_owned())
            }
            Self::Elsewhere { .. } => {
                Some("use `%h` in the proxy command, or a jump host".to_owned())
            }
            Self::ProxyCommand { .. } => Some("run the command by hand".to_owned()),
            Self::Nowhere { .. } => {
                Some("its shell has to set SSH_CONNECTION, as that of sshd does".to_owned())
            }
            Self::Setting { .. } => Some("see `ssh -G` for the host".to_owned()),
            Self::Lost { .. }
            | Self::KnownHosts { .. }
            | Self::Identity { .. }
            | Self::Protocol { .. } => None,
        }
    }
}

/// What to do about a timeout.
fn timeout_remedy(stage: Stage) -> &'static str {
    match stage {
        Stage::Resolution => "see whether the name servers of this machine answer",
        Stage::Tcp => "see whether the host is up and a firewall lets this machine in",
        Stage::Handshake => {
            "the port is open and nothing speaks there: see whether it is sshd's and whether \
             the host is overloaded"
        }
        Stage::Authentication => {
            "see whether the agent waits for a confirmation or a touch of a key"
        }
    }
}

fn not_forwarded(peer: &Peer, jump: &str, failed: bool) -> String {
    if failed {
        format!("{jump} cannot connect to {peer}").replace(&format!(" through {jump}"), "")
    } else {
        format!("{jump} does not let us connect to {peer}").replace(&format!(" through {jump}"), "")
    }
}

/// What a server said, in brackets.
fn in_brackets(said: &Option<String>) -> String {
    said.as_ref().map(|said| format!(" (it said: {said})")).unwrap_or_default()
}

/// What was tried, in brackets.
fn list(tried: &[String]) -> String {
    if tried.is_empty() {
        return String::new();
    }
    format!(" (tried: {})", tried.join("; "))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by a panic")]
mod tests {
    use std::time::Duration;

    use super::{ConnectError, Stage};

    fn timeout(stage: Stage) -> ConnectError {
        ConnectError::Timeout {
            address: "web1".to_owned(),
            stage,
            after: Duration::from_millis(2500),
        }
    }

    #[test]
    fn a_login_that_takes_too_long_is_no_dead_host() {
        assert!(timeout(Stage::Tcp).is_unreachable());
        assert!(timeout(Stage::Handshake).is_unreachable());
        assert!(!timeout(Stage::Authentication).is_unreachable());
    }

    #[test]
    fn messages_tell_the_stage_and_remedies_follow_it() {
        let error = timeout(Stage::Tcp);
        assert_eq!(
            error.to_string(),
            "no answer from web1 within 2.5 s: the TCP connection did not finish"
        );
        let mut late = timeout(Stage::Tcp);
        if let ConnectError::Timeout { after, .. } = &mut late {
            *after = Duration::from_micros(10_001_403);
        }
        assert!(late.to_string().contains("within 10 s:"), "{late}");
        assert!(error.remedy().unwrap().contains("firewall"));
    }
}
