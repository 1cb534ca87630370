//! Any program as a provider: IPMI, `virsh`, `qm`, a lab. The contract is in
//! `docs/book/rescue.md`; what keeps to it only half is refused here.

use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use super::words::{last_line, short};
use super::{Access, Boot, Progress, Provider, ProviderError, Status, Task};

/// Bytes that one call may print.
const LONGEST: u64 = 1 << 20;
/// How often a running program is looked at.
const GLANCE: Duration = Duration::from_millis(20);

/// A program and its first words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CommandDriver {
    /// The program and its own arguments; the action comes after them.
    pub argv: Vec<String>,
    /// How long one call may take.
    pub timeout: Duration,
}

impl CommandDriver {
    fn call(&self, words: &[&str], input: &str) -> Result<Answer, ProviderError> {
        let action = words.first().copied().unwrap_or_default();
        let what = || format!("{} {action}", self.argv.join(" "));
        let gone = |reason: String| ProviderError::Unreachable { what: what(), reason };
        let mut child = self.start(words).map_err(|error| ProviderError::Refused {
            what: what(),
            reason: format!("it cannot be run: {error}"),
        })?;
        feed(&mut child, input);
        let said = collect(&mut child);
        let status = self.wait(&mut child).map_err(gone)?;
        // Whatever it left running may hold the pipes open: that is not waited for.
        let (out, err) = said.recv_timeout(Duration::from_secs(1)).unwrap_or_default();
        if !status.success() {
            let reason = match last_line(&err) {
                words if words.is_empty() => format!("it ended with {status}"),
                words => format!("{words} ({status})"),
            };
            return Err(ProviderError::Refused { what: what(), reason });
        }
        Ok(Answer { what: what(), lines: out.lines().map(str::to_owned).collect() })
    }

    fn start(&self, words: &[&str]) -> std::io::Result<Child> {
        let mut argv = self.argv.iter();
        let mut command = Command::new(argv.next().map(String::as_str).unwrap_or_default());
        command.args(argv).args(words);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // A Ctrl-C is rappel's to deal with: half a reset helps nobody.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        command.spawn()
    }

    fn wait(&self, child: &mut Child) -> Result<std::process::ExitStatus, String> {
        let end = Instant::now() + self.timeout;
        loop {
            match child.try_wait() {
                Ok(Some(status)) => return Ok(status),
                Ok(None) if Instant::now() < end => thread::sleep(GLANCE),
                Ok(None) => {
                    // Killed and reaped, so that nothing of it is left.
                    let _ = child.kill();
                    let _ = child.wait();
                    return Err(format!("it did not end within {} s", self.timeout.as_secs()));
                }
                Err(error) => return Err(error.to_string()),
            }
        }
    }
}

fn feed(child: &mut Child, input: &str) {
    let stdin = child.stdin.take();
    let input = input.to_owned();
    thread::spawn(move || {
        if let Some(mut stdin) = stdin {
            // A program need not read its input; its exit status tells.
            let _ = stdin.write_all(input.as_bytes());
        }
    });
}

/// Both outputs, read beside each other: either pipe may fill up.
fn collect(child: &mut Child) -> mpsc::Receiver<(String, String)> {
    let (tell, told) = mpsc::channel();
    let (out, err) = (child.stdout.take(), child.stderr.take());
    thread::spawn(move || {
        let err = thread::spawn(move || read(err));
        let out = read(out);
        let _ = tell.send((out, err.join().unwrap_or_default()));
    });
    told
}

