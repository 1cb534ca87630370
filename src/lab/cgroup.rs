//! One control group per host, and nothing of them left afterwards.
//!
//! Why: containers that share a group fight over its `payload` child, and a host then
//! fails to boot at random. The groups are the one thing of a lab that its namespaces
//! do not take with them, so they are named after the lab's owner and swept.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::sleep;
use std::time::Duration;

use super::error::LabError;

const PREFIX: &str = "rappellab-";
const TOP: &str = "/sys/fs/cgroup";

/// The group of the processes started by [`super::Lab::controller`].
pub(super) const CONTROLLER: &str = "@controller";

/// A name that no other lab has: the owner's process namespace and pid, when that process
/// started, a number.
pub(super) fn new_id() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let pid = std::process::id();
    let start = started(pid).unwrap_or(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("{PREFIX}{}-{pid}-{start}-{number}", namespace())
}

/// The number of this process's process namespace. Of others no pid can be judged.
fn namespace() -> u64 {
    fs::metadata("/proc/self/ns/pid").map_or(0, |namespace| namespace.ino())
}

/// The owner of things of that name, and when it started; none if it is not of this process
/// namespace, or the name says nothing.
fn named_owner(id: &str) -> Option<(u32, u64)> {
    let numbers: Vec<u64> =
        id.strip_prefix(PREFIX)?.split('-').map(str::parse).collect::<Result<_, _>>().ok()?;
    let [home, pid, start, _] = numbers.as_slice() else { return None };
    (*home == namespace()).then_some((u32::try_from(*pid).ok()?, *start))
}

/// The process that owns things of that name, if it runs and can be seen from here.
pub(super) fn owner(id: &str) -> Option<u32> {
    named_owner(id).filter(|(pid, start)| is_process(*pid, *start)).map(|(pid, _)| pid)
}

/// Whether the process that owns things of that name still runs, as far as can be seen
/// from here.
fn owner_lives(id: &str) -> bool {
    named_owner(id).is_none_or(|(pid, start)| is_process(pid, start))
}

/// Whether a process runs that is the very one which started then, and does not only wait for
/// its parent to take notice of its end.
pub(super) fn is_process(pid: u32, start: u64) -> bool {
    let Some(stat) = stat(pid) else { return false };
    start_in(&stat) == Some(start) && !matches!(stat.chars().next(), None | Some('Z' | 'X'))
}

/// When a process started, in clock ticks since boot. With the pid it names a process
/// for good, because pids are used again.
pub(super) fn started(pid: u32) -> Option<u64> {
    start_in(&stat(pid)?)
}

/// What the kernel tells of a process behind its name, from its state on.
fn stat(pid: u32) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    Some(stat.rsplit_once(')')?.1.trim().to_owned())
}

fn start_in(stat: &str) -> Option<u64> {
    stat.split_whitespace().nth(19)?.parse().ok()
}

/// The hierarchies in which a host needs a group of its own.
fn hierarchies() -> Vec<PathBuf> {
    if Path::new(TOP).join("cgroup.controllers").exists() {
        return vec![PathBuf::from(TOP)];
    }
    ["systemd", "unified"]
        .iter()
        .map(|name| Path::new(TOP).join(name))
        .filter(|path| path.is_dir())
        .collect()
}

/// A command line that joins the group and then becomes the given program. Joining by a
/// shell, because nothing may run between fork and exec of a threaded program.
pub(super) fn join(id: &str, group: &str) -> Result<Vec<String>, LabError> {
    let script = "while [ \"$1\" != -- ]; do echo $$ >\"$1\" || exit 125; shift; done; \
                  shift; exec \"$@\"";
    let mut argv = vec!["sh".to_owned(), "-c".to_owned(), script.to_owned()];
    argv.push("lab-host".to_owned());
    for hierarchy in hierarchies() {
        let path = hierarchy.join(id).join(group);
        fs::create_dir_all(&path)
            .map_err(LabError::io(format!("cannot create {}", path.display())))?;
        argv.push(path.join("cgroup.procs").display().to_string());
    }
    argv.push("--".to_owned());
    Ok(argv)
}

/// Kills all processes of a group, in whatever namespace they are.
pub(super) fn kill(id: &str, group: &str) {
    for hierarchy in hierarchies() {
        // Only the unified hierarchy has the file; elsewhere the namespaces do the work.
        let _ = fs::write(hierarchy.join(id).join(group).join("cgroup.kill"), "1");
    }
}

/// Removes all groups of a lab whose processes are dying, for at most a second.
pub(super) fn remove(id: &str) {
    for _ in 0..100 {
        let mut left = false;
        for hierarchy in hierarchies() {
            let top = hierarchy.join(id);
            remove_tree(&top);
            left |= top.exists();
        }
        if !left {
            return;
        }
        sleep(Duration::from_millis(10));
    }
}

fn remove_tree(group: &Path) {
    let Ok(entries) = fs::read_dir(group) else {
        return;
    };
    for entry in entries.flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            remove_tree(&entry.path());
        }
    }
    // Busy groups stay: the kernel refuses.
    let _ = fs::remove_dir(group);
}

/// Removes what labs left whose owner was killed together with the daemon: commands that
/// ran at their controller's place, their groups and their directories of keys.
pub(super) fn sweep(temporary: &Path) {
    for hierarchy in hierarchies() {
        for path in dead(&hierarchy) {
            if let Some(id) = path.file_name().and_then(|name| name.to_str()) {
                kill(id, CONTROLLER);
                remove(id);
            }
        }
    }
    for path in dead(temporary) {
        let _ = fs::remove_dir_all(path);
    }
}

fn dead(parent: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(parent) else {
        return Vec::new();
    };
    entries
        .flatten()
        .filter(|entry| {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            name.starts_with(PREFIX) && !owner_lives(&name)
        })
        .map(|entry| entry.path())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{namespace, new_id, owner_lives};

    #[test]
    fn ids_differ_and_their_owner_lives() {
        let id = new_id();
        assert_ne!(id, new_id());
        assert!(owner_lives(&id));
    }

    #[test]
    fn a_pid_used_again_is_another_owner() {
        let (home, pid) = (namespace(), std::process::id());
        assert!(!owner_lives(&format!("rappellab-{home}-{pid}-1-0")));
        assert!(!owner_lives(&format!("rappellab-{home}-4194305-7-0")));
    }

    #[test]
    fn what_cannot_be_judged_is_left_alone() {
        let elsewhere = namespace() + 1;
        assert!(owner_lives(&format!("rappellab-{elsewhere}-4194305-7-0")));
        assert!(owner_lives("rappellab-strange"));
    }
}
