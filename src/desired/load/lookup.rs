//! `lookup('env', …)`, `lookup('pipe', …)`, `lookup('file', …)`: values from outside.

use std::process::{Command, Stdio};

/// What is looked up, as Ansible's plugins of these names do.
///
/// # Errors
/// It cannot be had, or there is no such plugin. Never with what was printed: it may be a
/// secret.
pub(in crate::desired) fn lookup(plugin: &str, term: &str) -> Result<String, String> {
    match plugin.rsplit('.').next().unwrap_or_default() {
        // Ansible gives nothing for a variable that is not set.
        "env" => Ok(std::env::var(term).unwrap_or_default()),
        "pipe" => pipe(term),
        "file" => std::fs::read_to_string(term)
            .map(|text| text.trim_end().to_owned())
            .map_err(|error| format!("cannot read `{term}`: {error}")),
        other => Err(format!("there is no lookup `{other}`; there are env, pipe and file")),
    }
}

fn pipe(command: &str) -> Result<String, String> {
    let mut shell = Command::new("/bin/sh");
    let output = shell.args(["-c", command]).stdin(Stdio::null()).stderr(Stdio::inherit()).output();
    let output = output.map_err(|error| format!("cannot run `{command}`: {error}"))?;
    if !output.status.success() {
        return Err(format!("`{command}` ended with {}", output.status));
    }
    let text = String::from_utf8(output.stdout)
        .map_err(|_| format!("what `{command}` prints is not UTF-8"))?;
    Ok(text.trim_end().to_owned())
}
