//! The live state of hosts, and nothing else.

use super::context::Context;
use super::fleet::at_most;
use super::link::Trouble;
use super::observe::observe;
use super::stop::Stop;
use super::way::Found;
use crate::desired::Host;
use crate::network::live::Live;
use crate::remote::request::Observe;
use crate::rollout::event::Event;
use crate::rollout::outcome::Outcome;

/// Reads the live state of hosts; the results come in their order.
pub async fn live_all(context: &Context, hosts: Vec<Host>) -> Vec<(Host, Result<Live, Outcome>)> {
    let work = hosts.into_iter().map(|host| {
        let context = context.clone();
        async move {
            let read = async {
                context.tell(Event::HostStarted { host: host.name.clone() });
                let found = Found::open(&context, &host).await?;
                let seen = observe(&found.link, &Observe::default()).await;
                seen.map(|observed| observed.live).map_err(Trouble::outcome)
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
