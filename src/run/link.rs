//! A connection to a host with root at its end: login, become, one script at a time.

use std::time::Duration;

use tokio::time::timeout;

use super::context::Context;
use super::place::{self, Place};
use crate::desired::{Become, Connection, Host};
use crate::remote::quote;
use crate::remote::ssh::{self, ConnectError, Exec, Session, Target};
use crate::remote::wire::Reply;
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

/// A place where a host is looked for.
#[derive(Debug, Clone)]
pub struct Way {
    /// Where to connect.
    pub place: Place,
    /// Names in `known_hosts` that count as well as the place's own, and before it.
    pub known_as: Vec<String>,
}

impl Way {
    /// As the inventory says.
    pub fn named(host: &Host) -> Self {
        Self { place: place::named(host), known_as: Vec::new() }
    }

    /// The names in `known_hosts` under which this host may be recorded.
    pub fn names(&self) -> Vec<String> {
        let mut names = self.known_as.clone();
        // A record for any port counts too, as at the place itself.
        names.extend([self.place.known_as(), self.place.address.clone()]);
        names.dedup();
        names
    }
}

/// A host as it was found.
#[derive(Debug)]
pub struct Found {
    /// The connection to it.
    pub link: Link,
    /// Where it was found.
    pub way: Way,
    /// Where it is to be found after a change, if it moves.
    pub moves_to: Option<Way>,
}

impl Found {
    /// Connects to a host where it is now: at its old place, if one is declared and it
    /// still answers there, else where the inventory says.
    ///
    /// # Errors
    ///
    /// The outcome of a host that cannot be reached.
    pub async fn open(context: &Context, host: &Host) -> Result<Self, Outcome> {
        let named = Way::named(host);
        let old = place::old(host).map_err(|reason| Outcome::Failed {
            reason,
            remedy: Some("correct the var in the inventory".to_owned()),
        })?;
        let Some(old) = old else {
            let link = Link::open(context, host, &named).await;
            let link = link.map_err(|error| not_connected(&error))?;
            return Ok(Self { link, way: named, moves_to: None });
        };
        let old = Way { place: old, known_as: Vec::new() };
        let moved = Way { known_as: old.names(), ..named.clone() };
        match Link::open(context, host, &old).await {
            Ok(link) => return Ok(Self { link, way: old, moves_to: Some(moved) }),
            Err(error) if !error.is_unreachable() => return Err(not_connected(&error)),
            Err(_) => {}
        }
        // The move may be done already; then the key may be recorded under either name.
        match Link::open(context, host, &moved).await {
            Ok(link) => Ok(Self { link, way: moved, moves_to: None }),
            Err(error) => Err(not_connected(&error)),
        }
    }
}

impl Link {
    /// A session that was made elsewhere, with an account that may have to become root.
    pub fn of(session: Session, becomes: bool) -> Self {
        let r#become = if becomes { Become::Sudo { password: None } } else { Become::No };
        Self { session, r#become }
    }

    /// Connects anew: a new TCP connection from a new port, nothing shared.
    pub async fn open(context: &Context, host: &Host, way: &Way) -> Result<Self, ConnectError> {
        for name in &way.known_as {
            match Self::open_as(context, host, &way.place, Some(name)).await {
                // Not recorded under this name: another one may know it.
                Err(ConnectError::HostKeyUnknown(_)) => {}
                result => return result,
            }
        }
        Self::open_as(context, host, &way.place, None).await
    }

    async fn open_as(
        context: &Context,
        host: &Host,
        place: &Place,
        known_as: Option<&String>,
    ) -> Result<Self, ConnectError> {
        let mut target = target(context, host, place);
        target.host_key_alias = known_as.cloned();
        let session = ssh::connect(&target, &context.ssh).await?;
        Ok(Self { session, r#become: host.connection.r#become.clone() })
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
                (format!("exec sudo -S -p '' -- sh -c {script}"), Some(password))
            }
        }
    }
}

fn target(context: &Context, host: &Host, place: &Place) -> Target {
    let Connection { user, identity_file, .. } = &host.connection;
    let user = user.as_ref().unwrap_or(&context.user);
    let mut target = Target::new(&host.name, &place.address, user);
    target.port = place.port;
    target.identity_files.extend(identity_file.clone().or_else(|| context.private_key.clone()));
    target.identities_only = !target.identity_files.is_empty();
    target
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
        Self { reason: reason.to_owned(), remedy: None, lost: false }
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
        if *becoming != Become::No && said.contains("sudo") {
            let remedy = match becoming {
                Become::Sudo { password: None } => {
                    "set ansible_become_password, or allow the user to sudo without a password"
                }
                _ => "check ansible_become_password, and that the user may sudo",
            };
            let last = said.lines().last().unwrap_or_default();
            return Self {
                reason: format!("sudo refused: {last}"),
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
