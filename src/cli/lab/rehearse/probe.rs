//! Does a twin answer?

use std::process::Stdio;
use std::thread::{scope, sleep};
use std::time::{Duration, Instant};

use super::Stage;
use crate::twin::Twin;

/// How long a twin may take to answer: a link that comes up, duplicate address detection.
const PATIENCE: Duration = Duration::from_secs(20);
/// How many seconds one connection may take.
const SILENCE: u32 = 4;
const PAUSE: Duration = Duration::from_millis(300);
/// A neighbour that answers by chance, or for somebody else, does not do so every time.
const TIMES: usize = 3;

/// Whether a twin lets somebody in within a while, several times in a row, each time to one
/// who has forgotten all neighbours.
pub fn settled(stage: &Stage, twin: &Twin) -> bool {
    let end = Instant::now() + PATIENCE;
    loop {
        if (0..TIMES).all(|_| {
            // Those that answer nobody are not asked at all.
            let _ = stage.lab.flush_neighbours();
            answers(stage, twin)
        }) {
            return true;
        }
        if Instant::now() > end {
            return false;
        }
        sleep(PAUSE);
    }
}

/// Which of these do not answer every time that they are asked.
pub fn silent<'a>(stage: &Stage, twins: &[&'a Twin]) -> Vec<&'a Twin> {
    let mut silent = Vec::new();
    // A few at a time: handshakes are what costs.
    for some in twins.chunks(4) {
        let asked: Vec<bool> = scope(|scope| {
            let each = some.iter().map(|twin| scope.spawn(|| answers(stage, twin)));
            let each: Vec<_> = each.collect();
            each.into_iter().map(|one| one.join().unwrap_or(false)).collect()
        });
        // Once more, by itself: a busy machine is no lost host.
        let odd = some.iter().zip(asked).filter(|(_, answered)| !answered).map(|(twin, _)| *twin);
        silent.extend(odd.filter(|twin| !(0..TIMES).all(|_| answers(stage, twin))));
    }
    silent
}

/// Whether a new SSH connection reaches this very twin, by its key.
fn answers(stage: &Stage, twin: &Twin) -> bool {
    twin.addresses.iter().any(|address| {
        let mut words = stage.keys.ssh(twin, *address, SILENCE);
        words.push("true".into());
        let Ok(mut command) = stage.command(&words) else { return false };
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    })
}
