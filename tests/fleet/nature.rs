//! What simulated hosts are like: most answer, a few fail, each in one of the ways in which
//! hosts of large fleets do.

use std::net::Ipv4Addr;
use std::time::Duration;

/// The first address of the simulated fleet; one of the blocks that nobody routes.
const FIRST: u32 = u32::from_be_bytes([10, 64, 0, 0]);
/// The prefix that holds all of them.
pub const PREFIX: &str = "10.64.0.0/16";
/// Of so many hosts, one fails in each way.
const RARITY: usize = 200;

/// How a host behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nature {
    /// As it should.
    Answers,
    /// Hangs up before its greeting, however often it is tried.
    HangsUp,
    /// Accepts the connection and never says a word.
    Silent,
    /// Has another host key than the one recorded.
    OtherKey,
    /// Knows no key of ours.
    NoLogin,
    /// The connection ends in the middle of its answer.
    BreaksOff,
}

/// The host's number among the fleet; none of an address outside it.
pub fn number(address: Ipv4Addr) -> Option<usize> {
    let number = u32::from(address).checked_sub(FIRST)?;
    (number < 1 << 16).then(|| usize::try_from(number).expect("small"))
}

/// The address of a host.
pub fn address(number: usize) -> Ipv4Addr {
    Ipv4Addr::from(FIRST + u32::try_from(number).expect("few hosts"))
}

impl Nature {
    /// Of the host with that number.
    pub fn of(number: usize) -> Self {
        match number % RARITY {
            17 => Self::HangsUp,
            57 => Self::Silent,
            97 => Self::OtherKey,
            137 => Self::NoLogin,
            177 => Self::BreaksOff,
            _ => Self::Answers,
        }
    }

    /// How many of so many hosts do not answer as they should.
    pub fn failing(hosts: usize) -> usize {
        (0..hosts).filter(|&number| Self::of(number) != Self::Answers).count()
    }
}

/// How long a host takes to say anything: 5 to 54 ms, spread without a pattern.
pub fn latency(number: usize) -> Duration {
    let spread = number.wrapping_mul(2_654_435_761) >> 7;
    Duration::from_millis(5 + u64::try_from(spread % 50).expect("small"))
}
