//! Files as a host sends them: a tar archive in base64 lines.

use std::collections::BTreeMap;
use std::io::Read;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::remote::digest::sha256sum;
use crate::remote::wire::{Reply, WireError, garbage};

/// What stands at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileState {
    /// Nothing.
    Absent,
    /// A file.
    File {
        /// Permission bits.
        mode: u32,
        /// Owner's name, or number where it has none.
        owner: String,
        /// Group's name, or number where it has none.
        group: String,
        /// Its content.
        content: Vec<u8>,
    },
    /// A symbolic link.
    Link {
        /// Where it points.
        target: String,
    },
    /// A directory, device, socket…
    Other,
}

/// What an archive holds, by absolute path.
#[derive(Debug, Default)]
pub struct Archive {
    /// What stands at each path.
    pub files: BTreeMap<String, FileState>,
    /// When it was last written, in seconds since 1970, where the archive tells.
    pub written: BTreeMap<String, u64>,
}

/// Unpacks the archive in the base64 lines of one key. No lines are an empty archive.
pub fn parse<'a>(lines: impl Iterator<Item = &'a str>, what: &str) -> Result<Archive, WireError> {
    let mut text = String::new();
    lines.for_each(|line| text.push_str(line.trim_end()));
    let bytes = STANDARD.decode(&text).map_err(|_| garbage(what))?;
    unpack(&bytes).map_err(|error| garbage(&format!("{what}: {error}")))
}

/// Merges what generations had found: they come newest first, and the oldest one's word
/// holds.
///
/// # Errors
/// What is no archive, and a generation that does not hold what its own list says: a rollback
/// would leave such a file as it is, or write what is damaged.
pub fn parse_found(reply: &Reply) -> Result<BTreeMap<String, FileState>, WireError> {
    let mut contents = BTreeMap::new();
    let mut generations: Vec<u32> = Vec::new();
    for value in reply.all("gen") {
        generations.push(value.parse().map_err(|_| garbage(value))?);
    }
    for generation in generations {
        let key = format!("gen-files {generation}");
        let mut files = parse(reply.all(&key), &key)?.files;
        let key = format!("gen-file {generation}");
        for line in reply.all(&key) {
            if let Some(path) = line.strip_prefix("absent ") {
                files.insert(path.to_owned(), FileState::Absent);
            } else if !files.iter().any(|(path, state)| is_kept(line, path, state)) {
                let what = line.find(" /").map_or(line, |at| &line[at + 1..]);
                return Err(WireError::Refused(format!(
                    "generation {generation} on the host is damaged: it does not hold {what} as it was found"
                )));
            }
        }
        contents.extend(files);
    }
    Ok(contents)
}

/// Whether a line of a generation's list speaks of what is at a path: `file MODE UID GID SHA256
/// PATH` or `link TARGET PATH`.
fn is_kept(line: &str, path: &str, state: &FileState) -> bool {
    let Some(about) = line.strip_suffix(path).and_then(|about| about.strip_suffix(' ')) else {
        return false;
    };
    match state {
        FileState::File { content, .. } => about.rsplit_once(' ').is_some_and(|(kind, digest)| {
            kind.starts_with("file ") && digest == sha256sum(content)
        }),
        FileState::Link { target } => about.strip_prefix("link ") == Some(target.as_str()),
        FileState::Absent | FileState::Other => false,
    }
}

fn unpack(bytes: &[u8]) -> std::io::Result<Archive> {
    let mut found = Archive::default();
    for entry in tar::Archive::new(bytes).entries()? {
        let mut entry = entry?;
        let path = format!("/{}", String::from_utf8_lossy(&entry.path_bytes()));
        let state = match entry.header().entry_type() {
            tar::EntryType::Regular => file(&mut entry)?,
            tar::EntryType::Symlink => FileState::Link {
                target: entry
                    .link_name_bytes()
                    .map(|t| String::from_utf8_lossy(&t).into_owned())
                    .unwrap_or_default(),
            },
            _ => FileState::Other,
        };
        if let Ok(at) = entry.header().mtime() {
            found.written.insert(path.clone(), at);
        }
        found.files.insert(path, state);
    }
    Ok(found)
}

fn file(entry: &mut tar::Entry<'_, &[u8]>) -> std::io::Result<FileState> {
    let header = entry.header();
    let mode = header.mode()? & 0o7777;
    let name = |name: Option<&[u8]>, id: u64| match name {
        Some(bytes) if !bytes.is_empty() => String::from_utf8_lossy(bytes).into_owned(),
        _ => id.to_string(),
    };
    let owner = name(header.username_bytes(), header.uid()?);
    let group = name(header.groupname_bytes(), header.gid()?);
    let mut content = Vec::new();
    entry.read_to_end(&mut content)?;
    Ok(FileState::File { mode, owner, group, content })
}

#[cfg(test)]
mod tests {
    use super::{FileState, parse, parse_found};
    use crate::remote::digest::sha256sum;
    use crate::remote::wire::Reply;
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use proptest::prelude::{any, prop, proptest};

    fn archive() -> String {
        let mut builder = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_gnu();
        header.set_mode(0o640);
        header.set_size(3);
        header.set_uid(0);
        header.set_gid(4);
        header.set_username("root").expect("a name");
        header.set_groupname("adm").expect("a name");
        builder.append_data(&mut header, "etc/a b", &b"x\0y"[..]).expect("packs");
        let mut link = tar::Header::new_gnu();
        link.set_entry_type(tar::EntryType::Symlink);
        link.set_size(0);
        builder.append_link(&mut link, "etc/l", "/run/x").expect("packs");
        STANDARD.encode(builder.into_inner().expect("packs"))
    }

    #[test]
    fn contents_owners_and_links_come_back() {
        let text = archive();
        let (one, two) = text.split_at(76);
        let files = parse([one, two].into_iter(), "files").expect("parses").files;
        let FileState::File { mode, owner, group, content } = &files["/etc/a b"] else {
            panic!("no file")
        };
        assert_eq!(
            (*mode, owner.as_str(), group.as_str(), content.as_slice()),
            (0o640, "root", "adm", &b"x\0y"[..])
        );
        assert_eq!(files["/etc/l"], FileState::Link { target: "/run/x".to_owned() });
    }

    #[test]
    fn no_lines_are_no_files() {
        assert!(parse(std::iter::empty(), "files").expect("parses").files.is_empty());
    }

    #[test]
    fn a_generation_holds_all_that_its_list_names() {
        let found = |list: &str| {
            let files = archive();
            let text = format!("rappel|1\ngen|2\n{list}gen-files 2|{files}\nend|ok\n");
            parse_found(&Reply::parse(&text).expect("a reply"))
        };
        let file = format!("gen-file 2|file 640 0 4 {} /etc/a b\n", sha256sum(b"x\0y"));
        let link = "gen-file 2|link /run/x /etc/l\n";
        let files = found(&format!("{file}{link}gen-file 2|absent /etc/none\n")).expect("whole");
        assert_eq!((files.len(), &files["/etc/none"]), (3, &FileState::Absent));
        for (broken, named) in [
            (file.replace("a b", "b"), "/etc/b"),
            (file.replace("640 0 4 ", "640 0 4 0"), "/etc/a b"),
            (link.replace("run", "tmp"), "/etc/l"),
            (link.replace("/etc/l", "/etc/m"), "/etc/m"),
        ] {
            let why = found(&broken).expect_err(&broken).to_string();
            assert!(why.starts_with("generation 2 ") && why.contains(named), "{why}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_parser_panic(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
            let text = STANDARD.encode(bytes);
            let _ = parse(std::iter::once(text.as_str()), "files");
        }
    }
}
