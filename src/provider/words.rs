//! Answers made short and harmless before they become part of a message.

/// The first line that says something, without control characters, at most 300 letters.
pub(super) fn first_line(text: &str) -> String {
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    short(line)
}

/// The last line that says something: where programs put their reason.
pub(super) fn last_line(text: &str) -> String {
    let line = text.lines().rev().map(str::trim).find(|line| !line.is_empty());
    short(line.unwrap_or_default())
}

/// At most 300 letters, none of them a control character.
pub(super) fn short(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(300).collect()
}
