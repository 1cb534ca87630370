//! What differs between two states.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::Fact;

/// On which side a fact is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sign {
    /// Only before: it goes.
    Gone,
    /// Only afterwards: it comes.
    New,
}

/// A fact that only one of two states has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// Which state.
    pub sign: Sign,
    /// The fact.
    #[serde(flatten)]
    pub fact: Fact,
}

/// `+ default via 203.0.113.254 dev vmbr0`.
impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = match self.sign {
            Sign::Gone => '-',
            Sign::New => '+',
        };
        write!(f, "{sign} {}", self.fact)
    }
}

/// The facts that only one of two states has: first what it is about, then gone before new.
///
/// A link that comes or goes says it all: that it is up, and its MTU, are no lines of
/// their own then.
pub fn differences(before: &BTreeSet<Fact>, after: &BTreeSet<Fact>) -> Vec<Difference> {
    let told = |side: &BTreeSet<Fact>, other: &BTreeSet<Fact>, fact: &Fact| {
        let (Fact::Up { name } | Fact::Mtu { name, .. }) = fact else { return false };
        let is = |f: &Fact| matches!(f, Fact::Link { name: link, .. } if link == name);
        side.iter().any(is) && !other.iter().any(is)
    };
    let only = |side: &BTreeSet<Fact>, other: &BTreeSet<Fact>, sign| {
        side.difference(other)
            .filter(|fact| !told(side, other, fact))
            .map(|fact| Difference { sign, fact: fact.clone() })
            .collect::<Vec<_>>()
    };
    let mut all = only(before, after, Sign::Gone);
    all.extend(only(after, before, Sign::New));
    all.sort_by(|a, b| {
        (subject(&a.fact), a.sign, &a.fact).cmp(&(subject(&b.fact), b.sign, &b.fact))
    });
    all
}

/// What a fact is about: facts of one subject stand together.
fn subject(fact: &Fact) -> (u8, String) {
    match fact {
        Fact::Link { name, .. } => (0, name.clone()),
        Fact::Up { name } => (1, name.clone()),
        Fact::Mtu { name, .. } => (2, name.clone()),
        Fact::Port { name, .. } => (3, name.clone()),
        Fact::Address { address, .. } => (4, address.addr().to_string()),
        Fact::Route(route) => (5, format!("{} {} {}", route.family, route.to, route.table)),
        Fact::Rule { family, .. } => (6, family.clone()),
        Fact::Proxy { address, .. } => (7, address.to_string()),
        Fact::Sysctl { key, .. } => (8, key.clone()),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::{Fact, Route};
    use super::differences;

    fn lines(before: Vec<Fact>, after: Vec<Fact>) -> Vec<String> {
        let set = |facts: Vec<Fact>| facts.into_iter().collect::<BTreeSet<_>>();
        differences(&set(before), &set(after)).iter().map(ToString::to_string).collect()
    }

    fn default(dev: &str) -> Fact {
        Fact::Route(Route::default_via("203.0.113.254".parse().expect("one"), dev, None))
    }

    #[test]
    fn a_default_route_that_moves_is_two_lines_together() {
        let mtu = |name: &str, mtu| Fact::Mtu { name: name.to_owned(), mtu };
        let found = lines(
            vec![default("eno1"), mtu("eno1", 1500)],
            vec![default("vmbr0"), mtu("eno1", 1500)],
        );
        assert_eq!(
            found,
            ["- default via 203.0.113.254 dev eno1", "+ default via 203.0.113.254 dev vmbr0"]
        );
    }

    #[test]
    fn a_new_link_is_one_line() {
        let name = || "br1".to_owned();
        let found = lines(
            vec![],
            vec![
                Fact::Link { name: name(), kind: "bridge".to_owned() },
                Fact::Up { name: name() },
                Fact::Mtu { name: name(), mtu: 1500 },
            ],
        );
        assert_eq!(found, ["+ bridge br1"]);
    }

    #[test]
    fn equal_states_do_not_differ() {
        assert!(lines(vec![default("a")], vec![default("a")]).is_empty());
    }
}
