//! How a host is reached, from its `ansible_*` vars.

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::Value;

use crate::diagnostic::{Diagnostic, Place};

use super::template::Scope;
use super::{Become, Connection, SshOptions};

/// Vars of Ansible that change the way to a host and that rappel does not follow.
const IGNORED: [(&str, &str); 4] = [
    ("ansible_become_exe", "sudo is called as `sudo`"),
    ("ansible_become_flags", "sudo is called without flags"),
    ("ansible_ssh_executable", "rappel speaks SSH itself"),
    ("ansible_ssh_private_key", "write the path of a file to `ansible_ssh_private_key_file`"),
];

/// Reads a host's connection vars.
///
/// # Errors
/// Every var with a value that cannot be used.
pub(crate) fn connection(scope: &Arc<Scope>) -> Result<Connection, Vec<Diagnostic>> {
    let mut reader = Reader { scope, mistakes: Vec::new() };
    let connection = reader.read();
    if reader.mistakes.is_empty() { Ok(connection) } else { Err(reader.mistakes) }
}

/// A warning for each var that has no effect.
pub(crate) fn ignored(scope: &Arc<Scope>) -> Vec<Diagnostic> {
    IGNORED
        .iter()
        .filter_map(|(name, remedy)| {
            let node = scope.vars.get(*name)?;
            let warning = Diagnostic::warning(format!("`{name}` has no effect"));
            Some(warning.at(node.place.clone()).remedy(*remedy))
        })
        .collect()
}

struct Reader<'a> {
    scope: &'a Arc<Scope>,
    mistakes: Vec<Diagnostic>,
}

