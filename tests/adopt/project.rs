//! A project that was imported, and what is expected of it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use crate::bench::{Bench, Said};

/// A directory that `rappel import` made.
pub struct Imported<'a> {
    bench: &'a Bench,
    pub directory: PathBuf,
    pub said: Said,
}

/// Imports a host of the project's inventory into a directory of its name.
pub fn import<'a>(bench: &'a Bench, host: &str) -> Imported<'a> {
    let into = format!("imported-{host}");
    let said = bench.rappel(&["import", host, &into]).code(0);
    Imported { bench, directory: bench.project.path().join(into), said }
}

impl Imported<'_> {
    /// A file of it.
    #[track_caller]
    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.directory.join(path))
            .unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// Permission bits of a file of it.
    pub fn mode(&self, path: &str) -> u32 {
        let metadata = fs::metadata(self.directory.join(path)).expect("a file");
        metadata.permissions().mode() & 0o777
    }

    /// Runs a command in it, with the inventory that it has itself.
    pub fn rappel(&self, words: &[&str]) -> Said {
        let reach = self.bench.reach();
        let words: Vec<&str> =
            words.iter().copied().chain(reach.iter().map(String::as_str)).collect();
        let mut command = self.bench.command(&words);
        // The lab's command enters namespaces first, and keeps this directory.
        command.current_dir(&self.directory).env("RAPPEL_INVENTORY", "hosts.yml");
        Said::of(&command.output().expect("runs"))
    }

    /// Its plan has nothing to do, and lint lets it pass.
    #[track_caller]
    pub fn plans_nothing(&self) {
        self.rappel(&["plan"]).code(0).says("1 unchanged");
        self.rappel(&["drift"]).code(0).says("no drift");
    }

    /// The same, though somebody has changed live state beside the files.
    #[track_caller]
    pub fn plans_nothing_but(&self, by_hand: &[&str]) {
        self.rappel(&["plan"]).code(0).says("1 unchanged");
        let drift =
            by_hand.iter().fold(self.rappel(&["drift"]).code(2), |said, line| said.says(line));
        assert_eq!(
            drift.out.lines().filter(|l| l.starts_with("  ")).count(),
            by_hand.len(),
            "{}",
            drift.out
        );
    }
}
