//! Rules about scripts and commands that ifupdown runs.

use crate::diagnostic::Severity;
use crate::network::hook;

use super::command::Command;
use super::files::Files;
use super::{Finding, LintFile, LintKind, Rule};

pub(super) const IF10: Rule = Rule {
    id: "IF10",
    title: "hook that does not ask for the family",
    severity: Severity::Warning,
    reason: "ifupdown runs a hook once per family of an interface: the second run adds everything again",
    remedy: "begin with `[ \"$ADDRFAM\" = inet ] || exit 0`, or inet6",
    check: Some(no_family),
};

fn no_family(files: &Files<'_>) -> Vec<Finding> {
    hooks(files)
        .filter(|file| !hook::facts(&file.source).mentions_family)
        .filter_map(|file| {
            let command = commands_of(files, file).find(|command| adds(command))?;
            let message = "this hook adds something on every run, and runs once per family";
            Some(Finding::new(&command.place, message))
        })
        .collect()
}

fn hooks<'a>(files: &Files<'a>) -> impl Iterator<Item = &'a LintFile> {
    files.of(LintKind::Hook)
}

fn commands_of<'f>(files: &'f Files<'_>, file: &'f LintFile) -> impl Iterator<Item = &'f Command> {
    files.commands.iter().filter(|command| command.place.source == file.source)
}

/// Whether a command adds something that is there twice, or fails, on its second run.
fn adds(command: &Command) -> bool {
    match command.program() {
        "ip" if command.tolerated => false,
        "ip" => ["route", "rule", "neighbour", "address", "tunnel", "link"]
            .iter()
            .any(|object| command.ip(object).is_some_and(|args| args.first() == Some(&"add"))),
        "route" => command.has("add"),
        "brctl" => command.has("addif") || command.has("addbr"),
        program => is_iptables(program) && appends(command),
    }
}

fn is_iptables(program: &str) -> bool {
    matches!(
        program,
        "iptables" | "ip6tables" | "iptables-nft" | "ip6tables-nft" | "ebtables" | "arptables"
    )
}

fn appends(command: &Command) -> bool {
    ["-A", "-I", "--append", "--insert"].iter().any(|flag| command.has(flag))
}

pub(super) const IF11: Rule = Rule {
    id: "IF11",
    title: "`add` in a hook where `replace` is meant",
    severity: Severity::Warning,
    reason: "the second run finds the entry there (\"File exists\", exit 2), and ifup fails",
    remedy: "write `replace` for `add`",
    check: Some(add_not_replace),
};

fn add_not_replace(files: &Files<'_>) -> Vec<Finding> {
    files
        .commands
        .iter()
        .filter(|command| command.iface.is_none() && !command.tolerated)
        .filter_map(|command| {
            let object = ["route", "neighbour", "address"].into_iter().find(|object| {
                command.ip(object).is_some_and(|args| args.first() == Some(&"add"))
            })?;
            let message = format!("`ip {object} add` fails when the entry is there already");
            Some(Finding::new(&command.place, message))
        })
        .collect()
}

pub(super) const IF12: Rule = Rule {
    id: "IF12",
    title: "hook whose name run-parts skips",
    severity: Severity::Warning,
    reason: "run-parts runs only names of letters, digits, `_` and `-`: this one never runs",
    remedy: "take the dot and the ending out of the name",
    check: Some(bad_name),
};

fn bad_name(files: &Files<'_>) -> Vec<Finding> {
    hooks(files)
        .filter_map(|file| {
            let name = file.path.rsplit('/').next().unwrap_or(&file.path);
            let message = format!("run-parts does not run a file named `{name}`");
            (!hook::runs(name)).then(|| Finding::new(&file.source.line(1), message))
        })
        .collect()
}

pub(super) const IF13: Rule = Rule {
    id: "IF13",
    title: "hook that is not executable",
    severity: Severity::Warning,
    reason: "run-parts skips it",
    remedy: "give it mode 0755",
    check: Some(not_executable),
};

fn not_executable(files: &Files<'_>) -> Vec<Finding> {
    hooks(files)
        .filter(|file| file.mode & 0o100 == 0)
        .map(|file| {
            let message = format!("mode {:04o} is not executable for root", file.mode);
            Finding::new(&file.source.line(1), message)
        })
        .collect()
}

pub(super) const IF17: Rule = Rule {
    id: "IF17",
    title: "`up` without its `down`",
    severity: Severity::Warning,
    reason: "what it adds outlives ifdown, so that each ifup adds one more",
    remedy: "add a `down` command that deletes what `up` adds",
    check: Some(up_without_down),
};

fn up_without_down(files: &Files<'_>) -> Vec<Finding> {
    files
        .commands
        .iter()
        .filter(|command| matches!(command.phase.as_str(), "up" | "pre_up"))
        .filter_map(|command| {
            let kind = lasting(command)?;
            let undone = files.commands.iter().any(|other| {
                other.iface == command.iface
                    && matches!(other.phase.as_str(), "down" | "post_down")
                    && undoes(other, kind)
            });
            let message = format!("no `down` command of this interface undoes this `{kind}`");
            (!undone).then(|| Finding::new(&command.place, message))
        })
        .collect()
}

/// What a command adds that does not go away with the interface: the program, or the
/// object of `ip`. Routes, addresses and neighbours do go away.
fn lasting(command: &Command) -> Option<&str> {
    let program = command.program();
    if is_iptables(program) {
        return appends(command).then_some(program);
    }
    let adds = |object: &str| command.ip(object).is_some_and(|args| args.first() == Some(&"add"));
    if adds("rule") {
        return Some("rule");
    }
    let nft = program == "nft" && matches!(command.after("nft"), Some("add" | "insert"));
    nft.then_some("nft")
}

fn undoes(command: &Command, kind: &str) -> bool {
    match kind {
        "rule" => command
            .ip("rule")
            .is_some_and(|args| matches!(args.first(), Some(&("del" | "delete" | "flush")))),
        "nft" => command.program() == "nft",
        program => {
            command.program() == program
                && ["-D", "--delete", "-F", "--flush"].iter().any(|flag| command.has(flag))
        }
    }
}
