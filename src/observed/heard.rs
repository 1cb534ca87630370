//! What a rehearsal on a host reported.

use crate::network::live::{Fact, Texts, parse};
use crate::remote::wire::{Reply, WireError, garbage};

/// The facts of one moment (`old` or `new`) of a rehearsal.
///
/// # Errors
/// A part that is missing or no JSON.
pub fn facts(reply: &Reply, moment: &str) -> Result<Vec<Fact>, WireError> {
    let text = |what: &str| {
        let key = format!("{moment}-{what}");
        reply.first(&key).ok_or_else(|| garbage(&format!("no {key}")))
    };
    parse(&Texts {
        links: text("links")?,
        addresses: [text("addresses4")?, text("addresses6")?],
        routes: [text("routes4")?, text("routes6")?],
        rules: [text("rules4")?, text("rules6")?],
        proxies: [text("proxies4")?, text("proxies6")?],
    })
    .map_err(garbage)
}
