//! What every part of a run needs: how to connect, who is asking, where events go.

use tokio::sync::{mpsc, oneshot};

use super::journal::Recorder;
use super::stop::{Interrupt, Stop};
use crate::remote::ssh;
use crate::rollout::event::Event;

/// A yes-or-no question to the user.
#[derive(Debug)]
pub struct Question {
    /// The question.
    pub text: String,
    /// Where the answer goes.
    pub answer: oneshot::Sender<bool>,
}

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
    /// Where events go. The receiver may be gone: then nobody listens.
    pub events: mpsc::UnboundedSender<Event>,
    /// Where they are kept; nowhere if the user wants none or it cannot be written.
    pub journal: Option<Recorder>,
    /// Where questions to the user go.
    pub questions: mpsc::UnboundedSender<Question>,
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
        let asked = self.questions.send(Question { text, answer });
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
