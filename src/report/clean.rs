//! Text from a host, made harmless: a host's error message must not drive the terminal.

/// Escapes control characters (but keeps tabs) and cuts very long texts.
pub fn clean(text: &str) -> String {
    const LONGEST: usize = 2000;
    let mut out = String::with_capacity(text.len().min(LONGEST));
    for c in text.chars().take(LONGEST) {
        // C0 and C1 controls, and the characters that reorder what a person reads.
        let harmful = (c.is_control() && c != '\t')
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if harmful { out.extend(c.escape_default()) } else { out.push(c) }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::clean;

    #[test]
    fn escape_sequences_lose_their_teeth() {
        assert_eq!(clean("a\u{1b}[2Jb\u{9b}c\rd\te"), "a\\u{1b}[2Jb\\u{9b}c\\rd\te");
        assert_eq!(clean("\u{202e}evil"), "\\u{202e}evil");
    }
}
