//! The tools of these cases: a login shell that lies, and a look at what came of it.

use std::io::Read;
use std::process::Child;
use std::time::{Duration, Instant};

use crate::bench::Bench;

/// A change that touches no network, so that nothing but the lie is in the way.
pub const HARMLESS: &str = "- hosts: hypervisors\n  artifacts:\n    - kind: file\n      path: /etc/harmless\n      content: hello\n  rollout:\n    confirm_window: 12s\n    activation_timeout: 20s\n";

/// A lab whose playbook is harmless.
pub fn bench() -> Bench {
    let bench = Bench::t3();
    bench.write("playbooks/t3.yml", HARMLESS);
    bench
}

/// From now on a script of ours gets another shell on the host: for the requests in `verbs`
/// (`observe apply verify status`) it runs `script`, everything else is honest.
pub fn misbehave(bench: &Bench, verbs: &str, script: &str) {
    let shell = format!(
        "#!/bin/dash\ncase $2 in\n    *\"await observe\"*) verb=observe ;;\n    *\"await apply\"*) verb=apply ;;\n    *\"await verify\"*) verb=verify ;;\n    *\"await status\"*) verb=status ;;\n    *) verb=other ;;\nesac\nPATH=/usr/sbin:/usr/bin:/sbin:/bin\ncase \" {verbs} \" in *\" $verb \"*)\n{script}\nexit 0 ;;\nesac\nexec /bin/bash \"$@\"\n"
    );
    bench.lab.write_file("hv1", "/root/shell", shell.as_bytes()).expect("written");
    bench.console("hv1", "chmod 755 /root/shell; usermod -s /root/shell root 2>/dev/null; true");
}

/// What came of a run that may have been told anything.
pub struct Seen {
    pub code: Option<i32>,
    pub text: String,
    /// The most memory that it had, in KiB.
    pub memory: u64,
    pub time: Duration,
}

impl Seen {
    /// Follows a started run to its end.
    pub fn of(mut child: Child) -> Self {
        let started = Instant::now();
        let mut out = child.stdout.take().expect("piped");
        let mut err = child.stderr.take().expect("piped");
        let reading = [
            std::thread::spawn(move || {
                let mut bytes = Vec::new();
                out.read_to_end(&mut bytes).map(|_| bytes)
            }),
            std::thread::spawn(move || {
                let mut bytes = Vec::new();
                err.read_to_end(&mut bytes).map(|_| bytes)
            }),
        ];
        let mut memory = 0;
        let code = loop {
            memory = memory.max(peak(child.id()));
            if let Some(status) = child.try_wait().expect("waited") {
                break status.code();
            }
            std::thread::sleep(Duration::from_millis(20));
        };
        let mut text = String::new();
        for thread in reading {
            let bytes = thread.join().expect("read").expect("read");
            text.push_str(&String::from_utf8(bytes).expect("UTF-8"));
        }
        Self { code, text, memory, time: started.elapsed() }
    }

    /// Requires what holds of every run: bounded memory and output, nothing that drives a
    /// terminal, nothing claimed.
    #[track_caller]
    pub fn safe(self) -> Self {
        assert!(self.memory < 300 << 10, "{} KiB", self.memory);
        assert!(self.text.len() < 1 << 20, "{} bytes of output", self.text.len());
        let driving = |c: char| c.is_control() && c != '\n' && c != '\t';
        assert!(!self.text.contains(driving), "{:?}", self.text);
        assert!(!self.text.contains("confirmed as generation"), "{}", self.text);
        assert!(!self.text.contains("\"outcome\":\"confirmed\""), "{}", self.text);
        assert!(!matches!(self.code, None | Some(0 | 101)), "{:?}: {}", self.code, self.text);
        self
    }

    #[track_caller]
    pub fn code(self, wanted: i32) -> Self {
        assert_eq!(self.code, Some(wanted), "{}", self.text);
        self
    }

    #[track_caller]
    pub fn says(self, words: &str) -> Self {
        assert!(self.text.contains(words), "no {words:?} in {}", self.text);
        self
    }
}

fn peak(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .and_then(|rest| rest.trim().trim_end_matches(" kB").parse().ok())
        .unwrap_or(0)
}

/// Runs a command that reaches hosts and looks at it closely.
pub fn run(bench: &Bench, words: &[&str]) -> Seen {
    Seen::of(bench.start(words))
}

/// `apply` with a short window.
pub fn apply(bench: &Bench) -> Seen {
    run(bench, &["apply", "playbooks/t3.yml", "--yes", "--confirm-window", "8"])
}

/// Does something on the host when a step of the transaction is reached.
pub fn at_step(bench: &Bench, step: &str, script: &str) {
    let text = format!("#!/bin/sh\n{script}\ntouch /run/rappel-fault/reached\n");
    bench.console("hv1", "mkdir -p /run/rappel-fault");
    let quoted = text.replace('\'', "'\\''");
    bench.console(
        "hv1",
        &format!(
            "printf '%s' '{quoted}' >/run/rappel-fault/{step}; chmod +x /run/rappel-fault/{step}"
        ),
    );
}

/// Waits for the step of [`at_step`].
#[track_caller]
pub fn await_step(bench: &Bench) {
    bench.eventually("the step", Duration::from_secs(40), |b| {
        b.holds("hv1", "test -e /run/rappel-fault/reached")
    });
}

/// Waits until no transaction is open on the host, and forgets the faults.
#[track_caller]
pub fn await_closed(bench: &Bench) {
    bench.eventually("the end of the transaction", Duration::from_secs(60), |b| {
        !b.holds("hv1", "test -e /var/lib/rappel/tx")
    });
    bench.console("hv1", "rm -rf /run/rappel-fault");
}

/// The harmless change is not in force, and nothing of it is left.
#[track_caller]
pub fn unchanged(bench: &Bench) {
    assert!(!bench.holds("hv1", "ls /etc/harmless /etc/.harmless* 2>/dev/null | grep -q ."));
    assert!(!bench.holds("hv1", "test -e /etc/systemd/system/rappel-revert.service"));
    assert!(!bench.holds("hv1", "test -e /var/lib/rappel/lock"));
}
