//! A host's files, read once for all rules, and the questions that many rules ask.

use crate::diagnostic::Diagnostic;
use crate::network::interfaces::{BootName, Directive, Interfaces, Stanza};
use crate::network::nft::{Statement, statements};
use crate::network::sysctl::{self, Setting};

use super::command::{self, Command};
use super::{LintFile, LintKind};

/// One nft statement with the file it stands in.
pub(super) struct NftLine<'a> {
    pub(super) file: &'a LintFile,
    pub(super) statement: Statement,
}

/// A host's files, read.
pub(super) struct Files<'a> {
    pub(super) files: &'a [LintFile],
    pub(super) interfaces: Vec<Interfaces>,
    pub(super) settings: Vec<Setting>,
    pub(super) nft: Vec<NftLine<'a>>,
    /// The commands of stanzas and hooks, taken apart.
    pub(super) commands: Vec<Command>,
    /// What could not be read.
    pub(super) mistakes: Vec<Diagnostic>,
}

impl<'a> Files<'a> {
    pub(super) fn read(files: &'a [LintFile]) -> Self {
        let mut read = Self {
            files,
            interfaces: Vec::new(),
            settings: Vec::new(),
            nft: Vec::new(),
            commands: Vec::new(),
            mistakes: Vec::new(),
        };
        for file in files {
            match file.kind {
                LintKind::Interfaces => {
                    let (interfaces, mistakes) = Interfaces::read(&file.source);
                    read.commands.extend(command::of_interfaces(&interfaces));
                    read.interfaces.push(interfaces);
                    read.mistakes.extend(mistakes);
                }
                LintKind::Sysctl => {
                    let (settings, mistakes) = sysctl::read(&file.source);
                    read.settings.extend(settings);
                    read.mistakes.extend(mistakes);
                }
                LintKind::Nft => read.nft.extend(
                    statements(&file.source.text)
                        .into_iter()
                        .map(|statement| NftLine { file, statement }),
                ),
                LintKind::Hook => read.commands.extend(command::of_hook(&file.source)),
            }
        }
        read
    }

    /// The files of one kind.
    pub(super) fn of(&self, kind: LintKind) -> impl Iterator<Item = &'a LintFile> {
        self.files.iter().filter(move |file| file.kind == kind)
    }

    pub(super) fn stanzas(&self) -> impl Iterator<Item = &Stanza> {
        self.interfaces.iter().flat_map(Interfaces::stanzas)
    }

    pub(super) fn stanzas_of(&self, name: &str) -> impl Iterator<Item = &Stanza> {
        self.stanzas().filter(move |stanza| stanza.name == name)
    }

    pub(super) fn directives(&self) -> impl Iterator<Item = &Directive> {
        self.interfaces.iter().flat_map(Interfaces::directives)
    }

    pub(super) fn boot(&self) -> impl Iterator<Item = BootName<'_>> {
        self.interfaces.iter().flat_map(Interfaces::boot)
    }

    /// Whether an interface comes up at boot, by its own name.
    pub(super) fn is_auto(&self, name: &str) -> bool {
        self.boot()
            .any(|boot| boot.class == "auto" && (boot.logical == name || boot.physical == name))
    }

    /// Whether a file brings in others that are not known here.
    pub(super) fn is_partial(&self) -> bool {
        self.directives().any(|directive| matches!(directive, Directive::Source { .. }))
    }

    /// The bridge that has an interface as its port, with the stanza that says so.
    pub(super) fn bridges_of(&self, port: &str) -> Vec<&Stanza> {
        self.interfaces
            .iter()
            .flat_map(Interfaces::bridge_members)
            .filter(|(name, _)| name == port)
            .map(|(_, stanza)| stanza)
            .collect()
    }

    /// A bridge's ports, whichever of its stanzas names them; `None` for what is no bridge.
    pub(super) fn ports_of(&self, name: &str) -> Option<Vec<String>> {
        self.stanzas_of(name).find_map(Stanza::ports)
    }

    /// Whether a name is a bridge with a port: a place where a provider may listen.
    pub(super) fn is_uplink_bridge(&self, name: &str) -> bool {
        let ported = self.ports_of(name).is_some_and(|ports| !ports.is_empty());
        ported
            && self
                .stanzas_of(name)
                .any(|stanza| stanza.method == "dhcp" || stanza.get("gateway").is_some())
    }

    /// The setting of a key.
    pub(super) fn value_of(&self, key: &str) -> Option<&Setting> {
        // The last one wins, as in sysctl.d(5).
        self.settings.iter().rev().find(|setting| setting.key == key)
    }
}
