//! What was measured, for people and as JSON.

use std::fmt::Write as _;
use std::fs;

use serde_json::{Value, json};

use crate::nature::Nature;
use crate::round::Round;

/// Where the JSON goes.
const OUT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/bench-fleet.json");

/// Rows of what runs over the same fleet came to need.
pub struct Table {
    hosts: usize,
    text: String,
    rows: Vec<Value>,
}

impl Table {
    pub fn new(hosts: usize) -> Self {
        let mut text = String::new();
        let failing = Nature::failing(hosts);
        let _ = writeln!(text, "{hosts} simulated hosts, {failing} of them fail in some way\n");
        let _ = writeln!(
            text,
            "{:<34}{:>9}{:>9}{:>13}{:>9}{:>11}{:>7}",
            "", "clock, s", "hosts/s", "CPU, ms/host", "MiB", "KiB/host", "files"
        );
        Self { hosts, text, rows: Vec::new() }
    }

    #[allow(clippy::cast_precision_loss, reason = "numbers for people")]
    pub fn add(&mut self, label: &str, round: &Round) {
        let (hosts, needs) = (self.hosts as f64, &round.needs);
        let seconds = round.took.as_secs_f64();
        let cpu = needs.cpu * 1000.0 / hosts;
        let _ = writeln!(
            self.text,
            "{label:<34}{seconds:>9.1}{:>9.0}{cpu:>13.2}{:>9.0}{:>11.1}{:>7}",
            hosts / seconds,
            needs.memory as f64 / 1024.0,
            needs.memory as f64 / hosts,
            needs.files,
        );
        self.rows.push(json!({
            "what": label, "seconds": seconds, "cpu": needs.cpu,
            "memory_kib": needs.memory, "files": needs.files, "read": needs.read,
        }));
    }

    #[allow(clippy::print_stdout, reason = "this is what `make bench` is for")]
    pub fn print(&self) {
        println!("\n{}", self.text);
        let json = json!({ "hosts": self.hosts, "rows": self.rows });
        fs::write(OUT, format!("{json}\n")).expect("written");
    }
}
