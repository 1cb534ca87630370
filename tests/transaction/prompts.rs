//! At a real terminal: what is asked, how often, and what is shown of the answer.

use std::time::Duration;

use rappel::lab::topology;

use crate::bench::{Bench, RAPPEL};
use crate::terminal::{Terminal, argv};

const PASSWORD: &str = "correct horse";

fn at_terminal(bench: &Bench, words: &[&str]) -> Terminal {
    let line = [RAPPEL].iter().chain(words).map(|word| (*word).to_owned());
    let line: Vec<String> = line.chain(bench.reach()).collect();
    Terminal::of(
        bench.at_controller(&argv(&line).iter().map(String::as_str).collect::<Vec<_>>()),
        Duration::from_secs(90),
    )
}

/// Two hosts whose `sudo` asks for a password that the inventory does not have.
fn asking() -> Bench {
    let bench = Bench::of(&topology::fleet(2));
    bench.write(
        "inventory/hosts.yml",
        "hypervisors:\n  vars:\n    ansible_user: asker\n    ansible_become: true\n  hosts:\n    h0: {ansible_host: 203.0.113.30}\n    h1: {ansible_host: 203.0.113.31}\n",
    );
    bench.write("playbooks/t3.yml", "- hosts: hypervisors\n  artifacts:\n    - kind: sysctl\n      content: |\n        net.ipv4.conf.all.rp_filter = 2\n  checks:\n    - ssh\n");
    bench
}

#[test]
fn one_password_for_the_fleet_and_a_yes() {
    let bench = asking();
    let mut terminal = at_terminal(&bench, &["apply", "playbooks/t3.yml", "-K"]);
    terminal.answer("BECOME password: ", &format!("{PASSWORD}\n"));
    terminal.answer("[y/N] ", "y\n");
    let (code, shown) = terminal.end();
    assert_eq!(code, Some(0), "{shown}");
    assert!(shown.contains("2 confirmed"), "{shown}");
    assert_eq!(shown.matches("BECOME password").count(), 1, "{shown}");
    assert!(!shown.contains(PASSWORD), "typed, not shown:\n{shown}");
}

#[test]
fn whoever_does_not_say_yes_changes_nothing() {
    let bench = asking();
    let mut terminal = at_terminal(&bench, &["apply", "playbooks/t3.yml", "-K"]);
    terminal.answer("BECOME password: ", &format!("{PASSWORD}\n"));
    terminal.answer("[y/N] ", "\n");
    let (code, shown) = terminal.end();
    assert_ne!(code, Some(0), "{shown}");
    for host in ["h0", "h1"] {
        assert!(!bench.holds(host, "test -e /var/lib/rappel"), "{host}: {shown}");
    }
    // A wrong password is told as one, and is not tried until the account is locked.
    let mut terminal = at_terminal(&bench, &["plan", "playbooks/t3.yml", "-K"]);
    terminal.answer("BECOME password: ", "wrong pony\n");
    let (code, shown) = terminal.end();
    assert_ne!(code, Some(0), "{shown}");
    assert!(shown.contains("password") && !shown.contains("wrong pony"), "{shown}");
}

/// Ctrl-C at the password leaves the terminal as it was, with echo.
#[test]
fn ctrl_c_at_a_question_is_an_interruption() {
    let bench = asking();
    let mut terminal = at_terminal(&bench, &["plan", "playbooks/t3.yml", "-K"]);
    terminal.answer("BECOME password: ", "half\u{3}");
    let (code, shown) = terminal.end();
    assert_eq!(code, Some(130), "{shown}");
    assert!(!shown.contains("half"), "{shown}");
}
