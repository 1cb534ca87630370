//! Events as JSON lines: one object a line, flushed as it happens.
//!
//! JSON itself escapes only the controls below 0x20. Lines may end up on a terminal, so
//! the others, and what hides or reorders text, are written as `\u` escapes too: the same
//! JSON for a program, harmless for a person.

use std::fmt::Write as _;
use std::io::{self, Write};

use serde::Serialize;

use super::clean::harmful;
use crate::rollout::event::Event;

/// Writes one event.
pub fn write(out: &mut impl Write, event: &Event) -> io::Result<()> {
    let mut text = line(event)?;
    text.push('\n');
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// A value as one line of ASCII-safe JSON, without its newline.
pub fn line(value: &impl Serialize) -> io::Result<String> {
    let text = serde_json::to_string(value)?;
    let mut safe = String::with_capacity(text.len());
    // Outside of strings JSON has no such character, and inside an escape means the same.
    for c in text.chars() {
        if harmful(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(safe, "\\u{unit:04x}");
            }
        } else {
            safe.push(c);
        }
    }
    Ok(safe)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, proptest};
    use proptest::prop_assert_eq;

    use super::line;
    use crate::report::clean::harmful;

    #[test]
    fn c1_controls_and_tags_are_escaped() {
        let text = line(&"\u{9b}2J\u{7f}\u{202e}\u{e0041}é").expect("a line");
        assert_eq!(text, "\"\\u009b2J\\u007f\\u202e\\udb40\\udc41é\"");
    }

    proptest! {
        #[test]
        fn a_line_means_the_same_and_holds_nothing_harmful(value in any::<String>()) {
            let text = line(&value).expect("a line");
            assert!(!text.chars().any(harmful));
            let back: String = serde_json::from_str(&text).expect("JSON");
            prop_assert_eq!(back, value);
        }
    }
}
