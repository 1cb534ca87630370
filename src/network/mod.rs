//! The vocabulary of a Debian host's network: interfaces(5), sysctl.d(5), nft, hooks,
//! and what a host keeps behind tools.
//!
//! Pure: text in, values out. Nothing here knows where a text came from.

pub mod effect;
pub mod hook;
pub mod interfaces;
pub mod lint;
pub mod live;
pub mod nft;
pub mod object;
pub mod picture;
pub mod sysctl;
