//! Hosts on which checks take long, as emulated or overloaded ones do; and hosts whose checks
//! fall silent.

use crate::bench::{Bench, Said};
use crate::settle::settling;

/// Stands before the host's `ip`, and is what the case says once the change is activated.
const BEFORE_IP: &str =
    "#!/bin/sh\nif [ -e /run/slow ]; then . /run/slow; fi\nexec /usr/bin/ip \"$@\"\n";
/// One at a time, a second each.
const IN_TURN: &str = "exec 9>/run/turn; flock 9; sleep 1; exec 9>&-";
/// A question for neighbours takes long, so that no check of the gateway ends in time.
const NEIGHBOURS: &str = "case \"$*\" in *neigh*) sleep 6 ;; esac";
/// One check never ends; whoever comes later meets none of it.
const ONCE: &str =
    "case \"$*\" in *'show 203.0.113.0/24') if mkdir /run/hung; then exec sleep 600; fi ;; esac";
/// One check never ends, each time.
const NEVER: &str = "case \"$*\" in *'show 203.0.113.0/24') exec sleep 600 ;; esac";

struct Slow {
    bench: Bench,
}

impl Slow {
    fn host() -> Self {
        let bench = Bench::t3();
        // `/usr/sbin` comes first where rappel looks.
        bench.console("hv1", "rm -f /usr/sbin/ip && mkdir /run/rappel-fault");
        bench.lab.place_file("hv1", "/usr/sbin/ip", BEFORE_IP.as_bytes(), 0o755).expect("placed");
        Self { bench }
    }

    /// From now on, or from when the next change is activated.
    fn becomes(&self, way: &str, at_once: bool) {
        let script = format!("cat >/run/way <<'EOF'\n{way}\nEOF\nrm -rf /run/slow /run/hung\n");
        let hook = "#!/bin/sh\ncp /run/way /run/slow\n";
        let hook = format!("printf '%s' '{hook}' >/run/rappel-fault/activated\n");
        let now = if at_once { "cp /run/way /run/slow" } else { "" };
        let script = format!("{script}{hook}chmod +x /run/rappel-fault/activated\n{now}");
        self.bench.console("hv1", &script);
    }

    /// A change with so many checks of routes.
    fn change(&self, routes: usize, content: &str, window: &str) -> Said {
        let mut checks = "{route: {to: 203.0.113.0/24}}".to_owned();
        (1..routes).for_each(|n| checks.push_str(&format!(", {{route: {{to: 203.0.113.{n}}}}}")));
        let file =
            format!("    - kind: file\n      path: /etc/rappel-lab\n      content: {content}\n");
        self.bench.write("playbooks/t3.yml", &settling(&checks, &file, 0));
        let words = ["apply", "playbooks/t3.yml", "--yes", "--ignore-lint", "--confirm-window"];
        self.bench.rappel(&[&words[..], &[window]].concat())
    }
}

#[test]
fn slow_checks_are_waited_for_and_silent_ones_are_not() {
    let host = Slow::host();

    // A round of more than 20 s, and no pause in it that is longer than a few.
    host.becomes(IN_TURN, false);
    host.change(16, "one", "90").code(0).never_says("not good yet");
    host.becomes(IN_TURN, true);
    host.bench.rappel(&["ping", "playbooks/t3.yml"]).code(0);

    // One check of more than 15 s, which says that it goes on.
    let drop = "table inet mute { chain c { type filter hook input priority 0; \
                icmp type echo-request drop; icmpv6 type echo-request drop; }; }";
    host.bench.lab.gateway(&["nft", drop]).expect("told");
    host.becomes(NEIGHBOURS, false);
    host.change(1, "two", "60").code(0).never_says("not good yet");

    // A round that falls silent is begun anew, on a new connection.
    host.becomes(ONCE, false);
    let silent = "not good yet: the host's checks fell silent";
    host.change(1, "three", "60").code(0).says(silent);
    // And never confirmed if it does so each time.
    host.becomes(NEVER, false);
    host.change(1, "four", "20").code(3).says(silent).says("rolled back");
    let file = host.bench.console("hv1", "cat /etc/rappel-lab");
    assert_eq!(file.trim(), "three");
}
