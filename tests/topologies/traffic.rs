//! Packets that arrive, and packets that must not.

use std::process::Stdio;
use std::time::Duration;

use crate::bench::Bench;

/// Neighbours may keep an old MAC address for a while after a bridge has got another.
const WHILE_CACHES_AGE: Duration = Duration::from_secs(40);

/// The controller, which is everybody's outside, over both families.
pub const OUTSIDE: [&str; 2] = ["198.51.100.2", "2001:db8:ffff::2"];

fn pings(bench: &Bench, from: &str, to: &str) -> bool {
    bench.holds(from, &format!("ping -n -q -c 2 -i 0.5 -W 2 {to}"))
}

/// A host gets an answer, possibly after a while.
#[track_caller]
pub fn reaches(bench: &Bench, from: &str, to: &str) {
    let what = format!("{from} reaches {to}");
    bench.eventually(&what, WHILE_CACHES_AGE, |bench| {
        bench.lab.flush_neighbours().expect("flushed");
        pings(bench, from, to)
    });
}

/// A host gets no answer. To be asked when what should work has been seen to work.
#[track_caller]
pub fn never_reaches(bench: &Bench, from: &str, to: &str) {
    bench.lab.flush_neighbours().expect("flushed");
    assert!(!pings(bench, from, to), "{from} reaches {to}");
}

/// The controller gets an answer, possibly after a while.
#[track_caller]
pub fn outside_reaches(bench: &Bench, to: &str) {
    let what = format!("outside reaches {to}");
    let argv = ["ping", "-n", "-q", "-c", "2", "-i", "0.5", "-W", "2", to];
    bench.eventually(&what, WHILE_CACHES_AGE, |bench| {
        bench.lab.flush_neighbours().expect("flushed");
        let mut ping = bench.lab.controller(&argv).expect("a command");
        ping.stdout(Stdio::null()).status().is_ok_and(|status| status.success())
    });
}

/// What a service behind a forwarded port says to the controller.
pub fn answer(bench: &Bench, address: &str, port: &str) -> String {
    let argv = ["busybox", "nc", "-w", "3", address, port];
    let mut ask = bench.lab.controller(&argv).expect("a command");
    let output = ask.stdin(Stdio::null()).output().expect("runs");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Starts a service on a host that answers one connection with a word.
pub fn serve(bench: &Bench, host: &str, port: &str, word: &str) {
    bench.console(
        host,
        &format!("busybox nc -l -p {port} -e echo {word} >/dev/null 2>&1 & sleep 0.3"),
    );
}

/// Traffic as `tcpdump` sees it on an interface while something happens elsewhere.
pub fn seen(
    bench: &Bench,
    host: &str,
    dev: &str,
    filter: &str,
    meanwhile: impl FnOnce(),
) -> String {
    let watch = format!("timeout 5 tcpdump -n -e -c 1 -i {dev} '{filter}' 2>/dev/null || true");
    std::thread::scope(|scope| {
        let watching = scope.spawn(|| bench.console(host, &watch));
        std::thread::sleep(Duration::from_millis(1000));
        meanwhile();
        watching.join().expect("watched")
    })
}

/// The MAC address that a host has for a neighbour, after having asked anew.
pub fn neighbour(bench: &Bench, host: &str, address: &str) -> String {
    reaches(bench, host, address);
    let line = bench.console(host, &format!("ip neigh show to {address}"));
    line.split_whitespace().skip_while(|word| *word != "lladdr").nth(1).unwrap_or("").to_owned()
}

/// The MAC address of an interface.
pub fn mac(bench: &Bench, host: &str, dev: &str) -> String {
    bench.console(host, &format!("cat /sys/class/net/{dev}/address")).trim().to_owned()
}
