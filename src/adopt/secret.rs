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

/// Whether words of a person's name a secret. What stands behind the name may be one.
pub(super) fn names_one(text: &str) -> bool {
    words(text).any(|(word, _)| is_secret(word) || matches!(word, "pw" | "pwd" | "PW"))
}

/// Whether something in a definition has the name of a secret: `password='x'`, `<secret>`.
pub(super) fn assigns_one(text: &str) -> bool {
    words(text).any(|(word, behind)| is_secret(word) && behind.starts_with(['=', '>']))
}

/// The words of a text, each with what stands behind it.
fn words(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let part = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    let mut rest = text;
    std::iter::from_fn(move || {
        let start = rest.find(part)?;
        let (word, behind) =
            rest[start..].split_at(rest[start..].find(|c| !part(c)).unwrap_or(rest.len() - start));
        rest = behind;
        Some((word, behind))
    })
}

#[cfg(test)]
mod tests {
    use super::{assigns_one, names_one, secrets};

    #[test]
    fn what_people_write_may_name_a_secret() {
        for text in ["password: hunter2", "pw hunter2", "(Passwort=hunter2)", "api-token x", "psk"]
        {
            assert!(names_one(text), "{text}");
        }
        for text in ["", "Anna of the second group", "the keys are in the safe", "a passing note"] {
            assert!(!names_one(text), "{text}");
        }
        assert!(assigns_one("<x password='hunter2'/>") && assigns_one("<secret>hunter2</secret>"));
        assert!(!assigns_one("<name>secret-lan</name>"));
    }

    #[test]
    fn secrets_are_named_and_not_told() {
        let text = "iface wlan0 inet dhcp\n    wpa-ssid home\n    wpa-psk hunter2\n# psk none\n    \
                    auth_type PASS\n    auth_pass hunter2\nPrivateKey = x=\nkey_file_path /etc/x\n\
                    password /etc/x\npassword ~/x\npassword $PSK\npassword \n";
        let found: Vec<String> =
            secrets(text).into_iter().map(|(line, name)| format!("{line} {name}")).collect();
        assert_eq!(found, ["3 wpa-psk", "6 auth_pass", "7 PrivateKey"]);
    }
}
