//! `rappel lab fault`: something goes wrong with a twin, or around it.

use std::path::Path;

use clap::ValueEnum;

use super::super::args::{FaultWord, LabFault};
use super::super::driver::write_text;
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::up::standing;
use crate::diagnostic::Diagnostic;
use crate::lab::{Fault, LabError, ask, fault_word};
use crate::remote::scripts;
use crate::twin::Twin;

/// Takes all room of a disk, to its last block.
// Again where the host has freed some meanwhile: logs shrink when they find no room.
const FILL: &str = "f=/var/tmp/rappel-lab-full\n\
    for _ in 1 2 3 4 5 6 7 8; do\n\
    dd if=/dev/zero of=$f bs=1M oflag=append conv=notrunc 2>/dev/null\n\
    dd if=/dev/zero of=$f bs=4k oflag=append conv=notrunc 2>/dev/null\n\
    sync; echo more 2>/dev/null >/var/tmp/rappel-lab-more || exit 0\n\
    done; echo 'its disk does not become full' >&2; exit 1";

const FREE: &str = "rm -f /var/tmp/rappel-lab-full /var/tmp/rappel-lab-more; sync";

/// Runs the command.
pub fn run(args: &LabFault, colour: bool) -> Result<Exit, Failure> {
    let (Some(host), Some(fault), false) = (&args.host, args.fault, args.list) else {
        write_text(&list(), colour)?;
        return Ok(Exit::Ok);
    };
    let (standing, about) = standing(&args.name)?;
    make(&standing.socket, about.twin(host)?, fault)?;
    write_text(&format!("{host}: {}\n", word(fault)), colour)?;
    Ok(Exit::Ok)
}

fn list() -> String {
    let lines = FaultWord::value_variants().iter().filter_map(|fault| {
        let value = fault.to_possible_value()?;
        let help = value.get_help().map(ToString::to_string).unwrap_or_default();
        Some(format!("{:18} {help}\n", value.get_name()))
    });
    let moments = moments().join(", ");
    lines.collect::<String>()
        + &format!("\nSteps of a change, for lab rehearse --fault: {moments}\n")
}

/// The steps of a change for which a fault can wait. What happens at a boot has nobody there
/// who could tell it yet.
pub fn moments() -> Vec<&'static str> {
    scripts::steps().into_iter().filter(|step| !step.starts_with("boot-")).collect()
}

/// Its word on the command line.
pub fn word(fault: FaultWord) -> String {
    fault.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}

/// Has something go wrong, or be mended, by a lab's control socket.
///
/// # Errors
/// What this host or this machine cannot have.
pub fn make(socket: &Path, twin: &Twin, fault: FaultWord) -> Result<(), Failure> {
    let name = twin.name.as_str();
    let cables = |state: &str| {
        let each = |nic: &String| order(socket, &["link", name, nic, state]);
        twin.nics.iter().try_for_each(each)
    };
    let wire = |fault: Fault| order(socket, &["fault", name, &fault_word(fault)]);
    match fault {
        FaultWord::LinkDown => cables("down"),
        FaultWord::LinkUp => cables("up"),
        FaultWord::DropNew => wire(Fault::DropNew { port: twin.port }),
        FaultWord::BlackHole => wire(Fault::BlackHole),
        FaultWord::Loss => wire(Fault::Loss { percent: 30 }),
        FaultWord::Slow => wire(Fault::Slow { milliseconds: 200 }),
        FaultWord::Reboot => order(socket, &["reboot", name]),
        FaultWord::PowerCut => order(socket, &["power-cut", name]),
        FaultWord::PowerOn => order(socket, &["power-on", name]),
        FaultWord::DiskFull => own_disk(twin).and_then(|()| on(socket, name, FILL)),
        FaultWord::DiskFree => on(socket, name, FREE),
        FaultWord::DiskError => own_disk(twin).and_then(|()| order(socket, &["disk-error", name])),
        FaultWord::GatewayDown => order(socket, &["link", "gw", segment(twin)?, "down"]),
        FaultWord::GatewayUp => order(socket, &["link", "gw", segment(twin)?, "up"]),
        FaultWord::DuplicateAddress => on(socket, "stranger", &taken(twin, true)?),
        FaultWord::DuplicateGone => on(socket, "stranger", &taken(twin, false)?),
        FaultWord::Heal => heal(socket, twin, cables, wire),
    }
}

/// Everything that is about the host or its wire; what is not broken stays as it is.
fn heal(
    socket: &Path,
    twin: &Twin,
    cables: impl Fn(&str) -> Result<(), Failure>,
    wire: impl Fn(Fault) -> Result<(), Failure>,
) -> Result<(), Failure> {
    cables("up")?;
    if twin.direct {
        wire(Fault::None)?;
        on(socket, "stranger", &taken(twin, false)?)?;
        // A wire without a gateway has none to bring back.
        let _ = order(socket, &["link", "gw", segment(twin)?, "up"]);
    }
    // One that is off has nothing that could be freed.
    let _ = on(socket, &twin.name, FREE);
    Ok(())
}

fn order(socket: &Path, words: &[&str]) -> Result<(), Failure> {
    let words: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
    ask(socket, &words)?;
    Ok(())
}

/// A shell script on a host's console.
fn on(socket: &Path, host: &str, script: &str) -> Result<(), Failure> {
    let words = ["exec", host, "--", "sh", "-c", script].map(str::to_owned);
    let io = |source| LabError::Io { what: format!("cannot enter {host}"), source };
    let Some(mut command) = ask(socket, &words)? else { return Ok(()) };
    let output = command.output().map_err(io)?;
    match output.status.success() {
        true => Ok(()),
        false => {
            let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            Err(Diagnostic::error(format!("{host}: that did not work: {said}")).into())
        }
    }
}

fn segment(twin: &Twin) -> Result<&str, Failure> {
    twin.segment.as_deref().ok_or_else(|| {
        Diagnostic::error(format!("{} is a guest: it is on no wire of the provider's", twin.host))
            .remedy("break its hypervisor instead")
            .into()
    })
}

/// Without one of its own, a full disk would be the machine's.
fn own_disk(twin: &Twin) -> Result<(), Failure> {
    if twin.disk {
        return Ok(());
    }
    Err(Diagnostic::error(format!("{} has no disk of its own", twin.host))
        .remedy("bring the lab up with --disk 256")
        .into())
}

/// The stranger takes a host's addresses and says so, or gives them back.
fn taken(twin: &Twin, take: bool) -> Result<String, Failure> {
    let wire = segment(twin)?;
    let mut script = String::new();
    for address in &twin.addresses {
        let (prefix, nodad) = if address.is_ipv4() { (32, "") } else { (128, " nodad") };
        script.push_str(&match take {
            true => format!("ip address replace {address}/{prefix} dev {wire}{nodad}\n"),
            false => format!("ip address del {address}/{prefix} dev {wire} 2>/dev/null\n"),
        });
        if take && address.is_ipv4() {
            script.push_str(&format!("arping -q -A -c 2 -I {wire} {address} >/dev/null 2>&1\n"));
        }
    }
    Ok(script + "true\n")
}
