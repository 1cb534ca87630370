//! Generations: numbered, pruned, and still able to go back to the host before rappel.

use std::fs;

use crate::bench::{Bench, SHELLS, write};

const PARTS: [&str; 4] = ["lib", "files", "watchdog", "generations"];

/// A generation that changed one file from `old` and found it as a file of that content,
/// or absent.
fn generation(bench: &Bench, number: u32, path: &str, old: Option<&str>) {
    let at = |name: &str| bench.state(&format!("gen/{number}/{name}"));
    write(&at("manifest"), &format!("0644 0 0 file 00 {path}\n"));
    write(&at("request"), &format!("run {number:04x}\n"));
    match old {
        Some(content) => {
            write(&at("before/files"), &format!("file 644 0 0 {number:04} {path}\n"));
            write(&at("before/absent"), "");
            write(&at(&format!("before/root{path}")), content);
        }
        None => {
            write(&at("before/files"), &format!("absent {path}\n"));
            write(&at("before/absent"), &format!("{path}\n"));
        }
    }
}

#[test]
fn numbers_go_up_and_the_last_is_found_by_number() {
    for shell in SHELLS {
        let bench = Bench::new(shell);
        assert_eq!(bench.says(&PARTS, "generation_last", &[]), "0");
        for number in ["2", "9", "10", "not-one"] {
            fs::create_dir_all(bench.state(&format!("gen/{number}"))).unwrap();
        }
        assert_eq!(bench.says(&PARTS, "generation_last", &[]), "10");
    }
}

/// Generation 1 takes in what a dropped generation knew of files that it did not touch:
/// names that look alike to a pattern are different files.
#[test]
fn pruning_keeps_what_is_needed_to_go_back_to_the_start() {
    for shell in SHELLS {
        let bench = Bench::new(shell);
        generation(&bench, 1, "/etc/a.b", Some("first\n"));
        generation(&bench, 2, "/etc/aXb", Some("second\n"));
        generation(&bench, 3, "/etc/a.b", Some("later\n"));
        generation(&bench, 4, "/etc/new [file]", None);
        for number in 5..=15 {
            generation(&bench, number, "/etc/a.b", Some("much later\n"));
        }
        bench.says(&PARTS, "prune", &[]);
        let mut left: Vec<u32> = fs::read_dir(bench.state("gen"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_str().unwrap().parse().unwrap())
            .collect();
        left.sort_unstable();
        assert_eq!(left, [1, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15], "{shell:?}");
        let read = |name: &str| fs::read_to_string(bench.state(&format!("gen/1/{name}"))).unwrap();
        assert_eq!(read("before/root/etc/a.b"), "first\n", "{shell:?}");
        assert_eq!(read("before/root/etc/aXb"), "second\n", "{shell:?}");
        assert_eq!(read("before/absent"), "/etc/new [file]\n", "{shell:?}");
        let files =
            "file 644 0 0 0001 /etc/a.b\nfile 644 0 0 0002 /etc/aXb\nabsent /etc/new [file]\n";
        assert_eq!(read("before/files"), files, "{shell:?}");
        assert_eq!(read("manifest").lines().count(), 3, "{shell:?}");
    }
}

#[test]
fn reverted_runs_are_kept_for_a_while() {
    for shell in SHELLS {
        let bench = Bench::new(shell);
        for number in 0..15 {
            fs::create_dir_all(bench.state(&format!("runs/{number:04x}"))).unwrap();
        }
        bench.says(&PARTS, "prune", &[]);
        assert_eq!(fs::read_dir(bench.state("runs")).unwrap().count(), 10, "{shell:?}");
    }
}

#[test]
fn a_run_is_found_wherever_it_went() {
    for shell in SHELLS {
        let bench = Bench::new(shell);
        generation(&bench, 1, "/etc/x", None);
        let outcome = |run: &str| bench.says(&PARTS, "run_outcome \"$1\"", &[run]);
        assert_eq!(outcome("0001"), "outcome|confirmed 1\n");
        assert_eq!(outcome("beef"), "outcome|none\n");
        // Prepared by a process that is gone.
        assert_eq!(outcome("00ff"), "outcome|none\n");
        bench.write_tx("pending", "00ff\n");
        assert_eq!(outcome("00ff"), "outcome|pending\n");
        fs::rename(bench.tx("pending"), bench.tx("reverted")).unwrap();
        bench.write_tx("reason", "not confirmed within 5 s\n");
        bench.write_tx("residue", "residue|file /etc/x is not as it was before\n");
        bench.write_tx("manifest", "");
        bench.says(&PARTS, "finish 00ff", &[]);
        let said = "residue|file /etc/x is not as it was before\n\
                    outcome|reverted not confirmed within 5 s\n";
        assert_eq!(outcome("00ff"), said, "{shell:?}");
    }
}
