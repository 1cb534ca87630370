//! What this side does for a large fleet before any packet is sent: load, render, lint and
//! schedule, for a tenth of ten thousand hosts and for all of them. Ten times the hosts may cost
//! ten times as much, and no more.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use rappel::desired::{ArtifactKind, Desired, LoadOptions, Project};
use rappel::network::lint::{LintFile, LintHost, LintKind, review};
use rappel::plan::sources;
use rappel::rollout::outcome::Outcome;
use rappel::rollout::pace::{Pace, Slot};
use rappel::rollout::schedule::{Next, Schedule};

const SIZES: [usize; 2] = [1_000, 10_000];

/// Servers as a user has them: addresses of their own, everything else from the group.
fn inventory(hosts: usize) -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a directory");
    let mut text = String::from(
        "servers:
  vars:
    ansible_user: root
    network:
      uplink:
        name: eth0
        ipv4: { address: \"{{ ansible_host }}/16\", gateway: 10.64.255.254 }
        ipv6: { address: \"2001:db8::{{ number }}/48\", gateway: \"2001:db8::ffff:1\" }
  hosts:
",
    );
    for number in 1..=hosts {
        let (high, low) = (number / 250, number % 250 + 1);
        let _ = writeln!(
            text,
            "    server{number}: {{ ansible_host: 10.64.{high}.{low}, number: {number:x}, rack: r{} }}",
            number / 40
        );
    }
    fs::write(directory.path().join("hosts.yml"), text).expect("written");
    directory
}

fn load(directory: &tempfile::TempDir) -> Project {
    let options = LoadOptions {
        inventory: vec![directory.path().join("hosts.yml")],
        playbook: Some(PathBuf::from("playbooks/server.yml")),
        ..LoadOptions::default()
    };
    Project::load(&options).expect("a project")
}

fn render(project: &Project) -> Vec<Desired> {
    let rendered = project.render(None).expect("hosts");
    rendered.into_iter().map(|(_, host)| host.expect("renders")).collect()
}

/// How many findings there are.
fn lint(project: &Project, hosts: &[Desired]) -> usize {
    let files = |host: &Desired| -> Vec<LintFile> {
        let both = host.artifacts.iter().zip(sources(host));
        both.map(|(artifact, source)| LintFile {
            kind: match artifact.kind {
                ArtifactKind::Interfaces => LintKind::Interfaces,
                ArtifactKind::Sysctl => LintKind::Sysctl,
                ArtifactKind::Nft => LintKind::Nft,
                ArtifactKind::Hook(_) => LintKind::Hook,
                ArtifactKind::File { .. } | ArtifactKind::Object(_) => LintKind::Other,
            },
            path: artifact.path.clone(),
            mode: artifact.mode,
            source,
        })
        .collect()
    };
    let known: Vec<_> = hosts.iter().map(|host| (files(host), project.known(host))).collect();
    let named = hosts.iter().zip(&known);
    let hosts: Vec<LintHost<'_>> = named
        .map(|(host, (files, known))| LintHost { name: &host.host.name, files, known })
        .collect();
    review(&hosts).len()
}

fn rack(at: usize) -> String {
    format!("rack=r{}", at / 40)
}

/// A rollout in batches that never has two hosts that share a value in one, to its end.
fn schedule(hosts: usize, batch: usize, value: fn(usize) -> String) -> usize {
    let pace = Pace { canary: 1, batches: vec![batch], failure_budget: 0 };
    let slot = |at: usize| Slot { at, apart: vec![value(at)] };
    let batches = pace.batches((0..hosts).map(slot).collect());
    let mut schedule = Schedule::new(batches, 50, 0);
    let mut done = 0;
    loop {
        match schedule.turn() {
            Next::Batch { .. } => {}
            Next::Begin(_) => {
                schedule.ended(&Outcome::Confirmed { generation: 1 });
                done += 1;
            }
            Next::Wait | Next::Over => return done,
        }
    }
}

fn fleet(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("fleet");
    group.sample_size(10).warm_up_time(Duration::from_millis(500));
    for size in SIZES {
        group.throughput(Throughput::Elements(u64::try_from(size).expect("small")));
        let directory = inventory(size);
        let project = load(&directory);
        let hosts = render(&project);
        assert_eq!(hosts.len(), size);
        group.bench_function(BenchmarkId::new("load", size), |b| b.iter(|| load(&directory)));
        group.bench_function(BenchmarkId::new("render", size), |b| b.iter(|| render(&project)));
        group.bench_function(BenchmarkId::new("lint", size), |b| {
            b.iter_batched(|| (), |()| lint(&project, &hosts), BatchSize::PerIteration);
        });
        for (what, batch, value) in [
            ("schedule, one at a time", 1, rack as fn(usize) -> String),
            ("schedule, a quarter at a time", size / 4, rack),
            ("schedule, all to be kept apart", size / 4, |_| "provider=one".to_owned()),
        ] {
            let id = BenchmarkId::new(what, size);
            group.bench_function(id, |b| b.iter(|| assert_eq!(schedule(size, batch, value), size)));
        }
    }
    group.finish();
}

criterion_group!(benches, fleet);
criterion_main!(benches);
