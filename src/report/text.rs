//! Events as lines for people: on a terminal what matters, above a live picture of the
//! fleet; elsewhere all of it for a few hosts, and a line a host for many.

use std::time::{Duration, Instant};

use super::board::Board;
use super::clean::clean;
use super::live::Live;
use super::rescue;
pub use super::words::outcome_words;
use super::words::{BAD, DIM, GOOD, some, step_words, stop_words};
use crate::rollout::event::Event;
use crate::rollout::outcome::Outcome;

/// Of more hosts only the ends are told, not every step.
const FEW: usize = 20;
/// Between two pictures of a live screen.
const FRAME: Duration = Duration::from_millis(100);
/// Of a large fleet more failures than these are only counted as they happen.
const MOST: usize = 100;

/// Turns events into lines, and keeps the live picture.
#[derive(Debug)]
pub struct Text {
    board: Board,
    live: Option<Live>,
    started: Instant,
    drawn: Option<Instant>,
    hidden: bool,
    tenths: usize,
    told: usize,
}

impl Text {
    /// With a live picture if `live`.
    pub fn new(live: bool) -> Self {
        Self {
            board: Board::default(),
            live: live.then(Live::new),
            started: Instant::now(),
            drawn: None,
            hidden: false,
            tenths: 0,
            told: 0,
        }
    }

    /// The lines that an event is worth; the picture is moved on the way.
    pub fn event(&mut self, event: &Event) -> Option<String> {
        self.board.take(event, self.started.elapsed());
        let line = self.line(event);
        if !matches!(event, Event::Paused { seconds: None } | Event::RunFinished { .. }) {
            self.hidden = false;
        }
        self.tick();
        line
    }

    /// Draws the picture again if it is time to.
    pub fn tick(&mut self) {
        let Some(live) = &mut self.live else { return };
        if self.hidden || self.drawn.is_some_and(|drawn| drawn.elapsed() < FRAME) {
            return;
        }
        self.drawn = Some(Instant::now());
        live.draw(&self.board, self.started.elapsed());
    }

    /// Runs `write` while nothing of the picture is on the screen.
    pub fn suspend<T>(&self, write: impl FnOnce() -> T) -> T {
        match &self.live {
            Some(live) => live.suspend(write),
            None => write(),
        }
    }

    /// Hosts whose change is under way.
    pub fn open(&self) -> Vec<String> {
        self.board.open().map(clean).collect()
    }

    /// Takes the picture away, until there is something new to show.
    pub fn clear(&mut self) {
        self.hidden = true;
        if let Some(live) = &mut self.live {
            live.clear();
        }
    }

    fn line(&mut self, event: &Event) -> Option<String> {
        match event {
            Event::RunStarted { .. }
            | Event::RunFinished { .. }
            | Event::RolloutStarted { .. }
            | Event::HostStarted { .. }
            | Event::ChangeStarted { .. }
            | Event::Paused { seconds: None } => None,
            Event::HostPlanned { .. } | Event::HostUnplanned { .. } => self.reading(),
            Event::BatchStarted { batch, of, hosts } => batch_line(*batch, *of, hosts),
            Event::PartsAwaited { parts } => Some(format!("waiting for part {}", parts.join(", "))),
            Event::Paused { seconds: Some(seconds) } => {
                Some(format!("waiting {seconds} s before the next batch"))
            }
            Event::RescuePlanned { host, root, target, files } => {
                Some(rescue::planned(host, root, target, files))
            }
            Event::StopAsked { how } => Some(stop_words(how).to_owned()),
            Event::Step { host, step } => self.told(host, step_words(step)),
            Event::Check { host, baseline, title, result, how } => {
                self.check(host, *baseline, title, result, how)
            }
            Event::Note { host, message } => self.note(host, message),
            Event::HostFinished { host, outcome, seconds } => {
                self.host_finished(host, outcome, *seconds)
            }
        }
    }

    fn few(&self) -> bool {
        self.board.total() <= FEW
    }

    /// Where nothing moves, a large fleet says now and then how far it is.
    fn reading(&mut self) -> Option<String> {
        let (read, total) = (self.board.read(), self.board.total());
        let tenths = (read * 10).checked_div(total).unwrap_or(0);
        if self.live.is_some() || self.few() || tenths <= self.tenths {
            return None;
        }
        self.tenths = tenths;
        Some(format!("{read} of {total} hosts read"))
    }

    /// What the picture shows, where there is none.
    fn told(&self, host: &str, words: &str) -> Option<String> {
        (self.live.is_none() && self.few()).then(|| format!("{}: {}", clean(host), clean(words)))
    }

    fn check(
        &self,
        host: &str,
        baseline: bool,
        title: &str,
        result: &str,
        how: &str,
    ) -> Option<String> {
        let worth = self.live.is_none() || result != "pass";
        if !self.few() || !worth {
            return None;
        }
        let when = if baseline { "before" } else { "after" };
        let style = if result == "pass" { GOOD } else { BAD };
        let how = if how.is_empty() { String::new() } else { format!(" ({})", clean(how)) };
        Some(format!(
            "{}: {when} the change: {} {style}{result}{style:#}{how}",
            clean(host),
            clean(title)
        ))
    }

