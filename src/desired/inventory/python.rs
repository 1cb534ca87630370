//! Python's literals, in which INI inventories write their values.

use serde_json::{Map, Number, Value};

/// Nobody nests deeper by hand.
const MAX_DEPTH: usize = 32;

/// The value of a literal; nothing for what Python would not take for one, which then is
/// text. Tuples and sets are lists.
pub(super) fn literal(text: &str) -> Option<Value> {
    let mut reader = Reader { rest: text.trim_matches([' ', '\t']), depth: 0 };
    let value = reader.row()?;
    reader.blanks();
    (reader.rest.is_empty() || reader.rest.starts_with('#')).then_some(value)
}

struct Reader<'a> {
    rest: &'a str,
    depth: usize,
}

impl Reader<'_> {
    fn blanks(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
    }

    fn take(&mut self, word: &str) -> bool {
        self.blanks();
        match self.rest.strip_prefix(word) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// One value, or several with commas, which are a tuple.
    fn row(&mut self) -> Option<Value> {
        let first = self.value()?;
        if !self.take(",") {
            return Some(first);
        }
        let mut items = vec![first];
        loop {
            self.blanks();
            if self.rest.is_empty() || self.rest.starts_with([')', '#']) {
                return Some(Value::Array(items));
            }
            items.push(self.value()?);
            if !self.take(",") {
                return Some(Value::Array(items));
            }
        }
    }

    fn value(&mut self) -> Option<Value> {
        self.blanks();
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return None;
        }
        let value = match self.rest.chars().next()? {
            '[' => self.list(),
            '{' => self.map(),
            '(' => self.tuple(),
            '\'' | '"' => self.strings(),
            '-' | '+' => self.signed(),
            c if c.is_ascii_digit() || c == '.' => self.number(),
            _ => self.word(),
        };
        self.depth -= 1;
        value
    }

    fn word(&mut self) -> Option<Value> {
        let end = self.rest.find(|c: char| !(c.is_alphanumeric() || c == '_'));
        let (word, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        let value = match word {
            "True" => Value::Bool(true),
            "False" => Value::Bool(false),
            "None" => Value::Null,
            "u" | "U" if rest.starts_with(['\'', '"']) => {
                self.rest = rest;
                return self.strings();
            }
            _ => return None,
        };
        self.rest = rest;
        Some(value)
    }

    fn items(&mut self, end: &str) -> Option<Vec<Value>> {
        let mut items = Vec::new();
        while !self.take(end) {
            items.push(self.value()?);
            if !self.take(",") {
                return self.take(end).then_some(items);
            }
        }
        Some(items)
    }

    fn list(&mut self) -> Option<Value> {
        self.rest = &self.rest[1..];
        self.items("]").map(Value::Array)
    }

    fn tuple(&mut self) -> Option<Value> {
        self.rest = &self.rest[1..];
        if self.take(")") {
            return Some(Value::Array(Vec::new()));
        }
        let value = self.row()?;
        self.take(")").then_some(value)
    }

    /// A dictionary, or a set.
    fn map(&mut self) -> Option<Value> {
        self.rest = &self.rest[1..];
        let mut map = Map::new();
        let mut set = Vec::new();
        while !self.take("}") {
            let key = self.value()?;
            if self.take(":") {
                let value = self.value()?;
                map.insert(key_text(&key)?, value);
            } else {
                set.push(key);
            }
            if !self.take(",") {
                if !self.take("}") {
                    return None;
                }
                break;
            }
        }
        match (map.is_empty(), set.is_empty()) {
            (_, true) => Some(Value::Object(map)),
            (true, false) => Some(Value::Array(set)),
            (false, false) => None,
        }
    }

    fn signed(&mut self) -> Option<Value> {
        let negative = self.rest.starts_with('-');
        self.rest = &self.rest[1..];
        self.blanks();
        if !self.rest.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
            return None;
        }
        let Value::Number(number) = self.number()? else { return None };
        match (negative, number.as_i64()) {
            (false, _) => Some(Value::Number(number)),
            (true, Some(whole)) => Some(Value::from(-whole)),
            (true, None) => Number::from_f64(-number.as_f64()?).map(Value::Number),
        }
    }

    fn number(&mut self) -> Option<Value> {
        let bytes = self.rest.as_bytes();
        let mut end = 0;
        while let Some(byte) = bytes.get(end) {
            let after_e = end > 0 && matches!(bytes[end - 1], b'e' | b'E');
            let hexadecimal = bytes.len() > 1 && matches!(bytes[1], b'x' | b'X');
            let sign = matches!(byte, b'+' | b'-') && after_e && !hexadecimal;
            if !(byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_') || sign) {
                break;
            }
            end += 1;
        }
        let (text, rest) = self.rest.split_at(end);
        self.rest = rest;
        whole(text).or_else(|| fraction(text))
    }

    /// Adjacent strings are one.
    fn strings(&mut self) -> Option<Value> {
        let mut text = String::new();
        loop {
            self.blanks();
            let quote = match self.rest.chars().next() {
                Some(quote @ ('\'' | '"')) => quote,
                _ => return Some(Value::String(text)),
            };
            self.rest = &self.rest[1..];
            self.string(quote, &mut text)?;
        }
    }

    fn string(&mut self, quote: char, text: &mut String) -> Option<()> {
        let mut chars = self.rest.chars();
        loop {
            match chars.next()? {
                c if c == quote => {
                    self.rest = chars.as_str();
                    return Some(());
                }
                '\\' => match chars.next()? {
                    'n' => text.push('\n'),
                    't' => text.push('\t'),
                    'r' => text.push('\r'),
                    '\\' => text.push('\\'),
                    c @ ('\'' | '"') => text.push(c),
                    code @ ('x' | 'u') => {
                        let digits = if code == 'x' { 2 } else { 4 };
                        let hex: String = chars.by_ref().take(digits).collect();
                        text.push(char::from_u32(u32::from_str_radix(&hex, 16).ok()?)?);
                    }
                    c if c.is_ascii_digit() => return None,
                    c => text.extend(['\\', c]),
                },
                c => text.push(c),
            }
        }
    }
}

