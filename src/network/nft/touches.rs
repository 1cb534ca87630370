//! Which tables a script can change.
//!
//! This decides what is saved before the script runs and put back after a failure, so it
//! errs to the wide side: what cannot be resolved counts as the whole ruleset.

use std::collections::BTreeMap;
use std::fmt;

use crate::diagnostic::Source;

use super::{Statement, statements};

/// An address family of nft.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// IPv4; what nft takes where no family is given.
    Ip,
    /// IPv6.
    Ip6,
    /// Both.
    Inet,
    /// ARP.
    Arp,
    /// Bridged frames.
    Bridge,
    /// A device's ingress and egress.
    Netdev,
}

impl Family {
    /// The family of a word, if it is one.
    pub fn of(word: &str) -> Option<Self> {
        Some(match word {
            "ip" => Self::Ip,
            "ip6" => Self::Ip6,
            "inet" => Self::Inet,
            "arp" => Self::Arp,
            "bridge" => Self::Bridge,
            "netdev" => Self::Netdev,
            _ => return None,
        })
    }

    /// nft's word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ip => "ip",
            Self::Ip6 => "ip6",
            Self::Inet => "inet",
            Self::Arp => "arp",
            Self::Bridge => "bridge",
            Self::Netdev => "netdev",
        }
    }
}

/// A table.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Table {
    /// Its family.
    pub family: Family,
    /// Its name.
    pub name: String,
}

impl fmt::Display for Table {
    /// As nft writes it: `inet rappel`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.family.word(), self.name)
    }
}

/// What a script can change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Touches {
    /// The tables it names, in order, each once.
    pub tables: Vec<Table>,
    /// Whether it can change any table: it flushes the ruleset (even of one family), or
    /// names a table in a way that is not resolved here (a handle, an unknown variable).
    pub whole_ruleset: bool,
    /// The files it includes, whose tables are not known here.
    pub includes: Vec<String>,
}

/// The tables that a script names, see [`touches`].
pub fn tables(source: &Source) -> Vec<Table> {
    touches(source).tables
}

/// What a script can change. Takes any text.
pub fn touches(source: &Source) -> Touches {
    let mut found = Touches::default();
    let mut defines = BTreeMap::new();
    for statement in statements(&source.text) {
        if statement.blocks.is_empty() {
            command(&statement, &mut defines, &mut found);
        }
    }
    found
}

fn command(statement: &Statement, defines: &mut BTreeMap<String, String>, found: &mut Touches) {
    let words = statement.words();
    match words.as_slice() {
        ["include", path, ..] => found.includes.push((*path).to_owned()),
        ["define" | "redefine", name, "=", value] => {
            defines.insert((*name).to_owned(), (*value).to_owned());
        }
        ["flush", "ruleset", ..] => found.whole_ruleset = true,
        ["define" | "redefine" | "undefine" | "list" | "monitor" | "describe" | "export", ..] => {}
        [verb, rest @ ..] if VERBS.contains(verb) => object(rest, defines, found),
        rest => object(rest, defines, found),
    }
}

const VERBS: [&str; 10] = [
    "add", "create", "insert", "replace", "delete", "destroy", "flush", "reset", "rename", "import",
];

/// Reads `table [family] name`, or `chain [family] table …` and the like.
fn object(words: &[&str], defines: &BTreeMap<String, String>, found: &mut Touches) {
    let rest = match words {
        ["ct", "helper" | "timeout" | "expectation", rest @ ..] => rest,
        [kind, rest @ ..] if OBJECTS.contains(kind) => rest,
        // `add ip t c accept`, without `rule`, is a rule as well.
        rest @ [family, _, _, ..] if Family::of(family).is_some() => rest,
        [] => return,
        _ => {
            found.whole_ruleset = true;
            return;
        }
    };
    let (family, name) = match rest {
        [family, name, ..] if Family::of(family).is_some() => (Family::of(family), *name),
        [name, ..] => (None, *name),
        [] => {
            found.whole_ruleset = true;
            return;
        }
    };
    let name = match name.strip_prefix('$') {
        Some(variable) => defines.get(variable).map(String::as_str),
        None => Some(name),
    };
    match name {
        None | Some("handle" | "{") => found.whole_ruleset = true,
        Some(name) => {
            let table = Table { family: family.unwrap_or(Family::Ip), name: name.to_owned() };
            if !found.tables.contains(&table) {
                found.tables.push(table);
            }
        }
    }
}

const OBJECTS: [&str; 25] = [
    "table",
    "chain",
    "rule",
    "set",
    "map",
    "element",
    "flowtable",
    "counter",
    "quota",
    "limit",
    "secmark",
    "synproxy",
    "meter",
    "tunnel",
    "tables",
    "chains",
    "rules",
    "sets",
    "maps",
    "flowtables",
    "counters",
    "quotas",
    "limits",
    "synproxys",
    "meters",
];

#[cfg(test)]
mod tests {
    use super::touches;
    use crate::diagnostic::Source;
    use proptest::prelude::proptest;

    fn read(text: &str) -> (Vec<String>, bool) {
        let found = touches(&Source::new("x.nft", text));
        (found.tables.iter().map(ToString::to_string).collect(), found.whole_ruleset)
    }

    fn tables(text: &str) -> Vec<String> {
        let (tables, whole) = read(text);
        assert!(!whole, "{text}");
        tables
    }

    #[test]
    fn the_reloading_pattern_touches_one_table() {
        let text = "#!/usr/sbin/nft -f\n# flush ruleset\ntable inet rappel; delete table inet rappel; table inet rappel {\n  chain postrouting { type nat hook postrouting priority srcnat; ip saddr 10.42.0.0/24 oifname \"eth0\" snat ip to 203.0.113.10; }\n}\n";
        assert_eq!(tables(text), ["inet rappel"]);
    }

    #[test]
    fn every_kind_of_command_names_its_table() {
        assert_eq!(tables("add rule filter input accept"), ["ip filter"]);
        assert_eq!(tables("add rule ip6 filter input accept"), ["ip6 filter"]);
        assert_eq!(tables("insert rule bridge b c position 3 drop"), ["bridge b"]);
        assert_eq!(tables("flush table netdev n\ndestroy chain arp a c"), ["netdev n", "arp a"]);
        assert_eq!(tables("add element inet t s { 10.0.0.1,\n10.0.0.2 }"), ["inet t"]);
        assert_eq!(tables("ct helper inet t h { type \"ftp\" protocol tcp; }"), ["inet t"]);
        assert_eq!(tables("define T = main\ntable inet $T { }\n"), ["inet main"]);
        assert_eq!(tables("list ruleset\nlist table ip x"), Vec::<String>::new());
        assert_eq!(tables("table x { chain table { } }"), ["ip x"]);
    }

    #[test]
    fn what_is_not_resolved_is_the_whole_ruleset() {
        for text in [
            "flush ruleset",
            "flush ruleset inet",
            "delete table inet handle 5",
            "table inet $UNKNOWN { }",
            "frobnicate all",
        ] {
            assert!(read(text).1, "{text}");
        }
    }

    #[test]
    fn includes_are_named() {
        let found = touches(&Source::new("x", "include \"/etc/nftables.d/*.nft\"\n"));
        assert_eq!(found.includes, ["/etc/nftables.d/*.nft"]);
        assert!(!found.whole_ruleset);
    }

    proptest! {
        #[test]
        fn takes_any_text(text in "(?s).{0,60}|[a-z{};\"#$= \n]{0,60}") {
            touches(&Source::new("x", text));
        }
    }
}
