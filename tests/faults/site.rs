//! One lab for many cases: its hypervisor goes from one good state to the other and back,
//! and each case begins where the last one ended.

use std::collections::BTreeMap;
use std::io::Read;
use std::process::Child;
use std::thread::{JoinHandle, spawn};
use std::time::{Duration, Instant};

use crate::bench::Bench;
use crate::case::{Case, Fault, Kind, Scenario};
use crate::inject;
use crate::judge::{self, Report, Rest, Whole};
use crate::project::{self, Slip, State};
use crate::record::Record;

/// After its deadlines (15 s and 8 s) and one more turn of the watchdog (20 s) a host has settled.
const SETTLE: Duration = Duration::from_secs(70);
/// The longest that rappel may take: deadlines, its grace of 90 s, and a slow machine.
const PATIENCE: Duration = Duration::from_secs(180);

/// Copies faults for the next boot to where steps look for them.
const AT_BOOT: &str = "[Unit]
DefaultDependencies=no
RequiresMountsFor=/run
Before=rappel-revert.service
ConditionPathExists=/rappel-fault-at-boot
[Service]
Type=oneshot
ExecStart=/bin/mv /rappel-fault-at-boot /run/rappel-fault
[Install]
WantedBy=sysinit.target
";

/// A lab with its two pictures.
pub struct Site {
    pub bench: Bench,
    present: State,
    a: String,
    b: String,
    /// Before the present case.
    macs: BTreeMap<String, String>,
}

impl Site {
    /// Brings a lab up and takes it through both states.
    pub fn up(kind: &Kind) -> Self {
        let mut spec = rappel::lab::topology::t3();
        let host = spec.host_mut("hv1").expect("hv1");
        kind.base.clone_into(&mut host.base);
        host.disk = Some(48);
        let unit = "/etc/systemd/system/rappel-fault-at-boot.service";
        host.files.insert(unit.to_owned(), AT_BOOT.to_owned());
        let bench = Bench::of(&spec);
        bench.console("hv1", "systemctl enable -q rappel-fault-at-boot.service");
        project::prepare(&bench, kind);
        let mut pictures = [State::A, State::B].map(|state| {
            project::want(&bench, state, Slip::None);
            bench.rappel(&apply("20")).code(0);
            std::thread::sleep(Duration::from_millis(500));
            judge::picture(&bench)
        });
        let (a, b) = (std::mem::take(&mut pictures[0]), std::mem::take(&mut pictures[1]));
        assert_ne!(a, b);
        Self { bench, present: State::B, a, b, macs: BTreeMap::new() }
    }

    fn of(&self, state: State) -> &str {
        match state {
            State::A => &self.a,
            State::B => &self.b,
        }
    }

    /// Tries one case. The site is fit for another one unless something broke.
    pub fn try_case(&mut self, case: &Case, seed: u64) -> Record {
        let started = Instant::now();
        let mut record = Record::of(case, seed);
        self.macs = judge::macs(&self.bench);
        project::want(&self.bench, self.present.other(), slip(case.scenario));
        plant(&self.bench, case);
        let rappel = Running::start(&self.bench);
        let report = match self.break_it(case, rappel) {
            Ok(report) => report,
            Err(report) => {
                record.skipped = Some(format!("not reached; {}", report.outcome));
                report
            }
        };
        self.judge(case, &report, &mut record);
        record.seconds = started.elapsed().as_secs_f64();
        record
    }

    /// A good change during which something is done to rappel, as soon as the change is in
    /// force: what rappel said in the end, what the host is, and why that is not true.
    pub fn held_up(&mut self, act: impl FnOnce(u32)) -> (String, Whole, Option<String>) {
        project::want(&self.bench, self.present.other(), Slip::None);
        inject::plant(&self.bench, "activated", inject::MARK);
        let mut rappel = Running::start(&self.bench);
        let limit = Duration::from_secs(60);
        assert!(inject::reached(&self.bench, limit, || rappel.is_over()), "in force");
        act(rappel.child.id());
        let report = rappel.report();
        assert_eq!(judge::settle(&self.bench, SETTLE), Rest::Clean);
        inject::clean(&self.bench);
        let whole =
            judge::whole(&self.bench, self.of(self.present), self.of(self.present.other()), false);
        if whole == Whole::New {
            self.present = self.present.other();
        }
        (report.outcome.clone(), whole.clone(), report.lie(&whole, false, None))
    }

    /// Waits for the step, strikes, and hears what rappel says of it.
    fn break_it(&self, case: &Case, mut rappel: Running) -> Result<Report, Report> {
        let limit = Duration::from_secs(60);
        if case.scenario == Scenario::Boot {
            if !inject::reached(&self.bench, limit, || rappel.is_over()) {
                return Err(rappel.report());
            }
            inject::plant_for_boot(&self.bench, &case.step, &inject::script(case.fault));
            inject::cycle(&self.bench);
        }
        let over = |rappel: &mut Running| case.scenario != Scenario::Boot && rappel.is_over();
        if !inject::reached(&self.bench, limit, || over(&mut rappel)) {
            return Err(rappel.report());
        }
        inject::strike(&self.bench, case.fault, &mut rappel.child);
        Ok(rappel.report())
    }

