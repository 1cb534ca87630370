//! The shell scripts, embedded, and which of them make up each command.
//!
//! A command is a plain concatenation of whole files, comments and indentation left out to
//! keep it short.
//! It goes to the host as one argument of `sh -c`; no value is ever put into it.

/// A file that is sent with an apply request and kept on the host while its transaction is open.
#[derive(Debug, Clone, Copy)]
pub struct Script {
    /// The file's name.
    pub name: &'static str,
    /// Its text.
    pub text: &'static str,
}

macro_rules! scripts {
    ($($constant:ident = $file:literal),* $(,)?) => {
        $(const $constant: Script = Script { name: $file, text: include_str!(concat!("scripts/", $file)) };)*
        /// Every script, by name.
        pub const ALL: &[Script] = &[$($constant),*];
    };
}

/// The names of all steps, as the scripts take them: `step NAME`, `mark NAME`, where a command
/// may stand.
pub fn steps() -> Vec<&'static str> {
    let lines = ALL.iter().flat_map(|script| script.text.lines()).map(str::trim);
    let mut steps: Vec<&str> = Vec::new();
    for line in lines.filter(|line| !line.starts_with('#')) {
        let words: Vec<&str> = line.split(' ').collect();
        for (at, pair) in words.windows(2).enumerate() {
            let before = at.checked_sub(1).map_or(";", |at| words[at]);
            let commands = before.ends_with([';', '{', '&', '|']) || before == "then";
            let name = pair[1].trim_end_matches(';');
            let plain = |c: char| c.is_ascii_lowercase() || c == '-';
            let is_one = commands && ["step", "mark"].contains(&pair[0]);
            if is_one && name.chars().all(plain) && !name.is_empty() && !steps.contains(&name) {
                steps.push(name);
            }
        }
    }
    steps
}

scripts! {
    ACTIVATE = "activate.sh",
    APPLY = "apply.sh",
    ARCHIVE = "archive.sh",
    BECOME = "become.sh",
    BOOT = "boot.sh",
    CANONICAL = "canonical.sh",
    CHECKS = "checks.sh",
    DISKS = "disks.sh",
    FILES = "files.sh",
    FINGERPRINT = "fingerprint.sh",
    GENERATIONS = "generations.sh",
    GUARD = "guard.sh",
    GUEST = "guest.sh",
    IMPORT = "import.sh",
    LIB = "lib.sh",
    LINKS = "links.sh",
    LIST_OBJECTS = "list-objects.sh",
    LIVE = "live.sh",
    OBJECTS = "objects.sh",
    OBJECT_LIBVIRT = "object-libvirt.sh",
    OBJECT_PROXMOX = "object-proxmox.sh",
    OBSERVE = "observe.sh",
    PING = "ping.sh",
    PROBES = "probes.sh",
    PROBES_CLAIMS = "probes-claims.sh",
    PROBES_LINK = "probes-link.sh",
    PUT_LIBVIRT = "put-libvirt.sh",
    PUT_OBJECTS = "put-objects.sh",
    PUT_PROXMOX = "put-proxmox.sh",
    RECEIVE = "receive.sh",
    REHEARSAL = "rehearsal.sh",
    REHEARSE = "rehearse.sh",
    REPLAY = "replay.sh",
    RESCUE = "rescue.sh",
    RESCUE_IN = "rescue-in.sh",
    REVERT = "revert.sh",
    BOOT_INIT = "rappel-revert.init",
    BOOT_UNIT = "rappel-revert.service",
    SAY_LIVE = "say-live.sh",
    SAY_OBJECTS = "say-objects.sh",
    STATUS = "status.sh",
    TARGET = "target.sh",
    VALIDATE = "validate.sh",
    VERIFY = "verify.sh",
    WATCHDOG = "watchdog.sh",
    WITNESS = "witness.sh",
    WORKER = "worker.sh",
}

