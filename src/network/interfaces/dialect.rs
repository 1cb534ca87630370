//! Who reads the file. The two programs of Debian agree on most of the language, and
//! disagree on what is an error, on backslashes, and on a few keywords.

/// The program that reads a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Dialect {
    /// Not known: ifupdown's language, and beside it the forms that only ifupdown2 takes
    /// where ifupdown would refuse them.
    #[default]
    Any,
    /// Debian's classic ifupdown, as of 0.8.41. One mistake and it configures nothing.
    Ifupdown,
    /// ifupdown2, as on Proxmox. It skips what it does not understand.
    Ifupdown2,
}

/// What a line's first word begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Keyword {
    /// `auto` or `allow-CLASS`, with the class.
    Boot(String),
    /// `no-auto-down`, `no-scripts`, `rename`.
    Modifier,
    /// `source`, or `source-directory`.
    Source {
        /// Whether it is for directories.
        directory: bool,
    },
    Mapping,
    Iface,
    /// ifupdown2's settings of one VLAN of a bridge.
    Vlan,
}

impl Dialect {
    /// The keyword that a word is; `None` for the name of an option.
    pub(super) fn keyword(self, word: &str) -> Option<Keyword> {
        match (self, word) {
            (_, "auto") => Some(Keyword::Boot("auto".to_owned())),
            (_, "source") => Some(Keyword::Source { directory: false }),
            (_, "iface") => Some(Keyword::Iface),
            (Self::Ifupdown2, "source-directory") => Some(Keyword::Source { directory: true }),
            (Self::Ifupdown2, "vlan") => Some(Keyword::Vlan),
            (Self::Ifupdown2, _) => {
                let mut parts = word.split('-');
                let allow = parts.next() == Some("allow");
                allow.then(|| Keyword::Boot(parts.next().unwrap_or_default().to_owned()))
            }
            (_, "mapping") => Some(Keyword::Mapping),
            (_, "no-auto-down" | "no-scripts" | "rename") => Some(Keyword::Modifier),
            // ifupdown compares as many letters as this.
            (_, _) if word.starts_with("source-dir") => Some(Keyword::Source { directory: true }),
            _ => word
                .strip_prefix("allow-")
                .filter(|class| !class.is_empty())
                .map(|class| Keyword::Boot(class.to_owned())),
        }
    }
}
