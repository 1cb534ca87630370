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
mod bridge;
mod command;
mod files;
mod firewall;
mod fleet;
mod hook;
mod iface;
mod neighbour;
mod option;
mod sysctl;

#[cfg(test)]
mod tests;

use crate::diagnostic::{Diagnostic, Place, Severity, Source};

use files::Files;

pub use fleet::check_fleet;

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
    place: Place,
    message: String,
}

impl Finding {
    fn new(place: &Place, message: impl Into<String>) -> Self {
        Self { place: place.clone(), message: message.into() }
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
        Diagnostic { severity: self.severity, ..Diagnostic::error(finding.message) }
            .rule(self.id)
            .at(finding.place)
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
    &option::IF16,
    &hook::IF17,
    &iface::IF22,
    &iface::IF23,
    &iface::IF24,
    &bridge::BR01,
    &bridge::BR02,
    &bridge::BR04,
    &bridge::BR05,
    &address::AD01,
    &address::AD03,
    &address::AD04,
    &address::AD05,
    &address::AD07,
    &address::AD08,
    &address::AD09,
    &fleet::AD11,
    &address::AD13,
    &sysctl::SY01,
    &sysctl::SY02,
    &sysctl::SY03,
    &sysctl::SY04,
    &sysctl::SY05,
    &sysctl::SY06,
    &neighbour::ND01,
    &neighbour::ND02,
    &neighbour::ND04,
    &firewall::FW04,
    &firewall::FW05,
    &firewall::FW06,
    &firewall::FW08,
    &allow::LN01,
    &allow::LN02,
];

/// The rule of an id.
pub fn rule(id: &str) -> Option<&'static Rule> {
    RULES.iter().copied().find(|rule| rule.id == id)
}

/// Reviews the files of one host, in the order of the files and of their lines.
pub fn check(files: &[LintFile]) -> Vec<Diagnostic> {
    let read = Files::read(files);
    let mut found = read.mistakes.clone();
    for rule in RULES {
        if let Some(check) = rule.check {
            found.extend(check(&read).into_iter().map(|one| rule.diagnostic(one)));
        }
    }
    allow::silence(&read, &mut found);
    found.extend(allow::complaints(&read));
    sort(files, &mut found);
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
