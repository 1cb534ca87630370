//! A rehearsal on the host: one more exec, where it was asked for.

use std::time::Duration;

use super::link::{Link, Trouble};
use crate::network::live::Live;
use crate::observed::heard;
use crate::plan::{Heard, HostPlan, rehearsed, to_rehearse};
use crate::remote::scripts;

/// The host's own deadline is 45 s.
const REHEARSE_LIMIT: Duration = Duration::from_secs(60);

/// Rehearses a plan, and completes it by what was seen.
pub async fn rehearse(link: &Link, plan: &mut HostPlan, live: &Live) -> Result<(), Trouble> {
    let Some(request) = to_rehearse(plan) else { return Ok(()) };
    let request = request.encode().map_err(|e| Trouble::failed(&e.to_string()))?;
    let reply = link.ask(&scripts::rehearse(), &request, REHEARSE_LIMIT).await?;
    let heard = match reply.first("impossible") {
        Some(why) => Heard::Impossible(why.to_owned()),
        None => {
            let facts = |moment| heard::facts(&reply, moment);
            let code = |key: &str| reply.first(key).unwrap_or("none").to_owned();
            let failed = |e: crate::remote::wire::WireError| Trouble::failed(&e.to_string());
            Heard::Made {
                old: facts("old").map_err(failed)?,
                new: facts("new").map_err(failed)?,
                codes: [code("old-end"), code("new-end")],
                said: reply.all("new-said").map(str::to_owned).collect(),
            }
        }
    };
    rehearsed(plan, heard, live);
    Ok(())
}