impl Reader<'_> {
    fn read(&mut self) -> Connection {
        let address = self.text(&["ansible_host", "ansible_ssh_host"]);
        let user = self.text(&["ansible_user", "ansible_ssh_user"]);
        let port = self.port();
        let identity = ["ansible_ssh_private_key_file", "ansible_private_key_file"];
        let identity_file = self.text(&identity).map(PathBuf::from);
        let password = self.text(&["ansible_password", "ansible_ssh_pass", "ansible_ssh_password"]);
        let other = self.kind();
        let r#become = self.r#become(user.as_deref());
        let options = self.options();
        let address = address.unwrap_or_else(|| self.scope.host.clone());
        self.address(&address);
        Connection { address, port, user, identity_file, password, options, r#become, other }
    }

    fn options(&mut self) -> SshOptions {
        let last = ["ansible_ssh_common_args", "ansible_ssh_extra_args"];
        let checked = ["ansible_host_key_checking", "ansible_ssh_host_key_checking"];
        SshOptions {
            first: self.text(&["ansible_ssh_args"]),
            last: last.into_iter().filter_map(|name| Some((name, self.text(&[name])?))).collect(),
            check_host_keys: checked.into_iter().find_map(|name| self.truth(name)),
        }
    }

    fn address(&mut self, address: &str) {
        let odd = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '/' | '@' | '[');
        if address.is_empty() || address.starts_with('-') || address.contains(odd) {
            self.mistake(
                "ansible_host",
                "this is neither a host name nor an address",
                "write a DNS name or an address without user, port or prefix",
            );
        }
    }

    fn port(&mut self) -> Option<u16> {
        let names = ["ansible_port", "ansible_ssh_port"];
        let (name, value) = self.value(&names)?;
        let port = match &value {
            Value::Number(number) => number.as_u64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        match port.and_then(|port| u16::try_from(port).ok()) {
            Some(port) if port > 0 => Some(port),
            _ => {
                self.mistake(name, "the port is not a number from 1 to 65535", "write `22`");
                None
            }
        }
    }

    /// Only SSH leads to a host. One that is reached otherwise may be in an inventory, as
    /// long as nobody asks for it.
    fn kind(&mut self) -> Option<Box<Diagnostic>> {
        let kind = self.text(&["ansible_connection"])?;
        let name = kind.rsplit('.').next().unwrap_or_default();
        if ["ssh", "smart", "paramiko", "paramiko_ssh"].contains(&name) {
            return None;
        }
        let before = self.mistakes.len();
        let (message, remedy) = match kind.strip_prefix("vagrant:") {
            // Elsewhere its address could be another host's.
            Some(state) => (
                format!("the machine `{}` does not run: {state}", self.scope.host),
                "`vagrant up` it, or exclude it with `--limit '!…'`",
            ),
            None => (
                format!("rappel reaches hosts over SSH, not by `{kind}`"),
                "remove it, or exclude this host with `--limit '!…'`",
            ),
        };
        self.mistake("ansible_connection", message, remedy);
        self.mistakes.drain(before..).next().map(Box::new)
    }

    fn r#become(&mut self, user: Option<&str>) -> Option<Become> {
        if !self.truth("ansible_become")? {
            return Some(Become::No);
        }
        let method = self.text(&["ansible_become_method"]).unwrap_or_else(|| "sudo".to_owned());
        let name = method.rsplit('.').next().unwrap_or_default();
        if !["sudo", "doas"].contains(&name) {
            self.mistake(
                "ansible_become_method",
                format!("`{method}` is not a way to root that rappel knows"),
                "use `sudo` or `doas`, or log in as root",
            );
        }
        if let Some(other) = self.text(&["ansible_become_user"])
            && other != "root"
        {
            self.mistake(
                "ansible_become_user",
                format!("the network is root's; `{other}` cannot change it"),
                "remove it",
            );
        }
        if user == Some("root") {
            return Some(Become::No);
        }
        if name == "doas" {
            return Some(Become::Doas);
        }
        let names = ["ansible_become_password", "ansible_become_pass", "ansible_sudo_pass"];
        let password = self.text(&names);
        Some(Become::Sudo { password })
    }

    fn truth(&mut self, name: &'static str) -> Option<bool> {
        let (_, value) = self.value(&[name])?;
        let truth = match &value {
            Value::Bool(truth) => Some(*truth),
            Value::Number(number) => Some(number.as_i64() != Some(0)),
            Value::String(text) => match text.to_lowercase().as_str() {
                "yes" | "true" | "on" | "1" => Some(true),
                "no" | "false" | "off" | "0" | "" => Some(false),
                _ => None,
            },
            _ => None,
        };
        if truth.is_none() {
            self.mistake(name, "this is neither true nor false", "write `true` or `false`");
        }
        truth
    }

    fn text(&mut self, names: &[&'static str]) -> Option<String> {
        let (name, value) = self.value(names)?;
        match value {
            Value::String(text) => Some(text),
            Value::Number(number) => Some(number.to_string()),
            _ => {
                self.mistake(name, "this is not text", "write it on the same line, in quotes");
                None
            }
        }
    }

    /// The first of the names that has a value.
    fn value(&mut self, names: &[&'static str]) -> Option<(&'static str, Value)> {
        for name in names {
            let value = match self.scope.get(name) {
                Ok(Some(value)) => value,
                Ok(None) => {
                    self.mistakes.extend(self.scope.broken(name));
                    continue;
                }
                Err(mistake) => {
                    self.mistakes.push(*mistake);
                    continue;
                }
            };
            match serde_json::to_value(&value) {
                Ok(Value::Null) | Err(_) => {}
                Ok(value) => return Some((name, value)),
            }
        }
        None
    }

    fn mistake(&mut self, name: &str, message: impl Into<String>, remedy: &str) {
        let mistake = Diagnostic::error(message).remedy(remedy);
        let place: Option<Place> = self.scope.vars.get(name).map(|node| node.place.clone());
        self.mistakes.push(match place {
            Some(place) => mistake.at(place),
            None => mistake.because(format!("it is `{name}` of host `{}`", self.scope.host)),
        });
    }
}
