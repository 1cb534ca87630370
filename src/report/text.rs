//! Events as lines for people: progress bars on a terminal, plain lines elsewhere.

use std::collections::BTreeMap;
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::clean::clean;
use super::rescue;
use crate::rollout::event::Event;
use crate::rollout::outcome::Outcome;

const GOOD: Style = AnsiColor::Green.on_default().bold();
const BAD: Style = AnsiColor::Red.on_default().bold();
const CARE: Style = AnsiColor::Yellow.on_default().bold();
const DIM: Style = Style::new().dimmed();

/// Bars beyond this number would fill the screen; the others work unseen.
const MAX_BARS: usize = 16;

/// Turns events into lines; holds the bars of the hosts at work.
#[derive(Debug)]
pub struct Text {
    bars: Option<MultiProgress>,
    hosts: BTreeMap<String, ProgressBar>,
}

impl Text {
    /// With progress bars if `live`.
    pub fn new(live: bool) -> Self {
        Self { bars: live.then(MultiProgress::new), hosts: BTreeMap::new() }
    }

    /// The lines that an event is worth; bars are moved on the way.
    pub fn event(&mut self, event: &Event) -> Option<String> {
        match event {
            Event::RunStarted { .. } | Event::RunFinished { .. } | Event::HostPlanned { .. } => {
                None
            }
            Event::HostStarted { host } => self.host_started(host),
            Event::RescuePlanned { host, root, target, files } => {
                Some(rescue::planned(host, root, target, files))
            }
            Event::Step { host, step } => self.step(host, step),
            Event::Check { host, baseline, title, result, how } => {
                self.check(host, *baseline, title, result, how)
            }
            Event::Note { host, message } => self.note(host, message),
            Event::HostFinished { host, outcome, seconds } => {
                Some(self.host_finished(host, outcome, *seconds))
            }
        }
    }

    /// Runs `write` while no bar is on the screen.
    pub fn suspend<T>(&self, write: impl FnOnce() -> T) -> T {
        match &self.bars {
            Some(bars) => bars.suspend(write),
            None => write(),
        }
    }

    /// Takes all bars away.
    pub fn clear(&mut self) {
        for bar in std::mem::take(&mut self.hosts).into_values() {
            bar.finish_and_clear();
        }
    }

    fn host_started(&mut self, host: &str) -> Option<String> {
        self.progress(host, "reading");
        None
    }

    fn step(&mut self, host: &str, step: &str) -> Option<String> {
        let words = clean(step_words(step));
        self.progress(host, &words);
        self.bars.is_none().then(|| format!("{}: {words}", clean(host)))
    }

    fn check(
        &mut self,
        host: &str,
        baseline: bool,
        title: &str,
        result: &str,
        how: &str,
    ) -> Option<String> {
        let when = if baseline { "before" } else { "after" };
        let style = if result == "pass" { GOOD } else { BAD };
        let how = if how.is_empty() { String::new() } else { format!(" ({})", clean(how)) };
        Some(format!(
            "{}: {when} the change: {} {style}{result}{style:#}{how}",
            clean(host),
            clean(title)
        ))
    }

    fn note(&mut self, host: &str, message: &str) -> Option<String> {
        if message.starts_with('|') {
            return Some(format!("{DIM}{}: {}{DIM:#}", clean(host), clean(message)));
        }
        self.progress(host, message);
        self.bars.is_none().then(|| format!("{}: {}", clean(host), clean(message)))
    }

    fn host_finished(&mut self, host: &str, outcome: &Outcome, seconds: f64) -> String {
        if let Some(bar) = self.hosts.remove(host) {
            bar.finish_and_clear();
        }
        format!("{}: {}{DIM} in {seconds:.1} s{DIM:#}", clean(host), outcome_words(outcome))
    }

    fn progress(&mut self, host: &str, message: &str) {
        let Some(bars) = &self.bars else { return };
        if !self.hosts.contains_key(host) && self.hosts.len() >= MAX_BARS {
            return;
        }
        let bar = self.hosts.entry(host.to_owned()).or_insert_with(|| {
            let bar = bars.add(ProgressBar::new_spinner());
            // A constant that a test renders: it cannot fail at run time.
            if let Ok(style) =
                ProgressStyle::with_template("{spinner} {prefix:16} {elapsed:>4} {wide_msg}")
            {
                bar.set_style(style);
            }
            bar.set_prefix(clean(host));
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        });
        bar.set_message(clean(message));
    }
}

