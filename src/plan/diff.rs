//! The difference of two texts, as a unified diff.

use similar::TextDiff;

/// A unified diff with three lines of context and file names; empty if they are equal.
pub fn unified(path: &str, before: Option<&str>, after: Option<&str>) -> String {
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
    fn equal_texts_have_no_diff() {
        assert_eq!(unified("/etc/x", Some("a\n"), Some("a\n")), "");
    }
}
