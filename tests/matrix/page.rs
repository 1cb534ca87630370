//! The rows of `docs/book/matrix.md`.

use std::fs;
use std::path::{Path, PathBuf};

/// A fault, and what proves that it does not hurt.
pub struct Row {
    pub number: usize,
    pub fault: String,
    /// `suite::module::test`, or `src::…` for a test beside the code.
    pub proofs: Vec<String>,
    /// As it stands there.
    pub line: String,
}

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All rows, in the page's order.
pub fn rows() -> Vec<Row> {
    let text = fs::read_to_string(root().join("docs/book/matrix.md")).expect("the page");
    text.lines().filter_map(row).collect()
}

fn row(line: &str) -> Option<Row> {
    let cells: Vec<&str> = line.strip_prefix("| ")?.strip_suffix(" |")?.split(" | ").collect();
    let number = cells.first()?.parse().ok()?;
    let named = cells.last()?.split('`').skip(1).step_by(2);
    Some(Row {
        number,
        fault: (*cells.get(1)?).to_owned(),
        proofs: named.map(str::to_owned).collect(),
        line: line.to_owned(),
    })
}

/// Whether there is such a test.
pub fn exists(proof: &str) -> bool {
    let (files, test) = places(proof);
    let head = format!("fn {test}(");
    files.iter().any(|file| fs::read_to_string(file).is_ok_and(|text| text.contains(&head)))
}

/// `suite::module::test` → the files it may stand in.
fn places(proof: &str) -> (Vec<PathBuf>, String) {
    let mut words: Vec<&str> = proof.split("::").collect();
    let test = words.pop().unwrap_or_default().to_owned();
    let base = if words.first() == Some(&"src") { root().to_owned() } else { root().join("tests") };
    let stem = words.iter().fold(base, |path, word| path.join(word));
    (vec![stem.with_extension("rs"), stem.join("mod.rs"), stem.join("tests.rs")], test)
}
