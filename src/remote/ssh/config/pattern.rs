//! Patterns of `Host` and `Match`.

use super::super::known_hosts::glob;

/// Whether a list of patterns, of which some may be negated, matches a name: one has to
/// match, and no negated one may.
pub(super) fn any<'a>(patterns: impl IntoIterator<Item = &'a str>, name: &str) -> bool {
    let mut matched = false;
    for pattern in patterns {
        match pattern.strip_prefix('!') {
            Some(negated) if glob(negated, name) => return false,
            Some(_) => {}
            None => matched |= glob(pattern, name),
        }
    }
    matched
}

/// The same for a list with commas.
pub(super) fn listed(patterns: &str, name: &str) -> bool {
    any(patterns.split(','), name)
}

#[cfg(test)]
mod tests {
    use super::{any, listed};

    #[test]
    fn a_negated_pattern_wins_and_alone_matches_nothing() {
        assert!(any(["web*", "!web9"], "web1"));
        assert!(!any(["web*", "!web9"], "web9"));
        assert!(!any(["!web9"], "web1"));
        assert!(listed("a,web?", "web1"));
        assert!(!listed("web", "web1"));
    }
}
