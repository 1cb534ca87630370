//! Breaking the host at a step: a script that the step runs, and what is done from outside
//! when it has been reached.

use std::path::PathBuf;
use std::process::Child;
use std::time::{Duration, Instant};

use crate::bench::Bench;
use crate::case::Fault;

/// Tells the outside that the step has been reached; on the disk, where it can be seen.
const REACHED: &str = "rappel-reached";

/// Waits for the outside, 10 s at most.
const HOLD: &str =
    "i=0; while [ -e /rappel-reached ] && [ $i -lt 200 ]; do sleep 0.05; i=$((i+1)); done";

/// Only tells that the step has been reached.
pub const MARK: &str = "#!/bin/sh\nrm -f \"$0\"\n: >/rappel-reached\n";

/// What the step runs, once.
pub fn script(fault: Fault) -> String {
    let act = match fault {
        // A subshell goes with the shell that it is a copy of.
        Fault::Kill => {
            "up=$(cut -d ' ' -f 4 /proc/$PPID/stat)\n\
            if cmp -s /proc/$PPID/cmdline /proc/$up/cmdline; then kill -9 $up; fi\nkill -9 $PPID"
        }
        Fault::KillTree => "pkill -9 -s 0",
        Fault::DiskFull => "head -c 500M /dev/zero >/rappel-fill",
        // The shell that cannot make one more ends.
        Fault::InodesFull => {
            "mkdir /rappel-inodes && cd /rappel-inodes && i=0 && while :; do : >$i; i=$((i+1)); done"
        }
        Fault::Hang => "sleep 27",
        Fault::Power
        | Fault::LinkShort
        | Fault::LinkLong
        | Fault::Controller
        | Fault::Interrupt => HOLD,
    };
    format!("#!/bin/sh\nrm -f \"$0\"\n: >/{REACHED}\n{act}\n")
}

/// Puts a script where a step runs it.
pub fn plant(bench: &Bench, step: &str, text: &str) {
    plant_below(bench, "/run/rappel-fault", step, text);
}

/// The same for the next boot, before the unit that reverts.
pub fn plant_for_boot(bench: &Bench, step: &str, text: &str) {
    let dir = "/rappel-fault-at-boot";
    plant_below(bench, dir, step, text);
    // The power is going to fail; nothing else is to be saved by this.
    bench.console("hv1", &format!("sync {dir}/{step} {dir} /"));
}

fn plant_below(bench: &Bench, dir: &str, step: &str, text: &str) {
    let script = format!(
        "mkdir -p {dir} && cat >{dir}/{step} <<'EOF'\n{text}EOF\nchmod +x {dir}/{step} && rm -f /{REACHED}"
    );
    bench.console("hv1", &script);
}

fn mark(bench: &Bench) -> Option<PathBuf> {
    bench.lab.root("hv1").map(|root| root.join(REACHED))
}

/// Waits until the step is reached, or `over` says that it will not be.
pub fn reached(bench: &Bench, limit: Duration, mut over: impl FnMut() -> bool) -> bool {
    let Some(mark) = mark(bench) else { return false };
    let start = Instant::now();
    while !mark.exists() {
        if start.elapsed() > limit || over() {
            return mark.exists();
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    true
}

/// Lets a held step go on.
fn release(bench: &Bench) {
    if let Some(mark) = mark(bench) {
        let _ = std::fs::remove_file(mark);
    }
}

/// What is done from outside, now that the step has been reached.
pub fn strike(bench: &Bench, fault: Fault, rappel: &mut Child) {
    match fault {
        Fault::Power => cycle(bench),
        Fault::LinkShort => unplug(bench, 3),
        Fault::LinkLong => unplug(bench, 12),
        Fault::Controller => {
            rappel.kill().expect("SIGKILL");
            release(bench);
        }
        Fault::Interrupt => {
            let status = std::process::Command::new("kill")
                .args(["-INT", &rappel.id().to_string()])
                .status();
            assert!(status.is_ok_and(|s| s.success()), "SIGINT");
            release(bench);
        }
        Fault::Kill | Fault::KillTree | Fault::DiskFull | Fault::InodesFull | Fault::Hang => {}
    }
}

/// Power off and on again.
pub fn cycle(bench: &Bench) {
    bench.lab.power_cut("hv1").expect("cut");
    bench.lab.power_on("hv1").expect("on");
}

fn unplug(bench: &Bench, seconds: u64) {
    bench.lab.link("hv1", "eth0", false).expect("unplugged");
    release(bench);
    std::thread::sleep(Duration::from_secs(seconds));
    bench.lab.link("hv1", "eth0", true).expect("plugged in");
}

/// Takes away what a case has left: planted scripts, the mark, what fills the disk.
pub fn clean(bench: &Bench) {
    bench.console(
        "hv1",
        "rm -rf /run/rappel-fault /rappel-fault-at-boot /rappel-fill /rappel-inodes /rappel-reached",
    );
}
