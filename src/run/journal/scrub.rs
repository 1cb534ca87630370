//! Takes secrets out of texts before they are kept.

use serde_json::Value;

/// Shorter values hide nothing, and would be found in half of all words.
const SHORTEST: usize = 4;
const HIDDEN: &str = "(hidden)";

/// The values that must not be kept.
#[derive(Clone, Default)]
pub struct Scrub {
    secrets: Vec<String>,
}

impl std::fmt::Debug for Scrub {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Scrub({} values)", self.secrets.len())
    }
}

impl Scrub {
    /// For these values; of one with several lines each line counts.
    pub fn new(values: impl IntoIterator<Item = String>) -> Self {
        let mut secrets: Vec<String> = Vec::new();
        for value in values {
            let lines = value.lines().map(|line| line.trim().to_owned());
            secrets.extend(lines.filter(|line| line.len() >= SHORTEST));
        }
        // The longest first: one secret may be a part of another.
        secrets.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        secrets.dedup();
        Self { secrets }
    }

    /// The text without them.
    pub fn text(&self, text: &str) -> String {
        let mut out = text.to_owned();
        for secret in self.secrets.iter().filter(|secret| text.contains(secret.as_str())) {
            out = out.replace(secret.as_str(), HIDDEN);
        }
        out
    }

    /// The same for every text in a value, names of fields apart.
    pub fn value(&self, value: &mut Value) {
        match value {
            Value::String(text) => *text = self.text(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.value(item)),
            Value::Object(fields) => fields.values_mut().for_each(|field| self.value(field)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Scrub;
    use serde_json::json;

    #[test]
    fn secrets_go_wherever_they_stand() {
        let scrub = Scrub::new(["hunter22".to_owned(), "correct horse\nbattery".to_owned()]);
        let mut value = json!({"a": ["x hunter22 y"], "b": {"c": "correct horse"}, "d": 1});
        scrub.value(&mut value);
        assert_eq!(value, json!({"a": ["x (hidden) y"], "b": {"c": "(hidden)"}, "d": 1}));
        assert_eq!(scrub.text("battery!"), "(hidden)!");
    }

    #[test]
    fn one_secret_inside_another_leaves_no_rest() {
        let scrub = Scrub::new(["abcd".to_owned(), "abcdefgh".to_owned()]);
        assert_eq!(scrub.text("abcdefgh abcd"), "(hidden) (hidden)");
    }

    #[test]
    fn values_that_hide_nothing_are_left() {
        assert_eq!(Scrub::new(["no".to_owned(), String::new()]).text("not known"), "not known");
    }
}