    fn judge(&mut self, case: &Case, report: &Report, record: &mut Record) {
        let settle = if case.fault == Fault::Hang { SETTLE * 2 } else { SETTLE };
        let rest = judge::settle(&self.bench, settle);
        inject::clean(&self.bench);
        let (old, new) = (self.of(self.present), self.of(self.present.other()));
        let abandoned = rest == Rest::Abandoned;
        let whole = match slip(case.scenario) {
            Slip::None => judge::whole(&self.bench, old, new, abandoned),
            // What does not work has no picture: it must not stay.
            Slip::Gateway | Slip::Gateway6 | Slip::Doomed | Slip::Reload => {
                judge::whole(&self.bench, old, old, abandoned)
            }
        };
        record.outcome.clone_from(&report.outcome);
        record.abandoned = abandoned;
        let mut found = |what: &'static str, why: String| {
            record.broken.push(what.to_owned());
            record.evidence.push_str(&format!("{what}: {why}\n"));
        };
        if let Rest::Open(what) = rest {
            found("half_done", format!("still open: {what}"));
        }
        // Only those who died had no chance to sweep up.
        if abandoned && !matches!(case.fault, Fault::Kill | Fault::KillTree | Fault::Power) {
            found("half_done", "an abandoned preparation or lock".to_owned());
        }
        if let Whole::Neither(difference) = &whole {
            found("half_done", difference.clone());
        }
        let missing = judge::unreachable(&self.bench, Duration::from_secs(15));
        if !missing.is_empty() {
            found("lost", format!("no login to {}", missing.join(", ")));
        }
        let readdressed = judge::readdressed(&self.macs, &judge::macs(&self.bench));
        if let Some(lie) = report.lie(&whole, readdressed, Some(case.fault)) {
            found("false_report", lie);
        }
        if !record.broken.is_empty() {
            record.evidence.push_str(&report.text);
            record.evidence.push_str(&self.traces());
        }
        record.host = match whole {
            Whole::Old => "old",
            Whole::New => "new",
            Whole::Neither(_) => "neither",
        }
        .to_owned();
        if whole == Whole::New {
            self.present = self.present.other();
        }
    }

    /// What the host has to say, for those who look for the mistake.
    fn traces(&self) -> String {
        let script = "cd /var/lib/rappel; ls -la . tx lock gen runs 2>&1 | tail -60; cat log | tail -3; \
            for f in tx/*.events tx/*.log tx/residue tx/reason $(ls -td runs/* | head -n 1)/{reason,residue,revert.log}; do echo \"== $f\"; tail -n 20 $f; done; \
            journalctl --no-pager -o cat -n 60";
        let output = self.bench.lab.exec("hv1", &["bash", "-c", script]);
        output.map_or_else(|e| e.to_string(), |o| String::from_utf8_lossy(&o.stdout).into_owned())
    }
}

fn slip(scenario: Scenario) -> Slip {
    match scenario {
        Scenario::Good | Scenario::Boot => Slip::None,
        Scenario::Bad => Slip::Gateway6,
        Scenario::Stubborn => Slip::Gateway,
        Scenario::Doomed => Slip::Doomed,
        Scenario::Broken => Slip::Reload,
    }
}

fn plant(bench: &Bench, case: &Case) {
    match case.scenario {
        // Held there until its power goes.
        Scenario::Boot => inject::plant(bench, "activated", &inject::script(Fault::Power)),
        Scenario::Stubborn => {
            let spoil = "#!/bin/sh\nrm -f \"$0\"\nip route add blackhole 198.18.0.0/15\nip route del default\nip link set br1 down\n";
            inject::plant(bench, "revert-replay", spoil);
            inject::plant(bench, &case.step, &inject::script(case.fault));
        }
        // Nobody's table, so nothing but a boot takes it away.
        Scenario::Doomed => {
            let spoil = "#!/bin/sh\nrm -f \"$0\"\nnft 'add table netdev deaf; add chain netdev deaf in { type filter hook ingress device eth0 priority 0; policy drop; }'\n";
            inject::plant(bench, "revert-replay", spoil);
            inject::plant(bench, &case.step, &inject::script(case.fault));
        }
        _ => inject::plant(bench, &case.step, &inject::script(case.fault)),
    }
}

fn apply(window: &str) -> [&str; 8] {
    let word =
        ["apply", "playbooks/t3.yml", "--yes", "--confirm-window", window, "--output", "json"];
    [word[0], word[1], word[2], word[3], word[4], word[5], word[6], "--ignore-lint"]
}

/// rappel at work, its output drained.
struct Running {
    child: Child,
    out: Option<JoinHandle<String>>,
    err: Option<JoinHandle<String>>,
}

impl Running {
    fn start(bench: &Bench) -> Self {
        let mut child = bench.start(&apply("8"));
        let out = child.stdout.take().map(drain);
        let err = child.stderr.take().map(drain);
        Self { child, out, err }
    }

    fn is_over(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(Some(_)))
    }

    /// Waits for its end.
    fn report(mut self) -> Report {
        let start = Instant::now();
        let mut hung = false;
        while !self.is_over() {
            if start.elapsed() > PATIENCE {
                hung = true;
                let _ = self.child.kill();
                break;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        let status = self.child.wait().expect("ended");
        let text = |handle: Option<JoinHandle<String>>| {
            handle.and_then(|h| h.join().ok()).unwrap_or_default()
        };
        let (out, err) = (text(self.out.take()), text(self.err.take()));
        let mut report = Report::of(status.code(), &out, &err);
        if hung {
            "hung".clone_into(&mut report.outcome);
        }
        report
    }
}

fn drain(mut pipe: impl Read + Send + 'static) -> JoinHandle<String> {
    spawn(move || {
        let mut bytes = Vec::new();
        let _ = pipe.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    })
}
