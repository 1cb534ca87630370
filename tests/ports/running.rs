//! A stand-in as a process of its own, at the controller's place of a lab.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Ends with the test, however that ends.
pub struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts the test of this binary that is the stand-in, and waits until it takes connections
/// there; `at` makes a command of the controller's place.
pub fn start(at: &dyn Fn(&[&str]) -> Command, test: &str, place: &str) -> Running {
    let own = std::env::current_exe().expect("this binary");
    let own = own.to_str().expect("a plain path");
    let mut command = at(&[own, "--exact", test, "--ignored", "--nocapture"]);
    let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    let running = Running(child.expect("starts"));
    let (address, port) = place.split_once(':').expect("an address and a port");
    let begun = Instant::now();
    loop {
        let mut ask = at(&["busybox", "nc", "-w", "1", address, port]);
        if ask
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
        {
            return running;
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "{test} does not listen");
        std::thread::sleep(Duration::from_millis(300));
    }
}
