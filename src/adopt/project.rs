//! The files of the project: inventory, vars, playbook, and what is kept as it was.

use std::fmt::Write;

use serde_json::{Map, Value, json};

use super::yaml::{block, scalar};
use super::{Adopted, Origin, Piece, account};
use crate::desired::{ArtifactKind, Become, Host, SCHEMA, verbatim};
use crate::network::object::ObjectKind;

/// A file to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewFile {
    /// Path in the project.
    pub path: String,
    /// Its text.
    pub text: String,
    /// Whether it is for its owner's eyes only.
    pub private: bool,
}

impl NewFile {
    fn new(path: &str, text: String) -> Self {
        Self { path: path.to_owned(), text, private: false }
    }
}

impl Adopted {
    /// Every file of the project.
    pub fn files(&self) -> Vec<NewFile> {
        let name = &self.host.name;
        let mut files = vec![
            NewFile::new("hosts.yml", self.inventory()),
            NewFile::new("site.yml", self.playbook()),
            NewFile::new("network.schema.json", SCHEMA.to_owned()),
            NewFile::new("IMPORT.md", account::page(self)),
        ];
        if !self.host.vars.is_empty() {
            let head = "# yaml-language-server: $schema=../network.schema.json\n";
            let vars = block(&Value::Object(self.host.vars.clone()), 0);
            files.push(NewFile::new(&format!("host_vars/{name}.yml"), format!("{head}{vars}")));
        }
        let kept = |piece: &&Piece| piece.origin == Origin::Verbatim && !piece.is_object();
        for piece in self.pieces.iter().filter(kept) {
            let path = format!("templates/{}", template(name, piece));
            let text = verbatim(&piece.content);
            files.push(NewFile { path, text, private: piece.is_private() });
        }
        for (file, text) in &self.remarks.translated {
            files.push(NewFile::new(&format!("not-in-use/{file}"), text.clone()));
        }
        if !self.remarks.tables.is_empty() {
            let text: String = self
                .remarks
                .tables
                .iter()
                .map(|(_, text)| format!("{}\n", text.trim_end()))
                .collect();
            files.push(NewFile { path: "not-in-use/live.nft".to_owned(), text, private: true });
        }
        files
    }

    fn inventory(&self) -> String {
        let vars = connection(&self.host);
        let vars = if vars.is_empty() { Value::Null } else { Value::Object(vars) };
        let Value::Object(hosts) = json!({ self.group: { "hosts": { &self.host.name: vars } } })
        else {
            return String::new();
        };
        block(&Value::Object(hosts), 0).replace(" null\n", "\n")
    }

    fn playbook(&self) -> String {
        let name = &self.host.name;
        let mut out = format!(
            "# What {name} had when it was imported. Change it here, look at `rappel plan`.\n\
             - name: {}\n  hosts: {}\n",
            scalar(&format!("{name} as it was found")),
            scalar(name),
        );
        out.push_str(if self.pieces.is_empty() { "  artifacts: []\n" } else { "  artifacts:\n" });
        for piece in &self.pieces {
            out.push_str(&block(&Value::Array(vec![entry(name, piece)]), 4));
        }
        if !self.remarks.lint.is_empty() {
            out.push_str("  # Found by lint, and so on the host already.\n  lint:\n    allow:\n");
            let mut rules: Vec<&str> =
                self.remarks.lint.iter().map(|(rule, _)| rule.as_str()).collect();
            rules.dedup();
            for rule in rules {
                let _ = writeln!(out, "      {rule}: imported as it was");
            }
        }
        out
    }
}

/// How the host is reached, as far as an inventory has to say it. Passwords are left out.
fn connection(host: &Host) -> Map<String, Value> {
    let mut vars = Map::new();
    let connection = &host.connection;
    if connection.address != host.name {
        vars.insert("ansible_host".to_owned(), json!(connection.address));
    }
    vars.extend(connection.port.map(|port| ("ansible_port".to_owned(), json!(port))));
    vars.extend(connection.user.as_ref().map(|user| ("ansible_user".to_owned(), json!(user))));
    let key = connection.identity_file.as_ref().map(|file| json!(file.display().to_string()));
    vars.extend(key.map(|key| ("ansible_ssh_private_key_file".to_owned(), key)));
    for (name, text) in &connection.options.last {
        vars.insert((*name).to_owned(), json!(text));
    }
    match connection.r#become {
        Some(Become::Sudo { .. }) => vars.insert("ansible_become".to_owned(), json!(true)),
        Some(Become::Doas) => {
            vars.insert("ansible_become".to_owned(), json!(true));
            vars.insert("ansible_become_method".to_owned(), json!("doas"))
        }
        Some(Become::No) | None => None,
    };
    vars
}

/// The name of the template that a piece is kept in.
fn template(host: &str, piece: &Piece) -> String {
    format!("{host}{}", piece.path)
}

fn entry(host: &str, piece: &Piece) -> Value {
    if let Some((kind, name)) = ObjectKind::of(&piece.path) {
        let content = verbatim(&piece.content);
        return json!({ "kind": kind.word(), "name": name, "content": content });
    }
    let mut entry = json!({ "kind": word(&piece.kind) });
    let template = match piece.origin {
        Origin::Shipped(name) => name.to_owned(),
        Origin::Verbatim => template(host, piece),
    };
    let usual = match &piece.kind {
        ArtifactKind::Interfaces => "/etc/network/interfaces",
        ArtifactKind::Sysctl => "/etc/sysctl.d/90-rappel.conf",
        ArtifactKind::Nft => "/etc/nftables.d/rappel.nft",
        ArtifactKind::Hook(_) | ArtifactKind::File { .. } | ArtifactKind::Object(_) => "",
    };
    let mut mode = 0o644;
    if let ArtifactKind::Hook(phase) = piece.kind {
        mode = 0o755;
        entry["phase"] = json!(phase.directory());
        entry["name"] = json!(piece.path.rsplit('/').next());
    } else if piece.path != usual {
        entry["path"] = json!(piece.path);
    }
    entry["template"] = json!(template);
    if piece.mode != mode {
        entry["mode"] = json!(format!("{:04o}", piece.mode));
    }
    for (key, value) in [("owner", &piece.owner), ("group", &piece.group)] {
        if value != "root" {
            entry[key] = json!(value);
        }
    }
    entry
}

fn word(kind: &ArtifactKind) -> &'static str {
    match kind {
        ArtifactKind::Interfaces => "interfaces",
        ArtifactKind::Sysctl => "sysctl",
        ArtifactKind::Nft => "nft",
        ArtifactKind::Hook(_) => "hook",
        ArtifactKind::File { .. } => "file",
        ArtifactKind::Object(kind) => kind.word(),
    }
}
