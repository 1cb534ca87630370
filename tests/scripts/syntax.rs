//! Every shell parses every script; what shellcheck has to say, `make lint` asks.

use rappel::remote::scripts::{ALL, import, observe, ping, receive, status, verify, witness};

use crate::bench::{SHELLS, output};

#[test]
fn every_shell_parses_every_script_and_command() {
    let objects = ["/@libvirt/network/a".to_owned(), "/@proxmox/vm/100".to_owned()];
    let commands = [
        observe(&[]),
        observe(&objects),
        import(false),
        import(true),
        receive(),
        status(),
        verify(),
        ping(),
        witness(),
    ];
    let scripts = ALL.iter().filter(|script| !script.name.ends_with(".service"));
    for text in scripts.map(|script| script.text).chain(commands.iter().map(String::as_str)) {
        for shell in SHELLS {
            let parsed = output(shell.command().args(["-n", "-c", text]));
            assert!(parsed.status.success(), "{shell:?}: {parsed:?}");
        }
    }
}

/// `-n` of a shell that did not look would pass anything.
#[test]
fn a_mistake_in_syntax_is_found() {
    for shell in SHELLS {
        assert!(!output(shell.command().args(["-n", "-c", "if true; then"])).status.success());
    }
}

/// The parts that a script names are there when it runs on the host.
#[test]
fn every_part_that_a_script_sources_is_sent_along() {
    let mut loops = 0;
    for script in rappel::remote::scripts::PAYLOAD {
        for line in script.text.lines() {
            let Some(parts) = line.strip_prefix("for part in ") else { continue };
            loops += 1;
            for part in parts.trim_end_matches("; do").split(' ') {
                let file = format!("{part}.sh");
                let sent = rappel::remote::scripts::PAYLOAD.iter().any(|s| s.name == file);
                assert!(sent, "{} needs {file}, which is not sent", script.name);
            }
        }
    }
    assert!(loops >= 6, "the scripts source their parts in another way now");
}

/// systemd-run refuses a unit whose name a unit file has, and the watchdog's unit file is
/// there for as long as a transaction is open.
#[test]
fn no_detached_script_has_the_name_of_a_unit_file() {
    let mut names = 0;
    for script in ALL {
        for line in script.text.lines() {
            let Some(words) = line.trim_start().strip_prefix("detach ") else { continue };
            names += 1;
            let unit = format!("rappel-{}.service", words.split(' ').next().unwrap_or_default());
            assert!(ALL.iter().all(|s| s.name != unit), "{}: {unit} is a unit file", script.name);
        }
    }
    assert!(names >= 2, "scripts are detached in another way now");
}