/// The scripts that stay on the host while a transaction is open.
pub const PAYLOAD: &[Script] = &[
    ACTIVATE,
    APPLY,
    ARCHIVE,
    BOOT,
    CHECKS,
    FILES,
    FINGERPRINT,
    GENERATIONS,
    GUARD,
    LIB,
    LINKS,
    LIVE,
    OBJECTS,
    OBJECT_LIBVIRT,
    OBJECT_PROXMOX,
    PROBES,
    PROBES_CLAIMS,
    PROBES_LINK,
    PUT_LIBVIRT,
    PUT_OBJECTS,
    PUT_PROXMOX,
    REPLAY,
    REVERT,
    SAY_LIVE,
    BOOT_INIT,
    BOOT_UNIT,
    VALIDATE,
    WATCHDOG,
    WORKER,
];

/// The scripts that a rescue system is given.
pub const RESCUE_PAYLOAD: &[Script] = &[
    BOOT,
    CHECKS,
    DISKS,
    FILES,
    GENERATIONS,
    LIB,
    LINKS,
    LIVE,
    OBJECTS,
    OBJECT_LIBVIRT,
    OBJECT_PROXMOX,
    PUT_LIBVIRT,
    PUT_OBJECTS,
    PUT_PROXMOX,
    REPLAY,
    RESCUE,
    TARGET,
    WATCHDOG,
];

/// Reads a host: standard input is an observe request for these paths. What looks at objects
/// behind tools goes along only where it is needed.
pub fn observe(paths: &[String]) -> String {
    let named = |begin: &str| paths.iter().any(|path| path.starts_with(begin));
    let objects = [
        (OBJECTS, named("/@")),
        (SAY_OBJECTS, named("/@")),
        (OBJECT_LIBVIRT, named("/@libvirt/")),
        (OBJECT_PROXMOX, named("/@proxmox/")),
    ];
    let mut scripts = vec![LIB];
    scripts.extend(objects.into_iter().filter(|(_, needed)| *needed).map(|(script, _)| script));
    scripts.extend([LINKS, LIVE, SAY_LIVE, ARCHIVE, FINGERPRINT, CANONICAL, OBSERVE]);
    join(&scripts)
}

/// Reads a host as it is: standard input is an import request. What finds objects behind tools
/// goes along where they are asked for.
pub fn import(objects: bool) -> String {
    const FINDERS: [Script; 5] =
        [OBJECTS, OBJECT_LIBVIRT, OBJECT_PROXMOX, SAY_OBJECTS, LIST_OBJECTS];
    let finders = if objects { &FINDERS[..] } else { &[] };
    join(&[&[LIB, LINKS, SAY_LIVE, ARCHIVE], finders, &[IMPORT]].concat())
}

/// What a rehearsal needs inside of its namespaces.
pub const REHEARSED: &[Script] = &[LIB, SAY_LIVE, REHEARSAL];

/// Rehearses new files where they can do no harm: standard input is a rehearse request.
pub fn rehearse() -> String {
    join(&[LIB, REHEARSE])
}

/// Takes an apply request and runs it up to activation.
pub fn receive() -> String {
    join(&[LIB, FILES, WATCHDOG, GENERATIONS, RECEIVE])
}

/// Makes the checks alone: standard input is a ping request.
pub fn ping() -> String {
    join(&[LIB, CHECKS, PROBES, PROBES_LINK, PROBES_CLAIMS, PING])
}

/// Makes checks of another host from this one, a round for each `check` on standard input.
pub fn witness() -> String {
    join(&[LIB, CHECKS, PROBES, PROBES_LINK, PROBES_CLAIMS, WITNESS])
}

/// Verifies, then confirms or reverts, as told on standard input.
pub fn verify() -> String {
    join(&[LIB, FILES, LIVE, WATCHDOG, GENERATIONS, VERIFY])
}

/// Restarts a guest of the host: standard input is a guest request.
pub fn guest() -> String {
    join(&[LIB, GUEST])
}

