//! The pages, and what of them is code.

use std::fs;
use std::path::{Path, PathBuf};

/// One page.
pub struct Page {
    /// Its path from the repository's root.
    pub name: String,
    pub text: String,
}

/// A fenced block.
pub struct Block {
    /// What the fence says it is.
    pub kind: String,
    pub text: String,
}

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// README, CONTRIBUTING, the book and the decisions.
pub fn pages() -> Vec<Page> {
    let mut files = vec![PathBuf::from("README.md"), PathBuf::from("CONTRIBUTING.md")];
    for dir in ["docs/book", "docs/adr"] {
        let entries = fs::read_dir(root().join(dir)).unwrap();
        files.extend(entries.map(|entry| Path::new(dir).join(entry.unwrap().file_name())));
    }
    files.sort();
    let page = |file: PathBuf| {
        let text = fs::read_to_string(root().join(&file)).unwrap();
        Page { name: file.to_str().unwrap().to_owned(), text }
    };
    let pages: Vec<Page> = files.into_iter().map(page).collect();
    assert!(pages.len() > 10, "too few pages to believe it");
    pages
}

impl Page {
    /// The fenced blocks, indentation of the fence taken away.
    pub fn blocks(&self) -> Vec<Block> {
        let mut blocks = Vec::new();
        let mut open: Option<(usize, Block)> = None;
        for line in self.text.lines() {
            let indent = line.len() - line.trim_start().len();
            match (open.take(), line.trim_start().strip_prefix("```")) {
                (None, Some(kind)) => {
                    let block = Block { kind: kind.trim().to_owned(), text: String::new() };
                    open = Some((indent, block));
                }
                (Some((_, block)), Some("")) => blocks.push(block),
                (Some((indent, mut block)), _) => {
                    block.text += line.get(indent..).unwrap_or_default();
                    block.text.push('\n');
                    open = Some((indent, block));
                }
                (None, None) => {}
            }
        }
        assert!(open.is_none(), "{}: a block that does not end", self.name);
        blocks
    }

    /// The text without its blocks.
    pub fn prose(&self) -> String {
        let mut inside = false;
        let mut prose = String::new();
        for line in self.text.lines() {
            if line.trim_start().starts_with("```") {
                inside = !inside;
            } else if !inside {
                prose += line;
                prose.push('\n');
            }
        }
        prose
    }

    /// What stands between backticks in the prose.
    pub fn spans(&self) -> Vec<String> {
        self.prose().split('`').skip(1).step_by(2).map(str::to_owned).collect()
    }

    /// Command lines: of blocks of shell, whole spans that start with a program.
    pub fn commands(&self) -> Vec<String> {
        let mut commands = Vec::new();
        for block in self.blocks() {
            let joined = block.text.replace("\\\n", " ");
            match block.kind.as_str() {
                "sh" => commands.extend(joined.lines().map(str::to_owned)),
                "console" | "text" => {
                    let typed = joined.lines().filter_map(|l| l.trim_start().strip_prefix("$ "));
                    commands.extend(typed.map(str::to_owned));
                }
                _ => {}
            }
        }
        commands.extend(self.spans());
        commands
    }
}

#[test]
fn blocks_spans_and_commands_are_told_apart() {
    let text = "Run `rappel plan`.\n\n1. so\n\n   ```console\n   $ rappel lint \\\n      x\n   out\n   ```\n\
                \n```yaml\n`a`\n```\n";
    let page = Page { name: "x".to_owned(), text: text.to_owned() };
    assert_eq!(page.spans(), ["rappel plan"]);
    let kinds: Vec<String> = page.blocks().into_iter().map(|block| block.kind).collect();
    assert_eq!(kinds, ["console", "yaml"]);
    assert_eq!(page.commands(), ["rappel lint     x", "rappel plan"]);
}
