//! Runs the real programs of a Debian root over many files at once.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rappel::diagnostic::Source;
use rappel::network::interfaces::{Dialect, Interfaces, Tree};

/// One root file with what it brings in, by paths below the case's directory.
pub struct Case {
    pub id: String,
    pub files: Vec<(String, String)>,
}

impl Case {
    pub fn one(id: impl Into<String>, text: impl Into<String>) -> Self {
        Self { id: id.into(), files: vec![("interfaces".to_owned(), text.into())] }
    }

    /// The files as rappel reads them, by the paths that they have inside the root.
    pub fn read(&self, dialect: Dialect) -> Vec<(String, Interfaces, usize)> {
        self.files
            .iter()
            .map(|(path, text)| {
                let path = format!("/mnt/{}/{path}", self.id);
                let source = Source::new(path.as_str(), text.as_str());
                let (file, mistakes) = Interfaces::read_as(&source, dialect);
                (path, file, mistakes.len())
            })
            .collect()
    }

    pub fn main(&self) -> String {
        format!("/mnt/{}/interfaces", self.id)
    }

    /// The names of all stanzas, each once.
    pub fn names(&self, dialect: Dialect) -> Vec<String> {
        let files = self.read(dialect);
        let main = self.main();
        let mut names: Vec<String> = Vec::new();
        for directive in tree(&files, &main).directives() {
            if let rappel::network::interfaces::Directive::Stanza(stanza) = directive
                && !names.contains(&stanza.name)
            {
                names.push(stanza.name.clone());
            }
        }
        names
    }
}

pub fn tree<'a>(files: &'a [(String, Interfaces, usize)], main: &'a str) -> Tree<'a> {
    Tree::new(files.iter().map(|(path, file, _)| (path.as_str(), file)), main)
}

/// What the programs answered: by case and question, the text, and whether it failed.
pub struct Answers(BTreeMap<(String, String), (String, bool)>);

impl Answers {
    pub fn get(&self, case: &str, question: &str) -> (&str, bool) {
        let key = (case.to_owned(), question.to_owned());
        let (text, failed) =
            self.0.get(&key).unwrap_or_else(|| panic!("no answer to {case} {question}"));
        (text, *failed)
    }
}

/// Asks the programs of a variant of the labs' roots.
pub fn ask(variant: &str, dialect: Dialect, cases: &[Case]) -> Answers {
    let root = base_image(variant);
    let dir = tempfile::tempdir().unwrap();
    for case in cases {
        let own = dir.path().join(&case.id);
        for (path, text) in &case.files {
            let path = own.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let names: String = case.names(dialect).iter().map(|name| format!("{name}\n")).collect();
        fs::write(own.join("names"), names).unwrap();
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lint/inside.sh");
    let output = Command::new("sh").arg(script).arg(root).arg(dir.path()).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(!text.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    answers(&text)
}

fn base_image(variant: &str) -> PathBuf {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/base-image");
    let output = Command::new(script).arg(variant).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    PathBuf::from(String::from_utf8_lossy(&output.stdout).trim())
}

fn answers(text: &str) -> Answers {
    let mut found = BTreeMap::new();
    let mut open: Option<((String, String), String)> = None;
    for line in text.lines() {
        let marked: Vec<&str> =
            line.strip_prefix("== ").map(|rest| rest.split(' ').collect()).unwrap_or_default();
        match marked.as_slice() {
            ["failed", _] => {
                if let Some((key, text)) = open.take() {
                    found.insert(key, (text, true));
                }
            }
            [case, question] => {
                if let Some((key, text)) = open.take() {
                    found.insert(key, (text, false));
                }
                open = Some((((*case).to_owned(), (*question).to_owned()), String::new()));
            }
            _ => {
                if let Some((_, held)) = &mut open {
                    held.push_str(line);
                    held.push('\n');
                }
            }
        }
    }
    if let Some((key, text)) = open {
        found.insert(key, (text, false));
    }
    Answers(found)
}
