//! What a fleet is doing now, as a few lines: for three hosts, and for three thousand.
//!
//! Events go in, lines come out; the clock is the caller's.

use std::collections::BTreeMap;
use std::time::Duration;

use super::clean::clean;
use super::words::{Kind, step_words};
use crate::rollout::event::Event;

/// A host at work.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Work {
    since: Duration,
    doing: String,
}

/// What the run is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Reading,
    Changing,
}

/// The state of a run, as far as it is shown while it goes on.
#[derive(Debug)]
pub struct Board {
    phase: Phase,
    total: usize,
    read: usize,
    unplanned: usize,
    done: usize,
    ends: BTreeMap<Kind, usize>,
    failed: usize,
    budget: Option<usize>,
    batch: Option<(usize, usize)>,
    paused: bool,
    stopping: Option<&'static str>,
    working: BTreeMap<String, Work>,
}

impl Default for Board {
    fn default() -> Self {
        Self {
            phase: Phase::Reading,
            total: 0,
            read: 0,
            unplanned: 0,
            done: 0,
            ends: BTreeMap::new(),
            failed: 0,
            budget: None,
            batch: None,
            paused: false,
            stopping: None,
            working: BTreeMap::new(),
        }
    }
}

impl Board {
    /// Takes an event in, `now` after the beginning.
    pub fn take(&mut self, event: &Event, now: Duration) {
        match event {
            Event::RunStarted { hosts, .. } => self.total = hosts.len(),
            Event::HostStarted { host } => self.work(host, "reading", now),
            Event::HostPlanned { host, .. } if self.phase == Phase::Reading => {
                self.working.remove(host);
                self.read += 1;
            }
            Event::HostUnplanned { host, .. } => {
                self.working.remove(host);
                self.read += 1;
                self.unplanned += 1;
            }
            Event::RolloutStarted { budget, .. } => {
                self.phase = Phase::Changing;
                self.budget = Some(*budget);
                self.working.clear();
            }
            Event::BatchStarted { batch, of, .. } => {
                self.batch = Some((*batch, *of));
                self.paused = false;
            }
            Event::Paused { .. } => self.paused = true,
            Event::PartsAwaited { .. } => {}
            Event::ChangeStarted { host } => {
                self.working.remove(host);
                self.work(host, "connecting", now);
            }
            Event::Step { host, step } => self.goes_on(host, step_words(step)),
            Event::Note { host, message } if !message.starts_with('|') => {
                self.goes_on(host, message);
            }
            Event::StopAsked { how } => self.stopping = Some(how),
            Event::HostFinished { host, outcome, .. } => {
                self.working.remove(host);
                self.done += 1;
                *self.ends.entry(Kind::of(outcome)).or_default() += 1;
                self.failed += usize::from(outcome.is_failure());
            }
            Event::HostPlanned { .. }
            | Event::RescuePlanned { .. }
            | Event::Check { .. }
            | Event::Note { .. }
            | Event::RunFinished { .. } => {}
        }
    }

    fn work(&mut self, host: &str, doing: &str, now: Duration) {
        let work = self.working.entry(host.to_owned());
        let work = work.or_insert_with(|| Work { since: now, doing: String::new() });
        doing.clone_into(&mut work.doing);
    }

    /// What is said of a host that is through already puts it back to work no more.
    fn goes_on(&mut self, host: &str, doing: &str) {
        if let Some(work) = self.working.get_mut(host) {
            doing.clone_into(&mut work.doing);
        }
    }

    /// How many hosts the run concerns.
    pub fn total(&self) -> usize {
        self.total
    }

    /// How many of them were read.
    pub fn read(&self) -> usize {
        self.read
    }

    /// Hosts whose change is under way.
    pub fn open(&self) -> impl Iterator<Item = &str> {
        let changing = self.phase == Phase::Changing;
        self.working.keys().map(String::as_str).filter(move |_| changing)
    }

    /// How far it is: hosts that are through, and all of them.
    pub fn progress(&self) -> (usize, usize) {
        match self.phase {
            Phase::Reading => (self.read.min(self.total), self.total),
            Phase::Changing => (self.done.min(self.total), self.total),
        }
    }

    /// What the run is at, in a word or two.
    pub fn phase(&self) -> String {
        match (self.phase, self.stopping, self.batch) {
            (_, Some(_), _) => "stopping".to_owned(),
            (Phase::Reading, ..) => "reading".to_owned(),
            (Phase::Changing, _, Some((_, of))) if self.paused && of > 1 => "paused".to_owned(),
            (Phase::Changing, _, Some((batch, of))) if of > 1 => format!("batch {batch}/{of}"),
            (Phase::Changing, ..) => "changing".to_owned(),
        }
    }

    /// How many ended how, and how much of the failure budget is used up.
    pub fn counts(&self) -> String {
        let mut parts: Vec<String> =
            self.ends.iter().map(|(kind, count)| format!("{count} {}", kind.words())).collect();
        if self.phase == Phase::Reading && self.unplanned > 0 && self.ends.is_empty() {
            parts.push(format!("{} without a plan", self.unplanned));
        }
        if !self.working.is_empty() {
            parts.push(format!("{} at work", self.working.len()));
        }
        match self.budget {
            Some(budget) if self.failed > budget => parts.push("failure budget spent".to_owned()),
            Some(budget) if self.failed > 0 => {
                parts.push(format!("failures {} of {budget}", self.failed));
            }
            _ => {}
        }
        parts.join(", ")
    }

