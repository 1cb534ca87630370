//! A headless Chromium, driven over its debugging pipe: no port, no network.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

/// A browser with one page.
pub struct Chromium {
    child: Child,
    to: File,
    from: BufReader<File>,
    number: u64,
    session: Option<String>,
    /// What it told by itself: requests, complaints.
    pub told: Vec<Value>,
    _dir: tempfile::TempDir,
}

impl Chromium {
    /// Starts it in a network namespace of its own, which leads nowhere; none where there is
    /// no Chromium.
    pub fn start() -> Option<Self> {
        let found = |name: &&str| {
            let command = format!("command -v {name}");
            Command::new("sh").args(["-c", &command]).output().is_ok_and(|o| o.status.success())
        };
        let program = ["chromium", "chromium-browser", "google-chrome"].into_iter().find(found)?;
        let dir = tempfile::tempdir().expect("a directory");
        let pipe = |name: &str| dir.path().join(name).display().to_string();
        let (to, from) = (pipe("to"), pipe("from"));
        let made = Command::new("mkfifo").args([&to, &from]).status().expect("mkfifo");
        assert!(made.success());
        let script = "exec unshare -n \"$1\" --headless --no-sandbox --disable-gpu \
             --user-data-dir=\"$2\" --remote-debugging-pipe about:blank 3<\"$3\" 4>\"$4\"";
        let child = Command::new("sh")
            .args(["-c", script, "sh", program, &pipe("profile"), &to, &from])
            .env("HOME", dir.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("starts");
        let to = OpenOptions::new().write(true).open(to).expect("opened");
        let from = BufReader::new(File::open(from).expect("opened"));
        let mut browser =
            Self { child, to, from, number: 0, session: None, told: Vec::new(), _dir: dir };
        let page = browser.ask("Target.createTarget", json!({"url": "about:blank"}));
        let target = json!({"targetId": page["targetId"], "flatten": true});
        let session = browser.ask("Target.attachToTarget", target);
        browser.session = session["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page", "Network", "Log", "Runtime"] {
            browser.ask(&format!("{domain}.enable"), json!({}));
        }
        Some(browser)
    }

    /// Asks for something and waits for the answer.
    pub fn ask(&mut self, method: &str, params: Value) -> Value {
        self.number += 1;
        let mut message = json!({"id": self.number, "method": method, "params": params});
        if let Some(session) = &self.session {
            message["sessionId"] = json!(session);
        }
        self.to.write_all(format!("{message}\0").as_bytes()).expect("written");
        loop {
            let heard = self.hear();
            if heard["id"] == json!(self.number) {
                assert!(heard.get("error").is_none(), "{method}: {heard}");
                return heard["result"].clone();
            }
            self.told.push(heard);
        }
    }

    fn hear(&mut self) -> Value {
        let mut bytes = Vec::new();
        self.from.read_until(0, &mut bytes).expect("read");
        bytes.pop();
        serde_json::from_slice(&bytes).expect("JSON")
    }

    /// Opens a file and waits until it is there.
    pub fn open(&mut self, file: &Path) {
        self.ask("Page.navigate", json!({"url": format!("file://{}", file.display())}));
        while !self.told.iter().any(|told| told["method"] == "Page.loadEventFired") {
            let heard = self.hear();
            self.told.push(heard);
        }
    }

    /// What an expression comes to.
    #[track_caller]
    pub fn value(&mut self, expression: &str) -> Value {
        let params = json!({"expression": expression, "returnByValue": true});
        let answer = self.ask("Runtime.evaluate", params);
        assert!(answer.get("exceptionDetails").is_none(), "{expression}: {answer}");
        answer["result"]["value"].clone()
    }

    /// Presses Enter, as a keyboard does.
    pub fn enter(&mut self) {
        for kind in ["keyDown", "keyUp"] {
            let mut params =
                json!({"type": kind, "key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13});
            if kind == "keyDown" {
                params["text"] = json!("\r");
            }
            self.ask("Input.dispatchKeyEvent", params);
        }
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        // One that is gone already is well gone.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
