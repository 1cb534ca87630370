//! What a configuration says about one host, understood.

use std::path::PathBuf;
use std::time::Duration;

use super::evaluate::{Evaluation, Setting};
use super::expand::{IN_PROXY, Tokens, home, variable};
use super::jump::{self, Hop};
use super::keyword::{flag, seconds};
use super::{ConfigError, Local};
use crate::remote::ssh::target::Family;

/// A private key, and who named it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentityFile {
    /// Its path.
    pub path: PathBuf,
    /// As it is written.
    pub written: String,
    /// Whether it was named for this host itself, and not by a file: then it must exist.
    pub given: bool,
}

/// Which agent is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AgentChoice {
    /// That of `SSH_AUTH_SOCK`.
    Usual,
    /// None.
    None,
    /// The one at this socket.
    At(PathBuf),
}

/// How unknown host keys are met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strict {
    /// Refused.
    Yes,
    /// Recorded.
    AcceptNew,
}

/// What stands between us and the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proxy {
    /// Nothing.
    Direct,
    /// Hosts on the way, the first one to connect to first.
    Jump(Vec<Hop>),
    /// A command, its tokens not yet replaced, whose standard input and output lead there.
    Command(String),
}

/// What a configuration says about one host. Whatever is none or empty is not said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The name as given, before `HostName`.
    pub original: String,
    /// `HostName`, or the name as given.
    pub host: String,
    /// `Port`.
    pub port: u16,
    /// `User`; the local user's name without.
    pub user: String,
    /// `HostKeyAlias`.
    pub host_key_alias: Option<String>,
    /// `IdentityFile`; a list that has only `none` names no key at all.
    pub identity_files: Vec<IdentityFile>,
    /// Whether `IdentityFile none` says that there is none.
    pub no_identities: bool,
    /// `CertificateFile`.
    pub certificate_files: Vec<PathBuf>,
    /// `IdentitiesOnly`.
    pub identities_only: bool,
    /// `IdentityAgent`.
    pub agent: AgentChoice,
    /// `AddressFamily`.
    pub family: Option<Family>,
    /// `BindAddress`.
    pub bind: Option<String>,
    /// `UserKnownHostsFile`.
    pub known_hosts: Option<Vec<PathBuf>>,
    /// `GlobalKnownHostsFile`.
    pub global_known_hosts: Option<Vec<PathBuf>>,
    /// `StrictHostKeyChecking`.
    pub strict: Option<Strict>,
    /// `HashKnownHosts`.
    pub hash_known_hosts: bool,
    /// `RevokedHostKeys`.
    pub revoked: Option<PathBuf>,
    /// `ConnectTimeout`.
    pub connect_timeout: Option<Duration>,
    /// `ServerAliveInterval`.
    pub alive_interval: Option<Duration>,
    /// `ServerAliveCountMax`.
    pub alive_max: Option<usize>,
    /// `ProxyJump` or `ProxyCommand`.
    pub proxy: Proxy,
    /// `KexAlgorithms`.
    pub kex: Option<String>,
    /// `Ciphers`.
    pub ciphers: Option<String>,
    /// `MACs`.
    pub macs: Option<String>,
    /// `HostKeyAlgorithms`.
    pub host_keys: Option<String>,
    /// `PubkeyAuthentication`.
    pub public_key: bool,
    /// `PasswordAuthentication`.
    pub password: bool,
    /// `KbdInteractiveAuthentication`.
    pub interactive: bool,
    /// `PreferredAuthentications`.
    pub methods: Option<Vec<String>>,
    /// The file that was read instead of the usual ones.
    pub file: Option<PathBuf>,
    /// Lines that apply and have no effect, each with its place and why.
    pub without_effect: Vec<String>,
}

