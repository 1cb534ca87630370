//! The way into the rescue system: the right key, and a host key that is known for this
//! rescue alone. The host's own keys say nothing of it, and its keys nothing of the host.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::machine::Machine;
use super::stuck::Stuck;
use super::wish::Wish;
use crate::provider::{Access, md5_fingerprint};
use crate::remote::ssh::config::{Hop, Proxy};
use crate::remote::ssh::{self, ConnectError, Method, Methods, Road, Secret, Session};
use crate::run::link::Link;
use crate::run::place::Place;
use crate::run::way::Way;

/// Between two attempts.
const PAUSE: Duration = Duration::from_secs(2);
/// How long an answer that is wrong in itself (another host key, a key that is not accepted)
/// is put down to a system that is still going down or coming up.
const WRONG_FOR: Duration = Duration::from_secs(45);
/// For finding out whether it is the host itself that answers.
const GLANCE: Duration = Duration::from_secs(10);

/// The rescue system's address and host keys.
pub(super) struct Door<'a> {
    pub machine: &'a Machine<'a>,
    pub wish: &'a Wish,
    /// The way to the host itself: what is in between stands before both.
    pub way: &'a Way,
    pub access: &'a Access,
    /// The file of host keys of this rescue.
    pub known_hosts: PathBuf,
}

/// One attempt.
enum Answer {
    In(Box<Link>),
    /// Nothing there, or not yet.
    Not(String),
    /// Something is there, and it is not what it should be.
    Wrong(Stuck),
}

