//! The book's examples of scheduled looks, on a host with systemd that reads another one.

use std::time::Duration;

use rappel::lab::topology;

use crate::bench::{Bench, RAPPEL};

const BOOK: &str = include_str!("../../docs/book/drift.md");

/// A file that the book shows, by the path that stands in its first line.
fn shown(path: &str) -> String {
    let head = format!("\n# {path}\n");
    let (_, rest) = BOOK.split_once(&head).unwrap_or_else(|| panic!("no {path} in the book"));
    rest.split("\n```").next().expect("a block").to_owned() + "\n"
}

/// The commands that the book has the administrator type first.
fn typed() -> String {
    let (_, rest) = BOOK.split_once("```sh\nuseradd ").expect("the commands");
    format!("useradd {}", rest.split("```").next().expect("a block"))
}

/// `h0` watches `h1`: the program, a project and a key stand where the book has them.
fn watching() -> Bench {
    let mut spec = topology::fleet(2);
    // The program was built here; a newer C library than the one it knows does no harm.
    "trixie".clone_into(&mut spec.host_mut("h0").expect("h0").base);
    let bench = Bench::of(&spec);
    bench.write(
        "hosts.yml",
        "all:\n  hosts:\n    h1:\n      ansible_host: 203.0.113.31\n      ansible_user: root\n",
    );
    let site = "- hosts: all\n  artifacts:\n    - kind: sysctl\n      path: /etc/sysctl.d/90-rappel.conf\n      content: net.ipv4.ip_forward = 1\n";
    bench.write("site.yml", site);
    let apply = ["apply", "-i", "hosts.yml", "site.yml", "--yes", "--confirm-window", "20"];
    bench.rappel(&apply).code(0).says("confirmed as generation 1");
    bench.console("h0", &format!("mkdir -p /var/lib/prometheus/node-exporter; {}", typed()));
    let put = |path: &str, bytes: &[u8]| bench.lab.write_file("h0", path, bytes).expect("written");
    put("/usr/local/bin/rappel", &std::fs::read(RAPPEL).expect("the program"));
    for file in ["hosts.yml", "site.yml"] {
        let bytes = std::fs::read(bench.project.path().join(file)).expect("the project");
        put(&format!("/srv/network/{file}"), &bytes);
    }
    put("/home/rappel/.ssh/id_ed25519", &std::fs::read(bench.lab.key()).expect("the key"));
    let known = std::fs::read(bench.lab.known_hosts()).expect("the keys");
    put("/home/rappel/.ssh/known_hosts", &known);
    bench.console(
        "h0",
        "chmod 755 /usr/local/bin/rappel; chown -R rappel: /home/rappel/.ssh; \
         chmod 700 /home/rappel/.ssh; chmod 600 /home/rappel/.ssh/*",
    );
    bench
}

/// Whether a text file of metrics is as Prometheus reads it: each sample has a name, labels in
/// order, and a number, and follows the lines that tell what it is.
fn parses(metrics: &str) -> usize {
    let mut samples = 0;
    let mut family = "";
    for line in metrics.lines() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            family = help.split(' ').next().expect("a name");
            continue;
        }
        if let Some(kind) = line.strip_prefix("# TYPE ") {
            assert_eq!(kind, format!("{family} gauge"), "{metrics}");
            continue;
        }
        let (series, value) = line.rsplit_once(' ').expect("a sample");
        value.parse::<f64>().expect("a number");
        let (name, labels) = series.split_once('{').unwrap_or((series, "}"));
        assert_eq!(name, family, "{metrics}");
        let labels = labels.strip_suffix('}').expect("closed");
        for label in labels.split(',').filter(|label| !label.is_empty()) {
            let (key, value) = label.split_once('=').expect("a label");
            assert!(key.bytes().all(|b| b.is_ascii_lowercase()), "{label}");
            assert!(value.len() > 2 && value.starts_with('"') && value.ends_with('"'), "{label}");
        }
        samples += 1;
    }
    samples
}

#[test]
fn the_timer_of_the_book_watches_a_host() {
    let bench = watching();
    let units = "/etc/systemd/system/rappel-drift";
    for unit in ["service", "timer"] {
        let path = format!("{units}.{unit}");
        bench.lab.write_file("h0", &path, shown(&path).as_bytes()).expect("written");
    }
    bench.console("h0", &format!("systemd-analyze verify {units}.timer {units}.service"));
    // The case cannot wait for the full hour: the first look comes with the timer.
    let soon = "[Timer]\nRandomizedDelaySec=0\nOnActiveSec=1\nAccuracySec=100ms\n";
    bench
        .lab
        .write_file("h0", &format!("{units}.timer.d/soon.conf"), soon.as_bytes())
        .expect("written");
    bench.console("h0", "systemctl daemon-reload; systemctl enable --now rappel-drift.timer");
    let metrics = "/var/lib/prometheus/node-exporter/rappel.prom";
    bench.eventually("a look by the timer", Duration::from_secs(90), |bench| {
        bench.holds("h0", &format!("test -s {metrics}"))
    });
    assert!(bench.holds("h0", "systemctl list-timers | grep -q rappel-drift.timer"));
    let look = |state: &str| {
        bench.console("h0", "systemctl start rappel-drift.service");
        let text = bench.console("h0", &format!("cat {metrics}"));
        assert!(parses(&text) >= STATES, "{text}");
        assert!(text.contains(&format!("rappel_drift_hosts{{state=\"{state}\"}} 1")), "{text}");
        bench.console("h0", "cat /srv/network/drift.xml")
    };
    assert!(look("clean").contains("failures=\"0\" errors=\"0\""));
    bench.console("h1", "sysctl -qw net.ipv4.ip_forward=0");
    assert!(look("drifted").contains("is 0, wanted 1"));
    bench.lab.power_cut("h1").expect("cut");
    assert!(look("unreachable").contains("errors=\"1\""));
    // A mistake in the project is a failure of the unit, and the metrics stay as they were.
    bench.console("h0", "echo '- hosts: nobody' >/srv/network/site.yml");
    assert!(!bench.holds("h0", "systemctl start rappel-drift.service"));
    assert!(bench.holds("h0", &format!("grep -q 'unreachable.}} 1' {metrics}")));
    let history = bench.console(
        "h0",
        "cd /srv/network; runuser -u rappel -- rappel history --drift; journalctl -u rappel-drift",
    );
    assert!(history.contains("came 20") && history.contains("h1: drift"), "{history}");
}

/// Samples that are always there: a number for each state.
const STATES: usize = 6;

/// As cron runs it: by `sh`, with hardly any environment. What it prints would be mailed.
#[test]
fn cron_mails_when_there_is_something_to_say() {
    let bench = watching();
    let table = shown("/etc/cron.d/rappel-drift");
    let line = table.lines().find(|line| line.starts_with("17 ")).expect("a job");
    let job = line.splitn(7, ' ').last().expect("a command").replace('\'', "'\\''");
    let mail = || {
        let cron = format!(
            "runuser -u rappel -- env -i HOME=/home/rappel PATH=/usr/bin:/bin SHELL=/bin/sh \
             sh -c '{job}'"
        );
        bench.console("h0", &cron)
    };
    assert_eq!(mail(), "");
    bench.console("h1", "sysctl -qw net.ipv4.ip_forward=0");
    let text = mail();
    assert!(text.contains("h1: drift") && text.contains("is 0, wanted 1"), "{text}");
}
