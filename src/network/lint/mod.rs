//! Finds mistakes in the files for a host before any connection is made.
//!
//! A false alarm costs more than a miss: who is warned for nothing stops reading. So a
//! rule fires only on what the files themselves show, and is an error only where ifupdown
//! or the kernel was seen to refuse it, or where it is certain to cut the host off.
//!
//! A rule is silenced where it does not apply by a comment on the line above, or anywhere
//! in the same `iface` stanza or hook, and the comment says why:
//!
//! ```text
//! # rappel: allow IF14 the provider's monitoring greps for this name
//! ```

mod address;
mod allow;
mod beside;
mod bridge;
mod command;
mod dialect;
mod files;
mod firewall;
mod fleet;
mod hook;
mod iface;
mod keepalived;
mod kernel;
mod known;
mod neighbour;
mod option;
mod pools;
mod proxmox;
mod pve;
mod spelling;
mod sysctl;
mod twice;
mod vars;
mod vrrp;
mod vsphere;

#[cfg(test)]
mod tests;

use crate::diagnostic::{Diagnostic, Place, Severity, Source};

use files::Files;

pub use known::{Exception, Guest, Known, Portgroup, System};
pub use vars::{unknown_var, wrong_var};

/// What kind of file is reviewed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LintKind {
    /// interfaces(5).
    Interfaces,
    /// sysctl.d(5).
    Sysctl,
    /// A script for `nft -f`.
    Nft,
    /// A script in an `if-*.d` directory.
    Hook,
    /// Any other file; rules ask for its path, and for names in it.
    Other,
}

impl LintKind {
    /// The kind that a path shows, or else a text; `None` where neither is plain.
    pub fn guess(path: &str, text: &str) -> Option<Self> {
        let name = path.rsplit('/').next().unwrap_or(path);
        if ["/if-pre-up.d/", "/if-up.d/", "/if-down.d/", "/if-post-down.d/"]
            .iter()
            .any(|directory| path.contains(directory))
        {
            return Some(Self::Hook);
        }
        if name.starts_with("interfaces") || path.contains("/interfaces.d/") {
            return Some(Self::Interfaces);
        }
        if path.contains("/sysctl.d/") || name.starts_with("sysctl") {
            return Some(Self::Sysctl);
        }
        if name.ends_with(".nft") || name.starts_with("nftables") || path.contains("/nftables.d/") {
            return Some(Self::Nft);
        }
        let mut lines = text.lines().map(str::trim);
        if let Some(first) = lines.next().filter(|line| line.starts_with("#!")) {
            return Some(if first.contains("nft") { Self::Nft } else { Self::Hook });
        }
        let said =
            text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#'))?;
        match said.split_whitespace().next()? {
            "auto" | "iface" | "source" | "source-directory" | "mapping" => Some(Self::Interfaces),
            word if word.starts_with("allow-") => Some(Self::Interfaces),
            "table" | "flush" | "define" => Some(Self::Nft),
            word if word.starts_with("net.") || word.starts_with("net/") => Some(Self::Sysctl),
            _ => None,
        }
    }
}

/// One file for a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LintFile {
    /// What kind of file it is.
    pub kind: LintKind,
    /// Its absolute path on the host.
    pub path: String,
    /// Permission bits.
    pub mode: u32,
    /// Its name for the user, and its text.
    pub source: Source,
}

/// A mistake that a rule found.
struct Finding {
    place: Option<Place>,
    message: String,
}

impl Finding {
    fn new(place: &Place, message: impl Into<String>) -> Self {
        Self { place: Some(place.clone()), message: message.into() }
    }

    /// About something that may stand in no file.
    fn somewhere(place: Option<&Place>, message: impl Into<String>) -> Self {
        Self { place: place.cloned(), message: message.into() }
    }
}

