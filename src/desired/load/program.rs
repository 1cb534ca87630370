//! Inventories that a program prints.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Map, Value, json};

use crate::desired::inventory::Printed;
use crate::desired::yaml::{Node, Text, parse};
use crate::diagnostic::Diagnostic;

/// Whether a file is a program.
#[cfg(unix)]
pub(super) fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    let found = std::fs::metadata(path);
    found.is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

/// Whether a file is a program.
#[cfg(not(unix))]
pub(super) fn is_program(_: &Path) -> bool {
    false
}

/// Runs an inventory program.
///
/// # Errors
/// It fails, or prints something else than JSON.
pub(super) fn run(path: &Path) -> Result<Printed, Box<Diagnostic>> {
    let list = asked(path, &["--list"])?;
    let mut hosts = Vec::new();
    if !Printed::has_meta(&list) {
        for name in Printed::named(&list) {
            hosts.push((name.clone(), asked(path, &["--host", &name])?));
        }
    }
    Ok(Printed { list, hosts })
}

fn asked(path: &Path, arguments: &[&str]) -> Result<Node, Box<Diagnostic>> {
    // A bare name would be looked for in PATH.
    let program = if path.is_absolute() { path.to_owned() } else { Path::new(".").join(path) };
    let shown = format!("{} {}", path.display(), arguments.join(" "));
    let said = output(Command::new(program).args(arguments), &shown)?;
    if said.trim().is_empty() && arguments[0] == "--host" {
        return node(&json!({}), &shown);
    }
    let value: Value = serde_json::from_str(&said).map_err(|error| {
        Box::new(
            Diagnostic::error(format!("`{shown}` does not print JSON: {error}"))
                .remedy("a file of data must not be executable: `chmod -x` it"),
        )
    })?;
    node(&value, &shown)
}

fn output(command: &mut Command, shown: &str) -> Result<String, Box<Diagnostic>> {
    let failed = |reason: String| {
        let message = format!("the inventory program `{shown}` failed: {reason}");
        Box::new(Diagnostic::error(message).remedy("run it by hand"))
    };
    let output =
        command.stdin(Stdio::null()).output().map_err(|error| failed(error.to_string()))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let last = said.lines().rev().find(|line| !line.trim().is_empty());
        let last = last.map_or_else(|| output.status.to_string(), str::to_owned);
        return Err(failed(last.chars().filter(|c| !c.is_control()).collect()));
    }
    String::from_utf8(output.stdout).map_err(|_| failed("its output is not UTF-8".to_owned()))
}

/// The output with a line for each value, so that messages can name it.
fn node(value: &Value, shown: &str) -> Result<Node, Box<Diagnostic>> {
    let pretty = serde_json::to_string_pretty(value).unwrap_or_default();
    let empty = || Box::new(Diagnostic::error(format!("`{shown}` prints nothing")));
    parse(&Text::new(shown, pretty))?.ok_or_else(empty)
}

/// The machines of `vagrant:DIRECTORY`, by what `vagrant ssh-config` says there.
///
/// # Errors
/// Vagrant fails.
pub(super) fn vagrant(directory: &str) -> Result<Printed, Box<Diagnostic>> {
    let directory = PathBuf::from(if directory.is_empty() { "." } else { directory });
    let shown = format!("vagrant ssh-config, in {}", directory.display());
    let said = output(Command::new("vagrant").arg("ssh-config").current_dir(&directory), &shown)?;
    let machines = machines(&said);
    let names: Vec<&String> = machines.keys().collect();
    let list = json!({ "vagrant": { "hosts": names }, "_meta": { "hostvars": machines } });
    Ok(Printed { list: node(&list, &shown)?, hosts: Vec::new() })
}

/// The vars of each machine.
fn machines(said: &str) -> Map<String, Value> {
    let mut found: Map<String, Value> = Map::new();
    let mut name = String::new();
    for line in said.lines().map(str::trim) {
        let Some((keyword, value)) = line.split_once(' ') else {
            continue;
        };
        let value = value.trim().trim_matches('"');
        if keyword == "Host" {
            value.clone_into(&mut name);
            found.insert(name.clone(), json!({ "ansible_ssh_common_args": "" }));
            continue;
        }
        let Some(Value::Object(vars)) = found.get_mut(&name) else {
            continue;
        };
        let var = match keyword {
            "HostName" => "ansible_host",
            "User" => "ansible_user",
            "Port" => "ansible_port",
            "IdentityFile" => "ansible_ssh_private_key_file",
            "StrictHostKeyChecking" | "UserKnownHostsFile" | "IdentitiesOnly" | "ProxyCommand" => {
                if let Some(Value::String(all)) = vars.get_mut("ansible_ssh_common_args") {
                    *all = format!("{all} -o '{keyword}={value}'").trim().to_owned();
                }
                continue;
            }
            _ => continue,
        };
        // Further keys of a machine are tried as well, but the first one is its own.
        vars.entry(var).or_insert_with(|| json!(value));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::machines;

    #[test]
    fn machines_have_what_vagrant_says() {
        let said = "Host hv1\n  HostName 127.0.0.1\n  User vagrant\n  Port 2222\n  \
                    UserKnownHostsFile /dev/null\n  StrictHostKeyChecking no\n  \
                    PasswordAuthentication no\n  IdentityFile \"/a b/key\"\n\n\
                    Host hv2\n  HostName 127.0.0.1\n  Port 2200\n";
        let found = machines(said);
        assert_eq!(found.len(), 2);
        assert_eq!(found["hv1"]["ansible_port"], "2222");
        assert_eq!(found["hv1"]["ansible_ssh_private_key_file"], "/a b/key");
        assert_eq!(
            found["hv1"]["ansible_ssh_common_args"],
            "-o 'UserKnownHostsFile=/dev/null' -o 'StrictHostKeyChecking=no'"
        );
        assert_eq!(found["hv2"]["ansible_port"], "2200");
    }
}
