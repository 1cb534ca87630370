//! What is remembered of a lab of twins, and how commands run in it.

use std::ffi::OsString;
use std::io::Write;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::super::args::Inventory;
use super::super::failure::Failure;
use crate::diagnostic::Diagnostic;
use crate::lab::{Lab, LabError, Standing};
use crate::twin::Twin;

/// Runs a command that knows the inventory's names and asks no resolver: the machine's own
/// would answer for the real hosts.
const KNOWING: &str = "mount --bind \"$1\" /etc/hosts || exit 125\n\
    mount --bind /dev/null /etc/resolv.conf 2>/dev/null\n\
    shift\nexec \"$@\"";

/// No question is asked, and no other key is tried or taken.
const STRICT: [&str; 3] = ["BatchMode=yes", "IdentitiesOnly=yes", "StrictHostKeyChecking=yes"];

/// A lab of twins, as later commands have to know it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct About {
    /// The twins.
    pub twins: Vec<Twin>,
    /// Names that are no addresses, with their addresses.
    pub names: Vec<(String, IpAddr)>,
    /// What was assumed.
    pub assumptions: Vec<String>,
    /// The words that name the inventory, its hosts, vars and passwords.
    pub inventory: Vec<String>,
    /// The playbook.
    pub playbook: Option<PathBuf>,
    /// Who logs in where the inventory names nobody.
    pub user: Option<String>,
}

impl About {
    /// The twin of a host.
    pub fn twin(&self, host: &str) -> Result<&Twin, Failure> {
        self.twins.iter().find(|twin| twin.host == host).ok_or_else(|| {
            let known: Vec<&str> = self.twins.iter().map(|twin| twin.host.as_str()).collect();
            Diagnostic::error(format!("this lab has no twin of {host}"))
                .remedy(format!("it has {}", super::super::project::some(&known)))
                .into()
        })
    }

    /// The words of `rappel apply` on the twins, with the inventory that they are made of: no
    /// provider is ever called. A playbook other than the lab's may be named.
    pub fn apply(&self, program: OsString, keys: &Keys, playbook: Option<&Path>) -> Vec<OsString> {
        let mut words: Vec<OsString> = vec![program, "apply".into()];
        words.extend(playbook.or(self.playbook.as_deref()).map(OsString::from));
        words.extend(self.inventory.iter().map(OsString::from));
        words.extend(keys.reach(self.user.as_deref()));
        words.extend(["--rescue".into(), "never".into()]);
        words
    }
}

/// Where a lab keeps what opens its hosts.
#[derive(Debug, Clone)]
pub struct Keys {
    /// The lab's own directory.
    pub dir: PathBuf,
    /// The private key.
    pub key: PathBuf,
    /// The hosts' keys.
    pub known_hosts: PathBuf,
}

impl Keys {
    /// Of a lab.
    pub fn of(lab: &Lab) -> Self {
        Self { dir: lab.dir().to_owned(), key: lab.key(), known_hosts: lab.known_hosts() }
    }

    /// Of a lab that somebody else holds.
    pub fn at(standing: &Standing) -> Self {
        let Standing { dir, key, known_hosts, .. } = standing.clone();
        Self { dir, key, known_hosts }
    }

    /// How `rappel` reaches twins: no file of the user's has a say, and what is done is kept
    /// in a journal of the lab's own.
    pub fn reach(&self, user: Option<&str>) -> Vec<OsString> {
        let mut words: Vec<OsString> = Vec::new();
        let mut option = |name: &str, value: &Path| {
            words.push(name.into());
            words.push(value.into());
        };
        option("--private-key", &self.key);
        option("--known-hosts", &self.known_hosts);
        option("--journal", &self.dir.join("journal.db"));
        option("--ssh-config", &self.dir.join("ssh_config"));
        words.push("--extra-vars".into());
        words.push(format!("ansible_ssh_private_key_file={}", self.key.display()).into());
        if let Some(user) = user {
            words.extend(["--user".into(), user.into()]);
        }
        words
    }

    /// The words for `ssh` up to its destination. A twin that says nothing is given up after so
    /// many seconds: by itself, OpenSSH would wait for minutes.
    pub fn ssh(&self, twin: &Twin, address: IpAddr, seconds: u32) -> Vec<OsString> {
        let mut words: Vec<OsString> = vec!["ssh".into(), "-F".into(), "none".into()];
        words.extend(["-i".into(), self.key.clone().into()]);
        let known = format!("UserKnownHostsFile={}", self.known_hosts.display());
        let own = format!("HostKeyAlias={}", twin.name);
        let patience = format!("ConnectTimeout={seconds}");
        for option in [&known, &own, &patience].map(String::as_str).into_iter().chain(STRICT) {
            words.extend(["-o".into(), option.into()]);
        }
        words.extend(["-p".into(), twin.port.to_string().into()]);
        words.push(format!("root@{address}").into());
        words
    }

    /// A command line that knows the names of the lab's hosts.
    pub fn knowing(&self, names: &[(String, IpAddr)], argv: &[OsString]) -> Vec<OsString> {
        if names.is_empty() {
            return argv.to_vec();
        }
        let mut words: Vec<OsString> =
            ["unshare", "--mount", "sh", "-c", KNOWING, "lab"].map(OsString::from).to_vec();
        words.push(self.dir.join("hosts").into());
        words.extend(argv.iter().cloned());
        words
    }

    /// Writes the file of names, if there are any, and what opens hosts on the way to others:
    /// as with OpenSSH, a key that is given is for the host itself.
    ///
    /// # Errors
    /// The operating system's refusal.
    pub fn keep_names(&self, names: &[(String, IpAddr)]) -> Result<(), LabError> {
        let lines: String =
            names.iter().map(|(name, address)| format!("{address} {name}\n")).collect();
        let path = self.dir.join("hosts");
        let config = format!("Host *\n  IdentityFile \"{}\"\n", self.key.display());
        std::fs::write(self.dir.join("ssh_config"), config)
            .and_then(|()| std::fs::File::create(&path))
            .and_then(|mut file| write!(file, "127.0.0.1 localhost\n::1 localhost\n{lines}"))
            .map_err(|source| LabError::Io {
                what: format!("cannot write {}", path.display()),
                source,
            })
    }
}

/// The words that name an inventory again, wherever they are typed.
pub fn inventory_words(args: &Inventory) -> Vec<String> {
    let mut words = Vec::new();
    let mut option = |name: &str, value: String| words.extend([name.to_owned(), value]);
    for path in &args.inventory {
        option("--inventory", absolute(path).display().to_string());
    }
    for (name, value) in [("--limit", &args.limit), ("--exclude", &args.exclude)] {
        if let Some(value) = value {
            option(name, value.clone());
        }
    }
    for vars in &args.extra_vars {
        let file = vars.strip_prefix('@').map(|file| absolute(Path::new(file)));
        option("--extra-vars", file.map_or(vars.clone(), |file| format!("@{}", file.display())));
    }
    for file in &args.vault_password_file {
        option("--vault-password-file", absolute(file).display().to_string());
    }
    for id in &args.vault_id {
        option("--vault-id", id.clone());
    }
    for file in &args.age_identity {
        option("--age-identity", absolute(file).display().to_string());
    }
    if args.ask_vault_pass {
        words.push("--ask-vault-pass".to_owned());
    }
    words
}

/// A path that means the same from everywhere. What names no file of this machine, as
/// `vagrant:DIR`, stays as it is.
pub fn absolute(path: &Path) -> PathBuf {
    match path.exists() {
        true => std::path::absolute(path).unwrap_or_else(|_| path.to_owned()),
        false => path.to_owned(),
    }
}