/// How a rule looks at a host's files; `None` where it is not about one host's files
/// alone, and the code for it stands elsewhere.
type Check = Option<fn(&Files<'_>) -> Vec<Finding>>;

/// One rule.
#[derive(Debug)]
pub struct Rule {
    /// Its id, as in `IF02`; never given to another rule.
    pub id: &'static str,
    /// What it finds, in a few words.
    pub title: &'static str,
    /// How bad that is.
    pub severity: Severity,
    /// Why it matters.
    pub reason: &'static str,
    /// What to do about it.
    pub remedy: &'static str,
    check: Check,
}

impl Rule {
    fn diagnostic(&self, finding: Finding) -> Diagnostic {
        let bare = Diagnostic { severity: self.severity, ..Diagnostic::error(finding.message) };
        Diagnostic { place: finding.place, ..bare }
            .rule(self.id)
            .because(self.reason)
            .remedy(self.remedy)
    }
}

/// Every rule, by family and number.
pub static RULES: &[&Rule] = &[
    &iface::IF01,
    &option::IF02,
    &option::IF03,
    &option::IF04,
    &option::IF05,
    &option::IF06,
    &iface::IF07,
    &iface::IF08,
    &iface::IF09,
    &hook::IF10,
    &hook::IF11,
    &hook::IF12,
    &hook::IF13,
    &iface::IF14,
    &dialect::IF15,
    &option::IF16,
    &hook::IF17,
    &proxmox::IF18,
    &proxmox::IF19,
    &proxmox::IF20,
    &proxmox::IF21,
    &iface::IF22,
    &iface::IF23,
    &iface::IF24,
    &twice::IF25,
    &twice::IF26,
    &dialect::IF27,
    &dialect::IF28,
    &twice::IF29,
    &dialect::IF30,
    &twice::IF31,
    &dialect::IF32,
    &dialect::IF33,
    &iface::IF34,
    &dialect::IF35,
    &bridge::BR01,
    &bridge::BR02,
    &pools::BR03,
    &bridge::BR04,
    &bridge::BR05,
    &bridge::BR06,
    &address::AD01,
    &pools::AD02,
    &address::AD03,
    &address::AD04,
    &address::AD05,
    &pools::AD06,
    &address::AD07,
    &address::AD08,
    &address::AD09,
    &pools::AD10,
    &fleet::AD11,
    &pools::AD12,
    &address::AD13,
    &fleet::AD14,
    &kernel::AD15,
    &kernel::AD16,
    &kernel::AD17,
    &sysctl::SY01,
    &sysctl::SY02,
    &sysctl::SY03,
    &sysctl::SY04,
    &sysctl::SY05,
    &sysctl::SY06,
    &kernel::SY07,
    &kernel::SY08,
    &neighbour::ND01,
    &neighbour::ND02,
    &neighbour::ND03,
    &neighbour::ND04,
    &beside::FW01,
    &beside::FW02,
    &beside::FW03,
    &firewall::FW04,
    &firewall::FW05,
    &firewall::FW06,
    &beside::FW07,
    &firewall::FW08,
    &firewall::FW09,
    &beside::MG01,
    &beside::MG02,
    &beside::MG03,
    &pve::PX01,
    &pve::PX02,
    &pve::PX03,
    &pve::PX04,
    &pve::PX05,
    &vrrp::VR01,
    &vrrp::VR02,
    &vrrp::VR03,
    &vsphere::VS01,
    &vsphere::VS02,
    &vars::VA01,
    &vars::VA02,
    &allow::LN01,
    &allow::LN02,
    &allow::LN03,
];

/// The rule of an id.
pub fn rule(id: &str) -> Option<&'static Rule> {
    RULES.iter().copied().find(|rule| rule.id == id)
}

/// A host with its files, and what is known of it beside them.
#[derive(Debug, Clone, Copy)]
pub struct LintHost<'a> {
    /// Its name, for what is said about two hosts.
    pub name: &'a str,
    /// Its files.
    pub files: &'a [LintFile],
    /// What no file of it says.
    pub known: &'a Known,
}

/// Reviews the files of one host alone, in the order of the files and of their lines.
pub fn check(files: &[LintFile]) -> Vec<Diagnostic> {
    review(&[LintHost { name: "this host", files, known: &Known::default() }])
}

/// Reviews hosts, each by itself and all together: host by host, in the order of the files
/// and of their lines, each finding once. What an exception silences is left out; an
/// exception that silences nothing on any of the hosts is a finding itself.
pub fn review(hosts: &[LintHost<'_>]) -> Vec<Diagnostic> {
    let read: Vec<Files<'_>> =
        hosts.iter().map(|host| Files::read(host.files, host.known)).collect();
    let mut found: Vec<Vec<Diagnostic>> = read.iter().map(of_one_host).collect();
    let names = hosts.iter().map(|host| host.name);
    let named: Vec<_> = names.zip(&read).collect();
    let together = [fleet::check(&named), pve::check(&named), vrrp::check(&named)];
    for (at, finding) in together.into_iter().flatten() {
        found[at].push(finding);
    }
    allow::apply(&read, &mut found);
    let mut all: Vec<Diagnostic> = Vec::new();
    for (files, mut own) in read.iter().zip(found) {
        sort(files.files, &mut own);
        for finding in own {
            // Vars of a group are the same finding on each of its hosts.
            if !all.contains(&finding) {
                all.push(finding);
            }
        }
    }
    all
}

fn of_one_host(files: &Files<'_>) -> Vec<Diagnostic> {
    let mut found = files.mistakes.clone();
    for rule in RULES {
        if let Some(check) = rule.check {
            found.extend(check(files).into_iter().map(|one| rule.diagnostic(one)));
        }
    }
    found
}

fn sort(files: &[LintFile], found: &mut [Diagnostic]) {
    found.sort_by_key(|d| {
        let place = d.place.as_ref();
        let file = place.and_then(|place| files.iter().position(|f| f.source == place.source));
        let at = place.map(|place| place.span.start);
        (file, at, d.rule)
    });
}
