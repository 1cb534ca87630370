//! Hands events to the journal, on a thread of its own: a journal that is slow, or held by
//! another run, keeps no host waiting.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::{Entry, Head, Journal, JournalError};
use crate::desired::Masks;
use crate::rollout::event::Event;

/// How many entries are written at once.
const MOST: usize = 1000;
/// How long a journal that is held by somebody else is tried again.
const PATIENCE: Duration = Duration::from_secs(60);

/// Where events go in.
#[derive(Debug, Clone)]
pub struct Recorder {
    entries: Sender<Option<Entry>>,
    masks: Arc<Masks>,
}

impl Recorder {
    /// Keeps what is worth it of an event.
    pub fn record(&self, event: &Event) {
        if let Some(entry) = Entry::of(event, &self.masks) {
            // A journal that broke has said so, and stops no run.
            let _ = self.entries.send(Some(entry));
        }
    }
}

/// The thread that writes.
#[derive(Debug)]
pub struct Writer {
    entries: Sender<Option<Entry>>,
    thread: JoinHandle<Result<(), JournalError>>,
}

impl Writer {
    /// Writes that a run begins, and then whatever the recorder is told.
    ///
    /// # Errors
    /// The beginning could not be written.
    pub fn start(
        mut journal: Box<dyn Journal>,
        head: &Head,
        masks: Masks,
    ) -> Result<(Recorder, Self), JournalError> {
        journal.begin(head)?;
        let (entries, coming) = channel();
        let run = head.run.clone();
        let thread = std::thread::spawn(move || write(journal.as_mut(), &run, &coming));
        let recorder = Recorder { entries: entries.clone(), masks: Arc::new(masks) };
        Ok((recorder, Self { entries, thread }))
    }

    /// Waits until everything is written that was recorded so far.
    ///
    /// # Errors
    /// Something could not be written.
    pub fn finish(self) -> Result<(), JournalError> {
        let _ = self.entries.send(None);
        match self.thread.join() {
            Ok(result) => result,
            // A bug in the journal must not pass for one that was written.
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }
}

fn write(
    journal: &mut dyn Journal,
    run: &str,
    coming: &Receiver<Option<Entry>>,
) -> Result<(), JournalError> {
    while let Ok(Some(first)) = coming.recv() {
        let mut entries = vec![first];
        let mut over = false;
        while entries.len() < MOST && !over {
            match coming.try_recv() {
                Ok(Some(entry)) => entries.push(entry),
                Ok(None) => over = true,
                Err(_) => break,
            }
        }
        patiently(|| journal.write(run, &entries))?;
        if over {
            break;
        }
    }
    Ok(())
}

/// Writes again while somebody else holds the journal, up to a limit.
///
/// # Errors
/// It cannot be written, or is still held.
pub fn patiently(mut write: impl FnMut() -> Result<(), JournalError>) -> Result<(), JournalError> {
    let started = Instant::now();
    loop {
        match write() {
            Err(error) if error.busy && started.elapsed() < PATIENCE => {}
            result => return result,
        }
    }
}