    fn note(&self, host: &str, message: &str) -> Option<String> {
        // Of a tool's output nothing else tells.
        if message.starts_with('|') && self.few() {
            return Some(format!("{DIM}{}: {}{DIM:#}", clean(host), clean(message)));
        }
        self.told(host, message)
    }

    fn host_finished(&mut self, host: &str, outcome: &Outcome, seconds: f64) -> Option<String> {
        let quiet = self.live.is_some() && !outcome.is_failure();
        // Those that were never begun are told of together, at the end.
        let skipped = matches!(outcome, Outcome::Skipped { .. });
        if !self.few() && (quiet || skipped) {
            return None;
        }
        if !self.few() && outcome.is_failure() {
            self.told += 1;
            if self.told > MOST {
                let more = "More failures are only counted; `rappel history --run last` has all.";
                return (self.told == MOST + 1).then(|| more.to_owned());
            }
        }
        let words = outcome_words(outcome);
        Some(match words.split_once('\n') {
            // Behind a remedy the time would be taken for a part of it.
            Some((first, rest)) => {
                format!("{}: {first}{DIM} ({seconds:.1} s){DIM:#}\n{rest}", clean(host))
            }
            None => format!("{}: {words}{DIM} in {seconds:.1} s{DIM:#}", clean(host)),
        })
    }
}

fn batch_line(batch: usize, of: usize, hosts: &[String]) -> Option<String> {
    let names = some(hosts.iter().map(String::as_str));
    (of > 1).then(|| format!("batch {batch} of {of}: {names}"))
}

#[cfg(test)]
mod tests {
    use super::Text;
    use crate::rollout::event::Event;
    use crate::rollout::outcome::Outcome;

    fn of(hosts: usize) -> Text {
        let mut text = Text::new(false);
        let hosts = (0..hosts).map(|n| format!("h{n}")).collect();
        text.event(&Event::RunStarted { run: String::new(), hosts });
        text
    }

    fn finished(outcome: Outcome) -> Event {
        Event::HostFinished { host: "a".to_owned(), outcome, seconds: 1.0 }
    }

    #[test]
    fn the_time_is_no_part_of_a_remedy() {
        let unreachable = |remedy: Option<&str>| Outcome::Unreachable {
            reason: "no answer".to_owned(),
            remedy: remedy.map(str::to_owned),
        };
        let said = |outcome| {
            of(1)
                .event(&finished(outcome))
                .map(|line| anstream::adapter::strip_str(&line).to_string())
        };
        assert_eq!(
            said(unreachable(Some("look"))).as_deref(),
            Some("a: unreachable: no answer (1.0 s)\n    help: look")
        );
        assert_eq!(said(unreachable(None)).as_deref(), Some("a: unreachable: no answer in 1.0 s"));
    }

    #[test]
    fn plain_lines_name_host_and_step() {
        let step = Event::Step { host: "hv1".to_owned(), step: "swap".to_owned() };
        assert_eq!(of(1).event(&step).as_deref(), Some("hv1: files swapped in"));
    }

    #[test]
    fn of_many_hosts_only_the_ends_are_told() {
        let mut text = of(3000);
        let step = Event::Step { host: "hv1".to_owned(), step: "swap".to_owned() };
        assert_eq!(text.event(&step), None);
        assert!(text.event(&finished(Outcome::Confirmed { generation: 1 })).is_some());
        assert_eq!(text.event(&finished(Outcome::Skipped { reason: String::new() })), None);
        let hosts = (0..250).map(|n| format!("h{n}")).collect();
        let batch = text.event(&Event::BatchStarted { batch: 3, of: 12, hosts });
        let expected = "batch 3 of 12: h0, h1, h2, h3, h4, h5, h6, h7 and 242 more";
        assert_eq!(batch.as_deref(), Some(expected));
    }

    #[test]
    fn failures_of_a_large_fleet_do_not_flood() {
        let mut text = of(3000);
        let bad = || finished(Outcome::Unreachable { reason: "x".to_owned(), remedy: None });
        let lines = (0..2000).filter(|_| text.event(&bad()).is_some()).count();
        assert_eq!(lines, 101);
    }

    #[test]
    fn a_hosts_words_cannot_drive_the_terminal() {
        let outcome = Outcome::Failed { reason: "\u{1b}]0;x\u{7}".to_owned(), remedy: None };
        let line = of(1).event(&finished(outcome)).expect("a line");
        assert!(line.contains("\\u{1b}]0;x\\u{7}"), "{line}");
    }

    #[test]
    fn a_step_that_no_script_has_is_shown_harmless() {
        let event = Event::Step { host: "a".to_owned(), step: "\u{1b}[2Jswap".to_owned() };
        let line = of(1).event(&event).expect("a line");
        assert_eq!(line, "a: \\u{1b}[2Jswap");
    }
}
