//! nft scripts, as far as it takes to know what a script touches and to review its rules.
//!
//! No full grammar: [`statements`] cuts a script into statements with the blocks they
//! stand in, and [`touches`] reads from these which tables a script can change.

mod canonical;
mod defined;
mod statement;
mod touches;

pub use canonical::{RuleDifference, chains, listing, rule_differences};
pub use defined::defined;
pub use statement::{Statement, Token, statements};
pub use touches::{Family, Table, Touches, tables, touches};
