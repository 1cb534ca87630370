//! What messages call the other end of a connection.

use std::fmt;
use std::net::SocketAddr;

/// The other end of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Peer {
    /// Connected to from here.
    Direct(SocketAddr),
    /// Connected to by something in between.
    Through {
        /// Name or address, and port.
        place: String,
        /// What is in between.
        by: String,
    },
}

impl Peer {
    /// A place that something in between connects to.
    pub(super) fn through(address: &str, port: u16, by: &str) -> Self {
        let place = if address.contains(':') {
            format!("[{address}]:{port}")
        } else {
            format!("{address}:{port}")
        };
        Self::Through { place, by: by.to_owned() }
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Direct(address) => write!(f, "{address}"),
            Self::Through { place, by } => write!(f, "{place} through {by}"),
        }
    }
}
