//! Which part of a fleet a host is in.
//!
//! It depends on the host's name and the count of parts alone: on every machine, in every
//! version, whatever other hosts there are.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest, Sha256};

/// One part of a fleet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    /// Which, from 1.
    pub number: u32,
    /// Of how many.
    pub of: u32,
}

impl Shard {
    /// The part of so many that a host is in, from 1: the first eight bytes of the name's
    /// SHA-256 as a number, the first byte the most significant, modulo the count, plus 1.
    pub fn of_host(host: &str, of: u32) -> u32 {
        let digest = Sha256::digest(host.as_bytes());
        let number = digest.iter().take(8).fold(0_u64, |sum, byte| (sum << 8) | u64::from(*byte));
        // The rest is smaller than `of`.
        u32::try_from(number % u64::from(of.max(1))).unwrap_or_default() + 1
    }

    /// Whether a host is in this part.
    pub fn has(self, host: &str) -> bool {
        Self::of_host(host, self.of) == self.number
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}", self.number, self.of)
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split_once('/').and_then(|(number, of)| {
            let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
            let both = digits(number) && digits(of);
            both.then_some(())?;
            Some((number.parse().ok()?, of.parse().ok()?))
        });
        match parts {
            None => Err("write it as I/N, as in 1/3: part 1 of 3".to_owned()),
            Some((_, 0)) => Err("there are no 0 parts; write it as I/N, as in 1/3".to_owned()),
            Some((0, of)) => Err(format!(
                "parts are counted from 1, so here they are 1/{of} to {of}/{of}; where an engine \
                 counts from 0, add 1: $((JOB_COMPLETION_INDEX + 1))/{of}"
            )),
            Some((number, of)) if number > of => {
                Err(format!("there is no part {number} of {of}; the last one is {of}/{of}"))
            }
            Some((number, of)) => Ok(Self { number, of }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Shard;
    use proptest::prelude::{prop, proptest};

    /// These never change: two versions in one rollout must agree.
    #[test]
    fn the_parts_of_known_names_are_what_they_always_were() {
        let names = ["h0", "h1", "h2", "h3", "h4", "h5", "hv1.example.net", "böse"];
        let of = |of| names.map(|name| Shard::of_host(name, of));
        assert_eq!(of(2), GOLDEN_2);
        assert_eq!(of(7), GOLDEN_7);
        assert_eq!(of(1), [1; 8]);
    }

    const GOLDEN_2: [u32; 8] = [2, 2, 1, 1, 2, 1, 1, 1];
    const GOLDEN_7: [u32; 8] = [4, 4, 2, 2, 5, 6, 3, 6];

    #[test]
    fn what_is_no_part_is_told_with_a_remedy() {
        let wrong = |text: &str| text.parse::<Shard>().expect_err(text);
        assert_eq!("2/3".parse(), Ok(Shard { number: 2, of: 3 }));
        assert!(wrong("0/3").contains("JOB_COMPLETION_INDEX + 1"));
        assert!(wrong("4/3").contains("the last one is 3/3"));
        assert!(wrong("1/0").contains("no 0 parts"));
        for text in
            ["", "1", "/", "1/", "/3", "+1/3", "-1/3", "1/3/5", " 1/3", "a/b", "1/99999999999"]
        {
            assert!(wrong(text).contains("I/N"), "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_host_is_in_exactly_one_part(
            hosts in prop::collection::vec(".{0,20}", 0..50), of in 1u32..20
        ) {
            for host in &hosts {
                let parts = (1..=of).filter(|&number| Shard { number, of }.has(host));
                assert_eq!(parts.count(), 1, "{host}");
            }
        }
    }

    #[test]
    fn parts_are_about_as_large_as_each_other() {
        let mut sizes = [0; 8];
        for host in 0..8000 {
            sizes[Shard::of_host(&format!("web{host}.example.net"), 8) as usize - 1] += 1;
        }
        assert!(sizes.iter().all(|size| (850..1150).contains(size)), "{sizes:?}");
    }
}
