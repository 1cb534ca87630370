//! Text from a host, made harmless: a host's error message must not drive the terminal.

/// Escapes what a terminal obeys or hides (but keeps tabs) and cuts very long texts.
pub fn clean(text: &str) -> String {
    const LONGEST: usize = 2000;
    let mut out = String::with_capacity(text.len().min(LONGEST));
    for c in text.chars().take(LONGEST) {
        if c != '\t' && harmful(c) { out.extend(c.escape_unicode()) } else { out.push(c) }
    }
    if text.chars().nth(LONGEST).is_some() {
        out.push('…');
    }
    out
}

/// C0 and C1 controls, and the characters that reorder or hide what a person reads.
pub fn harmful(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}'
            | '\u{61c}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, proptest};

    use super::{clean, harmful};

    #[test]
    fn escape_sequences_lose_their_teeth() {
        assert_eq!(clean("a\u{1b}[2Jb\u{9b}c\rd\te"), "a\\u{1b}[2Jb\\u{9b}c\\u{d}d\te");
        assert_eq!(clean("\u{202e}evil"), "\\u{202e}evil");
    }

    #[test]
    fn a_text_without_end_is_cut_and_says_so() {
        let cut = clean(&"x".repeat(5000));
        assert_eq!(cut.chars().count(), 2001);
        assert!(cut.ends_with('…'));
    }

    proptest! {
        #[test]
        fn nothing_harmful_is_left(text in any::<String>()) {
            assert!(!clean(&text).chars().any(|c| c != '\t' && harmful(c)));
        }
    }
}
