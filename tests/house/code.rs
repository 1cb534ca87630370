//! Rust source as far as the rules need it: without comments, literals and test modules,
//! and the paths that it names.

/// The code with comments and the insides of literals blanked, line breaks kept.
pub fn bare(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while at < chars.len() {
        let length = skipped(&chars, at);
        if length == 0 {
            out.push(chars[at]);
            at += 1;
            continue;
        }
        let skipped = &chars[at..(at + length).min(chars.len())];
        out.extend(skipped.iter().map(|c| if *c == '\n' { '\n' } else { ' ' }));
        at += length;
    }
    out
}

/// The length of the comment or literal that starts here; 0 if none does.
fn skipped(chars: &[char], at: usize) -> usize {
    let rest = &chars[at..];
    let before = at.checked_sub(1).map(|i| chars[i]);
    let inside_word = before.is_some_and(|c| c.is_alphanumeric() || c == '_');
    match rest {
        ['/', '/', ..] => rest.iter().position(|c| *c == '\n').unwrap_or(rest.len()),
        ['/', '*', ..] => block_comment(rest),
        ['"', ..] => quoted(rest, '"'),
        ['r', '"' | '#', ..] if !inside_word => raw(rest, 1),
        ['b' | 'c', 'r', '"' | '#', ..] if !inside_word => raw(rest, 2),
        ['\'', '\\', ..] => quoted(rest, '\''),
        // A lifetime has no closing quote after its first letter.
        ['\'', _, '\'', ..] => 3,
        _ => 0,
    }
}

fn block_comment(rest: &[char]) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        match &rest[at..] {
            ['/', '*', ..] => depth += 1,
            ['*', '/', ..] => depth -= 1,
            _ => {
                at += 1;
                continue;
            }
        }
        at += 2;
        if depth == 0 {
            break;
        }
    }
    at
}

fn quoted(rest: &[char], quote: char) -> usize {
    let mut at = 1;
    while at < rest.len() && rest[at] != quote {
        at += if rest[at] == '\\' { 2 } else { 1 };
    }
    at + 1
}

/// A raw string with its hashes behind a prefix; 0 for a raw identifier.
fn raw(rest: &[char], prefix: usize) -> usize {
    let hashes = rest[prefix..].iter().take_while(|c| **c == '#').count();
    let start = prefix + hashes + 1;
    if rest.get(prefix + hashes) != Some(&'"') {
        return 0;
    }
    let end: Vec<char> = std::iter::once('"').chain(std::iter::repeat_n('#', hashes)).collect();
    let inside = rest[start..].windows(end.len()).position(|w| w == end).unwrap_or(rest.len());
    start + inside + end.len()
}

/// Bare code without its `#[cfg(test)]` modules.
pub fn without_tests(bare: &str) -> String {
    let mut out = String::new();
    let mut rest = bare;
    while let Some(start) = rest.find("#[cfg(test)]") {
        out.push_str(&rest[..start]);
        let item = &rest[start..];
        let end = match (item.find('{'), item.find(';')) {
            (Some(open), semicolon) if semicolon.is_none_or(|s| open < s) => matching(item, open),
            (_, Some(semicolon)) => semicolon + 1,
            _ => item.len(),
        };
        rest = &item[end..];
    }
    out + rest
}

/// The offset behind the brace that closes the one at `open`.
fn matching(text: &str, open: usize) -> usize {
    let mut depth = 0;
    for (at, c) in text[open..].char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return open + at + 1;
        }
    }
    text.len()
}

/// Every path in bare code that starts with `root`, without it, groups expanded:
/// `use std::{fs, io::{self, Read}}` gives `fs`, `io::self`, `io::Read` for `std`.
pub fn paths(bare: &str, root: &str) -> Vec<String> {
    let mut found = Vec::new();
    let start = format!("{root}::");
    for (at, _) in bare.match_indices(&start) {
        let before = bare[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':') {
            continue;
        }
        expand(&bare[at + start.len()..], "", &mut found);
    }
    found
}

/// Reads one tree of a path and returns what follows it.
fn expand<'a>(text: &'a str, prefix: &str, found: &mut Vec<String>) -> &'a str {
    let text = text.trim_start();
    if let Some(mut rest) = text.strip_prefix('{') {
        loop {
            rest = expand(rest, prefix, found).trim_start();
            match rest.strip_prefix(',') {
                Some(more) if !more.trim_start().starts_with('}') => rest = more,
                Some(more) => return more.trim_start().trim_start_matches('}'),
                None => return rest.strip_prefix('}').unwrap_or(rest),
            }
        }
    }
    let word = text.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '*'));
    let (segment, rest) = text.split_at(word.unwrap_or(text.len()));
    let path = if prefix.is_empty() { segment.to_owned() } else { format!("{prefix}::{segment}") };
    match rest.strip_prefix("::") {
        Some(deeper) if !segment.is_empty() => expand(deeper, &path, found),
        _ => {
            found.push(path);
            // `as name` belongs to the path, for what follows it.
            let renamed = rest.trim_start().strip_prefix("as ").map(str::trim_start);
            renamed
                .map_or(rest, |r| r.trim_start_matches(|c: char| c.is_alphanumeric() || c == '_'))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{bare, paths, without_tests};

    #[test]
    fn comments_and_literals_are_blank() {
        let text = "a // crate::x\n/* b /* c */ d */ e \"f \\\" g\" r#\"h \" i\"# 'j' '\\'' k<'l>";
        let words: Vec<String> =
            bare(text).split_whitespace().map(std::borrow::ToOwned::to_owned).collect();
        assert_eq!(words, ["a", "e", "k<'l>"]);
    }

    #[test]
    fn test_modules_go_and_the_rest_stays() {
        let text = "fn a() {} #[cfg(test)] mod tests { fn b() { {} } } fn c() {} \
                    #[cfg(test)] mod d; fn e() {}";
        let left = without_tests(text);
        assert!(left.contains("fn a") && left.contains("fn c") && left.contains("fn e"), "{left}");
        assert!(!left.contains("fn b") && !left.contains("mod d"), "{left}");
    }

    #[test]
    fn groups_of_paths_are_expanded() {
        let text = "use std::{fs, io::{self, Read as R}, env,}; std::process::exit(1); mystd::x";
        let found = paths(text, "std");
        assert_eq!(found, ["fs", "io::self", "io::Read", "env", "process::exit"]);
    }
}