fn key_text(key: &Value) -> Option<String> {
    match key {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// An integer. A leading zero makes none.
fn whole(text: &str) -> Option<Value> {
    let lower = text.to_lowercase();
    let (radix, digits) = match lower.get(..2) {
        Some("0x") => (16, &lower[2..]),
        Some("0o") => (8, &lower[2..]),
        Some("0b") => (2, &lower[2..]),
        _ => (10, lower.as_str()),
    };
    let grouped = !digits.starts_with('_') && !digits.ends_with('_') && !digits.contains("__");
    let plain: String = digits.chars().filter(|c| *c != '_').collect();
    let zeros = plain.chars().all(|c| c == '0');
    let fine = grouped && !(radix == 10 && plain.len() > 1 && plain.starts_with('0') && !zeros);
    fine.then(|| i64::from_str_radix(&plain, radix).ok().map(Value::from))?
}

fn fraction(text: &str) -> Option<Value> {
    let known = |c: char| c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E' | '+' | '-' | '_');
    let floats = text.contains(['.', 'e', 'E']) && text.contains(|c: char| c.is_ascii_digit());
    let fine = floats && text.chars().all(known) && !text.contains("__") && !text.ends_with('_');
    let plain: String = text.chars().filter(|c| *c != '_').collect();
    fine.then(|| Number::from_f64(plain.parse().ok()?).map(Value::Number))?
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::literal;

    #[test]
    fn literals_are_values() {
        for (text, value) in [
            ("12", json!(12)),
            ("-7", json!(-7)),
            ("1_000", json!(1000)),
            ("0x1f", json!(31)),
            ("00", json!(0)),
            ("1.5", json!(1.5)),
            ("1e3", json!(1000.0)),
            ("True", json!(true)),
            ("None", Value::Null),
            ("'a b'", json!("a b")),
            ("\"a\" 'b'", json!("ab")),
            ("u'x\\n\\x41'", json!("x\nA")),
            ("[1, 'a', [True,],]", json!([1, "a", [true]])),
            ("{'a': 1, 'b': {'c': ()}}", json!({"a": 1, "b": {"c": []}})),
            ("1,2", json!([1, 2])),
            ("(1)", json!(1)),
            ("{1, 2}", json!([1, 2])),
            ("12 # a comment", json!(12)),
        ] {
            assert_eq!(literal(text), Some(value), "{text}");
        }
    }

    #[test]
    fn everything_else_is_text() {
        for text in [
            "",
            "yes",
            "true",
            "10.0.0.1",
            "0644",
            "1.2.3",
            "a b",
            "2001:db8::1",
            "1 2",
            "[1",
            "{a: 1}",
            "52:54:00:12:34:56",
            "'a",
            "x # y",
            "-",
            "1+1",
            "12abc",
            "--1",
            "_1",
            "/24",
        ] {
            assert_eq!(literal(text), None, "{text}");
        }
    }
}
