//! A connection to a host with root at its end: login, become, one script at a time.

use std::time::Duration;

use tokio::time::timeout;

use super::context::Context;
use super::way::Way;
use crate::desired::{Become, Host};
use crate::remote::ssh::{self, ConnectError, Exec, Session};
use crate::remote::wire::Reply;
use crate::remote::{quote, scripts};
use crate::rollout::outcome::Outcome;

/// Lines before the first record that are taken for a chatty login shell's.
const MAX_NOISE: usize = 100;
/// Bytes that a script may print. Configuration files are small; a host that sends more
/// is broken or means harm, and many of them answer at the same time.
const MAX_OUTPUT: usize = 16 << 20;
/// For a request to be taken by the host: it is small, and the window is large.
const SEND_LIMIT: Duration = Duration::from_secs(30);

/// A host's session and how to become root in it.
#[derive(Debug)]
pub struct Link {
    session: Session,
    r#become: Become,
}

impl Link {
    /// A session that was made elsewhere, with an account that may have to become root.
    pub fn of(session: Session, becomes: bool, password: Option<String>) -> Self {
        let r#become = if becomes { Become::Sudo { password } } else { Become::No };
        Self { session, r#become }
    }

    /// Connects anew: a new TCP connection from a new port, nothing shared.
    pub async fn open(context: &Context, host: &Host, way: &Way) -> Result<Self, ConnectError> {
        for name in &way.known_as {
            match Self::open_as(context, host, way, Some(name)).await {
                // Not recorded under this name: another one may know it.
                Err(ConnectError::HostKeyUnknown(_)) => {}
                result => return result,
            }
        }
        Self::open_as(context, host, way, None).await
    }

    async fn open_as(
        context: &Context,
        host: &Host,
        way: &Way,
        known_as: Option<&String>,
    ) -> Result<Self, ConnectError> {
        let mut road = way.road(context, host)?;
        if known_as.is_some() {
            road.target.host_key_alias = known_as.cloned();
        }
        let session = ssh::connect(&road.target, &road.settings).await?;
        let reached = session.peer().ip().to_canonical();
        if let Some(wanted) = way.must_reach.filter(|wanted| *wanted != reached) {
            let name = host.name.clone();
            return Err(ConnectError::Elsewhere { name, wanted, reached });
        }
        Ok(Self { session, r#become: context.login.r#become(host, &road.target.user) })
    }

    /// The address that answered.
    pub fn peer(&self) -> std::net::SocketAddr {
        self.session.peer()
    }

    /// The fingerprint of the host key.
    pub fn host_key(&self) -> &str {
        self.session.host_key()
    }

    /// Starts a script as root and sends it its request; standard input stays open.
    pub async fn start(&self, script: &str, request: &[u8]) -> Result<Conversation, Trouble> {
        let (command, password) = self.command(script);
        let mut exec = self.session.exec(&command).await.map_err(Trouble::session)?;
        exec.output_limit(MAX_OUTPUT);
        let mut input =
            password.map_or_else(Vec::new, |password| format!("{password}\n").into_bytes());
        input.extend_from_slice(request);
        match timeout(SEND_LIMIT, exec.send(&input)).await {
            // It ended early: what it printed tells why.
            Ok(Ok(()) | Err(ssh::SessionError::InputClosed)) => {}
            Ok(Err(error)) => return Err(Trouble::session(error)),
            Err(_) => return Err(Trouble::lost("the host does not take the request".to_owned())),
        }
        Ok(Conversation {
            exec,
            reply: Reply::default(),
            noise: 0,
            becoming: self.r#become.clone(),
        })
    }

    /// Runs a script to its end and parses its whole reply.
    pub async fn ask(
        &self,
        script: &str,
        request: &[u8],
        limit: Duration,
    ) -> Result<Reply, Trouble> {
        let answer = async {
            let mut conversation = self.start(script, request).await?;
            conversation.exec.eof().await.map_err(Trouble::session)?;
            conversation.hear_out().await
        };
        match timeout(limit, answer).await {
            Ok(result) => result,
            Err(_) => Err(Trouble::lost(format!("no answer within {} s", limit.as_secs()))),
        }
    }

    fn command(&self, script: &str) -> (String, Option<&str>) {
        let script = quote::sh(script);
        match &self.r#become {
            Become::No => (format!("exec sh -c {script}"), None),
            Become::Sudo { password: None } => (format!("exec sudo -n -- sh -c {script}"), None),
            Become::Sudo { password: Some(password) } => {
                let first = quote::sh(&scripts::r#become());
                (format!("exec sh -c {first} become sudo {script}"), Some(password))
            }
            Become::Doas => (format!("exec doas -n sh -c {script}"), None),
        }
    }
}

/// A script that is running, and what it has said so far.
#[derive(Debug)]
pub struct Conversation {
    exec: Exec,
    reply: Reply,
    noise: usize,
    becoming: Become,
}

impl Conversation {
    /// No more input comes.
    pub async fn eof(&mut self) -> Result<(), Trouble> {
        self.exec.eof().await.map_err(Trouble::session)
    }

    /// Sends one more line.
    pub async fn say(&mut self, line: &str) -> Result<(), Trouble> {
        self.exec.send(format!("{line}\n").as_bytes()).await.map_err(Trouble::session)
    }

    /// The next record as key and value; none at the end of output.
    pub async fn next(&mut self) -> Result<Option<(String, String)>, Trouble> {
        loop {
            let Some(line) = self.exec.line().await.map_err(Trouble::session)? else {
                return Ok(None);
            };
            if self.reply.first("rappel").is_none()
                && !line.starts_with("rappel|")
                && !line.starts_with("error|")
            {
                self.noise += 1;
                if self.noise > MAX_NOISE {
                    return Err(Trouble::failed(
                        "the login shell prints too much before rappel's script starts",
                    ));
                }
                continue;
            }
            let record = self.reply.take(&line).map_err(|e| Trouble::failed(&e.to_string()))?;
            return Ok(Some((record.key, record.value)));
        }
    }

    /// What was said so far.
    pub fn reply(&self) -> &Reply {
        &self.reply
    }

    /// Why the script ended without saying so: what it wrote to standard error.
    pub async fn post_mortem(self) -> Trouble {
        let becoming = self.becoming.clone();
        match timeout(Duration::from_secs(5), self.exec.finish()).await {
            Ok(Ok(finished)) => Trouble::of_ending(&becoming, finished.status, &finished.stderr),
            Ok(Err(error)) => Trouble::session(error),
            Err(_) => Trouble::lost("the host's answer broke off".to_owned()),
        }
    }

    async fn hear_out(mut self) -> Result<Reply, Trouble> {
        while self.next().await?.is_some() {}
        if self.reply.complete().is_ok() {
            return Ok(self.reply);
        }
        match self.reply.complete() {
            Err(crate::remote::wire::WireError::Refused(reason)) => Err(Trouble::failed(&reason)),
            _ => Err(self.post_mortem().await),
        }
    }
}

/// Why a script's answer was not to be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// What went wrong.
    pub reason: String,
    /// What to do about it.
    pub remedy: Option<String>,
    /// Whether the connection is gone (as against a host that answers, but not so).
    pub lost: bool,
}

impl Trouble {
    /// The host answered, but it does not work.
    pub fn failed(reason: &str) -> Self {
        // The scripts' own words, see src/remote/scripts.
        let remedy = reason.contains("not root on the host").then(|| {
            "set `ansible_become: true`, so that sudo is used, or log in as root".to_owned()
        });
        Self { reason: reason.to_owned(), remedy, lost: false }
    }

    /// The connection is gone.
    pub fn lost(reason: String) -> Self {
        Self { reason, remedy: None, lost: true }
    }

    fn session(error: ssh::SessionError) -> Self {
        Self { reason: error.to_string(), remedy: error.remedy(), lost: error.is_lost() }
    }

    fn of_ending(becoming: &Become, status: Option<u32>, stderr: &str) -> Self {
        let said = stderr.trim();
        let (program, remedy) = match becoming {
            Become::No => ("", ""),
            Become::Sudo { password: None } => (
                "sudo",
                "set ansible_become_password, give the password by --ask-become-pass, or allow \
                 the user to sudo without one",
            ),
            Become::Sudo { password: Some(_) } => {
                ("sudo", "check the password for sudo, and that the user may sudo")
            }
            Become::Doas => {
                ("doas", "allow the user to doas by `permit nopass` in the host's doas.conf")
            }
        };
        if !program.is_empty() && said.contains(program) {
            let last = said.lines().last().unwrap_or_default();
            return Self {
                reason: format!("{program} refused: {last}"),
                remedy: Some(remedy.to_owned()),
                lost: false,
            };
        }
        let code = status.map_or_else(|| "by a signal".to_owned(), |s| format!("with status {s}"));
        let last = said.lines().last().map_or_else(String::new, |line| format!(": {line}"));
        Self {
            reason: format!("the script on the host ended {code} before its time{last}"),
            remedy: None,
            lost: false,
        }
    }

    /// As the outcome of a host on which nothing was begun.
    pub fn outcome(self) -> Outcome {
        if self.lost {
            Outcome::Unreachable { reason: self.reason, remedy: self.remedy }
        } else {
            Outcome::Failed { reason: self.reason, remedy: self.remedy }
        }
    }
}

/// A connection that could not be made, as an outcome.
pub fn not_connected(error: &ConnectError) -> Outcome {
    let (reason, remedy) = (error.to_string(), error.remedy());
    if error.is_unreachable() {
        Outcome::Unreachable { reason, remedy }
    } else {
        Outcome::Failed { reason, remedy }
    }
}

#[cfg(test)]
mod tests {
    use super::Trouble;

    #[test]
    fn who_is_not_root_is_told_how_to_become_it() {
        let script = include_str!("../remote/scripts/lib.sh");
        assert!(script.contains("die 'not root on the host'"));
        let trouble = Trouble::failed("not root on the host");
        assert!(trouble.remedy.is_some_and(|remedy| remedy.contains("ansible_become: true")));
        assert_eq!(Trouble::failed("no space").remedy, None);
    }
}
