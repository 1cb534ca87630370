//! No secret is left behind: not in the output, the journal, the process list, or a file.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::fleet::{Fault, Fleet};

/// The password of the lab's account that is asked for one. It is looked for in all processes of
/// the machine: no test that runs beside this one may put it into an environment.
const BECOME: &str = "correct horse";
/// Values of vars that say that they are secrets, and one of a file.
const TOKEN: &str = "tok-5f1b7c2e9d";
const IN_A_FILE: &str = "filekey-0a9b8c7d6e";
/// A value from a command, whose var says nothing of a secret.
const PIPED: &str = "piped-3c4d5e6f7a";
const ALL: [&str; 4] = [BECOME, TOKEN, IN_A_FILE, PIPED];

fn cmdlines() -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        for file in ["cmdline", "environ"] {
            if let Ok(bytes) = fs::read(entry.path().join(file)) {
                found.push(String::from_utf8_lossy(&bytes).into_owned());
            }
        }
    }
    found
}

/// Every file below a directory that holds one of the texts.
fn holding(dir: &Path, texts: &[&str], found: &mut Vec<String>) {
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() && !path.is_symlink() {
            holding(&path, texts, found);
        } else if let Ok(bytes) = fs::read(&path) {
            for text in texts {
                if bytes.windows(text.len()).any(|window| window == text.as_bytes()) {
                    found.push(format!("{text} in {}", path.display()));
                }
            }
        }
    }
}

#[test]
fn no_planted_secret_is_found_anywhere() {
    let fleet = Fleet::new();
    let secrets = fleet.bench.project.path().join("secrets.yml");
    fs::write(
        &secrets,
        format!("ansible_user: asker\nansible_become: true\nansible_become_password: {BECOME}\napi_token: {TOKEN}\nkey_secret: {IN_A_FILE}\nmotd: \"{{{{ lookup('pipe', 'cat piped') }}}}\"\n"),
    )
    .expect("written");
    let piped = fleet.bench.project.path().join("piped");
    fs::write(&piped, PIPED).expect("written");
    // The secret is in a file for the host, in a command of a check, and in what a failing
    // validation prints.
    fleet.bench.write(
        "site.yml",
        "- hosts: fleet\n  artifacts:\n    - kind: file\n      path: /etc/harmless\n      mode: \"0600\"\n      content: \"{{ key_secret }} {{ motd }}\\n\"\n      validate: sh -c 'if test -e /planted-invalid; then cat \"$1\"; exit 1; fi' x %s\n  rollout: {canary: 1, batch: 2, failure_budget: 9, confirm_window: 20s}\n",
    );
    fleet.plant("h1", Fault::Failed);
    fleet.plant("h2", Fault::RolledBack);
    let over = AtomicBool::new(false);
    let (told, seen) = std::thread::scope(|scope| {
        let watch = scope.spawn(|| {
            let mut seen = Vec::new();
            while !over.load(Ordering::Relaxed) {
                let hit = |line: &String| ALL.iter().any(|s| line.contains(s));
                seen.extend(cmdlines().into_iter().filter(hit));
                std::thread::sleep(Duration::from_millis(30));
            }
            seen
        });
        let words = ["apply", "site.yml", "--yes", "-e", "@secrets.yml", "--limit", "h0:h1:h2:h3"];
        let told = fleet.bench.rappel(&words);
        over.store(true, Ordering::Relaxed);
        (told, watch.join().expect("watched"))
    });
    let told = told.says("3 confirmed").says("1 failed");
    assert!(seen.is_empty(), "in the process list: {seen:?}");
    // The journal, its log, and whatever else a run may leave at home; the vars' own file apart.
    fs::remove_file(&secrets).expect("removed");
    fs::remove_file(&piped).expect("removed");
    let mut found = Vec::new();
    holding(fleet.bench.project.path(), &ALL, &mut found);
    assert!(found.is_empty(), "{found:?}");
    assert!(fleet.bench.project.path().join(".local/state/rappel/journal.db").exists());
    let history = fleet.bench.rappel(&["history", "--run", "last", "--output", "json"]).code(0);
    assert!(history.out.contains("/etc/harmless"));
    for text in [&told.out, &told.err, &history.out, &history.err] {
        assert!(!text.contains(BECOME) && !text.contains(TOKEN), "{text}");
    }
    for text in [IN_A_FILE, PIPED] {
        assert!(!history.out.contains(text), "{}", history.out);
    }
    // On the hosts the password is nowhere, and the file's content only where it belongs.
    for host in ["h0", "h1"] {
        let grep = format!(
            "grep -rlF -e '{BECOME}' -e '{TOKEN}' /var/lib/rappel /var/log /etc/harmless /tmp /run 2>/dev/null"
        );
        assert!(!fleet.bench.holds(host, &grep), "{}", fleet.bench.console(host, &grep));
    }
}
