//! interfaces(5): what ifupdown reads, kept letter by letter.
//!
//! The reader is lossless: an [`Interfaces`] prints as the text it was read from. Which
//! [`Dialect`] it reads is the caller's to say; without, it takes what ifupdown takes, and
//! the forms that only ifupdown2 knows (an `iface` line without family and method, many
//! `address` lines). [`configured`] says what several files mean together.

mod address;
mod change;
mod configured;
mod dialect;
mod joined;
mod lines;
mod mistake;
mod parse;
pub mod pattern;
mod stanza;

#[cfg(test)]
mod configured_tests;
#[cfg(test)]
mod dialect_tests;
#[cfg(test)]
mod tests;

use std::fmt;
use std::ops::Range;

use crate::diagnostic::{Diagnostic, Place, Source};

pub(crate) use address::prefix_length;

pub use address::Address;
pub use change::{Change, changed};
pub use configured::{Configured, Tree, Wanted, configured, sourced};
pub use dialect::Dialect;
pub use joined::{Sourced, sources};
pub use stanza::{Mapping, Opt, Stanza, canonical_key};

/// One directive of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Directive {
    /// `auto` or `allow-CLASS`: brought up at boot, or when the class asks for it.
    Boot {
        /// `auto`, `hotplug`, …; `allow-auto` is `auto`.
        class: String,
        /// The words as written: a name, `name=logical`, or a pattern with a slash.
        names: Vec<String>,
        /// The line.
        place: Place,
    },
    /// `no-auto-down`, `no-scripts` or `rename`.
    Modifier {
        /// The keyword.
        keyword: String,
        /// Its words.
        words: Vec<String>,
        /// The line.
        place: Place,
    },
    /// `source` or `source-directory`; what it names is not read.
    Source {
        /// The words as written.
        path: String,
        /// Whether it is `source-directory`.
        directory: bool,
        /// The line.
        place: Place,
    },
    /// A `mapping` with its options.
    Mapping(Mapping),
    /// An `iface` with its options.
    Stanza(Stanza),
    /// A `vlan` of ifupdown2 with its options: settings of a VLAN on a bridge.
    Vlan(Stanza),
}

impl Directive {
    /// The directive's first line.
    pub fn place(&self) -> &Place {
        match self {
            Self::Boot { place, .. }
            | Self::Modifier { place, .. }
            | Self::Source { place, .. } => place,
            Self::Mapping(mapping) => &mapping.place,
            Self::Stanza(stanza) | Self::Vlan(stanza) => &stanza.place,
        }
    }
}

/// A word of an `auto` or `allow-*` line, taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BootName<'a> {
    /// `auto`, `hotplug`, …
    pub class: &'a str,
    /// As written, which is also what `ifup` takes on its command line.
    pub word: &'a str,
    /// The interface's name in the kernel, or a pattern when it holds a slash.
    pub physical: &'a str,
    /// The name of the stanzas that configure it, unless a mapping decides.
    pub logical: &'a str,
}

/// A whole interfaces(5) file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interfaces {
    source: Source,
    dialect: Dialect,
    spans: Vec<Range<usize>>,
    directives: Vec<Directive>,
}

impl Interfaces {
    /// Reads a file.
    ///
    /// # Errors
    ///
    /// What makes ifupdown refuse the whole file: words outside of a stanza (rule IF01),
    /// an `iface` line without a name, an option without a value. All of them at once.
    pub fn parse(source: &Source) -> Result<Self, Vec<Diagnostic>> {
        let (interfaces, mistakes) = Self::read(source);
        if mistakes.is_empty() { Ok(interfaces) } else { Err(mistakes) }
    }

    /// Reads a file and goes on after a mistake, so that a reviewer sees the rest too.
    pub fn read(source: &Source) -> (Self, Vec<Diagnostic>) {
        Self::read_as(source, Dialect::Any)
    }

    /// Reads a file as a certain program does, and goes on after a mistake. The mistakes
    /// are what that program complains about, not what it silently ignores.
    pub fn read_as(source: &Source, dialect: Dialect) -> (Self, Vec<Diagnostic>) {
        parse::read(source, dialect)
    }

    /// As whose language it was read.
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// The text it was read from.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// The directives in the file's order.
    pub fn directives(&self) -> &[Directive] {
        &self.directives
    }

    /// Every word of the `auto` and `allow-*` lines, in order, each once per class. A bare
    /// `auto` inside a stanza is for that stanza.
    pub fn boot(&self) -> Vec<BootName<'_>> {
        let mut found: Vec<BootName<'_>> = Vec::new();
        for directive in &self.directives {
            let Directive::Boot { class, names, .. } = directive else {
                continue;
            };
            for word in names {
                let (physical, logical) = word.split_once('=').unwrap_or((word, word));
                let name = BootName { class, word, physical, logical };
                if !found.contains(&name) {
                    found.push(name);
                }
            }
        }
        found
    }

    /// The words of the `auto` lines, in order, each once.
    pub fn auto(&self) -> Vec<&str> {
        self.boot().into_iter().filter(|name| name.class == "auto").map(|name| name.word).collect()
    }

    /// The `iface` stanzas, in order.
    pub fn stanzas(&self) -> impl Iterator<Item = &Stanza> {
        self.directives.iter().filter_map(|directive| match directive {
            Directive::Stanza(stanza) => Some(stanza),
            _ => None,
        })
    }

    /// The stanzas of one logical interface: ifupdown runs them one after the other.
    pub fn stanzas_of<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Stanza> {
        self.stanzas().filter(move |stanza| stanza.name == name)
    }

    /// The `mapping` stanzas, in order.
    pub fn mappings(&self) -> impl Iterator<Item = &Mapping> {
        self.directives.iter().filter_map(|directive| match directive {
            Directive::Mapping(mapping) => Some(mapping),
            _ => None,
        })
    }

    /// The names that have an `iface` stanza, in order, each once.
    pub fn logical_names(&self) -> Vec<&str> {
        let mut names = Vec::new();
        for stanza in self.stanzas() {
            if !names.contains(&stanza.name.as_str()) {
                names.push(stanza.name.as_str());
            }
        }
        names
    }

    /// The names that are a port of a bridge, each with the bridge's stanza.
    pub fn bridge_members(&self) -> Vec<(String, &Stanza)> {
        self.stanzas()
            .flat_map(|stanza| {
                stanza.ports().unwrap_or_default().into_iter().map(move |port| (port, stanza))
            })
            .collect()
    }
}

impl fmt::Display for Interfaces {
    /// The text it was read from, line by line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for span in &self.spans {
            f.write_str(&self.source.text[span.clone()])?;
        }
        Ok(())
    }
}
