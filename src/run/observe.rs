//! One look at a host: one exec.

use std::time::Duration;

use super::link::{Link, Trouble};
use crate::network::object::ROOT;
use crate::observed::Observation;
use crate::remote::request::Observe;
use crate::remote::scripts;

/// Reading a host takes well under a second; 30 s is for one that is very busy.
const OBSERVE_LIMIT: Duration = Duration::from_secs(30);

/// A tool such as Proxmox VE's takes a second for each question.
const OBJECTS_LIMIT: Duration = Duration::from_secs(180);

/// Reads what `wanted` names.
pub async fn observe(link: &Link, wanted: &Observe) -> Result<Observation, Trouble> {
    let request = wanted.encode().map_err(|e| Trouble::failed(&e.to_string()))?;
    let objects = wanted.paths.iter().any(|path| path.starts_with(ROOT));
    let limit = if objects { OBJECTS_LIMIT } else { OBSERVE_LIMIT };
    let reply = link.ask(&scripts::observe(&wanted.paths), &request, limit).await?;
    Observation::parse(&reply, &wanted.paths).map_err(|e| Trouble::failed(&e.to_string()))
}
