//! Secrets stay out of what is shown, field by field: the line stays, the value goes.

use super::{HostPlan, LiveChange, What};
use crate::desired::{HIDDEN, Host, is_secret};

/// Hides secrets in what a plan shows: those of the host, and in any file the value of a field
/// whose name says so (`wpa-psk`, `PrivateKey = …`). What the host is sent is not touched.
pub fn hide_secrets(plan: &mut HostPlan, host: &Host) {
    for change in &mut plan.files {
        change.diff = without_secrets(&change.diff, host);
    }
    // The value of a key whose name says so is the kernel's secret, whoever has written it.
    for drifted in &mut plan.compared.drift {
        if drifted.what == What::Sysctl && is_secret(&drifted.subject) {
            "is not as wanted".clone_into(&mut drifted.how);
        }
    }
    for change in &mut plan.live {
        if let LiveChange::Sysctl { key, from, to } = change
            && is_secret(key)
        {
            *from = from.as_ref().map(|_| HIDDEN.to_owned());
            HIDDEN.clone_into(to);
        }
    }
    let live = plan.live.iter_mut().flat_map(shown_of);
    let drift = plan.compared.drift.iter_mut();
    let drift = drift.flat_map(|drifted| [&mut drifted.subject, &mut drifted.how]);
    for text in live.chain(drift).chain(&mut plan.unforeseen).chain(&mut plan.warnings) {
        *text = host.secrets.hide(text);
    }
    for line in plan.rehearsal.iter_mut().flat_map(|rehearsal| &mut rehearsal.said) {
        // A tool's words have no sign before them.
        *line = masked(&format!(" {}", host.secrets.hide(line))).split_off(1);
    }
}

/// A diff in which secrets are hidden in the same way.
pub fn without_secrets(diff: &str, host: &Host) -> String {
    masked(&host.secrets.hide_diff(diff))
}

/// The texts of a live change that come from files.
fn shown_of(change: &mut LiveChange) -> Vec<&mut String> {
    match change {
        LiveChange::Sysctl { to, .. } => vec![to],
        LiveChange::NftTable { .. } => Vec::new(),
        LiveChange::NftRules { changes, .. } => changes.iter_mut().map(|c| &mut c.rule).collect(),
    }
}

fn masked(diff: &str) -> String {
    let line = |line| {
        if ["--- ", "+++ ", "@@ "].iter().any(|head| str::starts_with(line, head)) {
            line.to_owned()
        } else {
            field(line)
        }
    };
    diff.split_inclusive('\n').map(line).collect()
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
    if name.starts_with('#') || !is_secret(name) || path || value.trim().is_empty() {
        return line.to_owned();
    }
    let between = &after[..after.len() - value.len()];
    let newline = if line.ends_with('\n') { "\n" } else { "" };
    format!("{indent}{name}{between}{HIDDEN}{newline}")
}

#[cfg(test)]
mod tests {
    use super::{hide_secrets, masked};
    use crate::desired::{Host, Masks};
    use crate::plan::{HostPlan, LiveChange};

    #[test]
    fn fields_whose_name_says_so_are_masked() {
        let diff = "--- /etc/x\n+++ /etc/x\n@@ -1 +1 @@\n-  wpa-psk old-one\n+  wpa-psk new-one\n PrivateKey = abc=\n-password: hunter2\n ssl_key_path /etc/k\n address 10.0.0.1\n";
        assert_eq!(
            masked(diff),
            "--- /etc/x\n+++ /etc/x\n@@ -1 +1 @@\n-  wpa-psk ********\n+  wpa-psk ********\n PrivateKey = ********\n-password: ********\n ssl_key_path /etc/k\n address 10.0.0.1\n"
        );
    }

    #[test]
    fn odd_lines_stay_as_they_are() {
        for line in ["", "é", "é psk", "\n", "+", "+psk", "=", "€=€"] {
            assert_eq!(masked(line), line);
        }
        assert_eq!(masked("€psk geheim"), "€psk ********");
    }

    #[test]
    fn what_was_encrypted_is_masked_in_all_that_a_plan_shows() {
        let mut host = Host::plain("a");
        host.secrets = Masks::default().and(["geheimnis".to_owned()]);
        let sysctl =
            |to: &str| LiveChange::Sysctl { key: "k".to_owned(), from: None, to: to.to_owned() };
        let mut plan = HostPlan {
            live: vec![sysctl("geheimnis")],
            unforeseen: vec!["what `x geheimnis` does".to_owned()],
            warnings: vec!["geheimnis".to_owned()],
            ..HostPlan::default()
        };
        hide_secrets(&mut plan, &host);
        assert_eq!(plan.live, [sysctl("********")]);
        assert_eq!(plan.unforeseen, ["what `x ********` does"]);
        assert_eq!(plan.warnings, ["********"]);
    }
}