/// An outcome in one line.
pub fn outcome_words(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Unchanged => format!("{GOOD}unchanged{GOOD:#}"),
        Outcome::Planned => format!("{CARE}changes planned{CARE:#}"),
        Outcome::Confirmed { generation } => {
            format!("{GOOD}confirmed{GOOD:#} as generation {generation}")
        }
        Outcome::RolledBack { reason } => {
            format!("{CARE}rolled back{CARE:#}, host safe: {}", clean(reason))
        }
        Outcome::RevertIncomplete { reason, residue } => {
            let residue: Vec<String> =
                residue.iter().map(|r| format!("\n    not as before: {}", clean(r))).collect();
            format!("{BAD}revert incomplete{BAD:#}: {}{}", clean(reason), residue.concat())
        }
        Outcome::Refused { reason, remedy } => with_remedy("refused", reason, remedy.as_deref()),
        Outcome::Failed { reason, remedy } => {
            with_remedy("failed, host as it was", reason, remedy.as_deref())
        }
        Outcome::Skipped { reason } => format!("{DIM}not begun{DIM:#}: {}", clean(reason)),
        Outcome::Unreachable { reason, remedy } => {
            with_remedy("unreachable", reason, remedy.as_deref())
        }
        Outcome::Rescued { restored, failing } => rescue::rescued(restored, failing),
        Outcome::Stranded { reason, stands, by_hand } => rescue::stranded(reason, stands, by_hand),
        Outcome::Unknown { reason } => format!("{BAD}unknown{BAD:#}: {}", clean(reason)),
    }
}

fn with_remedy(word: &str, reason: &str, remedy: Option<&str>) -> String {
    let help = remedy.map_or_else(String::new, |remedy| format!("\n    help: {}", clean(remedy)));
    let reason: Vec<String> = reason.lines().map(clean).collect();
    format!("{BAD}{word}{BAD:#}: {}{help}", reason.join("\n    "))
}

/// A step's name in the scripts → words for people.
fn step_words(step: &str) -> &str {
    match step {
        "precheck" => "nothing has changed since the plan",
        "stage" => "files staged and read back",
        "validate" => "files accepted by the host's own tools",
        "snapshot" => "files and live state kept",
        "baseline" => "baseline of the checks taken",
        "prove" => "timer proved to fire",
        "arm-boot" => "armed: would revert at boot",
        "arm" => "armed: would revert by timer",
        "worker" => "change goes on by itself",
        "down" => "changed interfaces down",
        "swap" => "files swapped in",
        "nft" => "nft ruleset loaded",
        "sysctl" => "sysctl values set",
        "up" => "changed interfaces up",
        "reload" => "reload commands run",
        "activated" => "active, waiting to be confirmed",
        "rescue-remembered" => "boot setting remembered",
        "rescue-set" => "set to boot the rescue system, read back",
        "rescue-reset" => "restarted into the rescue system",
        "rescue-reached" => "logged in to the rescue system",
        "rescue-restored" => "files restored and read back from the disk",
        "rescue-unset" => "boot setting restored, read back",
        "rescue-restarted" => "restarted from its own disk",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::Text;
    use crate::rollout::event::Event;
    use crate::rollout::outcome::Outcome;

    #[test]
    fn plain_lines_name_host_and_step() {
        let mut text = Text::new(false);
        let line = text.event(&Event::Step { host: "hv1".to_owned(), step: "swap".to_owned() });
        assert_eq!(line.as_deref(), Some("hv1: files swapped in"));
    }

    #[test]
    fn a_hosts_words_cannot_drive_the_terminal() {
        let outcome = Outcome::Failed { reason: "\u{1b}]0;x\u{7}".to_owned(), remedy: None };
        let event = Event::HostFinished { host: "a".to_owned(), outcome, seconds: 1.0 };
        let line = Text::new(false).event(&event).expect("a line");
        assert!(line.contains("\\u{1b}]0;x\\u{7}"), "{line}");
    }

    #[test]
    fn a_step_that_no_script_has_is_shown_harmless() {
        let event = Event::Step { host: "a".to_owned(), step: "\u{1b}[2Jswap".to_owned() };
        let line = Text::new(false).event(&event).expect("a line");
        assert_eq!(line, "a: \\u{1b}[2Jswap");
    }

    #[test]
    fn the_bars_template_is_valid() {
        assert!(
            indicatif::ProgressStyle::with_template(
                "{spinner} {prefix:16} {elapsed:>4} {wide_msg}"
            )
            .is_ok()
        );
    }
}
