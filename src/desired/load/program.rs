//! Inventories that a program prints.

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

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
pub(super) fn node(value: &Value, shown: &str) -> Result<Node, Box<Diagnostic>> {
    let pretty = serde_json::to_string_pretty(value).unwrap_or_default();
    let empty = || Box::new(Diagnostic::error(format!("`{shown}` prints nothing")));
    parse(&Text::new(shown, pretty))?.ok_or_else(empty)
}
