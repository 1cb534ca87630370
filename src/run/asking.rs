//! Asks a provider: again when it is only busy, and for as long as a task takes.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::context::Context;
use super::stop::Stop;
use crate::provider::{Progress, ProviderError};
use crate::rollout::event::Event;

/// How long a call is repeated while the provider is only busy or does not answer.
pub(super) const CALL_PATIENCE: Duration = Duration::from_secs(120);
/// How long a task may take where nobody says.
pub(super) const PATIENCE: Duration = Duration::from_secs(600);
/// The first pause between two attempts; each one is twice as long, up to the longest.
pub(super) const PAUSE: Duration = Duration::from_secs(2);
pub(super) const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// Between two looks at a task, or at what is not there yet.
pub(super) const LOOK: Duration = Duration::from_secs(2);

/// Why something at a provider is not known to be as wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// It was refused before anything was asked for.
    Refused(String),
    /// Something was asked for, or could have been.
    Failed(String),
    /// The user wants it to end.
    Interrupted(String),
}

impl Trouble {
    /// The same after something was asked for: that was no refusal any more.
    pub(super) fn asked(self) -> Self {
        match self {
            Self::Refused(words) => Self::Failed(words),
            other => other,
        }
    }

    /// Its words.
    pub fn words(self) -> String {
        match self {
            Self::Refused(words) | Self::Failed(words) | Self::Interrupted(words) => words,
        }
    }
}

/// Whoever asks a provider something about a host.
pub(super) struct Asking<'a> {
    pub context: &'a Context,
    pub host: &'a str,
}

impl Asking<'_> {
    /// One call that changes nothing, repeated while the provider is only busy.
    pub async fn call<P: ?Sized + Send + Sync + 'static, T: Send + 'static>(
        &self,
        provider: &Arc<P>,
        work: impl Fn(&P) -> Result<T, ProviderError> + Clone + Send + 'static,
    ) -> Result<T, Trouble> {
        let end = Instant::now() + CALL_PATIENCE;
        let mut wait = PAUSE;
        loop {
            let error = match self.once(provider, work.clone()).await {
                Ok(value) => return Ok(value),
                Err(error) => error,
            };
            let next = error.after().unwrap_or(wait);
            if matches!(error, ProviderError::Refused { .. }) {
                return Err(Trouble::Refused(words(&error)));
            }
            if !error.is_passing() || Instant::now() + next > end {
                return Err(Trouble::Failed(words(&error)));
            }
            self.note(format!("{error}; asking again in {} s", next.as_secs()));
            self.pause(next).await?;
            wait = (wait * 2).min(LONGEST_PAUSE);
        }
    }

    /// One call, once.
    pub async fn once<P: ?Sized + Send + Sync + 'static, T: Send + 'static>(
        &self,
        provider: &Arc<P>,
        work: impl FnOnce(&P) -> Result<T, ProviderError> + Send + 'static,
    ) -> Result<T, ProviderError> {
        let provider = Arc::clone(provider);
        match tokio::task::spawn_blocking(move || work(provider.as_ref())).await {
            Ok(result) => result,
            // A bug in a driver must not pass for an answer.
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }

    /// Follows a task to its end; `number` is what people know it by.
    pub async fn finished<P: ?Sized + Send + Sync + 'static>(
        &self,
        provider: &Arc<P>,
        number: &str,
        patience: Duration,
        look: impl Fn(&P) -> Result<Progress, ProviderError> + Clone + Send + 'static,
    ) -> Result<(), Trouble> {
        let end = Instant::now() + patience;
        let mut last = String::new();
        loop {
            match self.call(provider, look.clone()).await? {
                Progress::Done => return Ok(()),
                Progress::Failed(why) => {
                    return Err(Trouble::Failed(format!("task {number} failed: {why}")));
                }
                Progress::Running(word) if word != last => {
                    self.note(format!("task {number} is {word}"));
                    last = word;
                }
                Progress::Running(_) => {}
            }
            if Instant::now() > end {
                return Err(Trouble::Failed(format!(
                    "task {number} is still {last} after {} s, and goes on without us",
                    patience.as_secs()
                )));
            }
            self.pause(LOOK).await?;
        }
    }

    /// Waits, unless the user wants it to end.
    pub async fn pause(&self, time: Duration) -> Result<(), Trouble> {
        let mut stop = self.context.interrupt.clone();
        tokio::select! {
            Ok(_) = stop.wait_for(|stop| *stop >= Stop::Finish) => Err(Trouble::Interrupted(
                "interrupted; what was asked of the provider goes on without us".to_owned(),
            )),
            () = sleep(time) => Ok(()),
        }
    }

    /// Tells what happens.
    pub fn note(&self, message: String) {
        self.context.tell(Event::Note { host: self.host.to_owned(), message });
    }
}

/// An error, and what to do about it where that is known.
pub(super) fn words(error: &ProviderError) -> String {
    match error.remedy() {
        Some(remedy) => format!("{error}: {remedy}"),
        None => error.to_string(),
    }
}
