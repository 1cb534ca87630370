//! A lab stays until it is ended, however that comes about, and then nothing of it is left.

use std::fs;
use std::path::{Path, PathBuf};

use crate::project::{Project, Standing, kill, until};

/// Everything outside of namespaces that a lab has.
fn traces(id: &str, name: &str) -> Vec<String> {
    let tops = ["/sys/fs/cgroup", "/sys/fs/cgroup/systemd", "/sys/fs/cgroup/unified"];
    let mut places: Vec<PathBuf> = tops.map(|top| Path::new(top).join(id)).into();
    places.push(std::env::temp_dir().join(id));
    places.push(Path::new("/run/rappel").join(format!("lab-{name}")));
    let mut found: Vec<String> =
        places.iter().filter(|path| path.exists()).map(|path| path.display().to_string()).collect();
    for process in fs::read_dir("/proc").unwrap().flatten() {
        let group = fs::read_to_string(process.path().join("cgroup")).unwrap_or_default();
        if group.contains(id) {
            found.push(process.path().display().to_string());
        }
    }
    found
}

fn gone(id: &str, name: &str) {
    until("nothing of the lab is left", || traces(id, name).is_empty());
}

#[test]
fn a_lab_stands_until_it_is_ended() {
    let project = Project::of(2);
    let lab = Standing::up(&project, "test-stands", &[]);
    let id = lab.id();
    assert!(traces(&id, lab.name).len() > 2);
    project.lab(&["up", "site.yml", "--name", lab.name]).code(1).says("is up already");
    lab.ssh("h1", "hostname").code(0).says("h1");
    lab.lab("apply", &["--yes"]).code(0).says("2 confirmed");
    lab.lab("apply", &["site.yml", "--limit", "h1", "--yes"]).code(0).says("1 unchanged");
    project.lab(&["apply", "site.yml", "--name", lab.name]).code(1).says("before the playbook");
    let words = ["ssh", "h2", "--name", lab.name, "cat", "--", "/etc/sysctl.d/90-rappel.conf"];
    project.lab(&words).code(0).says("rp_filter");
    lab.lab("status", &[]).code(0).says("h2").says("assumed");
    assert!(!project.dir.path().join(".local").exists(), "the real journal was written to");
    lab.lab("down", &[]).code(0).says("gone");
    gone(&id, lab.name);
    lab.lab("down", &[]).code(0).says("No lab is up");
    lab.ssh("h1", "true").code(1).says("rappel lab up");
}

#[test]
fn whichever_of_its_processes_is_killed_the_next_start_cleans_up() {
    let project = Project::of(1);
    for victims in ["holder", "daemon", "both"] {
        let lab = Standing::up(&project, "test-killed", &[]);
        let (id, holder, daemon) = (lab.id(), lab.holder(), lab.daemon());
        if victims != "daemon" {
            // Stopped, so that it cannot tidy up after the other.
            kill("STOP", holder);
        }
        if victims != "holder" {
            kill("KILL", daemon);
        }
        if victims != "daemon" {
            kill("KILL", holder);
        }
        until("somebody notices", || {
            let said = project.lab(&["ssh", "h1", "--name", lab.name, "--", "true"]);
            said.code == Some(1)
        });
        project.lab(&["up", "site.yml", "--name", lab.name]).code(0);
        assert_ne!(lab.id(), id);
        let fresh = lab.id();
        assert!(!traces(&fresh, lab.name).is_empty());
        until("nothing of the dead lab is left", || {
            !traces(&id, lab.name).iter().any(|path| path.contains(&id) || path.contains("/proc"))
        });
        lab.ssh("h1", "hostname").code(0).says("h1");
    }
}

/// A stopped daemon answers nobody and ends by nothing but force.
#[test]
fn a_daemon_that_hangs_is_ended_all_the_same() {
    let project = Project::of(1);
    let lab = Standing::up(&project, "test-hangs", &[]);
    let id = lab.id();
    kill("STOP", lab.daemon());
    kill("KILL", lab.holder());
    lab.lab("down", &[]).code(0);
    gone(&id, lab.name);
}

#[test]
fn a_living_lab_is_left_alone_by_others() {
    let project = Project::of(1);
    let one = Standing::up(&project, "test-one", &[]);
    {
        let other = Standing::up(&project, "test-other", &[]);
        let id = other.id();
        kill("KILL", other.holder());
        drop(other);
        gone(&id, "test-other");
    }
    one.ssh("h1", "hostname").code(0).says("h1");
}
