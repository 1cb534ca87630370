//! Nothing of a lab survives it, however it ends.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Child, Command};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rappel::lab::topology;

use crate::help::{RAPPEL, until, up};

/// What namespaces a lab has, to be looked for after its end.
struct Traces {
    id: String,
    namespaces: BTreeSet<String>,
    /// Held open, or the kernel would give their numbers to the next lab.
    _held: Vec<fs::File>,
}

impl Traces {
    fn of(id: &str, pid: u32) -> Self {
        let path = |name: &str| format!("/proc/{pid}/ns/{name}");
        let names = ["pid_for_children", "net", "mnt"].map(path);
        let held = names.iter().map(|path| fs::File::open(path).unwrap());
        let held = held.collect();
        let names = names.map(|path| fs::read_link(path).unwrap());
        Self {
            id: id.to_owned(),
            namespaces: names.map(|link| link.display().to_string()).into(),
            _held: held,
        }
    }

    /// Everything that is still there.
    fn left(&self) -> Vec<String> {
        let mut left = Vec::new();
        for process in fs::read_dir("/proc").unwrap().flatten() {
            let path = process.path();
            let inside = ["pid", "net", "mnt"].iter().any(|ns| {
                let link = fs::read_link(path.join("ns").join(ns));
                link.is_ok_and(|link| self.namespaces.contains(&link.display().to_string()))
            });
            let group = fs::read_to_string(path.join("cgroup")).unwrap_or_default();
            if inside || group.contains(&self.id) {
                let words = fs::read_to_string(path.join("cmdline")).unwrap_or_default();
                let state = fs::read_to_string(path.join("wchan")).unwrap_or_default();
                let words = words.replace('\0', " ");
                left.push(format!("{} {words}({state})", path.display()));
            }
        }
        let tops = ["/sys/fs/cgroup", "/sys/fs/cgroup/systemd", "/sys/fs/cgroup/unified"];
        let mut places: Vec<_> = tops.map(|top| Path::new(top).join(&self.id)).into();
        places.push(std::env::temp_dir().join(&self.id));
        left.extend(places.iter().filter(|p| p.exists()).map(|p| p.display().to_string()));
        let mounts = fs::read_to_string("/proc/mounts").unwrap();
        let ours = mounts.lines().filter(|mount| mount.contains("/run/rappel-lab"));
        left.extend(ours.map(str::to_owned));
        left
    }

    fn assert_gone(&self) {
        let end = Instant::now() + Duration::from_secs(5);
        while !self.left().is_empty() && Instant::now() < end {
            sleep(Duration::from_millis(50));
        }
        assert_eq!(self.left(), Vec::<String>::new());
    }
}

#[test]
fn nothing_is_left_after_a_drop() {
    let lab = up(&topology::t3());
    let traces = Traces::of(lab.id(), lab.pid());
    let mut running = lab.controller(&["sleep", "1000"]).unwrap().spawn().unwrap();
    assert!(traces.left().len() > 10, "the search finds nothing: {:?}", traces.left());
    drop(lab);
    assert!(!running.wait().unwrap().success());
    traces.assert_gone();
}

#[test]
fn nothing_is_left_after_a_panic() {
    let (tell, told) = std::sync::mpsc::channel();
    let test = std::thread::spawn(move || {
        let lab = up(&topology::fleet(1));
        tell.send(Traces::of(lab.id(), lab.pid())).unwrap();
        panic!("on purpose");
    });
    assert!(test.join().is_err());
    told.recv().unwrap().assert_gone();
}

#[test]
fn nothing_is_left_when_the_daemon_is_killed() {
    let lab = up(&topology::fleet(1));
    let traces = Traces::of(lab.id(), lab.pid());
    kill("KILL", lab.pid());
    until("the lab is known to be gone", || lab.power("h0").is_err());
    drop(lab);
    traces.assert_gone();
}

#[test]
fn nothing_is_left_when_the_client_is_killed() {
    for how in ["KILL", "TERM", "INT"] {
        let dir = tempfile::tempdir().unwrap();
        let (mut client, traces) = running(dir.path());
        match how {
            // From a terminal it reaches the command as well.
            "INT" => {
                kill(how, child_of(client.id(), "sleep"));
                kill(how, client.id());
            }
            _ => kill(how, client.id()),
        }
        let status = client.wait().unwrap();
        match how {
            "TERM" => assert_eq!(status.code(), Some(143)),
            "INT" => assert_eq!(status.code(), Some(130)),
            _ => assert_eq!(status.code(), None),
        }
        traces.assert_gone();
    }
}

#[test]
fn the_next_lab_sweeps_up_after_one_killed_altogether() {
    let dir = tempfile::tempdir().unwrap();
    let (mut client, traces) = running(dir.path());
    let keeper = child_of(client.id(), "unshare");
    // Stopped, so that neither can tidy up after the other.
    kill("STOP", client.id());
    kill("KILL", keeper);
    kill("KILL", client.id());
    client.wait().unwrap();
    drop(up(&topology::fleet(0)));
    traces.assert_gone();
}

/// A lab held by a process of its own, when it is up.
fn running(dir: &Path) -> (Child, Traces) {
    let ready = dir.join("ready");
    let script =
        format!("echo $RAPPEL_LAB_DIR >{0}.new; mv {0}.new {0}; exec sleep 1000", ready.display());
    let argv = ["lab", "run", "t3", "--", "sh", "-c", &script];
    let client = Command::new(RAPPEL).args(argv).spawn().unwrap();
    until("the lab is up", || ready.exists());
    let text = fs::read_to_string(&ready).unwrap();
    fs::remove_file(&ready).unwrap();
    let id = Path::new(text.trim()).file_name().unwrap().to_str().unwrap();
    let traces = Traces::of(id, child_of(client.id(), "unshare"));
    assert!(traces.left().len() > 10);
    (client, traces)
}

fn kill(signal: &str, pid: u32) {
    let status = Command::new("kill").args([format!("-{signal}"), pid.to_string()]).status();
    assert!(status.unwrap().success());
}

/// The child of a process that runs that program.
fn child_of(parent: u32, program: &str) -> u32 {
    let tasks = fs::read_dir(format!("/proc/{parent}/task")).unwrap().flatten();
    let children = tasks.filter_map(|task| fs::read_to_string(task.path().join("children")).ok());
    let pids: Vec<String> = children
        .flat_map(|text| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
        .collect();
    let found = pids.iter().find(|pid| {
        let name = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
        name.trim() == program
    });
    found.unwrap_or_else(|| panic!("{parent} runs no {program}")).parse().unwrap()
}
