//! One line of a configuration file: its keyword and arguments, split as OpenSSH splits.

const BLANK: [char; 4] = [' ', '\t', '\r', '\n'];

/// A keyword with what follows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    /// From 1.
    pub number: usize,
    /// In lower case.
    pub keyword: String,
    /// Everything behind it, quotes and comments included.
    pub rest: String,
}

impl Line {
    /// Reads a line; nothing for a comment or an empty one.
    ///
    /// # Errors
    /// A keyword without anything behind it.
    pub fn parse(number: usize, text: &str) -> Result<Option<Self>, String> {
        let text = text.trim_end_matches([' ', '\t', '\r', '\n', '\u{c}']);
        let text = text.trim_start_matches(BLANK);
        if text.is_empty() || text.starts_with('#') {
            return Ok(None);
        }
        let (keyword, rest) = delimited(text).ok_or("a quote is not closed")?;
        if rest.is_empty() {
            return Err(format!("there is nothing behind `{keyword}`"));
        }
        let (keyword, rest) = (keyword.to_lowercase(), rest.to_owned());
        Ok(Some(Self { number, keyword, rest }))
    }

    /// Its arguments, without quotes, up to a comment.
    ///
    /// # Errors
    /// A quote that is not closed.
    pub fn arguments(&self) -> Result<Vec<String>, String> {
        words(&self.rest)
    }
}

/// The first word and what follows it and one `=`, as keywords and criteria are read.
/// Nothing if a quote is not closed.
pub(super) fn delimited(text: &str) -> Option<(String, &str)> {
    let Some(end) = text.find([' ', '\t', '\r', '\n', '"', '=']) else {
        return Some((text.to_owned(), ""));
    };
    let (word, rest) = text.split_at(end);
    if let Some(quoted) = rest.strip_prefix('"') {
        let (inside, after) = quoted.split_once('"')?;
        return Some((format!("{word}{inside}"), after.trim_start_matches(BLANK)));
    }
    let skipped = rest[1..].trim_start_matches(BLANK);
    let rest = match skipped.strip_prefix('=') {
        // Only one may be skipped.
        Some(behind) if !rest.starts_with('=') => behind.trim_start_matches(BLANK),
        _ => skipped,
    };
    Some((word.to_owned(), rest))
}

/// Splits at blanks outside of quotes. A backslash protects a quote, a backslash and,
/// outside of quotes, a blank. A word that begins with `#` begins a comment.
///
/// # Errors
/// A quote that is not closed.
pub(super) fn words(text: &str) -> Result<Vec<String>, String> {
    let mut found = Vec::new();
    let mut chars = text.chars().peekable();
    loop {
        while chars.next_if(|c| matches!(c, ' ' | '\t')).is_some() {}
        match chars.peek() {
            None | Some('#') => return Ok(found),
            Some(_) => {}
        }
        let mut word = String::new();
        let mut quote = None;
        while let Some(c) = chars.next_if(|c| quote.is_some() || !matches!(c, ' ' | '\t')) {
            match (c, quote) {
                ('\\', _) => {
                    let protected = |next: &char| {
                        matches!(next, '\'' | '"' | '\\') || (quote.is_none() && *next == ' ')
                    };
                    word.push(chars.next_if(protected).unwrap_or('\\'));
                }
                ('"' | '\'', None) => quote = Some(c),
                (_, Some(open)) if open == c => quote = None,
                _ => word.push(c),
            }
        }
        if quote.is_some() {
            return Err("a quote is not closed".to_owned());
        }
        found.push(word);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by a panic")]
mod tests {
    use super::{Line, words};

    fn line(text: &str) -> Option<(String, Vec<String>)> {
        let line = Line::parse(1, text).unwrap()?;
        let arguments = line.arguments().unwrap();
        Some((line.keyword, arguments))
    }

    #[test]
    fn keyword_and_arguments_with_blanks_or_one_equals_sign() {
        for text in ["Port 22", "port=22", "PORT\t=\t22 ", "  Port = \"22\" # why", "\"port\" 22"] {
            assert_eq!(line(text), Some(("port".to_owned(), vec!["22".to_owned()])), "{text}");
        }
        assert_eq!(line("ProxyCommand ==x").unwrap().1, ["=x"]);
        assert_eq!(line("# Port 22"), None);
        assert_eq!(line(" \t\r"), None);
        assert!(Line::parse(1, "Port").is_err());
        assert!(Line::parse(1, "Port=").is_err());
    }

    #[test]
    fn quotes_and_backslashes() {
        assert_eq!(
            words("a \"b c\" 'd \"e' f\\ g h\\n").unwrap(),
            ["a", "b c", "d \"e", "f g", "h\\n"]
        );
        assert_eq!(words("\"\" a#b #c").unwrap(), ["", "a#b"]);
        assert!(words("\"a").is_err());
    }
}
