//! Hands events to the journal, on a thread of its own: a journal that is slow, or held by
//! another run, keeps no host waiting.
//!
//! What is asked of the journal waits behind what was recorded before. So whoever is told
//! that a turn may come has its own failures in the count.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::{Begun, Entry, Head, Journal, JournalError};
use crate::desired::Masks;
use crate::rollout::event::Event;

/// How many entries are written at once.
const MOST: usize = 1000;
/// How long a journal that is held by somebody else, or cannot be reached, is tried again.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two attempts.
const PAUSE: Duration = Duration::from_millis(300);
/// How often a part of a rollout says that it is still there.
const BEAT: Duration = Duration::from_secs(5);

type Question = Box<dyn FnMut(&mut dyn Journal) -> Result<(), JournalError> + Send>;

/// What the writing thread is told.
enum Order {
    Keep(Entry),
    Ask(Question),
    Over,
}

/// Where events go in.
#[derive(Clone)]
pub struct Recorder {
    orders: Sender<Order>,
    masks: Arc<Masks>,
}

impl std::fmt::Debug for Recorder {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Recorder")
    }
}

impl Recorder {
    /// Keeps what is worth it of an event.
    pub fn record(&self, event: &Event) {
        if let Some(entry) = Entry::of(event, &self.masks) {
            // A journal that broke has said so, and stops no run.
            let _ = self.orders.send(Order::Keep(entry));
        }
    }

    /// Asks the journal something, after all that was recorded so far is written; nothing if
    /// it cannot be reached any more.
    pub async fn ask<T: Send + 'static>(
        &self,
        mut question: impl FnMut(&mut dyn Journal) -> Result<T, JournalError> + Send + 'static,
    ) -> Option<T> {
        let (tell, told) = oneshot::channel();
        let mut tell = Some(tell);
        let ask = move |journal: &mut dyn Journal| {
            let answer = question(journal)?;
            // Whoever asked may have given up.
            let _ = tell.take().map(|tell| tell.send(answer));
            Ok(())
        };
        self.orders.send(Order::Ask(Box::new(ask))).ok()?;
        told.await.ok()
    }
}

/// The thread that writes.
pub struct Writer {
    orders: Sender<Order>,
    thread: JoinHandle<Result<(), JournalError>>,
}

/// What came of the wish to keep a run.
pub enum Started {
    /// It is kept.
    Run {
        /// The run: for a part of a rollout that of all its parts.
        run: String,
        /// Where events go in.
        recorder: Recorder,
        /// What writes them.
        writer: Writer,
    },
    /// It is no part of the rollout of that name.
    Refused {
        /// The rollout's run.
        run: String,
        /// Why.
        why: String,
    },
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
    ) -> Result<Started, JournalError> {
        let run = match journal.begin(head)? {
            Begun::Run(run) => run,
            Begun::Refused { run, why } => return Ok(Started::Refused { run, why }),
        };
        let (orders, coming) = channel();
        let beats = head.part.is_some();
        let of = run.clone();
        let thread = std::thread::spawn(move || work(journal.as_mut(), &of, &coming, beats));
        let recorder = Recorder { orders: orders.clone(), masks: Arc::new(masks) };
        Ok(Started::Run { run, recorder, writer: Self { orders, thread } })
    }

    /// Waits until everything is written that was recorded so far.
    ///
    /// # Errors
    /// Something could not be written.
    pub fn finish(self) -> Result<(), JournalError> {
        let _ = self.orders.send(Order::Over);
        match self.thread.join() {
            Ok(result) => result,
            // A bug in the journal must not pass for one that was written.
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }
}

fn work(
    journal: &mut dyn Journal,
    run: &str,
    coming: &Receiver<Order>,
    beats: bool,
) -> Result<(), JournalError> {
    let mut beat = Instant::now();
    loop {
        let first = match coming.recv_timeout(BEAT) {
            Ok(order) => Some(order),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => return Ok(()),
        };
        let mut entries = Vec::new();
        let mut next = first;
        while let Some(Order::Keep(entry)) = next {
            entries.push(entry);
            next = if entries.len() < MOST { coming.try_recv().ok() } else { None };
        }
        if !entries.is_empty() {
            patiently(|| journal.write(run, &entries))?;
        }
        match next {
            Some(Order::Ask(mut question)) => patiently(|| question(journal))?,
            Some(Order::Over) => return Ok(()),
            Some(Order::Keep(_)) | None => {}
        }
        if beats && beat.elapsed() >= BEAT {
            patiently(|| journal.beat(run))?;
            beat = Instant::now();
        }
    }
}

/// Writes again while somebody else holds the journal, up to a limit.
///
/// # Errors
/// It cannot be written, or is still held.
pub fn patiently(mut write: impl FnMut() -> Result<(), JournalError>) -> Result<(), JournalError> {
    let started = Instant::now();
    loop {
        match write() {
            Err(error) if error.busy && started.elapsed() < PATIENCE => {
                std::thread::sleep(PAUSE);
            }
            result => return result,
        }
    }
}
