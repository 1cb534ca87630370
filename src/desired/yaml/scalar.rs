//! The type of an unquoted scalar, by the rules of YAML 1.1 that Ansible's parser follows.
//!
//! Two of its rules are left out on purpose: base-60 numbers (`10:20:30` would silently
//! become 37230, and it is far more likely part of a MAC address) and timestamps.

use serde_json::{Number, Value};

/// The value of a plain scalar.
pub(crate) fn typed(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Value::Bool(true),
        "false" | "False" | "FALSE" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => {
            Value::Bool(false)
        }
        _ => number(text).unwrap_or_else(|| Value::String(text.to_owned())),
    }
}

fn number(text: &str) -> Option<Value> {
    let (sign, digits) = match text.as_bytes().first()? {
        b'-' => (-1, &text[1..]),
        b'+' => (1, &text[1..]),
        b'0'..=b'9' | b'.' => (1, text),
        _ => return None,
    };
    integer(sign, digits).or_else(|| float(text))
}

fn integer(sign: i64, digits: &str) -> Option<Value> {
    let (radix, digits) = match digits.as_bytes() {
        [b'0', b'x', ..] => (16, &digits[2..]),
        [b'0', b'b', ..] => (2, &digits[2..]),
        [b'0', _, ..] => (8, &digits[1..]),
        _ => (10, digits),
    };
    let plain: String = digits.chars().filter(|c| *c != '_').collect();
    if plain.is_empty() || !plain.chars().all(|c| c.is_digit(radix)) || digits.starts_with('_') {
        return None;
    }
    let value = i64::from_str_radix(&plain, radix).ok()?;
    Some(Value::from(sign * value))
}

/// A float needs its point, as in `1.5` or `1.5e+3`; `1e5` stays text.
fn float(text: &str) -> Option<Value> {
    let mantissa = text.split(['e', 'E']).next()?;
    let well_formed = mantissa.matches('.').count() == 1
        && mantissa.chars().any(|c| c.is_ascii_digit())
        && text
            .chars()
            .all(|c| c.is_ascii_digit() || matches!(c, '.' | '_' | '-' | '+' | 'e' | 'E'));
    if !well_formed {
        return None;
    }
    let plain: String = text.chars().filter(|c| *c != '_').collect();
    Number::from_f64(plain.parse().ok()?).map(Value::Number)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::typed;

    #[test]
    fn scalars_read_as_ansible_reads_them() {
        for (text, value) in [
            ("yes", json!(true)),
            ("off", json!(false)),
            ("", json!(null)),
            ("~", json!(null)),
            ("12", json!(12)),
            ("-7", json!(-7)),
            ("0", json!(0)),
            ("0644", json!(420)),
            ("0x1f", json!(31)),
            ("1_000", json!(1000)),
            ("1.5", json!(1.5)),
            ("y", json!("y")),
        ] {
            assert_eq!(typed(text), value, "{text}");
        }
    }

    #[test]
    fn addresses_and_the_like_stay_text() {
        for text in [
            "10.42.0.1",
            "10.42.0.1/24",
            "52:54:00:12:34:56",
            "12:34:56",
            "2001:db8::1",
            "089",
            "1e5",
            "-",
            ".",
            "2001-01-01",
            "1.2.3",
        ] {
            assert_eq!(typed(text), json!(text), "{text}");
        }
    }
}
