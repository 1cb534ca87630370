//! At a real terminal: what is asked, how often, and what is shown of the answer.

use std::io::{Read, Write};
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use rappel::lab::topology;

use crate::bench::{Bench, RAPPEL};

const PASSWORD: &str = "correct horse";

/// A program at a terminal of its own, and all that it has shown so far.
struct Terminal {
    child: Child,
    shown: Receiver<Vec<u8>>,
    text: String,
}

impl Terminal {
    fn of(bench: &Bench, words: &[&str]) -> Self {
        let quoted = |word: &str| format!("'{word}'");
        let line: Vec<String> = [RAPPEL].iter().chain(words).map(|word| quoted(word)).collect();
        let reach: Vec<String> = bench.reach().iter().map(|word| quoted(word)).collect();
        let line = [line, reach].concat().join(" ");
        // `script` gives what it runs a terminal, and passes the exit code on.
        let mut command = bench.at_controller(&["script", "-qefc", &line, "/dev/null"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("script");
        let mut out = child.stdout.take().expect("piped");
        let (told, shown) = channel();
        std::thread::spawn(move || {
            let mut some = [0; 4096];
            while let Ok(count @ 1..) = out.read(&mut some) {
                if told.send(some[..count].to_vec()).is_err() {
                    break;
                }
            }
        });
        Self { child, shown, text: String::new() }
    }

    /// Waits for a text, from where the last wait ended, then types an answer.
    #[track_caller]
    fn answer(&mut self, question: &str, answer: &str) {
        let deadline = Instant::now() + Duration::from_secs(90);
        let from = self.text.len();
        while !self.text[from..].contains(question) {
            let left = deadline.saturating_duration_since(Instant::now());
            let some = self.shown.recv_timeout(left);
            let some = some.unwrap_or_else(|_| panic!("no {question:?} in\n{}", self.text));
            self.text += &String::from_utf8_lossy(&some);
        }
        let input = self.child.stdin.as_mut().expect("piped");
        input.write_all(answer.as_bytes()).and_then(|()| input.flush()).expect("typed");
    }

    /// The exit code, and everything that was shown.
    fn end(mut self) -> (Option<i32>, String) {
        while let Ok(some) = self.shown.recv_timeout(Duration::from_secs(120)) {
            self.text += &String::from_utf8_lossy(&some);
        }
        let status = self.child.wait().expect("ended");
        (status.code(), self.text)
    }
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
    let mut terminal = Terminal::of(&bench, &["apply", "playbooks/t3.yml", "-K"]);
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
    let mut terminal = Terminal::of(&bench, &["apply", "playbooks/t3.yml", "-K"]);
    terminal.answer("BECOME password: ", &format!("{PASSWORD}\n"));
    terminal.answer("[y/N] ", "\n");
    let (code, shown) = terminal.end();
    assert_ne!(code, Some(0), "{shown}");
    for host in ["h0", "h1"] {
        assert!(!bench.holds(host, "test -e /var/lib/rappel"), "{host}: {shown}");
    }
    // A wrong password is told as one, and is not tried until the account is locked.
    let mut terminal = Terminal::of(&bench, &["plan", "playbooks/t3.yml", "-K"]);
    terminal.answer("BECOME password: ", "wrong pony\n");
    let (code, shown) = terminal.end();
    assert_ne!(code, Some(0), "{shown}");
    assert!(shown.contains("password") && !shown.contains("wrong pony"), "{shown}");
}

/// Ctrl-C at the password leaves the terminal as it was, with echo.
#[test]
fn ctrl_c_at_a_question_is_an_interruption() {
    let bench = asking();
    let mut terminal = Terminal::of(&bench, &["plan", "playbooks/t3.yml", "-K"]);
    terminal.answer("BECOME password: ", "half\u{3}");
    let (code, shown) = terminal.end();
    assert_eq!(code, Some(130), "{shown}");
    assert!(!shown.contains("half"), "{shown}");
}
