//! The pipe to a lab's daemon.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::lab::error::LabError;
use crate::lab::protocol::{Answer, Order, Reply, Request, Site, State};

/// How long a daemon may take to end its lab before it is killed.
const FAREWELL: Duration = Duration::from_secs(10);

/// Orders waiting for their answers. `None` when no more answers can come.
type Waiting = Arc<Mutex<Option<BTreeMap<u64, Sender<Result<Answer, String>>>>>>;

/// The daemon and the pipe to it.
#[derive(Debug)]
pub(super) struct Link {
    child: Child,
    sending: Mutex<(u64, Option<ChildStdin>)>,
    waiting: Waiting,
}

impl Link {
    /// Starts a daemon in fresh namespaces. It is bound to this process by the pipe
    /// only: a parent-death signal would fire when the starting thread ends.
    pub fn open(program: &Path, site: &Site) -> Result<Self, LabError> {
        let log = OpenOptions::new()
            .create(true)
            .append(true)
            .open(site.dir.join("daemon.log"))
            .map_err(LabError::io("cannot open the lab's log"))?;
        let mut child = Command::new("unshare")
            .args(["--mount", "--net", "--pid", "--ipc", "--uts", "--fork"])
            .args(["--kill-child=KILL", "--mount-proc", "--"])
            .arg(program)
            .args(["lab", "daemon"])
            // A Ctrl-C on the terminal is for the command in the lab, not for the lab.
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .map_err(LabError::io("cannot run unshare"))?;
        let waiting: Waiting = Arc::new(Mutex::new(Some(BTreeMap::new())));
        if let Some(output) = child.stdout.take() {
            let waiting = Arc::clone(&waiting);
            thread::spawn(move || listen(output, &waiting));
        }
        let stdin = child.stdin.take();
        Ok(Self { child, sending: Mutex::new((0, stdin)), waiting })
    }

    /// The process whose namespaces are the lab's.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Whether the lab's network is another one than this process's.
    pub fn apart(&self) -> Result<(), LabError> {
        let network = |whose: &str| std::fs::read_link(format!("/proc/{whose}/ns/net"));
        let here = network("self").map_err(LabError::io("cannot look at /proc/self/ns"))?;
        // unshare makes the namespaces before it starts the daemon, which may be a moment.
        for _ in 0..200 {
            match network(&self.pid().to_string()) {
                Ok(there) if there != here => return Ok(()),
                Ok(_) => thread::sleep(Duration::from_millis(10)),
                Err(_) => break,
            }
        }
        Err(LabError::WayOut("it has no network namespace of its own".to_owned()))
    }

    /// Whether the daemon is gone.
    pub fn has_ended(&self) -> bool {
        lock(&self.waiting).is_none()
    }

    /// Gives an order and waits for its answer. Many threads may do so at once.
    pub fn ask(&self, order: Order) -> Result<Answer, LabError> {
        let gone = || LabError::Ended(": its daemon is gone".to_owned());
        let (tell, told) = channel();
        {
            let mut sending = lock(&self.sending);
            sending.0 += 1;
            let id = sending.0;
            lock(&self.waiting).as_mut().ok_or_else(gone)?.insert(id, tell);
            let mut line = serde_json::to_string(&Request { id, order })
                .map_err(|error| LabError::Ended(format!(": {error}")))?;
            line.push('\n');
            let pipe = sending.1.as_mut().ok_or_else(gone)?;
            pipe.write_all(line.as_bytes()).map_err(|_| gone())?;
        }
        told.recv().map_err(|_| gone())?.map_err(LabError::Daemon)
    }

    /// How a host is.
    pub fn look(&self, host: &str) -> Result<State, LabError> {
        match self.ask(Order::Look { host: host.to_owned() })? {
            Answer::Host(state) => Ok(state),
            Answer::Done => Ok(State::default()),
        }
    }

    /// Closes the pipe, which ends the lab, and waits for that.
    pub fn close(&mut self) {
        lock(&self.sending).1 = None;
        let end = Instant::now() + FAREWELL;
        while Instant::now() < end {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            thread::sleep(Duration::from_millis(5));
        }
        // unshare takes the daemon with it, and the daemon all others.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn listen(output: ChildStdout, waiting: &Waiting) {
    for line in BufReader::new(output).lines().map_while(Result::ok) {
        let Ok(reply) = serde_json::from_str::<Reply>(&line) else {
            continue;
        };
        let who = lock(waiting).as_mut().and_then(|w| w.remove(&reply.id));
        if let Some(who) = who {
            // Whoever asked may have gone in the meantime.
            let _ = who.send(reply.result);
        }
    }
    // Dropping the senders wakes everybody who still waits.
    *lock(waiting) = None;
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
