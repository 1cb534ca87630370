//! A host's files, read once for all rules, and the questions that many rules ask.

use crate::diagnostic::Diagnostic;
use crate::network::interfaces::{BootName, Dialect, Directive, Interfaces, Stanza, Tree};
use crate::network::nft::{Statement, statements};
use crate::network::sysctl::{self, Setting};

use super::command::{self, Command};
use super::{Known, LintFile, LintKind, System};

/// Where ifupdown begins.
pub(super) const ROOT: &str = "/etc/network/interfaces";

/// One nft statement with the file it stands in.
pub(super) struct NftLine<'a> {
    pub(super) file: &'a LintFile,
    pub(super) statement: Statement,
}

/// A host's files, read.
pub(super) struct Files<'a> {
    pub(super) files: &'a [LintFile],
    pub(super) known: &'a Known,
    /// Which program reads the interfaces files, said or plain from them.
    pub(super) system: Option<System>,
    pub(super) interfaces: Vec<Interfaces>,
    /// Every directive in the order in which they are read: file, number in the file.
    order: Vec<(usize, usize)>,
    /// The interfaces files that no `source` line of another one reaches.
    pub(super) unread: Vec<usize>,
    pub(super) settings: Vec<Setting>,
    pub(super) nft: Vec<NftLine<'a>>,
    /// The commands of stanzas and hooks, taken apart.
    pub(super) commands: Vec<Command>,
    /// The commands that the playbook runs after a change.
    pub(super) reloads: Vec<Command>,
    /// What could not be read.
    pub(super) mistakes: Vec<Diagnostic>,
}

impl<'a> Files<'a> {
    pub(super) fn read(files: &'a [LintFile], known: &'a Known) -> Self {
        let system = known.system.or_else(|| system_of(files));
        let dialect = system.map_or(Dialect::Any, System::dialect);
        let mut read = Self {
            files,
            known,
            system,
            interfaces: Vec::new(),
            order: Vec::new(),
            unread: Vec::new(),
            settings: Vec::new(),
            nft: Vec::new(),
            commands: Vec::new(),
            reloads: Vec::new(),
            mistakes: known.mistakes.clone(),
        };
        for file in files {
            match file.kind {
                LintKind::Interfaces => {
                    let (interfaces, mistakes) = Interfaces::read_as(&file.source, dialect);
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
                LintKind::Other => {}
            }
        }
        for (line, place) in &known.reloads {
            read.reloads.extend(command::of_line(line, place));
        }
        read.set_order();
        read
    }

    /// The order of reading from the root file on, then what it does not reach.
    fn set_order(&mut self) {
        let paths: Vec<&str> =
            self.of(LintKind::Interfaces).map(|file| file.path.as_str()).collect();
        let root = paths.iter().position(|path| *path == ROOT).unwrap_or(0);
        let Some(main) = paths.get(root) else { return };
        let tree = Tree::new(paths.iter().copied().zip(&self.interfaces), main);
        let at = |path: &str| paths.iter().position(|own| *own == path).unwrap_or(0);
        let mut order: Vec<(usize, usize)> =
            tree.order().into_iter().map(|(path, number)| (at(path), number)).collect();
        let read = tree.paths();
        let unread: Vec<usize> =
            (0..paths.len()).filter(|file| !read.contains(&paths[*file])).collect();
        for file in &unread {
            order.extend((0..self.interfaces[*file].directives().len()).map(|n| (*file, n)));
        }
        self.order = order;
        self.unread = unread;
    }

    /// The files of one kind.
    pub(super) fn of(&self, kind: LintKind) -> impl Iterator<Item = &'a LintFile> {
        self.files.iter().filter(move |file| file.kind == kind)
    }

    /// The `iface` stanzas in the order in which they are read.
    pub(super) fn stanzas(&self) -> impl Iterator<Item = &Stanza> {
        self.directives().filter_map(|directive| match directive {
            Directive::Stanza(stanza) => Some(stanza),
            _ => None,
        })
    }

    pub(super) fn stanzas_of(&self, name: &str) -> impl Iterator<Item = &Stanza> {
        self.stanzas().filter(move |stanza| stanza.name == name)
    }

    pub(super) fn directives(&self) -> impl Iterator<Item = &Directive> {
        self.order.iter().map(|(file, number)| &self.interfaces[*file].directives()[*number])
    }

    /// Whether ifupdown2 reads the files, as far as is known.
    pub(super) fn is_ifupdown2(&self) -> bool {
        matches!(self.system, Some(System::Ifupdown2 | System::Proxmox))
    }

    /// Whether a program is known to run on the host.
    pub(super) fn runs(&self, service: &str) -> bool {
        self.known.services.iter().any(|own| own == service)
    }

    pub(super) fn boot(&self) -> impl Iterator<Item = BootName<'_>> {
        self.interfaces.iter().flat_map(Interfaces::boot)
    }

    /// Whether an interface comes up at boot, by its own name.
    pub(super) fn is_auto(&self, name: &str) -> bool {
        self.boot()
            .any(|boot| boot.class == "auto" && (boot.logical == name || boot.physical == name))
    }

    /// Whether a file may bring in others that are not known here.
    pub(super) fn is_partial(&self) -> bool {
        !self.known.complete
            && self.directives().any(|directive| matches!(directive, Directive::Source { .. }))
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

/// Which program the files are plainly for, where nobody said it.
fn system_of(files: &[LintFile]) -> Option<System> {
    let mut found = None;
    for file in files.iter().filter(|file| file.kind == LintKind::Interfaces) {
        if file.source.text.starts_with("# network interface settings; autogenerated") {
            return Some(System::Proxmox);
        }
        let (interfaces, _) = Interfaces::read(&file.source);
        // ifupdown refuses a file with such a line.
        if interfaces.stanzas().any(|own| own.family.is_empty() && own.inherits.is_none()) {
            found = Some(System::Ifupdown2);
        }
    }
    found
}
