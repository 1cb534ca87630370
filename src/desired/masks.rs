//! Secrets of a host, to be taken out of whatever is shown.

use std::collections::BTreeSet;
use std::fmt;

use serde_json::Value;

use super::listing::HIDDEN;
use super::yaml::is_secret;
use super::{Become, Connection, Host};

/// A shorter value is a word that stands everywhere (`yes`, `22`).
const SHORTEST: usize = 4;
/// The same for what was encrypted under any name: `eth0` is often a part of it.
const SHORTEST_OPENED: usize = 5;

/// Values that must not be shown.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Masks(Vec<String>);

impl fmt::Debug for Masks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Masks({})", self.0.len())
    }
}

impl Masks {
    /// What must not be shown of one host: values that were encrypted or came from a command,
    /// those of vars whose names say that they are secret, and its passwords.
    pub(crate) fn new(
        opened: &[String],
        vars: &serde_json::Map<String, Value>,
        connection: &Connection,
    ) -> Self {
        let mut found = Vec::new();
        for (name, value) in vars {
            collect(value, is_secret(name), &mut found);
        }
        found.extend(connection.password.clone());
        if let Some(Become::Sudo { password: Some(password) }) = &connection.r#become {
            found.push(password.clone());
        }
        Self::default().and(found).and_opened(opened)
    }

    /// These, and what was encrypted or looked up.
    pub(crate) fn and_opened(self, opened: &[String]) -> Self {
        let mut found = self.0;
        opened.iter().for_each(|text| add(text, SHORTEST_OPENED, &mut found));
        Self::sorted(found)
    }

    /// What must not be shown of any of these hosts.
    pub fn of_all<'a>(hosts: impl IntoIterator<Item = &'a Host>) -> Self {
        let words = hosts.into_iter().flat_map(|host| host.secrets.0.iter().cloned());
        // Hosts of a fleet mostly share theirs.
        let words: BTreeSet<String> = words.collect();
        Self::default().and(words)
    }

    /// These and further ones; of a text of several lines each line counts.
    pub fn and(self, words: impl IntoIterator<Item = String>) -> Self {
        let mut found = self.0;
        words.into_iter().for_each(|word| add(&word, SHORTEST, &mut found));
        Self::sorted(found)
    }

    fn sorted(mut found: Vec<String>) -> Self {
        // Of two that overlap, the longer one is taken out whole.
        found.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        found.dedup();
        Self(found)
    }

    /// The same for every text in a value; names of fields stay.
    pub fn hide_in(&self, value: &mut Value) {
        match value {
            Value::String(text) => *text = self.hide(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.hide_in(item)),
            Value::Object(fields) => fields.values_mut().for_each(|field| self.hide_in(field)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// A text without its secrets.
    pub fn hide(&self, text: &str) -> String {
        let mut shown = text.to_owned();
        for secret in self.0.iter().filter(|secret| text.contains(secret.as_str())) {
            shown = shown.replace(secret.as_str(), HIDDEN);
        }
        shown
    }

    /// A unified diff without its secrets. What a secret takes the place of was one as well,
    /// most likely, and nobody knows it any more.
    pub fn hide_diff(&self, diff: &str) -> String {
        let hidden = self.hide(diff);
        if hidden == diff {
            return hidden;
        }
        let mut out = String::with_capacity(hidden.len());
        for (index, hunk) in hidden.split("\n@@").enumerate() {
            let text = if index == 0 { hunk.to_owned() } else { format!("\n@@{hunk}") };
            let renewed = text.lines().any(|line| line.starts_with('+') && line.contains(HIDDEN));
            for line in text.split_inclusive('\n') {
                let gone = line.starts_with('-') && !line.starts_with("---");
                if renewed && gone {
                    out += "-";
                    out += HIDDEN;
                    out += if line.ends_with('\n') { "\n" } else { "" };
                } else {
                    out += line;
                }
            }
        }
        out
    }
}

/// Each line of a key or a certificate is a secret of its own: that is how it is shown.
fn add(text: &str, shortest: usize, found: &mut Vec<String>) {
    let lines = text.lines().map(str::trim).filter(|line| line.len() >= shortest);
    found.extend(lines.map(str::to_owned));
}

fn collect(value: &Value, secret: bool, found: &mut Vec<String>) {
    match value {
        Value::String(text) if secret => add(text, SHORTEST, found),
        Value::Number(number) if secret => add(&number.to_string(), SHORTEST, found),
        Value::Array(items) => items.iter().for_each(|item| collect(item, secret, found)),
        Value::Object(map) => {
            map.iter().for_each(|(key, value)| collect(value, secret || is_secret(key), found));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value, json};

    use super::Masks;
    use crate::desired::{Become, Host};

    fn host() -> Host {
        let mut host = Host::plain("a");
        host.connection.password = Some("log in".to_owned());
        host.connection.r#become = Some(Become::Sudo { password: Some("hunter2".to_owned()) });
        host
    }

    fn masks() -> Masks {
        let vars = json!({
            "vpn": { "wg-private-key": "hunter2-key", "peer": "public", "pre_secrets": ["one-of", 12345] },
            "key_file_path": "/x", "passw_file": "/y", "x": "plain"
        });
        let Value::Object(vars) = vars else { panic!("no object") };
        Masks::new(
            &["correct horse\nbattery".to_owned(), "eth0".to_owned()],
            &vars,
            &host().connection,
        )
    }

    #[test]
    fn values_are_hidden_line_by_line() {
        let text = "a correct horse, battery: hunter2-key public plain eth0 /x /y one-of 12345";
        let shown = "a ********, ********: ******** public plain eth0 /x /y ******** ********";
        assert_eq!(masks().hide(text), shown);
        assert_eq!(Masks::default().hide(text), text);
    }

    #[test]
    fn passwords_of_the_connection_are_secrets() {
        assert_eq!(masks().hide("log in with hunter2"), "******** with ********");
    }

    #[test]
    fn short_words_hide_nothing() {
        let masks = Masks::default().and(["no".to_owned(), String::new()]);
        assert_eq!(masks.hide("not known"), "not known");
    }

    #[test]
    fn one_secret_inside_another_leaves_nothing_of_either() {
        let masks = Masks::default().and(["abcd".to_owned(), "abcdefgh".to_owned()]);
        assert_eq!(masks.hide("abcdefgh abcd"), "******** ********");
    }

    #[test]
    fn every_text_in_a_value_is_cleaned() {
        let mut value = json!({"a": ["x battery", 1], "b": {"c": "battery"}});
        masks().hide_in(&mut value);
        assert_eq!(value, json!({"a": ["x ********", 1], "b": {"c": "********"}}));
    }

    #[test]
    fn a_fleet_hides_what_any_host_hides() {
        let mut other = Host::plain("b");
        other.secrets = Masks::new(&["of the other".to_owned()], &Map::new(), &other.connection);
        let mut one = host();
        one.secrets = masks();
        assert_eq!(Masks::of_all([&one, &other]).hide("battery of the other"), "******** ********");
    }

    #[test]
    fn what_a_secret_replaces_is_hidden_as_well() {
        let diff = "--- /e\n+++ /e\n@@ -1,2 +1,2 @@\n a\n-psk=old-one\n+psk=hunter2-key\n@@ -9 +9 @@\n-x\n+y\n";
        let hidden = masks().hide_diff(diff);
        assert!(!hidden.contains("old-one") && !hidden.contains("hunter2"), "{hidden}");
        assert!(hidden.contains("-x\n+y\n") && hidden.contains("+psk=********\n"), "{hidden}");
    }
}
