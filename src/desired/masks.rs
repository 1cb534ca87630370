//! Secrets of a host, to be taken out of whatever is shown.

use std::fmt;

use serde_json::Value;

use super::listing::HIDDEN;
use super::yaml::is_secret;

/// Shorter values cannot be told from ordinary words.
const SHORTEST: usize = 5;

/// Values that must not be shown.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Masks(Vec<String>);

impl fmt::Debug for Masks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Masks({})", self.0.len())
    }
}

impl Masks {
    /// Values that were encrypted, and those of vars whose names say that they are secret.
    pub(crate) fn new(opened: &[String], vars: &serde_json::Map<String, Value>) -> Self {
        let mut found = Vec::new();
        opened.iter().for_each(|text| add(text, &mut found));
        for (name, value) in vars {
            collect(value, is_secret(name), &mut found);
        }
        // Of two that overlap, the longer one is taken out whole.
        found.sort_by_key(|text: &String| std::cmp::Reverse(text.len()));
        found.dedup();
        Self(found)
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

fn add(text: &str, found: &mut Vec<String>) {
    // Each line of a key or a certificate is a secret of its own: that is how it is shown.
    for line in text.lines().map(str::trim).filter(|line| line.len() >= SHORTEST) {
        if !found.iter().any(|known| known == line) {
            found.push(line.to_owned());
        }
    }
}

fn collect(value: &Value, secret: bool, found: &mut Vec<String>) {
    match value {
        Value::String(text) if secret => add(text, found),
        Value::Number(number) if secret => add(&number.to_string(), found),
        Value::Array(items) => items.iter().for_each(|item| collect(item, secret, found)),
        Value::Object(map) => {
            map.iter().for_each(|(key, value)| collect(value, secret || is_secret(key), found));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};

    use super::Masks;

    fn masks() -> Masks {
        let vars =
            json!({ "vpn": { "private_key": "hunter2-key", "peer": "public" }, "x": "plain" });
        let serde_json::Value::Object(vars) = vars else { panic!("no object") };
        Masks::new(&["correct horse\nbattery".to_owned(), "no".to_owned()], &vars)
    }

    #[test]
    fn values_are_hidden_line_by_line() {
        let text = "a correct horse, battery: hunter2-key public plain no";
        assert_eq!(masks().hide(text), "a ********, ********: ******** public plain no");
        assert_eq!(Masks::new(&[], &Map::new()).hide(text), text);
    }

    #[test]
    fn what_a_secret_replaces_is_hidden_as_well() {
        let diff = "--- /e\n+++ /e\n@@ -1,2 +1,2 @@\n a\n-psk=old-one\n+psk=hunter2-key\n@@ -9 +9 @@\n-x\n+y\n";
        let hidden = masks().hide_diff(diff);
        assert!(!hidden.contains("old-one") && !hidden.contains("hunter2"), "{hidden}");
        assert!(hidden.contains("-x\n+y\n") && hidden.contains("+psk=********\n"), "{hidden}");
    }
}
