//! The digest of what a plan is made against: what could not be read is equal to nothing.

use crate::bench::{Bench, SHELLS};

/// Two looks that could not read are not the same look.
#[test]
fn a_fingerprint_of_what_cannot_be_read_is_equal_to_nothing() {
    for shell in SHELLS {
        let bench = Bench::new(shell);
        for broken in ["awk", "sha256sum"] {
            let text = format!(
                "{broken}() {{ return 1; }}\nrequest=\nheard4= heard6=\ntake_files\n\
                 fingerprint; echo; sleep 0.05; fingerprint"
            );
            let said =
                bench.says(&["lib", "live", "say-live", "archive", "fingerprint"], &text, &[]);
            let [one, other] = said.lines().collect::<Vec<_>>()[..] else {
                panic!("{shell:?}: {said}")
            };
            assert_ne!(one, other, "{shell:?}: {broken}");
        }
    }
}

/// It would look as if there were none, and be planned anew.
#[test]
fn a_file_that_cannot_be_read_ends_the_look() {
    for shell in SHELLS {
        let bench = Bench::new(shell);
        let text = "tar() { printf half; echo \"tar: $PWD: Cannot open\" >&2; return 2; }\n\
                    request=$(printf 'path /etc/passwd\\npath /nowhere')\n(take_files; echo taken); echo \"code $?\"";
        let said = bench.says(&["lib", "archive", "fingerprint"], text, &[]);
        assert!(said.starts_with("error|cannot read a file: tar: /"), "{shell:?}: {said}");
        assert!(said.ends_with(": Cannot open\nend|failed\ncode 1\n"), "{shell:?}: {said}");
        let text = "base64() { return 1; }\nrequest='path /etc/passwd'\n\
                    (take_files; echo taken); echo \"code $?\"";
        let said = bench.says(&["lib", "archive", "fingerprint"], text, &[]);
        let failed = "error|base64 fails on this host\nend|failed\ncode 1\n";
        assert_eq!(said, failed, "{shell:?}");
    }
}

/// As the second name of the first it would be no file of its own.
#[test]
fn a_file_of_two_names_is_whole_under_each() {
    for shell in SHELLS {
        let bench = Bench::new(shell);
        bench.write_tx("one", "text");
        let text = "ln $tx/one $tx/two\n\
                    request=$(printf 'path %s\\n' \"$tx/one\" \"$tx/two\")\ntake_files\n\
                    printf '%s' \"$archived\" | base64 -d | tar -tvf - | grep -c '^-'";
        assert_eq!(bench.says(&["lib", "archive", "fingerprint"], text, &[]), "2\n", "{shell:?}");
    }
}
