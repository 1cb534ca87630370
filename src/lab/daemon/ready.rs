//! When is a host ready to be worked with?

use std::fs;
use std::io::Read;
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::build::World;
use crate::lab::error::LabError;
use crate::lab::place::console;

const PATIENCE: Duration = Duration::from_millis(500);
const PAUSE: Duration = Duration::from_millis(40);

/// Waits until an SSH server greets at that address and ordinary accounts may log in.
/// The daemon asks from the controller's place, so what it sees is what rappel sees.
pub(super) fn wait_ssh(
    world: &World,
    address: IpAddr,
    port: u16,
    seconds: u64,
) -> Result<(), LabError> {
    let end = Instant::now() + Duration::from_secs(seconds);
    while !greets(SocketAddr::new(address, port)) || refuses_accounts(world, address) {
        if Instant::now() > end {
            return Err(LabError::Timeout {
                what: format!("an SSH greeting from {address}"),
                seconds,
                evidence: evidence(world, address),
            });
        }
        sleep(PAUSE);
    }
    Ok(())
}

fn greets(place: SocketAddr) -> bool {
    let Ok(mut stream) = TcpStream::connect_timeout(&place, PATIENCE) else {
        return false;
    };
    let mut greeting = [0; 4];
    stream.set_read_timeout(Some(PATIENCE)).is_ok()
        && stream.read_exact(&mut greeting).is_ok()
        && &greeting == b"SSH-"
}

/// While systemd boots, only root may log in.
fn refuses_accounts(world: &World, address: IpAddr) -> bool {
    let host = world.hosts().find(|host| host.spec.address == Some(address));
    let init = host.and_then(|host| host.look().init);
    init.is_some_and(|pid| fs::symlink_metadata(format!("/proc/{pid}/root/run/nologin")).is_ok())
}

/// The end of the host's console.
fn evidence(world: &World, address: IpAddr) -> String {
    let Some(host) = world.hosts().find(|host| host.spec.address == Some(address)) else {
        return String::new();
    };
    let path = console(&world.site.dir, &host.spec.name);
    let text = fs::read(path).unwrap_or_default();
    let text = String::from_utf8_lossy(&text).into_owned();
    let lines: Vec<&str> = text.lines().rev().take(15).collect();
    let lines: Vec<&str> = lines.into_iter().rev().collect();
    format!("; the console of {} ends:\n{}", host.spec.name, lines.join("\n"))
}