/// Runs a script, its second argument, as root, by the method that is its first one.
/// Standard input begins with the password.
pub fn r#become() -> String {
    join(&[BECOME])
}

/// Tells what rappel knows on the host.
pub fn status() -> String {
    join(&[LIB, FILES, LIVE, WATCHDOG, GENERATIONS, STATUS])
}

/// Takes a rescue request and runs its scripts in a rescue system.
pub fn rescue() -> String {
    join(&[LIB, RESCUE_IN])
}

fn join(scripts: &[Script]) -> String {
    let mut command = String::new();
    for line in scripts.iter().flat_map(|s| s.text.lines()).map(str::trim_start) {
        if !line.starts_with('#') && !line.is_empty() {
            command.push_str(line);
            command.push('\n');
        }
    }
    command
}

#[cfg(test)]
mod tests {
    use super::{
        ALL, Script, guest, import, observe, ping, receive, rehearse, rescue, status, verify,
        witness,
    };

    fn observe_all() -> String {
        observe(&["/@libvirt/network/a".to_owned(), "/@proxmox/vm/100".to_owned()])
    }

    /// OpenSSH takes packets up to 256 KiB, Linux arguments up to 128 KiB; SSH promises 32 KiB.
    #[test]
    fn commands_fit_into_one_ssh_packet() {
        for command in [
            observe(&[]),
            observe_all(),
            import(true),
            rehearse(),
            receive(),
            verify(),
            status(),
            ping(),
            witness(),
            rescue(),
            guest(),
        ] {
            assert!(command.len() < 31_000, "{} bytes", command.len());
        }
    }

    /// The functions that a text defines.
    fn functions(text: &str) -> impl Iterator<Item = &str> {
        text.lines().filter_map(|line| {
            let (name, _) = line.split_once("() ")?;
            let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
            (!name.is_empty() && name.chars().all(plain)).then_some(name)
        })
    }

    /// The scripts that a text sources.
    fn sourced(text: &str) -> impl Iterator<Item = &'static Script> {
        let words = text.lines().filter_map(|line| line.strip_prefix("for part in "));
        let words = words.flat_map(|words| words.trim_end_matches("; do").split(' '));
        words.filter_map(|word| ALL.iter().find(|script| script.name == format!("{word}.sh")))
    }

    /// In one shell the second function of a name takes the first one's place without a word.
    #[test]
    fn no_function_takes_another_ones_place() {
        // On purpose: where the end of an apply, or the request, is another one.
        const OVERRIDDEN: [&str; 2] = ["die", "wants"];
        let commands = [
            observe(&[]),
            observe_all(),
            import(true),
            receive(),
            verify(),
            ping(),
            witness(),
            rescue(),
        ];
        let sent = commands.iter().map(|command| vec![command.as_str()]);
        let kept = ALL.iter().map(|script| {
            sourced(script.text).map(|part| part.text).chain([script.text]).collect()
        });
        for texts in sent.chain(kept) {
            let mut known = std::collections::BTreeSet::new();
            for name in texts.iter().copied().flat_map(functions) {
                let fine = known.insert(name) || OVERRIDDEN.contains(&name);
                assert!(fine, "{name} twice, the last time in\n{}", texts[texts.len() - 1]);
            }
        }
    }

    /// What the lines of a here-document hold is sent as it stands, if none of them looks like a
    /// comment, is indented or empty.
    #[test]
    fn nothing_is_cut_out_of_a_here_document() {
        for script in ALL {
            let mut lines = script.text.lines();
            while let Some(line) = lines.next() {
                let Some((_, end)) = line.split_once("<<") else { continue };
                assert!(end.starts_with("'EOF'"), "{}: {line}", script.name);
                for held in lines.by_ref().take_while(|held| *held != "EOF") {
                    let kept = super::join(&[Script { name: "x", text: held }]);
                    assert_eq!(kept, format!("{held}\n"), "{}", script.name);
                }
            }
        }
    }
}
