//! The difference of two texts, as a unified diff.

use similar::TextDiff;

/// Lines of both texts beyond which nobody reads a diff, and a host could keep us busy
/// with what it says stands in a file.
const LONGEST: usize = 50_000;

/// A unified diff with three lines of context and file names; empty if they are equal.
pub fn unified(path: &str, before: Option<&str>, after: Option<&str>) -> String {
    let lines = |text: Option<&str>| text.unwrap_or_default().lines().count();
    if lines(before) + lines(after) > LONGEST && before != after {
        return format!(
            "--- {path}\n+++ {path}\n@@ {} lines before, {} after: too long to compare @@\n",
            lines(before),
            lines(after)
        );
    }
    let name = |text: Option<&str>| text.map_or("/dev/null", |_| path).to_owned();
    TextDiff::from_lines(before.unwrap_or_default(), after.unwrap_or_default())
        .unified_diff()
        .context_radius(3)
        .header(&name(before), &name(after))
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::unified;

    #[test]
    fn a_changed_line_shows_both_sides() {
        let diff = unified("/etc/x", Some("a\nb\n"), Some("a\nc\n"));
        assert_eq!(diff, "--- /etc/x\n+++ /etc/x\n@@ -1,2 +1,2 @@\n a\n-b\n+c\n");
    }

    #[test]
    fn a_new_file_comes_from_nowhere() {
        assert!(unified("/etc/x", None, Some("a\n")).starts_with("--- /dev/null\n+++ /etc/x\n"));
    }

    #[test]
    fn texts_that_have_nothing_in_common_end_soon() {
        let text = |word: &str, lines: usize| -> String {
            (0..lines).map(|n| format!("{word}{n}\n")).collect()
        };
        let (before, after) = (text("a", 20_000), text("b", 20_000));
        let diff = unified("/etc/x", Some(&before), Some(&after));
        assert_eq!(diff.lines().count(), 40_003);
        let diff = unified("/etc/x", Some(&text("a", 300_000)), Some(&after));
        assert!(diff.contains("too long"), "{}", diff.len());
    }

    #[test]
    fn equal_texts_have_no_diff() {
        assert_eq!(unified("/etc/x", Some("a\n"), Some("a\n")), "");
    }
}
