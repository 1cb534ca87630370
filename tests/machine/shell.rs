//! `rescue --shell`: a person in the mounted root of a machine.

use crate::bench::{BOOT, Bench, RAPPEL, asked_for};
use crate::command::RESCUE;
use crate::terminal::{Terminal, argv};

/// The command at a terminal, in the project.
fn at_terminal(bench: &Bench, words: &[&str]) -> Terminal {
    let key = bench.image("key").display().to_string();
    let reach = ["--private-key", &key, "--known-hosts", "known_hosts"];
    let words = [RAPPEL].iter().chain(words).chain(&reach).map(|word| (*word).to_owned());
    let mut command = bench.lab.controller(&argv(&words.collect::<Vec<_>>())).unwrap();
    command
        .current_dir(bench.project.path())
        .env("HOME", bench.project.path())
        .env_remove("XDG_STATE_HOME");
    Terminal::of(command, BOOT * 2)
}

/// Nothing is restored by rappel: the shell is inside of the machine's own root, which is
/// unmounted afterwards, and who does not want it restarted is told where it stands. The same
/// command goes on there; what was mended by hand is what the machine comes back with.
#[test]
#[ignore = "boots whole machines under emulation: make test-all"]
fn what_a_person_mends_in_the_shell_brings_the_machine_back() {
    asked_for();
    let bench = Bench::lost();
    let shell = [&RESCUE[..], &["--shell"]].concat();
    let mut terminal = at_terminal(&bench, &shell);
    terminal.answer("this shell is inside it", "");
    terminal.answer("# ", "cat /etc/hostname; echo mended by $((40 + 2)) >/etc/by-hand; exit\n");
    terminal.answer("Restart web1 from its own disk now? [y/N]", "n\n");
    let (code, shown) = terminal.end();
    assert_eq!(code, Some(4), "{shown}");
    assert!(shown.contains("web1"), "{shown}");
    assert!(shown.contains("the rescue system runs; no file is restored"), "{shown}");
    assert_eq!(bench.boots(), "disk", "{shown}");
    let mounts = bench.on("hostname; grep -c /run/rappel-rescue /proc/mounts || :");
    assert_eq!(mounts, "rescue\n0", "{shown}");

    let mut terminal = at_terminal(&bench, &shell);
    terminal.answer("# ", "cat /etc/by-hand\n");
    terminal.answer("mended by 42", "");
    let interfaces = "auto lo\\niface lo inet loopback\\nauto eth0\\niface eth0 inet static\\n  \
                      address 203.0.113.10/24\\n  gateway 203.0.113.254\\n";
    terminal.answer("# ", &format!("printf '{interfaces}' >/etc/network/interfaces; exit\n"));
    terminal.answer("Restart web1 from its own disk now? [y/N]", "y\n");
    let (code, shown) = terminal.end();
    assert_eq!(code, Some(0), "{shown}");
    assert_eq!(bench.boots(), "disk");
    assert_eq!(bench.on("hostname; cat /etc/by-hand"), "web1\nmended by 42");
    // rappel restored nothing: what a person left is what is there.
    assert!(bench.on("cat /etc/network/interfaces").starts_with("auto lo"), "{shown}");
}