impl Door<'_> {
    /// Forgets the keys of an earlier boot of the rescue system; notes those that the
    /// provider tells.
    pub fn fresh(&self) -> std::io::Result<()> {
        let mut text = String::new();
        for key in self.access.host_keys.iter().filter(|key| key.contains(' ')) {
            text.push_str(&format!("{} {key}\n", self.alias()));
        }
        fs::write(&self.known_hosts, text)
    }

    /// Tries until it is in, or until it is hopeless.
    pub async fn open(&self, patience: Duration) -> Result<Link, Stuck> {
        let end = Instant::now() + patience;
        let mut wrong_since: Option<Instant> = None;
        loop {
            let last = match self.attempt().await {
                Answer::In(link) => return Ok(*link),
                Answer::Not(reason) => {
                    wrong_since = None;
                    reason
                }
                Answer::Wrong(stuck) => {
                    let since = *wrong_since.get_or_insert_with(Instant::now);
                    if stuck.refused || since.elapsed() > WRONG_FOR {
                        return Err(stuck);
                    }
                    stuck.reason
                }
            };
            if Instant::now() > end {
                return Err(Stuck::because(format!(
                    "the rescue system did not come up within {} s: {last}",
                    patience.as_secs()
                )));
            }
            self.machine.pause(PAUSE).await?;
        }
    }

    async fn attempt(&self) -> Answer {
        match self.connect(false).await {
            Ok(session) => Answer::In(Box::new(self.link(session))),
            Err(ConnectError::HostKeyUnknown(unknown)) => {
                self.unknown(&unknown.offered.fingerprint, &unknown.line).await
            }
            Err(error) if error.is_unreachable() => Answer::Not(error.to_string()),
            Err(error) => Answer::Wrong(Stuck {
                reason: format!("the rescue system does not let us in: {error}"),
                remedy: Some(match &self.wish.key {
                    Some(key) => format!("it should have been given this key: {}", shown(key)),
                    None => "give it a key: `ssh_key` of rappel_provider".to_owned(),
                }),
                refused: false,
            }),
        }
    }

    /// A host key of which no record is.
    async fn unknown(&self, offered: &str, line: &str) -> Answer {
        let told = &self.access.host_keys;
        let key = line.split_once(' ').map(|(_, key)| key);
        let md5 = key.and_then(md5_fingerprint);
        if told.iter().any(|key| key == offered || Some(key) == md5.as_ref()) {
            return self.accept(offered).await;
        }
        if self.is_the_host(offered).await {
            return Answer::Not("the host itself still answers".to_owned());
        }
        if !told.is_empty() {
            return Answer::Wrong(Stuck::with(
                format!("the host key is {offered}, and the provider says {}", told.join(", ")),
                "somebody may be in between: do not go on before that is explained",
            ));
        }
        if self.wish.accept_key {
            self.machine.note(format!("the rescue system's host key is taken as it is: {offered}"));
            return self.accept(offered).await;
        }
        let ask = Arc::clone(&self.wish.ask);
        let question = format!(
            "The rescue system of {} shows the host key {offered}, and the provider does not tell \
             which one it has. Compare it on the console if you can. Go on?",
            self.wish.host.name
        );
        let said = tokio::task::spawn_blocking(move || ask.yes(&question)).await;
        match said {
            Ok(Ok(true)) => self.accept(offered).await,
            Ok(Ok(false)) => Answer::Wrong(Stuck::refused("the host key was not accepted")),
            Ok(Err(reason)) => Answer::Wrong(Stuck {
                reason: format!(
                    "the rescue system's host key is not known ({offered}), and {reason}"
                ),
                remedy: Some("--accept-new takes the key as it comes".to_owned()),
                refused: true,
            }),
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }

    /// Connects anew and takes this very key, which is recorded by that.
    async fn accept(&self, fingerprint: &str) -> Answer {
        match self.connect(true).await {
            Ok(session) if session.host_key() == fingerprint => {
                Answer::In(Box::new(self.link(session)))
            }
            Ok(session) => {
                // Another one than a moment ago: neither of them is to be trusted.
                let other = session.host_key().to_owned();
                drop(session);
                let _ = fs::write(&self.known_hosts, "");
                Answer::Wrong(Stuck::because(format!(
                    "the host key was {fingerprint} and is {other} a moment later"
                )))
            }
            Err(error) if error.is_unreachable() => Answer::Not(error.to_string()),
            Err(error) => Answer::Wrong(Stuck::because(format!(
                "the rescue system does not let us in: {error}"
            ))),
        }
    }

    /// Whether the host itself is what answers, because it has not gone down yet.
    async fn is_the_host(&self, offered: &str) -> bool {
        let open = Link::open(self.machine.context, &self.wish.host, self.way);
        let link = timeout(GLANCE, open).await;
        link.is_ok_and(|link| link.is_ok_and(|link| link.host_key() == offered))
    }

    fn link(&self, session: Session) -> Link {
        let password = self.access.password.as_ref().map(|password| password.reveal().to_owned());
        Link::of(session, self.user() != "root", password)
    }

    /// The account that is logged in to.
    pub fn user(&self) -> &str {
        self.access.user.as_deref().unwrap_or("root")
    }

    /// No name that a host could have, so that its own keys never count.
    fn alias(&self) -> String {
        format!("{}@rescue", self.wish.host.name)
    }

    fn place(&self) -> Place {
        let named = &self.way.place.address;
        let address = self.access.address.as_ref().unwrap_or(named).clone();
        Place { address, port: self.access.port.unwrap_or(22) }
    }

    async fn connect(&self, accept_new: bool) -> Result<Session, ConnectError> {
        let Road { target, settings } = self.road(accept_new)?;
        ssh::connect(&target, &settings).await
    }

    /// As to the host itself, but for what is the rescue system's own: place, account, host
    /// keys. The host's password is none of its business.
    fn road(&self, accept_new: bool) -> Result<Road, ConnectError> {
        let way = Way {
            place: self.place(),
            options: Arc::clone(&self.way.options),
            known_as: Vec::new(),
            must_reach: None,
        };
        let mut road = way.road(self.machine.context, &self.wish.host)?;
        self.user().clone_into(&mut road.target.user);
        road.target.host_key_alias = Some(self.alias());
        road.target.identities_only |= !road.target.identity_files.is_empty();
        road.target.methods = Methods(vec![Method::PublicKey]);
        // The rescue system's own, once its host key is known; never the host's.
        road.target.password = self.access.password.as_ref().map(|p| Secret::new(p.reveal()));
        if road.target.password.is_some() {
            road.target.methods.0.push(Method::Password);
        }
        road.settings.known_hosts = vec![self.known_hosts.clone()];
        road.settings.global_known_hosts.clear();
        road.settings.accept_new = accept_new;
        Ok(road)
    }

    /// How OpenSSH is called to get in, with a command to run there.
    pub fn argv(&self, command: Option<&str>) -> Vec<String> {
        let Place { address, port } = self.place();
        let options = &self.way.options;
        let mut argv = vec!["ssh".to_owned(), "-p".to_owned(), port.to_string()];
        if let Some(file) = &options.file {
            argv.extend(["-F".to_owned(), text(file)]);
        }
        let mut option = |text: String| argv.extend(["-o".to_owned(), text]);
        option(format!("UserKnownHostsFile={}", self.known_hosts.display()));
        option("GlobalKnownHostsFile=/dev/null".to_owned());
        option(format!("HostKeyAlias={}", self.alias()));
        match &options.proxy {
            Proxy::Direct => {}
            Proxy::Jump(row) => {
                let row: Vec<String> = row.iter().map(Hop::to_string).collect();
                option(format!("ProxyJump={}", row.join(",")));
            }
            Proxy::Command(command) => {
                let command = options.proxy_command(command, &address, port);
                option(format!("ProxyCommand={}", command.unwrap_or_default()));
            }
        }
        for file in options.identity_files.iter().filter(|file| file.given) {
            argv.extend(["-i".to_owned(), text(&file.path)]);
        }
        argv.extend(["-t".to_owned(), "-l".to_owned(), self.user().to_owned(), address]);
        argv.extend(command.map(str::to_owned));
        argv
    }
}

fn text(path: &Path) -> String {
    path.display().to_string()
}

/// A key's type, the end of it, and its comment: enough to know it again.
fn shown(key: &str) -> String {
    let mut words = key.split_whitespace();
    let kind = words.next().unwrap_or_default();
    let data = words.next().unwrap_or_default();
    let end: String = data.chars().skip(data.chars().count().saturating_sub(12)).collect();
    format!("{kind} …{end} {}", words.collect::<Vec<_>>().join(" "))
}
