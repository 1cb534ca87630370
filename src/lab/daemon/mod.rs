//! The process that holds a lab: process 1 of the lab's namespaces.
//!
//! It takes orders from standard input and ends, with everything in the lab, when that
//! is closed. It never learns who closed it, so a client that was killed needs no care.

mod accounts;
mod boot;
mod build;
mod disk;
mod faults;
mod host;
mod keeper;
mod ports;
mod power;
mod programs;
mod ready;
mod root;
mod seal;

use std::io::{BufRead, Write};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread;

use super::error::LabError;
use super::protocol::{Answer, Order, Reply, Request};
use build::World;

/// Serves one lab on standard input and output until standard input ends. Must be
/// process 1 of namespaces made for it; [`super::Lab::up`] starts it that way.
pub fn serve() -> ExitCode {
    if std::process::id() != 1 {
        // Outside of fresh namespaces its mounts and bridges would be the machine's.
        return ExitCode::FAILURE;
    }
    let world: Arc<OnceLock<Arc<World>>> = Arc::default();
    let output = Arc::new(Mutex::new(std::io::stdout()));
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        let Ok(request) = serde_json::from_str::<Request>(&line) else {
            break;
        };
        let (world, output) = (Arc::clone(&world), Arc::clone(&output));
        thread::spawn(move || {
            let reply = Reply {
                id: request.id,
                result: obey(&world, request.order).map_err(|error| error.to_string()),
            };
            if let Ok(text) = serde_json::to_string(&reply) {
                let mut output = output.lock().unwrap_or_else(PoisonError::into_inner);
                // A client that is gone closes standard input as well.
                let _ = writeln!(output, "{text}").and_then(|()| output.flush());
            }
        });
    }
    if let Some(world) = world.get() {
        power::end(world);
    }
    ExitCode::SUCCESS
}

fn obey(world: &OnceLock<Arc<World>>, order: Order) -> Result<Answer, LabError> {
    if let Order::Up { spec, site } = order {
        let built = Arc::new(build::world(*spec, site)?);
        let built = world.get_or_init(|| built);
        build::wire(built)?;
        // Before anybody could send a packet.
        seal::check(built)?;
        power::all_on(built)?;
        return Ok(Answer::Done);
    }
    let world = world
        .get()
        .ok_or_else(|| LabError::Spec("the first order must bring the lab up".to_owned()))?;
    match order {
        Order::Up { .. } | Order::FlushNeighbours => build::flush_neighbours(world)?,
        Order::WaitSsh { address, port, seconds } => {
            ready::wait_ssh(world, address, port, seconds)?;
        }
        Order::Look { host } => return Ok(Answer::Host(world.host(&host)?.look())),
        Order::Cut { host } => power::switch_off(world, world.host(&host)?),
        Order::On { host } => power::switch_on(world, world.host(&host)?)?,
        Order::Link { host, nic, up } => ports::cable(world.host(&host)?, &nic, up)?,
        Order::Seal => seal::check(world)?,
        Order::Fault { host, fault } => faults::set(world.host(&host)?, fault)?,
    }
    Ok(Answer::Done)
}