impl Options {
    pub(super) fn new(
        found: Evaluation,
        original: &str,
        local: &Local,
    ) -> Result<Self, ConfigError> {
        let text = |keyword: &str| found.get(keyword).map(|one| one.value().to_owned());
        let truth = |keyword: &str| found.get(keyword).and_then(|one| flag(one.value()));
        let time = |keyword: &str| {
            let time = found.get(keyword).and_then(|one| seconds(one.value()));
            time.filter(|seconds| *seconds > 0).map(Duration::from_secs)
        };
        let number = |keyword: &str| found.get(keyword).and_then(|one| one.value().parse().ok());
        let user = text("user").unwrap_or_else(|| local.user.clone());
        let port = number("port").unwrap_or(22);
        let reader = Reader { found: &found, original, local, user: &user, port };
        reader.check()?;
        let (identity_files, no_identities) = reader.identities()?;
        Ok(Self {
            identity_files,
            no_identities,
            certificate_files: reader.each("certificatefile")?,
            agent: reader.agent()?,
            family: reader.family(),
            known_hosts: reader.files("userknownhostsfile")?,
            global_known_hosts: reader.files("globalknownhostsfile")?,
            strict: reader.strict(),
            revoked: reader.file("revokedhostkeys")?,
            proxy: reader.proxy()?,
            host_key_alias: text("hostkeyalias"),
            identities_only: truth("identitiesonly").unwrap_or(false),
            bind: text("bindaddress"),
            hash_known_hosts: truth("hashknownhosts").unwrap_or(false),
            connect_timeout: time("connecttimeout"),
            alive_interval: time("serveraliveinterval"),
            alive_max: number("serveralivecountmax").map(usize::from),
            kex: text("kexalgorithms"),
            ciphers: text("ciphers"),
            macs: text("macs"),
            host_keys: text("hostkeyalgorithms"),
            public_key: text("pubkeyauthentication").is_none_or(|text| flag(&text) != Some(false)),
            password: truth("passwordauthentication").unwrap_or(true),
            interactive: truth("kbdinteractiveauthentication").unwrap_or(true),
            methods: text("preferredauthentications")
                .map(|text| text.split(',').map(str::to_owned).collect()),
            without_effect: reader.without_effect(),
            file: None,
            original: original.to_owned(),
            host: found.host.clone(),
            port,
            user,
        })
    }

    /// A proxy command with its tokens replaced, for the place where it is to lead.
    ///
    /// # Errors
    /// A token without a meaning.
    pub fn proxy_command(&self, command: &str, host: &str, port: u16) -> Result<String, String> {
        let local =
            Local { user: String::new(), uid: 0, home: PathBuf::new(), host: String::new() };
        let tokens = Tokens {
            local: &local,
            host,
            original: &self.original,
            port,
            user: &self.user,
            alias: self.host_key_alias.as_deref().unwrap_or(&self.original),
            jump: "",
        };
        tokens.expand(command, IN_PROXY)
    }
}

struct Reader<'a> {
    found: &'a Evaluation,
    original: &'a str,
    local: &'a Local,
    user: &'a str,
    port: u16,
}

