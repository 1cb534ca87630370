//! A real terminal, and somebody who types at it.

use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// A program at a terminal of its own, and all that it has shown so far.
pub struct Terminal {
    child: Child,
    shown: Receiver<Vec<u8>>,
    text: String,
    patience: Duration,
}

/// What gives this line a terminal, and passes its exit code on.
pub fn argv(words: &[String]) -> Vec<String> {
    let quoted: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
    ["script", "-qefc", &quoted.join(" "), "/dev/null"].map(str::to_owned).to_vec()
}

impl Terminal {
    /// Starts what [`argv`] made; a question may be waited for so long.
    pub fn of(mut command: Command, patience: Duration) -> Self {
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
        Self { child, shown, text: String::new(), patience }
    }

    /// Waits for a text, from where the last wait ended, then types an answer.
    #[track_caller]
    pub fn answer(&mut self, question: &str, answer: &str) {
        let deadline = Instant::now() + self.patience;
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
    pub fn end(mut self) -> (Option<i32>, String) {
        while let Ok(some) = self.shown.recv_timeout(self.patience.max(Duration::from_secs(120))) {
            self.text += &String::from_utf8_lossy(&some);
        }
        let status = self.child.wait().expect("ended");
        (status.code(), self.text)
    }
}
