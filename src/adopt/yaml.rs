//! YAML as a person would write it: blocks, quotes only where they are needed.

use std::fmt::Write;

use serde_json::Value;

/// A value in block style, each line indented by so many spaces.
pub(super) fn block(value: &Value, indent: usize) -> String {
    let mut out = String::new();
    write(&mut out, value, indent);
    out
}

fn write(out: &mut String, value: &Value, indent: usize) {
    match value {
        Value::Object(map) => {
            for (at, (key, value)) in map.iter().enumerate() {
                // The first key of a list's item stands behind its dash.
                if at > 0 || !out.ends_with("- ") {
                    pad(out, indent);
                }
                let _ = write!(out, "{}:", scalar(key));
                nested(out, value, indent);
            }
        }
        Value::Array(items) => {
            for item in items {
                pad(out, indent);
                out.push_str("- ");
                match item {
                    Value::Object(map) if !map.is_empty() => write(out, item, indent + 2),
                    other => {
                        out.push_str(&flow(other));
                        out.push('\n');
                    }
                }
            }
        }
        other => {
            pad(out, indent);
            out.push_str(&flow(other));
            out.push('\n');
        }
    }
}

fn nested(out: &mut String, value: &Value, indent: usize) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            out.push('\n');
            write(out, value, indent + 2);
        }
        Value::Array(items) if items.iter().any(Value::is_object) => {
            out.push('\n');
            write(out, value, indent + 2);
        }
        Value::String(text) if is_literal(text) => {
            out.push_str(" |\n");
            for line in text.lines() {
                if !line.is_empty() {
                    pad(out, indent + 2);
                }
                let _ = writeln!(out, "{line}");
            }
        }
        other => {
            let _ = writeln!(out, " {}", flow(other));
        }
    }
}

/// Whether a text comes back from a literal block: whole lines of what YAML can print, of which
/// the first shows how far the others are indented.
fn is_literal(text: &str) -> bool {
    let printed =
        |c: char| !c.is_control() && !"\u{2028}\u{2029}\u{feff}\u{fffe}\u{ffff}".contains(c);
    let first = text.chars().next().is_some_and(|c| !c.is_whitespace());
    let ends = text.ends_with('\n') && !text.ends_with("\n\n");
    first && ends && text.chars().all(|c| c == '\n' || printed(c))
}

fn pad(out: &mut String, indent: usize) {
    out.extend(std::iter::repeat_n(' ', indent));
}

fn flow(value: &Value) -> String {
    match value {
        Value::String(text) => scalar(text),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(flow).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(_) => "{}".to_owned(),
        other => other.to_string(),
    }
}

/// A text as a scalar: plain where every reader of YAML takes it for the same text.
pub(super) fn scalar(text: &str) -> String {
    let first = text.chars().next().is_some_and(|c| c.is_ascii_alphanumeric() || c == '/');
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+@:".contains(c);
    let words = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"];
    let number = text.chars().all(|c| c.is_ascii_digit() || "._-+:eE".contains(c));
    // `0x1f`, `0o17`, `0b11`.
    let with_base =
        text.strip_prefix('0').is_some_and(|rest| rest.starts_with(['x', 'X', 'o', 'O', 'b', 'B']));
    // `12:34` is a number for old readers, and so may be an address made of digits alone.
    let address = text.contains('/') && !text.contains(':') || text.matches('.').count() == 3;
    let odd = !first
        || !text.chars().all(plain)
        || words.contains(&text.to_lowercase().as_str())
        || number && !address
        || with_base
        || text.ends_with(':')
        || text.contains(':') && !text.contains("::");
    if odd { quoted(text) } else { text.to_owned() }
}

/// JSON's strings are YAML's double-quoted ones.
fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, proptest};
    use serde_json::json;

    use super::{block, scalar};

    #[test]
    fn blocks_are_as_one_would_write_them() {
        let value = json!({"network": {
            "uplink": {"name": "eth0", "mac": "02:00:00:c4:7a:01", "mtu": 1500,
                       "ipv6": {"address": "2001:db8::1/128", "gateway": "2001:db8:2:96ff:ff:ff:ff:ff"}},
            "bonds": [{"name": "bond0", "ports": ["eno1", "eno2"]}], "nat": {}, "forwarding": false}});
        let text = "network:\n  uplink:\n    name: eth0\n    mac: \"02:00:00:c4:7a:01\"\n    mtu: 1500\n    ipv6:\n      \
                    address: 2001:db8::1/128\n      gateway: \"2001:db8:2:96ff:ff:ff:ff:ff\"\n  bonds:\n    - name: bond0\n      \
                    ports: [eno1, eno2]\n  nat: {}\n  forwarding: false\n";
        assert_eq!(block(&value, 0), text);
    }

    #[test]
    fn lines_are_a_block() {
        let value = json!([{ "kind": "file", "content": "a: 1\n\n  b\n" }]);
        assert_eq!(
            block(&value, 4),
            "    - kind: file\n      content: |\n        a: 1\n\n          b\n"
        );
    }

    #[test]
    fn what_a_reader_would_take_for_something_else_is_quoted() {
        for text in [
            "", "no", "1:20", "0600", "1e3", "a b", "- a", "{{ x }}", "a: b", "a#b", "x:", "*a",
            "é", "1_0", "0x1f", "0o0", "0b11", "0B1",
        ] {
            assert!(scalar(text).starts_with('"'), "{text}");
        }
        for text in ["eth0", "203.0.113.10/24", "203.0.113.1", "/etc/x", "vmbr0", "fe80::1"] {
            assert_eq!(scalar(text), text);
        }
    }

    proptest! {
        #[test]
        fn any_text_comes_back(text in any::<String>(), word in "[a-z0-9:./ -]{0,9}", number in "0[a-zA-Z][0-9a-f_]{0,4}") {
            let lines = json!({ "a": [{ "b": format!("{text}\n"), "c": format!("{word}\n {word}\n") }] });
            let read: serde_json::Value = serde_saphyr::from_str(&block(&lines, 0)).expect("reads");
            proptest::prop_assert_eq!(read, lines);
            for text in [text, word, number] {
                let read: serde_json::Value = serde_saphyr::from_str(&scalar(&text)).expect("reads");
                proptest::prop_assert_eq!(read, serde_json::Value::String(text));
            }
        }
    }
}
