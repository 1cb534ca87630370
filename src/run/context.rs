//! What every part of a run needs: how to connect, who is asking, where events go.

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

use super::journal::Recorder;
use super::kept::Keeping;
use super::parts::Parts;
use super::stop::{Interrupt, Stop};
use crate::desired::{Become, Host};
use crate::remote::ssh::{self, Secret};
use crate::rollout::event::Event;

/// A yes-or-no question to the user.
#[derive(Debug)]
pub struct Prompt {
    /// The question.
    pub text: String,
    /// Where the answer goes.
    pub answer: oneshot::Sender<bool>,
}

/// How to log in to hosts whose inventory does not say, and how to become root there.
#[derive(Debug, Clone, Default)]
pub struct Login {
    /// The account.
    pub user: Option<String>,
    /// The private key.
    pub private_key: Option<PathBuf>,
    /// The password, for hosts that take no key.
    pub password: Option<Secret>,
    /// How to become root.
    pub r#become: Option<Become>,
    /// The password for that.
    pub become_password: Option<Secret>,
}

impl Login {
    /// How to become root on a host that we log in to as this user.
    pub fn r#become(&self, host: &Host, user: &str) -> Become {
        let wanted = host.connection.r#become.as_ref().or(self.r#become.as_ref());
        match wanted {
            _ if user == "root" => Become::No,
            None => Become::No,
            Some(Become::Sudo { password: None }) => Become::Sudo {
                password: self.become_password.as_ref().map(|secret| secret.reveal().to_owned()),
            },
            Some(other) => other.clone(),
        }
    }
}

/// Settings and outlets of one run.
#[derive(Debug, Clone)]
pub struct Context {
    /// The run's id, lowercase hexadecimal; the same in all parts of a rollout.
    pub run: String,
    /// Who asks, for lock and log: `user@host`.
    pub who: String,
    /// How hosts are reached.
    pub ssh: Arc<ssh::Roads>,
    /// How to log in where the inventory does not say.
    pub login: Login,
    /// How many hosts at once.
    pub forks: usize,
    /// Seconds to confirm, instead of the play's.
    pub confirm_window: Option<u64>,
    /// Whether hosts without an init system are accepted.
    pub without_boot_revert: bool,
    /// Places for connections that are kept from planning to the change; none where somebody
    /// is asked in between, or nothing follows.
    pub keeping: Option<Keeping>,
    /// Whether plans are to be kept in a file.
    pub keep_plans: bool,
    /// Whether the live state of hosts is to be kept, for a picture of it.
    pub keep_live: bool,
    /// Whether changes are rehearsed on the host.
    pub rehearse: bool,
    /// Where events go. The receiver may be gone: then nobody listens.
    pub events: mpsc::UnboundedSender<Event>,
    /// Where they are kept; nowhere if the user wants none or it cannot be written.
    pub journal: Option<Recorder>,
    /// The other parts of the rollout, if this run is one of several.
    pub parts: Option<Arc<Parts>>,
    /// Where questions to the user go.
    pub prompts: mpsc::UnboundedSender<Prompt>,
    /// Whether to stop, and how urgently.
    pub interrupt: Interrupt,
}

impl Context {
    /// Tells of an event.
    pub fn tell(&self, event: Event) {
        self.keep(&event);
        // Nobody listening is no reason to leave a host half-way.
        let _ = self.events.send(event);
    }

    /// Keeps an event that is shown by other means.
    pub fn keep(&self, event: &Event) {
        if let Some(journal) = &self.journal {
            journal.record(event);
        }
    }

    /// Asks the user; nobody there is a no.
    pub async fn ask(&self, text: String) -> bool {
        let (answer, told) = oneshot::channel();
        let asked = self.prompts.send(Prompt { text, answer });
        asked.is_ok() && told.await.unwrap_or(false)
    }

    /// Whether the user wants it to end: nothing new begins.
    pub fn interrupted(&self) -> bool {
        *self.interrupt.borrow() >= Stop::Finish
    }

    /// Whether the user wants open transactions to be reverted.
    pub fn reverting(&self) -> bool {
        *self.interrupt.borrow() >= Stop::Revert
    }

    /// Waits until the user wants it to end, at least so urgently.
    pub async fn stopped(&self, at_least: Stop) {
        let mut interrupt = self.interrupt.clone();
        if interrupt.wait_for(|stop| *stop >= at_least).await.is_err() {
            // A sender that is gone will never ask us to stop.
            std::future::pending::<()>().await;
        }
    }
}
