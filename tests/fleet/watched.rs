//! A process that is watched from outside while it runs.

use std::fs;
use std::process::{Child, ExitStatus};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use rustix::process::{Pid, WaitId, WaitIdOptions};

/// What a process came to need.
#[derive(Debug, Clone, Copy, Default)]
pub struct Needs {
    /// Its memory at the most, in KiB.
    pub memory: usize,
    /// Open files and sockets at the most, as often as somebody looked.
    pub files: usize,
    /// Bytes it read from anywhere.
    pub read: usize,
    /// Its processor time in seconds.
    pub cpu: f64,
}

/// Watches a process until it is told that it has ended.
pub struct Watch {
    ended: Arc<AtomicBool>,
    thread: JoinHandle<Needs>,
}

impl Watch {
    /// Begins to watch.
    pub fn over(child: &Child) -> Self {
        let ended = Arc::new(AtomicBool::new(false));
        let (pid, seen) = (child.id(), Arc::clone(&ended));
        let thread = std::thread::spawn(move || {
            let mut needs = Needs::default();
            while !seen.load(Ordering::Relaxed) {
                look(pid, &mut needs);
                std::thread::sleep(Duration::from_millis(20));
            }
            needs
        });
        Self { ended, thread }
    }

    /// Waits for the process, and tells how it ended and what it needed. What it read and its
    /// processor time are exact: the kernel keeps them until somebody takes the exit status.
    pub fn end(self, child: &mut Child) -> (ExitStatus, Needs) {
        let pid = Pid::from_child(child);
        let kept = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        rustix::process::waitid(WaitId::Pid(pid), kept).expect("a child");
        self.ended.store(true, Ordering::Relaxed);
        let mut needs = self.thread.join().expect("no panic");
        look(child.id(), &mut needs);
        (child.wait().expect("ends"), needs)
    }
}

/// A process that has just ended has no memory and no files any more: what was seen stays.
fn look(pid: u32, needs: &mut Needs) {
    let read = |file: &str| fs::read_to_string(format!("/proc/{pid}/{file}")).unwrap_or_default();
    let number = |text: &str, key: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(key))?;
        line.split_whitespace().next()?.parse::<usize>().ok()
    };
    needs.memory = needs.memory.max(number(&read("status"), "VmHWM:").unwrap_or(0));
    needs.read = needs.read.max(number(&read("io"), "rchar:").unwrap_or(0));
    let files = fs::read_dir(format!("/proc/{pid}/fd")).map_or(0, Iterator::count);
    needs.files = needs.files.max(files);
    // After the name in parentheses: utime and stime are fields 14 and 15 of all.
    let stat = read("stat");
    let fields: Vec<&str> =
        stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    if let (Some(Ok(user)), Some(Ok(system))) =
        (fields.get(11).map(|f| f.parse::<f64>()), fields.get(12).map(|f| f.parse::<f64>()))
    {
        needs.cpu = needs.cpu.max((user + system) / 100.0);
    }
}
