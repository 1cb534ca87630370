//! Where secrets stand in files, by their names. Their values are never told.

use crate::desired::is_secret;

/// Line (from 1) and name of each field whose name says that its value is a secret.
pub(super) fn secrets(text: &str) -> Vec<(usize, String)> {
    let found = text.lines().enumerate().filter_map(|(at, line)| Some((at + 1, field(line)?)));
    found.collect()
}

/// The name in `name value`, `name = value` or `name: value`, if it is a secret's.
fn field(line: &str) -> Option<String> {
    let line = line.trim().trim_start_matches("- ").trim_start_matches('"');
    let end = line.find(|c: char| c.is_whitespace() || "=:\"".contains(c))?;
    let (name, value) = line.split_at(end);
    let value = value.trim_matches(|c: char| c.is_whitespace() || "=:\"{".contains(c));
    let said = !value.is_empty() && !value.starts_with(['/', '~', '$']) && !name.starts_with('#');
    (is_secret(name) && said).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::secrets;

    #[test]
    fn secrets_are_named_and_not_told() {
        let text = "iface wlan0 inet dhcp\n    wpa-ssid home\n    wpa-psk hunter2\n# psk none\n    \
                    auth_type PASS\n    auth_pass hunter2\nPrivateKey = x=\nkey_file_path /etc/x\n";
        let found: Vec<String> =
            secrets(text).into_iter().map(|(line, name)| format!("{line} {name}")).collect();
        assert_eq!(found, ["3 wpa-psk", "6 auth_pass", "7 PrivateKey"]);
    }
}
