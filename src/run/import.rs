//! Takes a host up as it is: reads it, makes a project of it, and plans that project against
//! the host until the plan has nothing to do. Nothing is changed.

use std::time::Duration;

use super::context::Context;
use super::fleet::at_most;
use super::link::{Link, Trouble};
use super::observe::observe;
use super::stop::Stop;
use super::way::Found;
use crate::adopt::{Adopted, adopt, first, further};
use crate::desired::Host;
use crate::observed::Survey;
use crate::plan::{HostPlan, plan, subject};
use crate::remote::request::Import;
use crate::remote::scripts;
use crate::rollout::event::Event;
use crate::rollout::outcome::Outcome;

/// Reading takes a second or two; asking the package database takes longer on slow disks.
const IMPORT_LIMIT: Duration = Duration::from_secs(60);
/// And a second for each VM of Proxmox VE.
const OBJECTS_LIMIT: Duration = Duration::from_secs(240);
/// Files that name files that name files: deeper than this nobody goes.
const ROUNDS: usize = 4;

/// A host that was taken up, and the plan that its project comes to.
#[derive(Debug, Clone)]
pub struct Imported {
    /// The host.
    pub adopted: Adopted,
    /// The last plan.
    pub plan: HostPlan,
}

/// Takes one host up. Without a name it is called what it calls itself.
///
/// # Errors
/// The outcome of a host that cannot be reached, read or planned.
pub async fn import(
    context: &Context,
    host: Host,
    name: Option<String>,
) -> Result<Imported, Outcome> {
    context.tell(Event::HostStarted { host: host.name.clone() });
    let found = Found::open(context, &host).await?;
    let survey = survey(&found.link, first()).await.map_err(Trouble::outcome)?;
    let name = name.unwrap_or_else(|| survey.hostname.clone());
    if !is_name(&name) {
        return Err(Outcome::Failed {
            reason: format!("{name:?} cannot be the name of a host in an inventory"),
            remedy: Some("give it one by --name".to_owned()),
        });
    }
    let mut adopted = adopt(&survey, &Host { name, ..host });
    let mut rounds = 0;
    loop {
        let desired = adopted.desired();
        let refused = |refusal: crate::plan::Refusal| Outcome::Refused {
            reason: refusal.to_string(),
            remedy: refusal.remedy(),
        };
        let wanted = subject(&desired).map_err(refused)?;
        let observed = observe(&found.link, &wanted).await.map_err(Trouble::outcome)?;
        let plan = plan(&desired, &observed).map_err(refused)?;
        rounds += 1;
        if !adopted.settle(&plan) || rounds == ROUNDS {
            return Ok(Imported { adopted, plan });
        }
    }
}

/// Reads hosts as they are, and nothing else; the results come in their order.
pub async fn survey_all(
    context: &Context,
    hosts: Vec<Host>,
) -> Vec<(Host, Result<Survey, Outcome>)> {
    let work = hosts.into_iter().map(|host| {
        let context = context.clone();
        async move {
            let read = async {
                context.tell(Event::HostStarted { host: host.name.clone() });
                let found = Found::open(&context, &host).await?;
                let files = Import { objects: false, ..first() };
                survey(&found.link, files).await.map_err(Trouble::outcome)
            };
            let result = tokio::select! {
                biased;
                () = context.stopped(Stop::Finish) => Err(super::fleet::interrupted()),
                done = read => done,
            };
            (host, result)
        }
    });
    at_most(context.forks, work).await
}

async fn survey(link: &Link, mut asked: Import) -> Result<Survey, Trouble> {
    let mut survey = read(link, &asked).await?;
    for _ in 0..ROUNDS {
        let Some(more) = further(&survey, &asked) else { break };
        survey.merge(read(link, &more).await?);
        asked.paths.extend(more.paths);
        asked.trees.extend(more.trees);
    }
    // What nobody asked for has no business here.
    let wanted = |path: &String| {
        let below =
            |tree: &String| path.strip_prefix(tree.as_str()).is_some_and(|p| p.starts_with('/'));
        asked.paths.contains(path) || asked.trees.iter().any(below)
    };
    survey.files.retain(|path, _| wanted(path));
    Ok(survey)
}

async fn read(link: &Link, request: &Import) -> Result<Survey, Trouble> {
    let bytes = request.encode().map_err(|e| Trouble::failed(&e.to_string()))?;
    let limit = if request.objects { OBJECTS_LIMIT } else { IMPORT_LIMIT };
    let reply = link.ask(&scripts::import(request.objects), &bytes, limit).await?;
    Survey::parse(&reply).map_err(|e| Trouble::failed(&e.to_string()))
}

/// A name that is also one of a file and of a directory.
fn is_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    !name.is_empty()
        && name.len() <= 200
        && !name.starts_with(['.', '-'])
        && name.chars().all(plain)
}
