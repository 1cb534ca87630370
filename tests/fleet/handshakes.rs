//! What connecting and logging in cost alone: the least that any look at a fleet costs. A
//! process of its own, so that nothing else is in its numbers.

use std::path::PathBuf;
use std::sync::Arc;

use rappel::remote::ssh::{Settings, Target, connect};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::nature::address;

/// The variable with how many hosts, and how many of them at once.
pub const ORDER: &str = "RAPPEL_FLEET_HANDSHAKES";
/// The variable with the private key's file.
pub const KEY: &str = "RAPPEL_FLEET_KEY";

/// Started by the other tests, in a lab.
#[test]
#[ignore = "a part of the fleet's measurement"]
fn only() {
    let order = std::env::var(ORDER).expect("started by the measurement");
    let (hosts, forks) = order.split_once(' ').expect("two numbers");
    let (hosts, forks) = (hosts.parse().expect("a number"), forks.parse().expect("a number"));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("one");
    runtime.block_on(all(hosts, forks));
}

async fn all(hosts: usize, forks: usize) {
    let settings = Arc::new(Settings {
        known_hosts: vec![PathBuf::from("known_hosts")],
        ..Settings::default()
    });
    let key = PathBuf::from(std::env::var_os(KEY).expect("a key"));
    let permits = Arc::new(Semaphore::new(forks));
    let mut tasks = JoinSet::new();
    for number in 0..hosts {
        let (settings, permits) = (Arc::clone(&settings), Arc::clone(&permits));
        let address = address(number).to_string();
        let mut target = Target::new(&address, &address, "root");
        target.identity_files = vec![key.clone()];
        tasks.spawn(async move {
            let _permit = permits.acquire().await;
            let outcome = if connect(&target, &settings).await.is_ok() { "planned" } else { "no" };
            (number, outcome)
        });
    }
    while let Some(done) = tasks.join_next().await {
        let (number, outcome) = done.expect("no panic");
        let line = format!(r#"{{"event":"host_planned","host":"h{number}"}}"#);
        let end =
            format!(r#"{{"event":"host_finished","host":"h{number}","outcome":"{outcome}"}}"#);
        // Through the runner's own print, which does not mix lines.
        #[allow(clippy::print_stdout, reason = "what the measurement reads")]
        {
            println!("\n{line}\n{end}");
        }
    }
}
