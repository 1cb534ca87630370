//! Compares vars with a JSON Schema: the part of the language that docs/network.schema.json
//! uses, and no more. A keyword that is not known here says nothing.

use std::collections::BTreeMap;

use regex::Regex;
use serde_json::{Map, Value};

use super::nearest;

/// A value that is not what the schema says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misfit {
    /// Keys and list positions with dots between them, as in `network.guests.0.ipv4`.
    pub path: String,
    /// What is wrong.
    pub problem: Problem,
}

/// What is wrong with a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// A key that the schema does not know, and the one that may be meant.
    Unknown(Option<String>),
    /// Why the value does not fit, completing "`network.uplink` …".
    Wrong(String),
}

/// A schema, ready to be compared with many values.
#[derive(Debug, Default)]
pub struct Schema {
    root: Value,
    /// The patterns in it, by their text.
    patterns: BTreeMap<String, Regex>,
}

impl Schema {
    /// Reads a schema; what is none allows everything.
    pub fn new(text: &str) -> Self {
        let root: Value = serde_json::from_str(text).unwrap_or_default();
        let mut patterns = BTreeMap::new();
        let mut open = vec![&root];
        while let Some(value) = open.pop() {
            if let Some(Value::String(pattern)) = value.get("pattern")
                && let Ok(regex) = Regex::new(pattern)
            {
                patterns.insert(pattern.clone(), regex);
            }
            match value {
                Value::Object(entries) => open.extend(entries.values()),
                Value::Array(items) => open.extend(items),
                _ => {}
            }
        }
        Self { root, patterns }
    }

    /// Everything in `value` that the schema at a JSON pointer such as `/$defs/network`
    /// does not allow. `path` is how the value itself is called.
    pub fn misfits(&self, pointer: &str, value: &Value, path: &str) -> Vec<Misfit> {
        let mut found = Vec::new();
        if let Some(rules) = self.root.pointer(pointer) {
            Reader { schema: self, found: &mut found }.value(rules, value, path);
        }
        found
    }
}

struct Reader<'a> {
    schema: &'a Schema,
    found: &'a mut Vec<Misfit>,
}

impl Reader<'_> {
    fn wrong(&mut self, path: &str, why: impl Into<String>) {
        self.found.push(Misfit { path: path.to_owned(), problem: Problem::Wrong(why.into()) });
    }

    fn value(&mut self, rules: &Value, value: &Value, path: &str) {
        if let Some(target) = rules.get("$ref").and_then(Value::as_str) {
            let root = &self.schema.root;
            if let Some(rules) = root.pointer(target.trim_start_matches('#')) {
                self.value(rules, value, path);
            }
        }
        if let Some(types) = rules.get("type")
            && !is_of(types, value)
        {
            self.wrong(path, format!("is {}, not {}", kind(value), words(types)));
            return;
        }
        if let Some(Value::Array(known)) = rules.get("enum")
            && !known.contains(value)
        {
            let known: Vec<String> = known.iter().map(shown).collect();
            self.wrong(
                path,
                format!("is {}, which is none of: {}", shown(value), known.join(", ")),
            );
        }
        if let Some(any) = rules.get("anyOf").or_else(|| rules.get("oneOf"))
            && !self.fits_any(any, value)
        {
            self.wrong(path, "has none of the forms that it may have");
        }
        match value {
            Value::Object(entries) => self.object(rules, entries, path),
            Value::Array(items) => self.list(rules, items, path),
            Value::String(text) => self.text(rules, text, path),
            Value::Number(number) => self.number(rules, number.as_f64().unwrap_or(0.0), path),
            _ => {}
        }
    }

    fn fits_any(&self, any: &Value, value: &Value) -> bool {
        let forms = any.as_array().map(Vec::as_slice).unwrap_or_default();
        forms.iter().any(|rules| {
            let mut found = Vec::new();
            Reader { schema: self.schema, found: &mut found }.value(rules, value, "");
            found.is_empty()
        })
    }

    fn object(&mut self, rules: &Value, entries: &Map<String, Value>, path: &str) {
        let none = Map::new();
        let known = rules.get("properties").and_then(Value::as_object).unwrap_or(&none);
        let others = rules.get("additionalProperties");
        for (key, value) in entries {
            let below = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            match (known.get(key), others) {
                (Some(rules), _) => self.value(rules, value, &below),
                (None, Some(Value::Bool(false))) => {
                    // What is there already is not what is meant.
                    let free =
                        known.keys().map(String::as_str).filter(|k| !entries.contains_key(*k));
                    let near = nearest(key, free).map(str::to_owned);
                    self.found.push(Misfit { path: below, problem: Problem::Unknown(near) });
                }
                (None, Some(rules @ Value::Object(_))) => self.value(rules, value, &below),
                (None, _) => {}
            }
        }
        let required = rules.get("required").and_then(Value::as_array).into_iter().flatten();
        for key in required.filter_map(Value::as_str) {
            if !entries.contains_key(key) {
                self.wrong(path, format!("has no `{key}`"));
            }
        }
    }

    fn list(&mut self, rules: &Value, items: &[Value], path: &str) {
        if let Some(least) = rules.get("minItems").and_then(Value::as_u64)
            && (items.len() as u64) < least
        {
            self.wrong(path, format!("has {} items, and needs {least}", items.len()));
        }
        if let Some(rules) = rules.get("items") {
            for (at, item) in items.iter().enumerate() {
                self.value(rules, item, &format!("{path}.{at}"));
            }
        }
    }

    fn text(&mut self, rules: &Value, text: &str, path: &str) {
        let pattern = rules.get("pattern").and_then(Value::as_str);
        if let Some(pattern) = pattern.and_then(|pattern| self.schema.patterns.get(pattern))
            && !pattern.is_match(text)
        {
            self.wrong(path, "has a value that does not look like one");
        }
        if let Some(least) = rules.get("minLength").and_then(Value::as_u64)
            && (text.chars().count() as u64) < least
        {
            self.wrong(path, "is empty");
        }
    }

    fn number(&mut self, rules: &Value, number: f64, path: &str) {
        let bound = |key: &str| rules.get(key).and_then(Value::as_f64);
        if bound("minimum").is_some_and(|least| number < least)
            || bound("maximum").is_some_and(|most| number > most)
        {
            self.wrong(path, format!("is {number}, which is out of range"));
        }
    }
}