impl Reader<'_> {
    fn tokens(&self) -> Tokens<'_> {
        let alias = self.found.get("hostkeyalias").map_or(self.original, Setting::value);
        Tokens {
            local: self.local,
            host: &self.found.host,
            original: self.original,
            port: self.port,
            user: self.user,
            alias,
            jump: self.found.get("proxyjump").map_or("", Setting::value),
        }
    }

    /// What would lead to another host than `ssh` would, and is not followed.
    fn check(&self) -> Result<(), ConfigError> {
        if let Some(setting) = self.found.get("canonicalizehostname") {
            let dots = self
                .found
                .get("canonicalizemaxdots")
                .map_or(1, |max| max.value().parse::<usize>().unwrap_or(1));
            let on = !["no", "false", "none"].contains(&setting.value().to_lowercase().as_str());
            let address = self.found.host.parse::<std::net::IpAddr>().is_ok();
            if on && !address && self.found.host.matches('.').count() <= dots {
                let message = format!(
                    "CanonicalizeHostname is not supported, and would change `{}`",
                    self.found.host
                );
                return Err(setting.error(message, "write the full name as `HostName`"));
            }
        }
        if let Some(setting) = self.found.get("proxyusefdpass")
            && flag(setting.value()) == Some(true)
            && self.found.get("proxycommand").is_some()
        {
            let message = "ProxyUseFdpass is not supported".to_owned();
            return Err(setting.error(message, "use a command that copies the data, as `nc` does"));
        }
        Ok(())
    }

    fn file_of(&self, setting: &Setting, text: &str) -> Result<PathBuf, ConfigError> {
        let file = self.tokens().file(text);
        file.map_err(|message| setting.error(message, "correct the path"))
    }

    fn identities(&self) -> Result<(Vec<IdentityFile>, bool), ConfigError> {
        let (mut files, mut none) = (Vec::new(), false);
        for setting in self.found.each.iter().filter(|one| one.keyword == "identityfile") {
            for text in &setting.arguments {
                if text.eq_ignore_ascii_case("none") {
                    none = true;
                    continue;
                }
                files.push(IdentityFile {
                    path: self.file_of(setting, text)?,
                    written: text.clone(),
                    given: setting.given,
                });
            }
        }
        none &= files.is_empty();
        Ok((files, none))
    }

    fn each(&self, keyword: &str) -> Result<Vec<PathBuf>, ConfigError> {
        let settings = self.found.each.iter().filter(|one| one.keyword == keyword);
        let named = settings.filter(|one| !one.value().eq_ignore_ascii_case("none"));
        named.map(|one| self.file_of(one, one.value())).collect()
    }

    fn agent(&self) -> Result<AgentChoice, ConfigError> {
        let Some(setting) = self.found.get("identityagent") else {
            return Ok(AgentChoice::Usual);
        };
        match setting.value() {
            "none" => Ok(AgentChoice::None),
            "SSH_AUTH_SOCK" => Ok(AgentChoice::Usual),
            text => match text.strip_prefix('$').filter(|rest| !rest.starts_with('{')) {
                // An agent that is not there does not matter.
                Some(name) => {
                    Ok(variable(name).map_or(AgentChoice::None, |at| AgentChoice::At(at.into())))
                }
                None => Ok(AgentChoice::At(self.file_of(setting, text)?)),
            },
        }
    }

    fn family(&self) -> Option<Family> {
        match self.found.get("addressfamily")?.value().to_lowercase().as_str() {
            "inet" => Some(Family::V4),
            "inet6" => Some(Family::V6),
            _ => None,
        }
    }

    fn files(&self, keyword: &str) -> Result<Option<Vec<PathBuf>>, ConfigError> {
        let Some(setting) = self.found.get(keyword) else {
            return Ok(None);
        };
        let named = setting.arguments.iter().filter(|one| !one.eq_ignore_ascii_case("none"));
        let files = named.map(|text| match keyword {
            "globalknownhostsfile" => home(text, self.local)
                .map(PathBuf::from)
                .map_err(|message| setting.error(message, "correct the path")),
            _ => self.file_of(setting, text),
        });
        Ok(Some(files.collect::<Result<_, _>>()?))
    }

    fn file(&self, keyword: &str) -> Result<Option<PathBuf>, ConfigError> {
        Ok(self.files(keyword)?.and_then(|files| files.into_iter().next()))
    }

    fn strict(&self) -> Option<Strict> {
        match self.found.get("stricthostkeychecking")?.value().to_lowercase().as_str() {
            "no" | "false" | "off" | "accept-new" => Some(Strict::AcceptNew),
            _ => Some(Strict::Yes),
        }
    }

    fn proxy(&self) -> Result<Proxy, ConfigError> {
        if let Some(setting) = self.found.get("proxycommand") {
            return Ok(match setting.value() {
                text if text.eq_ignore_ascii_case("none") => Proxy::Direct,
                text => Proxy::Command(text.to_owned()),
            });
        }
        let Some(setting) = self.found.get("proxyjump") else {
            return Ok(Proxy::Direct);
        };
        let fail = |message: String| setting.error(message, "see ProxyJump in ssh_config(5)");
        let text = self.tokens().expand(setting.value(), IN_PROXY).map_err(fail)?;
        let hops = jump::parse(&text).map_err(fail)?;
        Ok(if hops.is_empty() { Proxy::Direct } else { Proxy::Jump(hops) })
    }

    fn without_effect(&self) -> Vec<String> {
        let words = |(setting, why): &(Setting, &str)| {
            let Setting { keyword, file, line, .. } = setting;
            format!("{}:{line}: `{keyword}` has no effect: {why}", file.display())
        };
        self.found.without_effect.iter().map(words).collect()
    }
}
