//! Secrets stay out of diffs, field by field: the line stays, the value goes.

use serde_json::Value;

use super::{HostPlan, LiveChange};
use crate::desired::{Host, is_secret};

/// What is shown instead.
const MASK: &str = "********";
/// Shorter values are words that stand everywhere (`yes`, `22`).
const SHORTEST: usize = 4;

/// Hides secrets in what a plan shows: values of the host's vars whose names say so, and in
/// any file the value of a field whose name does (`wpa-psk`, `PrivateKey = …`). What the
/// host is sent is not touched.
pub fn hide_secrets(plan: &mut HostPlan, host: &Host) {
    let values = values_of(host);
    for change in &mut plan.files {
        change.diff = masked(&change.diff, &values);
    }
    let shown = plan.live.iter_mut().flat_map(shown_of).chain(&mut plan.unforeseen);
    for text in shown.chain(&mut plan.warnings) {
        *text = without(text, &values);
    }
    for line in plan.rehearsal.iter_mut().flat_map(|rehearsal| &mut rehearsal.said) {
        // A tool's words have no sign before them.
        *line = masked(&format!(" {line}"), &values).split_off(1);
    }
}

/// A diff in which secrets are hidden in the same way.
pub fn without_secrets(diff: &str, host: &Host) -> String {
    masked(diff, &values_of(host))
}

fn values_of(host: &Host) -> Vec<String> {
    let mut values = Vec::new();
    for (name, value) in &host.vars {
        collect(value, names_secret(name), &mut values);
    }
    // A value that contains another one is replaced as a whole.
    values.sort_by_key(|value: &String| std::cmp::Reverse(value.len()));
    values
}

/// The texts of a live change that come from files.
fn shown_of(change: &mut LiveChange) -> Vec<&mut String> {
    match change {
        LiveChange::Sysctl { to, .. } => vec![to],
        LiveChange::NftTable { .. } => Vec::new(),
        LiveChange::NftRules { changes, .. } => changes.iter_mut().map(|c| &mut c.rule).collect(),
    }
}

fn without(text: &str, values: &[String]) -> String {
    values.iter().fold(text.to_owned(), |text, value| text.replace(value, MASK))
}

fn collect(value: &Value, secret: bool, values: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            for (name, value) in map {
                collect(value, secret || names_secret(name), values);
            }
        }
        Value::Array(list) => list.iter().for_each(|value| collect(value, secret, values)),
        Value::String(text) if secret => {
            let lines = text.lines().map(str::trim).filter(|line| line.len() >= SHORTEST);
            values.extend(lines.map(str::to_owned));
        }
        Value::Number(number) if secret && number.to_string().len() >= SHORTEST => {
            values.push(number.to_string());
        }
        _ => {}
    }
}

fn masked(diff: &str, values: &[String]) -> String {
    diff.split_inclusive('\n')
        .map(|line| {
            let head =
                line.starts_with("--- ") || line.starts_with("+++ ") || line.starts_with("@@ ");
            let line = without(line, values);
            if head { line } else { field(&line) }
        })
        .collect()
}

/// A line `name value`, `name = value` or `name: value` whose name says that it is secret.
fn field(line: &str) -> String {
    let sign = line.chars().next().map_or(0, char::len_utf8);
    let start = line.len() - line[sign..].trim_start().len();
    let (indent, rest) = line.split_at(start);
    let end = rest.find(|c: char| c.is_whitespace() || c == '=' || c == ':').unwrap_or(rest.len());
    let (name, after) = rest.split_at(end);
    let value = after.trim_start_matches([' ', '\t', '=', ':']);
    let path = value.starts_with(['/', '~']);
    if name.starts_with('#') || !names_secret(name) || path || value.trim().is_empty() {
        return line.to_owned();
    }
    let between = &after[..after.len() - value.len()];
    let newline = if line.ends_with('\n') { "\n" } else { "" };
    format!("{indent}{name}{between}{MASK}{newline}")
}

/// Whether a name says so, in the spelling of vars and of configuration files.
fn names_secret(name: &str) -> bool {
    let plain = name.to_lowercase().replace('-', "_");
    let fields = ["psk", "privatekey", "presharedkey", "wireless_key", "authkey"];
    is_secret(&plain) || fields.iter().any(|field| plain.ends_with(field))
}

#[cfg(test)]
mod tests {
    use super::{collect, masked};

    #[test]
    fn fields_whose_name_says_so_are_masked() {
        let diff = "--- /etc/x\n+++ /etc/x\n@@ -1 +1 @@\n-  wpa-psk old-one\n+  wpa-psk new-one\n PrivateKey = abc=\n-password: hunter2\n ssl_key_path /etc/k\n address 10.0.0.1\n";
        assert_eq!(
            masked(diff, &[]),
            "--- /etc/x\n+++ /etc/x\n@@ -1 +1 @@\n-  wpa-psk ********\n+  wpa-psk ********\n PrivateKey = ********\n-password: ********\n ssl_key_path /etc/k\n address 10.0.0.1\n"
        );
    }

    #[test]
    fn odd_lines_stay_as_they_are() {
        for line in ["", "é", "é psk", "\n", "+", "+psk", "=", "€=€"] {
            assert_eq!(masked(line, &[]), line);
        }
        assert_eq!(masked("€psk geheim", &[]), "€psk ********");
    }

    #[test]
    fn values_of_secret_vars_are_masked_wherever_they_stand() {
        let vars = serde_json::json!({"vpn": {"private_key": "s3cr3t-value"}, "port": 2222, "api_token": 12345});
        let mut values = Vec::new();
        for (name, value) in vars.as_object().expect("a map") {
            collect(value, super::names_secret(name), &mut values);
        }
        assert_eq!(values, ["s3cr3t-value", "12345"]);
        let shown = masked("+  up wg set wg0 key s3cr3t-value\n+  port 2222\n", &values);
        assert_eq!(shown, "+  up wg set wg0 key ********\n+  port 2222\n");
    }
}