    /// The hosts at work, the slowest first; of more than `most` the others in one line.
    pub fn rows(&self, now: Duration, most: usize) -> Vec<String> {
        let mut all: Vec<(&String, &Work)> = self.working.iter().collect();
        all.sort_by_key(|(_, work)| work.since);
        let shown = if all.len() > most { most.saturating_sub(1) } else { all.len() };
        let names = all.iter().take(shown).map(|(host, _)| clean(host).chars().count());
        let wide = names.max().unwrap_or(0).min(24);
        let row = |(host, work): &(&String, &Work)| {
            let (host, doing) = (clean(host), clean(&work.doing));
            format!("{host:wide$}  {:>5}  {doing}", clock(now.saturating_sub(work.since)))
        };
        let mut rows: Vec<String> = all.iter().take(shown).map(row).collect();
        if all.len() > shown {
            rows.push(format!("and {} more at work", all.len() - shown));
        }
        rows
    }
}

/// `0:07`, `12:34`, `1:00:00`.
pub fn clock(time: Duration) -> String {
    let seconds = time.as_secs();
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes}:{seconds:02}")
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Board, clock};
    use crate::rollout::event::Event;
    use crate::rollout::outcome::Outcome;

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn started(hosts: usize) -> Board {
        let mut board = Board::default();
        let hosts = (0..hosts).map(|n| format!("h{n}")).collect();
        board.take(&Event::RunStarted { run: "ab".to_owned(), hosts }, at(0));
        let batches = vec![Vec::new(); 3];
        board.take(&Event::RolloutStarted { run: "ab".to_owned(), batches, budget: 2 }, at(1));
        board
    }

    fn begin(board: &mut Board, host: usize, when: u64) {
        board.take(&Event::ChangeStarted { host: format!("h{host}") }, at(when));
    }

    fn end(board: &mut Board, host: usize, outcome: Outcome) {
        let event = Event::HostFinished { host: format!("h{host}"), outcome, seconds: 1.0 };
        board.take(&event, at(9));
    }

    #[test]
    fn thousands_of_hosts_are_a_few_lines_with_the_slowest_first() {
        let mut board = started(3000);
        (0..40).for_each(|n| begin(&mut board, 39 - n, 10 + n as u64));
        board.take(&Event::Step { host: "h39".to_owned(), step: "arm".to_owned() }, at(60));
        let rows = board.rows(at(100), 5);
        assert_eq!(rows.len(), 5);
        assert_eq!(rows[0], "h39   1:30  armed: would revert by timer");
        assert_eq!(rows[4], "and 36 more at work");
    }

    #[test]
    fn the_counts_tell_how_it_goes() {
        let mut board = started(12);
        board.take(&Event::BatchStarted { batch: 2, of: 3, hosts: Vec::new() }, at(2));
        end(&mut board, 0, Outcome::Confirmed { generation: 1 });
        begin(&mut board, 1, 3);
        end(&mut board, 2, Outcome::RolledBack { reason: String::new() });
        assert_eq!(board.phase(), "batch 2/3");
        assert_eq!(board.counts(), "1 confirmed, 1 rolled back, 1 at work, failures 1 of 2");
        assert_eq!(board.progress(), (2, 12));
        for host in 3..5 {
            end(&mut board, host, Outcome::Unreachable { reason: String::new(), remedy: None });
        }
        assert!(board.counts().ends_with("failure budget spent"), "{}", board.counts());
    }

    #[test]
    fn hosts_that_cannot_be_read_are_through_with_it() {
        let mut board = Board::default();
        let hosts = vec!["a".to_owned(), "b".to_owned()];
        board.take(&Event::RunStarted { run: String::new(), hosts }, at(0));
        board.take(&Event::HostStarted { host: "a".to_owned() }, at(0));
        let outcome = Outcome::Unreachable { reason: String::new(), remedy: None };
        board.take(&Event::HostUnplanned { host: "a".to_owned(), outcome }, at(1));
        assert_eq!(board.progress(), (1, 2));
        assert_eq!((board.rows(at(2), 3), board.counts().as_str()), (vec![], "1 without a plan"));
    }

    #[test]
    fn a_hosts_name_and_words_are_harmless() {
        let mut board = started(1);
        let host = "\u{1b}[2J".to_owned();
        board.take(&Event::ChangeStarted { host: host.clone() }, at(1));
        board.take(&Event::Note { host, message: "\u{9b}x".to_owned() }, at(1));
        assert_eq!(board.rows(at(2), 3).len(), 1);
        assert!(!board.rows(at(2), 3).concat().contains(['\u{1b}', '\u{9b}']));
    }

    #[test]
    fn clocks_are_short() {
        assert_eq!([clock(at(7)), clock(at(754)), clock(at(3600))], ["0:07", "12:34", "1:00:00"]);
    }
}
