//! What every part of a run needs: how to connect, who is asking, where events go.

use tokio::sync::{mpsc, watch};

use crate::remote::ssh;
use crate::rollout::event::Event;

/// Whether the user wants it to end: no new hosts, open transactions revert.
pub type Interrupt = watch::Receiver<bool>;

/// Settings and outlets of one run.
#[derive(Debug, Clone)]
pub struct Context {
    /// The run's id, lowercase hexadecimal.
    pub run: String,
    /// Who asks, for lock and log: `user@host`.
    pub who: String,
    /// SSH settings.
    pub ssh: ssh::Settings,
    /// The user to log in as where the inventory names none.
    pub user: String,
    /// A private key for hosts whose inventory names none.
    pub private_key: Option<std::path::PathBuf>,
    /// How many hosts at once.
    pub forks: usize,
    /// Seconds to confirm, instead of the play's.
    pub confirm_window: Option<u64>,
    /// Whether hosts without an init system are accepted.
    pub without_boot_revert: bool,
    /// Whether plans are to be kept in a file.
    pub keep_plans: bool,
    /// Where events go. The receiver may be gone: then nobody listens.
    pub events: mpsc::UnboundedSender<Event>,
    /// Whether to stop.
    pub interrupt: Interrupt,
}

impl Context {
    /// Tells of an event.
    pub fn tell(&self, event: Event) {
        // Nobody listening is no reason to leave a host half-way.
        let _ = self.events.send(event);
    }

    /// Whether the user wants it to end.
    pub fn interrupted(&self) -> bool {
        *self.interrupt.borrow()
    }
}
