//! Signals → how urgently the user wants it to end.

use tokio::sync::watch;

use crate::run::Stop;

/// Listens for as long as the program runs. Ctrl-C and SIGTERM are more urgent each time;
/// a terminal that goes away, as often as it says so, only ends what has not begun.
pub async fn listen(stop: watch::Sender<Stop>) {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let kinds = [SignalKind::interrupt(), SignalKind::terminate()];
        let [Ok(mut interrupt), Ok(mut terminate)] = kinds.map(signal) else { return };
        // `nohup` wishes that it be ignored, and it is as long as nobody listens.
        let mut hangup = if hangup_is_ignored() { None } else { signal(SignalKind::hangup()).ok() };
        loop {
            let hung_up = async {
                match &mut hangup {
                    Some(hangup) => hangup.recv().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                _ = interrupt.recv() => stop.send_modify(|level| *level = level.more()),
                _ = terminate.recv() => stop.send_modify(|level| *level = level.more()),
                _ = hung_up => stop.send_modify(|level| *level = Stop::Finish.max(*level)),
            }
        }
    }
    #[cfg(not(unix))]
    while tokio::signal::ctrl_c().await.is_ok() {
        stop.send_modify(|level| *level = level.more());
    }
}

/// Only Linux tells without a call that is not safe.
#[cfg(target_os = "linux")]
fn hangup_is_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask & 1 != 0)
}

#[cfg(all(unix, not(target_os = "linux")))]
fn hangup_is_ignored() -> bool {
    false
}