/// A value as it may be shown; long ones and nested ones are not.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) if text.len() < 40 => format!("`{text}`"),
        Value::Number(_) | Value::Bool(_) | Value::Null => value.to_string(),
        other => kind(other).to_owned(),
    }
}

fn is_of(types: &Value, value: &Value) -> bool {
    let one = |name: &str| match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        _ => true,
    };
    match types {
        Value::String(name) => one(name),
        Value::Array(names) => names.iter().filter_map(Value::as_str).any(one),
        _ => true,
    }
}

fn words(types: &Value) -> String {
    let one = |name: &str| match name {
        "object" => "a mapping",
        "array" => "a list",
        "string" => "text",
        "integer" => "a whole number",
        "number" => "a number",
        "boolean" => "true or false",
        _ => "nothing",
    };
    match types {
        Value::String(name) => one(name).to_owned(),
        Value::Array(names) => {
            let names: Vec<&str> = names.iter().filter_map(Value::as_str).map(one).collect();
            names.join(" or ")
        }
        _ => String::new(),
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Object(_) => "a mapping",
        Value::Array(_) => "a list",
        Value::String(_) => "text",
        Value::Number(_) => "a number",
        Value::Bool(_) => "true or false",
        Value::Null => "nothing",
    }
}

#[cfg(test)]
mod tests {
    use super::{Problem, Schema};
    use serde_json::{Value, json};

    fn found(value: &Value) -> Vec<String> {
        let schema = Schema::new(include_str!("../../docs/network.schema.json"));
        let all = schema.misfits("/$defs/network", value, "network");
        all.into_iter()
            .map(|misfit| match misfit.problem {
                Problem::Unknown(near) => format!("{} unknown, {near:?}", misfit.path),
                Problem::Wrong(why) => format!("{} {why}", misfit.path),
            })
            .collect()
    }

    fn host(uplink: &Value) -> Value {
        json!({ "uplink": uplink, "bridges": [], "guests": [] })
    }

    #[test]
    fn a_mistyped_key_is_found_and_the_right_one_proposed() {
        let ipv4 = json!({ "address": "203.0.113.10/24", "gatway": "203.0.113.254" });
        let value = host(&json!({ "name": "eth0", "ipv4": ipv4 }));
        assert_eq!(found(&value), ["network.uplink.ipv4.gatway unknown, Some(\"gateway\")"]);
        let ipv4 = json!({ "address": "203.0.113.10/24", "gateway": "203.0.113.254" });
        assert!(found(&host(&json!({ "name": "eth0", "ipv4": ipv4 }))).is_empty());
    }

    #[test]
    fn values_are_compared_with_their_kind_and_form() {
        let value = json!({
            "uplink": { "name": "much too long a name", "ipv4": { "address": 7 } },
            "bridges": {},
            "port_forwards": [{ "protocol": "icmp", "port": 70000, "guest": "a" }],
        });
        assert_eq!(
            found(&value),
            [
                "network.uplink.name has a value that does not look like one",
                "network.uplink.ipv4.address is a number, not text",
                "network.bridges is a mapping, not a list",
                "network.port_forwards.0.protocol is `icmp`, which is none of: `tcp`, `udp`, `sctp`",
                "network.port_forwards.0.port is 70000, which is out of range",
            ]
        );
    }
}
