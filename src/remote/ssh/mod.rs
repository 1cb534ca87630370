//! SSH sessions: connect, prove who both ends are, run commands and talk to them.
//!
//! Hosts are reached without any program of ours on them, and the answer to "is this
//! host still alive" is a *new* connection. So this room does three things with care:
//! it tells apart the ways in which a host does not answer, it never takes one host for
//! another, and it never waits without a bound. The SSH library behind it stays inside:
//! no type of it is visible.
//!
//! ```no_run
//! use rappel::remote::ssh::{Settings, Target, connect};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let settings = Settings::from_env();
//! let target = Target::new("web1", "web1.example.net", "root");
//! let session = connect(&target, &settings).await?;
//! let mut exec = session.exec("cat /etc/debian_version").await?;
//! exec.eof().await?;
//! while let Some(line) = exec.line().await? {
//!     assert!(!line.is_empty());
//! }
//! let finished = exec.finish().await?;
//! assert_eq!(finished.status, Some(0));
//! session.close().await;
//! # Ok(())
//! # }
//! ```

mod agent;
mod algorithms;
mod attempt;
mod authenticate;
pub mod config;
mod connect;
mod dial;
mod environment;
mod error;
mod exec;
mod fault;
mod handler;
mod host_key;
mod identity;
mod inbox;
mod keyring;
mod known_hosts;
mod lines;
mod password;
mod peer;
mod proxy;
mod refusal;
mod road;
mod secret;
mod session;
mod session_error;
mod settings;
mod signer;
mod stream;
mod target;
mod transport;

pub use algorithms::Algorithms;
pub use connect::connect;
pub use error::{ConnectError, Stage};
pub use exec::{Exec, Finished};
pub use keyring::{Keyring, Question};
pub use known_hosts::Shelf;
pub use lines::MAX_LINE;
pub use peer::Peer;
pub use refusal::{Changed, Key, Recorded, Revoked, Unknown};
pub use road::{At, Forced, Roads};
pub use secret::Secret;
pub use session::Session;
pub use session_error::SessionError;
pub use settings::Settings;
pub use target::{Family, Method, Methods, Road, Target, Via};
