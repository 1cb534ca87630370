//! Patterns for names: shell patterns, and ifupdown2's ranges.

/// Whether a shell pattern matches a whole name: `*`, `?`, `[a-z]`, `[!a-z]`, and `\` in
/// front of a letter that stands for itself.
pub fn matches(pattern: &str, name: &str) -> bool {
    let pattern = marks(pattern);
    let name: Vec<char> = name.chars().collect();
    let (mut p, mut n) = (0, 0);
    // Where to go on when the last star must take one character more.
    let mut star: Option<(usize, usize)> = None;
    while n < name.len() {
        match pattern.get(p) {
            Some(Mark::Many) => {
                star = Some((p + 1, n));
                p += 1;
            }
            Some(Mark::Is(set)) if set.holds(name[n]) => (p, n) = (p + 1, n + 1),
            _ => match star {
                Some((after, taken)) => {
                    star = Some((after, taken + 1));
                    (p, n) = (after, taken + 1);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|mark| matches!(mark, Mark::Many))
}

/// Whether a word has letters that a shell expands over the files that are there.
pub fn is_pattern(word: &str) -> bool {
    word.contains(['*', '?', '['])
}

enum Mark {
    Many,
    Is(Set),
}

/// The characters that one place of a pattern takes.
struct Set {
    ranges: Vec<(char, char)>,
    others: bool,
}

impl Set {
    fn one(c: char) -> Self {
        Self { ranges: vec![(c, c)], others: false }
    }

    fn holds(&self, c: char) -> bool {
        self.ranges.iter().any(|(from, to)| (*from..=*to).contains(&c)) != self.others
    }
}

fn marks(pattern: &str) -> Vec<Mark> {
    let chars: Vec<char> = pattern.chars().collect();
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(c) = chars.get(at) {
        at += 1;
        found.push(match c {
            '*' => Mark::Many,
            '?' => Mark::Is(Set { ranges: Vec::new(), others: true }),
            '\\' if at < chars.len() => {
                at += 1;
                Mark::Is(Set::one(chars[at - 1]))
            }
            '[' => match bracket(&chars[at..]) {
                Some((set, length)) => {
                    at += length;
                    Mark::Is(set)
                }
                None => Mark::Is(Set::one('[')),
            },
            c => Mark::Is(Set::one(*c)),
        });
    }
    found
}

/// The set after a `[`, and how many characters it takes; `None` without a `]`.
fn bracket(chars: &[char]) -> Option<(Set, usize)> {
    let others = matches!(chars.first(), Some('!' | '^'));
    let start = usize::from(others);
    // A `]` right at the start stands for itself.
    let end = (start + 1..chars.len()).find(|at| chars[*at] == ']')?;
    let mut ranges = Vec::new();
    let mut at = start;
    while at < end {
        if at + 2 < end && chars[at + 1] == '-' {
            ranges.push((chars[at], chars[at + 2]));
            at += 3;
        } else {
            ranges.push((chars[at], chars[at]));
            at += 1;
        }
    }
    Some((Set { ranges, others }, end + 1))
}

/// A range of more names than this is left as it is written.
const MOST: u32 = 512;

/// The names that a range of ifupdown2 stands for, as in `swp[1-4]` or `swp[1-4].100`;
/// `None` for what is no range.
pub fn range(name: &str) -> Option<Vec<String>> {
    let (prefix, rest) = name.split_once('[')?;
    let (numbers, suffix) = rest.split_once(']')?;
    let (from, to) = numbers.split_once('-')?;
    let word = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
    if prefix.is_empty() || !prefix.chars().all(word) {
        return None;
    }
    // ifupdown2 drops a suffix after a prefix with a dot, and the end of a strange one.
    let known = if prefix.contains('.') { "" } else { suffix };
    let kept: String = known.chars().take_while(|c| word(*c)).collect();
    let (from, to): (u32, u32) = (from.parse().ok()?, to.parse().ok()?);
    if to.saturating_sub(from) > MOST {
        return None;
    }
    Some((from..=to).map(|number| format!("{prefix}{number}{kept}")).collect())
}

#[cfg(test)]
mod tests {
    use super::{matches, range};

    #[test]
    fn shell_patterns() {
        for (pattern, name, expected) in [
            ("eth*", "eth0", true),
            ("eth*", "ens3", false),
            ("*0", "eth00", true),
            ("e*h?", "eth0", true),
            ("en[op]1", "eno1", true),
            ("en[op]1", "enx1", false),
            ("en[!op]1", "enx1", true),
            ("eth[0-3]", "eth2", true),
            ("eth[0-3]", "eth4", false),
            ("eth[]]", "eth]", true),
            ("en[op", "en[op", true),
            ("a\\*", "a*", true),
            ("a\\*", "ab", false),
            ("", "", true),
            ("*", "", true),
            ("a", "", false),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
        assert!(!matches(&"*a".repeat(40), &"a".repeat(39)));
    }

    #[test]
    fn ranges() {
        let names = |name: &str| range(name).map(|names| names.join(" "));
        assert_eq!(names("swp[1-3]").as_deref(), Some("swp1 swp2 swp3"));
        assert_eq!(names("swp[1-2].100").as_deref(), Some("swp1.100 swp2.100"));
        assert_eq!(names("br0.[9-10]").as_deref(), Some("br0.9 br0.10"));
        assert_eq!(names("swp[2-1]").as_deref(), Some(""));
        for name in ["swp1", "swp[1]", "[1-2]", "swp[a-b]", "swp[1-2", "swp[0-999]"] {
            assert_eq!(range(name), None, "{name}");
        }
    }
}
