//! `rappel import`: takes a host up as it is, into a new project whose plan is empty.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use super::args::Import;
use super::driver::{Driver, write_text};
use super::exit::Exit;
use super::failure::Failure;
use super::{lint, project};
use crate::adopt::{Adopted, NewFile};
use crate::desired::{Connection, Desired, Host, Masks, SshOptions};
use crate::diagnostic::{Diagnostic, Severity};
use crate::report::clean::clean;
use crate::report::text::outcome_words;
use crate::run::{Imported, import, private_directory};

/// Runs the command.
pub fn run(args: &Import, colour: bool) -> Result<Exit, Failure> {
    let (host, name) = host(args)?;
    let directory = args.directory.clone();
    if let Some(directory) = &directory {
        must_be_new(directory)?;
    }
    let mut driver = Driver::new(&args.reach, None, colour)?;
    let context = driver.context().clone();
    let wanted = host.clone();
    let imported = driver.look(async move { import(&context, wanted, name).await })?;
    if driver.context().interrupted() {
        return Ok(Exit::Interrupted);
    }
    let Imported { mut adopted, plan } = match imported {
        Ok(imported) => imported,
        Err(outcome) => {
            write_text(&format!("{}: {}\n", clean(&host.name), outcome_words(&outcome)), colour)?;
            return Ok(Exit::of([outcome.weight()].into_iter()));
        }
    };
    let directory = directory.unwrap_or_else(|| PathBuf::from(&adopted.host.name));
    must_be_new(&directory)?;
    let new = Unfinished::beside(&directory)?;
    new.write(&adopted)?;
    allow(&new.0, &mut adopted, colour)?;
    new.write(&adopted)?;
    must_be_the_same(&new.0, &adopted, colour)?;
    new.finish(&directory)?;
    write_text(&told(&directory, &adopted), colour)?;
    if plan.is_empty() {
        Ok(Exit::Ok)
    } else {
        // It changed under our eyes, or rappel misread it.
        let left: Vec<String> = plan.files.iter().map(|file| file.path.clone()).collect();
        let message =
            format!("the plan of {} is not empty: {}", directory.display(), left.join(", "));
        Err(Diagnostic::error(message).remedy("look at `rappel plan` there").into())
    }
}

/// The host as the inventory has it, or as the argument says where there is none; and the
/// name that it has already.
fn host(args: &Import) -> Result<(Host, Option<String>), Failure> {
    if args.inventory.inventory.is_empty() {
        return Ok((destination(&args.host, args.reach.user.as_deref())?, args.name.clone()));
    }
    let found = project::hosts(&args.inventory, Some(&args.host))?;
    match found.as_slice() {
        [host] => {
            let name = args.name.clone().or_else(|| Some(host.name.clone()));
            let user = host.connection.user.clone().or_else(|| args.reach.user.clone());
            let connection = Connection { user, ..host.connection.clone() };
            Ok((Host { connection, ..host.clone() }, name))
        }
        _ => Err(Diagnostic::error(format!("`{}` is {} hosts", args.host, found.len()))
            .remedy("name one host: each is imported into a project of its own")
            .into()),
    }
}

/// `[USER@]ADDRESS[:PORT]`, as ssh takes it; an IPv6 address with a port stands in brackets.
fn destination(text: &str, user: Option<&str>) -> Result<Host, Failure> {
    let (own, place) =
        text.rsplit_once('@').map_or((None, text), |(user, rest)| (Some(user), rest));
    let (address, port) = match place.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, "")) => (address, None),
        Some((address, port)) => (address, port.strip_prefix(':')),
        None => match place.split_once(':') {
            Some((address, port)) if !port.contains(':') => (address, Some(port)),
            _ => (place, None),
        },
    };
    let number = port.map(str::parse::<u16>).transpose();
    let (Ok(port), false) = (number, address.is_empty()) else {
        return Err(Diagnostic::error(format!("`{text}` is no host to connect to"))
            .remedy("write [USER@]ADDRESS[:PORT], or name an inventory that has it: -i INVENTORY")
            .into());
    };
    let connection = Connection {
        address: address.to_owned(),
        port,
        user: own.or(user).map(str::to_owned),
        identity_file: None,
        password: None,
        options: SshOptions::default(),
        r#become: None,
        other: None,
    };
    Ok(Host {
        name: text.to_owned(),
        groups: Vec::new(),
        vars: serde_json::Map::new(),
        connection,
        secrets: Masks::default(),
    })
}

fn must_be_new(directory: &Path) -> Result<(), Failure> {
    if fs::symlink_metadata(directory).is_err() {
        return Ok(());
    }
    Err(Diagnostic::error(format!("{} is there already", directory.display()))
        .remedy("name a directory that does not exist yet: rappel import HOST DIRECTORY")
        .into())
}

