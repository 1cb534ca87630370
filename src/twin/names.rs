//! Names in the lab. They are names of namespaces and machines as well, which may hold less
//! than an inventory's.

use std::collections::BTreeSet;

/// The provider's gateway.
pub(super) const GATEWAY: &str = "gw";
/// Somebody else on the hosts' networks.
pub(super) const STRANGER: &str = "stranger";

/// Longer names are cut.
const LONGEST: usize = 40;

/// Hands names out, none twice.
#[derive(Debug)]
pub(super) struct Names {
    taken: BTreeSet<String>,
}

impl Names {
    /// With the lab's own names taken.
    pub fn new() -> Self {
        let own = [GATEWAY, STRANGER, "switch"].map(str::to_owned);
        Self { taken: own.into() }
    }

    /// A name like that one.
    pub fn like(&mut self, name: &str) -> String {
        let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
        let mut base: String = name.chars().map(plain).take(LONGEST).collect();
        base = base.trim_matches('-').to_owned();
        if base.is_empty() {
            base.push_str("host");
        }
        let others = (2..).map(|number: u32| format!("{base}-{number}"));
        let mut tries = std::iter::once(base.clone()).chain(others);
        let name = tries.find(|name| !self.taken.contains(name)).unwrap_or(base);
        self.taken.insert(name.clone());
        name
    }
}

#[cfg(test)]
mod tests {
    use super::Names;

    #[test]
    fn names_are_plain_and_differ() {
        let mut names = Names::new();
        assert_eq!(names.like("web1"), "web1");
        assert_eq!(names.like("web1.example.org"), "web1-example-org");
        assert_eq!(names.like("web1_example.org"), "web1-example-org-2");
        assert_eq!(names.like("gw"), "gw-2");
        assert_eq!(names.like("…"), "host");
    }
}