fn read(pipe: Option<impl Read>) -> String {
    let mut bytes = Vec::new();
    if let Some(pipe) = pipe {
        // What cannot be read is not there; the contract then misses it.
        let _ = pipe.take(LONGEST).read_to_end(&mut bytes);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// What a call printed: `WORD VALUE` a line.
struct Answer {
    what: String,
    lines: Vec<String>,
}

impl Answer {
    fn all<'a>(&'a self, word: &'a str) -> impl Iterator<Item = &'a str> {
        self.lines.iter().filter_map(move |line| {
            let (first, rest) = line.split_once(' ').unwrap_or((line, ""));
            (first == word).then(|| rest.trim())
        })
    }

    /// The only value of a word; none if it does not stand there.
    fn one<'a>(&'a self, word: &'a str) -> Result<Option<&'a str>, ProviderError> {
        let mut all = self.all(word);
        match (all.next(), all.next()) {
            (Some(_), Some(_)) => Err(self.garbled(&format!("`{word}` stands there twice"))),
            (Some(""), None) => Err(self.garbled(&format!("`{word}` has no value"))),
            (value, _) => Ok(value),
        }
    }

    fn need<'a>(&'a self, word: &'a str) -> Result<&'a str, ProviderError> {
        self.one(word)?.ok_or_else(|| self.garbled(&format!("there is no line `{word} …`")))
    }

    fn only(&self, known: &[&str]) -> Result<(), ProviderError> {
        let words = self.lines.iter().map(|line| line.split(' ').next().unwrap_or_default());
        match words.into_iter().find(|word| !word.is_empty() && !known.contains(word)) {
            Some(word) => Err(self.garbled(&format!(
                "a line begins with {:?}, not with {}",
                short(word),
                known.join(", ")
            ))),
            None => Ok(()),
        }
    }

    fn garbled(&self, reason: &str) -> ProviderError {
        ProviderError::Garbled { what: self.what.clone(), reason: reason.to_owned() }
    }
}

impl Provider for CommandDriver {
    fn name(&self) -> String {
        self.argv.join(" ")
    }

    fn status(&self) -> Result<Status, ProviderError> {
        let answer = self.call(&["status"], "")?;
        answer.only(&["boot", "rescue", "usual", "note"])?;
        let rescue = match answer.need("rescue")? {
            "yes" => true,
            "no" => false,
            other => {
                return Err(
                    answer.garbled(&format!("`rescue` is {:?}, neither yes nor no", short(other)))
                );
            }
        };
        Ok(Status {
            boot: answer.need("boot")?.to_owned(),
            rescue,
            usual: answer.one("usual")?.map(str::to_owned),
            notes: answer.all("note").map(short).collect(),
        })
    }

    fn tells_host_key(&self) -> bool {
        true
    }

    fn rescue_on(&self, key: Option<&str>) -> Result<Access, ProviderError> {
        let input = key.map_or_else(String::new, |key| format!("key {key}\n"));
        let answer = self.call(&["rescue-on"], &input)?;
        answer.only(&["user", "address", "port", "host-key", "note"])?;
        let port = match answer.one("port")? {
            Some(text) => Some(text.parse().map_err(|_| answer.garbled("`port` is not a number"))?),
            None => None,
        };
        Ok(Access {
            user: answer.one("user")?.map(str::to_owned),
            address: answer.one("address")?.map(str::to_owned),
            port,
            host_keys: answer.all("host-key").map(str::to_owned).collect(),
            password: None,
        })
    }

    fn rescue_off(&self, boot: &str) -> Result<(), ProviderError> {
        self.call(&["rescue-off", boot], "").map(drop)
    }

    fn reset(&self, into: Boot) -> Result<Option<Task>, ProviderError> {
        let into = match into {
            Boot::Rescue => "rescue",
            Boot::Usual => "usual",
        };
        let answer = self.call(&["reset", into], "")?;
        answer.only(&["task", "note"])?;
        Ok(answer.one("task")?.map(|task| Task(task.to_owned())))
    }

    fn progress(&self, task: &Task) -> Result<Progress, ProviderError> {
        let answer = self.call(&["task", &task.0], "")?;
        answer.only(&["done", "running", "failed"])?;
        let of = |word| answer.all(word).next();
        match (of("done"), of("running"), of("failed")) {
            (Some(_), None, None) => Ok(Progress::Done),
            (None, Some(how), None) => Ok(Progress::Running(short(how))),
            (None, None, Some(why)) => Ok(Progress::Failed(short(why))),
            _ => Err(answer.garbled("neither `done` nor `running …` nor `failed …`")),
        }
    }

    fn by_hand(&self, boot: &str) -> Vec<String> {
        let argv = self.argv.join(" ");
        vec![format!("{argv} rescue-off {boot}"), format!("{argv} reset usual")]
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::CommandDriver;
    use crate::provider::{Progress, Provider, ProviderError, Task};

    fn says(script: &str) -> CommandDriver {
        let argv = ["sh", "-c", script, "sh"].map(str::to_owned).to_vec();
        CommandDriver { argv, timeout: Duration::from_secs(5) }
    }

    #[test]
    fn a_status_is_two_lines() {
        let status = says("echo boot disk; echo rescue no; echo note all well").status();
        let status = status.expect("a status");
        assert_eq!((status.boot.as_str(), status.rescue), ("disk", false));
        assert_eq!(status.notes, ["all well"]);
    }

    #[test]
    fn half_a_status_is_none() {
        for script in [
            "echo boot disk",
            "echo rescue no",
            "echo boot; echo rescue no",
            "echo boot disk; echo rescue perhaps",
            "echo boot a; echo boot b; echo rescue no",
            "echo boot disk; echo rescue no; echo Welcome",
        ] {
            let error = says(script).status().expect_err(script);
            assert!(matches!(error, ProviderError::Garbled { .. }), "{script}: {error}");
        }
    }

    #[test]
    fn a_failure_has_the_programs_last_words() {
        let error = says("echo no such server >&2; exit 3").status().expect_err("fails");
        assert!(error.to_string().contains("no such server"), "{error}");
    }

    #[test]
    fn a_program_that_hangs_or_is_missing_is_an_error() {
        let mut hangs = says("sleep 60");
        hangs.timeout = Duration::from_millis(100);
        assert!(hangs.status().expect_err("hangs").is_passing());
        let missing = CommandDriver { argv: vec!["/no/such/program".to_owned()], ..hangs };
        assert!(matches!(missing.status(), Err(ProviderError::Refused { .. })));
    }

    #[test]
    fn the_key_comes_on_standard_input_and_host_keys_come_back() {
        let script = "read -r word type key; [ \"$word $type $key\" = 'key ssh-ed25519 AAAA me' ] \
                      && echo host-key ssh-ed25519 BBBB && echo port 2222";
        let access = says(script).rescue_on(Some("ssh-ed25519 AAAA me")).expect("access");
        assert_eq!(access.host_keys, ["ssh-ed25519 BBBB"]);
        assert_eq!(access.port, Some(2222));
    }

    #[test]
    fn a_task_is_done_running_or_failed() {
        let progress = |script: &str| says(script).progress(&Task("7".to_owned()));
        assert_eq!(progress("echo done"), Ok(Progress::Done));
        assert_eq!(progress("echo failed no power"), Ok(Progress::Failed("no power".to_owned())));
        assert!(progress("echo").is_err());
    }
}
