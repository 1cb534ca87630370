//! Files: what stands there, staged, swapped in, and back again from wherever it stopped.

use std::fmt::Write;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::bench::{Bench, SHELLS, Shell, write};

const PARTS: [&str; 2] = ["lib", "files"];

/// Names that a careless script would take for something else.
const HOSTILE: [&str; 18] = [
    "a b",
    "  two  spaces",
    "it's",
    "\"quoted\"",
    "$(touch pwned)",
    "`touch pwned`",
    "${HOME}",
    "-rf",
    "--help",
    "*",
    "[a-z]",
    "back\\slash\\n",
    ";touch pwned",
    "&",
    "#",
    "%s%n",
    "~root",
    "größe",
];

fn digest(content: &str) -> String {
    Sha256::digest(content).iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// A directory tree as text: kinds, modes, targets, contents.
fn tree(dir: &Path) -> String {
    let mut out = String::new();
    let mut entries: Vec<_> = fs::read_dir(dir).unwrap().map(|e| e.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        let found = path.symlink_metadata().unwrap();
        let _ = write!(out, "{} {:o} ", path.display(), found.mode());
        if found.is_symlink() {
            let _ = writeln!(out, "-> {}", fs::read_link(&path).unwrap().display());
        } else if found.is_dir() {
            let _ = writeln!(out, "\n{}", tree(&path));
        } else {
            let _ = writeln!(out, "{:?}", fs::read_to_string(&path).unwrap());
        }
    }
    out
}

/// A transaction of hostile names: every second file is there already, every third goes.
fn hostile(bench: &Bench) {
    let owner = bench.root("etc").metadata().unwrap();
    let (uid, gid) = (owner.uid(), owner.gid());
    let mut manifest = String::new();
    for (index, name) in HOSTILE.iter().enumerate() {
        let path = format!("/etc/{name}/{name}");
        let target = bench.root(&path[1..]);
        if index % 2 == 0 {
            write(&target, &format!("old {index}\n"));
            fs::set_permissions(&target, fs::Permissions::from_mode(0o640)).unwrap();
        }
        if index % 3 == 0 {
            let _ = writeln!(manifest, "- - - remove - {path}");
        } else {
            let content = format!("new {index}\n");
            write(&bench.tx(&format!("new{path}")), &content);
            let _ = writeln!(manifest, "0755 {uid} {gid} file {} {path}", digest(&content));
        }
    }
    bench.write_tx("manifest", &manifest);
    bench.write_tx("before/absent", "");
    bench.write_tx("before/files", "");
}

#[test]
fn a_states_line_tells_all_that_matters() {
    for shell in SHELLS {
        let bench = Bench::new(shell);
        let path = bench.root("etc/a b");
        let state = || bench.says(&PARTS, "file_state \"$1\"", &[path.to_str().unwrap()]);
        assert_eq!(state(), "absent");
        write(&path, "x\n");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        let owner = path.metadata().unwrap();
        let file = format!("file 600 {} {} {}", owner.uid(), owner.gid(), digest("x\n"));
        assert_eq!(state(), file);
        fs::remove_file(&path).unwrap();
        symlink("/nowhere at all", &path).unwrap();
        assert_eq!(state(), "link /nowhere at all");
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        assert_eq!(state(), "other directory");
    }
}

#[test]
fn hostile_names_are_staged_swapped_in_and_restored() {
    for shell in SHELLS {
        let bench = Bench::new(shell);
        hostile(&bench);
        let before = tree(&bench.root("etc"));
        bench.says(&PARTS, "stage_files && each_file snapshot_file", &[]);
        bench.says(&PARTS, "each_file swap_file", &[]);
        for (index, name) in HOSTILE.iter().enumerate() {
            let target = bench.root(&format!("etc/{name}/{name}"));
            let expected = (index % 3 != 0).then(|| format!("new {index}\n"));
            assert_eq!(fs::read_to_string(&target).ok(), expected, "{shell:?}: {name}");
            if expected.is_some() {
                let mode = target.metadata().unwrap().mode() & 0o777;
                assert_eq!(mode, 0o755, "{shell:?}: {name}");
            }
        }
        let restore = "each_file restore_file; drop_made_dirs; each_file compare_file";
        assert_eq!(bench.says(&PARTS, restore, &[]), "", "{shell:?}");
        assert_eq!(tree(&bench.root("etc")), before, "{shell:?}");
    }
}

/// Killed after any number of files, run again, at boot: the way back is the same.
#[test]
fn a_swap_that_stopped_anywhere_is_undone_at_boot() {
    for shell in SHELLS {
        // Everywhere under the shell that most hosts have, here and there under the others.
        let step = if matches!(shell, Shell::Dash) { 1 } else { 6 };
        for stopped in (0..=HOSTILE.len()).step_by(step) {
            let bench = Bench::new(shell);
            hostile(&bench);
            let before = tree(&bench.root("etc"));
            bench.says(&PARTS, "stage_files && each_file snapshot_file", &[]);
            bench.write_tx("pending", "00ff\n");
            let swap = "n=0; some() { n=$((n + 1)); [ $n -gt $limit ] || swap_file \"$@\"; }; \
                        limit=$1; each_file some";
            bench.says(&PARTS, swap, &[&stopped.to_string()]);
            let boot = bench.tx("scripts/boot.sh");
            let said = bench.says(&[], "sh \"$1\"", &[boot.to_str().unwrap()]);
            assert!(
                said.lines().all(|line| line.starts_with("step|")),
                "{shell:?} {stopped}: {said}"
            );
            assert_eq!(tree(&bench.root("etc")), before, "{shell:?} {stopped}");
            assert!(!bench.tx("").exists(), "{shell:?} {stopped}");
            let residue = fs::read_to_string(bench.state("runs/00ff/residue")).unwrap();
            assert_eq!(residue, "", "{shell:?} {stopped}");
        }
    }
}

/// Restoring is begun anew when the one who restores is killed as well.
#[test]
fn a_restore_may_be_run_any_number_of_times() {
    for shell in SHELLS {
        let bench = Bench::new(shell);
        hostile(&bench);
        let before = tree(&bench.root("etc"));
        let text = "stage_files && each_file snapshot_file && each_file swap_file &&
            n=0; some() { n=$((n + 1)); [ $n -gt 5 ] || restore_file \"$@\"; }; each_file some
            each_file restore_file; drop_made_dirs; each_file restore_file; drop_made_dirs";
        bench.says(&PARTS, text, &[]);
        assert_eq!(tree(&bench.root("etc")), before, "{shell:?}");
    }
}

#[test]
fn links_and_directories_are_never_replaced() {
    for shell in SHELLS {
        let bench = Bench::new(shell);
        let content = "new\n";
        write(&bench.tx("new/etc/file"), content);
        bench.write_tx("manifest", &format!("0644 0 0 file {} /etc/file\n", digest(content)));
        let target = bench.root("etc/file");
        symlink("elsewhere", &target).unwrap();
        let said = bench.run(&PARTS, "stage_files; echo staged", &[]);
        let text = String::from_utf8_lossy(&said.stdout).into_owned();
        assert!(text.contains("error|/etc/file is a symbolic link to elsewhere"), "{text}");
        assert!(!text.contains("staged\n"), "{text}");
        fs::remove_file(&target).unwrap();
        fs::create_dir(&target).unwrap();
        let said = bench.run(&PARTS, "stage_files; echo staged", &[]);
        let text = String::from_utf8_lossy(&said.stdout).into_owned();
        assert!(text.contains("error|/etc/file is a directory"), "{text}");
    }
}

#[test]
fn content_that_reads_back_differently_is_not_staged() {
    for shell in SHELLS {
        let bench = Bench::new(shell);
        let owner = bench.root("etc").metadata().unwrap();
        write(&bench.tx("new/etc/file"), "cut off");
        let line =
            format!("0644 {} {} file {} /etc/file\n", owner.uid(), owner.gid(), digest("whole"));
        bench.write_tx("manifest", &line);
        let said = bench.run(&PARTS, "stage_files", &[]);
        let text = String::from_utf8_lossy(&said.stdout).into_owned();
        assert!(text.contains("reads back with another digest"), "{text}");
    }
}

#[test]
fn what_somebody_changed_meanwhile_is_named() {
    for shell in SHELLS {
        let bench = Bench::new(shell);
        hostile(&bench);
        bench.says(&PARTS, "stage_files && each_file snapshot_file", &[]);
        write(&bench.root("etc/it's/it's"), "somebody else\n");
        let said = bench.says(&PARTS, "each_file compare_file", &[]);
        assert_eq!(said, "residue|file /etc/it's/it's is not as it was before\n", "{shell:?}");
    }
}

#[test]
fn a_name_that_ends_in_a_space_is_refused() {
    for shell in SHELLS {
        let bench = Bench::new(shell);
        let other = bench.root("etc/file");
        write(&other, "kept\n");
        bench.write_tx("request", "run 00ff\nwho me\nfile - - - remove - /etc/file \n");
        write(&bench.state("lock/run"), "00ff\n");
        let apply = bench.tx("scripts/apply.sh");
        let said = bench.run(&[], "sh \"$1\"", &[apply.to_str().unwrap()]);
        let text = String::from_utf8_lossy(&said.stdout).into_owned();
        assert!(text.starts_with("error|the name of a file must not end in a space\n"), "{text}");
        assert_eq!(fs::read_to_string(&other).unwrap(), "kept\n");
        assert!(!bench.tx("").exists() && !bench.state("lock").exists(), "{shell:?}");
    }
}
