//! Facts about a script that ifupdown runs through run-parts.

use crate::diagnostic::Source;

/// What a hook's text says about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The interpreter line without `#!`, trimmed.
    pub shebang: Option<String>,
    /// Whether a line that is no comment asks which interface it runs for.
    pub mentions_iface: bool,
    /// Whether a line that is no comment asks for which family (or phase, or method) it
    /// runs: ifupdown runs a hook once per family and once for `--all`.
    pub mentions_family: bool,
}

/// Reads a hook's text.
pub fn facts(source: &Source) -> Facts {
    let shebang = source
        .text
        .lines()
        .next()
        .and_then(|line| line.strip_prefix("#!"))
        .map(|line| line.trim().to_owned());
    let code = || source.text.lines().filter(|line| !line.trim_start().starts_with('#'));
    Facts {
        shebang,
        mentions_iface: code().any(|line| has_word(line, &["IFACE", "LOGICAL"])),
        mentions_family: code().any(|line| has_word(line, &["ADDRFAM", "METHOD"])),
    }
}

/// Whether run-parts runs a file of this name: letters, digits, `_` and `-` only.
pub fn runs(name: &str) -> bool {
    !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
}

fn has_word(line: &str, words: &[&str]) -> bool {
    line.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').any(|word| words.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::{facts, runs};
    use crate::diagnostic::Source;

    #[test]
    fn reads_a_guarded_hook() {
        let text =
            "#!/bin/sh -e\n[ \"$IFACE\" = eth0 ] || exit 0\n[ \"${ADDRFAM}\" = inet6 ] || exit 0\n";
        let found = facts(&Source::new("hook", text));
        assert_eq!(found.shebang.as_deref(), Some("/bin/sh -e"));
        assert!(found.mentions_iface && found.mentions_family);
    }

    #[test]
    fn a_comment_or_a_longer_word_is_no_mention() {
        let found = facts(&Source::new("hook", "# $IFACE\necho $MY_IFACE\n # ADDRFAM\n"));
        assert!(!found.mentions_iface && !found.mentions_family);
        assert_eq!(found.shebang, None);
    }

    #[test]
    fn names_for_run_parts() {
        assert!(runs("50-proxy_ndp"));
        assert!(!runs("proxy.sh") && !runs("") && !runs("a b") && !runs("é"));
    }
}
