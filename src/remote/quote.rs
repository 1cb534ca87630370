//! Quoting for a remote POSIX shell, because SSH hands a command to one as a single string.

/// One word for a POSIX shell that comes out exactly as `text`, whatever is in it.
///
/// The word is always put in single quotes, where a shell gives no character a meaning;
/// only the single quote itself is written outside of them. A NUL byte cannot be in a
/// shell word at all and is the caller's to refuse.
pub fn sh(text: &str) -> String {
    let mut word = String::with_capacity(text.len() + 2);
    word.push('\'');
    for part in text.chars() {
        match part {
            '\'' => word.push_str(r"'\''"),
            other => word.push(other),
        }
    }
    word.push('\'');
    word
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use proptest::prelude::ProptestConfig;
    use proptest::{prop_assert_eq, proptest};

    use super::sh;

    /// What the shell makes of `printf %s WORD…`, one word after the other.
    fn through(shell: &[&str], words: &[String]) -> Option<Vec<u8>> {
        let quoted: Vec<String> = words.iter().map(|word| sh(word)).collect();
        let output = Command::new(shell[0])
            .args(&shell[1..])
            .arg("-c")
            .arg(format!("printf '%s\\001' {}", quoted.join(" ")))
            .output()
            .ok()?;
        assert!(output.status.success(), "{shell:?}: {output:?}");
        Some(output.stdout)
    }

    const SHELLS: [&[&str]; 4] = [&["/bin/sh"], &["dash"], &["busybox", "sh"], &["bash"]];

    #[test]
    fn awkward_words_are_quoted() {
        assert_eq!(sh(""), "''");
        assert_eq!(sh("a b"), "'a b'");
        assert_eq!(sh("it's"), r"'it'\''s'");
        assert_eq!(sh("$(x) `y` \\ \"z\" !1"), "'$(x) `y` \\ \"z\" !1'");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn every_shell_gives_back_what_was_quoted(
            words in proptest::collection::vec("[^\\x00]{0,24}|[ '\"$`\\\\!*?~#&;|<>(){}\\[\\]\n\t-]{0,12}", 1..6)
        ) {
            let mut wanted = Vec::new();
            for word in &words {
                wanted.extend_from_slice(word.as_bytes());
                wanted.push(1);
            }
            let mut tried = 0;
            for shell in SHELLS {
                if let Some(got) = through(shell, &words) {
                    tried += 1;
                    prop_assert_eq!(&got, &wanted, "{:?}", shell);
                }
            }
            assert!(tried > 0, "no shell at all");
        }
    }
}
