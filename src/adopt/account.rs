//! The account of an import, for whoever takes the project over.

use std::fmt::Write;

use super::{Adopted, Remarks};

/// One chapter: what it is about, and its lines.
type Chapter<'a> = (&'static str, Vec<String>);

/// The page that is kept in the project.
pub(super) fn page(adopted: &Adopted) -> String {
    let mut out = format!("# {} as it was imported\n", adopted.host.name);
    let chapters = chapters(&adopted.remarks);
    if chapters.is_empty() {
        out.push_str("\nNothing of its network was found.\n");
    }
    for (head, lines) in chapters {
        let _ = write!(out, "\n## {head}\n\n");
        for line in lines {
            let _ = writeln!(out, "- {line}");
        }
    }
    out
}

impl Remarks {
    /// The same for a terminal.
    pub fn words(&self) -> String {
        let mut out = String::new();
        for (head, lines) in chapters(self) {
            let _ = writeln!(out, "{head}:");
            for line in lines {
                let _ = writeln!(out, "  {}", line.replace('`', ""));
            }
        }
        out
    }
}

fn chapters(remarks: &Remarks) -> Vec<Chapter<'_>> {
    let pairs = |list: &[(String, String)], between: &str| {
        list.iter().map(|(path, what)| format!("`{path}`{between}{what}")).collect::<Vec<_>>()
    };
    let secret =
        |(path, line, name): &(String, usize, String)| format!("`{path}`, line {line}: `{name}`");
    let translated = |(file, _): &(&'static str, String)| {
        format!("`not-in-use/{file}`: the rules of iptables, as nft has them")
    };
    let mut unused: Vec<String> = remarks.translated.iter().map(translated).collect();
    if !remarks.tables.is_empty() {
        let names: Vec<&str> = remarks.tables.iter().map(|(table, _)| table.as_str()).collect();
        unused.push(format!(
            "`not-in-use/live.nft`: tables that are live and in no script: {}",
            names.join(", ")
        ));
    }
    let lint = |(rule, message): &(String, String)| format!("{rule}: {message}");
    let objects = |(kind, name): &(&'static str, String)| format!("{kind} `{name}`");
    let all: [Chapter<'_>; 10] = [
        (
            "Rendered from the vars by shipped templates, to the byte",
            pairs(&remarks.rendered, ": "),
        ),
        (
            "Kept as they are, though a shipped template renders the same meaning from the vars",
            pairs(&remarks.same_meaning, ": "),
        ),
        ("Kept as they are, as mere files", pairs(&remarks.verbatim, ": ")),
        ("Objects, wanted as they are", remarks.objects.iter().map(objects).collect()),
        ("No var can say", remarks.unsaid.clone()),
        ("Left out", pairs(&remarks.left, ": ")),
        ("Live state and files differ", remarks.live.clone()),
        ("Not in use", unused),
        (
            "Secrets, in files that only you can read here",
            remarks.secrets.iter().map(secret).collect(),
        ),
        ("Found by lint, and allowed", remarks.lint.iter().map(lint).collect()),
    ];
    all.into_iter().filter(|(_, lines)| !lines.is_empty()).collect()
}
