//! The machine behind a host, as its provider lets it be handled: asked again when it is
//! only busy, waited for as long as it takes, given up when it is hopeless.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::stuck::Stuck;
use crate::provider::{Access, Boot, Progress, Provider, ProviderError, Status, Task};
use crate::rollout::event::Event;
use crate::run::Context;
use crate::run::Stop;

/// How long a call is repeated while the provider is only busy or does not answer.
const CALL_PATIENCE: Duration = Duration::from_secs(180);
/// The first pause between two attempts; each one is twice as long, up to the longest.
const PAUSE: Duration = Duration::from_secs(2);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// Between two looks at a task.
const LOOK: Duration = Duration::from_secs(3);

/// A host's machine during a rescue.
pub(super) struct Machine<'a> {
    pub context: &'a Context,
    pub host: &'a str,
    pub provider: &'a Arc<dyn Provider>,
}

impl Machine<'_> {
    pub async fn status(&self) -> Result<Status, Stuck> {
        self.call(|provider| provider.status()).await
    }

    pub async fn rescue_on(&self, key: Option<&str>) -> Result<Access, Stuck> {
        let key = key.map(str::to_owned);
        self.call(move |provider| provider.rescue_on(key.as_deref())).await
    }

    pub async fn rescue_off(&self, boot: &str) -> Result<(), Stuck> {
        let boot = boot.to_owned();
        self.call(move |provider| provider.rescue_off(&boot)).await
    }

    pub async fn reset(&self, into: Boot) -> Result<Option<Task>, Stuck> {
        self.call(move |provider| provider.reset(into)).await
    }

    pub async fn access(&self, known: &Access) -> Result<Access, Stuck> {
        let known = known.clone();
        self.call(move |provider| provider.access(&known)).await
    }

    /// Waits for a task's end.
    pub async fn finished(&self, task: &Task, patience: Duration) -> Result<(), Stuck> {
        let end = Instant::now() + patience;
        let mut last = String::new();
        loop {
            let asked = task.clone();
            match self.call(move |provider| provider.progress(&asked)).await? {
                Progress::Done => return Ok(()),
                Progress::Failed(why) => {
                    return Err(Stuck::because(format!(
                        "the provider's task {} failed: {why}",
                        task.0
                    )));
                }
                Progress::Running(word) => {
                    if word != last {
                        self.note(format!("the provider's task {} is {word}", task.0));
                        last = word;
                    }
                }
            }
            if Instant::now() > end {
                return Err(Stuck::because(format!(
                    "the provider's task {} is still {last} after {} s",
                    task.0,
                    patience.as_secs()
                )));
            }
            self.pause(LOOK).await?;
        }
    }

    /// One call, repeated while the provider is only busy.
    async fn call<T: Send + 'static>(
        &self,
        work: impl Fn(&dyn Provider) -> Result<T, ProviderError> + Clone + Send + 'static,
    ) -> Result<T, Stuck> {
        let end = Instant::now() + CALL_PATIENCE;
        let mut pause = PAUSE;
        loop {
            let (work, provider) = (work.clone(), Arc::clone(self.provider));
            let done = tokio::task::spawn_blocking(move || work(provider.as_ref())).await;
            let error = match done {
                Ok(Ok(value)) => return Ok(value),
                Ok(Err(error)) => error,
                // A bug in a driver must not pass for an answer.
                Err(error) => std::panic::resume_unwind(error.into_panic()),
            };
            let wait = error.after().unwrap_or(pause);
            if !error.is_passing() || Instant::now() + wait > end {
                return Err(error.into());
            }
            self.note(format!("{error}; asking again in {} s", wait.as_secs()));
            self.pause(wait).await?;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Waits, unless the user wants it to end.
    pub async fn pause(&self, time: Duration) -> Result<(), Stuck> {
        let mut stop = self.context.interrupt.clone();
        tokio::select! {
            Ok(_) = stop.wait_for(|stop| *stop >= Stop::Finish) => Err(Stuck::interrupted()),
            () = sleep(time) => Ok(()),
        }
    }

    pub fn note(&self, message: String) {
        self.context.tell(Event::Note { host: self.host.to_owned(), message });
    }

    pub fn step(&self, step: &str) {
        self.context.tell(Event::Step { host: self.host.to_owned(), step: step.to_owned() });
    }
}

/// Work that ends when the user wants it to.
pub(super) async fn unless_stopped<T>(
    context: &Context,
    work: impl Future<Output = Result<T, Stuck>>,
) -> Result<T, Stuck> {
    let mut stop = context.interrupt.clone();
    tokio::select! {
        biased;
        Ok(_) = stop.wait_for(|stop| *stop >= Stop::Finish) => Err(Stuck::interrupted()),
        done = work => done,
    }
}