/// A project that is not in its place yet; if it never gets there, nothing is left of it.
struct Unfinished(PathBuf);

impl Unfinished {
    fn beside(directory: &Path) -> Result<Self, Failure> {
        let mut name = directory.as_os_str().to_owned();
        name.push(format!(".rappel-{}", std::process::id()));
        let aside = PathBuf::from(name);
        // Configuration is nobody else's business.
        private_directory(&aside).map_err(|error| cannot_write(&aside, &error))?;
        Ok(Self(aside))
    }

    fn write(&self, adopted: &Adopted) -> Result<(), Failure> {
        adopted.files().iter().try_for_each(|file| place(&self.0, file))
    }

    fn finish(self, directory: &Path) -> Result<(), Failure> {
        must_be_new(directory)?;
        fs::rename(&self.0, directory).map_err(|error| cannot_write(directory, &error))
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        // It is gone where it has come to its place.
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn place(root: &Path, file: &NewFile) -> Result<(), Failure> {
    let path = root.join(&file.path);
    let mistake = |error: std::io::Error| cannot_write(&path, &error);
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(mistake)?;
    }
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, if file.private { 0o600 } else { 0o644 });
    let mut open = options.open(&path).map_err(mistake)?;
    open.write_all(file.text.as_bytes()).map_err(mistake)
}

fn cannot_write(path: &Path, error: &std::io::Error) -> Failure {
    Diagnostic::error(format!("cannot write {}: {error}", path.display()))
        .remedy("name a directory below one that can be written to")
        .into()
}

/// What lint would refuse is on the host already: it is allowed, and told.
fn allow(directory: &Path, adopted: &mut Adopted, colour: bool) -> Result<(), Failure> {
    let rendered = project::imported(directory, colour)?;
    for finding in lint::findings(&rendered) {
        if let (Some(rule), Severity::Error) = (finding.rule, finding.severity) {
            let place =
                finding.place.as_ref().map_or_else(String::new, |place| format!(" ({place})"));
            adopted.remarks.lint.push((rule.to_owned(), format!("{}{place}", finding.message)));
        }
    }
    adopted.remarks.lint.sort();
    Ok(())
}

/// What was written has to mean what was planned: it is read back as any project is.
fn must_be_the_same(directory: &Path, adopted: &Adopted, colour: bool) -> Result<(), Failure> {
    let rendered = project::imported(directory, colour)?;
    let [written] = rendered.hosts.as_slice() else {
        return Err(Diagnostic::error("the project that was written has no host").into());
    };
    let plain = |desired: &Desired| {
        let mut artifacts = desired.artifacts.clone();
        artifacts
            .iter_mut()
            .for_each(|artifact| artifact.template = crate::diagnostic::Source::new("", ""));
        artifacts
    };
    let (written, planned) = (plain(written), plain(&adopted.desired()));
    let odd = planned.iter().find(|artifact| !written.contains(artifact));
    match odd {
        None if written.len() == planned.len() => Ok(()),
        odd => {
            let path = odd.map_or("a file", |artifact| artifact.path.as_str());
            Err(Diagnostic::error(format!("{path} would not come back as it was; nothing is kept"))
                .remedy("this is a mistake of rappel: please report it")
                .into())
        }
    }
}

fn told(directory: &Path, adopted: &Adopted) -> String {
    let name = &adopted.host.name;
    let directory = directory.display();
    let words: String =
        adopted.remarks.words().lines().map(|line| format!("{}\n", clean(line))).collect();
    let objects = adopted.pieces.iter().filter(|piece| piece.is_object()).count();
    let files = adopted.pieces.len() - objects;
    let objects = if objects == 0 { String::new() } else { format!(" and {objects} object(s)") };
    format!(
        "{words}{name}: {files} file(s){objects} in {directory}; its plan is empty. Read \
         {directory}/IMPORT.md, then, in that directory: rappel plan\n"
    )
}

#[cfg(test)]
mod tests {
    use super::destination;

    #[test]
    fn destinations_are_as_for_ssh() {
        let read = |text: &str| {
            let host = destination(text, None).ok()?.connection;
            Some(format!(
                "{} {} {}",
                host.user.unwrap_or_default(),
                host.address,
                host.port.unwrap_or(0)
            ))
        };
        for (text, wanted) in [
            ("web1", " web1 0"),
            ("root@203.0.113.10:2222", "root 203.0.113.10 2222"),
            ("root@2001:db8::1", "root 2001:db8::1 0"),
            ("[2001:db8::1]:22", " 2001:db8::1 22"),
            ("a@b@c", "a@b c 0"),
        ] {
            assert_eq!(read(text).as_deref(), Some(wanted), "{text}");
        }
        for text in ["", "root@", "web1:ssh", "[::1]:x"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
