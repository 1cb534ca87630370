//! Files as a host has them, without any inventory.

use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::cli::args::{FileKind, Lint, SystemWord};
use crate::cli::failure::Failure;
use crate::diagnostic::{Diagnostic, Source};
use crate::network::interfaces::{Interfaces, sourced};
use crate::network::lint::{Known, LintFile, LintHost, LintKind, System, review};

/// What is wrong with the files, which are taken for those of one host, and how many.
pub fn findings(args: &Lint) -> Result<(Vec<Diagnostic>, String), Failure> {
    let mut files = Vec::new();
    for path in &args.paths {
        files.push(read(path, args.kind)?);
    }
    let mut known = Known { system: args.system.map(system), ..Known::default() };
    follow(&mut files, &mut known);
    let host = LintHost { name: "this host", files: &files, known: &known };
    Ok((review(&[host]), format!("{} file(s)", files.len())))
}

/// The system of a word on the command line.
pub fn system(word: SystemWord) -> System {
    match word {
        SystemWord::Ifupdown => System::Ifupdown,
        SystemWord::Ifupdown2 => System::Ifupdown2,
        SystemWord::IfupdownNg => System::IfupdownNg,
        SystemWord::Proxmox => System::Proxmox,
    }
}

fn read(path: &Path, kind: Option<FileKind>) -> Result<LintFile, Failure> {
    let shown = path.display().to_string();
    let unreadable = |error: std::io::Error| {
        Diagnostic::error(format!("cannot read {shown}: {error}"))
            .remedy("name a file that is there and that you may read")
    };
    let (bytes, mode) = if path.as_os_str() == "-" {
        let mut bytes = Vec::new();
        std::io::stdin().read_to_end(&mut bytes).map_err(unreadable)?;
        (bytes, 0o755)
    } else {
        let bytes = std::fs::read(path).map_err(unreadable)?;
        let mode = std::fs::metadata(path).map_err(unreadable)?.permissions().mode();
        (bytes, mode & 0o7777)
    };
    // A comment in another encoding is no reason not to read the rest.
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let path = absolute.display().to_string();
    let kind = kind.map(of_word).or_else(|| LintKind::guess(&path, &text)).ok_or_else(|| {
        Diagnostic::error(format!("it is not plain what kind of file {shown} is"))
            .remedy("say it with --kind interfaces, sysctl, nft or hook")
    })?;
    Ok(LintFile { kind, path, mode, source: Source::new(shown, text) })
}

fn of_word(word: FileKind) -> LintKind {
    match word {
        FileKind::Interfaces => LintKind::Interfaces,
        FileKind::Sysctl => LintKind::Sysctl,
        FileKind::Nft => LintKind::Nft,
        FileKind::Hook => LintKind::Hook,
    }
}

/// Adds what the interfaces files bring in, and looks what lies beside them.
fn follow(files: &mut Vec<LintFile>, known: &mut Known) {
    let mut at = 0;
    known.complete = true;
    while let Some(file) = files.get(at) {
        at += 1;
        if file.kind != LintKind::Interfaces {
            continue;
        }
        let pending = Path::new(&file.path).with_file_name("interfaces.new");
        if pending.exists() {
            known.beside.push(pending.display().to_string());
        }
        let (interfaces, _) = Interfaces::read(&file.source);
        let own = file.path.clone();
        for wanted in sourced(&interfaces, &own) {
            // An absolute name in a copy of a host's file would lead to this machine's.
            if !wanted.relative && !own.starts_with("/etc/network/") {
                known.complete = false;
                continue;
            }
            for path in candidates(&wanted.directory) {
                let name = path.display().to_string();
                let new = wanted.matches(&name) && !files.iter().any(|file| file.path == name);
                if let Some(file) =
                    new.then(|| read(&path, Some(FileKind::Interfaces)).ok()).flatten()
                {
                    files.push(file);
                }
            }
        }
    }
}

/// The plain files of a directory, by name.
fn candidates(directory: &str) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(directory) else {
        return Vec::new();
    };
    let mut found: Vec<PathBuf> =
        entries.flatten().map(|entry| entry.path()).filter(|path| path.is_file()).collect();
    found.sort();
    found
}
