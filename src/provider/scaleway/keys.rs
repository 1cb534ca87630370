//! Public keys, as an account keeps them.

/// Whether two lines of `authorized_keys` are the same key. Comments do not count: an account
/// keeps keys without theirs.
pub(super) fn same(one: &str, other: &str) -> bool {
    let key = |line: &str| {
        let mut words = line.split_whitespace().map(str::to_owned);
        words.next().zip(words.next())
    };
    key(one).is_some() && key(one) == key(other)
}

#[cfg(test)]
mod tests {
    use super::same;

    #[test]
    fn comments_do_not_count_and_nothing_is_no_key() {
        assert!(same("ssh-ed25519 AAAA me@laptop", " ssh-ed25519  AAAA\n"));
        assert!(!same("ssh-ed25519 AAAA", "ssh-ed25519 AAAB"));
        assert!(!same("", ""));
        assert!(!same("ssh-ed25519", "ssh-ed25519"));
    }
}
